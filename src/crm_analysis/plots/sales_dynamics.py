"""Pictures of the sales analysis: the course, what made the change, structure, plan, calendar, win rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.language import tr
from crm_analysis.plots._sales_ranges import calendar, labels_of, of_dimension, rows_of, win_rates
from crm_analysis.plots.theme import (
    ACCENT,
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
    month_axis,
    new_axes,
    nothing_to_draw,
    share_axis,
    shorten,
    styled,
)
from crm_analysis.sentences.sales_dynamics import DRIVER_LABELS, DRIVERS, dimension_name
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from crm_analysis.analyses.sales_dynamics import SalesDynamicsResult
    from crm_analysis.words import Words

__all__ = ["calendar", "change", "monthly", "plan", "structure", "win_rates"]

MOST_TICKS = 7


@styled
def monthly(result: SalesDynamicsResult, ax: Axes | None = None) -> Axes:
    """Draw revenue month by month with the range of normal variation; a part month is hollow.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.sales_dynamics.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    months, words = result.monthly, result.context.words
    ax = new_axes(ax)
    if months.empty:
        return nothing_to_draw(ax, tr("There is no sale yet."))
    if months["revenue"].isna().all():
        return _won_by_month(result, ax)
    at = np.arange(len(months))
    if months["limit_low"].notna().any():
        limits = months["limit_low"], months["limit_high"]
        ax.fill_between(at, *limits, color=PALE, alpha=0.6, lw=0, label=tr("normal range"))
        ax.plot(at, months["centre"], color=MUTED, lw=1, ls=(0, (4, 3)), label=tr("usual level"))
    whole = ~months["partial"]
    if months["adjusted"][whole].equals(months["revenue"][whole]):
        label = tr("revenue")
    else:
        label = tr("seasonally adjusted")
        ax.plot(at, months["revenue"], color=MUTED, lw=1, marker="o", ms=2.5, label=tr("revenue"))
    ax.plot(at, months["adjusted"], color=MAIN, lw=2, marker="o", ms=3.5, label=label)
    sides = {"above": tr("above the normal range"), "below": tr("below the normal range")}
    for signal, marker in (("above", "^"), ("below", "v")):
        special = (months["signal"] == signal).to_numpy()
        ax.plot(
            at[special], months["adjusted"][special], ls="", marker=marker, ms=9, color=ACCENT,
            label=sides[signal] if special.any() else None,
        )  # fmt: skip
    partial = months["partial"].to_numpy()
    if partial.any():
        ax.plot(
            at[partial],
            months["revenue"][partial],
            ls="",
            marker="o",
            ms=7,
            mfc="white",
            mec=MAIN,
            label=tr("part month"),
        )
    month_axis(ax.xaxis, months["month"])
    money_axis(ax.yaxis, words)
    if not (months[["revenue", "limit_low"]].to_numpy(dtype=float) < 0).any():
        ax.set_ylim(bottom=0)
    else:
        ax.axhline(0, color=INK, lw=1)
    legend_below(ax, UNDER_A_LABEL, columns=2)
    return describe(ax, _course(result), _told_months(result))


@styled
def change(result: SalesDynamicsResult, group: str = "revenue", ax: Axes | None = None) -> Axes:
    """Draw what made the change of revenue, from the comparison to the period, as a waterfall.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.sales_dynamics.analyze`.
    group
        ``revenue`` (customers, orders, size) or ``deals`` (closed, win rate, size).
    ax
        Axes to draw on; new ones where left out.
    """
    words = result.context.words
    rows = result.change[result.change["group"] == group]
    ax = new_axes(ax, size=(WIDTH, 1.2 + 0.42 * (len(rows) + 2)), grid="x")
    if rows.empty:
        return nothing_to_draw(ax, tr("There is no change to split: no fair comparison, or no amounts."))
    start, end = _ends(result, group)
    parts = rows["contribution"].to_numpy()
    if not (start or end or parts.any()):
        why = tr("Nothing was sold in either period: there is no change to split.")
        return nothing_to_draw(ax, why)
    levels = start + np.concatenate([[0.0], np.cumsum(parts)])
    names = [tr("before"), *(_driver(r.driver, r.dimension) for r in rows_of(rows)), tr("now")]
    place = np.arange(len(names))
    ax.barh(place[[0, -1]], [start, end], color=MUTED, height=0.62)
    ax.barh(place[1:-1], parts, left=levels[:-1], color=[GOOD if p >= 0 else BAD for p in parts], height=0.62)
    for step, level in enumerate(levels):
        ax.plot([level, level], [step - 0.31, step + 1.31], color=MUTED, lw=0.8)
    texts = [words.money(start), *(words.money(p, signed=True) for p in parts), words.money(end)]
    ends = [max(start, 0), *np.maximum(levels[:-1], levels[1:]), max(end, 0)]
    for y, x, text in zip(place, ends, texts, strict=True):
        ax.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=SMALL)
    ax.set_yticks(place, names)
    ax.invert_yaxis()
    ax.margins(x=0.3)
    money_axis(ax.xaxis, words)
    told = "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return describe(
        ax, _moved(result, rows, group, end - start), tr("Waterfall: {parts}.").format(parts=told)
    )


@styled
def structure(
    result: SalesDynamicsResult, dimension: str | None = None, most: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw the shares of revenue of a dimension, now and before; the largest of both, and the rest together.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.sales_dynamics.analyze`.
    dimension
        One of those in ``result.structure``; the first where left out.
    most
        How many values are drawn one by one.
    ax
        Axes to draw on; new ones where left out.

    Raises
    ------
    ParameterError
        There is no such dimension.
    """
    words = result.context.words
    if result.structure.empty:
        return nothing_to_draw(new_axes(ax), tr("There is no revenue to take shares of."))
    dimension = dimension or str(result.structure["dimension"].iloc[0])
    shown = _with_rest(of_dimension(result.structure, dimension), most, words)
    ax = new_axes(ax, size=(WIDTH, 1.3 + 0.36 * max(len(shown), 2)), grid="x")
    if shown["share"].isna().all():
        return nothing_to_draw(ax, tr("There is no positive revenue to take shares of."))
    place = np.arange(len(shown))
    ax.barh(place, shown["share"], color=MAIN, height=0.6, label=tr("share now"))
    if shown["previous_share"].notna().any():
        ax.plot(
            shown["previous_share"],
            place,
            ls="",
            marker="D",
            ms=6,
            mfc="white",
            mec=INK,
            mew=1.4,
            label=tr("before"),
        )
    edge = float(np.nanmax(shown[["share", "previous_share"]].to_numpy(dtype=float)))
    for y, row in zip(place, rows_of(shown), strict=True):
        shifted = row.verdict == "changed"
        text = words.share(row.share)
        if row.previous_share == row.previous_share:
            how = tr(" ({change}, more than chance)") if shifted else " ({change})"
            text += how.format(change=words.points(row.difference))
        if row.share < 0:
            text += "\n" + tr("more returned than sold")
        ax.annotate(
            text, (max(edge, 0.0), y), xytext=(12, 0), textcoords="offset points",
            va="center", fontsize=SMALL, weight="bold" if shifted else "normal",
        )  # fmt: skip
    ax.set_yticks(place, labels_of(shown["value"]))
    ax.invert_yaxis()
    ax.margins(x=0.14)
    share_axis(ax.xaxis, words)
    ax.axvline(0, color=MUTED, lw=0.8)
    legend_below(ax)
    told = ", ".join(f"{shorten(r.value)} {words.share(r.share)}" for r in rows_of(shown))
    by = dimension_name(dimension)
    title = tr("Share of revenue by {dimension}").format(dimension=by)
    return describe(
        ax, title, tr("Shares of revenue by {dimension}: {told}.").format(dimension=by, told=told)
    )


@styled
def plan(
    result: SalesDynamicsResult, dimension: str | None = None, most: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw how much of each plan figure is sold, as bullets; the line is the plan.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.sales_dynamics.analyze`.
    dimension
        Drawn below the total; the first of the plan where left out.
    most
        How many values, those with the largest plans; the best attainment first.
    ax
        Axes to draw on; new ones where left out.

    Raises
    ------
    ParameterError
        There is no such dimension.
    """
    words, rows = result.context.words, result.plan[result.plan["target"] > 0]
    total = rows[rows["dimension"] == "total"]
    others = rows[rows["dimension"] != "total"]
    if dimension is None:
        dimension = others["dimension"].iloc[0] if len(others) else ""
    part = of_dimension(others, dimension).nlargest(most, "target") if dimension else others
    part = part.sort_values("attainment", ascending=False, kind="stable")
    shown = pd.concat([total.assign(value=tr("All")), part])
    ax = new_axes(ax, size=(WIDTH, 1.2 + 0.36 * max(len(shown), 2)), grid="x")
    if shown.empty:
        return nothing_to_draw(ax, tr("There is no plan for this period."))
    place = np.arange(len(shown))
    if shown["projected_attainment"].notna().any():
        projected = shown["projected_attainment"].fillna(0)
        ax.barh(place, projected, color=PALE, height=0.6, label=tr("projected"))
    ax.barh(place, shown["attainment"], color=MAIN, height=0.36, label=tr("sold"))
    ax.axvline(1, color=INK, lw=1.6, label=tr("plan"))
    edges = shown[["attainment", "projected_attainment"]].max(axis=1).clip(lower=0)
    for y, edge, row in zip(place, edges, rows_of(shown), strict=True):
        share, money = words.share(row.attainment, 0), words.money
        ax.annotate(
            tr("{share}: {sold} of {plan}").format(
                share=share, sold=money(row.actual), plan=money(row.target)
            ),
            (max(edge, 1.0), y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=SMALL,
        )  # fmt: skip
    ax.set_yticks(place, labels_of(shown["value"]))
    ax.invert_yaxis()
    ax.set_xlim(min(0.0, float(shown["attainment"].min()) * 1.05), max(float(edges.max()), 1.0) * 1.4)
    share_axis(ax.xaxis, words)
    legend_below(ax)
    told = ", ".join(f"{shorten(r.value)} {words.share(r.attainment, 0)}" for r in rows_of(shown))
    title = tr("Plan attainment")
    if dimension:
        title = tr("Plan attainment by {dimension}").format(dimension=dimension_name(dimension))
    return describe(ax, title, tr("Sold as a share of the plan: {told}.").format(told=told))


def _course(result: SalesDynamicsResult) -> str:
    """Say in a title whether monthly revenue grows."""
    rows = result.trend[result.trend["measure"] == "revenue"]
    said = rows["verdict"].iloc[0] if len(rows) else "not_enough_data"
    titles = {
        "improved": tr("Monthly revenue grows: {growth} a year"),
        "worsened": tr("Monthly revenue falls: {growth} a year"),
        "no_evidence": tr("Revenue by month: no evidence that it grows or falls"),
    }
    if said not in titles:
        return tr("Revenue by month")
    row = rows.iloc[0]
    growth = result.context.words.change(row["growth"], tenths(row["growth_low"], row["growth_high"]))
    return titles[said].format(growth=growth)


def _moved(result: SalesDynamicsResult, rows: pd.DataFrame, group: str, change: float) -> str:
    """Say in a title by how much the money changed, and which part moved it most that way."""
    of_revenue = group == "revenue"
    if not change:
        return tr("What changed revenue") if of_revenue else tr("What changed the money won in deals")
    row = rows.iloc[int((rows["contribution"].to_numpy() * np.sign(change)).argmax())]
    title = (
        tr("Revenue {change}; what moved it most: {driver} ({part})")
        if of_revenue
        else tr("Won in deals {change}; what moved it most: {driver} ({part})")
    )
    money = result.context.words.money
    return title.format(
        change=money(change, signed=True),
        driver=tr(DRIVERS[row["driver"]]),
        part=money(row["contribution"], signed=True),
    )


def _told_months(result: SalesDynamicsResult) -> str:
    months, words = result.monthly, result.context.words
    last = months.iloc[-1]
    course = tr("Revenue of {months} from {first} to {last}, the last {revenue}.").format(
        months=words.counted(len(months), "month"),
        first=words.month(months["month"].iloc[0]),
        last=words.month(last["month"]),
        revenue=words.money(last["revenue"]),
    )
    outside = months[months["signal"].isin(["above", "below"])]["month"].map(words.month)
    if outside.empty:
        return f"{course} {tr('None is outside the normal range.')}"
    special = tr("Outside the normal range: {months}.").format(months=", ".join(outside))
    return f"{course} {special}"


def _won_by_month(result: SalesDynamicsResult, ax: Axes) -> Axes:
    months, words = result.monthly, result.context.words
    at = np.arange(len(months))
    partial = months["partial"].to_numpy()
    ax.bar(at[~partial], months["orders"][~partial], color=MAIN, width=0.7)
    ax.bar(
        at[partial],
        months["orders"][partial],
        facecolor="white",
        edgecolor=MAIN,
        width=0.7,
        label=tr("part month"),
    )
    month_axis(ax.xaxis, months["month"])
    count_axis(ax.yaxis, words)
    if partial.any():
        legend_below(ax, UNDER_A_LABEL)
    told = ", ".join(f"{words.month(r.month)} {r.orders}" for r in rows_of(months.tail(MOST_TICKS)))
    alt = tr("Deals won by month, the last ones: {told}.").format(told=told)
    return describe(ax, tr("Deals won by month"), alt)


def _driver(driver: str, dimension: str) -> str:
    name = tr(DRIVER_LABELS.get(driver, driver))
    if not dimension:
        return name
    return tr("{driver}, by {dimension}").format(driver=name, dimension=dimension_name(dimension))


def _with_rest(rows: pd.DataFrame, most: int, words: Words) -> pd.DataFrame:
    """Keep the first rows and add up the others, which are too small to be drawn one by one.

    Returns do not hide behind sales: values with more returned than sold are a line of their own.
    """
    count = most if len(rows) > most + 1 else len(rows)
    first, rest = rows.head(count).sort_values("share", ascending=False, kind="stable"), rows.iloc[count:]
    returned = rest["share"] < 0
    lines = [_together(part, words) for part in (rest[~returned], rest[returned]) if len(part)]
    return pd.concat([first, *lines], ignore_index=True)


def _together(rest: pd.DataFrame, words: Words) -> pd.DataFrame:
    line = {
        "value": tr("{n} others").format(n=words.number(len(rest)))
        if len(rest) > 1
        else rest["value"].iloc[0],
        "share": rest["share"].sum(),
        "previous_share": rest["previous_share"].sum(min_count=1),
        "difference": rest["difference"].sum(min_count=1),
        "verdict": "",
    }
    return pd.DataFrame([line])


def _ends(result: SalesDynamicsResult, group: str) -> tuple[float, float]:
    measure = "revenue" if group == "revenue" else "won_amount"
    row = result.figures[result.figures["measure"] == measure].iloc[0]
    return float(row["previous"]), float(row["value"])
