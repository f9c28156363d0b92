"""The main figures of the analysis of open deals, for the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._deals.rows import UNKNOWN
from crm_analysis.analyses._saying import records, relative
from crm_analysis.language import tr
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from crm_analysis.analyses._deals.parts import Parts

_COURSE = 24


def tiles(parts: Parts) -> tuple[Tile, ...]:
    """Return the main figures: money and deals in work, and the share that stands still."""
    deals, made = parts.deals, []
    course = parts.monthly.tail(_COURSE)
    closing = records(parts.bridge, "part")["closing"]
    if closing["amount"] == closing["amount"]:
        before = None if pd.isna(closing["previous"]) else float(closing["previous"])
        amount = float(closing["amount"])
        series = tuple(float(value) for value in course["open_amount"])
        made.append(
            Tile(
                "open_amount",
                tr("Money in work"),
                amount,
                "money",
                relative(amount, before),
                series=series,
                main=True,
            )
        )
    change = relative(float(len(deals)), parts.previous_open)
    series = tuple(float(value) for value in course["open_deals"])
    made.append(Tile("open_deals", tr("Open deals"), float(len(deals)), "count", change, series=series))
    judged = deals[deals["state"] != UNKNOWN]
    if len(judged):
        share = float(judged["stalled"].mean())
        made.append(Tile("stalled_share", tr("Open deals that stand still"), share, "share"))
    return tuple(made)
