"""Marketing: outside numbers, cohorts by hand, totals that agree, relations, planted cases."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result, demo_view

import crm_analysis as crm
from crm_analysis import columns
from crm_analysis.analyses._marketing.channels import channel_table
from crm_analysis.analyses._marketing.said import acquisition_cost
from crm_analysis.analyses._marketing.window import Window
from crm_analysis.errors import MissingTableError, ParameterError
from crm_analysis.stats.returns import GroupReturns
from crm_analysis.words import Words

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "marketing_impact.json").read_text(encoding="utf-8")
)
YEAR = pd.date_range("2025-01-01", "2025-12-01", freq="MS")


def deal(number: int, channel: str | None, start: pd.Timestamp, *, won: bool, amount: float = 100.0) -> dict:
    return {
        "deal_id": f"D{number}",
        "customer_id": f"C{number}",
        "status": "won" if won else "lost",
        "channel": channel,
        "amount": amount,
        "created_at": start,
        "closed_at": start + pd.Timedelta(days=10),
    }


def by_hand() -> dict[str, pd.DataFrame]:
    """Twelve months of leads decided after ten days: fairs win two of four a month, letters none."""
    rows, costs = [], []
    for month in YEAR:
        for at in range(4):
            start = month + pd.Timedelta(days=3 + at)
            rows.append(deal(len(rows), "fairs", start, won=at < 2))
            rows.append(deal(len(rows), "letters", start, won=False))
        costs += [(month, "fairs", 150.0, "exhibitions"), (month, "letters", 20.0, "print and post")]
    columns = ["spent_on", "channel", "amount", "cost_item"]
    # enough won deals of a channel without cost, so that its pace of ten days is known
    rows += [deal(1000 + i, "friends", YEAR[i % 12], won=True, amount=7.0) for i in range(60)]
    return {"deals": pd.DataFrame(rows), "marketing_costs": pd.DataFrame(costs, columns=columns)}


def planted() -> dict[str, pd.DataFrame]:
    """Three years: one channel that pays back, one that does not, one too small, one free, one barren."""
    return {name: frame.copy() for name, frame in _planted().items()}


@cache
def _planted() -> dict[str, pd.DataFrame]:
    generator = np.random.Generator(np.random.PCG64(0))
    rows, costs = [], []
    for month in pd.date_range("2023-01-01", "2025-12-01", freq="MS"):
        for channel, leads, share, amount in (
            ("gold", 20, 0.4, 1000.0),
            ("sink", 20, 0.4, 100.0),
            ("tiny", 1, 0.1, 500.0),
            ("free", 6, 0.5, 300.0),
            (None, 4, 0.3, 200.0),
        ):
            for _ in range(leads):
                start = month + pd.Timedelta(days=int(generator.integers(0, 28)))
                won = bool(generator.random() < share)
                size = amount * float(generator.lognormal(0, 0.6))
                rows.append(deal(len(rows), channel, start, won=won, amount=round(size, 2)))
        costs += [(month, "gold", 2000.0), (month, "sink", 3000.0), (month, "tiny", 120.0)]
        costs += [(month, "barren", 900.0)]
    return {
        "deals": pd.DataFrame(rows),
        "marketing_costs": pd.DataFrame(costs, columns=["spent_on", "channel", "amount"]),
    }


def analyze(tables: dict[str, pd.DataFrame], period: str = "2025-12"):
    return crm.marketing_impact.analyze(crm.load(tables).view(period))


def channels(result) -> pd.DataFrame:
    return result.channels.set_index("channel")


@cache
def planted_result():
    return analyze(planted())


@pytest.fixture(scope="module")
def company():
    return planted_result()


@pytest.fixture(scope="module")
def by_hand_result():
    return analyze(by_hand())


# -- outside numbers -------------------------------------------------------------------------------------


def test_the_cost_of_a_customer_has_the_exact_limits_of_r() -> None:
    case = REFERENCE["D06-cac"]
    value, low, high = acquisition_cost(case["spend"], case["new_clients"])
    assert value == case["cac"]
    assert [low, high] == pytest.approx(case["ci95"], abs=1e-6)


@pytest.mark.parametrize("channel", ["fairs", "letters"])
def test_the_cohort_is_that_by_hand(by_hand_result, channel: str) -> None:
    case, row = REFERENCE["cohort"][channel], channels(by_hand_result).loc[channel]
    assert row["cohort_cost"] == case["cost"]
    assert (row["cohort_leads"], row["cohort_won"]) == (case["leads"], case["won"])
    assert row["cohort_income"] == case["income"]
    assert row["return_on_spend"] == pytest.approx(case["return"])
    assert row["conversion"] == case["won"] / case["leads"]


def test_the_window_ends_where_leads_are_too_young(by_hand_result) -> None:
    result = by_hand_result
    window = result.totals.set_index("span").loc["ripe_leads"]
    # ten days before 1 January lies in December, so December is not ripe
    assert window["first_day"] == pd.Timestamp("2025-01-01")
    assert window["last_day"] == pd.Timestamp("2025-11-30")
    assert result.course.set_index("month")["ripe"].tolist() == [True] * 11 + [False]
    assert np.isnan(result.course["return_on_spend"].iloc[-1])
    assert result.pace.set_index("channel").loc["fairs", ["median_days", "ripening_days"]].tolist() == [
        10,
        10,
    ]


def test_ten_days_is_within_the_first_month_and_not_before(by_hand_result) -> None:
    lag = by_hand_result.lag
    fairs = lag[lag["channel"] == "fairs"].set_index("months")["share_won"]
    assert fairs.loc[0] == 0
    assert fairs.loc[1] == pytest.approx(0.5, abs=0.02)


def test_leads_open_when_the_records_began_do_not_slow_the_pace() -> None:
    """Each month ten leads: five won after ten days, five after a hundred.

    Of those that came before the first decision on record only the slow ones are left: the fast ones had been
    decided by then.
    """
    months = pd.date_range("2024-10-01", "2025-12-01", freq="MS")
    rows = []
    for start in months:
        for at in range(10):
            made = deal(len(rows), "fairs", start, won=True) | {
                "closed_at": start + pd.Timedelta(days=10 if at < 5 else 100)
            }
            if made["closed_at"] >= pd.Timestamp("2025-01-05"):
                rows.append(made)
    lag = analyze({"deals": pd.DataFrame(rows)}, "2026-03").lag
    fairs = lag[lag["channel"] == "fairs"].set_index("months")["share_won"]
    assert fairs.loc[1] == pytest.approx(0.5)  # 60 of 135 without that
    assert fairs.loc[4] == pytest.approx(1)


def test_costs_by_item_are_those_spent(by_hand_result) -> None:
    items = by_hand_result.cost_items.set_index("cost_item")
    assert items["cost"].to_dict() == {"exhibitions": 150.0, "print and post": 20.0}
    assert items["share"].tolist() == pytest.approx([150 / 170, 20 / 170])
    assert items["relative"].tolist() == [0.0, 0.0]


# -- totals that agree -----------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2026-10", "2023-02", "2026-W30"])
def test_revenue_is_that_of_the_sales_analysis_to_the_cent(period: str) -> None:
    """Also of longer periods: see test_totals."""
    result, sales = (demo_result(stem, period) for stem in ("marketing_impact", "sales_dynamics"))
    revenue = sales.figures.set_index("measure").loc["revenue", "value"]
    totals = result.totals.set_index("span")
    assert totals.loc["period", "revenue"] == pytest.approx(revenue, abs=0.005)
    assert result.channels["revenue"].sum() == pytest.approx(revenue, abs=0.005)
    structure = sales.structure[sales.structure["dimension"] == "channel"].set_index("value")
    by_channel = structure["revenue"]
    mine = channels(result)["revenue"]
    assert mine[mine != 0].to_dict() == pytest.approx(by_channel[by_channel != 0].to_dict())
    shares = result.shares.set_index("channel")["share"]
    pd.testing.assert_series_equal(shares, structure["share"], check_names=False)


def test_shares_add_up_to_one() -> None:
    shares = demo_result("marketing_impact").channels[["revenue_share", "won_share", "cost_share"]]
    assert shares.sum().tolist() == pytest.approx([1, 1, 1])


def test_costs_deals_and_customers_are_those_of_the_tables() -> None:
    view = demo_view("2026-Q3")
    result = crm.marketing_impact.analyze(view)
    costs = pd.read_csv("data/demo/marketing_costs.csv", parse_dates=["spent_on"])
    quarter = costs["spent_on"].between("2026-07-01", "2026-09-30")
    assert result.channels["cost"].sum() == costs.loc[quarter, "amount"].sum()
    assert result.cost_items["cost"].sum() == costs.loc[quarter, "amount"].sum()
    assert result.channels["deals"].sum() == view.created.count().to_pandas()
    assert result.channels["closed"].sum() == view.closed.count().to_pandas()
    assert result.channels["won"].sum() == view.won.count().to_pandas()
    months = demo_result("customer_abc", "2026-Q3").monthly.set_index("month")["new_customers"]
    assert result.channels["customers_acquired"].sum() == months.loc["2026-07":"2026-09"].sum()


def test_the_window_is_the_sum_of_its_months() -> None:
    result = demo_result("marketing_impact")
    window = result.totals.set_index("span").loc["ripe_leads"]
    months = result.monthly[result.monthly["month"].between(window["first_day"], window["last_day"])]
    for month_column, column in (
        ("cost", "cohort_cost"), ("leads", "cohort_leads"), ("won", "cohort_won"),
        ("undecided", "cohort_undecided"), ("income", "cohort_income"),
    ):  # fmt: skip
        assert months[month_column].sum() == pytest.approx(result.channels[column].sum(), abs=0.005), column
    assert result.campaigns["cohort_cost"].sum() == pytest.approx(window["cost"])
    assert result.campaigns["cohort_income"].sum() == pytest.approx(result.channels["cohort_income"].sum())


def test_income_is_the_margin_of_the_orders_of_the_deals() -> None:
    """Computed again from the files, without the package."""
    result = demo_result("marketing_impact")
    window = result.totals.set_index("span").loc["ripe_leads"]
    deals = pd.read_csv("data/demo/deals.csv", parse_dates=["first_contact_at", "created_at"])
    touches = pd.read_csv("data/demo/touches.csv", parse_dates=["touched_at"])
    sales = pd.read_csv("data/demo/sales.csv")
    left = (sales["amount"] - sales["cost"]).groupby(sales["deal_id"]).sum()
    first = touches.groupby("deal_id")["touched_at"].min()
    start = pd.concat(
        [deals["deal_id"].map(first), deals["first_contact_at"], deals["created_at"]], axis=1
    ).min(axis=1)
    ripe = deals[(start >= window["first_day"]) & (start < window["last_day"] + pd.Timedelta(days=1))]
    income = ripe["deal_id"].map(left).fillna(0).groupby(ripe["channel"].fillna("(not stated)")).sum()
    mine = channels(result)["cohort_income"]
    assert mine[mine > 0].to_dict() == pytest.approx(income.to_dict())


# -- relations -------------------------------------------------------------------------------------------


def test_the_order_of_rows_makes_no_difference(company) -> None:
    shuffled = {
        name: frame.sample(frac=1, random_state=np.random.Generator(np.random.PCG64(5)))
        for name, frame in planted().items()
    }
    one, other = company, analyze(shuffled)
    for name, frame in one.tables().items():
        pd.testing.assert_frame_equal(frame, other.tables()[name], obj=name)
    assert [f.sentence for f in one.findings] == [f.sentence for f in other.findings]


def test_everything_twice_returns_the_same(company) -> None:
    tables = planted()
    again = tables["deals"].assign(
        deal_id="x" + tables["deals"]["deal_id"], customer_id="x" + tables["deals"]["customer_id"]
    )
    doubled = {
        "deals": pd.concat([tables["deals"], again]),
        "marketing_costs": pd.concat([tables["marketing_costs"]] * 2),
    }
    one, two = channels(company), channels(analyze(doubled))
    for name in ("cost", "leads", "won", "revenue", "cohort_cost", "cohort_leads", "cohort_income"):
        np.testing.assert_allclose(two[name], 2 * one[name], err_msg=name)
    # of the single lead of "tiny" no cost is told
    assert one["leads"]["tiny"] == 1
    assert one["cost_per_lead"].isna()["tiny"]
    one["cost_per_lead"] = one["cost_per_lead"].fillna(two["cost_per_lead"])
    for name in ("return_on_spend", "naive_return", "conversion", "cost_per_lead", "revenue_share"):
        np.testing.assert_allclose(two[name], one[name], err_msg=name)
    gold = [side.loc["gold", "return_high"] - side.loc["gold", "return_low"] for side in (one, two)]
    assert gold[1] < 0.85 * gold[0]


# -- planted yes, planted no, too small ------------------------------------------------------------------


def test_planted_channels_get_their_verdicts(company) -> None:
    assert channels(company)["verdict"].to_dict() == {
        "gold": "pays back",
        "sink": "does not pay back",
        "tiny": "not_enough_data",
        "free": "no cost",
        "barren": "does not pay back",
        "(not stated)": "no cost",
    }


def test_the_next_effort_goes_where_it_pays(company) -> None:
    ranking = company.ranking.set_index("channel")["advice"]
    assert ranking["gold"] == "more"
    assert ranking["sink"] == "less"
    finding = next(f for f in company.findings if f.key == "next_effort")
    assert finding.sentence.startswith("Put the next effort into gold")
    assert finding.verdict == "note"


def test_the_advice_is_no_surer_than_the_pairs_it_tells_of() -> None:
    """Trade shows and Sponsorship have won too few deals for more than a "probably"."""
    result = demo_result("marketing_impact")
    first, pairs = result.findings[0], result.next_effort.set_index(["channel", "other"])["verdict"]
    assert first.key == "next_effort"
    assert "Website and Partners, which pay back and probably return more than Trade shows" in first.sentence
    assert pairs["Website", "Trade shows"] == pairs["Partners", "Sponsorship"] == "probably pays better"
    assert "beyond chance" not in first.sentence
    assert first.strength == "preliminary"
    two = planted()
    two["deals"] = two["deals"][two["deals"]["channel"].isin(["gold", "sink"])]
    two["marketing_costs"] = two["marketing_costs"][two["marketing_costs"]["channel"].isin(["gold", "sink"])]
    sure = analyze(two).findings[0]
    assert "returns more than sink, beyond chance" in sure.sentence
    assert sure.strength == "moderate"


def test_a_chance_is_never_told_as_certain() -> None:
    chance, words = columns.column("chance"), Words()
    told = [chance.write(value, words) for value in (1.0, 0.99999, 0.998, 0.5, 0.0)]
    assert told == ["more than 99.9%", "more than 99.9%", "99.8%", "50.0%", "less than 0.1%"]


def test_a_single_customer_gives_no_cost_of_one(by_hand_result) -> None:
    for count, told in ((0, False), (1, False), (2, True)):
        tables = by_hand()
        deals = tables["deals"]
        letters = deals.index[deals["channel"] == "letters"][-4 : -4 + count]
        deals.loc[letters, "status"] = "won"
        row = channels(analyze(tables) if count else by_hand_result).loc["letters"]
        assert row["customers_acquired"] == count
        figures = row[["acquisition_cost", "acquisition_low", "acquisition_high"]]
        assert figures.notna().tolist() == [told] * 3
        if told:
            assert row["acquisition_cost"] == 20.0 / count


def test_equal_channels_get_no_recommendation() -> None:
    tables = planted()
    tables["deals"]["channel"] = np.where(np.arange(len(tables["deals"])) % 2, "left", "right")
    costs = tables["marketing_costs"]
    tables["marketing_costs"] = costs.assign(channel=np.where(np.arange(len(costs)) % 2, "left", "right"))
    income = float(tables["deals"].loc[tables["deals"]["status"] == "won", "amount"].sum())
    tables["marketing_costs"]["amount"] = income / len(costs)
    result = analyze(tables)
    assert set(result.channels["verdict"]) == {"cannot be told"}
    assert set(result.ranking["advice"]) == {"not told by the data"}
    finding = next(f for f in result.findings if f.key == "next_effort")
    assert finding.verdict == "no_evidence"
    assert "do not say where to put the next effort" in finding.sentence


def test_findings_name_what_is_easily_overlooked(company) -> None:
    said = {finding.key: finding for finding in company.findings}
    assert said["does_not_pay"].money == pytest.approx(12 * (3000 + 900))
    assert "barren" in said["cost_without_leads"].sentence
    assert "free" in said["leads_without_cost"].sentence
    assert all(finding.department == "marketing" for finding in company.findings)
    assert not any("nan" in finding.sentence for finding in company.findings)


def test_sales_without_a_channel_are_said_and_shown() -> None:
    result = analyze(planted(), "2025")
    unknown = channels(result).loc["(not stated)"]
    assert unknown["revenue"] > 0
    said = next(f for f in result.findings if f.key == "unknown_channel")
    assert said.value == pytest.approx(unknown["revenue_share"])
    assert said.money == pytest.approx(unknown["revenue"])


def test_a_short_history_gives_no_return() -> None:
    tables = planted()
    early = tables["deals"]["created_at"] < pd.Timestamp("2023-02-15")
    tables["deals"] = tables["deals"][early]
    tables["marketing_costs"] = tables["marketing_costs"].head(6)
    result = analyze(tables, "2023-02")
    assert result.channels["return_on_spend"].isna().all()
    assert set(result.channels["verdict"]) <= {"not_enough_data", "no cost"}
    assert next(f for f in result.findings if f.key == "return").verdict == "not_enough_data"
    assert "too few months" in " ".join(f.sentence for f in result.findings) or "fewer than" in " ".join(
        f.sentence for f in result.findings
    )


def test_tiles_are_the_main_figures(company) -> None:
    tiles = {tile.key: tile for tile in company.tiles}
    assert list(tiles) == ["marketing_cost", "return_on_spend", "unknown_channel"]
    assert tiles["marketing_cost"].value == 2000 + 3000 + 120 + 900
    assert tiles["return_on_spend"].label == "Return on marketing, 12 months to November 2025"
    assert company.window == "the 12 months to November 30, 2025"
    assert tiles["return_on_spend"].low < tiles["return_on_spend"].value < tiles["return_on_spend"].high


# -- errors ----------------------------------------------------------------------------------------------


def test_without_any_channel_there_is_nothing_to_say() -> None:
    tables = planted()
    del tables["deals"]["channel"]
    with pytest.raises(MissingTableError, match="No table names a channel"):
        analyze(tables)


@pytest.mark.parametrize("months", [2, 121])
def test_a_window_that_cannot_be(months: int) -> None:
    with pytest.raises(ParameterError, match="3 to 120 months"):
        crm.marketing_impact.analyze(demo_view(), cohort_months=months)


@pytest.mark.parametrize(
    ("p_adjusted", "low", "verdict"),
    [(0.04, 0.1, "pays back"), (0.04, -0.1, "cannot be told"), (0.2, 0.1, "cannot be told")],
)
def test_paying_back_needs_both_the_test_and_the_range(p_adjusted: float, low: float, verdict: str) -> None:
    """A range across zero, or a test that does not count among all channels, says nothing."""
    names = pd.Index(["fairs"], name="channel")
    figures = {"group": "fairs", "cost": 100.0, "income": 250.0, "return_on_spend": 1.5, "low": low,
               "high": 3.0, "p_value": 0.01, "p_adjusted": p_adjusted, "strength": "",
               "few_wins": False}  # fmt: skip
    window = Window(pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01"), 30.0, "(all channels)")
    months = pd.DataFrame(
        {"month": [window.start], "channel": ["fairs"], "cost": [100.0], "sales_income": [0.0]}
    )
    counts = {
        "cost": pd.DataFrame({"cost": [100.0]}, index=names),
        "period": pd.DataFrame({"leads": [50], "deals": [50], "closed": [50], "won": [40]}, index=names),
        "acquired": pd.DataFrame({"customers": [0]}, index=names),
        "revenue": pd.DataFrame({"revenue": [250.0], "share": [1.0]}, index=names),
        "cohort": pd.DataFrame({"leads": [50], "won": [40], "undecided": [0]}, index=names),
        "pace": pd.DataFrame({"median_days": [10.0]}, index=names),
    }
    paid = GroupReturns(pd.DataFrame([figures]), np.zeros((1, 1)), 0.95)
    table = channel_table(counts, paid, months, window, has_costs=True, has_amounts=True, has_customers=True)
    assert table["verdict"].tolist() == [verdict]
