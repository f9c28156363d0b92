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
    *("--allow-file-access-from-files", "--virtual-time-budget=5000", "--window-size=1400,1000"),
)


def observe(folder: Path, probe: str) -> Any:
    """Open a page made of ``probe`` and return what it wrote, as JSON, into its ``pre``."""
    path = folder / "probe.html"
    path.write_text(probe, encoding="utf-8")
    command = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", path.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    written = BeautifulSoup(run.stdout, "html.parser").find("pre").get_text()
    assert written, run.stderr
    return json.loads(written)
