"""The plan of a period, what was sold of it, and where a running period will end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from crm_analysis.analyses._frames import dtypes, typed
from crm_analysis.analyses._lines import fetch, lines_to_date, money, stated
from crm_analysis.language import tr
from crm_analysis.period import Period, parse

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.view import PeriodView

COLUMNS = (
    "dimension", "value", "target", "actual", "attainment", "gap",
    "projected", "projected_low", "projected_high", "projected_attainment",
)  # fmt: skip

TOTAL = "total"
_OF = ("owner", "product", "region")
#: Finer plans are added up when there is none for the period itself; the coarsest first.
_KINDS = ("year", "half", "quarter", "month", "week", "days")
#: Past periods looked at, and how many of them make a range.
_PAST = {"year": 5, "half": 8, "quarter": 16, "month": 36, "week": 52, "days": 24}
FEWEST_PAST = 8
#: With less of a usual period behind, a projection would be a guess.
LEAST_DONE = 0.05


class Pace(NamedTuple):
    """Which part of a period's revenue has usually come by now: the middle, and 8 of 10 past periods."""

    usual: float
    low: float
    high: float
    periods: int


def plan(view: PeriodView) -> tuple[pd.DataFrame, str]:
    """Return ``COLUMNS``, a row a plan figure, the total first; and why there is none, if there is none."""
    if not view.has("targets"):
        return _frame([]), tr("the data hold no table of targets")
    if not view.has_amounts:
        return _frame([]), tr("sales have no amounts to hold against it")
    targets = _targets(view)
    if targets.empty:
        text = tr("the table of targets has none for {period}, nor for all months of it")
        return _frame([]), text.format(period=view.period)
    pace = _pace(view)
    lines = lines_to_date(view)
    parts = []
    for dimension, wanted in targets.groupby("dimension", sort=False):
        columns = [] if dimension == TOTAL else str(dimension).split(" × ")
        if not set(columns) <= set(lines.columns):
            continue
        actual = _actual(view, columns)
        parts.append(
            wanted.merge(actual, on="value", how="left").assign(actual=lambda f: f["actual"].fillna(0.0))
        )
    if not parts:
        return _frame([]), tr("sales do not say by whom, of what or where the planned figures are")
    return _with_pace(pd.concat(parts, ignore_index=True), pace), ""


def _targets(view: PeriodView) -> pd.DataFrame:
    """Return ``dimension, value, target``: figures of the period itself, else added up from its parts."""
    table = view.dataset.table("targets")
    columns = [name for name in _OF if name in table.columns]
    frame = fetch(table.select("period", "amount", *columns), "period", *columns)
    fiscal = view.dataset.settings.fiscal_year_starts
    periods = {text: parse(str(text), fiscal) for text in frame["period"].unique()}
    frame["planned"] = frame["period"].map(periods)
    inside = [view.period.start <= p.start and p.end <= view.period.end for p in frame["planned"]]
    frame = frame[inside]
    if frame.empty:
        return pd.DataFrame(columns=["dimension", "value", "target"])
    named = [
        {
            name: str(row[name]).strip()
            for name in columns
            if not (row[name] is None or row[name] != row[name])
        }
        for row in frame[columns].to_dict("records")
    ]
    frame = frame.assign(
        dimension=[" × ".join(names) or TOTAL for names in named],
        value=[" × ".join(names.values()) for names in named],
    )
    chosen = [_tiling(rows, view.period) for _, rows in frame.groupby("dimension")]
    kept = pd.concat(chosen)
    sums = kept.groupby(["dimension", "value"], as_index=False).agg(target=("amount", "sum"))
    place = sums["dimension"].map(lambda name: (name != TOTAL, name.count("×"), name))
    order = sums.assign(place=place).sort_values(["place", "target", "value"], ascending=[True, False, True])
    return order[["dimension", "value", "target"]]


def _tiling(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Keep the rows of the coarsest kind of period whose parts fill the whole period."""
    for kind in _KINDS:
        of_kind = rows[[p.kind == kind for p in rows["planned"]]]
        parts = sorted(set(of_kind["planned"]))
        if sum(part.days for part in parts) == period.days:
            return of_kind
    return rows.iloc[:0]


def _actual(view: PeriodView, columns: list[str]) -> pd.DataFrame:
    lines = lines_to_date(view)
    lines = lines.filter(lines.sold_at.date() >= view.period.start)
    if not columns:
        total: pd.DataFrame = lines.agg(actual=money(lines.amount)).to_pandas()
        return total.assign(value="")
    grouped = lines.group_by(**{name: stated(lines[name]) for name in columns}).agg(
        actual=money(lines.amount)
    )
    frame = fetch(grouped, *columns)
    return frame.assign(value=frame[columns].agg(" × ".join, axis=1))[["value", "actual"]]


def _pace(view: PeriodView) -> Pace | None:
    """Find how much of a period has usually come in by this working day; None where it is not running."""
    covered, period = view.coverage.covered, view.period
    if covered.start > period.start or covered.end >= period.end or not covered.days:
        return None
    done = _working_days(period.start, covered.end) / max(_working_days(period.start, period.end), 1)
    lines = lines_to_date(view)
    by_day = fetch(lines.group_by(day=lines.sold_at.date()).agg(revenue=money(lines.amount)), "day")
    days = by_day["day"].to_numpy().astype("datetime64[D]")
    revenue = by_day["revenue"].fillna(0.0).to_numpy()
    shares, past = [], period.previous()
    for _ in range(_PAST[period.kind]):
        if not len(days) or np.datetime64(past.start) < days[0]:
            break
        count = round(done * _working_days(past.start, past.end))
        until = np.busday_offset(np.datetime64(past.start), count, roll="forward")
        here = (days >= np.datetime64(past.start)) & (days < np.datetime64(past.end))
        whole = float(revenue[here].sum())
        if whole > 0:
            shares.append(float(revenue[here & (days < until)].sum()) / whole)
        past = past.previous()
    if len(shares) < FEWEST_PAST:
        return Pace(float(np.median(shares)) if len(shares) >= 3 else done, np.nan, np.nan, len(shares))
    low, middle, high = np.quantile(shares, [0.1, 0.5, 0.9])
    return Pace(float(middle), float(low), float(high), len(shares))


def _with_pace(frame: pd.DataFrame, pace: Pace | None) -> pd.DataFrame:
    target = frame["target"].where(frame["target"] > 0)
    frame = frame.assign(attainment=frame["actual"] / target, gap=frame["actual"] - frame["target"])
    can = (frame["actual"] > 0) & (pace is not None and pace.usual >= LEAST_DONE)
    known = pace or Pace(np.nan, np.nan, np.nan, 0)
    total = can & (frame["dimension"] == TOTAL)
    frame["projected"] = (frame["actual"] / known.usual).where(can)
    # the range of the total says nothing about the range of one owner
    frame["projected_low"] = (frame["actual"] / known.high).where(total)
    frame["projected_high"] = (
        frame["actual"] / known.low if known.low > 0 else np.nan * frame["actual"]
    ).where(total)
    frame["projected_attainment"] = frame["projected"] / target
    return _frame(frame)


def _working_days(start: date, end: date) -> int:
    return int(np.busday_count(np.datetime64(start), np.datetime64(end)))


def _frame(rows: pd.DataFrame | list[object]) -> pd.DataFrame:
    return typed(rows, dtypes(COLUMNS, text=("dimension", "value")))
