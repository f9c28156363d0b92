"""A small process that outlives a run which is killed, and ends what the run's kernels have started.

A kernel ends with its run or with the warm process that it was forked from; the programs that it has started
do not, and nobody else is left to end them where both are killed at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

#: Reads ``+GROUP`` and ``-GROUP`` until the run closes its end or is gone, and ends the groups still there.
_KEEPER = """\
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class Keeper:
    """Knows the process groups that must not outlive this process; begun with the first of them."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()

    def watch(self, group: int) -> None:
        """End a group when this process ends, however it ends."""
        self._tell(f"+{group}\n")

    def end(self, group: int) -> None:
        """End a group now: what a kernel has started and left running."""
        with contextlib.suppress(OSError):  # nothing is left of it
            os.killpg(group, signal.SIGKILL)
        self.forget(group)

    def forget(self, group: int) -> None:
        """Watch a group no longer: it has been ended."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        with self._turn:
            if self._process is None:
                # this interpreter and the text above, nothing that came from outside; a session of its own,
                # so that a signal for the run does not meet it
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-I", "-S", "-c", _KEEPER],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    text=True,
                    bufsize=1,
                )
            with contextlib.suppress(OSError):  # it was killed; the run goes on
                self._process.stdin.write(line)  # type: ignore[union-attr]  # it is a pipe


#: That of this process.
KEEPER = Keeper()
