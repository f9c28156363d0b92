"""Marketing: missing tables, blanks, one channel, thirty, returns, nothing at all; the demo and real sets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.analyses.test_marketing_impact import analyze, channels, deal, planted, planted_result
from tests.demo_company import demo_result, demo_view

import crm_analysis as crm
from crm_analysis.analyses._marketing.effort import MOST_COMPARED, pair_table
from crm_analysis.analyses._marketing.leads import choose_basis, leads
from crm_analysis.analyses._marketing.spelled import spelled_apart
from crm_analysis.analyses._marketing.window import ages, lag_table
from crm_analysis.columns import is_declared
from crm_analysis.findings import VERDICTS
from crm_analysis.stats.returns import FEWEST_WINS, GroupReturns

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def demo_year():
    return demo_result("marketing_impact")


def sane(result) -> None:
    """What holds of every result, whatever the data lack."""
    assert result.findings
    for finding in result.findings:
        assert finding.verdict in VERDICTS
        assert "nan" not in finding.sentence.lower().split(), finding.sentence
        assert "{" not in finding.sentence
    for name, table in result.tables().items():
        assert "object" not in set(table.dtypes.astype(str)), (name, table.dtypes)
        assert all(is_declared(str(column)) for column in table.columns), name
    assert result.channels["channel"].is_unique


# -- what the data lack ----------------------------------------------------------------------------------


def test_without_costs_shares_leads_and_time_to_a_sale_remain() -> None:
    tables = planted()
    del tables["marketing_costs"]
    result = analyze(tables)
    sane(result)
    row = channels(result).loc["gold"]
    assert np.isnan(row["cost"])
    assert np.isnan(row["return_on_spend"])
    assert row["revenue"] > 0
    assert row["conversion"] > 0
    assert not result.lag.empty
    assert result.campaigns.empty
    assert any("no table of marketing costs" in sentence for sentence in result.left_out)


def test_without_deals_only_shares_and_the_plain_ratio_remain() -> None:
    tables = planted()
    won = tables["deals"][tables["deals"]["status"] == "won"]
    sales = won.rename(columns={"deal_id": "sale_id", "closed_at": "sold_at"})
    sales = sales[["sale_id", "customer_id", "sold_at", "amount", "channel"]]
    result = analyze({"sales": sales, "marketing_costs": tables["marketing_costs"]})
    sane(result)
    row = channels(result).loc["gold"]
    assert row["revenue"] > 0
    assert np.isnan(row["return_on_spend"])
    assert np.isnan(row["leads"])
    plain = result.monthly[result.monthly["channel"] == "gold"]["naive_return"]
    assert plain.notna().all()
    assert any("no deals with a channel" in sentence for sentence in result.left_out)


def test_without_amounts_leads_are_counted() -> None:
    tables = planted()
    del tables["deals"]["amount"]
    result = analyze(tables)
    sane(result)
    row = channels(result).loc["gold"]
    assert np.isnan(row["revenue"])
    assert row["cohort_won"] > 0
    assert result.findings[0].key == "shares"
    assert "do not say what they were worth" in result.findings[0].sentence


def test_the_channel_of_the_customer_serves_where_deals_name_none() -> None:
    tables = planted()
    named = tables["deals"][["customer_id", "channel"]].assign(name="x")
    tables["deals"] = tables["deals"].drop(columns="channel")
    by_customer = channels(analyze(tables | {"customers": named}))
    by_deal = channels(planted_result())
    for column in ("cohort_leads", "cohort_income", "revenue"):
        np.testing.assert_allclose(by_customer[column], by_deal.loc[by_customer.index, column])


def test_order_lines_that_name_no_deal_leave_the_value_of_the_won_deals() -> None:
    tables = planted()
    won = tables["deals"][tables["deals"]["status"] == "won"]
    sales = won.assign(sale_id="S" + won["deal_id"], sold_at=won["closed_at"], amount=won["amount"] * 3)
    sales = sales[["sale_id", "customer_id", "sold_at", "amount", "channel"]]
    result = analyze(tables | {"sales": sales})
    sane(result)
    linked = planted_result()
    np.testing.assert_allclose(result.channels["cohort_income"].sum(), linked.channels["cohort_income"].sum())
    assert result.channels["revenue"].sum() == pytest.approx(3 * linked.channels["revenue"].sum())
    assert any("value of the deals won" in sentence for sentence in result.left_out)


def test_margin_counts_where_costs_of_goods_are_known() -> None:
    tables = planted()
    won = tables["deals"][tables["deals"]["status"] == "won"]
    sales = won.assign(sale_id="S" + won["deal_id"], sold_at=won["closed_at"], cost=won["amount"] * 0.6)
    sales = sales[["sale_id", "customer_id", "sold_at", "amount", "cost", "channel", "deal_id"]]
    margin, revenue = analyze(tables | {"sales": sales}), planted_result()
    assert margin.channels["cohort_income"].sum() == pytest.approx(
        0.4 * revenue.channels["cohort_income"].sum()
    )
    # a line without a cost leaves as much as the others
    sales.loc[sales.index[::50], "cost"] = np.nan
    some = analyze(tables | {"sales": sales})
    assert some.channels["cohort_income"].sum() == pytest.approx(margin.channels["cohort_income"].sum())


# -- when a lead begins ----------------------------------------------------------------------------------


def median_days(tables: dict[str, pd.DataFrame]) -> pd.Series:
    """Return the days from lead to sale of each channel, as the analysis reads them."""
    view = crm.load(tables).view("2025-12")
    today = view.coverage.covered.end
    _, pace = lag_table(ages(leads(view, choose_basis(view), today), today))
    return pace.set_index("channel")["median_days"]


def test_a_lead_begins_with_its_first_touch() -> None:
    tables = planted()
    touched = tables["deals"]["created_at"] - pd.Timedelta(days=40)
    touches = tables["deals"][["deal_id"]].assign(channel="gold", touched_at=touched)
    assert median_days(tables | {"touches": touches})["gold"] == 50


def test_touches_of_a_customer_count_for_the_deal_that_follows_within_the_look_back() -> None:
    tables = planted()
    deals = tables["deals"]
    near = deals[["customer_id"]].assign(
        channel="gold", touched_at=deals["created_at"] - pd.Timedelta(days=20)
    )
    far = near.assign(touched_at=deals["created_at"] - pd.Timedelta(days=200))
    touches = pd.concat([near, far])
    assert median_days(tables | {"touches": touches})["gold"] == 30


# -- odd figures -----------------------------------------------------------------------------------------


def test_returns_of_goods_make_a_channel_lose_more_than_its_cost() -> None:
    tables = planted()
    tables["deals"].loc[tables["deals"]["channel"] == "sink", "amount"] *= -10
    row = channels(analyze(tables)).loc["sink"]
    assert row["return_on_spend"] < -1
    assert row["verdict"] == "does not pay back"


def test_costs_that_were_refunded_are_no_cost() -> None:
    tables = planted()
    costs = tables["marketing_costs"]
    tables["marketing_costs"] = pd.concat([costs, costs.assign(amount=-costs["amount"])])
    result = analyze(tables)
    sane(result)
    assert set(result.channels["verdict"]) == {"no cost"}
    assert result.ranking.empty


@pytest.mark.parametrize("how", ["sums of zero", "all of it long ago"])
def test_where_nothing_was_spent_no_channel_is_judged(how: str) -> None:
    tables = planted()
    costs = tables["marketing_costs"]
    tables["marketing_costs"] = {
        "sums of zero": costs.assign(amount=0.0),
        "all of it long ago": costs.head(1).assign(spent_on="2001-01-01"),
    }[how]
    result = analyze(tables)
    sane(result)
    told = {finding.key: finding for finding in result.findings}
    assert told["return"].verdict == told["next_effort"].verdict == "not_enough_data"
    assert "no money was spent" in told["return"].sentence
    assert "no money was spent" in told["next_effort"].sentence
    assert not {"pays_back", "does_not_pay", "naive_return"} & set(told)
    assert "return_on_spend" not in [tile.key for tile in result.tiles]
    assert result.ranking.empty


def test_too_few_won_deals_do_not_say_that_no_channel_pays_back() -> None:
    tables = planted()
    few, costs = tables["deals"]["channel"].isin(["tiny", "free"]), tables["marketing_costs"]
    result = analyze({"deals": tables["deals"][few], "marketing_costs": costs[costs["channel"] == "tiny"]})
    sane(result)
    assert 0 < channels(result).loc["tiny", "cohort_won"] < FEWEST_WINS
    told = {finding.key for finding in result.findings}
    assert "pays_back" not in told
    assert "too_few" in told


def test_one_channel_is_compared_with_nothing() -> None:
    tables = planted()
    tables = {name: frame[frame["channel"] == "gold"] for name, frame in tables.items()}
    result = analyze(tables)
    sane(result)
    assert result.channels["channel"].tolist() == ["gold"]
    assert result.next_effort.empty
    assert "Only one channel" in next(f.sentence for f in result.findings if f.key == "next_effort")


def test_thirty_channels_are_all_in_the_tables_and_few_in_the_sentences() -> None:
    tables = planted()
    names = np.array([f"Канал {number} с длинным именем" for number in range(30)])
    tables["deals"]["channel"] = names[np.arange(len(tables["deals"])) % 30]
    costs = tables["marketing_costs"]
    tables["marketing_costs"] = costs.assign(channel=names[np.arange(len(costs)) % 30], amount=50.0)
    result = analyze(tables, "2025")
    sane(result)
    assert len(result.channels) == 30
    assert len(result.next_effort) == 30 * 29 / 2
    assert max(len(finding.sentence) for finding in result.findings if finding.key != "attribution") < 900


def test_blank_channels_everywhere_are_one_row() -> None:
    tables = planted()
    tables["deals"]["channel"] = np.where(np.arange(len(tables["deals"])) == 0, "gold", "  ")
    result = analyze(tables, "2025")
    sane(result)
    assert channels(result).loc["(not stated)", "revenue_share"] == pytest.approx(1)


def test_a_period_without_anything_is_said_so() -> None:
    tables = planted()
    late = deal(99_999, "gold", pd.Timestamp("2027-03-01"), won=True)
    tables["deals"] = pd.concat([tables["deals"], pd.DataFrame([late])])
    result = analyze(tables, "2026-12")
    sane(result)
    assert result.channels["revenue"].sum() == 0
    assert result.findings[0].sentence.startswith("Nothing that names a channel was sold")


def test_all_deals_lost() -> None:
    tables = planted()
    tables["deals"]["status"] = "lost"
    result = analyze(tables)
    sane(result)
    assert result.channels["return_on_spend"].isna().all()
    assert next(f for f in result.findings if f.key == "return").verdict == "not_enough_data"


def test_a_single_deal() -> None:
    one = pd.DataFrame([deal(1, "gold", pd.Timestamp("2025-12-03"), won=True)])
    result = analyze({"deals": one})
    sane(result)
    assert channels(result).loc["gold", "revenue"] == 100


# -- what was planted in the demo, and a real set --------------------------------------------------------


def test_the_demo_channels_that_pay_and_that_do_not(demo_year) -> None:
    verdicts = channels(demo_year)["verdict"]
    assert verdicts["Website"] == verdicts["Partners"] == "pays back"
    assert verdicts["Sponsorship"] == verdicts["Trade shows"] == "does not pay back"
    assert verdicts["Search ads"] == "cannot be told"
    assert verdicts["Referral"] == "no cost"
    advice = demo_year.ranking.set_index("channel")["advice"]
    assert advice[["Website", "Partners"]].tolist() == ["more", "more"]
    assert advice["Search ads"] == "not told by the data"
    sane(demo_year)


def test_the_demo_truths_lie_within_the_ranges_of_a_long_window() -> None:
    """Three years of ripe leads; the truths are means over a million deals of the same company."""
    truth = {"Website": 2.19, "Partners": 1.26, "Telephone": 0.70, "Search ads": 0.19, "Trade shows": -0.27,
             "Mailing": -0.37, "Sponsorship": -1.0}  # fmt: skip
    result = crm.marketing_impact.analyze(demo_view(), cohort_months=36)
    table = channels(result)
    held = [table.loc[n, "return_low"] <= value <= table.loc[n, "return_high"] for n, value in truth.items()]
    assert sum(held) >= 6
    assert table.loc[["Website", "Partners"], "verdict"].tolist() == ["pays back"] * 2
    assert table.loc[["Trade shows", "Sponsorship"], "verdict"].tolist() == ["does not pay back"] * 2


def test_trade_shows_take_longest_and_set_the_age_of_ripeness(demo_year) -> None:
    pace = demo_year.pace.set_index("channel")["ripening_days"]
    assert pace.drop("(not stated)").idxmax() == "Trade shows"
    unripe = next(f for f in demo_year.findings if f.key == "unripe")
    assert "Trade shows" in unripe.sentence


def test_a_real_set_without_costs(shared_data: Path, root: Path, tmp_path: Path) -> None:
    """Win rates of closed deals as the description of the set counts them, and as the file does."""
    for file in (shared_data / "ringostat-deals" / "deals.csv", root / "examples/ringostat-deals/crm.toml"):
        shutil.copy(file, tmp_path)
    result = crm.marketing_impact.analyze(crm.load(tmp_path).view("2024-01-01..2024-04-30"))
    sane(result)
    table = channels(result)
    assert (table["won"].sum(), table["closed"].sum()) == (216, 647)
    assert table["won"].sum() / table["closed"].sum() == pytest.approx(0.334, abs=0.0005)
    told = {
        "Existing client": 0.91,
        "Reference": 0.60,
        "Partner": 0.45,
        "Registration": 0.30,
        "Inbound call": 0.29,
        "Intercom": 0.26,
        "Demo Request": 0.16,
        "Facebook PPC": 0.09,
    }
    assert table.loc[list(told), "win_rate"].round(2).to_dict() == told
    deals = pd.read_csv(tmp_path / "deals.csv")
    closed = deals[deals["Stage"].isin(["Closed Won", "Closed Lost"])]
    by_hand = (closed["Stage"] == "Closed Won").groupby(closed["Source"]).agg(["sum", "size"])
    assert len(table) == len(by_hand) == 13
    assert table.loc[by_hand.index, ["won", "closed"]].to_numpy().tolist() == by_hand.to_numpy().tolist()
    assert any("no table of marketing costs" in sentence for sentence in result.left_out)
    # nothing is said of money that nobody recorded
    assert set(result.channels["verdict"]) == {"not_enough_data"}
    for empty in (result.ranking, result.next_effort, result.cost_items, result.campaigns):
        assert empty.empty


# -- names -----------------------------------------------------------------------------------------------


def costs_of_gold_under(other: str) -> dict[str, pd.DataFrame]:
    tables = planted()
    costs = tables["marketing_costs"]
    return tables | {"marketing_costs": costs.assign(channel=costs["channel"].replace({"gold": other}))}


@pytest.mark.parametrize("other", ["GOLD", " Gold  ", "g-o.l_d", "Go  ld"])
def test_a_channel_under_two_spellings_is_named_with_both(other: str) -> None:
    (said,) = spelled_apart(crm.load(costs_of_gold_under(other)).view("2025-12"))
    assert said.startswith("One channel under several names")
    assert f"“{' '.join(other.split())}” (marketing costs)" in said
    assert "“gold” (deals)" in said
    assert "sink" not in said


def test_two_spellings_of_a_channel_are_told_on_the_page() -> None:
    result = analyze(costs_of_gold_under("GOLD"))
    assert sum(text.startswith("One channel under several names") for text in result.left_out) == 1


def test_blanks_around_a_channel_are_no_other_channel() -> None:
    tables = planted()
    tables["marketing_costs"]["channel"] = "  " + tables["marketing_costs"]["channel"] + " "
    result = analyze(tables)
    assert not any(text.startswith("One channel") for text in result.left_out)
    pd.testing.assert_frame_equal(result.channels, planted_result().channels)


def test_a_control_sign_in_the_name_of_a_campaign() -> None:
    tables = planted()
    for name in ("deals", "marketing_costs"):
        tables[name]["campaign"] = "spring\x1f\x1fsale"
    result = analyze(tables)
    assert set(result.campaigns["campaign"]) == {"spring\x1f\x1fsale"}
    spent = result.campaigns.set_index("channel")["cohort_cost"]
    assert spent["gold"] == channels(result).loc["gold", "cohort_cost"] > 0


def test_of_many_channels_those_that_cost_most_are_compared_in_pairs() -> None:
    names = [f"channel {at:03d}" for at in range(120)]
    draws = np.random.Generator(np.random.PCG64(4)).normal(size=(120, 400))
    table = pd.DataFrame(
        {"group": names, "cost": np.arange(120.0), "return_on_spend": draws.mean(axis=1), "wins": 40}
    )
    table.loc[0, "return_on_spend"] = np.nan
    pairs = pair_table(GroupReturns(table, draws, 0.95))
    assert len(pairs) == MOST_COMPARED * (MOST_COMPARED - 1) // 2
    assert {*pairs["channel"], *pairs["other"]} == set(names[-MOST_COMPARED:])
    first = pairs.iloc[0]
    gap = draws[names.index(first["channel"])] - draws[names.index(first["other"])]
    assert first["chance"] == pytest.approx((gap > 0).mean())
    assert first["needed"] == pytest.approx(1 - 0.05 / len(pairs))
