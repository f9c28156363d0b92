"""Conditions as analysts type them: names in capitals or not, ranges with open ends, days and periods.

What cannot be is an error that says what there is and what is near. Shared by the search of open deals and by
the rows of a view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.errors import ParameterError, PeriodError, listed, nearest
from crm_analysis.language import msg
from crm_analysis.period import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    import ibis

#: Stands for a blank: of a product, a region, a reason, ….
NOT_STATED = msg("(not stated)")
_NAMED = 12
#: Where a range of days is open at an end.
_EARLIEST, _LATEST = pd.Timestamp("1700-01-01"), pd.Timestamp("2260-01-01")


def stated(value: ibis.Value) -> ibis.Value:
    """Return a dimension as text, with a word for blank values."""
    text = value.cast("string").strip()
    return (text.isnull() | (text == "")).ifelse(NOT_STATED, text)


def names_of(condition: str, value: str | Sequence[str], known: Collection[str]) -> list[str]:
    """Return the names asked for as the data write them.

    Raises
    ------
    ParameterError
        A name that does not occur, with the nearest that does.

    Examples
    --------
    >>> names_of("owner", "ann", ["Ann", "Bob"])
    ['Ann']
    """
    asked = [value] if isinstance(value, str) else _list(condition, value)
    written = {name.casefold(): name for name in known}
    unknown = [name for name in asked if str(name).casefold() not in written]
    if unknown:
        raise ParameterError(
            f"There is no {condition} {listed(unknown)}.",
            f"There are: {listed(sorted(known), _NAMED)}." if known else f"The data name no {condition}.",
            nearest(str(unknown[0]), known),
        )
    return [written[str(name).casefold()] for name in asked]


def ends_of(condition: str, value: Any) -> tuple[float, float]:
    """Return the ends of a range of numbers, both inclusive; an end that is None is open.

    Raises
    ------
    ParameterError
        It is no range.

    Examples
    --------
    >>> ends_of("amount", (1000, None))
    (1000.0, inf)
    """
    try:
        low, high = value
        ends = (float("-inf") if low is None else float(low), float("inf") if high is None else float(high))
    except (TypeError, ValueError):
        ends = (1.0, 0.0)
    if not ends[0] <= ends[1]:
        raise ParameterError(
            f"{condition} is {value!r}.",
            "Two numbers, the smaller first; None where there is no limit.",
            f"For example {condition}=(1000, None).",
        )
    return ends


def day_of(condition: str, value: str | date) -> pd.Timestamp:
    """Return a day.

    Raises
    ------
    ParameterError
        It is none.
    """
    day = pd.to_datetime(str(value), errors="coerce")
    if pd.isna(day):
        raise ParameterError(f"{condition} is {value!r}.", "A day.", f'For example {condition}="2026-12-31".')
    return day


def span_of(condition: str, value: Any, fiscal_year_starts: int = 1) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the span that a period, a day, or a first and last day name, half-open.

    Raises
    ------
    ParameterError
        It names none.

    Examples
    --------
    >>> [str(end.date()) for end in span_of("closed_at", "2026-Q3")]
    ['2026-07-01', '2026-10-01']
    >>> [str(end.date()) for end in span_of("closed_at", ("2026-07-01", "2026-07-31"))]
    ['2026-07-01', '2026-08-01']
    """
    if isinstance(value, str):
        try:
            period = parse(value, fiscal_year_starts)
        except PeriodError:
            pass  # a day is no period, and what is neither is told below
        else:
            return pd.Timestamp(period.start), pd.Timestamp(period.end)
    first, last = value if isinstance(value, tuple | list) and len(value) == 2 else (value, value)
    try:
        begin = _EARLIEST if first is None else day_of(condition, first).normalize()
        end = _LATEST if last is None else day_of(condition, last).normalize() + pd.Timedelta(days=1)
    except ParameterError:
        begin, end = _LATEST, _EARLIEST
    if not begin < end:
        raise ParameterError(
            f"{condition} is {value!r}.",
            "A period, a day, or the first and the last day; None where there is no limit.",
            f'For example {condition}="2026-Q3" or {condition}=("2026-07-01", None).',
        )
    return begin, end


def _list(condition: str, value: Any) -> list[Any]:
    try:
        return list(value)
    except TypeError:
        raise ParameterError(
            f"{condition} is {value!r}.", "A name or a list of names.", f'For example {condition}="A name".'
        ) from None
