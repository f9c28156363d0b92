"""The random numbers follow the distributions they are named for, and the calendar the one on the wall."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import stats

from crm_analysis.demo import Company
from crm_analysis.demo.draws import Draws
from crm_analysis.demo.workdays import DAY, Calendar

SIZE = 20_000
STREAMS = 60


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (lambda draws: draws.uniform(SIZE), stats.uniform()),
        (lambda draws: draws.normal(SIZE), stats.norm()),
        (lambda draws: draws.exponential(SIZE), stats.expon()),
        (lambda draws: draws.gamma(3, SIZE), stats.gamma(3, scale=1 / 3)),
        (lambda draws: draws.weibull(1.2, SIZE), stats.weibull_min(1.2)),
    ],
)
def test_continuous_draws_follow_their_law(draw, law) -> None:
    # One stream in a hundred looks odd by chance; over many, the p-values themselves must be uniform.
    p_values = [stats.kstest(draw(Draws(1, block)), law.cdf).pvalue for block in range(STREAMS)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 25.0])
def test_poisson_counts_follow_their_law(mean: float) -> None:
    counts = Draws(2, 1).poisson(np.full(SIZE, mean))
    for count in range(int(mean) + 4):
        expected = stats.poisson(mean).cdf(count)
        assert (counts <= count).mean() == pytest.approx(expected, abs=4 * 0.5 / SIZE**0.5)


def test_picks_follow_their_weights_and_leave_the_rest_open() -> None:
    picked = Draws(3, 1).pick([0.5, 0.2], SIZE)
    shares = [(picked == place).mean() for place in (0, 1, -1)]
    np.testing.assert_allclose(shares, [0.5, 0.2, 0.3], atol=0.015)
    assert set(Draws(3, 2).pick([2.0, 6.0], SIZE)) == {0, 1}


def test_the_raw_stream_is_the_one_numpy_promises_to_keep() -> None:
    # numpy.random.PCG64(SeedSequence(7, spawn_key=(0,))), numpy 2.4: the stream numpy keeps across versions.
    raw = np.random.PCG64(np.random.SeedSequence(7, spawn_key=(0,))).random_raw(3)
    np.testing.assert_array_equal(Draws(7, 0).uniform(3), ((raw >> np.uint64(11)) + 0.5) / 2.0**53)


def test_days_off_move_to_the_next_day_worked() -> None:
    calendar = Calendar.of(Company())
    for day, worked in (
        (date(2024, 12, 24), date(2024, 12, 27)),  # Christmas, then a Friday
        (date(2026, 10, 31), date(2026, 11, 2)),  # a Saturday
        (date(2026, 10, 30), date(2026, 10, 30)),
    ):
        moved = calendar.on_workday(np.array([calendar.number(day)]))
        assert calendar.day(moved[0]) == worked
    assert calendar.day(calendar.end) == date(2026, 11, 1)
    assert calendar.end_minute - calendar.start_minute == 1461 * DAY


def test_flow_stands_still_on_days_off_and_a_year_is_a_year() -> None:
    calendar = Calendar.of(Company())
    gained = np.diff(calendar.flow)
    assert ((gained == 0) == ~calendar.working[1:]).all()
    span = calendar.flow[calendar.end - 1] - calendar.flow[calendar.start - 1]
    assert span == pytest.approx(1461)
