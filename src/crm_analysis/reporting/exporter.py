"""An executed notebook as one self-contained page: no code, no foreign script, no request to any host."""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import mistune
from nbconvert.exporters import TemplateExporter
from traitlets.config import Config

from crm_analysis.errors import ReportError
from crm_analysis.language import speaking, tr
from crm_analysis.reporting.gate import check_page
from crm_analysis.reporting.parts import divide
from crm_analysis.reporting.sanitize import clean, count_nameless, is_drawing
from crm_analysis.reporting.silent_parts import fold_silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

#: Kinds of output a page can show, the best first.
_SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
#: Without formulas: a dollar in a sentence stays a dollar. Its HTML is cleaned like all other.
_MARKDOWN = mistune.create_markdown(escape=False, plugins=["strikethrough", "table"])
#: Signs that an address may not hold as they are.
_NOT_AS_IT_IS = re.compile(r"[^a-zA-Z0-9 '!$()*+,\-./:;=?@\[\]_~]+")
TEMPLATES = Path(__file__).parent / "templates"
#: The one script a page may run, where it has a table to search; the browser is told its hash.
_SCRIPT = (TEMPLATES / "page" / "search.js").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_SEARCHABLE = 'class="table-wrap searchable"'


@dataclass(frozen=True)
class Link:
    """An entry of a page's navigation; ``current`` marks the page itself."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class Page:
    """What surrounds the cells of a notebook on its page.

    Parameters
    ----------
    title
        Title of the window and of the bookmark: analysis and period.
    language
        Language of the text, as HTML names it.
    links
        Navigation: summary, the analyses of this period.
    periods
        Navigation: all periods, this one, its neighbours.
    notes
        Sentences for a banner; one that the notebook says itself is not said twice.
    """

    title: str
    language: str = "en"
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
    periods: tuple[Link, ...] = ()


class _PageExporter(TemplateExporter):
    """The template of this package, with filters that clean."""

    file_extension = ".html"
    output_mimetype = "text/html"

    @property
    def default_config(self) -> Config:
        return Config({"NbConvertBase": {"display_data_priority": list(_SHOWN)}})


def to_html(notebook: NotebookNode, page: Page, *, with_code: bool = False) -> str:
    """Turn an executed notebook into a page.

    Parameters
    ----------
    notebook
        The notebook with its outputs; it stays as it is.
    page
        Title, language, navigation and notes.
    with_code
        Show the code of each cell, folded.

    Returns
    -------
    str
        HTML that opens offline; the same notebook and page give the same text.

    Raises
    ------
    ReportError
        A cell failed, a picture has no description, or the page is not what :func:`check_page` wants.

    Examples
    --------
    >>> import nbformat.v4 as v4
    >>> made = v4.new_notebook(cells=[v4.new_markdown_cell("# Sales in October")])
    >>> "<h1>Sales in October</h1>" in to_html(made, Page("Sales, October 2026"))
    True
    """
    shown = _publishable(notebook)
    with speaking(page.language):
        shown.cells = fold_silent(shown.cells)
    said = html.unescape("".join(_markup(shown)))
    notes = [note for note in page.notes if note not in said]
    resources = {"page": page, "notes": notes, "with_code": with_code, "parts": divide(shown.cells)}
    if any(_SEARCHABLE in markup for markup in _markup(shown)):
        resources |= {"script": _SCRIPT, "script_hash": _HASH}
    with speaking(page.language):
        text, _ = _exporter().from_notebook_node(shown, resources=resources)
    check_page(text, page.title)
    return str(text)


@cache
def _exporter() -> _PageExporter:
    exporter = _PageExporter(  # type: ignore[no-untyped-call]
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={"clean": _described, "prose": _prose, "encode": _encoded},
        optimistic_validation=True,
    )
    exporter.environment.globals["tr"] = tr
    return exporter


def _prose(source: str) -> str:
    return _described(str(_MARKDOWN(source)))


def _encoded(drawing: str) -> str:
    """Write a drawing as an address; a quarter smaller than in base 64, and without a sign of HTML."""
    plain = drawing if "'" in drawing else drawing.replace('"', "'")
    return _NOT_AS_IT_IS.sub(lambda signs: quote(signs[0], safe=""), plain)


def _described(markup: str) -> str:
    cleaned = clean(markup)
    if "<img" in cleaned and count_nameless(cleaned):
        raise ReportError(
            "A picture has no description.",
            "Every picture needs one, for those who cannot see it.",
            "Show it with crm.figure(axes), or write the alternative text into the HTML or Markdown.",
        )
    return cleaned


def _publishable(notebook: NotebookNode) -> NotebookNode:
    """Copy a notebook with its prose as HTML and without the outputs a page cannot show.

    What must not be published is refused.
    """
    shown = copy.deepcopy(notebook)
    for number, cell in enumerate(shown.cells, start=1):
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _has_place(output, number)]
        elif cell.cell_type == "markdown":
            cell.source = _prose(cell.source).strip()
    return shown


def _has_place(output: NotebookNode, cell: int) -> bool:
    """Say whether a page shows an output; scripts and messages to the developer have no place on it."""
    if output.output_type == "error":
        raise ReportError(
            f"Cell {cell} ended with an error: {output.ename}: {output.evalue}",
            "Only a notebook that ran to its end is published.",
            "Open the notebook, run its cells, and put right what the message names.",
        )
    if output.output_type == "stream":
        return bool(output.name == "stdout")
    kind = next((kind for kind in _SHOWN if kind in output.data), None)
    if kind in _PICTURES and not output.metadata.get(kind, {}).get("alt", "").strip():
        raise ReportError(
            f"The picture of cell {cell} has no description.",
            "Every picture needs one, for those who cannot see it.",
            'Show it with crm.figure(axes), or crm.figure(axes, alt="What the picture shows").',
        )
    if kind == "image/svg+xml" and not is_drawing(output.data[kind]):
        raise ReportError(
            f"The picture of cell {cell} is more than a drawing.",
            "A page shows SVG of lines and areas, without scripts, styles, texts and addresses.",
            "Show it with crm.figure(axes), or as PNG.",
        )
    return kind is not None and "application/javascript" not in output.data


def _markup(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("data", {}).get("text/html", "")
