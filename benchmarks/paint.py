"""How soon a reader sees something: time to the first paint of each page of the demo, opened from disk.

    python benchmarks/paint.py [--rounds 5] [FOLDER]

Makes the report first where no folder of reports is given. Each page is opened in one headless Chromium, its
cache off; printed is the median of the rounds. Needs Chromium.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.reporting.devtools import Tab, browsing  # noqa: E402 - the tests lie beside, in no package

#: Waits for the paint that the browser tells of.
PAINT = """
  return await new Promise((done) => new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (one.name === "first-contentful-paint") done(one.startTime);
  }).observe({ type: "paint", buffered: true }));"""


def first_paint(tab: Tab, page: Path) -> float:
    """Return milliseconds from opening a page to its first paint with content."""
    tab.open(page)
    return float(tab.run(PAINT))


def main() -> None:
    """Print size and time of each page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("folder", nargs="?", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = asked.folder or Path(place) / "reports"
        if asked.folder is None:
            command = [sys.executable, "-m", "crm_analysis", "report", "2026-10", "--data", "data/demo"]
            subprocess.run([*command, "--out", str(folder)], cwd=ROOT, check=True, capture_output=True)
        pages = sorted(folder.resolve().rglob("*.html"))
        with browsing(Path(place)) as tab:
            tab.ask("Network.setCacheDisabled", cacheDisabled=True)
            tab.look()
            print(f"{'page':<34}{'KB':>6}{'ms':>7}")
            for page in pages:
                name, size = page.relative_to(folder.resolve()).as_posix(), page.stat().st_size / 1000
                milliseconds = median(first_paint(tab, page) for _ in range(asked.rounds))
                print(f"{name:<34}{size:>6.0f}{milliseconds:>7.0f}")


if __name__ == "__main__":
    main()
