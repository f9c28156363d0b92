"""Tables of a company's database, copied once into DuckDB.

The address stands in an environment variable and nowhere else: no message, fact or cache repeats it, nor what
a driver says about it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from crm_analysis.errors import SourceError, nearest
from crm_analysis.sources.raw import LINE, RawTable, schema_of, store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from crm_analysis.sources.config import Config

_BATCH = 100_000
_SCHEMES = ("postgres", "postgresql", "duckdb", "sqlite")


def address_of(config: Config) -> str:
    """Read the address from the variable that the settings name."""
    if not config.settings.database:
        raise SourceError(
            "crm.toml reads a table of a database and names no database.",
            'Allowed is database = "env:NAME" under [settings], the name of a variable.',
            'Write database = "env:CRM_DATABASE_URL" and set that variable.',
        )
    variable = config.settings.database.removeprefix("env:")
    address = os.environ.get(variable, "")
    if not address:
        similar = [name for name in os.environ if "URL" in name or "DATABASE" in name]
        raise SourceError(
            f"The variable {variable} with the address of the database is not set.",
            f"Allowed addresses start with {', '.join(scheme + '://' for scheme in _SCHEMES)}.",
            nearest(variable, similar) or f"Set it: export {variable}=postgresql://user@host/database",
        )
    scheme = address.partition("://")[0].lower()
    if scheme not in _SCHEMES:
        raise SourceError(
            f"The address in {variable} starts with none of the known kinds of database.",
            f"Allowed are {', '.join(scheme + '://' for scheme in _SCHEMES)}.",
            "Correct the variable.",
        )
    return address


def read_tables(
    con: duckdb.DuckDBPyConnection, config: Config, tables: Mapping[str, str | None]
) -> dict[str, RawTable]:
    """Copy tables of the database into DuckDB.

    Parameters
    ----------
    con
        Connection that receives them.
    config
        Names the variable with the address.
    tables
        ``{relation to write: table of the database, with its schema after a dot}``.
    """
    address = address_of(config)
    backend = _connect(address, config)
    try:
        return {relation: _copy(con, backend, str(name), relation) for relation, name in tables.items()}
    finally:
        backend.disconnect()


def _connect(address: str, config: Config) -> Any:
    try:
        if address.lower().startswith("duckdb://"):
            # DuckDB would make a new file for a wrong path
            return ibis.duckdb.connect(address.partition("://")[2], read_only=True)
        return ibis.connect(address)
    except Exception as error:  # drivers raise errors of their own, with the address in them
        raise SourceError(
            f"The database named by {config.settings.database.removeprefix('env:')} does not answer "
            f"({type(error).__name__}).",
            "It must run and let this user in; address, user and password are not repeated here.",
            "Check the variable and the network, or export the tables to files.",
        ) from None


def _copy(con: duckdb.DuckDBPyConnection, backend: Any, name: str, relation: str) -> RawTable:
    schema, _, table = name.rpartition(".")
    try:
        rows = backend.table(table, database=schema or None)
    except Exception as error:  # each driver has its own error for a missing table
        raise SourceError(
            f'The database has no table "{name}" that this user may read ({type(error).__name__}).',
            "A table or view is wanted, with its schema before a dot.",
            "Check the name, and the rights of the user.",
        ) from None
    columns = tuple(rows.columns)
    try:
        count = store_batches(con, relation, columns, rows)
    except SourceError:
        raise
    except Exception as error:  # as above: a message of the driver may hold the address
        raise SourceError(
            f'The table "{name}" could not be read to its end ({type(error).__name__}).',
            "The connection must last while the table is copied.",
            "Run again; if it stays, export the table to a file.",
        ) from None
    return RawTable(
        relation, columns, count, {"kind": f"table of a {backend.name} database", LINE: "row as read, from 1"}
    )


def store_batches(
    con: duckdb.DuckDBPyConnection, relation: str, columns: tuple[str, ...], rows: ibis.Table
) -> int:
    """Copy an Ibis table in batches, rows numbered in a fixed order; return how many there were."""
    ordered = rows.order_by(list(columns))
    schema = schema_of(columns, [field.type for field in ordered.schema().to_pyarrow()])
    total = 0

    def numbered() -> Iterator[pa.RecordBatch]:
        nonlocal total
        for batch in _batches(ordered):
            numbers = pa.array(range(total + 1, total + 1 + batch.num_rows), pa.int64())
            total += batch.num_rows
            yield pa.record_batch([numbers, *batch.cast(pa.schema(list(schema)[1:])).columns], schema=schema)

    store(con, relation, schema, numbered())
    return total


def _batches(rows: ibis.Table) -> Iterator[pa.RecordBatch]:
    backend = rows._find_backend()
    if backend.name == "duckdb":
        # Ibis 12 asks DuckDB for batches by a name that DuckDB 2 has dropped
        yield from backend.con.sql(ibis.to_sql(rows)).to_arrow_reader(_BATCH)
    else:
        yield from rows.to_pyarrow_batches(chunk_size=_BATCH)
