"""A notebook as a page: complete, without code, inert whatever the data hold."""

from __future__ import annotations

import base64
import copy
import io
import re
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat import v4 as nb
from PIL import Image

from crm_analysis.errors import ReportError
from crm_analysis.reporting.exporter import Link, Page, to_html
from crm_analysis.reporting.sanitize import clean

HOSTILE = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=\'taken\'">',
    "[x](javascript:document.title='taken')",
    "<a href='javascript:alert(1)'>x</a><a href='data:text/html,x'>y</a><a href='//host.example/'>z</a>",
    "<a href=' java\tscript:alert(1)'>x</a><a href='\\\\host.example'>y</a><a href='/etc/passwd'>z</a>",
    "<iframe src='https://host.example'></iframe><object data='x'></object><embed src='x'>",
    "<svg><script>alert(1)</script></svg><math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<style>body{display:none}</style><p style='background:url(https://host.example)'>x</p>",
    "<form action='https://host.example'><input name=a><button>send</button></form>",
    "<img src='https://host.example/x.png' alt='x'><img src='data:image/svg+xml;base64,AAAA' alt='x'>",
    "<meta http-equiv=refresh content='0;url=https://host.example'><base href='https://host.example'>",
    "</main></body></html><script>alert(1)</script>",
    "$1 and $2, {{7*7}}, {% raw %}, =HYPERLINK(1)",
    "\u202egnp.exe" + "x" * 300,
)
TAGS = {
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "br",
        "hr",
        "div",
        "span",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "li",
    ),
    *("dl", "dt", "dd", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *(
        "figure",
        "figcaption",
        "details",
        "summary",
        "img",
        "a",
        "strong",
        "b",
        "em",
        "i",
        "small",
        "sub",
        "sup",
    ),
    *("code", "abbr", "time"),
}


def png() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 2), "white").save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def shown(data: dict[str, str], metadata: dict[str, object] | None = None, source: str = "x") -> NotebookNode:
    output = nb.new_output("display_data", data=data, metadata=metadata or {})
    return nb.new_code_cell(source, outputs=[output])


def notebook(*cells: NotebookNode) -> NotebookNode:
    return nb.new_notebook(cells=[nb.new_markdown_cell("# Sales"), *cells])


def soup(*cells: NotebookNode, page: Page | None = None, with_code: bool = False) -> BeautifulSoup:
    html = to_html(notebook(*cells), page or Page("Sales, October 2026"), with_code=with_code)
    return BeautifulSoup(html, "html.parser")


def assert_inert(page: BeautifulSoup) -> None:
    """No script, no handler, no style of others, no address outside the file."""
    forbidden = ["script", "iframe", "object", "embed", "form", "svg", "math", "base", "link"]
    assert not page.find_all(forbidden)
    assert all(one.find_parent(class_="picture") and not one.get("name") for one in page.find_all("input"))
    assert len(page.find_all("style")) == 1
    assert len(page.find_all("meta", attrs={"http-equiv": True})) == 1
    for tag in page.find_all():
        assert not [name for name in tag.attrs if name.startswith("on") or name in ("style", "srcset")]
        assert re.fullmatch(r"data:image/(png|jpeg|webp);base64,.*", tag.get("src", "data:image/png;base64,"))
        assert re.fullmatch(r"(?!/|\\)[^:\\]*", tag.get("href", ""))


# -- the frame of a page -------------------------------------------------------------------------------------


def test_the_page_is_whole_and_in_order() -> None:
    links = (Link("All periods", "../index.html"), Link("Sales", "sales_dynamics.html", current=True))
    page = soup(page=Page("Sales, October 2026", "en", links))
    assert page.html["lang"] == "en"
    assert page.title.get_text() == "Sales, October 2026"
    assert [h.get_text() for h in page.find_all("h1")] == ["Sales"]
    assert page.find(id=page.select_one("a.skip")["href"][1:]).name == "main"
    assert [a["href"] for a in page.header.nav.find_all("a")] == ["../index.html", "sales_dynamics.html"]
    assert page.header.nav.find("a", attrs={"aria-current": "page"}).get_text() == "Sales"
    assert page.footer is not None


def test_the_policy_stands_first_and_forbids_all_requests() -> None:
    first, second = soup().head.find_all(True)[:2]
    assert first["charset"] == "utf-8"
    policy = second["content"].split("; ")
    assert second["http-equiv"] == "Content-Security-Policy"
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy


def test_without_links_there_is_no_navigation() -> None:
    assert soup().find("nav") is None


def test_the_same_notebook_gives_the_same_page_and_stays_as_it_was() -> None:
    made = notebook(shown({"text/html": "<p>x</p>"}))
    before = copy.deepcopy(made)
    assert to_html(made, Page("x")) == to_html(made, Page("x"))
    assert made == before


def test_cell_ids_and_counts_do_not_reach_the_page() -> None:
    one, two = notebook(shown({"text/plain": "7"})), notebook(shown({"text/plain": "7"}))
    two.cells[1].id, two.cells[1].execution_count = "another", 42
    assert to_html(one, Page("x")) == to_html(two, Page("x"))


@pytest.mark.parametrize("titles", ["no title", "# one\n\n# two"])
def test_a_page_has_exactly_one_title(titles: str) -> None:
    with pytest.raises(ReportError, match="headings of the first level"):
        to_html(nb.new_notebook(cells=[nb.new_markdown_cell(titles)]), Page("x"))


def test_a_failed_cell_is_not_published() -> None:
    failed = nb.new_code_cell("1/0", outputs=[nb.new_output("error", ename="ZeroDivisionError", evalue="no")])
    with pytest.raises(ReportError, match="Cell 2 ended with an error: ZeroDivisionError"):
        soup(failed)


def test_a_note_is_said_once() -> None:
    note = 'Part of the period only: 20 of 31 days, "so far" & no more.'
    page = Page("x", notes=(note, "The page is of an earlier run."))
    said = soup(shown({"text/html": f'<p class="warning">{note.replace("&", "&amp;")}</p>'}), page=page)
    assert [p.get_text() for p in said.select(".warning")] == ["The page is of an earlier run.", note]


# -- code and messages ---------------------------------------------------------------------------------------


def test_code_is_shown_only_on_demand() -> None:
    cell = shown({"text/plain": "7"}, source="secret_name = '<b>'")
    assert "secret_name" not in str(soup(cell))
    assert soup(cell, with_code=True).select_one("details.code code").get_text() == "secret_name = '<b>'"


def test_messages_to_the_developer_stay_away() -> None:
    outputs = [
        nb.new_output("stream", name="stderr", text="a warning"),
        nb.new_output("stream", name="stdout", text="seven <b>deals</b>"),
        nb.new_output("display_data", data={"application/javascript": "alert(1)", "text/plain": "a script"}),
        nb.new_output("display_data", data={"application/x-unknown": "?"}),
    ]
    page = soup(nb.new_code_cell("x", outputs=outputs))
    assert "warning" not in page.main.get_text()
    assert "script" not in page.main.get_text()
    assert page.select_one("pre").get_text() == "seven <b>deals</b>"


def test_a_value_of_a_cell_is_shown_like_an_output() -> None:
    value = nb.new_output("execute_result", data={"text/html": "<p id='x'>seven</p>", "text/plain": "7"})
    page = soup(nb.new_code_cell("x", outputs=[value]))
    assert page.select_one(".output p").get_text() == "seven"
    assert page.find("pre") is None


# -- pictures ------------------------------------------------------------------------------------------------


def test_a_picture_brings_its_description_and_width() -> None:
    alt = 'Revenue by month, "net" <2026>'
    page = soup(shown({"image/png": png(), "text/plain": "p"}, {"image/png": {"alt": alt, "width": 787}}))
    assert page.img["alt"] == alt
    assert page.img["width"] == "787"
    assert base64.b64decode(page.img["src"].split(",")[1]) == base64.b64decode(png())


@pytest.mark.parametrize(
    "cell",
    [
        shown({"image/png": png()}),
        shown({"image/png": png()}, {"image/png": {"alt": "  "}}),
        shown({"image/jpeg": png()}, {"image/png": {"alt": "of another"}}),
        shown({"image/svg+xml": "<svg "}),
        shown({"text/html": f'<img src="data:image/png;base64,{png()}">'}),
        nb.new_markdown_cell(f"![](data:image/png;base64,{png()})"),
    ],
)
def test_a_picture_without_description_is_refused(cell: NotebookNode) -> None:
    with pytest.raises(ReportError, match="no description"):
        soup(cell)


DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><path d="M0 0L4 2" fill="#0072b2"/></svg>'
)


def test_a_drawing_is_shown_as_it_is_and_follows_the_screen() -> None:
    about = {"image/svg+xml": {"alt": "Revenue by month", "width": 600}}
    page = soup(shown({"image/svg+xml": DRAWING, "image/png": png(), "text/plain": "p"}, about))
    assert len(page.find_all("img")) == 1
    kind, content = page.img["src"].split(",")
    assert kind == "data:image/svg+xml"
    assert not set('<>"#&') & set(content)  # nothing that HTML or an address could stumble over
    assert unquote(content) == DRAWING.replace('"', "'")
    assert (page.img["alt"], page.img["width"]) == ("Revenue by month", "600")
    assert "drawn" in page.img.find_parent("figure")["class"]


def test_a_drawing_keeps_signs_that_mean_something_elsewhere() -> None:
    named = DRAWING.replace("<path", "<path font-family=\"'Charter' &amp; 7% #1 Ж\"")
    page = soup(shown({"image/svg+xml": named}, {"image/svg+xml": {"alt": "Revenue by month"}}))
    assert unquote(page.img["src"].partition(",")[2]) == named


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path d="M0 0" onload="alert(1)"/>',
        '<image href="https://host.example/x.png"/>',
        '<use href="//host.example/x.svg#a"/>',
        '<path fill="url(https://host.example/x#a)"/>',
        "<foreignObject><p>x</p></foreignObject>",
        "<style>path{fill:red}</style>",
        '<a href="#x"><path d="M0 0"/></a>',
        "<!DOCTYPE svg><path/>",
        '<g xmlns="http://www.w3.org/1999/xhtml"/>',
        '<image href="&#104;ttps://host.example/x.png"/>',
        "<path d=M0/>",
        "&other;",
        "\ud800",
        '<?xml-stylesheet href="x.css"?><path/>',
    ],
)
def test_a_drawing_that_is_more_than_that_is_refused(inside: str) -> None:
    about = {"image/svg+xml": {"alt": "Revenue by month"}}
    more = DRAWING.replace("</svg>", f"{inside}</svg>")
    with pytest.raises(ReportError, match="more than a drawing"):
        soup(shown({"image/svg+xml": more}, about))


# -- what comes from data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_wherever_it_stands(text: str) -> None:
    cells = [
        shown({"text/html": f"<p>{text}</p>"}),
        shown({"text/markdown": text}),
        shown({"text/plain": text}),
        nb.new_markdown_cell(text),
        nb.new_code_cell("x", outputs=[nb.new_output("stream", name="stdout", text=text)]),
        shown({"image/png": png()}, {"image/png": {"alt": text}}),
    ]
    page = soup(*cells, page=Page(text, "en", (Link(text, "index.html"),), (text,)), with_code=True)
    assert_inert(page)
    assert page.title.get_text() == text
    assert page.select("img")[-1]["alt"] == text


def test_dollars_and_stars_survive() -> None:
    page = soup(nb.new_markdown_cell("From $1 to $2, {{7*7}}, *much* more"))
    assert page.select(".prose")[1].get_text().strip() == "From $1 to $2, {{7*7}}, much more"


def test_a_sign_stays_with_its_currency() -> None:
    assert clean("<p>+€352 and −$5, a + b</p>") == "<p>+\N{WORD JOINER}€352 and −\N{WORD JOINER}$5, a + b</p>"


def test_what_a_report_needs_survives_cleaning() -> None:
    markup = (
        '<div class="table-wrap" tabindex="0" role="region" aria-label="x"><table><caption>x</caption>'
        '<thead><tr><th scope="col" class="num">n</th></tr></thead>'
        '<tbody><tr><th scope="row">a</th></tr></tbody></table></div>'
        '<ul class="findings"><li id="revenue"><span class="verdict note"><span aria-hidden="true">•</span>'
        " note</span></li></ul><details><summary>more</summary><p>x</p></details>"
        '<a href="tables/sales_dynamics/monthly.csv">x</a><a href="customer_abc.html#due">y</a>'
        '<a href="#due">z</a><a href="../2026-09/index.html">w</a>'
    )
    assert clean(markup) == markup


_FRAGMENT = st.sampled_from(
    [
        *(
            "<",
            ">",
            '"',
            "'",
            "&",
            "x",
            " ",
            "\x00",
            "&#x6a;",
            "//h",
            "<!--",
            "-->",
            "<![CDATA[",
            "</p>",
            "<xmp>",
        ),
        *("script", "<script>", "</script>", "<style>", "<template>", "<noscript>", "<title>", "</title>"),
        *("<p ", "<a href=", "<img src=", "onload=", "javascript:", "data:image/png;base64,AA", "<svg "),
        *("<math><mtext>", "<table><td>"),
    ]
)


@given(st.lists(_FRAGMENT, max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
def test_nothing_but_what_is_allowed_gets_through(markup: str) -> None:
    for tag in BeautifulSoup(clean(markup), "html.parser").find_all():
        assert tag.name in TAGS
        assert not [name for name in tag.attrs if name.startswith("on") or name == "style"]
        assert ":" not in tag.get("href", "")
        assert tag.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), min_size=1))
@settings(max_examples=50, deadline=None)
def test_a_title_is_read_as_it_was_written(title: str) -> None:
    page = BeautifulSoup(to_html(notebook(), Page(title)), "html.parser")
    assert page.title.get_text() == title
