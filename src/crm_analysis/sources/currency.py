"""Tell currency symbols and codes from other text that stands beside numbers."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from babel.numbers import list_currencies

from crm_analysis.sources.shapes import APOSTROPHES, SIGNS, SPACES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.sources.shapes import Shape

# what people write beside the ISO codes and the signs of Unicode's class Sc
_USUAL = frozenset(
    {"zł", "kč", "kr", "ft", "lei", "лв", "руб", "р", "грн", "тг", "сум", "fr", "sfr", "rs", "元", "円"}
)
_USUAL_DOLLARS = frozenset({"r$", "us$", "c$", "ca$", "a$", "au$", "nz$", "hk$", "s$", "mx$"})
_NUMBER = re.compile(rf"[\d.,()%{SIGNS}{SPACES}{APOSTROPHES}]+")
_SYMBOL = re.compile(r"[^\W\d_]{0,3}\$|[^\W\d_]+|\S")


def find_symbols(shapes: Iterable[Shape]) -> tuple[str, ...]:
    """Collect the currency symbols and codes of a column, sorted.

    A value with any other text beside its number contributes nothing; it stays unreadable.

    Examples
    --------
    >>> from crm_analysis.sources.shapes import Shape
    >>> find_symbols([Shape("€ 9,99", 2, "€ 1,50"), Shape("USD 9", 1, "USD 5"), Shape("room 9", 1, "room 5")])
    ('USD', '€')
    """
    found: set[str] = set()
    for shape in shapes:
        words = _SYMBOL.findall(_NUMBER.sub(" ", shape.text))
        # a lone e is that of 1e3
        if "9" in shape.text and all(_is_currency(word) or word in ("e", "E") for word in words):
            found.update(word for word in words if _is_currency(word))
    return tuple(sorted(found))


def _is_currency(word: str) -> bool:
    if len(word) == 1 and unicodedata.category(word) == "Sc":
        return True
    return word.upper() in _codes() or word.casefold() in _USUAL | _USUAL_DOLLARS


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())
