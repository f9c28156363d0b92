"""Pages made again without a run, and pages that say that the data of their period were corrected."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.reporting.conftest import LOAD, Project
from tests.reporting.test_unchanged import add_row, change_row, edit

from crm_analysis.reporting import run
from crm_analysis.reporting.restated import banner, restate
from crm_analysis.words import Words

if TYPE_CHECKING:
    from pathlib import Path

REVENUE = """\
import json, os, pathlib
from crm_analysis.tiles import Tile
folder = pathlib.Path(os.environ["CRM_ANALYSIS_OUT"])
tables = folder / "tables" / "sales_dynamics"
tables.mkdir(parents=True, exist_ok=True)
value = float(view.sales.amount.sum().execute())
(tables / "rows.csv").write_text(f"revenue\\n{value}\\n")
tile = Tile("revenue", "Revenue", value, "money", main=True).record()
record = dict(stem="sales_dynamics", findings=[], tiles=[tile], left_out=[])
(folder / "sales_dynamics.json").write_text(json.dumps(record))
print(f"{value:.0f}")"""


def with_revenue(project: Project, *periods: str) -> None:
    """Publish periods of a company that has nothing but its sales, by a report of their sum."""
    project.write("1_sales_dynamics", LOAD, REVENUE, title="Sales dynamics")
    (project.folder / "notebooks" / "2_customer_abc.ipynb").unlink()
    for table in (project.folder / "data").glob("*.csv"):
        if table.stem != "sales":
            table.unlink()
    for period in periods:
        done = project.report(period)
        assert done.exit_code == 0, done.output


def banners(project: Project, period: str, page: str = "sales_dynamics") -> list[str]:
    text = (project.reports / period / f"{page}.html").read_text(encoding="utf-8")
    return re.findall(r'<p class="warning">(Restated[^<]*)</p>', text)


def without_times(files: dict[str, bytes]) -> dict[str, bytes]:
    for name in [name for name in files if name.endswith("manifest.json")]:
        content = json.loads(files[name])
        content.pop("times")
        files[name] = json.dumps(content).encode()
    return files


def test_new_prose_is_shown_without_a_run_as_a_run_would(published: Project, tmp_path: Path) -> None:
    edit(published, "2_customer_abc.ipynb", 0, "# Clients", "# Buyers\n\nWho *buys*.")
    spec = published.folder / "notebooks" / "2_customer_abc.ipynb"
    content = json.loads(spec.read_text())
    last = {"cell_type": "markdown", "id": "end", "metadata": {}, "source": "## The end"}
    spec.write_text(json.dumps(content | {"cells": [*content["cells"], last]}))
    before = json.loads((published.reports / "2026-02" / "manifest.json").read_text())["times"]
    elsewhere = Project(shutil.copytree(published.folder, tmp_path / "elsewhere"))

    def start(*_: object, **__: object) -> None:
        raise AssertionError("no kernel is needed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "warm_process", start)
        again = published.report("2026-02")
    assert again.exit_code == 0, again.output
    shown = published.files()
    assert b"<em>buys</em>" in shown["2026-02/customer_abc.html"]
    assert b"The end" in shown["2026-02/customer_abc.html"]
    assert b"Buyers" in shown["2026-02/sales_dynamics.html"]  # its link
    after = json.loads(shown["2026-02/manifest.json"])["times"]
    assert after["notebooks"] == before["notebooks"]  # nothing ran: not even a second was measured anew

    assert elsewhere.report("2026-02", "--force").exit_code == 0
    assert without_times(elsewhere.files()) == without_times(shown)
    assert published.report("2026-02", "--only", "customer_abc").exit_code == 0
    assert published.files()["2026-02/customer_abc.html"] == shown["2026-02/customer_abc.html"]


def test_a_late_correction_reruns_the_periods_it_touches_and_they_say_so(project: Project) -> None:
    with_revenue(project, "2025-12..2026-02")
    before = project.files()
    change_row(project, "sales", 25, "amount", 1100)  # in January: 100 before
    assert project.report("2025-12..2026-02").exit_code == 0
    after = project.files()
    december = {name for name in before if name.startswith("2025-12/")}
    assert {name: after[name] for name in december} == {name: before[name] for name in december}
    assert banners(project, "2025-12") == []
    assert banners(project, "2026-01") == [
        "Restated with data up to March 10, 2026. Revenue: was 2,200, is now 3,200."
    ]
    assert banners(project, "2026-01", "index") == banners(project, "2026-01")
    # its history was corrected, its own figures were not
    (said,) = banners(project, "2026-02")
    assert said.endswith("The data of this period were corrected; its main figures are written as before.")

    # it stays, and there is nothing to do
    assert "up to date" in project.report("2026-01").output.replace("_", " ")
    assert project.files() == after
    assert project.report("2026-01", "--force").exit_code == 0
    assert banners(project, "2026-01") == [
        "Restated with data up to March 10, 2026. Revenue: was 2,200, is now 3,200."
    ]
    # elsewhere nothing was published before
    assert project.report("2026-01", "--out", "fresh").exit_code == 0
    assert b"Restated" not in project.files("fresh")["2026-01/sales_dynamics.html"]


def test_a_restatement_outlives_a_failure(project: Project) -> None:
    with_revenue(project, "2026-01")
    restated = "Restated with data up to March 10, 2026. Revenue: was 2,200, is now 3,200."
    notebook = project.folder / "notebooks" / "1_sales_dynamics.ipynb"
    good = notebook.read_text()
    fails = good.replace("value = float", "1 / 0; value = float")
    assert fails != good

    # it fails on the corrected data before anybody has seen them
    change_row(project, "sales", 25, "amount", 1100)  # in January: 100 before
    notebook.write_text(fails)
    for _ in range(2):
        assert project.report("2026-01").exit_code == 1
        assert banners(project, "2026-01") == []
    notebook.write_text(good)
    assert project.report("2026-01").exit_code == 0
    assert banners(project, "2026-01") == [restated]

    # and once it is restated; the page that is kept says so, too
    notebook.write_text(fails)
    assert project.report("2026-01").exit_code == 1
    assert banners(project, "2026-01") == [restated]
    notebook.write_text(good)
    assert project.report("2026-01").exit_code == 0
    assert banners(project, "2026-01") == [restated]
    assert banners(project, "2026-01", "index") == [restated]


def test_rows_of_a_period_that_still_ran_are_no_correction(project: Project) -> None:
    with_revenue(project, "2026-03")  # known to the tenth
    for day in range(11, 32):
        add_row(project, "sales", sale_id=f"M{day}", customer_id="C1", sold_at=f"2026-03-{day}", amount=100)
    assert project.report("2026-03").exit_code == 0
    assert banners(project, "2026-03") == []


def test_only_figures_that_read_differently_are_told() -> None:
    def tile(value: float | None, key: str = "revenue") -> dict[str, object]:
        return {"key": key, "label": key.title(), "value": value, "kind": "money", "main": True}

    to, words = date(2026, 11, 22), Words("en", "EUR")
    assert restate([tile(1000.0)], [tile(1000.001)], to, words)["figures"] == []
    assert restate([], [tile(1.0)], to, words)["figures"] == []  # a figure that there was not before
    told = restate([tile(None)], [tile(2000.0)], to, words)
    assert "nan" not in banner(told, words)[0]
    assert banner(told, words)[0].endswith("is now €2,000.")
    assert banner(None, words) == ()
