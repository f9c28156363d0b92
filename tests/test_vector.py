"""Drawings: the same at every run, small, of lines and areas only, and as exact as the eye is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import crm_analysis as crm
from crm_analysis import vector
from crm_analysis.plots.theme import describe, new_axes, styled
from crm_analysis.reporting.sanitize import is_drawing
from crm_analysis.vector import to_svg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

LONG = "Общество <b> & “$1” --"


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@styled
def drawn(label: str) -> Figure:
    figure, axes = plt.subplots(figsize=(6.4, 3.0))
    axes.barh([0, 1], [3.0, -2.0], hatch="//", color="#0072B2", alpha=0.13)
    axes.plot([0.123456, 1.987654], [0, 1], marker="D", mfc="white", ls=(0, (4, 3)))
    axes.set_yticks([0, 1], [label, "desk"])
    axes.pcolormesh(np.eye(2))
    return figure


def numbers(pattern: str, text: str) -> list[float]:
    return [float(number) for number in re.findall(pattern, text)]


def points(outline: str) -> list[float]:
    """Return the coordinates of an outline, each step of which is told from the end of the one before."""
    found: list[float] = []
    here = start = np.zeros(2)
    for order, numbers in re.findall(r"([mlqcz])([^a-z]*)", outline):
        if order == "z":
            here = start
            continue
        step = here + np.reshape(re.findall(r"-?\d+", numbers), (-1, 2)).astype(float)
        found += step.ravel().tolist()
        here = step[-1]
        start = here if order == "m" else start
    return found


def test_outlines_go_by_steps_from_point_to_point() -> None:
    absolute = "M64 6400Q128 6400 192 64L192 0zM64 0L6400 64z"
    assert vector._coarse(absolute) == "m2 200q2 0 4-198l0-2zm0-200l198 2z"
    assert points("m2 200q2 0 4-198l0-2zm0-200l198 2z") == [2, 200, 4, 200, 6, 2, 6, 0, 2, 0, 200, 2]


def test_the_same_bytes_at_each_run() -> None:
    assert to_svg(drawn(LONG)) == to_svg(drawn(LONG))


def test_it_is_lines_and_areas_without_a_word_of_the_data() -> None:
    svg, _ = to_svg(drawn(LONG))
    assert is_drawing(svg)
    assert "Общество" not in svg
    assert "202" not in re.sub(r'"[^"]*"', "", svg)


def test_it_is_smaller_than_what_matplotlib_writes(tmp_path: Any) -> None:
    figure = drawn(LONG)
    svg, _ = to_svg(figure)
    figure.savefig(tmp_path / "whole.svg", bbox_inches="tight")
    assert len(svg.encode()) < 0.7 * (tmp_path / "whole.svg").stat().st_size


def test_every_name_that_is_referred_to_is_there_once() -> None:
    svg, _ = to_svg(drawn(LONG))
    names = re.findall(r' id="([^"]+)"', svg)
    assert len(names) == len(set(names)) > 10
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) == set(names)


def test_letters_keep_their_size() -> None:
    figure = drawn("Label")
    svg, _ = to_svg(figure)
    # 10.5 points for the labels, in hundredths of a point a unit; letters in halves of that
    assert 0.105 in numbers(r"scale\(([\d.]+) -[\d.]+\)", svg)
    assert set(numbers(r' transform="scale\(([\d.]+)\)"', svg)) == {1 / 2}


def test_letters_on_the_coarser_grid_keep_every_point(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn("Ж0-8 Съешь ещё")
    coarse, _ = to_svg(figure)
    monkeypatch.setattr(vector, "_COARSER", 1)
    vector._coarse.cache_clear()
    fine, _ = to_svg(figure)
    vector._coarse.cache_clear()

    def outlines(svg: str) -> list[list[float]]:
        return [points(d) for d in re.findall(r'<path id="[^"]+" d="([^"]+)" transform', svg)]

    assert len(outlines(coarse)) == len(outlines(fine)) > 10
    for one, other in zip(outlines(coarse), outlines(fine), strict=True):
        assert np.abs(np.array(one) * 32 - np.array(other)).max() <= 16  # half a step: 1/400 of the height


def test_its_width_is_that_of_the_page() -> None:
    svg, width = to_svg(drawn(LONG))
    view = numbers(r'viewBox="\S+ \S+ ([\d.]+) ', svg)[0]
    assert width == pytest.approx(view * 96 / 72, abs=0.1)
    assert 500 < width < 700


def test_the_ground_is_left_to_the_page() -> None:
    axes = crm.plots.theme.describe(crm.plots.theme.new_axes(), "Title", "One of two.")
    picture = crm.figure(axes)
    assert 'fill="#ffffff"' not in picture.svg


def test_marks_beside_the_longest_labels_are_drawn_too() -> None:
    """What lies beyond the sheet is left out by matplotlib, all but its letters: the sheet grows."""
    marks = []
    for label in "desk", "a name as long as the sheet is wide " * 3:
        axes = describe(new_axes(), "Two points", "2 points.")
        axes.plot([0, 1], [0, 1], marker="o", linestyle="")
        axes.set_yticks([0, 1], [label, label])
        picture = crm.figure(axes)
        assert isinstance(picture, crm.figures.Picture)
        marks.append(len(re.findall(r"<use [^>]*fill=", picture.svg)))
    assert marks == [2, 2]
