"""Read one raw file into DuckDB, exactly as it is written.

Rows that cannot be taken apart are set aside with their line and the reason; nothing is lost silently and
nothing is interpreted: what the numbers and dates mean is found out by :mod:`crm_analysis.sources.formats`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from crm_analysis.errors import SourceError, nearest
from crm_analysis.sources.delimited import read_delimited
from crm_analysis.sources.excel import read_excel
from crm_analysis.sources.raw import LINE, Problem, RawTable, headings, schema_of, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

__all__ = ["LINE", "SUFFIXES", "Problem", "RawTable", "read_file"]

_TEXT = (".csv", ".tsv", ".txt", ".tab")
_EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_PARQUET = (".parquet", ".pq")

#: File name endings that can be read.
SUFFIXES = (*_TEXT, *_EXCEL, *_PARQUET)


def read_file(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    relation: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> RawTable:
    r"""Read one CSV, TSV, Excel, OpenDocument or Parquet file into a DuckDB table.

    Text files come as text, value by value as written; Parquet and Excel keep the types they have, and an
    Excel column of mixed types becomes text. The column ``#line`` holds the line of each row.

    Parameters
    ----------
    con
        Connection that receives the table.
    path
        The file; its ending tells the kind.
    relation
        Name of the table; one of that name is replaced.
    encoding, delimiter
        Of a text file; found out where left out.
    sheet
        Of an Excel file; the first visible sheet with rows where left out.

    Returns
    -------
    RawTable
        Headings, number of rows, what was found out, and the rows set aside.

    Raises
    ------
    SourceError
        Where the file is missing, empty, damaged, encrypted or of a kind that cannot be read, where two
        headings are equal, or where the encoding, delimiter or sheet does not fit the file.

    Examples
    --------
    >>> import duckdb, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name, "deals.csv")
    >>> _ = path.write_text("deal;amount\n007;1,5\n008\n")
    >>> con = duckdb.connect()
    >>> table = read_file(con, path, "raw")
    >>> table.columns, table.rows, table.facts["delimiter"]
    (('deal', 'amount'), 2, 'semicolon')
    >>> con.sql("FROM raw").fetchall()
    [(2, '007', '1,5')]
    >>> table.problems[0].line, table.problems[0].reason
    (3, '1 field instead of 2')
    >>> folder.cleanup()
    """
    kind = _kind(path)
    if kind == "excel":
        return read_excel(con, path, relation, sheet=sheet)
    if kind == "parquet":
        return _read_parquet(con, path, relation)
    return read_delimited(con, path, relation, encoding=encoding, delimiter=delimiter)


def _kind(path: Path) -> str:
    """Tell the kind of a file by its ending, having made sure that there is one with something in it."""
    if path.is_dir():
        raise SourceError(
            f'"{path}" is a folder.', "One file is wanted here.", "Name the file within the folder."
        )
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise SourceError(
            f'There is no file "{path}".',
            nearest(path.name, beside),
            "Check the name and the folder; paths in crm.toml are relative to it or to its root.",
        )
    if not path.is_file():
        raise SourceError(
            f'"{path}" is neither a file nor a folder.',
            "One file is wanted here.",
            "Name a file with a table.",
        )
    kinds = {"text": _TEXT, "excel": _EXCEL, "parquet": _PARQUET}
    kind = next((kind for kind, suffixes in kinds.items() if path.suffix.lower() in suffixes), "")
    if not kind:
        raise SourceError(
            f'"{path}" is of a kind that cannot be read ("{path.suffix}").',
            f"Files may end in {', '.join(SUFFIXES)}.",
            "Export the table as CSV, or rename the file if it is one.",
        )
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise SourceError(
            f'"{path}" cannot be opened: {error.strerror}.', "", "Check who may read the file."
        ) from error
    if size == 0:
        raise SourceError(
            f'"{path}" is empty.',
            "At least a header row is needed; a file with a header and no rows is allowed.",
            "Export the table again.",
        )
    return kind


def _read_parquet(con: duckdb.DuckDBPyConnection, path: Path, relation: str) -> RawTable:
    # through Arrow rather than DuckDB's read_parquet, which takes brackets in a file name for a pattern
    facts = {"kind": "Parquet"}
    try:
        with parquet.ParquetFile(path) as file:
            columns = headings(file.schema_arrow.names, path, facts)
            rows = file.metadata.num_rows
            schema = schema_of(columns, file.schema_arrow.types)
            store(con, relation, schema, _numbered(file, schema))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f'"{path}" cannot be read as Parquet: {str(error).splitlines()[0]}',
            "A Parquet file must be whole and unencrypted.",
            "Write the file again.",
        ) from error
    return RawTable(relation, columns, rows, facts)


def _numbered(file: parquet.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    first = 1
    for batch in file.iter_batches():
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
        yield pa.record_batch([numbers, *batch.columns], schema=schema)
        first += batch.num_rows
