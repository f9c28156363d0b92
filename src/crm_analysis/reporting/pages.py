"""The pages of a period: each executed notebook with its title and its way to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.language import tr
from crm_analysis.reporting.exporter import Link, Page, to_html
from crm_analysis.reporting.notebooks import file_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode

    from crm_analysis.period import Period
    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

__all__ = ["file_of", "render"]

INDEX = "../index.html"


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
    links = tuple(
        Link(other.title(language), file_of(other.stem), other.stem == notebook.stem) for other in others
    )
    title = f"{notebook.title(language)}, {words.period(view.period)}"
    page = Page(title, language, links, notes, _periods(view.period, words))
    return to_html(executed, page, with_code=with_code)


def _periods(period: Period, words: Words) -> tuple[Link, ...]:
    """Return the ways to other periods: all lead to the page over all periods.

    That page knows which reports there are and says so of those that there are not. A link to the report
    itself would be dead where it has not been made, or this page would change when a later one is made.
    """
    before, after, year_before = period.previous(), period.following(), period.same_last_year()
    links = [
        Link(tr("All periods", words.language), INDEX),
        Link(f"← {words.period(before)}", f"{INDEX}#{before}"),
        Link(words.period(period), f"{INDEX}#{period}", current=True),
        Link(f"{words.period(after)} →", f"{INDEX}#{after}"),
    ]
    if year_before != before:
        a_year_before = tr("a year before: {period}", words.language)
        links.append(Link(a_year_before.format(period=words.period(year_before)), f"{INDEX}#{year_before}"))
    return tuple(links)
