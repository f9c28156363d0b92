"""The planted truths are in the data: plain arithmetic on the files of a large company.

Tolerances are about four standard errors at 60,000 deals; the seed is fixed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from tests.demo.conftest import Tables

from crm_analysis.demo import MEASURED, Company, truths, write_demo
from crm_analysis.demo.cast import Cast

if TYPE_CHECKING:
    from pathlib import Path

COMPANY = Company()
TRUTHS = truths(COMPANY, Cast.of(COMPANY, 3000))
LAST_YEAR = pd.Timestamp(2025, 11, 1)


def _closed(tables: Tables) -> pd.DataFrame:
    deals = tables["deals"]
    clients = tables["customers"][["customer_id", "region", "industry", "size", "account_type"]]
    closed = deals[deals["status"] != "open"].merge(clients, on="customer_id", validate="many_to_one")
    return closed.assign(won=closed["status"] == "won")


def _odds(rate: pd.Series) -> pd.Series:
    return np.log(rate / (1 - rate))


def _share(frame: pd.DataFrame, reason: str) -> float:
    named = frame["loss_reason"].dropna()
    named = named[named != "Other"]
    return float((named == reason).mean())


def test_order_value_grows_as_told(large: Tables) -> None:
    sales = large["sales"]
    repeat = sales[sales["deal_id"].isna() & (sales["amount"] > 0)]
    year = (repeat["sold_at"] - pd.Timestamp(2022, 11, 1)).dt.days // 365.25
    # The same clients in both years: who buys changes the mean as well.
    per_client = repeat.assign(year=year).groupby(["customer_id", "year"])
    order = per_client["amount"].sum() / per_client["sale_id"].nunique()
    log = np.log(order)
    change = (log.xs(3, level="year") - log.xs(1, level="year")).dropna() / 2
    assert np.expm1(change.mean()) == pytest.approx(COMPANY.growth, abs=0.01)


def test_revenue_follows_season_and_growth(large: Tables) -> None:
    sales = large["sales"]
    revenue = sales.groupby(sales["sold_at"].dt.to_period("M"))["amount"].sum()
    years = revenue.to_numpy().reshape(4, 12).sum(axis=1)
    assert (years[3] / years[0]) ** (1 / 3) - 1 == pytest.approx(COMPANY.growth, abs=0.03)
    by_month = revenue.groupby(revenue.index.month).mean()
    assert by_month.idxmin() in {1, 2, 7, 8}
    assert by_month[8] < by_month[10]


def test_the_mix_shifts_to_bags(large: Tables) -> None:
    sales = large["sales"][lambda frame: frame["amount"] > 0]
    bags = (sales["category"] == "Bags").groupby(sales["sold_at"] >= LAST_YEAR).mean()
    planted = [
        sum(
            TRUTHS["sales_dynamics"][f"product_share_{when}"][bag]
            for bag in ("Paper bag", "Mailer bag", "Jute sack")
        )
        for when in ("before", "after")
    ]
    np.testing.assert_allclose(bags, planted, atol=0.01)


def test_revenue_is_concentrated(committed: Tables) -> None:
    sales = committed["sales"]
    revenue = sales[sales["sold_at"] >= LAST_YEAR].groupby("customer_id")["amount"].sum()
    x = np.sort(revenue[revenue > 0].to_numpy())
    n = len(x)
    gini = ((2 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * x.sum())
    assert gini == pytest.approx(MEASURED["last_12_months"]["gini"], abs=0.05)
    assert x[-n // 5 :].sum() / x.sum() == pytest.approx(
        MEASURED["last_12_months"]["share_of_top_20_percent"], abs=0.05
    )


def test_segments_differ_where_told_and_nowhere_else(large: Tables) -> None:
    clients = large["customers"].set_index("customer_id")
    sales = large["sales"]
    by_client = sales.groupby("customer_id")[["amount", "cost"]].sum().join(clients)
    per_client = by_client.groupby("industry")["amount"].mean()
    plain = per_client.drop("Cosmetics")
    assert per_client["Cosmetics"] / plain.mean() == pytest.approx(2.0, abs=0.25)
    totals = by_client.groupby("industry")[["amount", "cost"]].sum()
    margin = 1 - totals["cost"] / totals["amount"]
    assert margin["Wine"] == pytest.approx(0.44, abs=0.005)
    np.testing.assert_allclose(margin.drop("Wine"), 0.34, atol=0.005)
    region = by_client.groupby("region")["amount"].mean()
    assert region.max() / region.min() < 1.2


def test_winning_depends_on_channel_size_and_owner_as_told(large: Tables) -> None:
    closed = _closed(large)
    rates = closed.groupby("channel")["won"].mean()
    for channel, rate in rates.items():
        assert rate == pytest.approx(MEASURED["win_rate_by_channel"][channel], abs=0.025), channel
    sizes = closed.groupby("size")["won"].mean()
    for size, rate in sizes.items():
        assert rate == pytest.approx(MEASURED["win_rate_by_size"][size], abs=0.02), size
    cast = Cast.of(COMPANY, 60_000)
    groups = {
        name: closed[closed["owner"].isin(cast.with_role(role))]
        for name, role in (
            ("star", "star"),
            ("hard", "star with hard clients"),
            ("easy", "given easy clients"),
        )
    }
    roles = [owner for group in groups.values() for owner in group["owner"].unique()]
    plain = closed[~closed["owner"].isin(roles)]
    odds = {
        name: float(_odds(pd.Series([group["won"].mean()]))[0])
        for name, group in {**groups, "plain": plain}.items()
    }
    assert odds["star"] - odds["plain"] == pytest.approx(COMPANY.win_star, abs=0.15)
    # Easy clients make an owner look better, hard ones hide what the other star can do.
    assert odds["easy"] - odds["plain"] > 0.05
    assert odds["hard"] - odds["plain"] < COMPANY.win_star - 0.08


@pytest.mark.parametrize("dimension", ["region", "industry", "account_type", "product"])
def test_winning_does_not_depend_on(large: Tables, dimension: str) -> None:
    closed = _closed(large)
    # Deals of one client are alike in size, channel and owner: errors are a third wider than of single deals.
    by = closed.groupby(dimension)["won"].agg(["mean", "size"])
    error = np.sqrt(by["mean"] * (1 - by["mean"]) / by["size"]) * 1.33
    assert ((by["mean"] - closed["won"].mean()).abs() / error).max() < 3.5


def test_loss_reasons_shift(large: Tables) -> None:
    lost = large["deals"][lambda frame: frame["status"] == "lost"]
    after = lost["closed_at"] >= LAST_YEAR
    assert _share(lost[~after], COMPANY.shift_reason) == pytest.approx(0.10, abs=0.01)
    assert _share(lost[after], COMPANY.shift_reason) == pytest.approx(COMPANY.shift_share, abs=0.02)


def test_the_shift_is_visible_in_the_committed_company(committed: Tables) -> None:
    lost = committed["deals"][lambda frame: frame["status"] == "lost"]
    recent = lost[lost["closed_at"] >= pd.Timestamp(2024, 11, 1)]
    hit = recent["loss_reason"] == COMPANY.shift_reason
    assert chi2_contingency(pd.crosstab(recent["closed_at"] >= LAST_YEAR, hit)).pvalue < 0.001


def test_hot_and_late_reasons_and_the_price(large: Tables) -> None:
    deals = large["deals"]
    lost = deals[deals["status"] == "lost"]
    hot = lost["product"] == COMPANY.hot_product
    assert _share(lost[hot], COMPANY.hot_reason) > 2 * _share(lost[~hot], COMPANY.hot_reason)
    late = lost["stage"].isin(["Quote", "Negotiation", "Contract"])
    assert _share(lost[late], "Price too high") > 1.3 * _share(lost[~late], "Price too high")
    lost_late = np.log(lost.loc[late, "amount"])
    for_price = lost.loc[late, "loss_reason"] == "Price too high"
    assert lost_late[for_price].mean() == pytest.approx(lost_late[~for_price].mean(), abs=0.08)


def test_one_owner_leaves_reasons_out(committed: Tables) -> None:
    lost = committed["deals"][lambda frame: frame["status"] == "lost"]
    blank = lost["loss_reason"].isna().groupby(lost["owner"]).mean()
    assert blank.idxmax() == TRUTHS["deal_reasons"]["careless_owners"][0]
    assert blank.max() > 3 * blank.drop(blank.idxmax()).mean()


def test_decisions_are_faster_after_the_event(large: Tables) -> None:
    deals = large["deals"]
    closed = deals[deals["status"] != "open"]
    days = (closed["closed_at"] - closed["created_at"]).dt.total_seconds() / 86400
    event = pd.Timestamp(COMPANY.event_on)
    mature = pd.Timestamp(2026, 11, 1) - pd.Timedelta(days=300)
    before = days[closed["created_at"] < event - pd.Timedelta(days=300)].mean()
    after = days[(closed["created_at"] >= event) & (closed["created_at"] < mature)].mean()
    assert after / before == pytest.approx(COMPANY.event_time, abs=0.03)
    rate = (closed["status"] == "won").groupby(closed["closed_at"] >= event).mean()
    assert rate[True] == pytest.approx(rate[False], abs=0.02)


def test_contacts_grow(large: Tables) -> None:
    deals, activities = large["deals"], large["activities"]
    closed = deals[(deals["status"] != "open") & (deals["created_at"] < pd.Timestamp(2025, 11, 1))]
    count = activities.dropna(subset="done_at").groupby("deal_id").size()
    contacts = closed["deal_id"].map(count).fillna(0)
    year = ((closed["created_at"] - pd.Timestamp(2022, 11, 1)).dt.days // 365.25).clip(upper=2)
    mean = contacts.groupby(year).mean()
    assert (mean[2] / mean[0]) ** 0.5 - 1 == pytest.approx(COMPANY.contacts_growth, abs=0.03)


def test_won_deals_rush_before_the_quarter_ends(large: Tables) -> None:
    closed = large["deals"][lambda frame: frame["status"] != "open"]
    when = closed["closed_at"]
    rush = (when + pd.Timedelta(days=11)).dt.quarter != when.dt.quarter
    share = rush.groupby(closed["status"]).mean()
    planted = MEASURED["share_of_decisions_in_last_11_days_of_quarter"]
    assert share["won"] == pytest.approx(planted["won"], abs=0.015)
    assert share["lost"] == pytest.approx(planted["lost"], abs=0.01)


def test_chance_of_winning_by_stage_reached(large: Tables) -> None:
    position = large["stages"].set_index("stage")["position"]
    history = large["stage_history"]
    furthest = history["stage"].map(position).groupby(history["deal_id"]).max()
    closed = large["deals"][lambda frame: frame["status"] != "open"].set_index("deal_id")
    for stage, planted in TRUTHS["open_deals"]["win_rate_of_deals_that_reach_stage"].items():
        reached = closed[furthest.reindex(closed.index) >= position[stage]]
        assert (reached["status"] == "won").mean() == pytest.approx(planted, abs=0.025), stage


def test_old_open_deals_remain(committed: Tables) -> None:
    deals = committed["deals"][lambda frame: frame["status"] == "open"]
    age = (pd.Timestamp(2026, 11, 1) - deals["created_at"]).dt.days
    assert (age > 365).sum() >= 10
    assert 60 <= len(deals) <= 200


def test_costs_and_lags_by_channel(large: Tables) -> None:
    cost = large["marketing_costs"].groupby("channel")["amount"].sum()
    leads = large["deals"].groupby("channel").size()
    for channel in COMPANY.channels:
        if channel.share and channel.cost_per_lead:
            assert cost[channel.name] / leads[channel.name] == pytest.approx(channel.cost_per_lead, rel=0.08)
    assert set(cost.index) - set(leads.index) == set(TRUTHS["marketing_impact"]["cost_without_deals"])
    assert set(leads.index) - set(cost.index) == set(TRUTHS["marketing_impact"]["deals_without_cost"])
    created = large["deals"].set_index("deal_id")["created_at"]
    first = large["touches"].groupby("deal_id").agg(when=("touched_at", "min"), channel=("channel", "first"))
    first = first.join(created).loc[lambda frame: frame["created_at"] >= pd.Timestamp(2024, 6, 1)]
    lag = ((first["created_at"] - first["when"]).dt.total_seconds() / 86400).groupby(first["channel"]).mean()
    for channel, days in MEASURED["days_first_touch_to_deal"].items():
        assert lag[channel] == pytest.approx(days, rel=0.08, abs=1), channel


def test_clients_keep_a_rhythm_leave_and_return(large: Tables) -> None:
    sales = large["sales"]
    years = [
        set(sales.loc[sales["sold_at"].between(f"{year}-11-01", f"{year + 1}-10-31"), "customer_id"])
        for year in range(2022, 2026)
    ]
    sizes = np.array([len(year) for year in years])
    assert sizes.max() / sizes.min() < 1.06
    assert 0.1 < 1 - len(years[0] & years[3]) / len(years[0]) < 0.6
    assert len((years[0] & years[3]) - years[1] - years[2]) > 0


def test_the_null_company_has_no_differences(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=4, deals=20_000, company=Company.without_effects())
    tables = Tables(tmp_path)
    closed = _closed(tables)
    for dimension in ("channel", "size", "region", "owner"):
        assert chi2_contingency(pd.crosstab(closed[dimension], closed["won"])).pvalue > 0.005, dimension
    lost = closed[~closed["won"]]
    hit = lost["loss_reason"] == COMPANY.shift_reason
    assert chi2_contingency(pd.crosstab(lost["closed_at"] >= LAST_YEAR, hit)).pvalue > 0.005
    days = (closed["closed_at"] - closed["created_at"]).dt.days
    mature = closed["created_at"] < pd.Timestamp(2026, 1, 1)
    mean = days[mature].groupby(closed["created_at"] >= pd.Timestamp(COMPANY.event_on)).mean()
    assert mean[True] == pytest.approx(mean[False], rel=0.04)


def test_another_company_has_another_truth(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=4, deals=5_000, company=replace(Company(), win_base=1.0, months=24))
    deals = Tables(tmp_path)["deals"]
    assert deals["created_at"].max() < pd.Timestamp(2024, 11, 1)
    assert (deals.loc[deals["status"] != "open", "status"] == "won").mean() > 0.7
