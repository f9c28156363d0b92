"""What every reader of raw files hands over, and the one way rows get into DuckDB."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_analysis.errors import SourceError, listed
from crm_analysis.sources.shapes import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb

#: Name of the column that holds the line number in the file (Excel: the sheet row; Parquet: the row).
LINE = "#line"

_SHOWN = 200  # characters of a value that a problem keeps


@dataclass(frozen=True)
class Problem:
    """A row that could not be taken apart and is therefore not in the table.

    Parameters
    ----------
    line
        Line number in the file, 1-based; the first line of the row where it spans several.
    column
        Heading concerned; empty where it is the whole row.
    value
        What stands there, shortened.
    reason
        Why it could not be read.
    """

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class RawTable:
    """A raw file that stands in DuckDB as it was written.

    Parameters
    ----------
    relation
        Name of the table made in the connection.
    columns
        Headings as they stand in the file, in order, without ``#line``; blanks around them are trimmed and
        a blank heading is called ``column 3`` after its place.
    rows
        Data rows found, including those in ``problems``; blank rows are not rows.
    facts
        What was found out: encoding, delimiter, header line, sheet, …
    problems
        Rows set aside, which are not in ``relation``.
    """

    relation: str
    columns: tuple[str, ...]
    rows: int
    facts: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def shown(text: str) -> str:
    """Shorten a value for a problem; bytes that are no text come out escaped."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").strip()
    return readable if len(readable) <= _SHOWN else readable[:_SHOWN] + "…"


def headings(cells: Sequence[str], path: Path, facts: dict[str, str]) -> tuple[str, ...]:
    """Name the columns of a table, or say which names stand twice.

    Parameters
    ----------
    cells
        The header row.
    path
        The file, for the message.
    facts
        Receives a line where blank headings were given a name.

    Raises
    ------
    SourceError
        Where two headings are equal (case does not tell them apart, as in SQL) or one is ``#line``.
    """
    names = [cell.strip() for cell in cells]
    blank = [f"column {place}" for place, name in enumerate(names, 1) if not name]
    names = [name or f"column {place}" for place, name in enumerate(names, 1)]
    if blank:
        facts["blank headings"] = f"named {listed(blank)} after their place"
    twice = [name for name, times in Counter(name.casefold() for name in names).items() if times > 1]
    if twice:
        wanted = dict.fromkeys(name for name in names if name.casefold() in twice)
        raise SourceError(
            f'"{path}" has the same heading more than once: {listed(wanted)}.',
            "Every column needs a heading of its own; upper and lower case do not tell them apart.",
            "Rename the columns in the export, or give it out again without the duplicates.",
        )
    if LINE in names:
        raise SourceError(
            f'"{path}" has a column called "{LINE}".',
            "That name is kept for the line number of each row.",
            "Rename the column in the export.",
        )
    return tuple(names)


def schema_of(columns: Iterable[str], types: Iterable[pa.DataType] | None = None) -> pa.Schema:
    """Give the Arrow schema of a raw table: the line number first, text unless told otherwise."""
    names = list(columns)
    kinds = [pa.string()] * len(names) if types is None else list(types)
    return pa.schema([(LINE, pa.int64()), *zip(names, kinds, strict=True)])


def store(
    con: duckdb.DuckDBPyConnection, relation: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> None:
    """Write Arrow batches into a new table, replacing one of the same name; never all of them in memory."""
    passing = f"{relation} (arriving)"
    con.register(passing, pa.RecordBatchReader.from_batches(schema, batches))
    try:
        con.execute(f"CREATE OR REPLACE TABLE {quote(relation)} AS SELECT * FROM {quote(passing)}")
    finally:
        con.unregister(passing)
