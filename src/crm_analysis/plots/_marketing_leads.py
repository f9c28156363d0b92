"""Pictures of what became of leads: how many are won, by channel, and how soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._saying import few
from crm_analysis.language import tr
from crm_analysis.plots.theme import (
    CYCLE,
    INK,
    MAIN,
    MUTED,
    SMALL,
    WIDTH,
    describe,
    new_axes,
    nothing_to_draw,
    share_axis,
    shorten,
    styled,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.words import Words

#: More channels than these do not fit a page; the table holds all.
MOST = 15
_MOST_LINES = 6
#: A channel with fewer leads is not named in a title.
_ENOUGH = 10
_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))


@styled
def conversion_by_channel(result: Any, ax: Axes | None = None) -> Axes:
    """Draw how many of a channel's leads are won, with intervals; where none is ripe, of the deals closed."""
    table = result.channels
    ripe = bool(table["conversion"].notna().any())
    value, low, high, n = (
        ("conversion", "conversion_low", "conversion_high", "cohort_leads")
        if ripe
        else ("win_rate", "win_low", "win_high", "closed")
    )
    rows = table[table[value].notna()].sort_values([value, "channel"], ascending=[False, True], kind="stable")
    shown = rows.head(MOST)
    ax = new_axes(ax, grid="x", size=(WIDTH, max(2.2, 1.2 + 0.34 * len(shown))))
    if shown.empty:
        return nothing_to_draw(ax, tr("No deal with a channel has been decided."))
    words, told = result.context.words, []
    for at, row in enumerate(shown.to_dict("records")):
        draw_range(ax, at, row[value], [row[low], row[high]], color=MAIN, marker="o")
        count = words.number(row[n], 0)
        write_at_right(ax, at, f"{words.share(row[value], 0)}   n = {count}")
        limits = tr("{low} to {high}").format(low=words.share(row[low], 0), high=words.share(row[high], 0))
        told.append(f"{words.name(row['channel'])} {words.share(row[value], 0)} ({limits}; {count})")
    ax.set_yticks(np.arange(len(shown)), [shorten(name, 20) for name in shown["channel"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(0, 1.02)
    share_axis(ax.xaxis, words)
    ax.set_xlabel(
        tr("Share won of leads old enough to judge, with its likely range")
        if ripe
        else tr("Share won of the deals closed in the period, with its likely range")
    )
    title = _conversion_title(shown[shown[n] >= _ENOUGH], (value, low, high), words)
    alt = tr("Share won of the deals closed in the period, by channel: {told}.")
    if ripe:
        alt = tr("Share won of leads old enough to judge, by channel: {told}.")
    return describe(ax, title, alt.format(told="; ".join(told)))


@styled
def lag(result: Any, ax: Axes | None = None) -> Axes:
    """Draw the share of leads won by months since the first contact, by channel."""
    ax = new_axes(ax)
    pace = result.pace[result.pace["won"] > 0]
    if pace.empty:
        return nothing_to_draw(ax, tr("No lead has been won yet."))
    words = result.context.words
    largest = pace.sort_values(["leads", "channel"], ascending=[False, True], kind="stable").head(_MOST_LINES)
    ends, told = [], []
    for at, row in enumerate(largest.to_dict("records")):
        line = result.lag[result.lag["channel"] == row["channel"]]
        ax.plot(
            line["months"], line["share_won"], color=CYCLE[at], linestyle=_STYLES[at], linewidth=2.2,
            marker="o", markersize=3,
        )  # fmt: skip
        last = float(line["share_won"].iloc[-1])
        ends.append((last, float(line["months"].iloc[-1]), shorten(row["channel"], 18), CYCLE[at]))
        half = words.counted(round(row["median_days"]), "day")
        told.append(
            tr("{channel} {share} in the end, half of them within {days}").format(
                channel=words.name(row["channel"]), share=words.share(last, 0), days=half
            )
        )
    top = max(end for end, *_ in ends) or 0.1
    most = max(1, *(int(months) for _, months, *_ in ends))
    ax.set(
        xlim=(0, most),
        ylim=(0, top * 1.1),
        xlabel=tr("Months since the first contact"),
        ylabel=tr("Share won"),
    )
    share_axis(ax.yaxis, words)
    ax.set_xticks(range(0, most + 1, 2 if most > 6 else 1))
    _label_ends(ax, ends, top)
    alt = tr("Lines of the share of leads won: {told}.").format(told="; ".join(told))
    if undrawn := [shorten(name, 14) for name in pace["channel"] if name not in set(largest["channel"])]:
        left = tr("Not drawn, with fewer leads:\n{channels}").format(channels=few(undrawn, words, 2))
        ax.set_xlabel(f"{ax.get_xlabel()}\n{left}")
        alt = f"{alt} {left}.".replace("\n", " ")
    return describe(ax, _lag_title(result, words), alt)


def _conversion_title(shown: pd.DataFrame, columns: tuple[str, str, str], words: Words) -> str:
    """Name the channel that wins the largest share only where its range lies above those of all others."""
    if shown.empty:
        return tr("Share of leads won by channel")
    value, low, high = columns
    first, others = shown.iloc[0], shown.iloc[1:]
    largest = words.share(first[value], 0)
    if others.empty or first[low] > others[high].max():
        title = tr("{channel} wins the largest share, {share}")
        return title.format(channel=shorten(first["channel"]), share=largest)
    least = words.share(others[value].min(), 0)
    return tr("Between {low} and {high} of leads are won, by channel").format(low=least, high=largest)


def _lag_title(result: Any, words: Words) -> str:
    """Say how many of all leads are won, as the lines show it, and how soon half of them."""
    whole = result.pace.to_dict("records")[0]
    line = result.lag.loc[result.lag["channel"] == whole["channel"], "share_won"]
    return tr("{share} of leads are won, half of these within {days}").format(
        share=words.share(float(line.iloc[-1]), 0), days=words.counted(round(whole["median_days"]), "day")
    )


def draw_range(ax: Axes, at: float, value: float, limits: list[float], **look: Any) -> None:
    """Draw a figure and its range, where it has one."""
    if limits[0] == limits[0]:
        ax.plot(limits, [at, at], color=look["color"], linewidth=2.2)
    ax.plot(value, at, markersize=8, linestyle="", clip_on=False, **look)


def write_at_right(ax: Axes, at: float, text: str, **look: Any) -> None:
    """Write a text right of the axes."""
    style: dict[str, Any] = {"color": INK, "fontsize": SMALL, "va": "center"} | look
    ax.annotate(text, (1.02, at), xycoords=("axes fraction", "data"), annotation_clip=False, **style)


def _label_ends(ax: Axes, ends: list[tuple[float, float, str, str]], top: float) -> None:
    """Name the lines at their ends, apart from each other and within the height of the axes."""
    room, ordered = top * 0.075, sorted(ends)
    places: list[float] = []
    for value, *_ in ordered:
        places.append(max(value, places[-1] + room) if places else value)
    highest = top * 1.06
    for at in range(len(places) - 1, -1, -1):
        places[at] = min(places[at], highest)
        highest = places[at] - room
    beside: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
    for (value, month, name, colour), place in zip(ordered, places, strict=True):
        ax.annotate(f" {name}", (1.01, place), va="center", fontsize=SMALL, color=INK, **beside)
        # a line ends early where no lead has been watched for longer: what leads to its name is no part of it
        early = month < ax.get_xlim()[1]
        line = {"arrowstyle": "-", "shrinkA": 0, "shrinkB": 0, "lw": 0.6 if early else 1.5}
        line |= {"color": MUTED if early else colour, "linestyle": ":" if early else "-"}
        ax.annotate(
            "", (month, value), (1.015, place), textcoords=beside["xycoords"], xycoords="data",
            arrowprops=line, annotation_clip=False,
        )  # fmt: skip
