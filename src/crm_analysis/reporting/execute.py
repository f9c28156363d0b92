"""Run one notebook in a kernel of its own, strictly: any error, exit or dead kernel is a failure.

What papermill writes into a notebook does not tell whether it succeeded; what it raises does. A cell that
leaves by ``sys.exit`` raises nothing, so error outputs are looked for as well.

The kernel is the process that does the work: notebooks may run beside each other in threads of the process
that asks.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from crm_analysis import errors
from crm_analysis.reporting.cleaning import from_text
from crm_analysis.reporting.forked import SOCKET, is_gone
from crm_analysis.reporting.kernel import OwnKernel

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.reporting.parameters import Value

Status = Literal["published", "failed", "left_out"]

#: Minutes after which a report is given up, unless another number is asked for.
DEADLINE = 30.0
_START_SECONDS = 120


@dataclass(frozen=True)
class Task:
    """A notebook to run.

    Parameters
    ----------
    stem
        Name of the report.
    text
        The notebook as JSON.
    parameters
        Values for its parameters.
    out
        Folder where results are saved and the executed notebook is written.
    deadline
        Minutes after which its kernel is killed, with all that it has started.
    cell_deadline
        The same for one cell; None where only the whole counts.
    variables
        Names of variables of the environment that the data need.
    """

    stem: str
    text: str
    parameters: dict[str, Value]
    out: Path
    deadline: float = DEADLINE
    cell_deadline: float | None = None
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Parameters
    ----------
    stem
        Name of the report.
    status
        ``published`` where all went well, ``failed``, or ``left_out`` where the data lack a table.
    cell
        Number of the cell that failed, as shown in brackets beside it; None where no cell did.
    error
        The cause in one line.
    seconds
        How long it took.
    """

    stem: str
    status: Status
    cell: int | None = None
    error: str = ""
    seconds: float = field(default=0.0, compare=False)


class _SaveOnce(NBClientEngine):  # type: ignore[misc]  # has no types
    """Writes the notebook when it begins and when it ends, however it ends; papermill does twice a cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **settings: Any) -> None:
        """Run the cells."""
        path, nb_man.output_path = nb_man.output_path, None
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **settings)
        except BaseException:
            nb_man.output_path = path  # what came of it is written; papermill itself writes what is whole
            raise


papermill_engines.register(_SaveOnce.__name__, _SaveOnce)


def execute(task: Task) -> Outcome:
    """Run a notebook and write it, executed, to ``<stem>.ipynb`` in its folder.

    Whatever goes wrong in the notebook or its kernel comes back in the outcome, so that one report does not
    stop the others.
    """
    logging.getLogger("papermill").addHandler(logging.NullHandler())
    started = time.perf_counter()
    status, cell, error = _attempt(task)
    return Outcome(task.stem, status, cell, error, round(time.perf_counter() - started, 3))


def _attempt(task: Task) -> tuple[Status, int | None, str]:
    path, kernel = task.out / f"{task.stem}.ipynb", OwnKernel.of(task)
    try:
        done = papermill.execute_notebook(
            from_text(task.text),
            _without_fields(path),
            task.parameters,
            engine_name=_SaveOnce.__name__,
            kernel_name="python3",
            kernel_manager_class=kernel,
            progress_bar=False,
            start_timeout=_START_SECONDS,
            execution_timeout=math.ceil(60 * task.cell_deadline) if task.cell_deadline else None,
            coalesce_streams=True,
            shutdown_kernel="immediate",
        )
    except PapermillExecutionError as failure:
        status: Status = "left_out" if failure.ename == "MissingTableError" else "failed"
        return status, failure.exec_count, _one_line(failure.ename, failure.evalue)
    except Exception as failure:  # whatever it is, it ends this report only, and is told
        if isinstance(failure, DeadKernelError) and not kernel.late and is_gone():
            os.environ.pop(SOCKET, None)  # it took the kernel with it; the next one is started cold
            return _attempt(task)
        return "failed", _last_run(path), _why(failure, kernel)
    for cell in done.cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                return "failed", cell["execution_count"], _one_line(output["ename"], output["evalue"])
    return "published", None, ""


def _why(failure: Exception, kernel: type[OwnKernel]) -> str:
    """Say why a notebook did not come to its end, in one line."""
    if kernel.late:
        return f"It took longer than {_minutes(kernel.task.deadline)}."
    if isinstance(failure, CellTimeoutError):
        return f"This cell took longer than {_minutes(kernel.task.cell_deadline or 0.0)}."
    if not isinstance(failure, DeadKernelError):
        return _one_line(type(failure).__name__, str(failure))
    if kernel.code == -signal.SIGKILL:
        return "The kernel was killed; too little memory is the usual reason."
    if kernel.code is not None and kernel.code < 0:
        return f"The kernel crashed ({signal.Signals(-kernel.code).name})."
    return f"The kernel ended before its notebook, with exit code {kernel.code}."


def _minutes(number: float) -> str:
    return "1 minute" if number == 1 else f"{number:g} minutes"


def _without_fields(path: Path) -> str:
    """Keep papermill from filling in what stands in braces in a path."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _last_run(path: Path) -> int | None:
    """Return the number of the last cell that was begun in a notebook left behind; None before the first.

    A kernel that dies may or may not have told the number of its cell; when the cell was begun is written
    by papermill itself.
    """
    if not path.is_file():
        return None
    cells = from_text(path.read_text(encoding="utf-8")).cells
    begun = [c for c in cells if c.cell_type == "code" and c.metadata.papermill.get("start_time")]
    return len(begun) or None


def _one_line(name: str, message: str) -> str:
    first = message.strip().splitlines()[0] if message.strip() else ""
    if first and hasattr(errors, name):  # written for people
        return first
    return f"{name}: {first}" if first else name
