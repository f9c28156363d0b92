"""The deals in work by stage and age, for the picture and for those who clear up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.language import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

PIPELINE = ["stage", "age", "open_deals", "open_amount", "expected_amount", "stalled", "stalled_amount"]
#: Upper ends of the bands of age, in days, and what they are called.
_ENDS = (30.0, 60.0, 90.0, 180.0)
AGES = (
    msg("under 30 days"), msg("30 to 59 days"), msg("60 to 89 days"), msg("90 to 179 days"),
    msg("180 days and more"),
)  # fmt: skip
AGE_UNKNOWN = msg("age not known")


def total(amounts: pd.Series) -> float:
    """Add up what is known; nothing where no amount is known."""
    return float(amounts.sum(min_count=1))


def pipeline_table(deals: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Return ``PIPELINE``: a row a stage and band of age that has a deal, in the order of the funnel.

    Parameters
    ----------
    deals
        The open deals, a row a deal.
    order
        Stages from first to last; others follow by name.
    """
    days = deals["age_days"].to_numpy(dtype=float)
    least = deals["least_age_days"].to_numpy(dtype=float)
    days = np.where(np.isnan(days) & (least >= _ENDS[-1]), least, days)
    band = np.array([*AGES, AGE_UNKNOWN])[np.where(np.isnan(days), len(AGES), np.digitize(days, _ENDS))]
    rows = deals.assign(age=band, stalled_amount=deals["amount"] * deals["stalled"])
    table = rows.groupby(["stage", "age"], as_index=False).agg(
        open_deals=("deal_id", "size"),
        open_amount=("amount", total),
        expected_amount=("expected_amount", total),
        stalled=("stalled", "sum"),
        stalled_amount=("stalled_amount", total),
    )
    stages = [*order, *sorted(set(table["stage"]) - set(order))]
    bands = [*AGES, AGE_UNKNOWN]
    table["at"] = table["stage"].map(stages.index).astype("int64")
    table["of"] = table["age"].map(bands.index).astype("int64")
    table = table.sort_values(["at", "of"], kind="stable", ignore_index=True)
    kinds = {"stage": "str", "age": "str", "open_deals": "int64", "open_amount": "float64",
             "expected_amount": "float64", "stalled": "int64", "stalled_amount": "float64"}  # fmt: skip
    return table[PIPELINE].astype(kinds)
