"""Pictures of how sales are shared out among channels, and of spending beside income."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.language import msg, tr
from crm_analysis.plots._sales_ranges import labels_of
from crm_analysis.plots.theme import (
    ACCENT,
    GOOD,
    MAIN,
    MUTED,
    PALE,
    SMALL,
    UNDER_A_LABEL,
    WIDTH,
    describe,
    legend_below,
    month_axis,
    new_axes,
    nothing_to_draw,
    share_axis,
    styled,
)
from crm_analysis.sentences._marketing_attribution import MODEL_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Marker and colour of each model: told apart by shape in grey.
_MARKS = {
    "first": (">", "#0072B2"),
    "last": ("<", ACCENT),
    "linear": ("o", "#22262B"),
    "time decay": ("v", "#E69F00"),
    "position": ("D", "#56B4E9"),
    "Markov": ("s", GOOD),
    "Shapley": ("P", "#7A5195"),
}
_ONE = ("o", MAIN)
#: Rows that are no channel stand below the channels.
_NO_CHANNEL = (msg("(no touch recorded)"), "(not stated)")
_BAND = 0.66


@styled
def attribution(result: Any, most: int = 10, ax: Axes | None = None) -> Axes:
    """Draw the share of each channel by each model, with its range.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.marketing_impact.analyze`.
    most
        How many channels, the largest first.
    ax
        Axes to draw on; new ones where left out.
    """
    words, table = result.context.words, result.attribution
    if table.empty:
        return nothing_to_draw(new_axes(ax), tr("No deal was won whose channel is known."))
    shares = table.pivot_table(index="channel", columns="model", values="share", sort=False)
    order = shares.mean(axis=1).sort_values(ascending=False, kind="stable").index
    known = [name for name in order if name not in _NO_CHANNEL]
    shown = known[:most] + [name for name in order if name in _NO_CHANNEL]
    models = list(shares.columns)
    height = 0.56 if len(models) > 1 else 0.36
    inches = 1.5 + height * max(len(shown), 2) + 0.22 * ((len(models) + 1) // 2)
    ax = new_axes(ax, size=(WIDTH, inches), grid="x")
    _dots(ax, table, shown, models)
    edge = float(np.nanmax(table.loc[table["channel"].isin(shown), ["share", "high"]].to_numpy()))
    told, labels = [], labels_of(pd.Series(shown))
    for y, name in enumerate(shown):
        if y % 2 == 0:
            ax.axhspan(y - 0.5, y + 0.5, color=PALE, alpha=0.3, lw=0, zorder=0)
        text, strong = _between(result, name, shares.loc[name])
        ax.annotate(
            text, (edge, y), xytext=(8, 0), textcoords="offset points", va="center", fontsize=SMALL,
            weight="bold" if strong else "normal",
        )  # fmt: skip
        told.append(
            tr("{channel} {shares}, more apart than chance explains").format(channel=labels[y], shares=text)
            if strong
            else f"{labels[y]} {text}"
        )
    ax.set_yticks(range(len(shown)), labels)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_xlim(0, edge * 1.22 if edge > 0 else 1)
    won = float(table.loc[table["model"] == models[0], "conversions"].sum())
    rest = len(known) - len(known[:most])
    said = [
        tr("Share of {deals} won, with the likely range").format(deals=words.counted(round(won), "deal")),
        tr("bold: more apart than chance explains") if result.agreement["depends"].any() else "",
        tr("{channels} not drawn").format(channels=words.counted(rest, "smaller channel")) if rest else "",
    ]
    ax.set_xlabel("\n".join(filter(None, said)))
    share_axis(ax.xaxis, words)
    if len(models) > 1:
        legend_below(ax, 30 + 13 * sum(map(bool, said)), columns=2)
    alt = tr("Shares of deals won by channel: {told}.").format(told="; ".join(told))
    return describe(ax, _title(result, models), alt)


@styled
def spend_and_income(result: Any, ax: Axes | None = None) -> Axes:
    """Draw marketing spending and income by month, each beside its own average month.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.marketing_impact.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    words, months = result.context.words, result.spend_by_month
    ax = new_axes(ax)
    drawn = months.dropna(subset=["cost_relative", "revenue_relative"])
    if drawn.empty:
        why = tr("There is no whole month of which spending and income are both known.")
        return nothing_to_draw(ax, why)
    at = np.arange(len(drawn))
    ax.axhline(1, color=MUTED, lw=1)
    ax.bar(at, drawn["cost_relative"], color=PALE, edgecolor=MUTED, lw=0.6, width=0.8, label=tr("spending"))
    ax.plot(at, drawn["revenue_relative"], color=MAIN, lw=2, marker="o", ms=3.5, label=tr("income"))
    legend_below(ax, UNDER_A_LABEL)
    month_axis(ax.xaxis, drawn["month"])
    ax.set_ylim(min(0.0, float(drawn[["cost_relative", "revenue_relative"]].to_numpy().min()) * 1.1))
    ax.set_ylabel(tr("Average month = {share}").format(share=words.share(1, 0)))
    share_axis(ax.yaxis, words)
    last = drawn.iloc[-1]
    spent, earned = (words.share(last[name], 0) for name in ("cost_relative", "revenue_relative"))
    alt = tr(
        "Marketing spending and income of {months}, the last of them {month}, each against its average "
        "month; in the last month spending is {spent} and income {earned} of it."
    ).format(
        months=words.counted(len(drawn), "month"),
        month=words.month(last["month"]),
        spent=spent,
        earned=earned,
    )
    return describe(ax, _association_title(result.association), alt)


def _dots(ax: Axes, table: pd.DataFrame, shown: list[str], models: list[str]) -> None:
    """Draw a point and its range for each model and channel, the models below each other in a band."""
    steps = np.linspace(-_BAND / 2, _BAND / 2, len(models)) if len(models) > 1 else np.zeros(1)
    for model, step in zip(models, steps, strict=True):
        rows = table[table["model"] == model].set_index("channel").loc[shown]
        y = np.arange(len(shown)) + step
        marker, colour = _MARKS.get(model, _ONE)
        ax.hlines(y, rows["low"], rows["high"], color=colour, lw=1)
        ax.plot(
            rows["share"],
            y,
            ls="",
            marker=marker,
            ms=5,
            color=colour,
            clip_on=False,
            label=tr(MODEL_WORDS.get(model, model)),
        )


def _between(result: Any, channel: str, shares: pd.Series) -> tuple[str, bool]:
    """Write between which shares a channel lies, and say whether the models differ by more than chance."""
    words = result.context.words
    low, high = (words.share(float(value), 0) for value in (shares.min(), shares.max()))
    depends = result.agreement.loc[result.agreement["channel"] == channel, "depends"]
    # one sign of percent for both; some languages put a space before it
    return low if low == high else f"{low.rstrip('%').rstrip()}–{high}", bool(depends.any())


def _title(result: Any, models: list[str]) -> str:
    if len(models) == 1:
        return tr("Share of deals won by channel")
    if result.agreement["depends"].any():
        return tr("Who brings the sales depends on the way of counting")
    if result.agreement["p_adjusted"].isna().all():
        return tr("Shares of channels by way of counting: few sales")
    return tr("No clear difference between the ways of counting")


def _association_title(association: pd.DataFrame) -> str:
    verdict = association["verdict"].iloc[0] if len(association) else "not_enough_data"
    if verdict == "no_evidence":
        return tr("No evidence that income goes with spending")
    if verdict == "note":
        if float(association["value"].iloc[0]) > 0:
            return tr("Months with more spending go with more income")
        return tr("Months with more spending go with less income")
    return tr("Marketing spending and income by month")
