"""A finding: one answer of an analysis, with its certainty.

Examples
--------
>>> verdict(found=True, direction=-0.18, better="down")
'improved'
>>> verdict(found=False, direction=-0.18, better="down")
'no_evidence'
>>> verdict(found=None, direction=-0.18, better="down")
'not_enough_data'
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, overload

from crm_analysis.language import current, msg, spoken, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["improved", "worsened", "changed", "no_evidence", "not_enough_data", "note"]
Strength = Literal["strong", "moderate", "preliminary", ""]
Better = Literal["up", "down", "neutral"]

#: Word and sign of each verdict: never told by colour alone.
VERDICTS: dict[Verdict, tuple[str, str]] = {
    "improved": (msg("improved"), "▲"),
    "worsened": (msg("worsened"), "▼"),
    "changed": (msg("changed"), "◆"),
    "no_evidence": (msg("no evidence"), "○"),
    "not_enough_data": (msg("not enough data"), "?"),
    "note": (msg("note"), "•"),
}

#: So many findings stand open on a page, the answers to its questions; the rest can be unfolded.
_OPEN = 6

_CERTAINTY = {"strong": 3, "moderate": 2, "preliminary": 1, "": 0}
_WEIGHT: dict[Verdict, int] = {
    "worsened": 3, "improved": 3, "changed": 3, "note": 2, "no_evidence": 1, "not_enough_data": 0
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One answer.

    Parameters
    ----------
    analysis
        Stem of the analysis.
    key
        Name of the finding, stable from period to period.
    verdict
        ``improved``, ``worsened``, ``changed``, ``no_evidence``, ``not_enough_data`` or ``note``.
    sentence
        What a reader reads; made from the numbers by a template of :mod:`crm_analysis.sentences`.
    value, low, high
        The figure and its interval, unrounded, in ``unit``.
    unit
        ``money``, ``share``, ``relative`` (0.05 is +5 %), ``days``, ``customers``, …
    n
        Number of observations behind it.
    p_value, p_adjusted
        Of the test, alone and with all tests of the analysis considered.
    strength
        How strong the evidence is: ``strong``, ``moderate``, ``preliminary`` or empty.
    department
        Who must act; empty where it concerns all.
    money
        Money at stake, for ranking; not part of the published record.
    """

    analysis: str
    key: str
    verdict: Verdict
    sentence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    n: int | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    strength: Strength = ""
    department: str = ""
    money: float | None = None

    def record(self) -> dict[str, Any]:
        """Return the published fields; figures that do not exist are None, never NaN."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name != "money"}


@dataclass(frozen=True)
class Lead:
    """The answer that opens a page, written large; nothing where there is none."""

    finding: Finding | None
    language: str = field(default_factory=current)

    def __str__(self) -> str:
        return self.finding.sentence if self.finding else ""

    __repr__ = __str__

    @spoken
    def _repr_html_(self) -> str:
        if self.finding is None:
            return ""
        chip = "" if self.finding.verdict == "note" else f"{verdict_chip(self.finding.verdict)} "
        return f'<p class="lead" id="{html.escape(self.finding.key)}">{chip}{_sentence(self.finding)}</p>'


class Findings(tuple[Finding, ...]):
    """Findings in the order they are read; shows itself, or a slice, as a list of sentences in a notebook."""

    def __init__(self, _: Iterable[Finding] = ()) -> None:
        self.language = current()

    @overload
    def __getitem__(self, at: SupportsIndex) -> Finding: ...

    @overload
    def __getitem__(self, at: slice) -> Findings: ...

    def __getitem__(self, at: SupportsIndex | slice) -> Finding | Findings:
        if not isinstance(at, slice):
            return super().__getitem__(at)
        part = Findings(super().__getitem__(at))
        part.language = self.language
        return part

    @spoken
    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{tr('There is nothing more to tell.')}</p>"
        rest = self[_OPEN:]
        if len(rest) < 2:  # a fold that hides one line saves none
            return _listed(self)
        more = tr("{n} more").format(n=len(rest))
        return f"{_listed(self[:_OPEN])}<details><summary>{more}</summary>{_listed(rest)}</details>"


def verdict(*, found: bool | None, direction: float, better: Better) -> Verdict:
    """Say what a test result means for the business.

    Parameters
    ----------
    found
        Whether the multiplicity-adjusted test found a change; None where it could not be tested.
    direction
        Sign of the change.
    better
        Which direction is good.
    """
    if found is None:
        return "not_enough_data"
    if not found:
        return "no_evidence"
    if better == "neutral":
        return "changed"
    return "improved" if (direction > 0) == (better == "up") else "worsened"


def verdict_chip(verdict: Verdict, count: int | None = None) -> str:
    """Return a verdict as word, sign and colour; with ``count``, how many there are."""
    word, sign = VERDICTS[verdict]
    number = "" if count is None else f"{count} "
    return f'<span class="verdict {verdict}"><span aria-hidden="true">{sign}</span> {number}{tr(word)}</span>'


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by what they say, how sure it is, and the money at stake; ties keep their order."""
    return sorted(
        findings,
        key=lambda f: (-_WEIGHT[f.verdict], -_CERTAINTY[f.strength], -abs(f.money or 0.0)),
    )


def said_once(findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what another analysis has said before: the same finding with the same figure.

    Examples
    --------
    >>> found = [Finding(stem, "no_customer", "note", "", value=0.136) for stem in ("abc", "segments")]
    >>> [finding.analysis for finding in said_once(found)]
    ['abc']
    """
    seen: set[tuple[str, float, str]] = set()
    kept = []
    for finding in findings:
        if finding.value is not None:
            what = (finding.key, float(finding.value), finding.unit)
            if what in seen:
                continue
            seen.add(what)
        kept.append(finding)
    return kept


def _listed(findings: Iterable[Finding]) -> str:
    return f'<ul class="findings">{"".join(map(_item, findings))}</ul>'


def _item(finding: Finding) -> str:
    return f'<li id="{html.escape(finding.key)}">{verdict_chip(finding.verdict)} {_sentence(finding)}</li>'


def _sentence(finding: Finding) -> str:
    """Write a sentence with the link to itself."""
    key, about = html.escape(finding.key), html.escape(tr("Link to this finding"))
    mark = f'<a class="mark" href="#{key}" aria-label="{about}" title="{about}">#</a>'
    return f"<span>{html.escape(finding.sentence)} {mark}</span>"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else None
