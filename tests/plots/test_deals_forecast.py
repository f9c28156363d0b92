"""Pictures of the forecast: the artists hold its figures, and empty ones say why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from tests.analyses.forecast_company import company
from tests.plots.artists import title_of

import crm_analysis as crm
from crm_analysis.analyses._deals.forecast import forecast
from crm_analysis.plots import _deals_forecast as plots
from crm_analysis.words import as_sure

PICTURES = ["fan", "backtest", "calibration"]


def made(tables: Any, period: str) -> Any:
    view = crm.load(tables).view(period)
    found = forecast(view)
    return SimpleNamespace(
        forecast=found.forecast,
        together=found.together,
        backtest=found.backtest,
        calibration=found.calibration,
        scores=found.scores,
        won_by_month=found.won_by_month,
        findings=found.findings(view.context.words),
        context=view.context,
    )


@pytest.fixture(scope="module")
def result() -> Any:
    return made(company(), "2025-12")


@pytest.fixture(scope="module")
def counted() -> Any:
    return made(company(amounts=False, history=False), "2025-12")


@pytest.fixture(scope="module")
def empty() -> Any:
    return made(company(4), "2023-04")


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, name: str) -> None:
        axes = getattr(plots, name)(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 60
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result: Any, name: str) -> None:
        _, axes = plt.subplots()
        assert getattr(plots, name)(result, ax=axes) is axes

    def test_says_why_it_is_empty(self, empty: Any, name: str) -> None:
        axes = getattr(plots, name)(empty)
        assert axes.get_label() in [text.get_text() for text in axes.texts]

    def test_deals_without_amounts_are_counted(self, counted: Any, name: str) -> None:
        axes = getattr(plots, name)(counted)
        assert "€" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))


class TestFigures:
    def test_fan_stacks_open_and_new_deals_beside_the_past(self, result: Any) -> None:
        axes = plots.fan(result)
        bars = [bar.get_height() for bar in axes.patches]
        past = result.won_by_month["won_amount"].tail(12).tolist()
        by_source = {name: rows["mean"].tolist() for name, rows in result.forecast.groupby("source")}
        assert bars == pytest.approx([*past, *by_source["open"], *by_source["new"]])
        tops = [bar.get_y() + bar.get_height() for bar in axes.patches[-3:]]
        assert tops == pytest.approx(by_source["total"])

    def test_fan_draws_the_ranges(self, result: Any) -> None:
        total = result.forecast[result.forecast["source"] == "total"]
        (ranges,) = [c for c in plots.fan(result).collections if len(c.get_segments()) == 3]
        ends = np.array([segment[:, 1] for segment in ranges.get_segments()])
        assert ends == pytest.approx(total[["p10", "p90"]].to_numpy())

    def test_fan_names_the_range_of_all_three_months(self, result: Any) -> None:
        whole = result.together.iloc[2]
        title = title_of(plots.fan(result))
        words = result.context.words
        low, high = (words.money(as_sure(whole[end], whole["p10"], whole["p90"])) for end in ("p10", "p90"))
        assert f"{low} to {high}" in title

    @pytest.mark.parametrize("horizon", ["1", "3", "1-3"])
    def test_backtest_draws_what_came(self, result: Any, horizon: str) -> None:
        rows = result.backtest[result.backtest["horizon"] == horizon]
        axes = plots.backtest(result, horizon=horizon)
        drawn = sorted(y for line in axes.get_lines()[1:] for y in line.get_ydata())
        assert drawn == pytest.approx(sorted(rows["actual"]))
        assert title_of(axes).startswith(f"{rows['covered'].sum()} of 12 months came within")

    def test_calibration_draws_promised_and_kept(self, result: Any) -> None:
        axes = plots.calibration(result)
        for label, name in (("chance given here", "model_3_months"), ("typed in", "typed_in")):
            rows = result.calibration[result.calibration["promise"] == name]
            (held,) = [box for box in axes.containers if box.get_label().startswith(label)]
            assert held[0].get_xdata().tolist() == pytest.approx(rows["promised"].tolist())
            assert held[0].get_ydata().tolist() == pytest.approx(rows["kept_share"].tolist())
