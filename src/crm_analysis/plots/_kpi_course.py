"""The courses of the process KPIs: small pictures, each with range, trend and normal variation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.columns import column
from crm_analysis.language import tr
from crm_analysis.plots.theme import (
    ACCENT,
    MAIN,
    MUTED,
    PALE,
    SMALL,
    WIDTH,
    describe,
    month_axis,
    new_axes,
    nothing_to_draw,
    styled,
)
from crm_analysis.sentences.process_kpis import LABELS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from crm_analysis.analyses.process_kpis import ProcessKpisResult

#: Height of a picture, and the room below it for months and the next title, in inches.
_PANEL, _GAP = 1.25, 0.75
#: Room above the first row for its titles, in inches.
_TOP = 0.3
#: Whiskers are cut at so many times the largest value: one wide range must not flatten the course.
_TALLEST = 1.4


@styled
def courses(result: ProcessKpisResult, group: str = "all", ax: Axes | None = None) -> Axes:
    """Draw each KPI month by month: figures with likely range, trend line, band of normal variation.

    Parameters
    ----------
    result
        From :func:`crm_analysis.analyses.process_kpis.analyze`.
    group
        Whose course: ``all``, ``A``, ``B``, ``C`` or ``new``.
    ax
        Axes to draw on; new ones where left out. They hold a small picture a KPI.
    """
    table = result.series[result.series["group"] == group]
    held = [kpi for kpi in LABELS if kpi in set(table["kpi"])]
    height = _TOP + max(len(held), 1) * (_PANEL + _GAP)
    ax = new_axes(ax, size=(WIDTH, height), grid="")
    if not held:
        return nothing_to_draw(ax, tr("No KPI has a whole month yet."))
    ax.set_axis_off()
    told = []
    for place, kpi in enumerate(held):
        bottom = 1 - (_TOP + (place + 1) * _PANEL + place * _GAP) / height
        panel = ax.inset_axes((0.13, bottom, 0.85, _PANEL / height))
        panel.grid(visible=True, axis="y")
        series = table[table["kpi"] == kpi]
        draw_course(result, series, panel)
        label = tr(LABELS[kpi])
        title = tr("{label}, days").format(label=label) if column(kpi).kind == "days" else label
        panel.set_title(title, loc="left", fontsize=10.5, pad=6)
        told.append(_told(result, kpi, series))
    return describe(ax, _headline(table), tr("Courses of KPIs. {told}").format(told=" ".join(told)))


def _headline(table: pd.DataFrame) -> str:
    """Say which KPIs left their normal range in their last month."""
    last = table.dropna(subset=["value", "limit_low"]).groupby("kpi", sort=False).tail(1)
    if last.empty:
        return tr("The KPIs by month")
    out = [
        tr(LABELS[kpi]) for kpi in LABELS if kpi in set(last[last["signal"].isin(["above", "below"])]["kpi"])
    ]
    if not out:
        return tr("All within their normal range in the last month")
    told = out[0] if len(out) == 1 else str(len(out))
    return tr("Unusual in the last month: {kpis}").format(kpis=told)


def draw_course(result: ProcessKpisResult, series: pd.DataFrame, ax: Axes, *, lines: bool = True) -> None:
    """Draw one course: range of each month, band and line, the values, and those out of the band."""
    kpi, at = str(series["kpi"].iloc[0]), np.arange(len(series))
    values = series["value"].to_numpy(dtype=float)
    if lines and series["limit_low"].notna().any():
        ax.fill_between(at, series["limit_low"], series["limit_high"], color=PALE, alpha=0.6, lw=0)
        ax.plot(at, series["centre"], color=ACCENT if _moves(result, series) else MUTED, lw=1.6)
    top = _TALLEST * float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    low = series["low"].to_numpy(dtype=float)
    high = np.minimum(series["high"].fillna(np.inf).to_numpy(dtype=float), top)
    ranged = ~np.isnan(low) & ~np.isnan(values)
    ax.vlines(at[ranged], np.minimum(low, high)[ranged], high[ranged], color=MUTED, lw=0.8, alpha=0.6)
    ax.plot(at, values, color=MAIN, lw=1.2, marker="o", ms=2.6)
    special = series["signal"].isin(["above", "below"]).to_numpy() & ~np.isnan(values)
    if lines and special.any():
        ax.plot(at[special], values[special], ls="", marker="D", ms=5, mfc="white", mec=ACCENT, mew=1.4)
    seen = [top * 0.999, *series["limit_high"].dropna()] if lines else [top * 0.999]
    ax.set_ylim(0, min(max(seen), max(top, float(np.nanmax(values)) if ranged.any() else top)) * 1.05)
    month_axis(ax.xaxis, series["month"], fontsize=SMALL - 1)
    ax.tick_params(axis="y", labelsize=SMALL - 1)
    ax.yaxis.set_major_formatter(lambda value, _: write(result, kpi, value, short=True))
    for spine in ax.spines.values():
        spine.set_visible(False)


def _moves(result: ProcessKpisResult, series: pd.DataFrame) -> bool:
    """Say whether a test found the trend of a course; a line that may be chance is drawn grey."""
    trends, (kpi, group) = result.trends, series[["kpi", "group"]].iloc[0]
    mine = trends[(trends["kpi"] == kpi) & (trends["group"] == group)]
    return bool(mine["verdict"].isin(["improved", "worsened"]).any())


def write(
    result: ProcessKpisResult, kpi: str, value: float, *, signed: bool = False, short: bool = False
) -> str:
    """Write a figure of a KPI; ``short`` leaves out the unit."""
    words = result.context.words
    unit = column(kpi).kind
    if unit == "money":
        return words.money(round(value), signed=signed)
    digits = 0 if abs(value) >= 100 or (short and not signed and float(value).is_integer()) else 1
    if short:
        return words.number(value, digits, signed=signed)
    shown = value if digits else round(value)
    if unit == "days":
        return words.counted(shown, "day", digits=digits, signed=signed)
    return words.counted(shown, "contact", digits=digits, signed=signed)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _told(result: ProcessKpisResult, kpi: str, series: pd.DataFrame) -> str:
    known = series.dropna(subset=["value"])
    if known.empty:
        return tr("{kpi}: no figure.").format(kpi=tr(LABELS[kpi]))
    words = result.context.words
    first, last = known.iloc[0], known.iloc[-1]
    outside = int(known["signal"].isin(["above", "below"]).sum())
    return tr(
        "{kpi}: {first} in {first_month}, {last} in {last_month}, {outside} of {all} points out of the "
        "normal range."
    ).format(
        kpi=tr(LABELS[kpi]),
        first=write(result, kpi, first["value"]),
        first_month=words.month(first["month"]),
        last=write(result, kpi, last["value"]),
        last_month=words.month(last["month"]),
        outside=words.number(outside),
        all=words.number(len(known)),
    )
