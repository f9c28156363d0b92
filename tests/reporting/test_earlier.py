"""A failed report keeps its last good page, and everybody is told that it is an old one."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from tests.reporting.conftest import SAVE

from crm_analysis.reporting.earlier import Earlier, day_of
from crm_analysis.reporting.manifest import digests, read_json, write_json
from crm_analysis.words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reporting.conftest import Project

ABC = "customer_abc"


def made_on(project: Project, day: str) -> None:
    """Set the day on which the reports of February were made."""
    path = project.reports / "2026-02" / "manifest.json"
    record = read_json(path)
    times = dict.fromkeys(record["times"]["pages"], f"{day}T05:00:00+00:00")
    record["times"] |= {"ran": times, "pages": dict(times)}
    write_json(path, record)


def record_of(project: Project) -> dict[str, Any]:
    return read_json(project.reports / "2026-02" / "manifest.json")


def banners(project: Project, name: str = ABC) -> list[str]:
    page = (project.reports / "2026-02" / f"{name}.html").read_text()
    return [note.get_text() for note in BeautifulSoup(page, "html.parser").select("p.warning")]


def test_a_kept_page_says_of_which_run_it_is(published: Project) -> None:
    made_on(published, "2026-03-02")
    before = published.files()
    published.write("2_customer_abc", "1 / 0", SAVE.format(stem=ABC), title="Clients")
    assert published.report("2026-02").exit_code == 1
    today = Words().day(datetime.now(UTC).date())
    note = (
        f"This page is of an earlier run, of March 2, 2026: the run of {today} failed. "
        "Its figures may differ from those of the other pages of this period."
    )
    assert banners(published) == [note]
    # what it shows is as it was, and so are its notebook and tables
    after = published.files()
    page, earlier = (files.pop(f"2026-02/{ABC}.html").decode() for files in (after, before))
    assert re.sub(r'\s*<p class="warning">.*?</p>', "", page, flags=re.DOTALL) == earlier
    assert {n: c for n, c in after.items() if ABC in n and "failed" not in n} == {
        name: content for name, content in before.items() if ABC in name
    }
    # the index has the reason and both days
    index = BeautifulSoup((published.reports / "index.html").read_text(), "html.parser")
    lines = [" ".join(li.get_text(" ").split()) for li in index.select("table.reports li")]
    (said,) = [line for line in lines if line.startswith("Clients")]
    cause = f"on {today}, cell 3: ZeroDivisionError: division by zero."
    assert said == f"Clients failed {cause} The page is of an earlier run, of March 2, 2026."
    # the manifest vouches for what is kept
    record = record_of(published)
    entry, times = record["notebooks"][ABC], record["times"]
    assert entry["files"] == digests(published.reports / "2026-02", entry["files"])
    assert f"{ABC}.html" in entry["files"]
    assert times["pages"][ABC].startswith("2026-03-02")
    assert times["ran"][ABC] == times["started"]
    assert times["ran"]["sales_dynamics"].startswith("2026-03-02")

    # a second failure: it is still the page of March
    assert published.report("2026-02").exit_code == 1
    assert banners(published) == [note]


def test_a_kept_page_whose_notebook_was_changed_stays_as_it_is(published: Project) -> None:
    page = published.files()[f"2026-02/{ABC}.html"]
    (published.reports / "2026-02" / f"{ABC}.ipynb").write_text("of somebody")
    published.write("2_customer_abc", "1 / 0", title="Clients")
    assert published.report("2026-02", "--only", ABC).exit_code == 1
    assert published.files()[f"2026-02/{ABC}.html"] == page


def test_a_failed_summary_is_marked_too(published: Project) -> None:
    made_on(published, "2026-03-02")
    published.write("0_summary", "1 / 0", title="Sales report")
    assert published.report("2026-02").exit_code == 1
    (note,) = banners(published, "index")
    assert note.startswith("This page is of an earlier run, of March 2, 2026")
    index = (published.reports / "index.html").read_text()
    assert re.search(r"Sales report</a>\s*<span[^>]*>failed</span>", index)
    assert 'href="2026-02/index.html">February 2026' in index


def test_a_summary_without_any_page_is_no_link(project: Project) -> None:
    project.write("0_summary", "1 / 0", title="Sales report")
    assert project.report("2026-02", "--only", ABC).exit_code == 1
    index = (project.reports / "index.html").read_text()
    assert "February 2026" in index
    assert 'href="2026-02/index.html"' not in index


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "abc.html").write_text("a page")
    record = {
        "notebooks": {"abc": {"status": "published"}, "gone": {"status": "published"}},
        "times": {"ran": {"abc": "2026-03-02", "gone": "2026-03-02"},
                  "pages": {"abc": "2026-03-02", "gone": "2026-03-02"}},
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    return tmp_path


def test_times_of_what_did_not_run_are_kept(folder: Path) -> None:
    earlier = Earlier(folder)
    entries = {"abc": {"status": "published"}, "new": {"status": "published"}}
    assert earlier.times("2026-04-02", entries, ["new"]) == {
        "ran": {"abc": "2026-03-02", "new": "2026-04-02"},
        "pages": {"abc": "2026-03-02", "new": "2026-04-02"},
    }
    failed = {"abc": {"status": "failed", "kept_page": True}, "new": {"status": "failed", "kept_page": False}}
    assert earlier.times("2026-04-02", failed, ["abc", "new"]) == {
        "ran": {"abc": "2026-04-02", "new": "2026-04-02"},
        "pages": {"abc": "2026-03-02"},
    }


def test_without_a_manifest_nothing_is_known(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    earlier = Earlier(folder)
    assert earlier.has_page("abc")
    assert (earlier.page_of("abc"), earlier.ran("abc"), earlier.notebook("abc")) == ("", "", None)
    shutil.rmtree(folder)
    assert not Earlier(folder).has_page("abc")


def test_the_day_of_a_time() -> None:
    assert day_of("2026-11-01T05:00:09+00:00", Words()) == "November 1, 2026"
    assert day_of("2026-11-01T05:00:09+00:00", Words("ru")) == "1 ноября 2026\u202fг."
