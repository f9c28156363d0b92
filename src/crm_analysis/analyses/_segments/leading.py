"""The segments that stand on the page: of each dimension those with most revenue, the rest in one row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._segments.table import NO_CUSTOMER
from crm_analysis.language import msg

#: So many segments of a dimension have a row of their own.
MOST = 15
OTHERS = msg("(others)")
_SUMS = ("customers", "customer_share", "revenue", "revenue_share", "deals_closed", "deals_won",
         "new_customers", "period_revenue")  # fmt: skip


def leading(segments: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the segments with most revenue, and in each dimension one for all the others.

    What adds up is added up in that row, and the raw figures are those of its customers and deals together;
    what is estimated or tested a segment is missing there. A single segment more keeps its row.
    """
    parts = [_of_dimension(part) for _, part in segments.groupby("dimension", sort=False)]
    return pd.concat(parts, ignore_index=True) if parts else segments.copy()


def _of_dimension(part: pd.DataFrame) -> pd.DataFrame:
    own = ~part["segment"].isin([NOT_STATED, NO_CUSTOMER])
    rest = part[own].iloc[MOST:]
    if len(rest) < 2:
        return part
    kept = part.drop(rest.index)
    last = kept["segment"] == NO_CUSTOMER
    together = pd.DataFrame([_together(rest)], columns=part.columns).astype(part.dtypes)
    return pd.concat([kept[~last], together, kept[last]], ignore_index=True)


def _together(rest: pd.DataFrame) -> dict[str, Any]:
    sums = {name: rest[name].sum() for name in _SUMS}
    costed = rest["margin"] / rest["margin_rate"]
    paid = rest["acquisition_cost"].notna()
    spent = (rest["acquisition_cost"] * rest["new_customers"])[paid].sum()
    return sums | {
        "dimension": rest["dimension"].iloc[0],
        "segment": OTHERS,
        "margin": rest["margin"].sum(min_count=1),
        "margin_rate": _ratio(rest["margin"].sum(), costed.sum(min_count=1)),
        "revenue_per_customer_raw": _ratio(sums["revenue"], sums["customers"]),
        "win_rate_raw": _ratio(sums["deals_won"], sums["deals_closed"]),
        "acquisition_cost": _ratio(spent, rest.loc[paid, "new_customers"].sum()),
    }


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below and below == below else np.nan
