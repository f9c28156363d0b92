"""Put finished files where readers find them: a file is only ever replaced by a complete one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.reporting.pages import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from crm_analysis.reporting.execute import Outcome


def failed_file(stem: str) -> str:
    """Name the notebook left behind by a failed run, apart from what is published."""
    return f"failed/{stem}.ipynb"


def files_of(folder: Path, stem: str) -> set[str]:
    """Return the files that a folder holds of one report, by their names in it."""
    single = (file_of(stem), file_of(stem, "ipynb"), f"tables/{stem}.xlsx")
    found = {name for name in single if (folder / name).is_file()}
    return found | {path.relative_to(folder).as_posix() for path in (folder / "tables" / stem).glob("*.csv")}


def stale(target: Path, outcomes: Mapping[str, Outcome], files: Mapping[str, set[str]]) -> list[str]:
    """Return the files of earlier runs that these outcomes make untrue.

    Parameters
    ----------
    target
        Folder of the period.
    outcomes
        How each report ended, by stem.
    files
        What is published now, by stem.

    Returns
    -------
    list of str
        A failed report keeps its last good page; one that the data no longer feed loses it.
    """
    names: set[str] = set()
    for stem, outcome in outcomes.items():
        if outcome.status != "failed":
            names |= files_of(target, stem) - files.get(stem, set())
            names.add(failed_file(stem))
    return sorted(names)


def move(staging: Path, target: Path, names: Iterable[str]) -> None:
    """Move files into place, in the order given.

    Both folders lie on one file system, so that each file appears at once.
    """
    for name in names:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(place)


def remove(target: Path, names: Iterable[str]) -> None:
    """Remove files, and folders that become empty by it."""
    for name in names:
        path = target / name
        path.unlink(missing_ok=True)
        for inner in path.relative_to(target).parents:
            folder = target / inner
            if folder != target and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
