"""Private folders for sockets: nobody else can enter them, and none outlives its run for long."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: sockets have no files there
    fcntl = None  # type: ignore[assignment]

_PREFIX = "crm-analysis-"


class SocketFolder:
    """A folder that is its maker's as long as that lives, however it ends.

    Its maker holds a lock on it, which the system frees: a folder whose lock is free has lost its maker.
    """

    def __init__(self) -> None:
        self._lock: int | None = None
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            if fcntl is None:
                return
            try:
                self._lock = os.open(self.path, os.O_RDONLY)
            except FileNotFoundError:  # swept by a run that began in this very moment
                continue
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if self.path.exists():
                return
            os.close(self._lock)

    def remove(self) -> None:
        """Remove the folder with what it holds."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Remove the folders of this user whose makers were killed."""
    if fcntl is None:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # no folder, or somebody else's
            continue
        try:
            if os.fstat(lock).st_uid == os.getuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:  # its maker lives
            pass
        finally:
            os.close(lock)
