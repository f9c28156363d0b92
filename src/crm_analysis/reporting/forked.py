"""Kernels forked from a warm process, for Jupyter: papermill, nbclient and JupyterLab know no difference.

A kernel specification asks for them by the name of their provisioner in its metadata, as the one called
``crm-analysis`` does that is installed with this package. While :func:`warm_process` runs, such a kernel is a
fork of it, ready in a moment. Without one, or where anything goes wrong with it, the same kernel is started
cold.

Examples
--------
>>> import papermill
>>> from crm_analysis.reporting.forked import warm_process
>>> with warm_process():  # doctest: +SKIP
...     papermill.execute_notebook("a.ipynb", "done.ipynb", kernel_name="crm-analysis")
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from crm_analysis.reporting import warm
from crm_analysis.reporting.environment import of_kernel
from crm_analysis.reporting.fork import Fork
from crm_analysis.reporting.sockets import SocketFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jupyter_client.connect import KernelConnectionInfo

#: Name of the provisioner, as kernel specifications give it.
NAME = "crm-analysis-forked"
#: Environment variable with the socket of the warm process.
SOCKET = "CRM_ANALYSIS_WARM"
#: The environment of a warm process and of kernels that are to be forks of it: with more than one thread of
#: arithmetic there would be threads before the fork.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
#: What the kernels of reports have besides the environment of the process that asks.
ENVIRONMENT = {"MPLBACKEND": "agg", "PYTHONHASHSEED": "0", "TZ": "UTC", **ONE_THREAD}
#: The allocator of pyarrow starts a thread of its own unless told not to.
_NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
#: How a kernel of this interpreter is started cold; its own arguments follow.
_COLD = make_ipkernel_cmd()[: -len(("-f", "{connection_file}"))]
_END_SECONDS = 5.0
_LOOK_SECONDS = 0.01


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel as a fork of the warm process, or cold where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel."""
        env = dict(kwargs.get("env") or os.environ)
        address = env.pop(SOCKET, "")  # not for the kernel to know
        cwd = str(kwargs.get("cwd") or Path.cwd())
        usual = not kwargs.keys() & {"stdin", "stdout", "stderr", "independent"}
        if address and usual and cmd[: len(_COLD)] == _COLD:
            try:
                kernel = await asyncio.to_thread(Fork, address, cmd[len(_COLD) :], env, cwd)
            except (OSError, ValueError):
                pass
            else:
                # no process group: signals go by way of the warm process, which knows who still lives
                self.process = kernel  # type: ignore[assignment]  # has what is used of one
                self.pid, self.pgid = kernel.pid, None
                self.cwd = cwd
                return self.connection_info
        return await super().launch_kernel(cmd, **{**kwargs, "env": env})

    async def wait(self) -> int | None:
        """Wait for the end of the kernel; looks more often than usual, since it comes at once."""
        while await self.poll() is None:
            await asyncio.sleep(_LOOK_SECONDS)
        code: int | None = await super().wait()
        return code


#: Addresses of the warm processes begun here, by environment and package.
_begun: dict[tuple[object, ...], str] = {}


@contextmanager
def warm_process(environment: Mapping[str, str] = ONE_THREAD, *, package: str = "") -> Iterator[None]:
    """Keep a warm process: kernels started meanwhile, here or in processes begun here, are its forks.

    It loads in the background: a kernel asked for too early waits for it. Where the same one is wanted again
    meanwhile, it is that one.

    Parameters
    ----------
    environment
        What its environment has besides that of this process. Kernels that want other values of what Python
        or its libraries read when they start, such as PYTHONHASHSEED, are started cold.
    package
        Loaded besides the libraries, public name by public name; not for a package that changes meanwhile.

    Notes
    -----
    Only on Linux; elsewhere a fork is unsafe or does not exist, and all kernels are started cold.
    """
    outer, wanted = os.environ.get(SOCKET), (package, *sorted(environment.items()))
    if outer is not None and outer == _begun.get(wanted):
        yield
        return
    os.environ.pop(SOCKET, None)
    folder = SocketFolder()
    process = None
    try:
        if is_possible():
            address = str(folder.path / "socket")
            process = _start(address, {**of_kernel(os.environ), **environment, **_NO_THREADS}, package)
            if process is not None:
                os.environ[SOCKET] = _begun[wanted] = address
        yield
    finally:
        _begun.pop(wanted, None)
        os.environ.pop(SOCKET, None)
        if outer is not None:
            os.environ[SOCKET] = outer
        if process is not None:
            _end(process)
        folder.remove()


def is_possible() -> bool:
    """Say whether kernels can be forked here, and Jupyter finds out how."""
    known = entry_points(group="jupyter_client.kernel_provisioners", name=NAME)
    return sys.platform == "linux" and bool(known)


def is_gone() -> bool:
    """Say whether a warm process was there and has ended."""
    address = os.environ.get(SOCKET)
    if address is None:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(address)
        except OSError:
            return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a warm process, and with it its kernels and what they have started."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(address: str, env: dict[str, str], package: str) -> subprocess.Popen[bytes] | None:
    """Start a warm process that listens at an address; None where that cannot be."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            # listening before it runs: who connects waits for it, and learns at once if it dies
            listener.bind(address)
            listener.listen()
            listener.set_inheritable(True)
            # this interpreter and this package, nothing that came from outside
            return subprocess.Popen(  # noqa: S603
                [*_COLD[:-2], warm.__file__, str(listener.fileno()), str(os.getpid()), package],
                env=env,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return None
