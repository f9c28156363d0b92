"""How clients moved between classes, and whether the money got more concentrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.classes import CLASSES
from crm_analysis.stats.concentration import concentration
from crm_analysis.stats.concentration_change import concentration_change
from crm_analysis.stats.intervals import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MIGRATION = ["from_class", "to_class", "customers", "revenue", "share", "low", "high", "period_revenue"]
MOVES = ("new", *CLASSES, "lost")
MEANINGS = {
    "gini": "inequality: 0 all alike, 1 one has it all (Gini)",
    "hhi": "sum of squared shares (Herfindahl)",
    "top_1": "share of the top 1% of customers",
    "top_5": "share of the top 5% of customers",
    "top_10": "share of the top 10% of customers",
    "top_20": "share of the top 20% of customers",
    "count_80": "customers who make 80% of revenue",
}
#: The top 20% of fewer customers are no group.
FEWEST_FOR_A_FIFTH = 5
_SEED = 20
_DRAWS = (200, 1000)
#: Resampled clients in all: with many clients fewer draws are as sure.
_WORK = 2_500_000


def migration_table(customers: pd.DataFrame, before: Floats, period_before: Floats) -> pd.DataFrame:
    """Count clients by class before and now, with the change of their revenue.

    ``revenue`` is the difference of the two windows and adds up to its change; ``period_revenue`` is the
    difference of the period and its comparison. ``share`` is of the clients of ``from_class``.
    """
    moved = pd.DataFrame(
        {
            "from_class": customers["previous_abc"],
            "to_class": customers["abc"].where(customers["active"] | ~customers["active_before"], "lost"),
            "revenue": (customers["revenue"] - before),
            "period_revenue": (customers["period_revenue"] - period_before),
        }
    )
    groups = moved.groupby(["from_class", "to_class"])
    table = groups[["revenue", "period_revenue"]].sum().round(6)
    table.insert(0, "customers", groups.size())
    table = table.reset_index()
    order = {name: place for place, name in enumerate(MOVES)}
    table = table.sort_values(["from_class", "to_class"], key=lambda c: c.map(order), ignore_index=True)
    rate = wilson(table["customers"], table.groupby("from_class")["customers"].transform("sum"))
    return table.assign(share=rate.estimate, low=rate.low, high=rate.high)[MIGRATION]


def stability(migration: pd.DataFrame) -> tuple[int, int]:
    """Count the A, B and C clients of before who kept their class, and all of them."""
    classed = migration[migration["from_class"].isin(list("ABC"))]
    stayed = classed.loc[classed["from_class"] == classed["to_class"], "customers"].sum()
    return int(stayed), int(classed["customers"].sum())


def concentration_table(revenue: Floats, before: Floats | None) -> pd.DataFrame:
    """Measure the concentration of revenue, and its change against the window before.

    Returns
    -------
    pandas.DataFrame
        ``measure, meaning, value, low, high, n``, and against the window before ``previous, difference,
        difference_low, difference_high, p_value``; missing where there is none.
    """
    draws = int(np.clip(_WORK // max(len(revenue), 1), *_DRAWS))
    table = concentration(revenue, draws=draws, seed=_SEED)
    table.insert(1, "meaning", table["measure"].map(MEANINGS))
    if not (revenue > 0).any():
        table = table.iloc[:0]
    if before is None or not (before > 0).any() or table.empty:
        empty = dict.fromkeys(
            ("previous", "difference", "difference_low", "difference_high", "p_value"), np.nan
        )
        return table.assign(**empty)
    previous = concentration(before, draws=1, seed=_SEED)["value"]
    change = concentration_change(revenue, before, draws=draws, seed=_SEED)
    return table.assign(
        previous=previous,
        difference=table["value"] - previous,
        difference_low=change["low"],
        difference_high=change["high"],
        p_value=change["p_value"],
    )
