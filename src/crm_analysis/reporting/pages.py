"""The pages of a period: each executed notebook with its title and its way to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.language import tr
from crm_analysis.reporting.exporter import Link, Page, to_html
from crm_analysis.reporting.notebooks import file_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode

    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.view import PeriodView

__all__ = ["file_of", "render"]


def render(
    notebook: Notebook,
    executed: NotebookNode,
    view: PeriodView,
    others: Sequence[Notebook],
    notes: tuple[str, ...] = (),
    *,
    with_code: bool,
) -> str:
    """Make the page of a notebook.

    Parameters
    ----------
    notebook
        Which one it is.
    executed
        The same with its outputs.
    view
        The data it reports.
    others
        The notebooks of the period that have a page, itself among them.
    notes
        Sentences for the banner.
    with_code
        Whether it shows code.
    """
    words, language = view.context.words, view.language
    links = (
        Link(tr("All periods", language), "../index.html"),
        *(Link(other.title(language), file_of(other.stem), other.stem == notebook.stem) for other in others),
    )
    title = f"{notebook.title(language)}, {words.period(view.period)}"
    return to_html(executed, Page(title, language, links, notes), with_code=with_code)
