"""Where the next effort should go: only what the data carry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._frames import dtypes, empty, typed
from crm_analysis.analyses._marketing.channels import PAYS, PAYS_NOT
from crm_analysis.language import msg
from crm_analysis.stats.returns import FEW_WINS

if TYPE_CHECKING:
    from crm_analysis.stats.returns import GroupReturns

BETTER, LIKELY, OPEN = msg("pays better"), msg("probably pays better"), msg("cannot be told")
MORE, LESS, SILENT = msg("more"), msg("less"), msg("not told by the data")
PAIRS = ("channel", "other", "chance", "needed", "difference", "difference_low", "difference_high", "wins",
         "verdict")  # fmt: skip
_TYPES = dtypes(PAIRS, text=("channel", "other", "verdict"), counts=("wins",))
RANKING = (
    "channel", "return_on_spend", "return_low", "return_high", "cohort_won", "better_than", "worse_than",
    "advice",
)  # fmt: skip
#: How likely it may be that any of the recommendations is wrong.
_RISK = 0.05
#: Only so many channels, those that cost most, are compared in pairs: with the pairs of hundreds of them no
#: chance would be high enough.
MOST_COMPARED = 30


def pair_table(paid: GroupReturns | None) -> pd.DataFrame:
    """Return ``PAIRS``: for each pair of channels with a cost, the chance that the first pays better.

    ``needed`` is the chance past which it counts, the more pairs the higher; ``wins`` those of the channel
    with fewer, under 30 of which the verdict is "probably" at best. Of more than :data:`MOST_COMPARED`
    channels those that cost most are compared.
    """
    if paid is None:
        return empty(_TYPES)
    pairs = (
        _costliest(paid)
        .pairs()
        .rename(columns={"group": "channel", "low": "difference_low", "high": "difference_high"})
    )
    pairs["needed"] = 1 - _RISK / max(len(pairs), 1)
    certain = pairs["chance"] >= pairs["needed"]
    pairs["verdict"] = np.where(certain, np.where(pairs["wins"] < FEW_WINS, LIKELY, BETTER), OPEN)
    return typed(pairs, _TYPES)


def _costliest(paid: GroupReturns) -> GroupReturns:
    """Keep the channels that cost most, in their order."""
    known = paid.table[paid.table["return_on_spend"].notna()]
    kept = known.sort_values(["cost", "group"], ascending=[False, True], kind="stable").index[:MOST_COMPARED]
    places = sorted(kept)
    return replace(paid, table=paid.table.loc[places].reset_index(drop=True), draws=paid.draws[places])


def ranking_table(channels: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return ``RANKING``: channels with a return, best first, and what the data advise.

    ``more``: pays back on 30 won deals or more, pays better than at least one other and worse than none.
    ``less``: does not pay back, and pays worse than at least one other.
    """
    frame = channels[channels["return_on_spend"].notna()].sort_values(
        ["return_on_spend", "channel"], ascending=[False, True], kind="stable"
    )
    certain = pairs[pairs["verdict"] != OPEN]
    frame = frame.assign(
        better_than=frame["channel"].map(certain["channel"].value_counts()).fillna(0).astype("int64"),
        worse_than=frame["channel"].map(certain["other"].value_counts()).fillna(0).astype("int64"),
    )
    more = (
        (frame["verdict"] == PAYS)
        & ~frame["few_wins"]
        & (frame["better_than"] > 0)
        & (frame["worse_than"] == 0)
    )
    less = (frame["verdict"] == PAYS_NOT) & (frame["worse_than"] > 0)
    frame["advice"] = pd.Series(
        np.where(more, MORE, np.where(less, LESS, SILENT)), index=frame.index, dtype="str"
    )
    return frame[list(RANKING)].reset_index(drop=True)
