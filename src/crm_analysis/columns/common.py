"""Columns that several analyses share."""

from __future__ import annotations

from crm_analysis.columns.heading import Heading

HEADINGS: dict[str, Heading] = {
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
}
