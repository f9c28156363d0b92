"""Pictures of the forecast: what is expected, whether it held before, whether chances were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.language import msg, tr
from crm_analysis.plots.theme import (
    ACCENT,
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
    styled,
)
from crm_analysis.words import as_sure

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from crm_analysis.analyses.open_deals import OpenDealsResult

_PAST = 12
_LIGHT = "#56B4E9"
#: What was promised, how it is called, and how it is drawn.
_PROMISES = {
    "model_3_months": (msg("chance given here, within three months"), MAIN, "o", MAIN),
    "typed_in": (msg("typed in for the stage, in the end"), ACCENT, "s", "white"),
}


_RANGED = msg("{mean}, {low} to {high}")
_AHEAD = {
    "1": msg("a month ahead"),
    "2": msg("two months ahead"),
    "3": msg("three months ahead"),
    "1-3": msg("for three months together"),
}


@styled
def fan(result: OpenDealsResult, ax: Axes | None = None) -> Axes:
    """Draw the deals won in the last twelve months, and what the next three are expected to bring.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.open_deals.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    ax = new_axes(ax, size=(WIDTH, 4.0))
    if result.forecast.empty:
        return nothing_to_draw(ax, _why(result))
    write = _written(result, ax)
    past = result.won_by_month.tail(_PAST)
    sources = dict(list(result.forecast.groupby("source", sort=False)))
    total = sources["total"]
    at = np.arange(len(past))
    ahead = len(past) + np.arange(len(total))
    ax.bar(at, past["won_amount"], color=PALE, edgecolor=MUTED, lw=0.6, label=tr("deals won"))
    opened = sources["open"]["mean"].to_numpy()
    ax.bar(ahead, opened, color=MAIN, label=tr("expected of deals open now"))
    ax.bar(
        ahead, sources["new"]["mean"], bottom=opened, color=_LIGHT, hatch="///", edgecolor="white",
        label=tr("expected of new deals"),
    )  # fmt: skip
    middle = total["p50"].to_numpy()
    ax.errorbar(
        ahead, middle, yerr=[middle - total["p10"], total["p90"] - middle], ls="", marker="D", ms=4.5,
        color=INK, elinewidth=1.6, capsize=6, capthick=1.6, label=tr("middle, and range of 8 of 10 cases"),
    )  # fmt: skip
    _months(ax, pd.concat([past["month"], total["month"]]))
    ax.set_ylim(bottom=0)
    legend_below(ax, 2 * UNDER_A_LABEL / 1.5, columns=2)
    whole = result.together[result.together["source"] == "total"].to_dict("records")[0]
    words = result.context.words
    told = "; ".join(
        f"{words.month(row['month'])} {tr(_RANGED).format(**_ranged(row, write))}"
        for row in total.to_dict("records")
    )
    title = tr("Three months together, 8 of 10 cases: {low} to {high}").format(**_ranged(whole, write))
    alt = tr(
        "Bars of the deals won in {months} and expected in three more, with the range of 8 of 10 cases: "
        "{told}. Together {mean}, {low} to {high}."
    ).format(months=words.counted(len(past), "month"), told=told, **_ranged(whole, write))
    return describe(ax, title, alt)


@styled
def backtest(result: OpenDealsResult, ax: Axes | None = None, *, horizon: str = "1") -> Axes:
    """Draw past ranges and what came.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.open_deals.analyze`.
    ax
        Axes to draw on; new ones where left out.
    horizon
        ``1``, ``2`` or ``3`` months ahead; ``1-3``: three months together, drawn at the first of them.
    """
    ax = new_axes(ax)
    rows = result.backtest[result.backtest["horizon"] == horizon]
    if rows.empty:
        return nothing_to_draw(ax, tr("No past month end has enough history before it to look back at."))
    write = _written(result, ax)
    at = np.arange(len(rows))
    held = rows["covered"].to_numpy()
    ax.vlines(at, rows["p10"], rows["p90"], color=PALE, lw=11, label=tr("range for 8 of 10 cases"))
    ax.plot(at, rows["mean"], ls="", marker="_", ms=12, mew=2, color=MUTED, label=tr("expected"))
    for inside, colour, marker, label in (
        (True, MAIN, "o", tr("came, within the range")),
        (False, ACCENT, "D", tr("came, outside")),
    ):
        here = held == inside
        if here.any():
            ax.plot(
                at[here], rows["actual"][here], ls="", marker=marker, ms=7, color=colour,
                mfc=colour if inside else "white", mew=1.8, label=label,
            )  # fmt: skip
    _months(ax, rows["month"])
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylim(bottom=0)
    legend_below(ax, 2 * UNDER_A_LABEL / 1.5)
    kept, n = int(held.sum()), len(rows)
    words, when = result.context.words, tr(_AHEAD[horizon])
    worst = rows.iloc[int(np.argmax(np.abs(rows["actual"] - rows["mean"])))]
    figures = {"kept": words.number(kept), "n": words.number(n), "when": when}
    alt = tr(
        "Ranges for past months, {n} of them, each made {when} from what was known then, with what came: "
        "{kept} held. The largest miss was {month}: {expected} expected, {came} came."
    ).format(
        **figures,
        month=words.month(worst["month"]),
        expected=write(worst["mean"]),
        came=write(worst["actual"]),
    )
    return describe(
        ax, tr("{kept} of {n} months came within the range forecast {when}").format(**figures), alt
    )


@styled
def calibration(result: OpenDealsResult, ax: Axes | None = None) -> Axes:
    """Draw the chances of winning that deals were given against the share of them that was won.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.open_deals.analyze`.
    ax
        Axes to draw on; new ones where left out.
    """
    ax = new_axes(ax, size=(WIDTH, 4.8), grid="both")
    table = result.calibration[result.calibration["promise"].isin(list(_PROMISES))]
    if table.empty:
        return nothing_to_draw(ax, tr("No open deal can be looked back at: the history is too short."))
    words = result.context.words
    ax.plot([0, 1], [0, 1], color=MUTED, lw=1, ls=(0, (4, 3)))
    told = []
    for name, (label, colour, marker, fill) in _PROMISES.items():
        rows = table[table["promise"] == name]
        if rows.empty:
            continue
        kept = rows["kept_share"]
        ax.errorbar(
            rows["promised"], kept, yerr=np.abs(rows[["low", "high"]].to_numpy().T - kept.to_numpy()),
            color=colour, marker=marker, mfc=fill, ms=6.5, lw=1.4, elinewidth=1.1, capsize=2.5, zorder=3,
            clip_on=False,
            label=tr("{promise} (n = {n})").format(promise=tr(label), n=words.number(rows["deals"].sum())),
        )  # fmt: skip
        row = rows.iloc[int(rows["deals"].argmax())]
        told.append(
            tr("{promise}: of {n} deals promised {promised}, {kept} were won").format(
                promise=tr(label), n=words.number(row["deals"]),
                promised=words.share(row["promised"], 0), kept=words.share(row["kept_share"], 0),
            )
        )  # fmt: skip
    ax.text(0.03, 0.95, tr("won more often than promised"), color=INK, fontsize=SMALL, va="top")
    ax.text(0.97, 0.03, tr("won less often"), color=INK, fontsize=SMALL, ha="right")
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=tr("Chance promised"), ylabel=tr("Share won"))
    share_axis(ax.xaxis, words)
    share_axis(ax.yaxis, words)
    legend_below(ax, UNDER_A_LABEL, columns=1)
    scores = result.scores
    mine = scores[(scores["method"] == "simulated") & scores["brier"].notna()]
    n = words.number(mine["n"].max()) if len(mine) else words.number(table["deals"].sum())
    alt = tr(
        "Share of deals won over the chance they were promised, with likely ranges, n = {n}; on the diagonal "
        "promises are kept. {told}."
    ).format(n=n, told="; ".join(told))
    return describe(ax, tr("Chances promised and kept"), alt)


def _ranged(row: dict[Any, Any], write: Callable[[Any], str]) -> dict[str, str]:
    ends = (row["p10"], row["p90"])
    figures = {"mean": row["mean"], "low": row["p10"], "high": row["p90"]}
    return {name: write(as_sure(value, *ends)) for name, value in figures.items()}


def _why(result: OpenDealsResult) -> str:
    """Say why there is no forecast, in the words of its finding."""
    said = [finding.sentence for finding in result.findings if finding.key == "forecast"]
    return said[0] if said else tr("There is no forecast.")


def _written(result: OpenDealsResult, ax: Axes) -> Callable[[Any], str]:
    """Set the axis to money or numbers of deals, and return how a value is written."""
    words = result.context.words
    units = {finding.unit for finding in result.findings if finding.key == "forecast"}
    if "deals" in units:
        count_axis(ax.yaxis, words)
        ax.set_ylabel(tr("Deals won"))
        return lambda value: words.number(round(value))
    money_axis(ax.yaxis, words)
    ax.set_ylabel(tr("Value of deals won"))
    return words.money


def _months(ax: Axes, months: pd.Series) -> None:
    month_axis(ax.xaxis, months)
    ax.set_xlabel(tr("Month"))
