"""Month effects of a monthly figure, the figure without them, and growth told apart from the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from crm_analysis.errors import ParameterError
from crm_analysis.stats.averaging import regress
from crm_analysis.stats.monthly import Monthly, centred, prepare, without_season

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

SMOOTH_HARMONICS = (1, 2, 3, 5, 6)
"""Waves a year of the smooth season: all that twelve months can hold but four, the rhythm of the quarter."""


class Adjusted(NamedTuple):
    """Values without their season; ``adjusted`` is False where the series was too short and is unchanged."""

    values: Floats
    adjusted: bool


def seasonal_effects(values: ArrayLike, first_month: int = 1, log: bool | None = None) -> pd.DataFrame:
    """Tell how much each calendar month lies above or below an average month.

    Parameters
    ----------
    values
        One value a month in time order; NaN is a missing month.
    first_month
        Calendar month (1 to 12) of the first value.
    log
        Multiplicative effects; by default where all values are positive.

    Returns
    -------
    pandas.DataFrame
        One row a calendar month 1 to 12: ``month``, ``effect`` (a fraction of the average month where
        multiplicative, else in units; the effects, or their logarithms, average 0 over the months seen),
        ``n`` years. ``effect`` is NaN under 24 months and for months never seen.

    Notes
    -----
    Least squares on a straight line and month dummies. The line keeps growth out of the effects: without
    it December would look better than January in every growing company.

    Examples
    --------
    >>> effects = seasonal_effects([100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 160] * 2)
    >>> int(effects["effect"].idxmax()), round(float(effects["effect"].max()), 2)
    (11, 0.54)
    """
    series = _series(values, first_month, log)
    calendar = (_first_position(values) + series.months + first_month - 1) % 12
    effect = np.full(12, np.nan)
    if series.seasonal:
        month_part = series.effect - without_season(series.effect, series.season, centred(series.months))
        for month in np.unique(calendar):
            effect[month] = month_part[calendar == month][0]
        effect -= np.nanmean(effect)
        if series.scale == "log":
            effect = np.expm1(effect)
    counts = np.bincount(calendar, minlength=12)
    return pd.DataFrame({"month": np.arange(1, 13), "effect": effect, "n": counts})


def adjust_season(values: ArrayLike, first_month: int = 1, log: bool | None = None) -> Adjusted:
    """Tell how a figure would have run without its season.

    Parameters
    ----------
    values, first_month, log
        As in :func:`seasonal_effects`.

    Returns
    -------
    Adjusted
        As many values as came in, NaN where NaN was; ``adjusted`` is False, and the values are unchanged,
        where there are fewer than 24 months.

    Examples
    --------
    >>> december = [100.0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 160] * 2
    >>> adjusted = adjust_season(december)
    >>> adjusted.adjusted, float(adjusted.values.std().round(6))
    (True, 0.0)
    """
    data = np.asarray(values, dtype=float)
    series = _series(data, first_month, log)
    if not series.seasonal:
        return Adjusted(data.copy(), adjusted=False)
    adjusted = without_season(series.effect, series.season, centred(series.months))
    result = np.full(data.shape, np.nan)
    result[~np.isnan(data)] = np.exp(adjusted) if series.scale == "log" else adjusted
    return Adjusted(result, adjusted=True)


def calendar_effects(
    values: ArrayLike,
    first_month: int,
    working_days: ArrayLike,
    quarter_end: ArrayLike | None = None,
    *,
    log: bool | None = None,
) -> pd.DataFrame:
    """Tell apart growth, the number of working days and the end of the quarter in monthly sales.

    Parameters
    ----------
    values
        Sales a month in time order; NaN is a missing month.
    first_month
        Calendar month (1 to 12) of the first value.
    working_days
        Working days of each month.
    quarter_end
        True for the closing month of each (fiscal) quarter; by default March, June, September, December.
    log
        Multiplicative effects; by default where all values are positive.

    Returns
    -------
    pandas.DataFrame
        Rows ``effect``: ``growth_per_year``, ``working_day`` (one more in the month), ``quarter_end`` (the
        closing month against the others); ``value, low, high`` (95 %; a fraction where ``scale`` is
        ``"log"``, else in units), ``p_value``, ``scale``, ``n`` months. NaN under 24 months, and for an
        effect that the data cannot tell apart from the rest (the same working days each year).

    Notes
    -----
    Month dummies cannot stand beside a quarter-end dummy, which is their sum. The season here is the annual
    waves of 1, 2, 3, 5 and 6 a year: any month pattern but the one that repeats each quarter, which is left
    to the quarter end. So a single strong December counts a quarter of its height as quarter end: look at the
    month effects beside it. The errors are averaged over autocorrelation as in the trend test.

    Examples
    --------
    >>> days = [22, 20, 23, 20, 21, 22, 21, 23, 20, 23, 22, 20]
    >>> days += [23, 20, 21, 22, 21, 21, 23, 21, 22, 22, 20, 21]
    >>> sales = [100 * 1.01**i * (1.2 if i % 3 == 2 else 1) * 1.04 ** (d - 21) for i, d in enumerate(days)]
    >>> calendar_effects(sales, 1, days)["value"].round(3).tolist()
    [0.127, 0.04, 0.2]
    """
    data = np.asarray(values, dtype=float)
    calendar = (np.arange(len(data)) + first_month - 1) % 12
    days = np.asarray(working_days, dtype=float)
    closing = np.asarray(calendar % 3 == 2 if quarter_end is None else quarter_end, dtype=float)
    _check_lengths(data, days, closing)
    series = _series(data, first_month, log)
    nothing = (np.nan, np.nan, np.nan, np.nan)
    rows = dict.fromkeys(("growth_per_year", "working_day", "quarter_end"), nothing)
    if series.seasonal:
        there = ~np.isnan(data)
        terms = {
            "growth_per_year": centred(series.months) / 12,
            "working_day": days[there] - days[there].mean(),
            "quarter_end": closing[there] - closing[there].mean(),
        }
        known = _identified(terms, _smooth_season(calendar[there]))
        design = np.column_stack(
            [np.ones(there.sum()), *(terms[name] for name in known), _smooth_season(calendar[there])]
        )
        fits = regress(series.effect, series.months, design)[1 : len(known) + 1]
        for name, fit in zip(known, fits, strict=True):
            effect = np.array([fit.estimate, fit.quantile(0.025), fit.quantile(0.975)])
            limits = np.expm1(effect) if series.scale == "log" else effect
            rows[name] = (float(limits[0]), float(limits[1]), float(limits[2]), fit.p_value)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "p_value"])
    table = table.rename_axis("effect").reset_index()
    return table.assign(scale=series.scale, n=len(series.values))


def _series(values: ArrayLike, first_month: int, log: bool | None) -> Monthly:
    series = prepare(values, months=None, first_month=first_month, kind="money", log=log, seasonal=None)
    if series.infinite.any():
        raise ParameterError(
            f"{int(series.infinite.sum())} months are infinite.",
            "A season needs numbers; NaN is a missing month.",
        )
    return series


def _first_position(values: ArrayLike) -> int:
    there = np.flatnonzero(~np.isnan(np.asarray(values, dtype=float)))
    return int(there[0]) if len(there) else 0


def _smooth_season(calendar: NDArray[np.int64]) -> Floats:
    angle = 2 * np.pi * calendar / 12
    waves = [wave(h * angle) for h in SMOOTH_HARMONICS for wave in (np.cos, np.sin)]
    # the sine of six waves a year is 0 in every month
    return np.column_stack(waves[:-1])


def _identified(terms: dict[str, Floats], season: Floats) -> list[str]:
    """Names of the terms that the season and the other terms do not already hold."""
    known = []
    for name, term in terms.items():
        others = [other for key, other in terms.items() if key != name]
        rest = np.column_stack([np.ones(len(term)), *others, season])
        left = term - rest @ np.linalg.lstsq(rest, term, rcond=None)[0]
        if np.linalg.norm(left) > 1e-6 * max(float(np.linalg.norm(term)), 1.0):
            known.append(name)
    return known


def _check_lengths(data: Floats, days: Floats, closing: Floats) -> None:
    if not data.shape == days.shape == closing.shape or np.isnan(days[~np.isnan(data)]).any():
        raise ParameterError(
            f"{data.size} months, {days.size} working-day counts ({int(np.isnan(days).sum())} missing), "
            f"{closing.size} quarter-end marks.",
            "One of each a month, none missing.",
        )
