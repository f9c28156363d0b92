"""Resampling whole units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from crm_analysis.errors import ParameterError
from crm_analysis.stats import bootstrap as module
from crm_analysis.stats.bootstrap import blocks, bootstrap, difference

VALUES = np.random.default_rng(0).gamma(1, 100, 200)


def mean(stack):
    return stack.mean(axis=-1)


def ratio(rows):
    """Income of the rows ÷ their cost."""
    return rows[..., 0].sum(axis=-1) / rows[..., 1].sum(axis=-1)


def test_equals_scipy_percentile():
    """Limits of the same method by another library, other draws: 10,000 each."""
    expected = stats.bootstrap(
        (VALUES,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    interval = bootstrap(mean, VALUES, draws=10_000, vectorised=True)
    assert interval.estimate == pytest.approx(VALUES.mean())
    assert interval[1:3] == pytest.approx(expected, rel=0.01)


def test_same_seed_same_limits():
    assert bootstrap(mean, VALUES, vectorised=True) == bootstrap(mean, VALUES, vectorised=True)
    assert bootstrap(mean, VALUES, vectorised=True) != bootstrap(mean, VALUES, seed=1, vectorised=True)


def test_one_at_a_time_equals_vectorised():
    assert bootstrap(mean, VALUES, draws=200) == bootstrap(mean, VALUES, draws=200, vectorised=True)


def test_rows_of_a_unit_stay_together():
    rows = np.column_stack([VALUES * 3, VALUES])
    interval = bootstrap(ratio, rows, vectorised=True)
    assert interval[:3] == pytest.approx((3, 3, 3))


def test_strata_keep_their_size():
    units = np.array([0] * 10 + [100] * 10)
    interval = bootstrap(mean, units, strata=["a"] * 10 + ["b"] * 10, vectorised=True)
    assert interval[:3] == (50, 50, 50)
    free = bootstrap(mean, units, vectorised=True)
    assert free.low < 40
    assert free.high > 60


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_CELLS", 1000)
    sizes = []

    def watched(stack):
        sizes.append(stack.size)
        return stack.mean(axis=-1)

    bootstrap(watched, VALUES, draws=50, vectorised=True)
    assert max(sizes) <= 1000
    assert sum(sizes) == 51 * 200


def test_blocks_cover_all_draws():
    assert sum(blocks(1234, 5000)) == 1234
    assert list(blocks(3, 10**9)) == [1, 1, 1]


@pytest.mark.parametrize(("units", "estimate"), [([], np.nan), ([5.0], 5.0)])
def test_too_few_units(units, estimate):
    interval = bootstrap(mean, units, vectorised=True)
    assert interval.estimate == pytest.approx(estimate, nan_ok=True)
    assert np.isnan([interval.low, interval.high]).all()


def test_all_equal():
    assert bootstrap(mean, [4, 4, 4], vectorised=True)[:3] == (4, 4, 4)


def test_mostly_undefined_has_no_limits():
    # a quarter of the resamples of two units miss the one with a cost
    rows = np.array([[0, 0], [5, 1]])
    interval = bootstrap(ratio, rows, vectorised=True)
    assert interval.estimate == 5
    assert np.isnan([interval.low, interval.high]).all()


def test_infinite_resamples_are_an_infinite_limit():
    rows = np.array([[100.0, 0], [100, 0], [100, 0], [100, 1]])
    interval = bootstrap(ratio, rows, vectorised=True)
    assert np.isinf(interval.high)
    assert interval.low > 0


def test_difference():
    low = np.random.default_rng(2).normal(10, 1, 100)
    interval = difference(mean, low + 2, low[::-1], vectorised=True)
    assert interval.estimate == pytest.approx(2)
    error = np.sqrt(2 * low.var(ddof=1) / 100)
    assert (interval.high - interval.low) == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert interval.n == 200
    turned = difference(mean, low, low + 2, vectorised=True)
    assert turned.estimate == pytest.approx(-2)


def test_difference_of_too_few():
    assert np.isnan(difference(mean, [], [1, 2], vectorised=True).estimate)
    one = difference(mean, [3], [1, 2], vectorised=True)
    assert one.estimate == 1.5
    assert np.isnan(one.low)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bootstrap(mean, 5, vectorised=True),
        lambda: bootstrap(mean, VALUES, draws=0, vectorised=True),
        lambda: bootstrap(mean, VALUES, strata=["a"], vectorised=True),
        lambda: bootstrap(np.sort, VALUES, vectorised=True),
    ],
)
def test_wrong_input(call):
    with pytest.raises(ParameterError):
        call()
