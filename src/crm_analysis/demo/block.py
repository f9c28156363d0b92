"""One block of clients with everything that hangs on them, as canonical tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_analysis.demo.contacts import make_activities
from crm_analysis.demo.customers import make_customers
from crm_analysis.demo.deals import make_deals
from crm_analysis.demo.draws import Draws
from crm_analysis.demo.funnel import SLOTS
from crm_analysis.demo.marketing import draw_campaigns, make_touches
from crm_analysis.demo.names import ACCOUNT_TYPES, PRODUCTS, REGIONS, firm
from crm_analysis.demo.reasons import OTHER, draw_reasons
from crm_analysis.demo.sales import make_sales
from crm_analysis.demo.text import Clock, ids, money, words
from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.contacts import Activities
    from crm_analysis.demo.customers import Customers
    from crm_analysis.demo.deals import Deals
    from crm_analysis.demo.draws import Ints
    from crm_analysis.demo.marketing import Touches
    from crm_analysis.demo.sales import Sales
    from crm_analysis.demo.workdays import Calendar

_OPEN, _WON, _LOST = 0, 1, 2
_STATUS = ("open", "won", "lost")
_BEFORE = 3000  # days before day 0 that a client of old may have been entered
_FIRST_CONTACT_DAYS = 4.0
_BLANK_CREATED, _BLANK_AMOUNT = 0.25, 0.10


@dataclass(frozen=True, eq=False)
class Block:
    """What one block gives: tables as text, and its lines of revenue for the plan."""

    tables: dict[str, pa.Table]
    revenue: tuple[Ints, tuple[Ints, Ints, Ints], Ints]


@dataclass(frozen=True)
class _Names:
    """How ids of one block are written; those of the first carry no number of the block."""

    block: int

    def prefix(self, letter: str) -> str:
        return letter if self.block == 0 else f"{letter}{self.block}-"


def make_block(
    company: Company, calendar: Calendar, cast: Cast, seed: int, number: int, first: int, count: int
) -> Block:
    """Make block ``number``, clients ``first`` to ``first + count``; it depends on no other block."""
    draws = Draws(seed, number + 1)  # stream 0 belongs to what the whole company shares
    customers = make_customers(company, calendar, cast, draws, first, count)
    deals, spells = make_deals(company, calendar, cast, draws, customers)
    campaign = draw_campaigns(company, draws, deals.channel)
    sales = make_sales(company, calendar, draws, customers, deals, spells)
    activities = make_activities(company, calendar, cast, draws, customers, deals, spells)
    touches = make_touches(company, calendar, draws, deals, campaign)

    clock = Clock(calendar.first, len(calendar.working), _BEFORE)
    names = _Names(number)
    recorded = deals.created >= calendar.start_minute
    deal_number = np.where(recorded, np.cumsum(recorded), 0)
    channels = [channel.name for channel in company.channels]
    tables = {
        "customers": _customers(company, clock, channels, customers),
        "deals": _deals(
            company, calendar, cast, draws, clock, names, customers, deals, deal_number, campaign
        ),
        "stage_history": _history(company, clock, names, deals, deal_number),
        "activities": _activities(company, cast, clock, names, customers, activities, deal_number),
        "sales": _sales(cast, clock, names, channels, customers, sales, deal_number),
        "touches": _touches(company, clock, names, channels, customers, deals, touches, deal_number),
    }
    places = (sales.owner, sales.product, customers.region[sales.customer])
    return Block(tables, (calendar.month_index(sales.day), places, sales.cents))


def _customers(company: Company, clock: Clock, channels: list[str], customers: Customers) -> pa.Table:
    return pa.table(
        {
            "customer_id": ids("C", customers.number + 1),
            "name": [firm(int(number)) for number in customers.number],
            "created_at": clock.minutes(customers.created, np.zeros(len(customers), dtype=np.bool_)),
            "industry": words(
                [name for name, _ in company.industry_value],
                np.where(customers.blank, -1, customers.industry),
            ),
            "region": words(REGIONS, customers.region),
            "size": words([name for name, _ in company.size_value], customers.size),
            "channel": words(channels, customers.channel),
            "account_type": words(ACCOUNT_TYPES, customers.account),
            "employees": ids("", customers.employees),
        }
    )


def _deals(
    company: Company,
    calendar: Calendar,
    cast: Cast,
    draws: Draws,
    clock: Clock,
    names: _Names,
    customers: Customers,
    deals: Deals,
    number: Ints,
    campaign: Ints,
) -> pa.Table:
    count = len(deals)
    lag = draws.exponential(count) * _FIRST_CONTACT_DAYS
    first_contact = np.minimum(calendar.office(np.maximum(deals.created / DAY - lag, 0)), deals.created)
    is_open = deals.status == _OPEN
    expected = calendar.on_workday(deals.created // DAY + 30 + draws.below(61, count))
    moved = calendar.on_workday(np.full(count, calendar.end) + draws.below(60, count))
    retyped = is_open & ~deals.zombie & (expected < calendar.end) & draws.chance(0.6, count)
    promised = np.array([round(stage.promised * 100) for stage in company.stages])[deals.stage]
    promised = np.clip(promised + 5 * (draws.below(3, count) - 1), 0, 100)
    blank_created = deals.zombie & is_open & draws.chance(_BLANK_CREATED, count)
    blank_amount = (deals.status == _LOST) & (deals.stage == 0) & draws.chance(_BLANK_AMOUNT, count)
    won_for, lost_for = draw_reasons(company, calendar, cast, draws, deals)
    campaigns = [text for channel in company.channels for text in channel.campaigns]
    table = pa.table(
        {
            "deal_id": ids(names.prefix("D"), number),
            "customer_id": ids("C", customers.number[deals.customer] + 1),
            "owner": words(cast.names, deals.owner),
            "status": words(_STATUS, deals.status),
            "stage": words([stage.name for stage in company.stages], deals.stage),
            "amount": money(deals.amount * 100, blank_amount),
            "currency": pa.array([company.currency]).take(pa.array(np.zeros(count, dtype=np.int64))),
            "first_contact_at": clock.minutes(first_contact),
            "created_at": clock.minutes(deals.created, blank_created),
            "closed_at": clock.minutes(np.where(is_open, -1, deals.closed)),
            "expected_close_on": clock.days(np.where(retyped, moved, expected)),
            "probability": money(promised),
            "channel": words([channel.name for channel in company.channels], deals.channel),
            "campaign": words(campaigns, _campaign_place(company, deals.channel, campaign)),
            "product": words([row[0] for row in PRODUCTS], deals.product),
            "win_reason": words(
                [*(reason.name for reason in company.win_reasons), OTHER],
                np.where(deals.status == _WON, won_for, -1),
            ),
            "loss_reason": words(
                [*(reason.name for reason in company.loss_reasons), OTHER],
                np.where(deals.status == _LOST, lost_for, -1),
            ),
        }
    )
    return table.filter(pa.array(number > 0))


def _history(company: Company, clock: Clock, names: _Names, deals: Deals, number: Ints) -> pa.Table:
    deal, slot = np.nonzero((deals.entered >= 0) & (number > 0)[:, None])
    when = deals.entered[deal, slot]
    order = np.argsort(when, kind="stable")
    return pa.table(
        {
            "deal_id": ids(names.prefix("D"), number[deal[order]]),
            "stage": words([stage.name for stage in company.stages], SLOTS[slot[order]]),
            "entered_at": clock.minutes(when[order]),
        }
    )


def _activities(
    company: Company,
    cast: Cast,
    clock: Clock,
    names: _Names,
    customers: Customers,
    activities: Activities,
    number: Ints,
) -> pa.Table:
    return pa.table(
        {
            "activity_id": ids(names.prefix("A"), np.arange(1, len(activities) + 1)),
            "deal_id": _deal_ids(names, number, activities.deal),
            "customer_id": ids("C", customers.number[activities.customer] + 1),
            "owner": words(cast.names, activities.owner),
            "kind": words([kind for kind, _ in company.kinds], activities.kind),
            "due_at": clock.minutes(activities.due),
            "done_at": clock.minutes(activities.done),
        }
    )


def _sales(
    cast: Cast,
    clock: Clock,
    names: _Names,
    channels: list[str],
    customers: Customers,
    sales: Sales,
    number: Ints,
) -> pa.Table:
    _, order = np.unique(sales.order, return_inverse=True)
    first = np.full(order.max(initial=-1) + 1, len(sales), dtype=np.int64)
    np.minimum.at(first, order, np.arange(len(sales)))
    rank = np.argsort(np.argsort(first, kind="stable"), kind="stable") + 1  # orders numbered in order of time
    return pa.table(
        {
            "sale_id": ids(names.prefix("S"), rank[order]),
            "customer_id": ids("C", customers.number[sales.customer] + 1),
            "sold_at": clock.days(sales.day),
            "amount": money(sales.cents),
            "cost": money(sales.cost_cents),
            "quantity": ids("", sales.quantity),
            "product": words([row[0] for row in PRODUCTS], sales.product),
            "category": words([row[1] for row in PRODUCTS], sales.product),
            "owner": words(cast.names, sales.owner),
            "channel": words(channels, sales.channel),
            "region": words(REGIONS, customers.region[sales.customer]),
            "deal_id": _deal_ids(names, number, sales.deal),
        }
    )


def _touches(
    company: Company,
    clock: Clock,
    names: _Names,
    channels: list[str],
    customers: Customers,
    deals: Deals,
    touches: Touches,
    number: Ints,
) -> pa.Table:
    campaigns = [text for channel in company.channels for text in channel.campaigns]
    return pa.table(
        {
            "customer_id": ids("C", customers.number[deals.customer[touches.deal]] + 1),
            "deal_id": ids(names.prefix("D"), number[touches.deal]),
            "channel": words(channels, touches.channel),
            "touched_at": clock.minutes(touches.when),
            "campaign": words(campaigns, _campaign_place(company, touches.channel, touches.campaign)),
        }
    )


def _deal_ids(names: _Names, number: Ints, deal: Ints) -> pa.Array:
    """Ids of deals by their place in the block; blank where there is none, or it is of the warm-up year."""
    if not len(number):
        return pa.nulls(len(deal), pa.string())
    written = np.where(deal >= 0, number[deal], 0)
    return ids(names.prefix("D"), written, written == 0)


def _campaign_place(company: Company, channel: Ints, campaign: Ints) -> Ints:
    """Place of a campaign in the list of all campaigns."""
    counts = np.array([len(channel.campaigns) for channel in company.channels])
    offsets = np.cumsum(counts) - counts
    return np.where((channel >= 0) & (campaign >= 0), offsets[channel] + campaign, -1)
