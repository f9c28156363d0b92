"""Pictures of the drivers and of the price check: the artists hold the figures, and empty ones say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result
from tests.plots.artists import faults, title_of

from crm_analysis.plots._deal_drivers import odds_ratios, price


@dataclass
class Answer:
    """As much of the result as the pictures read."""

    context: Any
    drivers: pd.DataFrame
    price_check: pd.DataFrame


@pytest.fixture(scope="module")
def result() -> Any:
    held = demo_result("deal_reasons")
    return Answer(held.context, held.drivers, held.price_check)


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


def levels(count: int, name: str = "level") -> pd.DataFrame:
    ratios = np.exp(np.linspace(-3, 3, count))
    return pd.DataFrame(
        {
            "factor": "owner",
            "level": [f"{name} {i}" for i in range(count)],
            "deals": 10,
            "odds_ratio": ratios,
            "low": ratios / 2,
            "high": ratios * 2,
            "p_value": np.linspace(0, 1, count),
            "verdict": np.where(ratios > 1, "higher", "lower"),
        }
    )


@pytest.mark.parametrize("draw", [odds_ratios, price])
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, draw: Any) -> None:
        axes = draw(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()

    def test_draws_on_given_axes(self, result: Any, draw: Any) -> None:
        _, axes = plt.subplots()
        assert draw(result, ax=axes) is axes

    def test_says_why_it_is_empty(self, result: Any, draw: Any) -> None:
        empty = Answer(result.context, result.drivers.iloc[:0], result.price_check.iloc[:0])
        axes = draw(empty)
        assert axes.get_label() in [text.get_text() for text in axes.texts]


def test_points_and_ranges_are_those_of_the_table(result: Any) -> None:
    axes = odds_ratios(result)
    rows = result.drivers.dropna(subset=["low"])
    shown = rows.loc[rows["p_value"].sort_values(kind="stable").index[:18].sort_values()]
    lines = [
        line
        for line in axes.get_lines()
        if line.get_marker() in ("None", None) and len(line.get_xdata()) == 2
    ]
    ranges = np.array([line.get_xdata() for line in lines[: len(shown)]], dtype=float)
    np.testing.assert_allclose(ranges, shown[["low", "high"]].to_numpy())
    points = [float(line.get_xdata()[0]) for line in axes.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(points, shown["odds_ratio"].to_numpy())
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "{level}\n{factor}, {deals} deals".format(**shown.iloc[0])


def test_price_names_the_answer(result: Any) -> None:
    axes = price(result)
    assert title_of(axes) == "No telling whether deals lost for the price were dearer"
    first = float(next(line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"))
    assert first == pytest.approx(1 + result.price_check["dearer"].iloc[0])


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize("name", ["level", "Очень длинное название $1 и $2 с хвостом " * 3])
def test_any_number_of_groups_fits(result: Any, count: int, name: str) -> None:
    axes = odds_ratios(Answer(result.context, levels(count, name), result.price_check))
    assert faults(axes) == []
    assert len(axes.get_yticks()) == min(count, 18)
    # ranges that go on past the edge end in an arrow within it
    low, high = axes.get_xlim()
    for line in axes.get_lines():
        if line.get_marker() in ("<", ">", "o"):
            assert low <= float(line.get_xdata()[0]) <= high
