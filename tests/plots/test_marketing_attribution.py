"""Pictures of attribution and of spending beside income: the artists hold the figures of the result."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from tests.demo_company import demo_result
from tests.plots.artists import faults, title_of

import crm_analysis as crm
from crm_analysis.plots import _marketing_attribution as plots
from crm_analysis.stats.attribution import UNTOUCHED, attribute, read_sequences


@pytest.fixture(scope="module")
def result() -> Any:
    held = demo_result("marketing_impact")
    names = ("context", "attribution", "agreement", "association", "spend_by_month")
    return SimpleNamespace(**{name: getattr(held, name) for name in names})


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


def made(result, sequences, won, lost) -> Any:
    shares = attribute(read_sequences(sequences, won, lost), draws=100)
    return SimpleNamespace(**{**vars(result), "attribution": shares.table(), "agreement": shares.agreement()})


def emptied(result) -> Any:
    frames = ("attribution", "agreement", "association", "spend_by_month")
    return SimpleNamespace(
        context=result.context, **{name: getattr(result, name).iloc[:0] for name in frames}
    )


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def labels(axes: Any) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


@pytest.mark.parametrize("name", ["attribution", "spend_and_income"])
class TestEveryPicture:
    def test_has_title_and_description(self, result, name):
        axes = getattr(plots, name)(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result, name):
        _, axes = plt.subplots()
        assert getattr(plots, name)(result, ax=axes) is axes

    def test_says_why_it_is_empty(self, result, name):
        axes = getattr(plots, name)(emptied(result))
        assert axes.get_label() in texts(axes)

    def test_stays_within_the_picture(self, result, name):
        assert faults(getattr(plots, name)(result)) == []


class TestAttribution:
    def test_points_and_ranges_are_the_shares(self, result):
        axes = plots.attribution(result)
        table = result.attribution
        assert len(axes.get_lines()) == 7
        points = np.concatenate([line.get_xdata() for line in axes.get_lines()])
        assert sorted(points) == pytest.approx(sorted(table["share"]))
        ranges = np.concatenate([lines.get_segments() for lines in axes.collections])
        assert sorted(ranges[:, 0, 0]) == pytest.approx(sorted(table["low"]))
        assert sorted(ranges[:, 1, 0]) == pytest.approx(sorted(table["high"]))

    def test_each_model_has_a_marker_of_its_own(self, result):
        markers = [line.get_marker() for line in plots.attribution(result).get_lines()]
        assert len(set(markers)) == 7

    def test_largest_first_and_no_channel_last(self, result):
        names = labels(plots.attribution(result))
        mean = result.attribution.groupby("channel")["share"].mean().drop(UNTOUCHED)
        assert names == [*mean.sort_values(ascending=False).index, UNTOUCHED]

    def test_what_depends_on_the_model_is_bold(self, result):
        axes = plots.attribution(result)
        bold = {
            name for name, text in zip(labels(axes), axes.texts, strict=True) if text.get_weight() == "bold"
        }
        assert bold == set(result.agreement.loc[result.agreement["depends"], "channel"])
        assert "247 deals won" in axes.get_xlabel()
        assert "depends on the way of counting" in title_of(axes)

    def test_one_channel(self, result):
        axes = plots.attribution(made(result, [["Website"]], [50], [3]))
        assert texts(axes) == ["100%"]
        assert title_of(axes) == "No clear difference between the ways of counting"
        assert axes.get_label() in repr(crm.figure(axes))

    def test_one_model(self, result):
        one = made(result, [["A"], ["B"]], [50, 20], [3, 3])
        one.attribution = one.attribution[one.attribution["model"] == "first"].assign(
            model="only channel known"
        )
        one.agreement = one.agreement.iloc[:0]
        axes = plots.attribution(one)
        assert len(axes.get_lines()) == 1
        assert axes.get_legend() is None
        assert texts(axes) == ["71%", "29%"]

    def test_thirty_channels_with_long_cyrillic_names(self, result):
        generator = np.random.default_rng(0)
        names = [f"Очень длинное название рекламного канала №{i}" for i in range(30)]
        ways = [list(generator.choice(names, 3)) for _ in range(300)]
        axes = plots.attribution(made(result, ways, np.ones(300), np.zeros(300)))
        assert len(labels(axes)) == len(set(labels(axes))) == 10
        assert "20 smaller channels not drawn" in axes.get_xlabel()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_few_sales(self, result):
        axes = plots.attribution(made(result, [["A", "B"], ["B"]], [2, 1], [0, 4]))
        assert title_of(axes).endswith("few sales")


class TestSpending:
    def test_bars_and_line_are_the_months(self, result):
        axes = plots.spend_and_income(result)
        bars = [bar.get_height() for bar in axes.patches]
        assert bars == pytest.approx(result.spend_by_month["cost_relative"].tolist())
        line = axes.get_lines()[-1]
        assert line.get_ydata() == pytest.approx(result.spend_by_month["revenue_relative"].to_numpy())

    @pytest.mark.parametrize(
        ("verdict", "value", "title"),
        [
            ("note", 0.03, "Months with more spending go with more income"),
            ("note", -0.03, "Months with more spending go with less income"),
            ("no_evidence", 0.03, "No evidence that income goes with spending"),
            ("not_enough_data", np.nan, "Marketing spending and income by month"),
        ],
    )
    def test_title_says_the_verdict(self, result, verdict, value, title):
        told = SimpleNamespace(**vars(result))
        told.association = result.association.assign(verdict=verdict, value=value)
        assert title_of(plots.spend_and_income(told)) == title

    def test_returns_only(self, result):
        told = SimpleNamespace(**vars(result))
        told.spend_by_month = result.spend_by_month.head(2).assign(revenue_relative=[-0.5, 2.5])
        axes = plots.spend_and_income(told)
        assert axes.get_ylim()[0] <= -0.5
        assert axes.get_label() in repr(crm.figure(axes))

    def test_nothing_was_sold(self, result):
        told = SimpleNamespace(**vars(result))
        told.spend_by_month = result.spend_by_month.assign(revenue_relative=np.nan)
        axes = plots.spend_and_income(told)
        assert axes.get_label() in texts(axes)
