"""A picture as it is shown: sharp, small, with a description for those who cannot see it.

Where a plot had nothing to draw, its reason is shown as a sentence, not as an empty picture.
"""

from __future__ import annotations

import html
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from crm_analysis.errors import ParameterError
from crm_analysis.plots.theme import NOTHING, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 200
_COLOURS = 64
_COMPRESSION = 7  # the highest takes six times as long for a tenth less


@dataclass(frozen=True)
class Picture:
    """A PNG with its alternative text and its width as shown, in CSS pixels."""

    png: bytes
    alt: str
    width: int

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": self.png, "text/plain": repr(self)}
        return data, {"image/png": {"alt": self.alt, "width": self.width}}


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
    image = _paint(drawn)
    plt.close(drawn)
    small = io.BytesIO()
    image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        small, format="png", compress_level=_COMPRESSION
    )
    return Picture(small.getvalue(), alt, round(image.width * 96 / _DPI))


def _paint(drawn: Figure) -> Image.Image:
    """Return the pixels of a figure, cut to what is drawn; no PNG in between, which would take time."""
    canvas, pixels = FigureCanvasAgg(drawn), io.BytesIO()
    canvas.print_figure(pixels, format="rgba", dpi=_DPI, bbox_inches="tight")
    size = int(canvas.renderer.width), int(canvas.renderer.height)
    return Image.frombytes("RGBA", size, pixels.getvalue()).convert("RGB")


def _align_title(drawn: Figure, axes: Axes) -> None:
    """Let the title begin at the left edge of the picture, above the labels: long ones then fit."""
    if layout := drawn.get_layout_engine():
        layout.execute(drawn)
    extent = axes.get_tightbbox()
    if extent is not None:
        left = axes.transAxes.inverted().transform((extent.x0, 0))[0]
        axes.set_title(axes.get_title(loc="left"), loc="left", x=min(float(left), 0.0))
