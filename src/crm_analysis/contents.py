"""What a view rests on, table by table: counted and hashed once for each state of the data.

A report has many notebooks, and each shows how many rows it rests on: what one has counted is remembered
beside the tables that were read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

from crm_analysis.period import parse
from crm_analysis.sources.fingerprint import remember

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

#: Tables without dates count by the rows that the others name.
_NAMED_BY = {"owners": "owner", "products": "product"}
_FACTS = ("deals", "sales", "activities", "stage_history", "touches", "marketing_costs", "customers")


@dataclass(frozen=True)
class Content:
    """What is known of a table at the end of a period.

    Parameters
    ----------
    table
        Its canonical name.
    columns
        Names and types of its columns, what is looked up for it among them.
    kept
        Rows known and used.
    set_aside
        Rows that could not be right.
    rows
        Sum of the hashes of its rows: equal rows give equal sums, in whatever order they come.
    """

    table: str
    columns: str
    kept: int
    set_aside: int
    rows: str


def contents(view: PeriodView) -> tuple[Content, ...]:
    """Say what a view rests on, a table each.

    Tables that were read from files are counted once for a day on which a period ends; in a database each
    time, one query a table.
    """
    place = view.dataset.source.place
    if place is None:
        return _count(view)
    path = place / f"contents {view.period.end.isoformat()}.json"
    found = _remembered(path)
    if found is None:
        found = _count(view)
        _remember(path, found)
    return found


def _remembered(path: Path) -> tuple[Content, ...] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return tuple(Content(**one) for one in told["contents"]) if told["code"] == _code() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # counted anew


def _remember(path: Path, found: tuple[Content, ...]) -> None:
    """Write it whole: other notebooks of the same report may be reading."""
    if not path.parent.is_dir() or path.parent.is_symlink():
        return  # swept meanwhile, or not ours to write to
    remember(path, {"code": _code(), "contents": [asdict(one) for one in found]})


@cache
def _code() -> str:
    """Hash the modules that decide what a view holds; those that read are part of the name of the folder."""
    digest = hashlib.sha256()
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.name.encode() + module.read_bytes())
    return digest.hexdigest()


def _count(view: PeriodView) -> tuple[Content, ...]:
    found = []
    for name in view.dataset.tables:
        known = known_rows(view, name)
        columns = ", ".join(f"{column} {kind}" for column, kind in sorted(known.schema().items()))
        count, rows = _fingerprint(known)
        found.append(Content(name, columns, count, _set_aside(view, name), rows))
    return tuple(found)


def known_rows(view: PeriodView, name: str) -> ibis.Table:
    """Return a canonical table as it stood at the end; of those without dates the rows that others name."""
    rows = view.table(name)
    if name == "targets":
        return rows.filter(_.period.isin(_planned(view, rows)))
    if name not in _NAMED_BY:
        return rows
    key = _NAMED_BY[name]
    facts = [view.table(fact) for fact in _FACTS if view.has(fact, key)]
    if not facts:
        return rows
    named = ibis.union(*(fact.select(key) for fact in facts)) if len(facts) > 1 else facts[0].select(key)
    return rows.semi_join(named, key)


def _planned(view: PeriodView, targets: ibis.Table) -> list[str]:
    """Return the periods with a target that end with this one: next year's plan is not read yet."""
    fiscal = view.dataset.settings.fiscal_year_starts
    texts = targets.select("period").distinct().to_pandas()["period"]
    return sorted(text for text in texts if parse(str(text), fiscal).end <= view.period.end)


def _fingerprint(rows: ibis.Table) -> tuple[int, str]:
    """Count rows and add up their hashes: order does not matter, equal rows count twice."""
    text = ibis.literal("")
    for column in sorted(rows.columns):
        text = text + rows[column].cast("string").fill_null("\x1e") + "\x1f"
    one = rows.select(h=text.hash().cast("decimal(38, 0)")).agg(n=_.count(), h=_.h.sum())
    result = one.to_pandas().iloc[0]
    return int(result["n"]), str(result["h"])


def _set_aside(view: PeriodView, name: str) -> int:
    rejects = view.dataset.audit.rejects
    rejects = rejects[rejects["table"] == name]
    known = pd.to_datetime(rejects["known_at"])
    return int((known.isna() | (known < pd.Timestamp(view.period.end))).sum())
