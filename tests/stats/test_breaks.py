"""Where a level shifts, and what an event brought: against R strucchange, by hand, and by simulation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from statsmodels.datasets import nile

from crm_analysis.stats.breaks import level_break
from crm_analysis.stats.interrupted import interrupted

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "process_kpis.json").read_text())


def noise(n, rho=0.0, seed=0):
    """Make autocorrelated noise of standard deviation about 1."""
    generator = np.random.Generator(np.random.PCG64(seed))
    made = generator.standard_normal(n + 30)
    for at in range(1, len(made)):
        made[at] += rho * made[at - 1]
    return made[30:]


def test_nile_equals_r():
    expected = next(case for case in REFERENCE["cases"] if case["id"].startswith("A12"))["expected"]
    found = level_break(nile.load_pandas().data["volume"].to_numpy())
    assert found.statistic == pytest.approx(expected["supF"])
    assert found.at == expected["break_after_obs"]
    assert found.p_value == 0.001
    assert found.better_than_line


def test_a_planted_shift_is_found_at_its_month():
    series = noise(48, seed=1)
    series[30:] += 3
    found = level_break(series)
    assert abs(found.at - 30) <= 1
    assert found.p_value <= 0.05
    assert found.after - found.before == pytest.approx(3, abs=0.8)


def test_steady_series_are_seldom_called_broken():
    wrong = [level_break(noise(36, 0.3, seed), draws=199).p_value <= 0.05 for seed in range(60)]
    assert sum(wrong) <= 8  # 5 % of 60 is 3; a test without the simulation calls 12 or more


def test_no_p_value_where_months_hang_together_or_are_few():
    wandering = np.cumsum(noise(60, seed=3))
    assert np.isnan(level_break(wandering).p_value)
    assert np.isnan(level_break(noise(30, seed=4)).p_value)


def test_a_drift_is_better_told_by_a_line():
    assert not level_break(np.arange(48) * 0.2 + noise(48, seed=5) * 0.3).better_than_line


def test_missing_months_keep_their_place():
    series = noise(40, seed=6)
    series[20:] += 5
    series[3:6] = np.nan
    assert level_break(series).at == 20
    assert level_break(series).n == 37


@pytest.mark.parametrize("values", [[], [1.0] * 30, list(range(8)), [np.nan] * 20])
def test_too_little_to_split(values):
    found = level_break(values)
    assert found.at == -1
    assert np.isnan(found.p_value)


def test_levels_and_slopes_without_noise_come_back():
    month = np.arange(20.0)
    series = 50 + 0.5 * month + np.where(month >= 8, 6 + 1.5 * (month - 8), 0)
    found = interrupted(series, 8)
    assert (found.slope_before, found.slope_after, found.level) == pytest.approx((0.5, 2.0, 6.0))
    assert found.before == pytest.approx(series[:8].mean())
    assert found.after == pytest.approx(series[8:].mean())


def test_an_event_in_a_missing_month():
    month = np.arange(20.0)
    series = 10 + np.where(month >= 9, 5.0, 0.0) + noise(20, seed=7) * 0.2
    series[8] = np.nan
    found = interrupted(series, 9)
    assert found.level == pytest.approx(5, abs=0.6)
    assert found.p_beyond < 0.01
    assert found.beyond > 0


def test_a_trend_through_the_event_is_no_step_beyond_it():
    wrong = 0
    for seed in range(30):
        series = 40 + 0.5 * np.arange(48) + noise(48, 0.3, 100 + seed)
        wrong += interrupted(series, 28).p_beyond <= 0.05
    assert wrong <= 5


def test_few_months_have_levels_only():
    found = interrupted([5, 6, 7, 8, 9], 3)
    assert (found.before, found.after) == (6, 8.5)
    assert np.isnan(found.level)
    assert np.isnan(found.p_beyond)
