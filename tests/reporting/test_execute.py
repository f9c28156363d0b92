"""One notebook in a kernel of its own: what counts as success, and what surrounds it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import papermill.engines
import papermill.execute
import pytest
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from tests.reporting.conftest import ended, make_notebook

from crm_analysis.reporting.cleaning import as_text, from_text
from crm_analysis.reporting.execute import Outcome, Task, execute
from crm_analysis.reporting.forked import ENVIRONMENT, SOCKET
from crm_analysis.result import OUT


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch):
    """Run cells; give back the outcome and the notebook left behind."""
    for name in (OUT, *ENVIRONMENT):  # none of it comes from outside
        monkeypatch.setenv(name, "")
    out = tmp_path / "with {braces}"
    out.mkdir()

    def run(*cells: str, limits: tuple[float, ...] = (), **parameters: str) -> tuple[Outcome, list[str]]:
        outcome = execute(Task("report", as_text(make_notebook(*cells)), parameters, out, *limits))
        cells_left = from_text((out / "report.ipynb").read_text()).cells
        texts = [
            o.text if "text" in o else o.get("data", {}).get("text/plain", "")
            for c in cells_left
            for o in c.get("outputs", ())
        ]
        return outcome, texts

    return run


def test_the_kernel_is_this_interpreter_in_a_quiet_place(attempt, monkeypatch, tmp_path: Path) -> None:
    # a kernel that somebody registered under the same name must not be used
    spec = tmp_path / "share" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        '{"argv": ["/bin/false", "{connection_file}"], "display_name": "x", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    outcome, texts = attempt(
        "import sys, os, time; print(sys.executable)",
        "print(period, os.environ['CRM_ANALYSIS_OUT'].rsplit('/', 1)[-1])",
        "print(*map(os.environ.get, ('TZ', 'PYTHONHASHSEED', 'MPLBACKEND', 'OMP_NUM_THREADS')))",
        "print(get_ipython().history_manager.hist_file)",
        period="2026-Q3",
    )
    assert outcome == Outcome("report", "published")
    assert outcome.seconds > 0
    assert [text.strip() for text in texts] == [
        sys.executable,
        "2026-Q3 with {braces}",
        "UTC 0 agg 1",
        ":memory:",
    ]


REACHED = """\
import json, pathlib
from ipykernel.connect import get_connection_file
file = pathlib.Path(get_connection_file())
print(json.loads(file.read_text())["transport"], oct(file.parent.stat().st_mode & 0o777))"""


@pytest.mark.skipif(os.name == "nt", reason="sockets have no files there")
def test_nobody_else_reaches_a_kernel(attempt) -> None:
    assert attempt(REACHED)[1] == ["ipc 0o700\n"]


def test_sockets_go_with_the_kernel(attempt, monkeypatch) -> None:
    with tempfile.TemporaryDirectory(prefix="t-") as place:  # short: paths of sockets have a limit
        monkeypatch.setattr(tempfile, "tempdir", place)
        outcome, texts = attempt(f"import os; print(os.listdir({place!r}))")
        assert outcome.status == "published"
        assert "crm-" in texts[0]
        assert list(Path(place).iterdir()) == []


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1 / 0", Outcome("report", "failed", 3, "ZeroDivisionError: division by zero")),
        ("import sys; sys.exit(0)", Outcome("report", "failed", 3, "SystemExit: 0")),
        ("raise KeyError()", Outcome("report", "failed", 3, "KeyError")),
        (
            "from crm_analysis.errors import DataError; raise DataError('Nothing to read.', 'b', 'c')",
            Outcome("report", "failed", 3, "Nothing to read."),
        ),
        (
            "import crm_analysis.errors as e; raise e.MissingTableError('No table.', 'b', 'c')",
            Outcome("report", "left_out", 3, "No table."),
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            Outcome("report", "failed", 3, "The kernel was killed; too little memory is the usual reason."),
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            Outcome("report", "failed", 3, "The kernel crashed (SIGSEGV)."),
        ),
        (
            "import os; os._exit(0)",
            Outcome("report", "failed", 3, "The kernel ended before its notebook, with exit code 0."),
        ),
    ],
    ids=["error", "exit", "no message", "user error", "missing table", "killed", "crash", "left"],
)
def test_whatever_is_not_success_is_told_with_its_cell(attempt, cell: str, expected: Outcome) -> None:
    outcome, texts = attempt("print('before')", cell, "print('never')")
    assert outcome == expected
    assert "before\n" in texts  # what it said is kept for whoever looks for the cause
    assert "never\n" not in texts


WAITING = """\
import pathlib, subprocess, time
child = subprocess.Popen(["sleep", "600"])
print(child.pid, flush=True)
time.sleep(600)"""


@pytest.mark.parametrize(
    ("limits", "error"),
    [((0.03,), "It took longer than 0.03 minutes."), ((1, 0.03), "This cell took longer than 0.03 minutes.")],
    ids=["report", "cell"],
)
def test_what_takes_too_long_is_ended_with_all_it_started(attempt, limits, error: str) -> None:
    outcome, texts = attempt("x = 1", WAITING, "print('never')", limits=limits)
    assert outcome == Outcome("report", "failed", 3, error)
    assert outcome.seconds < 30
    assert ended(*map(int, texts))


def test_a_limit_that_is_not_reached_changes_nothing(attempt) -> None:
    assert attempt("x = 1", limits=(0.5, 0.5))[0] == Outcome("report", "published")


def test_notebooks_beside_each_other_know_nothing_of_each_other(tmp_path: Path) -> None:
    def place(number: int) -> Path:
        out = tmp_path / str(number)
        out.mkdir()
        cell = "import os, time; time.sleep(0.5); print(period, os.environ['CRM_ANALYSIS_OUT'])"
        task = Task("report", as_text(make_notebook(cell)), {"period": f"201{number}"}, out)
        assert execute(task) == Outcome("report", "published")
        return out

    before = dict(os.environ)
    with ThreadPoolExecutor(3) as pool:
        places = list(pool.map(place, range(3)))
    assert dict(os.environ) == before
    for number, out in enumerate(places):
        assert f"201{number} {out}\\n" in (out / "report.ipynb").read_text()


def test_the_notebook_is_written_at_its_ends_only(attempt, monkeypatch) -> None:
    written = []
    for module in ("engines", "execute"):
        real = getattr(papermill, module).write_ipynb
        monkeypatch.setattr(
            f"papermill.{module}.write_ipynb", lambda *to, real=real: (real(*to), written.append(1))
        )
    attempt(*["x = 1"] * 5)
    assert len(written) == 2


def test_an_idle_kernel_is_not_interrupted_before_it_is_ended(attempt, monkeypatch) -> None:
    # it would write of it to stderr, and a scheduler would send mail
    sent: list[int] = []
    real = LocalProvisioner.send_signal

    async def spy(self, number: int) -> None:
        sent.append(number)
        await real(self, number)

    monkeypatch.setattr(LocalProvisioner, "send_signal", spy)
    assert attempt("1 + 1")[0].status == "published"
    assert attempt("1 / 0")[0].status == "failed"
    assert signal.SIGINT not in sent


def test_a_kernel_that_cannot_start_is_a_failure(tmp_path: Path, monkeypatch) -> None:
    kernel = {"argv": [sys.executable, "-c", "", "{connection_file}"], "language": "python"}
    monkeypatch.setattr("crm_analysis.reporting.kernel.get_kernel_dict", lambda: kernel)
    monkeypatch.setattr("os.environ", {k: v for k, v in os.environ.items() if k != SOCKET})
    outcome = execute(Task("report", as_text(make_notebook("1")), {}, tmp_path))
    assert outcome == Outcome("report", "failed", None, outcome.error)
    assert outcome.error == "The kernel ended before its notebook, with exit code 0."
