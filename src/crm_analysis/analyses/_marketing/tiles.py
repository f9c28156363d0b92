"""The main figures of the analysis of marketing for the summary, and what was left out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_analysis.analyses._marketing.campaigns import has_campaigns
from crm_analysis.analyses._marketing.channels import unknown_share
from crm_analysis.analyses._marketing.effort import MOST_COMPARED
from crm_analysis.analyses._marketing.facts import STEM
from crm_analysis.analyses._marketing.spelled import spelled_apart
from crm_analysis.analyses._marketing.window import FEWEST_MONTHS
from crm_analysis.analyses._saying import records, relative
from crm_analysis.language import tr
from crm_analysis.result import Sentences
from crm_analysis.sentences import sentence
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.analyses._marketing.facts import Facts
    from crm_analysis.view import PeriodView


def tiles(facts: Facts) -> tuple[Tile, ...]:
    """Return the main figures: cost, return, cost of a new customer, sales without a known channel."""
    made, spans = [], records(facts.totals, "span")
    now, before = spans["period"], spans.get("comparison")
    course = [None if value != value else float(value) for value in facts.course["cost"]]
    if facts.has_costs:
        earlier = None if before is None else float(before["cost"])
        made.append(
            Tile(
                "marketing_cost",
                tr("Marketing cost"),
                float(now["cost"]),
                "money",
                relative(float(now["cost"]), earlier),
                series=tuple(course),
            )
        )
    whole = facts.overall
    if whole is not None and facts.spent:
        made.append(
            Tile(
                "return_on_spend",
                tr("Return on marketing, {months} to {month}").format(
                    months=facts.words.counted(facts.window.months, "month"),
                    month=facts.words.month(facts.window.end.date() - timedelta(days=1)),
                ),
                whole.estimate,
                "relative",
                low=whole.low,
                high=whole.high,
                main=True,
            )
        )
    if facts.has_amounts and now["revenue"] > 0:
        made.append(
            Tile(
                "unknown_channel", tr("Sales without a known channel"), unknown_share(facts.channels), "share"
            )
        )
    return tuple(made)


def left_out(view: PeriodView, facts: Facts, notes: Sequence[str]) -> Sentences:
    """Say what could not be computed, and why."""
    words = facts.words
    asked = {
        "left.costs": not facts.has_costs,
        "left.leads": not facts.has_leads,
        "left.amounts": not facts.has_amounts,
        "left.income": facts.has_amounts and facts.has_leads and not facts.basis,
        "left.window": facts.has_costs and facts.has_leads and bool(facts.basis) and not facts.window.enough,
        "left.margin": facts.basis == "revenue" and facts.has_costs,
        "left.amount": facts.basis == "amount" and facts.has_costs,
        "left.campaigns": facts.has_costs and not has_campaigns(view),
        "left.items": facts.has_costs and not view.has("marketing_costs", "cost_item"),
        "left.line_channel": facts.has_amounts
        and facts.shares.empty
        and facts.channels["revenue"].sum() != 0,
        "left.comparison": facts.has_amounts and facts.context.comparison is None,
    }
    figures = {"months": words.number(facts.window.months), "needed": words.number(FEWEST_MONTHS)}
    made = [sentence(STEM, key, **figures) for key, said in asked.items() if said]
    costing = int((facts.channels["return_on_spend"].notna()).sum())
    if costing > MOST_COMPARED:
        compared = words.number(MOST_COMPARED)
        made.append(sentence(STEM, "left.pairs", returns=words.number(costing), compared=compared))
    return Sentences((*spelled_apart(view), *made, *notes))
