"""How much more concentrated the money of customers got, each customer being its own comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.errors import ParameterError
from crm_analysis.stats.bootstrap import blocks
from crm_analysis.stats.concentration import TOP_FRACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MEASURES = ("gini", "hhi", *(f"top_{round(fraction * 100)}" for fraction in TOP_FRACTIONS), "count_80")


def concentration_change(
    now: ArrayLike, before: ArrayLike, *, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Tell whether the money of customers got more or less concentrated.

    Parameters
    ----------
    now, before
        Net revenue of each customer in two windows, the same customers in the same order; only positive
        values count.
    draws, seed
        Number of resamples of the customers, and seed of the generator (PCG64).

    Returns
    -------
    pandas.DataFrame
        Rows ``measure`` as in :func:`crm_analysis.stats.concentration.concentration`: ``low, high`` (95 %
        limits of the difference, now minus before) and ``p_value``; NaN with fewer than two customers who
        have money in both windows.

    Raises
    ------
    ParameterError
        The windows hold different numbers of customers.

    Notes
    -----
    Percentile bootstrap over customers, each drawn with what it bought in both windows: overlapping windows
    and faithful customers are no independent evidence. p-value by inverting the interval (Davison & Hinkley
    1997, 4.4); a resample that shows no change speaks for neither side.

    Examples
    --------
    >>> before = np.arange(1.0, 31.0)
    >>> change = concentration_change(before**3, before, draws=200).set_index("measure")
    >>> bool(change.loc["gini", "low"] > 0)
    True
    """
    sides = np.asarray(now, dtype=float), np.asarray(before, dtype=float)
    if sides[0].shape != sides[1].shape or sides[0].ndim != 1:
        raise ParameterError(
            f"{sides[0].size} customers now, {sides[1].size} before.",
            "Both windows hold the same customers in the same order; 0 where one bought nothing.",
        )
    unknown = pd.DataFrame({"measure": MEASURES, "low": np.nan, "high": np.nan, "p_value": np.nan})
    if int(((sides[0] > 0) & (sides[1] > 0)).sum()) < 2:
        return unknown
    drawn = _paired_differences(*sides, draws, seed)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    tails = np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    p_value = np.minimum(2 * (1 + tails) / (1 + len(drawn)), 1.0)
    return unknown.assign(low=low, high=high, p_value=p_value)


def _paired_differences(now: Floats, before: Floats, draws: int, seed: int) -> Floats:
    """Differences of the measures over resampled customers, each with what it bought in both windows."""
    keep = (now > 0) | (before > 0)
    sides = [np.where(keep, np.clip(side, 0, None), 0.0)[keep] for side in (now, before)]
    orders = [np.argsort(-side, kind="stable") for side in sides]
    units = int(keep.sum())
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = []
    for counts in _resamples(generator, units, draws):
        first, second = (
            measures(side[order], counts[:, order]) for side, order in zip(sides, orders, strict=True)
        )
        drawn.append(first - second)
    values = np.concatenate(drawn)
    return values[~np.isnan(values).any(axis=1)]


def _resamples(generator: np.random.Generator, units: int, draws: int) -> Iterator[NDArray[np.int64]]:
    for size in blocks(draws, units):
        picked = generator.integers(0, units, (size, units)) + units * np.arange(size)[:, None]
        yield np.bincount(picked.ravel(), minlength=size * units).reshape(size, units)


def measures(money: Floats, counts: NDArray[np.int64]) -> Floats:
    """Measures of :func:`crm_analysis.stats.concentration.concentration` where some clients have no money.

    ``money`` is sorted, richest first; ``counts`` holds how often each client is in each resample. The
    number of clients with money differs from resample to resample, and with it what a top fifth is.
    """
    counts = counts * (money > 0)
    held = counts * money
    cumulated, clients = np.cumsum(held, axis=1), np.cumsum(counts, axis=1)
    total, n = cumulated[:, -1:], clients[:, -1:]
    rows = np.arange(len(counts))
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample without money has no measures
        gini = (held * (n - 2 * clients + counts)).sum(axis=1) / (n * total)[:, 0]
        hhi = (counts @ money**2) / total[:, 0] ** 2
        tops = []
        for fraction in TOP_FRACTIONS:
            most = np.ceil(fraction * n[:, 0] - 1e-9)
            at = _first_reaching(clients, most)
            left = most - (clients[rows, at] - counts[rows, at])
            tops.append((cumulated[rows, at] - held[rows, at] + left * money[at]) / total[:, 0])
    goal = 0.8 * total[:, 0] * (1 - 1e-9)
    at = _first_reaching(cumulated, goal)
    missing = goal - (cumulated[rows, at] - held[rows, at])
    price = np.where(money[at] > 0, money[at], np.nan)
    count_80 = clients[rows, at] - counts[rows, at] + np.ceil(missing / price - 1e-9)
    return np.column_stack([gini, hhi, *tops, count_80])


def _first_reaching(cumulated: NDArray[Any], goals: Floats) -> NDArray[np.intp]:
    """Find, row by row, the first position at which a rising row reaches its goal."""
    places = [np.searchsorted(row, goal) for row, goal in zip(cumulated, goals, strict=True)]
    last = cumulated.shape[1] - 1
    return np.array([min(int(place), last) for place in places], dtype=np.intp)
