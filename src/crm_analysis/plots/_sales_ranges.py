"""Pictures of figures with their ranges: what the calendar does, and win rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import ParameterError, listed, nearest
from crm_analysis.language import msg, tr
from crm_analysis.plots.theme import (
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
from crm_analysis.sentences.sales_dynamics import dimension_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from crm_analysis.analyses.sales_dynamics import SalesDynamicsResult

ALL = "all deals"
EFFECTS = {
    "growth_per_year": msg("Growth a year"),
    "working_day": msg("One working day more"),
    "quarter_end": msg("Month that closes a quarter"),
}


@styled
def calendar(result: SalesDynamicsResult, ax: Axes | None = None) -> Axes:
    """Draw growth, working days and quarter end apart, each with its range.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.sales_dynamics.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    rows = result.calendar.dropna(subset=["value"])
    ax = new_axes(ax, size=(WIDTH, 2.4), grid="x")
    if rows.empty:
        return nothing_to_draw(ax, tr("Not enough months yet to tell growth from the calendar."))
    labels = [tr(EFFECTS[name]) for name in rows["effect"]]
    found = rows["verdict"].isin(["higher", "lower", "improved", "worsened"])
    title = tr("What moves sales besides chance")
    return _forest(result, rows, labels, found.to_numpy(), ax, change=True, title=title)


@styled
def win_rates(
    result: SalesDynamicsResult, dimension: str | None = None, most: int = 15, ax: Axes | None = None
) -> Axes:
    """Draw the win rates of a dimension with their ranges, beside that of all deals.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.sales_dynamics.analyze`.
    dimension
        One of those in ``result.win_rates``; owners, or the last, where left out.
    most
        How many values, those with most closed deals first.
    ax
        Axes to draw on; new ones where left out.

    Raises
    ------
    ParameterError
        There is no such dimension.
    """
    if result.win_rates.empty:
        return nothing_to_draw(new_axes(ax), tr("No deal was closed in this period."))
    held = list(dict.fromkeys(result.win_rates["dimension"]))
    dimension = dimension or ("owner" if "owner" in held else held[-1])
    rows = of_dimension(result.win_rates, dimension).head(most)
    everyone = result.win_rates.loc[result.win_rates["dimension"] == ALL, "win_rate"]
    ax = new_axes(ax, size=(WIDTH, 1.3 + 0.34 * max(len(rows), 2)), grid="x")
    for rate in everyone:
        ax.axvline(rate, color=MUTED, lw=1.2, ls=(0, (4, 3)))
    names = labels_of(rows["value"], 24)
    label = tr("{name} ({won} of {closed})")
    labels = [
        label.format(name=name, won=r.won, closed=r.closed)
        for name, r in zip(names, rows_of(rows), strict=True)
    ]
    shown = rows.rename(columns={"win_rate": "rate"}).assign(value=rows["win_rate"])
    title = tr("Win rate by {dimension}; the dashed line is all deals")
    title = title.format(dimension=dimension_name(dimension))
    return _forest(result, shown, labels, np.ones(len(rows), dtype=bool), ax, change=False, title=title)


def of_dimension(frame: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Return the rows of a dimension; an unknown one is an error that names those there are."""
    rows = frame[frame["dimension"] == dimension]
    if rows.empty:
        held = list(dict.fromkeys(frame["dimension"]))
        raise ParameterError(
            f'There is no dimension "{dimension}".',
            f"There are: {listed(held, 12)}." if held else "The table is empty.",
            nearest(dimension, held),
        )
    return rows


def labels_of(values: pd.Series, most: int = 24) -> list[str]:
    """Shorten names so that they fit; names that differ only at their end keep the end."""
    short = [shorten(value, most) for value in values]
    cut = [str(value).strip() for value in values]
    return [
        f"{name[: most - 10].rstrip()}…{name[-9:].lstrip()}"
        if len(name) > most and short.count(label) > 1
        else label
        for name, label in zip(cut, short, strict=True)
    ]


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of a frame as named tuples."""
    return list(frame.itertuples())


def _forest(
    result: SalesDynamicsResult,
    rows: pd.DataFrame,
    labels: list[str],
    found: NDArray[np.bool_],
    ax: Axes,
    *,
    change: bool,
    title: str,
) -> Axes:
    """Draw a point and its range a row."""
    words = result.context.words
    write = words.change if change else words.share
    place = np.arange(len(rows))
    for y, row, strong in zip(place, rows_of(rows), found, strict=True):
        colour = MAIN if strong else MUTED
        ax.plot([row.low, row.high], [y, y], color=colour, lw=2)
        ax.plot(row.value, y, marker="o", ms=7, color=colour, mfc=colour if strong else "white")
        ax.annotate(
            write(row.value),
            (row.high, y),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    if change:
        ax.axvline(0, color=INK, lw=1)
    ax.set_yticks(place, labels)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.margins(x=0.1)
    share_axis(ax.xaxis, words)
    point = tr("{label} {value}, {low} to {high}")
    told = "; ".join(
        point.format(label=label, value=write(r.value), low=write(r.low), high=write(r.high))
        for label, r in zip(labels, rows_of(rows), strict=True)
    )
    return describe(ax, title, f"{title}: {told}.")
