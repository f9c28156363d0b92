"""What the result of reading depends on, as one hash: every input, the mapping, and the code that reads."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from crm_analysis import period, schema
from crm_analysis.sources.inputs import database_tables, files_of

if TYPE_CHECKING:
    from crm_analysis.sources.config import Config

#: A file changed within this time may change again without its time showing it.
_YOUNG_NS = 2_000_000_000
_REMEMBERED = "hashes.json"


def fingerprint(config: Config, folder: Path) -> str:
    """Hash all that the result depends on.

    Parameters
    ----------
    config
        The configuration.
    folder
        Where hashes of files are remembered by path, size, time and inode, so that big files are read once.

    Returns
    -------
    str
        A SHA-256; empty where the result cannot be kept: an input is missing, or is a table of a database,
        of which only reading tells whether it has changed.
    """
    files = files_of(config)
    if database_tables(config) or not all(path.is_file() for path in files.values()):
        return ""
    known = _remembered(folder)
    hashes = {name: _hash_of(path, known) for name, path in sorted(files.items())}
    _remember(folder, known)
    told = {
        "files": hashes,
        "toml": hashlib.sha256(config.text).hexdigest(),
        "unread": config.unread,
        "code": _code_hash(),
        "duckdb": duckdb.__version__,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _code_hash() -> str:
    here = Path(__file__).parent
    modules = [*sorted(here.glob("*.py")), Path(schema.__file__), Path(period.__file__)]
    digest = hashlib.sha256()
    for module in modules:
        digest.update(module.name.encode() + module.read_bytes())
    return digest.hexdigest()


def _hash_of(path: Path, known: dict[str, Any]) -> str:
    stat = path.stat()
    state = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
    name = os.fspath(path.resolve())
    before = known.get(name)
    if before and before[:3] == state:
        return str(before[3])
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    known.pop(name, None)
    if time.time_ns() - stat.st_mtime_ns > _YOUNG_NS:
        known[name] = [*state, digest]
    return digest


def _remembered(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / _REMEMBERED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # hashed anew
    return (
        known if isinstance(known, dict) and all(isinstance(state, list) for state in known.values()) else {}
    )


def _remember(folder: Path, known: dict[str, Any]) -> None:
    temporary = folder / f".{_REMEMBERED}.{os.getpid()}"
    temporary.write_text(json.dumps(known, sort_keys=True), encoding="utf-8")
    temporary.replace(folder / _REMEMBERED)
