"""The deals of one block: when they come up, whether they are won and when, what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.customers import channel_wins
from crm_analysis.demo.draws import runs
from crm_analysis.demo.funnel import SLOTS, Ways, draw_ways, pull_to_quarter_end, walk
from crm_analysis.demo.goods import draw_products

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.customers import Customers
    from crm_analysis.demo.draws import Bools, Draws, Floats, Ints
    from crm_analysis.demo.workdays import Calendar

_NEVER = np.inf
_YEAR = 365.25
_SAME_CHANNEL, _SAME_OWNER = 0.65, 0.90
_FIRST_DEAL_WITHIN = 15  # days after a newcomer turned up
_OPEN, _WON, _LOST = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Spells:
    """When each client was one: from, to, and again from, to, in days; never is infinite."""

    start: Floats
    death: Floats
    again: Floats
    death_again: Floats


@dataclass(frozen=True, eq=False)
class Deals:
    """Deals of one block in the order they were created, those of the warm-up year among them.

    Parameters
    ----------
    customer, owner, channel, product
        Places in the block, the cast and the lists; a channel of -1 is unknown.
    created, closed
        Minutes; ``closed`` lies after the data where the deal is open.
    status
        0 open, 1 won, 2 lost: as known at the end of the data.
    won
        Whether it is, or would be, won.
    known
        Whether the client had bought before.
    zombie
        Whether it is never decided.
    amount
        Whole units of money.
    entered
        Minutes of entering each slot of the funnel; -1 where it does not, or not before the end.
    stage
        Stage at the end, or the last one before the decision.
    """

    customer: Ints
    owner: Ints
    channel: Ints
    product: Ints
    created: Ints
    closed: Ints
    status: Ints
    won: Bools
    known: Bools
    zombie: Bools
    amount: Ints
    entered: Ints
    stage: Ints

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Deals that may come up, in order of client and time."""

    customer: Ints
    ordinal: Ints
    created: Floats
    channel: Ints
    owner: Ints
    zombie: Bools
    ways: Ways
    entered_won: Floats
    decided_won: Floats
    entered_lost: Floats
    decided_lost: Floats


def make_deals(
    company: Company, calendar: Calendar, cast: Cast, draws: Draws, customers: Customers
) -> tuple[Deals, Spells]:
    """Make the deals of the clients, and with them the times each client buys at all."""
    maybe = _candidates(company, calendar, cast, draws, customers)
    kept, won, known, spells = _live(company, cast, draws, customers, maybe)
    chosen = np.flatnonzero(kept)
    chosen = chosen[np.argsort(maybe.created[chosen], kind="stable")]
    won, known, zombie = won[chosen], known[chosen], maybe.zombie[chosen]
    entered = np.where(won[:, None], maybe.entered_won[chosen], maybe.entered_lost[chosen])
    decided = np.where(won, maybe.decided_won[chosen], maybe.decided_lost[chosen])
    minutes, closed = _to_minutes(calendar, entered, decided)
    closed = np.where(zombie, calendar.end_minute * 2, closed)
    is_closed = closed < calendar.end_minute
    minutes = np.where(minutes < calendar.end_minute, minutes, -1)
    stage = SLOTS[minutes.shape[1] - 1 - np.argmax(minutes[:, ::-1] >= 0, axis=1)]
    customer, created = maybe.customer[chosen], maybe.created[chosen]
    count = len(chosen)
    growth = (1.0 + company.growth) ** calendar.years(created)
    spread = np.exp(company.order_spread * draws.normal(count) - company.order_spread**2 / 2)
    amount = company.deal_value * customers.value[customer] * growth * spread
    deals = Deals(
        customer=customer,
        owner=maybe.owner[chosen],
        channel=maybe.channel[chosen],
        product=draw_products(company, calendar, draws, np.floor(created).astype(np.int64)),
        created=_first(minutes),
        closed=closed,
        status=np.where(is_closed, np.where(won, _WON, _LOST), _OPEN),
        won=won,
        known=known,
        zombie=zombie,
        amount=np.maximum(np.rint(amount), 40).astype(np.int64),
        entered=minutes,
        stage=stage,
    )
    return deals, spells


def _first(minutes: Ints) -> Ints:
    place = np.argmax(minutes >= 0, axis=1)
    first: Ints = minutes[np.arange(len(minutes)), place]
    return first


def _candidates(
    company: Company, calendar: Calendar, cast: Cast, draws: Draws, customers: Customers
) -> _Candidates:
    """Lay out the deals that may come up, at the rate of a client in full swing."""
    total = calendar.flow[calendar.end - 1]
    came = calendar.flow_at(customers.came.astype(np.float64))
    left = np.maximum(total - came, 0.0)
    more = draws.poisson(left / _YEAR * company.deal_rate)
    newcomer = (~customers.existing).astype(np.int64)
    customer, place = runs(more + newcomer)
    size = len(customer)
    flow = came[customer] + draws.uniform(size) * left[customer]
    opening = (place == 0) & (newcomer[customer] == 1)
    flow = np.where(opening, came[customer] + draws.uniform(size) * _FIRST_DEAL_WITHIN, flow)
    inside = flow < total
    customer, flow = customer[inside], flow[inside]
    order = np.lexsort((flow, customer))
    customer, flow = customer[order], flow[order]
    size = len(customer)
    _, ordinal = runs(np.bincount(customer, minlength=len(customers)))
    created = calendar.at_flow(flow) + draws.uniform(size)
    own = customers.channel[customer]
    other = draws.pick([channel.share for channel in company.channels], size)
    same = (ordinal == 0) | draws.chance(_SAME_CHANNEL, size)
    own_owner = draws.chance(_SAME_OWNER, size)
    colleague = draws.below(len(cast.names), size)
    ways = draw_ways(company, draws, size)
    entered_won, decided_won = walk(company, calendar, ways, created, won=True)
    entered_lost, decided_lost = walk(company, calendar, ways, created, won=False)
    pulled, when = draws.chance(company.quarter_pull, size), draws.uniform(size)
    entered_won, decided_won = pull_to_quarter_end(company, calendar, entered_won, decided_won, pulled, when)
    return _Candidates(
        customer=customer,
        ordinal=ordinal,
        created=created,
        channel=np.where(same, own, other),
        owner=np.where(own_owner, customers.owner[customer], colleague),
        zombie=draws.chance(company.zombies, size),
        ways=ways,
        entered_won=entered_won,
        decided_won=decided_won,
        entered_lost=entered_lost,
        decided_lost=decided_lost,
    )


def _live(
    company: Company, cast: Cast, draws: Draws, customers: Customers, maybe: _Candidates
) -> tuple[Bools, Bools, Bools, Spells]:
    """Go through the lives of all clients at once, deal by deal: the first of each, then the second.

    A client buys from the first win until death; a win after that begins a second spell.
    """
    count, size = len(customers), len(maybe.customer)
    life, life_again = (company.lifetime_years * _YEAR * draws.exponential(count) for _ in range(2))
    start = np.where(customers.existing, 0.0, _NEVER)
    death = np.where(customers.existing, life, _NEVER)
    again, death_again = np.full(count, _NEVER), np.full(count, _NEVER)
    fate, luck = draws.uniform(size), draws.uniform(size)
    win_size = np.array([value for _, value in company.win_size])[customers.size]
    fixed = company.win_base + channel_wins(company)[maybe.channel] + cast.skill[maybe.owner]
    kept, won, known = (np.zeros(size, dtype=np.bool_) for _ in range(3))
    order = np.argsort(maybe.ordinal, kind="stable")
    for row in np.split(order, np.cumsum(np.bincount(maybe.ordinal))[:-1]):
        who, when = maybe.customer[row], maybe.created[row]
        bought = start[who] <= when
        alive = bought & ((when < death[who]) | ((again[who] <= when) & (when < death_again[who])))
        hopeful = when < customers.came[who] + company.prospect_days
        courted = np.where(hopeful, company.prospect_rate, 0.0)
        rate = np.where(alive, company.deal_rate, np.where(bought, company.gone_rate, courted))
        opening = (maybe.ordinal[row] == 0) & ~customers.existing[who]
        keep = opening | (fate[row] < rate / company.deal_rate)
        odds = fixed[row] + win_size[who] + company.win_known * bought
        win = keep & (luck[row] < 1.0 / (1.0 + np.exp(-odds))) & ~maybe.zombie[row]
        kept[row], won[row], known[row] = keep, win, bought
        decided = maybe.decided_won[row]
        begins = win & np.isinf(start[who])
        start[who[begins]] = decided[begins]
        death[who[begins]] = decided[begins] + life[who[begins]]
        returns = win & ~begins & (decided > death[who]) & np.isinf(again[who])
        again[who[returns]] = decided[returns]
        death_again[who[returns]] = decided[returns] + life_again[who[returns]]
    return kept, won, known, Spells(start, death, again, death_again)


def _to_minutes(calendar: Calendar, entered: Floats, decided: Floats) -> tuple[Ints, Ints]:
    """Turn times in days to minutes of office hours, each step at least a minute after the one before."""
    visits = ~np.isnan(entered)
    minutes = np.full(entered.shape, -1, dtype=np.int64)
    latest = np.full(len(entered), -1, dtype=np.int64)
    for slot in range(entered.shape[1]):
        here = visits[:, slot]
        minutes[here, slot] = np.maximum(calendar.office(entered[here, slot]), latest[here] + 1)
        latest = np.where(here, minutes[:, slot], latest)
    return minutes, np.maximum(calendar.office(decided), latest + 1)
