"""Read drawn pictures back: which functions draw, what texts stand where, and what is wrong with them."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import XAxis
from matplotlib.container import BarContainer
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Bbox

import crm_analysis as crm
from crm_analysis.figures import _arranged
from crm_analysis.plots.theme import NOTHING, WIDTH

#: A picture is at most so much wider than its axes were meant to be: on a phone letters shrink with it.
_WIDEST = 1.3
_DOTS = 72
#: Months and years need no unit.
_YEAR = re.compile(r"(^|\n)(19|20)\d\d$")
_BARE = re.compile(r"[−\-+]?[\d.,\s]+")


def pictures() -> list[tuple[str, str]]:
    """List all functions that draw, by module and name."""
    found = []
    for stem in crm.plots.__all__:
        module = getattr(crm.plots, stem)
        names = getattr(module, "__all__", None) or [
            name
            for name, function in vars(module).items()
            if getattr(function, "__module__", "") == module.__name__ and not name.startswith("_")
        ]
        found += [(stem, name) for name in names]
    return found


def texts(axes: Any) -> list[str]:
    """List the texts within axes."""
    return [text.get_text() for text in axes.texts]


def title_of(axes: Axes) -> str:
    """Give the title in one line, however many it takes."""
    return str(axes.get_title(loc="left").replace("\n", " "))


def faults(axes: Axes) -> list[str]:
    """List what a reader would stumble over on a page; empty where the picture is sound."""
    figure = axes.get_figure(root=True)
    figure.set_dpi(_DOTS)
    _arranged(axes, figure)
    figure.draw_without_rendering()  # sets all in its place, and fills no dots
    if axes.get_gid() == NOTHING:
        return [] if axes.get_label() in texts(axes) else ["an empty picture that does not say why"]
    found = [] if axes.get_title(loc="left") else ["no title"]
    if not re.search(r"\d", axes.get_label()):
        found.append(f"a description without a number: {axes.get_label()!r}")
    if re.search(r"\bnan\b|\binf\b", axes.get_label()):
        found.append(f"a description of nothing: {axes.get_label()!r}")
    placed = _placed(figure)
    whole = Bbox.union([box for _, box in placed])
    width = whole.width / figure.dpi
    if width > WIDTH * _WIDEST:
        found.append(f"{width:.1f} inches wide")
    found += [f"the title {line!r} is wider than the picture" for line in _too_wide(axes)]
    for (one, box), (other, second) in combinations(placed, 2):
        if _meet(box, second):
            found.append(f"{one!r} over {other!r}")
    drawn = [one for one in figure.findobj(Axes) if one.axison]
    found += [fault for one in drawn for fault in _without_zero(one)]
    return found + [fault for one in drawn for axis in (one.xaxis, one.yaxis) for fault in _bare(one, axis)]


def _too_wide(axes: Axes) -> list[str]:
    """List the lines of the title that are cut on a page, where letters are not rounded to dots."""
    title = axes._left_title  # type: ignore[attr-defined]
    letters, most = title.get_fontproperties(), 72 * axes.get_figure(root=True).get_figwidth()
    lines = title.get_text().split("\n")
    return [
        line for line in lines if text_to_path.get_text_width_height_descent(line, letters, False)[0] > most
    ]


def _placed(figure: Any) -> list[tuple[str, Bbox]]:
    """Give each text that is seen with its place; a text that stands aslant with that of its end."""
    hidden = {id(text) for one in figure.findobj(Axes) for text in _unseen(one)}
    placed = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible() or id(text) in hidden:
            continue
        box = Text.get_window_extent(text)  # of an annotation the words only, not the line to its point
        if text.get_rotation() % 90:
            box = Bbox.from_bounds(box.x1 - 4, box.y1 - 4, 4, 4)
        if box.width and box.height:
            placed.append((text.get_text(), box))
    return placed


def _unseen(axes: Axes) -> list[Text]:
    """List ticks outside the view and all texts of axes that are switched off."""
    if not axes.axison:
        return [axis.label for axis in (axes.xaxis, axes.yaxis)] + [
            label for axis in (axes.xaxis, axes.yaxis) for tick in _ticks(axis) for label in tick
        ]
    return [
        label
        for axis in (axes.xaxis, axes.yaxis)
        for at, tick in zip(_places(axis), _ticks(axis), strict=True)
        for label in tick
        if not _within(at, axis.get_view_interval())
    ]


def _ticks(axis: Any) -> list[tuple[Text, Text]]:
    return [(tick.label1, tick.label2) for tick in [*axis.majorTicks, *axis.minorTicks]]


def _places(axis: Any) -> list[float]:
    return [tick.get_loc() for tick in [*axis.majorTicks, *axis.minorTicks]]


def _within(at: float, ends: Any) -> bool:
    low, high = sorted(ends)
    room = 1e-6 * (high - low)
    return bool(low - room <= at <= high + room)


def _meet(one: Bbox, other: Bbox) -> bool:
    """Say whether two texts cover each other; boxes are a little higher than their letters."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    up = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(across > 1.0 and up > 0.28 * min(one.height, other.height))


def _without_zero(axes: Axes) -> list[str]:
    """Say where the length of a bar does not tell its value, because its axis begins elsewhere."""
    bars = [held for held in axes.containers if isinstance(held, BarContainer) and len(held.patches)]
    along = [axes.yaxis if held.orientation == "vertical" else axes.xaxis for held in bars]
    ends = [sorted(axis.get_view_interval()) for axis in along if axis.get_scale() == "linear"]
    return [f"bars on an axis from {low:g} to {high:g}" for low, high in ends if not low <= 0 <= high]


def _bare(axes: Axes, axis: Any) -> list[str]:
    """Say where figures stand without a unit, a label or a title that names it."""
    shown = [label.get_text() for label in axis.get_ticklabels() if label.get_text()]
    named = axis.get_label().get_text() or (not isinstance(axis, XAxis) and axes.get_title(loc="left"))
    if shown and not named and all(_BARE.fullmatch(text) for text in shown if text != "0"):
        if all(text == "0" for text in shown) or any(_YEAR.search(text) for text in shown):
            return []
        return [f"figures without a unit: {shown}"]
    return []
