"""Whatever stops a run, readers see the old report of a period or the new one, whole."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.reporting.conftest import Project, make_project
from tests.reporting.stopped import Runs

from crm_analysis.reporting import manifest
from crm_analysis.reporting.lock import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="runs are stopped in forks")

NOTE = "a note of somebody.txt"
MOMENTS = 50


@pytest.fixture(scope="module")
def _made(script: subprocess.Popen[str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose version 0 is published, with a file of somebody else beside it."""
    project = make_project(tmp_path_factory.mktemp("made") / "project", ["sales"])
    runs = Runs(script, project)
    assert runs.make("0") == 0, runs.told("0")
    (runs.period / NOTE).write_text("mine")
    return project


@pytest.fixture
def runs(script: subprocess.Popen[str], _made: Project, tmp_path: Path) -> Runs:
    return Runs(script, Project(Path(shutil.copytree(_made.folder, tmp_path / "project"))))


def version_of(period: Path) -> str:
    """Return the version of a report, which every file of it carries; the report is whole."""
    record = json.loads((period / manifest.NAME).read_text())
    entries = [*record["notebooks"].values(), record["summary"]]
    files = {name: digest for entry in entries for name, digest in entry.get("files", {}).items()}
    assert manifest.intact(period, files)
    failed = {path.relative_to(period).as_posix() for path in period.glob("failed/*.ipynb")}
    there = {path.relative_to(period).as_posix() for path in period.rglob("*") if path.is_file()}
    assert there == {*files, *failed, manifest.NAME, manifest.FINDINGS, NOTE}
    assert (period / NOTE).read_text() == "mine"
    version = json.loads((period / manifest.FINDINGS).read_text())[0]["sentence"]
    kept = {name for entry in entries if entry.get("kept_page") for name in entry["files"]}
    for name in {*files, *failed} - kept:
        content = (period / name).read_text()
        assert (version if "tables" not in name else version.split()[1]) in content, name
    return version


def leftovers(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()} - {LOCK, "index.html", "2026-02"}


def test_fifty_kills_leave_the_old_report_or_the_new_one_whole(runs: Runs) -> None:
    assert runs.make("counted") == 0
    steps = runs.steps("counted")
    draw = np.random.Generator(np.random.PCG64(20260223))
    # anywhere in a run, and once more as often in the part that writes where readers look
    anywhere = draw.integers(1, steps, MOMENTS // 2, endpoint=True)
    at_the_end = draw.integers(steps * 2 // 3, steps, MOMENTS - len(anywhere), endpoint=True)
    seen, previous = set(), "version counted"
    for number, stop in enumerate([*anywhere, *at_the_end]):
        new, two_steps = f"{number}a", bool(number % 2)
        fail = ["customer_abc"] if number % 5 == 0 else []
        code = runs.make(new, stop=int(stop), two_steps=two_steps, fail=fail)
        assert code == -signal.SIGKILL, runs.told(new)
        if not runs.period.exists():  # between two steps; where folders can be exchanged there is one
            assert version_of(runs.out / ".previous-2026-02") == previous
            seen.add("aside")
        else:
            version = version_of(runs.period)
            assert version in {previous, f"version {new}"}
            seen.add("new" if version == f"version {new}" else "old")
            previous = version
        assert (runs.out / "index.html").read_text().endswith("</html>")
    assert seen >= {"old", "new"}
    # the next run puts back what stood aside, sweeps the rest, and writes an index that was not written
    assert runs.make("last") == 0
    assert version_of(runs.period) == "version last"
    assert leftovers(runs.out) == set()


def test_two_runs_at_once_take_turns(runs: Runs) -> None:
    runs.begin(runs.asked("one"), runs.asked("other"))
    assert runs.codes() == [0, 0]
    assert version_of(runs.period) in {"version one", "version other"}
    assert leftovers(runs.out) == set()
    told = [runs.told("one"), runs.told("other")]
    assert sorted(told) == ["", f'Another run writes to "{runs.out}"; this one waits until it has ended.\n']


def test_a_killed_run_does_not_block_the_next(runs: Runs) -> None:
    (process,) = runs.begin(runs.asked("killed", slow=60))
    give_time(lambda: any(runs.out.glob(".staging-*/saved/*.ipynb")))
    os.kill(process, signal.SIGKILL)
    assert runs.codes() == [-signal.SIGKILL]
    assert len(leftovers(runs.out)) == 1
    assert version_of(runs.period) == "version 0"
    assert runs.make("next") == 0
    assert runs.told("next") == ""
    assert leftovers(runs.out) == set()


def test_a_report_that_stood_aside_is_back_before_the_next_run_looks(runs: Runs) -> None:
    runs.period.rename(runs.out / ".previous-2026-02")  # killed between two steps, where one is not to be had
    assert runs.make("next", fail=["customer_abc"]) == 1
    assert version_of(runs.period) == "version next"
    page = (runs.period / "customer_abc.html").read_text()
    assert "This page is of an earlier run" in page
    assert "version 0" in page


def test_a_stopped_index_is_made_by_the_next_run_though_nothing_is_due(runs: Runs) -> None:
    assert runs.make("made") == 0
    index = runs.out / "index.html"
    before = index.read_text()
    behind = (runs.period / manifest.NAME).stat().st_mtime_ns - 1
    index.write_text("of an earlier run")
    os.utime(index, ns=(behind, behind))
    assert runs.make("again", force=False) == 0
    assert version_of(runs.period) == "version made"
    assert index.read_text() == before


def test_sigterm_publishes_nothing_and_says_so(runs: Runs) -> None:
    (process,) = runs.begin(runs.asked("ended", slow=1, periods="2026-01..2026-02"))
    give_time(lambda: len(list(runs.out.glob(".staging-*"))) == 2)  # one period begins beside the other
    os.kill(process, signal.SIGTERM)
    assert runs.codes() == [128 + signal.SIGTERM]
    assert version_of(runs.period) == "version 0"
    assert leftovers(runs.out) == set()


@pytest.mark.parametrize("most_bytes", [2_000, 8_000])
def test_what_cannot_be_written_is_an_error_and_no_loss(runs: Runs, most_bytes: int) -> None:
    assert runs.make("cut", most_bytes=most_bytes) == 1
    told = runs.told("cut")
    assert f'"{runs.period}" cannot be written: File too large.' in told
    assert "Make room, or name another folder with --out" in told
    assert "Traceback" not in told
    assert version_of(runs.period) == "version 0"
    assert leftovers(runs.out) == set()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_leaves_the_report_whole(runs: Runs, small_disk: Path) -> None:
    made = Path(shutil.copytree(runs.out, small_disk / "reports"))
    runs.out = made
    codes = []
    for free in range(0, 160_000, 20_000):
        filler = small_disk / "filler"
        filler.unlink(missing_ok=True)
        filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - free))
        before = version_of(runs.period)
        codes.append(runs.make(f"full{free}"))
        told = runs.told(f"full{free}")
        if codes[-1]:
            assert "No space left on device" in told
            assert "Traceback" not in told
            assert version_of(runs.period) == before
        else:
            assert version_of(runs.period) == f"version full{free}"
        assert leftovers(made) == set()
    assert codes == sorted(codes, reverse=True)
    assert {0, 1} == set(codes)


@pytest.mark.parametrize("moment", ["kernels are not ready", "the last notebook runs"])
def test_a_real_run_that_is_killed_leaves_no_process(runs: Runs, moment: str) -> None:
    """The whole command with its kernels, killed at its beginning or at its end."""
    begun = runs.project.folder / "begun"
    waiting = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(60)"
    runs.project.write("2_customer_abc", waiting, title="Clients")
    command = [sys.executable, "-m", "crm_analysis", *runs.asked("")["arguments"]]
    run = subprocess.Popen(
        command, cwd=runs.project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    give_time(lambda: any(runs.out.glob(".staging-*")))
    if moment == "the last notebook runs":
        give_time(begun.exists)
    assert processes_of(runs.project.folder)
    run.kill()
    run.wait()
    give_time(lambda: not processes_of(runs.project.folder))
    assert version_of(runs.period) == "version 0"


def give_time(comes_true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not comes_true():
        assert time.monotonic() < until
        time.sleep(0.05)


def processes_of(folder: Path) -> list[int]:
    """Return the processes that were told of a folder by their environment, as kernels are."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (
                str(folder).encode()
                in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            ):
                found.append(int(process.name))
    return found
