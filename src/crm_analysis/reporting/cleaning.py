"""What is taken out of an executed notebook before it is published: clock, chance, paths, addresses."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

_INJECTED = "injected-parameters"
_OF_PAPERMILL = "papermill-error-cell-tag"


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
        for secret, shown in self.secrets:
            text = text.replace(secret, shown)
        for folder, shown in self.folders:
            text = re.sub(rf"(?<![\w.~]){re.escape(folder)}(?!\w)", shown.replace("\\", r"\\"), text)
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
    return Veil(
        tuple((secret, f"${name}") for name, secret in secrets.items() if secret),
        tuple((str(folder), folders[folder]) for folder in deep),
    )


def shown_data(data: str) -> str:
    """Name the data for readers: as typed where that lies below the working directory, else its last part."""
    path = Path(data)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


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
