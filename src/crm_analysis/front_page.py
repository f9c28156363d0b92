"""How the summary shows findings and readers: small HTML views, escaped, without figures of their own."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_analysis.findings import verdict_chip
from crm_analysis.language import current, msg, plural, spoken, tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_analysis.findings import Finding

_PART = msg("in part")
#: Departments that findings name; others are a company's own and keep their names.
_DEPARTMENTS = (msg("sales"), msg("marketing"), msg("production"), msg("dispatch"), msg("service"))
_STRENGTHS = {
    "strong": msg("strong evidence"),
    "moderate": msg("moderate evidence"),
    "preliminary": msg("preliminary"),
    "": "",
}

#: So many findings of one analysis stand open before those of the others.
_OF_ONE = 2


@dataclass(frozen=True)
class RankedFindings:
    """Findings of several analyses, the most certain and dearest first; the rest folded.

    Of one analysis two stand open, so that the first screen tells of all; more where others have nothing.

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
    language: str = field(default_factory=current)

    def __repr__(self) -> str:
        return "\n".join(f"{finding.verdict}: {finding.sentence}" for finding in self.findings)

    @spoken
    def _repr_html_(self) -> str:
        if not self.findings:
            return f"<p>{tr('There are no findings: no analysis could be made.')}</p>"
        open_questions = [f for f in self.findings if f.verdict == "not_enough_data"]
        answers = [f for f in self.findings if f.verdict != "not_enough_data"]
        first = self._first(answers)
        rest = [finding for finding in answers if finding not in first]
        return (
            self._listed(first)
            + self._folded(rest, plural("{n} more finding", "{n} more findings", len(rest)))
            + self._folded(
                open_questions,
                plural(
                    "{n} question for which there are not enough data yet",
                    "{n} questions for which there are not enough data yet",
                    len(open_questions),
                ),
            )
        )

    def _first(self, answers: Sequence[Finding]) -> list[Finding]:
        seen: Counter[str] = Counter()
        early: list[Finding] = []
        late: list[Finding] = []
        for finding in answers:
            seen[finding.analysis] += 1
            (early if seen[finding.analysis] <= _OF_ONE else late).append(finding)
        chosen = [*early, *late][: self.most]
        return [finding for finding in answers if finding in chosen]

    def _folded(self, findings: Sequence[Finding], heading: str) -> str:
        if not findings:
            return ""
        text = heading.format(n=len(findings))
        return f"<details><summary>{text}</summary>{self._listed(findings)}</details>"

    def _listed(self, findings: Sequence[Finding]) -> str:
        return f'<ul class="findings">{"".join(map(self._item, findings))}</ul>' if findings else ""

    def _item(self, finding: Finding) -> str:
        title = html.escape(self.titles.get(finding.analysis, finding.analysis))
        if finding.analysis in self.pages:
            anchor = html.escape(f"{finding.analysis}.html#{finding.key}")
            title = f'<a href="{anchor}">{title}</a>'
        certainty = tr(_STRENGTHS[finding.strength])
        who = tr("for {department}").format(department=tr(finding.department))
        department = html.escape(who) if finding.department else ""
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

    def __init__(self, _: Iterable[Reader] = ()) -> None:
        self.language = current()

    @spoken
    def _repr_html_(self) -> str:
        idle = [reader.name for reader in self if not reader.opens]
        nothing = tr("Nothing for: {readers}.").format(readers=", ".join(idle))
        rest = f"<li><strong>{tr('Others')}</strong> <span>{html.escape(nothing)}</span></li>" if idle else ""
        concerned = "".join(self._item(reader) for reader in self if reader.opens)
        return f'<ul class="readers">{concerned}{rest}</ul>'

    @staticmethod
    def _item(reader: Reader) -> str:
        links = ", ".join(_link(title, page) for title, page in reader.opens)
        opens = f'<span class="where">{tr("Open:")} {links}</span>' if links else ""
        return (
            f"<li><strong>{html.escape(reader.name)}</strong> "
            f"<span>{html.escape(reader.sentence)}</span>{opens}</li>"
        )


class Gaps(tuple[tuple[str, str, str], ...]):
    """Analyses that are missing: title, state and reason of each; parts of analyses are folded."""

    def __init__(self, _: Iterable[tuple[str, str, str]] = ()) -> None:
        self.language = current()

    @spoken
    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{tr('Nothing: every analysis there is for these data is part of this report.')}</p>"
        whole = [gap for gap in self if gap[1] != _PART]
        parts = [gap for gap in self if gap[1] == _PART]
        shown = f'<ul class="gaps">{"".join(map(self._item, whole))}</ul>' if whole else ""
        if not parts:
            return shown
        text = plural(
            "{n} part of the analyses that could not be made",
            "{n} parts of the analyses that could not be made",
            len(parts),
        ).format(n=len(parts))
        listed = "".join(map(self._parts, dict.fromkeys(name for name, *_ in parts)))
        return f'{shown}<details><summary>{text}</summary><ul class="gaps">{listed}</ul></details>'

    def _parts(self, name: str) -> str:
        said = "".join(
            f"<li>{html.escape(why)}</li>" for title, state, why in self if (title, state) == (name, _PART)
        )
        return f"<li><strong>{html.escape(name)}</strong><ul>{said}</ul></li>"

    @staticmethod
    def _item(gap: tuple[str, str, str]) -> str:
        name, state, why = map(html.escape, gap)
        kind = "worsened" if state == "failed" else "note"
        return f'<li><strong>{name}</strong> <span class="verdict {kind}">{tr(state)}</span> {why}</li>'


def _link(title: str, page: str) -> str:
    return f'<a href="{html.escape(page)}">{html.escape(title)}</a>' if page else html.escape(title)
