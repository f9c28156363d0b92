"""Tables once read are kept as Parquet, so that the next report starts at once."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import pandas as pd
from pyarrow import parquet

from crm_analysis.errors import DataWarning
from crm_analysis.schema import TABLES
from crm_analysis.sources.audit import COLUMNS, Audit, make_audit
from crm_analysis.sources.fingerprint import cache_folder, fingerprint
from crm_analysis.sources.formats import quote
from crm_analysis.sources.load import connect_settings
from crm_analysis.sources.types import literal

if TYPE_CHECKING:
    from crm_analysis.sources.config import Config, Settings

#: Entries kept; older ones are swept.
_KEPT = 4
#: Seconds within which a report that began with an entry may still be reading it.
_IN_USE = 3600
_ENTRY = "entry.json"
_SCRATCH = ".new-"


@dataclass(frozen=True)
class Entry:
    """What is kept of one state of the data, and where; nowhere if it could not be."""

    tables: dict[str, ibis.Table]
    settings: Settings
    audit: Audit
    place: Path | None = None


@dataclass(frozen=True)
class Cache:
    """Where one state of the data is kept; without a key nothing is."""

    config: Config
    folder: Path
    key: str

    def find(self) -> Entry | None:
        """Open what is kept; None where there is nothing or it is damaged."""
        if not self.key:
            return None
        place = self.folder / self.key
        try:
            told = json.loads((place / _ENTRY).read_text(encoding="utf-8"))
            if not _is_own(place) or not _is_whole(place, told):
                return None
            entry = _open(place, told, self.config.settings)
        except (OSError, ValueError, KeyError, TypeError, duckdb.Error):
            return None  # read anew and written over
        os.utime(place)
        return entry

    def write(self, tables: dict[str, ibis.Table], settings: Settings, audit: Audit) -> Entry:
        """Keep tables and audit, whole or not at all, and open what was kept."""
        if not self.key:
            return Entry(tables, settings, audit)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=self.folder))
        try:
            _write(scratch, tables, settings, audit)
            place = self.folder / self.key
            if place.exists():
                place.replace(scratch.with_name(f"{scratch.name}-old"))
            scratch.replace(place)
        except OSError as error:  # a full disk, or another run that was quicker: the tables are there without
            warnings.warn(
                f"The tables read are not kept: {error.strerror or error}.", DataWarning, stacklevel=2
            )
        finally:
            for left in self.folder.glob(f"{scratch.name}*"):
                shutil.rmtree(left, ignore_errors=True)
        self._sweep()
        return self.find() or Entry(tables, settings, audit)

    def _sweep(self) -> None:
        now = time.time()
        entries = sorted(
            (entry for entry in self.folder.iterdir() if _is_own(entry)),
            key=lambda entry: -entry.stat().st_mtime,
        )
        for entry in entries[_KEPT:]:
            if now - entry.stat().st_mtime > _IN_USE:
                shutil.rmtree(entry, ignore_errors=True)


def _is_own(place: Path) -> bool:
    """Say whether a folder was written here: no link, and with an account of its content or half done."""
    return not place.is_symlink() and ((place / _ENTRY).is_file() or place.name.startswith(_SCRATCH))


def _is_whole(place: Path, told: dict[str, Any]) -> bool:
    """Say whether an entry holds the files it tells of, and nothing that leads elsewhere."""
    files = {*(f"{name}.parquet" for name in told["tables"]), *(f"audit {name}.parquet" for name in COLUMNS)}
    return (
        set(told["tables"]) <= set(TABLES)
        and set(told["sizes"]) == files
        and all(not (place / name).is_symlink() for name in files)
        and all((place / name).stat().st_size == size for name, size in told["sizes"].items())
    )


def open_cache(config: Config, where: str | Path) -> Cache:
    """Find the folder of the cache and the key of the present state of the data."""
    folder = cache_folder(config, where)
    return Cache(config, folder, fingerprint(config, folder))


def _write(place: Path, tables: dict[str, ibis.Table], settings: Settings, audit: Audit) -> None:
    for name, rows in tables.items():
        con: Any = rows._find_backend()
        reader = con.con.sql(f"SELECT * FROM {quote(name)}").to_arrow_reader(100_000)
        with parquet.ParquetWriter(place / f"{name}.parquet", reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
    for name in COLUMNS:
        getattr(audit, name).to_parquet(place / f"audit {name}.parquet")
    told = {
        "tables": list(tables),
        "currency": settings.currency,
        "warnings": audit.warnings,
        "sizes": {file.name: file.stat().st_size for file in sorted(place.iterdir())},
    }
    (place / _ENTRY).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _open(place: Path, told: dict[str, Any], settings: Settings) -> Entry:
    con = duckdb.connect()
    backend = ibis.duckdb.from_connection(con)
    connect_settings(con)
    con.execute("SET threads = 1")  # sums of floats must not depend on who finishes first
    for name in told["tables"]:
        file = literal(_plain(place / f"{name}.parquet"))
        con.execute(f"CREATE VIEW {quote(name)} AS SELECT * FROM read_parquet({file})")
    frames = {name: pd.read_parquet(place / f"audit {name}.parquet") for name in COLUMNS}
    audit = make_audit(**frames, warnings=told["warnings"], reject_limit=settings.reject_limit)
    tables = {name: backend.table(name) for name in TABLES if name in told["tables"]}
    return Entry(tables, settings.model_copy(update={"currency": told["currency"]}), audit, place)


def _plain(path: Path) -> str:
    """Write a path so that no character of it is a pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path.as_posix())
