"""Parts of a page that have nothing to show: a line each, instead of prose on a picture that is not there."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from nbformat import v4

from crm_analysis.language import tr
from crm_analysis.reporting.parts import METHOD

if TYPE_CHECKING:
    from nbformat import NotebookNode

_HEADING = "<h2>"
_TAG = re.compile(r"<[^>]*>")
#: How :class:`crm_analysis.figures.NoPicture` and a table without rows say why there is nothing.
_NOTHING = re.compile(r'\s*<p class="[^"]*\bnothing">(?:<strong>.*?</strong>)?(?P<why>.*?)</p>\s*', re.DOTALL)


def fold_silent(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells with all parts that show nothing made into one, before the method.

    Parameters
    ----------
    cells
        The cells of a page in order, their prose being HTML. A part reaches from one heading of the second
        level to the next. It shows nothing where every output in it says that there is nothing to show; a
        part of prose alone, and the method, stay.
    """
    kept: list[NotebookNode] = []
    lines = []
    for part in _parts(cells):
        said = [_why(output) for cell in part for output in cell.get("outputs", ())]
        if said and None not in said and not _is_method(part[0]):
            heading, _, _ = part[0].source.removeprefix(_HEADING).partition("</h2>")
            why = next((text for text in said if text), "")
            lines.append(f"<li><strong>{heading}</strong>{': ' * bool(why)}{why}</li>")
        else:
            kept += part
    if not lines:
        return cells
    title = tr("What these data do not tell")
    told = v4.new_markdown_cell(f"<h2>{title}</h2>\n<ul>{''.join(lines)}</ul>")  # type: ignore[no-untyped-call]
    at = next((place for place, cell in enumerate(kept) if _is_method(cell)), len(kept))
    return [*kept[:at], told, *kept[at:]]


def _parts(cells: list[NotebookNode]) -> list[list[NotebookNode]]:
    parts: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith(_HEADING):
            parts.append([])
        parts[-1].append(cell)
    return [part for part in parts if part]


def _is_method(cell: NotebookNode) -> bool:
    return METHOD in cell.metadata.get("tags", ())


def _why(output: NotebookNode) -> str | None:
    """Return why an output shows nothing, empty where it does not say; None where it shows something."""
    markup = output.get("data", {}).get("text/html")
    if markup is None or not markup.strip():
        return None if markup is None else ""
    found = _NOTHING.fullmatch(markup)
    # an output is not to be trusted: nothing but its text goes on
    return html.escape(html.unescape(_TAG.sub("", found["why"]))).strip() if found else None
