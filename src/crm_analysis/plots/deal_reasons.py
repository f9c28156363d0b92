"""Pictures of the reasons: what they cost, what shifted, at which stage, and for which department."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.columns import column
from crm_analysis.language import tr
from crm_analysis.plots._deal_drivers import odds_ratios, price
from crm_analysis.plots.theme import (
    ACCENT,
    INK,
    MAIN,
    MUTED,
    PALE,
    SMALL,
    WIDTH,
    count_axis,
    describe,
    money_axis,
    new_axes,
    nothing_to_draw,
    share_axis,
    shorten,
    styled,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.analyses.deal_reasons import DealReasonsResult

__all__ = ["change", "departments", "odds_ratios", "pareto", "price", "stage_map"]

_MOST = 12
#: Stands for a blank; drawn pale.
_BLANK = "(not stated)"
_DARK = 0.7
#: The names of more stages stand aslant.
_LEVEL_STAGES = 5


@styled
def pareto(result: DealReasonsResult, ax: Axes | None = None) -> Axes:
    """Draw what was lost for each reason in the year, largest first, with the share of all so far."""
    rows = _lost(result)
    rows = rows[rows["deals"] > 0]
    ax = new_axes(ax, grid="x", size=(WIDTH, _height(min(len(rows), _MOST + 1))))
    if rows.empty:
        return nothing_to_draw(ax, tr("No lost deal has a reason to count."))
    words = result.context.words
    measure = "amount" if rows["amount"].notna().any() else "deals"
    rows = rows.sort_values([measure, "reason"], ascending=[False, True], kind="stable")
    sizes = rows[measure].fillna(0.0).to_numpy(dtype=float)
    names, drawn, deals = list(rows["reason"]), list(sizes), list(rows["deals"])
    rest = tr("{count} others").format(count=words.number(len(rows) - _MOST))
    if len(rows) > _MOST + 1:
        names, deals = [*names[:_MOST], rest], [*deals[:_MOST], sum(deals[_MOST:])]
        drawn = [*drawn[:_MOST], float(sizes[_MOST:].sum())]
    total = float(sizes.sum())
    if total <= 0:
        return nothing_to_draw(ax, tr("The lost deals are worth nothing."))
    place, running = np.arange(len(drawn)), np.cumsum(drawn)
    ax.barh(place, drawn, color=[PALE if name in (_BLANK, rest) else MAIN for name in names], height=0.66)
    ax.plot(running, place, color=ACCENT, marker="o", markersize=4, linewidth=1.4, zorder=3)
    for at, reached in enumerate(running):
        ax.annotate(words.share(reached / total, 0), (reached, at), (7, 0), textcoords="offset points",
                    va="center", fontsize=SMALL)  # fmt: skip
    counted = [words.counted(n, "deal") for n in deals]
    if measure == "amount":
        counted = [f"{n}, {words.money(float(size))}" for n, size in zip(counted, drawn, strict=True)]
        money_axis(ax.xaxis, words)
    else:
        count_axis(ax.xaxis, words)
    labels = [f"{shorten(name)}\n{n}" for name, n in zip(names, counted, strict=True)]
    ax.set_yticks(place, labels, fontsize=SMALL)
    ax.set(ylim=(len(drawn) - 0.4, -0.6), xlim=(0, total * 1.2))
    what = tr("Value of deals lost") if measure == "amount" else tr("Deals lost")
    ax.set_xlabel(tr("{what}; line: added up").format(what=what))
    written = words.money(total) if measure == "amount" else words.counted(total, "deal")
    few = min(3, len(names))
    told = (
        tr(
            "Bars of what was lost in {year} by reason, {all} in all, largest first: {first} with {share}; "
            "the first {few} make {part}."
        )
        if few > 1
        else tr("Bars of what was lost in {year} by reason, {all} in all: {first} with {share}.")
    )
    alt = told.format(
        year=result.year, all=written, first=words.name(names[0]), share=words.share(drawn[0] / total, 0),
        few=words.number(few), part=words.share(running[few - 1] / total, 0),
    )  # fmt: skip
    title = tr("Most is lost for: {reason}").format(reason=shorten(names[0], 60))
    return describe(ax, title, alt)


@styled
def change(result: DealReasonsResult, ax: Axes | None = None) -> Axes:
    """Draw how the share of each reason for losing differs from the year before, with its likely range."""
    rows = _lost(result).dropna(subset=["difference"]).head(_MOST)
    ax = new_axes(ax, grid="x", size=(WIDTH, _height(len(rows))))
    if rows.empty:
        return nothing_to_draw(
            ax, tr("There is nothing before {year} to compare reasons with.").format(year=result.year)
        )
    words, place = result.context.words, np.arange(len(rows))
    changed = (rows["verdict"] == "changed").to_numpy()
    points, low, high = (
        rows[name].to_numpy() * 100 for name in ("difference", "difference_low", "difference_high")
    )
    ax.axvline(0, color=MUTED, linewidth=1)
    ax.hlines(place, low, high, color=np.where(changed, ACCENT, MUTED), linewidth=2)
    ax.scatter(points[~changed], place[~changed], s=42, facecolor="white", edgecolor=MUTED, zorder=3)
    ax.scatter(points[changed], place[changed], s=52, marker="D", color=ACCENT, zorder=3)
    table = rows.to_dict("records")
    names = [f"{shorten(row['reason'])}\n{_from_to(row, result)}" for row in table]
    ax.set_yticks(place, names, fontsize=SMALL)
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlabel=tr("Difference of its share, percentage points"))
    moved = [row for row, one in zip(table, changed, strict=True) if one]
    title = tr("No reason shifted by more than chance")
    if moved:
        largest = max(moved, key=lambda row: abs(row["difference"]))
        title = tr("{reason}: {shares} of deals lost").format(
            reason=shorten(largest["reason"], 22), shares=_from_to(largest, result)
        )
    told = "; ".join(f"{words.name(row['reason'])} {_from_to(row, result)}" for row in moved)
    alt = tr(
        "Differences of the shares of {count} reasons between {before} and {year}, each with its likely "
        "range. Changed: {told}."
    ).format(
        count=words.number(len(rows)), before=result.year_before, year=result.year,
        told=told or tr("none beyond chance"),
    )  # fmt: skip
    return describe(ax, title, alt)


@styled
def stage_map(result: DealReasonsResult, ax: Axes | None = None) -> Axes:
    """Draw how many deals were lost for each reason at each stage, shaded by the share of the stage."""
    table = result.stage_map
    reasons, stages = (list(table[name].drop_duplicates()) for name in ("reason", "stage"))
    reasons = reasons[:_MOST]
    ax = new_axes(ax, grid="", size=(WIDTH, _height(len(reasons)) + 0.5))
    if table.empty:
        return nothing_to_draw(ax, tr("The stage before a loss is not known."))
    words = result.context.words
    cells = table.pivot_table(index="reason", columns="stage", values=["share", "deals"], sort=False)
    shade, count = (cells[name].loc[reasons, stages].to_numpy(dtype=float) for name in ("share", "deals"))
    top = float(np.nanmax(shade)) or 1.0
    ax.imshow(shade, aspect="auto", cmap="Blues", vmin=0, vmax=top * 1.1)
    for y, x in np.ndindex(shade.shape):
        colour = "white" if shade[y, x] > _DARK * top else INK
        ax.text(
            x, y, words.number(float(count[y, x]), 0), ha="center", va="center", color=colour, fontsize=SMALL
        )
    lost_there: dict[Any, Any] = table.drop_duplicates("stage").set_index("stage")["of_deals"].to_dict()
    slanted = len(stages) > _LEVEL_STAGES
    most = 14 if slanted else 48 // len(stages)
    ax.set_xticks(
        range(len(stages)),
        [f"{shorten(stage, most)}\n{words.number(lost_there[stage])}" for stage in stages],
        rotation=35 if slanted else 0, ha="right" if slanted else "center", fontsize=SMALL,
    )  # fmt: skip
    ax.set_yticks(range(len(reasons)), [shorten(reason) for reason in reasons])
    ax.set_xlabel(tr("Last stage, and deals lost there"))
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    best = table.loc[[table["deals"].idxmax()]].to_dict("records")[0]
    alt = tr(
        "Map of deals lost in {year} by reason and last stage, shaded by the share of the stage. Most in one "
        "cell: {deals} for {reason} at {stage}, {share} of the {all} lost there."
    ).format(
        year=result.year, deals=words.number(best["deals"]), reason=words.name(best["reason"]),
        stage=words.name(best["stage"]), share=words.share(best["share"], 0),
        all=words.number(best["of_deals"]),
    )  # fmt: skip
    title = tr("Most often: {reason}, after {stage}")
    reason, stage = shorten(best["reason"], 22), shorten(best["stage"], 18)
    return describe(ax, title.format(reason=reason, stage=stage), alt)


@styled
def departments(result: DealReasonsResult, ax: Axes | None = None) -> Axes:
    """Draw the share of lost deals whose reason belongs to each department, now and in the year before."""
    rows = result.departments_year[result.departments_year["deals"] > 0].head(_MOST)
    ax = new_axes(ax, grid="x", size=(WIDTH, _height(len(rows)) + 0.3))
    if rows.empty:
        return nothing_to_draw(ax, tr("No table says which department a reason belongs to."))
    words, place, table = result.context.words, np.arange(len(rows)), rows.to_dict("records")
    share = rows["share"].to_numpy()
    # a range that touches its own share leaves a rounding error below zero
    spread = np.maximum([share - rows["low"].to_numpy(), rows["high"].to_numpy() - share], 0)
    colours = [PALE if row["department"].startswith("(") else MAIN for row in table]
    ax.barh(place, share, color=colours, height=0.58)
    ax.errorbar(share, place, xerr=spread, fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
    before, axis = rows["previous_share"].to_numpy(), tr("Share of the deals lost")
    if rows["previous_share"].notna().any():
        ax.scatter(
            before, place, marker="D", s=34, facecolor="white", edgecolor=ACCENT, linewidth=1.6, zorder=4
        )
        axis += "\n" + tr("(diamond: in {year})").format(year=result.year_before)
    room = float(np.nanmax([*rows["high"], *before]))
    figures = [f"{words.share(row['share'], 0)}, {words.counted(row['deals'], 'deal')}" for row in table]
    _column(ax, figures)
    ax.set_yticks(place, [shorten(_department(row, result), 20) for row in table])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, room * 1.7), xlabel=axis)
    share_axis(ax.xaxis, words)
    told = ", ".join(f"{_department(row, result)} {words.share(row['share'], 0)}" for row in table)
    title = _department_title(table, result)
    alt = tr("Bars of the share of deals lost in {year} by department, with likely ranges: {told}.").format(
        year=result.year, told=told
    )
    return describe(ax, title, alt)


def _column(ax: Axes, figures: list[str]) -> None:
    """Write a figure a row in a column of their own, clear of bars, ranges and marks."""
    for at, text in enumerate(figures):
        ax.text(1, at, text, ha="right", va="center", fontsize=SMALL, transform=ax.get_yaxis_transform())


def _department_title(table: list[dict[Any, Any]], result: DealReasonsResult) -> str:
    """Name the department whose share rose the most; where none changed, the one with most deals."""
    own = [row for row in table if not row["department"].startswith("(")] or table
    risen = [row for row in own if row["verdict"] == "changed" and row["difference"] > 0]
    first = max(risen, key=lambda row: row["difference"]) if risen else own[0]
    share = _from_to(first, result) if risen else result.context.words.share(first["share"], 0)
    department = shorten(_department(first, result), 22)
    return tr("{department}: {share} of the deals lost").format(department=department, share=share)


def _department(row: dict[Any, Any], result: DealReasonsResult) -> str:
    return column("department").write(row["department"], result.context.words)


def _lost(result: DealReasonsResult) -> pd.DataFrame:
    return result.reasons_year[result.reasons_year["outcome"] == "lost"]


def _from_to(row: dict[Any, Any], result: DealReasonsResult) -> str:
    words = result.context.words
    return f"{words.share(row['previous_share'], 0)} → {words.share(row['share'], 0)}"


def _height(rows: int) -> float:
    return max(2.4, 1.1 + 0.36 * rows)
