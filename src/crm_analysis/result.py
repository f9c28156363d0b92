"""What every analysis returns: tidy frames, findings, and the context they were computed in."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from crm_analysis.about import Described
from crm_analysis.cards import Cards, card
from crm_analysis.findings import Lead
from crm_analysis.holds import held
from crm_analysis.language import LANGUAGES, current, msg, spoken, tr
from crm_analysis.workbook import write_csv, write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.columns import Kind
    from crm_analysis.findings import Findings
    from crm_analysis.period import Period
    from crm_analysis.tiles import Tile
    from crm_analysis.why import Why
    from crm_analysis.words import Words

#: Environment variable by which the runner of reports says where results are saved.
OUT = "CRM_ANALYSIS_OUT"
_HEADS = (msg("Table"), msg("Rows"), msg("What it holds"))


@dataclass(frozen=True)
class Context:
    """What a result was computed for.

    Parameters
    ----------
    period
        The period reported.
    comparison
        What it is compared with; None where no fair comparison could be made.
    covered
        The part of the period that the data cover; equal to ``period`` where all of it.
    notes
        What a reader must know of the data: part months, refused comparison, tables that are missing.
    words
        How figures are written.
    """

    period: Period
    comparison: Period | None
    covered: Period
    notes: tuple[str, ...]
    words: Words

    @property
    def is_partial(self) -> bool:
        """Whether the data cover the period only in part."""
        return self.covered.days < self.period.days


class Sentences(tuple[str, ...]):
    """Sentences, shown as a list in a notebook."""

    def __init__(self, _: Iterable[str] = ()) -> None:
        self.language = current()

    @spoken
    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self)
        nothing = tr("Nothing was left out.")
        return f'<ul class="left-out">{items}</ul>' if items else f"<p>{nothing}</p>"


@dataclass(frozen=True)
class SavedFiles:
    """The files of a result, shown as links in a notebook."""

    folder: Path
    paths: tuple[Path, ...]
    language: str = LANGUAGES[0]

    def __repr__(self) -> str:
        names = [path.relative_to(self.folder).as_posix() for path in self.paths]
        return "\n".join(names) or 'Nothing was written; give a folder, for example result.save("tables").'

    @spoken
    def _repr_html_(self) -> str:
        names = [path.relative_to(self.folder).as_posix() for path in self.paths if path.suffix != ".json"]
        links = "".join(f'<li><a href="{name}">{name.split("/")[-1]}</a></li>' for name in names)
        return (
            f'<p>{tr("Tables to open in a spreadsheet:")}</p><ul class="files">{links}</ul>'
            if links
            else f"<p>{self!r}</p>"
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base of the results; each analysis adds its frames as fields.

    Shows itself as its findings and the list of its tables.

    Parameters
    ----------
    context
        Period, comparison, coverage, language.
    findings
        The answers, in reading order.
    left_out
        What could not be computed and why, a sentence each.
    tiles
        The main figures; the summary shows those of all analyses.
    """

    stem: ClassVar[str]
    #: ``{table: {column: kind}}`` where a column is written otherwise than its heading declares.
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {}

    context: Context
    findings: Findings
    left_out: Sentences = field(default_factory=Sentences)
    tiles: tuple[Tile, ...] = ()

    def __init_subclass__(cls) -> None:
        """Let the docstring name the tables with their columns, and every result show itself as this one."""
        cls.__repr__ = Result.__repr__  # type: ignore[method-assign]  # before a dataclass makes its own
        cls.__doc__ = Described(cls.__doc__ or "")  # type: ignore[assignment]  # a text where it is read

    @property
    @spoken
    def lead(self) -> Lead:
        """The answer to the question of the page, its first finding; ``findings[1:]`` are the others."""
        return Lead(self.findings[0] if self.findings else None)

    @property
    @spoken
    def cards(self) -> Cards:
        """The main figures, written for reading: value, change, verdict, course."""
        words, comparison = self.context.words, self.context.comparison
        against = words.period(comparison) if comparison else ""
        return Cards(card(tile, words, against=against) for tile in self.tiles)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every frame by its name, in the order declared."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}

    @spoken
    def why(self, key: str) -> Why:
        """Say what a finding rests on.

        Parameters
        ----------
        key
            Its key, as in ``result.findings``; of a summary also ``"analysis.key"``.

        Returns
        -------
        pandas.DataFrame
            The rows of its table that it is about, with the columns that ``analyze`` tells of. Shown with the
            sentence, how it was found and what that takes for granted, its n and p-values, and the line of
            ``view.rows`` that gives the rows of the data behind it; to programs as ``finding``, ``method``,
            ``table`` and ``line``. Where a finding rests on no table of the result: its figures, a row.

        Raises
        ------
        ParameterError
            There is no such finding; names the nearest.

        Examples
        --------
        >>> import crm_analysis as crm
        >>> result = crm.customer_abc.analyze(crm.load("data/demo").view("2026-10"))
        >>> result.why("buyers")["test"].tolist()
        ['buyers']
        >>> result.why("concentration").line
        'view.rows("sales_to_date", sold_at="2025-11-01..2026-10-31")'
        """
        from crm_analysis.why import why

        return why(self, key)

    def save(self, folder: str | Path = "") -> SavedFiles:
        """Write ``tables/<stem>/<table>.csv``, ``tables/<stem>.xlsx`` and ``<stem>.json``.

        CSV holds unrounded figures, UTF-8, ISO dates. Cells that a spreadsheet would run as a formula are
        written as text. The JSON holds findings, tiles and what was left out, for the summary.

        Parameters
        ----------
        folder
            Where to write. Empty: the folder that the environment variable CRM_ANALYSIS_OUT names, as the
            runner of reports does; without it nothing is written.

        Returns
        -------
        SavedFiles
            The files written, in a notebook shown as links.
        """
        folder = folder or os.environ.get(OUT, "")
        if not folder:
            return SavedFiles(Path(), ())
        folder = Path(folder)
        tables = folder / "tables" / self.stem
        tables.mkdir(parents=True, exist_ok=True)
        written = [write_csv(frame, tables / f"{name}.csv") for name, frame in self.tables().items()]
        written.append(
            write_workbook(self.tables(), tables.with_suffix(".xlsx"), self.context.words, self.kinds)
        )
        answers = folder / f"{self.stem}.json"
        answers.write_text(json.dumps(self.record(), ensure_ascii=False, indent=1), encoding="utf-8")
        return SavedFiles(folder, (*written, answers), self.context.words.language)

    def record(self) -> dict[str, Any]:
        """Return findings, tiles and what was left out as plain values."""
        return {
            "stem": self.stem,
            "findings": [finding.record() | {"money": finding.money} for finding in self.findings],
            "tiles": [tile.record() for tile in self.tiles],
            "left_out": list(self.left_out),
        }

    def __repr__(self) -> str:
        head = f"{type(self).__name__} {self.context.period.text}"
        findings = [f"  {f.verdict}: {f.sentence}  [{f.key}]" for f in self.findings]
        names = [
            f"  {name} ({len(frame)} rows): {self.held(name)}".rstrip(": ")
            for name, frame in self.tables().items()
        ]
        return "\n".join([head, *findings, "Tables:", *names])

    @spoken
    def held(self, table: str) -> str:
        """Say what a table holds, in a phrase."""
        return tr(held(self.stem, table))

    @spoken
    def _repr_html_(self) -> str:
        keys = ", ".join(_code(finding.key) for finding in self.findings)
        rests = tr("What a finding rests on: {line}, with its key.").format(line=_code("result.why(…)"))
        heads = "".join(f'<th scope="col">{tr(head)}</th>' for head in _HEADS)
        rows = "".join(
            f'<tr><th scope="row">{_code(f"result.{name}")}</th>'
            f'<td class="num">{self.context.words.number(len(frame))}</td>'
            f'<td style="text-align: left">{html.escape(self.held(name))}</td></tr>'
            for name, frame in self.tables().items()
        )
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        shown = tr("With units and headings: {line}.").format(line=_code('crm.table(result, "…", "…")'))
        return f"{self.findings._repr_html_()}<p>{rests}<br>{keys}</p>{table}<p>{shown}</p>"


def _code(line: str) -> str:
    return f"<code>{html.escape(line)}</code>"
