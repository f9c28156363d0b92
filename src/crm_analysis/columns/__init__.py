"""How each column of a result is called and written: heading and kind, declared once.

Column names are identifiers; readers see the heading. Each analysis declares its own in a module of its
name. A column that is not declared is shown under its name with spaces, its numbers as plain numbers; a test
lists the columns of all results that miss here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_analysis.columns import (
    common,
    customer_abc,
    customer_segments,
    deal_reasons,
    marketing_impact,
    open_deals,
    process_kpis,
    sales_dynamics,
    summary,
)
from crm_analysis.columns.heading import Heading, Kind, plain
from crm_analysis.language import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AS_TEXT", "RANGES", "Heading", "Kind", "column", "is_declared"]

#: Two columns that are the ends of a range: the other end, and what the range is called.
RANGES: dict[str, tuple[str, str]] = {
    "low": ("high", msg("Likely range")),
    "growth_low": ("growth_high", msg("Likely range")),
    "limit_low": ("limit_high", msg("Normal range")),
    "interval_low": ("interval_high", msg("Likely range")),
    "projected_low": ("projected_high", msg("Likely end")),
    "difference_low": ("difference_high", msg("Likely difference")),
    "win_low": ("win_high", msg("Likely win rate")),
    "least_age_days": ("age_days", msg("Age")),
    "points_low": ("points_high", msg("Likely range")),
    "level_low": ("level_high", msg("Likely jump")),
    "won_low": ("won_high", msg("Likely won")),
    "return_low": ("return_high", msg("Likely return")),
    "conversion_low": ("conversion_high", msg("Likely range")),
    "cost_per_lead_low": ("cost_per_lead_high", msg("Likely cost of a lead")),
    "acquisition_low": ("acquisition_high", msg("Likely cost of a new customer")),
    "lost_low": ("lost_high", msg("Likely lost")),
}

#: What a column of figures is called where it holds text.
AS_TEXT = {"value": msg("Name"), "level": msg("Group")}

_PARTS = (
    common,
    sales_dynamics,
    customer_abc,
    customer_segments,
    marketing_impact,
    deal_reasons,
    process_kpis,
    open_deals,
    summary,
)
_HEADINGS: dict[str, Heading] = {name: heading for part in _PARTS for name, heading in part.HEADINGS.items()}


def column(name: str, kinds: Mapping[str, Kind] | None = None) -> Heading:
    """Return how a column is called and written; ``kinds`` overrides the kind for one table."""
    heading = _HEADINGS.get(name, Heading(plain(name)))
    return replace(heading, kind=kinds[name]) if kinds and name in kinds else heading


def is_declared(name: str) -> bool:
    """Say whether a column has a heading of its own."""
    return name in _HEADINGS
