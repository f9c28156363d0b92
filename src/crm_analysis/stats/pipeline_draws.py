"""Possible courses of the coming months: what open and new deals may bring, drawn many times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.stats.pipeline import SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: How fast the level of new deals follows the last months.
_MEMORY = 0.2
#: Months whose mean the level begins with.
_BEGIN = 6
#: Variance of a weighted mean over that of one month.
_ERROR = _MEMORY / (2 - _MEMORY)
#: Cells of random numbers held at a time, and amounts picked one by one in one go.
_CELLS = 2_000_000
_PICKS = 3_000_000


class Inflow(NamedTuple):
    """New deals a month: expected number, variance over mean (1 is pure chance), error of the level."""

    level: float
    dispersion: float
    error: float


def inflow(counts: Floats) -> Inflow:
    """Estimate how many new deals a month brings, from the numbers of past months, the last one last.

    Notes
    -----
    Exponentially weighted mean with a weight of 0.2 for the last month; dispersion from the misses of this
    mean one month ahead. It begins with the plain mean of the first six months.

    Examples
    --------
    >>> inflow(np.full(24, 40.0)).level
    40.0
    """
    if not len(counts):
        return Inflow(0.0, 1.0, 0.0)
    level, misses = float(counts[:_BEGIN].mean()), []
    for value in counts[_BEGIN:]:
        misses.append(value - level)
        level += _MEMORY * float(value - level)
    if len(misses) >= _BEGIN:
        # a miss one month ahead holds the chance of the month and the error of the level
        scatter = float(np.mean(np.square(misses))) / (1 + _ERROR)
    else:
        scatter = float(np.var(counts, ddof=1)) if len(counts) > 1 else level
    dispersion = max(scatter / level, 1.0) if level > 0 else 1.0
    return Inflow(level, dispersion, float(np.sqrt(_ERROR * dispersion * level)))


def open_draws(
    chance: Floats, amount: Floats, draws: int, generator: np.random.Generator, pool: Floats | None = None
) -> Floats:
    """Draw what open deals bring in each month.

    Parameters
    ----------
    chance
        Probability that each deal is won in each month: set, month, deal. Each set serves an equal part of
        the draws, so that what is not known of the probabilities moves all deals together.
    amount
        What each deal brings if it is won.
    draws
        Number of draws, a multiple of the number of sets.
    generator
        Source of chance.
    pool
        Amounts to pick from where those of the deals are not known; ``amount`` is then not used.

    Returns
    -------
    numpy.ndarray
        Draw, month.

    Examples
    --------
    >>> sure = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    >>> open_draws(sure, np.array([5.0, 7.0]), 2, np.random.Generator(np.random.PCG64(0))).tolist()
    [[5.0, 7.0], [5.0, 7.0]]
    """
    sets, months, deals = chance.shape
    each = draws // sets
    reached = np.cumsum(chance, axis=1)
    worth = np.ones(deals) if pool is not None else amount
    parts = []
    step = max(1, _CELLS // max(deals, 1))
    for number in range(sets):
        for begin in range(0, each, step):
            luck = generator.random((min(step, each - begin), deals))
            until = np.stack([(luck < reached[number, m]) @ worth for m in range(months)], axis=1)
            parts.append(np.diff(until, axis=1, prepend=0.0))
    brought = np.concatenate(parts)
    return brought if pool is None else picked_sums(np.rint(brought).astype(np.int64), pool, generator)


def new_draws(
    expected: Inflow,
    shares: Floats,
    chance: Floats,
    pools: Sequence[Floats],
    draws: int,
    generator: np.random.Generator,
) -> Floats:
    """Draw what deals bring that are created in the coming months.

    Parameters
    ----------
    expected
        How many are created a month.
    shares
        Share of each size among them.
    chance
        Probability that one is won so many months after that of its creation: set, months after, size.
    pools
        Amounts to pick from, by size.
    draws
        Number of draws, a multiple of the number of sets.
    generator
        Source of chance.

    Returns
    -------
    numpy.ndarray
        Draw, month.
    """
    sets, months, _ = chance.shape
    each = np.repeat(np.arange(sets), draws // sets)
    level = _gamma(expected.level, expected.error**2, draws, generator)
    won = np.zeros((draws, months, SIZES), dtype=np.int64)
    for month in range(months):
        mean = _gamma(level, (expected.dispersion - 1) * level, draws, generator)
        made = generator.poisson(mean[:, None] * shares)
        left = made
        gone = np.zeros((draws, SIZES))
        for lag in range(months - month):
            # of those not won earlier
            part = np.clip(chance[each, lag] / np.maximum(1 - gone, 1e-12), 0, 1)
            wins = generator.binomial(left, part)
            won[:, month + lag] += wins
            left, gone = left - wins, gone + chance[each, lag]
    brought = np.zeros((draws, months))
    for size in range(SIZES):
        brought += picked_sums(won[..., size], pools[size], generator)
    return brought


def picked_sums(counts: Ints, pool: Floats, generator: np.random.Generator) -> Floats:
    """Sum so many amounts picked from a pool, for each count; very many picks by their mean and spread."""
    if not len(pool):
        return np.zeros(counts.shape)
    flat = counts.ravel()
    if flat.sum() <= _PICKS:
        picks = pool[generator.integers(0, len(pool), int(flat.sum()))]
        owner = np.repeat(np.arange(len(flat)), flat)
        sums: Floats = np.bincount(owner, weights=picks, minlength=len(flat)).astype(float)
    else:
        noise = generator.standard_normal(len(flat)) * np.sqrt(flat) * pool.std()
        sums = np.maximum(flat * pool.mean() + noise, 0)
    return sums.reshape(counts.shape)


def _gamma(
    mean: Floats | float, variance: Floats | float, draws: int, generator: np.random.Generator
) -> Floats:
    """Draw positive numbers of this mean and variance; the mean itself where there is no variance."""
    mean, variance = np.broadcast_to(mean, draws), np.broadcast_to(variance, draws)
    spread = (variance > 1e-12) & (mean > 0)
    shape = np.divide(mean**2, variance, out=np.ones(draws), where=spread)
    scale = np.divide(variance, mean, out=np.zeros(draws), where=spread)
    return np.where(spread, generator.standard_gamma(shape) * scale, mean)
