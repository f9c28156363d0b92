"""Which part of a period the data cover, and with what it can fairly be compared.

A period that is still running, or that began before the records did, must not be set against a whole one.
Only days up to the period's end are looked at, so that later data change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.language import tr
from crm_analysis.period import Period, of_days

if TYPE_CHECKING:
    from crm_analysis.dataset import Dataset
    from crm_analysis.words import Words

_YEAR = pd.Timedelta(days=365)


@dataclass(frozen=True)
class Coverage:
    """How far the data reach into a period.

    Parameters
    ----------
    covered
        The part that the data cover; the period itself where all of it.
    comparison
        The comparison period, cut to the same number of days; None where none would be fair.
    notes
        Sentences for the page; empty where all is whole.
    """

    covered: Period
    comparison: Period | None
    notes: tuple[str, ...]


def cover(dataset: Dataset, period: Period, compare_to: str, words: Words) -> Coverage:
    """Find out which days of a period the data cover.

    The data are taken to end early when the silence before the period's end is longer than any silence of the
    year before it (weekends, holidays): a shop that closes on Sundays has no part month on a Sunday. They are
    taken to begin late in the same way, by the first sale.
    """
    days = dataset.event_days
    days = days[pd.to_datetime(days["day"]) < pd.Timestamp(period.end)]
    if days.empty:
        nothing = tr("The data hold nothing before {day}.", words.language)
        return Coverage(period, None, (nothing.format(day=words.day(period.end)),))
    happened = pd.to_datetime(days["day"])
    last, usual = happened.iloc[-1], _longest_silence(happened)
    start, end, notes = period.start, period.end, []
    if (pd.Timestamp(period.last_day) - last).days > usual:
        end = max(last.date() + timedelta(days=1), start)
    first_sale = _first(pd.to_datetime(days.loc[days["sales"], "day"]))
    if first_sale is not None and (first_sale - start).days > usual:
        start = min(first_sale, end)
    covered = period if (start, end) == (period.start, period.end) else of_days(start, end)
    if covered.days < period.days:
        notes.append(_partly(period, covered, words))
    comparison, why = _comparison(period, covered, compare_to, first_sale, usual, words)
    return Coverage(covered, comparison, (*notes, *([why] if why else [])))


def _comparison(
    period: Period, covered: Period, compare_to: str, first_sale: date | None, usual: int, words: Words
) -> tuple[Period | None, str]:
    asked = period.previous() if compare_to == "previous" else period.same_last_year()
    if covered.days == 0:
        return None, tr("There is no comparison: the data hold nothing of this period.", words.language)
    if covered.start > period.start:
        text = tr("There is no comparison: the data begin only on {day}.", words.language)
        return None, text.format(day=words.day(covered.start))
    if first_sale is None or (first_sale - asked.start).days > usual:
        if first_sale is None:
            text = tr("There is no comparison: the data do not cover {period}.", words.language)
            return None, text.format(period=words.period(asked))
        text = tr(
            "There is no comparison: the data do not cover {period}; they begin on {day}.", words.language
        )
        return None, text.format(period=words.period(asked), day=words.day(first_sale))
    if covered.days < period.days:
        cut = asked.first_days(covered.days)
        text = tr("It is compared with the same number of days: {period}.", words.language)
        return cut, text.format(period=words.period(cut))
    return asked, ""


def _partly(period: Period, covered: Period, words: Words) -> str:
    if covered.days == 0:
        return tr("The data hold nothing of {period}.", words.language).format(period=words.period(period))
    text = tr("Part of the period only: the data cover {some} of {all} days, {period}.", words.language)
    return text.format(some=covered.days, all=period.days, period=words.period(covered))


def _longest_silence(days: pd.Series) -> int:
    """Longest run of days without any event in the year before the last event."""
    recent = days[days >= days.iloc[-1] - _YEAR]
    gaps = recent.diff().dt.days.dropna()
    return int(gaps.max()) - 1 if len(gaps) else 0


def _first(days: pd.Series) -> date | None:
    return days.iloc[0].date() if len(days) else None
