"""The main figures of the analysis of segments, for the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.analyses._abc.windows import length_text, span_text
from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._saying import records, relative, rows
from crm_analysis.analyses._segments.parts import called
from crm_analysis.analyses._segments.table import NO_CUSTOMER
from crm_analysis.language import tr
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from crm_analysis.analyses._segments.parts import Parts


def tiles(parts: Parts) -> tuple[Tile, ...]:
    """Return the main figures: what a customer brings, the largest segment, and white spots."""
    made = _of_a_customer(parts) if len(parts.segments) else []
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


def _of_a_customer(parts: Parts) -> list[Tile]:
    """Return revenue and margin a customer who bought, segments aside."""
    totals, windows, words = records(parts.totals, "span"), parts.book.windows, parts.words
    bought = {
        name: row["of_customers"] / row["customers"] for name, row in totals.items() if row["customers"]
    }
    made = []
    if (revenue := bought.get("window")) is not None:
        before = None if windows.before is None else span_text(windows.before, words)
        change = relative(revenue, bought.get("window before"))
        label = tr("Revenue a customer, {window}").format(window=length_text(windows.now, words))
        made.append(
            Tile("revenue_per_customer", label, float(revenue), "money", change, against=before or "")
        )
    costed = float(parts.book.clients["costed"].sum())
    if costed > 0:
        rate = float(parts.book.clients["margin"].sum()) / costed
        made.append(Tile("margin_rate", tr("Margin rate"), rate, "share"))
    return made
