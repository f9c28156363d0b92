"""Where the data are: a folder, a ``crm.toml``, or a folder of canonical files that needs none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crm_analysis.errors import SourceError, listed
from crm_analysis.schema import TABLES
from crm_analysis.sources.config import Config, Section, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Endings of canonical files.
FILE_SUFFIXES = (".csv", ".tsv", ".parquet", ".xlsx", ".xls")


def locate(data: str | Path) -> Path:
    """Find the folder or ``crm.toml``: from the working directory, then from the root of the project."""
    if "://" in str(data) or str(data).startswith("env:"):
        raise SourceError(
            "An address or a variable was given where a folder is wanted; it is not repeated here.",
            "Allowed are a folder, a crm.toml, pandas frames or an Ibis connection.",
            'Put the address into a variable and name it in crm.toml: database = "env:CRM_DATABASE_URL".',
        )
    path = Path(data).expanduser()
    places = [Path.cwd() / path, *(root / path for root in _project_roots())]
    for place in dict.fromkeys(places):
        if place.exists():
            return place.resolve()
    looked = ", ".join(str(place) for place in dict.fromkeys(places))
    raise SourceError(
        f'There is no "{data}"; looked for {looked}.',
        "Allowed are a folder with canonical files or a crm.toml.",
        "Correct the path, or write made-up data with: crm-analysis demo data/demo",
    )


def _project_roots() -> list[Path]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        project = (folder / "pyproject.toml").is_file() or (folder / "crm.toml").is_file()
        if project or ((folder / "notebooks").is_dir() and (folder / "data").is_dir()):
            return [folder]
    return []


def read_config(path: Path) -> Config:
    """Read a folder or a ``crm.toml`` that exists."""
    if path.is_dir():
        toml = path / "crm.toml"
        return read_toml(toml) if toml.is_file() else _canonical_folder(path)
    if path.suffix.lower() == ".toml":
        return read_toml(path)
    raise SourceError(
        f'"{path.name}" is a single file.',
        "Allowed are a folder with canonical files or a crm.toml.",
        "Name its folder, or write a crm.toml that maps the file.",
    )


def _canonical_folder(folder: Path) -> Config:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in FILE_SUFFIXES)
    found: dict[str, Section] = {}
    for file in files:
        name = file.stem
        if name in found:
            raise SourceError(
                f'{folder.name} has two files for the table {name}: "{found[name].file}" and "{file.name}".',
                "One file a table is allowed.",
                "Remove one of them, or write a crm.toml that joins them with sql.",
            )
        if name in TABLES:
            found[name] = Section(file=file.name)
    if not found:
        raise _nothing_canonical(folder, [file.name for file in files])
    unread = tuple(file.name for file in files if file.stem not in TABLES)
    tables = {name: found[name] for name in TABLES if name in found}
    return Config(folder.name, folder, folder, False, tables=tables, unread=unread)


def _nothing_canonical(folder: Path, files: Iterable[str]) -> SourceError:
    names = list(files)
    there = f"it holds {listed(names)}" if names else f"it holds no {', '.join(FILE_SUFFIXES)}"
    return SourceError(
        f'"{folder.name}" has neither a crm.toml nor a file named after a canonical table; {there}.',
        f"Allowed names are {', '.join(TABLES)}, with one of {', '.join(FILE_SUFFIXES)}.",
        "Rename the files, or write a crm.toml that maps them.",
    )
