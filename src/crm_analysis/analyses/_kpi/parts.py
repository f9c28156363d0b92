"""The five KPIs of the sales process: what they are, and how they are measured over any span of days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crm_analysis.columns import Kind as Written
    from crm_analysis.findings import Better
    from crm_analysis.stats.intervals import Interval
    from crm_analysis.stats.monthly import Kind

    Span = tuple[pd.Timestamp, pd.Timestamp]

STEM = "process_kpis"
ALL = "all"
#: Deals of clients who bought nothing in the months that classes rest on.
NEW = "new"
#: Contacts logged on the deals that were won, beside all contacts over clients won.
ON_WON = "on won deals"
#: Level over all deals to date, beside that of the period.
TO_DATE = "all to date"
MEDIAN = "median to date"

MOST_MONTHS = 60
#: Records that begin this many days into a month still cover it: few firms sell on every day.
SLACK = pd.Timedelta(days=10)
DAYS_A_MONTH = 365.25 / 12
_EPOCH = pd.Timestamp(0)


@dataclass(frozen=True)
class Kpi:
    """A KPI: its kind of series, which direction is good, its unit, and who owns it."""

    key: str
    kind: Kind
    better: Better
    unit: Literal["days", "money", "contacts"]
    department: str
    written: Written


KPIS = {
    kpi.key: kpi
    for kpi in (
        Kpi("purchase_interval_days", "money", "down", "days", "sales", "days"),
        Kpi("deal_amount", "money", "up", "money", "sales", "money"),
        Kpi("order_amount", "money", "up", "money", "sales", "money"),
        Kpi("acquisition_cost", "money", "down", "money", "marketing", "money"),
        Kpi("decision_days", "process", "down", "days", "sales", "days"),
        Kpi("contacts_per_customer", "process", "down", "contacts", "sales", "number"),
    )
}


@dataclass(frozen=True)
class Measure:
    """A KPI that the data can tell.

    Parameters
    ----------
    kpi
        Its key.
    begin
        First day from which on the records measure it as they do later.
    over
        Its figure in a span of days, by group; NaN where it has none, infinite where there was effort and
        nobody came.
    tested
        Groups whose course is tested; the family is fixed in advance.
    months
        Months in a point of the series: 1, or 3 where a month holds too few cases.
    facts
        What its card of definition names: days, months, the source.
    """

    kpi: str
    begin: pd.Timestamp
    over: Callable[[Span], Mapping[str, Interval]]
    tested: tuple[str, ...]
    months: int
    facts: Mapping[str, str]


def points_between(begin: pd.Timestamp, end: pd.Timestamp, months: int) -> list[Span]:
    """Return the whole months (or quarters of the calendar) between two days, the last 60 months.

    Examples
    --------
    >>> spans = points_between(pd.Timestamp("2026-01-05"), pd.Timestamp("2026-03-20"), 1)
    >>> [f"{start:%Y-%m}" for start, _ in spans]
    ['2026-01', '2026-02']
    """
    frequency = "M" if months == 1 else "Q"
    running = end.to_period(frequency)
    first = max(begin.to_period(frequency), running - MOST_MONTHS // months)
    found = []
    for period in pd.period_range(first, running, freq=frequency):
        start, following = period.start_time, (period + 1).start_time
        if start + SLACK >= begin and following <= end:
            found.append((start, following))
    return found


def day_number(day: pd.Timestamp) -> float:
    """Count the days since 1970."""
    return (day - _EPOCH) / pd.Timedelta(days=1)
