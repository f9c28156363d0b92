"""Pictures of open deals: the artists hold the figures of the result, and empty ones say why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result
from tests.plots.artists import faults, title_of

import crm_analysis as crm

PICTURES = ["funnel", "pipeline", "bridge", "owners"]
LONG = "Общество с ограниченной ответственностью $1 и $2 " * 3


@pytest.fixture(scope="module")
def result() -> Any:
    return demo_result("open_deals")


@pytest.fixture(scope="module")
def bare() -> Any:
    """A result with a single won deal: nothing open, nothing to compare, no funnel."""
    day = pd.Timestamp("2025-01-06")
    deal = {"deal_id": ["1"], "status": ["won"], "created_at": [day], "closed_at": [day]}
    return crm.open_deals.analyze(crm.load({"deals": pd.DataFrame(deal)}).view("2025-01"))


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


def drawn(name: str, result: Any) -> Any:
    return getattr(crm.plots.open_deals, name)(result)


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, name: str) -> None:
        axes = drawn(name, result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result: Any, name: str) -> None:
        _, axes = plt.subplots()
        assert getattr(crm.plots.open_deals, name)(result, ax=axes) is axes

    def test_nothing_is_cut_off(self, result: Any, name: str) -> None:
        assert faults(drawn(name, result)) == []

    def test_one_row_with_a_long_name(self, result: Any, name: str) -> None:
        table = {"funnel": "funnel", "pipeline": "pipeline", "bridge": "bridge", "owners": "owners"}[name]
        frame = getattr(result, table).head(1 if name != "bridge" else 8).copy()
        for column in ("stage", "owner"):
            if column in frame.columns:
                frame[column] = LONG
        axes = drawn(name, replace(result, **{table: frame}))
        assert faults(axes) == []

    def test_many_rows(self, result: Any, name: str) -> None:
        if name == "bridge":
            pytest.skip("the bridge has its eight parts, always")
        frame = getattr(result, name)
        column = "owner" if name == "owners" else "stage"
        copies = [
            frame.head(6).assign(**{column: [f"{LONG}{at}{row}" for row in range(6)]}) for at in range(5)
        ]
        axes = drawn(name, replace(result, **{name: pd.concat(copies, ignore_index=True)}))
        assert faults(axes) == []


def test_empty_ones_say_why(bare: Any) -> None:
    for name in ("funnel", "pipeline", "owners"):
        axes = drawn(name, bare)
        assert axes.get_label() in texts(axes)
    empty = replace(bare, bridge=bare.bridge.assign(deals=0))
    axes = drawn("bridge", empty)
    assert axes.get_label() in texts(axes)


class TestFigures:
    def test_funnel_bars_are_the_deals(self, result: Any) -> None:
        bars = drawn("funnel", result).patches
        widths = np.array([bar.get_width() for bar in bars]).reshape(3, -1)
        assert widths.T.tolist() == result.funnel[["passed", "waiting", "lost"]].to_numpy().tolist()
        assert widths.sum(axis=0).tolist() == result.funnel["entered"].tolist()

    def test_a_narrowest_stage_is_named_only_where_no_other_may_be(self, result: Any) -> None:
        assert result.narrowest == ""
        title = title_of(drawn("funnel", result))
        assert title == f"31% of deals are won within {result.funnel_days:.0f} days"
        title = title_of(drawn("funnel", replace(result, narrowest="Quote")))
        assert title.endswith("fewest pass Quote, 74%")

    def test_of_many_stages_and_owners_some_are_drawn_and_the_picture_says_which(self, result: Any) -> None:
        frame = pd.concat([result.funnel.assign(stage=result.funnel["stage"] + f" {at}") for at in range(3)])
        axes = drawn("funnel", replace(result, funnel=frame))
        assert axes.get_xlabel().endswith("the 10 of 18 stages that fewest pass in time")
        assert len(axes.get_yticks()) == 10
        frame = pd.concat([result.owners.assign(owner=result.owners["owner"] + f" {at}") for at in range(3)])
        axes = drawn("owners", replace(result, owners=frame))
        assert axes.get_xlabel().startswith("12 of 36 owners")
        # those told apart are among them, however few deals they have
        assert title_of(axes).endswith(": 6 of 36")
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert sum(name.startswith(("Jörg Wicker", "Kit Yarrow")) for name in names) == 6

    def test_the_pipeline_of_many_stages_tells_of_all_that_stands_still(self, result: Any) -> None:
        frame = pd.concat(
            [result.pipeline.assign(stage=result.pipeline["stage"] + f" {n}") for n in range(3)]
        )
        axes = drawn("pipeline", replace(result, pipeline=frame))
        assert axes.get_xlabel() == "The 10 of 18 stages with most in work"
        assert f"{3 * result.deals['stalled'].sum()} of them" in title_of(axes)

    def test_pipeline_bars_are_the_money(self, result: Any) -> None:
        bars = drawn("pipeline", result).patches
        assert sum(bar.get_width() for bar in bars) == pytest.approx(result.deals["amount"].sum())

    def test_pipeline_counts_deals_where_no_amount_is_known(self, result: Any) -> None:
        frame = result.pipeline.assign(open_amount=np.nan)
        bars = drawn("pipeline", replace(result, pipeline=frame)).patches
        assert sum(bar.get_width() for bar in bars) == len(result.deals)

    def test_bridge_goes_from_the_beginning_to_the_end(self, result: Any) -> None:
        axes = drawn("bridge", result)
        table = result.bridge.set_index("part")["amount"]
        widths = [bar.get_width() for bar in axes.patches]
        assert widths[:2] == pytest.approx([table["opening"], table["closing"]])
        assert widths[2:] == pytest.approx([table["created"], table["won"], table["lost"]])
        change = result.context.words.money(abs(table["closing"] - table["opening"]))
        assert change in title_of(axes)

    def test_a_bridge_below_nothing(self, result: Any) -> None:
        frame = result.bridge.assign(amount=[100.0, 0.0, 0.0, 0.0, 0.0, 0.0, -300.0, -200.0])
        axes = drawn("bridge", replace(result, bridge=frame))
        assert axes.get_xlim()[0] <= -200
        assert faults(axes) == []

    def test_owners_draw_rate_and_range(self, result: Any) -> None:
        axes = drawn("owners", result)
        rows = result.owners.sort_values("win_rate", ascending=False)
        ranges = [line for line in axes.get_lines() if len(line.get_xdata()) == 2][1:]
        assert [tuple(line.get_xdata()) for line in ranges] == list(
            zip(rows["low"], rows["high"], strict=True)
        )
        apart = rows["compared"].isin(["above the team", "below the team"]).sum()
        assert title_of(axes).endswith(f": {apart} of {len(rows)}")

    def test_owners_nobody_apart(self, result: Any) -> None:
        frame = result.owners.assign(compared="not told apart")
        assert (
            title_of(drawn("owners", replace(result, owners=frame)))
            == "No owner can be told apart from the team"
        )

    def test_forecast_pictures_are_there(self) -> None:
        assert {"fan", "calibration", "backtest"} <= set(crm.plots.open_deals.__all__)
