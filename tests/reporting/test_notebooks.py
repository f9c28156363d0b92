"""Finding, naming and choosing the notebooks of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from nbformat.notebooknode import from_dict
from tests.reporting.conftest import Project, make_notebook

from crm_analysis.errors import ParameterError, ReportError
from crm_analysis.reporting.notebooks import choose, discover, find_notebooks, is_packaged

if TYPE_CHECKING:
    from pathlib import Path


def test_reports_come_in_the_order_of_their_numbers(project: Project) -> None:
    project.write("10_open_deals", "1")
    nbformat.write(make_notebook("1"), project.folder / "notebooks" / "draft.ipynb")
    found = discover(project.folder / "notebooks")
    assert [(n.number, n.stem) for n in found] == [
        (0, "summary"),
        (1, "sales_dynamics"),
        (2, "customer_abc"),
        (10, "open_deals"),
    ]
    assert found[1].title("en") == "Sales dynamics"


def test_only_some_keeps_the_summary(project: Project) -> None:
    found = discover(project.folder / "notebooks")
    assert [n.stem for n in choose(found, ["customer_abc"])] == ["summary", "customer_abc"]
    assert choose(found, []) == found


def test_a_report_that_does_not_exist_names_the_nearest(project: Project) -> None:
    with pytest.raises(ParameterError, match='Did you mean "customer_abc"'):
        choose(discover(project.folder / "notebooks"), ["customers_abc"])


def test_two_notebooks_of_one_name_are_refused(project: Project) -> None:
    project.write("3_customer_abc", "1")
    with pytest.raises(ReportError, match='called "customer_abc"'):
        discover(project.folder / "notebooks")


def test_the_project_above_goes_before_the_package(
    project: Project, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inner = project.folder / "data" / "inner"
    inner.mkdir()
    assert find_notebooks(inner) == project.folder / "notebooks"
    assert find_notebooks(root / "src") == root / "notebooks"
    elsewhere = find_notebooks(tmp_path_factory.mktemp("elsewhere"))
    assert is_packaged(elsewhere) or elsewhere == root / "notebooks"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda nb: nb.cells.pop(0), "has no title"),
        (lambda nb: nb.cells.pop(1), 'has 0 cells tagged "parameters"'),
        (lambda nb: nb.cells.append(from_dict({**nb.cells[1], "id": "again"})), "has 2 cells"),
    ],
)
def test_a_notebook_without_title_or_parameters_is_refused(project: Project, change, message: str) -> None:
    notebook = make_notebook("1")
    change(notebook)
    nbformat.write(notebook, project.folder / "notebooks" / "3_customer_segments.ipynb")
    broken = discover(project.folder / "notebooks")[-1]
    with pytest.raises(ReportError, match=message):
        _ = broken.title("en"), broken.parameters


def test_a_file_that_is_no_notebook_is_told(project: Project) -> None:
    (project.folder / "notebooks" / "3_customer_segments.ipynb").write_text("<html>")
    with pytest.raises(ReportError, match="is not a notebook"):
        _ = discover(project.folder / "notebooks")[-1].title("en")
