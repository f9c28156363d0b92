"""The documentation holds: its code runs, its commands exist, its settings load, its links lead somewhere.

A block ``console`` is executed, its commands one after another in a folder of the page, and each line of
output that it shows must come (… is anything); a block with ``title="path"`` is written to that file there
first. A line of a block ``sh`` is run in a copy of the project; the few that ``NOT_RUN`` names are skipped
with the reason given there, after bash has parsed them and the files they name were found. Blocks ``python``
run in one namespace a page, in the root of the project; ``toml`` is loaded. A block of any other language
shows what came or a file, never a command. Commands within the text are parsed by their own parser.
"""

from __future__ import annotations

import fnmatch
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import matplotlib.pyplot as plt
import pytest

import crm_analysis as crm
from crm_analysis.cli import main
from crm_analysis.sources.config import Settings, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
FOLDERS = "data", "reports", "benchmarks", "examples/*"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", *(f"{folder}/README.md" for folder in FOLDERS))
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
COMMAND = re.compile(
    r"(?:^|(?<=`)|(?<=[\s/\\]))"
    r"(crm-analysis (?:report|why|check|demo|lab|new|preview|open-failed)\b[^`\n#']*)",
    re.M,
)
#: What commands of a block ``sh`` or ``powershell`` begin with that cannot run in a test, and why.
NOT_RUN = {
    "make test": "it is what runs this test",
    "make format": "it rewrites the files of the project",
    "make messages": "it rewrites the catalogues of the project",
    "make gallery": "it takes minutes, and a browser",
    "python3 -m venv": "it takes minutes, and a network",
    ".venv/bin/pip install": "it takes minutes, and a network",
    "py -m venv": "it needs Windows",
    ".venv\\Scripts": "it needs Windows",
    "conda ": "it needs conda",
    "crm-analysis report 2024-01..2026-10": "reports of three years take minutes",
    "cp systemd": "it writes to the machine's own settings",
    "systemctl ": "it changes what the machine runs",
    "journalctl ": "it needs the service of the line before",
    "curl ": "it needs a running JupyterLab, with a token",
}
SHELLS = "sh", "powershell"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    found = []
    for match in FENCE.finditer(page):
        title = re.search(r'title="([^"]+)"', match["rest"])
        found.append(Block(match["language"], title[1] if title else "", textwrap.dedent(match["text"])))
    return found


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def with_blocks(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(b.language in languages for b in blocks(page.read_text("utf-8")))]


def parse(command: str) -> None:
    """Check a command with the parser of click, without running it."""
    words = shlex.split(command)[1:]
    click.Context(main)
    main.commands[words[0]].make_context(words[0], words[1:], parent=click.Context(main))


# -- what the checks themselves find -----------------------------------------------------------------------


def test_blocks_are_found_also_within_lists() -> None:
    page = 'x\n\n   ```toml title="a/b"\n   [x]\n   y = 1\n   ```\n\n```python\nz\n```\n'
    assert blocks(page) == [Block("toml", "a/b", "[x]\ny = 1\n"), Block("python", "", "z\n")]


@pytest.mark.parametrize(
    "wrong", ["crm-analysis report", "crm-analysis report 2026 --nly x", "crm-analysis check x"]
)
def test_a_wrong_command_is_noticed(wrong: str) -> None:
    with pytest.raises(click.UsageError):
        parse(wrong)


def test_pages_are_found() -> None:
    assert {"README.md", "README.ru.md", "docs/tutorial.md"} <= {named(page) for page in PAGES}


# -- the pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", with_blocks("python"), ids=named)
def test_python_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    namespace: dict[str, object] = {}
    try:
        for block in blocks(page.read_text("utf-8")):
            if block.language == "python":
                exec(compile(block.text, named(page), "exec"), namespace)
    finally:
        plt.close("all")


@pytest.mark.parametrize("page", with_blocks("console"), ids=named)
def test_consoles_show_what_comes(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "data/demo", tmp_path / "data/demo", ignore=shutil.ignore_patterns(".crm_cache"))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
    }
    for block in blocks(page.read_text("utf-8")):
        if block.title:
            file = tmp_path / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
        if block.language != "console":
            continue
        for step in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
            command, *shown = step.splitlines()
            done = subprocess.run(
                shlex.split(command),
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            said = done.stdout + done.stderr
            came = [" ".join(line.split()) for line in said.splitlines()]
            wanted = [" ".join(line.split()).replace("…", "*") for line in shown if line.strip()]
            lacking = [line for line in wanted if not fnmatch.filter(came, line)]
            assert not lacking, f"{command}\n{said}"
            assert done.returncode == 0, f"{command}\n{said}"


def shell_lines() -> dict[str, list[Path]]:
    """Return each line of the blocks of a shell, without its comment, and the pages that have it."""
    found: dict[str, list[Path]] = {}
    for page in PAGES:
        for block in blocks(page.read_text("utf-8")):
            for line in block.text.splitlines() if block.language in SHELLS else ():
                found.setdefault(re.sub(r"\s+#.*", "", line), []).append(page)
    return found


@pytest.fixture(scope="module")
def copy(demo_reports: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the pages that ``make report`` has made."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    return Path(shutil.copytree(demo_reports("en").parent, folder, symlinks=True))


@pytest.mark.parametrize("line", shell_lines())
def test_shell_lines_run(line: str, copy: Path) -> None:
    if not line.startswith((".venv\\", "py ")):
        subprocess.run(["bash", "-n", "-c", line], check=True)
    files = re.findall(r"(?<=\s)[\w./-]+\.(?:lock|yml|ipynb|json)\b", line)
    for page in shell_lines()[line]:
        known = page.parent, ROOT
        assert [f for f in files if f != "out.ipynb" and not any((k / f).exists() for k in known)] == []
    if why := next((why for start, why in NOT_RUN.items() if line.startswith(start)), ""):
        pytest.skip(why)
    path = f"{copy / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=copy, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    if line.startswith("papermill"):
        given = dict(re.findall(r"-p (\w+) (\S+)", line))
        assert given["period"] in (copy / "out.ipynb").read_text("utf-8")
        assert list((copy / given["out"] / "tables/sales_dynamics").glob("*.csv"))


def test_what_is_not_run_is_there() -> None:
    lines = shell_lines()
    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_block_escapes(page: Path) -> None:
    command = re.compile(
        r"^(?:\$ |(?:crm-analysis|make|pip|conda|papermill|cp|curl|systemctl|python3?) )", re.M
    )
    for block in blocks(page.read_text("utf-8")):
        if block.language not in {"python", "console", "toml", *SHELLS}:
            assert block.language in {"", "text"}
            assert not command.search(block.text), block.text


# -- README and its Russian twin ---------------------------------------------------------------------------


def skeleton(page: str) -> tuple[object, ...]:
    """Return what must be equal in both languages: levels of headings, blocks, links, rows of tables."""
    plain = FENCE.sub("", page)
    found = blocks(page)
    return (
        [len(marks) for marks in re.findall(r"^(#+) ", plain, re.M)],
        [block.language for block in found],
        [re.sub(r"\s+#.*", "", block.text) for block in found if block.language == "sh"],
        [link for link in LINK.findall(plain) if not link.startswith("README")],
        len(re.findall(r"^\|", plain, re.M)),
        len(re.findall(r"^(?:- |\d\. )", plain, re.M)),
    )


def test_the_twin_has_the_structure_of_the_readme() -> None:
    english, russian = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ru.md"))
    for ours, theirs in zip(skeleton(english), skeleton(russian), strict=True):
        assert ours == theirs


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_mapping_of_the_readme_reads_an_export(name: str, tmp_path: Path) -> None:
    (block,) = [b for b in blocks((ROOT / name).read_text("utf-8")) if b.language == "toml"]
    deals = tomllib.loads(block.text)["deals"]
    headings = {theirs: ours for ours, theirs in deals["columns"].items()}
    values = {
        "deal_id": ["1", "2"], "customer_id": ["Oak", "Elm"], "owner": ["Ann", "Ben"],
        "amount": ["1200.50", "800"], "status": list(deals["values"]["status"])[:2],
        "created_at": ["2026-08-03", "2026-08-10"], "closed_at": ["2026-08-20", "2026-09-02"],
    }  # fmt: skip
    rows = [headings, *zip(*(values[ours] for ours in headings.values()), strict=True)]
    (tmp_path / deals["file"]).write_text("\n".join(",".join(row) for row in rows), "utf-8")
    (tmp_path / "crm.toml").write_text(block.text, "utf-8")
    view = crm.load(tmp_path).view("2026")
    assert view.won.count().to_pandas() == view.lost.count().to_pandas() == 1
    assert float(view.won.amount.sum().to_pandas()) == 1200.5


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_exist(page: Path) -> None:
    for command in COMMAND.findall(page.read_text("utf-8")):
        text = re.split(r"\s{3,}|\s[>|&]", command.strip())[0]
        # two words are the name of a command within a sentence; what an ellipsis hides cannot be checked
        if len(text.split()) > 2 and "…" not in text:
            parse(text)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_targets_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    text = page.read_text("utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z]+)(?=`|$|  )", text, re.M)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_papermill_is_given_what_the_notebooks_take(page: Path) -> None:
    from crm_analysis.reporting.notebooks import discover

    notebooks = {notebook.path.name: notebook for notebook in discover(ROOT / "notebooks")}
    for line in re.findall(r"^ *papermill (.*)$", page.read_text("utf-8"), re.M):
        words = shlex.split(line)
        taken = set(notebooks[Path(words[0]).name].parameters)
        assert {words[i + 1] for i, word in enumerate(words) if word == "-p"} <= taken


@pytest.mark.parametrize("page", with_blocks("toml"), ids=named)
def test_settings_load(page: Path, tmp_path: Path) -> None:
    for block in blocks(page.read_text("utf-8")):
        if block.language == "toml":
            document = tomllib.loads(block.text)
            if set(document) <= {"settings"}:
                Settings.model_validate(document["settings"])
            else:
                file = tmp_path / "crm.toml"
                file.write_text(block.text, "utf-8")
                assert read_toml(file).tables


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link.split("#")[0] for link in LINK.findall(page.read_text("utf-8"))]
    here = [link for link in links if link and "://" not in link]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_pictures_are_light() -> None:
    heavy = [p.name for p in (ROOT / "docs/images").glob("*.png") if p.stat().st_size > 150 * 1024]
    assert heavy == []


def test_every_option_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/command.md").read_text("utf-8")
    for name, command in main.commands.items():
        section = page.partition(f"\n## `{name}`")[2].partition("\n## ")[0]
        assert section, name
        options = {option.opts[-1] for option in command.params if isinstance(option, click.Option)}
        assert {option for option in options if f"`{option}" not in section} == set(), name


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: extra docs")
def test_the_site_builds(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    assert (tmp_path / "tutorial/index.html").is_file()
    # docstrings are written for numpydoc: roles become names, the tables of a result a list
    analyses = (tmp_path / "reference/analyses/index.html").read_text("utf-8")
    assert re.search(r"<li>\s*(<p>)?<code>monthly</code>", analyses)
    assert not re.search(r":(?:func|class|meth|mod):", analyses)
