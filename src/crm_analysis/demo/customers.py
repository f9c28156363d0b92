"""The clients of one block: what they are, how much and how often they buy, when they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.names import ACCOUNT_SHARES, EMPLOYEES, REGION_SHARES
from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.draws import Bools, Draws, Floats, Ints
    from crm_analysis.demo.workdays import Calendar

_OLDEST_YEARS = 6.0


@dataclass(frozen=True, eq=False)
class Customers:
    """Clients of one block, one array element each, in the order they came.

    Parameters
    ----------
    number
        Number within the company.
    industry, region, size, account, channel
        Places in the lists of the company; a channel of -1 is unknown.
    employees
        Head count.
    blank
        Whether the industry was never entered.
    created
        Minute they were entered.
    existing
        Whether they bought before the warm-up year.
    came
        Day the first dealings begin.
    owner
        Place in the cast.
    value
        Factor on the size of all their orders.
    interval
        Mean days between orders while they are clients.
    ease
        What size and channel add to the log odds of winning a deal of theirs.
    """

    number: Ints
    industry: Ints
    region: Ints
    size: Ints
    account: Ints
    channel: Ints
    employees: Ints
    blank: Bools
    created: Ints
    existing: Bools
    came: Ints
    owner: Ints
    value: Floats
    interval: Floats
    ease: Floats

    def __len__(self) -> int:
        return len(self.number)


def make_customers(
    company: Company, calendar: Calendar, cast: Cast, draws: Draws, first: int, count: int
) -> Customers:
    """Make clients ``first`` to ``first + count``."""
    came_new = calendar.at_flow(draws.uniform(count) * calendar.flow[calendar.end - 1])
    existing = draws.chance(company.existing, count)
    long_ago = (draws.uniform(count) * _OLDEST_YEARS * 365.0).astype(np.int64)
    came = np.where(existing, 0, came_new)
    # Newcomers are entered on the day they turn up; those before the warm-up year some day of earlier years.
    created_day = np.where(existing, -1 - long_ago, came_new)
    created = created_day * DAY + 8 * 60 + draws.below(600, count)
    order = np.argsort(created, kind="stable")

    industry = draws.below(len(company.industry_value), count)
    region = draws.pick(REGION_SHARES, count)
    size = draws.pick(company.size_share, count)
    account = draws.pick(ACCOUNT_SHARES, count)
    channel = draws.pick([channel.share for channel in company.channels], count)
    ranges = np.array([EMPLOYEES[name] for name, _ in company.size_value])
    low, high = ranges[size, 0], ranges[size, 1]
    employees = np.exp(np.log(low) + draws.uniform(count) * (np.log(high) - np.log(low))).astype(np.int64)
    ease = _of(company.win_size)[size] + channel_wins(company)[channel]
    factor = _of(company.size_value)[size] * _of(company.industry_value)[industry]
    # Without a limit a single client could make half of the revenue of a company of this size.
    limit = company.client_limit
    spread = np.exp(company.client_spread * np.clip(draws.normal(count), -limit, limit))
    interval = company.interval_days * np.exp(company.interval_spread * draws.normal(count))
    return Customers(
        number=first + np.arange(count, dtype=np.int64),
        industry=industry,
        region=region,
        size=size,
        account=account,
        channel=channel,
        employees=employees,
        blank=draws.chance(0.02, count),
        created=created[order],
        existing=existing[order],
        came=came[order],
        owner=cast.assign(ease, draws.uniform(count)),
        value=factor * spread,
        interval=interval,
        ease=ease,
    )


def channel_wins(company: Company) -> Floats:
    """Tell what each channel adds to the log odds of winning; the last element is the unknown channel."""
    return np.array([channel.win for channel in company.channels] + [0.0])


def _of(pairs: tuple[tuple[str, float], ...]) -> Floats:
    return np.array([value for _, value in pairs])
