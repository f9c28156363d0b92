"""One kernel that is a fork of the warm process, as the process sees it that asked for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from crm_analysis.reporting.keeper import KEEPER

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSWER_SECONDS = 60.0  # it may still be importing
_LOOK_SECONDS = 0.01
_STREAMS = (1, 2)


class Fork:
    """A kernel forked from a warm process, with what Jupyter uses of :class:`subprocess.Popen`.

    Parameters
    ----------
    address
        Socket of the warm process.
    argv, env, cwd
        Arguments, environment and working directory of the kernel.

    Raises
    ------
    OSError, ValueError
        The warm process is gone, or cannot become such a kernel.
    """

    stdin = stdout = stderr = None

    def __init__(self, address: str, argv: list[str], env: Mapping[str, str], cwd: str) -> None:
        self.returncode: int | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._server.settimeout(_ANSWER_SECONDS)
            self._server.connect(address)
            request = json.dumps({"argv": argv, "env": env, "cwd": cwd}).encode() + b"\n"
            sent = socket.send_fds(self._server, [request], _STREAMS)
            self._server.sendall(request[sent:])
            self.pid = int(self._read())
        except BaseException:
            self._server.close()
            raise
        KEEPER.watch(self.pid)  # it leads a group

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        if self.returncode is None:
            self._server.settimeout(0)
            try:
                told = self._read()
            except BlockingIOError:
                return None
            except OSError:
                told = ""
            self._server.close()
            if told:
                self.returncode = int(told)
            else:  # a warm process that is gone took its kernels with it, but not what these have started
                self.returncode = -signal.SIGKILL
                with suppress(OSError):
                    os.killpg(self.pid, signal.SIGKILL)
            KEEPER.forget(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
            time.sleep(_LOOK_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and its children, unless it has ended."""
        if self.poll() is None:
            try:
                self._server.sendall(f"{int(number)}\n".encode())
            except OSError as gone:
                raise ProcessLookupError from gone

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _read(self) -> str:
        """Return a line, or nothing where the other side has gone; lines are too short to come in parts."""
        return self._server.recv(64).decode().strip()
