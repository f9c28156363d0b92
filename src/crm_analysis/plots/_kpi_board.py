"""The verdict board of the process KPIs, to be read at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.findings import VERDICTS
from crm_analysis.language import tr
from crm_analysis.plots._kpi_course import rows_of, write
from crm_analysis.plots.theme import (
    BAD,
    GOOD,
    INK,
    MUTED,
    PALE,
    SMALL,
    WIDTH,
    describe,
    new_axes,
    nothing_to_draw,
    styled,
)
from crm_analysis.sentences.process_kpis import LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from crm_analysis.analyses.process_kpis import ProcessKpisResult

_CHIPS = {"improved": GOOD, "worsened": BAD, "no_evidence": PALE, "not_enough_data": "white"}
_ROW = 0.72


@styled
def board(result: ProcessKpisResult, ax: Axes | None = None) -> Axes:
    """Draw the verdict on each KPI, with its figure now and its change a year.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.process_kpis.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    rows = rows_of(result.trends[result.trends["group"] == "all"])
    ax = new_axes(ax, size=(WIDTH, 0.5 + _ROW * max(len(rows), 2)), grid="")
    if not rows:
        return nothing_to_draw(ax, "None of the KPIs can be told from these data.")
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    ax.set_axis_off()
    parts = []
    for place, row in enumerate(rows):
        word, sign = VERDICTS[row["verdict"]]
        now, change = _now(result, row["kpi"]), _change(result, row)
        ax.text(0.0, place - 0.17, tr(LABELS[row["kpi"]]), weight="bold", fontsize=12, va="center")
        ax.text(0.0, place + 0.19, now, fontsize=SMALL, va="center")
        found = row["verdict"] in ("improved", "worsened")
        ax.text(
            0.55, place - 0.17, f"{sign} {word}", weight="bold" if found else "normal", va="center",
            fontsize=SMALL, color="white" if found else INK,
            bbox={"boxstyle": "round,pad=0.28", "fc": _CHIPS[row["verdict"]], "ec": MUTED, "lw": 0.6},
        )  # fmt: skip
        ax.text(0.54, place + 0.19, change, fontsize=SMALL, va="center")
        if place:
            ax.axhline(place - 0.5, color=PALE, lw=0.8)
        parts.append(f"{tr(LABELS[row['kpi']])}: {word}, {change}, {now}")
    return describe(ax, _headline(rows), f"Board of the KPIs. {'; '.join(parts)}.")


def _headline(rows: list[dict[str, Any]]) -> str:
    counts = {key: sum(row["verdict"] == key for row in rows) for key in VERDICTS}
    said = [f"{counts[key]} {VERDICTS[key][0]}" for key in ("improved", "worsened", "changed") if counts[key]]
    if counts["no_evidence"]:
        said.append(f"no evidence of change for {counts['no_evidence']}")
    if counts["not_enough_data"]:
        said.append(f"not enough data for {counts['not_enough_data']}")
    text = ", ".join(said)
    return text[0].upper() + text[1:]


def _now(result: ProcessKpisResult, kpi: str) -> str:
    level = rows_of(result.kpis[(result.kpis["kpi"] == kpi) & (result.kpis["group"] == "all")])
    if not level or np.isnan(level[0]["value"]):
        return "no figure for this period"
    text = f"now {write(result, kpi, level[0]['value'])}"
    if np.isnan(level[0]["low"] + level[0]["high"]):
        return text
    return f"{text} ({_range(result, kpi, level[0], signed=False)})"


def _change(result: ProcessKpisResult, row: dict[str, Any]) -> str:
    if np.isnan(row["p_value"]):
        return f"{result.context.words.counted(row['n_points'], 'point')}, too few to tell"
    change = write(result, row["kpi"], row["change_per_year"], signed=True)
    return f"{change} a year ({_range(result, row['kpi'], row, signed=True)})"


def _range(result: ProcessKpisResult, kpi: str, row: dict[str, Any], *, signed: bool) -> str:
    low, high = (write(result, kpi, row[end], signed=signed, short=True) for end in ("low", "high"))
    return f"{low} to {high}"
