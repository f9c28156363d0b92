"""The kernel of a report: this interpreter, in a quiet place of its own.

It is the interpreter that runs this module, whatever kernels are registered on the machine. It talks over
private sockets, keeps no history, and sees one thread of arithmetic, UTC and a fixed hash seed. It has a
deadline, and what it has started ends with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any, ClassVar

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from crm_analysis.reporting.client import Client
from crm_analysis.reporting.environment import of_kernel
from crm_analysis.reporting.forked import ENVIRONMENT, NAME, SOCKET
from crm_analysis.reporting.keeper import KEEPER
from crm_analysis.reporting.sockets import SocketFolder
from crm_analysis.result import OUT

if TYPE_CHECKING:
    from crm_analysis.reporting.execute import Task

_LOOK_SECONDS = 0.01


class OwnKernel(AsyncKernelManager):
    """A kernel of this very interpreter, reached over sockets in a private folder.

    nbclient makes it from its class alone: each task has a class of its own, by :meth:`of`.
    """

    task: ClassVar[Task]
    #: Whether it was killed for having taken too long.
    late: ClassVar[bool] = False
    #: The exit code, where it ended by itself or was killed by another.
    code: ClassVar[int | None] = None
    _alive: ClassVar[set[OwnKernel]] = set()
    #: The process group of a cold kernel; that of a forked one is known to who forked it.
    _group: int | None = None
    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._folder = SocketFolder()
        settings["connection_file"] = str(self._folder.path / "kernel.json")
        settings["transport"] = "tcp" if os.name == "nt" else "ipc"
        settings["client_factory"] = Client
        super().__init__(*args, **settings)
        self._alive.add(self)

    @staticmethod
    def of(task: Task) -> type[OwnKernel]:
        """Return the class of the kernel of a task."""
        return type("KernelOfTask", (OwnKernel,), {"task": task})

    @classmethod
    def kill_all(cls) -> None:
        """End all kernels there are: their notebooks end as those of kernels that died."""
        for kernel in tuple(cls._alive):
            kernel._kill()

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel that this interpreter has, not one that is registered under its name."""
        about = get_kernel_dict()
        if SOCKET in os.environ:
            about["metadata"] |= {"kernel_provisioner": {"provisioner_name": NAME}}
        return KernelSpec(**about)

    async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override]  # as it is above
        """Start the kernel in its environment; its time begins."""
        seen = of_kernel(os.environ, self.task.variables)
        env = {**seen, **ENVIRONMENT, OUT: str(self.task.out)}
        await super().start_kernel(**settings, env=env)
        if group := getattr(self.provisioner, "pgid", None):
            self._group = group
            KEEPER.watch(group)
        seconds = 60 * self.task.deadline
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        type(self).late = True
        self._kill()

    def _kill(self) -> None:
        """Kill the kernel and what it has started, unless it has ended."""
        process = getattr(self.provisioner, "process", None)
        if process is None or process.poll() is not None:
            return
        if self._group is not None:
            os.killpg(self._group, signal.SIGKILL)
        else:
            process.kill()

    async def _async_interrupt_kernel(self) -> None:
        """Do nothing: an idle kernel, interrupted before it is ended as Jupyter does, complains on stderr."""

    async def _async_wait(self, pollinterval: float = _LOOK_SECONDS) -> None:
        """Wait until it has ended, which it does at once: Jupyter looks every tenth of a second."""
        await super()._async_wait(pollinterval)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        """Remove the sockets with the kernel, and what it has started and left running."""
        if self._deadline is not None:
            self._deadline.cancel()
        if process := getattr(self.provisioner, "process", None):
            type(self).code = process.poll()
        if self._group is not None:
            KEEPER.end(self._group)
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            self._alive.discard(self)
            self._folder.remove()

    cleanup_resources = _async_cleanup_resources
