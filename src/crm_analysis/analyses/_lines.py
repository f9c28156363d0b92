"""Order lines as the sales analysis counts them: what an order is, what a customer is, exact sums of money.

An order is a distinct ``sale_id`` among lines of positive amount, a customer a distinct client with such a
line. Returns reduce revenue and are no order. Lines without a client count in revenue and orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from crm_analysis.conditions import NOT_STATED, stated

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from crm_analysis.period import Period
    from crm_analysis.view import PeriodView

#: The two sides of a comparison.
BEFORE, AFTER = "before", "after"


def lines_to_date(view: PeriodView) -> ibis.Table:
    """Return the order lines of a view, marked where they are a purchase (``bought``).

    ``customer_id`` and ``cost`` are there even where the data lack them. Won deals without any amount in the
    data are purchases of unknown value.
    """
    lines = view.sales_to_date
    added = {
        name: ibis.null(kind)
        for name, kind in (("customer_id", "string"), ("cost", "float64"))
        if name not in lines.columns
    }
    added["bought"] = (lines.amount > 0).fill_null(False) if view.has_amounts else ibis.literal(value=True)
    return lines.mutate(**added)


def both_sides(view: PeriodView, rows: ibis.Table, moment: str) -> ibis.Table:
    """Return the rows of the period and of its comparison, with ``side`` "after" and "before"."""
    now = _between(rows[moment], view.period)
    comparison = view.coverage.comparison
    if comparison is None:
        return rows.filter(now).mutate(side=ibis.literal(AFTER))
    before = _between(rows[moment], comparison)
    return rows.filter(now | before).mutate(side=now.ifelse(AFTER, BEFORE))


def money(amount: ibis.Value, where: ibis.Value | None = None) -> ibis.Value:
    """Add up money exactly: sums of floats depend on the order of the rows, sums of decimals do not."""
    return amount.cast("decimal(38, 6)").sum(where=where).cast("float64")


def order_measures(lines: ibis.Table) -> dict[str, ibis.Value]:
    """Give what is counted of a group of order lines: revenue, orders, customers, purchases, returns."""
    bought = lines.bought
    return {
        "revenue": money(lines.amount).fill_null(0.0),
        "orders": lines.sale_id.nunique(where=bought),
        "customers": lines.customer_id.nunique(where=bought),
        "purchases": money(lines.amount, bought).fill_null(0.0),
        "no_customer": money(lines.amount, lines.customer_id.isnull()).fill_null(0.0),
    }


def totals(view: PeriodView) -> pd.DataFrame:
    """Return ``side`` (index), revenue, orders, customers, … of the period and of the comparison."""
    lines = both_sides(view, lines_to_date(view), "sold_at")
    frame: pd.DataFrame = lines.group_by("side").agg(**order_measures(lines)).to_pandas().set_index("side")
    sides = [BEFORE, AFTER] if view.coverage.comparison is not None else [AFTER]
    frame = frame.reindex(sides).fillna(0.0)
    if not view.has_amounts:
        frame[["revenue", "purchases", "no_customer"]] = float("nan")
    return frame


def fetch(expression: ibis.Table, *keys: str) -> pd.DataFrame:
    """Run a query and sort its rows by their key, so that engines and threads make no difference."""
    frame: pd.DataFrame = expression.to_pandas()
    return frame.sort_values(list(keys), kind="stable", ignore_index=True)


def month_of(moment: ibis.Value) -> ibis.Value:
    """Return the first of the month of a moment."""
    return moment.truncate("M").date()


def _between(moment: ibis.Value, period: Period) -> ibis.Value:
    return ((moment >= _midnight(period.start)) & (moment < _midnight(period.end))).fill_null(False)


def _midnight(day: date) -> Any:
    return ibis.timestamp(f"{day} 00:00:00")


__all__ = [
    "AFTER",
    "BEFORE",
    "NOT_STATED",
    "both_sides",
    "fetch",
    "lines_to_date",
    "money",
    "month_of",
    "order_measures",
    "stated",
    "totals",
]
