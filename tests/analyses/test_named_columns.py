"""The columns that others rely on are there, whatever the data hold; so are the pictures, or why not."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.small_company import frames

import crm_analysis as crm
from crm_analysis.plots import customer_segments, deal_reasons, marketing_impact

pytestmark = pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")

_SHARES = "deals, share, low, high, amount, previous_share, difference, p_adjusted, verdict"
COLUMNS = {
    "customer_segments.segments": (
        "dimension, segment, customers, customer_share, revenue, revenue_share, margin, "
        "revenue_per_customer, low, high, win_rate, win_low, win_high, average_deal, "
        "decision_days, acquisition_cost, difference, p_adjusted, verdict"
    ),
    "customer_segments.profile": "dimension, segment, lift, low, high",
    "customer_segments.cross": "dimension, segment, product, white_spot",
    "customer_segments.shift": "dimension, segment, share, previous_share, difference",
    "marketing_impact.channels": (
        "channel, cost, cost_share, leads, deals, won, customers_acquired, revenue, revenue_share, "
        "conversion, conversion_low, conversion_high, cost_per_lead, acquisition_cost, "
        "return_on_spend, return_low, return_high, verdict"
    ),
    "marketing_impact.lag": "channel, months",
    "marketing_impact.campaigns": "channel, campaign",
    "marketing_impact.cost_items": "cost_item, cost",
    "marketing_impact.monthly": "month, channel, cost, ripe, naive_return",
    "marketing_impact.attribution": "channel, model, share, low, high",
    "marketing_impact.next_effort": "channel, other, chance, verdict",
    "deal_reasons.win_reasons": f"reason, department, {_SHARES}",
    "deal_reasons.loss_reasons": f"reason, department, {_SHARES}",
    "deal_reasons.departments": "department, deals, share, amount, previous_share, difference",
    "deal_reasons.hotspots": "reason, dimension, value, deals, expected, ratio, p_adjusted",
    "deal_reasons.discipline": "owner, blank, vague",
    "deal_reasons.price_check": "group, value, lost, won, low, high, verdict",
    "deal_reasons.drivers": "factor, level, odds_ratio, low, high",
    "deal_reasons.fit": "measure, value, low, high",
}
PICTURES = {
    customer_segments: ("profitability", "differences", "white_spots"),
    marketing_impact: ("share_of_cost_and_sales", "return_by_channel", "attribution", "course"),
    deal_reasons: ("pareto", "change", "stage_map", "odds_ratios"),
}


def small() -> dict[str, pd.DataFrame]:
    """Return a company of a few rows that knows its channels and their costs."""
    tables = frames()
    costs = pd.DataFrame({"spent_on": ["2026-01-15"], "channel": ["mail"], "amount": [50.0]})
    return tables | {"deals": tables["deals"].assign(channel="mail"), "marketing_costs": costs}


def poor() -> dict[str, pd.DataFrame]:
    """Return deals of which only customer, channel, money and outcome are known."""
    kept = ["deal_id", "customer_id", "status", "amount", "created_at", "closed_at"]
    return {"deals": frames()["deals"][kept].assign(channel="mail")}


@pytest.fixture(scope="module", params=["small", "poor"])
def results(request: pytest.FixtureRequest) -> dict[str, Any]:
    tables = {"small": small, "poor": poor}[request.param]()
    view = crm.load(tables).view("2026-02")
    return {stem: getattr(crm, stem).analyze(view) for stem in {name.split(".")[0] for name in COLUMNS}}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_columns_that_are_relied_on(results: dict[str, Any], name: str) -> None:
    stem, table = name.split(".")
    frame = getattr(results[stem], table)
    assert isinstance(frame, pd.DataFrame)
    assert [column for column in COLUMNS[name].split(", ") if column not in frame.columns] == []


def test_every_picture_is_there_or_says_why_not(results: dict[str, Any]) -> None:
    for module, names in PICTURES.items():
        result = results[module.__name__.split(".")[-1]]
        for name in names:
            shown = crm.figure(getattr(module, name)(result))
            assert getattr(shown, "alt", "") or getattr(shown, "why", "")
