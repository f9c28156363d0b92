"""Which months the classes of clients rest on, now and before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._abc.purchases import whole_months
from crm_analysis.language import tr

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

MONTHS = 12
FEWEST_MONTHS = 3
#: Records that begin this many days into a span still cover it: few firms sell on every day.
SLACK = pd.Timedelta(days=10)
_YEAR_DAYS = 365


@dataclass(frozen=True)
class Windows:
    """The windows of the classes.

    Parameters
    ----------
    now
        Window that ends with the period.
    before
        Window of the same length that ends with the comparison period; None where it is not covered.
    period, comparison
        The covered part of the period, and what it is compared with.
    notes
        What a reader must know of them.
    """

    now: Span
    before: Span | None
    period: Span
    comparison: Span | None
    notes: tuple[str, ...]


def span_text(span: Span, words: Words) -> str:
    """Write a span as people say it: "the 12 months to October 31, 2026"."""
    start, last = span[0], span[1] - pd.Timedelta(days=1)
    if start.day == 1 and start + pd.DateOffset(months=1) == span[1]:
        return words.month(start)
    text = tr("the {days} to {day}", words.language)
    return text.format(days=length_text(span, words), day=words.day(last))


def length_text(span: Span, words: Words) -> str:
    """Write how long a span is: "12 months", or in days where it holds no whole months."""
    months = whole_months(*span)
    if months and span[0] + pd.DateOffset(months=months) == span[1]:
        return words.counted(months, "month")
    return words.counted((span[1] - span[0]).days, "day")


def back(end: pd.Timestamp, months: int) -> pd.Timestamp:
    """Return the day so many months before."""
    return end - pd.DateOffset(months=months)


def choose_windows(view: PeriodView, first_sale: pd.Timestamp | None) -> Windows:
    """Choose the windows that classes rest on.

    A period of a year or more is its own window. A shorter one takes the twelve months to its end, because
    few clients buy every month. Where records do not reach back that far for both windows, both get the
    same smaller number of months, so that they stay comparable; at the least the periods themselves.
    """
    words, coverage = view.context.words, view.coverage
    period = _span(coverage.covered.start, coverage.covered.end)
    compared = coverage.comparison
    comparison = None if compared is None else _span(compared.start, compared.end)
    if (period[1] - period[0]).days >= _YEAR_DAYS or first_sale is None:
        return Windows(period, comparison, period, comparison, ())
    if comparison is None:
        now, before = (max(back(period[1], MONTHS), first_sale), period[1]), None
    else:
        months = min(MONTHS, whole_months(first_sale - SLACK, comparison[1]))
        now, before = ((back(end, months), end) for end in (period[1], comparison[1]))
        if now[0] > period[0] or before[0] > comparison[0]:
            now, before = period, comparison
    notes: tuple[str, ...] = ()
    if now[0] > back(period[1], MONTHS):
        notes = (
            tr("Classes rest on {window} only: the records are too short for twelve months.").format(
                window=span_text(now, words)
            ),
        )
    return Windows(now, before, period, comparison, notes)


def _span(start: object, end: object) -> Span:
    return pd.Timestamp(start), pd.Timestamp(end)  # type: ignore[arg-type]
