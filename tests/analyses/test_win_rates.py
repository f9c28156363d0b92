"""Win rates: which region is meant, blank values, too few deals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.analyses._win_rates import win_rates
from crm_analysis.stats.contingency import independence

CUSTOMERS = [f"c{i}" for i in range(20)]


@pytest.fixture
def tables():
    day = pd.Timestamp("2026-01-10")
    deals = pd.DataFrame(
        {
            "deal_id": [str(i) for i in range(40)],
            "customer_id": CUSTOMERS * 2,
            "owner": ["Ann"] * 20 + ["Bob"] * 18 + [None] * 2,
            "status": ["won"] * 18 + ["lost"] * 2 + ["won"] * 3 + ["lost"] * 17,
            "created_at": day,
            "closed_at": day,
        }
    )
    owners = pd.DataFrame({"owner": ["Ann", "Bob"], "region": ["north", "south"]})
    customers = pd.DataFrame({"customer_id": CUSTOMERS, "region": ["east", "west"] * 10})
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
    assert rates.loc[("owner", "Ann"), "verdict"] == "differs"
    assert rates.loc[("region", "east"), "verdict"] == "no_evidence"
    # every deal is in each dimension once
    assert rates.groupby(level=0)["closed"].sum().eq(40).all()


def test_deals_of_two_customers_are_two_cases_not_forty(tables):
    # all that Ann won is of one customer, all that Bob lost of another
    tables["deals"]["customer_id"] = ["a"] * 20 + ["b"] * 20
    tables["customers"] = pd.DataFrame({"customer_id": ["a", "b"], "region": ["east", "west"]})
    rates = rates_of(tables).set_index(["dimension", "value"])
    assert rates.loc[("owner", "Ann"), "verdict"] == "no_evidence"
    assert rates.loc[("region", "east"), "p_value"] == 1


def test_repeated_outcomes_of_a_customer_bring_no_false_alarms():
    generator = np.random.Generator(np.random.PCG64(5))
    wrong, plain = 0, 0
    for _ in range(20):
        outcome = generator.random(40) < 0.4
        customers = np.repeat([f"c{i:02d}" for i in range(40)], 5)
        deals = pd.DataFrame(
            {
                "deal_id": [str(i) for i in range(200)],
                "customer_id": customers,
                "channel": np.repeat(generator.choice(["x", "y", "z"], 40), 5),
                "status": np.where(np.repeat(outcome, 5), "won", "lost"),
                "created_at": pd.Timestamp("2026-01-10"),
                "closed_at": pd.Timestamp("2026-01-10"),
            }
        )
        rates = rates_of({"deals": deals})
        wrong += (rates["verdict"] == "differs").any()
        counts = rates.loc[rates["dimension"] == "channel", ["won", "closed"]].to_numpy()
        plain += independence(np.column_stack([counts[:, 0], counts[:, 1] - counts[:, 0]])).p_value < 0.1
    assert plain >= 7
    assert wrong <= 4


def test_deals_without_a_customer_stand_for_themselves(tables):
    with_customers = rates_of(tables).set_index(["dimension", "value"])
    tables["deals"].loc[:5, "customer_id"] = None
    some = rates_of(tables).set_index(["dimension", "value"])
    del tables["deals"]["customer_id"]
    none = rates_of(tables).set_index(["dimension", "value"])
    for rates in (with_customers, some, none):
        assert rates.loc[("owner", "Ann"), ["closed", "won"]].tolist() == [20, 18]
        assert rates.loc[("owner", "Ann"), "verdict"] == "differs"
    # without customers, the region of the owner is the region
    assert set(none.loc["region"].index) == {"north", "south", "(not stated)"}


def test_the_order_of_the_rows_does_not_matter(tables):
    before = rates_of(tables)
    tables["deals"] = tables["deals"].iloc[::-1]
    pd.testing.assert_frame_equal(before, rates_of(tables))


def test_too_few_deals_are_not_tested(tables):
    tables["deals"] = tables["deals"].iloc[11:30]
    rates = rates_of(tables)
    assert set(rates.loc[rates["dimension"] != "all deals", "verdict"]) == {"not_enough_data"}
    assert rates["p_value"].isna().all()
