"""Money and what it brought, month by month: by the month the lead came in, and by the month of the sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import fetch, lines_to_date, money, month_of, stated
from crm_analysis.analyses._marketing.costs import cost_by_month, first_cost
from crm_analysis.analyses._marketing.leads import line_income

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.analyses._marketing.leads import Basis
    from crm_analysis.analyses._marketing.window import Window
    from crm_analysis.view import PeriodView

MONTHS = 24
MONTHLY = (
    "month", "channel", "cost", "leads", "won", "undecided", "income", "sales_income", "ripe",
    "return_on_spend", "naive_return",
)  # fmt: skip
_SUMS = ["cost", "leads", "won", "undecided", "income", "sales_income"]


def monthly_table(
    view: PeriodView, leads: ibis.Table | None, basis: Basis, window: Window, today: date
) -> pd.DataFrame:
    """Return ``MONTHLY``: a row a month and channel with any cost, lead or sale, two years back or more."""
    parts = [cost_by_month(view), _sold(view, basis)]
    if leads is not None:
        parts.append(_came(leads))
    together = pd.concat(parts, ignore_index=True).reindex(columns=["month", "channel", *_SUMS])
    together["month"] = pd.to_datetime(together["month"]).astype("datetime64[us]")
    begin = pd.Timestamp(today).replace(day=1) - pd.DateOffset(months=MONTHS)
    together = together[together["month"] >= min(begin, window.start)]
    frame = together.groupby(["month", "channel"], sort=True)[_SUMS].sum(min_count=1).reset_index()
    return _filled(frame, view, basis, leads is not None, window)[list(MONTHLY)]


def course_table(
    monthly: pd.DataFrame, view: PeriodView, basis: Basis, window: Window, *, has_leads: bool
) -> pd.DataFrame:
    """Return ``MONTHLY`` without the channel: a row a month, all channels that ever cost money together."""
    paid = monthly.groupby("channel")["cost"].transform("sum") > 0
    rows = monthly[paid] if paid.any() else monthly
    sums = rows.groupby("month", sort=True)[_SUMS].sum(min_count=1)
    if len(sums):
        sums = sums.reindex(pd.date_range(sums.index[0], sums.index[-1], freq="MS", unit="us", name="month"))
    return _filled(sums.reset_index(), view, basis, has_leads, window)[
        [name for name in MONTHLY if name != "channel"]
    ]


def _filled(
    frame: pd.DataFrame, view: PeriodView, basis: Basis, has_leads: bool, window: Window
) -> pd.DataFrame:
    """Write 0 where there was nothing, leave blank what the data cannot know, and add the ratios."""
    known = {
        "cost": view.has("marketing_costs"),
        "leads": has_leads,
        "won": has_leads,
        "undecided": has_leads,
        "income": has_leads and bool(basis.name),
        "sales_income": bool(basis.name),
    }
    for name in _SUMS:
        frame[name] = frame[name].astype(float).fillna(0.0) if known[name] else np.nan
    begin = first_cost(view)
    if begin is not None:  # before the first expense nothing is known of costs
        frame.loc[frame["month"] < begin.normalize().replace(day=1), "cost"] = np.nan
    frame["ripe"] = (frame["month"] < window.end) & window.known
    spent = frame["cost"].where(frame["cost"] > 0)
    frame["return_on_spend"] = (frame["income"] / spent - 1).where(frame["ripe"])
    frame["naive_return"] = frame["sales_income"] / spent - 1
    return frame


def _came(leads: ibis.Table) -> pd.DataFrame:
    made = leads.group_by(month=month_of(leads.start), channel=leads.channel).agg(
        leads=leads.count(),
        won=(leads.status == "won").sum(),
        undecided=(leads.status == "open").sum(),
        income=money(leads.income).fill_null(0.0),
    )
    return fetch(made, "month", "channel")


def _sold(view: PeriodView, basis: Basis) -> pd.DataFrame:
    lines = lines_to_date(view)
    channel = stated(lines.channel) if "channel" in lines.columns else stated(ibis.null("string"))
    value = line_income(lines, basis) if basis.name else ibis.null("float64")
    made = lines.mutate(came_by=channel, value=value)
    grouped = made.group_by(month=month_of(made.sold_at), channel=made.came_by)
    return fetch(grouped.agg(sales_income=money(made.value).fill_null(0.0)), "month", "channel")
