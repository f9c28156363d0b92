"""Find out how numbers and dates are written in a column, and give the SQL that reads them.

Numbers are decided here; dates in :mod:`crm_analysis.sources.dates`. Both look at the shapes of all values
(every digit a 9), of which even a million rows have few; what a shape leaves open is counted in SQL.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.errors import DataError, MappingError, listed
from crm_analysis.sources.currency import find_symbols
from crm_analysis.sources.dates import DateFormat, date_sql, find_date_format
from crm_analysis.sources.shapes import (
    APOSTROPHES,
    SIGNS,
    SPACES,
    Shape,
    find_shapes,
    literal,
    quote,
    text_sql,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

__all__ = [
    "DateFormat",
    "NumberFormat",
    "date_sql",
    "find_date_format",
    "find_number_format",
    "number_sql",
    "quote",
]

_MARKS = {" ": SPACES, "'": APOSTROPHES, ",": ",", ".": "."}  # thousands marks and how each may be written
_WORDS = {" ": "space", "'": "apostrophe", ",": "comma", ".": "point"}
_LOOSE = rf"[.,]?\d[\d.,{SPACES}{APOSTROPHES}]*"
_EXPONENT = r"(?:[eE][+-]?\d+)?"


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written.

    Parameters
    ----------
    decimal
        Decimal mark, ``.`` or ``,``; empty where the column holds typed numbers.
    thousands
        Marks between groups of digits, one character each: comma, point, apostrophe, or a space, which
        stands for no-break, narrow and thin spaces too; empty where there are none.
    symbols
        Currency symbols and codes found.
    text
        The same in words, with any assumption, for the audit.
    """

    decimal: str
    thousands: str
    symbols: tuple[str, ...] = ()
    text: str = ""


@dataclass
class _Evidence:
    """How many values speak for each reading of a comma or point."""

    decimal: Counter[str]
    thousands: Counter[str]
    open: Counter[str]  # 1,234: either
    examples: list[str]

    def votes(self, mark: str) -> int:
        """Values that can only be read with this decimal mark."""
        return self.decimal[mark] + self.thousands[_other(mark)]


def find_number_format(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    *,
    missing: Sequence[str],
    decimal: str | None = None,
    thousands: str | None = None,
) -> NumberFormat:
    """Tell from all values of a column how its numbers are written.

    A value such as ``1.234,5`` or ``12,5`` decides between point and comma; most values win. Where all
    values are like ``1,234`` the mark is taken for thousands, and ``text`` says that this is assumed.

    Parameters
    ----------
    con, relation, column
        Where the values stand.
    missing
        Values that mean "nothing here"; case does not matter.
    decimal, thousands
        What crm.toml says.

    Raises
    ------
    DataError
        Where as many values speak for the one decimal mark as for the other, or the column holds dates.
    MappingError
        Where `decimal` or `thousands` cannot be marks, or are the same.

    Examples
    --------
    >>> import duckdb
    >>> con = duckdb.connect()
    >>> _ = con.sql("CREATE TABLE t AS SELECT unnest(['€ 2.900,00', '(12,50)', 'soon']) AS price")
    >>> found = find_number_format(con, "t", "price", missing=["-"])
    >>> found.text
    'decimal comma, thousands point, currency €'
    >>> con.sql(f"SELECT {number_sql('price', found)} FROM t").fetchall()
    [(2900.0,), (-12.5,), (None,)]
    """
    _check_marks(decimal, thousands, column)
    shapes = find_shapes(con, relation, column, missing)
    if shapes.is_number:
        return NumberFormat("", "", (), "typed numbers")
    if not shapes.is_text:
        raise DataError(
            f'The column "{column}" holds {shapes.sql_type.lower()} values, not numbers.',
            "A number is wanted here.",
            "Map another column, or turn it into a number under [….expressions] in crm.toml.",
        )
    symbols = find_symbols(shapes.values)
    evidence = _weigh(shapes.values, symbols)
    assumed = ""
    if decimal is None:
        decimal, assumed = _decide(con, relation, column, evidence, thousands)
    marks = thousands if thousands is not None else _thousands(evidence, decimal)
    return NumberFormat(decimal, marks, symbols, _in_words(decimal, marks, symbols, assumed))


def number_sql(column: str, fmt: NumberFormat) -> str:
    """Give SQL that reads a column as DOUBLE; NULL where a value is no number written that way.

    Parentheses and a minus before or behind make a negative, ``%`` divides by 100, and currency symbols
    fall away. Nothing is guessed: a value with a comma or point where the format has none is NULL.

    Parameters
    ----------
    column
        Name of the column, unquoted.
    fmt
        What :func:`find_number_format` found.

    Examples
    --------
    >>> number_sql("price", NumberFormat("", ""))
    'CASE WHEN isfinite(CAST("price" AS DOUBLE)) THEN CAST("price" AS DOUBLE) END'
    """
    if not fmt.decimal:
        number = f"CAST({quote(column)} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    text = text_sql(column)
    marks = "".join(_MARKS[mark] for mark in fmt.thousands)
    grouped = rf"\d{{1,3}}(?:[{marks}]\d{{2,3}})*[{marks}]\d{{3}}|" if marks else ""
    point = re.escape(fmt.decimal)
    number = rf"(?:(?:{grouped}\d+)(?:{point}\d*)?|{point}\d+){_EXPONENT}"
    parts = f"regexp_extract({text}, {literal(_pattern(number, fmt.symbols))}, {_GROUPS})"
    value = f"TRY_CAST(translate({_READ}.number, {literal(fmt.decimal + marks)}, '.') AS DOUBLE)"
    # one sign at most, of which a pair of parentheses is one
    signs = " + ".join(f"({_READ}.{part} <> '')::INT" for part in ("opened", "before", "within", "behind"))
    after = f"concat({_READ}.before, {_READ}.within, {_READ}.behind)"
    minus = f"{_READ}.opened <> '' OR {after} NOT IN ('', '+')"
    factor = f"CASE WHEN {_READ}.percent <> '' THEN 100 ELSE 1 END"
    read = (
        f"CASE WHEN ({_READ}.opened = '') = ({_READ}.closed = '') AND {signs} <= 1 "
        f"THEN CASE WHEN {minus} THEN -{value} ELSE {value} END / {factor} END"
    )
    return f"list_transform([{parts}], lambda {_READ}: {read})[1]"


# names the value within a lambda; a column of the same name would be taken instead
_READ = quote("#read")
_GROUPS = "['opened', 'before', 'within', 'number', 'percent', 'behind', 'closed']"


def _pattern(number: str, symbols: Sequence[str]) -> str:
    """Give the expression for a whole value, in the syntax that Python and DuckDB share."""
    gap = f"[{SPACES}]*"
    longest_first = sorted(symbols, key=lambda symbol: (-len(symbol), symbol))
    symbol = rf"(?:(?:{'|'.join(map(re.escape, longest_first))})\.?)?" if symbols else ""
    return (
        rf"^(\(?){gap}([{SIGNS}]?){gap}{symbol}{gap}([{SIGNS}]?){gap}({number}){gap}(%?){gap}{symbol}"
        rf"{gap}([{SIGNS}]?){gap}(\)?)$"
    )


def _weigh(shapes: Iterable[Shape], symbols: Sequence[str]) -> _Evidence:
    evidence = _Evidence(Counter(), Counter(), Counter(), [])
    whole = re.compile(_pattern(_LOOSE + _EXPONENT, symbols))
    for shape in shapes:
        if not (match := whole.match(shape.text)):
            continue
        mantissa, exponent, _ = re.split(r"([eE]|$)", match[4], maxsplit=1)
        for mark, spellings in _MARKS.items():
            if mark in " '" and re.search(rf"\d[{spellings}]\d", mantissa):
                evidence.thousands[mark] += shape.count
        _weigh_one(evidence, mantissa.strip(SPACES), bool(exponent), shape)
    return evidence


def _weigh_one(evidence: _Evidence, mantissa: str, exponent: bool, shape: Shape) -> None:
    points = {mark: mantissa.count(mark) for mark in ",." if mark in mantissa}
    if not points:
        return
    last = max(points, key=mantissa.rindex)
    first = _other(last) if len(points) == 2 else last
    grouped = rf"9{{1,3}}(?:[{first}]9{{2,3}})*[{first}]999"
    if len(points) == 2:
        if re.fullmatch(rf"{grouped}[{last}]9*", mantissa):
            evidence.decimal[last] += shape.count
            evidence.thousands[first] += shape.count
    elif points[last] > 1:
        if re.fullmatch(grouped, mantissa):
            evidence.thousands[last] += shape.count
    elif re.fullmatch(grouped, mantissa) and not exponent:
        evidence.open[last] += shape.count
    else:
        evidence.decimal[last] += shape.count
    evidence.examples.append(shape.example)


def _decide(
    con: duckdb.DuckDBPyConnection, relation: str, column: str, evidence: _Evidence, thousands: str | None
) -> tuple[str, str]:
    """Choose the decimal mark: the mark, and what had to be assumed."""
    comma, point = evidence.votes(","), evidence.votes(".")
    if comma != point:
        mark = "," if comma > point else "."
        fewer = min(comma, point)
        return mark, f"{fewer} values speak against it and may be unreadable" if fewer else ""
    undecided = [mark for mark in ",." if evidence.open[mark]]
    if comma or len(undecided) == 2:
        raise DataError(
            f'In the column "{column}" a comma and a point could each be the decimal mark: '
            f"{listed(evidence.examples)}.",
            "A column has one decimal mark.",
            'Write decimal = "." or decimal = "," into the section of the table in crm.toml.',
        )
    if not undecided:
        return ".", ""
    mark = undecided[0]
    if thousands is not None:
        return (mark if mark not in thousands else _other(mark)), ""
    # 0,125 cannot be a grouped number
    leading_zero = rf"^\D*0{re.escape(mark)}\d{{3}}\D*$"
    [(hits,)] = con.execute(
        f"SELECT count(*) FROM {quote(relation)} "
        f"WHERE regexp_matches({text_sql(column)}, {literal(leading_zero)})"
    ).fetchall()
    if hits:
        return mark, ""
    return _other(mark), (
        f"assumed: {_WORDS[mark]} marks thousands, since all values with one are like "
        f"{listed(evidence.examples, 1).split(' and ')[0]}"
    )


def _thousands(evidence: _Evidence, decimal: str) -> str:
    marks = [mark for mark in " '" if evidence.thousands[mark]]
    other = _other(decimal)
    # a point that also stands for decimals in this column is no safe sign of thousands
    if evidence.thousands[other] or (evidence.open[other] and not evidence.decimal[other]):
        marks.append(other)
    return "".join(marks)


def _other(mark: str) -> str:
    return "." if mark == "," else ","


def _in_words(decimal: str, thousands: str, symbols: Sequence[str], assumed: str) -> str:
    parts = [f"decimal {_WORDS[decimal]}"]
    if thousands:
        parts.append("thousands " + " or ".join(_WORDS[mark] for mark in thousands))
    if symbols:
        parts.append("currency " + ", ".join(symbols))
    return ", ".join(parts) + (f" ({assumed})" if assumed else "")


def _check_marks(decimal: str | None, thousands: str | None, column: str) -> None:
    if decimal is not None and decimal not in (".", ","):
        wrong, allowed = f'decimal = "{decimal}"', 'A decimal mark is "." or ",".'
    elif thousands is not None and (set(thousands) - set(_MARKS)):
        wrong, allowed = (
            f'thousands = "{thousands}"',
            "A thousands mark is a comma, point, space or apostrophe.",
        )
    elif decimal and thousands and decimal in thousands:
        wrong, allowed = f'decimal and thousands are both "{decimal}"', "They have to differ."
    else:
        return
    raise MappingError(
        f'For the column "{column}": {wrong}.',
        allowed,
        "Correct it in crm.toml, or leave it out: it is found out.",
    )
