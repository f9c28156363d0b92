"""Pictures: one module an analysis. Each function takes a finished result and an optional ``ax``.

They return matplotlib Axes and compute nothing; the label of the axes describes the picture in words.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_analysis.plots import (
        customer_abc,
        customer_segments,
        deal_reasons,
        marketing_impact,
        open_deals,
        process_kpis,
        sales_dynamics,
    )

__all__ = [
    "customer_abc",
    "customer_segments",
    "deal_reasons",
    "marketing_impact",
    "open_deals",
    "process_kpis",
    "sales_dynamics",
]


def __getattr__(name: str) -> Any:
    if name not in (*__all__, "theme"):  # the theme draws nothing itself: for pictures of one's own
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
