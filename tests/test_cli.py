"""The command line: help, check, demo, lab; the reports themselves are tested in reporting."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import crm_analysis
from crm_analysis import cli_report, lab
from crm_analysis.cli import main
from crm_analysis.errors import PeriodError
from crm_analysis.reporting.forked import is_possible
from crm_analysis.sources.config import Settings
from tests import small_company

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, frame in small_company.frames().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_help_names_every_command_and_the_exit_codes() -> None:
    text = run("--help").output
    assert all(command in text for command in ("report", "check", "demo", "lab"))
    assert {"0", "1", "2", "75"} <= set(text.partition("Exit codes:")[2].split())


def test_version() -> None:
    assert run("--version").output == f"crm-analysis, version {crm_analysis.__version__}\n"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from crm_analysis.cli import main;"
        "CliRunner().invoke(main, ['report', '--help']);"
        "print(sorted({'pandas', 'ibis', 'duckdb', 'papermill', 'rich', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["reports"], ["report"], ["report", "2026-10", "--fast"], ["demo"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", [["report", "2026-10"], ["check"]])
def test_data_that_are_not_there_are_wrong_usage(command: list[str], tmp_path: Path) -> None:
    refused = run(*command, "--data", tmp_path / "nowhere")
    assert refused.exit_code == 2
    assert "nowhere" in refused.output
    assert "Traceback" not in refused.output


def test_check_accounts_for_every_row(data: Path) -> None:
    checked = run("check", "--data", data)
    assert checked.exit_code == 0
    assert re.search(r"deals\W+6\W+6\W+0\W+0", checked.output)
    assert "marketing_impact" in checked.output


def test_check_ends_with_1_where_too_many_rows_are_set_aside(data: Path) -> None:
    deals = data / "deals.csv"
    deals.write_text(deals.read_text().replace("D3,C2,Ann,open", "D3,C2,Ann,=sleeping"))
    listed = data / "rejects.csv"
    checked = run("check", "--data", data, "--rejects", listed)
    assert checked.exit_code == 1
    assert f"1 rows set aside are in {listed}" in checked.output.replace("\n", " ")
    assert "'=sleeping" in listed.read_text(encoding="utf-8-sig")


def test_demo_writes_a_company_of_any_size(tmp_path: Path) -> None:
    made = run("demo", tmp_path / "small", "--deals", 60, "--seed", 3)
    assert made.exit_code == 0
    run("demo", tmp_path / "again", "--deals", 60, "--seed", 3)
    run("demo", tmp_path / "other", "--deals", 600, "--seed", 4)
    deals = {
        name: (tmp_path / name / "deals.csv").read_text().splitlines() for name in ("small", "again", "other")
    }
    assert deals["small"] == deals["again"]
    assert 30 < len(deals["small"]) < 90
    assert 300 < len(deals["other"]) < 900
    assert run("demo", tmp_path / "none", "--deals", 0).exit_code == 2


def test_last_month_becomes_an_absolute_period(data: Path, tmp_path_factory, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    refused = run("report", "last-month", "--data", data)  # the data end long before
    assert refused.exit_code == 2
    assert re.search(r"The period \d{4}-\d\d lies after all data", refused.output)


def test_it_is_the_day_of_the_company_not_of_the_machine(monkeypatch) -> None:
    at = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return at.astimezone(tz)

    monkeypatch.setattr(cli_report, "datetime", Clock)
    days = {
        zone: cli_report.today_in(Settings(timezone=zone))
        for zone in ("UTC", "Europe/Berlin", "America/New_York")
    }
    assert days == {
        "UTC": date(2026, 10, 31),
        "Europe/Berlin": date(2026, 11, 1),
        "America/New_York": date(2026, 10, 31),
    }


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_last_month_is_that_of_the_zone_in_the_settings(zone: str, data: Path, monkeypatch) -> None:
    # on the two sides of the date line it is never the same day; this machine may stand anywhere
    (data / "crm.toml").write_text(f'[settings]\ntimezone = "{zone}"\n[deals]\nfile = "deals.csv"\n')
    days = {"Pacific/Kiritimati": date(2026, 3, 1), "Pacific/Pago_Pago": date(2026, 2, 28)}
    monkeypatch.setattr(cli_report, "today_in", lambda settings: days[settings.timezone])
    asked = []

    def stop(order):
        asked.append(order.absolute())
        raise PeriodError("Stopped.", "", "")

    monkeypatch.setattr("crm_analysis.reporting.plan.make_plans", stop)
    assert run("report", "last-month", "--data", data, "--out", data / "reports").exit_code == 2
    assert run("why", "last-month", "sales_dynamics", "--data", data).exit_code == 2
    assert asked == ["2026-02" if "Kiri" in zone else "2026-01"] * 2


def test_lab_opens_the_notebooks_with_the_kernel_of_this_environment(root: Path, monkeypatch) -> None:
    called = {}

    def open_nothing(command, env, check):
        called.update(command=command, env=env)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.chdir(root / "src")
    monkeypatch.setattr(lab.subprocess, "run", open_nothing)
    assert run("lab").exit_code == 7
    assert called["command"][:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={root}" in called["command"]
    assert called["env"]["JUPYTER_PREFER_ENV_PATH"] == "1"
    provisioner = "crm-analysis-forked" if is_possible() else None
    assert called["env"].get("JUPYTER_DEFAULT_PROVISIONER_NAME") == provisioner


def test_lab_copies_the_notebooks_of_an_installed_package(tmp_path: Path, monkeypatch) -> None:
    packaged = tmp_path / "site" / "notebooks"
    packaged.mkdir(parents=True)
    (packaged / "1_sales_dynamics.ipynb").write_text(json.dumps({"cells": []}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "find_notebooks", lambda: packaged)
    monkeypatch.setattr(lab, "is_packaged", lambda folder: folder == packaged)
    monkeypatch.setattr(lab.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))
    assert lab.open_lab("nowhere", default=True) == 0
    assert (tmp_path / "notebooks" / "1_sales_dynamics.ipynb").is_file()
    # a notebook that cannot be read is no reason not to open where it can be mended
    page = (tmp_path / "notebooks" / "start.md").read_text("utf-8")
    assert "[1_sales_dynamics.ipynb](1_sales_dynamics.ipynb)" in page
