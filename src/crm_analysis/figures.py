"""A picture as it is shown: sharp, small, with a description for those who cannot see it.

Where a plot had nothing to draw, its reason is shown as a sentence, not as an empty picture.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt

from crm_analysis.errors import ParameterError
from crm_analysis.plots.theme import NOTHING, styled
from crm_analysis.vector import to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """An SVG with its alternative text and its width as shown, in CSS pixels."""

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
        return f'<p class="no-picture">{html.escape(self.why)}</p>'


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
    _align_title(drawn, axes)
    svg, width = to_svg(drawn)
    plt.close(drawn)
    return Picture(svg, alt, round(width))


def _align_title(drawn: Figure, axes: Axes) -> None:
    """Let the title begin at the left edge of the picture, above the labels: long ones then fit."""
    if layout := drawn.get_layout_engine():
        layout.execute(drawn)
        drawn.set_layout_engine("none")  # once is enough, and takes half the time of a picture
    extent = axes.get_tightbbox()
    if extent is not None:
        left = axes.transAxes.inverted().transform((extent.x0, 0))[0]
        axes.set_title(axes.get_title(loc="left"), loc="left", x=min(float(left), 0.0))
