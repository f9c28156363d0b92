"""JupyterLab on the notebooks, with the kernel of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from crm_analysis import start_page
from crm_analysis.errors import ParameterError, listed, nearest
from crm_analysis.reporting.forked import NAME, ONE_THREAD, SOCKET, warm_process
from crm_analysis.reporting.notebooks import find_notebooks, is_packaged

#: Settings of JupyterLab where the user has none: Markdown opens as it is read, nobody is asked for news.
_SETTINGS = Path(__file__).parent / "reporting" / "jupyter"


def open_lab(data: str, *, default: bool) -> int:
    """Open JupyterLab on a page that tells of the notebooks; return its exit code when it ends.

    Parameters
    ----------
    data
        Folder of tables or a ``crm.toml``, of which the page tells.
    default
        Whether nobody asked for these data.
    """
    folder = own_notebooks()
    return _open(start_page.write(folder, data, default=default), folder.parent)


def own_notebooks() -> Path:
    """Return the folder of notebooks to work in.

    Where only those of the installed package are there, they are copied to ``notebooks`` in the working
    directory first, so that nobody edits the package.
    """
    folder = find_notebooks()
    return Path(shutil.copytree(folder, Path.cwd() / "notebooks")) if is_packaged(folder) else folder


def open_failed(period: str, stem: str, out: Path) -> int:
    """Open in JupyterLab what a failed run left of a notebook, up to the cell that failed.

    Parameters
    ----------
    period
        Its text, as the folder of its reports is named.
    stem
        Name of the report.
    out
        Folder of the reports.

    Returns
    -------
    int
        The exit code of JupyterLab when it ends.

    Raises
    ------
    ParameterError
        There is no failed notebook of that name.
    """
    notebook = find_failed(period, stem, out).resolve()
    here = Path.cwd()
    return _open(notebook, here if notebook.is_relative_to(here) else out.resolve())


def find_failed(period: str, stem: str, out: Path) -> Path:
    """Return the notebook that a failed run left; an error that names those there are where it is not."""
    failed = {path.parts[-3]: path.parent for path in sorted(out.glob("*/failed/*.ipynb"))}
    stems = sorted(path.stem for path in failed[period].glob("*.ipynb")) if period in failed else []
    if stem in stems:
        return failed[period] / f"{stem}.ipynb"
    there = f"Failed in {period}: {listed(stems, most=9)}." if stems else ""
    elsewhere = f"There are failed ones in {listed(failed, most=9)}." if failed else "None has failed."
    raise ParameterError(
        f'"{out}" holds no failed notebook "{stem}" of "{period}".',
        there or elsewhere,
        nearest(stem, stems) if stems else nearest(period, failed),
    )


def _open(path: Path, root: Path) -> int:
    with warm_process():
        # this interpreter, and nothing that came from outside but the path
        return subprocess.run(command(path, root), env=environment(), check=False).returncode  # noqa: S603


def command(path: Path, root: Path) -> list[str]:
    """Return the command that opens a folder or a notebook, with all below the root in reach."""
    start = f"--LabApp.default_url=/lab/tree/{quote(path.relative_to(root).as_posix())}"
    return [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", start]


def environment() -> dict[str, str]:
    """Return the environment in which the kernel named python3 is the one installed with this package.

    Where a warm process runs, it is a fork of that one. The package itself is imported anew by each kernel:
    who changes it restarts the kernel and sees the change.
    """
    forked = {"JUPYTER_DEFAULT_PROVISIONER_NAME": NAME, **ONE_THREAD} if SOCKET in os.environ else {}
    paths = os.pathsep.join(filter(None, (os.environ.get("JUPYTER_CONFIG_PATH"), str(_SETTINGS))))
    return {**os.environ, **forked, "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_CONFIG_PATH": paths}
