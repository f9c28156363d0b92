"""The notebooks as they are kept: clean, plain, and running by hand."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crm_analysis.demo import write_demo
from crm_analysis.reporting.notebooks import Notebook, discover

if TYPE_CHECKING:
    from nbformat import NotebookNode

from crm_analysis.reporting.cleaning import from_text

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = discover(ROOT / "notebooks")
PARAMETERS = {"period": "2026-10", "data": "data/demo", "compare_to": "previous", "lang": "", "out": ""}
MOST_LINES = 5
#: Written by hand into a page these would not be cleaned, or would tie it to a machine or a moment.
BANNED = re.compile(
    r"^[!%]|HTML\(|Markdown\(|\.style\b|datetime|\btoday\(|\.now\(|(?<![\w.])/(home|tmp|work|Users)/|sys\.path",
    re.MULTILINE,
)

each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[n.path.stem for n in NOTEBOOKS])


def cells(notebook: Notebook, kind: str = "code") -> list[NotebookNode]:
    return [cell for cell in from_text(notebook.text).cells if cell.cell_type == kind]


def test_there_is_a_summary_and_reports() -> None:
    assert [n.number for n in NOTEBOOKS] == list(range(len(NOTEBOOKS)))
    assert NOTEBOOKS[0].stem == "summary"
    assert len(NOTEBOOKS) > 1


@each
def test_it_is_clean_and_of_the_kernel_that_everybody_has(notebook: Notebook) -> None:
    content = json.loads(notebook.text)
    for cell in content["cells"]:
        assert re.fullmatch(r"[a-z0-9_-]+", cell["id"])
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook.text == json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@each
def test_its_parameters_are_those_of_all_reports(notebook: Notebook) -> None:
    declared = notebook.parameters
    assert {name: declared[name].default for name in PARAMETERS} == PARAMETERS
    assert all(parameter.help for parameter in declared.values())
    used = {n.id for c in cells(notebook) for n in ast.walk(ast.parse(c.source)) if isinstance(n, ast.Name)}
    assert set(declared) <= used
    for parameter in declared:
        reads = [c for c in cells(notebook) if re.search(rf"\b{parameter}\b", c.source)]
        assert len(reads) > 1, f"{parameter} is declared and never read"


@each
def test_its_cells_are_short_and_say_only_what_to_show(notebook: Notebook) -> None:
    for cell in cells(notebook):
        if "parameters" in cell.metadata.get("tags", []):
            continue
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= MOST_LINES, cell.source
        nodes = list(ast.walk(ast.parse(cell.source)))
        logic = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda, ast.ListComp, ast.If)
        assert not any(isinstance(node, logic) for node in nodes), cell.source
        assert not BANNED.search(cell.source), cell.source


@each
def test_its_text_has_one_title_and_no_jumps(notebook: Notebook) -> None:
    text = "\n".join(cell.source for cell in cells(notebook, "markdown"))
    levels = [len(match) for match in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - level <= 1 for level, later in pairwise(levels))
    assert not BANNED.search(text)


RUN = """\
import json, sys
for name, script in json.load(sys.stdin).items():
    exec(compile(script, name, "exec"), {"__name__": "__main__"})"""


def test_they_run_by_hand_from_their_folder(tmp_path: Path, monkeypatch) -> None:
    """As in JupyterLab, where the working directory is that of the notebook; with a small company."""
    write_demo(tmp_path / "data/demo", deals=300)
    (tmp_path / "notebooks").mkdir()
    scripts = {n.path.name: "\n".join(cell.source for cell in cells(n)) for n in NOTEBOOKS}
    monkeypatch.delenv("CRM_ANALYSIS_OUT", raising=False)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN],
        input=json.dumps(scripts), cwd=tmp_path / "notebooks", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
