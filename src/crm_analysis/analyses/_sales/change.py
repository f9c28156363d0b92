"""The change of revenue split, exactly, over customers, orders, size and mix; and over what deals do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from crm_analysis.analyses._frames import dtypes, typed
from crm_analysis.analyses._lines import (
    AFTER,
    BEFORE,
    NOT_STATED,
    both_sides,
    fetch,
    lines_to_date,
    money,
    stated,
)
from crm_analysis.stats.decompose import group_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis

    from crm_analysis.view import PeriodView

COLUMNS = ("group", "driver", "before", "after", "contribution", "dimension")

#: Dimensions whose mix is looked at: the first that tells at least two groups apart is taken.
CUSTOMER_GROUPS = ("size", "industry", "region", "channel")
DEAL_GROUPS = ("product", "channel", "owner")
#: Past this many groups a mix says nothing a reader can act upon.
MOST_GROUPS = 40


class Name(NamedTuple):
    """What a group of drivers and its mix are called."""

    group: str
    mix: str


def change(view: PeriodView) -> pd.DataFrame:
    """Return ``COLUMNS``: a row a driver of the change; the contributions of a group add up to its change."""
    if view.coverage.comparison is None or not view.has_amounts:
        return _frame([])
    rows = _revenue_rows(view)
    if view.has("deals", "amount"):
        rows += _deal_rows(view)
    return _frame(rows)


def _revenue_rows(view: PeriodView) -> list[dict[str, Any]]:
    buyers, others = _buyers(view), _others(view)
    rows = _split(
        buyers,
        CUSTOMER_GROUPS,
        {"customers": "customers", "orders": "orders per customer", "purchases": "size of order"},
        Name("revenue", "mix of customers"),
    )
    for name, driver in (("unknown", "sales without a customer"), ("returns", "returns")):
        before, after = others[BEFORE][name], others[AFTER][name]
        if before or after:
            rows.append(_row("revenue", driver, (before, after), after - before))
    return rows


def _deal_rows(view: PeriodView) -> list[dict[str, Any]]:
    deals = both_sides(view, view.deals, "closed_at")
    groups = [name for name in DEAL_GROUPS if name in deals.columns]
    won = deals.status == "won"
    counted = deals.group_by("side", **{name: stated(deals[name]) for name in groups}).agg(
        closed=deals.count(), won=won.sum(), amount=money(deals.amount, won).fill_null(0.0)
    )
    return _split(
        fetch(counted, "side", *groups),
        DEAL_GROUPS,
        {"closed": "deals closed", "won": "win rate", "amount": "size of won deal"},
        Name("deals", "mix of deals"),
    )


def _split(
    frame: pd.DataFrame, candidates: tuple[str, ...], chain: dict[str, str], name: Name
) -> list[dict[str, Any]]:
    """Split the change of the last column of a chain: volume, rate of the second to the first, of the third.

    Parameters
    ----------
    frame
        Rows with ``side``, the candidate dimensions, and the columns of the chain.
    candidates
        Dimensions of which one is taken for the mix.
    chain
        Three columns and what the driver is called: customers, orders, purchases.
    name
        Name of the group of rows, and of the mix.
    """
    dimension = _telling(frame, candidates)
    volume, middle, value = chain
    sides = _by_group(frame, dimension, list(chain))
    rates = [
        pd.DataFrame(
            {
                volume: sides[side][volume],
                middle: sides[side][middle] / sides[side][volume],
                value: sides[side][value] / sides[side][middle],
            }
        )
        for side in (BEFORE, AFTER)
    ]
    parts = group_change(*rates, volume=volume)
    parts[volume] = parts.pop("volume")
    totals = [{column: float(sides[side][column].sum()) for column in chain} for side in (BEFORE, AFTER)]
    levels = {
        volume: [total[volume] for total in totals],
        middle: [_ratio(total[middle], total[volume]) for total in totals],
        value: [_ratio(total[value], total[middle]) for total in totals],
    }
    rows = [_row(name.group, driver, levels[column], parts[column]) for column, driver in chain.items()]
    rows.append(_row(name.group, name.mix, (float("nan"), float("nan")), parts["mix"], dimension))
    return rows


def _buyers(view: PeriodView) -> pd.DataFrame:
    """Return a row a side and a customer who bought: orders, purchases, and the groups the customer is in."""
    lines = both_sides(view, lines_to_date(view), "sold_at")
    lines = lines.filter(lines.bought & lines.customer_id.notnull())
    own = [name for name in CUSTOMER_GROUPS if view.has("customers", name)]
    looked_up = [name for name in CUSTOMER_GROUPS if name in lines.columns and name not in own]
    bought = lines.group_by("side", "customer_id").agg(
        orders=lines.sale_id.nunique(), purchases=money(lines.amount)
    )
    groups = lines.group_by("customer_id").agg(
        # a customer with lines in several regions is in the first by name, on both sides
        **{name: stated(lines[name]).min() for name in looked_up},
        seen=lines.sale_id.nunique(),
    )
    bought = bought.left_join(groups, "customer_id").drop("customer_id_right", "seen")
    if own:
        known = view.dataset.table("customers").select(
            "customer_id", **{n: stated(_column(view, n)) for n in own}
        )
        bought = bought.left_join(known, "customer_id").drop("customer_id_right")
    frame = fetch(bought, "side", "customer_id").assign(customers=1)
    return frame.fillna(dict.fromkeys([*own, *looked_up], NOT_STATED))


def _others(view: PeriodView) -> dict[str, dict[str, float]]:
    """Return what lies outside the split, by side: purchases of no customer, and returns."""
    lines = both_sides(view, lines_to_date(view), "sold_at")
    returned = lines.amount < 0
    frame = lines.group_by("side").agg(
        unknown=money(lines.amount, lines.bought & lines.customer_id.isnull()),
        returns=money(lines.amount, returned),
    )
    sides = {str(row["side"]): row for row in frame.to_pandas().fillna(0.0).to_dict("records")}
    nothing = {"unknown": 0.0, "returns": 0.0}
    return {
        side: {name: float(sides.get(side, nothing)[name]) for name in nothing} for side in (BEFORE, AFTER)
    }


def _telling(frame: pd.DataFrame, candidates: tuple[str, ...]) -> str:
    """Return the first dimension that tells 2 to 40 groups apart; empty where none does."""
    for name in candidates:
        if name in frame.columns and 2 <= frame[name].nunique() <= MOST_GROUPS:
            return name
    return ""


def _by_group(frame: pd.DataFrame, dimension: str, sums: list[str]) -> dict[str, pd.DataFrame]:
    """Return the sums by group for each side, both with the same groups."""
    label = frame[dimension] if dimension else pd.Series("", index=frame.index)
    groups = sorted(label.unique())
    sides = {}
    for side in (BEFORE, AFTER):
        here = frame["side"] == side
        sides[side] = frame[here].groupby(label[here])[sums].sum().reindex(groups).fillna(0.0)
    return sides


def _column(view: PeriodView, name: str) -> ibis.Value:
    return view.dataset.table("customers")[name]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _row(
    group: str, driver: str, levels: Sequence[float], part: float, dimension: str = ""
) -> dict[str, Any]:
    return dict(zip(COLUMNS, (group, driver, *levels, part, dimension), strict=True))


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return typed(rows, dtypes(COLUMNS, text=("group", "driver", "dimension")))
