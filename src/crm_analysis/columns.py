"""How each column of a result is called and written: heading and kind, declared once.

Column names are identifiers; readers see the heading. A column that is not declared here is shown under its
name with spaces, its numbers as plain numbers; a test lists the columns of all results that miss here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from crm_analysis.words import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_analysis.words import Words

Kind = Literal[
    "text", "money", "share", "relative", "points", "count", "number", "days", "month", "day", "p_value"
]


@dataclass(frozen=True)
class Heading:
    """A column as readers see it."""

    label: str
    kind: Kind = "number"

    def heading(self, words: Words) -> str:
        """Return the label with its unit."""
        if self.kind == "money" and words.currency:
            return f"{self.label}, {words.currency}"
        return f"{self.label}, days" if self.kind == "days" else self.label

    def write(self, value: Any, words: Words) -> str:
        """Write one value for reading."""
        if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
            return NONE
        if self.kind == "text" or isinstance(value, str):
            return str(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        writers = {
            "money": lambda v: words.number(v, 2 if 0 < abs(v) < 100 else 0),
            "share": words.share,
            "relative": words.change,
            "points": words.points,
            "count": lambda v: words.number(v, 0),
            "days": lambda v: words.number(v, 0 if abs(v) >= 10 else 1),
            "month": words.month,
            "day": words.day,
            "p_value": lambda v: "< 0.001" if v < 0.001 else words.number(v, 3),
        }
        return writers.get(self.kind, words.number)(value)


_HEADINGS: dict[str, Heading] = {
    "month": Heading("Month", "month"),
    "revenue": Heading("Revenue", "money"),
    "orders": Heading("Orders", "count"),
    "customers": Heading("Customers", "count"),
    "average_order": Heading("Average order", "money"),
    "margin": Heading("Margin", "money"),
    "share": Heading("Share", "share"),
    "previous_share": Heading("Share before", "share"),
    "difference": Heading("Difference", "points"),
    "low": Heading("From"),
    "high": Heading("To"),
    "n": Heading("n", "count"),
    "p_value": Heading("p-value", "p_value"),
    "p_adjusted": Heading("Adjusted p-value", "p_value"),
    "verdict": Heading("Verdict", "text"),
}


def column(name: str, kinds: Mapping[str, Kind] | None = None) -> Heading:
    """Return how a column is called and written; ``kinds`` overrides the kind for one table."""
    heading = _HEADINGS.get(name, Heading(name.replace("_", " ").capitalize()))
    return replace(heading, kind=kinds[name]) if kinds and name in kinds else heading


def is_declared(name: str) -> bool:
    """Say whether a column has a heading of its own."""
    return name in _HEADINGS
