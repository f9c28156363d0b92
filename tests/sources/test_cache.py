"""Tables once read come back the same, and only while nothing they depend on has changed."""

from __future__ import annotations

import os
import shutil
import stat
import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from crm_analysis.errors import DataWarning
from crm_analysis.sources import Source, cache, fingerprint, open_source, opening

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:deals. 1 negative:crm_analysis.errors.DataWarning")

ROWS = "D1,won,100,2024-01-02,2024-02-03,x\nD2,open,-5,2024-01-02,,y\nD3,open,abc,2024-01-05,,z\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    place = tmp_path / "ours"
    place.mkdir()
    (place / "deals.csv").write_text("deal_id,status,amount,created_at,closed_at,note\n" + ROWS)
    (place / "customers.csv").write_text("customer_id\nC1\n")
    return place


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often data are read from their files."""
    done: list[str] = []
    load = opening._load

    def counted(config: object) -> Source:
        done.append("load")
        return load(config)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "_load", counted)
    return done


def opened(place: Path) -> Source:
    return open_source(place, strict=False)


def same(one: Source, two: Source) -> bool:
    for name in one.tables:
        pd.testing.assert_frame_equal(one.tables[name].execute(), two.tables[name].execute())
        assert one.tables[name].schema() == two.tables[name].schema()
    for name in ("tables", "facts", "rejects", "dangling"):
        pd.testing.assert_frame_equal(getattr(one.audit, name), getattr(two.audit, name))
    return (one.audit.warnings, one.settings, one.label) == (two.audit.warnings, two.settings, two.label)


def test_the_second_time_nothing_is_read_and_all_is_the_same(data: Path, loads: list[str]) -> None:
    uncached = open_source(data, cache=None, strict=False)
    first, second = opened(data), opened(data)
    assert len(loads) == 2
    assert same(first, second)
    assert same(uncached, second)


@pytest.mark.parametrize("change", ["append", "same size and time", "new file", "toml"])
def test_a_change_is_seen(data: Path, loads: list[str], change: str) -> None:
    opened(data)
    file = data / "deals.csv"
    before = file.stat()
    if change == "append":
        file.write_text(file.read_text() + "D4,open,1,2024-01-05,,\n")
    elif change == "same size and time":
        file.write_text(file.read_text().replace("100", "200"))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "new file":
        (data / "products.csv").write_text("product\nP\n")
    else:
        (data / "crm.toml").write_text('[deals]\nfile = "deals.csv"\nwhere = "status = \'won\'"\n')
    opened(data)
    assert len(loads) == 2


def test_a_change_of_the_code_is_seen(data: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened(data)
    monkeypatch.setattr(fingerprint, "_code_hash", lambda: "another version")
    opened(data)
    assert len(loads) == 2


def test_old_files_are_hashed_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "_YOUNG_NS", 0)  # the time of the last change cannot be set back
    opened(data)
    monkeypatch.setattr(fingerprint.hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert opened(data).tables["deals"].count().execute() == 2


@pytest.mark.parametrize("damage", ["cut", "gone", "no account", "other bytes"])
def test_a_damaged_entry_is_made_anew(data: Path, loads: list[str], damage: str) -> None:
    first = opened(data)
    entry = next(folder for folder in (data / ".crm_cache").iterdir() if folder.is_dir())
    file = entry / "deals.parquet"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-20])
    elif damage == "gone":
        file.unlink()
    elif damage == "no account":
        (entry / "entry.json").write_text("{")
    else:
        file.write_bytes(b"x" * file.stat().st_size)
    again = opened(data)
    assert len(loads) == 2
    assert same(first, again) if damage == "no account" else again.tables["deals"].count().execute() == 2
    opened(data)
    assert len(loads) == 2


def test_damaged_memory_of_hashes(data: Path, loads: list[str]) -> None:
    opened(data)
    (data / ".crm_cache" / "hashes.json").write_text("[1")
    opened(data)
    assert len(loads) == 1


def test_place_from_the_variable(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_ANALYSIS_CACHE", str(tmp_path / "elsewhere"))
    opened(data)
    assert (tmp_path / "elsewhere" / ".gitignore").read_text() == "*\n"
    assert not (data / ".crm_cache").exists()


def test_a_folder_that_cannot_be_written(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    (data / ".crm_cache").write_text("a file stands where the folder would")
    assert opened(data).tables["deals"].count().execute() == 2
    spare = next(tmp_path.glob("crm_cache_*"))
    assert stat.S_IMODE(spare.stat().st_mode) == 0o700


def test_old_entries_are_swept_and_nothing_half_written_stays(data: Path) -> None:
    for number in range(7):
        (data / "customers.csv").write_text(f"customer_id\nC{number}\n")
        opened(data)
        for entry in (data / ".crm_cache").iterdir():
            if entry.is_dir():
                os.utime(entry, (time.time() - 7200 + number, time.time() - 7200 + number))
    left = [entry for entry in (data / ".crm_cache").iterdir() if entry.is_dir()]
    assert len(left) == 4
    assert not [entry for entry in left if entry.name.startswith(".new-")]


def test_a_full_disk_leaves_nothing_behind_and_does_not_stop_the_run(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.parquet, "ParquetWriter", broken)
    with pytest.warns(DataWarning, match="not kept: No space left"):
        assert opened(data).tables["deals"].count().execute() == 2
    assert not [entry for entry in (data / ".crm_cache").iterdir() if entry.is_dir()]


def test_the_data_may_move(data: Path, tmp_path: Path, loads: list[str]) -> None:
    opened(data)
    shutil.copytree(data, tmp_path / "copy" / "ours")
    assert opened(tmp_path / "copy" / "ours").tables["deals"].count().execute() == 2
    assert len(loads) == 1


def test_every_engine_answers_alike_and_shows_no_progress(data: Path) -> None:
    """A bar of progress went to stdout once a table took seconds: between lines of a log, onto a page."""
    read = open_source(data, cache=None, strict=False)
    of_frames = open_source({"deals": pd.read_csv(data / "deals.csv").head(2)}, strict=False)
    for source in (read, opened(data), opened(data), of_frames):
        settings = "select current_setting('enable_progress_bar'), current_setting('TimeZone')"
        con = source.tables["deals"].get_backend().con
        assert con.execute(settings).fetchall() == [(False, "UTC")]
