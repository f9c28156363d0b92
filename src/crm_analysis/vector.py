"""A matplotlib figure as a small SVG: sharp on any screen and in print, the same bytes at every run.

Letters are drawn as outlines: the picture looks the same on every computer and holds no text of the data.
matplotlib writes long numbers and names; here they are cut to what an eye can see.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.transforms import Bbox

#: Names within the file come from what they name and from this text: no chance, no clock.
_SETTINGS = {"svg.hashsalt": "crm_analysis", "svg.fonttype": "path"}
#: Around what is drawn, in inches, as matplotlib leaves.
_MARGIN = 0.1
_NOTHING_ABOUT = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_HEAD = re.compile(r"^.*?<svg [^>]*>", re.DOTALL)
_UNSEEN = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<style [^>]*>.*?</style>", re.DOTALL)
_STEPS = re.compile(r' d="([^"]*)"')
#: A factor stays as exact as it is: it stretches a whole word.
_NUMBER = re.compile(r"scale\([^)]*\)|-?\d+\.\d+")
#: The outline of a letter, in 64ths of a hundredth of its height: finer than an eye, and most of the file.
_OUTLINE = re.compile(r' d="([^"]*)" transform="scale\(0\.015625\)"')
_COARSER = 32
#: A letter within its word, in hundredths of its height: a part of one is nothing.
_LETTER = re.compile(r'(<use [^>]*?)transform="translate\((-?[\d.]+) 0\)"')
_NAME = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r"#([\w.\-]+)(?=[\")])")
_STYLE = re.compile(r' style="([^"]*)"')
_EMPTY = re.compile(r"<defs>\s*</defs>|<g>\s*</g>")


def to_svg(drawn: Figure, arrange: Callable[[Figure], Bbox] = Figure.get_tightbbox) -> tuple[str, float]:
    """Write a figure as SVG, transparent and cut to what is drawn.

    Letters are measured as the outlines that are drawn, which are wider than the letters of a screen.

    Parameters
    ----------
    drawn
        The figure; it stays open.
    arrange
        Puts things in place, measures them, and returns what is drawn, in inches.

    Returns
    -------
    tuple
        The SVG, and its width in CSS pixels.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> drawn, axes = plt.subplots()
    >>> to_svg(drawn)[0][:40]
    '<svg xmlns="http://www.w3.org/2000/svg" '
    >>> plt.close(drawn)
    """
    for ground in (drawn.patch, *(axes.patch for axes in drawn.axes)):
        ground.set_visible(False)  # transparent
    shown, dpi = drawn.canvas, drawn.dpi
    drawn.set_dpi(72)  # lengths are points
    try:
        with plt.rc_context(_SETTINGS):  # type: ignore[arg-type]
            sheet = _Sheet(drawn)
            box = arrange(drawn).padded(_MARGIN)
            body = sheet.written()
    finally:
        drawn.set_canvas(shown)
        drawn.set_dpi(dpi)
    left, top, width, height = (
        72 * length for length in (box.x0, drawn.get_figheight() - box.y1, box.width, box.height)
    )
    view = " ".join(map(_cut, (left, top, width, height)))
    size = f'viewBox="{view}" width="{_cut(width)}pt" height="{_cut(height)}pt"'
    joints = 'stroke-linejoin="round" stroke-linecap="butt"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {joints}>{_small(_HEAD.sub("", body))}',
        width * 96 / 72,
    )


class _Sheet(FigureCanvasSVG):
    """What a figure is measured and drawn on, in points; the usual way to save draws twice, to cut it."""

    def __init__(self, drawn: Figure) -> None:
        super().__init__(drawn)
        self._file = io.StringIO()
        self._renderer = self._new_renderer()

    def get_renderer(self) -> RendererSVG:
        """Return what matplotlib asks for the size of letters."""
        return self._renderer

    def written(self) -> str:
        """Draw the whole sheet, which may have grown since it was measured."""
        self._file.truncate(0)
        self._file.seek(0)
        renderer = self._new_renderer()
        self.figure.draw(renderer)
        renderer.finalize()  # type: ignore[no-untyped-call]
        return self._file.getvalue()

    def _new_renderer(self) -> RendererSVG:
        width, height = (72 * length for length in self.figure.get_size_inches())
        return RendererSVG(width, height, self._file, metadata=_NOTHING_ABOUT)  # type: ignore[no-untyped-call]


def _small(body: str) -> str:
    body = re.sub(r"\s+", " ", _UNSEEN.sub("", body)).replace("> <", "><").strip()
    body = body.replace("xlink:href", "href")
    body = _STYLE.sub(lambda style: _attributes(style[1]), body)
    body = _NUMBER.sub(lambda number: number[0] if "(" in number[0] else _cut(float(number[0])), body)
    body = _LETTER.sub(lambda letter: f'{letter[1]}x="{round(float(letter[2]))}"', body)
    body = _STEPS.sub(lambda steps: f' d="{_path(steps[1])}"', body)
    body = _OUTLINE.sub(
        lambda outline: f' d="{_coarse(outline[1])}" transform="scale({_COARSER / 64:g})"', body
    )
    body = _renamed(body)
    while _EMPTY.search(body):
        body = _EMPTY.sub("", body)
    return body


def _cut(value: float) -> str:
    """Write a length in hundredths: of a point that is nothing, of a letter's grid even less."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=512)
def _coarse(outline: str) -> str:
    """Write the outline of a letter on a coarser grid, where a step is a two-hundredth of its height.

    Each point is told from the one before it, which takes a fifth less than from the corner of the letter.
    """
    steps, here, start = [], (0, 0), (0, 0)
    for order, numbers in re.findall(r"([MLQCZz])([^A-Za-z]*)", outline):
        points = [round(float(number) / _COARSER) for number in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        moves = [point - here[at % 2] for at, point in enumerate(points)]
        steps.append(order.lower() + " ".join(map(str, moves)).replace(" -", "-"))
        here = start if order in "Zz" else (points[-2], points[-1])
        start = here if order == "M" else start
    return "".join(steps)


def _path(steps: str) -> str:
    return re.sub(r" ?([A-Za-z]) ?", r"\1", steps).replace(" -", "-").strip()


def _attributes(style: str) -> str:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)


def _renamed(body: str) -> str:
    """Give short names to what is referred to, and drop all other names."""
    used = set(_REFERENCE.findall(body))
    names = {name: f"a{at}" for at, name in enumerate(n for n in _NAME.findall(body) if n in used)}
    body = _NAME.sub(lambda name: f' id="{names[name[1]]}"' if name[1] in names else "", body)
    return _REFERENCE.sub(lambda name: f"#{names.get(name[1], name[1])}", body)
