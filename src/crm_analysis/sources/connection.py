"""An Ibis connection whose tables are canonical already: checked where they are, never copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
from ibis.common.exceptions import TableNotFound

from crm_analysis.errors import DataError, SourceError, nearest
from crm_analysis.schema import TABLES
from crm_analysis.sources import rules
from crm_analysis.sources.audit import COLUMNS, frame

if TYPE_CHECKING:
    from crm_analysis.schema import Column, Table
    from crm_analysis.sources.config import Settings
    from crm_analysis.sources.load import Notes

#: Rejects listed a table; the count is exact.
_LISTED = 10_000
_EXACT = 2**53
_BLANK = " \t\r\n"


def read_connection(backend: Any, settings: Settings, notes: Notes) -> dict[str, ibis.Table]:
    """Find the canonical tables of a connection and put the rules on them as expressions.

    Parameters
    ----------
    backend
        An Ibis backend; the tables stand under their canonical names in its default schema.
    settings
        For the texts that count as missing, and the time zone.
    notes
        Receives counts and rejects.
    """
    found = {name: table for name in TABLES if (table := _table(backend, name)) is not None}
    if not found:
        raise SourceError(
            f"The {backend.name} connection has none of the canonical tables in its default schema.",
            f"Canonical are {', '.join(TABLES)}.",
            'Name the tables or views so, or map others in crm.toml: [deals] table = "crm.opportunity".',
        )
    _plan_well(backend)
    return {name: _checked(rows, TABLES[name], backend.name, settings, notes) for name, rows in found.items()}


def _plan_well(backend: Any) -> None:
    """Keep PostgreSQL from nested loops: of the rules on a table it expects one row, where all are kept."""
    if backend.name == "postgres":
        with backend.begin() as cursor:
            cursor.execute("SET enable_nestloop = off")


def _table(backend: Any, name: str) -> ibis.Table | None:
    # asked one by one: listing reads the catalogue in ways that not every driver version supports
    try:
        table: ibis.Table = backend.table(name)
    except TableNotFound:
        return None
    return table


def _checked(rows: ibis.Table, table: Table, origin: str, settings: Settings, notes: Notes) -> ibis.Table:
    _require(rows, table)
    typed = _typed(rows, table, settings)
    unread = {rules.COLUMN: ibis.null("string"), rules.REASON: ibis.null("string")}
    # without lines the first of two rows is the one known first, then the smallest
    order = [table.known_at] if table.known_at in typed.columns else []
    order += [name for name in typed.columns if name in table.names and name not in order]
    judged = rules.judged(typed.mutate(**unread), table, order)
    kept = judged.filter(judged[rules.REASON].isnull()).select(typed.columns)
    faults = judged.filter(judged[rules.REASON].notnull())
    read, rejected = int(rows.count().execute()), int(faults.count().execute())
    if rejected:
        notes.rejects.append(_rejects(faults, table, origin))
        if rejected > _LISTED:
            notes.warnings.append(f"{table.name}: {_LISTED:,} of {rejected:,} rows set aside are listed.")
    notes.count(table.name, read, 0, rejected, int(kept.count().execute()), origin)
    notes.add_facts(table.name, origin, {"kind": f"table of a {origin} connection"})
    return kept


def _require(rows: ibis.Table, table: Table) -> None:
    lacking = [name for name in table.required if name not in rows.columns]
    if table.one_of and not set(table.one_of) & set(rows.columns):
        lacking.append(" or ".join(table.one_of))
    if lacking:
        raise DataError(
            f"{table.name} has no column {', '.join(lacking)}.",
            f"Its columns are {', '.join(rows.columns)}.",
            f"{nearest(lacking[0], rows.columns)} Rename it in a view, or map the table in crm.toml.".strip(),
        )


def _typed(rows: ibis.Table, table: Table, settings: Settings) -> ibis.Table:
    declared = [name for name in table.names if name in rows.columns]
    extra = [name for name in rows.columns if name not in table.names]
    casts = {name: _cast(rows, table, table[name], settings) for name in declared}
    return rows.select(**casts, **{name: rows[name] for name in extra})


def _cast(rows: ibis.Table, table: Table, column: Column, settings: Settings) -> ibis.Value:
    value = rows[column.name]
    kind = value.type()
    if column.kind in ("text", "id", "period"):
        return _text(rows, table, column, settings)
    if column.kind in ("date", "timestamp") and (kind.is_timestamp() or kind.is_date()):
        if kind.is_timestamp() and kind.timezone:
            value = value.cast(f"timestamp({settings.timezone!r})").cast("timestamp")
        return value.cast(rules.ibis_type(column))
    if column.kind in ("number", "integer") and kind.is_numeric():
        return value.cast(rules.ibis_type(column))
    wanted = "a number" if column.kind in ("number", "integer") else "a date or a timestamp"
    raise DataError(
        f"{table.name}.{column.name} is {kind} in the database.",
        f"It must be {wanted}.",
        "Cast it in a view, or map the table in crm.toml, which reads text.",
    )


def _text(rows: ibis.Table, table: Table, column: Column, settings: Settings) -> ibis.Value:
    value = rows[column.name]
    if value.type().is_floating():
        if rows.filter(value.abs() >= _EXACT).count().execute():
            raise DataError(
                f"{table.name}.{column.name} holds ids as decimal numbers beyond 2**53: digits are lost.",
                "Ids are text.",
                "Store them as text or whole numbers.",
            )
        whole = value == value.floor()
        return ibis.ifelse(whole, value.cast("int64").cast("string"), value.cast("string"))
    if not value.type().is_string():
        return value.cast("string")
    text = value.strip()
    marks = sorted({mark.strip().casefold() for mark in settings.missing} | {""})
    return ibis.ifelse(text.lower().isin(marks), ibis.null("string"), text)


def _rejects(faults: ibis.Table, table: Table, origin: str) -> Any:
    present = [name for name in table.names if name in faults.columns]
    value = ibis.cases(
        *((faults[rules.COLUMN] == name, faults[name].cast("string")) for name in present), else_=None
    )
    known = faults[table.known_at].cast("timestamp") if table.known_at else ibis.null("timestamp")
    chosen = faults.select(
        table=ibis.literal(table.name),
        file=ibis.literal(origin),
        line=ibis.null("int64"),
        column=faults[rules.COLUMN],
        value=value.cast("string"),
        reason=faults[rules.REASON],
        known_at=known,
    )
    listed = chosen.order_by("known_at", "column", "value", "reason").limit(_LISTED).execute()
    return frame("rejects", listed[list(COLUMNS["rejects"])])
