"""Private folders of sockets: swept where their maker was killed, let alone where it lives."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from crm_analysis.reporting import sockets
from crm_analysis.reporting.sockets import SocketFolder, sweep

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reporting.conftest import Project

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sockets have no files there")

MAKER = """\
from crm_analysis.reporting.sockets import SocketFolder
made = SocketFolder(); (made.path / "kernel-ipc-1").touch(); print(made.path, flush=True); input()"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def make_elsewhere() -> subprocess.Popen[str]:
    """Begin a process that makes a folder and waits."""
    maker = subprocess.Popen(
        [sys.executable, "-c", MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    maker.stdout.readline()
    return maker


def end(maker: subprocess.Popen[str]) -> None:
    maker.send_signal(signal.SIGKILL)
    maker.communicate()


def test_nobody_else_can_enter_and_it_goes_when_told(place: Path) -> None:
    made = SocketFolder()
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert list(place.iterdir()) == [made.path]
    made.remove()
    assert list(place.iterdir()) == []


def test_what_a_killed_maker_left_is_swept_and_what_a_living_one_has_is_not(place: Path) -> None:
    mine, living, killed = SocketFolder(), make_elsewhere(), make_elsewhere()
    assert len(list(place.iterdir())) == 3
    end(killed)
    sweep()
    assert len(list(place.iterdir())) == 2
    assert mine.path.is_dir()
    end(living)
    sweep()
    assert list(place.iterdir()) == [mine.path]
    mine.remove()


def test_what_only_has_the_name_is_let_alone(place: Path) -> None:
    outside = place / "outside"
    outside.mkdir()
    (place / "crm-analysis-link").symlink_to(outside)
    (place / "crm-analysis-notes.txt").write_text("mine")
    before = sorted(place.rglob("*"))
    sweep()
    assert sorted(place.rglob("*")) == before


def test_a_link_is_not_followed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "crm-analysis-link").symlink_to(place / "folder", target_is_directory=True)
    (place / "folder").mkdir()
    locked: list[int] = []
    monkeypatch.setattr(sockets.fcntl, "flock", lambda file, _: locked.append(file))
    sweep()
    assert locked == []
    assert len(list(place.iterdir())) == 2


def test_of_somebody_else_nothing_is_swept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end(make_elsewhere())
    real = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: real + 1)
    sweep()
    assert len(list(place.iterdir())) == 1


def test_one_that_is_swept_while_it_is_made_is_made_again(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, opened = os.open, []

    def late(path: Path, flags: int, **also: int) -> int:
        if not opened:
            opened.append(path)
            sweep()  # by another run, before this one holds the lock
        return real(path, flags, **also)

    monkeypatch.setattr(os, "open", late)
    made = SocketFolder()
    assert made.path.is_dir()
    assert made.path != opened[0]
    made.remove()


def test_the_next_run_sweeps(published: Project, place: Path) -> None:
    end(make_elsewhere())
    assert published.report("2026-02", "--force", "--only", "customer_abc").exit_code == 0
    assert list(place.glob("crm-analysis-*")) == []
