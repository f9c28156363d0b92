"""Win rates: which region is meant, blank values, too few deals."""

from __future__ import annotations

import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.analyses._win_rates import win_rates


@pytest.fixture
def tables():
    day = pd.Timestamp("2026-01-10")
    deals = pd.DataFrame(
        {
            "deal_id": [str(i) for i in range(40)],
            "customer_id": ["a", "b"] * 20,
            "owner": ["Ann"] * 20 + ["Bob"] * 18 + [None] * 2,
            "status": ["won"] * 18 + ["lost"] * 2 + ["won"] * 3 + ["lost"] * 17,
            "created_at": day,
            "closed_at": day,
        }
    )
    owners = pd.DataFrame({"owner": ["Ann", "Bob"], "region": ["north", "south"]})
    customers = pd.DataFrame({"customer_id": ["a", "b"], "region": ["east", "west"]})
    return {"deals": deals, "owners": owners, "customers": customers}


def rates_of(tables):
    return win_rates(crm.load(tables).view("2026-01"))


def test_the_region_is_that_of_the_client_where_there_is_one(tables):
    rates = rates_of(tables)
    assert set(rates.loc[rates["dimension"] == "region", "value"]) == {"east", "west"}
    assert "north" in set(rates.loc[rates["dimension"] == "owner region", "value"])
    del tables["customers"]
    rates = rates_of(tables)
    assert {"north", "south", "(not stated)"} == set(rates.loc[rates["dimension"] == "region", "value"])


def test_a_planted_difference_is_found_and_none_where_there_is_none(tables):
    rates = rates_of(tables).set_index(["dimension", "value"])
    assert rates.loc[("owner", "Ann"), ["closed", "won", "win_rate"]].tolist() == [20, 18, 0.9]
    assert rates.loc[("owner", "Ann"), "verdict"] == "changed"
    assert rates.loc[("region", "east"), "verdict"] == "no_evidence"
    # every deal is in each dimension once
    assert rates.groupby(level=0)["closed"].sum().eq(40).all()


def test_too_few_deals_are_not_tested(tables):
    tables["deals"] = tables["deals"].iloc[11:30]
    rates = rates_of(tables)
    assert set(rates.loc[rates["dimension"] != "all deals", "verdict"]) == {"not_enough_data"}
    assert rates["p_value"].isna().all()
