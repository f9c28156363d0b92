"""Bring everything a configuration names into DuckDB: files, tables of a database, results of SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from crm_analysis.sources.database import read_tables
from crm_analysis.sources.expressions import check_query, sql_error
from crm_analysis.sources.files import read_file
from crm_analysis.sources.formats import quote
from crm_analysis.sources.raw import LINE, RawTable
from crm_analysis.sources.types import types_of

if TYPE_CHECKING:
    from crm_analysis.sources.config import Config, FileOptions
    from crm_analysis.sources.load import Notes

_SHELF = "sources"


@dataclass(frozen=True)
class Inputs:
    """Raw tables by canonical name, and how the audit calls where they come from."""

    raw: dict[str, RawTable] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)


def read_inputs(con: duckdb.DuckDBPyConnection, config: Config, notes: Notes) -> Inputs:
    """Read all files and database tables, close the door to any other, then run the user's SQL.

    Parameters
    ----------
    con
        An empty connection; afterwards it reaches no file any more.
    config
        What to read.
    notes
        Receives the account of the files of ``[sources]``.
    """
    found = Inputs()
    origins = {f"raw {name}": section for name, section in config.tables.items() if not section.sql}
    shelf = {name: f"source {name}" for name in config.sources}
    everything: dict[str, FileOptions] = origins | {shelf[name]: config.sources[name] for name in shelf}
    tables = {relation: option.table for relation, option in everything.items() if option.table}
    raws = read_tables(con, config, tables) if tables else {}
    for relation, option in everything.items():
        if option.file:
            raws[relation] = read_file(
                con,
                config.path(option.file),
                relation,
                encoding=option.encoding,
                delimiter=option.delimiter,
                sheet=option.sheet,
            )
    for name in config.tables:
        if f"raw {name}" in raws:
            found.raw[name] = raws[f"raw {name}"]
            found.origin[name] = _origin(everything[f"raw {name}"])
    for name, relation in shelf.items():
        raw, file = raws[relation], _origin(config.sources[name])
        notes.add_facts(f"sources.{name}", file, raw.facts)
        notes.add_problems(f"sources.{name}", file, raw)
        notes.count(f"sources.{name}", raw.rows, 0, len(raw.problems), raw.rows - len(raw.problems), file)
    _close_doors(con)
    _run_queries(con, config, shelf, found)
    return found


def _origin(option: FileOptions) -> str:
    return option.file or f"table {option.table}"


def _close_doors(con: duckdb.DuckDBPyConnection) -> None:
    """From here on, SQL in ``crm.toml`` reads no file and loads no extension."""
    con.execute("SET enable_external_access = false")


def _run_queries(
    con: duckdb.DuckDBPyConnection, config: Config, shelf: dict[str, str], found: Inputs
) -> None:
    queries = {name: section.sql for name, section in config.tables.items() if section.sql}
    if not queries:
        return
    # the names stand in a schema of their own, so that a source may be called like a canonical table
    con.execute(f"CREATE SCHEMA {_SHELF}")
    for name, relation in shelf.items():
        rows = f"SELECT * EXCLUDE ({quote(LINE)}) FROM main.{quote(relation)}"
        con.execute(f"CREATE VIEW {_SHELF}.{quote(name)} AS {rows}")
    for name, query in queries.items():
        found.raw[name] = _run(con, name, query, tuple(shelf))
        found.origin[name] = "sql over " + ", ".join(shelf)
    con.execute(f"DROP SCHEMA {_SHELF} CASCADE")
    for relation in shelf.values():
        con.execute(f"DROP TABLE {quote(relation)}")


def _run(con: duckdb.DuckDBPyConnection, name: str, query: str, sources: tuple[str, ...]) -> RawTable:
    place = f"[{name}] sql"
    check_query(query, place)
    relation = f"raw {name}"
    text = query.strip().rstrip(";")
    con.execute(f"SET schema = '{_SHELF}'")
    try:
        # a query has no order of its own: sorted, the same rows get the same numbers every time
        con.execute(
            f"CREATE TABLE main.{quote(relation)} AS SELECT row_number() OVER () AS {quote(LINE)}, * "
            f"FROM (SELECT * FROM (\n{text}\n) ORDER BY ALL)"
        )
    except duckdb.Error as error:
        raise sql_error(error, place, query, (*sources, *_headings(con))) from None
    finally:
        con.execute("SET schema = 'main'")
    names = list(types_of(con, f"FROM {quote(relation)}"))
    row = con.execute(f"SELECT count(*) FROM {quote(relation)}").fetchone()
    facts = {"lines": "rows of the sorted result of sql"}
    return RawTable(relation, tuple(names[1:]), int(row[0]) if row else 0, facts)


def _headings(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal ORDER BY 1"
    ).fetchall()
    return [row[0] for row in rows]
