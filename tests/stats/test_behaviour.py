"""Natural limits and signals by hand."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.stats.behaviour import Limits, natural_limits, signals

LIMITS = Limits(centre=10, low=4, high=16, moving_range=2, n=20)


def test_by_hand():
    """Moving ranges 2, 1, 2: mean 5/3, times 2.66."""
    limits = natural_limits([10, 12, 11, 13])
    assert limits == pytest.approx((11.5, 11.5 - 2.66 * 5 / 3, 11.5 + 2.66 * 5 / 3, 5 / 3, 4))


def test_missing_month_has_no_moving_range():
    assert natural_limits([10, 12, np.nan, 100, 101]).moving_range == 1.5


@pytest.mark.parametrize("values", [[], [5], [5, np.nan, 7]])
def test_nothing_to_compare(values):
    limits = natural_limits(values)
    assert np.isnan([limits.low, limits.high, limits.moving_range]).all()
    assert not signals(values, limits).astype(bool).any()


def test_all_equal():
    assert natural_limits([5, 5, 5])[:4] == (5, 5, 5, 0)
    assert signals([5, 5, 5], natural_limits([5, 5, 5])).tolist() == ["", "", ""]


def test_outside():
    assert signals([3, 4, 10, 16, 17], LIMITS).tolist() == ["below", "", "", "", "above"]


def test_run_of_eight():
    seven, eight = [9, *[11] * 7, 9], [9, *[11] * 8, 9]
    assert not signals(seven, LIMITS).astype(bool).any()
    assert signals(eight, LIMITS).tolist() == ["", *["run_above"] * 8, ""]
    assert signals([9] * 8, LIMITS).tolist() == ["run_below"] * 8


def test_run_over_a_gap_and_broken_by_the_centre():
    assert (
        signals([11] * 4 + [np.nan] + [11] * 4, LIMITS).tolist()
        == ["run_above"] * 4 + [""] + ["run_above"] * 4
    )
    assert not signals([11] * 4 + [10] + [11] * 4, LIMITS).astype(bool).any()


def test_outside_comes_before_the_run():
    assert signals([17, *[11] * 7], LIMITS)[0] == "above"


def test_scaling():
    values = np.random.default_rng(0).normal(10, 2, 30)
    one, other = natural_limits(values), natural_limits(values * 100)
    assert other[:4] == pytest.approx(np.array(one[:4]) * 100)
