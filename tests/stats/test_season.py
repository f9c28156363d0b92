"""Month effects and the calendar: planted truths come back."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.season import adjust_season, calendar_effects, seasonal_effects

PATTERN = np.array([-0.2, -0.1, 0.05, 0, 0.1, 0.1, -0.05, -0.2, 0.05, 0.1, 0.0, 0.15])
DAYS = np.array(
    [22, 20, 23, 20, 21, 22, 21, 23, 20, 23, 22, 20, 23, 20, 21, 22, 21, 21, 23, 21, 22, 22, 20, 21]
)


def growing(months=36, first_month=1, growth=0.01):
    t = np.arange(months)
    return 100 * np.exp(growth * t + PATTERN[(t + first_month - 1) % 12])


class TestSeason:
    @pytest.mark.parametrize("first_month", [1, 7])
    def test_planted_effects_come_back(self, first_month):
        table = seasonal_effects(growing(first_month=first_month), first_month)
        np.testing.assert_allclose(table["effect"], np.expm1(PATTERN - PATTERN.mean()), atol=1e-9)
        assert table["n"].tolist() == [3] * 12

    def test_units(self):
        values = 50 + np.arange(24) + 10 * np.tile(PATTERN, 2)
        table = seasonal_effects(values, log=False)
        np.testing.assert_allclose(table["effect"], 10 * (PATTERN - PATTERN.mean()), atol=1e-9)

    def test_adjusted_is_growth_alone(self):
        adjusted = adjust_season(growing(), 1)
        assert adjusted.adjusted
        np.testing.assert_allclose(np.diff(np.log(adjusted.values)), 0.01, atol=1e-9)

    def test_missing_months_stay_missing(self):
        values = growing()
        values[[0, 7]] = np.nan
        adjusted = adjust_season(values, 1)
        assert np.flatnonzero(np.isnan(adjusted.values)).tolist() == [0, 7]
        np.testing.assert_allclose(np.diff(np.log(adjusted.values[8:])), 0.01, atol=1e-9)
        effects = seasonal_effects(values, 1)
        assert effects["n"].tolist() == [2, 3, 3, 3, 3, 3, 3, 2, 3, 3, 3, 3]
        assert effects["effect"].idxmax() == 11

    def test_short_series_is_unchanged_and_says_so(self):
        values = growing(23)
        adjusted = adjust_season(values, 1)
        assert not adjusted.adjusted
        np.testing.assert_array_equal(adjusted.values, values)
        assert seasonal_effects(values)["effect"].isna().all()

    def test_zero_month_takes_the_raw_scale(self):
        values = growing()
        values[5] = 0
        assert adjust_season(values, 1).adjusted
        with pytest.raises(ParameterError, match="no logarithm"):
            adjust_season(values, 1, log=True)

    def test_nothing(self):
        assert len(adjust_season([], 1).values) == 0
        assert seasonal_effects([])["n"].sum() == 0

    def test_infinite(self):
        with pytest.raises(ParameterError, match="infinite"):
            adjust_season([np.inf, *growing()], 1)


class TestCalendar:
    def test_planted_effects_come_back(self):
        t = np.arange(24)
        noise = np.random.default_rng(1).normal(0, 0.001, 24)
        sales = np.exp(
            0.01 * t + 0.04 * (DAYS - 21) + 0.18 * (t % 3 == 2) + 0.1 * np.sin(2 * np.pi * t / 12) + noise
        )
        table = calendar_effects(sales, 1, DAYS).set_index("effect")
        assert list(table.index) == ["growth_per_year", "working_day", "quarter_end"]
        truth = np.expm1([0.12, 0.04, 0.18])
        assert (table["low"] <= truth).all()
        assert (truth <= table["high"]).all()
        np.testing.assert_allclose(table["value"], truth, atol=0.005)
        assert (table["p_value"] < 0.001).all()

    def test_more_working_days_are_not_growth(self):
        """The second year has a day more each month, and nothing else changes."""
        days = DAYS[:12].tolist() + (DAYS[:12] + 1).tolist() + DAYS[:12].tolist()
        noise = np.random.default_rng(2).normal(0, 0.01, 36)
        sales = np.exp(5 + 0.05 * np.array(days) + noise)
        table = calendar_effects(sales, 1, days).set_index("effect")
        assert table.loc["growth_per_year", "low"] < 0 < table.loc["growth_per_year", "high"]
        assert table.loc["working_day", "low"] < np.expm1(0.05) < table.loc["working_day", "high"]

    @pytest.mark.parametrize("waves", [1, 2, 3, 5, 6])
    def test_season_of_other_rhythm_is_neither_effect(self, waves):
        t = np.arange(36)
        days = np.tile(DAYS, 2)[:36]
        noise = np.random.default_rng(6).normal(0, 0.01, 36)
        season = 0.3 * np.cos(2 * np.pi * waves * t / 12 + (0.4 if waves < 6 else 0))
        plain = calendar_effects(np.exp(5 + noise), 1, days)
        seasonal = calendar_effects(np.exp(5 + season + noise), 1, days)
        np.testing.assert_allclose(seasonal["value"], plain["value"], atol=1e-9)

    def test_fiscal_quarter(self):
        t = np.arange(36)
        closing = t % 3 == 0
        days = np.tile(DAYS, 2)[:36]
        noise = np.random.default_rng(3).normal(0, 0.01, 36)
        table = calendar_effects(np.exp(5 + 0.2 * closing + noise), 1, days, closing).set_index("effect")
        assert table.loc["quarter_end", "value"] == pytest.approx(np.expm1(0.2), abs=0.03)

    def test_same_days_each_month_cannot_be_told_apart(self):
        noise = np.random.default_rng(4).normal(0, 0.05, 24)
        table = calendar_effects(np.exp(noise), 1, [21] * 24).set_index("effect")
        assert table.loc["working_day", ["value", "low", "high", "p_value"]].isna().all()
        assert table.loc[["growth_per_year", "quarter_end"], "value"].notna().all()

    def test_too_short(self):
        table = calendar_effects([1.0] * 10 + [2.0] * 10, 1, [21] * 20)
        assert table[["value", "low", "high", "p_value"]].isna().all(axis=None)
        assert (table["n"] == 20).all()

    def test_missing_month(self):
        sales = np.exp(0.01 * np.arange(36) + np.random.default_rng(5).normal(0, 0.01, 36))
        sales[3] = np.nan
        table = calendar_effects(sales, 4, np.tile(DAYS, 2)[:36])
        assert (table["n"] == 35).all()
        assert table.loc[0, "low"] < np.expm1(0.12) < table.loc[0, "high"]

    def test_wrong_lengths(self):
        with pytest.raises(ParameterError, match="working-day counts"):
            calendar_effects([1] * 24, 1, [21] * 23)
