"""What the result of reading depends on, as one hash: every input, the mapping, and the code that reads."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis import period, schema

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
    remember(folder / _REMEMBERED, known)
    told = {
        "files": hashes,
        "toml": hashlib.sha256(config.text).hexdigest(),
        "unread": config.unread,
        "code": _code_hash(),
        "duckdb": version("duckdb"),
        "names": _pseudonyms(config),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def cache_folder(config: Config, where: str | Path = "auto") -> Path:
    """Find, or make, the folder where tables once read are kept, and what is known of their files."""
    named = os.environ.get("CRM_ANALYSIS_CACHE", "") if where == "auto" else str(where)
    wanted = Path(named).expanduser() if named else config.home / ".crm_cache"
    try:
        if not named and wanted.is_symlink():  # what came with the data does not say where to write
            raise OSError(f"{wanted} is a link")
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            pass
    except OSError:  # a folder that may only be read
        wanted = Path(tempfile.gettempdir()) / f"crm_cache_{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        wanted.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileExistsError), (wanted / ".gitignore").open("x", encoding="utf-8") as ignore:
        ignore.write("*\n")
    return wanted


def files_of(config: Config) -> dict[str, Path]:
    """List every file the configuration reads, by the name it is given there."""
    options = [*config.sources.values(), *config.tables.values()]
    return {option.file: config.path(option.file) for option in options if option.file}


def database_tables(config: Config) -> tuple[str, ...]:
    """List every table of the database the configuration reads."""
    options = [*config.sources.values(), *config.tables.values()]
    return tuple(dict.fromkeys(option.table for option in options if option.table))


def _pseudonyms(config: Config) -> str:
    if not config.settings.hide_names:
        return ""
    from crm_analysis.sources.pseudonyms import key_of  # loads the engine, which names in clear do without

    return key_of(config.settings)


def _code_hash() -> str:
    here = Path(__file__).parent
    modules = [*sorted(here.glob("*.py")), Path(schema.__file__), Path(period.__file__)]
    digest = hashlib.sha256()
    for module in modules:
        digest.update(module.name.encode() + module.read_bytes())
    return digest.hexdigest()


def _hash_of(path: Path, known: dict[str, Any]) -> str:
    stat = path.stat()
    # the time of the last change of any kind: the other one can be set back, as copying programs do
    state = [stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_ctime_ns]
    name = os.fspath(path.resolve())
    before = known.get(name)
    if before and before[:-1] == state:
        return str(before[-1])
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    known.pop(name, None)
    if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _YOUNG_NS:
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


def remember(path: Path, known: object) -> None:
    """Keep plain values for later runs, whole or not at all; on a full disk these only take longer."""
    made = None
    try:
        # a name that nobody can have foreseen: a link that came with the data would lead elsewhere
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
        ) as temporary:
            made = Path(temporary.name)
            json.dump(known, temporary, ensure_ascii=False, sort_keys=True)
        made.replace(path)
    except OSError:
        if made is not None:
            made.unlink(missing_ok=True)
