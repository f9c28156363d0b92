"""The documentation holds: its code runs, its commands exist, its settings load, its links lead somewhere.

A block ``console`` is executed, its commands one after another in a folder of the page, and each line of
output that it shows must come (… is anything); a block with ``title="path"`` is written to that file there
first. Commands in other blocks and within the text are parsed with the options of the command, not run: they
would take hours, or need a database. Blocks ``python`` run in one namespace a page, in the root of the
project.
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

import click
import matplotlib.pyplot as plt
import pytest

from crm_analysis.cli import main
from crm_analysis.sources.config import Settings, read_toml

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
    r"(?:^|(?<=`)|(?<=[\s/\\]))(crm-analysis (?:report|why|check|demo|lab|open-failed)\b[^`\n#']*)", re.M
)
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
