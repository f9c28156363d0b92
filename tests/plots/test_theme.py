"""What all pictures share: months below a course, titles, legends that fit."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.plots.artists import faults

from crm_analysis.plots.theme import WIDTH, describe, legend_below, month_axis, new_axes, title_width


def months_below(first: str, count: int) -> dict[int, str]:
    axes = new_axes()
    month_axis(axes.xaxis, pd.Series(pd.date_range(first, periods=count, freq="MS")))
    labels = [label.get_text() for label in axes.get_xticklabels()]
    return dict(zip(axes.get_xticks().tolist(), labels, strict=True))


@pytest.mark.parametrize(
    ("first", "count", "told"),
    [
        ("2026-05-01", 1, {0: "05\n2026"}),
        ("2025-11-01", 4, {0: "11\n2025", 1: "12", 2: "01\n2026", 3: "02"}),
        # the year of a single month would meet that of the next
        ("2025-12-01", 3, {0: "12", 1: "01\n2026", 2: "02"}),
        # every second one, to the last
        ("2025-10-01", 14, {1: "11", 3: "01\n2026", 5: "03", 7: "05", 9: "07", 11: "09", 13: "11"}),
        ("2023-06-01", 30, {7: "2024", 19: "2025"}),
    ],
)  # fmt: skip
def test_months_are_told_by_numbers_and_many_by_years(first: str, count: int, told: dict[int, str]) -> None:
    assert months_below(first, count) == told


def test_a_long_title_breaks_into_even_lines() -> None:
    axes = describe(new_axes(), "Who stays with us, and how much of what was bought comes back: 2", "1 of 2.")
    lines = axes.get_title(loc="left").split("\n")
    assert len(lines) == 2
    assert max(map(title_width, lines)) < WIDTH
    assert min(map(title_width, lines)) > 0.6 * max(map(title_width, lines))


def test_a_legend_takes_the_columns_that_there_is_room_for() -> None:
    columns = []
    for name in "one", "a name of many letters", "a name of so many letters that it fills the sheet":
        axes = describe(new_axes(), "Lines", "Three of 3.")
        for line in range(3):
            axes.plot([0, 1], [0, line], label=f"{name} {line}")
        axes.set_ylabel("Deals")
        axes.set_xticks([])
        legend_below(axes)
        columns.append(axes.get_legend()._ncols)
        assert faults(axes) == []
    assert columns == [3, 2, 1]
