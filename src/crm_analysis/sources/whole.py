"""What only the tables together tell: ids without a row, currencies, suspicious amounts and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import ibis
import pandas as pd

from crm_analysis.errors import DataError, listed
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

_Key = TypeVar("_Key", bound=tuple[str, ...])

_EXAMPLES = 3
#: Times that are promised or planned may lie far ahead.
_PLANNED = ("due_at", "expected_close_on")
_GAP = pd.Timedelta(days=3653)
_EPOCH = pd.Timestamp("1970-01-01")


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
    lost: dict[tuple[str, str, str], ibis.Table] = {}
    for name, rows in tables.items():
        for column, target in TABLES[name].references.items():
            if column in rows.columns and target in tables:
                ids = rows.filter(rows[column].notnull()).anti_join(
                    tables[target], rows[column] == tables[target][TABLES[target].key[0]]
                )
                lost[name, column, target] = ids.group_by(column).aggregate(n=ids.count())
    sums = _fetched({key: ids.aggregate(ids=ids.count(), rows=ids.n.sum()) for key, ids in lost.items()})
    found: list[tuple[object, ...]] = []
    for key, total in sums.items():
        if n_ids := int(total["ids"].iloc[0]):
            first = lost[key].order_by(ibis.desc("n"), key[1]).head(_EXAMPLES).execute()
            examples = ", ".join(first[key[1]].astype(str))
            found.append((*key, n_ids, int(total["rows"].iloc[0]), examples))
    return found


def suspicions(tables: Mapping[str, ibis.Table]) -> list[str]:
    """Name legal but suspicious data in sentences."""
    found: list[str] = []
    deals = tables.get("deals")
    if deals is not None and "amount" in deals.columns:
        negative = int(deals.filter(deals.amount < 0).count().execute())
        if negative:
            found.append(f"deals: {counted(negative, 'negative amount')} kept, which lower the totals.")
    return [*found, *_far_dates(tables)]


def _far_dates(tables: Mapping[str, ibis.Table]) -> list[str]:
    """Find dates before 1970, and those past a gap of ten years in which nothing happened."""
    dates = {
        (name, column.name): rows.select(day=rows[column.name].cast("date"))
        for name, rows in tables.items()
        for column in TABLES[name].columns
        if column.kind in ("date", "timestamp")
        and column.name not in _PLANNED
        and column.name in rows.columns
    }
    counts = {of: days.drop_null().group_by("day").aggregate(n=ibis._.count()) for of, days in dates.items()}
    found = []
    for (table, column), days in _fetched(counts).items():
        days = days.sort_values("day")
        before = days["day"].shift()
        gap = (before >= _EPOCH) & (days["day"] - before > _GAP)
        late = days["day"] >= days["day"][gap].min()
        early = days["day"] < _EPOCH
        for odd, when in ((early, "before 1970"), (late, "more than ten years after all others")):
            if odd.any():
                shown = listed(list(days["day"][odd].astype(str)))
                values = counted(int(days["n"][odd].sum()), "value")
                found.append(f"{table}: {values} of {column} {when} ({shown}).")
    return found


def _fetched(queries: Mapping[_Key, ibis.Table]) -> dict[_Key, pd.DataFrame]:
    """Fetch the answers to many queries of the same columns as one: asking takes longer than answering."""
    if not queries:
        return {}
    numbered = [rows.mutate(query=ibis.literal(at)) for at, rows in enumerate(queries.values())]
    answers = ibis.union(*numbered).execute()
    return {key: answers[answers["query"] == at] for at, key in enumerate(queries)}


def counted(n: int, name: str) -> str:
    """Write a number with its noun."""
    return f"{n:,} {name}{'' if n == 1 else 's'}"
