"""Marketing contacts before the deals of one block, and what promotion cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.draws import runs
from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.demo.company import Channel, Company
    from crm_analysis.demo.deals import Deals
    from crm_analysis.demo.draws import Draws, Ints
    from crm_analysis.demo.workdays import Calendar

_MORE_TOUCHES = 1.6
_NO_CAMPAIGN = 0.15
_SHOW_DAY = 10
_COST_NOISE = 0.08
_SHARE_DEALS = 3000  # size of the company that fixed monthly costs are given for


@dataclass(frozen=True, eq=False)
class Touches:
    """Touches of one block in order of time; a campaign of -1 is blank."""

    deal: Ints
    channel: Ints
    campaign: Ints
    when: Ints

    def __len__(self) -> int:
        return len(self.deal)


def draw_campaigns(company: Company, draws: Draws, channel: Ints) -> Ints:
    """Draw the campaign within each channel: a place in its list, -1 where it is not known."""
    counts = np.array([len(channel.campaigns) for channel in company.channels] + [0])
    size = len(channel)
    place = draws.below(counts[channel], size)
    known = (channel >= 0) & ~draws.chance(_NO_CAMPAIGN, size)
    return np.where(known, place, -1)


def make_touches(company: Company, calendar: Calendar, draws: Draws, deals: Deals, campaign: Ints) -> Touches:
    """Make the way of each deal of a known channel: its channel first, others later, within its lag."""
    chosen = np.flatnonzero((deals.channel >= 0) & (deals.created >= calendar.start_minute))
    lags = np.array([channel.lag_days for channel in company.channels])[deals.channel[chosen]]
    begin = deals.created[chosen] / DAY - lags * draws.gamma(2, len(chosen))
    for number, channel in enumerate(company.channels):
        if channel.months:
            here = deals.channel[chosen] == number
            begin[here] = _last_show(calendar, channel, begin[here])
    first = np.minimum(calendar.office(np.maximum(begin, 0.0)), deals.created[chosen] - 1)
    way, _ = runs(draws.poisson(np.full(len(chosen), _MORE_TOUCHES)))
    size = len(way)
    later = draws.pick([channel.later for channel in company.channels], size)
    span = deals.created[chosen][way] - first[way]
    when = calendar.office((first[way] + draws.uniform(size) * span) / DAY)
    when = np.clip(when, first[way] + 1, deals.created[chosen][way])
    deal = np.concatenate([chosen, chosen[way]])
    moment = np.concatenate([first, when])
    touched = np.concatenate([deals.channel[chosen], later])
    names = np.concatenate([campaign[chosen], draw_campaigns(company, draws, later)])
    inside = np.flatnonzero(moment >= calendar.start_minute)
    order = inside[np.argsort(moment[inside], kind="stable")]
    return Touches(deal[order], touched[order], names[order], moment[order])


def _last_show(calendar: Calendar, channel: Channel, when: np.ndarray) -> np.ndarray:
    """Go back to the last trade show: people met there call weeks later."""
    shows = [
        day
        for day in range(len(calendar.working))
        if calendar.month[day] in channel.months and calendar.day(day).day == _SHOW_DAY
    ]
    days = calendar.on_workday(np.array(shows, dtype=np.int64)).astype(np.float64)
    place = np.searchsorted(days, when, side="right") - 1
    return np.where(place >= 0, days[np.maximum(place, 0)] + 0.5, -1.0)


def make_costs(
    company: Company, calendar: Calendar, draws: Draws, deals: int
) -> list[tuple[date, str, int, str, str]]:
    """Make the expenses of a company of so many deals: day, channel, whole money, campaign, cost item.

    Money follows the number of leads a channel is expected to bring, not those it happened to bring.
    """
    rows = []
    for month in calendar.months():
        for channel in company.channels:
            spent = channel.cost_per_lead * channel.share * deals / company.months
            spent += channel.monthly_cost * deals / _SHARE_DEALS
            if channel.months:
                spent *= 12 / len(channel.months) if month.month in channel.months else 0.0
            for campaign in channel.campaigns:
                for place, (item, share) in enumerate(channel.cost_items):
                    noise = 1.0 + _COST_NOISE * float(draws.normal(1)[0])
                    amount = round(spent * share / len(channel.campaigns) * noise)
                    day = calendar.day(
                        int(calendar.on_workday(np.array([calendar.number(month) + 4 + 7 * place]))[0])
                    )
                    if amount:
                        rows.append((day, channel.name, amount, campaign, item))
    return sorted(rows)
