"""Whether sales peak when a quarter closes, in a history too short for a model of the season."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy import special

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

FEWEST_QUARTERS = 3
"""With fewer whole quarters no arrangement of the months is rare enough to be a finding."""

MOST_QUARTERS = 8
"""From here on there are 24 months: use :func:`crm_analysis.stats.season.calendar_effects`."""

NAN = float("nan")


class Rhythm(NamedTuple):
    """The closing month against the other two: a fraction where ``scale`` is ``"log"``, else in units."""

    value: float
    low: float
    high: float
    p_value: float
    scale: Literal["log", "raw"]
    quarters: int


def quarter_rhythm(values: ArrayLike, quarter_end: ArrayLike) -> Rhythm:
    """Answer whether the closing month of a quarter is better than the other two.

    Parameters
    ----------
    values
        One value a month in time order, whole months; NaN is a missing month.
    quarter_end
        True for the closing month of each quarter.

    Returns
    -------
    Rhythm
        Closing month against the mean of the other two with 95 % limits, p-value, whole quarters used. NaN
        with fewer than three whole quarters; the limits are those of a t interval over the quarters.

    Raises
    ------
    ParameterError
        There are not as many marks as months.

    Notes
    -----
    A straight line is taken out first, so that growth is not taken for a rhythm. Then the months of each
    quarter are arranged in all 3^q ways; p is the share of arrangements in which the closing month stands
    out at least as much, up or down. It is exact where months of a quarter are otherwise alike; it cannot
    tell the rhythm of the quarter from a yearly season of the same shape: call it preliminary.

    Examples
    --------
    >>> closing = [False, False, True] * 4
    >>> rhythm = quarter_rhythm([7, 10, 13, 7, 10, 12, 7, 9, 11, 8, 10, 13], closing)
    >>> rhythm.quarters, round(rhythm.p_value, 3), round(rhythm.value, 2)
    (4, 0.025, 0.42)
    """
    data, closing = np.asarray(values, dtype=float), np.asarray(quarter_end, dtype=bool)
    if data.shape != closing.shape or data.ndim != 1:
        raise ParameterError(f"{data.size} months, {closing.size} quarter-end marks.", "One of each a month.")
    there = ~np.isnan(data)
    positive = bool(there.any()) and bool((data[there] > 0).all())
    scale: Literal["log", "raw"] = "log" if positive else "raw"
    ends = [at for at in np.flatnonzero(closing) if at >= 2 and there[at - 2 : at + 1].all()]
    quarters = len(ends)
    if not FEWEST_QUARTERS <= quarters <= MOST_QUARTERS:
        return Rhythm(NAN, NAN, NAN, NAN, scale, quarters)
    months = np.array([_without_line(data, there, positive)[at - 2 : at + 1] for at in ends])
    # what each month would say if it were the closing one
    contrasts = 1.5 * (months - months.mean(axis=1, keepdims=True))
    observed = contrasts[:, 2]
    mean = float(observed.mean())
    arranged = np.array([sum(each) for each in product(*contrasts)]) / quarters
    p_value = float((np.abs(arranged) >= abs(mean) * (1 - 1e-9)).mean())
    half = float(special.stdtrit(quarters - 1, 0.975) * observed.std(ddof=1) / np.sqrt(quarters))
    limits = [mean, mean - half, mean + half]
    if positive:
        limits = [float(np.expm1(limit)) for limit in limits]
    return Rhythm(limits[0], limits[1], limits[2], p_value, scale, quarters)


def _without_line(data: Floats, there: NDArray[np.bool_], positive: bool) -> Floats:
    scaled = np.full(data.shape, np.nan)
    scaled[there] = np.log(data[there]) if positive else data[there]
    months = np.flatnonzero(there)
    line = np.polynomial.Polynomial.fit(months, scaled[there], 1)
    return np.asarray(scaled - line(np.arange(len(data))))
