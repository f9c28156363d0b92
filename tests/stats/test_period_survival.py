"""Time to an event within a window of the calendar, against R ``survival`` and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.exposure import days_per_event
from crm_analysis.stats.period_survival import horizon, period_kaplan_meier, period_mean
from crm_analysis.stats.survival import kaplan_meier

NAN = float("nan")


def steady(seed=0, months=24, a_month=40, history=0):
    """Make deals that come evenly and take lognormal times that never change; days from 0."""
    generator = np.random.Generator(np.random.PCG64(seed))
    begun = np.sort(generator.uniform(-30.0 * history, 30.0 * months, a_month * (months + history)))
    ended = begun + generator.lognormal(np.log(40), 0.8, len(begun))
    return begun, np.where(ended < 30 * months, ended, NAN)


def test_equals_r(case):
    reference = case("B04")
    begun, ended = (np.array(reference.inputs[name], dtype=float) for name in ("created", "closed"))
    curve = period_kaplan_meier(begun, ended, tuple(reference.inputs["window"]))
    assert curve.time.tolist() == reference.expected["event_ages"]
    assert curve.at_risk.tolist() == reference.expected["n_risk"]
    np.testing.assert_allclose(curve.survival, reference.expected["S"], rtol=1e-9)


def test_the_mean_by_hand():
    # 1 up to 12 days, three quarters up to 28, half up to 30
    mean = period_mean([0, 5, 10, 20], [12, 45, 38, 50], (0, 60), 30)
    assert mean.estimate == pytest.approx(12 + 0.75 * 16 + 0.5 * 2)
    assert mean.n == 4


def test_the_whole_calendar_is_the_plain_curve():
    begun, ended = steady()
    until = np.where(np.isnan(ended), 720.0, ended)
    plain = kaplan_meier(until - begun, ~np.isnan(ended)).rmst(90)
    whole = period_mean(begun, ended, (-1e6, 720.0), 90)
    assert (whole.estimate, whole.low, whole.high) == pytest.approx(plain[:3])


def test_order_does_not_matter_and_doubling_narrows():
    begun, ended = steady(1)
    one = period_mean(begun, ended, (300, 330), 90)
    turned = period_mean(begun[::-1], ended[::-1], (300, 330), 90)
    twice = period_mean(np.tile(begun, 2), np.tile(ended, 2), (300, 330), 90)
    assert turned == pytest.approx(one)
    assert twice.estimate == pytest.approx(one.estimate)
    assert twice.n == 2 * one.n
    assert twice.high - twice.low == pytest.approx((one.high - one.low) / np.sqrt(2), rel=0.02)


def test_a_steady_process_has_a_steady_course_where_plain_means_drift():
    begun, ended = steady(2, a_month=60, history=12)
    windows = [(30.0 * month, 30.0 * month + 30) for month in range(24)]
    course = [period_mean(begun, ended, window, 90).estimate for window in windows]
    slope = np.polyfit(range(24), course, 1)[0]
    by_creation = [np.nanmean((ended - begun)[(begun >= a) & (begun < b)]) for a, b in windows[:-2]]
    assert abs(slope) * 23 < 0.1 * np.mean(course)
    assert np.polyfit(range(22), by_creation, 1)[0] * 21 < -0.2 * np.mean(by_creation)


def test_a_planted_change_is_seen():
    slow, fast = steady(3), steady(3)
    shorter = fast[0] + (fast[1] - fast[0]) * 0.6
    before, after = (period_mean(*pair, (300, 390), 90) for pair in (slow, (fast[0], shorter)))
    assert after.high < before.low


def test_what_came_later_changes_nothing():
    begun, ended = steady(4)
    known = period_mean(begun, ended, (300, 330), 90, known=begun + 3)
    later = begun + 3 < 330
    cut = np.where(ended < 330, ended, NAN)
    assert period_mean(begun[later], cut[later], (300, 330), 90, known=begun[later] + 3) == known


def test_same_day_decisions_and_bare_dates_count():
    # decided on the day they began, and in the first instant of the window
    assert period_mean([30, 30, 10], [30, 45, 30], (30, 60), 10).n == 3


@pytest.mark.parametrize(
    ("begun", "ended"),
    [([], []), ([5.0], [NAN]), ([5.0, 6.0], [NAN, NAN]), ([40.0], [45.0])],
)
def test_nothing_to_tell_is_no_figure(begun, ended):
    assert np.isnan(period_mean(begun, ended, (0, 30), 14).estimate)


def test_one_decision_among_one_case_at_risk_does_not_decide_the_figure():
    # of the young deals there is one, decided at once; the others are older
    begun, ended = [29.0, *([-30.0] * 20)], [29.5, *([40.0] * 20)]
    assert np.isnan(period_mean(begun, ended, (0, 30), 14).estimate)


@pytest.mark.parametrize(
    ("begun", "ended", "window"),
    [([NAN], [3.0], (0, 9)), ([5.0], [3.0], (0, 9)), ([1.0], [3.0], (9, 9))],
)
def test_what_cannot_be_is_refused(begun, ended, window):
    with pytest.raises(ParameterError):
        period_kaplan_meier(begun, ended, window)


@pytest.mark.parametrize(
    ("times", "events", "expected"),
    [
        ([10, 20, 40, 50, 90], [1, 1, 1, 1, 0], 60),
        ([10, 20, 40, 50, 400], [1, 0, 0, 0, 0], 365),  # four in five never decide
        ([3, 4, 5], [1, 1, 1], 7),  # nothing is unknown where all have decided
        ([3, 4, 5], [1, 1, 0], NAN),
    ],
)
def test_the_horizon_is_a_round_number_that_somebody_reached(times, events, expected):
    assert horizon(kaplan_meier(times, events)) == pytest.approx(expected, nan_ok=True)


def test_days_per_purchase_by_hand(case):
    reference = case("F03")
    interval = days_per_event(reference.inputs["exposure_days"], reference.inputs["purchases"])
    assert interval.estimate == reference.expected["days_per_purchase"]
    assert interval.low < 25 < interval.high


def test_days_per_purchase_has_exact_limits_where_customers_are_alike(case):
    # 8 purchases in 1000 days of equal customers: the reciprocal of the exact limits of R
    reference = case("D06")
    interval = days_per_event([250.0] * 4, [2] * 4)
    assert interval.estimate == reference.expected["cac"]
    assert [interval.low, interval.high] == pytest.approx(reference.expected["ci95"])


def test_customers_who_differ_widen_the_limits():
    alike, unlike = days_per_event([100] * 10, [2] * 10), days_per_event([100] * 10, [20] + [0] * 9)
    assert unlike.estimate == alike.estimate
    assert unlike.high - unlike.low > 3 * (alike.high - alike.low)


def test_days_without_a_purchase():
    nothing = days_per_event([30, 30], [0, 0])
    assert nothing.estimate == np.inf
    assert 0 < nothing.low < 60
    assert np.isnan(days_per_event([], []).estimate)
    with pytest.raises(ParameterError, match="not watched"):
        days_per_event([0.0], [1])


def test_what_happens_at_the_end_of_a_window_belongs_to_the_next():
    assert [period_mean([0, 10], [30, 20], window, 14).n for window in ((0, 30), (30, 60))] == [1, 1]


def test_a_case_not_yet_on_record_does_not_count():
    assert period_mean([0, 5], [10, 12], (0, 30), 7, known=[0, 40]).n == 1


def test_a_thin_tail_that_nobody_watched_counts_as_undecided():
    # nineteen of twenty decided after five days; the last one is watched for twenty of thirty days
    mean = period_mean([0.0] * 20, [*[5.0] * 19, NAN], (0, 20), 30)
    assert mean.estimate == pytest.approx(5 + 0.05 * 15 + 0.05 * 10)
