"""Sales dynamics by hand: what an order is, exact splits, equal totals, no look-ahead, edges."""

from __future__ import annotations

import math
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from tests.small_company import frames

import crm_analysis as crm
from crm_analysis.analyses._sales import findings as about
from crm_analysis.analyses.sales_dynamics import analyze
from crm_analysis.errors import DataError

AT = pd.Timestamp


def lines(*rows):
    """Make order lines of (sale, client, day, amount, product)."""
    frame = pd.DataFrame(rows, columns=["sale_id", "customer_id", "sold_at", "amount", "product"])
    return frame.assign(sold_at=pd.to_datetime(frame["sold_at"]), amount=frame["amount"].astype(float))


def result_of(tables, period, compare_to="previous"):
    return analyze(crm.load(tables).view(period, compare_to))


def figure(result, measure, column="value"):
    return result.figures.set_index("measure").loc[measure, column]


@pytest.fixture(scope="module")
def two_months():
    """January and February, from the first day to the last."""
    sales = lines(
        ("1", "a", "2026-01-01", 100, "x"),
        ("1", "a", "2026-01-01", 50, "y"),  # the same order
        ("2", "b", "2026-01-15", 50, "x"),
        ("3", None, "2026-01-31", 20, "x"),
        ("4", "a", "2026-02-01", 300, "x"),
        ("5", "a", "2026-02-14", 100, "y"),
        ("6", "c", "2026-02-20", 100, "y"),
        ("r", "b", "2026-02-27", -40, "x"),  # a return only
        ("7", None, "2026-02-28", 40, None),
    )
    customers = pd.DataFrame({"customer_id": list("abc"), "size": ["big", "small", "small"]})
    return {"sales": sales, "customers": customers}


@pytest.fixture(scope="module")
def by_hand(two_months):
    return result_of(two_months, "2026-02")


def test_an_order_is_counted_once_and_a_return_is_none(by_hand):
    months = by_hand.monthly.set_index("month")
    january, february = months.loc[AT("2026-01-01")], months.loc[AT("2026-02-01")]
    assert (january["revenue"], january["orders"], january["customers"]) == (220, 3, 2)
    assert (february["revenue"], february["orders"], february["customers"]) == (500, 4, 2)
    assert february["average_order"] == pytest.approx(125)
    assert (january["no_customer"], february["no_customer"]) == (20, 40)
    assert (january["working_days"], february["working_days"]) == (22, 20)


def test_the_change_by_hand(by_hand):
    # purchases of known clients 200 -> 500; without a client 20 -> 40; returns 0 -> -40
    parts = by_hand.change.set_index("driver")
    assert parts.loc["returns", "contribution"] == pytest.approx(-40)
    assert parts.loc["sales without a customer", "contribution"] == pytest.approx(20)
    chain = ["customers", "orders per customer", "size of order", "mix of customers"]
    assert parts.loc[chain, "contribution"].sum() == pytest.approx(300)
    assert parts.loc["customers", ["before", "after"]].tolist() == [2, 2]
    assert parts.loc["customers", "contribution"] == pytest.approx(0)
    assert parts.loc["orders per customer", ["before", "after"]].tolist() == [1.0, 1.5]
    assert parts.loc["size of order", ["before", "after"]].tolist() == pytest.approx([100, 500 / 3])
    assert parts.loc["mix of customers", "dimension"] == "size"
    # big: 1 client, 1 -> 2 orders, 150 -> 200 each; small: 1 client, 1 order, 50 -> 100
    assert parts.loc["orders per customer", "contribution"] == pytest.approx((150 + 200) / 2)
    assert parts.loc["size of order", "contribution"] == pytest.approx((50 + 100) / 2 + 50)
    assert parts.loc["mix of customers", "contribution"] == pytest.approx(0)


def test_shares_are_of_net_revenue_and_blank_is_a_value(by_hand):
    rows = by_hand.structure.set_index("value")
    assert rows["revenue"].to_dict() == {"x": 260, "y": 200, "(not stated)": 40}
    assert rows["share"].tolist() == pytest.approx([0.52, 0.4, 0.08])
    assert rows["previous_share"].tolist() == pytest.approx([170 / 220, 50 / 220, 0])


def test_totals_agree_across_tables(by_hand):
    total = figure(by_hand, "revenue")
    assert total == by_hand.monthly["revenue"].iloc[-1] == by_hand.tiles[0].value == by_hand.findings[0].value
    assert by_hand.structure["revenue"].sum() == pytest.approx(total, abs=0.005)
    difference = figure(by_hand, "revenue", "difference")
    assert by_hand.change["contribution"].sum() == pytest.approx(difference, abs=0.005)


def test_lookups_do_not_multiply_money():
    tables = frames()
    result = result_of(tables, "2026-02")
    february = tables["sales"][tables["sales"]["sold_at"].between("2026-02-01", "2026-02-28 23:59:59")]
    assert figure(result, "revenue") == pytest.approx(february["amount"].sum())
    sums = result.structure.groupby("dimension")["revenue"].sum()
    assert sums.to_dict() == pytest.approx(dict.fromkeys(sums.index, february["amount"].sum()))
    assert {"product", "category", "region"} <= set(sums.index)
    # a row a value: the return's product and its client stand under words of their own
    assert not result.structure.duplicated(["dimension", "value"]).any()


AMOUNTS = st.integers(-30_000, 80_000).map(lambda cents: cents / 100)
LINES = st.lists(
    st.tuples(
        st.sampled_from("123456789"),
        st.sampled_from(["a", "b", "c", None]),
        st.integers(0, 58),
        AMOUNTS,
        st.sampled_from(["x", "y", None]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(LINES)
def test_the_parts_add_up_to_the_cent(rows):
    # the first and the last day are there, so that both months are covered
    dated = [(s, c, AT("2026-01-01") + pd.Timedelta(days=d), a, p) for s, c, d, a, p in rows]
    sales = lines(("0", "a", AT("2026-01-01"), 10, "x"), *dated, ("z", "b", AT("2026-02-28"), 10, "x"))
    result = result_of({"sales": sales}, "2026-02")
    if result.context.comparison is None or result.context.is_partial:
        return
    difference = figure(result, "revenue", "difference")
    assert result.change["contribution"].sum() == pytest.approx(difference, abs=0.005)
    assert result.structure["revenue"].sum() == pytest.approx(figure(result, "revenue"), abs=0.005)
    shares = result.structure["share"].sum()
    assert (
        math.isnan(figure(result, "revenue")) or figure(result, "revenue") <= 0 or shares == pytest.approx(1)
    )


def test_deals_split_and_win_rates_by_hand():
    def deal(i, status, day, amount, product):
        return (i, status, amount, AT("2025-12-01"), AT(day), product)

    deals = pd.DataFrame(
        [
            deal("1", "won", "2026-01-01", 100, "x"),
            deal("2", "lost", "2026-01-20", 70, "x"),
            deal("3", "won", "2026-02-03", 100, "x"),
            deal("4", "won", "2026-02-10", 300, "x"),
            deal("5", "lost", "2026-02-28", 10, "x"),
            deal("6", "lost", "2026-02-28", 10, "x"),
        ],
        columns=["deal_id", "status", "amount", "created_at", "closed_at", "product"],
    )
    result = result_of({"deals": deals}, "2026-02")
    parts = result.change[result.change["group"] == "deals"].set_index("driver")
    # 2 deals, half won, 100 each -> 4 deals, half won, 200 each: volume 100·½·(100+200)/2·… by Shapley of two
    assert parts.loc["deals closed", "contribution"] == pytest.approx(2 * 0.5 * 150)
    assert parts.loc["size of won deal", "contribution"] == pytest.approx(100 * 0.5 * 3)
    assert parts.loc["win rate", "contribution"] == pytest.approx(0)
    assert parts["contribution"].sum() == pytest.approx(figure(result, "won_amount", "difference"))
    everyone = result.win_rates.iloc[0]
    assert (everyone["dimension"], everyone["closed"], everyone["won"]) == ("all deals", 4, 2)
    # won deals stand in for sales: the same money
    assert figure(result, "revenue") == figure(result, "won_amount") == 400


def closed(won_before, won_now):
    """Make deals closed in January and February, 60 in each."""
    rows = [
        (f"{month}-{at}", "won" if at < won else "lost", 100.0, AT("2025-12-01"), AT(f"2026-0{month}-10"))
        for month, won in ((1, won_before), (2, won_now))
        for at in range(60)
    ]
    columns = ["deal_id", "status", "amount", "created_at", "closed_at"]
    return {"deals": pd.DataFrame(rows, columns=columns)}


@pytest.mark.parametrize(
    ("before", "now", "said", "opening"),
    [
        (20, 8, "changed", "fell against"),  # neither better nor worse: a season may be behind it
        (8, 20, "changed", "rose against"),
        (20, 18, "no_evidence", "No evidence that"),
    ],
)
def test_the_win_rate_is_judged_by_its_change(before, now, said, opening):
    result = result_of(closed(before, now), "2026-02")
    finding = next(f for f in result.findings if f.key == "win_rate")
    tile = next(tile for tile in result.tiles if tile.key == "win_rate")
    assert (finding.verdict, tile.verdict, tile.judges) == (said, said, "change")
    # what the verdict is on stands first, and before the long run
    assert opening in finding.sentence.split(":")[0]
    keys = [f.key for f in result.findings]
    assert keys.index("win_rate") == 1


def test_without_a_comparison_the_win_rate_is_judged_by_its_course():
    result = result_of({"deals": closed(20, 8)["deals"].iloc[60:]}, "2026-02")
    tile = next(tile for tile in result.tiles if tile.key == "win_rate")
    assert (tile.verdict, tile.judges) == ("not_enough_data", "course")


def test_a_value_that_fell_below_nothing_stands_among_the_first():
    goods = [(f"{at}", f"c{at}", "2026-01-10", 100, f"p{at}") for at in range(20)]
    goods += [(f"n{at}", f"c{at}", "2026-02-10", 100, f"p{at}") for at in range(19)]
    goods += [("big", "c0", "2026-01-11", 900, "pallets"), ("back", "c0", "2026-02-11", -300, "pallets")]
    rows = result_of({"sales": lines(*goods)}, "2026-02").structure
    assert rows[rows["dimension"] == "product"]["value"].iloc[0] == "pallets"


def test_the_largest_shift_that_could_be_tested_is_not_called_the_largest(by_hand):
    rows = by_hand.structure.assign(
        difference=[0.3, -0.1, 0.02][: len(by_hand.structure)], p_value=0.5, p_adjusted=0.5
    )
    rows["verdict"] = ["not_enough_data", "no_evidence", "no_evidence"]
    facts = SimpleNamespace(
        structure=rows, context=by_hand.context, now={"revenue": 500.0},
        names={"period": "February 2026", "comparison": "January 2026"},
    )  # fmt: skip
    (said,) = about.structure(facts)
    assert "that could be tested" in said.sentence
    assert f"carried by too few customers to be tested: product {rows['value'].iloc[0]}" in said.sentence


def test_the_order_of_rows_makes_no_difference(two_months, by_hand):
    mixed = two_months | {"sales": two_months["sales"].sample(frac=1, random_state=4)}
    told = result_of(mixed, "2026-02").tables()
    for name, frame in by_hand.tables().items():
        assert_frame_equal(told[name], frame, obj=name)


def test_no_look_ahead():
    tables = frames()
    known = result_of(tables, "2026-01")
    later = lines(("new", "C9", "2026-02-02", 5000, "desk"), ("S3", "C1", "2026-03-01", 900, "lamp"))
    deals = tables["deals"].copy()
    deals.loc[deals["deal_id"] == "D3", ["status", "closed_at"]] = ["won", AT("2026-03-05")]
    grown = tables | {"sales": pd.concat([tables["sales"], later], ignore_index=True), "deals": deals}
    told = result_of(grown, "2026-01")
    for name, frame in told.tables().items():
        assert_frame_equal(frame, known.tables()[name], obj=name)
    assert told.findings == known.findings
    assert told.tiles == known.tiles


@pytest.mark.parametrize("rows", [1, 2])
def test_hardly_any_sale(rows):
    sales = lines(("1", "a", "2026-01-01", 5, "x"), ("2", None, "2026-01-31", 5, None))[:rows]
    result = result_of({"sales": sales}, "2026-01")
    assert figure(result, "revenue") == 5 * rows
    assert set(result.trend["verdict"]) == {"not_enough_data"}
    assert "nan" not in " ".join(f.sentence for f in result.findings).lower()


def test_a_period_without_sale(two_months):
    sales = pd.concat([two_months["sales"], lines(("9", "a", "2026-04-30", 10, "x"))])
    result = result_of({"sales": sales}, "2026-03")
    assert figure(result, "revenue") == 0
    assert result.findings[0].sentence == "Nothing was sold in March 2026."
    # at the end of March nobody knows whether nothing was sold or nothing was written down
    assert result.monthly["month"].iloc[-1] == AT("2026-02-01")
    assert result.structure.empty
    later = result_of({"sales": sales}, "2026-04").monthly.set_index("month")
    assert (later.loc[AT("2026-03-01"), "revenue"], later.loc[AT("2026-03-01"), "orders"]) == (0, 0)


def test_more_returned_than_sold():
    sales = lines(
        ("1", "a", "2026-01-01", 100, "x"),
        ("2", "a", "2026-01-31", 10, "x"),
        ("3", "a", "2026-02-02", -500, "x"),
        ("4", "b", "2026-02-28", 50, "y"),
    )
    result = result_of({"sales": sales}, "2026-02")
    assert figure(result, "revenue") == -450
    assert result.structure["share"].isna().all()
    assert result.change["contribution"].sum() == pytest.approx(-560)
    assert "−450" in result.findings[0].sentence


@pytest.mark.parametrize("status", ["lost", "open"])
def test_deals_without_a_win(status):
    closed = pd.date_range("2026-01-01", "2026-01-31", periods=4) if status == "lost" else pd.NaT
    deals = pd.DataFrame(
        {"deal_id": list("abcd"), "status": status, "amount": 5.0, "created_at": AT("2026-01-01"),
         "closed_at": closed, "owner": list("ppqq")}
    ).astype({"closed_at": "datetime64[us]"})  # fmt: skip
    result = result_of({"deals": deals}, "2026-01")
    assert figure(result, "revenue") == 0
    assert result.monthly.empty
    assert len(result.win_rates) == (3 if status == "lost" else 0)
    verdicts = {finding.verdict for finding in result.findings}
    assert not verdicts & {"improved", "worsened", "changed"}


def test_deals_without_amounts_are_counted():
    months = pd.date_range("2024-01-01", "2026-01-01", freq="MS")
    deals = pd.DataFrame({"created_at": np.repeat(months, 6) + pd.Timedelta(days=2)})
    deals = deals.assign(
        deal_id=[str(i) for i in range(len(deals))],
        status=np.where(np.arange(len(deals)) % 3 == 0, "won", "lost"),
        closed_at=deals["created_at"] + pd.to_timedelta(np.arange(len(deals)) % 6 * 5, unit="D"),
    )
    result = result_of({"deals": deals}, "2025-12")
    assert result.monthly["revenue"].isna().all()
    assert result.monthly["orders"].tolist() == result.monthly["won"].tolist()
    assert set(result.monthly["orders"]) == {2}
    for name in ("change", "structure", "plan"):
        assert result.tables()[name].empty, name
    assert set(result.trend["measure"]) == {"orders", "win_rate"}
    assert any("no amount" in text for text in result.left_out)
    assert result.findings[0].sentence.startswith("2 deals were won in December 2025, after 2 in")


def test_neither_sales_nor_deals():
    tables = {"customers": pd.DataFrame({"customer_id": ["a"], "created_at": [AT("2026-01-01")]})}
    with pytest.raises(DataError):
        result_of(tables, "2026-01")


def test_a_running_month_is_shown_and_left_out():
    days = pd.date_range("2025-01-01", "2026-03-10", freq="D")
    sales = lines(*[(str(i), f"c{i % 7}", day, 10, "x") for i, day in enumerate(days)])
    result = result_of({"sales": sales}, "2026-03")
    march = result.monthly.iloc[-1]
    assert march["partial"]
    assert march["working_days"] == 7
    assert math.isnan(march["adjusted"])
    assert not result.monthly["partial"].iloc[:-1].any()
    # compared with the same number of days
    assert figure(result, "revenue") == figure(result, "revenue", "previous") == 100
    assert result.trend.set_index("measure").loc["revenue", "n_points"] == 14
    assert any(finding.key == "part_month" for finding in result.findings)
    assert result.context.covered.end == date(2026, 3, 11)


def test_limits_by_hand_below_two_years():
    months = pd.date_range("2025-01-01", "2025-07-01", freq="MS")
    amounts = [100, 120, 110, 130, 120, 140]
    sales = lines(
        *[(str(i), "a", day, a, "x") for i, (day, a) in enumerate(zip(months, [*amounts, 1], strict=True))]
    )
    end = lines(("e", "a", "2025-06-30", 0.0, "x"))
    result = result_of({"sales": pd.concat([sales, end])}, "2025-06")
    # mean 120, moving ranges 20, 10, 20, 10, 20: mean 16, times 2.66
    row = result.monthly.iloc[-1]
    assert row["adjusted"] == row["revenue"] == 140
    assert row[["centre", "limit_low", "limit_high"]].tolist() == pytest.approx(
        [120, 120 - 42.56, 120 + 42.56]
    )


def test_margin_only_where_cost_is_known(two_months):
    sales = two_months["sales"].assign(cost=[60, 20, None, None, None, None, None, None, None])
    result = result_of({"sales": sales}, "2026-02")
    assert result.monthly["margin"].iloc[0] == 70
    assert math.isnan(result.monthly["margin"].iloc[1])


def test_keys_of_findings_are_stable(by_hand):
    assert [finding.key for finding in by_hand.findings] == [
        "revenue", "revenue_trend", "orders_trend", "average_order_trend", "quarter_end", "working_days",
        "structure", "unknown_customers",
    ]  # fmt: skip
    # who bought is a tile of the analysis of customers, which tests its course
    assert [tile.key for tile in by_hand.tiles] == ["revenue", "orders", "average_order"]
    assert by_hand.left_out[0].startswith("Plan: ")
