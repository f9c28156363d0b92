"""Pages in a real browser: they fit a telephone, ask nobody for anything, and run nothing."""

from __future__ import annotations

import base64
import html
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from nbformat import v4 as nb
from PIL import Image
from tests.reporting.chromium import in_browser, observe

from crm_analysis.cards import card
from crm_analysis.findings import Finding
from crm_analysis.front_page import RankedFindings
from crm_analysis.reporting.exporter import Link, Page, to_html
from crm_analysis.reporting.site import render_index
from crm_analysis.tiles import Tile
from crm_analysis.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbformat import NotebookNode

pytestmark = in_browser

#: A page in a frame of some width.
FRAME = '<iframe src="{page}" style="border:0;width:{width}px;height:900px"></iframe>'
#: Reads the pages in their frames and writes what it found where the test can read it. The pages themselves
#: may run nothing; this stands outside them.
PROBE = """<pre></pre><script>
const look = (frame) => {
  const inner = frame.contentDocument, root = inner.documentElement;
  const wide = (what) => Array.from(inner.querySelectorAll(what), (e) => e.getBoundingClientRect().width);
  return {
    title: inner.title, scroll: root.scrollWidth, sentences: wide("ul.findings > li > span:not([class])"),
    pictures: wide(".picture img"), drawn: inner.querySelectorAll("img").length,
    loaded: Array.from(inner.images, (image) => image.naturalWidth > 0),
    nodes: inner.querySelectorAll("script, iframe, object, form").length,
  };
};
addEventListener("load", () => {
  const found = Array.from(document.querySelectorAll("iframe"), look);
  document.querySelector("pre").textContent = JSON.stringify(found);
});</script>"""


@pytest.fixture
def look(tmp_path: Path) -> Any:
    """Open pages in frames of given widths and return what readers would find in each."""

    def at(*pages: tuple[Path, int]) -> list[dict[str, Any]]:
        frames = [FRAME.format(page=page.as_uri(), width=width) for page, width in pages]
        return list(observe(tmp_path, "".join(frames) + PROBE))

    return at


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A host that notes whoever asks it for something."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()


def picture() -> NotebookNode:
    """A picture wider than a telephone."""
    buffer = io.BytesIO()
    Image.new("RGB", (1600, 700), "white").save(buffer, "png")
    data = {"image/png": base64.b64encode(buffer.getvalue()).decode()}
    about = {"image/png": {"alt": "Revenue by month", "width": 768}}
    return nb.new_output("display_data", data=data, metadata=about)


def write_page(path: Path, text: str) -> Path:
    """Write a page with one of everything; ``text`` stands for what comes from data."""
    sentence = f"Revenue rose by 12% {text}"
    findings = RankedFindings(
        [Finding("sales_dynamics", "a", "no_evidence", sentence)], {"sales_dynamics": text}
    )
    cells = "".join(f'<td class="num">{number:,}</td>' for number in range(10**6, 10**6 + 12))
    table = (
        '<div class="table-wrap" tabindex="0" role="region" aria-label="x"><table><caption>x</caption>'
        f'<tbody><tr><th scope="row">{html.escape(text)}</th>{cells}</tr></tbody></table></div>'
    )
    tile = Tile("r", text, 1.0, "count", series=(1.0, 2.0))
    parts = [
        {"text/html": findings._repr_html_()},
        {"text/html": f'<ul class="cards"><li>{card(tile, Words())._repr_html_()}</li></ul>'},
        {"text/html": table},
        {"text/html": text},
        {"text/markdown": text},
        {"text/plain": text * 3},
    ]
    outputs = [nb.new_output("display_data", data=part) for part in parts]
    outputs.append(picture())
    notebook = nb.new_notebook(
        cells=[nb.new_markdown_cell("# Sales"), nb.new_code_cell("x", outputs=outputs)]
    )
    links = tuple(Link(f"Analysis {n}", f"{n}.html") for n in range(9))
    path.write_text(to_html(notebook, Page("Sales", "en", links, (text,))), encoding="utf-8")
    return path


def test_a_page_fits_its_window(look: Any, tmp_path: Path) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 3
    page, widths = write_page(tmp_path / "page.html", long), (390, 1280)
    for width, found in zip(widths, look(*((page, width) for width in widths)), strict=True):
        assert found["scroll"] <= width
        # sentences keep a readable width, and pictures shrink with the window but do not grow past their size
        assert min(found["sentences"]) > 300
        assert max(found["pictures"]) <= min(width, 768)
        assert all(found["loaded"])


def test_the_index_fits_a_telephone(look: Any, tmp_path: Path) -> None:
    for month in range(1, 6):
        folder = tmp_path / "reports" / f"2026-0{month}"
        folder.mkdir(parents=True)
        tile = Tile("r", "Revenue", 1e6 * month, "money", change=0.1, verdict="no_evidence").record()
        entry = {"title": "Sales dynamics", "status": "failed", "error": "KeyError " * 20, "tiles": [tile]}
        manifest = {"language": "en", "currency": "EUR", "notebooks": {f"n{n}": entry for n in range(7)}}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    index = tmp_path / "reports" / "index.html"
    index.write_text(render_index(tmp_path / "reports"), encoding="utf-8")
    (found,) = look((index, 390))
    assert found["scroll"] <= 390
    assert found["drawn"] == 7
    assert all(found["loaded"])


ATTACKS = (
    "<script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    "<svg onload=\"document.title = 'taken'\"></svg>",
    "<img src='HOST/picture' alt='x'><link rel=stylesheet href='HOST/style'>",
    "<iframe src='HOST/frame'></iframe><script src='HOST/script'></script>",
    "<style>@import 'HOST/import'; body { background: url('HOST/ground') }</style>",
    "<p style=\"background: url('HOST/p')\">x</p><meta http-equiv=refresh content='0;url=HOST/away'>",
    "</style></title></main><script>document.title = 'taken'</script>",
)


def test_hostile_data_run_nothing_and_reach_nobody(
    look: Any, tmp_path: Path, listener: tuple[str, list[str]]
) -> None:
    host, asked = listener
    hostile = [
        write_page(tmp_path / f"{number}.html", attack.replace("HOST", host))
        for number, attack in enumerate(ATTACKS)
    ]
    # nothing of this could fail if the browser reached nobody at all, or ran nothing
    plain = tmp_path / "plain.html"
    loud = f"<img src='{host}/plain' alt='x'><script>document.title = 'taken'</script>"
    plain.write_text(f"<title>x</title>{loud}", encoding="utf-8")
    *found, unguarded = look(*((page, 1280) for page in (*hostile, plain)))
    assert [(page["title"], page["nodes"]) for page in found] == [("Sales", 0)] * len(ATTACKS)
    assert unguarded["title"] == "taken"
    assert asked == ["/plain"]
