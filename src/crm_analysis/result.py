"""What every analysis returns: tidy frames, findings, and the context they were computed in."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from crm_analysis.cards import Cards, card
from crm_analysis.findings import Lead
from crm_analysis.language import LANGUAGES, current, spoken, tr
from crm_analysis.workbook import write_csv, write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.columns import Kind
    from crm_analysis.findings import Findings
    from crm_analysis.period import Period
    from crm_analysis.tiles import Tile
    from crm_analysis.words import Words

#: Environment variable by which the runner of reports says where results are saved.
OUT = "CRM_ANALYSIS_OUT"


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
        names = ", ".join(f"{name} ({len(frame)} rows)" for name, frame in self.tables().items())
        head = f"{type(self).__name__} {self.context.period.text}: {names}"
        return "\n".join([head, *(f"  {f.verdict}: {f.sentence}" for f in self.findings)])

    def _repr_html_(self) -> str:
        return self.findings._repr_html_()
