"""Orders of one block: those that deals brought and those clients repeat, line by line, and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.draws import runs
from crm_analysis.demo.goods import draw_products
from crm_analysis.demo.names import PRODUCTS
from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.customers import Customers
    from crm_analysis.demo.deals import Deals, Spells
    from crm_analysis.demo.draws import Draws, Floats, Ints
    from crm_analysis.demo.workdays import Calendar

_LINES = (0.30, 0.35, 0.25, 0.10)  # chances of an order of one, two, three, four lines
_MARGIN_SPREAD = 0.04
_WON = 1


@dataclass(frozen=True, eq=False)
class Sales:
    """Order lines of one block in order of time.

    Parameters
    ----------
    order
        Number of the order within the block; a return is an order of its own.
    customer, product, owner, channel
        Places in the block, the lists and the cast.
    deal
        Place of the deal in the block, or -1.
    day
        Day sold.
    cents, cost_cents
        Value and cost of the line in hundredths.
    quantity
        Packs.
    """

    order: Ints
    customer: Ints
    product: Ints
    owner: Ints
    channel: Ints
    deal: Ints
    day: Ints
    cents: Ints
    cost_cents: Ints
    quantity: Ints

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True, eq=False)
class _Orders:
    customer: Ints
    day: Ints
    cents: Ints
    deal: Ints


def make_sales(
    company: Company, calendar: Calendar, draws: Draws, customers: Customers, deals: Deals, spells: Spells
) -> Sales:
    """Make all order lines sold within the data."""
    first, second = (
        _repeat_orders(company, calendar, draws, customers, spells.start, spells.death),
        _repeat_orders(company, calendar, draws, customers, spells.again, spells.death_again),
    )
    brought = _deal_orders(calendar, draws, deals)
    orders = _Orders(
        *(
            np.concatenate([getattr(part, name) for part in (first, second, brought)])
            for name in ("customer", "day", "cents", "deal")
        )
    )
    lines = _lines(company, calendar, draws, customers, deals, orders)
    lines = _with_returns(company, calendar, draws, lines)
    inside = np.flatnonzero((lines.day >= calendar.start) & (lines.day < calendar.end))
    order = inside[np.lexsort((lines.order[inside], lines.day[inside]))]
    return Sales(**{name: getattr(lines, name)[order] for name in Sales.__dataclass_fields__})


def _deal_orders(calendar: Calendar, draws: Draws, deals: Deals) -> _Orders:
    """Every won deal is one order of the same value, at most three working days later."""
    won = np.flatnonzero(deals.status == _WON)
    day = calendar.on_workday(deals.closed[won] // DAY + draws.below(4, len(won)))
    return _Orders(deals.customer[won], day, deals.amount[won] * 100, won)


def _repeat_orders(
    company: Company, calendar: Calendar, draws: Draws, customers: Customers, start: Floats, death: Floats
) -> _Orders:
    """Clients order at their own rhythm while they are clients; the season speeds it up and slows it down."""
    horizon = float(calendar.end)
    begin = calendar.flow_at(np.minimum(start, horizon))
    finish = calendar.flow_at(np.minimum(death, horizon))
    span = np.where(np.isfinite(start), np.maximum(finish - begin, 0.0), 0.0)
    # Half as many gaps again as fit on average, and a few more: the sum overshoots the span.
    counts = np.where(span > 0, np.ceil(1.5 * span / customers.interval) + 8, 0).astype(np.int64)
    customer, place = runs(counts)
    gaps = draws.gamma(3, len(customer)) * customers.interval[customer]
    # The clients of old are met somewhere within a gap, not at its beginning.
    inside = (place == 0) & (start[customer] == 0)
    gaps = np.where(inside, gaps * draws.uniform(len(customer)), gaps)
    total = np.cumsum(gaps)
    before = np.concatenate([[0.0], total])[np.cumsum(counts) - counts]
    flow = total - before[customer]
    kept = flow < span[customer]
    customer = customer[kept]
    day = calendar.at_flow(begin[customer] + flow[kept])
    growth = (1.0 + company.growth) ** calendar.years(day)
    spread = np.exp(company.order_spread * draws.normal(len(customer)) - company.order_spread**2 / 2)
    cents = np.rint(company.order_value * customers.value[customer] * growth * spread * 100)
    return _Orders(
        customer, day, np.maximum(cents, 500).astype(np.int64), np.full(len(customer), -1, dtype=np.int64)
    )


def _lines(
    company: Company,
    calendar: Calendar,
    draws: Draws,
    customers: Customers,
    deals: Deals,
    orders: _Orders,
) -> Sales:
    """Split orders into lines; the first of a deal's order is the product of the deal, and the largest."""
    order, place = runs(draws.pick(_LINES, len(orders.day)) + 1)
    size = len(order)
    day, deal = orders.day[order], orders.deal[order]
    weight = 0.25 + draws.uniform(size) + np.where((place == 0) & (deal >= 0), 2.0, 0.0)
    cents = np.floor(orders.cents[order] * weight / np.bincount(order, weight)[order]).astype(np.int64)
    # What rounding leaves goes to the first line, so that the lines add up to the order to the cent.
    left = orders.cents - np.bincount(order, cents, minlength=len(orders.cents)).astype(np.int64)
    cents = cents + np.where(place == 0, left[order], 0)
    product = draw_products(company, calendar, draws, day)
    if len(deals):
        product = np.where((place == 0) & (deal >= 0), deals.product[deal], product)
    customer = orders.customer[order]
    margins = np.full(len(company.industry_value), company.margin)
    for name, extra in company.industry_margin:
        margins[[industry for industry, _ in company.industry_value].index(name)] += extra
    margin = margins[customers.industry[customer]] + _MARGIN_SPREAD * draws.normal(size)
    price = np.array([row[2] for row in PRODUCTS])[product]
    owner = customers.owner[customer]
    channel = customers.channel[customer]
    if len(deals):
        owner = np.where(deal >= 0, deals.owner[deal], owner)
        channel = np.where(deal >= 0, deals.channel[deal], channel)
    return Sales(
        order=order,
        customer=customer,
        product=product,
        owner=owner,
        channel=channel,
        deal=deal,
        day=day,
        cents=cents,
        cost_cents=np.rint(cents * (1.0 - margin)).astype(np.int64),
        quantity=np.maximum(np.rint(cents / 100 / price), 1).astype(np.int64),
    )


def _with_returns(company: Company, calendar: Calendar, draws: Draws, lines: Sales) -> Sales:
    """Let some lines come back whole within 30 days, as negative lines of an order of their own."""
    size = len(lines)
    back = np.flatnonzero(draws.chance(company.returned, size))
    later = calendar.on_workday(lines.day[back] + 3 + draws.below(28, len(back)))
    changed = {
        "order": lines.order.max(initial=0) + 1 + np.arange(len(back)),
        "day": later,
        "cents": -lines.cents[back],
        "cost_cents": -lines.cost_cents[back],
        "quantity": -lines.quantity[back],
    }
    return Sales(
        **{
            name: np.concatenate([getattr(lines, name), changed.get(name, getattr(lines, name)[back])])
            for name in Sales.__dataclass_fields__
        }
    )
