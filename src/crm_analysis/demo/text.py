"""Columns as they are written: ids, names, days, minutes and money as text, made without a loop."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.demo.draws import Bools, Ints

_FRACTIONS = pa.array(["", *(f".{n:02d}".rstrip("0") for n in range(1, 100))])
_MINUTES = pa.array([f" {n // 60:02d}:{n % 60:02d}" for n in range(DAY)])


def ids(prefix: str, number: Ints, missing: Bools | None = None) -> pa.Array:
    """Write numbers as ids with a prefix.

    Examples
    --------
    >>> ids("D", np.array([1, 42])).to_pylist()
    ['D1', 'D42']
    """
    text = pc.binary_join_element_wise(prefix, pa.array(number).cast(pa.string()), "")
    return _blank(text, missing)


def words(names: Sequence[str | None], place: Ints) -> pa.Array:
    """Write places in a list as the words found there; a negative place is blank."""
    return pa.array(names, pa.string()).take(pa.array(place, mask=place < 0))


def money(cents: Ints, missing: Bools | None = None) -> pa.Array:
    """Write hundredths as money, exactly, without zeros at the end.

    Examples
    --------
    >>> money(np.array([-5, 120, 1200, 123456])).to_pylist()
    ['-0.05', '1.2', '12', '1234.56']
    """
    size = np.abs(cents)
    sign = pa.array(["", "-"]).take(pa.array((cents < 0).astype(np.int64)))
    whole = pa.array(size // 100).cast(pa.string())
    text = pc.binary_join_element_wise(sign, whole, _FRACTIONS.take(pa.array(size % 100)), "")
    return _blank(text, missing)


class Clock:
    """Writes days and minutes of a company as ISO text.

    Parameters
    ----------
    first
        Day 0.
    days
        How many days there are after it.
    before
        How many days there are before it, for clients of old.

    Examples
    --------
    >>> clock = Clock(date(2026, 1, 1), 10)
    >>> clock.minutes(np.array([0, 1440 + 61, -1])).to_pylist()
    ['2026-01-01 00:00', '2026-01-02 01:01', None]
    """

    def __init__(self, first: date, days: int, before: int = 0) -> None:
        self._before = before
        self._days = pa.array([(first + timedelta(days=n)).isoformat() for n in range(-before, days)])

    def days(self, day: Ints, missing: Bools | None = None) -> pa.Array:
        """Write days."""
        if missing is None:
            missing = np.zeros(len(day), dtype=np.bool_)
        return self._days.take(pa.array(np.where(missing, 0, day + self._before), mask=missing))

    def minutes(self, minute: Ints, missing: Bools | None = None) -> pa.Array:
        """Write minutes; a negative one is blank unless ``missing`` says which are."""
        if missing is None:
            missing = minute < 0
        clock = _MINUTES.take(pa.array(minute % DAY))
        return pc.binary_join_element_wise(self.days(minute // DAY, missing), clock, "")


def _blank(text: pa.Array, missing: Bools | None) -> pa.Array:
    if missing is None:
        return text
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), text)
