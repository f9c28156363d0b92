"""Run one notebook in a kernel of its own, strictly: any error, exit or dead kernel is a failure.

What papermill writes into a notebook does not tell whether it succeeded; what it raises does. A cell that
leaves by ``sys.exit`` raises nothing, so error outputs are looked for as well.

The kernel is the interpreter that runs this module, whatever kernels are registered on the machine. It talks
over private sockets, keeps no history, and sees one thread of arithmetic, UTC and a fixed hash seed.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import papermill
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from crm_analysis import errors
from crm_analysis.reporting.cleaning import from_text
from crm_analysis.reporting.forked import NAME, ONE_THREAD, SOCKET, is_gone
from crm_analysis.result import OUT

if TYPE_CHECKING:
    from types import FrameType

    from crm_analysis.reporting.parameters import Value

Status = Literal["published", "failed", "left_out"]

ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    **ONE_THREAD,
}
_START_SECONDS = 120


#: Set once Ctrl-C was heard.
_interrupted = threading.Event()


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
    """

    stem: str
    text: str
    parameters: dict[str, Value]
    out: Path


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


class OwnKernel(AsyncKernelManager):
    """A kernel of this very interpreter, reached over sockets in a private folder."""

    _alive: ClassVar[set[OwnKernel]] = set()

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._folder = tempfile.mkdtemp(prefix="crm-")
        settings["connection_file"] = str(Path(self._folder) / "kernel.json")
        settings["transport"] = "tcp" if os.name == "nt" else "ipc"
        super().__init__(*args, **settings)
        self._alive.add(self)

    @classmethod
    def kill_all(cls) -> None:
        """End kernels whose notebook was interrupted: nothing waits for them any more."""
        for kernel in tuple(cls._alive):
            process = getattr(kernel.provisioner, "process", None)
            if process is not None:
                process.kill()
            shutil.rmtree(kernel._folder, ignore_errors=True)
        cls._alive.clear()

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel that this interpreter has, not one that is registered under its name."""
        about = get_kernel_dict()
        if SOCKET in os.environ:
            about["metadata"] |= {"kernel_provisioner": {"provisioner_name": NAME}}
        return KernelSpec(**about)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        """Remove the sockets with the kernel."""
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            self._alive.discard(self)
            shutil.rmtree(self._folder, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


def begin_work() -> None:
    """Make a process of a pool hear Ctrl-C, which it was started deaf to, and end with its owner."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # forget one that came while this process was loading
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, _interrupt)
    threading.Thread(target=_end_with_owner, daemon=True).start()


def _end_with_owner() -> None:
    """End when the owner of the pool was killed: the pool would wait for its next task forever."""
    if owner := multiprocessing.parent_process():
        owner.join()
        OwnKernel.kill_all()
        os._exit(1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _interrupted.set()
    raise KeyboardInterrupt


def execute(task: Task) -> Outcome:
    """Run a notebook and write it, executed, to ``<stem>.ipynb`` in its folder.

    Whatever goes wrong in the notebook or its kernel comes back in the outcome, so that one report does not
    stop the others.
    """
    if _interrupted.is_set():  # the pool hands on what it had queued
        raise KeyboardInterrupt
    os.environ.update(ENVIRONMENT, **{OUT: str(task.out)})
    logging.getLogger("papermill").addHandler(logging.NullHandler())
    started = time.perf_counter()
    try:
        status, cell, error = _attempt(task)
    except KeyboardInterrupt:
        OwnKernel.kill_all()
        raise
    return Outcome(task.stem, status, cell, error, round(time.perf_counter() - started, 3))


def _attempt(task: Task) -> tuple[Status, int | None, str]:
    path = task.out / f"{task.stem}.ipynb"
    try:
        done = papermill.execute_notebook(
            from_text(task.text),
            _without_fields(path),
            task.parameters,
            kernel_name="python3",
            kernel_manager_class=OwnKernel,
            progress_bar=False,
            start_timeout=_START_SECONDS,
            autosave_cell_every=0,
            coalesce_streams=True,
            shutdown_kernel="immediate",
        )
    except PapermillExecutionError as failure:
        status: Status = "left_out" if failure.ename == "MissingTableError" else "failed"
        return status, failure.exec_count, _one_line(failure.ename, failure.evalue)
    except DeadKernelError:
        if is_gone():  # it took the kernel with it; the next one is started cold
            os.environ.pop(SOCKET)
            return _attempt(task)
        return "failed", _last_run(path), "The kernel died; too little memory is the usual reason."
    except Exception as failure:  # whatever it is, it ends this report only, and is told
        return "failed", None, _one_line(type(failure).__name__, str(failure))
    for cell in done.cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                return "failed", cell["execution_count"], _one_line(output["ename"], output["evalue"])
    return "published", None, ""


def _without_fields(path: Path) -> str:
    """Keep papermill from filling in what stands in braces in a path."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _last_run(path: Path) -> int | None:
    """Return the number of the last cell that was begun in a notebook left behind.

    A kernel that dies may or may not have told the number of its cell; when the cell was begun is written
    by papermill itself.
    """
    if not path.is_file():
        return None
    cells = from_text(path.read_text(encoding="utf-8")).cells
    begun = [c for c in cells if c.cell_type == "code" and c.metadata.papermill.get("start_time")]
    return len(begun)


def _one_line(name: str, message: str) -> str:
    first = message.strip().splitlines()[0] if message.strip() else ""
    if first and hasattr(errors, name):  # written for people
        return first
    return f"{name}: {first}" if first else name
