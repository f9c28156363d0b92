"""Files come into place whole; those that are no longer true go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crm_analysis.reporting import publish
from crm_analysis.reporting.execute import Outcome

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("abc.html", "abc.ipynb", "tables/abc.xlsx", "tables/abc/old.csv", "tables/abc/kept.csv",
                 "failed/abc.ipynb", "index.html", "tables/abcd/x.csv", "findings.json"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    return tmp_path


def test_files_of_one_report_only(folder: Path) -> None:
    assert publish.files_of(folder, "abc") == {
        "abc.html", "abc.ipynb", "tables/abc.xlsx", "tables/abc/old.csv", "tables/abc/kept.csv",
    }  # fmt: skip
    assert publish.files_of(folder, "summary") == {"index.html"}


def test_a_published_report_replaces_all_of_its_files(folder: Path) -> None:
    new = {"abc.html", "abc.ipynb", "tables/abc/kept.csv"}
    stale = publish.stale(folder, {"abc": Outcome("abc", "published")}, {"abc": new})
    assert stale == ["failed/abc.ipynb", "tables/abc.xlsx", "tables/abc/old.csv"]


def test_a_failed_report_keeps_its_last_good_page(folder: Path) -> None:
    assert publish.stale(folder, {"abc": Outcome("abc", "failed")}, {}) == []


def test_a_report_that_the_data_no_longer_feed_goes(folder: Path) -> None:
    stale = publish.stale(folder, {"abc": Outcome("abc", "left_out")}, {})
    assert set(stale) == publish.files_of(folder, "abc") | {"failed/abc.ipynb"}


def test_removing_takes_empty_folders_along(folder: Path) -> None:
    publish.remove(
        folder, ["failed/abc.ipynb", "tables/abc/old.csv", "tables/abc/kept.csv", "never/there.csv"]
    )
    assert not (folder / "failed").exists()
    assert not (folder / "tables" / "abc").exists()
    assert (folder / "tables" / "abcd" / "x.csv").is_file()


def test_moving_makes_folders_and_replaces(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    staging = folder / ".staging"
    (staging / "tables" / "new").mkdir(parents=True)
    (staging / "tables" / "new" / "a.csv").write_text("after")
    (staging / "abc.html").write_text("after")
    publish.move(staging, folder, ["tables/new/a.csv", "abc.html"])
    assert (folder / "abc.html").read_text() == (folder / "tables" / "new" / "a.csv").read_text() == "after"
