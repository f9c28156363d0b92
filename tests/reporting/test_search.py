"""The table that readers search, in a real browser: it finds, filters and sorts, and runs nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import v4 as nb
from tests.reporting.chromium import in_browser
from tests.reporting.devtools import Tab, browsing

import crm_analysis as crm
from crm_analysis.errors import ParameterError
from crm_analysis.findings import Findings
from crm_analysis.period import parse
from crm_analysis.reporting.exporter import Page, to_html
from crm_analysis.result import Context, Result
from crm_analysis.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = '<img src=x onerror="document.title=1">'

#: Works the page step by step, and tells what a reader sees after each.
PROBE = """
  const all = (what) => [...document.querySelectorAll(what)];
  const seen = () => all("tbody tr").filter((row) => !row.hidden).map((row) => row.cells[0].textContent);
  const set = (what, value) => {{
    const field = document.querySelector(what);
    field.value = value;
    field.dispatchEvent(new Event("input"));
  }};
  const press = (at) => all("thead button")[at].click();
  const steps = {steps}, found = [];
  for (const step of steps) {{
    if (step.press !== undefined) press(step.press); else set(step.set, step.to);
    found.push({{ rows: seen(), status: document.querySelector(".table-status").textContent,
                  printed: all("tbody tr").filter((row) => !row.hidden)
                    .findIndex((row) => row.classList.contains("on-screen")),
                  sorted: all("thead th").map((head) => head.ariaSort) }});
  }}
  return {{ found, title: document.title,
    images: all("img").length, labels: all(".table-tools label").map((label) => label.textContent) }};"""


@dataclass(frozen=True, kw_only=True)
class SampleResult(Result):
    stem: ClassVar[str] = "sample"
    deals: pd.DataFrame


def sample(language: str = "en") -> SampleResult:
    """Five deals: accents, a minus, a blank, a name that would like to be a picture."""
    deals = pd.DataFrame(
        {
            "name": ["Späth & Co", "Nord Øst", HOSTILE, "nord west", "Zeta"],
            "owner": ["Ann", "Bob", "Ann", "Bob", "Cy"],
            "revenue": [1234.5, -20.25, 1000000.0, float("nan"), 300.0],
            "last_sold_at": pd.to_datetime(["2026-10-09", "2026-02-01", None, "2025-12-31", "2026-10-10"]),
        }
    )
    period = parse("2026-10")
    context = Context(period, None, period, (), Words(language, "EUR"))
    return SampleResult(context=context, findings=Findings(()), deals=deals)


def page(language: str = "en", *, times: int = 1, **options: Any) -> str:
    """Return the page of the sample, its deals so many times over."""
    options = {"searchable": True, "filters": ["owner", "revenue"], "rows": 1000} | options
    result = sample(language)
    deals = pd.concat([result.deals] * times, ignore_index=True)
    table = crm.table(replace(result, deals=deals), "deals", "Open deals", **options)
    output = nb.new_output("display_data", data={"text/html": table._repr_html_()})
    cells = [nb.new_markdown_cell("# Deals"), nb.new_code_cell("x", outputs=[output])]
    return to_html(nb.new_notebook(cells=cells), Page("Deals", language))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all that is asked here; what a page runs is what its policy allows."""
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        opened.ask("Page.setBypassCSP", enabled=False)
        opened.look()
        yield opened


@pytest.fixture
def work(tab: Tab, tmp_path: Path) -> Any:
    """Return a function that opens the page, takes steps, and tells what was seen after each."""

    def run(text: str, *steps: dict[str, Any]) -> dict[str, Any]:
        page = tmp_path / "page.html"
        page.write_text(text, encoding="utf-8")
        tab.open(page)
        return dict(tab.run(PROBE.format(steps=json.dumps(steps))))

    return run


def search(text: str) -> dict[str, str]:
    return {"set": "input[type=search]", "to": text}


@in_browser
def test_search_finds_words_in_any_order_case_and_accent(work: Any) -> None:
    seen = work(page(), search("spath"), search("BOB nord"), search("øst"), search("nobody"), search(""))
    rows = [step["rows"] for step in seen["found"]]
    assert rows == [["Späth & Co"], ["Nord Øst", "nord west"], ["Nord Øst"], [], rows[4]]
    assert len(rows[4]) == 5
    assert [step["status"] for step in seen["found"]][:2] == ["1 of 5 rows", "2 of 5 rows"]


@in_browser
def test_filters_add_up(work: Any) -> None:
    seen = work(
        page(),
        {"set": "select", "to": "=Ann"},
        {"set": "input[type=number]", "to": "5000"},
        {"set": "select", "to": ""},
        {"set": "input[type=number]", "to": "-20.25"},
    )
    assert [step["rows"] for step in seen["found"]] == [
        ["Späth & Co", HOSTILE], [HOSTILE], [HOSTILE], ["Späth & Co", "Nord Øst", HOSTILE, "Zeta"],
    ]  # fmt: skip
    assert seen["labels"] == ["Search", "OwnerallAnnBobCy", "Revenue, EUR, at least"]


@in_browser
@pytest.mark.parametrize("language", ["en", "ru"])
def test_figures_and_days_are_sorted_by_value_and_blanks_come_last(work: Any, language: str) -> None:
    seen = work(page(language), {"press": 2}, {"press": 2}, {"press": 3})
    down, up, days = ([name[:4] for name in step["rows"]] for step in seen["found"])
    assert down == ["<img", "Spät", "Zeta", "Nord", "nord"]
    assert up == ["Nord", "Zeta", "Spät", "<img", "nord"]
    assert days == ["nord", "Nord", "Spät", "Zeta", "<img"]
    assert seen["found"][1]["sorted"] == [None, None, "ascending", None]


@in_browser
def test_the_first_forty_of_what_is_shown_are_printed(work: Any) -> None:
    text = page(times=60)
    seen = work(text, search("zeta"), {"set": "input[type=search]", "to": ""}, {"press": 0}, search("nord"))
    assert [(len(step["rows"]), step["printed"]) for step in seen["found"]] == [
        (60, 40), (300, 40), (300, 40), (120, 40),
    ]  # fmt: skip
    assert "Printed are the first 40 rows that are shown." in text
    assert "Printed are" not in page()


@in_browser
def test_a_name_that_would_be_a_picture_stays_text(work: Any) -> None:
    seen = work(page(), search("img"))
    assert seen["found"][0]["rows"] == [HOSTILE]
    assert (seen["images"], seen["title"]) == (0, "Deals")


def test_only_a_page_with_such_a_table_may_run_its_one_script() -> None:
    assert page().count("<script") == 1
    assert "script-src 'sha256-" in page()
    plain = page(searchable=False, filters=[])
    assert "<script" not in plain
    assert "script-src" not in plain
    assert "runs no script" in plain


def test_without_scripts_all_rows_are_there() -> None:
    rows = BeautifulSoup(page(), "html.parser").select("tbody tr")
    assert [row.th.get_text() for row in rows] == sample().deals["name"].tolist()
    assert rows[0].time["datetime"] == "2026-10-09"


def test_a_filter_of_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ParameterError, match='no column "colour"'):
        crm.table(sample(), "deals", "Open deals", searchable=True, filters=["colour"])


def test_long_names_make_rows_fewer_not_the_page_heavy() -> None:
    result = sample()
    many = pd.concat([result.deals] * 100, ignore_index=True)

    def shown(deals: pd.DataFrame) -> Any:
        return crm.table(replace(result, deals=deals), "deals", "Open deals", searchable=True, rows=500)

    assert shown(many).rows == shown(many[["revenue"]]).rows == 500
    long = shown(many.assign(owner="Ж" * 800))
    assert 40 < long.rows < 47  # 1,600 bytes of a name a row, of 75,000
    assert f"{long.rows} of 500 rows; all of them are in" in long._repr_html_()
    assert "No rows." in shown(many.head(0))._repr_html_()
