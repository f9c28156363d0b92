"""A process that has imported what reports need, and becomes a fresh kernel whenever it is asked.

Run as a script, ``python warm.py FD PARENT [PACKAGE]``, by the process of number ``PARENT``, with a listening
socket as file descriptor ``FD``. It imports libraries, and the public names of a package where one is given:
it has one thread, no data, no connection and no event loop, so what it forks is as clean as a process that
was just started. It ends with the process that started it, and takes its kernels along.

A client connects, sends one line of JSON (``argv``, ``env`` and ``cwd`` of the kernel) with its own stdout
and stderr, and reads the number of the process. From then on each line it sends is a signal for the kernel
and its children. The last line it reads is the exit code. A client that goes away takes its kernel with it.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import gc
import importlib
import json
import os
import re
import selectors
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

#: Wanted by most notebooks, some of them only once a figure is computed or shown. None starts a thread.
LIBRARIES = (
    *("numpy", "pandas", "pyarrow.dataset", "scipy.stats", "scipy.optimize", "statsmodels.genmod.api"),
    *("duckdb", "ibis.backends.duckdb.converter", "sqlglot", "babel.numbers", "babel.dates", "rapidfuzz"),
    *("matplotlib.pyplot", "matplotlib.backends.backend_agg", "seaborn", "PIL.PngImagePlugin", "xlsxwriter"),
    # wanted by each kernel, though nobody debugs it
    *("IPython.core.interactiveshell", "IPython.core.completer", "IPython.core.debugger", "sqlite3"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", "tornado.platform.asyncio"),
)
#: Read when Python and its libraries start: a kernel that wants other values cannot be a fork.
_AT_START = re.compile(r"(PYTHON|LD_|LC_|LANG|OMP_|OPENBLAS_|MKL_|ARROW_)|(HOME|MPLCONFIGDIR|MATPLOTLIBRC)$")
_INLINE = "module://matplotlib_inline.backend_inline"
_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_POLL_SECONDS = 1.0
_REQUEST_SECONDS = 5.0
_MOST_BYTES = 1 << 20
#: New objects after which a kernel looks for garbage. Python's 700 takes a twelfth of the time of a notebook,
#: since queries are built of many small parts, and finds nothing.
_LOOK_FOR_GARBAGE = 50_000


class _Request(NamedTuple):
    argv: list[str]
    env: dict[str, str]
    cwd: str
    server: int


def serve(listener: socket.socket, parent: int, package: str = "") -> _Request | None:
    """Import, then fork for every request until the parent is gone.

    Returns what kernel to become, in a fork; None in the server itself, when it has to end. Raises
    RuntimeError where an import has started a thread: a fork would copy the locks it holds.
    """
    _end_with(parent, signal.SIGTERM)
    gc.disable()  # an import makes next to no garbage, and collecting it takes a tenth of the time
    _load(package)
    gc.enable()
    if (threads := len(list(Path("/proc/self/task").iterdir()))) > 1:
        raise RuntimeError(f"{threads} threads after the imports, where one may be.")
    gc.collect()
    gc.freeze()  # what is imported stays in pages that all kernels share
    return _Server(listener, parent).run()


def _load(package: str) -> None:
    """Import libraries that are there, and a package whole: a lazy one does not wait to be asked.

    pandas shows frames otherwise in a terminal, and finds out when it is imported; as in a kernel is right.
    """
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    pending = [importlib.import_module(package)] if package else []
    while pending:
        module = pending.pop()
        found = [getattr(module, name) for name in getattr(module, "__all__", ())]
        pending += [one for one in found if hasattr(one, "__path__")]
    del builtins.get_ipython  # type: ignore[attr-defined]


def _end_with(parent: int, number: signal.Signals) -> None:
    """Have the system send this process a signal when its parent ends; end now if it has ended already."""
    ctypes.CDLL(None, use_errno=True).prctl(_DEATH_OF_PARENT, number)
    if os.getppid() != parent:
        os._exit(1)


class _Server:
    """Kernels by the connection of the client that asked for them."""

    def __init__(self, listener: socket.socket, parent: int) -> None:
        self._parent, self._listener = parent, listener
        self._kernels: dict[socket.socket, int] = {}
        self._ending = False
        self._selector = selectors.DefaultSelector()
        # a child that ends wakes the wait below
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end)
        for one in (listener, self._wake):
            self._selector.register(one, selectors.EVENT_READ)

    def run(self) -> _Request | None:
        """Serve; return in a fork with what it is to become, and in the server when its parent is gone."""
        while not self._ending and os.getppid() == self._parent:
            for key, _ in self._selector.select(_POLL_SECONDS):
                if key.fileobj is self._wake:
                    self._wake.recv(1 << 10)
                elif key.fileobj is not self._listener:
                    self._hear(key.fileobj)  # type: ignore[arg-type]
                elif request := self._accept():
                    return request
            self._bury()
        for kernel in self._kernels.values():
            _send(kernel, signal.SIGKILL)
        return None

    def _end(self, *_: object) -> None:
        self._ending = True

    def _accept(self) -> _Request | None:
        """Fork for a client; whoever asks for what cannot be gets no answer."""
        client, _ = self._listener.accept()
        streams: list[int] = []
        try:
            client.settimeout(_REQUEST_SECONDS)
            request = _receive(client, streams)
            kernel = os.fork()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            kernel = -1
        if kernel == 0:
            self._leave(client)
            for number, stream in enumerate(streams, start=1):
                os.dup2(stream, number)
        for stream in streams:
            os.close(stream)
        if kernel == 0:
            return request
        if kernel < 0:
            client.close()
        else:
            self._kernels[client] = kernel
            self._selector.register(client, selectors.EVENT_READ)
            _tell(client, kernel)
        return None

    def _leave(self, client: socket.socket) -> None:
        """Let go, in a fork, of all that is the server's."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._selector.close()
        for one in (self._listener, self._wake, self._waker, client, *self._kernels):
            one.close()

    def _hear(self, client: socket.socket) -> None:
        """Pass on the signals that a client sends; where it has gone, its kernel goes too."""
        try:
            numbers = [int(line) for line in client.recv(1 << 10).split()]
        except (OSError, ValueError):
            numbers = []
        for number in numbers or [signal.SIGKILL]:
            _send(self._kernels[client], number)

    def _bury(self) -> None:
        for client, kernel in tuple(self._kernels.items()):
            if os.waitid(os.P_PID, kernel, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                _send(kernel, signal.SIGKILL)  # what it started and left running
                _, status = os.waitpid(kernel, 0)
                self._selector.unregister(client)
                del self._kernels[client]
                _tell(client, os.waitstatus_to_exitcode(status))
                client.close()


def _receive(client: socket.socket, streams: list[int]) -> _Request:
    """Read what kernel a client of the same user wants, one that a fork of this process can be."""
    if struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1] != os.getuid():
        raise PermissionError
    text, received, _, _ = socket.recv_fds(client, 1 << 16, 2)
    streams += received
    while not text.endswith(b"\n") and len(text) < _MOST_BYTES and (more := client.recv(1 << 16)):
        text += more
    asked = json.loads(text)
    request = _Request(list(asked["argv"]), dict(asked["env"]), str(asked["cwd"]), os.getpid())
    if _at_start(request.env) != _at_start(dict(os.environ)):
        raise ValueError
    return request


def _at_start(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if _AT_START.match(name)}


def _send(kernel: int, number: int) -> None:
    """Send a signal to a kernel that is not buried yet, so that its number is its own, and its children."""
    with contextlib.suppress(OSError):
        try:
            os.killpg(kernel, number)
        except ProcessLookupError:  # so young that it leads no group
            os.kill(kernel, number)


def _tell(client: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        client.sendall(f"{number}\n".encode())


def become_kernel(request: _Request) -> None:
    """Turn this fork into a kernel, as if it had been started with these arguments in this environment."""
    os.setsid()
    _end_with(request.server, signal.SIGKILL)
    left = {name: value for name, value in os.environ.items() if name.startswith("PYDEVD_")}  # by its import
    os.environ.clear()
    os.environ.update(request.env, JPY_PARENT_PID=str(request.server), **left)
    gc.set_threshold(_LOOK_FOR_GARBAGE)
    time.tzset()
    os.chdir(request.cwd)
    if matplotlib := sys.modules.get("matplotlib"):  # has read this variable already
        matplotlib.rcParams["backend"] = request.env.get("MPLBACKEND") or _INLINE
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # else each fork would draw the same
    # without this handle a kernel would not notice that its parent is gone
    sys.argv = ["ipykernel_launcher", *request.argv, f"--IPKernelApp.parent_handle={request.server}"]
    importlib.import_module("ipykernel.kernelapp").launch_new_instance()


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file: its modules are not for kernels to import
    order = serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), *sys.argv[3:])
    if order is None:
        os._exit(0)  # there is nothing to put in order, and taking all apart takes its time
    become_kernel(order)
