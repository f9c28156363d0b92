"""From mapped columns to canonical types: what cannot be read is NULL and named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis import period
from crm_analysis.errors import DataError, PeriodError
from crm_analysis.schema import SQL_TYPES
from crm_analysis.sources.formats import date_sql, find_date_format, find_number_format, number_sql, quote

if TYPE_CHECKING:
    import duckdb

    from crm_analysis.schema import Column
    from crm_analysis.sources.config import Section, Settings

_NUMBERS = re.compile(r"^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BIGNUM)$")
_FLOATS = ("FLOAT", "DOUBLE")
#: Whole numbers up to here survive a float; an id beyond it has lost digits.
_EXACT = 2**53
#: White space of every kind that stands around values in exports.
_BLANKS = " \t\r\n\v\f\u00a0\u2007\u2009\u202f\u200b\ufeff"
_ENDS = r"^[\s\x0b\p{Z}\x{200b}\x{feff}]|[\s\x0b\p{Z}\x{200b}\x{feff}]$"
#: What a spreadsheet makes of a long id.
_SPREADSHEET_ID = r"^\d([.,]\d+)?[Ee]\+\d+$"

REASONS = {
    "number": "not a number",
    "integer": "not a whole number",
    "date": "not a date",
    "timestamp": "not a date",
    "period": "not a period",
    "id": "an id that lost its digits in a spreadsheet",
}


def literal(text: str) -> str:
    """Write a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def types_of(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Name the columns of a query and their types."""
    # DESCRIBE SELECT forgets an alias that differs from its column by case only
    found = con.sql(query)
    return dict(zip(found.columns, map(str, found.types), strict=True))


def text_sql(sql: str, sql_type: str) -> str:
    """Write a value of any type as text; whole numbers without a decimal point."""
    if sql_type == "VARCHAR":
        return f"({sql})"
    if sql_type in _FLOATS:
        whole = f"({sql}) = trunc({sql}) AND abs({sql}) < {_EXACT}"
        return (
            f"(CASE WHEN {whole} THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) ELSE CAST({sql} AS VARCHAR) END)"
        )
    return f"CAST({sql} AS VARCHAR)"


def trimmed_sql(text: str) -> str:
    """Take white space of every kind off both ends of a text."""
    return f"trim({text}, {literal(_BLANKS)})"


def cleaned_sql(text: str, marks: str) -> str:
    """Trim a text and make the marks of the missing NULL."""
    # Most texts need neither, and asking is many times faster than trimming them all. The rest stands in a
    # lambda because the engine computes an expression that a CASE repeats for every row.
    plain = f"NOT regexp_matches({text}, {literal(_ENDS)}) AND lower({text}) NOT IN ({marks})"
    other = f"lambda t: CASE WHEN lower(t) IN ({marks}) THEN NULL ELSE t END"
    return f"CASE WHEN {plain} THEN {text} ELSE list_transform([{trimmed_sql(text)}], {other})[1] END"


@dataclass(frozen=True)
class Reading:
    """SQL that reads one mapped column, and what was found out about it."""

    sql: str
    reason: str = ""
    fact: str = ""


def read_column(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    sql_type: str,
    settings: Settings,
    section: Section,
) -> Reading:
    """Find out how a mapped column is written and give the SQL that makes it canonical.

    Parameters
    ----------
    con, relation
        Where the mapped column stands, under its canonical name.
    column, sql_type
        Its declaration and the type it has.
    settings, section
        What ``crm.toml`` says.

    Returns
    -------
    Reading
        SQL of the canonical value, NULL where it cannot be read; the reason to give for such a value, empty
        where every value can be read; and the format found.
    """
    kind = column.kind
    if kind in ("text", "id"):
        return _read_text(con, relation, column, sql_type)
    if kind == "period":
        return _read_period(con, relation, column.name, sql_type, settings)
    if kind in ("number", "integer"):
        return _read_number(con, relation, column, sql_type, settings, section)
    return _read_date(con, relation, column, sql_type, settings, section)


def _read_text(con: duckdb.DuckDBPyConnection, relation: str, column: Column, sql_type: str) -> Reading:
    name = quote(column.name)
    if column.kind == "text":
        return Reading(text_sql(name, sql_type))
    if sql_type in _FLOATS:
        row = con.execute(
            f"SELECT count(*), min({name}) FROM {quote(relation)} WHERE abs({name}) >= {_EXACT}"
        ).fetchone()
        if row and row[0]:
            raise DataError(
                f"{column.name} holds {row[0]:,} ids as decimal numbers beyond 2**53, such as {row[1]:.0f}: "
                "their last digits are lost.",
                "Ids are text.",
                "Export them as text, or read the frame with dtype=str.",
            )
        return Reading(text_sql(name, sql_type))
    if sql_type == "VARCHAR":
        broken = f"regexp_full_match({name}, {literal(_SPREADSHEET_ID)})"
        return Reading(f"CASE WHEN {broken} THEN NULL ELSE {name} END", REASONS["id"])
    return Reading(text_sql(name, sql_type))


def _read_period(
    con: duckdb.DuckDBPyConnection, relation: str, name: str, sql_type: str, settings: Settings
) -> Reading:
    if sql_type == "DATE" or sql_type.startswith("TIMESTAMP"):
        return Reading(f"strftime({quote(name)}, '%Y-%m')", fact="months, from the days given")
    text = text_sql(quote(name), sql_type)
    bad = []
    for (value,) in con.execute(
        f"SELECT DISTINCT {text} FROM {quote(relation)} WHERE {quote(name)} IS NOT NULL"
    ).fetchall():
        try:
            period.parse(value, settings.fiscal_year_starts)
        except PeriodError:
            bad.append(literal(value))
    if not bad:
        return Reading(text)
    return Reading(f"CASE WHEN {text} IN ({', '.join(bad)}) THEN NULL ELSE {text} END", REASONS["period"])


def _read_number(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    sql_type: str,
    settings: Settings,
    section: Section,
) -> Reading:
    name, fact = quote(column.name), ""
    if _NUMBERS.match(sql_type):
        # NaN and infinity are no amounts
        sql = f"CASE WHEN isfinite(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
    elif sql_type == "VARCHAR":
        found = find_number_format(
            con, relation, column.name,
            missing=settings.missing, decimal=section.decimal, thousands=section.thousands,
        )  # fmt: skip
        sql, fact = number_sql(column.name, found), found.text
    else:
        sql = f"TRY_CAST({text_sql(name, sql_type)} AS DOUBLE)"
    if column.kind == "integer":
        sql = f"CASE WHEN ({sql}) = trunc({sql}) THEN TRY_CAST({sql} AS BIGINT) END"
    return Reading(sql, REASONS[column.kind], fact)


def _read_date(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: Column,
    sql_type: str,
    settings: Settings,
    section: Section,
) -> Reading:
    name, fact = quote(column.name), ""
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        sql, fact = f"{name} AT TIME ZONE {literal(settings.timezone)}", f"brought to {settings.timezone}"
    elif sql_type == "DATE" or sql_type.startswith("TIMESTAMP"):
        sql = f"CAST({name} AS TIMESTAMP)"
    elif sql_type == "VARCHAR":
        found = find_date_format(
            con, relation, column.name, missing=settings.missing, date_format=section.date_format
        )
        sql, fact = date_sql(column.name, found, timezone=settings.timezone), found.text
    else:
        sql = f"TRY_CAST({text_sql(name, sql_type)} AS TIMESTAMP)"
    return Reading(f"CAST({sql} AS {SQL_TYPES[column.kind]})", REASONS[column.kind], fact)
