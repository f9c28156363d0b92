"""A page in headless Chromium, looked at from outside: the page itself may run nothing of a test's."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--allow-file-access-from-files", "--window-size=1400,1000"),
)


def observe(folder: Path, probe: str, *flags: str, budget: int = 5000) -> Any:
    """Open a page made of ``probe`` and return what it wrote, as JSON, into its ``pre``.

    ``budget`` is how many milliseconds the page may count by its own clock, which leaps where nothing is
    done; 0 lets it run by the real clock until it is loaded.
    """
    path = folder / "probe.html"
    path.write_text(probe, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    clock = [f"--virtual-time-budget={budget}"] if budget else []
    command = [str(CHROMIUM), *_FLAGS, *clock, *flags, profile, "--dump-dom", path.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    written = BeautifulSoup(run.stdout, "html.parser").find("pre").get_text()
    assert written, run.stderr
    return json.loads(written)
