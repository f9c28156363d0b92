"""A project small enough to be run many times: its notebooks save a table and an answer, no analysis."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tests import small_company
from tests.conftest import ROOT

from crm_analysis.cli import main
from crm_analysis.reporting import warm
from crm_analysis.reporting.forked import ENVIRONMENT, warm_process
from crm_analysis.reporting.lock import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARAMETERS = """\
period: str = "2026-02"  # a period
data: str = "data"  # folder of tables
compare_to: str = "previous"  # previous or same-last-year
lang: str = ""  # en or ru
out: str = ""  # folder for the tables"""
LOAD = """\
import crm_analysis as crm
view = crm.load(data).view(period, compare_to, language=lang or None)"""
SAVE = """\
import json, os, pathlib
folder = pathlib.Path(os.environ["CRM_ANALYSIS_OUT"])
tables = folder / "tables" / "{stem}"
tables.mkdir(parents=True)
(tables / "rows.csv").write_text("table,kept\\nsales,1\\n")
finding = dict(analysis="{stem}", key="{stem}", verdict="note", sentence="It was read.", value=1.0, low=None,
               high=None, unit="", n=1, p_value=None, p_adjusted=None, strength="", department="", money=5.0)
record = dict(stem="{stem}", findings=[finding], tiles=[], left_out=[])
(folder / "{stem}.json").write_text(json.dumps(record))"""
SEEN = """\
import os, pathlib
sorted(path.name for path in pathlib.Path(os.environ["CRM_ANALYSIS_OUT"]).glob("*.json"))"""

#: The tables that reports of a small project are made of: all others would only be read.
TABLES = ("customers", "deals", "sales", "products", "owners")

#: The command, with a line of Python before it, and the line that lets no kernel be forked.
COMMAND = "import sys; {first}; from crm_analysis.cli import main; main(sys.argv[1:])"
COLD = "import crm_analysis.reporting.forked as f; f.is_possible = lambda: False"


def make_notebook(
    *cells: str, title: str = "A report", parameters: str = PARAMETERS
) -> nbformat.NotebookNode:
    """Make a notebook of a title, parameters and cells of code."""
    tagged = {"tags": ["parameters"]}
    top = [
        new_markdown_cell(f"# {title}", id="title"),
        new_code_cell(parameters, id="parameters", metadata=tagged),
    ]
    code = [new_code_cell(cell, id=f"code-{number}") for number, cell in enumerate(cells)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=[*top, *code], metadata={"kernelspec": spec})


@dataclass(frozen=True)
class Project:
    """A folder with notebooks and data, and the command run in it."""

    folder: Path

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def write(self, name: str, *cells: str, title: str = "A report") -> None:
        nbformat.write(make_notebook(*cells, title=title), self.folder / "notebooks" / f"{name}.ipynb")

    def command(self, *arguments: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            return CliRunner().invoke(main, arguments)

    def report(self, *arguments: str) -> Result:
        return self.command("report", "--data", "data", "--jobs", "2", *arguments)

    def files(self, folder: str = "reports") -> dict[str, bytes]:
        root = self.folder / folder
        return {
            p.relative_to(root).as_posix(): p.read_bytes()
            for p in sorted(root.rglob("*"))
            if p.is_file() and p.name != LOCK
        }


def make_project(folder: Path, tables: Iterable[str] = TABLES) -> Project:
    """Make two reports that save something, and a summary that says what it finds saved.

    One of them reads the data: that takes most of the time of a kernel.
    """
    for name in ("notebooks", "data"):
        (folder / name).mkdir(parents=True)
    frames = small_company.frames()
    for name in tables:
        frames[name].to_csv(folder / "data" / f"{name}.csv", index=False)
    made = Project(folder)
    made.write("1_sales_dynamics", LOAD, "view", SAVE.format(stem="sales_dynamics"), title="Sales dynamics")
    made.write("2_customer_abc", SAVE.format(stem="customer_abc"), title="Clients")
    made.write("0_summary", SEEN, title="Sales report")
    return made


@pytest.fixture(scope="session")
def _warm() -> Iterator[None]:
    """Keep one warm process for the runs of all tests here: each would load its own for seconds."""
    with warm_process(ENVIRONMENT, package="crm_analysis"):
        yield


@pytest.fixture
def light(tmp_path: Path) -> Path:
    """Return a script to stand for that of the warm process, without the libraries that take long to load.

    For tests that end one: they watch which processes are left.
    """
    roots = {name.partition(".")[0] for name in warm.LIBRARIES}
    absent = roots - {"IPython", "ipykernel", "tornado", "sqlite3"}
    script = tmp_path / "light.py"
    script.write_text(f"""\
import runpy, sys
sys.modules.update(dict.fromkeys({absent!r}))
del sys.argv[3:]  # the package
runpy.run_path({warm.__file__!r}, run_name="__main__")""")
    return script


@pytest.fixture
def project(tmp_path: Path, _warm: None) -> Project:
    """Return a project without any report."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def _published(tmp_path_factory: pytest.TempPathFactory, _warm: None) -> Project:
    made = make_project(tmp_path_factory.mktemp("published") / "project")
    done = made.report("2026-02")
    assert done.exit_code == 0, done.output
    return made


@pytest.fixture
def published(_published: Project, tmp_path: Path) -> Project:
    """Return a project with the reports of February 2026; each test has a copy of its own."""
    return Project(Path(shutil.copytree(_published.folder, tmp_path / "project")))


@pytest.fixture(scope="session")
def script() -> Iterator[subprocess.Popen[str]]:
    """Start the script whose forks are runs that can be stopped; it loads for seconds what they need."""
    command = [sys.executable, "-m", "tests.reporting.stoppable"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as made:
        yield made
        made.stdin.close()


def runs(process: int) -> bool:
    """Say whether a process is there and is no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # before it was opened, or while it was read
        return False
    return state != "Z"


def ended(*processes: int, seconds: float = 3.0) -> bool:
    """Say whether processes end within some seconds."""
    until = time.monotonic() + seconds
    while any(map(runs, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(runs, processes))
