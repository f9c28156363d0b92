"""Pictures of open deals: how far deals get, what is in work, how it moved, who wins, what will come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.language import msg, named, tr
from crm_analysis.plots._deals_forecast import backtest, calibration, fan
from crm_analysis.plots.theme import (
    BAD,
    GOOD,
    INK,
    MAIN,
    MUTED,
    PALE,
    SMALL,
    UNDER_A_LABEL,
    WIDTH,
    count_axis,
    describe,
    legend_below,
    money_axis,
    new_axes,
    nothing_to_draw,
    share_axis,
    shorten,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from crm_analysis.analyses.open_deals import OpenDealsResult

__all__ = ["backtest", "bridge", "calibration", "fan", "funnel", "owners", "pipeline"]

#: From pale to dark: the older, the darker; deals of unknown age are hatched.
_AGES = {
    "under 30 days": "#DCE9F5",
    "30 to 59 days": "#A9CCE8",
    "60 to 89 days": "#6CAAD6",
    "90 to 179 days": "#2F7FBA",
    "180 days and more": "#0B3C66",
    "age not known": "#FFFFFF",
}
_HATCH = "////"
#: Rows of a picture; the table below it has them all.
_MOST_STAGES, _MOST_OWNERS = 10, 12
_PASSED = {"share": "conversion", "low": "low", "high": "high"}
_RATES = {"rate": "win_rate", "low": "low", "high": "high", "raw": "raw_rate"}
_APART = ("above the team", "below the team")
#: What the steps of the waterfall are called; those that add to it.
_PARTS = {
    "opening": msg("at the beginning"),
    "created": msg("deals created"),
    "reopened": msg("reopened"),
    "grown": msg("grown"),
    "shrunk": msg("shrunk"),
    "won": msg("deals won"),
    "lost": msg("deals lost"),
    "closing": msg("at the end"),
}
_ADDED = ("created", "won", "reopened", "grown")


@styled
def funnel(result: OpenDealsResult, ax: Axes | None = None) -> Axes:
    """Draw how many deals entered each stage, who went on in time, who was lost there, who neither."""
    every = result.funnel.to_dict("records")
    lowest = sorted(every, key=lambda row: row["conversion"])[:_MOST_STAGES]
    rows = [row for row in every if row in lowest]
    ax = new_axes(ax, size=(WIDTH, 1.7 + 0.42 * max(len(rows), 2)), grid="x")
    if not rows:
        return nothing_to_draw(ax, tr("Too few deals are decided, or none is old enough to be judged."))
    words, place = result.context.words, np.arange(len(rows))
    start = np.zeros(len(rows))
    for name, label, colour, hatch in (
        ("passed", tr("went on"), MAIN, ""),
        ("waiting", tr("not decided by then"), PALE, ""),
        ("lost", tr("lost there"), "white", _HATCH),
    ):  # fmt: skip
        width = np.array([row[name] for row in rows], dtype=float)
        ax.barh(place, width, left=start, color=colour, edgecolor=MUTED, lw=0.6, hatch=hatch, height=0.68,
                label=label)  # fmt: skip
        start += width
    shares = [
        tr("{share} ({low} to {high})").format(
            **{name: words.share(row[column], 0) for name, column in _PASSED.items()}
        )
        for row in rows
    ]
    for y, x, share in zip(place, start, shares, strict=True):
        ax.annotate(share, (x, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=SMALL)
    ax.set_yticks(place, [shorten(row["stage"], 18 if len(rows) > 1 else 22) for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, float(start.max()) * 1.45)
    label = tr("Deals, and percent of them that went on in time")
    if len(rows) < len(every):
        label = tr("Deals; the {n} of {all} stages that fewest pass in time")
    ax.set_xlabel(label.format(n=words.number(len(rows)), all=words.number(len(every))))
    count_axis(ax.xaxis, words)
    legend_below(ax, UNDER_A_LABEL)
    told = "; ".join(
        tr(
            "{stage}: {entered} entered, {passed} went on, {share}; {lost} lost, "
            "{waiting} not decided by then"
        ).format(
            stage=named(str(row["stage"])),
            share=share,
            **{name: words.number(row[name]) for name in ("entered", "passed", "lost", "waiting")},
        )
        for row, share in zip(rows, shares, strict=True)
    )
    won = words.share(every[-1]["passed"] / every[0]["entered"], 0)
    days = words.counted(result.funnel_days, "day")
    title = tr("{share} of deals are won within {days}").format(share=won, days=days)
    narrow = [row for row in rows if row["stage"] == result.narrowest]
    if narrow and len(rows) > 1:
        title = tr("{won} are won within {days}; fewest pass {stage}, {share}").format(
            won=won, days=days, stage=shorten(narrow[0]["stage"], 12),
            share=words.share(narrow[0]["conversion"], 0),
        )  # fmt: skip
    return describe(ax, title, tr("Bars of a funnel. {told}.").format(told=told))


@styled
def pipeline(result: OpenDealsResult, ax: Axes | None = None) -> Axes:
    """Draw the open deals by stage, split by age: in money, or in deals where no amount is known."""
    table = result.pipeline
    every = table.groupby("stage", sort=False)[["open_amount", "open_deals"]].sum()
    in_money = bool(table["open_amount"].sum() > 0)
    measure = "open_amount" if in_money else "open_deals"
    largest = every[measure].nlargest(_MOST_STAGES).index
    stages = [stage for stage in every.index if stage in largest]
    ax = new_axes(ax, size=(WIDTH, 1.9 + 0.42 * max(len(stages), 2)), grid="x")
    if table.empty:
        return nothing_to_draw(ax, tr("No deal is open."))
    words = result.context.words
    wide = table.pivot_table(index="stage", columns="age", values=measure, sort=False, aggfunc="sum")
    wide = wide.reindex(index=stages, columns=[age for age in _AGES if age in set(table["age"])]).fillna(0.0)
    place, start = np.arange(len(stages)), np.zeros(len(stages))
    for age in wide.columns:
        width = wide[age].to_numpy(dtype=float)
        seen = width > 0
        hatch = _HATCH if _AGES[age] == "#FFFFFF" else ""
        if seen.any():
            ax.barh(place[seen], width[seen], left=start[seen], color=_AGES[age], edgecolor=MUTED, lw=0.6,
                    hatch=hatch, height=0.68, label=tr(age))  # fmt: skip
        start += width
    sums = table.groupby("stage", sort=False)[["open_deals", "stalled"]].sum().reindex(stages)
    labels = [
        _of_stage(result, row, total if in_money else None)
        for row, total in zip(sums.to_dict("records"), start, strict=True)
    ]
    for y, x, label in zip(place, start, labels, strict=True):
        ax.annotate(label, (x, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=SMALL)
    ax.set_yticks(place, [shorten(stage, 18) for stage in stages])
    ax.set_ylim(len(stages) - 0.4, -0.6)
    ax.set_xlim(0, float(start.max()) * (2.1 if in_money else 1.75) or 1.0)
    (money_axis if in_money else count_axis)(ax.xaxis, words)
    _below(ax, result, tr("The {n} of {all} stages with most in work"), (len(stages), len(every)))
    old = int(table["stalled"].sum())
    title = tr("{deals}, {stalled} of them standing still").format(
        deals=words.counted(len(result.deals), "open deal"), stalled=words.number(old)
    )
    told = "; ".join(f"{named(stage)}: {label}" for stage, label in zip(stages, labels, strict=True))
    return describe(
        ax, title, tr("Bars of the open deals by stage, shaded by age. {told}.").format(told=told)
    )


def _below(ax: Axes, result: OpenDealsResult, label: str, counts: tuple[int, int]) -> None:
    """Put the legend below the axes, under a label that says which rows are drawn where some are not."""
    drawn, every = counts
    if drawn == every:
        legend_below(ax)
        return
    words = result.context.words
    ax.set_xlabel(label.format(n=words.number(drawn), all=words.number(every)))
    legend_below(ax, UNDER_A_LABEL)


def _of_stage(result: OpenDealsResult, row: dict[Any, Any], amount: float | None) -> str:
    words = result.context.words
    parts = [] if amount is None else [words.money(amount)]
    parts.append(words.counted(row["open_deals"], "deal"))
    if row["stalled"]:
        parts.append(tr("{stalled} standing still").format(stalled=words.number(row["stalled"])))
    return ", ".join(parts)


@styled
def bridge(result: OpenDealsResult, ax: Axes | None = None) -> Axes:
    """Draw how the pipeline got from the beginning to the end of the period, as a waterfall."""
    table = result.bridge
    in_money = bool(table["amount"].notna().all() and table["amount"].abs().sum() > 0)
    measure = "amount" if in_money else "deals"
    # what the data cannot know is 0 and would only take room
    rows = table[table["part"].isin(["opening", "created", "won", "lost", "closing"]) | (table["deals"] != 0)]
    ax = new_axes(ax, size=(WIDTH, 1.2 + 0.44 * len(rows)), grid="x")
    if not table["deals"].any():
        return nothing_to_draw(ax, tr("No deal was open, created or closed."))
    words = result.context.words
    names = [tr(_PARTS[part]) for part in rows["part"]]
    values = rows[measure].to_numpy(dtype=float)
    levels = np.cumsum(values[:-1])
    place = np.arange(len(rows))
    ax.barh(place[[0, -1]], values[[0, -1]], color=MUTED, height=0.62)
    moves = values[1:-1]
    colours = [GOOD if part in _ADDED else BAD for part in rows["part"].iloc[1:-1]]
    hatches = ["" if colour == GOOD else _HATCH for colour in colours]
    ax.barh(
        place[1:-1],
        moves,
        left=levels[:-1],
        color=colours,
        hatch=hatches,
        edgecolor="white",
        lw=0,
        height=0.62,
    )
    for step, level in enumerate(levels):
        ax.plot([level, level], [step - 0.31, step + 1.31], color=MUTED, lw=0.8)
    texts = [
        _of_part(result, row, measure, signed=0 < at < len(values) - 1)
        for at, row in enumerate(rows.to_dict("records"))
    ]
    ends = [values[0], *np.maximum(levels[:-1], levels[1:]), values[-1]]
    for y, x, text in zip(place, ends, texts, strict=True):
        ax.annotate(
            text, (max(x, 0), y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=SMALL
        )
    ax.set_yticks(place, names)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(min(0.0, float(levels.min())), max(*ends, 0.0) * 1.5 or 1.0)
    (money_axis if in_money else count_axis)(ax.xaxis, words)
    told = "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    change = values[-1] - values[0]
    size = words.money(abs(change)) if in_money else words.counted(abs(int(change)), "deal")
    title = tr("The pipeline is as large as it was")
    if change:
        title = tr("The pipeline grew by {size}") if change > 0 else tr("The pipeline shrank by {size}")
    return describe(ax, title.format(size=size), tr("Waterfall of the pipeline: {told}.").format(told=told))


def _of_part(result: OpenDealsResult, row: dict[Any, Any], measure: str, *, signed: bool) -> str:
    words = result.context.words
    if measure == "deals":
        return words.number(row["deals"], signed=signed)
    count = abs(int(row["deals"]))
    unknown = count > 0 and row["without_amount"] == count
    amount = tr("amounts not known") if unknown else words.money(row["amount"], signed=signed)
    return f"{amount} ({words.counted(count, 'deal')})"


@styled
def owners(result: OpenDealsResult, ax: Axes | None = None) -> Axes:
    """Draw each owner's win rate with the deals of the whole team and its range, and the rate as it is."""
    every = result.owners[result.owners["win_rate"].notna() & (result.owners["closed"] > 0)]
    every = every.assign(apart=every["compared"].isin(_APART))
    order = every.sort_values(["apart", "closed", "owner"], ascending=[False, False, True], kind="stable")
    rows = order.head(_MOST_OWNERS)
    rows = rows.sort_values(["win_rate", "owner"], ascending=[False, True], kind="stable")
    ax = new_axes(ax, size=(WIDTH, 1.7 + 0.31 * max(len(rows), 3)), grid="x")
    if rows.empty or not rows["low"].notna().any():
        return nothing_to_draw(ax, tr("Too few owners with decided deals to compare."))
    words, place, table = result.context.words, np.arange(len(rows)), rows.to_dict("records")
    team = float((every["raw_rate"] * every["closed"]).sum() / every["closed"].sum())
    ax.axvline(team, color=MUTED, lw=1.2, ls=(0, (4, 3)))
    for y, row in zip(place, table, strict=True):
        apart = row["apart"]
        colour = MAIN if apart else MUTED
        ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=2.4, solid_capstyle="butt")
        ax.plot(row["win_rate"], y, marker="o", ms=7, color=colour, mfc=colour if apart else "white", ls="")
        ax.plot(row["raw_rate"], y, marker="x", ms=6, color=INK, mew=1.4, ls="")
    ax.plot(
        [], [], marker="o", ms=7, color=MUTED, mfc="white", lw=2.4,
        label=tr("with the same deals, likely range"),
    )  # fmt: skip
    ax.plot([], [], marker="x", ms=6, color=INK, mew=1.4, ls="", label=tr("as it is"))
    ax.plot([], [], color=MUTED, lw=1.2, ls=(0, (4, 3)), label=tr("team"))
    labels = [f"{shorten(row['owner'], 20)} ({words.number(row['closed'])})" for row in table]
    ax.set_yticks(place, labels)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    share_axis(ax.xaxis, words)
    label = tr("{n} of {all} owners, those told apart first")
    _below(ax, result, label, (len(rows), len(every)))
    apart_n = int(every["apart"].sum())
    title = tr("No owner can be told apart from the team")
    if apart_n:
        title = tr("Owners told apart from the team: {n} of {all}").format(
            n=words.number(apart_n), all=words.number(len(every))
        )
    told = "; ".join(
        tr("{owner} {rate}, {low} to {high}, as it is {raw}, {compared}").format(
            owner=named(str(row["owner"])), compared=tr(str(row["compared"])),
            **{name: words.share(row[column], 0) for name, column in _RATES.items()},
        )
        for row in table
    )  # fmt: skip
    return describe(
        ax, title, tr("Win rates of owners with the same deals, with ranges: {told}.").format(told=told)
    )
