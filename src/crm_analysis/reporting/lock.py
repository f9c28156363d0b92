"""One run at a time in a folder of reports; a second one waits for its turn."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from filelock import FileLock, Timeout

from crm_analysis.reporting.publish import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: It stays where it is: who removed it would take it from under a run that waits.
LOCK = ".lock"
_LOOK_SECONDS = 0.2


@contextmanager
def alone(out: Path) -> Iterator[bool]:
    """Have a folder of reports for one run, rid of what runs left that were stopped.

    The system frees the lock when its holder ends, however it ends. Reading needs none: what is published
    is whole at any moment. Where another run holds it, a line on stderr says so, once.

    Parameters
    ----------
    out
        The folder; it is made where there is none.

    Yields
    ------
    bool
        Whether another run was waited for: what was found out before may be so no longer.
    """
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / LOCK)
    busy = False
    try:
        lock.acquire(blocking=False)
    except Timeout:
        busy = True
        click.echo(f'Another run writes to "{out}"; this one waits until it has ended.', err=True)
        lock.acquire(poll_interval=_LOOK_SECONDS)
    try:
        recover(out)
        yield busy
    finally:
        recover(out)
        lock.release()
