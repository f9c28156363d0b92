"""Pictures of the analysis of segments: where the money comes from, who differs, who buys what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._segments.parts import called
from crm_analysis.language import msg, plural, tr
from crm_analysis.plots.theme import (
    ACCENT,
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
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.analyses.customer_segments import CustomerSegmentsResult
    from crm_analysis.words import Words

#: Segments that fit into a picture.
_MOST_POINTS, _MOST_DIFFERENCES, _MOST_ROWS, _MOST_COLUMNS = 12, 14, 10, 12
_RATIOS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0, 50.0, 100.0)
#: Where all ratios lie within a factor of four.
_NEAR = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0)
_COLOURS = {"higher": MAIN, "lower": ACCENT, "no_evidence": MUTED, "not_enough_data": MUTED}
_MARKS = {"higher": "^", "lower": "v", "no_evidence": "o", "not_enough_data": "o"}
_UNITS = {
    "revenue_per_customer": msg("Typical revenue, times the others"),
    "margin_rate": msg("Margin, percentage points against the others"),
    "win_rate": msg("Win rate, percentage points against the others"),
}
_TITLES = {
    "revenue_per_customer": msg("Revenue a customer: {found} of {segments} {stand} out"),
    "margin_rate": msg("Margin: {found} of {segments} {stand} out"),
    "win_rate": msg("Win rate: {found} of {segments} {stand} out"),
}
_TOO_SMALL = msg("No segment is large enough to be tested.")
#: Why there is not even a row of a measure.
_UNKNOWN = {
    "margin_rate": msg("What the goods sold have cost is not known."),
    "win_rate": msg("No deal with a known customer was closed in these months."),
}
_RATES = ["points", "points_low", "points_high"]
_COLUMNS = {
    "revenue_per_customer": ["difference", "low", "high"],
    "margin_rate": _RATES,
    "win_rate": _RATES,
}
_SHADE = "Blues"
#: The darkest shade used, of all that the scale has: dark figures can still be read on it.
_DARKEST = 0.5
#: A share of revenue so far above that of customers is worth a title.
_TOLD = 0.02
_LEADER = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkB": 4, "relpos": (0, 0.5)}


@styled
def profitability(result: CustomerSegmentsResult, ax: Axes | None = None, *, dimension: str = "") -> Axes:
    """Draw the map of a dimension: each segment's share of customers against its share of revenue.

    Without ``dimension`` the one in which a segment stands out most surely, else the first of all.
    """
    ax = new_axes(ax, grid="both", size=(WIDTH, 5.0))
    dimension = dimension or _telling(result.segments)
    rows = result.segments[result.segments["dimension"] == dimension]
    # customers of no segment are in the table; here they would only stretch the axes
    rows = rows[(rows["customers"] > 0) & (rows["revenue_share"] > 0) & (rows["segment"] != NOT_STATED)]
    if rows.empty:
        return nothing_to_draw(ax, tr("No segment has customers and revenue."))
    words, shown = result.context.words, rows.head(_MOST_POINTS)
    ends = shown[["customer_share", "revenue_share"]].to_numpy()
    high = float(ends.max()) * 1.12
    ax.set(xlim=(0, high), ylim=(0, high))
    ax.plot([0, high], [0, high], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    for row in shown.to_dict("records"):
        ax.scatter(
            row["customer_share"], row["revenue_share"], s=60, color=_COLOURS[row["verdict"]],
            marker=_MARKS[row["verdict"]], zorder=3, label=row["segment"], linewidth=0,
        )  # fmt: skip
    _label_beside(ax, shown, words)
    for axis in (ax.xaxis, ax.yaxis):
        share_axis(axis, words)
    ax.set(xlabel=tr("Share of customers"), ylabel=tr("Share of revenue"))
    first = shown.to_dict("records")[0]
    more = shown[shown["verdict"] == "higher"]
    told = _told(shown)
    title = tr("{segment}: {customers} of customers, {revenue} of revenue").format(
        segment=shorten(told["segment"]),
        customers=_share(told["customer_share"], words),
        revenue=_share(told["revenue_share"], words),
    )
    alt = tr(
        "Map of {shown} of {all} segments by {dimension}, share of customers against share of revenue. The "
        "largest, {segment}, has {customers} of customers and {revenue} of revenue. More than chance above "
        "the others: {more}."
    ).format(
        shown=words.number(len(shown)),
        all=words.number(len(rows)),
        dimension=called(dimension, words),
        segment=words.name(first["segment"]),
        customers=words.share(first["customer_share"]),
        revenue=words.share(first["revenue_share"]),
        more=_listed(more["segment"]),
    )
    return describe(ax, title, alt)


@styled
def differences(
    result: CustomerSegmentsResult, ax: Axes | None = None, *, measure: str = "revenue_per_customer"
) -> Axes:
    """Draw the surest differences of segments against all other customers, with their likely ranges."""
    table = result.tests[(result.tests["measure"] == measure) & result.tests["p_value"].notna()]
    shown = table.sort_values(["p_value", "dimension", "segment"], kind="stable").head(_MOST_DIFFERENCES)
    shown = shown.sort_values(_COLUMNS[measure][0], ascending=False, kind="stable")
    ax = new_axes(ax, grid="x", size=(WIDTH, max(2.2, 1.2 + 0.42 * len(shown))))
    if shown.empty:
        why = _UNKNOWN.get(measure, _TOO_SMALL) if (result.tests["measure"] != measure).all() else _TOO_SMALL
        return nothing_to_draw(ax, tr(why))
    words, ratio = result.context.words, measure == "revenue_per_customer"
    figures = shown[_COLUMNS[measure]].to_numpy(dtype=float) + (1.0 if ratio else 0.0)
    if ratio:
        ax.set_xscale("log")
    ax.axvline(1.0 if ratio else 0.0, color=MUTED, linewidth=1)
    table_rows = shown.to_dict("records")
    for at, (row, (middle, low, high)) in enumerate(zip(table_rows, figures, strict=True)):
        colour, sure = _COLOURS[row["verdict"]], row["verdict"] in ("higher", "lower")
        ax.plot([low, high], [at, at], color=colour, linewidth=2.4 if sure else 1.4)
        ax.plot(
            middle, at, color=colour, marker=_MARKS[row["verdict"]], markersize=8 if sure else 6,
            markerfacecolor=colour if sure else "white", linestyle="", label=row["segment"],
        )  # fmt: skip
    names = [
        f"{shorten(row['segment'])}\n{shorten(called(row['dimension'], words))}, "
        f"n={words.number(row['n'], 0)}"
        for row in table_rows
    ]
    ax.set_yticks(range(len(names)), names, fontsize=SMALL)
    ax.set_ylim(len(names) - 0.4, -0.6)
    _difference_axis(ax, figures, ratio=ratio, words=words)
    ax.set_xlabel(tr(_UNITS[measure]))
    found = shown[shown["verdict"].isin(["higher", "lower"])]
    told = [f"{row['segment']} {_written(row, ratio, words)}" for row in found.to_dict("records")]
    alt = tr(
        "Differences of {shown} of {all} tested segments with their likely ranges, the surest ones. More "
        "than chance: {told}."
    ).format(shown=words.number(len(shown)), all=words.number(len(table)), told=_listed(told))
    stand_out = int(table["verdict"].isin(["higher", "lower"]).sum())
    title = tr(_TITLES[measure]).format(
        found=words.number(stand_out),
        segments=words.counted(len(table), "segment"),
        stand=plural("stands", "stand", stand_out),
    )
    return describe(ax, title, alt)


@styled
def white_spots(result: CustomerSegmentsResult, ax: Axes | None = None, *, dimension: str = "") -> Axes:
    """Draw which share of a segment's customers buys each product; white spots framed.

    Rows and columns with a white spot come before larger ones where not all fit.
    Without ``dimension`` the one with the largest white spot, else the one of the map.
    """
    table = result.cross
    if not dimension and len(table):
        best = table.nlargest(1, "white_spot").to_dict("records")[0]
        dimension = best["dimension"] if best["white_spot"] > 0 else _telling(result.segments)
    rows = table[(table["dimension"] == dimension) & (table["customers"] > 0)]
    rows = rows[rows["segment"] != NOT_STATED]
    sizes = rows.drop_duplicates("segment").sort_values(
        ["customers", "segment"], ascending=[False, True], kind="stable"
    )
    framed = rows[rows["white_spot"] > 0].sort_values("white_spot", ascending=False, kind="stable")
    names = _shown(sizes["segment"].tolist(), framed["segment"].tolist(), _MOST_ROWS)
    most = rows.groupby("product")["buyers"].max().sort_values(ascending=False, kind="stable")
    products = _shown([str(name) for name in most.index], framed["product"].tolist(), _MOST_COLUMNS)
    ax = new_axes(ax, grid="", size=(WIDTH, max(2.6, 1.9 + 0.36 * len(names))))
    if rows.empty:
        return nothing_to_draw(ax, tr("No product is known of what customers bought."))
    words = result.context.words
    cells = {(row["segment"], row["product"]): row for row in rows.to_dict("records")}
    shade = np.array([[cells[(name, product)]["penetration"] for product in products] for name in names])
    ax.imshow(shade, aspect="auto", cmap=_SHADE, vmin=0, vmax=max(float(shade.max()) / _DARKEST, 1e-9))
    for y, name in enumerate(names):
        for x, product in enumerate(products):
            cell = cells[(name, product)]
            bought = words.number(cell["penetration"] * 100, 0)
            ax.text(x, y, bought, ha="center", va="center", fontsize=SMALL, color=INK)
            if cell["white_spot"] > 0:
                ax.add_patch(_frame(x, y))
    ax.set_xticks(range(len(products)), [shorten(p, 16) for p in products], rotation=40, ha="right")
    known = dict(zip(sizes["segment"], sizes["customers"], strict=True))
    ax.set_yticks(range(len(names)), [f"{shorten(n, 20)}  {words.number(known[n], 0)}" for n in names])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    spots = rows[rows["white_spot"] > 0]
    alt = tr(
        "Map of {shown} of {all} segments by {dimension} and {products}: percent of customers who buy, from "
        "{low} to {high}. White spots: {spots}."
    ).format(
        shown=words.number(len(names)),
        all=words.number(len(sizes)),
        dimension=called(dimension, words),
        products=words.counted(len(products), "product"),
        low=words.share(float(shade.min()), 0),
        high=words.share(float(shade.max()), 0),
        spots=_listed(spots["segment"] + tr(" and ") + spots["product"]),
    )
    title = tr("Percent of customers who buy: no white spot")
    if len(spots):
        title = tr("Percent of customers who buy: {spots} (framed)")
    return describe(ax, title.format(spots=words.counted(len(spots), "white spot")), alt)


def _telling(segments: pd.DataFrame) -> str:
    """Return the dimension in which a segment stands out most surely, else the first of all."""
    told = segments[segments["verdict"].isin(["higher", "lower"])]
    rows = told.sort_values("p_value", kind="stable") if len(told) else segments
    return str(rows["dimension"].iloc[0]) if len(rows) else ""


def _told(shown: pd.DataFrame) -> dict[Any, Any]:
    """Choose the segment of the title: with the most money above, else below, its share of customers."""
    gap = shown["revenue_share"] - shown["customer_share"]
    higher = shown[(shown["verdict"] == "higher") & (gap > _TOLD)]
    sure = shown[shown["verdict"].isin(["higher", "lower"])]
    rows = higher if len(higher) else sure if len(sure) else shown.head(1)
    farthest = rows.assign(gap=gap.abs()).sort_values("gap", ascending=False, kind="stable")
    return dict(farthest.to_dict("records")[0])


def _label_beside(ax: Axes, rows: pd.DataFrame, words: Words) -> None:
    """Write the labels in a column at the right, each joined to its point, none over another."""
    to_axes = ax.transScale + ax.transLimits
    records = sorted(rows.to_dict("records"), key=lambda row: (row["revenue_share"], row["segment"]))
    wanted = [float(to_axes.transform((row["customer_share"], row["revenue_share"]))[1]) for row in records]
    top = 0.97  # clear of the title
    gap = min(0.1, top / max(len(records), 1))  # two lines each
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + gap) if places else max(place, 0.0))
    places = [min(place, top - gap * (len(places) - 1 - at)) for at, place in enumerate(places)]
    for row, place in zip(records, places, strict=True):
        text = tr("{segment}: {customers} of customers,\n{revenue} of revenue").format(
            segment=shorten(row["segment"], 14),
            customers=_share(row["customer_share"], words),
            revenue=_share(row["revenue_share"], words),
        )
        ax.annotate(
            text, (row["customer_share"], row["revenue_share"]), xytext=(1.04, place),
            textcoords="axes fraction", fontsize=SMALL - 1.5, va="center",
            color=MUTED if row["segment"] == NOT_STATED else INK,
            arrowprops=_LEADER,
        )  # fmt: skip


def _difference_axis(ax: Axes, figures: np.ndarray, *, ratio: bool, words: Words) -> None:
    ends = figures[np.isfinite(figures)]
    low, high = float(ends.min()), float(ends.max())
    if not ratio:
        room = 0.05 * max(high - low, 0.01)
        ax.set_xlim(min(low, 0.0) - room, max(high, 0.0) + room)
        # the label of the axis says the unit
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: words.number(v * 100, 0, signed=True)))
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
        return
    low, high = min(low, 0.8) / 1.1, max(high, 1.25) * 1.1
    ax.set_xlim(low, high)
    ticks = _ticks(_NEAR if high < 4 * low else _RATIOS, low, high)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _times(v, words)))


def _times(value: float, words: Words) -> str:
    """Write a tick with as many places as it has: ×0.25, ×2."""
    return f"×{words.number(value, len(f'{value:g}'.partition('.')[2]))}"


def _written(row: dict[Any, Any], ratio: bool, words: Words) -> str:
    return words.change(row["difference"], 0) if ratio else words.points(row["points"])


def _ticks(values: tuple[float, ...], low: float, high: float) -> list[float]:
    inside = [value for value in values if low <= value <= high]
    step = max(1, -(-len(inside) // 6))
    # the one that everything is set against stays
    return inside[inside.index(1.0) % step :: step] if 1.0 in inside else inside[::step]


def _shown(names: list[str], first: list[str], most: int) -> list[str]:
    """Choose what fits, in the order of ``names``: those with a white spot before the largest."""
    chosen = set(list(dict.fromkeys([*first, *names]))[:most])
    return [name for name in names if name in chosen]


def _frame(x: int, y: int) -> Rectangle:
    return Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, fill=False, edgecolor=ACCENT, linewidth=2.4)


def _share(value: float, words: Words) -> str:
    return words.share(value, 0 if value > 0.05 else 1)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or tr("none of them")
