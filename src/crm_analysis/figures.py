"""A picture as it is shown: sharp, small, with a description for those who cannot see it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from PIL import Image

from crm_analysis.errors import ParameterError
from crm_analysis.plots.theme import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 200
_COLOURS = 64


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


@styled
def figure(axes: Axes, alt: str | None = None) -> Picture:
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
    buffer = io.BytesIO()
    # no Software or Date entry: the same input gives the same bytes
    drawn.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None}, bbox_inches="tight")
    plt.close(drawn)
    image = Image.open(buffer).convert("RGB")
    small = io.BytesIO()
    image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        small, format="png", optimize=True
    )
    return Picture(small.getvalue(), alt, round(image.width * 96 / _DPI))
