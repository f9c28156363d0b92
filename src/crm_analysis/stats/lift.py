"""What a chosen few have more of than all, and whether a count is more or less than its like would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special, stats

from crm_analysis.errors import ParameterError
from crm_analysis.stats.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: From this variance on, the number of cases is normal enough.
_LARGE_VARIANCE = 25.0
_HALVINGS = 60
#: Equal probabilities may differ in their last digits.
_EQUAL = 1 + 1e-7


class Lift(NamedTuple):
    """Lift of a trait with limits and two-sided p-value."""

    estimate: float
    low: float
    high: float
    p_value: float


class Stratified(NamedTuple):
    """Cases seen and expected of like ones, and the two-sided p-value."""

    observed: float
    expected: float
    p_value: float


def ratio_interval(k1: float, n1: float, k2: float, n2: float, level: float = 0.95) -> Interval:
    """Tell how many times as large the first share is as the second.

    Parameters
    ----------
    k1, n1, k2, n2
        Successes and trials of both sides.
    level
        Confidence level.

    Returns
    -------
    Interval
        ``(k1/n1) / (k2/n2)`` with score limits; the upper one is infinite where ``k2`` is 0. NaN where a side
        has no trials or both have no successes.

    Notes
    -----
    Koopman (1984): the ratios which the score test does not reject.

    Examples
    --------
    >>> ratio = ratio_interval(36, 40, 16, 80)
    >>> round(ratio.estimate, 2), round(ratio.low, 2), round(ratio.high, 2)
    (4.5, 2.94, 7.15)
    """
    if not (0 <= k1 <= n1 and 0 <= k2 <= n2):
        raise ParameterError(f"{k1:g} of {n1:g} against {k2:g} of {n2:g}.", "0 <= successes <= trials.")
    if not n1 or not n2 or not k1 + k2:
        return Interval(np.nan, np.nan, np.nan, n1 + n2)
    ratio = (k1 / n1) / (k2 / n2) if k2 else np.inf
    limit = float(special.ndtri((1 + level) / 2)) ** 2

    def distance(log_ratio: float) -> float:
        theta = float(np.exp(log_ratio))
        a, b = (n1 + n2) * theta, n1 * theta + k1 + n2 + k2 * theta
        second = (b - np.sqrt(max(b * b - 4 * a * (k1 + k2), 0.0))) / (2 * a)
        first = min(theta * second, 1.0)
        spread = first * (1 - first) / n1 + theta**2 * second * (1 - second) / n2
        return float((k1 / n1 - theta * k2 / n2) ** 2 / spread) if spread > 0 else 0.0

    start = float(np.log(ratio)) if 0 < ratio < np.inf else float(np.log((k1 + 0.5) * n2 / ((k2 + 0.5) * n1)))
    low = 0.0 if not k1 else float(np.exp(_crossing(distance, start, -1, limit)))
    high = np.inf if not k2 else float(np.exp(_crossing(distance, start, 1, limit)))
    return Interval(ratio, low, high, n1 + n2)


def lift(chosen_with: int, chosen: int, all_with: int, everyone: int, level: float = 0.95) -> Lift:
    """Tell how many times as common a trait is among the chosen as among all.

    Parameters
    ----------
    chosen_with, chosen
        The chosen who have the trait, and all of them.
    all_with, everyone
        Everybody who has it, the chosen among them, and everybody.
    level
        Confidence level.

    Returns
    -------
    Lift
        Share among the chosen divided by the share among all; score limits of the ratio between the chosen
        and the rest (:func:`ratio_interval`), turned into a ratio to all; Fisher's exact p-value. NaN where
        there is nobody chosen, no rest, or nobody with the trait.

    Examples
    --------
    >>> found = lift(30, 100, 150, 1000)
    >>> round(found.estimate, 2), round(found.low, 2), round(found.high, 2)
    (2.0, 1.49, 2.57)
    """
    rest, rest_with = everyone - chosen, all_with - chosen_with
    if chosen < 1 or rest < 1 or all_with < 1:
        return Lift(np.nan, np.nan, np.nan, np.nan)
    ratio = ratio_interval(chosen_with, chosen, rest_with, rest, level)
    part = chosen / everyone

    def to_all(times: float) -> float:
        return 0.0 if not times else 1 / part if np.isinf(times) else 1 / (part + (1 - part) / times)

    table = np.array([[chosen_with, chosen - chosen_with], [rest_with, rest - rest_with]])
    p_value = float(stats.fisher_exact(table).pvalue)
    return Lift(to_all(ratio.estimate), to_all(ratio.low), to_all(ratio.high), p_value)


def stratified(cases: ArrayLike, members: ArrayLike, all_cases: ArrayLike, everyone: ArrayLike) -> Stratified:
    """Answer whether a group has more or fewer cases than the others of the same kind would give.

    Parameters
    ----------
    cases, members
        Cases in the group and its members, a value a stratum (kind of customer).
    all_cases, everyone
        Cases and customers of the stratum altogether, the group among them.

    Returns
    -------
    Stratified
        Cases of the group; cases it would have at the rate of the *others* in each stratum (strata without
        others are left out of both); p-value that the group is like them.

    Notes
    -----
    Sum of hypergeometric counts over the strata, the test of Mantel and Haenszel (1959): exact, by
    convolution, where the variance is below 25, else normal with a correction for continuity.

    Examples
    --------
    >>> test = stratified([2], [40], [50], [100])
    >>> test.observed, test.expected, test.p_value < 0.001
    (2.0, 32.0, True)
    """
    k, m, total, size = (np.asarray(x, dtype=float) for x in (cases, members, all_cases, everyone))
    if not ((k >= 0).all() and (k <= m).all() and (total >= k).all() and (total - k <= size - m).all()):
        raise ParameterError(
            "Cases exceed members, or the group exceeds everyone.", "cases <= members, group within everyone."
        )
    use = (m > 0) & (size > m)
    k, m, total, size = k[use], m[use], total[use], size[use]
    if not len(k):
        return Stratified(np.nan, np.nan, np.nan)
    expected = float((m * (total - k) / (size - m)).sum())
    mean = m * total / size
    variance = float((mean * (1 - total / size) * (size - m) / (size - 1)).sum())
    away = abs(float(k.sum() - mean.sum()))
    if variance >= _LARGE_VARIANCE:
        p_value = float(2 * special.ndtr(-max(away - 0.5, 0.0) / np.sqrt(variance)))
    else:
        chance = np.ones(1)
        for drawn, marked, among in zip(m, total, size, strict=True):
            possible = np.arange(int(drawn) + 1)
            chance = np.convolve(chance, stats.hypergeom.pmf(possible, int(among), int(marked), int(drawn)))
        p_value = float(min(chance[chance <= chance[int(k.sum())] * _EQUAL].sum(), 1.0))
    return Stratified(float(k.sum()), expected, min(p_value, 1.0))


def _crossing(distance: Callable[[float], float], start: float, way: int, limit: float) -> float:
    near, far = start, start + way * 0.5
    while distance(far) < limit and abs(far - start) < 50:
        far += way * (1 + abs(far - start))
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        near, far = (middle, far) if distance(middle) < limit else (near, middle)
    return (near + far) / 2
