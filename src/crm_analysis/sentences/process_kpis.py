"""Sentences of the analysis of process KPIs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A figure whose range reaches to more than so many times itself is not worth telling with its range.
_WIDE = 5
#: Amounts of fewer deals than these have no range.
_FEW = 5

#: The KPIs within a sentence.
NAMES = {
    "purchase_interval_days": "the time between purchases of a client",
    "deal_amount": "the average deal won",
    "order_amount": "the average order",
    "acquisition_cost": "the cost of attracting one client",
    "decision_days": "the mean time from first contact to decision",
    "contacts_per_customer": "the number of all contacts per client won",
}
#: The KPIs on their own.
LABELS = {
    "purchase_interval_days": "Between purchases",
    "deal_amount": "Average deal won",
    # the sales tell the average order with returns taken off
    "order_amount": "Average order before returns",
    "acquisition_cost": "Cost of a new client",
    "decision_days": "Mean time to decision",
    "contacts_per_customer": "All contacts per client won",
}
#: What the KPI does when it goes up and when it goes down.
MOVES = {
    "purchase_interval_days": ("gets longer", "gets shorter"),
    "deal_amount": ("rises", "falls"),
    "order_amount": ("rises", "falls"),
    "acquisition_cost": ("rises", "falls"),
    "decision_days": ("gets longer", "gets shorter"),
    "contacts_per_customer": ("rises", "falls"),
}
#: The groups within a sentence.
GROUPS = {"A": "for A clients", "B": "for B clients", "C": "for C clients", "new": "for new clients"}

#: What a card of definition names: from when on days are counted, which contacts, what is better.
CARD = {
    "first contact": "first contact",
    "creation of the deal": "creation of the deal",
    "on deals": "on deals ",
    "up": "higher",
    "down": "lower",
}
#: How sure a verdict is, at the beginning of a sentence.
SURE = {"strong": "Very likely", "moderate": "Probably", "preliminary": "Perhaps"}


def too_few(level: Mapping[str, Any]) -> bool:
    """Say whether a figure rests on too few cases to be told with a range or set beside another."""
    if math.isnan(level["low"] + level["high"]):
        return bool(0 < level["n"] < _FEW and level["value"] > 0)
    return bool(level["high"] > _WIDE * level["value"])


TEMPLATES = {
    # all KPIs in short
    "overview.improved": "Getting better: {names}.",
    "overview.worsened": "Getting worse: {names}.",
    "overview.no_evidence": "No evidence of a change: {names}.",
    "overview.not_enough_data": "Not enough data: {names}.",
    # the course of a KPI
    "trend.improved": (
        "{sure} better: {name} {move} by {size} a year (likely {least} to {most}) over {span}."
        "{early}{level}{shift}{check}"
    ),
    "trend.worsened": (
        "{sure} worse: {name} {move} by {size} a year (likely {least} to {most}) over {span}."
        "{early}{level}{shift}{check}"
    ),
    "trend.no_evidence": (
        "No evidence that {name} gets better or worse. A course of {change} a year ({low} to {high}) over "
        "{span} cannot be told from chance; one of less than about {detectable} could not be seen."
        "{level}{check}"
    ),
    "trend.too_few": (
        "Not enough data yet to tell whether {name} gets better or worse: {n} of {needed} {points}.{level}"
    ),
    "trend.season_unclear": (
        "A change of {name} cannot be told from the season yet: {n} of {needed} months.{level}"
    ),
    "trend.gaps": (
        "Whether {name} gets better or worse cannot be told: too many months between the first and the last "
        "are missing.{level}"
    ),
    "trend.constant": "All {points} of {name} are alike: there is nothing to test.{level}",
    "early": " So short a history makes this a first sign.",
    "level": " For {period} it was {value} ({low} to {high}).",
    "level.compared": " For {period} it was {value} ({low} to {high}), after {previous} in {comparison}.",
    "level.alone": " For {period} it was {value}.",
    "level.few": " For {period} it was {value}, from {count} only: too few to say much.",
    "level.nobody": " For {period} there was effort, and nobody was won.",
    "level.nobody_bought": " For {period} there is no figure: none of these clients bought.",
    "level.mean": " It is a mean over the deals open at that time, each counted for {tau} days at most.",
    "level.median": " Of all deals to date half are decided within {median} days (the median).",
    "level.contacts": " Counted are all contacts, also on deals lost or still open.",
    "level.own": " On the deals won themselves it was {own} a deal.",
    "level.own.compared": " On the deals won themselves it was {own} a deal, after {before}.",
    "shift": " Its level seems to have shifted about {month}.",
    "check": " A second method does not agree: take this as borderline.",
    "nothing": "None of the KPIs of the process can be told for {period}.",
    "missing": "Cannot be told from these data. {reasons}",
    # an event
    "event.improved": (
        "{sure} better since {day}: {name} went from {before} to {after}, by {step} ({low} to {high}). A "
        "trend from before does not explain it.{early}"
    ),
    "event.worsened": (
        "{sure} worse since {day}: {name} went from {before} to {after}, by {step} ({low} to {high}). A "
        "trend from before does not explain it.{early}"
    ),
    "event.no_evidence": (
        "No evidence that {name} changed with {day}: the difference of {step} ({low} to {high}) cannot be "
        "told from chance."
    ),
    "event.trend": (
        "No evidence that {name} changed with {day}. It is {before} before and {after} after, but a steady "
        "change over all these months explains that as well."
    ),
    "event.not_enough_data": (
        "Not enough data to tell whether {name} changed with {day}: {n_before} {points} before it and "
        "{n_after} after can be compared."
    ),
    # cards of definition
    "card.purchase_interval_days.formula": (
        "Days for which the clients were watched, divided by the days on which they bought."
    ),
    "card.purchase_interval_days.counts": (
        "Clients who bought in the {months} months before the {point}, by the class (A, B, C) that these "
        "months gave them. Several orders on one day are one purchase. Clients who are still waiting count "
        "with the days they have waited."
    ),
    "card.purchase_interval_days.excluded": (
        "Clients who bought nothing in the {months} months before; returns; lines that name no client."
    ),
    "card.purchase_interval_days.interval": (
        "From the number of purchases, wider where clients differ by more than chance."
    ),
    "card.deal_amount.formula": "Amounts of the deals won, divided by their number.",
    "card.deal_amount.counts": (
        "Deals won in the {point}, by the class that the client had from the {months} months before; new: "
        "clients who bought nothing in them."
    ),
    "card.deal_amount.excluded": "Deals without an amount; deals lost; repeat orders outside of deals.",
    "card.deal_amount.interval": (
        "From how much the amounts differ; a few large ones widen it. Not given for very few deals."
    ),
    "card.order_amount.formula": "Amounts of the orders, divided by their number.",
    "card.order_amount.counts": (
        "Orders of the {point}, by the class that the client had from the {months} months before; new: "
        "clients who bought nothing in them. There are no deals with amounts, so orders stand in."
    ),
    "card.order_amount.excluded": "Returns.",
    "card.order_amount.interval": (
        "From how much the amounts differ; a few large ones widen it. Not given for very few orders."
    ),
    "card.acquisition_cost.formula": (
        "Marketing spend of {spent}, divided by the clients who bought for the first time."
    ),
    "card.acquisition_cost.counts": (
        "All expenses, also of channels that brought nobody. The spend is taken so much earlier because a "
        "deal typically takes that long; the lag is the same for all months."
    ),
    "card.acquisition_cost.excluded": (
        "The first {settling} months of the records, in which old clients look new; clients who were entered "
        "before the records of sales begin; the pay of the sales team."
    ),
    "card.acquisition_cost.interval": (
        "From the number of new clients: with one or two it is very wide. The spend is taken as it is."
    ),
    "card.decision_days.formula": (
        "Mean days from {origin} to the decision, won or lost, within {tau} days: a deal not decided by then "
        "counts {tau}."
    ),
    "card.decision_days.counts": (
        "All deals that were open in the {point}, also those still open at its end: they count as long as "
        "they were watched."
    ),
    "card.decision_days.excluded": (
        "Deals without a date of creation. Days beyond {tau}. The first {tau} days of the records."
    ),
    "card.decision_days.interval": "From the number of deals decided and open at each age.",
    "card.contacts_per_customer.formula": (
        "Calls, meetings and other contacts made {which}in the {point}, divided by the clients won in it."
    ),
    "card.contacts_per_customer.formula.unnamed": (
        "Calls, meetings and other contacts made {which}in the {point}, divided by the deals won in it."
    ),
    "card.contacts_per_customer.counts": (
        "Contacts on deals that were lost or are still open too: they are part of the effort. Beside it: "
        "contacts on the deals won, up to the day they were won."
    ),
    "card.contacts_per_customer.excluded": (
        "Tasks; contacts planned and not made; contacts that name no deal, where others do."
    ),
    "card.contacts_per_customer.interval": (
        "From the number of clients won; the contacts are taken as they are."
    ),
    "spent.same": "the same month",
    "spent.one": "the month before",
    "spent.more": "{lag} months before",
    # what is left out
    "left.no_client": "{Name}: no order line with an amount names a client.",
    "left.short_purchases": (
        "{Name}: the records are too short; they must reach back half a year to tell who buys regularly."
    ),
    "left.no_amounts": "{Name}: neither deals nor sales have an amount.",
    "left.no_costs": "{Name}: the data hold no marketing costs (table marketing_costs).",
    "left.no_deals": "{Name}: the data hold no deals (table deals).",
    "left.no_decisions": "{Name}: no deal with a date of creation has been decided.",
    "left.no_contacts": (
        "{Name}: the data hold no calls, meetings or other contacts that were made (table activities)."
    ),
    "left.period": "{Name} for {period}: the records do not reach back far enough to measure it then.",
    "left.nothing": "{Name} for {period}: there was nothing to measure it by.",
    "left.undated.one": (
        "{deals} cannot be followed to its decision: no date of creation, or one after the decision."
    ),
    "left.undated.several": (
        "{deals} cannot be followed to their decision: no date of creation, or one after the decision."
    ),
    "left.window": (
        "Classes rest on the {months} months before each month: the records are too short for twelve."
    ),
    "left.classes": "The KPIs by class of client: the records are too short.",
    "left.quarters": (
        "The time to decision is followed by quarters: a month holds fewer than {fewest} decisions. Season "
        "is not taken out of quarters."
    ),
}
