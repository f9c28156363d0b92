"""Calls, meetings, mails and tasks of one block: done, planned, overdue, forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.draws import runs
from crm_analysis.demo.funnel import SLOTS
from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.customers import Customers
    from crm_analysis.demo.deals import Deals, Spells
    from crm_analysis.demo.draws import Bools, Draws, Ints
    from crm_analysis.demo.workdays import Calendar

_OPEN = 0
_BY_OWNER = 0.92
_STAGE_FACTOR = (0.55, 0.15)  # contacts with a deal lost at Lead, and what each further stage adds
_ZOMBIE_DAYS = 60  # nobody calls a deal that will never be decided for longer than that
_PLANNED, _OVERDUE, _FORGOTTEN = 0.65, 0.25, 0.03
_HAS_DUE = 0.6
_CARE_PER_YEAR = 0.5  # contacts with a client outside of any deal
NONE = -1


@dataclass(frozen=True, eq=False)
class Activities:
    """Activities of one block in order of time; a deal of -1 is none, a time of -1 is blank."""

    deal: Ints
    customer: Ints
    owner: Ints
    kind: Ints
    due: Ints
    done: Ints

    def __len__(self) -> int:
        return len(self.deal)


def make_activities(
    company: Company,
    calendar: Calendar,
    cast: Cast,
    draws: Draws,
    customers: Customers,
    deals: Deals,
    spells: Spells,
) -> Activities:
    """Make all activities of the block."""
    parts = [
        _done_for_deals(company, calendar, cast, draws, deals),
        _undone(company, calendar, draws, deals),
        _care(company, calendar, draws, customers, spells),
    ]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Activities.__dataclass_fields__
    }
    when = np.where(joined["done"] >= 0, joined["done"], joined["due"])
    order = np.argsort(when, kind="stable")
    return Activities(**{name: column[order] for name, column in joined.items()})


def _done_for_deals(
    company: Company, calendar: Calendar, cast: Cast, draws: Draws, deals: Deals
) -> Activities:
    recorded = deals.created >= calendar.start_minute
    furthest = np.where(deals.entered >= 0, SLOTS, 0).max(axis=1, initial=0)
    mean = company.contacts * (1.0 + company.contacts_growth) ** calendar.years(deals.created / DAY)
    mean = mean * (_STAGE_FACTOR[0] + _STAGE_FACTOR[1] * furthest)
    counts = draws.poisson(np.where(recorded, mean, 0.0))
    deal, _ = runs(counts)
    size = len(deal)
    limit = np.minimum(deals.closed, calendar.end_minute - 1)
    limit = np.where(deals.zombie, np.minimum(limit, deals.created + _ZOMBIE_DAYS * DAY), limit)[deal]
    begin = calendar.flow_at(deals.created[deal] / DAY - 1.0)
    finish = calendar.flow_at(limit / DAY - 1.0)
    day = calendar.at_flow(begin + draws.uniform(size) * (finish - begin))
    done = np.clip(calendar.minutes(day, draws.uniform(size)), deals.created[deal], limit)
    due_day = calendar.on_workday(np.maximum(done // DAY - draws.below(4, size), 0))
    has_due = draws.chance(_HAS_DUE, size)
    own = draws.chance(_BY_OWNER, size)
    return Activities(
        deal=deal,
        customer=deals.customer[deal],
        owner=np.where(own, deals.owner[deal], draws.below(len(cast.names), size)),
        kind=draws.pick([share for _, share in company.kinds], size),
        due=np.where(has_due, calendar.minutes(due_day, draws.below(20, size) / 20), NONE),
        done=done,
    )


def _undone(company: Company, calendar: Calendar, draws: Draws, deals: Deals) -> Activities:
    """Make what is planned after the end, overdue at the end, or was never done before a decision."""
    count = len(deals)
    recorded = deals.created >= calendar.start_minute
    is_open = recorded & (deals.status == _OPEN)
    ahead = calendar.on_workday(np.full(count, calendar.end) + draws.below(30, count))
    behind = calendar.on_workday(np.maximum(calendar.end - 21 + draws.below(18, count), deals.created // DAY))
    stale = calendar.on_workday(np.minimum(deals.created // DAY + _ZOMBIE_DAYS + 10, calendar.end - 5))
    missed = calendar.on_workday(np.maximum(deals.closed // DAY - 6, deals.created // DAY))
    kinds: list[tuple[Bools, Ints]] = [
        (is_open & ~deals.zombie & draws.chance(_PLANNED, count), ahead),
        (is_open & ~deals.zombie & draws.chance(_OVERDUE, count) & (behind < calendar.end), behind),
        (is_open & deals.zombie & draws.chance(0.5, count), stale),
        (recorded & ~is_open & draws.chance(_FORGOTTEN, count), np.minimum(missed, calendar.end - 1)),
    ]
    deal = np.concatenate([np.flatnonzero(chosen) for chosen, _ in kinds])
    day = np.concatenate([days[chosen] for chosen, days in kinds])
    size = len(deal)
    return Activities(
        deal=deal,
        customer=deals.customer[deal],
        owner=deals.owner[deal],
        kind=draws.pick([share for _, share in company.kinds], size),
        due=calendar.minutes(day, draws.below(20, size) / 20),
        done=np.full(size, NONE, dtype=np.int64),
    )


def _care(
    company: Company, calendar: Calendar, draws: Draws, customers: Customers, spells: Spells
) -> Activities:
    """Contacts with clients while they are clients, outside of any deal."""
    begin = calendar.flow_at(np.clip(spells.start, calendar.start, calendar.end) - 1.0)
    finish = calendar.flow_at(np.clip(spells.death, calendar.start, calendar.end) - 1.0)
    span = np.maximum(finish - begin, 0.0)
    customer, _ = runs(draws.poisson(span / 365.25 * _CARE_PER_YEAR))
    size = len(customer)
    day = calendar.at_flow(begin[customer] + draws.uniform(size) * span[customer])
    return Activities(
        deal=np.full(size, NONE, dtype=np.int64),
        customer=customer,
        owner=customers.owner[customer],
        kind=draws.pick([share for _, share in company.kinds], size),
        due=np.full(size, NONE, dtype=np.int64),
        done=calendar.minutes(day, draws.uniform(size)),
    )
