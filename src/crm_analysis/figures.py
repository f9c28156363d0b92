"""A picture as it is shown: sharp, small, with a description for those who cannot see it.

Where a plot had nothing to draw, its reason is shown as a sentence, not as an empty picture.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.transforms import Bbox

from crm_analysis.errors import ParameterError
from crm_analysis.plots.theme import NOTHING, styled
from crm_analysis.vector import to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


#: Pictures are drawn for a telephone; where there is room their letters are as large as those of the text.
_SHOWN = 1.2
#: Axes take this share of the sheet at least; where labels are longer than that leaves, the picture grows.
_LEAST = 0.25


@dataclass(frozen=True)
class Picture:
    """An SVG with its alternative text and its width where there is room, in CSS pixels."""

    svg: str
    alt: str
    width: int

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/svg+xml": self.svg, "text/plain": repr(self)}
        return data, {"image/svg+xml": {"alt": self.alt, "width": self.width}}


@dataclass(frozen=True)
class NoPicture:
    """Why there is no picture."""

    why: str

    def __repr__(self) -> str:
        return self.why

    def _repr_html_(self) -> str:
        return f'<p class="no-picture nothing">{html.escape(self.why)}</p>'


@styled
def figure(axes: Axes, alt: str | None = None) -> Picture | NoPicture:
    """Show what a function of ``crm.plots`` drew.

    Parameters
    ----------
    axes
        The axes it returned; their label holds the description, made from the numbers.
    alt
        Another description, for a picture of your own.

    Raises
    ------
    ParameterError
        There is no description.
    """
    alt = alt or str(axes.get_label() or "")
    if not alt:
        raise ParameterError(
            "The picture has no description.",
            "Every picture needs one, for those who cannot see it.",
            'Write crm.figure(axes, alt="What the picture shows").',
        )
    drawn = axes.get_figure(root=True)
    if drawn is None:
        raise ParameterError("These axes are on no figure any more.", "", "Draw them again.")
    if axes.get_gid() == NOTHING:
        plt.close(drawn)
        return NoPicture(alt)
    svg, width = to_svg(drawn, partial(_arranged, axes))
    plt.close(drawn)
    return Picture(svg, alt, round(_SHOWN * width))


def _arranged(axes: Axes, drawn: Figure) -> Bbox:
    """Let axes and labels fill the sheet, and the title begin at its left edge, above the labels.

    Returns what the picture holds, in inches. Measuring takes as long as drawing: matplotlib's own layout
    does it twice before what is drawn is measured at last.
    """
    title = axes.set_title(axes.get_title(loc="left"), loc="left", visible=False)
    if drawn.get_layout_engine():
        drawn.set_layout_engine("none")
        _fill(axes, drawn)
    held = _with_room(drawn, drawn.get_tightbbox())
    left = drawn.dpi * held.x0
    title.set_x(min(float(axes.transAxes.inverted().transform((left, 0))[0]), 0.0))
    title.set_visible(True)
    if not title.get_text():
        return held
    return Bbox.union([held, title.get_window_extent().transformed(drawn.dpi_scale_trans.inverted())])


def _fill(axes: Axes, drawn: Figure) -> None:
    """Give the axes what room their labels leave: as wide and as high as the sheet, all in all."""
    inner, taken = axes.get_position(), axes.get_tightbbox(for_layout_only=True)
    if taken is None:  # nothing of them is seen
        return
    outer = drawn.transFigure.inverted().transform_bbox(taken)
    left, bottom = inner.x0 - outer.x0, inner.y0 - outer.y0
    right, top = outer.x1 - inner.x1, outer.y1 - inner.y1
    axes.set_position((left, bottom, max(1 - left - right, _LEAST), max(1 - bottom - top, _LEAST)))


def _with_room(drawn: Figure, held: Bbox) -> Bbox:
    """Make the sheet as large as what it holds, whose lines and marks would end at its edge."""
    width, height = drawn.get_size_inches()
    left, below = min(held.x0, 0.0), min(held.y0, 0.0)
    wider, higher = max(held.x1, width) - left, max(held.y1, height) - below
    for axes in drawn.axes:
        place = axes.get_position()
        across, up = width / wider, height / higher
        axes.set_position(
            (
                place.x0 * across - left / wider,
                place.y0 * up - below / higher,
                place.width * across,
                place.height * up,
            )
        )
    drawn.set_size_inches(wider, higher)
    return held.translated(-left, -below)
