"""What stands above the figures of a page: period, comparison, rows kept and set aside, fingerprint.

All of it is counted as it was at the end of the period, so that later rows do not change the page of an
earlier period.
"""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.contents import contents
from crm_analysis.language import tr

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words


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
