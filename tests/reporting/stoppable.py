"""Runs of the command that can be stopped anywhere: each is a fork of this script, which has loaded all.

``python -m tests.reporting.stoppable`` reads a line of JSON with runs that begin at once. It answers with the
numbers of their processes and, when all have ended, with their exit codes. What a run writes to stderr, and
the number of steps it took, stand in files of its folder, named by the version that its reports carry.

Unless kernels are asked for, notebooks are not run: what they would leave is written straight away. A step is
whatever touches the file system.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from nbformat.v4 import new_output
from tests.reporting.conftest import SAVE, make_notebook

from crm_analysis.cli import main
from crm_analysis.reporting import exporter, forked, keys, manifest, period_run, publish, run, site
from crm_analysis.reporting.cleaning import as_text, from_text
from crm_analysis.reporting.execute import Outcome, Task
from crm_analysis.reporting.warm import LIBRARIES
from crm_analysis.result import OUT

_TOUCHING = ("os.", "shutil.", "ctypes.dlsym", "tempfile.")


def leave(task: Task, asked: dict[str, Any]) -> Outcome:
    """Leave what a notebook leaves."""
    notebook = from_text(task.text)
    notebook.cells[-1].outputs = [new_output("stream", text=f"version {asked['version']}\n")]
    (task.out / f"{task.stem}.ipynb").write_text(as_text(notebook), encoding="utf-8")
    time.sleep(asked["slow"])
    if task.stem in asked["fail"]:
        return Outcome(task.stem, "failed", 3, f"ValueError: version {asked['version']}")
    if task.stem != "summary":
        os.environ[OUT] = str(task.out)
        save = SAVE.replace("It was read.", f"version {asked['version']}").replace(
            "sales,1", asked["version"]
        )
        exec(save.format(stem=task.stem), {})
    return Outcome(task.stem, "published", seconds=0.1)


class Steps:
    """Counts what touches the file system, and stops the process at one of them."""

    def __init__(self, stop: int) -> None:
        self.stop, self.taken = stop, 0
        sys.addaudithook(self)

    def __call__(self, event: str, details: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event.startswith(_TOUCHING):
            self.taken += 1
            if self.taken == self.stop:
                os.kill(os.getpid(), signal.SIGKILL)


def work(asked: dict[str, Any]) -> None:
    """Be the command, and end."""
    os.chdir(asked["folder"])
    if asked["kernels"] is None:
        period_run.execute = lambda task: leave(task, asked)
        forked.warm_process = run.warm_process = lambda *_, **__: nullcontext()
    elif asked["kernels"] == "cold":
        forked.is_possible = lambda: False
    else:  # the script of the warm process that they are forked from
        forked.warm.__file__ = asked["kernels"]
    if asked["two_steps"]:
        publish.exchange = lambda *_: False
    if asked["most_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"], resource.RLIM_INFINITY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(f"{asked['version']}.stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    steps, code = Steps(asked["stop"]), 0
    try:
        main.main(asked["arguments"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    Path(f"{asked['version']}.steps").write_text(str(steps.taken))
    os._exit(code)


def begin(asked: dict[str, Any]) -> int:
    """Begin a run; return the number of its process."""
    process = os.fork()
    if not process:
        work(asked)
    return process


if __name__ == "__main__":
    for name in (*LIBRARIES, "crm_analysis.dataset", "crm_analysis.reporting.conclusion"):
        import_module(name)
    with tempfile.TemporaryDirectory() as empty:
        site.render_index(Path(empty))
    # each fork would find these out again
    exporter.to_html(from_text(as_text(make_notebook("1"))), exporter.Page("A page"))
    keys.package(), keys.environment(), keys.templates(), manifest.versions()
    for line in sys.stdin:
        processes = [begin(asked) for asked in json.loads(line)]
        print(json.dumps(processes), flush=True)
        codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
        print(json.dumps(codes), flush=True)
