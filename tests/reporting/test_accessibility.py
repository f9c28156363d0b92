"""The pages of the demo in a real browser: for everybody, by keyboard, without scripts, and small."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from tests.reporting.chromium import in_browser
from tests.reporting.devtools import Tab, browsing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGES = (
    "index",
    *(f"2026-10/{name}" for name in ("index", "sales_dynamics", "customer_abc", "customer_segments")),
    *(f"2026-10/{name}" for name in ("marketing_impact", "deal_reasons", "process_kpis", "open_deals")),
)
LANGUAGES = ("en", "ru")
#: WCAG 2.2 AA, and what the makers of axe advise beyond it.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: Language, width and ground: each of them is looked at on every page.
LOOKS = (("en", 1280, False), ("ru", 390, True))

#: Rows of one shape (tags, classes and other attributes, whatever stands in them) are judged alike: two of
#: each are left. One letter alone is a shape of its own, since axe does not judge its contrast.
SHAPES = r"""
  const seen = {};
  for (const row of document.querySelectorAll("tbody tr")) {
    const shape = row.outerHTML.replace(/>[^<]{2,}/g, ">>").replace(/\d/g, "");
    seen[shape] = (seen[shape] ?? 0) + 1;
    if (seen[shape] > 2) row.remove();
  }"""
UNFOLD = 'document.querySelectorAll("details").forEach((one) => (one.open = true));'
AXE = """
  const about = {{ runOnly: {rules}, resultTypes: ["violations"] }};
  const found = await axe.run(document, about);
  return {{
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    checked: found.passes.length,
    violations: found.violations.map((one) => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 200)]),
  }};"""
#: What can be reached, whether it shows that it has the focus, and whether a finger can hit it (WCAG 2.5.8:
#: 24 by 24 pixels, but for links within a sentence).
CONTROLS = """
  const inSentence = (one) => [...one.parentElement.childNodes].some((other) =>
    other.nodeType === Node.TEXT_NODE && /[\\p{L}\\d]/u.test(other.textContent));
  const reached = [...document.querySelectorAll("a[href], summary, button, input, select, [tabindex]")];
  return reached.filter((one) => one.checkVisibility()).map((one) => {
    const box = one.getBoundingClientRect();
    one.focus({ focusVisible: true });
    const style = getComputedStyle(one), held = one.getBoundingClientRect();
    return {
      what: one.outerHTML.slice(0, 120),
      focused: document.activeElement === one,
      outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      seen: parseFloat(style.opacity) > 0.9 && held.width > 0 && held.height > 0 && held.right > 0,
      large: Math.min(box.width, box.height) >= 23.9 || (one.matches("a") && inSentence(one)),
    };
  });"""
#: How the page lies in its window: only tables may be wider, in their boxes; no column is a stack of letters.
LAYOUT = r"""
  const within = (box) => box.left >= -1 && box.right <= innerWidth + 1;
  const lines = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
  };
  const cells = [...document.querySelectorAll("td, th")].filter((cell) => cell.checkVisibility());
  const narrow = (cell) => lines(cell) > 1 + cell.textContent.trim().split(/[\s/-]+/).length;  // broken words
  return {
    scroll: document.documentElement.scrollWidth > innerWidth,
    outside: [...document.querySelectorAll("main > *, figure, img, ul.cards > li")]
      .filter((one) => one.checkVisibility() && !within(one.getBoundingClientRect()))
      .map((one) => one.outerHTML.slice(0, 120)),
    narrow: cells.filter(narrow).map((cell) => cell.textContent.slice(0, 60)),
  };"""
#: Whether letters of a drawing reach over its edge: each drawing is laid into the page as it is.
CUT = """
  const found = [];
  for (const image of document.querySelectorAll("figure.drawn img")) {
    const held = document.createElement("div");
    held.innerHTML = decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1));
    document.body.append(held);
    const drawing = held.querySelector("svg"), edge = drawing.getBoundingClientRect();
    const words = [...drawing.querySelectorAll("g:has(> use)")];  // marks have a clip path of their own
    const out = words.filter((word) => {
      if (word.closest("[clip-path]") || word.querySelector("[clip-path]")) return false;
      const box = word.getBoundingClientRect();
      return box.left < edge.left - 1 || box.right > edge.right + 1 ||
        box.top < edge.top - 1 || box.bottom > edge.bottom + 1;
    });
    found.push([image.alt.slice(0, 60), words.length, out.length]);
    held.remove();
  }
  return found;"""
REACHED = """
  const reached = [...document.querySelectorAll("a[href], summary, button, input, select, [tabindex]")];
  const all = [...document.querySelectorAll("*")];
  return reached.filter((one) => one.checkVisibility()).map((one) => all.indexOf(one));"""
HERE = """
  const one = document.activeElement;
  const all = [...document.querySelectorAll("*")];
  return [all.indexOf(one), one.tagName, one.outerHTML.slice(0, 80), getComputedStyle(one).outlineStyle];"""


@pytest.fixture(scope="session")
def reports(demo_reports: Callable[[str], Path]) -> Path:
    """All pages of the demo."""
    return demo_reports("en")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all that is asked here."""
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, from whichever package brings it."""
    for package in ("axe_playwright_python", "axe_core_python"):
        if (found := find_spec(package)) and found.origin:
            return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    pytest.skip("no axe-core on this machine")


def read(reports: Path, page: str) -> Any:
    return BeautifulSoup((reports / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def violations(tab: Tab, page: Path, axe: str) -> dict[str, Any]:
    """Ask axe about a page with all that is folded open, and tables of as many rows as they have shapes."""
    tab.open(page)
    tab.run(UNFOLD)
    tab.run(SHAPES)
    tab.run(f"{axe}; window.axe = axe;")
    return dict(tab.run(AXE.format(rules=json.dumps(RULES))))


@in_browser
@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_axe_finds_no_violation(
    demo_reports: Callable[[str], Path], tab: Tab, axe: str, language: str, width: int, dark: bool
) -> None:
    tab.look(width=width, dark=dark)
    found = {page: violations(tab, demo_reports(language) / f"{page}.html", axe) for page in PAGES}
    assert {page: answer["violations"] for page, answer in found.items() if answer["violations"]} == {}
    assert all(answer["checked"] > 20 for answer in found.values())
    assert {answer["dark"] for answer in found.values()} == {dark}


@in_browser
def test_axe_finds_what_is_wrong(reports: Path, tab: Tab, axe: str, tmp_path: Path) -> None:
    # the test above could not fail if axe looked at nothing
    text = (reports / "2026-10" / "sales_dynamics.html").read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    wrong = text.replace("--soft: #555e69", "--soft: #b9bfc6").replace(" alt=", " data-alt=")
    spoilt.write_text(wrong, encoding="utf-8")
    tab.look()
    answer = violations(tab, spoilt, axe)
    assert {"color-contrast", "image-alt"} <= {name for name, *_ in answer["violations"]}


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_fit_and_every_control_can_be_seen_and_hit(
    demo_reports: Callable[[str], Path], tab: Tab, language: str, width: int
) -> None:
    tab.look(width=width)
    for page in PAGES:
        tab.open(demo_reports(language) / f"{page}.html")
        tab.run(UNFOLD)
        laid = tab.run(LAYOUT)
        assert laid == {"scroll": False, "outside": [], "narrow": []}, page
        controls = tab.run(CONTROLS)
        assert len(controls) > 10, page
        for fault in ("focused", "outline", "seen", "large"):
            assert [one["what"] for one in controls if not one[fault]] == [], (page, fault)


@in_browser
def test_faults_of_layout_and_controls_are_found(reports: Path, tab: Tab, tmp_path: Path) -> None:
    text = (reports / "2026-10" / "sales_dynamics.html").read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    wrong = (
        "a { outline: none !important } .card-value { width: 60rem } .card-value::before { content: 'x' }"
        "table { table-layout: fixed; width: 9rem }"
        "td { overflow-wrap: anywhere; white-space: normal !important }"
        ".page-end a { padding: 0 !important }"
    )
    spoilt.write_text(text.replace("</style>", f"{wrong}</style>"), encoding="utf-8")
    tab.look(width=390)
    tab.open(spoilt)
    laid = tab.run(LAYOUT)
    assert laid["scroll"]
    assert laid["narrow"]
    controls = tab.run(CONTROLS)
    assert any(not one["outline"] for one in controls)
    assert any(not one["large"] for one in controls)


@in_browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_of_a_picture_is_cut(demo_reports: Callable[[str], Path], tab: Tab, language: str) -> None:
    tab.look()
    seen = 0
    for page in PAGES[2:]:
        tab.open(demo_reports(language) / f"{page}.html")
        found = tab.run(CUT)
        seen += sum(letters for _, letters, _ in found)
        assert [(alt, out) for alt, _, out in found if out] == [], page
    assert seen > 500


@in_browser
def test_a_cut_letter_is_found(reports: Path, tab: Tab, tmp_path: Path) -> None:
    text = (reports / "2026-10" / "sales_dynamics.html").read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    narrower = re.sub(r"(viewBox='\S+ \S+) (\d+)", lambda box: f"{box[1]} {int(box[2]) // 2}", text)
    spoilt.write_text(narrower, encoding="utf-8")
    tab.look()
    tab.open(spoilt)
    assert all(out for _, _, out in tab.run(CUT))


@in_browser
def test_a_picture_grows_where_a_telephone_shows_it_small(reports: Path, tab: Tab) -> None:
    page = reports / "2026-10" / "process_kpis.html"
    widths = """
      const image = document.querySelector("figure.drawn img"), box = document.querySelector(".larger input");
      const before = image.clientWidth, seen = box.checkVisibility();
      image.click();
      return [seen, before, image.clientWidth, document.documentElement.scrollWidth];"""
    tab.look(width=390)
    tab.open(page)
    seen, before, after, whole = tab.run(widths)
    assert seen
    assert before < 390 < 600 < after
    assert whole == 390  # it scrolls within its frame
    tab.look(width=1280)
    tab.open(page)
    seen, before, after, _ = tab.run(widths)
    assert not seen
    assert before == after


@in_browser
def test_letters_of_pictures_can_be_read_on_a_telephone(reports: Path, tab: Tab) -> None:
    """Labels are of 10 points at least, of which a screen shows 13.3 pixels."""
    pixels = 10 * 96 / 72
    shares = """
      const images = document.querySelectorAll("figure.drawn img");
      return Array.from(images, (image) => image.clientWidth / image.naturalWidth);"""
    tab.look(width=390)
    for page in sorted((reports / "2026-10").glob("*.html")):
        tab.open(page)
        shown = tab.run(shares)
        assert all(pixels * share >= 8.9 for share in shown), (page.name, min(shown))


@in_browser
@pytest.mark.parametrize("page", ["2026-10/index", "2026-10/open_deals"])
def test_the_keyboard_goes_through_a_page_from_top_to_bottom(reports: Path, tab: Tab, page: str) -> None:
    tab.look()
    tab.open(reports / f"{page}.html")
    tab.press("Tab", 9)
    assert tab.run("return document.activeElement.className") == "skip"
    tab.press("Enter", 13)
    assert tab.run("return location.hash") == "#page-content"
    tab.press("Tab", 9)  # what comes next is within the content
    assert tab.run('return document.activeElement.closest("main") !== null')
    tab.open(reports / f"{page}.html")
    # all that can be reached, in the order of the page; at its end the focus leaves it
    wanted = tab.run(REACHED)
    found = []
    for _ in wanted:
        tab.press("Tab", 9)
        at, tag, what, outline = tab.run(HERE)
        assert outline != "none", (tag, what)
        found.append(at)
    assert found == wanted
    fold = 'document.querySelector("main details")'
    tab.run(f'{fold}.querySelector("summary").focus()')
    tab.press("Enter", 13)
    assert tab.run(f"return {fold}.open")


@in_browser
def test_a_page_is_whole_without_scripts(reports: Path, tab: Tab) -> None:
    tab.look()
    rows = 'return [...document.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility()).length'
    tab.open(reports / "2026-10/open_deals.html")
    tab.run(UNFOLD)
    with_scripts = tab.run(rows)
    assert tab.run('return document.querySelectorAll(".table-tools").length') > 0
    tab.open(reports / "2026-10/open_deals.html", scripts=False)
    assert tab.run('return document.querySelectorAll(".table-tools, .live").length') == 0
    tab.run(UNFOLD)
    assert tab.run(rows) == with_scripts > 200
    # the ways lead somewhere
    tab.run("document.querySelector('nav.contents a[href^=\"#\"]').click()")
    assert tab.run("return document.querySelector(':target') !== null")


@pytest.mark.parametrize("page", PAGES)
def test_the_order_of_the_keyboard_is_that_of_the_page(reports: Path, page: str) -> None:
    made = read(reports, page)
    first = made.body.find(["a", "button", "input", "select", "summary"])
    assert first["class"] == ["skip"]
    assert made.find(id=first["href"].removeprefix("#")).name == "main"
    assert {one["tabindex"] for one in made.select("[tabindex]")} <= {"0"}
    # what scrolls can be reached, and says what it is
    assert all(one.get("tabindex") and one.get("aria-label") for one in made.select(".table-wrap"))
    assert all(one.find(True).name == "summary" for one in made.find_all("details"))
    names = [one["id"] for one in made.select("[id]")]
    assert len(names) == len(set(names))
    inner = [a["href"][1:] for a in made.select('a[href^="#"]')]
    assert set(inner) <= set(names)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_pages_findings_and_files_that_are_there(reports: Path, page: str) -> None:
    here = reports / f"{page}.html"
    for link in read(reports, page).select("a[href]"):
        place, _, anchor = link["href"].partition("#")
        target = (here.parent / place).resolve() if place else here
        assert target.is_file(), link
        if anchor and target.suffix == ".html":
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), link


@pytest.mark.parametrize("page", PAGES)
def test_all_pages_begin_alike_with_the_answer_and_the_main_figures(reports: Path, page: str) -> None:
    made = read(reports, page)
    assert [nav["class"] for nav in made.select("header.page-top > nav")] == [
        ["periods"],
        ["pages"],
        ["menu"],
    ]
    assert len(made.select("nav.pages a")) == 8
    assert len(made.find_all("h1")) == 1
    parts = made.select("p.lead, ul.cards, ul.findings, figure, table, details.method")
    kinds = [part.get("class", [part.name])[0] for part in parts]
    assert kinds[:2] == ["lead", "cards"]
    assert len(parts[0].get_text()) > 40  # a sentence
    if page.count("/") and not page.endswith("/index"):
        assert {"findings", "picture", "table", "method"} <= set(kinds)
        assert kinds.index("picture") < kinds.index("method")
        assert [link["href"].rpartition(".")[2] for link in made.select("ul.files a")][-1] == "xlsx"
        # said once, and found by its name
        lead = made.select_one("p.lead")
        assert lead["id"] not in [one["id"] for one in made.select("ul.findings > li")]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_script(reports: Path, page: str) -> None:
    # the one script adds search to a table; all that there is to read stands in the page
    made = read(reports, page)
    assert made.select("[hidden], noscript, button, input:not(.larger > input), select") == []
    assert all(table.select("tbody tr") for table in made.find_all("table"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_pictures_say_in_words_what_they_show(
    demo_reports: Callable[[str], Path], page: str, language: str
) -> None:
    said = [picture["alt"] for picture in read(demo_reports(language), page).find_all("img")]
    assert said
    assert len(said) == len(set(said))
    # a sentence with a figure in it, not a name of the picture
    assert [alt for alt in said if len(alt) < 40 or not re.search(r"\d", alt)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small(demo_reports: Callable[[str], Path], page: str, language: str) -> None:
    assert (demo_reports(language) / f"{page}.html").stat().st_size < 500_000
