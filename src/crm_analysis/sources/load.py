"""From raw tables in DuckDB to canonical ones: map, read, judge, count.

The relations of one table: ``raw x`` as written, ``mapped x`` under canonical names, ``typed x`` in canonical
types with what could not be read, ``faults x`` the rows set aside; what is left is the canonical ``x``.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from crm_analysis.schema import TABLES
from crm_analysis.sources import rules
from crm_analysis.sources.audit import COLUMNS, frame
from crm_analysis.sources.formats import quote
from crm_analysis.sources.mapping import Mapping, unread_name
from crm_analysis.sources.raw import LINE
from crm_analysis.sources.types import Reading, literal, read_column, text_sql, types_of

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.schema import Table
    from crm_analysis.sources.config import Section, Settings
    from crm_analysis.sources.raw import RawTable


@dataclass
class Notes:
    """The rows of an audit while they are being gathered."""

    tables: list[tuple[object, ...]] = field(default_factory=list)
    facts: list[tuple[object, ...]] = field(default_factory=list)
    rejects: list[pd.DataFrame] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add_facts(self, table: str, file: str, facts: dict[str, str]) -> None:
        """Add what was found out about a file."""
        self.facts += [(table, file, fact, value) for fact, value in facts.items() if value]

    def count(self, table: str, read: int, left_out: int, rejected: int, kept: int, files: str) -> None:
        """Add the account of a table."""
        self.tables.append((table, read, kept, left_out, rejected, rejected / read if read else 0.0, files))

    def add_problems(self, table: str, file: str, raw: RawTable) -> None:
        """Add the rows of a file that could not be taken apart."""
        rows = [
            (table, file, problem.line, problem.column, problem.value, problem.reason, None)
            for problem in raw.problems
        ]
        if rows:
            self.rejects.append(frame("rejects", rows))


def connect_settings(con: duckdb.DuckDBPyConnection) -> None:
    """Make a connection answer the same everywhere: UTC, order kept, no look at variables of the caller.

    And say nothing: a bar of progress would stand on a page, or between the lines of a log.
    """
    spill = Path(tempfile.gettempdir()) / "crm_analysis_spill"
    con.execute(
        "SET TimeZone = 'UTC'; SET preserve_insertion_order = true; SET python_enable_replacements = false"
    )
    # in a notebook without ipywidgets there is no bar, and turning it off is refused
    with suppress(duckdb.InvalidInputException):
        con.execute("SET enable_progress_bar = false")
    con.execute(f"SET temp_directory = {literal(spill.as_posix())}")


def load_table(
    con: duckdb.DuckDBPyConnection,
    backend: Any,
    name: str,
    raw: RawTable,
    section: Section,
    settings: Settings,
    notes: Notes,
    *,
    file: str,
    where: str,
) -> None:
    """Make one canonical table of a raw one, and put its account into the notes.

    Parameters
    ----------
    con, backend
        The DuckDB connection and the Ibis backend over it.
    name
        Canonical name; the kept rows become the table of that name.
    raw, section, settings
        The raw table, its section of ``crm.toml``, the settings.
    notes
        Receives counts, facts, rejects and warnings.
    file, where
        How the audit calls the origin, and how errors call the section.
    """
    table = TABLES[name]
    mapping = Mapping(con, table, section, raw, settings, where)
    mapped, typed = f"mapped {name}", f"typed {name}"
    left_out = mapping.write(mapped)
    _drop(con, raw.relation)
    notes.add_facts(name, file, raw.facts | mapping.facts)
    notes.warnings += mapping.warnings
    notes.add_problems(name, file, raw)
    facts = _read_columns(con, table, mapping, mapped, typed, settings, section)
    notes.add_facts(name, file, facts)
    faulty = _set_aside(con, backend, table, mapping, notes, file)
    kept = _keep(con, table, typed, faulty)
    notes.count(name, raw.rows, left_out, len(raw.problems) + faulty, kept, file)
    for relation in (mapped, typed, f"faults {name}"):
        _drop(con, relation)


def _read_columns(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    mapping: Mapping,
    mapped: str,
    typed: str,
    settings: Settings,
    section: Section,
) -> dict[str, str]:
    """Write the typed relation; return the formats found."""
    types = types_of(con, f"FROM {quote(mapped)}")
    facts: dict[str, str] = {}
    selects, names, reasons = [quote(LINE)], [], []
    for column in mapping.columns:
        own = quote(column.name)
        declared = column.name in table.names
        reading = (
            read_column(con, mapped, table[column.name], types[column.name], settings, section)
            if declared
            else Reading(own)
        )
        selects.append(f"{reading.sql} AS {own}")
        if reading.fact:
            facts[f"{column.label}"] = reading.fact
        if column.numbers:
            bad = f"{quote(unread_name(column.name))} IS NOT NULL"
            names.append(f"WHEN {bad} THEN {literal(column.name)}")
            reasons.append(f"WHEN {bad} THEN {literal('not a number, which its expression needs')}")
        if reading.reason:
            bad = f"({own}) IS NULL AND {quote('raw ' + column.name)} IS NOT NULL"
            names.append(f"WHEN {bad} THEN {literal(column.name)}")
            reasons.append(f"WHEN {bad} THEN {literal(reading.reason)}")
    raws = [f"{quote(column.name)} AS {quote('raw ' + column.name)}" for column in mapping.columns]
    unread = [quote(unread_name(column.name)) for column in mapping.columns if column.numbers]
    kept = ", ".join([quote(LINE), *(quote(column.name) for column in mapping.columns)])
    con.execute(
        f"CREATE OR REPLACE TABLE {quote(typed)} AS SELECT {kept}, "
        f"{_case(names)} AS {quote(rules.COLUMN)}, {_case(reasons)} AS {quote(rules.REASON)} "
        f"FROM (SELECT {', '.join([*selects, *raws, *unread])} FROM {quote(mapped)})"
    )
    return facts


def _case(parts: list[str]) -> str:
    return f"CASE {' '.join(parts)} END" if parts else "CAST(NULL AS VARCHAR)"


def _set_aside(
    con: duckdb.DuckDBPyConnection, backend: Any, table: Table, mapping: Mapping, notes: Notes, file: str
) -> int:
    """Write the relation of faulty rows, list them as rejects, return how many there are."""
    rows = backend.table(f"typed {table.name}")
    unique = not table.key or not rules.repeated_keys(rows, table).execute()
    relation = quote(f"faults {table.name}")
    faults = _faults_sql(rows.schema(), table.name, unique)
    if not _count(con, f"CREATE OR REPLACE TABLE {relation} AS {faults}"):
        return 0
    types = types_of(con, f"FROM {quote('mapped ' + table.name)}")
    labels = {column.name: column.label for column in mapping.columns}
    values = [
        f"WHEN {literal(column.name)} THEN " + _raw_value(column.name, types) for column in mapping.columns
    ]
    headings = [f"WHEN {literal(name)} THEN {literal(label)}" for name, label in labels.items()]
    column = f"f.{quote(rules.COLUMN)}"
    found = con.execute(
        f'SELECT {literal(table.name)} AS "table", {literal(file)} AS file, f.{quote(LINE)} AS line, '
        f'CASE {column} {" ".join(headings)} ELSE {column} END AS "column", '
        f"CASE {column} {' '.join(values)} END AS value, f.{quote(rules.REASON)} AS reason, f.known_at "
        f"FROM {relation} f JOIN {quote('mapped ' + table.name)} m USING ({quote(LINE)}) ORDER BY line"
    ).df()
    notes.rejects.append(frame("rejects", found[list(COLUMNS["rejects"])]))
    return len(found)


@lru_cache(maxsize=64)
def _faults_sql(schema: ibis.Schema, name: str, unique: bool) -> str:
    """Write the query for the rows to set aside; writing it takes longer than running it."""
    table = TABLES[name]
    judged = rules.judged(ibis.table(schema, f"typed {name}"), table, [LINE], unique=unique)
    known = judged[table.known_at].cast("timestamp") if table.known_at else ibis.null("timestamp")
    faults = judged.filter(judged[rules.REASON].notnull())
    faults = faults.select(LINE, rules.COLUMN, rules.REASON, known_at=known)
    return str(ibis.to_sql(faults, dialect="duckdb"))


def _raw_value(name: str, types: dict[str, str]) -> str:
    own = text_sql(f"m.{quote(name)}", types[name])
    if unread_name(name) in types:
        return f"coalesce(m.{quote(unread_name(name))}, {own})"
    return own


def _keep(con: duckdb.DuckDBPyConnection, table: Table, typed: str, faulty: int) -> int:
    """Write the canonical table in the order of the file; return its number of rows."""
    sound = f"WHERE {quote(LINE)} NOT IN (SELECT {quote(LINE)} FROM {quote('faults ' + table.name)})"
    helpers = ", ".join(map(quote, (LINE, rules.COLUMN, rules.REASON)))
    return _count(
        con,
        f"CREATE OR REPLACE TABLE {quote(table.name)} AS SELECT * EXCLUDE ({helpers}) FROM {quote(typed)} "
        f"{sound if faulty else ''} ORDER BY {quote(LINE)}",
    )


def _count(con: duckdb.DuckDBPyConnection, creation: str) -> int:
    """Make a relation and tell its number of rows."""
    row = con.execute(creation).fetchone()
    return int(row[0]) if row else 0


def _drop(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"DROP TABLE IF EXISTS {quote(relation)}")
