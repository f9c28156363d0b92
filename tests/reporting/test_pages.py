"""The way about: between analyses, between periods, and within a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat import v4 as nb

from crm_analysis import figures
from crm_analysis.errors import PeriodError
from crm_analysis.findings import Finding, Findings
from crm_analysis.period import parse
from crm_analysis.reporting.exporter import Page, to_html

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reporting.conftest import Project


def page(*cells: NotebookNode, language: str = "en") -> Any:
    made = nb.new_notebook(cells=[nb.new_markdown_cell("# Sales"), *cells])
    return BeautifulSoup(to_html(made, Page("Sales", language)), "html.parser")


def prose(text: str, *tags: str) -> NotebookNode:
    return nb.new_markdown_cell(text, metadata={"tags": list(tags)})


def output(markup: str, *tags: str) -> NotebookNode:
    shown = nb.new_output("display_data", data={"text/html": markup})
    return nb.new_code_cell("x", outputs=[shown], metadata={"tags": list(tags)})


def read(path: Path) -> Any:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


# -- within a page -------------------------------------------------------------------------------------------


def test_the_parts_of_a_page_are_listed_and_linked() -> None:
    made = page(
        prose("## In short"), prose("## The plan\n\nHow to read it."), prose("## Where *it* comes from")
    )
    for contents in made.select("nav.contents"):
        assert [a.get_text() for a in contents.find_all("a")] == [
            "In short",
            "The plan",
            "Where it comes from",
        ]
        assert [made.find(id=a["href"][1:]).get_text() for a in contents.find_all("a")] == [
            "In short", "The plan", "Where it comes from"
        ]  # fmt: skip
    assert len(made.select("nav.contents")) == 2  # beside the text in wide windows, folded above it in narrow
    assert made.select_one("h2")["id"] == made.select_one("h2 a")["href"][1:] == "part-in-short"


def test_a_page_of_one_part_lists_nothing() -> None:
    assert page(prose("## In short")).select("nav.contents") == []


def test_anchors_are_not_twice_in_a_page_and_never_those_of_findings() -> None:
    found = Findings([Finding("sales_dynamics", "plan", "note", "As planned.")])._repr_html_()
    made = page(prose("## Plan"), prose("## Plan"), prose("## Plan 2"), prose("## !"), output(found))
    anchors = [one["id"] for one in made.select("h2[id], li[id]")]
    assert anchors == ["part-plan", "part-plan-2", "part-plan-2-2", "part", "plan"]


def test_an_anchor_can_be_of_any_script() -> None:
    made = page(prose("## Коротко"), language="ru")
    assert made.select_one("h2")["id"] == "part-коротко"


@pytest.mark.parametrize("heading", ['" onclick="x', "<img src=x onerror=x>", "[x](https://host.example)"])
def test_a_heading_can_do_nothing(heading: str) -> None:
    made = page(prose(f"## a {heading}"))
    assert set(made.h2.attrs) == {"id"}
    assert all(set(tag.attrs) <= {"class", "href"} for tag in made.h2.find_all())


def test_a_finding_can_be_linked_to() -> None:
    sentence = "Revenue grew by 3%."
    made = page(output(Findings([Finding("sales_dynamics", "trend", "note", sentence)])._repr_html_()))
    finding = made.select_one("li#trend")
    assert finding.select_one("a.mark")["href"] == "#trend"
    assert finding.select_one("a.mark")["aria-label"] == "Link to this finding"
    assert sentence in finding.get_text()


def test_the_method_is_folded_with_all_that_belongs_to_it() -> None:
    made = page(
        prose("## The plan"),
        prose("## Method and limits\n\n- Trend: so.", "method"),
        output("<p>the tests</p>", "method"),
        output("<p>the files</p>"),
    )
    (fold,) = made.select("details.method")
    assert fold.summary.get_text() == "Method and limits"
    assert "open" not in fold.attrs
    assert [text in fold.get_text() for text in ("Trend: so.", "the tests", "the files")] == [
        True,
        True,
        False,
    ]
    # the list of contents leads into the fold, which a browser opens then
    inside = made.find(id="part-method-and-limits")
    assert inside.parent is fold
    assert made.find_all("h2")[-1].get_text() == "Method and limits"


def test_a_fold_needs_a_heading() -> None:
    made = page(output("<p>the tests</p>", "method"), prose("More of it.", "method"))
    assert made.select("details") == []


NO_PICTURE = figures.NoPicture("No costs & nothing <else>.")._repr_html_()
NO_TABLE = '<p class="table-note nothing"><strong>Returns:</strong> No rows.</p>'


def test_parts_that_show_nothing_become_a_line_each_before_the_method() -> None:
    made = page(
        prose("## In short"),
        output("<ul><li>Found.</li></ul>"),
        prose("## Returns\n\nHow to read the picture."),
        output(NO_PICTURE),
        output(NO_TABLE),
        output(""),
        prose("## Kinds of cost\n\nHow to read the table."),
        output(NO_TABLE),
        prose("## Leads\n\nHow to read it."),
        output(NO_PICTURE),
        output("<table><caption>Leads</caption><tr><td>1</td></tr></table>"),
        prose("## Method\n\nHow it is counted.", "method"),
        output(NO_TABLE, "method"),
    )
    headings = [heading.get_text() for heading in made.find_all("h2")]
    assert headings == ["In short", "Leads", "What these data do not tell", "Method"]
    told = made.find(id="part-what-these-data-do-not-tell").find_next("ul")
    assert [line.get_text() for line in told.find_all("li")] == [
        "Returns: No costs & nothing <else>.",
        "Kinds of cost: No rows.",
    ]
    text = made.find("main").get_text()
    assert "How to read the picture" not in text
    assert "How to read it" in text  # a part with a table stays whole
    assert text.count("No rows.") == 2  # once in the list, once in the method


def test_why_a_part_is_silent_can_do_nothing() -> None:
    markup = '<p class="no-picture nothing">So<script>alert(1)</script> <img src=x onerror=alert(1)></p>'
    made = page(prose("## Returns"), output(markup))
    told = made.find(id="part-what-these-data-do-not-tell").find_next("ul")
    assert not made.find_all(["script", "img"])
    assert told.get_text() == "Returns: Soalert(1)"


def test_a_page_that_shows_everything_has_no_such_list() -> None:
    made = page(prose("## Leads"), output("<table><tr><td>1</td></tr></table>"), prose("## Prose alone"))
    assert [heading.get_text() for heading in made.find_all("h2")] == ["Leads", "Prose alone"]


# -- between the pages ---------------------------------------------------------------------------------------


def test_every_page_leads_to_the_others_and_to_other_periods(published: Project) -> None:
    made = read(published.reports / "2026-02" / "sales_dynamics.html")
    assert [(a.get_text(), a["href"], a.get("aria-current")) for a in made.select("nav.periods a")] == [
        ("All periods", "../index.html", None),
        ("← January 2026", "../index.html#2026-01", None),
        ("February 2026", "../index.html#2026-02", "true"),
        ("March 2026 →", "../index.html#2026-03", None),
        ("a year before: February 2025", "../index.html#2025-02", None),
    ]
    assert [a["href"] for a in made.select("header nav.pages a")] == [
        "index.html", "sales_dynamics.html", "customer_abc.html"
    ]  # fmt: skip


def test_no_way_to_another_period_is_dead(published: Project) -> None:
    done = published.report("2026-01")
    assert done.exit_code == 0, done.output
    index = read(published.reports / "index.html")
    for month, made in (("2026-01", True), ("2026-03", False), ("2025-02", False)):
        target = index.find(id=month)
        assert (target.name == "tr") == made
        assert ("no report has been made yet" in target.get_text()) != made
    every = [
        a["href"] for path in published.reports.glob("*/*.html") for a in read(path).select("nav.periods a")
    ]
    assert len(every) == 30
    assert all(index.find(id=href.partition("#")[2]) for href in every if "#" in href)
    # of those that are not there nobody reads before following a link to one
    assert all("absent" in one["class"] for one in index.select("p.warning"))


def test_a_page_does_not_change_when_another_period_is_published(published: Project) -> None:
    before = published.files("reports/2026-02")
    done = published.report("2026-01")
    assert done.exit_code == 0, done.output
    assert published.files("reports/2026-02") == before


@pytest.mark.parametrize("text", ["2026", "2026-H1", "2026-Q3", "2026-W42", "2026-07-01..2026-07-14"])
def test_the_names_of_neighbours_are_periods(text: str) -> None:
    period = parse(text)
    for near in (period.previous(), period.following(), period.same_last_year()):
        try:
            assert parse(near.text) == near
        except PeriodError:
            pytest.fail(f"{near.text} is no period")
