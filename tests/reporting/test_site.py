"""The page over all periods."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from crm_analysis.cards import sparkline
from crm_analysis.errors import ReportError
from crm_analysis.reporting.site import render_index, renew
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from pathlib import Path


def report(
    reports: Path,
    period: str,
    revenue: float,
    *,
    verdicts: tuple[str, ...] = (),
    notebooks: dict[str, dict[str, Any]] | None = None,
    language: str = "en",
) -> None:
    """Write what the runner leaves of a period."""
    tile = Tile(
        "revenue", "Revenue", revenue, "money", change=0.1, verdict="improved", series=(1.0, 2.0, 3.0)
    )
    published = {"title": "Sales dynamics", "status": "published", "tiles": [tile.record()]}
    manifest = {
        "language": language,
        "currency": "EUR",
        "comparison": None,
        "notebooks": {"sales_dynamics": published, **(notebooks or {})},
    }
    folder = reports / period
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = [{"verdict": verdict} for verdict in verdicts]
    (folder / "findings.json").write_text(json.dumps(found), encoding="utf-8")


def page(reports: Path) -> BeautifulSoup:
    return BeautifulSoup(render_index(reports), "html.parser")


def rows(table: Any) -> list[list[str]]:
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in table.find_all("tr")
    ]


def test_periods_stand_newest_first_in_groups_of_their_kind(tmp_path: Path) -> None:
    for period in ("2026-09", "2025-12", "2026-10", "2026-Q3"):
        report(tmp_path, period, 100.0)
    made = page(tmp_path)
    assert [h.get_text() for h in made.find_all("h2")] == ["Months", "Quarters"]
    months = rows(made.find_all("table", class_="reports")[0])
    assert [row[0] for row in months[1:]] == ["October 2026", "September 2026", "December 2025"]
    assert made.find("a", string="Q3 2026")["href"] == "2026-Q3/index.html"


def test_verdicts_are_counted(tmp_path: Path) -> None:
    verdicts = ("improved", "worsened", "worsened", "no_evidence", "note", "note")
    report(tmp_path, "2026-10", 100.0, verdicts=verdicts)
    head, row = rows(page(tmp_path).select_one("table.reports"))
    words = ["▲ improved", "▼ worsened", "◆ changed", "○ no evidence", "? not enough data"]
    assert head[2:] == words
    assert row[2:] == ["1", "2", "0", "1", "0"]


def test_a_failed_report_says_where_and_why_and_keeps_its_last_page(tmp_path: Path) -> None:
    failed = {"title": "Reasons", "status": "failed", "cell": 6, "error": "KeyError: 'x'", "kept_page": True}
    gone = {**failed, "title": "Open deals", "kept_page": False}
    left = {"title": "Marketing", "status": "left_out", "why": "The data hold no channel."}
    report(
        tmp_path,
        "2026-10",
        100.0,
        notebooks={"deal_reasons": failed, "open_deals": gone, "marketing_impact": left},
    )
    made = page(tmp_path)
    texts = [" ".join(item.get_text(" ").split()) for item in made.select("table.reports li")]
    assert texts[1] == "Reasons failed cell 6: KeyError: 'x'. The page is of an earlier run."
    assert texts[2] == "Open deals failed cell 6: KeyError: 'x'."
    assert texts[3] == "Marketing left out The data hold no channel."
    links = [a["href"] for a in made.select("table.reports li a")]
    assert links == ["2026-10/sales_dynamics.html", "2026-10/deal_reasons.html"]


def test_the_course_runs_over_the_reports_with_gaps(tmp_path: Path) -> None:
    for period, revenue in (("2026-07", 10.0), ("2026-08", 30.0), ("2026-10", 20.0)):
        report(tmp_path, period, revenue)
    picture = page(tmp_path).select_one("img.spark")
    assert base64.b64decode(picture["src"].split(",")[1]) == sparkline((10.0, 30.0, None, 20.0))
    assert picture["alt"].startswith("Course of Revenue over 4 months: from €10.00 to €20.00")


def test_with_few_reports_the_course_is_that_of_the_figure(tmp_path: Path) -> None:
    report(tmp_path, "2026-Q2", 10.0)
    report(tmp_path, "2026-Q3", 20.0)
    picture = page(tmp_path).select_one("img.spark")
    assert base64.b64decode(picture["src"].split(",")[1]) == sparkline((1.0, 2.0, 3.0))
    assert "over 3 months" in picture["alt"]


def test_a_course_over_quarters_is_called_so(tmp_path: Path) -> None:
    for quarter, revenue in (("2025-Q4", 5.0), ("2026-Q1", 10.0), ("2026-Q2", 15.0), ("2026-Q3", 20.0)):
        report(tmp_path, quarter, revenue)
    assert "Course of Revenue over 4 quarters" in page(tmp_path).select_one("img.spark")["alt"]


def test_the_change_names_what_it_is_against(tmp_path: Path) -> None:
    report(tmp_path, "2026-10", 10.0)
    manifest = tmp_path / "2026-10" / "manifest.json"
    record = json.loads(manifest.read_text(encoding="utf-8")) | {"comparison": "2026-10-01..2026-10-20"}
    manifest.write_text(json.dumps(record), encoding="utf-8")
    said = page(tmp_path).select_one(".card-change").get_text()
    assert said == "+10.0% vs October 1, 2026 – October 20, 2026"


def test_figures_stand_in_numbers_for_every_period(tmp_path: Path) -> None:
    report(tmp_path, "2026-09", 10.0)
    other = Tile("rate", "Win rate", 0.25, "share").record()
    report(tmp_path, "2026-10", 2_340_000.0, notebooks={"x": {"status": "published", "tiles": [other]}})
    assert rows(page(tmp_path).select("table")[1]) == [
        ["Period", "Revenue", "Win rate"],
        ["October 2026", "€2.34M", "25.0%"],
        ["September 2026", "€10.00", "–"],
    ]


def test_equal_keys_of_two_analyses_stay_apart(tmp_path: Path) -> None:
    twin = Tile("revenue", "Revenue again", 7.0, "count").record()
    report(tmp_path, "2026-10", 10.0, notebooks={"x": {"status": "published", "tiles": [twin]}})
    assert [p.get_text() for p in page(tmp_path).select(".card-value")] == ["€10.00", "7"]


def test_a_damaged_manifest_is_named_and_hides_no_other(tmp_path: Path) -> None:
    report(tmp_path, "2026-09", 10.0)
    report(tmp_path, "2026-10", 10.0)
    (tmp_path / "2026-10" / "manifest.json").write_text("{", encoding="utf-8")
    made = page(tmp_path)
    assert "Its manifest cannot be read (JSONDecodeError)" in rows(made.select_one("table.reports"))[1][1]
    assert made.select_one(".card-value").get_text() == "€10.00"


def test_other_folders_are_let_alone(tmp_path: Path) -> None:
    report(tmp_path, "drafts", 10.0)
    assert "No report has been made yet" in page(tmp_path).main.get_text()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"]
)
def test_hostile_text_is_inert(tmp_path: Path, hostile: str) -> None:
    tile = Tile("x", hostile, 1.0, "count", series=(1.0, 2.0)).record()
    failed = {"title": hostile, "status": "failed", "error": hostile, "kept_page": True}
    report(
        tmp_path,
        "2026-10",
        10.0,
        notebooks={"x": {"title": hostile, "status": "published", "tiles": [tile]}, "y": failed},
    )
    made = page(tmp_path)
    assert made.find("script") is None
    assert not [tag for tag in made.find_all() if any(name.startswith("on") for name in tag.attrs)]
    assert hostile in [p.get_text() for p in made.select(".card-label")]
    assert all(img["src"].startswith("data:image/png") for img in made.find_all("img"))


def test_a_page_that_could_do_more_than_be_read_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(tmp_path, "2026-10", 10.0)
    renew(tmp_path)
    before = (tmp_path / "index.html").read_text()
    # as if text from data had come through unescaped
    picture = "<img src='https://host.example/x.png' alt='x'>"
    monkeypatch.setattr("crm_analysis.reporting.site.Cards._repr_html_", lambda _: picture)
    with pytest.raises(ReportError, match="an address in src of img"):
        renew(tmp_path)
    assert (tmp_path / "index.html").read_text() == before


def test_the_same_folder_gives_the_same_page(tmp_path: Path) -> None:
    for period in ("2026-09", "2026-10"):
        report(tmp_path, period, 10.0, verdicts=("improved",))
    assert render_index(tmp_path) == render_index(tmp_path)


def test_it_speaks_the_language_of_the_newest_report(tmp_path: Path) -> None:
    report(tmp_path, "2026-09", 10.0, language="en")
    report(tmp_path, "2026-10", 20.0, language="ru")
    made = page(tmp_path)
    assert made.html["lang"] == "ru"
    assert made.h2.get_text() == "Месяцы"
    assert [row[0] for row in rows(made.select_one("table.reports"))[1:]] == ["октябрь 2026", "сентябрь 2026"]
    (tmp_path / "2026-11").mkdir()
    (tmp_path / "2026-11" / "manifest.json").write_text("[]", encoding="utf-8")
    assert page(tmp_path).html["lang"] == "ru"  # one that cannot be read says nothing
