"""Pictures of the analysis of marketing: cost beside sales, returns, course by month, time to a sale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._marketing.channels import OPEN, PAYS, PAYS_NOT, UNKNOWN
from crm_analysis.language import msg, plural, tr
from crm_analysis.plots._marketing_attribution import attribution, spend_and_income
from crm_analysis.plots._marketing_leads import MOST, conversion_by_channel, draw_range, lag, write_at_right
from crm_analysis.plots.theme import (
    BAD,
    GOOD,
    INK,
    MAIN,
    MUTED,
    PALE,
    SMALL,
    WIDTH,
    describe,
    money_axis,
    month_axis,
    new_axes,
    nothing_to_draw,
    share_axis,
    shorten,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from crm_analysis.analyses.marketing_impact import MarketingImpactResult
    from crm_analysis.words import Words

__all__ = [
    "attribution",
    "conversion_by_channel",
    "course",
    "lag",
    "return_by_channel",
    "share_of_cost_and_sales",
    "spend_and_income",
]

_LOOKS = {PAYS: (GOOD, "o"), PAYS_NOT: (BAD, "X"), OPEN: (MUTED, "D"), UNKNOWN: (MUTED, "s")}
#: The same without colour.
_SIGNS = {PAYS: "▲", PAYS_NOT: "▼", OPEN: "○"}
#: Shares of sales, as they stand in a legend and in a sentence.
_CALLED = {"revenue_share": msg("share of revenue"), "won_share": msg("share of deals won")}
_OF = {
    "revenue_share": msg("{channel}: {share} of revenue"),
    "won_share": msg("{channel}: {share} of deals won"),
}
#: A channel whose interval reaches further than this multiple of the best return is cut there.
_FAR = 2.5


@styled
def share_of_cost_and_sales(result: MarketingImpactResult, ax: Axes | None = None) -> Axes:
    """Draw the share of cost beside the share of revenue of each channel, most revenue first.

    Where nobody knows what sales were worth, the share of the deals won stands for that of revenue. At the
    right stands what the money spent on the leads judged returned, in words, with its likely range and the
    sign of its verdict.
    """
    share = "revenue_share" if result.channels["revenue_share"].notna().any() else "won_share"
    rows = result.channels[(result.channels[share].abs() > 0) | (result.channels["cost_share"] > 0)]
    rows = rows.sort_values(share, ascending=False, kind="stable")
    shown = rows.head(MOST)
    ax = new_axes(ax, grid="x", size=(WIDTH, max(2.2, 1.1 + 0.42 * len(shown))))
    if shown.empty or shown[share].isna().all():
        return nothing_to_draw(ax, tr("There is no revenue to be split by channel."))
    words, place = result.context.words, np.arange(len(shown))
    costs = bool(shown["cost_share"].notna().any())
    height = 0.36 if costs else 0.6
    _share_bars(ax, place - (height / 2 if costs else 0), shown[share], height, MAIN, words, "")
    if costs:
        _share_bars(ax, place + height / 2, shown["cost_share"], height, PALE, words, "////")
    ax.set_yticks(place, [shorten(name, 16) for name in shown["channel"]])
    ax.set_ylim(len(shown) + (0.8 if costs else -0.4), -0.6)  # room for the legend below the bars
    low = min(0.0, float(shown[share].min()))
    ax.set_xlim(low * 1.2, float(np.nanmax(shown[[share, "cost_share"]].to_numpy())) * 1.3)
    share_axis(ax.xaxis, words)
    if costs:
        ax.legend([tr(_CALLED[share]), tr("share of marketing cost")], loc="lower right", ncols=2)
        _write_returns(ax, shown.to_dict("records"), _judged(result), words)
    first = shown.to_dict("records")[0]
    title = tr(_OF[share]).format(channel=shorten(first["channel"]), share=words.share(first[share], 0))
    if costs:
        cost = words.share(first["cost_share"], 0)
        title = tr("{shares}, {cost} of marketing cost").format(shares=title, cost=cost)
    told = "; ".join(_both_shares(row, share, words, costs=costs) for row in shown.to_dict("records"))
    alt = tr("Bars of shares by channel, largest first: {told}.").format(told=told)
    return describe(ax, title, alt + _not_shown(rows, shown, words))


@styled
def return_by_channel(result: MarketingImpactResult, ax: Axes | None = None) -> Axes:
    """Draw the return on spend of each channel with its interval, best first; a line marks the money back."""
    rows = result.ranking.merge(result.channels[["channel", "verdict", "few_wins"]], on="channel")
    shown = rows.head(MOST)
    ax = new_axes(ax, grid="x", size=(WIDTH, max(2.2, 1.3 + 0.36 * len(shown))))
    if shown.empty:
        why = tr("There is no return to be told: no costs, or no leads old enough to judge.")
        return nothing_to_draw(ax, why)
    words, table = result.context.words, shown.to_dict("records")
    end = _far_end(shown)
    for at, row in enumerate(table):
        colour, marker = _LOOKS[row["verdict"]]
        limits = [row["return_low"], min(row["return_high"], end)]
        draw_range(ax, at, min(row["return_on_spend"], end), limits, color=colour, marker=marker)
        star = " *" if row["few_wins"] else ""
        won = tr("{n} won").format(n=words.number(row["cohort_won"], 0))
        text = f"{words.change(row['return_on_spend'], 0)}   {won}{star}"
        write_at_right(ax, at, text)
    ax.axvline(0, color=INK, linewidth=1.2)
    ax.set_yticks(np.arange(len(table)), [shorten(row["channel"], 20) for row in table])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(min(-1.08, float(shown["return_on_spend"].min()) * 1.1), end * 1.04)
    _change_axis(ax.xaxis, words)
    label = tr("Return on spend, leads of {months}; 0 is the money back").format(months=_judged(result))
    if shown["few_wins"].any():
        label = f"{label}\n{tr('* few won: range too narrow')}"
    ax.set_xlabel(label)
    told = "; ".join(_return_told(row, words) for row in table)
    alt = tr("Return on spend by channel, best first: {told}.").format(told=told)
    return describe(ax, _return_title(shown, words), alt + _not_shown(rows, shown, words))


@styled
def course(result: MarketingImpactResult, ax: Axes | None = None) -> Axes:
    """Draw by the month of the lead what was spent and what its leads brought; unripe months pale."""
    ax = new_axes(ax)
    table = result.course[result.course["cost"].notna() & result.course["income"].notna()]
    if table.empty or not (table["cost"] > 0).any():
        return nothing_to_draw(ax, tr("There are no costs to set beside what leads brought."))
    words, place = result.context.words, np.arange(len(table))
    ripe = table["ripe"].to_numpy()
    ax.bar(place - 0.2, table["cost"], width=0.4, color=PALE, hatch="////", edgecolor=MUTED, linewidth=0.5)
    income = table["income"].to_numpy(dtype=float)
    ax.bar(place[ripe] + 0.2, income[ripe], width=0.4, color=MAIN)
    ax.bar(place[~ripe] + 0.2, income[~ripe], width=0.4, color=MAIN, alpha=0.3)
    months = table["month"].tolist()
    month_axis(ax.xaxis, table["month"])
    ax.set_xlabel(tr("Month in which the leads came"))
    money_axis(ax.yaxis, words)
    ax.axhline(0, color=MUTED, linewidth=0.8)
    parts = [(tr("cost"), 0), (tr("what its leads brought"), 1), (tr("so far, leads too young"), 2)]
    bars = ax.containers
    kept = [(bars[at], name) for name, at in parts if len(bars[at])]
    ax.legend([bar for bar, _ in kept], [name for _, name in kept], loc="upper left", ncols=1)
    ax.set_ylim(top=float(max(table["cost"].max(), income.max())) * 1.35)
    old = table[ripe]
    spent, brought = words.money(float(old["cost"].sum())), words.money(float(old["income"].sum()))
    title = tr("No month of leads is old enough to judge yet")
    if len(old):
        title = tr("{spent} brought {brought}, by leads old enough to judge")
    title, late = title.format(spent=spent, brought=brought), table[~ripe]
    alt = tr(
        "Bars by month of the lead, from {first} to {last}: cost beside what the leads brought. {title}. At "
        "the end {months} too young to judge: {spent} spent, {brought} so far."
    ).format(
        first=words.month(months[0]),
        last=words.month(months[-1]),
        title=title,
        months=words.counted(len(late), "month"),
        spent=words.money(float(late["cost"].sum())),
        brought=words.money(float(late["income"].sum())),
    )
    return describe(ax, title, alt)


def _judged(result: MarketingImpactResult) -> str:
    """Write the months whose leads are judged, as short as the ticks of the course."""
    spans = result.totals[result.totals["span"] == "ripe_leads"]
    first, last = (f"{spans[name].iloc[0]:%Y-%m}" for name in ("first_day", "last_day"))
    return tr("{low} to {high}").format(low=first, high=last)


def _share_bars(
    ax: Axes, place: np.ndarray, values: Any, height: float, colour: str, words: Words, hatch: str
) -> None:
    numbers = np.nan_to_num(values.to_numpy(dtype=float))
    edge = MUTED if hatch else colour
    ax.barh(place, numbers, height=height, color=colour, hatch=hatch, edgecolor=edge, linewidth=0.5)
    for at, value in zip(place, numbers, strict=True):
        text = f" {words.share(float(value), 0 if abs(value) >= 0.1 or not value else 1)}"
        ax.text(max(value, 0.0), at, text, va="center", fontsize=SMALL - 1.5, color=INK)


def _write_returns(ax: Axes, rows: list[dict[Any, Any]], months: str, words: Words) -> None:
    """Write the return of each channel beside its bars; nothing where none is known."""
    known = [(at, row) for at, row in enumerate(rows) if row["return_on_spend"] == row["return_on_spend"]]
    if not known:
        return
    ax.set_ylim(top=-1.3)  # room for two lines below a long title
    write_at_right(ax, -0.85, f"{tr('Return (likely)')}\n{months}", fontsize=SMALL - 1.5)
    for at, row in known:
        colour = _LOOKS[row["verdict"]][0] if row["verdict"] in (PAYS, PAYS_NOT) else INK
        sign = _SIGNS.get(row["verdict"], "?")
        text = f"{sign} {words.change(row['return_on_spend'], 0)}"
        write_at_right(ax, at - 0.17, text, color=colour, fontweight="bold")
        if row["return_low"] == row["return_low"]:
            low, high = (words.change(row[end], 0) for end in ("return_low", "return_high"))
            limits = tr("{low} to {high}").format(low=low, high=high)
            write_at_right(ax, at + 0.23, limits, fontsize=SMALL - 1.5)


def _both_shares(row: dict[Any, Any], share: str, words: Words, *, costs: bool) -> str:
    told = tr(_OF[share]).format(channel=words.name(row["channel"]), share=words.share(row[share]))
    cost = words.share(row["cost_share"])
    return tr("{shares}, {cost} of cost").format(shares=told, cost=cost) if costs else told


def _not_shown(rows: Any, shown: Any, words: Words) -> str:
    """Say how many channels are in the table only; nothing where all are drawn."""
    more = len(rows) - len(shown)
    return (
        tr(" In the table only: {channels}.").format(channels=words.counted(more, "channel")) if more else ""
    )


def _far_end(shown: Any) -> float:
    """Give the right end of the axis, so that one very long interval does not press the rest together."""
    best = max(float(shown["return_on_spend"].max()), 0.4)
    longest = float(np.nanmax(np.append(shown["return_high"].to_numpy(dtype=float), best)))
    return min(longest, best * _FAR)


def _return_told(row: dict[Any, Any], words: Words) -> str:
    told = tr("{channel} {value}, {won} won: {verdict}")
    if row["return_low"] == row["return_low"]:
        told = tr("{channel} {value} ({low} to {high}), {won} won: {verdict}")
    return told.format(
        channel=words.name(row["channel"]),
        value=words.change(row["return_on_spend"], 0),
        low=words.change(row["return_low"], 0),
        high=words.change(row["return_high"], 0),
        won=words.number(row["cohort_won"], 0),
        verdict=tr("not enough data" if row["verdict"] == UNKNOWN else row["verdict"]),
    )


def _return_title(shown: Any, words: Words) -> str:
    counts = shown["verdict"].value_counts()
    pays, pays_not = int(counts.get(PAYS, 0)), int(counts.get(PAYS_NOT, 0))
    figures = {"n": words.number(len(shown)), "pays": words.number(pays), "loses": words.number(pays_not)}
    figures |= {"pay": plural("pays", "pay", pays), "do": plural("does", "do", pays_not)}
    if pays and pays_not:
        return tr("Of {n} channels {pays} {pay} back, {loses} {do} not").format(**figures)
    if pays:
        return tr("Of {n} channels {pays} {pay} back").format(**figures)
    if pays_not:
        return tr("Of {n} channels {loses} {do} not pay back").format(**figures)
    return tr("Which channel pays back cannot be told yet")


def _change_axis(axis: Axis, words: Words) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.change(value, 0) if value else "0"))
