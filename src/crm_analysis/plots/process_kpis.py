"""Pictures of the process KPIs: the verdict board, the courses, how deals end, an event, the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from crm_analysis.errors import ParameterError, listed, nearest
from crm_analysis.findings import VERDICTS
from crm_analysis.language import msg, tr
from crm_analysis.plots._kpi_board import board
from crm_analysis.plots._kpi_course import courses, draw_course, rows_of, write
from crm_analysis.plots.theme import (
    ACCENT,
    BAD,
    GOOD,
    INK,
    MAIN,
    MUTED,
    SMALL,
    WIDTH,
    describe,
    legend_below,
    new_axes,
    nothing_to_draw,
    share_axis,
    styled,
)
from crm_analysis.sentences.process_kpis import LABELS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.analyses.process_kpis import ProcessKpisResult

__all__ = ["board", "courses", "event", "groups", "outcomes"]

#: Height of a row of a group, in inches.
_ROW = 0.5
_CLASSES = {
    "A": msg("A clients"),
    "B": msg("B clients"),
    "C": msg("C clients"),
    "new": msg("new clients"),
    "all": msg("all"),
}
#: How deals end.
_ENDS = {
    "won": (msg("won {share}"), GOOD, "-"),
    "lost": (msg("lost {share}"), BAD, "--"),
    "open": (msg("open {share}"), MUTED, ":"),
}


@styled
def outcomes(result: ProcessKpisResult, ax: Axes | None = None) -> Axes:
    """Draw the share of deals won, lost and open by the days since first contact, with likely ranges.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.process_kpis.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    table, words = result.outcomes, result.context.words
    ax = new_axes(ax)
    if table.empty:
        return nothing_to_draw(ax, tr("No deal with a known beginning has been decided."))
    ends = []
    for name, (told, colour, style) in _ENDS.items():
        if name != "open":
            low, high = table[f"{name}_low"].fillna(table[name]), table[f"{name}_high"].fillna(table[name])
            ax.fill_between(table["days"], low, high, step="post", color=colour, alpha=0.15, lw=0)
        ax.step(table["days"], table[name], where="post", color=colour, ls=style, lw=2, label=name)
        last_share = float(table[name].iloc[-1])
        ends.append((last_share, tr(told).format(share=words.share(last_share, 0)), colour))
    _label_ends(ax, float(table["days"].iloc[-1]), ends)
    last = words.number(float(table["days"].iloc[-1]))
    ax.set(
        xlim=(0, float(table["days"].iloc[-1]) or 1), ylim=(0, 1.02), xlabel=tr("Days since first contact")
    )
    share_axis(ax.yaxis, words)
    shares = ", ".join(text for _, text, _ in ends)
    won, lost = (words.share(table[name].iloc[-1], 0) for name in ("won", "lost"))
    return describe(
        ax,
        tr("Within {days} days {won} of deals are won, {lost} lost").format(days=last, won=won, lost=lost),
        tr("Shares of all deals {days} days after first contact: {shares}.").format(days=last, shares=shares),
    )


@styled
def event(result: ProcessKpisResult, kpi: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the course of a KPI around the event, with the level on both sides.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.process_kpis.analyze`, with ``event_on``.
    kpi
        Which KPI; the one that the event moved most clearly where left out.
    ax
        Axes to draw on; new ones where left out.

    Raises
    ------
    ParameterError
        There is no such KPI.
    """
    ax = new_axes(ax)
    table = result.event[result.event["group"] == "all"]
    if table.empty:
        return nothing_to_draw(ax, tr("No event was named for this page."))
    known = table.dropna(subset=["before", "after"])
    row = _chosen(table, known, kpi)
    series = result.series[(result.series["kpi"] == row["kpi"]) & (result.series["group"] == "all")]
    if series.empty or np.isnan(row["before"] + row["after"]):
        return nothing_to_draw(ax, tr("The event has no months on both sides to compare."))
    starts = len(series) - int(row["n_after"])
    if starts < 1:
        return nothing_to_draw(ax, tr("The event has no months on both sides to compare."))
    draw_course(result, series, ax, lines=False)
    before, after = np.arange(starts), np.arange(starts, len(series))
    for place, side in ((before, "before"), (after, "after")):
        ax.plot(
            [place[0], place[-1]], [row[side]] * 2, color=ACCENT, lw=2.4, ls="-" if side == "after" else "--"
        )
    ax.axvline(starts - 0.5, color=INK, lw=1.2)
    title = tr("{kpi}: {before} before, {after} after").format(
        kpi=tr(LABELS[row["kpi"]]),
        before=write(result, row["kpi"], row["before"]),
        after=write(result, row["kpi"], row["after"]),
    )
    alt = tr("Course of a KPI around the event. {title}; verdict: {word}.")
    return describe(ax, title, alt.format(title=title, word=tr(VERDICTS[row["verdict"]][0])))


@styled
def groups(result: ProcessKpisResult, kpi: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw a KPI of the period by group, with likely ranges, and what it was before.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.process_kpis.analyze`.
    kpi
        Which KPI; the average deal won where left out, or the average order in its place.
    ax
        Axes to draw on; new ones where left out.

    Raises
    ------
    ParameterError
        There is no such KPI.
    """
    if kpi is None:
        kpi = "order_amount" if "order_amount" in set(result.kpis["kpi"]) else "deal_amount"
    if kpi not in LABELS:
        raise _unknown(kpi)
    rows = rows_of(result.kpis[(result.kpis["kpi"] == kpi) & result.kpis["group"].isin(list(_CLASSES))])
    rows = [row for row in rows if not np.isnan(row["value"])]
    ax = new_axes(ax, size=(WIDTH, 1.2 + _ROW * max(len(rows), 2)), grid="x")
    if not rows:
        return nothing_to_draw(ax, tr("{kpi}: no figure of this period.").format(kpi=tr(LABELS[kpi])))
    told = []
    for place, row in enumerate(rows):
        ranged = not np.isnan(row["low"] + row["high"])
        if ranged:
            ax.plot([row["low"], row["high"]], [place, place], color=MAIN, lw=2)
        ax.plot(row["value"], place, "o", ms=7, color=MAIN, label=None if place else tr("now"))
        if not np.isnan(row["previous"]):
            ax.plot(
                row["previous"], place, "D", ms=6, mfc="white", mec=INK, label=None if place else tr("before")
            )
        text = write(result, kpi, row["value"])
        # above its own point: beside it, it could stand next to that of the comparison
        ax.annotate(
            text, (row["value"], place), xytext=(0, 6), textcoords="offset points", ha="center", va="bottom",
            fontsize=SMALL,
        )  # fmt: skip
        told.append(f"{tr(_CLASSES[row['group']])} {text}")
    names = [f"{tr(_CLASSES[row['group']])}\nn = {result.context.words.number(row['n'])}" for row in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_ylim(len(rows) - 0.4, -0.7)
    ends = [row[name] for row in rows for name in ("value", "low", "high", "previous")]
    ax.set_xlim(min(0.0, np.nanmin(ends)), 1.12 * float(np.nanmax(ends)) or 1.0)
    legend_below(ax)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
    ax.xaxis.set_major_formatter(lambda value, _: write(result, kpi, value, short=True))
    title = tr("{kpi}, by class of client") if len(rows) > 1 else tr("{kpi}: {value}")
    title = title.format(kpi=tr(LABELS[kpi]), value=write(result, kpi, rows[0]["value"]))
    return describe(ax, title, tr("{kpi}: {groups}.").format(kpi=tr(LABELS[kpi]), groups=", ".join(told)))


def _label_ends(ax: Axes, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Write the last figure beside each line, pushed apart where they would overlap."""
    at = -1.0
    for value, text, colour in sorted(ends):
        at = max(value, at + 0.075)
        ax.annotate(
            text, (x, at), xytext=(6, 0), textcoords="offset points", va="center", fontsize=SMALL,
            color=INK if colour == MUTED else colour, annotation_clip=False,
        )  # fmt: skip


def _chosen(table: pd.DataFrame, known: pd.DataFrame, kpi: str | None) -> dict[str, Any]:
    if kpi is not None and kpi not in set(table["kpi"]):
        raise _unknown(kpi)
    if kpi is None:
        kpi = str((known if len(known) else table).sort_values("p_value", kind="stable")["kpi"].iloc[0])
    return rows_of(table[table["kpi"] == kpi])[0]


def _unknown(kpi: str) -> ParameterError:
    return ParameterError(
        f'There is no KPI "{kpi}".', f"There are: {listed(list(LABELS), 8)}.", nearest(kpi, list(LABELS))
    )
