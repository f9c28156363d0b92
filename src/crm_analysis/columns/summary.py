"""Columns of the summary."""

from __future__ import annotations

from crm_analysis.columns.heading import Heading

HEADINGS: dict[str, Heading] = {
    "analysis": Heading("Analysis", "text"),
    "key": Heading("Key", "text"),
    "label": Heading("Figure", "text"),
    "kind": Heading("Written as", "text"),
    "sentence": Heading("Finding", "text"),
    "department": Heading("Department", "plain"),
    "reader": Heading("Reader", "text"),
    "opens": Heading("Opens", "text"),
    "table": Heading("Table", "name"),
    "read": Heading("Read", "count"),
    "kept": Heading("Used", "count"),
    "set_aside": Heading("Set aside", "count"),
    "state": Heading("State", "text"),
    "why": Heading("Why", "text"),
    # the canonical tables that are no column elsewhere
    "activities": Heading("Activities"),
    "stage_history": Heading("Stage history"),
    "stages": Heading("Stages"),
    "owners": Heading("Owners"),
    "products": Heading("Products"),
    "marketing_costs": Heading("Marketing costs"),
    "touches": Heading("Touches"),
    "targets": Heading("Targets"),
    "reasons": Heading("Reasons"),
}
