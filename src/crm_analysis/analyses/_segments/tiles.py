"""The main figures of the analysis of segments, for the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._saying import rows
from crm_analysis.analyses._segments.parts import called
from crm_analysis.analyses._segments.table import NO_CUSTOMER
from crm_analysis.language import tr
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from crm_analysis.analyses._segments.parts import Parts


def tiles(parts: Parts) -> tuple[Tile, ...]:
    """Return the main figures of the summary: the largest segment of the first dimension, and white spots."""
    made = []
    own = parts.segments[~parts.segments["segment"].isin([NOT_STATED, NO_CUSTOMER])]
    own = own[own["revenue_share"] > 0]
    if len(own):
        dimension = str(own["dimension"].iloc[0])
        first = rows(own[own["dimension"] == dimension].head(1))[0]
        label = tr("Largest by {dimension}: {segment}, share of revenue").format(
            dimension=called(dimension, parts.words), segment=parts.words.name(first["segment"])
        )
        made.append(Tile(f"largest_{dimension}", label, float(first["revenue_share"]), "share"))
    money = float(parts.cross["white_spot"].max()) if len(parts.cross) else 0.0
    if money > 0:
        made.append(Tile("white_spot", tr("Largest white spot"), money, "money"))
    return tuple(made)
