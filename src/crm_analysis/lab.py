"""JupyterLab on the notebooks, with the kernel of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from crm_analysis.reporting.forked import NAME, ONE_THREAD, SOCKET, warm_process
from crm_analysis.reporting.notebooks import find_notebooks, is_packaged


def open_lab() -> int:
    """Open JupyterLab on the folder of notebooks; return its exit code when it ends.

    Where only those of the installed package are there, they are copied to ``notebooks`` in the working
    directory first, so that nobody edits the package.
    """
    folder = find_notebooks()
    if is_packaged(folder):
        folder = Path(shutil.copytree(folder, Path.cwd() / "notebooks"))
    with warm_process():
        # this interpreter, and nothing that came from outside but the folder
        return subprocess.run(command(folder), env=environment(), check=False).returncode  # noqa: S603


def command(folder: Path) -> list[str]:
    """Return the command that opens a folder of notebooks, with the data and reports beside it in reach."""
    start = f"--ServerApp.default_url=/lab/tree/{folder.name}"
    return [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.parent}", start]


def environment() -> dict[str, str]:
    """Return the environment in which the kernel named python3 is the one installed with this package.

    Where a warm process runs, it is a fork of that one. The package itself is imported anew by each kernel:
    who changes it restarts the kernel and sees the change.
    """
    forked = {"JUPYTER_DEFAULT_PROVISIONER_NAME": NAME, **ONE_THREAD} if SOCKET in os.environ else {}
    return {**os.environ, **forked, "JUPYTER_PREFER_ENV_PATH": "1"}
