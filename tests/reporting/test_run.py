"""From the command to the published files, on a small project."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from tests.reporting.conftest import LOAD, SAVE, Project
from tests.reporting.logs import read_log

import crm_analysis
from crm_analysis.reporting.notebooks import discover
from crm_analysis.reporting.order import Order
from crm_analysis.reporting.period_run import PeriodRun
from crm_analysis.reporting.plan import make_plans
from crm_analysis.reporting.run import _ended_by_signal


def manifest(project: Project, period: str = "2026-02") -> dict[str, Any]:
    return json.loads((project.reports / period / "manifest.json").read_text())


def test_a_period_is_published_whole_and_the_same_wherever_it_goes(published: Project) -> None:
    files = published.files()
    stems = ("sales_dynamics", "customer_abc")
    pages = {f"2026-02/{stem}{suffix}" for stem in (*stems, "index") for suffix in (".html", ".ipynb")}
    tables = {f"2026-02/tables/{stem}/rows.csv" for stem in stems}
    answers = {"2026-02/findings.json", "2026-02/manifest.json", "index.html"}
    assert set(files) == pages | tables | answers

    # again, elsewhere: the same bytes but for the times
    again = published.report("2026-02", "--out", "other/place")
    assert read_log(again.stdout)[-1]["page"] == "other/place/2026-02/index.html"
    others = published.files("other/place")
    made, other = (json.loads(some.pop("2026-02/manifest.json")) for some in (files, others))
    times = {"started", "finished", "seconds", "notebooks", "ran", "pages"}
    assert set(made.pop("times")) == set(other.pop("times")) == times
    assert other == made
    assert others == files

    # nothing in it tells of this machine
    for name, content in files.items():
        for place in (str(published.folder), str(Path.home()), sys.prefix, ".staging"):
            assert place.encode() not in content, (name, place)


def test_the_manifest_says_what_it_was_made_from(published: Project) -> None:
    made = manifest(published)
    assert made["parameters"] == {"period": "2026-02", "data": "data"}
    assert (made["start"], made["end"], made["comparison"]) == ("2026-02-01", "2026-03-01", "2026-01")
    # the two clients created in March are not known yet, one of them has bought
    assert {row["table"]: row["kept"] for row in made["data"]["rows"]}["customers"] == 3
    assert re.fullmatch("[0-9a-f]{12}", made["data"]["fingerprint"])
    assert made["versions"]["crm-analysis"] == crm_analysis.__version__
    assert list(made["notebooks"]) == ["sales_dynamics", "customer_abc"]
    findings = json.loads(published.files()["2026-02/findings.json"])
    assert [finding["key"] for finding in findings] == ["sales_dynamics", "customer_abc"]
    assert "money" not in findings[0]
    assert made["notebooks"]["customer_abc"]["money"] == [5.0]


def test_the_summary_comes_last_and_sees_what_was_saved(published: Project) -> None:
    page = published.files()["2026-02/index.html"]
    assert b"customer_abc.json" in page
    assert b"sales_dynamics.json" in page


def test_what_is_up_to_date_is_not_run_again_unless_forced(published: Project) -> None:
    before = published.files()
    again = published.report("2026-02")
    assert again.exit_code == 0
    assert {line["status"] for line in read_log(again.stdout)} == {"up_to_date"}
    assert published.files() == before
    forced = published.report("2026-02", "--force", "--only", "customer_abc")
    # one report alone keeps the answers of the others
    assert [line["report"] for line in read_log(forced.stdout)[:-1]] == ["customer_abc", "summary"]
    after = published.files()
    assert after.pop("2026-02/manifest.json") != before.pop("2026-02/manifest.json")
    assert after == before


def is_up_to_date(project: Project, **changed: Any) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        found = discover(project.folder / "notebooks")
        order = Order("2026-02", "data", Path("reports"), found, found, **changed)
        return make_plans(order)[0].is_up_to_date()


def test_what_has_changed_is_not_up_to_date(published: Project) -> None:
    assert is_up_to_date(published)
    assert not is_up_to_date(published, with_code=True)
    assert not is_up_to_date(published, values={"compare_to": "same-last-year"})
    for name in (
        "data/products.csv",
        "notebooks/1_sales_dynamics.ipynb",
        "reports/2026-02/customer_abc.html",
    ):
        path = published.folder / name
        before = path.read_text()
        changed = before.replace("wood", "steel").replace("sales_dynamics", "sales").replace("Clients", "?")
        path.write_text(changed)
        assert not is_up_to_date(published), name
        path.write_text(before)
        assert is_up_to_date(published), name
    (published.reports / "2026-02" / "customer_abc.ipynb").unlink()
    assert not is_up_to_date(published)
    (published.reports / "2026-02" / "manifest.json").write_text("{")
    assert not is_up_to_date(published)


def test_a_failed_notebook_is_told_kept_apart_and_stops_nobody(published: Project) -> None:
    before = published.files()
    save = SAVE.format(stem="customer_abc")
    published.write("2_customer_abc", "rows = 0", "1 / rows", save, title="Clients")
    failed = published.report("2026-02")
    assert failed.exit_code == 1
    (told,) = [line for line in read_log(failed.stdout) if line.get("report") == "customer_abc"]
    assert (told["status"], told["cell"]) == ("failed", "4")
    assert told["cause"] == "ZeroDivisionError: division by zero"
    after = published.files()
    # the page says that it is of an earlier run
    kept = [name for name in before if "customer_abc" in name and not name.endswith(".html")]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert b"ZeroDivisionError" in after["2026-02/failed/customer_abc.ipynb"]
    assert str(published.folder).encode() not in after["2026-02/failed/customer_abc.ipynb"]
    assert "\n    crm-analysis open-failed 2026-02 customer_abc\n" in failed.stderr
    entry = manifest(published)["notebooks"]["customer_abc"]
    assert entry.pop("last_good")["inputs"]  # what the next success is compared with
    assert {f"2026-02/{name}" for name in entry.pop("files")} == {*kept, "2026-02/customer_abc.html"}
    assert entry == {
        "number": 2, "title": "Clients", "status": "failed", "cell": 4,
        "error": "ZeroDivisionError: division by zero", "kept_page": True,
    }  # fmt: skip
    assert [f["analysis"] for f in json.loads(after["2026-02/findings.json"])] == ["sales_dynamics"]
    assert b"customer_abc.failed.json" in after["2026-02/index.html"]

    # mended: the mark of the failure goes
    published.write("2_customer_abc", save, title="Clients")
    assert published.report("2026-02").exit_code == 0
    mended = published.files()
    assert mended.pop("2026-02/manifest.json") != before.pop("2026-02/manifest.json")
    assert mended == before


def test_a_failed_summary_is_a_failure_too(published: Project) -> None:
    published.write("0_summary", "1 / 0", title="Sales report")
    before = published.files()["2026-02/index.ipynb"]
    assert published.report("2026-02", "--only", "customer_abc").exit_code == 1
    after = published.files()
    assert after["2026-02/index.ipynb"] == before
    assert "2026-02/failed/summary.ipynb" in after
    assert manifest(published)["summary"]["status"] == "failed"


def test_a_picture_without_a_description_fails_the_report(project: Project) -> None:
    bare = "from IPython.display import Image, display\nimport base64"
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    project.write("1_sales_dynamics", bare, f"display(Image(base64.b64decode('{png}')))", title="Sales")
    done = project.report("2026-02", "--only", "sales_dynamics")
    assert done.exit_code == 1
    assert re.search(r"report=sales_dynamics status=failed .*description", done.stdout)
    assert "2026-02/sales_dynamics.html" not in project.files()


def test_a_report_that_the_data_cannot_feed_is_left_out_with_its_reason(published: Project) -> None:
    # published while the data still had channels
    for name in ("reports/2026-02/marketing_impact.html", "reports/2026-02/tables/marketing_impact/x.csv"):
        (published.folder / name).parent.mkdir(exist_ok=True)
        (published.folder / name).write_text("earlier")
    published.write("4_marketing_impact", SAVE.format(stem="marketing_impact"), title="Marketing")
    published.write("2_customer_abc", LOAD, "view.need('targets')", title="Clients")

    poorer = published.report("2026-02")
    assert poorer.exit_code == 0
    why = "The data lack: channel (in deals or sales or customers)."
    told = {line["report"]: line for line in read_log(poorer.stdout)[:-1]}
    assert (told["marketing_impact"]["status"], told["marketing_impact"]["cause"]) == ("left_out", why)
    # found out in the notebook only
    assert told["customer_abc"]["status"] == "left_out"
    assert told["customer_abc"]["cause"] == 'The data hold no table "targets".'
    assert told["sales_dynamics"]["status"] == "published"  # again, without the links to those two
    assert manifest(published)["notebooks"]["marketing_impact"]["why"] == why
    left = " ".join(published.files())
    assert "marketing_impact" not in left
    assert "customer_abc" not in left
    assert b"marketing_impact.left_out.json" in published.files()["2026-02/index.html"]


def test_where_nothing_could_be_published_the_run_has_failed(project: Project) -> None:
    for name in ("1_sales_dynamics", "2_customer_abc"):
        project.write(name, LOAD, "view.need('targets')")
    assert project.report("2026-02").exit_code == 1


def test_a_range_is_published_period_by_period(published: Project) -> None:
    # the first of two periods that run fails: that must not get lost behind the second
    stop = "if period == '2025-12': raise ValueError('no December')"
    published.write("2_customer_abc", stop, SAVE.format(stem="customer_abc"), title="Clients")
    done = published.report("2025-12..2026-01", "--only", "customer_abc")
    assert done.exit_code == 1
    *lines, last = read_log(done.stdout)
    assert [(line["period"], line["report"], line["status"]) for line in lines] == [
        ("2025-12", "customer_abc", "failed"),
        ("2025-12", "summary", "published"),
        ("2026-01", "customer_abc", "published"),
        ("2026-01", "summary", "published"),
    ]
    assert (last["status"], last["page"]) == ("failed", "reports/index.html")
    assert {path.name for path in published.reports.iterdir()} == {
        "2025-12",
        "2026-01",
        "2026-02",
        "index.html",
        ".lock",
    }
    index = (published.reports / "index.html").read_text()
    assert all(f'href="{period}/index.html"' in index for period in ("2025-12", "2026-01", "2026-02"))
    again = published.report("2026-01..2026-02", "--only", "sales_dynamics")
    assert again.exit_code == 0
    told = {(line["period"], line.get("report")): line["status"] for line in read_log(again.stdout)}
    assert told["2026-02", "sales_dynamics"] == "up_to_date"
    assert told["2026-01", "sales_dynamics"] == "published"


@pytest.mark.parametrize(
    ("took", "begun"),
    [
        ({"sales_dynamics": 1.5, "customer_abc": 9.0}, ["customer_abc", "sales_dynamics"]),
        ({"sales_dynamics": 9.0, "customer_abc": 1.5}, ["sales_dynamics", "customer_abc"]),
        ({"sales_dynamics": 9.0}, ["customer_abc", "sales_dynamics"]),  # it may take longest
    ],
)
def test_what_took_longest_the_last_time_begins_first(
    published: Project, monkeypatch: pytest.MonkeyPatch, took: dict[str, float], begun: list[str]
) -> None:
    made = published.reports / "2026-02" / "manifest.json"
    record = json.loads(made.read_text())
    record["times"]["notebooks"] = took
    made.write_text(json.dumps(record))
    monkeypatch.chdir(published.folder)
    found = discover(published.folder / "notebooks")
    (plan,) = make_plans(Order("2026-02", "data", Path("reports"), found, found, force=True))
    pool = Mock(Executor)
    PeriodRun(plan, pool)
    assert [task.stem for _, task in (call.args for call in pool.submit.call_args_list)] == begun


def test_a_secret_reaches_no_file_and_no_terminal(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "postgres://someone:hunter2@warehouse/crm"
    monkeypatch.setenv("CRM_DATABASE_URL", secret)
    (project.folder / "data" / "crm.toml").write_text(
        '[settings]\ndatabase = "env:CRM_DATABASE_URL"\n'
        '[deals]\nfile = "deals.csv"\n[sales]\nfile = "sales.csv"\n'
    )
    told = "import os; address = os.environ['CRM_DATABASE_URL']"
    project.write("1_sales_dynamics", told, "print(address)", SAVE.format(stem="sales_dynamics"))
    project.write("2_customer_abc", told, "raise ConnectionError(address)")
    done = project.report("2026-02")
    assert done.exit_code == 1
    assert "ConnectionError: $CRM_DATABASE_URL" in done.output
    assert secret not in done.output
    for name, content in project.files().items():
        assert b"hunter2" not in content, name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2026-1O"], '"2026-1O" is not a period'),
        (["2026-02", "--only", "customers_abc"], 'Did you mean "customer_abc"?'),
        (["2026-02", "-p", "compareto", "previous"], 'Did you mean "compare_to"?'),
        (["2026-02", "-p", "compare_to", "yesterday"], 'no comparison "yesterday"'),
        (["2031-02"], "lies after all data"),
        (["2026-01..2031-02"], "lies after all data"),
        (["2026-01..2026-Q2"], "Both ends must be of one kind"),
        (["2026-02", "--lang", "xx"], "Invalid value for '--lang'"),
        (["2026-02", "--jobs", "0"], "Invalid value for '--jobs'"),
    ],
)  # fmt: skip
def test_wrong_usage_writes_nothing(project: Project, arguments: list[str], message: str) -> None:
    refused = project.report(*arguments)
    assert refused.exit_code == 2
    assert message in refused.output
    assert "Traceback" not in refused.output
    assert not project.reports.exists()


def test_a_notebook_that_cannot_take_the_language_is_wrong_usage(project: Project) -> None:
    path = project.folder / "notebooks" / "2_customer_abc.ipynb"
    path.write_text(path.read_text().replace("lang: str", "tongue: str"))
    refused = project.report("2026-02", "--lang", "en")
    assert refused.exit_code == 2
    assert '2_customer_abc.ipynb has no parameter "lang"' in refused.output
    assert not project.reports.exists()


def test_data_with_too_many_errors_stop_the_run_before_it_begins(project: Project) -> None:
    deals = project.folder / "data" / "deals.csv"
    deals.write_text(deals.read_text().replace("won", "gewonnen"))
    refused = project.report("2026-02")
    assert refused.exit_code == 1
    assert "gewonnen" in refused.output
    assert not project.reports.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals cannot be sent to a thread there")
@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_a_signal_that_python_swallows_is_heard_all_the_same(raised: type[BaseException]) -> None:
    class Late:
        def __del__(self) -> None:
            raise raised

    @_ended_by_signal()
    def run() -> None:
        Late()
        time.sleep(10)

    with pytest.raises(raised):
        run()


def test_the_summary_repeats_nothing_of_a_page_that_was_refused(project: Project) -> None:
    nameless = "from IPython.display import HTML\nHTML('<img src=\"data:image/png;base64,iVBORw0KGgo=\">')"
    project.write("1_sales_dynamics", SAVE.format(stem="sales_dynamics"), nameless)
    done = project.report("2026-02")
    assert done.exit_code == 1
    assert "A picture has no description" in done.output
    seen = (project.reports / "2026-02" / "index.html").read_text(encoding="utf-8")
    assert "sales_dynamics.failed.json" in seen
    assert "sales_dynamics.json" not in seen
