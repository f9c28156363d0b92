"""A finished folder comes into place at one stroke, with what others have put there."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from crm_analysis.errors import ReportError
from crm_analysis.reporting import publish
from crm_analysis.reporting.execute import Outcome

ABC = {"abc.html", "abc.ipynb", "tables/abc.xlsx", "tables/abc/old.csv", "tables/abc/kept.csv"}
OTHERS = {"index.html", "tables/abcd/x.csv", "findings.json"}


def write(folder: Path, *names: str, text: str = "before") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "2026-02", *ABC, *OTHERS, "failed/abc.ipynb")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return write(tmp_path / ".staging-x" / "new", "abc.html", "tables/abc/kept.csv", text="after")


def test_files_of_one_report_only(folder: Path) -> None:
    assert publish.files_of(folder, "abc") == ABC
    assert publish.files_of(folder, "summary") == {"index.html"}


@pytest.mark.parametrize("status", ["published", "left_out"])
def test_what_is_published_or_left_out_leaves_nothing_of_before(folder: Path, status: str) -> None:
    assert publish.stale(folder, {"abc": Outcome("abc", status)}) == ABC | {"failed/abc.ipynb"}


def test_a_failed_report_keeps_its_last_good_page_but_not_the_notebook_of_an_earlier_failure(
    folder: Path,
) -> None:
    assert publish.stale(folder, {"abc": Outcome("abc", "failed")}) == {"failed/abc.ipynb"}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_new_folder_replaces_the_old_one_but_for_what_is_still_true(
    folder: Path, new: Path, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not at_once:
        monkeypatch.setattr(publish, "exchange", lambda *_: False)
    write(folder, "note of mine.txt", "my folder/deep.txt")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("note of mine.txt")
    folder.chmod(0o750)
    publish.put(new, folder, publish.stale(folder, {"abc": Outcome("abc", "published")}))
    kept = {*OTHERS, "note of mine.txt", "my folder/deep.txt", "link"}
    after = {"abc.html": "after", "tables/abc/kept.csv": "after"}
    assert contents(folder) == dict.fromkeys(kept, "before") | after
    assert (folder / "empty").is_dir()
    assert not (folder / "failed").exists()
    assert (folder / "link").readlink().name == "note of mine.txt"
    assert folder.stat().st_mode & 0o777 == 0o750
    assert {path.name for path in folder.parent.iterdir()} == {"2026-02", ".staging-x"}


def test_the_first_folder_of_a_period_needs_nothing_before(tmp_path: Path, new: Path) -> None:
    publish.put(new, tmp_path / "2026-03")
    assert contents(tmp_path / "2026-03") == {"abc.html": "after", "tables/abc/kept.csv": "after"}


def test_a_file_put_there_while_folders_change_places_is_not_lost(
    folder: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = publish.exchange

    def late(one: Path, other: Path) -> bool:
        write(other, "late.txt")
        return exchange(one, other)

    monkeypatch.setattr(publish, "exchange", late)
    publish.put(new, folder)
    assert contents(folder)["late.txt"] == "before"


@pytest.mark.skipif(sys.platform != "linux", reason="only there a file tells its name")
def test_all_is_on_disk_before_anybody_sees_it(
    folder: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[str] = set()
    fsync, exchange = os.fsync, publish.exchange

    def flush(file: int) -> None:
        flushed.add(str(Path(f"/proc/self/fd/{file}").readlink()))
        fsync(file)

    def exchanged(one: Path, other: Path) -> bool:
        assert {str(path) for path in (one, *one.rglob("*"))} <= flushed
        return exchange(one, other)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(publish, "exchange", exchanged)
    publish.put(new, folder)
    assert str(folder.parent) in flushed


def test_without_hard_links_files_are_copied(
    folder: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    publish.put(new, folder)
    assert contents(folder)["findings.json"] == "before"
    assert contents(folder)["abc.html"] == "after"


@pytest.mark.skipif(sys.platform not in {"linux", "darwin"}, reason="this system cannot exchange folders")
def test_folders_are_exchanged_in_one_step(folder: Path, new: Path) -> None:
    before, after = contents(folder), contents(new)
    if not publish.exchange(new, folder):
        pytest.skip("this file system cannot")
    assert (contents(folder), contents(new)) == (after, before)


def test_what_cannot_be_exchanged_is_an_error_that_names_the_folder(tmp_path: Path, new: Path) -> None:
    if not publish.exchange(new, write(tmp_path / "other", "x")):
        pytest.skip("this file system cannot")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        publish.exchange(new, tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_let_alone(tmp_path: Path, new: Path) -> None:
    write(tmp_path, "2026-04")
    with pytest.raises(NotADirectoryError, match="2026-04"):
        publish.put(new, tmp_path / "2026-04")
    assert (tmp_path / "2026-04").read_text() == "before"


def test_where_the_second_step_fails_the_first_is_undone(
    folder: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(folder)
    rename = type(new).rename

    def fail(self: Path, target: Path) -> Path:
        if self == new:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return rename(self, target)

    monkeypatch.setattr(publish, "exchange", lambda *_: False)
    monkeypatch.setattr(type(new), "rename", fail)
    with pytest.raises(OSError, match="Input/output error"):
        publish.put(new, folder)
    assert contents(folder) == before


def test_the_next_run_puts_back_what_stood_aside_and_sweeps_the_rest(folder: Path) -> None:
    before, out = contents(folder), folder.parent
    folder.rename(out / ".previous-2026-02")  # killed between the two steps
    write(out / ".previous-2026-01", "old.html")  # killed after both
    write(out / "2026-01", "new.html")
    write(out, ".staging-x/new/abc.html", ".staging-index.html", "README.md")
    publish.recover(out)
    assert contents(out / "2026-02") == before
    assert contents(out / "2026-01") == {"new.html": "before"}
    assert {path.name for path in out.iterdir()} == {"2026-01", "2026-02", "README.md"}


def test_sweeping_follows_no_link(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "x")
    out = tmp_path / "reports"
    out.mkdir()
    (out / ".staging-link").symlink_to(tmp_path / "elsewhere")
    publish.recover(out)
    assert list(out.iterdir()) == []
    assert contents(tmp_path / "elsewhere") == {"x": "before"}


def test_a_file_is_replaced_by_a_whole_one_or_not_at_all(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    publish.write(page, "one")
    publish.write(page, "two")
    assert contents(tmp_path) == {"index.html": "two"}
    with pytest.raises(ReportError, match="cannot be written: No such file or directory"):
        publish.write(tmp_path / "gone" / "index.html", "three")
