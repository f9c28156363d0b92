"""Pictures of the analysis of customers: who brings the money, how they move, whether they stay."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.retention import cohort_names
from crm_analysis.language import msg, tr
from crm_analysis.plots.theme import (
    CLASSES,
    INK,
    MAIN,
    MUTED,
    SMALL,
    WIDTH,
    describe,
    money_axis,
    new_axes,
    nothing_to_draw,
    share_axis,
    shorten,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from crm_analysis.analyses.customer_abc import CustomerAbcResult

_LINES = {"A": "-", "B": "--", "C": ":"}
#: B and C as lines, dark enough to be seen on white.
_INKS = {"A": MAIN, "B": "#3C8DBC", "C": "#6B7280"}
#: Past so many cohorts the cells of the triangle are too small for figures.
_MOST_FIGURES = 17
_MOST_BARS = 12
_SHADE = "Blues"
#: On a colour darker than this (WCAG), white is read with a contrast of 4.5; on a lighter one, black is.
_DARK = 0.183
_NAMES = {
    "none": msg("no revenue"),
    "negative": msg("net returns"),
    "n/a": msg("too short\na history"),
    "new": msg("new"),
    "lost": msg("lost"),
    "X": msg("X, even"),
    "Y": msg("Y, varying"),
    "Z": msg("Z, irregular"),
}


@styled
def pareto(result: CustomerAbcResult, ax: Axes | None = None) -> Axes:
    """Draw the cumulative share of revenue over the share of customers, richest first."""
    ax = new_axes(ax, grid="both")
    rows = result.customers[result.customers["revenue"] > 0]
    if rows.empty:
        return nothing_to_draw(ax, tr("No revenue that names a customer."))
    words = result.context.words
    reached = np.arange(1, len(rows) + 1) / len(rows)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.text(0.99, 0.58, tr("if all bought alike"), color=INK, fontsize=SMALL, va="top", ha="right")
    before, parts = (0.0, 0.0), []
    for label in "ABC":
        members = (rows["abc"] == label).to_numpy()
        if not members.any():
            continue
        x = np.concatenate([[before[0]], reached[members]])
        y = np.concatenate([[before[1]], rows["cumulative_share"].to_numpy()[members]])
        ax.fill_between(x, y, color=CLASSES[label], alpha=0.30, linewidth=0)
        ax.plot(
            x,
            y,
            color=_INKS[label],
            linewidth=2.4,
            linestyle=_LINES[label],
            label=_class_label(result, label),
        )
        before = (x[-1], y[-1])
        parts.append(f"{words.number(int(members.sum()))} {label}")
    ax.set(xlim=(0, 1), ylim=(0, 1.02))
    ax.set(xlabel=tr("Share of customers, largest first"), ylabel=tr("Share of revenue"))
    share_axis(ax.xaxis, words)
    share_axis(ax.yaxis, words)
    ax.legend(loc="lower right")
    top = result.classes.to_dict("records")[0]
    title = tr("{share} of customers bring {part} of revenue").format(
        share=words.share(top["customers"] / len(rows), 0), part=words.share(top["share"], 0)
    )
    alt = tr(
        "Curve of the cumulative share of revenue over {n} customers, largest first: {classes}. {message}."
    )
    alt = alt.format(n=words.number(len(rows)), classes=", ".join(parts), message=title)
    return describe(ax, title, alt)


@styled
def matrix(result: CustomerAbcResult, ax: Axes | None = None) -> Axes:
    """Draw the map of ABC against XYZ: how much money, from how many customers, how evenly they buy."""
    ax = new_axes(ax, grid="")
    rows = result.matrix[result.matrix["abc"].isin(list("ABC"))]
    if not rows["customers"].any():
        return nothing_to_draw(ax, tr("No customers to lay on a map."))
    words = result.context.words
    columns = ["X", "Y", "Z", "n/a"]
    share = rows.pivot_table(index="abc", columns="xyz", values="share")[columns]
    cells = {(row["abc"], row["xyz"]): row for row in rows.to_dict("records")}
    text = [[_cell(result, cells[(a, x)]) for x in columns] for a in share.index]
    _map(ax, share.to_numpy(), text)
    ax.set_xticks(range(4), [_beneath(x) for x in columns], fontsize=SMALL)
    ax.set_yticks(range(len(share.index)), share.index)
    ax.set_xlabel(tr("How evenly they buy"))
    best = max(rows.to_dict("records"), key=lambda row: row["share"])
    alt = tr(
        "Map of classes against steadiness, share of revenue in each cell. The largest is "
        "{group}{steadiness} with {share} of revenue from {customers}."
    ).format(
        group=best["abc"],
        steadiness=best["xyz"],
        share=words.share(best["share"]),
        customers=_customers(result, best["customers"]),
    )
    return describe(ax, tr("Share of revenue by class and steadiness"), alt)


@styled
def migration(result: CustomerAbcResult, ax: Axes | None = None) -> Axes:
    """Draw the map of moves: class before down the side, class now below, money gained or lost.

    The more customers moved, the darker the cell.
    """
    ax = new_axes(ax, grid="", size=(WIDTH, 4.2))
    table = result.migration
    table = table[~((table["from_class"] == "none") & (table["to_class"] == "none"))]
    if table.empty:
        return nothing_to_draw(ax, tr("There is no window before this one to compare with."))
    words = result.context.words
    order = ["new", "A", "B", "C", "none", "negative", "lost"]
    befores = [c for c in order if c in {*"ABC", *table["from_class"]}]
    nows = [c for c in order if c in {*"ABC", *table["to_class"]}]
    cells = {(row["from_class"], row["to_class"]): row for row in table.to_dict("records")}
    text = [[_move(result, cells.get((a, b))) for b in nows] for a in befores]
    counts = [[cells[(a, b)]["customers"] if (a, b) in cells else 0 for b in nows] for a in befores]
    _map(ax, np.array(counts, dtype=float), text, SMALL if len(nows) < 6 else SMALL - 1.5)
    ax.set_xticks(range(len(nows)), [_beneath(c) for c in nows], fontsize=SMALL)
    ax.set_yticks(range(len(befores)), [_named(c) for c in befores])
    ax.set(xlabel=tr("Class now"), ylabel=tr("Class before"))
    change = words.money(float(result.migration["revenue"].sum()), signed=True)
    alt = tr(
        "Map of customers by class before and now, with the change of their revenue; all cells together "
        "{change}."
    )
    title = tr("Moves between classes; revenue {change} in all")
    return describe(ax, title.format(change=change), alt.format(change=change))


@styled
def cohorts(result: CustomerAbcResult, ax: Axes | None = None) -> Axes:
    """Draw the triangle of cohorts: of those who began together, the share that buys in each later month."""
    table = result.cohorts
    later = table[table["month_number"] > 0]
    began = later["cohort"].drop_duplicates().tolist()
    ax = new_axes(ax, grid="", size=(WIDTH, max(2.4, 0.8 + 0.28 * len(began))))
    if later.empty:
        return nothing_to_draw(ax, tr("No cohort has been followed for a whole month yet."))
    words = result.context.words
    shares = table.pivot_table(index="cohort", columns="month_number", values="share").reindex(began)
    shares = shares.drop(columns=0)
    sizes = later.drop_duplicates("cohort")["customers"].tolist()
    figures = len(began) <= _MOST_FIGURES
    text = [
        [words.number(v * 100, 0) if figures and v == v else "" for v in row] for row in shares.to_numpy()
    ]
    _map(ax, shares.to_numpy(), text, SMALL - 1)
    written = cohort_names(pd.Series(began), later["month_number"], words)
    names = [f"{name}  ({words.number(n)})" for name, n in zip(written, sizes, strict=True)]
    ax.set_yticks(range(len(began)), names)
    step = max(1, len(shares.columns) // 16 + 1)
    ax.set_xticks(
        range(0, len(shares.columns), step), [words.number(int(m)) for m in shares.columns.to_numpy()[::step]]
    )
    ax.set(xlabel=tr("Months after the first order"), ylabel=tr("First order (customers)"))
    last = later.groupby("month_number")["share"].median()
    first_month, last_month = int(later["month_number"].min()), int(later["month_number"].max())
    alt = tr(
        "Triangle of {n} cohorts, percent of each that bought in later months: half of them have {first} or "
        "more after {first_month} months and {last} after {last_month}."
    ).format(
        n=words.number(len(began)),
        first=words.share(last.iloc[0], 0),
        first_month=words.number(first_month),
        last=words.share(last.iloc[-1], 0),
        last_month=words.number(last_month),
    )
    return describe(ax, tr("Of those who began together, percent still buying"), alt)


@styled
def retention(result: CustomerAbcResult, ax: Axes | None = None) -> Axes:
    """Draw the share of customers not lost, by class, over the days since they were classed."""
    ax = new_axes(ax)
    table = result.retention
    if table.empty:
        return nothing_to_draw(ax, tr("The records are too short to follow customers."))
    words, parts = result.context.words, []
    end = float(result.retention["days_followed"].max())
    for label, rows in table.groupby("abc", sort=True):
        name = str(label)
        x = np.append(rows["days_followed"], end)
        y, low, high = (np.append(rows[c], rows[c].iloc[-1]) for c in ("retained", "low", "high"))
        ax.fill_between(x, low, high, step="post", color=_INKS[name], alpha=0.13, linewidth=0)
        text = f"{name}: {_customers(result, int(rows['at_risk'].iloc[0]))}"
        ax.step(x, y, where="post", color=_INKS[name], linestyle=_LINES[name], linewidth=2, label=text)
        parts.append(tr("{share} of {group}").format(share=words.share(float(y[-1]), 0), group=name))
    lowest = table[["retained", "low"]].min().min()
    ax.set(xlim=(0, max(end, 1.0)), ylim=(0.5 if lowest > 0.5 else 0.0, 1.02))
    ax.set(xlabel=tr("Days since they were classed"), ylabel=tr("Still customers"))
    share_axis(ax.yaxis, words)
    ax.legend(loc="lower left", title=tr("Class and customers watched"), alignment="left")
    alt = tr("Curves of the share of customers not lost: after {days} days {shares}.")
    alt = alt.format(days=words.number(end), shares=", ".join(parts))
    return describe(ax, tr("Who stays, by class"), alt)


@styled
def due(result: CustomerAbcResult, ax: Axes | None = None) -> Axes:
    """Draw the overdue A and B customers with the most money at stake."""
    rows = result.due.head(_MOST_BARS)
    ax = new_axes(ax, grid="x", size=(WIDTH, max(2.0, 1.0 + 0.3 * len(rows))))
    if rows.empty:
        return nothing_to_draw(ax, tr("No A or B customer is overdue."))
    words, place = result.context.words, np.arange(len(rows))
    ax.barh(place, rows["money_at_stake"], color=[CLASSES[c] for c in rows["abc"]], height=0.68)
    room = float(rows["money_at_stake"].max())
    table = rows.to_dict("records")
    for at, row in enumerate(table):
        text = tr(" silent {days} days, usually {usual}").format(**_pauses(result, row))
        ax.text(max(row["money_at_stake"], 0), at, text, va="center", fontsize=SMALL, color=INK)
    ax.set_yticks(place, [f"{shorten(row['name'], 18)}  {row['abc']}" for row in table])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(min(0.0, float(rows["money_at_stake"].min())), room * 1.32 if room > 0 else 1.0)
    ax.set_xlabel(tr("Bought in the year up to the last order"))
    money_axis(ax.xaxis, words)
    first = table[0]
    alt = tr(
        "Bars of the {n} overdue customers with the most money at stake; first {name}, silent for {days} "
        "days, usually {usual}."
    ).format(n=words.number(len(rows)), name=first["name"], **_pauses(result, first))
    return describe(ax, tr("Overdue: what they bought before they fell silent"), alt)


def _map(ax: Axes, shade: np.ndarray, text: list[list[str]], size: float = SMALL) -> None:
    """Draw a map of shaded cells with text, dark text on light cells and light on dark."""
    top = float(np.nanmax(shade)) if np.isfinite(shade).any() and np.nanmax(shade) > 0 else 1.0
    image = ax.imshow(shade, aspect="auto", cmap=_SHADE, vmin=0, vmax=top * 1.1)
    dark = _luminance(image.to_rgba(np.nan_to_num(shade))[..., :3]) < _DARK
    for y, row in enumerate(text):
        for x, figure in enumerate(row):
            colour = "white" if dark[y, x] else "black"
            ax.text(x, y, figure, ha="center", va="center", fontsize=size, color=colour)
    ax.set_xticks(np.arange(shade.shape[1] + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(shade.shape[0] + 1) - 0.5, minor=True)
    ax.grid(visible=True, which="minor", color="white", linewidth=2)
    ax.tick_params(which="both", length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _luminance(colours: np.ndarray) -> np.ndarray:
    """Return how light colours are to the eye, 0 to 1 (WCAG)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def _cell(result: CustomerAbcResult, cell: dict[Any, Any]) -> str:
    if not cell["customers"]:
        return ""
    return f"{result.context.words.share(cell['share'], 0)}\n{_customers(result, cell['customers'])}"


def _move(result: CustomerAbcResult, cell: dict[Any, Any] | None) -> str:
    if cell is None:
        return ""
    words = result.context.words
    return f"{words.number(cell['customers'])}\n{words.money(cell['revenue'], signed=True)}"


def _class_label(result: CustomerAbcResult, label: str) -> str:
    row = next(row for row in result.classes.to_dict("records") if row["abc"] == label)
    words = result.context.words
    return tr("{group}: {customers}, {share} of revenue").format(
        group=label,
        customers=_customers(result, row["customers"]),
        share=words.share(row["share"], 0),
    )


def _customers(result: CustomerAbcResult, count: float) -> str:
    return result.context.words.counted(int(count), "customer")


def _pauses(result: CustomerAbcResult, row: dict[Any, Any]) -> dict[str, str]:
    words = result.context.words
    return {
        "days": words.number(row["silence_days"], 0),
        "usual": words.number(row["rhythm_days"], 0),
    }


def _named(label: str) -> str:
    return tr(_NAMES.get(label, label))


def _beneath(label: str) -> str:
    return textwrap.fill(_named(label), 10, break_long_words=False)
