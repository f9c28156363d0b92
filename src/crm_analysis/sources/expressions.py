"""SQL written by the user: read, checked, and kept from reaching anything but its tables.

The columns of a text file are text. In an expression such as ``quantity * unit_price`` a heading that takes
part in arithmetic, or is compared with a number, is read as a number in the way its file writes numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import sqlglot
from sqlglot import exp

from crm_analysis.errors import MappingError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Pow)
_NUMERIC = (exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Sqrt, exp.Sum, exp.Avg)
_COMPARED = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ, exp.Between, exp.In, exp.Nullif, exp.Coalesce)


def parse_expression(text: str, where: str) -> exp.Expression:
    """Parse one scalar expression; anything else is an error that says where it stands."""
    query = f"SELECT (\n{text}\n)"
    try:
        parsed = sqlglot.parse(query, dialect="duckdb")
        read = duckdb.extract_statements(query)
    except (sqlglot.errors.SqlglotError, duckdb.ParserException) as error:
        message = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()[0]
        raise MappingError(
            f"{where} cannot be read as SQL: {text.strip()}",
            message,
            "Write one SQL expression over the headings; a heading with spaces stands in double quotes.",
        ) from None
    statement = parsed[0]
    # read by the engine, too, which might see two statements where the parser sees one
    if (
        len(read) != 1
        or len(parsed) != 1
        or not isinstance(statement, exp.Select)
        or len(statement.expressions) != 1
    ):
        raise MappingError(f"{where} is not one expression: {text.strip()}", "One SQL expression is allowed.")
    found: exp.Expression = statement.expressions[0]
    return found


def number_headings(expression: exp.Expression, text_headings: Iterable[str]) -> tuple[str, ...]:
    """List the text headings that an expression uses as numbers."""
    return tuple(dict.fromkeys(heading for _, heading in _used_as_numbers(expression, text_headings)))


def as_numbers(expression: exp.Expression, readers: Mapping[str, str]) -> str:
    """Write the expression with each heading used as a number replaced by the SQL that reads it."""
    changed = expression.copy()
    for node, heading in _used_as_numbers(changed, readers):
        node.replace(sqlglot.parse_one(readers[heading], dialect="duckdb"))
    return changed.sql(dialect="duckdb")


def _used_as_numbers(
    expression: exp.Expression, text_headings: Iterable[str]
) -> list[tuple[exp.Column, str]]:
    headings = {heading.casefold(): heading for heading in text_headings}
    return [
        (node, headings[node.name.casefold()])
        for node in list(expression.find_all(exp.Column))
        if node.name.casefold() in headings and _is_number(node)
    ]


def _is_number(node: exp.Expression) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        node, parent = parent, parent.parent
    if isinstance(parent, _ARITHMETIC):
        return not parent.find(exp.Interval)
    if isinstance(parent, _NUMERIC):
        return True
    if isinstance(parent, _COMPARED):
        others = [part for part in parent.iter_expressions() if part is not node]
        return bool(others) and any(_looks_numeric(part) for part in others)
    return False


def _looks_numeric(node: exp.Expression) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal):
        return not node.is_string
    return isinstance(node, (*_ARITHMETIC, *_NUMERIC)) and not node.find(exp.Interval)


def check_query(text: str, where: str) -> None:
    """Refuse anything but one SELECT."""
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise sql_error(error, where, text, ()) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise MappingError(
            f"{where} is not one SELECT.", "One SELECT over the names of [sources] is allowed."
        )


def sql_error(error: duckdb.Error, where: str, text: str, names: Iterable[str]) -> MappingError:
    """Turn what the engine says about a user's SQL into an error that names the nearest match."""
    first = str(error).split("\n")[0]
    missing = re.search(r'(?:column|name|Column) "([^"]+)"', first)
    if missing is None:
        missing = re.search(r"Table with name (\S+) does not exist", first)
    hint = nearest(missing[1], names) if missing else ""
    if isinstance(error, duckdb.PermissionException):
        hint = "SQL in crm.toml reads only what [sources] names: name the file there."
    elif isinstance(error, duckdb.BinderException) and "VARCHAR" in first:
        hint = "Columns of text files are text: write cast(heading as double), or try_cast."
    elif isinstance(error, duckdb.ConversionException):
        hint = "Use try_cast where a value may not fit."
    return MappingError(f"{where} does not run: {text.strip()}", first, hint)
