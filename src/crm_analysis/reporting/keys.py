"""What decides a report, in named parts: two keys that are equal mean that there is nothing to do.

A part names what it covers, so that a difference can be told to people. All parts but ``render`` decide what
a run of the notebook gives; where only ``render`` differs, its page is made again from the notebook that was
executed.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.parameters import Value
    from crm_analysis.reporting.slices import Slice

#: Part of what is shown only.
RENDER = "render"
DATA = "data"
#: As parts are called in sentences.
_NAMES = {
    "code": "the code of the notebook",
    "parameters": "the parameters",
    DATA: "the data",
    "settings": "the settings",
    "package": "the package crm-analysis",
    "environment": "the installed packages",
    RENDER: "the page",
}
_OF_ENVIRONMENT = {"lock": "the lock file", "packages": "versions", "python": "Python"}
_OF_RENDER = {
    "notebook": "the prose",
    "template": "the template",
    "language": "the language",
    "with_code": "whether code is shown",
    "links": "links to the other pages",
}
_IN_WORDS = {"environment": _OF_ENVIRONMENT, RENDER: _OF_RENDER}
_LOCK = "requirements.lock"
_PACKAGE = Path(__file__).resolve().parents[1]
_TEMPLATES = Path(__file__).resolve().parent / "templates"

Key: TypeAlias = "dict[str, Any]"


def make_key(
    notebook: Notebook,
    parameters: Mapping[str, Value],
    known: Slice,
    links: Sequence[Notebook],
    *,
    language: str,
    with_code: bool,
) -> Key:
    """Gather all that decides a report.

    Parameters
    ----------
    notebook
        Its notebook.
    parameters
        Values of the parameters, as readers see them.
    known
        What the period can read of the data, and the settings.
    links
        The notebooks that its page leads to.
    language
        In which its page is written.
    with_code
        Whether its page shows code.

    Returns
    -------
    dict
        Plain values: ``code, parameters, data`` (a hash a table), ``settings, package, environment, render``.
    """
    return {
        "code": notebook.code,
        "parameters": dict(sorted(parameters.items())),
        DATA: known.data,
        "settings": known.settings,
        "package": package(),
        "environment": {**environment(), "lock": _lock(notebook.path.parent.parent)},
        RENDER: {
            "notebook": notebook.digest,
            "template": templates(),
            "language": language,
            "with_code": with_code,
            "links": [[other.stem, other.title(language)] for other in links],
        },
    }


def differing(old: Any, new: Key) -> tuple[str, ...]:
    """Name the parts that differ; all of them where there is no earlier key.

    Examples
    --------
    >>> differing({"code": "1", "data": {"deals": "2"}}, {"code": "1", "data": {"deals": "3"}})
    ('data',)
    """
    if not isinstance(old, dict):
        return tuple(new)
    return tuple(part for part in new if old.get(part) != new[part])


def in_words(old: Any, new: Key) -> tuple[str, ...]:
    """Say what differs between two keys, down to the table, the setting, the parameter.

    Examples
    --------
    >>> in_words({"code": "1", "data": {"deals": "2"}}, {"code": "1", "data": {"deals": "3", "sales": "4"}})
    ('the data: deals, sales',)
    """
    said = []
    for part in differing(old, new):
        before, after = (old.get(part) if isinstance(old, dict) else None), new[part]
        name = _NAMES.get(part, part)
        if isinstance(before, dict) and isinstance(after, dict):
            inner = [n for n in sorted({*before, *after}) if before.get(n) != after.get(n)]
            name += ": " + ", ".join(_IN_WORDS.get(part, {}).get(n, n) for n in inner)
        said.append(name)
    return tuple(said)


@cache
def package() -> str:
    """Hash this package's own files: between two releases the version stays, the code does not."""
    return _tree(path for path in _files(_PACKAGE) if not path.is_relative_to(_TEMPLATES))


@cache
def templates() -> str:
    """Hash what makes a page of an executed notebook."""
    return _tree(_files(_TEMPLATES))


@cache
def environment() -> dict[str, str]:
    """Name the interpreter, and hash names and versions of all that is installed.

    They stand in the names of the folders that an installation leaves; nothing has to be read.
    """
    folders = [*map(Path, sys.path), Path(sys.prefix) / "conda-meta"]
    kinds = ("*.dist-info", "*.egg-info", "*.json")
    installed = sorted(
        {path.name for folder in folders if folder.is_dir() for kind in kinds for path in folder.glob(kind)}
    )
    python = (platform.python_implementation(), platform.python_version(), sys.platform, platform.machine())
    return {"python": " ".join(python), "packages": hash_of(installed)}


def hash_of(content: object) -> str:
    """Hash plain values."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _lock(project: Path) -> str:
    path = project / _LOCK
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _files(folder: Path) -> list[Path]:
    unused = {".pyc", ".ipynb"}
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in unused]


def _tree(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
