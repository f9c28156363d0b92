"""What only the tables together tell: ids without a row, currencies, suspicious amounts and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from crm_analysis.errors import DataError, listed
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_analysis.schema import Table

_EXAMPLES = 3
#: Times that are promised or planned may lie far ahead.
_PLANNED = ("due_at", "expected_close_on")
_GAP_DAYS = 3653
_EPOCH = "1970-01-01"


def require_money(tables: Mapping[str, object]) -> None:
    """Refuse data with neither deals nor sales."""
    if not {"deals", "sales"} & set(tables):
        raise DataError(
            f"The data hold {', '.join(tables)}, but neither deals nor sales.",
            "Either of the two is enough.",
            "Add deals.csv or sales.csv, or map one in crm.toml.",
        )


def currency_of(tables: Mapping[str, ibis.Table], declared: str) -> str:
    """Find the one currency of the data.

    Raises
    ------
    DataError
        Where there are two, or another than the settings say; no rates are known.
    """
    deals = tables.get("deals")
    if deals is None or "currency" not in deals.columns:
        return declared
    priced = deals.filter(deals.currency.notnull())
    counts = priced.group_by("currency").aggregate(n=priced.count())
    found = counts.order_by(ibis.desc("n"), "currency").execute()
    rows = {str(row.currency): int(row.n) for row in found.itertuples()}
    odd = {name: n for name, n in rows.items() if declared and name.upper() != declared.upper()}
    if len({name.upper() for name in rows}) > 1 or odd:
        shown = ", ".join(f"{name}: {counted(n, 'deal')}" for name, n in rows.items())
        raise DataError(
            f"The amounts of deals are in {'other currencies than' if odd else 'more than one currency'}"
            f"{' ' + declared if odd else ''} ({shown}).",
            "One reporting currency is allowed; there are no rates here.",
            "Convert the amounts first, or keep one currency with where = \"currency = '…'\" in crm.toml.",
        )
    return declared or next(iter(rows), "")


def dangling(tables: Mapping[str, ibis.Table]) -> list[tuple[object, ...]]:
    """Count ids that point to a table which is there and has no row for them."""
    found: list[tuple[object, ...]] = []
    for name, rows in tables.items():
        for column, target in TABLES[name].references.items():
            if column not in rows.columns or target not in tables:
                continue
            key = TABLES[target].key[0]
            lost = rows.filter(rows[column].notnull()).anti_join(
                tables[target], rows[column] == tables[target][key]
            )
            counts = lost.group_by(column).aggregate(n=lost.count())
            total = counts.aggregate(ids=counts.count(), rows=counts.n.sum()).execute().iloc[0]
            if int(total["ids"]):
                first = counts.order_by(ibis.desc("n"), column).head(_EXAMPLES).execute()
                examples = ", ".join(first[column].astype(str))
                found.append((name, column, target, int(total["ids"]), int(total["rows"]), examples))
    return found


def suspicions(tables: Mapping[str, ibis.Table]) -> list[str]:
    """Name legal but suspicious data in sentences."""
    found: list[str] = []
    deals = tables.get("deals")
    if deals is not None and "amount" in deals.columns:
        negative = int(deals.filter(deals.amount < 0).count().execute())
        if negative:
            found.append(f"deals: {counted(negative, 'negative amount')} kept, which lower the totals.")
    for name, rows in tables.items():
        found += _far_dates(rows, TABLES[name])
    return found


def _far_dates(rows: ibis.Table, table: Table) -> list[str]:
    """Find dates before 1970, and those past a gap of ten years in which nothing happened."""
    found = []
    for column in table.columns:
        if (
            column.kind not in ("date", "timestamp")
            or column.name in _PLANNED
            or column.name not in rows.columns
        ):
            continue
        days = rows.select(day=rows[column.name].cast("date")).filter(ibis._.day.notnull())
        days = days.group_by("day").aggregate(n=ibis._.count())
        before = ibis._.day.lag().over(ibis.window(order_by="day"))
        gaps = days.mutate(before=before).filter(
            (ibis._.before >= ibis.date(_EPOCH))
            & (ibis._.day.epoch_seconds() - ibis._.before.epoch_seconds() > _GAP_DAYS * 86400)
        )
        late = gaps.day.min().execute()
        early = days.filter(days.day < ibis.date(_EPOCH)).execute()
        if len(early):
            found.append(
                f"{table.name}: {counted(int(early['n'].sum()), 'value')} of {column.name} before 1970 "
                f"({listed(sorted(early['day'].astype(str)))})."
            )
        if late is not None and late == late:
            after = days.filter(days.day >= ibis.literal(late).cast("date")).execute()
            found.append(
                f"{table.name}: {counted(int(after['n'].sum()), 'value')} of {column.name} "
                f"more than ten years after all others ({listed(sorted(after['day'].astype(str)))})."
            )
    return found


def counted(n: int, name: str) -> str:
    """Write a number with its noun."""
    return f"{n:,} {name}{'' if n == 1 else 's'}"
