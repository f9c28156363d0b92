"""The calendar of the made-up company: working days, season, quarter ends.

Times are minutes since the first day of a warm-up year before the data begin; days are counted from it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.draws import Bools, Floats, Ints

DAY = 24 * 60
OPENS, OPEN_MINUTES = 8 * 60, 600  # the office works from 8:00 to 18:00
#: Holidays, (month, day): the few that most of Europe shares.
HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)})
_WARM_UP, _BEYOND = 365, 550
_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Calendar:
    """Days of the company, counted from the start of the warm-up year.

    Parameters
    ----------
    first
        Day 0.
    start, end
        Numbers of the first day of the data and of the day after the last.
    working
        Whether each day is worked.
    month
        Month of each day (1-12).
    flow
        Season-weighted working time passed at the end of each day; a year counts as many days as it has.
    following
        For each day, the next one worked, itself where it is.
    quarters
        First days of the quarters.
    """

    first: date
    start: int
    end: int
    working: Bools
    month: Ints
    flow: Floats
    following: Ints
    quarters: Ints

    @classmethod
    def of(cls, company: Company) -> Calendar:
        """Lay out the days of a company."""
        first = company.start - timedelta(days=_WARM_UP)
        count = company.start.year * 12 + company.start.month - 1 + company.months
        end = (date(count // 12, count % 12 + 1, 1) - first).days
        days = [first + timedelta(days=n) for n in range(end + _BEYOND)]
        working = np.array([day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS for day in days])
        month = np.array([day.month for day in days], dtype=np.int64)
        # A month with more working days brings more: the season factor is per working day.
        season = np.asarray(company.season) / np.mean(company.season)
        weight = np.where(working, season[month - 1], 0.0)
        span = slice(_WARM_UP, end)
        weight = weight / weight[span].mean()
        number = np.arange(len(days), dtype=np.int64)
        following = np.where(working, number, number[-1])
        following = np.minimum.accumulate(following[::-1])[::-1]
        quarters = [n for n, day in enumerate(days) if day.day == 1 and day.month % 3 == 1]
        return cls(
            first,
            _WARM_UP,
            end,
            working,
            month,
            np.cumsum(weight),
            following,
            np.array(quarters, dtype=np.int64),
        )

    @property
    def start_minute(self) -> int:
        """First minute of the data."""
        return self.start * DAY

    @property
    def end_minute(self) -> int:
        """First minute after the data."""
        return self.end * DAY

    def number(self, day: date) -> int:
        """Count a day."""
        return (day - self.first).days

    def day(self, number: int) -> date:
        """Name a day."""
        return self.first + timedelta(days=int(number))

    def years(self, day: Ints | Floats) -> Floats:
        """Years passed since the data began; negative in the warm-up."""
        return (np.asarray(day, dtype=np.float64) - self.start) / _YEAR

    def at_flow(self, flow: Floats) -> Ints:
        """Find the working day at which so much season-weighted working time has passed."""
        return np.minimum(np.searchsorted(self.flow, flow, side="right"), len(self.flow) - 1).astype(np.int64)

    def flow_at(self, day: Floats) -> Floats:
        """Season-weighted working time passed at the end of a day."""
        return np.asarray(np.interp(day, np.arange(len(self.flow)), self.flow), dtype=np.float64)

    def on_workday(self, day: Ints) -> Ints:
        """Move a day off to the next day worked."""
        return self.following[np.minimum(day, len(self.following) - 1)]

    def minutes(self, day: Ints, uniform: Floats) -> Ints:
        """Give a day worked a time within office hours."""
        return day * DAY + OPENS + (uniform * OPEN_MINUTES).astype(np.int64)

    def office(self, when: Floats) -> Ints:
        """Move a time in days to the office hours of that day, or of the next one worked."""
        whole = np.floor(when).astype(np.int64)
        return self.minutes(self.on_workday(whole), when - whole)

    def months(self) -> list[date]:
        """First days of the months of the data."""
        return [day for n in range(self.start, self.end) if (day := self.day(n)).day == 1]

    def month_index(self, day: Ints) -> Ints:
        """Count the month of the data a day lies in; -1 before the first."""
        starts = np.array([self.number(month) for month in self.months()])
        return np.searchsorted(starts, day, side="right").astype(np.int64) - 1
