"""The verdict board of the process KPIs, to be read at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.findings import VERDICTS
from crm_analysis.language import msg, tr
from crm_analysis.plots._kpi_course import rows_of, write
from crm_analysis.plots.theme import (
    BAD,
    GOOD,
    INK,
    MUTED,
    PALE,
    SMALL,
    describe,
    new_axes,
    nothing_to_draw,
    styled,
)
from crm_analysis.sentences.process_kpis import LABELS, too_few

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from crm_analysis.analyses.process_kpis import ProcessKpisResult

_CHIPS = {"improved": GOOD, "worsened": BAD, "no_evidence": PALE, "not_enough_data": "white"}
#: Narrower than other pictures, since it is all words: a phone shrinks it less.
_WIDTH = 4.6
_ROW = 0.86
#: How a title counts the verdicts.
_SAID = {
    "improved": msg("{count} improved"),
    "worsened": msg("{count} worsened"),
    "no_evidence": msg("no evidence of change for {count}"),
    "not_enough_data": msg("not enough data for {count}"),
}
#: Why there is no verdict, by the status of the test.
_UNTOLD = {
    "too_few": msg("{points}, too few to tell"),
    "season_unclear": msg("{points}, too few to tell it from the season"),
    "gaps": msg("{points}, with too many gaps between them"),
    "constant": msg("{points}, all alike"),
}


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
    ax = new_axes(ax, size=(_WIDTH, 0.5 + _ROW * (len(rows) or 2)), grid="")
    if not rows:
        return nothing_to_draw(ax, tr("None of the KPIs can be told from these data."))
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    ax.set_axis_off()
    parts = []
    for place, row in enumerate(rows):
        word, sign = tr(VERDICTS[row["verdict"]][0]), VERDICTS[row["verdict"]][1]
        now, change = _now(result, row["kpi"]), _change(result, row)
        found = row["verdict"] in ("improved", "worsened")
        ax.text(0, place - 0.26, tr(LABELS[row["kpi"]]), weight="bold", fontsize=11.5, va="center")
        ax.text(
            0.985, place - 0.26, f"{sign} {word}", weight="bold" if found else "normal", va="center",
            ha="right", fontsize=SMALL, color="white" if found else INK,
            bbox={"boxstyle": "round,pad=0.28", "fc": _CHIPS[row["verdict"]], "ec": MUTED, "lw": 0.6},
        )  # fmt: skip
        ax.text(0, place + 0.06, change, weight="bold" if found else "normal", fontsize=SMALL, va="center")
        ax.text(0, place + 0.3, now, fontsize=SMALL, va="center")
        if place:
            ax.axhline(place - 0.5, color=PALE, lw=0.8)
        parts.append(f"{tr(LABELS[row['kpi']])}: {word}, {change}, {now}")
    return describe(
        ax,
        _headline(rows),
        tr("Board of the KPIs. {told}.").format(told="; ".join(parts)),
    )


def _headline(rows: list[dict[str, Any]]) -> str:
    counts = {key: sum(row["verdict"] == key for row in rows) for key in _SAID}
    if counts["not_enough_data"] == len(rows):
        return tr("Not enough data yet for a verdict")
    text = ", ".join(tr(_SAID[key]).format(count=count) for key, count in counts.items() if count)
    return text[0].upper() + text[1:]


def _now(result: ProcessKpisResult, kpi: str) -> str:
    level = rows_of(result.kpis[(result.kpis["kpi"] == kpi) & (result.kpis["group"] == "all")])
    if not level or np.isnan(level[0]["value"]):
        return tr("no figure for this period")
    value = write(result, kpi, level[0]["value"])
    if too_few(level[0]):  # the range, where there is one, would drown the figure
        n = result.context.words.number(level[0]["n"])
        return tr("now {value} (n = {n}: too few to say much)").format(value=value, n=n)
    if np.isnan(level[0]["low"] + level[0]["high"]):
        return tr("now {value}").format(value=value)
    likely = _range(result, kpi, level[0], signed=False)
    return tr("now {value} ({likely})").format(value=value, likely=likely)


def _change(result: ProcessKpisResult, row: dict[str, Any]) -> str:
    if np.isnan(row["p_value"]):
        words, n = result.context.words, row["n_points"]
        points = words.counted(n, "month") if row["point"] == "month" else words.counted(n, "quarter")
        return tr(_UNTOLD[row["status"]]).format(points=points)
    change = write(result, row["kpi"], row["change_per_year"], signed=True)
    likely = _range(result, row["kpi"], row, signed=True)
    return tr("{change} a year ({likely})").format(change=change, likely=likely)


def _range(result: ProcessKpisResult, kpi: str, row: dict[str, Any], *, signed: bool) -> str:
    low, high = (write(result, kpi, row[end], signed=signed, short=True) for end in ("low", "high"))
    return tr("{low} to {high}").format(low=low, high=high)
