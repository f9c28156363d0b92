"""A notebook of one's own: made with the parts of the others, looked at while it is written, published."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests import test_notebooks as rules
from tests.reporting.conftest import ended, make_notebook

from crm_analysis import preview
from crm_analysis.reporting import period_run
from crm_analysis.reporting.cleaning import as_text
from crm_analysis.reporting.notebooks import discover

if TYPE_CHECKING:
    from tests.reporting.conftest import Project

ROOT = Path(__file__).resolve().parents[2]


def made(project: Project) -> Path:
    done = project.command("new", "by_month")
    assert done.exit_code == 0, done.output
    assert "crm-analysis preview by_month" in done.output
    return project.folder / "notebooks/3_by_month.ipynb"


# -- new ---------------------------------------------------------------------------------------------------


def test_it_keeps_the_rules_of_the_notebooks(project: Project) -> None:
    made(project)
    notebook = discover(project.folder / "notebooks")[-1]
    rules.test_it_is_clean_and_of_the_kernel_that_everybody_has(notebook)
    rules.test_its_parameters_are_those_of_all_reports(notebook)
    rules.test_its_cells_are_short_and_say_only_what_to_show(notebook)
    rules.test_its_text_has_one_title_and_no_jumps(notebook)
    pattern = {cell.id: cell.source for cell in rules.cells(rules.NOTEBOOKS[1])}
    own = {cell.id: cell.source for cell in rules.cells(notebook)}
    shared = ("parameters", "load", "header", "left-out", "save")
    assert {name: own[name] for name in shared} == {name: pattern[name] for name in shared}
    command = [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", notebook.path]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_it_speaks_the_language_asked_for(project: Project) -> None:
    assert project.command("new", "by_month", "--lang", "ru").exit_code == 0
    (notebook,) = (n for n in discover(project.folder / "notebooks") if n.stem == "by_month")
    assert "Что мы нашли" in notebook.text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("By Month!", 'For example "by_month"'),
        ("../up", 'For example "up"'),
        ("1st", 'For example "st"'),
        ("ä", "beginning with a letter"),
        ("customer_abc", "There is a report \"customer_abc\" already: 2_customer_abc.ipynb"),
        ("summary", "0_summary.ipynb"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_is_wrong_usage(project: Project, name: str, said: str) -> None:
    before = project.files("notebooks")
    refused = project.command("new", name)
    assert refused.exit_code == 2
    assert said in refused.output
    assert project.files("notebooks") == before


def test_the_runner_publishes_it_with_the_others(published: Project) -> None:
    made(published)
    done = published.report("2026-02")
    assert done.exit_code == 0, done.output
    folder = published.reports / "2026-02"
    page = (folder / "by_month.html").read_text("utf-8")
    assert "<h1>By month</h1>" in page
    assert 'href="by_month.html"' in (folder / "index.html").read_text("utf-8")
    assert 'href="2026-02/by_month.html"' in (published.reports / "index.html").read_text("utf-8")
    rows = (folder / "tables/by_month/months.csv").read_text("utf-8").splitlines()
    # 23 working days of 100 in December, 22 in January, 20 in February with 7 more and 3 sent back
    assert [line.split(",")[:2] for line in rows[1:]] == [
        ["2025-12-01", "2300.0"],
        ["2026-01-01", "2200.0"],
        ["2026-02-01", "2004.0"],
    ]
    found = json.loads((folder / "findings.json").read_text("utf-8"))
    said = [f["sentence"] for f in found if f["analysis"] == "by_month"]
    assert said == ["6,504 were sold in 3 months.", "They came in 67 orders."]


# -- preview -----------------------------------------------------------------------------------------------


@pytest.fixture
def short(project: Project) -> Project:
    """A project whose third notebook is quick."""
    project.write("3_short", "1 + 1", title="Short")
    return project


def look(project: Project, *more: str) -> Any:
    return project.command("preview", "short", "--once", *more)


def test_prose_alone_needs_no_run_and_a_failure_is_told(
    short: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = look(short)
    assert seen.exit_code == 0, seen.output
    page = short.folder / seen.output.strip()
    assert page == short.folder / "reports/preview/2026-02/short.html"
    assert "<h1>Short</h1>" in page.read_text("utf-8")
    assert not (short.folder / "reports/2026-02").exists()  # the reports themselves stay as they are

    def no_run(*_: Any) -> None:
        raise AssertionError("it was run")

    with monkeypatch.context() as patch:
        patch.setattr(period_run, "execute", no_run)
        short.write("3_short", "1 + 1", title="Shorter")
        assert look(short).exit_code == 0
    assert "<h1>Shorter</h1>" in page.read_text("utf-8")
    short.write("3_short", "1 + 1", "1 / 0", title="Shortest")
    failed = look(short)
    assert failed.exit_code == 1
    assert "ZeroDivisionError: division by zero" in failed.output
    assert "cell" in failed.output
    assert "<h1>Shorter</h1>" in page.read_text("utf-8")  # the last good page


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--period", "2026-13"], "2026-13"),
        (["--data", "nowhere"], "nowhere"),
        (["--period", "2030"], "lies after all data"),
    ],
)
def test_what_cannot_be_is_told(short: Project, more: list[str], said: str) -> None:
    refused = look(short, *more)
    assert refused.exit_code != 0
    assert said in refused.output
    assert "Traceback" not in refused.output


def test_a_notebook_that_is_none_is_told(short: Project) -> None:
    (short.folder / "notebooks/3_short.ipynb").write_text("{")
    refused = look(short)
    assert refused.exit_code == 1
    assert "is not a notebook" in refused.output


def test_a_notebook_is_found_by_file_or_name(short: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(short.folder)
    path = short.folder / "notebooks/3_short.ipynb"
    for name in ("short", "3_short", "3_short.ipynb", "notebooks/3_short.ipynb", str(path)):
        assert preview.find(name).path.resolve() == path
    refused = short.command("preview", "shrt", "--once")
    assert refused.exit_code == 2
    assert 'Did you mean "short"?' in refused.output


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_it_watches_until_it_is_ended_and_leaves_nothing(short: Project, tmp_path: Path) -> None:
    path, page = short.folder / "notebooks/3_short.ipynb", short.folder / "reports/preview/2026-02/short.html"
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "crm_analysis", "preview", "short"],
            cwd=short.folder,
            stdout=out,
            stderr=out,
        )

    def until(text: str) -> None:
        end = time.monotonic() + 60
        while text not in log.read_text("utf-8") + (page.read_text("utf-8") if page.is_file() else ""):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < end, log.read_text("utf-8")
            time.sleep(0.05)

    def save(*cells: str, title: str) -> None:
        """Put a new version in place of the old one, as editors do."""
        new = path.with_name(".3_short.new")
        new.write_text(as_text(make_notebook(*cells, title=title)), encoding="utf-8")
        new.replace(path)

    try:
        until("Waiting for 3_short.ipynb to be saved")
        save("1 / 0", title="Wrong")
        until("ZeroDivisionError")
        save("1 + 1", title="Right again")
        until("<h1>Right again</h1>")
        children = [
            int(p) for p in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ]
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        assert process.returncode == 0, log.read_text("utf-8")
        assert ended(*children)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text("utf-8")


def test_a_ctrl_c_that_something_swallows_ends_it_all_the_same() -> None:
    usual = signal.getsignal(signal.SIGINT)
    with preview._interrupted() as heard:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert heard.is_set()
    assert signal.getsignal(signal.SIGINT) == usual
