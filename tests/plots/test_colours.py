"""The palette: told apart by colour-blind readers, in grey or by shape, and seen on light and dark ground.

Colour blindness after Machado, Oliveira and Fernandes (2009), severity 1; distances are CIE76 in CIELAB.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from crm_analysis.plots import _marketing_attribution as attribution
from crm_analysis.plots import _marketing_leads, customer_abc, marketing_impact, open_deals, theme

PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
EYES = {"all colours": np.eye(3), "no red": np.array(PROTAN), "no green": np.array(DEUTAN)}
#: Colours that stand in one picture with the same mark: only colour tells them apart.
TOGETHER = {
    "good and bad": (theme.GOOD, theme.BAD, theme.MUTED),
    "found or not": (theme.MAIN, theme.ACCENT, theme.MUTED),
    "classes": tuple(theme.CLASSES[name] for name in "ABC"),
    "now and expected": (theme.MAIN, theme.PALE, theme.MUTED),
    "ages": tuple(open_deals._AGES.values()),
}
APART = 12.0  # what is seen at a glance; the least one can see is about 2.3
WHITE, DARK = "#FFFFFF", "#14171B"


def linear(colour: str) -> np.ndarray:
    value = np.array(to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(value: np.ndarray) -> np.ndarray:
    """Turn linear sRGB into CIELAB under D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ np.clip(value, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def in_the_dark(colour: str) -> str:
    """Apply what the page does to a drawing on dark ground: invert(.92) hue-rotate(180deg)."""
    inverted = 0.92 + (1 - 2 * 0.92) * np.array(to_rgb(colour))
    # the matrix of the CSS filter for 180 degrees: 2 × luminance − the colour
    turned = 2 * float(np.dot([0.213, 0.715, 0.072], inverted)) - inverted
    return "#" + "".join(f"{round(255 * part):02x}" for part in np.clip(turned, 0, 1))


def test_the_arithmetic_on_known_colours() -> None:
    # CIELAB of pure red in sRGB is 53.2, 80.1, 67.2; black on white has a contrast of 21
    assert lab(linear("#FF0000")) == pytest.approx([53.2, 80.1, 67.2], abs=0.1)
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    # a hue turned by 180° leaves grey as it is
    assert in_the_dark("#FFFFFF") == "#141414"


@pytest.mark.parametrize("eye", list(EYES))
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", list(TOGETHER))
def test_colours_of_one_picture_are_told_apart(name: str, eye: str, dark: bool) -> None:
    colours = [colour for colour in TOGETHER[name] if colour != WHITE]  # that of unknown age is hatched
    shown = [in_the_dark(colour) if dark else colour for colour in colours]
    for one, other in combinations(shown, 2):
        distance = np.linalg.norm(lab(EYES[eye] @ linear(one)) - lab(EYES[eye] @ linear(other)))
        assert distance >= APART, (one, other)


@pytest.mark.parametrize("name", ["classes", "ages"])
def test_steps_are_told_apart_in_grey(name: str) -> None:
    light = [lab(linear(colour))[0] for colour in TOGETHER[name]]
    # that of unknown age is hatched
    steps = np.abs(np.diff(light[:-1] if name == "ages" else light))
    assert steps.min() >= 8


@pytest.mark.parametrize("colour", [theme.MAIN, theme.ACCENT, theme.GOOD, theme.BAD, theme.MUTED])
def test_marks_are_seen_on_light_and_dark_ground(colour: str) -> None:
    assert contrast(colour, WHITE) >= 3.0
    assert contrast(in_the_dark(colour), DARK) >= 3.0


@pytest.mark.parametrize("colour", [theme.INK, theme.GOOD, theme.BAD])
def test_letters_are_read_on_light_and_dark_ground(colour: str) -> None:
    # WCAG 2.2, 1.4.3
    assert contrast(colour, WHITE) >= 4.5
    assert contrast(in_the_dark(colour), DARK) >= 4.5


def test_where_colours_are_many_marks_tell_the_rest() -> None:
    markers = [marker for marker, _ in attribution._MARKS.values()]
    assert len(set(markers)) == len(markers)
    assert len(_marketing_leads._STYLES) == len(set(map(str, _marketing_leads._STYLES))) >= 6
    assert len({marker for _, marker in marketing_impact._LOOKS.values()}) == len(marketing_impact._LOOKS)
    assert len(set(customer_abc._LINES.values())) == 3
