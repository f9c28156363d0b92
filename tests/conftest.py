"""Fixtures shared by all tests."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.postgres import running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

gc.set_threshold(50_000)  # as in the kernels of reports

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the project; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("CRM_ANALYSIS_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not beside the project (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def demo_reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of all pages of the demo in a language, made once for all workers of a run.

    It stands in a copy of the project whose .venv is the environment of the tests. The English pages come of
    ``make report``.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own

    @cache
    def made(language: str) -> Path:
        project = shared / f"demo-{language}"
        command = ["make", "report"]
        if language != "en":
            command = [sys.executable, "-m", "crm_analysis", "report", "2026-10", "--lang", language]
        with (shared / f"demo-{language}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (project / "reports/index.html").exists():
                _copy_project(project)
                subprocess.run(command, cwd=project, check=True, capture_output=True, timeout=600)
        return project / "reports"

    return made


def _copy_project(folder: Path) -> None:
    for name in "notebooks", "data/demo":
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"))
    for name in "Makefile", "requirements.lock", "pyproject.toml":
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (folder / ".venv/.from-lock").touch()


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    """The address of a private, empty PostgreSQL; tests that need it skip where it is not installed."""
    with running_server() as address:
        yield address
