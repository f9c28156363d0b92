"""Survival curves against R ``survival`` and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.survival import cumulative_incidence, kaplan_meier, log_rank, wang_chang


def test_tiny_equals_r(case):
    reference = case("B01")
    curve = kaplan_meier(reference.inputs["time"], reference.inputs["status_any"])
    expected = reference.expected
    assert curve.time.tolist() == expected["event_times"]
    np.testing.assert_allclose(curve.survival, expected["S"], rtol=1e-9)
    np.testing.assert_allclose(curve.se, expected["se"], rtol=1e-9)
    assert curve.median() == expected["median"]
    mean = curve.rmst(30)
    assert mean.estimate == pytest.approx(expected["rmst30"])
    assert mean.se == pytest.approx(expected["rmst30_se"])


def test_lung_equals_r(case):
    reference = case("B05")
    curve = kaplan_meier(reference.inputs["time"], reference.inputs["event"])
    expected = reference.expected
    assert curve.median() == expected["median_first_S_le_half"]
    assert list(curve.quantile_interval(0.5)[1:3]) == expected["median_ci_loglog"]
    assert (curve.at(180), curve.at(365)) == pytest.approx((expected["S_at_180"], expected["S_at_365"]))
    se = curve.se[np.searchsorted(curve.time, [180, 365], side="right") - 1]
    np.testing.assert_allclose(se, [expected["se_180"], expected["se_365"]], rtol=1e-9)
    mean = curve.rmst(365)
    assert (mean.estimate, mean.se) == pytest.approx((expected["rmst365"], expected["rmst365_se"]))
    test = log_rank(reference.inputs["time"], reference.inputs["event"], reference.inputs["sex"])
    assert test == pytest.approx((expected["logrank_chisq"], 1, expected["logrank_p"]))


def test_late_entry_equals_r(case):
    reference = case("B03")
    inputs = reference.inputs
    curve = kaplan_meier(inputs["time"], inputs["status"], entry=inputs["entry"])
    assert curve.time.tolist() == reference.expected["event_times"]
    assert curve.at_risk.tolist() == reference.expected["n_risk"]
    np.testing.assert_allclose(curve.survival, reference.expected["S"], rtol=1e-9)


def test_period_curve_equals_r(case):
    reference = case("B04")
    created = np.array(reference.inputs["created"], dtype=float)
    closed = np.array([np.inf if c is None else c for c in reference.inputs["closed"]])
    start, end = reference.inputs["window"]
    inside = (created < end) & (closed > start)
    entry, left = np.maximum(start - created, 0)[inside], (np.minimum(closed, end) - created)[inside]
    curve = kaplan_meier(left, closed[inside] < end, entry=entry)
    assert curve.time.tolist() == reference.expected["event_ages"]
    assert curve.at_risk.tolist() == reference.expected["n_risk"]
    np.testing.assert_allclose(curve.survival, reference.expected["S"], rtol=1e-9)


def test_competing_ends_equal_r(case):
    reference = case("B02")
    table = cumulative_incidence(reference.inputs["time"], reference.inputs["status"])
    for cause, name in ((1, "won"), (2, "lost")):
        part = table[table["cause"] == cause].set_index("time")
        at = [part.loc[:t].iloc[-1] for t in reference.expected["times"]]
        np.testing.assert_allclose(
            [row["incidence"] for row in at], reference.expected[f"cif_{name}"], rtol=1e-9
        )
        np.testing.assert_allclose([row["se"] for row in at], reference.expected[f"se_{name}"], rtol=1e-6)


def test_competing_ends_and_open_add_up(case):
    inputs = case("B02").inputs
    table = cumulative_incidence(inputs["time"], inputs["status"])
    total = table.groupby("time")["incidence"].sum()
    curve = kaplan_meier(inputs["time"], np.array(inputs["status"]) > 0)
    np.testing.assert_allclose(total, [1 - curve.at(t) for t in total.index], atol=1e-12)


def test_cause_numbers_may_have_gaps():
    table = cumulative_incidence([1, 2, 3, 4], [3, 0, 1, 3])
    assert sorted(table["cause"].unique()) == [1, 3]
    dense = cumulative_incidence([1, 2, 3, 4], [2, 0, 1, 2])
    np.testing.assert_allclose(table["incidence"], dense["incidence"])


def test_no_ending():
    table = cumulative_incidence([1, 2], [0, 0])
    assert table.empty
    assert list(table.columns) == ["cause", "time", "incidence", "se", "low", "high"]


class TestTraps:
    def test_nobody_decided(self):
        curve = kaplan_meier([10, 20], [0, 0])
        assert curve.at(15) == 1
        assert np.isnan(curve.at(25))
        assert np.isnan(curve.median())
        assert curve.rmst(20)[:3] == (20, 20, 20)

    def test_nothing(self):
        curve = kaplan_meier([], [])
        assert curve.n == 0
        assert np.isnan(curve.median())
        assert np.isnan(curve.rmst(10).estimate)

    def test_one_case(self):
        curve = kaplan_meier([5], [1])
        assert curve.median() == 5
        assert curve.at(100) == 0
        assert curve.rmst(10).estimate == 5

    @pytest.mark.parametrize("entry", [None, [0, 0, 0]])
    def test_decided_on_the_same_day(self, entry):
        curve = kaplan_meier([0, 4, 6], [1, 1, 0], entry=entry)
        np.testing.assert_allclose(curve.survival, [2 / 3, 1 / 3])
        assert curve.time.tolist() == [0, 4]

    def test_mean_beyond_the_follow_up_is_unknown(self):
        curve = kaplan_meier([5, 8, 12], [1, 0, 0])
        assert np.isnan(curve.rmst(13).estimate)
        assert curve.rmst(12).estimate == pytest.approx(5 + 7 * 2 / 3)

    def test_half_exactly(self):
        assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).median() == 2

    def test_entry_at_the_end_of_observation_adds_nothing(self):
        with_it = kaplan_meier([5, 8, 7], [1, 1, 0], entry=[0, 0, 7])
        without = kaplan_meier([5, 8], [1, 1], entry=[0, 0])
        assert with_it.n == without.n == 2
        np.testing.assert_array_equal(with_it.survival, without.survival)

    @pytest.mark.parametrize(
        ("time", "event", "entry"),
        [
            ([-1], [1], None),
            ([np.nan], [1], None),
            ([1], [2], None),
            ([1, 2], [1], None),
            ([5], [1], [6]),
            ([5], [1], [5]),
            ([5], [1], [np.nan]),
        ],
    )
    def test_impossible(self, time, event, entry):
        with pytest.raises(ParameterError):
            kaplan_meier(time, event, entry=entry)

    def test_one_group(self):
        assert np.isnan(log_rank([1, 2], [1, 1], ["a", "a"]).p_value)


def test_limits_hold_the_curve(case):
    reference = case("B05")
    curve = kaplan_meier(reference.inputs["time"], reference.inputs["event"])
    inner = ~np.isnan(curve.low)
    assert inner.sum() > 30
    assert (curve.low[inner] < curve.survival[inner]).all()
    assert (curve.high[inner] > curve.survival[inner]).all()


def rows(customers):
    return pd.DataFrame(
        [
            {"customer": name, "gap": gap, "complete": complete}
            for name, customer in enumerate(customers)
            for gap, complete in [*((g, True) for g in customer["gaps"]), (customer["open"], False)]
        ]
    )


class TestGapTimes:
    def test_by_hand(self, case):
        reference = case("B06")
        curve = wang_chang(rows(reference.inputs["customers"]))
        assert curve.time.tolist() == reference.expected["times"]
        np.testing.assert_allclose(curve.survival, reference.expected["S"], atol=1e-9)
        assert curve.median() == reference.expected["median"]
        assert curve.rmst(30).estimate == pytest.approx(reference.expected["rmst30"])

    def test_one_gap_a_customer_is_kaplan_meier(self):
        rng = np.random.default_rng(0)
        time, event = rng.integers(1, 60, 80), rng.random(80) < 0.7
        gaps = pd.DataFrame({"customer": np.arange(80), "gap": time, "complete": event})
        curve, plain = wang_chang(gaps), kaplan_meier(time, event)
        np.testing.assert_allclose(curve.survival, plain.survival, atol=1e-12)
        # the two variances agree but for terms of order 1 / at risk
        early = plain.at_risk > 20
        np.testing.assert_allclose(curve.se[early], plain.se[early], rtol=0.03)
        assert curve.rmst(30).se == pytest.approx(plain.rmst(30).se, rel=0.03)

    def test_repeated_gaps_of_a_customer_add_no_certainty(self):
        rng = np.random.default_rng(1)
        once = pd.DataFrame({"customer": np.arange(50), "gap": rng.integers(1, 60, 50), "complete": True})
        often = pd.concat([once] * 5, ignore_index=True)
        np.testing.assert_allclose(wang_chang(often).survival, wang_chang(once).survival, atol=1e-12)
        np.testing.assert_allclose(wang_chang(often).se, wang_chang(once).se, atol=1e-12)

    def test_many_customers_in_blocks(self):
        rng = np.random.default_rng(2)
        gaps = pd.DataFrame(
            {"customer": rng.permutation(2500), "gap": rng.integers(1, 9, 2500), "complete": True}
        )
        share = (gaps["gap"] > 4).mean()
        curve = wang_chang(gaps)
        assert curve.at(4) == pytest.approx(share)
        assert curve.se[3] == pytest.approx(np.sqrt(share * (1 - share) / 2500), rel=1e-6)

    def test_order_does_not_matter(self, case):
        gaps = rows(case("B06").inputs["customers"])
        np.testing.assert_array_equal(wang_chang(gaps[::-1]).survival, wang_chang(gaps).survival)

    def test_nobody_came_back(self):
        curve = wang_chang(pd.DataFrame({"customer": ["a", "b"], "gap": [5, 9], "complete": [False, False]}))
        assert np.isnan(curve.median())
        assert curve.rmst(9).estimate == 9

    def test_two_open_gaps(self):
        gaps = pd.DataFrame({"customer": ["a", "a"], "gap": [5, 9], "complete": [False, False]})
        with pytest.raises(ParameterError, match="more than one open gap"):
            wang_chang(gaps)
