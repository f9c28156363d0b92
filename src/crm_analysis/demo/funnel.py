"""The way of deals through the funnel: stages entered, skipped, repeated, gone back to, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.draws import Bools, Draws, Floats, Ints
    from crm_analysis.demo.workdays import Calendar

#: Stages in the order a deal may pass them: Qualified and Negotiation may be entered twice in a row, and from
#: Quote a deal may go back to Sample and come again.
SLOTS = np.array([0, 1, 1, 2, 3, 2, 3, 4, 4, 5], dtype=np.int64)
_AGAIN, _BACK, _FORTH = (2, 8), 5, 6
_LOST_WHILE_BACK = 0.3
_QUOTE = 3
_RUSH_DAYS = 7


@dataclass(frozen=True, eq=False)
class Ways:
    """Both ways a deal could go, drawn before it is known whether it is won.

    Parameters
    ----------
    days
        Days it would stay in each slot.
    won_visits, lost_visits
        Slots it enters if it is won, and if it is lost.
    lost_at
        Furthest stage it reaches if it is lost.
    """

    days: Floats
    won_visits: Bools
    lost_visits: Bools
    lost_at: Ints


def draw_ways(company: Company, draws: Draws, count: int) -> Ways:
    """Draw the ways of ``count`` deals."""
    stages = company.stages
    scale = np.array([stage.days for stage in stages])[SLOTS]
    skipped = np.array([stage.skipped for stage in stages])
    days = np.stack([scale[n] * draws.weibull(company.weibull_shape, count) for n in range(len(SLOTS))], 1)
    entered = np.stack([~draws.chance(chance, count) for chance in skipped], 1)
    visits = entered[:, SLOTS]
    for slot in _AGAIN:
        visits[:, slot] &= draws.chance(company.repeated, count)
    back = draws.chance(company.backward, count)
    visits[:, _BACK] = back
    visits[:, _FORTH] = back

    lost_at = draws.pick([stage.lost for stage in stages], count)
    lost_visits = visits & (SLOTS[None, :] <= lost_at[:, None])
    # A deal does enter the stage it is lost in, and goes back only if it came as far as Quote.
    lost_visits[np.arange(count), np.argmax(SLOTS[None, :] == lost_at[:, None], axis=1)] = True
    lost_visits[:, _BACK] &= lost_at >= _QUOTE
    lost_visits[:, _FORTH] &= lost_at >= _QUOTE
    lost_back = draws.chance(_LOST_WHILE_BACK, count) & (lost_at == _QUOTE)
    lost_visits[:, _FORTH] &= ~lost_back
    return Ways(days, visits, lost_visits, lost_at)


def walk(
    company: Company, calendar: Calendar, ways: Ways, created: Floats, *, won: bool
) -> tuple[Floats, Floats]:
    """Let the deals go their way: times (in days) of entering each slot, and of the decision.

    A stage entered on or after the event takes ``event_time`` times as long; one entered before keeps its
    pace. The last stage of a lost deal takes ``lost_slower`` times as long: losers are slow to say so.
    """
    event = calendar.number(company.event_on)
    visits = ways.won_visits if won else ways.lost_visits
    last = visits.shape[1] - 1 - np.argmax(visits[:, ::-1], axis=1)
    entered = np.full(visits.shape, np.nan)
    now = created.copy()
    for slot in range(visits.shape[1]):
        here = visits[:, slot]
        entered[here, slot] = now[here]
        pace = np.where(now >= event, company.event_time, 1.0)
        if not won:
            pace = pace * np.where(last == slot, company.lost_slower, 1.0)
        now = now + np.where(here, ways.days[:, slot] * pace, 0.0)
    return entered, now


def pull_to_quarter_end(
    company: Company, calendar: Calendar, entered: Floats, decided: Floats, pulled: Bools, uniform: Floats
) -> tuple[Floats, Floats]:
    """Bring forward deals that would be won soon after a quarter end, into its last seven working days.

    The whole way of such a deal is shortened in proportion; deals younger than the window are left alone.
    """
    starts = calendar.quarters
    before = starts[np.maximum(np.searchsorted(starts, decided, side="right") - 1, 0)]
    created = np.nanmin(entered, axis=1)
    soon = pulled & (decided >= before) & (decided - before <= company.quarter_window)
    worked = np.flatnonzero(calendar.working)
    opening = np.searchsorted(worked, before)  # place of the first day worked in the new quarter
    day = worked[np.maximum(opening - 1 - (uniform * _RUSH_DAYS).astype(np.int64), 0)] + uniform
    soon &= day - created > company.quarter_window
    pace = np.where(soon, (day - created) / np.maximum(decided - created, 1e-9), 1.0)
    entered = np.where(
        soon[:, None], created[:, None] + (entered - created[:, None]) * pace[:, None], entered
    )
    return entered, np.where(soon, day, decided)
