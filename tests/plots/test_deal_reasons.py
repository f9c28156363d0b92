"""Pictures of reasons: the artists hold the figures of the result, and empty ones say why."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result
from tests.plots.artists import title_of

import crm_analysis as crm

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = ["pareto", "change", "stage_map", "departments"]


@pytest.fixture(scope="module")
def result() -> Any:
    return demo_result("deal_reasons")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@cache
def made(reasons: tuple[str, ...], **more: Any) -> Any:
    """Return the result of lost deals, three for each reason in either year."""
    repeated = [reason for reason in reasons for _ in range(6)]
    closed = [pd.Timestamp(2024 + at % 2, 1 + at % 12, 10) for at in range(len(repeated))]
    deals = pd.DataFrame(
        {
            "deal_id": [f"D{at}" for at in range(len(repeated))],
            "status": "lost",
            "created_at": [day - pd.Timedelta(days=9) for day in closed],
            "closed_at": closed,
            "loss_reason": repeated,
        }
    )
    listed = pd.DataFrame({"reason": reasons, "kind": "loss", "department": reasons})
    return crm.deal_reasons.analyze(crm.load({"deals": deals.assign(**more), "reasons": listed}).view("2025"))


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, name: str) -> None:
        axes = getattr(crm.plots.deal_reasons, name)(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result: Any, name: str) -> None:
        _, axes = plt.subplots()
        assert getattr(crm.plots.deal_reasons, name)(result, ax=axes) is axes

    @pytest.mark.parametrize("count", [1, 3, 30])
    def test_takes_few_and_many_long_names(self, name: str, count: int) -> None:
        reasons = tuple(f"Причина {at}: слишком длинное $название$ для подписи" for at in range(count))
        axes = getattr(crm.plots.deal_reasons, name)(made(reasons, stage="Этап переговоров", amount=5.0))
        axes.figure.draw_without_rendering()
        assert len(axes.get_yticks()) <= 13
        assert all(len(label.get_text()) < 50 for label in axes.get_yticklabels())


def test_empty_pictures_say_why() -> None:
    deals = pd.DataFrame(
        {
            "deal_id": ["D1"],
            "status": ["won"],
            "created_at": pd.to_datetime(["2025-01-02"]),
            "closed_at": pd.to_datetime(["2025-01-12"]),
        }
    )
    empty = crm.deal_reasons.analyze(crm.load({"deals": deals}).view("2025-01"))
    for name in PICTURES:
        axes = getattr(crm.plots.deal_reasons, name)(empty)
        assert axes.get_label() in [text.get_text() for text in axes.texts], name


def test_pareto_adds_up_the_money(result: Any) -> None:
    axes = crm.plots.deal_reasons.pareto(result)
    lost = result.reasons_year[result.reasons_year["outcome"] == "lost"]
    widths = [bar.get_width() for bar in axes.patches]
    assert sorted(widths, reverse=True) == pytest.approx(sorted(lost["amount"], reverse=True))
    assert axes.lines[0].get_xdata()[-1] == pytest.approx(lost["amount"].sum())
    said = [text.get_text() for text in axes.texts]
    bars = len(widths)
    assert said[bars - 1] == "100%"
    # below each name its deals and their money
    told = [label.get_text().split("\n")[1] for label in axes.get_yticklabels()]
    words = result.context.words
    lost = lost.sort_values(["amount", "reason"], ascending=[False, True])
    assert told == [
        f"{words.counted(row.deals, 'deal')}, {words.money(row.amount)}" for row in lost.itertuples()
    ]


def test_pareto_counts_deals_where_no_amount_is_known() -> None:
    axes = crm.plots.deal_reasons.pareto(made(("price", "late")))
    assert [bar.get_width() for bar in axes.patches] == [3.0, 3.0]
    assert "6 deals in all" in axes.get_label()


def test_change_draws_the_differences(result: Any) -> None:
    axes = crm.plots.deal_reasons.change(result)
    lost = result.reasons_year[result.reasons_year["outcome"] == "lost"]
    drawn = np.concatenate([np.asarray(dots.get_offsets())[:, 0] for dots in axes.collections[1:]])
    assert sorted(drawn) == pytest.approx(sorted(lost["difference"] * 100))
    segments = axes.collections[0].get_segments()
    assert [ends[0][0] for ends in segments] == pytest.approx(list(lost["difference_low"] * 100))
    assert "Delivery time: 10% → 19%" in title_of(axes)


def test_stage_map_holds_every_count(result: Any) -> None:
    axes = crm.plots.deal_reasons.stage_map(result)
    assert sum(int(text.get_text()) for text in axes.texts) == result.stage_map["deals"].sum()
    assert axes.images[0].get_array().max() == pytest.approx(result.stage_map["share"].max())


def test_departments_are_drawn_with_the_year_before(result: Any) -> None:
    axes = crm.plots.deal_reasons.departments(result)
    table = result.departments_year
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(list(table["share"]))
    before = np.asarray(axes.collections[-1].get_offsets())[:, 0]
    assert before.tolist() == pytest.approx(list(table["previous_share"]))
    # the figures stand in one column, right of every mark
    assert {text.get_position()[0] for text in axes.texts} == {1}


def test_the_pictures_of_price_and_winning_are_at_hand() -> None:
    assert {"odds_ratios", "price"} <= set(crm.plots.deal_reasons.__all__)
