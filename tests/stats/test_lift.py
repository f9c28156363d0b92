"""Ratios of shares and stratified counts: Koopman, Fisher, Mantel and Haenszel, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from crm_analysis.errors import ParameterError
from crm_analysis.stats.lift import lift, ratio_interval, stratified

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "customer_segments.json").read_text(encoding="utf-8")
)


class TestRatio:
    def test_koopman(self) -> None:
        case = REFERENCE["koopman"]
        ratio = ratio_interval(*case["counts"])
        assert ratio.estimate == pytest.approx(4.5)
        assert (ratio.low, ratio.high) == pytest.approx((case["low"], case["high"]), abs=0.001)

    def test_turned_around(self) -> None:
        one, other = ratio_interval(7, 50, 20, 60), ratio_interval(20, 60, 7, 50)
        assert (other.low, other.high) == pytest.approx((1 / one.high, 1 / one.low), rel=1e-6)

    def test_none_on_a_side(self) -> None:
        below, above = ratio_interval(0, 20, 5, 40), ratio_interval(5, 40, 0, 20)
        assert (below.estimate, below.low) == (0.0, 0.0)
        assert 0.5 < below.high < 3
        assert np.isinf([above.estimate, above.high]).all()
        assert np.isfinite(above.low)
        assert np.isnan(ratio_interval(0, 5, 0, 5).estimate)

    def test_more_cases_than_trials(self) -> None:
        with pytest.raises(ParameterError):
            ratio_interval(6, 5, 1, 5)


class TestLift:
    def test_the_lady_tasting_tea(self) -> None:
        found = lift(3, 4, 4, 8)
        assert found.p_value == pytest.approx(REFERENCE["tea"]["p_value"], abs=1e-9)
        assert found.estimate == pytest.approx(0.75 / 0.5)

    def test_nothing_special(self) -> None:
        found = lift(20, 100, 200, 1000)
        assert found.estimate == pytest.approx(1.0)
        assert found.low < 1 < found.high
        assert found.p_value == 1.0

    def test_limits_end_where_all_of_them_would_be_chosen(self) -> None:
        found = lift(5, 10, 5, 100)
        assert found.estimate == pytest.approx(10.0)
        assert found.high == pytest.approx(10.0)
        assert np.isnan(lift(0, 0, 3, 9).estimate)
        assert np.isnan(lift(3, 9, 3, 9).p_value)


class TestStratified:
    def test_one_stratum_is_fishers_test(self) -> None:
        test = stratified([3], [10], [12], [25])
        assert test.p_value == pytest.approx(stats.fisher_exact([[3, 7], [9, 6]]).pvalue)
        assert test.expected == pytest.approx(10 * 9 / 15)

    def test_two_strata_by_hand(self) -> None:
        # each stratum: 1 of the group, 1 other, one case in all: the group has 0, 1 or 2 with 1/4, 1/2, 1/4
        test = stratified([1, 1], [1, 1], [1, 1], [2, 2])
        assert test.p_value == pytest.approx(0.5)
        assert test.expected == 0.0

    def test_the_strata_explain_what_size_alone_would_not(self) -> None:
        # large customers buy it in 90 of 100 cases, small ones in 10, whatever the segment
        alike = stratified([9, 9], [10, 90], [90, 19], [100, 190])
        assert alike.p_value > 0.9
        assert alike.expected == pytest.approx(10 * 81 / 90 + 90 * 10 / 100)
        pooled = stratified([18], [100], [109], [290])
        assert pooled.p_value < 0.001

    def test_normal_meets_exact(self) -> None:
        large = stratified([180], [400], [520], [1000])
        exact = stats.fisher_exact([[180, 220], [340, 260]]).pvalue
        assert large.p_value == pytest.approx(exact, rel=0.2)

    def test_without_others(self) -> None:
        assert np.isnan(stratified([1], [4], [1], [4]).p_value)
        with pytest.raises(ParameterError):
            stratified([5], [4], [5], [9])
