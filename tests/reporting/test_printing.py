"""Pages printed to PDF by the browser: no picture or row is cut, headings repeat, what is folded is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from tests.reporting.chromium import in_browser
from tests.reporting.devtools import Tab, browsing
from tests.reporting.test_accessibility import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    in_browser,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext (poppler) on this machine"),
]

#: Puts a small word of its own at both ends of each picture and row, into each head of a table, and at the
#: end of what is folded.
MARK = """
  const put = (text, place, style) => {
    const mark = document.createElement("span");
    mark.textContent = text;
    mark.style.cssText = `position:absolute;font:4px/1 sans-serif;color:red;${style}`;
    place.style.position = "relative";
    place.append(mark);
  };
  document.querySelectorAll("figure").forEach((one, at) => {
    put(`QF${at}a`, one, "left:0;top:0");
    put(`QF${at}z`, one, "right:0;bottom:0");
  });
  document.querySelectorAll("table").forEach((table, at) => {
    if (table.tHead) put(`QH${at}h`, table.tHead.rows[0].cells[0], "left:0;bottom:0");
    [...table.querySelectorAll("tbody tr")].forEach((row, number) => {
      put(`QR${at}x${number}a`, row.cells[0], "left:0;top:0");
      put(`QR${at}x${number}z`, row.cells[row.cells.length - 1], "right:0;bottom:0");
    });
  });
  document.querySelectorAll("details:not(.code)").forEach((one, at) => {
    put(`QD${at}d`, one.lastElementChild, "left:0;bottom:0");
  });
  const count = (what) => document.querySelectorAll(what).length;
  return [count("figure"), count("details:not(.code)")];"""
_MARK = re.compile(r">(Q[FHRD][\dx]+[azhd])<")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all sheets."""
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def sheets(tab: Tab, page: Path, folder: Path) -> tuple[list[set[str]], list[int]]:
    """Return the marks on each sheet; what lies beyond its edge is on none."""
    tab.open(page)
    counts = tab.run(MARK)
    pdf = folder / "page.pdf"
    pdf.write_bytes(tab.printed())
    run = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True)
    return [set(_MARK.findall(sheet)) for sheet in run.stdout.split("<page ")[1:]], counts


def broken(found: list[set[str]]) -> list[str]:
    """Say what is cut: a picture or row that ends on another sheet or on none, rows without their heading."""
    faults = []
    places: dict[str, list[int]] = defaultdict(list)
    for number, sheet in enumerate(found):
        for mark in sheet:
            places[mark].append(number)
        heads = {mark[2:-1] for mark in sheet if mark.startswith("QH")}
        bare = {mark[2:].partition("x")[0] for mark in sheet if mark.startswith("QR")} - heads
        faults += [f"table {table} without its heading on sheet {number}" for table in sorted(bare)]
    for mark, first in places.items():
        if mark.endswith("a") and first != places.get(f"{mark[:-1]}z"):
            faults.append(f"{mark[:-1]} is cut: {first} and {places.get(f'{mark[:-1]}z')}")
    return faults


@pytest.mark.parametrize("page", PAGES)
def test_no_picture_and_no_table_breaks(
    demo_reports: Callable[[str], Path], tab: Tab, tmp_path: Path, page: str
) -> None:
    printed = demo_reports("en") / f"{page}.html"
    found, (figures, folds) = sheets(tab, printed, tmp_path)
    assert broken(found) == []
    marks = {mark for sheet in found for mark in sheet}
    assert sum(mark.startswith("QF") for mark in marks) == 2 * figures
    # all that is folded is printed, but for the menus, which lead nowhere on paper
    menus = len(BeautifulSoup(printed.read_text(encoding="utf-8"), "html.parser").select("nav details"))
    assert sum(mark.startswith("QD") for mark in marks) == folds - menus


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("figure { height: 40cm; break-inside: auto !important }", "QF0 is cut"),
        ("thead { display: table-row-group !important }", "without its heading"),
        (".table-wrap table { min-width: 200rem }", "and None"),
    ],
)
def test_what_breaks_is_found(
    demo_reports: Callable[[str], Path], tab: Tab, tmp_path: Path, wrong: str, fault: str
) -> None:
    text = (demo_reports("en") / "2026-10/deal_reasons.html").read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(text.replace("</style>", f"{wrong}</style>"), encoding="utf-8")
    assert fault in " ".join(broken(sheets(tab, spoilt, tmp_path)[0]))
