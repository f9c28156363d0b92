"""Whether the data of a period are all there yet, as the settings ask; before that, it is not reported."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from crm_analysis.errors import NotReadyError
from crm_analysis.sources.config import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.dataset import Dataset
    from crm_analysis.period import Period


def must_be_ready(dataset: Dataset, periods: Iterable[Period], today: date | None) -> None:
    """Make sure that the data reach the end of every period, within the days that ``ready`` allows.

    Of a period that is still running the days up to yesterday are wanted. Rows of the future count for
    nothing: one mistyped year would make all periods ready.

    Parameters
    ----------
    dataset
        The data; ``ready`` stands in their settings.
    periods
        The periods to be reported.
    today
        The day on which it is asked; None takes every row for what it says.

    Raises
    ------
    NotReadyError
        The newest row of a table is older than allowed.
    """
    allowed: dict[str, int] = dataset.settings.ready
    newest = {name: _newest(dataset, name, today) for name in allowed}
    for period in periods:
        last = period.last_day if today is None else min(period.last_day, today - timedelta(days=1))
        late = [name for name, days in allowed.items() if _is_late(newest[name], last, days)]
        if late:
            raise _not_ready(period, last, {name: (newest[name], allowed[name]) for name in late})


def _newest(dataset: Dataset, name: str, today: date | None) -> date | None:
    """Return the day of the newest row of a table; None where it has none."""
    columns = [column for column in MOMENTS[name] if dataset.has(name, column)]
    if not columns:
        return None
    rows = dataset.table(name)
    days = [rows[column].date() for column in columns]
    if name == "deals" and "closed_at" in columns:  # an open deal may carry the date its owner hopes for
        closed = columns.index("closed_at")
        days[closed] = (rows.status != "open").ifelse(days[closed], ibis.null("date"))
    if today is not None:
        days = [(day <= ibis.date(today)).ifelse(day, ibis.null("date")) for day in days]
    found = rows.aggregate([day.max().name(column) for day, column in zip(days, columns, strict=True)])
    known = pd.to_datetime(found.to_pandas().iloc[0]).dropna()
    return None if known.empty else known.max().date()


def _is_late(newest: date | None, last: date, days: int) -> bool:
    return newest is None or newest < last - timedelta(days=days)


def _not_ready(period: Period, last: date, late: dict[str, tuple[date | None, int]]) -> NotReadyError:
    found = "; ".join(
        f"the newest row of {name} is of {day}" if day else f"{name} has no row with a date"
        for name, (day, _) in late.items()
    )
    needed = ", ".join(f"{name} to {last - timedelta(days=days)}" for name, (_, days) in late.items())
    known = [day for day, _ in late.values() if day]
    there = min(known) if len(known) == len(late) else None
    instead = f", or ask for the days there are: {period.start}..{there}" if _reaches(there, period) else ""
    return NotReadyError(
        f"The data of {period} are not ready: {found}.",
        f"They have to reach: {needed} (ready in [settings] says so).",
        f"Try again when newer data have come{instead}.",
    )


def _reaches(day: date | None, period: Period) -> bool:
    return day is not None and period.start <= day < period.last_day
