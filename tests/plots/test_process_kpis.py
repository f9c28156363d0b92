"""Pictures of the process KPIs: the artists hold the figures of the result, and empty ones say why."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_data, demo_result
from tests.plots.artists import title_of

import crm_analysis as crm
from crm_analysis.errors import ParameterError
from crm_analysis.findings import VERDICTS
from crm_analysis.plots.theme import ACCENT

PICTURES = ["board", "courses", "outcomes", "event", "groups"]


@pytest.fixture(scope="module")
def result() -> Any:
    return demo_result("process_kpis")


@pytest.fixture(scope="module")
def empty() -> Any:
    sold = {
        "customer_id": [None],
        "sold_at": [pd.Timestamp("2025-01-05")],
        "amount": [-5.0],
        "sale_id": ["S1"],
    }
    sales = pd.DataFrame(sold).astype({"customer_id": object})
    return crm.process_kpis.analyze(crm.load({"sales": sales}).view("2025-01"))


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, name: str) -> None:
        axes = getattr(crm.plots.process_kpis, name)(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result: Any, name: str) -> None:
        _, axes = plt.subplots()
        assert getattr(crm.plots.process_kpis, name)(result, ax=axes) is axes

    def test_says_why_it_is_empty(self, empty: Any, name: str) -> None:
        axes = getattr(crm.plots.process_kpis, name)(empty)
        assert axes.get_label() in texts(axes)

    def test_fits_the_width_of_a_page(self, result: Any, name: str) -> None:
        assert crm.figure(getattr(crm.plots.process_kpis, name)(result)).width < 680


def test_the_board_tells_each_verdict_once(result: Any) -> None:
    axes = crm.plots.process_kpis.board(result)
    rows = result.trends[result.trends["group"] == "all"]
    chips = [text for text in texts(axes) if text[0] in "▲▼◆○?"]
    assert chips == [f"{VERDICTS[v][1]} {VERDICTS[v][0]}" for v in rows["verdict"]]
    money = result.context.words.money
    change = rows.set_index("kpi").loc["deal_amount", "change_per_year"]
    assert any(text.startswith(f"{money(change, signed=True)} a year") for text in texts(axes))


def test_the_board_says_the_unit_of_days(result: Any) -> None:
    assert any(" days a year (" in text for text in texts(crm.plots.process_kpis.board(result)))


@pytest.mark.parametrize(
    ("status", "point", "said"),
    [
        ("too_few", "month", "8 months, too few to tell"),
        ("too_few", "quarter", "8 quarters, too few to tell"),
        ("season_unclear", "month", "8 months, too few to tell it from the season"),
        ("gaps", "month", "8 months, with too many gaps between them"),
        ("constant", "month", "8 months, all alike"),
    ],
)
def test_the_board_says_why_there_is_no_verdict(result: Any, status: str, point: str, said: str) -> None:
    untold = {"p_value": np.nan, "verdict": "not_enough_data", "status": status, "point": point}
    trends = result.trends.assign(**untold, n_points=8)
    axes = crm.plots.process_kpis.board(dataclasses.replace(result, trends=trends))
    assert texts(axes).count(said) == 5
    assert title_of(axes) == "Not enough data yet for a verdict"


def test_the_pictures_of_a_short_history_are_russian() -> None:
    short = crm.process_kpis.analyze(demo_data().view("2023-05", language="ru"))
    assert set(short.trends["status"]) >= {"too_few"}
    for name in PICTURES:
        axes = getattr(crm.plots.process_kpis, name)(short)
        said = [title_of(axes), str(axes.get_label()), *texts(axes)]
        assert not re.findall(r"[A-Za-z]{2,}", " ".join(said)), name


def test_the_board_leaves_out_a_range_that_says_nothing(result: Any) -> None:
    shown = [text for text in texts(crm.plots.process_kpis.board(result)) if text.startswith("now ")]
    kpis = result.kpis[result.kpis["group"] == "all"].set_index("kpi")
    cost = kpis.loc["acquisition_cost"]
    assert cost["high"] > 5 * cost["value"]
    money = result.context.words.money
    assert f"now {money(round(cost['value']))} (n = {cost['n']}: too few to say much)" in shown
    assert not any(money(round(cost["high"])) in text for text in shown)


def test_courses_hold_values_trend_and_band(result: Any) -> None:
    panels = crm.plots.process_kpis.courses(result).child_axes
    assert len(panels) == 5
    for panel, kpi in zip(panels, result.trends["kpi"].unique(), strict=True):
        rows = result.series[(result.series["kpi"] == kpi) & (result.series["group"] == "all")]
        line, values = panel.get_lines()[:2]
        np.testing.assert_allclose(line.get_ydata(), rows["centre"])
        np.testing.assert_allclose(values.get_ydata(), rows["value"])
        assert panel.get_ylim()[0] == 0
        assert panel.get_ylim()[1] >= rows["value"].max()


def test_a_trend_that_may_be_chance_is_grey(result: Any) -> None:
    kpis = list(dict.fromkeys(result.series["kpi"]))
    found = result.trends.query("group == 'all'").set_index("kpi")["verdict"].isin(["improved", "worsened"])
    panels = crm.plots.process_kpis.courses(result).child_axes
    colours = {kpi: panel.lines[0].get_color() for kpi, panel in zip(kpis, panels, strict=True)}
    assert {kpi: colour == ACCENT for kpi, colour in colours.items()} == found.to_dict()


def test_courses_of_a_class(result: Any) -> None:
    panels = crm.plots.process_kpis.courses(result, group="A").child_axes
    titles = [panel.get_title(loc="left") for panel in panels]
    assert titles == ["Between purchases, days", "Average deal won"]


def test_outcomes_end_at_the_shares(result: Any) -> None:
    axes = crm.plots.process_kpis.outcomes(result)
    last = result.outcomes.iloc[-1]
    ends = {line.get_label(): line.get_ydata()[-1] for line in axes.get_lines()}
    assert ends == pytest.approx({name: last[name] for name in ("won", "lost", "open")})
    heights = sorted(text.xy[1] for text in axes.texts)
    assert np.diff(heights).min() >= 0.07  # the labels do not overlap


def test_the_event_shows_the_level_on_both_sides(result: Any) -> None:
    axes = crm.plots.process_kpis.event(result)
    row = result.event[(result.event["kpi"] == "decision_days")].iloc[0]
    levels = [line.get_ydata()[0] for line in axes.get_lines()[1:3]]
    assert levels == pytest.approx([row["before"], row["after"]])
    assert title_of(axes).startswith("Mean time to decision: ")


def test_another_kpi_can_be_asked_for(result: Any) -> None:
    assert "All contacts" in crm.plots.process_kpis.event(result, "contacts_per_customer").get_title(
        loc="left"
    )
    for draw in (crm.plots.process_kpis.event, crm.plots.process_kpis.groups):
        with pytest.raises(ParameterError, match="decision_days"):
            draw(result, "decision_day")


def test_groups_hold_the_figures(result: Any) -> None:
    axes = crm.plots.process_kpis.groups(result, "purchase_interval_days")
    rows = result.kpis[result.kpis["kpi"] == "purchase_interval_days"]
    drawn = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"]
    assert drawn == pytest.approx(rows["value"].tolist())


def test_an_event_without_months_on_both_sides(result: Any) -> None:
    late = crm.process_kpis.analyze
    view = crm.load({"deals": _deals()}).view("2026-02")
    axes = crm.plots.process_kpis.event(late(view, event_on="2026-02-15"))
    assert "both sides" in axes.get_label()


def _deals() -> pd.DataFrame:
    begun = pd.date_range("2025-11-01", "2026-02-20", freq="D")
    closed = begun + pd.Timedelta(days=6)
    return pd.DataFrame(
        {
            "deal_id": [f"D{i}" for i in range(len(begun))],
            "status": "won",
            "amount": 5.0,
            "created_at": begun,
            "closed_at": closed,
        }
    )
