"""Pictures of marketing: what is drawn is what the tables hold, and nothing is cut off or covered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result
from tests.plots.artists import faults, title_of

import crm_analysis as crm
from crm_analysis.plots import marketing_impact as plots
from crm_analysis.plots.theme import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

DRAWN = [plots.share_of_cost_and_sales, plots.return_by_channel, plots.conversion_by_channel, plots.course,
         plots.lag]  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return demo_result("marketing_impact")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def labels(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def many(result, count: int):
    """The same result with so many channels, with long Cyrillic names."""
    rows = pd.concat([result.channels[result.channels["return_on_spend"].notna()]] * 5, ignore_index=True)
    rows = rows.head(count)
    names = [f"Очень длинный канал продвижения {i}" for i in range(len(rows))]
    ranking = pd.concat([result.ranking] * 5, ignore_index=True).head(count)
    ranking = ranking.sort_values("return_on_spend", ascending=False, kind="stable", ignore_index=True)
    pace = result.pace[result.pace["channel"] == "Website"]
    pace = pd.concat([pace] * count, ignore_index=True).assign(channel=names)
    lag = result.lag[result.lag["channel"] == "Website"]
    lag = pd.concat([lag.assign(channel=name) for name in names], ignore_index=True)
    return replace(
        result,
        channels=rows.assign(channel=names),
        ranking=ranking.assign(channel=names),
        pace=pace,
        lag=lag,
    )


def test_shares_of_deals_won_stand_for_unknown_revenue() -> None:
    """Four deals won of ten by the fairs, six by mail; nobody knows what they were worth."""
    deals = pd.DataFrame(
        {
            "deal_id": [f"D{at}" for at in range(13)],
            "channel": ["fairs"] * 4 + ["mail"] * 6 + ["fairs"] * 3,
            "status": ["won"] * 10 + ["lost"] * 3,
            "created_at": pd.Timestamp("2025-03-01"),
            "closed_at": pd.Timestamp("2025-03-20"),
        }
    )
    counted = crm.marketing_impact.analyze(crm.load({"deals": deals}).view("2025-03"))
    assert counted.channels.set_index("channel")["won_share"].to_dict() == {"fairs": 0.4, "mail": 0.6}
    ax = plots.share_of_cost_and_sales(counted)
    assert [bar.get_width() for bar in ax.containers[0]] == [0.6, 0.4]
    assert labels(ax) == ["mail", "fairs"]
    assert title_of(ax) == "mail: 60% of deals won"
    assert "mail: 60.0% of deals won; fairs: 40.0% of deals won" in ax.get_label()


def test_shares_are_drawn_as_they_are(result) -> None:
    ax = plots.share_of_cost_and_sales(result)
    revenue, cost = ([bar.get_width() for bar in group] for group in ax.containers[:2])
    np.testing.assert_allclose(revenue, result.channels["revenue_share"])
    np.testing.assert_allclose(cost, result.channels["cost_share"].fillna(0))
    assert labels(ax) == result.channels["channel"].tolist()
    first = result.channels.iloc[0]
    assert title_of(ax).startswith(first["channel"])
    assert result.context.words.share(first["revenue_share"]) in ax.get_label()


def test_returns_are_drawn_with_their_ranges_and_a_line_for_the_money_back(result) -> None:
    ax = plots.return_by_channel(result)
    dots = [line for line in ax.lines if line.get_marker() in ("o", "X", "D", "s")]
    np.testing.assert_allclose(
        [float(dot.get_xdata()[0]) for dot in dots], result.ranking["return_on_spend"].to_numpy()
    )
    ranges = [
        line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() > 2
    ]
    np.testing.assert_allclose([r[0] for r in ranges], result.ranking["return_low"])
    np.testing.assert_allclose([r[1] for r in ranges], result.ranking["return_high"])
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)
    assert labels(ax) == result.ranking["channel"].tolist()
    assert title_of(ax) == "Of 7 channels 2 pay back, 2 do not"
    assert "74 won" in " ".join(texts(ax))


def test_verdicts_differ_in_shape_not_only_in_colour(result) -> None:
    ax = plots.return_by_channel(result)
    looks = {
        (line.get_color(), line.get_marker())
        for line in ax.lines
        if line.get_marker() in ("o", "X", "D", "s")
    }
    assert len({colour for colour, _ in looks}) == len({marker for _, marker in looks}) == 3


def test_conversion_shows_the_number_behind_each_rate(result) -> None:
    ax = plots.conversion_by_channel(result)
    said = " ".join(texts(ax))
    known = result.channels[result.channels["conversion"].notna()]
    for leads in known["cohort_leads"]:
        assert f"n = {leads:.0f}" in said


def test_a_title_names_a_winner_only_where_its_range_lies_above_all_others(result) -> None:
    ax = plots.conversion_by_channel(result)
    assert title_of(ax) == "Between 25% and 50% of leads are won, by channel"
    ahead = result.channels.copy()
    ahead.loc[ahead["channel"] == "Referral", "conversion_low"] = ahead["conversion_high"].nlargest(2).min()
    ahead.loc[ahead["channel"] == "Referral", "conversion_low"] += 0.01
    ax = plots.conversion_by_channel(replace(result, channels=ahead))
    assert title_of(ax) == "Referral wins the largest share, 50%"


def test_the_months_of_the_return_stand_beside_it(result) -> None:
    assert "Return (likely)\n2025-03 to 2026-02" in texts(plots.share_of_cost_and_sales(result))
    assert "leads of 2025-03 to 2026-02" in plots.return_by_channel(result).get_xlabel()


def test_the_title_of_the_lag_is_that_of_its_lines_and_what_is_not_drawn_is_named(result) -> None:
    ax = plots.lag(result)
    assert title_of(ax) == "36% of leads are won, half of these within 67 days"
    assert "Not drawn, with fewer leads:\n(not stated), Partners and Telephone" in ax.get_xlabel()
    few = result.pace.head(4)
    assert "Not drawn" not in plots.lag(replace(result, pace=few)).get_xlabel()


def test_unripe_months_are_pale(result) -> None:
    ax = plots.course(result)
    cost, ripe, pale = ax.containers[:3]
    assert len(cost) == len(result.course)
    assert len(ripe) == result.course["ripe"].sum()
    assert len(pale) == (~result.course["ripe"]).sum()
    assert all((bar.get_alpha() or 1) < 0.5 for bar in pale)
    assert all(bar.get_alpha() is None for bar in ripe)
    np.testing.assert_allclose([bar.get_height() for bar in cost], result.course["cost"])


def test_lines_of_the_lag_end_where_the_table_does(result) -> None:
    ax = plots.lag(result)
    largest = result.pace.sort_values(["leads", "channel"], ascending=[False, True]).head(6)["channel"]
    ends = [float(line.get_ydata()[-1]) for line in ax.lines]
    wanted = [result.lag[result.lag["channel"] == name]["share_won"].iloc[-1] for name in largest]
    np.testing.assert_allclose(ends, wanted)
    assert {text.strip() for text in texts(ax)} == set(largest)


def test_the_lag_is_as_wide_as_the_lines_that_are_drawn(result) -> None:
    """A channel of one lead, watched for a year, does not press the lines of the others to the left."""
    small = result.lag[result.lag["channel"] == "Website"].assign(channel="Odd")
    short = result.lag[result.lag["months"] <= 3]
    ax = plots.lag(replace(result, lag=pd.concat([short, small], ignore_index=True)))
    assert small["months"].max() == 12
    assert ax.get_xlim() == (0, 3)
    assert [int(tick) for tick in ax.get_xticks()] == [0, 1, 2, 3]


@pytest.mark.parametrize("draw", DRAWN, ids=lambda f: f.__name__)
@pytest.mark.parametrize("count", [1, 3, 30])
def test_nothing_is_cut_off_or_written_over_another(result, draw, count: int) -> None:
    assert faults(draw(many(result, count))) == []


@pytest.mark.parametrize("draw", DRAWN, ids=lambda f: f.__name__)
def test_an_empty_result_says_why(result, draw) -> None:
    empty = replace(
        result,
        channels=result.channels.head(0),
        ranking=result.ranking.head(0),
        course=result.course.head(0),
        pace=result.pace.head(0),
        lag=result.lag.head(0),
    )
    ax = draw(empty)
    assert ax.get_gid() == NOTHING
    assert len(ax.get_label()) > 20


@pytest.mark.parametrize("draw", DRAWN, ids=lambda f: f.__name__)
def test_it_draws_into_given_axes_and_describes_itself(result, draw) -> None:
    _, ax = plt.subplots()
    assert draw(result, ax) is ax
    assert title_of(ax)
    assert len(ax.get_label()) > 60
    assert "nan" not in ax.get_label()


def test_net_returns_are_drawn_to_the_left(result) -> None:
    shifted = result.channels.assign(revenue_share=result.channels["revenue_share"])
    shifted.loc[0, "revenue_share"] = -0.3
    ax = plots.share_of_cost_and_sales(replace(result, channels=shifted))
    assert ax.get_xlim()[0] < -0.3


def test_one_endless_range_does_not_press_the_others_together(result) -> None:
    ranking = result.ranking.copy()
    ranking.loc[0, "return_high"] = 500.0
    ax = plots.return_by_channel(replace(result, ranking=ranking))
    assert ax.get_xlim()[1] < 20


def test_without_ripe_leads_the_win_rate_of_the_period_is_drawn(result) -> None:
    young = result.channels.assign(conversion=np.nan, conversion_low=np.nan, conversion_high=np.nan)
    ax = plots.conversion_by_channel(replace(result, channels=young))
    assert "closed in the period" in ax.get_xlabel()
    known = young[young["win_rate"].notna()]
    assert len(labels(ax)) == len(known)
