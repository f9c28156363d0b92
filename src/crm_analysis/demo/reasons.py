"""Why deals were won and lost, as the owners wrote it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.names import PRODUCTS
from crm_analysis.demo.workdays import DAY

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.deals import Deals
    from crm_analysis.demo.draws import Bools, Draws, Ints
    from crm_analysis.demo.workdays import Calendar

OTHER = "Other"
#: Stage from which a deal counts as lost late.
_LATE = 3


def draw_reasons(
    company: Company, calendar: Calendar, cast: Cast, draws: Draws, deals: Deals
) -> tuple[Ints, Ints]:
    """Draw reasons of winning and of losing: places in the lists of the company.

    One past the last is "Other", -1 is blank. Both are given for every deal; only the one that fits the
    status is written.
    """
    careless = cast.careless[deals.owner]
    won = draws.pick([reason.share for reason in company.win_reasons], len(deals))
    lost = _loss_reasons(company, calendar, draws, deals)
    return (
        _written(company, draws, careless, won, len(company.win_reasons)),
        _written(company, draws, careless, lost, len(company.loss_reasons)),
    )


def _loss_reasons(company: Company, calendar: Calendar, draws: Draws, deals: Deals) -> Ints:
    """Draw the true reason: the one that shifts has its share exactly, the others share what is left."""
    reasons = company.loss_reasons
    names = [reason.name for reason in reasons]
    shifting = names.index(company.shift_reason)
    shift_day = calendar.number(company.shift_on)
    weights = np.tile([reason.share for reason in reasons], (len(deals), 1))
    weights[:, shifting] = 0.0
    late = np.array([reason.late for reason in reasons])
    weights *= np.where((deals.stage >= _LATE)[:, None] & late, company.late_factor, 1.0)
    hot = deals.product == [product[0] for product in PRODUCTS].index(company.hot_product)
    weights[:, names.index(company.hot_reason)] *= np.where(hot, company.hot_factor, 1.0)
    edges = np.cumsum(weights, axis=1)
    uniform = draws.uniform(len(deals)) * edges[:, -1]
    other = np.minimum((uniform[:, None] >= edges).sum(axis=1), len(reasons) - 1)
    share = np.where(deals.closed // DAY >= shift_day, company.shift_share, reasons[shifting].share)
    return np.where(draws.uniform(len(deals)) < share, shifting, other).astype(np.int64)


def _written(company: Company, draws: Draws, careless: Bools, reason: Ints, other: int) -> Ints:
    uniform = draws.uniform(len(reason))
    blank = np.where(careless, company.careless_blank, company.blank_reason)
    vague = np.where(careless, company.careless_other, company.other_reason)
    return np.where(uniform < blank, -1, np.where(uniform < blank + vague, other, reason)).astype(np.int64)
