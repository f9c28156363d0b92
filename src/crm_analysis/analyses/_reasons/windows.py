"""Which days the reasons are told of: the period, and a year of deals, since a month holds few lost deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._abc.purchases import whole_months
from crm_analysis.analyses._abc.windows import SLACK, back, span_text
from crm_analysis.language import tr

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.view import PeriodView

MONTHS = 12
#: A span before the year that is shorter says little of how it was.
FEWEST_MONTHS = 3
_YEAR_DAYS = 365


@dataclass(frozen=True)
class Windows:
    """The spans that are set against each other, half-open.

    Parameters
    ----------
    period, comparison
        What the data cover of the period, and what it is compared with; None where nothing is fair.
    year, year_before
        Twelve months to the end of the period and the twelve before, or the months that the records hold;
        the period and its comparison themselves where the period has a year or more. None where the records
        hold less than three months before.
    text, text_before
        The year and the one before, in words; empty where there is none.
    """

    period: Span
    comparison: Span | None
    year: Span
    year_before: Span | None
    text: str
    text_before: str

    @property
    def first_day(self) -> pd.Timestamp:
        """The earliest day of any span."""
        spans = (self.period, self.comparison, self.year, self.year_before)
        return min(span[0] for span in spans if span is not None)

    @property
    def before_spoken(self) -> str:
        """The span before the year as people say it after the year: by its place where it has one."""
        before = self.year_before
        if before is None or before != (back(self.year[0], MONTHS), self.year[0]):
            return self.text_before
        return tr("the year before") if back(self.year[1], MONTHS) == self.year[0] else self.text_before

    @property
    def year_is_period(self) -> bool:
        """Whether the period is its own year."""
        return self.year == self.period


def choose_windows(view: PeriodView, first_closed: pd.Timestamp | None) -> Windows:
    """Choose the spans, given the day on which the first deal was decided."""
    words, coverage = view.context.words, view.coverage
    period = _span(coverage.covered.start, coverage.covered.end)
    compared = coverage.comparison
    comparison = None if compared is None else _span(compared.start, compared.end)
    if (period[1] - period[0]).days >= _YEAR_DAYS:
        year, before = period, comparison
    else:
        start = back(period[1], MONTHS)
        known = start if first_closed is None else first_closed.normalize()
        year = (start if known - SLACK <= start else min(known, period[0]), period[1])
        before = _before(year[0], known) if year[0] == start else None
    return Windows(
        period,
        comparison,
        year,
        before,
        span_text(year, words),
        "" if before is None else span_text(before, words),
    )


def within(moments: pd.Series, span: Span) -> pd.Series:
    """Say which moments lie in a span."""
    return (moments >= span[0]) & (moments < span[1])


def _before(end: pd.Timestamp, known: pd.Timestamp) -> Span | None:
    start = back(end, MONTHS)
    if known - SLACK > start:
        start = known
    return (start, end) if whole_months(start - SLACK, end) >= FEWEST_MONTHS else None


def _span(start: object, end: object) -> Span:
    return pd.Timestamp(start), pd.Timestamp(end)  # type: ignore[arg-type]
