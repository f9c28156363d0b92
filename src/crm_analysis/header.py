"""What stands above the figures of a page: period, comparison, rows kept and set aside, fingerprint.

All of it is counted as it was at the end of the period, so that later rows do not change the page of an
earlier period.
"""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis import _

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

#: Tables without dates count by the rows that the others name.
_NAMED_BY = {"owners": "owner", "products": "product"}
_FACTS = ("deals", "sales", "activities", "stage_history", "touches", "marketing_costs", "customers")


@dataclass(frozen=True)
class Header:
    """Rows known at the end of the period, by table, and a fingerprint of their content.

    Parameters
    ----------
    title
        The period in words, and what it is compared with.
    notes
        What a reader must know of the data.
    rows
        ``table, kept, set_aside``.
    fingerprint
        Twelve hexadecimal digits; equal content gives equal digits, in whatever order the rows come.
    """

    title: str
    notes: tuple[str, ...]
    rows: pd.DataFrame
    fingerprint: str

    @property
    def kept(self) -> int:
        """Rows known at the end and used."""
        return int(self.rows["kept"].sum())

    @property
    def set_aside(self) -> int:
        """Rows that could not be right."""
        return int(self.rows["set_aside"].sum())

    def __str__(self) -> str:
        return "\n".join([self.title, *self.notes, self._counts()])

    def _counts(self) -> str:
        return (
            f"Rows read: {self.kept + self.set_aside:,}; used: {self.kept:,}; set aside: {self.set_aside:,}. "
            f"Fingerprint {self.fingerprint}."
        )

    def _repr_html_(self) -> str:
        notes = "".join(f'<p class="warning">{html.escape(note)}</p>' for note in self.notes)
        return (
            f'<div class="report-header"><p class="period">{html.escape(self.title)}</p>{notes}'
            f'<p class="counts">{html.escape(self._counts())}</p></div>'
        )


def header(view: PeriodView) -> Header:
    """Count the rows that a view rests on and take their fingerprint."""
    words = view.context.words
    title = words.period(view.period)
    if (comparison := view.coverage.comparison) is not None:
        title += f", compared with {words.period(comparison)}"
    rows, prints = [], []
    for name in view.dataset.tables:
        count, content = _fingerprint(_known(view, name))
        rows.append((name, count, _set_aside(view, name)))
        prints.append((name, count, content))
    digest = hashlib.sha256(repr(sorted(prints)).encode()).hexdigest()[:12]
    frame = pd.DataFrame(rows, columns=["table", "kept", "set_aside"])
    return Header(title, view.coverage.notes, frame, digest)


def _known(view: PeriodView, name: str) -> ibis.Table:
    if name == "sales":  # as read, without what was looked up
        return view.dataset.table("sales").filter(_.sold_at < ibis.timestamp(f"{view.period.end} 00:00:00"))
    rows = view.table(name)
    if name not in _NAMED_BY:
        return rows
    key = _NAMED_BY[name]
    facts = [view.table(fact) for fact in _FACTS if view.has(fact, key)]
    if not facts:
        return rows
    named = ibis.union(*(fact.select(key) for fact in facts)) if len(facts) > 1 else facts[0].select(key)
    return rows.semi_join(named, key)


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
