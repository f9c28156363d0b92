"""Whether the rows of a table of counts differ, also when some counts are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy import special, stats

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SMALLEST_EXPECTED = 5.0
"""From this expected count on in every cell, the chi-square distribution is good enough."""

NAN = float("nan")


class Independence(NamedTuple):
    """The answer of :func:`independence`; ``method`` is ``"pearson"``, ``"permutation"`` or ``"none"``."""

    chi2: float
    df: int
    p_value: float
    method: Literal["pearson", "permutation", "none"]


def independence(table: ArrayLike, *, draws: int = 4000, seed: int = 0) -> Independence:
    """Answer whether rows and columns of a table of counts are independent.

    Parameters
    ----------
    table
        Counts, a row a group (region), a column an outcome (won, lost). Rows and columns without any count
        are left out.
    draws, seed
        Number of random tables where counts are small, and the seed of their generator.

    Returns
    -------
    Independence
        Pearson's statistic, its degrees of freedom, the p-value and how it was found. NaN, with method
        ``"none"``, where fewer than two rows or columns are left.

    Raises
    ------
    ParameterError
        A count that is negative or not whole, or a table that is not of two dimensions.

    Notes
    -----
    Chi-square distribution where every expected count is 5 or more; below, random tables with the same
    margins (Patefield 1981, :data:`scipy.stats.random_table`), p = (1 + as extreme) / (1 + draws). Each count
    must be a case of its own: several deals of one client that share a reason are not.

    Examples
    --------
    >>> test = independence([[30, 70], [45, 55]])
    >>> round(test.chi2, 3), test.df, round(test.p_value, 4), test.method
    (4.8, 1, 0.0285, 'pearson')
    """
    counts = _checked(table)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return Independence(NAN, 0, NAN, "none")
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    expected = np.outer(rows, columns) / counts.sum()
    chi2 = float(_chi_square(counts, expected))
    df = (len(rows) - 1) * (len(columns) - 1)
    if expected.min() >= SMALLEST_EXPECTED:
        return Independence(chi2, df, float(special.chdtrc(df, chi2)), "pearson")
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = stats.random_table(rows, columns, seed=generator).rvs(size=draws)
    # equal tables may differ in the last digit of their statistic
    extreme = int((_chi_square(drawn, expected) >= chi2 * (1 - 1e-9)).sum())
    return Independence(chi2, df, (1 + extreme) / (1 + draws), "permutation")


def _chi_square(
    counts: NDArray[np.int64] | NDArray[np.float64], expected: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(((counts - expected) ** 2 / expected).sum(axis=(-2, -1)))


def _checked(table: ArrayLike) -> NDArray[np.int64]:
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or (counts < 0).any() or (counts % 1 != 0).any():
        raise ParameterError(
            f"A table of {counts.ndim} dimensions with {counts.size} cells.",
            "Counts are whole numbers from 0 on, in rows and columns.",
            "Count the cases of each group and outcome first.",
        )
    return counts.astype(np.int64)
