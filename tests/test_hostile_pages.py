"""A company whose every text is an attack: its pages run nothing, ask nobody, and keep their layout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from crm_analysis.demo import write_demo
from crm_analysis.reporting.gate import check_page
from crm_analysis.workbook import write_csv
from tests.reporting.chromium import in_browser, observe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MONTH = "2026-10"
#: Marks that the attack was carried out, each in its own way.
_TAKEN = "document.title='taken';top.taken=1"
_HOST = "http://127.0.0.1:{port}"
ATTACKS = (
    f"<script>{_TAKEN}</script>",
    f"<img src=x onerror=\"{_TAKEN}\">",
    f"'\"></td></table></main><svg/onload=\"{_TAKEN}\">",
    f"</style></title><script>{_TAKEN}</script>",
    f"[x](javascript:{_TAKEN})<a href=\"javascript:{_TAKEN}\" autofocus onfocus=\"{_TAKEN}\">x</a>",
    "<style>@import 'HOST/import'; body{display:none;background:url(HOST/ground)}</style>",
    "<link rel=stylesheet href='HOST/style'><img src='HOST/p' alt='x'><iframe src='HOST/frame'></iframe>",
    "<meta http-equiv=refresh content='0;url=HOST/away'><base href='HOST/'>![x](HOST/markdown)",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}{{cycler.__init__.__globals__.os.system('true')}}",
    "$\\frac{1}{0}$ $$x^2$$ \\(a\\) $1 and $2 %s {0} {name}",
    "\u202eevil\u202c \u2066x\u2069 \u200fy\u0000\u0007\u001b[31mred",
    "=HYPERLINK(\"HOST/formula\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1+1",
    "# heading\n\n* list\n\n| a | b |\n|---|---|\n`code` ~~~ ***",
    "Ж" * 10_000,
    "W" * 300,
    "a" * 60 + " <b>bold</b> &amp; &#x3c;script&#x3e;",
    "../../../etc/passwd",
    "nul\\con\u2028line\u2029paragraph",
)  # fmt: skip
_KEPT = {
    "deal_id", "customer_id", "activity_id", "sale_id", "status", "currency", "period",
    "created_at", "closed_at", "first_contact_at", "expected_close_on", "entered_at", "due_at", "done_at",
    "sold_at", "spent_on", "touched_at", "amount", "cost", "quantity", "price", "position", "probability",
}  # fmt: skip


def _hostile(column: str, text: str, host: str) -> str:
    """Make a name hostile; the same name is the same attack in every table, so that tables still meet."""
    kind = {"manager": "owner", "reason": "reason", "win_reason": "reason", "loss_reason": "reason"}
    seed = sum(map(ord, kind.get(column, column) + text))
    attack = ATTACKS[seed % len(ATTACKS)].replace("HOST", host)
    # what a spreadsheet runs must stand at the beginning
    return f"{attack} {text}" if attack[0] in "=+@-\t" else f"{text[:3]}{attack}{text}"


def _attack(folder: Path, host: str) -> None:
    for file in folder.glob("*.csv"):
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        for name in set(frame.columns) - _KEPT - ({"kind"} if file.stem == "reasons" else set()):
            there = {text: _hostile(name, text, host) if text else "" for text in frame[name].unique()}
            frame[name] = frame[name].map(there)
        # each further column of clients is a dimension of segments, which takes its time: four attacks in one
        together = {"deals": 1, "sales": 1, "customers": 4}.get(file.stem)
        for number in range(0, len(ATTACKS), together) if together else ():
            attacks = [one.replace("HOST", host) for one in ATTACKS[number : number + together]]
            heading = "".join(one.replace("\x00", "").strip()[:200] for one in attacks) + f" {number}"
            told = "".join(one[:80] for one in attacks)
            frame[heading] = [f"{told} {row % 3}" for row in range(len(frame))]
        frame.to_csv(file, index=False)
    name = "<img src=x onerror=alert(1)>; $(touch taken) `x`.csv"
    (folder / "products.csv").rename(folder / name)
    tables = [f'[{file.stem}]\nfile = "{file.name}"' for file in folder.glob("*.csv") if file.name != name]
    toml = "[settings]\nreject_limit = 1.0\n" + "\n".join(tables) + f"\n[products]\nfile = '{name}'\n"
    (folder / "crm.toml").write_text(toml, encoding="utf-8")


@pytest.fixture(scope="session")
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
    yield _HOST.format(port=server.server_port), asked
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory, root: Path, listener: tuple[str, list[str]]) -> Path:
    """All reports of a hostile company; the folder above them has nothing else than its data."""
    home = tmp_path_factory.mktemp("hostile")
    data = home / "<b onclick=alert(1)>data $(touch taken)"
    write_demo(data, deals=700)
    (data / "TRUTH.md").unlink()
    _attack(data, listener[0])
    code = "from crm_analysis.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "report", _MONTH, "--data", str(data), "--out", str(home / "out")],
        cwd=root, capture_output=True, text=True, timeout=600, check=False, env={**os.environ, "CI": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in home.iterdir()) == sorted([data.name, "out"])
    return home / "out"


def _pages(reports: Path) -> list[Path]:
    return [reports / "index.html", *sorted((reports / _MONTH).glob("*.html"))]


def test_every_report_was_made(reports: Path) -> None:
    assert len(_pages(reports)) == 9
    seen = "".join(page.read_text(encoding="utf-8") for page in _pages(reports))
    for part in ("&lt;script&gt;", "{{ 7*7 }}", "javascript:", "$1 and $2", "=HYPERLINK"):
        assert part in seen, f"the attack {part} is on no page: the test tests nothing"
    assert "49" not in seen.split("{{ 7*7 }}")[1][:20]


def test_each_page_can_only_be_read(reports: Path) -> None:
    for page in _pages(reports):
        check_page(page.read_text(encoding="utf-8"), page.name)


PROBE = """<pre></pre><script>
const pages = {pages}, found = {{}};
async function look(page, width) {{
  const frame = document.createElement("iframe");
  frame.style = `border:0;width:${{width}}px;height:900px`;
  const loaded = new Promise((done) => frame.addEventListener("load", done));
  frame.src = page; document.body.append(frame); await loaded;
  const inner = frame.contentDocument, root = inner.scrollingElement;
  const out = {{
    title: inner.title, scroll: root.scrollWidth, height: root.scrollHeight,
    nodes: inner.querySelectorAll("iframe, object, form, link, base, svg, [onerror], [onload]").length,
    scripts: inner.scripts.length,
    links: Array.from(inner.links, (a) => a.getAttribute("href")).filter((a) => /^[a-z]+:|^\\/\\//i.test(a)),
    wide: Array.from(inner.querySelectorAll("main *")).filter((e) => !e.closest(".table-wrap, pre") &&
      e.getBoundingClientRect().right > width + 1).slice(0, 3).map((e) => e.outerHTML.slice(0, 80)),
  }};
  frame.remove();
  return out;
}}
addEventListener("load", async () => {{
  for (const page of pages)
    for (const width of [390, 1280]) found[page + " " + width] = await look(page, width);
  document.querySelector("pre").textContent = JSON.stringify({{found, taken: window.taken || 0}});
}});</script>"""


@in_browser
def test_nothing_runs_nobody_is_asked_and_the_layout_holds(
    reports: Path, tmp_path: Path, listener: tuple[str, list[str]]
) -> None:
    pages = [page.as_uri() for page in _pages(reports)]
    seen: dict[str, Any] = observe(tmp_path, PROBE.format(pages=json.dumps(pages)))
    assert len(seen["found"]) == 2 * len(pages)
    assert seen["taken"] == 0
    assert listener[1] == []
    for place, page in seen["found"].items():
        assert page["title"] != "taken", place
        assert (page["nodes"], page["links"], page["wide"]) == (0, [], []), place
        assert page["scripts"] <= 1, place  # our own, which searches a table
        assert page["scroll"] <= int(place.split()[-1]), place
        assert page["height"] > 300, place


def test_no_cell_of_a_table_is_a_formula(reports: Path) -> None:
    files = sorted((reports / _MONTH / "tables").rglob("*.csv"))
    guarded = 0
    for file in files:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        for name in frame:
            assert not name.startswith(("=", "+", "-", "@", "\t", "\r"))
            for text in frame[name]:
                if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
                    float(text)  # a number may be negative
                guarded += text.startswith(("'=", "'+", "'@", "'-"))
    assert files
    assert guarded, "no table holds an attack: the test tests nothing"


def test_no_workbook_holds_a_formula_or_a_link(reports: Path) -> None:
    books = sorted((reports / _MONTH / "tables").glob("*.xlsx"))
    assert books
    for book in books:
        with zipfile.ZipFile(book) as archive:
            inside = {name: archive.read(name) for name in archive.namelist()}
        sheets = [content for name, content in inside.items() if "/sheet" in name]
        assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
        assert not any("externalLink" in name or "vbaProject" in name for name in inside)


def test_neither_a_cell_nor_a_heading_becomes_a_formula_and_numbers_stay(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=1+1": ["=1+1", "-2+3", "x"], "@n": [-1.5, 2.0, 3.0]})
    written = write_csv(frame, tmp_path / "a.csv").read_text(encoding="utf-8")
    assert written == "'=1+1,'@n\n'=1+1,-1.5\n'-2+3,2.0\nx,3.0\n"
