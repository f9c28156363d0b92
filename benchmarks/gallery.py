"""Pictures of all pages, for those who want to see them before they install anything: ``make gallery``.

Makes the report of the demo company in English and in Russian, and photographs each page as a desktop, a
telephone and a dark screen show it; prints it too. Needs Chromium. What is kept is small: a palette of 128
colours, and the top of long pages.

    python benchmarks/gallery.py [FOLDER]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

PERIOD, DATA = "2026-10", "data/demo"
MOST_BYTES = 150_000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
DARK = "--blink-settings=preferredColorScheme=0"
#: A window is at least this wide; a narrower page stands in a frame.
NARROWEST = 500


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    name: str
    width: int
    height: int
    flags: tuple[str, ...] = ()


LOOKS = {
    "en": (Look("desktop", 1280, 1600), Look("phone", 390, 1600), Look("dark", 1280, 1600, (DARK,))),
    "ru": (Look("ru", 1280, 1600), Look("ru-phone", 390, 1600)),
}


def report(language: str, out: Path) -> list[Path]:
    """Make all pages of the demo company in a language."""
    command = [sys.executable, "-m", "crm_analysis", "report", PERIOD, "--data", DATA, "--lang", language]
    subprocess.run([*command, "--out", str(out)], check=True)
    return [out / "index.html", *sorted((out / PERIOD).glob("*.html"))]


def browse(folder: Path, *arguments: str) -> None:
    """Start Chromium once, with a profile of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def photograph(page: Path, look: Look, picture: Path, folder: Path) -> None:
    """Write what a window shows of a page."""
    shown = page
    if look.width < NARROWEST:
        shown = folder / f"{picture.stem}.html"
        style = f"border:0;width:{look.width}px;height:{look.height}px"
        frame = f'<body style="margin:0"><iframe src="{page.as_uri()}" style="{style}"></iframe>'
        shown.write_text(frame, encoding="utf-8")
    size = f"--window-size={max(look.width, NARROWEST)},{look.height}"
    raw = folder / f"{picture.stem}.png"
    browse(folder, *look.flags, size, f"--screenshot={raw}", shown.as_uri())
    with Image.open(raw) as taken:
        seen = taken.convert("RGB").crop((0, 0, look.width, look.height))
    few = seen.quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


def prints(page: Path, sheet: Path, folder: Path) -> None:
    """Write a page as the browser prints it."""
    browse(folder, "--no-pdf-header-footer", f"--print-to-pdf={sheet}", page.as_uri())


def name_of(page: Path) -> str:
    """Name the pictures of a page; there are two pages called index."""
    if page.stem != "index":
        return page.stem
    return "summary" if page.parent.name == PERIOD else "all_periods"


def photographs(folder: Path, gallery: Path) -> Iterator[tuple[Path, Look, Path, Path]]:
    """Return what is to be photographed: page, look, picture, and a folder to work in."""
    for language, looks in LOOKS.items():
        for page in report(language, folder / language):
            for look in looks:
                yield page, look, gallery / f"{name_of(page)}-{look.name}.png", folder


def main() -> None:
    """Make the gallery; fail where a picture is too large to be kept."""
    if CHROMIUM is None:
        sys.exit("The gallery needs Chromium: install it, for example with apt-get install chromium.")
    gallery = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/gallery").resolve()
    gallery.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wanted = list(photographs(folder, gallery))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: photograph(*one), wanted))
            pages = [folder / "en" / "index.html", *sorted((folder / "en" / PERIOD).glob("*.html"))]
            list(pool.map(lambda page: prints(page, gallery / f"{name_of(page)}.pdf", folder), pages))
    large = [path.name for path in gallery.glob("*.png") if path.stat().st_size > MOST_BYTES]
    if large:
        sys.exit(f"Larger than {MOST_BYTES:,} bytes: {', '.join(sorted(large))}")


if __name__ == "__main__":
    main()
