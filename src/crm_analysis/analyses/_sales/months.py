"""Sales month by month, with the season taken out and the range of normal variation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import (
    fetch,
    lines_to_date,
    money,
    month_of,
    order_measures,
)
from crm_analysis.coverage import cover
from crm_analysis.period import add_months
from crm_analysis.period import month_of as calendar_month
from crm_analysis.stats.behaviour import natural_limits, signals
from crm_analysis.stats.season import adjust_season
from crm_analysis.words import Words

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

MOST_MONTHS = 60

COLUMNS = (
    "month", "revenue", "orders", "customers", "average_order", "margin", "no_customer", "closed", "won",
    "win_rate", "working_days", "adjusted", "limit_low", "limit_high", "centre", "signal", "partial",
)  # fmt: skip


def monthly(view: PeriodView) -> pd.DataFrame:
    """Return ``COLUMNS``, a row a calendar month, up to 60 of them, to the end of the data."""
    sold = _sold(view)
    if sold.empty:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS})
    first, end = sold["month"].iloc[0].date(), _data_end(view)
    last = (end - timedelta(days=1)).replace(day=1)
    start = max(first, add_months(last, 1 - MOST_MONTHS))
    frame = pd.DataFrame({"month": pd.date_range(start, last, freq="MS", unit="us")})
    frame = frame.merge(sold, on="month", how="left").merge(_decided(view, end), on="month", how="left")
    counts = ["orders", "customers"]
    frame[counts] = frame[counts].fillna(0).astype("int64")
    money_columns = ["revenue", "no_customer"]
    frame[money_columns] = frame[money_columns].fillna(0.0) if view.has_amounts else np.nan
    frame["average_order"] = frame["revenue"] / frame["orders"].where(frame["orders"] > 0)
    frame["win_rate"] = frame["won"] / frame["closed"].where(frame["closed"] > 0)
    frame["working_days"] = _working_days(frame["month"], end)
    frame["partial"] = _partial(frame["month"], end, view)
    return _with_limits(frame)[list(COLUMNS)]


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the months that are covered whole; the others are no observation."""
    return frame[~frame["partial"]]


def _sold(view: PeriodView) -> pd.DataFrame:
    lines = lines_to_date(view)
    known = lines.cost.notnull()
    by_month = lines.group_by(month=month_of(lines.sold_at)).agg(
        **order_measures(lines),
        margin=money(lines.amount, known) - money(lines.cost, known),
    )
    frame = fetch(by_month, "month")
    frame["month"] = pd.to_datetime(frame["month"]).astype("datetime64[us]")
    return frame.drop(columns="purchases")


def _decided(view: PeriodView, end: date) -> pd.DataFrame:
    """Deals closed and won by month of closing; no deal is 0 from the first closing on, missing before."""
    empty = pd.DataFrame({"month": pd.Series(dtype="datetime64[us]"), "closed": [], "won": []})
    if not view.has("deals"):
        return empty
    deals = view.deals.filter(view.deals.closed_at.notnull())
    by_month = deals.group_by(month=month_of(deals.closed_at)).agg(
        closed=deals.count(), won=(deals.status == "won").sum()
    )
    frame = fetch(by_month, "month")
    if frame.empty:
        return empty
    frame["month"] = pd.to_datetime(frame["month"]).astype("datetime64[us]")
    months = pd.date_range(frame["month"].iloc[0], end - timedelta(days=1), freq="MS", unit="us")
    return frame.set_index("month").reindex(months.rename("month")).fillna(0).reset_index()


def _data_end(view: PeriodView) -> date:
    covered = view.coverage.covered
    return covered.end if covered.days else covered.start


def _working_days(months: pd.Series, end: date) -> np.ndarray:
    """Mondays to Fridays of each month, of the last one up to the end of the data; holidays are not known."""
    starts = months.to_numpy().astype("datetime64[D]")
    ends = (months + pd.offsets.MonthBegin(1)).to_numpy().astype("datetime64[D]")
    return np.busday_count(starts, np.minimum(ends, np.datetime64(end)))


def _partial(months: pd.Series, end: date, view: PeriodView) -> pd.Series:
    """Mark the month that is still running, and a first month that the data enter only half-way."""
    partial = (months + pd.offsets.MonthBegin(1)) > pd.Timestamp(end)
    first = months.iloc[0].date()
    covered = cover(view.dataset, calendar_month(first), view.compare_to, Words()).covered
    partial.iloc[0] = bool(partial.iloc[0]) or covered.start > first
    return partial


def _with_limits(frame: pd.DataFrame) -> pd.DataFrame:
    """Add adjusted revenue and its natural limits, whole months only.

    From 24 months on the centre is the straight line through the adjusted months, so that growth is not taken
    for something special; below, it is their mean. The limits are 2.66 mean moving ranges of the residuals
    away (on the logarithm where all months are positive).
    """
    revenue = whole(frame)["revenue"].to_numpy(dtype=float)
    blank = np.full(len(revenue), np.nan)
    columns = {"adjusted": blank, "limit_low": blank, "limit_high": blank, "centre": blank}
    labels = np.full(len(revenue), "")
    if len(revenue) and not np.isnan(revenue).all():
        first_month = int(whole(frame)["month"].dt.month.iloc[0])
        adjusted, has_season = adjust_season(revenue, first_month)
        on_log = has_season and bool((adjusted > 0).all())
        values = np.log(adjusted) if on_log else adjusted
        line = _line(values) if has_season else np.full(len(values), values.mean())
        limits = natural_limits(values - line)
        labels = signals(values - line, limits)
        back = np.exp if on_log else np.asarray
        columns = {
            "adjusted": adjusted,
            "limit_low": back(line + limits.low),
            "limit_high": back(line + limits.high),
            "centre": back(line + limits.centre),
        }
    result = frame.copy()
    rows = ~result["partial"].to_numpy()
    for name, values in columns.items():
        result[name] = np.nan
        result.loc[rows, name] = values
    result["signal"] = ""
    result.loc[rows, "signal"] = labels
    return result


def _line(values: np.ndarray) -> np.ndarray:
    months = np.arange(len(values))
    return np.asarray(np.polynomial.Polynomial.fit(months, values, 1)(months))


def _dtype(name: str) -> str:
    if name == "month":
        return "datetime64[us]"
    return {"signal": "str", "partial": "bool", "orders": "int64", "customers": "int64"}.get(name, "float64")
