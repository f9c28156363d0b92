"""How many notebooks run at a time where nobody says."""

from __future__ import annotations

import os
from pathlib import Path

#: Beyond the cores: while one kernel begins, ends or waits for its next cell, another has its core.
_WAITING = 1
#: What the run itself takes, and each report beside it, in bytes: half as much again as was measured.
_RUN, _REPORT = 750 << 20, 200 << 20
_CGROUP = Path("/sys/fs/cgroup")


def usual_jobs() -> int:
    """Return how many notebooks keep this machine busy and fit into its free memory, one at least."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted, free = cores + _WAITING, _free_memory()
    return wanted if free is None else max(1, min(wanted, (free - _RUN) // _REPORT))


def _free_memory() -> int | None:
    """Return the bytes that can be had, of the machine or of the container; None where nobody tells."""
    free = [number for number in (_of_machine(), _of_container()) if number is not None]
    return min(free, default=None)


def _of_machine(told: Path = Path("/proc/meminfo")) -> int | None:
    try:
        lines = dict(line.split(":") for line in told.read_text(encoding="ascii").splitlines())
        return int(lines["MemAvailable"].removesuffix("kB")) << 10
    except (OSError, KeyError, ValueError):
        return None


def _of_container(group: Path = _CGROUP) -> int | None:
    try:
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max" is no number: no limit
        return None
    return most - used
