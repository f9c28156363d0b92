"""A card of definition for each KPI: formula, what counts, what does not, who owns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._kpi.parts import KPIS, STEM
from crm_analysis.columns import column
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences.process_kpis import CARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.analyses._kpi.parts import Measure
    from crm_analysis.words import Words

DEFINITIONS = ["kpi", "item", "text"]
ITEMS = ("formula", "counts", "excluded", "interval", "better", "department")


def definitions_table(measures: Sequence[Measure], words: Words) -> pd.DataFrame:
    """Return the cards of the KPIs that the data can tell. Columns ``DEFINITIONS``."""
    rows = [(measure.kpi, item, _text(measure, item, words)) for measure in measures for item in ITEMS]
    return pd.DataFrame(rows, columns=DEFINITIONS).astype("str")


def _text(measure: Measure, item: str, words: Words) -> str:
    kpi, facts = KPIS[measure.kpi], measure.facts
    if item == "better":
        return tr(CARD[kpi.better])
    if item == "department":
        return column("department").write(kpi.department, words)
    figures = {name: tr(CARD.get(value, value)) for name, value in facts.items()}
    figures["point"] = tr("month") if measure.months == 1 else tr("quarter")
    if lag := facts.get("lag"):
        form = {"0": "same", "1": "one"}.get(lag, "more")
        figures["spent"] = sentence(STEM, f"spent.{form}", lag=lag)
    form = facts.get("formula", "") if item == "formula" else ""
    return sentence(STEM, f"card.{measure.kpi}.{item}{form}", **figures)
