"""The process behaviour chart: how much a monthly figure moves without any special cause."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOVING_RANGE_FACTOR = 2.66
"""3 / 1.128: three standard deviations, estimated from the mean moving range of neighbours (Wheeler)."""

RUN_LENGTH = 8
"""This many values in a row on one side of the centre are a shift."""


class Limits(NamedTuple):
    """Natural limits of a figure, in its own unit; ``n`` values stand behind them."""

    centre: float
    low: float
    high: float
    moving_range: float
    n: int


def natural_limits(values: ArrayLike) -> Limits:
    """Give the limits between which a figure moves month by month when nothing special happens.

    Parameters
    ----------
    values
        One value a month, in time order; NaN is a missing month. Take seasonally adjusted values where
        there is a season: a December peak would widen the limits for the whole year.

    Returns
    -------
    Limits
        Mean, mean ∓ 2.66 × mean moving range, and the mean moving range (absolute difference of neighbours
        that are both there). NaN limits where no two neighbours are there.

    Notes
    -----
    XmR chart, Wheeler, *Understanding Variation* (2nd ed. 2000) and *Making Sense of Data* (2003). The
    limits describe; they are not a test. Months that resemble their neighbours make them too narrow, so
    a verdict about a trend comes from :func:`crm_analysis.stats.trend.trend_test`.

    Examples
    --------
    >>> limits = natural_limits([10, 12, 11, 13])
    >>> limits.centre, round(limits.low, 3), round(limits.high, 3)
    (11.5, 7.067, 15.933)
    """
    data = np.asarray(values, dtype=float)
    n = int(np.isfinite(data).sum())
    centre = float(data[np.isfinite(data)].mean()) if n else np.nan
    ranges = np.abs(np.diff(np.where(np.isfinite(data), data, np.nan)))
    ranges = ranges[~np.isnan(ranges)]
    if not len(ranges):
        return Limits(centre, np.nan, np.nan, np.nan, n)
    moving_range = float(ranges.mean())
    half = MOVING_RANGE_FACTOR * moving_range
    return Limits(centre, centre - half, centre + half, moving_range, n)


def signals(values: ArrayLike, limits: Limits) -> NDArray[np.str_]:
    """Tell which months stand out from the normal variation, and how.

    Parameters
    ----------
    values
        One value a month, in time order; NaN is a missing month, which neither signals nor ends a run.
    limits
        From :func:`natural_limits`, of these values or of an earlier baseline.

    Returns
    -------
    numpy.ndarray
        One label a month: ``"above"`` or ``"below"`` the limits; ``"run_above"`` or ``"run_below"`` for
        each month of eight or more in a row on one side of the centre; else empty. A value on the centre
        ends a run.

    Examples
    --------
    >>> signals([1, 2, 9], Limits(centre=3, low=0, high=6, moving_range=1, n=3)).tolist()
    ['', '', 'above']
    """
    data = np.asarray(values, dtype=float)
    labels = np.full(data.shape, "", dtype="<U9")
    there = np.flatnonzero(~np.isnan(data))
    side = np.sign(data[there] - limits.centre)
    starts = np.flatnonzero(np.diff(side, prepend=np.nan) != 0)
    for start, stop in pairwise([*starts, len(side)]):
        if stop - start >= RUN_LENGTH and side[start] != 0:
            labels[there[start:stop]] = "run_above" if side[start] > 0 else "run_below"
    labels[data > limits.high] = "above"
    labels[data < limits.low] = "below"
    return labels
