"""Shares of the reasons, and which of them changed between two spans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._frames import dtypes
from crm_analysis.analyses._frames import typed as as_types
from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.stats.association import association
from crm_analysis.stats.intervals import newcombe, wilson
from crm_analysis.stats.multiplicity import adjust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: What is compared, side by side; the first column is ``reason`` or ``department``.
FIGURES = (
    "deals", "share", "low", "high", "amount", "previous_deals", "previous_share", "difference",
    "difference_low", "difference_high", "p_value", "p_adjusted", "strength", "verdict",
)  # fmt: skip
_TEXT = {
    *("reason", "department", "outcome", "strength", "verdict", "dimension", "value", "stage", "owner"),
    *("column", "like", "why", "word", "mend"),
}
_COUNTS = {"deals", "of_deals", "blank", "vague", "unclear", "like_deals"}

#: From so many deals a customer on, the customer is the unit: its deals repeat the reason.
MOST_DEALS_A_CUSTOMER = 1.2
#: A reason given less often on both sides together is not tested.
FEWEST_DEALS = 5
#: Where more of the deals have no reason, the others cannot be trusted to stand for all.
MOST_UNKNOWN = 0.30


def shares(now: pd.DataFrame, before: pd.DataFrame, by: str, *, compared: bool) -> pd.DataFrame:
    """Return how often each reason (or department) was given, and how that changed.

    Parameters
    ----------
    now, before
        Deals of the two spans, a row a deal.
    by
        ``reason`` or ``department``.
    compared
        Whether there is a span before; False leaves its columns empty.

    Returns
    -------
    pandas.DataFrame
        ``by`` and :data:`FIGURES`, the most frequent first; verdicts are given by :func:`judge`.
    """
    values = sorted({*now[by], *before[by]})
    counts, previous = (side[by].value_counts().reindex(values, fill_value=0) for side in (now, before))
    n, n_before = len(now), len(before)
    share = wilson(counts, n)
    difference = newcombe(counts, n, previous, n_before)
    nothing = np.full(len(values), np.nan)
    frame = pd.DataFrame(
        {
            by: pd.Series(values, dtype="str"),
            "deals": counts.to_numpy(),
            "share": share.estimate,
            "low": share.low,
            "high": share.high,
            "amount": _amounts(now, values, by),
            "previous_deals": previous.to_numpy(),
            "previous_share": wilson(previous, n_before).estimate,
            "difference": difference.estimate,
            "difference_low": difference.low,
            "difference_high": difference.high,
            "p_value": _tests(now, before, values, by) if compared else nothing,
        }
    )
    if not compared:
        unknown_then = ["previous_deals", "previous_share", "difference", "difference_low", "difference_high"]
        frame[unknown_then] = np.nan
    return frame.sort_values(["deals", "previous_deals", by], ascending=[False, False, True], kind="stable",
                             ignore_index=True)  # fmt: skip


def judge(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Give verdicts, all frames together being one family of tests."""
    p_values = np.concatenate([frame["p_value"].to_numpy(dtype=float) for frame in frames])
    tests, start, judged = adjust(p_values), 0, []
    for frame in frames:
        own = tests.iloc[start : start + len(frame)].reset_index(drop=True)
        start += len(frame)
        verdict = np.where(
            own["p_value"].isna(), "not_enough_data", np.where(own["found"], "changed", "no_evidence")
        )
        frame = frame.assign(p_adjusted=own["p_adjusted"], strength=own["strength"], verdict=verdict)
        judged.append(typed(frame))
    return judged


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the columns their types, so that an empty frame has them too."""
    return as_types(frame, dtypes(list(frame.columns), text=_TEXT, counts=_COUNTS))


def units(deals: pd.DataFrame, label: pd.Series) -> pd.Series:
    """Return what is independent: a customer within its label, or each deal where few customers have two."""
    known = deals["customer_id"].notna()
    customers = (deals["customer_id"].astype(str) + "\0" + label.astype(str)).where(known)
    alone = "\0deal\0" + deals["deal_id"].astype(str)
    unit = customers.where(known, alone)
    return unit if len(deals) > MOST_DEALS_A_CUSTOMER * max(1, unit.nunique()) else alone


def table_of(unit: pd.Series, value: pd.Series, values: Sequence[str]) -> tuple[NDArray[np.int64], pd.Index]:
    """Count the deals of each unit by value; values that are not listed share a last column."""
    codes, names = pd.factorize(unit, sort=True)
    column = pd.Series(range(len(values)), index=list(values)).reindex(value).fillna(len(values))
    counts = np.zeros((len(names), len(values) + 1), dtype=np.int64)
    np.add.at(counts, (codes, column.to_numpy(dtype=np.int64)), 1)
    return counts, names


def unknown(deals: pd.DataFrame) -> float:
    """Return the share of deals without a reason; 0 where there is no deal."""
    return float((deals["reason"] == NOT_STATED).mean()) if len(deals) else 0.0


def _tests(now: pd.DataFrame, before: pd.DataFrame, values: Sequence[str], by: str) -> NDArray[np.float64]:
    """Test each value: does it stand more often on one side than chance would have it."""
    p_values = np.full(len(values), np.nan)
    if max(unknown(now), unknown(before)) > MOST_UNKNOWN or not len(now) or not len(before):
        return p_values
    deals = pd.concat([now, before], ignore_index=True)
    side = pd.Series(["after"] * len(now) + ["before"] * len(before))
    often = deals[by].value_counts()
    tested = [value for value in values if often[value] >= FEWEST_DEALS]
    unit = units(deals, side)
    counts, names = table_of(unit, deals[by], tested)
    sides = side.groupby(unit).first().reindex(names)
    found = association(counts, sides.to_numpy())
    p_values[[values.index(value) for value in tested]] = found.cell_p[0, : len(tested)]
    return p_values


def _amounts(deals: pd.DataFrame, values: Sequence[str], by: str) -> NDArray[np.float64]:
    """Add up the known amounts of each value; NaN where a value has deals and none of known amount."""
    known = deals.dropna(subset=["amount"])
    sums = {value: math.fsum(part) for value, part in known.groupby(by)["amount"]}
    given = set(deals[by])
    nothing = math.nan if known.empty else 0.0
    return np.array(
        [sums.get(value, math.nan if value in given else nothing) for value in values], dtype=float
    )
