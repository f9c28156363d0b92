"""Hostile use of the command: places that cannot be written, periods that are none, an interrupted run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crm_analysis import load
from crm_analysis.cli import main
from crm_analysis.errors import DataError, MappingError
from crm_analysis.sources import open_source
from tests import small_company
from tests.reporting.conftest import make_project

if TYPE_CHECKING:
    from pathlib import Path

_DEALS = "deal_id,status,amount,created_at,closed_at\nD1,won,5,2026-02-02,2026-02-09\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with data of February 2026."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, frame in small_company.frames().items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def _in_parts(output: str, *, parts: int = 3) -> list[str]:
    assert "Traceback" not in output
    said = output[output.index("Error: ") :].strip().splitlines()
    assert len(said) == parts, output
    return said


def test_a_folder_of_reports_that_cannot_be_made_is_known_at_once(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    before = sorted(tmp_path.rglob("*"))
    out = tmp_path / "file" / "reports"
    done = CliRunner().invoke(main, ["report", "2026-02", "--data", str(data), "--out", str(out)])
    assert done.exit_code == 2
    assert f'"{out}" cannot be written' in _in_parts(done.output)[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_demo_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = CliRunner().invoke(main, ["demo", str(tmp_path / "file" / "demo")])
    assert done.exit_code == 1
    assert "cannot be written" in _in_parts(done.output)[0]


@pytest.mark.parametrize("period", ["2026-13", "2026-02-31..2026-03-01", "../../etc", "..", "2026-10..", "x"])
def test_what_is_no_period_is_repeated_and_told(data: Path, tmp_path: Path, period: str) -> None:
    out = tmp_path / "reports"
    done = CliRunner().invoke(main, ["report", period, "--data", str(data), "--out", str(out)])
    assert done.exit_code == 2
    assert f'"{period}"' in _in_parts(done.output)[0]
    assert not out.exists()


@pytest.mark.parametrize("period", ["2031-01", "1999"])
def test_a_period_outside_the_data_names_what_there_is(data: Path, tmp_path: Path, period: str) -> None:
    out = tmp_path / "reports"
    done = CliRunner().invoke(main, ["report", period, "--data", str(data), "--out", str(out)])
    assert done.exit_code == 2
    assert "The data reach from" in _in_parts(done.output)[1]
    assert not out.exists()


def test_letters_in_another_order_are_a_typo_of_a_canonical_column(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(_DEALS)
    (tmp_path / "crm.toml").write_text('[deals]\nfile = "deals.csv"\n[deals.columns]\namuont = "amount"\n')
    with pytest.raises(MappingError, match='Did you mean "amount"'):
        open_source(tmp_path)


def test_data_without_any_date_say_so(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(_DEALS.splitlines()[0] + "\n")
    done = CliRunner().invoke(main, ["check", "--data", str(tmp_path)])
    assert done.exit_code == 0  # a table without rows is legal; there is only nothing to report
    with pytest.raises(DataError, match="neither deals nor sales"):
        load(tmp_path).view("2026-02")


@pytest.mark.skipif(os.name == "nt", reason="a group of processes is interrupted in another way there")
def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    project, begun = make_project(tmp_path / "project"), tmp_path / "begun"
    project.write(
        "2_customer_abc", f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(60)"
    )
    out = project.reports
    command = [sys.executable, "-c", "from crm_analysis.cli import main; main()", "report", "2026-02"]
    running = subprocess.Popen(
        [*command, "--data", "data", "--jobs", "2"], cwd=project.folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    for _ in range(600):  # until a notebook is being run
        if begun.exists():
            break
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Traceback" not in said
    assert "Aborted!" in said
    assert [path.name for path in out.iterdir()] == [".lock"]  # it stays, and nobody holds it
    assert not _left_of(running.pid)


def _left_of(group: int) -> bool:
    """Say whether processes of a group are still there a little later."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
