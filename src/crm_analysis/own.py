"""A result of one's own: tables and findings that are shown, saved and published as those of the analyses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.errors import ParameterError, listed, nearest
from crm_analysis.findings import VERDICTS, Finding, Findings
from crm_analysis.language import spoken
from crm_analysis.result import Result, Sentences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView

#: Names of analyses, tables and findings: files and attributes are called by them.
NAME = re.compile(r"[a-z][a-z0-9_]*")
_KEPT = ("analysis", "key")


@dataclass(frozen=True, kw_only=True)
class OwnResult(Result):
    """Answer of :func:`own_result`: each table is an attribute too."""

    stem: str  # type: ignore[misc]  # of the class elsewhere, of the result here
    frames: Mapping[str, pd.DataFrame]
    kinds: Mapping[str, dict[str, Kind]] = field(default_factory=dict)  # type: ignore[misc, assignment]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every frame by its name, in the order given."""
        return dict(self.frames)

    def __getattr__(self, name: str) -> pd.DataFrame:
        frames = self.__dict__.get("frames", {})
        if name not in frames:
            raise AttributeError(f"There is no table {name!r}; there are: {', '.join(frames)}.")
        frame: pd.DataFrame = frames[name]
        return frame

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.frames})


@spoken
def own_result(
    view: PeriodView,
    stem: str,
    tables: Mapping[str, pd.DataFrame] | None = None,
    findings: Mapping[str, str | Mapping[str, Any]] | None = None,
    *,
    left_out: Sequence[str] = (),
    kinds: Mapping[str, dict[str, Kind]] | None = None,
) -> OwnResult:
    """Put tables and findings of one's own into a result, to show, save and publish them.

    Parameters
    ----------
    view
        What they were computed from; gives period, language, currency.
    stem
        Name of the analysis, that of its notebook without the number: ``8_by_owner.ipynb`` is ``by_owner``.
    tables
        Frames by name; each becomes an attribute, a CSV file and a sheet.
    findings
        Sentences by key, in reading order: notes. Or, in place of a sentence, its ``sentence`` with other
        fields of :class:`crm_analysis.Finding`: ``verdict, value, low, high, unit, n, department``, ….
    left_out
        What could not be computed and why, a sentence each.
    kinds
        ``{table: {column: kind}}`` for columns of one's own: ``money``, ``share`` (0-1), ``count``, ``days``,
        ``month``, ``day``, ``text``, ``relative`` (0.05 is +5 %). Names that the package uses have theirs.

    Returns
    -------
    OwnResult
        A result like any other: ``result.findings``, ``crm.table(result, ...)``, ``result.save(out)``.

    Raises
    ------
    ParameterError
        A name that no file can have, a table that is no frame, a field or verdict that does not exist.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> view = crm.load("data/demo").view("2026-10")
    >>> deals = view.won.group_by("owner").agg(deals=view.won.count()).to_pandas().sort_values("owner")
    >>> said = {"won": {"sentence": f"{deals['deals'].sum()} deals were won.", "value": 9, "unit": "deals"}}
    >>> result = crm.own_result(view, "by_owner", {"owners": deals}, said)
    >>> result.findings[0].sentence, list(result.tables())
    ('9 deals were won.', ['owners'])
    """
    made = dict(tables or {})
    for name in (stem, *made, *(findings or {})):
        if not NAME.fullmatch(str(name)):
            raise ParameterError(
                f'"{name}" cannot be the name of an analysis, a table or a finding.',
                "Small letters, digits and underscores, beginning with a letter.",
                'For example "by_owner".',
            )
    if wrong := [name for name, frame in made.items() if not isinstance(frame, pd.DataFrame)]:
        raise ParameterError(
            f"The table {listed(wrong)} is a {type(made[wrong[0]]).__name__}.", "A pandas DataFrame.",
            "An Ibis table becomes one by .to_pandas(), a Series by .to_frame().",
        )  # fmt: skip
    own = {one.name for one in fields(OwnResult)}
    if taken := [name for name in made if name in own or hasattr(OwnResult, name)]:
        raise ParameterError(
            f"A table cannot be called {listed(taken)}.", "That is what results themselves are made of.",
            "Give it another name.",
        )  # fmt: skip
    return OwnResult(
        context=view.context,
        findings=Findings(_finding(stem, key, told) for key, told in (findings or {}).items()),
        left_out=Sentences(left_out),
        stem=stem,
        frames=made,
        kinds=dict(kinds or {}),
    )


def _finding(stem: str, key: str, told: str | Mapping[str, Any]) -> Finding:
    given = {"sentence": told} if isinstance(told, str) else dict(told)
    allowed = [one.name for one in fields(Finding) if one.name not in _KEPT]
    if unknown := [name for name in given if name not in allowed]:
        raise ParameterError(
            f'The finding "{key}" has no field {listed(unknown)}.', f"Fields: {', '.join(allowed)}.",
            nearest(str(unknown[0]), allowed),
        )  # fmt: skip
    verdict = given.setdefault("verdict", "note")
    if verdict not in VERDICTS or not given.get("sentence"):
        raise ParameterError(
            f'The finding "{key}" has the verdict {verdict!r} and the sentence {given.get("sentence")!r}.',
            f"A sentence, and one of {', '.join(VERDICTS)}.",
            nearest(str(verdict), VERDICTS),
        )
    return Finding(stem, key, **given)
