"""How the summary shows findings and readers: small HTML views, escaped, without figures of their own."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.cards import verdict_chip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_analysis.findings import Finding

_STRENGTHS = {
    "strong": "strong evidence",
    "moderate": "moderate evidence",
    "preliminary": "preliminary",
    "": "",
}


class Lead(str):
    """The sentence that opens the report: the figure everybody asks for, whatever its rank."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f'<p class="lead">{html.escape(self)}</p>' if self else ""


@dataclass(frozen=True)
class RankedFindings:
    """Findings of several analyses, the most certain and dearest first; the rest folded.

    Parameters
    ----------
    findings
        In the order of their rank.
    titles
        Name of each analysis.
    pages
        Analyses that have a page to open.
    most
        How many are shown unfolded.
    """

    findings: Sequence[Finding]
    titles: Mapping[str, str]
    pages: frozenset[str] = frozenset()
    most: int = 8

    def __repr__(self) -> str:
        return "\n".join(f"{finding.verdict}: {finding.sentence}" for finding in self.findings)

    def _repr_html_(self) -> str:
        if not self.findings:
            return "<p>There are no findings: no analysis could be made.</p>"
        open_questions = [f for f in self.findings if f.verdict == "not_enough_data"]
        answers = [f for f in self.findings if f.verdict != "not_enough_data"]
        first, rest = answers[: self.most], answers[self.most :]
        return (
            self._listed(first)
            + self._folded(rest, "{} more finding{}")
            + self._folded(open_questions, "{} question{} for which there are not enough data yet")
        )

    def _folded(self, findings: Sequence[Finding], heading: str) -> str:
        if not findings:
            return ""
        text = heading.format(len(findings), "" if len(findings) == 1 else "s")
        return f"<details><summary>{text}</summary>{self._listed(findings)}</details>"

    def _listed(self, findings: Sequence[Finding]) -> str:
        return f'<ul class="findings">{"".join(map(self._item, findings))}</ul>' if findings else ""

    def _item(self, finding: Finding) -> str:
        title = html.escape(self.titles.get(finding.analysis, finding.analysis))
        if finding.analysis in self.pages:
            anchor = html.escape(f"{finding.analysis}.html#{finding.key}")
            title = f'<a href="{anchor}">{title}</a>'
        certainty = _STRENGTHS[finding.strength]
        department = f"for {html.escape(finding.department)}" if finding.department else ""
        where = " · ".join(part for part in (title, certainty, department) if part)
        return (
            f"<li>{verdict_chip(finding.verdict)} <span>{html.escape(finding.sentence)}</span> "
            f'<span class="where">{where}</span></li>'
        )


@dataclass(frozen=True)
class Reader:
    """What one reader should open, and the sentence that matters most to them."""

    name: str
    sentence: str
    opens: tuple[tuple[str, str], ...]


class Readers(tuple[Reader, ...]):
    """Who should read what."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        idle = [reader.name for reader in self if not reader.opens]
        rest = (
            f"<li><strong>Others</strong> <span>Nothing for: {html.escape(', '.join(idle))}.</span></li>"
            if idle
            else ""
        )
        concerned = "".join(self._item(reader) for reader in self if reader.opens)
        return f'<ul class="readers">{concerned}{rest}</ul>'

    @staticmethod
    def _item(reader: Reader) -> str:
        links = ", ".join(_link(title, page) for title, page in reader.opens)
        opens = f'<span class="where">Open: {links}</span>' if links else ""
        return (
            f"<li><strong>{html.escape(reader.name)}</strong> "
            f"<span>{html.escape(reader.sentence)}</span>{opens}</li>"
        )


class Gaps(tuple[tuple[str, str, str], ...]):
    """Analyses that are missing: title, state and reason of each."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        if not self:
            return "<p>Nothing: every analysis there is for these data is part of this report.</p>"
        return f'<ul class="gaps">{"".join(map(self._item, self))}</ul>'

    @staticmethod
    def _item(gap: tuple[str, str, str]) -> str:
        name, state, why = map(html.escape, gap)
        kind = "worsened" if state == "failed" else "note"
        return f'<li><strong>{name}</strong> <span class="verdict {kind}">{state}</span> {why}</li>'


def _link(title: str, page: str) -> str:
    return f'<a href="{html.escape(page)}">{html.escape(title)}</a>' if page else html.escape(title)
