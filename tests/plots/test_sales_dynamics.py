"""The pictures of the sales analysis: what they show is what the result holds."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.plots.artists import title_of
from tests.small_company import frames

import crm_analysis as crm
from crm_analysis.analyses.sales_dynamics import analyze
from crm_analysis.errors import ParameterError
from crm_analysis.plots import sales_dynamics as plots

mpl.use("Agg")


@pytest.fixture(scope="module")
def result():
    return analyze(crm.load(frames()).view("2026-02"))


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def figure(result, measure):
    return result.figures.set_index("measure").loc[measure, "difference"]


def bars(ax):
    return [patch.get_width() for patch in ax.patches]


def test_monthly_shows_every_month(result):
    ax = plots.monthly(result)
    line = next(line for line in ax.lines if line.get_label() == "revenue")
    assert np.asarray(line.get_ydata(), dtype=float).tolist() == result.monthly["adjusted"].tolist()
    assert "December 2025" in ax.get_label()


def test_a_part_month_is_hollow():
    partial = analyze(crm.load(frames()).view("2026-03"))
    ax = plots.monthly(partial)
    mark = next(line for line in ax.lines if line.get_label() == "part month")
    assert mark.get_ydata().tolist() == [partial.monthly["revenue"].iloc[-1]]
    assert mark.get_markerfacecolor() == "white"


def test_the_waterfall_leads_from_before_to_now(result):
    for group, measure in (("revenue", "revenue"), ("deals", "won_amount")):
        ax = plots.change(result, group)
        row = result.figures.set_index("measure").loc[measure]
        start, end, *parts = bars(ax)
        assert (start, end) == pytest.approx((row["previous"], row["value"]))
        assert start + sum(parts) == pytest.approx(end)
        assert next(text.get_text() for text in ax.get_yticklabels()) == "before"


def test_structure_draws_the_shares_and_the_rest_together(result):
    rows = result.structure[result.structure["dimension"] == "product"]
    assert bars(plots.structure(result)) == pytest.approx(rows["share"].tolist())
    many = pd.concat(
        [rows.head(1).assign(value=f"товар с очень длинным названием {i}", share=1 / 30) for i in range(30)]
    )
    ax = plots.structure(replace(result, structure=many))
    assert bars(ax) == pytest.approx([1 / 30] * 10 + [20 / 30])
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels[-1] == "20 others"
    assert max(map(len, labels)) <= 28
    assert len(set(labels)) == len(labels)


def test_returns_do_not_hide_among_the_others(result):
    row = result.structure.head(1)
    shares = [0.3, *[0.05] * 10, 0.02, 0.02, -0.01, -0.01]
    rows = pd.concat([row.assign(value=f"p{at}", share=share) for at, share in enumerate(shares)])
    rows.iloc[1, rows.columns.get_loc("share")] = -0.2
    ax = plots.structure(replace(result, structure=rows))
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert bars(ax) == pytest.approx([0.3, *[0.05] * 8, -0.2, 0.09, -0.02])
    assert labels[-3:] == ["p1", "3 others", "2 others"]
    told = [text.get_text().endswith("more returned than sold") for text in ax.texts]
    assert told == [False] * 9 + [True, False, True]


def test_titles_say_what_was_found(result):
    ax = plots.change(result)
    money = result.context.words.money(figure(result, "revenue"), signed=True)
    assert title_of(ax).startswith(f"Revenue {money}; what moved it most: ")
    grown = result.trend.assign(verdict="improved", growth=0.1, growth_low=0.05, growth_high=0.15)
    title = title_of(plots.monthly(replace(result, trend=grown)))
    assert title == "Monthly revenue grows: +10% a year"
    unsure = plots.monthly(replace(result, trend=grown.assign(verdict="no_evidence")))
    assert title_of(unsure) == "Revenue by month: no evidence that it grows or falls"


def test_the_best_attainment_stands_first_below_all():
    targets = pd.DataFrame(
        {"period": "2026-02", "amount": [900.0, 500.0, 100.0], "region": [None, "North", "South"]}
    )
    result = analyze(crm.load(frames() | {"targets": targets}).view("2026-02"))
    shown = bars(plots.plan(result))
    assert shown[1:] == sorted(shown[1:], reverse=True)


def test_plan_draws_attainment():
    tables = frames() | {"targets": pd.DataFrame({"period": ["2026-02"], "amount": [1000.0]})}
    result = analyze(crm.load(tables).view("2026-02"))
    assert bars(plots.plan(result)) == pytest.approx(result.plan["attainment"].tolist())


def test_win_rates_and_calendar_have_a_range_a_row(result):
    ax = plots.win_rates(result)
    rows = result.win_rates[result.win_rates["dimension"] == "owner"]
    ranges = [
        tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2 and line.get_ls() == "-"
    ]
    assert ranges == list(zip(rows["low"], rows["high"], strict=True))
    effects = result.calendar.assign(value=0.1, low=-0.1, high=0.3)
    ax = plots.calendar(replace(result, calendar=effects))
    assert "+10.0%" in ax.get_label()


@pytest.mark.parametrize("name", ["monthly", "change", "structure", "plan", "calendar", "win_rates"])
def test_nothing_to_draw_is_said(result, name):
    tables = {key: frame.iloc[:0] for key, frame in result.tables().items()}
    ax = getattr(plots, name)(replace(result, **tables))
    assert ax.get_label()
    assert not ax.patches


def test_an_axes_of_ones_own_is_used(result):
    _, own = plt.subplots()
    assert plots.monthly(result, ax=own) is own


@pytest.mark.parametrize("draw", [plots.structure, plots.win_rates])
def test_an_unknown_dimension_names_those_there_are(result, draw):
    with pytest.raises(ParameterError, match=r"There is no dimension \"(ownr|produkt)\"") as error:
        draw(result, "produkt" if draw is plots.structure else "ownr")
    assert "Did you mean" in str(error.value)


def test_a_picture_has_a_description(result):
    picture = crm.figure(plots.structure(result, "region"))
    assert picture.alt.startswith("Shares of revenue by region: ")
