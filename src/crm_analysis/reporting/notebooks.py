"""The notebooks of the reports: where they are, what they are called, which parameters they take.

A file ``<number>_<stem>.ipynb`` is a report; whatever else lies in the folder is not. Number 0 is the
summary, which runs last.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import ParameterError, ReportError, listed, nearest
from crm_analysis.language import LANGUAGES, tr
from crm_analysis.reporting.parameters import Parameter, read_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SUMMARY = "summary"
_NAME = re.compile(r"(?P<number>\d+)_(?P<stem>[a-z][a-z0-9_]*)\.ipynb")
_HEADING = re.compile(r"^# +(.+?)\s*$", re.MULTILINE)
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Notebook:
    """A notebook of a report.

    Parameters
    ----------
    number
        Its place in the order of reports.
    stem
        The name it shares with its analysis, plots, tables and page.
    path
        The file.
    """

    number: int
    stem: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The file as it is."""
        return self.path.read_text(encoding="utf-8")

    @property
    def digest(self) -> str:
        """Hash of its content."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def code(self) -> str:
        """Hash of what its run depends on: cells of code with their tags, and the metadata; not the prose."""
        cells = [
            (_source(cell).rstrip(), sorted(cell.get("metadata", {}).get("tags", ())))
            for cell in self._cells("code")
        ]
        metadata = json.loads(self.text).get("metadata", {})
        return hashlib.sha256(json.dumps([cells, metadata], sort_keys=True).encode()).hexdigest()

    def text_in(self, language: str) -> str:
        """Return the notebook with its prose in a language; a cell without a translation stays as it is."""
        if language == LANGUAGES[0]:
            return self.text
        content = json.loads(self.text)
        for cell in content["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = tr(_source(cell), language)
        return json.dumps(content, ensure_ascii=False)

    def title(self, language: str) -> str:
        """Return its first heading in a language."""
        for cell in self._cells("markdown"):
            if match := _HEADING.search(tr(_source(cell), language)):
                return match[1]
        raise ReportError(
            f"The notebook {self.path.name} has no title.",
            "Its first markdown cell begins with # and the title.",
            "Add one; pages and links are named by it.",
        )

    def question(self, language: str) -> str:
        """Return what it answers: what stands below the title in the same cell."""
        for cell in self._cells("markdown"):
            told = tr(_source(cell), language)
            if match := _HEADING.search(told):
                return " ".join(told[match.end() :].split())
        return ""

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """What its cell tagged ``parameters`` declares, by name."""
        tagged = [c for c in self._cells("code") if "parameters" in c.get("metadata", {}).get("tags", [])]
        if len(tagged) != 1:
            raise ReportError(
                f'The notebook {self.path.name} has {len(tagged)} cells tagged "parameters".',
                "It must have exactly one.",
                "Set the tag in JupyterLab under Property Inspector, Cell Tags.",
            )
        return read_parameters(_source(tagged[0]), self.path.name)

    def _cells(self, kind: str) -> list[dict[str, Any]]:
        try:
            cells = json.loads(self.text)["cells"]
        except (ValueError, KeyError, TypeError) as error:
            raise ReportError(
                f"The file {self.path.name} is not a notebook: {error}.",
                "Notebooks are JSON of format 4.",
                "Take it from version control again.",
            ) from error
        return [cell for cell in cells if cell["cell_type"] == kind]


def file_of(stem: str, suffix: str = "html") -> str:
    """Name a file of a report; the summary is the index of its period."""
    return f"{'index' if stem == SUMMARY else stem}.{suffix}"


def find_notebooks(start: Path | None = None) -> Path:
    """Return the folder of notebooks: that of the project one works in, else that of the package.

    Parameters
    ----------
    start
        Where to begin looking upwards; the working directory where left out.

    Raises
    ------
    ReportError
        There is none.
    """
    here = (start or Path.cwd()).resolve()
    places = [folder / "notebooks" for folder in (here, *here.parents)]
    places += [_PACKAGE / "notebooks", _PACKAGE.parents[1] / "notebooks"]  # installed; in a source tree
    for folder in places:
        if folder.is_dir() and any(_NAME.fullmatch(path.name) for path in folder.iterdir()):
            return folder
    raise ReportError(
        f"There are no notebooks in {here} or above.",
        "They stand in a folder named notebooks and are called like 1_sales_dynamics.ipynb.",
        "Change to the folder of the project.",
    )


def is_packaged(folder: Path) -> bool:
    """Say whether a folder of notebooks is the one inside the installed package."""
    return folder == _PACKAGE / "notebooks"


def discover(folder: Path) -> tuple[Notebook, ...]:
    """Return the notebooks of a folder, in order of their numbers."""
    found = [(_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir())]
    notebooks = [Notebook(int(match["number"]), match["stem"], path) for match, path in found if match]
    stems = [notebook.stem for notebook in notebooks]
    if twice := sorted({stem for stem in stems if stems.count(stem) > 1}):
        raise ReportError(
            f"Two notebooks are called {listed(twice)}.", "Each stem may stand once.", "Rename or remove one."
        )
    return tuple(sorted(notebooks, key=lambda notebook: (notebook.number, notebook.stem)))


def choose(notebooks: Sequence[Notebook], only: Iterable[str]) -> tuple[Notebook, ...]:
    """Keep the notebooks named; all where none is named. The summary always stays.

    Raises
    ------
    ParameterError
        A name that no notebook has.
    """
    wanted = list(only)
    stems = [notebook.stem for notebook in notebooks]
    for stem in wanted:
        if stem not in stems:
            raise ParameterError(
                f'There is no report "{stem}".', f"Reports: {', '.join(stems)}.", nearest(stem, stems)
            )
    return tuple(n for n in notebooks if not wanted or n.stem in wanted or n.stem == SUMMARY)


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
