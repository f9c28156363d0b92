"""Numbers and dates as people read them, in one language and currency.

The only place where figures are rounded for reading. Formats come from Babel.

Examples
--------
>>> words = Words("en", "EUR")
>>> words.money(1234567.891)
'€1.23M'
>>> words.money(12345.678)
'€12,346'
>>> words.share(0.1234)
'12.3%'
>>> words.change(-0.052)
'−5.2%'
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal

from crm_analysis.language import msg, named, plural, tr

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.period import Period

#: Shown where there is no value.
NONE = "–"
_MINUS = "−"
#: A range of shares as wide as this has no tenths to tell.
_WIDE = 0.03
_LONGEST_NAME = 60
_FRACTION = 0.5
_PARTS = {"half": msg("H{part} {year}"), "quarter": msg("Q{part} {year}"), "week": msg("W{part} {year}")}


@dataclass(frozen=True)
class Words:
    """How figures are written.

    Parameters
    ----------
    language
        ``en`` or ``ru``.
    currency
        Code of the reporting currency; empty where none is known: money is then written without a sign.
    """

    language: str = "en"
    currency: str = ""

    def money(self, value: float, *, signed: bool = False) -> str:
        """Write an amount with its currency: cents below 100, three digits with M or B from a million on."""
        if _absent(value):
            return NONE
        size = abs(value)
        if size >= 1e6:
            digits = max(0, 2 - int(math.log10(size) % 3))
            text = (
                format_compact_currency(size, self.currency, locale=self.language, fraction_digits=digits)
                if self.currency
                else format_compact_decimal(size, locale=self.language, fraction_digits=digits)
            )
        else:
            places = "#,##0.00" if 0 < size < 100 else "#,##0"
            text = (
                format_currency(
                    size,
                    self.currency,
                    _money_pattern(self.language, places),
                    locale=self.language,
                    currency_digits=False,
                )
                if self.currency
                else format_decimal(size, places, locale=self.language)
            )
        return _sign(value, signed) + text

    def number(self, value: float, digits: int | None = None, *, signed: bool = False) -> str:
        """Write a number; without ``digits`` as many places as three figures need, none from 100 on."""
        if _absent(value):
            return NONE
        if digits is None:
            whole = float(value).is_integer()
            size = abs(value)
            digits = 0 if whole or size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text = format_decimal(abs(value), pattern, locale=self.language)
        rounded_away = math.isfinite(value) and not any(digit in text for digit in "123456789")
        return text if rounded_away else _sign(value, signed) + text

    def counted(self, count: float, noun: str, *, digits: int | None = None, signed: bool = False) -> str:
        """Write a count, or a figure with so many places, with its noun.

        Examples
        --------
        >>> Words().counted(1, "order"), Words().counted(1200, "order")
        ('1 order', '1,200 orders')
        >>> Words().counted(1, "day", digits=1), Words("ru").counted(5, "day", digits=1)
        ('1.0 days', '5,0 дня')
        """
        # what has places is read as a fraction, whatever they are
        form = count if not digits else _FRACTION
        written = self.number(count, digits, signed=signed)
        return f"{written} {plural(noun, f'{noun}s', form, self.language)}"

    def name(self, text: object) -> str:
        r"""Write a name from the data within a sentence: in one line, not too long, nothing invisible.

        Examples
        --------
        >>> Words().name("a\u202eb\n c")
        'ab c'
        """
        # control and format characters turn text around or break it; the tables keep the name as it is
        seen = "".join(
            " " if mark.isspace() else "" if unicodedata.category(mark) in ("Cc", "Cf") else mark
            for mark in named(str(text), self.language)
        )
        seen = " ".join(seen.split())
        return seen if len(seen) <= _LONGEST_NAME else f"{seen[: _LONGEST_NAME - 1].rstrip()}…"

    def share(self, value: float, digits: int = 1) -> str:
        """Write a share (0-1) in percent."""
        return NONE if _absent(value) else self.number(value * 100, digits) + self._percent

    def change(self, value: float, digits: int = 1) -> str:
        """Write a relative change (0.05 is +5 %) in percent with its sign."""
        return NONE if _absent(value) else self.number(value * 100, digits, signed=True) + self._percent

    def points(self, value: float, digits: int = 1, *, spelled: bool = False) -> str:
        """Write a difference of two shares in percentage points with its sign; spelled out for a sentence."""
        unit = tr("percentage points", self.language) if spelled else tr("pp", self.language)
        return NONE if _absent(value) else f"{self.number(value * 100, digits, signed=True)} {unit}"

    def day(self, day: date) -> str:
        """Write a day in full."""
        return format_date(day, "long", locale=self.language)

    def month(self, day: date) -> str:
        """Write the month of a day."""
        return format_date(day, "LLLL yyyy", locale=self.language)

    def period(self, period: Period) -> str:
        """Write a period as people say it.

        Examples
        --------
        >>> from crm_analysis.period import parse
        >>> Words().period(parse("2026-10")), Words().period(parse("2026-07-01..2026-09-30"))
        ('October 2026', 'July 1, 2026 – September 30, 2026')
        """
        if period.kind == "month":
            return self.month(period.start)
        if period.days == 1:
            return self.day(period.start)
        if period.kind == "days":
            return f"{self.day(period.start)} – {self.day(period.last_day)}"
        if period.kind == "year":
            return period.text
        year, part = period.text.split("-")
        return tr(_PARTS[period.kind], self.language).format(part=part[1:], year=year)

    def span(self, period: Period) -> str:
        """Write a period so that it can stand after "in" or "for" within a sentence.

        Examples
        --------
        >>> from crm_analysis.period import parse
        >>> Words().span(parse("2026-10")), Words().span(parse("2026-07-01..2026-07-09"))
        ('October 2026', 'the 9 days to July 9, 2026')
        """
        if period.kind == "days" and period.days > 1:
            text = tr("the {days} to {day}", self.language)
            return text.format(days=self.counted(period.days, "day"), day=self.day(period.last_day))
        return self.period(period)

    @property
    def _percent(self) -> str:
        return "\N{NO-BREAK SPACE}%" if self.language == "ru" else "%"


def tenths(low: float, high: float) -> int:
    """Say how many places a percentage deserves: none where its range is three points wide or more.

    Examples
    --------
    >>> tenths(0.05, 0.20), tenths(0.121, 0.129), tenths(float("nan"), 0.2)
    (0, 1, 1)
    """
    return 0 if high - low >= _WIDE else 1


def as_sure(value: float, low: float, high: float) -> float:
    """Round a figure to what its range leaves of it: a tenth of the leading place of half its width.

    Examples
    --------
    >>> as_sure(563_944, 332_008, 813_443), as_sure(332_008, 332_008, 813_443)
    (560000.0, 330000.0)
    >>> as_sure(31.0, 20.0, 44.0), as_sure(5.0, 5.0, 5.0)
    (31.0, 5.0)
    """
    half = (high - low) / 2
    step = 10.0 ** (math.floor(math.log10(half)) - 1) if half > 0 else 0.0
    return round(value / step) * step if step >= 1 else value


def _absent(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _sign(value: float, signed: bool) -> str:
    if value < 0:
        return _MINUS
    return "+" if signed and value > 0 else ""


def _money_pattern(language: str, places: str) -> str:
    return f"{places}\N{NO-BREAK SPACE}¤" if language == "ru" else f"¤{places}"
