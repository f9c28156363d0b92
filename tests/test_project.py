"""What holds the project together: its environment, its layers, its files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "crm_analysis"
#: Names on conda-forge where they differ from those on the Python Package Index.
CONDA_NAMES = {
    "ibis-duckdb": "ibis-framework",
    "ibis-postgres": "ibis-framework",
    "jupyter_client": "jupyter-client",
    "python-duckdb": "duckdb",
}
#: What a package is imported by, where that is not its name.
IMPORTS = {
    "beautifulsoup4": "bs4",
    "ibis-framework": "ibis",
    "pillow": "PIL",
    "pytest-xdist": "xdist",
    "pyyaml": "yaml",
}
#: Packages without a module to import: stubs for types.
STUBS = {"pandas-stubs", "scipy-stubs", "types-pyyaml"}
PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;\\]+)( ; [^\\]+)?", re.MULTILINE)


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def wanted() -> dict[str, Requirement]:
    """What pyproject.toml asks for, with what it builds with."""
    listed = (
        *project()["project"]["dependencies"],
        *project()["project"]["optional-dependencies"]["dev"],
        *project()["build-system"]["requires"],
    )
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in listed}


def conda() -> dict[str, Requirement]:
    """What environment.yml asks for, by the names of the Python Package Index."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    found = [Requirement(line) for line in lines if isinstance(line, str)]
    return {CONDA_NAMES.get(found_.name, found_.name): found_ for found_ in found}


def lock() -> str:
    return (ROOT / "requirements.lock").read_text()


# -- environment -----------------------------------------------------------------------------------------


def test_conda_and_pip_ask_for_the_same() -> None:
    built_with = {canonicalize_name(Requirement(r).name) for r in project()["build-system"]["requires"]}
    asked = {name: str(r.specifier) for name, r in conda().items() if name not in {"python", "pip"}}
    assert asked == {name: str(r.specifier) for name, r in wanted().items() if name not in built_with}
    assert str(conda()["python"].specifier) == project()["project"]["requires-python"]


def test_the_lock_holds_a_fitting_pin_of_everything_wanted() -> None:
    pins: dict[str, list[str]] = {}
    for name, version, _ in PIN.findall(lock()):
        pins.setdefault(name, []).append(version)
    assert set(wanted()) <= set(pins)
    for name, requirement in wanted().items():
        for version in pins[name]:
            assert Version(version) in requirement.specifier, (name, version)


def test_every_pin_has_hashes_and_no_address() -> None:
    for block in re.split(r"\n(?=[a-z0-9])", lock()):
        if PIN.match(block):
            assert "--hash=sha256:" in block, block[:60]
    assert not re.search(r"://|--index|--find-l|--extra|file:| /\w", lock())
    assert "torch" not in {name for name, *_ in PIN.findall(lock())}


def test_what_conda_names_installs_from_the_lock_and_can_be_imported(tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    names = set(conda()) - {"python", "pip"}
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True)
    install = [*uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
    done = subprocess.run(
        [*install, "--requirement", ROOT / "requirements.lock"], capture_output=True, text=True, check=False
    )
    if done.returncode and re.search("error sending request|Failed to fetch|dns error", done.stderr):
        pytest.skip("the packages cannot be reached from here")
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        [*uv, "pip", "freeze", "--quiet", "--python", python], capture_output=True, text=True, check=True
    )
    installed = {canonicalize_name(line.partition("==")[0]) for line in listed.stdout.splitlines()}
    assert names <= installed
    modules = [IMPORTS.get(name, name.replace("-", "_")) for name in sorted(names - STUBS)]
    subprocess.run([python, "-c", f"import {', '.join(modules)}"], check=True, cwd=tmp_path)


def test_the_wheel_brings_the_notebooks() -> None:
    wheel = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"notebooks": "crm_analysis/notebooks"}


# -- layers ----------------------------------------------------------------------------------------------


def imports(path: Path) -> set[str]:
    """Modules a file imports when it runs; those for types only do not count."""
    found: set[str] = set()

    def look(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                module = child.module or ""
                found.update({module, *(f"{module}.{alias.name}" for alias in child.names)})
            look(child)

    look(ast.parse(path.read_text(encoding="utf-8")))
    return found


def layer(name: str) -> list[Path]:
    """Files of a layer: a folder or a module of the package."""
    place = SOURCE / name
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


#: Layer, and what nothing in it may import.
FORBIDDEN = [
    ("stats", "matplotlib seaborn ibis duckdb nbconvert papermill"),
    ("sources", "matplotlib seaborn statsmodels scipy nbconvert papermill"),
    ("analyses", "matplotlib seaborn statsmodels nbconvert papermill jinja2"),
    ("plots", "statsmodels scipy ibis duckdb nbconvert papermill"),
    ("sentences", "matplotlib pandas ibis statsmodels"),
    ("reporting", "matplotlib seaborn statsmodels scipy duckdb"),
    ("demo", "matplotlib statsmodels ibis papermill"),
]


@pytest.mark.parametrize(("name", "banned"), FORBIDDEN, ids=[name for name, _ in FORBIDDEN])
def test_a_layer_does_without_what_is_not_its_business(name: str, banned: str) -> None:
    for path in layer(name):
        tops = {module.partition(".")[0] for module in imports(path)}
        assert not tops & set(banned.split()), path.relative_to(ROOT)


def test_statistics_alone_use_statsmodels() -> None:
    users = {p for p in SOURCE.rglob("*.py") if any(m.split(".")[0] == "statsmodels" for m in imports(p))}
    assert users
    assert users <= set(layer("stats"))


#: Layer, and the parts of this package that it may import besides itself.
MAY_USE = [
    ("stats", {"errors"}),
    ("errors", set()),
    ("period", {"errors"}),
    ("schema", {"errors"}),
    ("sources", {"errors", "schema", "period"}),
    ("language", set()),
    ("sentences", {"errors", "language"}),
]


@pytest.mark.parametrize(("name", "allowed"), MAY_USE, ids=[name for name, _ in MAY_USE])
def test_a_lower_layer_knows_nothing_of_the_upper_ones(name: str, allowed: set[str]) -> None:
    for path in layer(name):
        inner = {m.split(".")[1] for m in imports(path) if m.startswith("crm_analysis.")}
        assert inner <= allowed | {name}, path.relative_to(ROOT)


@pytest.mark.parametrize("upper", ["plots", "reporting", "cli", "lab"])
def test_analyses_know_nothing_of_plots_and_pages(upper: str) -> None:
    for path in layer("analyses"):
        assert not any(m.startswith(f"crm_analysis.{upper}") for m in imports(path)), path.relative_to(ROOT)


def test_the_rules_would_notice(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ibis\n"
        "def f():\n    from statsmodels import api\n    import matplotlib.pyplot as plt\n"
    )
    assert imports(file) == {
        "typing", "typing.TYPE_CHECKING", "statsmodels", "statsmodels.api", "matplotlib.pyplot",
    }  # fmt: skip


# -- files -----------------------------------------------------------------------------------------------


def test_modules_stay_short() -> None:
    long = {p.name: n for p in SOURCE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def test_the_commands_of_the_makefile_are_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"report", "test", "lint", "lab", "demo", "lock", "clean"} <= targets
