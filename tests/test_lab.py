"""The notebook that a failed run left is found by period and stem, and opened in JupyterLab."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crm_analysis import lab
from crm_analysis.cli import main


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands that would have been run; reports of two periods have failed."""
    for name in ("2026-02/failed/customer_abc", "2026-02/failed/summary", "2025-12/failed/a b"):
        path = tmp_path / "reports" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    commands: list[list[str]] = []

    def open_nothing(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab.subprocess, "run", open_nothing)
    return commands


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["open-failed", *map(str, arguments)])


def test_a_failed_notebook_opens_with_the_project_in_reach(opened: list[list[str]]) -> None:
    assert run("2026-02", "customer_abc").exit_code == 3
    assert opened[0][1:] == [
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={Path.cwd()}",
        "--ServerApp.default_url=/lab/tree/reports/2026-02/failed/customer_abc.ipynb",
    ]


def test_reports_elsewhere_are_opened_there(
    opened: list[list[str]], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path.cwd() / "reports"
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert run("2025-12", "a b", "--out", out).exit_code == 3
    assert opened[0][3:] == [
        f"--ServerApp.root_dir={out}",
        "--ServerApp.default_url=/lab/tree/2025-12/failed/a%20b.ipynb",
    ]


@pytest.mark.parametrize(
    ("period", "stem", "said"),
    [
        ("2026-02", "customers_abc", '"customer_abc", "summary".\nDid you mean "customer_abc"?'),
        ("2026-03", "summary", 'There are failed ones in "2025-12", "2026-02".\nDid you mean "2026-02"?'),
        ("2026-02/failed/../../2026-02", "summary", "There are failed ones in"),
        ("2026-02", "../failed/summary", "Failed in 2026-02"),
        ("last-fortnight", "summary", '"last-fortnight" is not a period'),
    ],
)  # fmt: skip
def test_what_has_not_failed_is_wrong_usage_with_choices(
    opened: list[list[str]], period: str, stem: str, said: str
) -> None:
    refused = run(period, stem)
    assert refused.exit_code == 2
    assert said in refused.output
    assert opened == []


def test_where_nothing_has_failed_it_says_so(opened: list[list[str]], tmp_path: Path) -> None:
    refused = run("2026-02", "summary", "--out", tmp_path / "none")
    assert refused.exit_code == 2
    assert "None has failed." in refused.output
