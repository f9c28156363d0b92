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


class TestIncidenceWithLateEntry:
    """Risk sets begin with the entry, as in R ``etm``; hand arithmetic and the curve of R ``survival``."""

    def test_by_hand(self):
        # at risk at 1: three (two come later), at 4: four, at 6: one
        table = cumulative_incidence([1, 4, 4, 6, 5], [1, 2, 1, 1, 0], entry=[0, 0, 2, 3, 0])
        incidence = table.set_index(["cause", "time"])["incidence"]
        assert incidence[1].to_dict() == pytest.approx({1.0: 1 / 3, 4.0: 1 / 2, 6.0: 5 / 6})
        assert incidence[2].to_dict() == pytest.approx({1.0: 0.0, 4.0: 1 / 6, 6.0: 1 / 6})

    def test_an_entry_at_the_very_time_of_another_ending_is_not_at_risk(self):
        table = cumulative_incidence([4, 4, 9], [1, 2, 1], entry=[0, 0, 4])
        assert table.set_index(["cause", "time"])["incidence"][1, 4.0] == 0.5

    def test_endings_add_up_to_what_r_says_has_ended(self, case):
        reference = case("B03")
        inputs, expected = reference.inputs, reference.expected
        status = np.array(inputs["status"]) * np.where(np.arange(len(inputs["status"])) % 3, 1, 2)
        table = cumulative_incidence(inputs["time"], status, entry=inputs["entry"])
        total = table.groupby("time")["incidence"].sum()
        assert total.index.tolist() == expected["event_times"]
        np.testing.assert_allclose(total, 1 - np.array(expected["S"]), rtol=1e-9)
        assert table["cause"].nunique() == 2

    def test_one_ending_has_the_standard_error_of_r(self, case):
        inputs = case("B03").inputs
        curve = kaplan_meier(inputs["time"], inputs["status"], entry=inputs["entry"])
        table = cumulative_incidence(inputs["time"], inputs["status"], entry=inputs["entry"])
        np.testing.assert_allclose(table["incidence"], 1 - curve.survival, rtol=1e-9)
        # the variance of one ending differs from Greenwood's only by the ties within the delta method
        np.testing.assert_allclose(table["se"], curve.se, rtol=0.12)

    def test_entry_from_the_first_day_changes_nothing(self, case):
        inputs = case("B02").inputs
        plain = cumulative_incidence(inputs["time"], inputs["status"])
        entered = cumulative_incidence(inputs["time"], inputs["status"], entry=np.zeros(len(inputs["time"])))
        pd.testing.assert_frame_equal(plain, entered)

    def test_truth_where_records_begin_with_what_is_open(self):
        # won at .01 a day, lost at .02: within 30 days a third of 1 - exp(-.9) is won
        generator = np.random.Generator(np.random.PCG64(5))
        days, won = generator.exponential(1 / 0.03, 20_000), generator.random(20_000) < 1 / 3
        entry = np.where(generator.random(20_000) < 0.6, generator.uniform(0, 80, 20_000), 0)
        kept = days > entry
        status = np.where(won, 1, 2)[kept]
        truth = (1 - np.exp(-0.9)) / 3

        def won_in_time(**entered):
            table = cumulative_incidence(days[kept], status, **entered)
            return table[(table["cause"] == 1) & (table["time"] <= 30)].iloc[-1]

        told = won_in_time(entry=entry[kept])
        assert told["incidence"] == pytest.approx(truth, abs=0.01)
        assert told["low"] < truth < told["high"]
        assert won_in_time()["incidence"] < 0.85 * truth

    def test_an_ending_at_the_entry_is_refused(self):
        with pytest.raises(ParameterError):
            cumulative_incidence([5, 6], [1, 0], entry=[5, 0])


def test_the_last_ending_has_a_standard_error():
    # two of two: nobody is left, and the share won is one of two, as a binomial
    table = cumulative_incidence([1, 2], [1, 2])
    assert table["se"].tolist() == pytest.approx([np.sqrt(1 / 8), np.sqrt(1 / 8), 0, np.sqrt(1 / 8)])


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
