"""Periods of reporting: half-open, absolute, with an unambiguous text.

Examples
--------
>>> period = parse("2026-Q3")
>>> period.start, period.end
(datetime.date(2026, 7, 1), datetime.date(2026, 10, 1))
>>> [p.text for p in parse_range("2026-09..2026-11")]
['2026-09', '2026-10', '2026-11']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering
from typing import Literal

from crm_analysis.errors import PeriodError

Kind = Literal["year", "half", "quarter", "month", "week", "days"]

FORMS = "2026, 2026-H1, 2026-Q3, 2026-10, 2026-W42, or days as 2026-07-01..2026-09-30"
_MONTHS: dict[str, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1}
_DAY = r"\d{4}-\d{2}-\d{2}"
_FORMS: tuple[tuple[Kind, str], ...] = (
    ("year", r"(\d{4})"),
    ("half", r"(\d{4})-H([12])"),
    ("quarter", r"(\d{4})-Q([1-4])"),
    ("month", r"(\d{4})-(0[1-9]|1[0-2])"),
    ("week", r"(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])"),
    ("days", rf"({_DAY})\.\.({_DAY})"),
)
_RELATIVE: dict[str, Kind] = {
    "last-month": "month",
    "last-quarter": "quarter",
    "last-year": "year",
    "last-week": "week",
}


@total_ordering
@dataclass(frozen=True)
class Period:
    """A half-open span of days, ``start <= t < end``.

    Parameters
    ----------
    text
        The form it was written in; also the name of its folder of reports.
    kind
        year, half, quarter, month, week or days.
    start, end
        First day, and the day after the last.
    fiscal_year_starts
        Month in which the fiscal year begins. Years, halves and quarters are fiscal and are named by the
        calendar year in which the fiscal year ends; months, weeks and days are those of the calendar.
    """

    text: str
    kind: Kind
    start: date
    end: date
    fiscal_year_starts: int = 1

    def __lt__(self, other: Period) -> bool:
        return (self.start, self.end) < (other.start, other.end)

    def __str__(self) -> str:
        return self.text

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to it."""
        return self.end - timedelta(days=1)

    def previous(self) -> Period:
        """Return the period of the same kind just before."""
        if self.kind == "days":
            return of_days(self.start - timedelta(days=self.days), self.start)
        return self._shifted(-1)

    def following(self) -> Period:
        """Return the period of the same kind just after."""
        if self.kind == "days":
            return of_days(self.end, self.end + timedelta(days=self.days))
        return self._shifted(1)

    def same_last_year(self) -> Period:
        """Return the same months, week or days of the year before.

        A week is compared with the week 52 weeks earlier, which has the same weekdays.
        """
        if self.kind == "week":
            return self._shifted(-52)
        if self.kind == "days":
            start, last = _a_year_before(self.start), _a_year_before(self.last_day)
            return of_days(start, last + timedelta(days=1))
        return self._shifted(-12 // _MONTHS[self.kind])

    def first_days(self, days: int) -> Period:
        """Return its first days only, as a period of days."""
        return of_days(self.start, min(self.end, self.start + timedelta(days=days)))

    def _shifted(self, steps: int) -> Period:
        if self.kind == "week":
            return _week_of(self.start + timedelta(weeks=steps))
        start = add_months(self.start, steps * _MONTHS[self.kind])
        return _of_months(self.kind, start, self.fiscal_year_starts)


def parse(text: str, fiscal_year_starts: int = 1) -> Period:
    """Read one period.

    Parameters
    ----------
    text
        ``2026``, ``2026-H1``, ``2026-Q3``, ``2026-10``, ``2026-W42`` or ``2026-07-01..2026-09-30``.
    fiscal_year_starts
        Month (1-12) in which the fiscal year begins.

    Raises
    ------
    PeriodError
        The text has none of these forms, or is no date of the calendar.
    """
    text = text.strip()
    for kind, form in _FORMS:
        if match := re.fullmatch(form, text):
            return _read(kind, match, text, fiscal_year_starts)
    raise PeriodError(f'"{text}" is not a period.', f"Allowed: {FORMS}.", "Write for example 2026-10.")


def parse_range(text: str, fiscal_year_starts: int = 1) -> tuple[Period, ...]:
    """Read one period or a range ``A..B`` of periods of one kind, both ends included.

    Days as ``2026-07-01..2026-09-30`` are one period, not a range.

    Raises
    ------
    PeriodError
        An end cannot be read, the ends differ in kind, or the second lies before the first.
    """
    text = text.strip()
    if ".." not in text or re.fullmatch(_FORMS[-1][1], text):
        return (parse(text, fiscal_year_starts),)
    ends = text.split("..", 1)
    if not all(ends):
        return (parse(text, fiscal_year_starts),)  # says what is wrong with it
    first, last = (parse(part, fiscal_year_starts) for part in ends)
    if first.kind != last.kind:
        raise PeriodError(
            f'The range "{text}" begins with a {first.kind} and ends with a {last.kind}.',
            "Both ends must be of one kind.",
            "Write for example 2024-01..2026-10.",
        )
    if last < first:
        raise PeriodError(f'The range "{text}" ends before it begins.', "", f"Write {last}..{first} instead.")
    periods = [first]
    while periods[-1] < last:
        periods.append(periods[-1].following())
    return tuple(periods)


def resolve(text: str, today: date, fiscal_year_starts: int = 1) -> str:
    """Turn ``last-month``, ``last-quarter``, ``last-year`` or ``last-week`` into an absolute period.

    Any other text comes back as it is. This is the only place where the clock may decide what is reported.

    Examples
    --------
    >>> resolve("last-month", date(2026, 11, 23))
    '2026-10'
    >>> resolve("2026-Q3", date(2026, 11, 23))
    '2026-Q3'
    """
    kind = _RELATIVE.get(text.strip())
    if kind is None:
        if text.strip().startswith("last-"):
            raise PeriodError(f'"{text}" is not a period.', f"Allowed: {', '.join(_RELATIVE)}; {FORMS}.")
        return text
    running = _week_of(today) if kind == "week" else _containing(kind, today, fiscal_year_starts)
    return running.previous().text


def month_of(day: date) -> Period:
    """Return the calendar month a day lies in."""
    return _of_months("month", day.replace(day=1), 1)


def of_days(start: date, end: date) -> Period:
    """Make a period of days from its first day and the day after its last."""
    return Period(f"{start}..{end - timedelta(days=1)}", "days", start, end)


def add_months(day: date, months: int) -> date:
    """Return the first of the month that lies so many months after the month of a day."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _read(kind: Kind, match: re.Match[str], text: str, fiscal_year_starts: int) -> Period:
    try:
        if kind == "days":
            start, last = (date.fromisoformat(part) for part in match.groups())
            if last < start:
                raise PeriodError(f'"{text}" ends before it begins.', "", f"Write {last}..{start} instead.")
            return of_days(start, last + timedelta(days=1))
        if kind == "week":
            return _week_of(date.fromisocalendar(int(match[1]), int(match[2]), 1))
        year, part = int(match[1]), int(match[2]) if match.lastindex == 2 else 1
        if kind == "month":
            return _of_months(kind, date(year, part, 1), 1)
        first_year = year if fiscal_year_starts == 1 else year - 1
        start = add_months(date(first_year, fiscal_year_starts, 1), (part - 1) * _MONTHS[kind])
        return _of_months(kind, start, fiscal_year_starts)
    except ValueError as error:
        if isinstance(error, PeriodError):
            raise
        raise PeriodError(
            f'"{text}" is not in the calendar: {error}.', f"Allowed: {FORMS}.", "Correct the day."
        ) from error


def _of_months(kind: Kind, start: date, fiscal_year_starts: int) -> Period:
    end = add_months(start, _MONTHS[kind])
    year_starts = 1 if kind == "month" else fiscal_year_starts
    since = (start.month - year_starts) % 12
    year = start.year + (year_starts > 1 and start.month >= year_starts)
    text = {
        "year": f"{year}",
        "half": f"{year}-H{since // 6 + 1}",
        "quarter": f"{year}-Q{since // 3 + 1}",
        "month": f"{start:%Y-%m}",
    }[kind]
    return Period(text, kind, start, end, fiscal_year_starts)


def _containing(kind: Kind, day: date, fiscal_year_starts: int) -> Period:
    year_starts = 1 if kind == "month" else fiscal_year_starts
    since = (day.month - year_starts) % _MONTHS[kind]
    return _of_months(kind, add_months(day, -since), fiscal_year_starts)


def _week_of(day: date) -> Period:
    year, week, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return Period(f"{year}-W{week:02d}", "week", monday, monday + timedelta(weeks=1))


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return date(day.year - 1, 2, 28)
