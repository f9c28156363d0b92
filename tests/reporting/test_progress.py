"""What an operator is told: a log for machines, lines and a bar for a terminal, nothing that acts upon it."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from tests.reporting.conftest import Project, make_project
from tests.reporting.logs import read_log

from crm_analysis.errors import NotReadyError
from crm_analysis.reporting.execute import Outcome
from crm_analysis.reporting.progress import Lines, Log, logfmt

#: Of the day these tests run: what a scheduler asks for each month.
LAST_MONTH = f"{datetime.now(UTC).date().replace(day=1) - timedelta(days=1):%Y-%m}"
HOSTILE = 'ValueError: "a" = \x1b[2J\x07 \r\n b\\c \u202edrow\u2028 \x9b31m Späth'


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def command(project: Project, *arguments: str, **environment: str) -> Done:
    """Run the command as a scheduler does: a process of its own, no terminal."""
    run = subprocess.run(
        [sys.executable, "-m", "crm_analysis", "report", *arguments, "--data", "data"],
        cwd=project.folder, capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )  # fmt: skip
    return Done(run.returncode, run.stdout.decode(), run.stderr.decode())


def told(outcome: Outcome, period: str = "2026-02") -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream := io.StringIO())
        with Log(period, [outcome.stem]) as log:
            log.ended(period, outcome)
    return stream.getvalue()


def test_a_report_is_one_line_of_fields() -> None:
    (line,) = read_log(told(Outcome("customer_abc", "failed", 5, 'no "amount" here', 4.21)))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line.pop("time"))
    assert line == {
        "level": "error", "period": "2026-02", "report": "customer_abc", "status": "failed", "seconds": "4.2",
        "cell": "5", "cause": 'no "amount" here',
    }  # fmt: skip


@pytest.mark.parametrize(("status", "level"), [("published", "info"), ("left_out", "warning")])
def test_the_level_follows_the_status(status, level: str) -> None:
    assert read_log(told(Outcome("open_deals", status)))[0]["level"] == level


def test_text_from_data_stays_inside_its_field_and_acts_on_nothing() -> None:
    text = told(Outcome("open_deals", "failed", None, HOSTILE))
    assert text.count("\n") == 1
    assert text.rstrip("\n").isprintable()
    assert read_log(text)[0]["cause"] == HOSTILE  # nothing is lost by it
    assert "Späth" in text


@pytest.mark.parametrize("value", ["", " ", "a b", 'a"b', "a=b", "a\\b", "\n", "\ud800", "\x1b[2J", "\u202e"])
def test_any_value_comes_back_as_it_was(value: str) -> None:
    written = logfmt(cause=value, next="1")
    assert written.isprintable()
    assert read_log(written) == [{"cause": value, "next": "1"}]


def test_a_terminal_is_not_acted_upon_either() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=False, width=300, soft_wrap=True)
    with Lines(1, console=console) as lines:
        lines.ended("2026-02", Outcome("open_deals", "failed", 3, HOSTILE))
    written = stream.getvalue()
    assert "open_deals" in written
    assert "cell 3: ValueError" in written
    assert not set(written) & {"\x1b", "\x07", "\x9b", "\u202e", "\r"}


def test_a_report_that_needed_no_run_has_its_line_too(capsys) -> None:
    with Log("2026-02", ["summary", "open_deals"]) as log:
        log.ended("2026-02", Outcome("summary", "published"))
        log.concluded("published", Path("reports/2026-02/index.html"))
    told = [(line.get("report"), line["status"]) for line in read_log(capsys.readouterr().out)]
    assert told == [("summary", "published"), ("open_deals", "up_to_date"), (None, "published")]


def test_the_log_ends_with_what_stopped_the_run(capsys) -> None:
    with pytest.raises(NotReadyError), Log("2026-02", ["open_deals"]):
        raise NotReadyError("Not there.", "Wanted.", "Later.")
    with pytest.raises(ZeroDivisionError), Log("2026-02", ["open_deals"]):
        raise ZeroDivisionError("postgres://someone:hunter2@warehouse")
    with pytest.raises(KeyboardInterrupt), Log("2026-02", ["open_deals"]):
        raise KeyboardInterrupt
    late, broken = read_log(capsys.readouterr().out)
    assert (late["status"], late["cause"], late["level"]) == (
        "not_ready",
        "Not there. Wanted. Later.",
        "warning",
    )
    assert (broken["status"], broken["level"]) == ("failed", "error")
    assert broken["cause"].startswith("ZeroDivisionError;")  # its text was not written for people


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory) -> tuple[Project, Done]:
    """A project of which last month was published, and what the run told."""
    project = make_project(tmp_path_factory.mktemp("scheduled") / "project", ["sales"])
    with (project.folder / "data" / "sales.csv").open("a") as sales:
        sales.write(f"late,,{LAST_MONTH}-15,1.0,lamp\n")
    return project, command(project, "last-month", FORCE_COLOR="1")


def test_without_a_terminal_there_is_a_line_a_report_and_one_for_the_run(scheduled) -> None:
    _, first = scheduled
    assert first.code == 0, first.err
    assert first.err == ""
    assert "\x1b" not in first.out
    *reports, last = read_log(first.out)
    assert {line["report"] for line in reports} == {"sales_dynamics", "customer_abc", "summary"}
    assert {line["status"] for line in reports} == {"published"}
    assert all(float(line["seconds"]) > 0 for line in reports)
    assert (last["period"], last["status"]) == (LAST_MONTH, "published")
    assert last["page"] == str(Path("reports", LAST_MONTH, "index.html"))


def test_the_second_run_does_nothing_and_says_so(scheduled) -> None:
    project, _ = scheduled
    before = {path: path.stat().st_mtime_ns for path in project.reports.rglob("*") if path.is_file()}
    files = project.files()
    second = command(project, "last-month", FORCE_COLOR="1")
    assert second.code == 0
    assert second.err == ""
    *reports, last = read_log(second.out)
    assert [(line["report"], line["status"]) for line in reports] == [
        (stem, "up_to_date") for stem in ("summary", "sales_dynamics", "customer_abc")
    ]
    assert (last["status"], last["page"]) == ("up_to_date", f"reports/{LAST_MONTH}/index.html")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert project.files() == files


def test_a_failure_is_told_on_standard_error_too(published: Project) -> None:
    published.write("2_customer_abc", "raise ValueError('\\x1b[2Jboo')", title="Clients")
    failed = published.report("2026-02")
    assert failed.exit_code == 1
    assert "2026-02 customer_abc failed: cell 3: ValueError: \\u001b[2Jboo" in failed.stderr
    assert "\x1b" not in failed.stdout + failed.stderr
    last = read_log(failed.stdout)[-1]
    assert (last["status"], last["level"], last["page"]) == ("failed", "error", "reports/2026-02/index.html")


def test_a_reader_who_hangs_up_gets_no_traceback(scheduled) -> None:
    line = f"{sys.executable} -m crm_analysis report last-month --data data | true"
    done = subprocess.run(["sh", "-c", line], cwd=scheduled[0].folder, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert b"Logging error" not in done.stderr


def test_in_a_terminal_there_are_lines_for_people(scheduled) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "crm_analysis", "report", "last-month", "--data", "data"],
        cwd=scheduled[0].folder, stdout=theirs, stderr=theirs, stdin=theirs,
        env={**os.environ, "TERM": "xterm"},
    ) as run:  # fmt: skip
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 65536):
                seen += part
        except OSError:  # the other end is closed
            pass
        finally:
            os.close(ours)
    assert run.returncode == 0
    text = seen.decode()
    assert f"{LAST_MONTH}  up to date; --force runs it again" in text
    assert f"reports/{LAST_MONTH}/index.html" in text
    assert "status=" not in text
