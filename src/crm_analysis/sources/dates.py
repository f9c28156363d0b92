"""Find out how dates are written in a column, and give the SQL that reads them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from crm_analysis.errors import DataError, MappingError, listed
from crm_analysis.sources.shapes import SPACES, Shape, find_shapes, literal, quote, text_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

# names the value within a lambda; a column of the same name would be taken instead
_READ = quote("#read")
_EXCEL = "excel"
_ZONED = "timestamptz"
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_TAIL = re.compile(
    rf"(?P<join>T|,?[{SPACES}]+)(?P<clock>99?:99(?P<seconds>:99)?(?P<fraction>[.,]9{{1,9}})?)"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|[+-]99:?(?:99)?))?$"
)
_YEAR_FIRST = re.compile(r"9999([-/.])99?\1(?:99?)$")
_YEAR_LAST = re.compile(r"99?([-/.])99?\1(9999|99)$")
_MONTH_NAME = re.compile(
    r"(?:(?P<day>99?\.?[ -]))?(?P<month>[A-Za-z]{3,9})(?P<rest>\.?[ -](?:99?,? )?,?(?:9999|99))$"
)
_COMPACT = {
    "99999999": "%Y%m%d",
    "99999999T999999": "%Y%m%dT%H%M%S",
    "99999999999999": "%Y%m%d%H%M%S",
}
_WORDS = {
    "%d": "day",
    "%m": "month",
    "%Y": "year",
    "%y": "two-digit year",
    "%b": "month name",
    "%B": "month name",
    "%H": "hour",
    "%I": "hour",
    "%M": "minute",
    "%S": "second",
    "%f": "fraction",
    "%p": "am/pm",
    "%z": "offset",
}
# what may follow a stated date_format that has no time of day
_TAILS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class DateFormat:
    """How the dates of a column are written.

    Parameters
    ----------
    formats
        strptime formats, tried in order; empty where the column holds typed dates, ``("excel",)`` for serial
        numbers.
    text
        The same in words, with what had to be decided, for the audit.
    """

    formats: tuple[str, ...]
    text: str


def find_date_format(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    *,
    missing: Sequence[str],
    date_format: str | None = None,
) -> DateFormat:
    """Tell from all values of a column how its dates are written.

    Day before month or month before day is decided by the values above 12, most of them winning; the values
    that speak against it are then unreadable. With points the day comes first unless values say otherwise.

    Parameters
    ----------
    con, relation, column
        Where the values stand.
    missing
        Values that mean "nothing here"; case does not matter.
    date_format
        What crm.toml says: a strptime format, or ``excel`` for serial numbers.

    Raises
    ------
    DataError
        Where nothing decides between day and month, or the column holds neither text nor dates.
    MappingError
        Where `date_format` is no format.

    Examples
    --------
    >>> import duckdb
    >>> con = duckdb.connect()
    >>> _ = con.sql("CREATE TABLE t AS SELECT unnest(['03/04/2024', '31/02/2024', '25/12/2024 9:30']) AS d")
    >>> found = find_date_format(con, "t", "d", missing=["-"])
    >>> found.text
    'day/month/year, day/month/year hour:minute; 2 values show that the day comes first'
    >>> [str(date) for (date,) in con.sql(f"SELECT {date_sql('d', found)} FROM t").fetchall()]
    ['2024-04-03 00:00:00', 'None', '2024-12-25 09:30:00']
    """
    shapes = find_shapes(con, relation, column, missing)
    if shapes.is_time:
        zoned = shapes.sql_type in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
        return DateFormat((_ZONED,) if zoned else (), f"typed {shapes.sql_type.lower()}")
    if not (shapes.is_text or shapes.is_number) or shapes.sql_type == "BOOLEAN":
        raise DataError(
            f'The column "{column}" holds {shapes.sql_type.lower()} values, not dates.',
            "A date or timestamp is wanted here.",
            "Map another column, or turn it into a date under [….expressions] in crm.toml.",
        )
    if date_format is not None:
        return _stated(con, column, date_format)
    return _found(con, relation, column, shapes.values)


def date_sql(column: str, fmt: DateFormat, *, timezone: str | None = None) -> str:
    """Give SQL that reads a column as TIMESTAMP; NULL where a value is no such date.

    Parameters
    ----------
    column
        Name of the column, unquoted.
    fmt
        What :func:`find_date_format` found.
    timezone
        Zone whose clock a value with an offset is put to, UTC where left out; others stay as they are.

    Examples
    --------
    >>> date_sql("day", DateFormat((), "typed date"))
    'CAST("day" AS TIMESTAMP)'
    """
    zone = literal(timezone or "UTC")
    if not fmt.formats:
        return f"CAST({quote(column)} AS TIMESTAMP)"
    if fmt.formats == (_ZONED,):
        return f"timezone({zone}, {quote(column)})"
    text = text_sql(column)
    if fmt.formats == (_EXCEL,):
        return _serial_sql(text)
    if any("%f" in item for item in fmt.formats):  # strptime reads six digits at most, behind a point
        text = rf"regexp_replace({text}, '(:\d\d)[.,](\d{{1,6}})\d*', '\1.\2')"
    plain = [item for item in fmt.formats if "%z" not in item]
    offset = [item for item in fmt.formats if "%z" in item]
    tries = []
    if plain:
        tries.append(f"try_strptime({text}, {_list_sql(plain)})")
    if offset:
        numeric = f"regexp_replace({text}, ' ?Z$', '+00:00')"
        tries.append(f"timezone({zone}, try_strptime({numeric}, {_list_sql(offset)}))")
    read = tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"
    # %Y also reads a year of two digits, as one of antiquity
    valid = f"CASE WHEN year({_READ}) >= 1000 THEN CAST({_READ} AS TIMESTAMP) END"
    return f"list_transform([{read}], lambda {_READ}: {valid})[1]"


def _list_sql(formats: Sequence[str]) -> str:
    return "[" + ", ".join(map(literal, formats)) + "]"


def _serial_sql(text: str) -> str:
    """Read days since 1899-12-30, Excel's day 0; below 61 its calendar has a day that never was."""
    number = f"TRY_CAST(replace({text}, ',', '.') AS DOUBLE)"
    read = f"TIMESTAMP '1899-12-30' + to_milliseconds(CAST(round({_READ} * 86400000) AS BIGINT))"
    valid = f"CASE WHEN {_READ} BETWEEN 61 AND 2958466 THEN {read} END"
    return f"list_transform([{number}], lambda {_READ}: {valid})[1]"


def _stated(con: duckdb.DuckDBPyConnection, column: str, date_format: str) -> DateFormat:
    if date_format.casefold() == _EXCEL:
        return DateFormat((_EXCEL,), "Excel serial numbers, as stated")
    try:
        if "%" not in date_format:
            raise duckdb.InvalidInputException("it has no % directive")
        con.execute(f"SELECT try_strptime('', {literal(date_format)})")
    except duckdb.InvalidInputException as error:
        raise MappingError(
            f'For the column "{column}": "{date_format}" is not a date format.',
            'A format is written as "%d.%m.%Y", "%m/%d/%Y %H:%M" or the like; "excel" means serial numbers.',
            "Correct date_format in crm.toml, or leave it out: it is then found out.",
        ) from error
    has_time = any(directive in date_format for directive in ("%H", "%I", "%X", "%T", "%c"))
    formats = (date_format,) if has_time else tuple(date_format + tail for tail in _TAILS)
    return DateFormat(formats, f"{_in_words(date_format)}, as stated")


def _found(con: duckdb.DuckDBPyConnection, relation: str, column: str, shapes: Sequence[Shape]) -> DateFormat:
    counts: Counter[str] = Counter()
    open_order: dict[str, Counter[str]] = {}
    examples: dict[str, list[str]] = {}
    for shape in shapes:
        template, separator = _format_of(shape.text)
        if separator:
            open_order.setdefault(separator, Counter())[template] += shape.count
            examples.setdefault(separator, []).append(shape.example)
        elif template:
            counts[template] += shape.count
    total = counts.total() + sum(templates.total() for templates in open_order.values())
    notes = []
    for separator, templates in open_order.items():
        order, note = _day_or_month(con, relation, column, separator)
        if not order:
            if templates.total() * 2 > total:
                raise _undecided(con, relation, column, separator, note)
            note = f"{templates.total()} values like {examples[separator][0]} are unreadable: {note}"
        if note:
            notes.append(note)
        for template, count in templates.items():
            if order:
                counts[template.format(*order)] += count
    if not counts:
        return DateFormat(("%Y-%m-%d",), "no value reads as a date" if shapes else "no values")
    # a year of two digits first: %Y would take 24 for the year 24
    formats = sorted(counts, key=lambda item: ("%y" not in item, -counts[item], item))
    words = ", ".join(dict.fromkeys(_in_words(item) for item in formats))
    return DateFormat(tuple(formats), "; ".join([words, *notes]))


def _format_of(shape: str) -> tuple[str, str]:
    """Give the strptime format of a shape; with ``{}`` for day and month, and its separator, where open."""
    if shape in _COMPACT:
        return _COMPACT[shape], ""
    tail = _TAIL.search(shape)
    day, time = (shape[: tail.start()], _time_format(tail)) if tail else (shape, "")
    if match := _YEAR_FIRST.match(day):
        return f"%Y{match[1]}%m{match[1]}%d{time}", ""
    if match := _YEAR_LAST.match(day):
        year = "%Y" if len(match[2]) == 4 else "%y"
        return f"{{}}{match[1]}{{}}{match[1]}{year}{time}", match[1]
    if match := _MONTH_NAME.match(day):
        name = match["month"].casefold()
        if name not in _MONTHS and name not in {month[:3] for month in _MONTHS}:
            return "", ""
        first, rest = (re.sub("99?", "%d", match["day"] or ""), match["rest"])
        rest = re.sub(r"9999$", "%Y", rest) if rest.endswith("9999") else re.sub(r"99$", "%y", rest)
        rest = re.sub(r"99?(?!9)", "%d", rest)
        if ("%d" in first) == ("%d" in rest):
            return "", ""
        return first + ("%B" if name in _MONTHS and len(name) > 3 else "%b") + rest + time, ""
    return "", ""


def _time_format(tail: re.Match[str]) -> str:
    join = "T" if tail["join"] == "T" else ", " if tail["join"].startswith(",") else " "
    half = tail["half"]
    clock = ("%I" if half else "%H") + ":%M" + (":%S" if tail["seconds"] else "")
    clock += ".%f" if tail["fraction"] else ""
    clock += f"{' ' if half.startswith(' ') else ''}%p" if half else ""
    zone = tail["zone"] or ""
    return join + clock + (f"{' ' if zone.startswith(' ') and 'Z' not in zone else ''}%z" if zone else "")


def _day_or_month(
    con: duckdb.DuckDBPyConnection, relation: str, column: str, separator: str
) -> tuple[tuple[str, str] | None, str]:
    """Decide by the values above 12 which comes first: the order, and a note; no order where nothing does."""
    mark = literal(separator)
    [counts] = con.execute(
        f"""
        WITH starts AS MATERIALIZED (  -- day and month, few of them: counted, then parsed
            SELECT left({text_sql(column)}, 6) AS start, count(*) AS n FROM {quote(relation)} GROUP BY start
        ), parts AS MATERIALIZED (
            SELECT TRY_CAST(split_part(start, {mark}, 1) AS INT) AS a,
                   TRY_CAST(split_part(start, {mark}, 2) AS INT) AS b, n FROM starts
        )
        SELECT sum(CASE WHEN a > 12 AND b <= 12 THEN n ELSE 0 END)::BIGINT,
               sum(CASE WHEN b > 12 AND a <= 12 THEN n ELSE 0 END)::BIGINT,
               sum(CASE WHEN a <> b THEN n ELSE 0 END)::BIGINT
        FROM parts WHERE a BETWEEN 1 AND 31 AND b BETWEEN 1 AND 31
        """
    ).fetchall()
    day_first, month_first, differing = (count or 0 for count in counts)
    if day_first > month_first:
        other = f"; {month_first} read only month first and are unreadable" if month_first else ""
        return ("%d", "%m"), f"{day_first} values show that the day comes first{other}"
    if month_first > day_first:
        other = f"; {day_first} read only day first and are unreadable" if day_first else ""
        return ("%m", "%d"), f"{month_first} values show that the month comes first{other}"
    if not day_first and (separator == "." or not differing):
        return ("%d", "%m"), ""
    both = f"{day_first} values read only day first and as many only month first"
    return None, both if day_first else "no value shows whether day or month comes first"


def _undecided(
    con: duckdb.DuckDBPyConnection, relation: str, column: str, separator: str, reason: str
) -> DataError:
    mark = re.escape(separator)
    two_ways = literal(rf"^\d{{1,2}}{mark}\d{{1,2}}{mark}\d\d")
    rows = con.execute(
        f"SELECT DISTINCT t FROM (SELECT {text_sql(column)} AS t FROM {quote(relation)}) "
        f"WHERE regexp_matches(t, {two_ways}) ORDER BY t LIMIT 3"
    ).fetchall()
    return DataError(
        f'The dates of the column "{column}" can be read in two ways: '
        f"{listed(row[0] for row in rows)}; {reason}.",
        "A column is read either day first or month first.",
        f'Write date_format = "%d{separator}%m{separator}%Y" or date_format = "%m{separator}%d{separator}%Y" '
        "into the section of the table in crm.toml.",
    )


def _in_words(date_format: str) -> str:
    return re.sub(r"%[A-Za-z]", lambda match: _WORDS.get(match[0], match[0]), date_format)
