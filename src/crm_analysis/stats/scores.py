"""How good a forecast was: scores of points, ranges, samples and probabilities.

Every function takes what happened and what was said, and returns one number; nothing to score gives NaN.

Notes
-----
Never the mean of percentage errors: a month in which nothing was won would make it infinite. Definitions as
in Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 5.8 and 5.9 (their quantile
score is twice the pinball loss), and Gneiting & Raftery 2007.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LEAST = 1e-12


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Weighted absolute percentage error: the sum of the misses over the sum of what happened.

    Examples
    --------
    >>> wape([100, 0, 50], [90, 10, 60])
    0.2
    """
    y, f = _pair(actual, forecast)
    whole = float(np.abs(y).sum())
    return float(np.abs(y - f).sum()) / whole if whole > 0 else np.nan


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Relative bias: all that was forecast over all that happened, minus one.

    Examples
    --------
    >>> bias([100, 50], [120, 60])
    0.2
    """
    y, f = _pair(actual, forecast)
    whole = float(y.sum())
    return round(float(f.sum()) / whole - 1, 12) if whole > 0 else np.nan


def pinball(actual: ArrayLike, quantile: ArrayLike, level: float) -> float:
    """Mean pinball loss of a quantile of this level.

    Examples
    --------
    >>> round(pinball([741.84], [744.54], 0.1), 6)
    2.43
    """
    y, q = _pair(actual, quantile)
    miss = y - q
    return _mean(np.maximum(level * miss, (level - 1) * miss))


def interval_score(actual: ArrayLike, low: ArrayLike, high: ArrayLike, level: float = 0.8) -> float:
    """Mean width of the ranges, with 2 / (1 - level) times the distance of what fell outside added.

    Examples
    --------
    >>> round(interval_score([230], [100], [200]), 6)
    400.0
    """
    y, lower = _pair(actual, low)
    _, upper = _pair(actual, high)
    outside = np.maximum(lower - y, 0) + np.maximum(y - upper, 0)
    return _mean(upper - lower + 2 / (1 - level) * outside)


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of the ranges that held.

    Examples
    --------
    >>> coverage([1, 5], [0, 0], [2, 2])
    0.5
    """
    y, lower = _pair(actual, low)
    _, upper = _pair(actual, high)
    return _mean((y >= lower) & (y <= upper))


def crps(draws: ArrayLike, actual: float) -> float:
    """Continuous ranked probability score of a sample: mean distance minus half the mean spread.

    Examples
    --------
    >>> round(crps([1, 2, 4], 3), 6)
    0.666667
    """
    x = np.sort(np.asarray(draws, dtype=float))
    if not len(x):
        return np.nan
    # half the mean distance of all pairs, from the sorted sample
    spread = float((x * (2 * np.arange(1, len(x) + 1) - len(x) - 1)).sum()) / len(x) ** 2
    return float(np.abs(x - actual).mean()) - spread


def brier(kept: ArrayLike, promised: ArrayLike) -> float:
    """Mean squared distance of probabilities from what came: 0 is perfect, 0.25 says always one half.

    Examples
    --------
    >>> round(brier([1, 0], [0.8, 0.4]), 6)
    0.1
    """
    y, p = _pair(kept, promised)
    return _mean((p - y) ** 2)


def log_loss(kept: ArrayLike, promised: ArrayLike) -> float:
    """Mean negative log of the probability given to what came.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.5, 0.5]), 6)
    0.693147
    """
    y, p = _pair(kept, promised)
    given = np.clip(np.where(y > 0, p, 1 - p), _LEAST, 1)
    return _mean(-np.log(given))


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    one, two = np.asarray(first, dtype=float).ravel(), np.asarray(second, dtype=float).ravel()
    if len(one) != len(two):
        raise ParameterError(
            f"{len(one)} values happened, {len(two)} were forecast.",
            "Each forecast is scored against one value.",
            "Give both in the same order, one a month or deal.",
        )
    return one, two


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else np.nan
