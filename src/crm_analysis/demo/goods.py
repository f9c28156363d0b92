"""What is asked for: the mix of products and how it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.names import PRODUCT_SHARES, PRODUCTS

if TYPE_CHECKING:
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.draws import Draws, Floats, Ints
    from crm_analysis.demo.workdays import Calendar


def product_shares(company: Company, *, changed: bool) -> Floats:
    """Share of each product in what is asked for, before or after the change of the mix."""
    weights = np.array(PRODUCT_SHARES)
    if changed:
        weights *= [company.mix_factor if row[1] == company.mix_category else 1.0 for row in PRODUCTS]
    return np.asarray(weights / weights.sum())


def draw_products(company: Company, calendar: Calendar, draws: Draws, day: Ints) -> Ints:
    """Draw the product asked for on each day."""
    uniform = draws.uniform(len(day))
    before, after = (
        np.minimum(
            np.searchsorted(np.cumsum(product_shares(company, changed=changed)), uniform, side="right"),
            len(PRODUCTS) - 1,
        )
        for changed in (False, True)
    )
    return np.where(day >= calendar.number(company.mix_on), after, before).astype(np.int64)
