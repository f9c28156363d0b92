"""How each column of a result is called and written: heading and kind, declared once.

Column names are identifiers; readers see the heading. A column that is not declared here is shown under its
name with spaces, its numbers as plain numbers; a test lists the columns of all results that miss here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from crm_analysis.findings import VERDICTS
from crm_analysis.words import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crm_analysis.words import Words

Kind = Literal[
    "text",
    "name",
    "verdict",
    "money",
    "share",
    "relative",
    "points",
    "count",
    "number",
    "days",
    "month",
    "day",
    "p_value",
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
        if isinstance(value, bool | np.bool):
            return "yes" if value else "no"
        if self.kind == "verdict":
            return VERDICTS[value][0] if value in VERDICTS else str(value)
        if self.kind == "name":
            return column(str(value)).label
        if self.kind == "text" or isinstance(value, str):
            return str(value)
        return self._number(value, words)

    def _number(self, value: Any, words: Words) -> str:
        writers: dict[Kind, Callable[[Any], str]] = {
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


#: Two columns that are the ends of a range: the other end, and what the range is called.
RANGES: dict[str, tuple[str, str]] = {
    "low": ("high", "Likely range"),
    "growth_low": ("growth_high", "Likely range"),
    "limit_low": ("limit_high", "Normal range"),
    "interval_low": ("interval_high", "Likely range"),
    "projected_low": ("projected_high", "Likely end"),
    "difference_low": ("difference_high", "Likely difference"),
}

#: What a column of figures is called where it holds text.
AS_TEXT = {"value": "Name"}

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
    "verdict": Heading("Verdict", "verdict"),
    # sales_dynamics
    "no_customer": Heading("Without a customer", "money"),
    "closed": Heading("Deals closed", "count"),
    "won": Heading("Deals won", "count"),
    "win_rate": Heading("Win rate", "share"),
    "working_days": Heading("Working days", "count"),
    "adjusted": Heading("Seasonally adjusted", "money"),
    "limit_low": Heading("Normal from", "money"),
    "limit_high": Heading("Normal to", "money"),
    "centre": Heading("Usual level", "money"),
    "signal": Heading("Signal", "name"),
    "above": Heading("Above normal"),
    "below": Heading("Below normal"),
    "run_above": Heading("Long above usual"),
    "run_below": Heading("Long below usual"),
    "partial": Heading("Part month", "text"),
    "group": Heading("Split by", "name"),
    "driver": Heading("Driver", "name"),
    "contribution": Heading("Contribution", "money"),
    "dimension": Heading("By", "name"),
    "target": Heading("Plan", "money"),
    "actual": Heading("Sold", "money"),
    "attainment": Heading("Attainment", "share"),
    "gap": Heading("Gap", "money"),
    "projected": Heading("Projected", "money"),
    "projected_low": Heading("Projected from", "money"),
    "projected_high": Heading("Projected to", "money"),
    "projected_attainment": Heading("Projected attainment", "share"),
    # drivers of a change: rows of it, named as in the analysis
    "orders per customer": Heading("Orders per customer"),
    "size of order": Heading("Size of order", "money"),
    "returns": Heading("Returns", "money"),
    "sales without a customer": Heading("Sales without a customer", "money"),
    "deals closed": Heading("Deals closed", "count"),
    "win rate": Heading("Win rate", "share"),
    "size of won deal": Heading("Size of won deal", "money"),
    "measure": Heading("Figure", "name"),
    "won_amount": Heading("Value of deals won", "money"),
    "growth_per_year": Heading("Growth a year", "relative"),
    "working_day": Heading("One working day more", "relative"),
    "quarter_end": Heading("Month that closes a quarter", "relative"),
    "status": Heading("History", "name"),
    "n_points": Heading("Months", "count"),
    "growth": Heading("Change a year", "relative"),
    "growth_low": Heading("Change from", "relative"),
    "growth_high": Heading("Change to", "relative"),
    "effect": Heading("Effect", "name"),
    "strength": Heading("Evidence", "text"),
    "mean_rho": Heading("Autocorrelation"),
    "crosscheck_p": Heading("p-value of second method", "p_value"),
    "relative": Heading("Change", "relative"),
    "before": Heading("Before"),
    "after": Heading("After"),
    "slope": Heading("Change a month"),
    "slope_low": Heading("Change a month, from"),
    "slope_high": Heading("Change a month, to"),
    "change": Heading("Change over all months"),
    "change_low": Heading("Change over all months, from"),
    "change_high": Heading("Change over all months, to"),
    "change_per_year": Heading("Change a year, in the scale"),
    "per_year_low": Heading("Change a year, in the scale, from"),
    "per_year_high": Heading("Change a year, in the scale, to"),
    "scale": Heading("Scale", "text"),
    "seasonal": Heading("Season", "text"),
    "borderline": Heading("Borderline", "text"),
    "detectable": Heading("Least drift seen"),
    # customer_abc
    "customer_id": Heading("Customer id", "text"),
    "name": Heading("Customer", "text"),
    "cumulative_share": Heading("Share, added up", "share"),
    "abc": Heading("Class", "name"),
    "previous_abc": Heading("Class before", "name"),
    "xyz": Heading("Steadiness", "name"),
    "cv": Heading("Variation"),
    "recency_days": Heading("Silent for", "days"),
    "first_sold_at": Heading("First order", "day"),
    "last_sold_at": Heading("Last order", "day"),
    "recency_score": Heading("Recency score", "count"),
    "frequency_score": Heading("Frequency score", "count"),
    "monetary_score": Heading("Money score", "count"),
    "rfm": Heading("RFM", "text"),
    "previous_revenue": Heading("Revenue before", "money"),
    "period_revenue": Heading("Revenue of the period itself", "money"),
    "purchase_interval_days": Heading("Between purchases", "days"),
    "interval_low": Heading("Between purchases from", "days"),
    "interval_high": Heading("Between purchases to", "days"),
    "bucket": Heading("Bucket", "name"),
    "periods": Heading("Buckets in the records", "count"),
    "chosen": Heading("Used", "count"),
    "none": Heading("No revenue"),
    "negative": Heading("Net returns"),
    "X": Heading("X, even", "count"),
    "Y": Heading("Y, varying", "count"),
    "Z": Heading("Z, irregular", "count"),
    "n/a": Heading("Too short a history", "count"),
    "from_class": Heading("Class before", "name"),
    "to_class": Heading("Class now", "name"),
    "gini": Heading("Gini: 0 all alike, 1 one has it all", "number"),
    "hhi": Heading("Herfindahl: sum of squared shares", "number"),
    "top_1": Heading("Share of the top 1% of customers", "share"),
    "top_5": Heading("Share of the top 5% of customers", "share"),
    "top_10": Heading("Share of the top 10% of customers", "share"),
    "top_20": Heading("Share of the top 20% of customers", "share"),
    "count_80": Heading("Customers who make 80% of revenue", "count"),
    "meaning": Heading("What it is", "text"),
    "previous": Heading("Before"),
    "difference_low": Heading("Difference from"),
    "difference_high": Heading("Difference to"),
    "cohort": Heading("First order in", "month"),
    "month_number": Heading("Months later", "count"),
    "retained": Heading("Buying", "count"),
    "days_followed": Heading("After", "days"),
    "at_risk": Heading("Still watched", "count"),
    "events": Heading("Lost", "count"),
    "money_at_stake": Heading("Bought in the last year", "money"),
    "silence_days": Heading("Silent for", "days"),
    "rhythm_days": Heading("Usual pause", "days"),
    "times_rhythm": Heading("Times the usual pause"),
    "probability": Heading("Pauses that last as long", "share"),
    "new_customers": Heading("New customers", "count"),
    "span": Heading("Span", "name"),
    "first_day": Heading("From", "day"),
    "last_day": Heading("To", "day"),
    "of_customers": Heading("Of known customers", "money"),
    "without_customer": Heading("Without a customer", "money"),
    "without_customer_share": Heading("Share without a customer", "share"),
    "test": Heading("Test", "name"),
    "value": Heading("Value"),
    "unit": Heading("Unit", "text"),
    # summary
    "analysis": Heading("Analysis", "text"),
    "key": Heading("Key", "text"),
    "label": Heading("Figure", "text"),
    "kind": Heading("Written as", "text"),
    "sentence": Heading("Finding", "text"),
    "department": Heading("For", "text"),
    "reader": Heading("Reader", "text"),
    "opens": Heading("Opens", "text"),
    "table": Heading("Table", "name"),
    "read": Heading("Read", "count"),
    "kept": Heading("Used", "count"),
    "set_aside": Heading("Set aside", "count"),
    "state": Heading("State", "text"),
    "why": Heading("Why", "text"),
}


def column(name: str, kinds: Mapping[str, Kind] | None = None) -> Heading:
    """Return how a column is called and written; ``kinds`` overrides the kind for one table."""
    heading = _HEADINGS.get(name, Heading(name.replace("_", " ").capitalize()))
    return replace(heading, kind=kinds[name]) if kinds and name in kinds else heading


def is_declared(name: str) -> bool:
    """Say whether a column has a heading of its own."""
    return name in _HEADINGS
