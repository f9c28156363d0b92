"""Nothing of the machine, the clock or chance leaves with a notebook."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from nbformat.notebooknode import from_dict
from nbformat.v4 import new_output
from tests.reporting.conftest import make_notebook

from crm_analysis.reporting.cleaning import Veil, as_text, clean, from_text, make_veil
from crm_analysis.reporting.parameters import shown_data


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("data/demo", "data/demo"),
        ("./data/demo/", "data/demo"),
        ("/srv/company/exports", "exports"),
        ("../exports/crm.toml", "crm.toml"),
    ],
)
def test_data_are_shown_without_the_place_where_they_lie(typed: str, shown: str) -> None:
    assert shown_data(typed) == shown


def test_folders_of_the_machine_are_replaced_the_inner_ones_first(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    veil = make_veil(
        "/srv/company/exports", tmp_path / "reports" / ".staging-x", {"URL": "postgres://u:p@h/db"}
    )
    assert veil(f"{tmp_path}/reports/.staging-x/tables") == "reports/tables"
    assert veil(f"File {tmp_path}/a.py, {sys.prefix}/lib/b.py") == "File ./a.py, python/lib/b.py"
    assert veil("/srv/company/exports/deals.csv") == "exports/deals.csv"
    assert veil("cannot open postgres://u:p@h/db?x=1") == "cannot open $URL?x=1"
    assert veil(str(Path.home() / "notes")) == "~/notes"


def test_a_path_inside_another_word_stays() -> None:
    veil = Veil(folders=(("/srv/a", "."),))
    assert veil("/srv/ab and x/srv/a and /srv/a/b") == "/srv/ab and x/srv/a and ./b"


def test_two_runs_of_the_same_become_the_same_bytes() -> None:
    texts = []
    for run in ("first", "second"):
        notebook = make_notebook("1")
        notebook.metadata.papermill = {"input_path": f"/srv/{run}", "duration": len(run)}
        cell = notebook.cells[2]
        cell.metadata.papermill = {"start_time": run}
        cell.metadata.execution = {"iopub.execute_input": run}
        injected = {"id": run, "metadata": {"tags": ["injected-parameters"]}}
        code = {"source": f'data = "/srv/{run}/exports"', "outputs": []}
        notebook.cells.insert(2, from_dict({**cell, **injected, **code}))
        cell.outputs = [
            new_output("stream", name="stderr", text=f"/srv/{run}/x.py: DataWarning"),
            new_output("stream", name="stdout", text=f"/srv/{run}/x"),
            new_output("display_data", data={"text/html": f"<p>/srv/{run}/x</p>", "image/png": "iVBORw"}),
        ]
        texts.append(as_text(clean(notebook, Veil(folders=((f"/srv/{run}", "."),)))))
    assert texts[0] == texts[1]
    kept = from_text(texts[0]).cells[3].outputs
    assert [output.output_type for output in kept] == ["stream", "display_data"]
    assert kept[1].data == {"text/html": "<p>./x</p>", "image/png": "iVBORw"}


def test_cleaning_leaves_the_notebook_as_it_is() -> None:
    notebook = make_notebook("1")
    notebook.metadata.papermill = {"input_path": "x"}
    clean(notebook, Veil())
    assert "papermill" in notebook.metadata
