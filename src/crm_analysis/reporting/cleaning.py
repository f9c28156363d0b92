"""What is taken out of an executed notebook before it is published: clock, chance, paths, addresses."""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, unquote

import nbformat

from crm_analysis.reporting.parameters import shown_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode

_INJECTED = "injected-parameters"
_OF_PAPERMILL = "papermill-error-cell-tag"
#: A password shorter than this may be any word; it is looked for together with its user, or before a host.
_SHORTEST = 6
_SHORTEST_CODED = 8
_TELLING = re.compile("pass|pwd|secret|token|key", re.IGNORECASE)
_URL_SAFE = str.maketrans("+/", "-_")


@dataclass(frozen=True)
class Veil:
    """Texts that must not leave the machine, and what is written in their place.

    Parameters
    ----------
    secrets
        Text and replacement, replaced wherever it stands.
    folders
        Path and replacement, replaced where it stands as a path; inner folders come first.
    """

    secrets: tuple[tuple[str, str], ...] = ()
    folders: tuple[tuple[str, str], ...] = ()

    def __call__(self, text: str) -> str:
        """Return the text with everything replaced."""
        text = self.without_secrets(text)
        for folder, shown in self.folders:
            if folder not in text:  # as nearly always, and found out in no time
                continue
            text = re.sub(rf"(?<![\w.~]){re.escape(folder)}(?!\w)", shown.replace("\\", r"\\"), text)
        return text

    def without_secrets(self, text: str) -> str:
        """Return the text with secrets replaced; what it says of folders stays."""
        for secret, shown in self.secrets:
            text = text.replace(secret, shown)
        return text


def make_veil(data: str, out: Path, secrets: Mapping[str, str]) -> Veil:
    """Hide the folders of this machine, and secrets under their names.

    Parameters
    ----------
    data
        Where the data are, as typed; an absolute path is shown by its last part.
    out
        Where results are saved while they are made.
    secrets
        Secret text by the name that may be shown.
    """
    folders = {
        Path.cwd(): ".",
        Path.home(): "~",
        Path(sys.base_prefix): "python",
        Path(sys.prefix): "python",
        Path(__file__).resolve().parents[1]: "crm_analysis",
        out: "reports",
    }
    if shown_data(data) != data:
        folders[Path(data)] = shown_data(data)
    # the root of the file system hides nothing; the innermost folder is replaced first
    deep = sorted((f for f in folders if len(f.parts) > 1), key=lambda folder: -len(folder.parts))
    forms = {form: f"${name}" for name, secret in secrets.items() if secret for form in written_forms(secret)}
    return Veil(
        tuple(sorted(forms.items(), key=lambda pair: -len(pair[0]))),  # the whole before its parts
        tuple((str(folder), folders[folder]) for folder in deep),
    )


def written_forms(secret: str) -> set[str]:
    """List the ways in which a secret may stand in a file: its telling parts, as they are or coded.

    Parameters
    ----------
    secret
        An address with a password, or any other secret text.

    Examples
    --------
    >>> forms = written_forms("postgresql://ann:top%20secret@host/crm")
    >>> {"top secret", "ann:top%20secret", "dG9wIHNlY3Jl"} <= forms
    True
    """
    return {form for part in _telling_parts(secret) for form in _coded(part)}


def _telling_parts(secret: str) -> set[str]:
    """Return the whole, the password with its user, and the password alone unless it may be any word."""
    found = {secret}
    # a password may hold any sign, coded or by mistake not: the last @ is before the host
    if login := re.match(r"[\w+.\-]+://([^:@/]*):(.+)@", secret):
        user, password = login.groups()
        for said in {password, unquote(password)} - {""}:
            found |= {f"{user}:{said}", f"{unquote(user)}:{said}", f":{said}@"}
            found |= {said} if len(said) >= _SHORTEST else set()
    for name, value in parse_qsl(secret.partition("?")[2]):
        if _TELLING.search(name) and len(value) >= _SHORTEST:
            found.add(value)
    return found


def _coded(text: str) -> Iterator[str]:
    yield from (text, quote(text), quote(text, safe=""), quote_plus(text))
    yield from (html.escape(text), html.escape(text, quote=False))  # of HTML, and of a workbook
    yield json.dumps(text)[1:-1]
    for before in range(3):  # what stands in front of it decides how it falls into groups of three bytes
        raw = b"\0" * before + text.encode()
        whole = len(raw) - len(raw) % 3
        # groups that it shares with its neighbours look different each time
        inner = base64.b64encode(raw[3 if before else 0 : whole]).decode()
        if len(inner) >= _SHORTEST_CODED:
            yield from (inner, inner.translate(_URL_SAFE))


def clean(notebook: NotebookNode, veil: Veil) -> NotebookNode:
    """Return a copy without anything that differs between two runs of the same input.

    Run times and paths of papermill, warnings on stderr (they carry paths; what matters of them stands in the
    header) and random ids go; cells, outputs and execution counts stay.
    """
    copy = deepcopy(notebook)
    copy.metadata.pop("papermill", None)
    copy.cells = [cell for cell in copy.cells if _OF_PAPERMILL not in cell.metadata.get("tags", ())]
    for number, cell in enumerate(copy.cells):
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if _INJECTED in cell.metadata.get("tags", ()):
            cell.id = _INJECTED
        cell.setdefault("id", f"cell-{number}")
        if cell.cell_type == "code":
            cell.source = veil(cell.source)
            cell.outputs = [
                _veiled(output, veil) for output in cell.outputs if output.get("name") != "stderr"
            ]
    return copy


def from_text(text: str) -> NotebookNode:
    """Read a notebook."""
    notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def as_text(notebook: NotebookNode) -> str:
    """Write a notebook the one way."""
    text: str = nbformat.writes(notebook, indent=1)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def _veiled(output: NotebookNode, veil: Veil) -> NotebookNode:
    if "text" in output:
        output.text = veil(output.text)
    if "traceback" in output:
        output.evalue = veil(output.evalue)
        output.traceback = [veil(line) for line in output.traceback]
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(content, str):
            output.data[kind] = veil(content)
    return output
