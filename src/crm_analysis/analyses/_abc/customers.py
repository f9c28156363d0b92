"""The frame of customers that the other tables are made from, and the sums they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.course import buyers_in
from crm_analysis.analyses._abc.purchases import client_names
from crm_analysis.stats.concentration import abc_classes

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Purchases
    from crm_analysis.analyses._abc.windows import Windows
    from crm_analysis.view import PeriodView

TOTALS = [
    "span", "first_day", "last_day", "revenue", "of_customers", "without_customer", "without_customer_share",
    "customers", "orders",
]  # fmt: skip


def lay_out(
    view: PeriodView, purchases: Purchases, windows: Windows, limits: tuple[float, float]
) -> pd.DataFrame:
    """Lay out the clients in the order of their ids, with what the other tables are made from."""
    revenue, orders = purchases.revenue(windows.now), purchases.orders(windows.now)
    frame = pd.DataFrame(
        {
            "customer_id": purchases.ids,
            "name": client_names(view, purchases.ids),
            "revenue": revenue,
            "abc": abc_classes(revenue, limits),
            "active": purchases.active(windows.now),
            "recency_days": (purchases.end - purchases.last).dt.days,
            "orders": orders,
            "all_orders": purchases.orders((pd.Timestamp.min, purchases.end)),
            "average_order": np.divide(
                revenue, orders, out=np.full(len(orders), np.nan), where=(orders > 0) & (revenue > 0)
            ),
            "first_sold_at": purchases.first,
            "last_sold_at": purchases.last,
            "previous_abc": None,
            "active_before": False,
            "previous_revenue": np.nan,
            "period_revenue": purchases.revenue(windows.period),
        }
    )
    frame["share"] = frame["revenue"].where(frame["revenue"] > 0) / frame["revenue"].clip(lower=0).sum()
    richest = frame.sort_values(["revenue", "customer_id"], ascending=[False, True], kind="stable")
    frame["cumulative_share"] = richest["share"].cumsum()
    if windows.before is not None:
        before = purchases.revenue(windows.before)
        known = purchases.active((pd.Timestamp.min, windows.before[1]))
        frame["previous_abc"] = np.where(known, abc_classes(before, limits), "new")
        frame["active_before"] = purchases.active(windows.before)
        frame["previous_revenue"] = before
    return frame


def totals_table(purchases: Purchases, windows: Windows) -> pd.DataFrame:
    """Sum up the windows and the periods: what the other tables add up to."""
    spans = [("window", windows.now), ("window before", windows.before)]
    spans += [("period", windows.period), ("comparison", windows.comparison)]
    rows = []
    for name, span in spans:
        if span is None or purchases.first_sale is None:
            continue
        of_clients = round(float(purchases.revenue(span).sum()), 6)
        nobody = purchases.without_client(span)
        whole = of_clients + nobody
        rows.append(
            {
                "span": name,
                "first_day": span[0],
                "last_day": span[1] - pd.Timedelta(days=1),
                "revenue": whole,
                "of_customers": of_clients,
                "without_customer": nobody,
                "without_customer_share": nobody / whole if whole else np.nan,
                "customers": buyers_in(purchases, span),
                "orders": int(purchases.orders(span).sum()),
            }
        )
    return pd.DataFrame(rows, columns=TOTALS)
