"""Leads: the deals, from their first contact on, the channel they came by, and what their orders brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
from ibis import _

from crm_analysis.analyses._lines import fetch, lines_to_date, money, stated

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from crm_analysis.view import PeriodView

#: A contact of the customer that names no deal belongs to a deal begun at most so many days later.
LOOK_BACK_DAYS = 90
#: Costs of goods known for this part of the sales let income be a margin.
ENOUGH_COSTS = 0.9
#: Order lines that name the deal for this part of the won deals let income be that of the orders.
ENOUGH_LINKED = 0.5


@dataclass(frozen=True)
class Basis:
    """What counts as the income of a lead.

    Parameters
    ----------
    name
        ``margin`` (of the orders of its deals), ``revenue`` (of these orders), ``amount`` (of the won deals)
        or empty (the data know no money).
    rate
        Margin over revenue of the lines with a cost; lines without one are taken to leave as much.
    """

    name: str
    rate: float = 1.0


def has_leads(view: PeriodView) -> bool:
    """Say whether deals are there and their channel is known."""
    return view.has("deals") and (
        view.has("deals", "channel")
        or (view.has("deals", "customer_id") and view.has("customers", "channel"))
    )


def choose_basis(view: PeriodView) -> Basis:
    """Choose what counts as income: margin where costs are known, else revenue, else value of won deals."""
    if not view.has_amounts:
        return Basis("")
    lines = lines_to_date(view)
    known = lines.bought & lines.cost.notnull()
    sums = lines.agg(
        bought=money(lines.amount, lines.bought).fill_null(0.0),
        with_cost=money(lines.amount, known).fill_null(0.0),
        left=money(lines.amount - lines.cost, known).fill_null(0.0),
    ).to_pandas()
    bought, with_cost, left = (float(sums[name].iloc[0]) for name in ("bought", "with_cost", "left"))
    if has_leads(view) and not _linked(view, lines):
        return Basis("amount" if view.has("deals", "amount") else "")
    if bought > 0 and with_cost >= ENOUGH_COSTS * bought:
        return Basis("margin", left / with_cost)
    return Basis("revenue")


def line_income(lines: ibis.Table, basis: Basis) -> ibis.Value:
    """Return what an order line left or brought."""
    if basis.name != "margin":
        return lines.amount
    return (lines.amount - lines.cost).fill_null(lines.amount * basis.rate)


def leads(view: PeriodView, basis: Basis, today: date) -> ibis.Table:
    """Return a row a lead known at the end.

    Columns: ``deal_id, unit`` (its customer, or itself where it names none), ``channel, campaign, status,
    start`` (first touch, first contact or creation, whichever came first), ``days`` from then to the
    decision, or to today while open, ``income`` to date. Deals without any date are left out: nobody knows
    when they began.
    """
    deals = _with_touch(view, view.deals)
    dates = [deals[name] for name in ("created_at", "first_contact_at", "touched") if name in deals.columns]
    start = ibis.least(*dates) if len(dates) > 1 else dates[0]
    end = ibis.timestamp(f"{today} 00:00:00")
    until = ibis.coalesce(deals.closed_at, end) if "closed_at" in deals.columns else end
    customer = deals.customer_id if "customer_id" in deals.columns else ibis.null("string")
    rows = deals.mutate(start=start, until=until, customer=customer).filter(_.start < end)
    rows = _with_income(view, _with_channel(view, rows), basis)
    elapsed = (rows.until.epoch_seconds() - rows.start.epoch_seconds()) / 86400
    unit = rows.customer.isnull().ifelse(
        ibis.literal("deal ") + rows.deal_id, ibis.literal("customer ") + rows.customer
    )
    campaign = stated(rows.campaign) if "campaign" in rows.columns else ibis.null("string")
    return rows.select(
        deal_id=rows.deal_id,
        unit=unit,
        channel=stated(rows.channel),
        campaign=campaign,
        status=rows.status,
        start=rows.start,
        created_at=rows.created_at,
        closed_at=rows.closed_at if "closed_at" in rows.columns else ibis.null("timestamp"),
        days=elapsed.floor().cast("int64"),
        income=rows.income.fill_null(0.0),
    )


def unit_frame(rows: ibis.Table) -> pd.DataFrame:
    """Return a row a channel, campaign and unit: its leads, those won and still open, and their income."""
    return fetch(
        rows.group_by("channel", "campaign", "unit").agg(
            leads=rows.count(),
            won=(rows.status == "won").sum(),
            undecided=(rows.status == "open").sum(),
            income=money(rows.income).fill_null(0.0),
        ),
        "channel",
        "campaign",
        "unit",
    )


def _linked(view: PeriodView, lines: ibis.Table) -> bool:
    """Say whether the order lines name the deals they come from."""
    if "deal_id" not in lines.columns or not view.has("deals"):
        return False
    won = view.deals.filter(_.status == "won")
    named = won.deal_id.isin(lines.filter(lines.deal_id.notnull()).deal_id)
    counts = won.mutate(named=named).agg(won=_.count(), named=_.named.sum().fill_null(0)).to_pandas()
    return bool(counts["won"].iloc[0] and counts["named"].iloc[0] >= ENOUGH_LINKED * counts["won"].iloc[0])


def _with_touch(view: PeriodView, deals: ibis.Table) -> ibis.Table:
    """Add the first marketing contact of each deal as ``touched``; nothing where no table holds them."""
    if not view.has("touches"):
        return deals
    touches = view.touches
    if "deal_id" in touches.columns:
        named = touches.filter(touches.deal_id.notnull())
        first = named.group_by("deal_id").agg(touched=named.touched_at.min())
        return deals.left_join(first, "deal_id").drop("deal_id_right")
    if not {"customer_id", "created_at"} <= set(deals.columns):
        return deals
    contacts = touches.select(who=touches.customer_id, touched_at=touches.touched_at)
    met = deals.select("deal_id", "customer_id", "created_at").join(contacts, [_.customer_id == contacts.who])
    recent = met.filter(
        (met.touched_at <= met.created_at)
        & (met.touched_at >= met.created_at - ibis.interval(days=LOOK_BACK_DAYS))
    )
    first = recent.group_by("deal_id").agg(touched=recent.touched_at.min())
    return deals.left_join(first, "deal_id").drop("deal_id_right")


def _with_channel(view: PeriodView, deals: ibis.Table) -> ibis.Table:
    if "channel" in deals.columns:
        return deals
    customers = view.dataset.table("customers").select(who="customer_id", channel="channel")
    return deals.left_join(customers, deals.customer_id == customers.who).drop("who")


def _with_income(view: PeriodView, deals: ibis.Table, basis: Basis) -> ibis.Table:
    if not basis.name:
        return deals.mutate(income=ibis.null("float64"))
    if basis.name == "amount":
        return deals.mutate(income=(deals.status == "won").ifelse(deals.amount.cast("float64"), 0.0))
    lines = lines_to_date(view).filter(_.deal_id.notnull())
    brought = lines.group_by("deal_id").agg(income=money(line_income(lines, basis)))
    return deals.left_join(brought, "deal_id").drop("deal_id_right")
