"""Trend of the monthly figures, and growth told apart from working days and the rhythm of the quarter."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._sales.months import whole
from crm_analysis.findings import verdict
from crm_analysis.language import msg
from crm_analysis.stats.monthly import FEWEST_MONTHS, SEASON_MONTHS
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.rhythm import quarter_rhythm
from crm_analysis.stats.season import calendar_effects
from crm_analysis.stats.trend import trend_test

if TYPE_CHECKING:
    from crm_analysis.stats.trend import Trend

#: The figures tested, with the kind of series they are and the scale of the change (None: chosen by sign).
MEASURES = (
    ("revenue", "money", None),
    ("orders", "money", None),
    ("average_order", "money", None),
    ("win_rate", "process", False),
)

EFFECTS = ("growth_per_year", "working_day", "quarter_end")


def course(monthly: pd.DataFrame, fiscal_year_starts: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``trend`` and ``calendar``; their tests are one family, fixed in advance.

    Parameters
    ----------
    monthly
        The months; partial ones are left out.
    fiscal_year_starts
        Month in which the fiscal year begins; it decides which months close a quarter.
    """
    trend, calendar = _trend(monthly), _calendar(whole(monthly), fiscal_year_starts)
    tests = adjust(np.concatenate([trend["p_value"], calendar["p_value"]]).astype(float))
    _judge(trend, tests.iloc[: len(trend)])
    _judge(calendar, tests.iloc[len(trend) :])
    return trend, calendar


def _judge(frame: pd.DataFrame, tests: pd.DataFrame) -> None:
    """Add ``p_adjusted, strength, verdict`` to the rows of tests."""
    found = tests["found"].to_numpy()
    early = (frame["status"] == "preliminary").to_numpy()
    frame["p_adjusted"] = tests["p_adjusted"].to_numpy()
    strength = np.where(found & early, "preliminary", tests["strength"])
    frame["strength"] = pd.Series(strength, index=frame.index, dtype="str")
    # months differ by working days and by the end of the quarter: that is no change
    lasting = frame.iloc[:, 0].isin(["working_day", "quarter_end"])
    directions = frame["slope"] if "slope" in frame.columns else frame["value"]
    verdicts = [
        (msg("higher") if d > 0 else msg("lower"))
        if f and same
        else verdict(found=None if np.isnan(p) else bool(f), direction=d, better="up")
        for p, f, d, same in zip(tests["p_value"], found, directions, lasting, strict=True)
    ]
    frame["verdict"] = pd.Series(verdicts, index=frame.index, dtype="str")


def _trend(monthly: pd.DataFrame) -> pd.DataFrame:
    """Test each figure that the data know; a figure without whole months is a row that says so."""
    months = whole(monthly)
    rows = []
    for name, kind, log in MEASURES:
        if monthly[name].isna().all() and (name == "win_rate" or len(monthly)):
            continue
        values = months[name].to_numpy(dtype=float)
        known = np.flatnonzero(~np.isnan(values))
        # months before the first deal are no gap in the series of win rates
        start = int(known[0]) if len(known) else 0
        first = int(months["month"].dt.month.iloc[start]) if len(months) else 1
        test = trend_test(
            values[start:], first_month=first, kind="money" if kind == "money" else "process", log=log
        )
        mean = float(values[known].mean()) if len(known) else np.nan
        rows.append({"measure": name, **asdict(test), **_growth(test, mean)})
    return pd.DataFrame(rows).astype({"measure": "str", "status": "str", "scale": "str"})


def _growth(test: Trend, mean: float) -> dict[str, float]:
    """Give the change a year relative to the figure itself, whatever the scale of the test."""
    base = 1.0 if test.scale == "log" else abs(mean) or np.nan
    return {
        "growth": test.change_per_year / base,
        "growth_low": test.per_year_low / base,
        "growth_high": test.per_year_high / base,
    }


def _calendar(months: pd.DataFrame, fiscal_year_starts: int) -> pd.DataFrame:
    """Return ``effect, value, low, high`` (relative to an average month), ``p_value, scale, n, status``."""
    name = "orders" if months["revenue"].isna().all() else "revenue"
    values = months[name].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {"effect": EFFECTS, "value": np.nan, "low": np.nan, "high": np.nan, "p_value": np.nan}
    )
    frame = frame.assign(scale="log", n=len(values), status="too_few").astype({"effect": "str"})
    if not len(values):
        return frame
    if len(values) >= FEWEST_MONTHS and np.ptp(values) == 0:
        return frame.assign(status="constant")
    calendar = months["month"].dt.month.to_numpy()
    closing = (calendar - fiscal_year_starts) % 3 == 2
    if len(values) >= SEASON_MONTHS:
        frame = calendar_effects(values, int(calendar[0]), months["working_days"].to_numpy(), closing)
        frame["status"] = np.where(frame["p_value"].isna(), "too_few", "full")
    else:
        rhythm = quarter_rhythm(values, closing)
        frame["scale"] = rhythm.scale
        at = frame["effect"] == "quarter_end"
        frame.loc[at, ["value", "low", "high", "p_value"]] = rhythm[:4]
        frame.loc[at & frame["p_value"].notna(), "status"] = "preliminary"
    if frame["scale"].iloc[0] == "raw":
        frame[["value", "low", "high"]] /= abs(values.mean()) or np.nan
    return frame
