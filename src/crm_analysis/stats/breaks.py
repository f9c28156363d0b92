"""Where the level of a monthly series seems to shift, when nobody has named a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TRIM = 0.15
"""Part of the months at either end in which no shift is looked for: too few to be a level."""

FEWEST_MONTHS = 12
FEWEST_TO_TEST = 36
MOST_RHO = 0.3
"""A p-value is given for this many months and up to this autocorrelation; beyond, false alarms are common."""

NAN = float("nan")


@dataclass(frozen=True)
class Break:
    """The answer of :func:`level_break`; NaN where there is none.

    Attributes
    ----------
    at
        Position of the first month of the new level; -1 where there are too few months.
    before, after
        Mean level before and from ``at`` on.
    statistic
        The largest F of all splits.
    rho
        Autocorrelation of what the two levels leave over, corrected for its bias.
    p_value
        Share of steady series with such an autocorrelation in which the best split is as good.
    better_than_line
        Whether two levels fit better than a straight line, the freedom to choose the month counted.
    n
        Months.
    """

    at: int
    before: float
    after: float
    statistic: float
    rho: float
    p_value: float
    better_than_line: bool
    n: int


def level_break(values: ArrayLike, *, draws: int = 999, seed: int = 0) -> Break:
    """Find the month about which the level of a series shifts most clearly.

    Parameters
    ----------
    values
        One value a month in time order, the season taken out; NaN is a missing month.
    draws, seed
        Number of simulated series and seed of their generator.

    Returns
    -------
    Break
        A description: with autocorrelation of 0.3 the month is right within two in half of the cases only.
        For a verdict name the month beforehand and use :func:`crm_analysis.stats.step.step_test`.

    Notes
    -----
    Largest F statistic over all splits, the outer 15 % left out (Andrews 1993). Its p-value comes from
    simulated series without a shift that have the autocorrelation of this one, its shift included, which is
    cautious; the tabulated limits and CUSUM call up to half of autocorrelated steady series broken.

    Examples
    --------
    >>> found = level_break([5, 6, 5, 6, 5, 6, 5, 6, 9, 8, 9, 8, 9, 8, 9, 8])
    >>> found.at, found.before, found.after
    (8, 5.5, 8.5)
    """
    data = np.asarray(values, dtype=float)
    position = np.flatnonzero(np.isfinite(data))
    data = data[position]
    n = len(data)
    if n < FEWEST_MONTHS or np.ptp(data) == 0:
        return Break(-1, NAN, NAN, NAN, NAN, NAN, better_than_line=False, n=n)
    statistics = _statistics(data[None, :])[0]
    first = _first_split(n)
    split = first + int(statistics.argmax())
    levels = np.where(np.arange(n) < split, data[:split].mean(), data[split:].mean())
    left = data - levels
    rho = _autocorrelation(left, 2)
    best = float(statistics.max())
    p_value = NAN
    if n >= FEWEST_TO_TEST and rho <= MOST_RHO:
        p_value = _share_as_good(best, n, _autocorrelation(data - data.mean(), 1), draws, seed)
    line = data - np.polynomial.Polynomial.fit(position, data, 1)(position)
    # Schwarz's criterion: two levels and their month are one figure more than a line, a choice among many
    better = bool(n * np.log(left @ left / (line @ line)) + 2 * np.log(n) < 0) if line @ line > 0 else False
    return Break(
        int(position[split]),
        float(levels[0]),
        float(levels[-1]),
        best,
        rho,
        p_value,
        better_than_line=better,
        n=n,
    )


def _first_split(n: int) -> int:
    return max(int(np.floor(TRIM * n)), 2)


def _statistics(series: Floats) -> Floats:
    """F of each split against one level; a row a series."""
    n = series.shape[1]
    first = _first_split(n)
    left = np.arange(first, n - first + 1)
    deviations = series - series.mean(axis=1, keepdims=True)
    total = np.square(deviations).sum(axis=1, keepdims=True)
    sums = np.cumsum(deviations, axis=1)[:, left - 1]
    explained = sums**2 * (1 / left + 1 / (n - left))
    # a perfect split leaves nothing over: the statistic is then as large as can be
    rest = np.maximum(total - explained, 1e-12 * total)
    return np.asarray(explained / (rest / (n - 2)))


def _autocorrelation(left: Floats, levels: int) -> float:
    """Correlation of neighbours, the bias that fitted levels bring taken out (Kendall 1954)."""
    n, squares = len(left) / levels, float(left @ left)
    raw = float(left[1:] @ left[:-1]) / squares if squares > 0 else 0.0
    return float(np.clip((n * raw + 1) / (n - 3), -0.9, 0.95))


def _share_as_good(best: float, n: int, rho: float, draws: int, seed: int) -> float:
    generator = np.random.Generator(np.random.PCG64(seed))
    noise = generator.standard_normal((draws, n))
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0] / np.sqrt(1 - rho**2)
    for month in range(1, n):
        series[:, month] = rho * series[:, month - 1] + noise[:, month]
    as_good = int((_statistics(series).max(axis=1) >= best).sum())
    return (1 + as_good) / (1 + draws)
