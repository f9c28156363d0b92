"""What a row must meet, as Ibis expressions over canonical types: the same rules run where the data are.

Each row gets at most one fault, the first in this order: what could not be read, a required value missing, a
value that is not allowed or outside its limits, a rule over several columns, a second row with the same key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from crm_analysis.schema import SQL_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_analysis.schema import Column, Rule, Table

#: Columns in which a judged table names the fault of a row; NULL where it has none.
COLUMN, REASON = "#column", "#reason"
#: Larger numbers are slips of the pen or of an export: no company has a quintillion of anything.
LARGEST = 1e18
_IBIS_TYPES = {"DOUBLE": "float64", "VARCHAR": "string", "BIGINT": "int64"}

Fault = tuple["ibis.expr.types.BooleanValue", str, str]


def judged(rows: ibis.Table, table: Table, order: Sequence[str], unique: bool = False) -> ibis.Table:
    """Name the fault of each row.

    Parameters
    ----------
    rows
        Rows in canonical types; ``#column`` and ``#reason`` name what could not be read. Optional columns
        may be absent.
    table
        The declaration they must meet.
    order
        Columns that say which of two rows with the same key comes first.
    unique
        Whether it is known that no key occurs twice.

    Returns
    -------
    ibis.Table
        The rows with all declared columns and with ``#column`` and ``#reason`` filled.
    """
    full = with_absent(rows, table)
    faults = list(_faults(full, table))
    first = full[REASON].notnull()
    names = ibis.cases((first, full[COLUMN]), *((bad, column) for bad, column, _ in faults), else_=None)
    reasons = ibis.cases((first, full[REASON]), *((bad, reason) for bad, _, reason in faults), else_=None)
    full = full.mutate(**{COLUMN: names.cast("string"), REASON: reasons.cast("string")})
    return full if unique or not table.key else _without_second(full, table, order)


def with_absent(rows: ibis.Table, table: Table) -> ibis.Table:
    """Add the declared columns that the data lack, as NULL."""
    absent = {
        column.name: ibis.null(ibis_type(column))
        for column in table.columns
        if column.name not in rows.columns
    }
    return rows.mutate(**absent) if absent else rows


def ibis_type(column: Column) -> str:
    """Name the Ibis type of a canonical column."""
    sql_type = SQL_TYPES[column.kind]
    return _IBIS_TYPES.get(sql_type, sql_type.lower())


def repeated_keys(rows: ibis.Table, table: Table) -> ibis.expr.types.IntegerScalar:
    """Count the keys that occur more than once."""
    keys = with_absent(rows, table).group_by(list(table.key)).aggregate(n=ibis._.count())
    return keys.filter(ibis._.n > 1).count()


def _faults(rows: ibis.Table, table: Table) -> Iterator[Fault]:
    for column in table.columns:
        if column.required:
            yield rows[column.name].isnull(), column.name, f"{column.name} is required and missing"
    if table.one_of:
        lacking = ibis.and_(*(rows[name].isnull() for name in table.one_of))
        yield lacking, table.one_of[0], f"neither {' nor '.join(table.one_of)} is given"
    for column in table.columns:
        yield from _limits(rows, column)
    for rule in table.rules:
        yield from _rule(rows, rule)


def _limits(rows: ibis.Table, column: Column) -> Iterator[Fault]:
    value = rows[column.name]
    if column.kind == "number":
        yield value.abs() > LARGEST, column.name, f"beyond {LARGEST:g}"
    if column.allowed:
        yield ~value.isin(column.allowed), column.name, f"not one of {', '.join(column.allowed)}"
    if column.minimum is not None:
        yield value < column.minimum, column.name, f"below {column.minimum:g}"
    if column.maximum is not None:
        yield value > column.maximum, column.name, f"above {column.maximum:g}"


def _rule(rows: ibis.Table, rule: Rule) -> Iterator[Fault]:
    broken = ~rule.holds(rows)
    if rule.in_order:
        early, late = (rows[name] for name in rule.in_order)
        mended = _swapped(late) >= early
        mended |= late >= _swapped(early)
        yield broken & mended, rule.column, f"{rule.reason}; day and month look swapped"
    yield broken, rule.column, rule.reason


def _swapped(time: ibis.expr.types.TimestampValue) -> ibis.expr.types.DateValue:
    """Exchange day and month where that gives a date; elsewhere NULL."""
    # cast because an engine may give parts of an all-NULL column another type
    year, month, day = (part.cast("int64") for part in (time.year(), time.month(), time.day()))
    can = (day <= 12) & (day != month)
    # the day is guarded a second time because engines compute both branches of a condition
    mended = ibis.date(year, ibis.ifelse(day <= 12, day, 1), month).cast("timestamp")
    return ibis.ifelse(can, mended, ibis.null("timestamp"))


def _without_second(rows: ibis.Table, table: Table, order: Sequence[str]) -> ibis.Table:
    """Set aside the later ones of rows with one key; a row with another fault does not count as the first."""
    sound = rows[REASON].isnull()
    window = ibis.window(
        group_by=[*(rows[name] for name in table.key), sound], order_by=[rows[name] for name in order]
    )
    second = sound & (ibis.row_number().over(window) > 0)
    return rows.mutate(
        **{
            COLUMN: ibis.ifelse(second, table.key[0], rows[COLUMN]),
            REASON: ibis.ifelse(second, f"a second row with the same {', '.join(table.key)}", rows[REASON]),
        }
    )
