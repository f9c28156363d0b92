"""Put a finished folder where readers find it, at one stroke: they see the old report or the new one.

Whoever is stopped in between, by a kill, a full disk or a power cut, leaves the old report as it was, and
folders with names of their own that the next run sweeps away.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crm_analysis.errors import ReportError
from crm_analysis.reporting.notebooks import file_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from crm_analysis.reporting.execute import Outcome

#: How the names begin of what is being made, and of a folder that is being replaced.
STAGING, PREVIOUS = ".staging-", ".previous-"
_HERE = -100  # AT_FDCWD of renameat2(2)
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2), and RENAME_SWAP of renamex_np(2)
_CANNOT = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV}
#: Files flushed at a time: the disk writes them together, where one by one each would wait for it.
_AT_A_TIME = 8


def failed_file(stem: str) -> str:
    """Name the notebook left behind by a failed run, apart from what is published."""
    return f"failed/{stem}.ipynb"


def files_of(folder: Path, stem: str) -> set[str]:
    """Return the files that a folder holds of one report, by their names in it."""
    single = (file_of(stem), file_of(stem, "ipynb"), f"tables/{stem}.xlsx")
    found = {name for name in single if (folder / name).is_file()}
    return found | {path.relative_to(folder).as_posix() for path in (folder / "tables" / stem).glob("*.csv")}


def stale(target: Path, outcomes: Mapping[str, Outcome]) -> set[str]:
    """Return the files of earlier runs that these outcomes make untrue.

    Parameters
    ----------
    target
        Folder of the period.
    outcomes
        How each report ended, by stem.

    Returns
    -------
    set of str
        A failed report keeps its last good page; one that the data no longer feed loses it. The notebook of
        an earlier failure goes in any case.
    """
    names = {failed_file(stem) for stem in outcomes}
    for stem, outcome in outcomes.items():
        if outcome.status != "failed":
            names |= files_of(target, stem)
    return names


def move(source: Path, folder: Path, names: Iterable[str]) -> None:
    """Move files from one folder to another on the same file system."""
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (source / name).replace(place)


def add(folder: Path, name: str, text: str) -> set[str]:
    """Write a file of a new folder, unless there is nothing to write; return the names written."""
    if text:
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {name} if text else set()


def carry(old: Path, new: Path, without: Collection[str] = ()) -> None:
    """Give a new folder what stands in the old one and was not made anew.

    Also what somebody has put there: nobody's file is lost with the folder. Nothing is copied where the file
    system knows hard links.

    Parameters
    ----------
    old, new
        The folders; what the new one has already stays.
    without
        Names of files that are not to be taken over.
    """
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old).as_posix()
        place = new / name
        if name in without or os.path.lexists(place):
            continue
        if path.is_symlink() or not path.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, place, follow_symlinks=False)
            except OSError:  # no links on this file system, or none to a file of somebody else
                shutil.copy2(path, place, follow_symlinks=False)
        elif not any(path.iterdir()):
            place.mkdir(parents=True)


def put(new: Path, target: Path, stale: Collection[str] = ()) -> None:
    """Make a finished folder the one that readers see.

    Linux and macOS exchange two folders in one step. Elsewhere, and where the file system cannot, the old
    one is moved aside first; who is stopped between these two steps leaves it there for :func:`recover`.

    Parameters
    ----------
    new
        The finished folder, on the file system of the target.
    target
        Where readers look. What it holds and the new folder lacks is taken over.
    stale
        Names of files that are not taken over.
    """
    if not os.path.lexists(target):
        _flush(new)
        new.rename(target)
    elif not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
    else:
        carry(target, new, stale)
        shutil.copymode(target, new)
        _flush(new)
        if not exchange(new, target):
            _replace(new, target)
        carry(new, target, stale)  # what somebody has put there in the meantime
    _to_disk(target.parent)


def write(path: Path, text: str) -> None:
    """Write a file so that readers see the old one or the new one, whole."""
    with writing(path):
        staged = path.with_name(f"{STAGING}{path.name}")
        staged.write_text(text, encoding="utf-8")
        _to_disk(staged)
        staged.replace(path)
        _to_disk(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say what to do where something cannot be written, as on a full disk."""
    try:
        yield
    except OSError as error:
        raise ReportError(
            f'"{path}" cannot be written: {error.strerror or error}.',
            "The place has to be writable by you and have room. What was published there before is whole.",
            "Make room, or name another folder with --out, and run again.",
        ) from error


def is_behind(reports: Path) -> bool:
    """Say whether a period was published after the page over all periods was written."""
    index = reports / "index.html"
    made = index.stat().st_mtime_ns if index.is_file() else 0
    return any(path.stat().st_mtime_ns > made for path in reports.glob("*/manifest.json"))


def recover(out: Path) -> None:
    """Sweep a folder of reports of what runs left that were stopped; call it while no other run is there."""
    for previous in out.glob(f"{PREVIOUS}*"):
        _settle(previous)
    for left in out.glob(f"{STAGING}*"):
        if left.is_symlink() or not left.is_dir():
            left.unlink()
        else:
            shutil.rmtree(left, ignore_errors=True)  # what is still in use goes the next time


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step; False where the system or the file system cannot."""
    names = (os.fsencode(one), os.fsencode(other))
    if sys.platform == "linux" and (rename := getattr(_libc(), "renameat2", None)):
        failed = rename(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    elif sys.platform == "darwin" and (rename := getattr(_libc(), "renamex_np", None)):
        failed = rename(*names, _EXCHANGE)
    else:
        return False
    if failed and (number := ctypes.get_errno()) not in _CANNOT:
        raise OSError(number, os.strerror(number), str(other))
    return not failed


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _replace(new: Path, target: Path) -> None:
    """Put a folder in place of another in two steps; leave the old one where the new one was."""
    previous = target.with_name(f"{PREVIOUS}{target.name}")
    target.rename(previous)
    try:
        new.rename(target)
        previous.rename(new)
    finally:
        _settle(previous)


def _settle(previous: Path) -> None:
    """Put a folder back that was moved aside and not replaced; remove one that was."""
    target = previous.with_name(previous.name.removeprefix(PREVIOUS))
    if os.path.lexists(target):
        shutil.rmtree(previous, ignore_errors=True)
    elif os.path.lexists(previous):
        previous.rename(target)


def _flush(folder: Path) -> None:
    """Have a folder on disk before readers see it: a power cut leaves no empty files."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(_to_disk, (folder, *folder.rglob("*"))))


def _to_disk(path: Path) -> None:
    if os.name == "nt" or path.is_symlink() or not (path.is_dir() or path.is_file()):
        return  # Windows flushes only what is open for writing
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(file)
