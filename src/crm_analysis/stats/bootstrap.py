"""Intervals by resampling whole units: customers or leads, those that brought nothing included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import ParameterError
from crm_analysis.stats.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    Statistic = Callable[[NDArray[Any]], Any]

BLOCK_CELLS = 4_000_000
"""Resampled cells held in memory at a time (32 MB of floats)."""

MOST_UNDEFINED = 0.05
"""Past this share of resamples without a value (0 / 0) there are no limits."""


def bootstrap(
    statistic: Statistic,
    units: ArrayLike,
    *,
    draws: int = 2000,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    vectorised: bool = False,
) -> Interval:
    """Give the limits of a figure that is computed from many customers.

    Parameters
    ----------
    statistic
        Takes the units and returns one number. With ``vectorised`` it takes a stack of resamples, with a
        leading axis, and returns one number a resample.
    units
        One row a unit (customer, lead): an array of one or two dimensions. The unit is what was sampled
        independently, and units with zero belong in it: resampling only the won deals gives intervals that
        hold 67 to 81 % instead of 90 %.
    draws
        Number of resamples.
    strata
        A label a unit (channel): resampled within, so that the size of each stratum stays.
    level
        Confidence level.
    seed
        Seed of the generator (PCG64): the same input gives the same limits.
    vectorised
        Whether ``statistic`` takes a stack.

    Returns
    -------
    Interval
        The statistic of all units, percentile limits, number of units. The limits are NaN for fewer than two
        units, or where more than 5 % of the resamples have no value.

    Notes
    -----
    Percentile bootstrap (Efron & Tibshirani 1993, ch. 13). Measured coverage of a nominal 90 % interval of
    a return on spend, leads resampled with zeros: 85 % with 15 wins of moderately unequal size, 77 % with
    very unequal size, 84 to 89 % with 50 wins. Below about 30 wins the interval is too optimistic. BCa is
    no better there. Memory stays near 100 MB whatever the number of units.

    Examples
    --------
    >>> spend = bootstrap(lambda x: x.mean(axis=-1), [0, 0, 10, 20, 0, 30], vectorised=True)
    >>> spend.estimate, spend.low >= 0, spend.high <= 30
    (10.0, True, True)
    """
    data = _units(units, draws)
    estimate = float(_apply(statistic, data[None, ...], vectorised)[0]) if len(data) else np.nan
    if len(data) < 2:
        return Interval(estimate, np.nan, np.nan, len(data))
    values = _resampled(
        statistic, data, strata, draws, np.random.Generator(np.random.PCG64(seed)), vectorised
    )
    return Interval(estimate, *_percentiles(values, level), len(data))


def difference(
    statistic: Statistic,
    units_a: ArrayLike,
    units_b: ArrayLike,
    *,
    draws: int = 2000,
    strata_a: ArrayLike | None = None,
    strata_b: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    vectorised: bool = False,
) -> Interval:
    """Tell by how much a figure of one set of customers exceeds that of another, independent set.

    Parameters
    ----------
    statistic, draws, level, seed, vectorised
        As in :func:`bootstrap`.
    units_a, units_b
        One row a unit, the first minus the second. The sets must not share units.
    strata_a, strata_b
        Labels for resampling within strata.

    Returns
    -------
    Interval
        ``statistic(a) − statistic(b)``, percentile limits, number of units of both; the limits are NaN where
        a side has fewer than two units.

    Examples
    --------
    >>> difference(lambda x: x.mean(axis=-1), [5, 6, 7, 8], [1, 2, 3, 2], vectorised=True).estimate
    4.5
    """
    a, b = _units(units_a, draws), _units(units_b, draws)
    n = len(a) + len(b)
    if not len(a) or not len(b):
        return Interval(np.nan, np.nan, np.nan, n)
    both = [float(_apply(statistic, side[None, ...], vectorised)[0]) for side in (a, b)]
    estimate = both[0] - both[1]
    if min(len(a), len(b)) < 2:
        return Interval(estimate, np.nan, np.nan, n)
    generator = np.random.Generator(np.random.PCG64(seed))
    first = _resampled(statistic, a, strata_a, draws, generator, vectorised)
    second = _resampled(statistic, b, strata_b, draws, generator, vectorised)
    return Interval(estimate, *_percentiles(first - second, level), n)


def blocks(draws: int, cells: int) -> Iterator[int]:
    """Split the draws into blocks that fit in memory, given the cells of one resample.

    Examples
    --------
    >>> list(blocks(5, 2_000_000))
    [2, 2, 1]
    """
    size = max(1, BLOCK_CELLS // max(cells, 1))
    for start in range(0, draws, size):
        yield min(size, draws - start)


def _units(units: ArrayLike, draws: int) -> NDArray[Any]:
    data = np.asarray(units)
    if data.ndim == 0 or draws < 1:
        raise ParameterError(
            f"Units of {data.ndim} dimensions, {draws} draws.",
            "Units are an array with one row a unit; draws are 1 or more.",
        )
    return data


def _resampled(
    statistic: Statistic,
    data: NDArray[Any],
    strata: ArrayLike | None,
    draws: int,
    generator: np.random.Generator,
    vectorised: bool,
) -> NDArray[np.float64]:
    members = _members(strata, len(data))
    values = []
    for size in blocks(draws, data.size):
        picked = [group[generator.integers(0, len(group), (size, len(group)))] for group in members]
        values.append(_apply(statistic, data[np.concatenate(picked, axis=1)], vectorised))
    return np.concatenate(values)


def _members(strata: ArrayLike | None, n: int) -> list[NDArray[np.intp]]:
    """Positions of the units of each stratum."""
    if strata is None:
        return [np.arange(n)]
    labels = np.asarray(strata)
    if labels.shape != (n,):
        raise ParameterError(
            f"{labels.size} strata for {n} units.", "One label a unit.", "Pass an array as long as the units."
        )
    codes = np.unique(labels.astype(str), return_inverse=True)[1]
    return [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]


def _apply(statistic: Statistic, stack: NDArray[Any], vectorised: bool) -> NDArray[np.float64]:
    # 0 / 0 in a resample is expected and counted in _percentiles
    with np.errstate(divide="ignore", invalid="ignore"):
        result = statistic(stack) if vectorised else [statistic(sample) for sample in stack]
    values = np.asarray(result, dtype=float)
    if values.shape != (len(stack),):
        raise ParameterError(
            f"The statistic gave {values.shape} for {len(stack)} resamples.",
            "One number a resample; with vectorised=True an array of them.",
            "Compute over the last axes, for example x.mean(axis=-1).",
        )
    return values


def _percentiles(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    undefined = np.isnan(values)
    if undefined.mean() > MOST_UNDEFINED:
        return np.nan, np.nan
    tail = (1 - level) / 2
    # neighbours are not averaged: a resample may be infinite (cost per client with no client)
    low, high = np.quantile(values[~undefined], [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)
