"""Every row keeps the rules of the schema, and the little rules of a business."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.demo import Company
from crm_analysis.demo.names import LONG_NAME
from crm_analysis.demo.workdays import HOLIDAYS
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from tests.demo.conftest import Tables

END = pd.Timestamp(2026, 11, 1)
START = pd.Timestamp(2022, 11, 1)
MADE_UP = {"customers": {"account_type", "employees"}}


@pytest.mark.parametrize("name", list(TABLES))
def test_columns_are_those_of_the_schema_and_filled(committed: Tables, name: str) -> None:
    table, frame = TABLES[name], committed[name]
    assert set(frame.columns) == set(table.names) | MADE_UP.get(name, set())
    assert not [column for column in frame if frame[column].isna().all()]
    assert not [column for column in table.required if frame[column].isna().any() and column != "created_at"]


@pytest.mark.parametrize("name", list(TABLES))
def test_values_keys_and_rules_hold(committed: Tables, name: str) -> None:
    table, frame = TABLES[name], committed[name]
    for column in table.columns:
        values = frame[column.name].dropna()
        if column.allowed:
            assert set(values) <= set(column.allowed)
        if column.minimum is not None:
            assert values.min() >= column.minimum
        if column.maximum is not None:
            assert values.max() <= column.maximum
    if table.key:
        assert not frame.duplicated(list(table.key)).any()
    for rule in table.rules:
        rows = ibis.memtable(frame)
        broken = rows.filter(~ibis.coalesce(rule.holds(rows), ibis.literal(True))).count().execute()
        assert broken == 0, rule.name


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize("company", ["committed", "large"])
def test_references_resolve(request: pytest.FixtureRequest, company: str, name: str) -> None:
    tables: Tables = request.getfixturevalue(company)
    for column, target in TABLES[name].references.items():
        assert set(tables[name][column].dropna().unique()) <= set(tables[target][column])


def test_reasons_are_listed_and_stand_where_they_belong(committed: Tables) -> None:
    deals, reasons = committed["deals"], committed["reasons"]
    for kind, status in (("win", "won"), ("loss", "lost")):
        written = deals[f"{kind}_reason"]
        assert set(written.dropna()) == set(reasons.loc[reasons.kind == kind, "reason"])
        assert set(deals.loc[written.notna(), "status"]) == {status}


def test_everything_happens_within_the_data_on_days_worked(committed: Tables) -> None:
    for name, column in (
        ("deals", "created_at"),
        ("deals", "closed_at"),
        ("stage_history", "entered_at"),
        ("activities", "done_at"),
        ("sales", "sold_at"),
        ("touches", "touched_at"),
        ("marketing_costs", "spent_on"),
    ):
        when = committed[name][column].dropna()
        assert when.min() >= START
        assert when.max() < END
        days = pd.to_datetime(when.dt.normalize().unique())
        assert (days.day_of_week < 5).all()
        assert not [day for day in days if (day.month, day.day) in HOLIDAYS]
    assert committed["sales"]["sold_at"].max() == pd.Timestamp(2026, 10, 30)


def test_deals_are_told_consistently(committed: Tables) -> None:
    deals, history = committed["deals"], committed["stage_history"]
    is_open = deals["status"] == "open"
    assert deals.loc[is_open, "closed_at"].isna().all()
    assert 1 <= deals["created_at"].isna().sum() <= 20
    assert is_open[deals["created_at"].isna()].all()
    assert (deals["first_contact_at"] <= deals["created_at"].fillna(END)).all()
    entered = history.groupby("deal_id")["entered_at"]
    by_deal = deals.set_index("deal_id")
    assert set(entered.groups) == set(by_deal.index)
    created = by_deal["created_at"].dropna()
    assert (entered.min().loc[created.index] == created).all()
    assert (entered.max().loc[by_deal.index] < by_deal["closed_at"].fillna(END)).all()
    last = history.sort_values("entered_at", kind="stable").groupby("deal_id")["stage"].last()
    assert (last.reindex(by_deal.index) == by_deal["stage"]).all()


def test_the_funnel_has_skips_repeats_and_steps_back(committed: Tables) -> None:
    position = committed["stages"].set_index("stage")["position"]
    history = committed["stage_history"].sort_values(["deal_id", "entered_at"], kind="stable")
    step = history["stage"].map(position).groupby(history["deal_id"]).diff().dropna()
    assert set(step.unique()) >= {-1.0, 0.0, 1.0, 2.0}
    assert 0.005 < (step < 0).mean() < 0.05
    assert 0.005 < (step == 0).mean() < 0.05
    assert 0.05 < (step > 1).mean() < 0.20


def test_orders_of_won_deals_add_up_to_the_deal(committed: Tables) -> None:
    deals, sales = committed["deals"].set_index("deal_id"), committed["sales"]
    ordered = sales[(sales["amount"] > 0) & sales["deal_id"].notna()].groupby("deal_id")
    amount = ordered["amount"].sum()
    assert (deals.loc[amount.index, "status"] == "won").all()
    np.testing.assert_allclose(amount, deals.loc[amount.index, "amount"], atol=0.005)
    assert (ordered["sold_at"].min() >= deals.loc[amount.index, "closed_at"].dt.normalize()).all()
    late = deals[(deals["status"] == "won") & ~deals.index.isin(amount.index)]
    assert (late["closed_at"] >= END - pd.Timedelta(days=10)).all()


def test_lines_orders_and_returns(committed: Tables) -> None:
    sales = committed["sales"]
    assert (sales.groupby("sale_id").size() > 1).mean() > 0.5
    back = sales[sales["amount"] < 0]
    assert 0.02 < len(back) / len(sales) < 0.04
    assert (back["quantity"] < 0).all()
    assert (back["cost"] < 0).all()
    assert not sales[["sale_id", "customer_id"]].drop_duplicates()["sale_id"].duplicated().any()


def test_activities_are_done_planned_and_overdue(committed: Tables) -> None:
    activities, deals = committed["activities"], committed["deals"].set_index("deal_id")
    undone = activities[activities["done_at"].isna()]
    assert (undone["due_at"] >= END).sum() >= 30
    assert (undone["due_at"] < END).sum() >= 30
    assert undone["due_at"].notna().all()
    done = activities.dropna(subset=["done_at", "deal_id"]).join(deals[["closed_at"]], on="deal_id")
    assert (done["done_at"] <= done["closed_at"].fillna(END)).all()


def test_touches_come_before_their_deal_and_the_first_gives_the_channel(committed: Tables) -> None:
    touches, deals = committed["touches"], committed["deals"].set_index("deal_id")
    joined = touches.join(deals[["created_at", "channel"]], on="deal_id", suffixes=("", "_deal"))
    assert (joined["touched_at"] <= joined["created_at"].fillna(END)).all()
    settled = joined[joined["created_at"] >= START + pd.Timedelta(days=500)]
    first = settled.sort_values("touched_at", kind="stable").groupby("deal_id").first()
    assert (first["channel"] == first["channel_deal"]).all()
    channels = touches[["deal_id", "channel"]].drop_duplicates().groupby("deal_id").size()
    assert (channels > 1).mean() > 0.4


def test_targets_add_up_by_every_dimension(committed: Tables) -> None:
    targets = committed["targets"]
    keys = targets[["owner", "product", "region"]].notna()
    assert (keys.sum(axis=1) <= 1).all()
    total = targets[keys.sum(axis=1) == 0].set_index("period")["amount"]
    assert len(total) == Company().months
    for column in keys:
        part = targets[keys[column]].groupby("period")["amount"].sum()
        np.testing.assert_allclose(part, total, atol=20)


def test_names_are_all_different_some_foreign_and_one_long(committed: Tables, large: Tables) -> None:
    for tables in (committed, large):
        assert tables["customers"]["name"].is_unique
    names = committed["customers"]["name"]
    assert LONG_NAME in set(names)
    assert names.map(lambda name: not name.isascii()).sum() > 50
    assert committed["deals"]["currency"].unique().tolist() == [Company().currency]
    assert committed["marketing_costs"]["spent_on"].min().date() > date(2022, 11, 1)
