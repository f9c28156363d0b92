"""The monthly course: buyers, new clients, and the main figures at each month's end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.purchases import within
from crm_analysis.analyses._abc.retention import FollowUp
from crm_analysis.analyses._abc.windows import SLACK, back
from crm_analysis.stats.concentration import abc_classes, top_share
from crm_analysis.stats.trend import Trend, trend_test

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Purchases, Span

MONTHLY = ["month", "customers", "new_customers", "partial"]
#: Longest stretch of months that a trend is looked for in.
_MOST_MONTHS = 60
#: In the first months of the records old clients look like new ones.
_SETTLING_MONTHS = 12
_ENDS = 13


def monthly_table(purchases: Purchases) -> pd.DataFrame:
    """Count buyers and first-time buyers by calendar month; ``partial`` marks a month not covered whole."""
    if purchases.first_sale is None or purchases.bought.empty:
        return pd.DataFrame(columns=MONTHLY).astype({"month": "datetime64[s]", "partial": bool})
    begin, end = purchases.first_sale, purchases.end
    months = pd.period_range(begin, end - pd.Timedelta(days=1), freq="M")
    bought = purchases.bought.assign(month=purchases.bought["day"].dt.to_period("M"))
    buyers = bought.drop_duplicates(["client", "month"])["month"].value_counts()
    new = purchases.newcomers.dropna().dt.to_period("M").value_counts()
    starts = months.start_time
    whole = (starts >= begin - SLACK) & ((months + 1).start_time <= end)
    return pd.DataFrame(
        {
            "month": starts.astype("datetime64[s]"),
            "customers": buyers.reindex(months, fill_value=0).to_numpy(),
            "new_customers": new.reindex(months, fill_value=0).to_numpy(),
            "partial": ~whole,
        }
    )


def trends(monthly: pd.DataFrame) -> dict[str, Trend]:
    """Test whether buyers and new clients become more or fewer; whole months only."""
    whole = monthly[~monthly["partial"]].tail(_MOST_MONTHS)
    settled = monthly.iloc[_SETTLING_MONTHS:]
    settled = settled[~settled["partial"]].tail(_MOST_MONTHS)
    return {"buyers": _trend(whole, "customers"), "new_customers": _trend(settled, "new_customers")}


def _trend(rows: pd.DataFrame, column: str) -> Trend:
    if rows.empty:
        return Trend(status="too_few", n_points=0)
    first = int(rows["month"].iloc[0].month)
    return trend_test(rows[column].to_numpy(dtype=float), first_month=first, kind="money")


@dataclass(frozen=True)
class Course:
    """Main figures of a window at the end of each of the last months; None where records are too short."""

    active: list[float | None] = field(default_factory=list)
    a_clients: list[float | None] = field(default_factory=list)
    top_20: list[float | None] = field(default_factory=list)
    retained: list[float | None] = field(default_factory=list)


def course(purchases: Purchases, window: Span, watched: int, limits: tuple[float, float]) -> Course:
    """Compute the main figures as the reports of the last months would have shown them."""
    result = Course()
    if purchases.first_sale is None:
        return result
    begin = purchases.first_sale - SLACK
    length = window[1] - window[0]
    for steps in range(_ENDS - 1, -1, -1):
        end = back(window[1], steps)
        span = (end - length, end)
        covered = span[0] >= begin
        money = purchases.revenue(span) if covered else np.empty(0)
        result.active.append(float((purchases.orders(span) > 0).sum()) if covered else None)
        result.a_clients.append(float((abc_classes(money, limits) == "A").sum()) if covered else None)
        result.top_20.append(top_share(money, 0.2) if covered else None)
        result.retained.append(_retained(purchases, end, watched, begin))
    return result


def _retained(purchases: Purchases, end: pd.Timestamp, watched: int, begin: pd.Timestamp) -> float | None:
    middle, start = back(end, watched), back(end, 2 * watched)
    if not watched or start < begin:
        return None
    stayed, had = FollowUp((start, middle), (middle, end)).bought_again(purchases)
    return stayed / had if had else None


def buyers_in(purchases: Purchases, span: Span) -> int:
    """Count the clients with an order in a span."""
    return int(within(purchases.bought, span)["client"].nunique())
