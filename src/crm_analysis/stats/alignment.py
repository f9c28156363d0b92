"""Comparing like with like: what other traits explain of a figure is taken out before groups are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import ParameterError
from crm_analysis.stats.shrinkage import shrink_estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_ROUNDS = 4


def aligned(values: ArrayLike, traits: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Take out of a figure what traits of its bearers explain.

    Parameters
    ----------
    values
        One figure a customer, its spread about alike everywhere (logarithms of money).
    traits
        For each trait the group of each customer, numbered from 0.

    Returns
    -------
    numpy.ndarray
        The values less the effect of every trait; their mean is kept.

    Raises
    ------
    ParameterError
        A trait of another length than the values.

    Notes
    -----
    Additive effects of the groups, fitted in turn, each drawn toward zero as far as its size and the spread
    demand (:func:`crm_analysis.stats.shrinkage.shrink`), so that a trait which explains nothing takes nothing
    out and five hundred small groups do no harm. The ranks of such values make the aligned rank test of
    Hodges & Lehmann (1962).

    Examples
    --------
    >>> figure = [1.0, 1.1, 0.9, 1.0, 5.0, 5.1, 4.9, 5.0]
    >>> bool(np.ptp(aligned(figure, [[0, 0, 0, 0, 1, 1, 1, 1]])) < 0.3)
    True
    """
    y = np.asarray(values, dtype=float)
    groups = [np.asarray(trait, dtype=np.int64) for trait in traits]
    if wrong := [trait.shape for trait in groups if trait.shape != y.shape]:
        raise ParameterError(
            f"{len(y)} values and a trait of {wrong[0]}.", "One group a value.", "Number the groups from 0."
        )
    if len(y) < 3 or not groups:
        return y.copy()
    middle = float(y.mean())
    effects = [np.zeros(len(y)) for _ in groups]
    for _ in range(_ROUNDS):
        for at, trait in enumerate(groups):
            rest = y - middle - (sum(effects) - effects[at])
            effects[at] = _effect(rest, trait)[trait]
    return np.asarray(y - sum(effects), dtype=np.float64)


def _effect(rest: Floats, trait: NDArray[np.int64]) -> Floats:
    """Mean of each group, drawn toward the mean of all, and centred."""
    size = np.bincount(trait).astype(float)
    mean = np.divide(np.bincount(trait, weights=rest), size, out=np.zeros(len(size)), where=size > 0)
    freedom = len(rest) - int((size > 0).sum())
    spread = float(((rest - mean[trait]) ** 2).sum()) / freedom if freedom > 0 else 0.0
    if spread <= 0 or int((size > 0).sum()) < 2:
        return np.zeros(len(size))
    drawn = np.zeros(len(size))
    drawn[size > 0] = shrink_estimates(mean[size > 0], np.sqrt(spread / size[size > 0]))
    return np.asarray(drawn - (size @ drawn) / size.sum(), dtype=np.float64)


def together(first: ArrayLike, second: ArrayLike) -> float:
    """Tell how closely two traits go together, from 0 (not at all) to 1 (one says the other).

    Parameters
    ----------
    first, second
        Group of each customer by either trait, numbered from 0.

    Returns
    -------
    float
        Cramér's V with the correction for chance; 0 where a trait has one group only.

    Notes
    -----
    Bergsma (2013): without the correction two traits with many groups seem to go together by chance.

    Examples
    --------
    >>> together([0, 0, 1, 1] * 5, [1, 1, 0, 0] * 5)
    1.0
    >>> together([0, 0, 1, 1] * 5, [0, 1, 0, 1] * 5)
    0.0
    """
    a, b = (np.unique(np.asarray(x), return_inverse=True)[1] for x in (first, second))
    n = len(a)
    rows, columns = (int(x.max()) + 1 if n else 0 for x in (a, b))
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    counts = np.bincount(a * columns + b, minlength=rows * columns).reshape(rows, columns).astype(float)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    square = float(((counts - expected) ** 2 / expected).sum()) / n
    square = max(0.0, square - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(square / least, 1.0))) if least > 0 else 1.0
