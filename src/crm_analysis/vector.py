"""A matplotlib figure as a small SVG: sharp on any screen and in print, the same bytes at every run.

Letters are drawn as outlines: the picture looks the same on every computer and holds no text of the data.
matplotlib writes long numbers and names; here they are cut to what an eye can see.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Names within the file come from what they name and from this text: no chance, no clock.
_SETTINGS = {"svg.hashsalt": "crm_analysis", "svg.fonttype": "path"}
_NOTHING_ABOUT = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_HEAD = re.compile(r'^.*?<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>', re.DOTALL)
_UNSEEN = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<style [^>]*>.*?</style>", re.DOTALL)
_STEPS = re.compile(r' d="([^"]*)"')
#: A factor stays as exact as it is: it stretches a whole word.
_NUMBER = re.compile(r"scale\([^)]*\)|-?\d+\.\d+")
_LETTER = re.compile(r'(<use [^>]*?)transform="translate\((-?[\d.]+) 0\)"')
_NAME = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r"#([\w.\-]+)(?=[\")])")
_STYLE = re.compile(r' style="([^"]*)"')
_EMPTY = re.compile(r"<defs>\s*</defs>|<g>\s*</g>")


def to_svg(drawn: Figure) -> tuple[str, float]:
    """Write a figure as SVG, transparent and cut to what is drawn.

    Parameters
    ----------
    drawn
        The figure; it stays open.

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
    buffer = io.StringIO()
    with plt.rc_context(_SETTINGS):  # type: ignore[arg-type]
        drawn.savefig(buffer, format="svg", bbox_inches="tight", transparent=True, metadata=_NOTHING_ABOUT)
    text = buffer.getvalue()
    width, height = next((float(head[1]), float(head[2])) for head in _HEAD.finditer(text))
    size = f'viewBox="0 0 {_cut(width)} {_cut(height)}" width="{_cut(width)}pt" height="{_cut(height)}pt"'
    joints = 'stroke-linejoin="round" stroke-linecap="butt"'
    body = _small(_HEAD.sub("", text))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {joints}>{body}', width * 96 / 72


def _small(body: str) -> str:
    body = re.sub(r"\s+", " ", _UNSEEN.sub("", body)).replace("> <", "><").strip()
    body = body.replace("xlink:href", "href")
    body = _STYLE.sub(lambda style: _attributes(style[1]), body)
    body = _NUMBER.sub(lambda number: number[0] if "(" in number[0] else _cut(float(number[0])), body)
    body = _LETTER.sub(r'\1x="\2"', body)
    body = _STEPS.sub(lambda steps: f' d="{_path(steps[1])}"', body)
    body = _renamed(body)
    while _EMPTY.search(body):
        body = _EMPTY.sub("", body)
    return body


def _cut(value: float) -> str:
    """Write a length in hundredths: of a point that is nothing, of a letter's grid even less."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


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
