"""The main figures of the process KPIs, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._kpi.findings import capital, missing
from crm_analysis.analyses._kpi.measures import FEWEST_DECISIONS
from crm_analysis.analyses._kpi.parts import ALL, KPIS, STEM
from crm_analysis.language import tr
from crm_analysis.result import Sentences
from crm_analysis.sentences import sentence
from crm_analysis.sentences.process_kpis import CARD, LABELS, too_few
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from crm_analysis.analyses._kpi.findings import Facts

#: Months that classes rest on where the records allow.
_FULL_WINDOW = 12
#: The KPI that stands among the main figures of the report.
_MAIN = "decision_days"


def tiles(facts: Facts) -> tuple[Tile, ...]:
    """Return the five KPIs with their verdict; those without a figure for the period are absent."""
    levels = {kpi: facts.level(kpi, ALL) for kpi in KPIS}
    return tuple(
        _tile(facts, kpi, level)
        for kpi, level in levels.items()
        if level is not None and not np.isnan(level["value"])
    )


def _tile(facts: Facts, kpi: str, level: dict[str, Any]) -> Tile:
    value, before = float(level["value"]), level["previous"]
    if too_few(level):
        few = tr("{count}: too few to judge").format(count=facts.behind(kpi, level["n"]))
        return Tile(kpi, tr(LABELS[kpi]), value, KPIS[kpi].written, note=few, main=kpi == _MAIN)
    has_range = not np.isnan(level["low"] + level["high"])
    return Tile(
        kpi,
        tr(LABELS[kpi]),
        value,
        KPIS[kpi].written,
        float(value / before - 1) if before > 0 else None,
        level["verdict"],
        float(level["low"]) if has_range else None,
        float(level["high"]) if has_range else None,
        tuple(float(one) if np.isfinite(one) else None for one in facts.course(kpi, ALL).figures),
        note=_note(facts, kpi),
        main=kpi == _MAIN,
    )


def _note(facts: Facts, kpi: str) -> str:
    """Say what kind of figure it is, where its name does not."""
    if kpi == "decision_days":
        origin = next(one.facts["origin"] for one in facts.known.measures if one.kpi == kpi)
        days = facts.context.words.counted(round(facts.known.tau), "day")
        return tr("from {origin}; a deal counts {days} at most").format(origin=tr(CARD[origin]), days=days)
    return tr("also those on deals lost or open") if kpi == "contacts_per_customer" else ""


def left_out(facts: Facts) -> Sentences:
    """Say what could not be computed, and why."""
    words, known = facts.context.words, facts.known
    period = words.span(facts.context.period)
    said = missing(facts)
    for measure in known.measures:
        level = facts.level(measure.kpi, ALL)
        nobody = level is not None and level["n"] == 0 and not np.isnan(level["low"])
        if level is None or (np.isnan(level["value"]) and not nobody):
            why = "period" if level is None or level["n"] else "nothing"
            said.append(sentence(STEM, f"left.{why}", Name=capital(facts.name(measure.kpi)), period=period))
        if measure.kpi == "decision_days" and measure.months > 1:
            said.append(sentence(STEM, "left.quarters", fewest=words.number(FEWEST_DECISIONS)))
    if known.undated:
        deals = words.counted(known.undated, "deal")
        said.append(sentence(STEM, f"left.undated.{'one' if known.undated == 1 else 'several'}", deals=deals))
    if known.measures and not known.window:
        said.append(sentence(STEM, "left.classes"))
    elif known.measures and known.window < _FULL_WINDOW:
        said.append(sentence(STEM, "left.window", months=words.number(known.window)))
    return Sentences(said)
