"""How much more the typical member of a group has than the typical other, whatever the extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special, stats

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Up to so many pairs, and without ties, the p-value counts all arrangements.
_EXACT_PAIRS = 400
#: A side of more members is stood for by so many evenly spaced ones of its sorted values.
_MOST_MEMBERS = 400


class RankShift(NamedTuple):
    """A shift between two groups with its limits, its p-value and the size of both."""

    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    others: int


def rank_shift(members: ArrayLike, others: ArrayLike, level: float = 0.95) -> RankShift:
    """Answer whether members of a group have more than the others, and how much.

    Parameters
    ----------
    members, others
        One value a customer. For money hand over logarithms: the shift is then a ratio.
    level
        Confidence level of the limits.

    Returns
    -------
    RankShift
        Median of all differences between a member and an other (Hodges & Lehmann 1963), limits by the
        inverted test, two-sided p-value by Wilcoxon, Mann and Whitney. NaN where a side is empty.

    Raises
    ------
    ParameterError
        Values that are missing or infinite.

    Notes
    -----
    The permutation test of the rank sum: whole customers change places. It holds whatever the spread of the
    money, and one giant counts as one customer. Exact up to 400 pairs without ties, else normal with
    corrections for ties and continuity. The shift of sides with more than 400 members is read from 400 evenly
    spaced ones of each.

    Examples
    --------
    >>> shift = rank_shift([3, 4, 5, 6, 7], [1, 2, 2.5, 3.5, 4.5])
    >>> shift.estimate, round(shift.p_value, 4)
    (2.5, 0.0556)
    """
    a, b = (np.sort(np.asarray(side, dtype=float)) for side in (members, others))
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ParameterError(
            "Some values are missing or infinite.",
            "Finite numbers, one a customer.",
            "Leave such customers out.",
        )
    if not len(a) or not len(b):
        return RankShift(np.nan, np.nan, np.nan, np.nan, len(a), len(b))
    together = np.concatenate([a, b])
    ties = len(np.unique(together)) < len(together)
    exact = len(a) * len(b) <= _EXACT_PAIRS and not ties
    if together[0] == together.max():
        p_value = 1.0
    else:
        p_value = float(stats.mannwhitneyu(a, b, method="exact" if exact else "asymptotic").pvalue)
    differences = np.sort(np.subtract.outer(_thinned(a), _thinned(b)), axis=None)
    z = float(special.ndtri((1 + level) / 2))
    margin = z * np.sqrt((len(together) + 1) / (12 * len(a) * len(b)))
    low, high = (_at(differences, 0.5 + sign * margin) for sign in (-1, 1))
    return RankShift(float(np.median(differences)), low, high, p_value, len(a), len(b))


def _thinned(values: Floats) -> Floats:
    if len(values) <= _MOST_MEMBERS:
        return values
    return np.quantile(values, (np.arange(_MOST_MEMBERS) + 0.5) / _MOST_MEMBERS)


def _at(differences: Floats, share: float) -> float:
    """Read off the limit; NaN where so few pairs cannot carry the level."""
    pairs = len(differences)
    if share <= 0 or share >= 1:
        return float("nan")
    place = int(np.floor(share * pairs)) if share < 0.5 else int(np.ceil(share * pairs)) - 1
    return float(differences[min(max(place, 0), pairs - 1)])
