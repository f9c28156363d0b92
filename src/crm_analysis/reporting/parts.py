"""The parts of a page: every heading of the second level can be linked to, and the method is folded away."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Tag of the cells that tell of method and limits; those that follow each other become one fold.
METHOD = "method"
_HEADING = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Part:
    """A part of a page.

    Parameters
    ----------
    label
        Its heading, as plain text.
    anchor
        The name by which it is linked to.
    """

    label: str
    anchor: str


def divide(cells: list[NotebookNode]) -> tuple[Part, ...]:
    """Give the headings of prose an anchor, and mark where the method begins and ends.

    Parameters
    ----------
    cells
        The cells of a page, their prose being cleaned HTML already. They are changed: headings become links
        to themselves; the cell that begins a fold gets ``fold`` in its metadata, a :class:`Part`, and the
        one that ends it ``fold_ends``.

    Returns
    -------
    tuple of Part
        In the order of the page. Anchors follow from the headings alone, begin with ``part-`` (findings are
        named without it), and no two are alike.
    """
    parts: dict[str, Part] = {}
    folding = False
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        tagged = METHOD in cell.metadata.get("tags", ())
        if cell.cell_type == "markdown":
            first = len(parts)
            begins = tagged and not folding and cell.source.startswith("<h2>")
            cell.source = _HEADING.sub(lambda heading: _linked(heading[1], parts), cell.source)
            if begins:
                cell.metadata["fold"] = list(parts.values())[first]
                cell.source = cell.source.partition("</h2>")[2]
                folding = True
        if folding and (following is None or METHOD not in following.metadata.get("tags", ())):
            cell.metadata["fold_ends"] = True
            folding = False
    return tuple(parts.values())


def _linked(heading: str, parts: dict[str, Part]) -> str:
    label = html.unescape(_TAG.sub("", heading)).strip()
    name = re.sub(r"\W+", "-", f"part-{label.lower()}").strip("-_")
    number = next(n for n in range(1, len(parts) + 2) if _numbered(name, n) not in parts)
    anchor = _numbered(name, number)
    parts[anchor] = Part(label, anchor)
    inside = heading if "<a" in heading else f'<a class="here" href="#{anchor}">{heading}</a>'
    return f'<h2 id="{anchor}">{inside}</h2>'


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
