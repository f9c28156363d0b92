"""Pictures of what goes with winning a deal, and of whether the price holds up as a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from crm_analysis.language import msg, tr
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
    shorten,
    styled,
)
from crm_analysis.sentences._deal_drivers import factor_name, level_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.analyses.deal_reasons import DealReasonsResult
    from crm_analysis.words import Words

_MOST_ROWS = 18
#: Ranges are drawn up to these ratios; an arrow says that one goes on.
_WIDEST = (1 / 8, 8.0)
#: Share of the range that is kept free on the right, for the figures.
_ROOM = 0.18
_MOST_TICKS = 5
_TIMES = {1 / 8: "×⅛", 1 / 4: "×¼", 1 / 2: "×½", 1.0: msg("average"), 2.0: "×2", 4.0: "×4", 8.0: "×8"}
_FOUND = {"higher": MAIN, "lower": ACCENT, "holds up": ACCENT, "does not hold up": MAIN}


@styled
def odds_ratios(result: DealReasonsResult, ax: Axes | None = None) -> Axes:
    """Draw the odds of winning of each group against the average deal, all else alike.

    Where there are many groups, the 18 that chance explains least.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.deal_reasons.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    known = result.drivers.dropna(subset=["low"])
    if known.empty:
        return nothing_to_draw(
            new_axes(ax, grid=""), tr("Too few decided deals to tell what goes with winning.")
        )
    words = result.context.words
    rows = known.loc[known["p_value"].sort_values(kind="stable").index[:_MOST_ROWS].sort_values()]
    labels = [
        f"{shorten(level_name(row.level, words))}\n{shorten(factor_name(row.factor), 16)}, "
        f"{words.counted(row.deals, 'deal')}"
        for row in _rows(rows)
    ]
    limits = rows[["odds_ratio", "low", "high"]].to_numpy(dtype=float)
    title = _best(known, words)
    rest = ""
    if len(rows) < len(known):
        rest = tr(" The {count} of {all} groups that chance explains least.").format(
            count=words.number(len(rows)), all=words.number(len(known))
        )
    return _forest(
        ax,
        limits,
        labels,
        rows["verdict"].tolist(),
        lambda ratio: f"×{words.number(ratio, 1 if ratio >= 1 else 2)}",
        title=title,
        axis=tr("Odds of winning, all else alike"),
        ticks={ratio: tr(text) for ratio, text in _TIMES.items()},
        rest=rest,
    )


@styled
def price(result: DealReasonsResult, ax: Axes | None = None) -> Axes:
    """Draw how much dearer the deals lost for the price were than won ones of the same kind.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.deal_reasons.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    rows = result.price_check.dropna(subset=["low"]).head(_MOST_ROWS)
    if rows.empty:
        return nothing_to_draw(
            new_axes(ax, grid=""), tr("No deals lost for the price, with amounts, to compare with won ones.")
        )
    words = result.context.words
    labels = [
        tr("{name}, {count} lost").format(
            name=shorten(row.value, 18) if row.group != "all" else tr("All"), count=words.number(row.lost)
        )
        for row in _rows(rows)
    ]
    limits = 1 + rows[["dearer", "low", "high"]].to_numpy(dtype=float)
    first = rows.iloc[0]
    whole = first["verdict"] if first["group"] == "all" else ""
    title = {
        "holds up": tr("Deals lost for the price were dearer than won ones"),
        "does not hold up": tr("Deals lost for the price were no dearer than won ones"),
    }.get(whole, tr("No telling whether deals lost for the price were dearer"))
    return _forest(
        ax,
        limits,
        labels,
        rows["verdict"].tolist(),
        lambda ratio: words.change(ratio - 1, 0),
        title=title,
        axis=tr("Amount of deals lost for the price, against won ones"),
        ticks={ratio: tr("equal") if ratio == 1 else words.change(ratio - 1, 0) for ratio in _TIMES},
    )


def _best(known: pd.DataFrame, words: Words) -> str:
    """Say in a title which group stands out."""
    found = known[known["verdict"].isin(["higher", "lower"])].sort_values("p_value", kind="stable")
    if found.empty:
        return tr("No group wins more or less often than chance brings")
    names = {
        verdict: shorten(level_name(found.loc[found["verdict"] == verdict, "level"].iloc[0], words), 20)
        for verdict in dict.fromkeys(found["verdict"])
    }
    if len(names) == 1:
        verdict, name = next(iter(names.items()))
        if verdict == "higher":
            return tr("“{name}” wins more often").format(name=name)
        return tr("“{name}” wins less often").format(name=name)
    return tr("“{higher}” wins more often, “{lower}” less often").format(**names)


def _forest(
    ax: Axes | None,
    limits: Any,
    labels: Sequence[str],
    verdicts: Sequence[str],
    write: Callable[[float], str],
    *,
    title: str,
    axis: str,
    ticks: dict[float, str],
    rest: str = "",
) -> Axes:
    """Draw a point and its range a row, on a scale on which half and double lie equally far."""
    ax = new_axes(ax, size=(WIDTH, 1.6 + 0.42 * max(len(labels), 2)), grid="x")
    drawn = np.clip(limits, *_WIDEST)
    for y, (row, seen, verdict) in enumerate(zip(limits, drawn, verdicts, strict=True)):
        colour = _FOUND.get(verdict, MUTED)
        ax.plot(seen[1:], [y, y], color=colour, lw=2)
        if row[0] == seen[0]:
            ax.plot(seen[0], y, marker="o", ms=7, color=colour, mfc=colour if verdict in _FOUND else "white")
        for end, marker in ((1, "<"), (2, ">")):
            if row[end] != seen[end]:
                ax.plot(seen[end], y, marker=marker, ms=7, color=colour)
        # the figures stand in a column of their own, clear of lines and ranges
        ax.text(
            1,
            y,
            write(float(row[0])),
            ha="right",
            va="center",
            fontsize=SMALL,
            transform=ax.get_yaxis_transform(),
        )
    ax.axvline(1, color=INK, lw=1)
    ax.set_xscale("log")
    low, high = min(float(drawn[:, 1].min()), 1 / 1.5), max(float(drawn[:, 2].max()), 1.5)
    ax.set_xlim(low / 1.1, high * (high / low) ** _ROOM)
    held = [tick for tick in ticks if low / 1.1 <= tick <= high * 1.1]
    if len(held) > _MOST_TICKS:  # every second one, around the middle
        held = [tick for tick in held if round(np.log2(tick)) % 2 == 0]
    ax.xaxis.set_major_locator(FixedLocator(held))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ticks.get(value, "")))
    ax.set_yticks(range(len(labels)), list(labels), fontsize=SMALL)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlabel(axis, loc="right")
    told = "; ".join(
        tr("{label}: {value}, {low} to {high}").format(
            label=label.replace("\n", ", "),
            value=write(float(row[0])),
            low=write(float(row[1])),
            high=write(float(row[2])),
        )
        for label, row in zip(labels, limits, strict=True)
    )
    return describe(ax, title, f"{title}: {told}.{rest}")


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


__all__ = ["odds_ratios", "price"]
