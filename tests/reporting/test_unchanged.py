"""What has not changed is not done again: each part of the key, changed alone, and what follows from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest

from crm_analysis.reporting import keys
from crm_analysis.reporting.due import Due, look
from crm_analysis.reporting.lock import alone
from crm_analysis.reporting.notebooks import discover
from crm_analysis.reporting.order import Order
from crm_analysis.reporting.plan import make_plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reporting.conftest import Project

BOTH = {"sales_dynamics", "customer_abc"}


def due(project: Project, period: str = "2026-02", **asked: Any) -> Due:
    """Look at what a command would do now."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        found = discover(project.folder / "notebooks")
        (plan,) = make_plans(Order(period, "data", Path("reports"), found, found, **asked))
        return look(plan)


def runs(found: Due) -> set[str]:
    return {notebook.stem for notebook in found.run}


def shown(found: Due) -> set[str]:
    return {notebook.stem for notebook in found.render}


def edit(project: Project, name: str, cell: int, old: str, new: str) -> None:
    path = project.folder / "notebooks" / name
    notebook = nbformat.read(path, as_version=4)
    assert old in notebook.cells[cell].source
    notebook.cells[cell].source = notebook.cells[cell].source.replace(old, new)
    nbformat.write(notebook, path)


def change_row(project: Project, table: str, row: int, column: str, value: Any) -> None:
    path = project.folder / "data" / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[row, column] = str(value)
    frame.to_csv(path, index=False)


def add_row(project: Project, table: str, **values: Any) -> None:
    path = project.folder / "data" / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[len(frame)] = {column: str(values.get(column, "")) for column in frame.columns}
    frame.to_csv(path, index=False)


# -- each part of the key, alone ----------------------------------------------------------------------------


def test_nothing_has_changed(published: Project) -> None:
    found = due(published)
    assert not found
    assert found.told("customer_abc") == "up to date: nothing has changed since it was made"


def test_code_of_one_notebook_runs_that_one_and_the_summary(published: Project) -> None:
    edit(published, "2_customer_abc.ipynb", 2, "import json", "import math, json")
    found = due(published)
    assert (runs(found), found.summary is not None, shown(found)) == ({"customer_abc"}, True, set())
    assert found.told("customer_abc") == "it runs: changed since it was made: the code of the notebook"
    assert found.told("summary") == "it runs: it sums up what changed: customer_abc"


def test_a_tag_counts_as_code(published: Project) -> None:
    path = published.folder / "notebooks" / "2_customer_abc.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, path)
    assert runs(due(published)) == {"customer_abc"}


def test_prose_only_renders_again(published: Project) -> None:
    edit(published, "2_customer_abc.ipynb", 0, "# Clients", "# Clients\n\nRead on.")
    found = due(published)
    assert (runs(found), found.summary, shown(found)) == (set(), None, {"customer_abc"})
    assert found.told("customer_abc") == "its page is made again, without a run; changed: the page: the prose"


def test_a_title_renders_every_page_since_all_link_to_it(published: Project) -> None:
    edit(published, "2_customer_abc.ipynb", 0, "# Clients", "# Buyers")
    found = due(published)
    assert (runs(found), shown(found)) == (set(), {*BOTH, "summary"})
    assert "links to the other pages" in found.told("sales_dynamics")


def test_the_template_only_renders_again(published: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "templates", lambda: "another")
    found = due(published)
    assert (runs(found), shown(found)) == (set(), {*BOTH, "summary"})


def test_to_show_code_only_renders_again(published: Project) -> None:
    found = due(published, with_code=True)
    assert (runs(found), shown(found)) == (set(), {*BOTH, "summary"})


@pytest.mark.parametrize("part", ["package", "environment"])
def test_package_and_environment_run_all(
    published: Project, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    other = "another" if part == "package" else {"python": "CPython 3.99", "packages": "others"}
    monkeypatch.setattr(keys, part, lambda: other)
    found = due(published)
    assert runs(found) == BOTH
    told = {"package": "the package crm-analysis", "environment": "the installed packages: versions, Python"}
    assert found.told("customer_abc").endswith(told[part])


def test_the_lock_file_runs_all(published: Project) -> None:
    (published.folder / "requirements.lock").write_text("pandas==9\n")
    found = due(published)
    assert runs(found) == BOTH
    assert found.told("customer_abc").endswith("the installed packages: the lock file")


def test_parameters_run_all_that_declare_them(published: Project) -> None:
    found = due(published, values={"compare_to": "same-last-year"})
    assert runs(found) == BOTH
    assert found.told("customer_abc").endswith("the parameters: compare_to")


def test_settings_run_all_but_those_that_no_report_shows(published: Project) -> None:
    tables = "".join(
        f'[{path.stem}]\nfile = "{path.name}"\n' for path in (published.folder / "data").glob("*.csv")
    )
    toml = published.folder / "data" / "crm.toml"
    toml.write_text(f"[settings]\nready = {{ sales = 400 }}\n{tables}")
    assert not due(published)
    toml.write_text(f"[settings]\nabc_limits = [0.7, 0.9]\n{tables}")
    found = due(published)
    assert runs(found) == BOTH
    assert found.told("customer_abc").endswith("the settings: abc_limits")


def test_force_runs_all(published: Project) -> None:
    assert runs(due(published, force=True)) == BOTH


def test_a_file_touched_or_gone_runs_its_report(published: Project) -> None:
    (published.reports / "2026-02" / "customer_abc.html").write_text("mine")
    found = due(published)
    assert runs(found) == {"customer_abc"}
    assert "customer_abc.html" in found.told("customer_abc")
    shutil.rmtree(published.reports)
    assert due(published).told("customer_abc") == "it runs: it has not been made yet"


def test_a_notebook_that_is_gone_is_taken_out_of_the_summary(published: Project) -> None:
    (published.folder / "notebooks" / "2_customer_abc.ipynb").unlink()
    found = due(published)
    assert (runs(found), shown(found)) == (set(), set()) or shown(found) == {"sales_dynamics"}
    assert found.summary is not None


# -- the slice of the data ----------------------------------------------------------------------------------


def test_a_corrected_row_names_its_table(published: Project) -> None:
    change_row(published, "sales", 0, "amount", 250)  # of December
    found = due(published)
    assert runs(found) == BOTH
    assert found.told("customer_abc") == "it runs: changed since it was made: the data: sales"


def test_rows_after_the_period_change_nothing(published: Project) -> None:
    add_row(
        published, "sales", sale_id="new", customer_id="C1", sold_at="2026-03-11", amount=9, product="desk"
    )
    add_row(published, "deals", deal_id="D9", status="open", created_at="2026-03-09", amount=5)
    change_row(published, "deals", 4, "amount", 950)  # created in March
    assert not due(published)


def test_a_plan_for_later_changes_nothing(published: Project) -> None:
    targets = published.folder / "data" / "targets.csv"
    targets.write_text("period,amount\n2026-02,100\n")
    assert due(published).told("customer_abc").endswith("the data: targets")
    rows = targets.read_text()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(published.folder)
        found = discover(published.folder / "notebooks")
        order = Order("2026-02", "data", Path("reports"), found, found)
        (then,) = make_plans(order)
        targets.write_text(rows + "2026-04,100\n")
        (now,) = make_plans(order)
        assert now.known == then.known
        targets.write_text(rows.replace("100", "110"))
        (other,) = make_plans(order)
        assert other.known != then.known


def test_the_order_of_rows_does_not_matter_nor_does_the_format(published: Project) -> None:
    path = published.folder / "data" / "sales.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.iloc[::-1].to_csv(path, index=False)
    assert not due(published)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("owners", lambda t: t.rename(columns={"team": "teams"})),  # the same values under another heading
        ("owners", lambda t: t.assign(note="")),  # a column more, empty
        ("sales", lambda t: pd.concat([t, t.iloc[:1].assign(sold_at="soon")])),  # set aside: no date
    ],
)
def test_what_surrounds_the_rows_counts(published: Project, table: str, change: Any) -> None:
    path = published.folder / "data" / f"{table}.csv"
    change(pd.read_csv(path, dtype=str)).to_csv(path, index=False)
    assert due(published).told("customer_abc").endswith(f"the data: {table}")


def test_what_sales_look_up_counts(published: Project) -> None:
    """A deal entered late still lends its owner to the sale that names it."""
    path = published.folder / "data" / "sales.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False).assign(deal_id="")
    frame.loc[0, "deal_id"] = "D5"  # of March
    frame.to_csv(path, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(published.folder)
        found = discover(published.folder / "notebooks")
        order = Order("2026-02", "data", Path("reports"), found, found)
        (then,) = make_plans(order)
        change_row(published, "deals", 4, "owner", "Ann")
        (now,) = make_plans(order)
    assert {name for name in then.known.data if then.known.data[name] != now.known.data[name]} == {"sales"}


# -- what is remembered -------------------------------------------------------------------------------------


def test_what_is_remembered_opens_no_data(published: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not due(published)  # of this copy
    monkeypatch.setattr("crm_analysis.dataset.load", lambda _: pytest.fail("the data were opened"))
    assert not due(published)


def test_a_file_changed_within_its_time_and_size_is_seen(published: Project) -> None:
    """The time of a file can be set back, as copying programs do."""
    path = published.folder / "data" / "sales.csv"
    old = time.time() - 3600
    os.utime(path, (old, old))
    time.sleep(2.1)  # old enough to be remembered
    assert not due(published)
    text = path.read_text()
    path.write_text(text.replace("100.0", "200.0", 1))
    os.utime(path, (old, old))
    assert path.stat().st_size == len(text.encode())
    assert runs(due(published)) == BOTH


def test_a_damaged_memory_is_made_anew(published: Project) -> None:
    assert not due(published)
    (remembered,) = (published.folder / "data" / ".crm_cache").glob("*/slices.json")
    for text in ("{", "[]", '{"package": "another", "slices": {}}', '{"slices": {"2026-03-01": 1}}'):
        remembered.write_text(text)
        assert not due(published)
        assert json.loads(remembered.read_text())["package"] == keys.package()


def test_what_another_version_remembered_is_not_believed(published: Project) -> None:
    assert not due(published)
    (remembered,) = (published.folder / "data" / ".crm_cache").glob("*/slices.json")
    content = json.loads(remembered.read_text())
    for known in content["slices"].values():
        known["data"]["sales"] = "wrong"
    remembered.write_text(json.dumps(content))
    assert due(published)  # believed, as it is of this version
    remembered.write_text(json.dumps(content | {"package": "another"}))
    assert not due(published)


# -- what the package and the environment are ---------------------------------------------------------------


def test_templates_are_no_part_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    templates = tmp_path / "reporting" / "templates"
    templates.mkdir(parents=True)
    monkeypatch.setattr(keys, "_PACKAGE", tmp_path)
    monkeypatch.setattr(keys, "_TEMPLATES", templates)

    def now() -> tuple[str, str]:
        return keys.package.__wrapped__(), keys.templates.__wrapped__()

    (tmp_path / "view.py").write_text("1")
    (templates / "style.css").write_text("1")
    before = now()
    (templates / "style.css").write_text("2")
    assert now() == (before[0], now()[1])
    assert now()[1] != before[1]
    (tmp_path / "view.py").write_text("2")
    assert now()[0] != before[0]
    (tmp_path / "view.cpython-311.pyc").write_text("compiled")
    assert now()[0] == keys.package.__wrapped__()


def test_an_installed_version_is_part_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = keys.environment.__wrapped__()
    (tmp_path / "pandas-9.9.dist-info").mkdir()
    after = keys.environment.__wrapped__()
    assert after["packages"] != before["packages"]
    assert after["python"] == before["python"]


# -- the commands -------------------------------------------------------------------------------------------


def test_why_tells_what_has_changed(published: Project) -> None:
    def why(*arguments: str) -> str:
        told = published.command("why", "2026-02", *arguments, "--data", "data")
        assert told.exit_code == 0, told.output
        return told.output.splitlines()[-1]

    assert why("customer_abc") == "2026-02  customer_abc  up to date: nothing has changed since it was made"
    change_row(published, "sales", 0, "amount", 250)
    assert why("customer_abc").endswith("it runs: changed since it was made: the data: sales")
    assert why("summary").endswith("it runs: changed since it was made: the data: sales")
    wrong = published.command("why", "2026-02", "customers", "--data", "data")
    assert wrong.exit_code == 2
    assert 'Did you mean "customer_abc"?' in wrong.output


def test_a_failed_report_runs_again_and_why_says_so(published: Project) -> None:
    published.write("2_customer_abc", "1 / 0", title="Clients")
    assert published.report("2026-02").exit_code == 1
    told = published.command("why", "2026-02", "customer_abc", "--data", "data").output
    assert "it failed the last time: ZeroDivisionError" in told
    assert runs(due(published)) == {"customer_abc"}


def test_where_nothing_has_changed_nothing_heavy_is_loaded(published: Project) -> None:
    """What takes long to load is not loaded at all, so that a rerun costs next to nothing."""
    heavy = (
        "papermill",
        "nbconvert",
        "nbformat",
        "matplotlib",
        "pandas",
        "ibis",
        "duckdb",
        "pyarrow",
        "IPython",
    )
    code = (
        "import sys; from crm_analysis.cli import main\n"
        "main(['report', '2026-02', '--data', 'data'], standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert published.report("2026-02").exit_code == 0  # of this copy nothing is remembered yet
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=published.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_who_has_waited_for_another_run_looks_again(
    published: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def waited(out: Path) -> Iterator[bool]:
        change_row(published, "sales", 25, "amount", 1100)  # meanwhile newer data have come
        with alone(out):
            yield True

    edit(published, "2_customer_abc.ipynb", 0, "# Clients", "# Buyers")
    with monkeypatch.context() as patch:
        patch.setattr("crm_analysis.reporting.run.alone", waited)
        assert published.report("2026-02").exit_code == 0
    assert not due(published)
