"""A card of definition for each KPI: formula, what counts, what does not, who owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._kpi.parts import KPIS, STEM
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.analyses._kpi.parts import Measure

DEFINITIONS = ["kpi", "item", "text"]
ITEMS = ("formula", "counts", "excluded", "interval", "better", "department")


def definitions_table(measures: Sequence[Measure]) -> pd.DataFrame:
    """Return the cards of the KPIs that the data can tell. Columns ``DEFINITIONS``."""
    rows = [
        (measure.kpi, item, sentence(STEM, _template(measure, item), **_figures(measure)))
        for measure in measures
        for item in ITEMS
    ]
    return pd.DataFrame(rows, columns=DEFINITIONS).astype("str")


def _template(measure: Measure, item: str) -> str:
    if item in ("better", "department"):
        return f"card.{item}"
    return f"card.{measure.kpi}.{item}"


def _figures(measure: Measure) -> dict[str, str]:
    kpi = KPIS[measure.kpi]
    point = "quarter" if measure.months > 1 else "month"
    lag = measure.facts.get("lag")
    spent = {"0": "the same month", "1": "the month before"}.get(lag or "", f"{lag} months before")
    return {
        **measure.facts,
        "point": point,
        "spent": spent,
        "direction": {"up": "higher", "down": "lower"}.get(kpi.better, "neither"),
        "department": kpi.department,
    }
