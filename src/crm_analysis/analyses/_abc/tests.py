"""The tests of the analysis of customers: a family fixed in advance, adjusted for its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.findings import verdict
from crm_analysis.stats.contingency import independence
from crm_analysis.stats.intervals import newcombe
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.survival import kaplan_meier, log_rank

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.retention import Followed
    from crm_analysis.findings import Better
    from crm_analysis.stats.trend import Trend

TESTS = ["test", "value", "low", "high", "unit", "n", "p_value", "p_adjusted", "strength", "verdict"]
_BETTER: dict[str, Better] = {
    "concentration": "neutral",
    "retention": "up",
    "retention_by_class": "neutral",
    "buyers": "up",
    "new_customers": "up",
}


def gather_tests(concentration: pd.DataFrame, followed: Followed, trends: dict[str, Trend]) -> pd.DataFrame:
    """Gather the tests of the analysis, the family fixed in advance, and adjust for their number."""
    rows = [
        _concentration_test(concentration),
        _retention_test(followed.again, followed.again_before),
        _class_test(followed.lapsed),
        *(_trend_test(name, trend) for name, trend in trends.items()),
    ]
    table = pd.DataFrame(rows, columns=["test", "value", "low", "high", "unit", "n", "p_value"])
    adjusted = adjust(table["p_value"].to_numpy(dtype=float))
    table["p_adjusted"] = adjusted["p_adjusted"]
    early = table["test"].map(lambda name: name in trends and trends[name].status == "preliminary")
    table["strength"] = adjusted["strength"].where(~(early & adjusted["found"]), "preliminary")
    table["verdict"] = [
        verdict(
            found=None if np.isnan(p) else bool(found),
            direction=value if value == value else 0.0,
            better=_BETTER[name],
        )
        for name, value, p, found in zip(
            table["test"], table["value"], table["p_value"], adjusted["found"], strict=True
        )
    ]
    return table[TESTS]


def _concentration_test(table: pd.DataFrame) -> tuple[Any, ...]:
    row = table[table["measure"] == "top_20"]
    if row.empty:
        return ("concentration", np.nan, np.nan, np.nan, "points", 0, np.nan)
    top = row.iloc[0]
    figures = [top[name] for name in ("difference", "difference_low", "difference_high")]
    return ("concentration", *figures, "points", int(top["n"]), top["p_value"])


def _retention_test(now: tuple[int, int], before: tuple[int, int] | None) -> tuple[Any, ...]:
    if before is None or not now[1] or not before[1]:
        return ("retention", np.nan, np.nan, np.nan, "points", now[1], np.nan)
    change = newcombe(*now, *before)
    test = independence([[k, n - k] for k, n in (now, before)])
    return ("retention", change.estimate, change.low, change.high, "points", now[1], test.p_value)


def _class_test(lapsed: pd.DataFrame) -> tuple[Any, ...]:
    test = log_rank(lapsed["days"], lapsed["lost"], lapsed["abc"])
    ends = {label: kept(lapsed[lapsed["abc"] == label]) for label in ("A", "C")}
    difference = ends["A"][0] - ends["C"][0]
    half = 1.96 * float(np.hypot(ends["A"][1], ends["C"][1]))
    limits = (difference, difference - half, difference + half)
    return ("retention_by_class", *limits, "points", len(lapsed), test.p_value)


def kept(part: pd.DataFrame) -> tuple[float, float]:
    """Share kept at the end of the follow-up, with its standard error."""
    if part.empty:
        return np.nan, np.nan
    curve = kaplan_meier(part["days"], part["lost"])
    return (float(curve.survival[-1]), float(curve.se[-1])) if len(curve.survival) else (1.0, 0.0)


def _trend_test(name: str, trend: Trend) -> tuple[Any, ...]:
    limits = (trend.change, trend.change_low, trend.change_high)
    unit = "relative" if trend.scale == "log" else "customers"
    return (name, *limits, unit, trend.n_points, trend.p_value)
