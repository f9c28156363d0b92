"""What the figures of the analysis of marketing add up to, for setting them beside other analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._lines import AFTER, BEFORE, NOT_STATED, totals
from crm_analysis.analyses._marketing.channels import unknown_share
from crm_analysis.analyses._marketing.costs import cost_by_side

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.analyses._marketing.window import Window
    from crm_analysis.view import PeriodView

TOTALS = ["span", "first_day", "last_day", "revenue", "cost", "without_channel", "without_channel_share"]


def totals_table(
    view: PeriodView, channels: pd.DataFrame, months: pd.DataFrame, window: Window
) -> pd.DataFrame:
    """Return ``TOTALS``: a row a span (period, comparison, months of the ripe leads)."""
    sums = totals(view)["revenue"]
    costs = cost_by_side(view, "channel").sum()
    known = view.has("marketing_costs")
    unknown = float(channels.loc[channels["channel"] == NOT_STATED, "revenue"].sum())
    covered = view.coverage.covered
    rows = [_span("period", covered.start, covered.end, sums[AFTER], costs[AFTER], known)]
    if view.has_amounts:
        rows[0] |= {"without_channel": unknown, "without_channel_share": unknown_share(channels)}
    compared = view.coverage.comparison
    if compared is not None:
        rows.append(_span("comparison", compared.start, compared.end, sums[BEFORE], costs[BEFORE], known))
    if window.known:
        cost = months.loc[(months["month"] >= window.start) & (months["month"] < window.end), "cost"].sum()
        rows.append(_span("ripe_leads", window.start.date(), window.end.date(), float("nan"), cost, known))
    frame = pd.DataFrame(rows).reindex(columns=TOTALS)
    return frame.astype(
        {"span": "str", "first_day": "datetime64[us]", "last_day": "datetime64[us]"}
        | dict.fromkeys(TOTALS[3:], "float64")
    )


def _span(name: str, start: date, end: date, revenue: float, cost: float, known: bool) -> dict[str, object]:
    return {
        "span": name,
        "first_day": pd.Timestamp(start),
        "last_day": pd.Timestamp(end) - pd.Timedelta(days=1),
        "revenue": float(revenue),
        "cost": float(cost) if known else float("nan"),
    }
