"""Pictures of segments: the artists hold the figures of the result, nothing overlaps, empty ones say why."""

from __future__ import annotations

from functools import cache
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from tests.demo_company import demo_result
from tests.plots.artists import faults, title_of

import crm_analysis as crm


def contrast(one: Any, other: Any) -> float:
    """Contrast of two colours as WCAG 2 defines it."""
    parts = [np.asarray(colour) for colour in (one, other)]
    linear = [np.where(p <= 0.04045, p / 12.92, ((p + 0.055) / 1.055) ** 2.4) for p in parts]
    dark, light = sorted(float(part @ [0.2126, 0.7152, 0.0722]) for part in linear)
    return (light + 0.05) / (dark + 0.05)


PICTURES = ["profitability", "differences", "white_spots"]


@pytest.fixture(scope="module")
def result() -> Any:
    return demo_result("customer_segments")


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


@cache
def made(segments: tuple[str, ...], customers: int = 90, amount: float = 100.0) -> Any:
    draw = np.random.Generator(np.random.PCG64(1))
    ids = [f"C{at}" for at in range(customers)]
    sales = pd.DataFrame(
        {
            "sale_id": [f"S{at}" for at in range(3 * customers)],
            "customer_id": ids * 3,
            "sold_at": pd.to_datetime("2025-01-15")
            + pd.to_timedelta(draw.integers(0, 340, 3 * customers), "D"),
            "amount": amount * np.exp(draw.normal(0, 1, 3 * customers)),
            "product": draw.choice(["стол " * 9, "desk", "lamp"], 3 * customers),
        }
    )
    traits = pd.DataFrame(
        {"customer_id": ids, "industry": [segments[at % len(segments)] for at in range(customers)]}
    )
    return crm.customer_segments.analyze(crm.load({"sales": sales, "customers": traits}).view("2025"))


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, name: str) -> None:
        axes = getattr(crm.plots.customer_segments, name)(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result: Any, name: str) -> None:
        _, axes = plt.subplots()
        assert getattr(crm.plots.customer_segments, name)(result, ax=axes) is axes

    def test_says_why_it_is_empty(self, name: str) -> None:
        axes = getattr(crm.plots.customer_segments, name)(made(("one",)))
        assert axes.get_label() in [text.get_text() for text in axes.texts]

    @pytest.mark.parametrize("count", [3, 30])
    def test_labels_stay_apart_and_inside(self, name: str, count: int) -> None:
        names = [f"Общество с ограниченной ответственностью ${at}" for at in range(count)]
        axes = getattr(crm.plots.customer_segments, name)(made(tuple(names), 240))
        assert faults(axes) == []

    def test_only_returns(self, name: str) -> None:
        axes = getattr(crm.plots.customer_segments, name)(made(("a", "b"), amount=-5.0))
        assert axes.get_label()


class TestFigures:
    def test_the_map_holds_the_shares(self, result: Any) -> None:
        axes = crm.plots.customer_segments.profitability(result, dimension="size")
        points = {c.get_label(): c.get_offsets()[0] for c in axes.collections}
        rows = result.segments[result.segments["dimension"] == "size"].set_index("segment")
        for name, point in points.items():
            assert point.tolist() == pytest.approx(
                rows.loc[name, ["customer_share", "revenue_share"]].tolist()
            )
        assert set(points) == {"small", "medium", "large"}

    def test_the_map_shows_the_dimension_that_stands_out_most_surely(self, result: Any) -> None:
        axes = crm.plots.customer_segments.profitability(result)
        assert title_of(axes) == "large: 15% of customers, 41% of revenue"

    def test_the_map_is_linear_and_spells_out_its_shares(self, result: Any) -> None:
        axes = crm.plots.customer_segments.profitability(result)
        assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "linear")
        assert axes.get_xlim()[0] == axes.get_ylim()[0] == 0
        assert "large: 15% of customers,\n41% of revenue" in [text.get_text() for text in axes.texts]

    @pytest.mark.parametrize("measure", ["margin_rate", "win_rate"])
    def test_the_unit_of_points_stands_at_the_axis_and_not_at_each_tick(
        self, result: Any, measure: str
    ) -> None:
        axes = crm.plots.customer_segments.differences(result, measure=measure)
        axes.figure.canvas.draw()
        assert not any("pp" in tick.get_text() for tick in axes.get_xticklabels())
        assert "percentage points" in axes.get_xlabel()

    def test_the_figures_of_the_map_of_products_can_be_read_on_their_shades(self, result: Any) -> None:
        axes = crm.plots.customer_segments.white_spots(result)
        (image,) = axes.images
        assert len(axes.texts) == image.get_array().size
        for text in axes.texts:
            x, y = (round(at) for at in text.get_position())
            shade = image.cmap(image.norm(image.get_array()[y, x]))
            assert contrast(to_rgb(text.get_color()), shade[:3]) >= 4.5

    def test_the_map_leaves_out_customers_of_no_segment(self, result: Any) -> None:
        rows = result.segments[result.segments["dimension"] == "industry"]
        assert "(not stated)" in set(rows["segment"])
        axes = crm.plots.customer_segments.profitability(result, dimension="industry")
        points = {c.get_label() for c in axes.collections}
        assert points == set(rows["segment"]) - {"(not stated)"}
        assert title_of(axes) == "Cosmetics: 15% of customers, 20% of revenue"

    def test_differences_hold_ratio_and_range(self, result: Any) -> None:
        axes = crm.plots.customer_segments.differences(result)
        marks = {
            line.get_label(): line.get_xdata()[0]
            for line in axes.lines
            if not line.get_label().startswith("_")
        }
        tests = result.tests[result.tests["measure"] == "revenue_per_customer"].set_index("segment")
        assert marks["Cosmetics"] == pytest.approx(1 + tests.loc["Cosmetics", "difference"])
        ranges = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
        expected = (1 + tests.loc["Cosmetics", ["low", "high"]]).astype(float).tolist()
        assert any(list(ends) == pytest.approx(expected) for ends in ranges)
        filled = {line.get_label() for line in axes.lines if line.get_markerfacecolor() != "white"}
        assert {"Cosmetics", "large", "small"} <= filled
        assert "direct" not in filled

    def test_differences_of_margin_in_points(self, result: Any) -> None:
        axes = crm.plots.customer_segments.differences(result, measure="margin_rate")
        marks = {line.get_label(): line.get_xdata()[0] for line in axes.lines}
        tests = result.tests[result.tests["measure"] == "margin_rate"].set_index("segment")
        assert marks["Wine"] == pytest.approx(tests.loc["Wine", "points"])

    def test_white_spots_are_framed(self) -> None:
        names = ["a", "b", "c"]
        result = made(tuple(names), 240)
        spots = result.cross.assign(white_spot=0.0)
        spots.loc[(spots["segment"] == "b") & (spots["product"] == "desk"), "white_spot"] = 9.0
        object.__setattr__(result, "cross", spots)
        axes = crm.plots.customer_segments.white_spots(result)
        (frame,) = axes.patches
        at = round(frame.get_x() + 0.46), round(frame.get_y() + 0.44)
        assert axes.get_xticklabels()[at[0]].get_text() == "desk"
        assert axes.get_yticklabels()[at[1]].get_text().startswith("b")
        assert "White spots: b and desk" in axes.get_label()

    def test_a_white_spot_is_shown_however_few_buy_the_product(self) -> None:
        result = made(("a", "b", "c"), 240)
        spot = result.cross[result.cross["segment"] == "b"].iloc[:1]
        many = [spot.assign(segment=name, product=f"p{at}", buyers=100.0 - at, white_spot=0.0)
                for at in range(20) for name in "abc"]  # fmt: skip
        crowd = pd.concat(many, ignore_index=True)
        crowd.loc[(crowd["segment"] == "b") & (crowd["product"] == "p19"), "white_spot"] = 9.0
        object.__setattr__(result, "cross", crowd)
        axes = crm.plots.customer_segments.white_spots(result)
        assert axes.get_xticklabels()[-1].get_text() == "p19"
        assert len(axes.patches) == 1


@pytest.mark.parametrize(
    ("measure", "why"),
    [
        ("margin_rate", "What the goods sold have cost is not known."),
        ("win_rate", "No deal with a known customer was closed in these months."),
    ],
)
def test_an_empty_picture_says_what_is_missing(measure: str, why: str) -> None:
    axes = crm.plots.customer_segments.differences(made(("one", "two")), measure=measure)
    assert axes.get_label() == why


def test_ticks_have_as_many_places_as_they_need(result: Any) -> None:
    axes = crm.plots.customer_segments.differences(result)
    assert {"×0.25", "×0.5", "×1", "×2"} <= {label.get_text() for label in axes.get_xticklabels()}
