"""Whether each KPI gets better or worse, where its level shifts, and what an event brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._kpi.parts import KPIS
from crm_analysis.findings import verdict
from crm_analysis.stats.breaks import level_break
from crm_analysis.stats.interrupted import Interrupted, interrupted
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.step import step_test

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_analysis.analyses._kpi.course import Course
    from crm_analysis.stats.step import Step
    from crm_analysis.stats.trend import Trend

TRENDS = [
    "kpi", "group", "better", "point", "n_points", "change_per_year", "low", "high", "growth", "growth_low",
    "growth_high", "p_value", "p_adjusted", "strength", "verdict", "detectable", "mean_rho", "crosscheck_p",
    "borderline", "seasonal", "status", "scale", "method",
]  # fmt: skip
BREAKS = ["kpi", "group", "month", "before", "after", "n_points", "mean_rho", "p_value", "better_than_line"]
EVENT = [
    "kpi", "group", "before", "after", "step", "low", "high", "p_value", "p_adjusted", "strength", "verdict",
    "slope_before", "slope_after", "level", "level_low", "level_high", "p_level", "p_step", "p_beyond",
    "n_before", "n_after", "status",
]  # fmt: skip
_TEXTS = ["kpi", "group", "better", "point", "strength", "verdict", "status", "scale", "method"]
_MONTHS_A_YEAR = 12


def trends_table(made: Sequence[Course]) -> pd.DataFrame:
    """Test the course of each KPI and group; all of them are one family. Columns ``TRENDS``."""
    rows = [_trend_row(one) for one in made if one.tested]
    return _judged(pd.DataFrame(rows, columns=TRENDS), "change_per_year")


def breaks_table(made: Sequence[Course]) -> pd.DataFrame:
    """Describe where the level of each tested series seems to shift. Columns ``BREAKS``."""
    rows = []
    for one in made:
        if not (one.tested and len(one.rows)):
            continue
        found = level_break(one.without_season)
        if found.at < 0:
            continue
        rows.append(
            {
                "kpi": one.kpi,
                "group": one.group,
                "month": one.rows["month"].iloc[found.at],
                "before": found.before,
                "after": found.after,
                "n_points": found.n,
                "mean_rho": found.rho,
                "p_value": found.p_value,
                "better_than_line": found.better_than_line,
            }
        )
    kinds = dict.fromkeys(BREAKS, "float64") | dict.fromkeys(("kpi", "group"), "str")
    kinds |= {"month": "datetime64[us]", "n_points": "int64", "better_than_line": "bool"}
    return pd.DataFrame(rows, columns=BREAKS).astype(kinds)


def event_table(made: Sequence[Course], day: date | None) -> pd.DataFrame:
    """Compare level and slope before and after an event; empty where none is named. Columns ``EVENT``.

    The point in which the event falls is on neither side. The verdict needs both: a step, and one that a
    straight line through all months does not explain; so ``p_value`` is the larger of the two.
    """
    rows = [] if day is None else [_event_row(one, pd.Timestamp(day)) for one in made if one.tested]
    return _judged(pd.DataFrame(rows, columns=EVENT), "step")


def per_year(trend: Trend, level: float, step: int) -> dict[str, float]:
    """Give the change a year in the unit of the KPI and relative, and the least that would be seen.

    On the logarithmic scale the unit is that of the mean ``level`` of the months.
    """
    # a point may be a quarter, which the test counts as one
    years = _MONTHS_A_YEAR / step
    slopes = np.array([trend.slope, trend.slope_low, trend.slope_high])
    span = max(trend.n_points - 1, 1)
    if trend.scale == "log":
        relative = np.expm1(slopes * years)
        detectable = np.expm1(np.log1p(trend.detectable) * years / span) * level
    else:
        relative = slopes * years / level if level > 0 else slopes * np.nan
        detectable = trend.detectable * years / span
    own = relative * level if trend.scale == "log" else slopes * years
    names = ("change_per_year", "low", "high", "growth", "growth_low", "growth_high")
    return dict(zip(names, map(float, (*own, *relative)), strict=True)) | {"detectable": float(detectable)}


def _trend_row(one: Course) -> dict[str, Any]:
    trend = one.trend
    known = one.finite[~np.isnan(one.finite)]
    return {
        "kpi": one.kpi,
        "group": one.group,
        "better": KPIS[one.kpi].better,
        "point": "month" if one.step == 1 else "quarter",
        "n_points": trend.n_points,
        **per_year(trend, float(known.mean()) if len(known) else np.nan, one.step),
        "p_value": trend.p_value,
        "mean_rho": trend.mean_rho,
        "crosscheck_p": trend.crosscheck_p,
        "borderline": trend.borderline,
        "seasonal": trend.seasonal,
        "status": trend.status,
        "scale": trend.scale,
        "method": _method(one, trend),
    }


def _method(one: Course, trend: Trend) -> str:
    """Say how a series was tested, in words."""
    points = "quarters" if one.step > 1 else "months"
    if not trend.tested:
        return f"not tested: {trend.n_points} {points}"
    season = "month effects taken out" if trend.seasonal else "no month effects"
    return f"rank scores, least squares averaged over autocorrelation; {trend.n_points} {points}, {season}"


def _event_row(one: Course, day: pd.Timestamp) -> dict[str, Any]:
    starts = one.rows["month"]
    ends = starts + pd.DateOffset(months=one.step)
    values = np.where((starts < day) & (ends > day), np.nan, one.figures)
    at = int((starts < day).sum())
    there = ~np.isnan(values)
    counts = {"n_before": int(there[:at].sum()), "n_after": int(there[at:].sum())}
    inside = 0 < at < len(values)
    row: dict[str, Any] = {"kpi": one.kpi, "group": one.group, **counts, "status": "too_few"}
    if not inside:
        return row
    step = step_test(values, at, **one.model)
    sides = interrupted(values, at, **one.model)
    return row | {"status": step.status, **_step_figures(step, sides), **_model_figures(sides, one.step)}


def _step_figures(step: Step, sides: Interrupted) -> dict[str, float]:
    """Give the step in the unit of the KPI; the p-value asks for a step *and* one beyond the trend."""
    base = sides.before if step.scale == "log" else 1.0
    p_value = max(step.p_value, sides.p_beyond)
    if step.tested and np.sign(step.shift) != np.sign(sides.beyond):
        p_value = 1.0  # beside the trend the step goes the other way
    return {
        "before": sides.before,
        "after": sides.after,
        "step": step.shift * base,
        "low": step.low * base,
        "high": step.high * base,
        "p_step": step.p_value,
        "p_beyond": sides.p_beyond,
        "p_value": p_value if step.tested and not np.isnan(sides.p_beyond) else np.nan,
    }


def _model_figures(sides: Interrupted, step: int) -> dict[str, float]:
    years = _MONTHS_A_YEAR / step
    return {
        "slope_before": sides.slope_before * years,
        "slope_after": sides.slope_after * years,
        "level": sides.level,
        "level_low": sides.low,
        "level_high": sides.high,
        "p_level": sides.p_level,
    }


def _judged(table: pd.DataFrame, direction: str) -> pd.DataFrame:
    """Add ``p_adjusted, strength, verdict``, all rows one family."""
    texts = [name for name in _TEXTS if name in table.columns]
    flags = [name for name in ("borderline", "seasonal") if name in table.columns]
    counts = [name for name in ("n_points", "n_before", "n_after") if name in table.columns]
    figures = [name for name in table.columns if name not in {*texts, *flags, *counts}]
    table = table.astype(dict.fromkeys(figures, float))
    tests = adjust(table["p_value"].to_numpy(dtype=float))
    found = tests["found"].to_numpy()
    early = (table["status"] == "preliminary").to_numpy()
    table["p_adjusted"] = tests["p_adjusted"].to_numpy()
    table["strength"] = np.where(found & early, "preliminary", tests["strength"])
    table["verdict"] = [
        verdict(found=None if np.isnan(p) else bool(f), direction=d, better=KPIS[kpi].better)
        for kpi, p, f, d in zip(table["kpi"], table["p_value"], found, table[direction], strict=True)
    ]
    kinds = dict.fromkeys(texts, "str") | dict.fromkeys(flags, "bool") | dict.fromkeys(counts, "int64")
    return table.astype(kinds)
