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

from crm_analysis.language import tr
from crm_analysis.period import parse

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

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
    words
        How figures are written.
    """

    title: str
    notes: tuple[str, ...]
    rows: pd.DataFrame
    fingerprint: str
    words: Words

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
        words = self.words
        text = tr(
            "Rows read: {read}; used: {kept}; set aside: {set_aside}. Fingerprint {digits}.", words.language
        )
        counts = {"read": self.kept + self.set_aside, "kept": self.kept, "set_aside": self.set_aside}
        written = {name: words.number(count) for name, count in counts.items()}
        return text.format(**written, digits=self.fingerprint)

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
        compared = tr("{period}, compared with {comparison}", words.language)
        title = compared.format(period=title, comparison=words.period(comparison))
    known = contents(view)
    prints = sorted((content.table, content.columns, content.kept, content.rows) for content in known)
    frame = pd.DataFrame(
        [(content.table, content.kept, content.set_aside) for content in known],
        columns=["table", "kept", "set_aside"],
    )
    digest = hashlib.sha256(repr(prints).encode()).hexdigest()[:12]
    return Header(title, view.coverage.notes, frame, digest, words)


def contents(view: PeriodView) -> tuple[Content, ...]:
    """Say what a view rests on, a table each: one query a table, in the engine of the data."""
    found = []
    for name in view.dataset.tables:
        known = _known(view, name)
        columns = ", ".join(f"{column} {kind}" for column, kind in sorted(known.schema().items()))
        count, rows = _fingerprint(known)
        found.append(Content(name, columns, count, _set_aside(view, name), rows))
    return tuple(found)


def _known(view: PeriodView, name: str) -> ibis.Table:
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
