"""The shapes of the values of a column: every digit a 9, counted in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

#: Blanks that stand between groups of digits or around a value: space, tab, no-break, figure, thin, narrow.
SPACES = " \t\u00a0\u2007\u2009\u202f"
#: Apostrophes that stand between groups of digits.
APOSTROPHES = "'’"
#: Signs of a number, for a class of a regular expression: plus, hyphen, minus, dash.
SIGNS = r"+\-−–"

_MOST_SHAPES = 10_000  # columns of free text have more; those are no numbers or dates
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")


@dataclass(frozen=True)
class Shape:
    """A way in which values of a column are written.

    Parameters
    ----------
    text
        The value with every digit as 9.
    count
        How many values have it.
    example
        One of them.
    """

    text: str
    count: int
    example: str


@dataclass(frozen=True)
class Shapes:
    """The shapes of a column, most frequent first, and its SQL type."""

    sql_type: str
    values: tuple[Shape, ...]

    @property
    def is_text(self) -> bool:
        """Whether the values are text, whose form has to be found out."""
        return self.sql_type == "VARCHAR" or self.sql_type.startswith("ENUM")

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers as they stand."""
        return self.sql_type.startswith((*_NUMBERS, *_UNSIGNED)) and not self.sql_type.endswith("]")

    @property
    def is_time(self) -> bool:
        """Whether the values are dates or timestamps as they stand."""
        return self.sql_type.startswith(("DATE", "TIMESTAMP")) and not self.sql_type.endswith("]")


def quote(name: str) -> str:
    """Quote an SQL identifier; the one place where names enter SQL.

    Examples
    --------
    >>> quote('6" pipe')
    '"6"" pipe"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote an SQL string.

    Examples
    --------
    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + text.replace("'", "''") + "'"


def text_sql(column: str) -> str:
    """Give SQL for a column as text without blanks around it."""
    return f"trim(CAST({quote(column)} AS VARCHAR), {literal(SPACES)})"


def find_shapes(con: duckdb.DuckDBPyConnection, relation: str, column: str, missing: Sequence[str]) -> Shapes:
    """Count the shapes of the values that are not missing."""
    [described] = con.execute(f"DESCRIBE SELECT {quote(column)} FROM {quote(relation)}").fetchall()
    void = [value.strip().lower() for value in missing]
    rows = con.execute(
        f"""
        WITH trimmed AS MATERIALIZED (  -- lest each use of the value trims it again
            SELECT {text_sql(column)} AS value FROM {quote(relation)}
        )
        SELECT translate(value, '0123456789', '9999999999') AS shape, count(*) AS n, min(value)
        FROM trimmed WHERE value <> '' AND NOT list_contains(?::VARCHAR[], lower(value))
        GROUP BY shape ORDER BY n DESC, shape LIMIT {_MOST_SHAPES}
        """,
        [void],
    ).fetchall()
    return Shapes(str(described[1]), tuple(Shape(*row) for row in rows))
