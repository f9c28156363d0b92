"""What was spent: by channel, month, campaign and kind of cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._frames import dtypes, empty
from crm_analysis.analyses._lines import AFTER, BEFORE, both_sides, fetch, money, month_of, stated

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

ITEMS = ("cost_item", "cost", "share", "previous_cost", "previous_share", "difference", "relative")


def spent(view: PeriodView) -> ibis.Table:
    """Return the expenses to date: ``spent_on, channel, campaign, cost_item, amount``, blanks in words."""
    costs = view.marketing_costs
    named = {
        name: stated(costs[name]) if name in costs.columns else ibis.null("string")
        for name in ("campaign", "cost_item")
    }
    return costs.select(
        spent_on=costs.spent_on.cast("timestamp"), channel=stated(costs.channel), amount=costs.amount, **named
    )


def cost_by_side(view: PeriodView, key: str) -> pd.DataFrame:
    """Return ``key`` (index), cost of the period (``after``) and of the comparison (``before``)."""
    if not view.has("marketing_costs"):
        return empty(dtypes([BEFORE, AFTER])).rename_axis(key)
    rows = both_sides(view, spent(view), "spent_on")
    sums = fetch(rows.group_by("side", key).agg(cost=money(rows.amount).fill_null(0.0)), key, "side")
    table = sums.set_index([key, "side"])["cost"].unstack("side")  # noqa: PD010 - each cell is there once
    return table.reindex(columns=[BEFORE, AFTER]).fillna(0.0)


def cost_within(
    view: PeriodView, start: pd.Timestamp, end: pd.Timestamp, keys: tuple[str, ...] = ("channel",)
) -> pd.DataFrame:
    """Return ``keys`` and ``cost`` of a span of days."""
    if not view.has("marketing_costs"):
        return empty(dtypes([*keys, "cost"], text=keys))
    rows = spent(view)
    rows = rows.filter(
        (rows.spent_on >= ibis.timestamp(str(start))) & (rows.spent_on < ibis.timestamp(str(end)))
    )
    return fetch(rows.group_by(*keys).agg(cost=money(rows.amount).fill_null(0.0)), *keys)


def cost_by_month(view: PeriodView) -> pd.DataFrame:
    """Return ``month, channel, cost``."""
    if not view.has("marketing_costs"):
        return empty({"month": "datetime64[us]", "channel": "str", "cost": "float64"})
    rows = spent(view)
    made = rows.group_by(month=month_of(rows.spent_on), channel=rows.channel)
    return fetch(made.agg(cost=money(rows.amount).fill_null(0.0)), "month", "channel")


def first_cost(view: PeriodView) -> pd.Timestamp | None:
    """Return the day of the first expense; None where there is none."""
    if not view.has("marketing_costs"):
        return None
    day = view.marketing_costs.spent_on.min().to_pandas()
    return None if pd.isna(day) else pd.Timestamp(day)


def item_table(view: PeriodView) -> pd.DataFrame:
    """Return ``ITEMS``: a row a kind of cost, the largest first, against the comparison."""
    known = view.has("marketing_costs", "cost_item")
    sides = cost_by_side(view, "cost_item") if known else cost_by_side(view, "channel").iloc[:0]
    compared = view.coverage.comparison is not None
    now, before = sides[AFTER], sides[BEFORE] if compared else sides[BEFORE] * np.nan
    frame = pd.DataFrame(
        {
            "cost_item": sides.index.astype("str"),
            "cost": now.to_numpy(dtype=float),
            "share": _share(now),
            "previous_cost": before.to_numpy(dtype=float),
            "previous_share": _share(before),
        }
    )
    frame["difference"] = frame["share"] - frame["previous_share"]
    frame["relative"] = frame["cost"] / frame["previous_cost"].where(frame["previous_cost"] > 0) - 1
    return frame.sort_values(["cost", "cost_item"], ascending=[False, True], kind="stable")[
        list(ITEMS)
    ].reset_index(drop=True)


def _share(values: pd.Series) -> np.ndarray:
    total = float(values.sum())
    return values.to_numpy(dtype=float) / total if total > 0 else np.full(len(values), np.nan)
