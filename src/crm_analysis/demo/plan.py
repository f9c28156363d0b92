"""The plan: last year's revenue and a little more, spread over the months, owners, products and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.draws import Floats, Ints
    from crm_analysis.demo.workdays import Calendar

_YEAR = 12


class Revenue:
    """Revenue by month and by owner, product and region, summed while the blocks pass by.

    Parameters
    ----------
    months, owners, products, regions
        How many there are of each.
    """

    def __init__(self, months: int, owners: int, products: int, regions: int) -> None:
        self.cents = [np.zeros((months, count), dtype=np.int64) for count in (owners, products, regions)]

    def add(self, month: Ints, places: tuple[Ints, Ints, Ints], cents: Ints) -> None:
        """Add order lines."""
        for table, place in zip(self.cents, places, strict=True):
            np.add.at(table, (month, place), cents)


def make_targets(
    company: Company, calendar: Calendar, revenue: Revenue
) -> list[tuple[str, int, int | None, int | None, int | None]]:
    """Plan each month: period, whole money, and the place of an owner, product or region, or none.

    The plan of a year is the revenue of the year before times ``1 + plan_growth``; there is none to go by in
    the first, whose plan is its own revenue. Months follow season and working days, the parts the shares of
    the year before.
    """
    months = calendar.months()
    last = [*months[1:], calendar.day(calendar.end)]
    flow = np.array(
        [
            calendar.flow[calendar.number(b) - 1] - calendar.flow[calendar.number(a) - 1]
            for a, b in zip(months, last, strict=True)
        ]
    )
    rows: list[tuple[str, int, int | None, int | None, int | None]] = []
    for place, month in enumerate(months):
        year = place // _YEAR
        base = slice(max(year - 1, 0) * _YEAR, max(year, 1) * _YEAR)
        factor = (1.0 + company.plan_growth) if year else 1.0
        share = flow[place] / flow[year * _YEAR : (year + 1) * _YEAR].sum()
        parts = [_part(table[base], factor * share) for table in revenue.cents]
        text = f"{month:%Y-%m}"
        rows.append((text, _whole(parts[2].sum()), None, None, None))
        for column, part in enumerate(parts):
            for number, amount in enumerate(part):
                key = [number if column == other else None for other in range(3)]
                rows.append((text, _whole(amount), key[0], key[1], key[2]))
    return rows


def _part(cents: Ints, factor: float) -> Floats:
    part: Floats = np.maximum(cents.sum(axis=0), 0) / 100.0 * factor
    return part


def _whole(amount: float) -> int:
    return round(float(amount))
