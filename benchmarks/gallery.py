"""Pictures of all pages, for those who want to see them before they install anything: ``make gallery``.

Makes the report of the demo company in English and in Russian, and photographs each page as a desktop, a
telephone and a dark screen show it; prints it too. Needs Chromium. What is kept is small: a palette of 128
colours, and the top of long pages. The pictures of the documentation are made with them, and committed; they
alone, in a quarter of the time, with ``--only-docs``.

    python benchmarks/gallery.py [--only-docs] [FOLDER]
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

    Looks = dict[str, tuple["Look", ...]]

PERIOD, DATA = "2026-10", "data/demo"
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
MOST_BYTES = 150_000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
#: A desktop has a mouse, also where there is none: what shows itself under it alone stays hidden.
MOUSE = "--blink-settings=primaryHoverType=2,availableHoverTypes=2"
DARK = f"{MOUSE},preferredColorScheme=0"
#: A window is at least this wide; a narrower page stands in a frame.
NARROWEST = 500


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    name: str
    width: int
    height: int
    flags: tuple[str, ...] = ()
    #: Width of the picture that is kept, where it is smaller than the window.
    kept: int | None = None


#: What the documentation shows: a desktop's page, as wide as a column of text.
DOCS = Look("docs", 1280, 2000, (MOUSE,), kept=800)
LOOKS: Looks = {
    "en": (
        DOCS,
        Look("desktop", 1280, 1600, (MOUSE,)),
        Look("phone", 390, 1600),
        Look("dark", 1280, 1600, (DARK,)),
    ),
    "ru": (Look("ru", 1280, 1600, (MOUSE,)), Look("ru-phone", 390, 1600)),
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
    window = f"--window-size={max(look.width, NARROWEST)},{look.height}"
    raw = folder / f"{picture.stem}.png"
    browse(folder, *look.flags, window, f"--screenshot={raw}", shown.as_uri())
    with Image.open(raw) as taken:
        seen = taken.convert("RGB").crop((0, 0, look.width, look.height))
    if look.kept:
        size = look.kept, round(look.height * look.kept / look.width)
        seen = seen.resize(size, Image.Resampling.LANCZOS)
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


def photographs(folder: Path, gallery: Path, looks: Looks) -> Iterator[tuple[Path, Look, Path, Path]]:
    """Return what is to be photographed: page, look, picture, and a folder to work in."""
    for language, wanted in looks.items():
        for page in report(language, folder / language):
            for look in wanted:
                if look is not DOCS:
                    yield page, look, gallery / f"{name_of(page)}-{look.name}.png", folder
                elif (name := name_of(page)) != "all_periods":  # of one period there is nothing to see
                    yield page, look, IMAGES / f"{name}.png", folder


def main() -> None:
    """Make the gallery; fail where a picture is too large to be kept."""
    _, *arguments = sys.argv
    only_docs = "--only-docs" in arguments
    if CHROMIUM is None:
        sys.exit("The gallery needs Chromium: install it, for example with apt-get install chromium.")
    named = [argument for argument in arguments if argument != "--only-docs"]
    gallery = Path(named[0] if named else "docs/gallery").resolve()
    for made in (IMAGES,) if only_docs else (IMAGES, gallery):
        made.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wanted = list(photographs(folder, gallery, {"en": (DOCS,)} if only_docs else LOOKS))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: photograph(*one), wanted))
            pages = [folder / "en" / "index.html", *sorted((folder / "en" / PERIOD).glob("*.html"))]
            if not only_docs:
                list(pool.map(lambda page: prints(page, gallery / f"{name_of(page)}.pdf", folder), pages))
    large = [path.name for _, _, path, _ in wanted if path.stat().st_size > MOST_BYTES]
    if large:
        sys.exit(f"Larger than {MOST_BYTES:,} bytes: {', '.join(sorted(large))}")


if __name__ == "__main__":
    main()
