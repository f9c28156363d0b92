"""How shares of revenue shifted between two periods, and which shifts are more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse, special

from crm_analysis.errors import ParameterError
from crm_analysis.stats.bootstrap import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST_CARRIERS = 5.0
"""A shift carried by effectively fewer customers than these is not tested: one order more would undo it."""


def share_shift(
    before: sparse.csr_array,
    after: sparse.csr_array,
    totals: tuple[Floats, Floats],
    *,
    draws: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Answer which shares of a whole changed from one period to the next.

    Parameters
    ----------
    before, after
        Revenue by customer (row) and value (column), the same customers and values in both; a customer who
        bought in one period only has zeros in the other.
    totals
        Revenue by customer before and after, which the shares are shares of.
    draws, seed
        Number of bootstrap draws and seed of the generator.

    Returns
    -------
    pandas.DataFrame
        One row a value, in the order of the columns: ``share``, ``previous_share``, ``difference`` (after
        minus before), ``low, high`` (95 %), ``p_value``, ``carriers``. NaN where a total is not positive;
        no limits with fewer than two customers; no p-value under five carriers.

    Raises
    ------
    ParameterError
        The sides differ in shape.

    Notes
    -----
    Percentile bootstrap over whole customers, each with all it bought in both periods: orders of one customer
    belong together. p-value of difference / bootstrap error as a t statistic; its degrees of freedom are
    (Σu²)² / Σu⁴ − 1 of the customers' influences u on the difference (Satterthwaite): ``carriers`` is
    the number of equal customers that would give as certain an answer. Two large customers make no trend.

    Examples
    --------
    >>> steady = sparse.csr_array(np.tile([[60.0, 40.0]], (50, 1)))
    >>> each = np.full(50, 100.0)
    >>> share_shift(steady, steady, (each, each))["difference"].tolist()
    [0.0, 0.0]
    """
    whole_before, whole_after = totals
    if (
        before.shape != after.shape
        or before.shape[0] != len(whole_before)
        or len(whole_before) != len(whole_after)
    ):
        raise ParameterError(
            f"Tables of {before.shape} and {after.shape}; {len(whole_before)} and {len(whole_after)} totals.",
            "Both sides have the same customers and the same values.",
        )
    previous, share = _share(before, whole_before), _share(after, whole_after)
    difference = share - previous
    low, high, error = _spread(before, after, totals, draws, seed)
    carriers = _carriers(before, after, totals, previous, share)
    testable = (carriers >= FEWEST_CARRIERS) & (error > 0)
    t = np.divide(difference, error, out=np.full(len(share), np.nan), where=testable)
    p_value = np.where(testable, 2 * special.stdtr(np.maximum(carriers - 1, 1), -np.abs(t)), np.nan)
    return pd.DataFrame(
        {
            "share": share,
            "previous_share": previous,
            "difference": difference,
            "low": low,
            "high": high,
            "p_value": p_value,
            "carriers": carriers,
        }
    )


def _share(revenue: sparse.csr_array, whole: Floats) -> Floats:
    total = float(whole.sum())
    parts = np.asarray(revenue.sum(axis=0), dtype=float).ravel()
    return parts / total if total > 0 else np.full(len(parts), np.nan)


def _spread(
    before: sparse.csr_array, after: sparse.csr_array, totals: tuple[Floats, Floats], draws: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Percentiles and standard deviation of the difference over resampled customers."""
    units, values = before.shape
    nothing = np.full(values, np.nan)
    if units < 2 or min(float(whole.sum()) for whole in totals) <= 0:
        return nothing, nothing.copy(), nothing.copy()
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = []
    for size in blocks(draws, units):
        picked = generator.integers(0, units, (size, units)) + units * np.arange(size)[:, None]
        weights = np.bincount(picked.ravel(), minlength=size * units).reshape(size, units).astype(float)
        parts = [(side.T @ weights.T).T for side in (before, after)]
        wholes = [(weights @ whole)[:, None] for whole in totals]
        # a resample without revenue has no shares
        shares = [
            np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
            for part, whole in zip(parts, wholes, strict=True)
        ]
        drawn.append(shares[1] - shares[0])
    all_draws = np.concatenate(drawn)
    all_draws = all_draws[~np.isnan(all_draws).any(axis=1)]
    if len(all_draws) < draws / 2:
        return nothing, nothing.copy(), nothing.copy()
    low, high = np.quantile(all_draws, [0.025, 0.975], axis=0)
    return low, high, all_draws.std(axis=0, ddof=1)


def _carriers(
    before: sparse.csr_array,
    after: sparse.csr_array,
    totals: tuple[Floats, Floats],
    previous: Floats,
    share: Floats,
) -> Floats:
    """Count, for each value, the equal customers that would carry the difference as certainly."""
    sums = [float(whole.sum()) for whole in totals]
    if min(sums) <= 0 or not len(totals[0]):
        return np.full(before.shape[1], np.nan)
    result = np.empty(before.shape[1])
    columns = before.tocsc(), after.tocsc()
    for at in range(before.shape[1]):
        old, new = (side[:, [at]].toarray().ravel() for side in columns)
        influence = (new - share[at] * totals[1]) / sums[1] - (old - previous[at] * totals[0]) / sums[0]
        squares = influence**2
        result[at] = squares.sum() ** 2 / (squares**2).sum() if squares.any() else 0.0
    return result
