"""A made company whose deals move by known chances, and the forecast of the made-up company of the demo."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from tests.demo_company import demo_view

from crm_analysis.analyses._deals.forecast import forecast


@cache
def demo_forecast():
    """Return what the deals of the made-up company will bring, computed once for all tests that ask."""
    return forecast(demo_view())


def company(
    months=36,
    *,
    seed=0,
    inflow=25,
    promised=(0.3, 0.7),
    quick=False,
    amounts=True,
    history=True,
    surges=False,
    begins="2023-01-01",
):
    """Make deals that wait in Talk, then in Offer, and are won with .3 from Talk on.

    ``quick``: decided on the day they come. ``surges``: every fifth month brings four times the deals.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    starts = pd.date_range(begins, periods=months, freq="MS")
    end = starts[-1] + pd.DateOffset(months=1)
    deals, entries = [], []
    for number, start in enumerate(starts):
        factor = (4 if number % 5 == 2 else 0.5) if surges else 1
        for _ in range(generator.poisson(inflow * factor)):
            created = start + pd.Timedelta(days=generator.uniform(0, start.days_in_month))
            talk, offer = (0.01, 0.01) if quick else generator.uniform((25, 30), (40, 50))
            reaches, wins = generator.random() < 0.6, generator.random() < 0.5
            decided = created + pd.Timedelta(days=talk + offer * reaches)
            amount = float(np.round(1000 * generator.lognormal(0, 0.6), 2))
            status = "open" if decided >= end else "won" if reaches and wins else "lost"
            name = f"D{len(deals):05d}"
            deals.append((name, status, created, decided if status != "open" else pd.NaT, amount))
            entries.append((name, "Talk", created))
            if reaches and created + pd.Timedelta(days=talk) < end:
                entries.append((name, "Offer", created + pd.Timedelta(days=talk)))
    table = pd.DataFrame(deals, columns=["deal_id", "status", "created_at", "closed_at", "amount"])
    for column in ("created_at", "closed_at"):
        table[column] = table[column].dt.floor("s")
    made = {"deals": table if amounts else table.drop(columns="amount")}
    if history:
        rows = pd.DataFrame(entries, columns=["deal_id", "stage", "entered_at"])
        made["stage_history"] = rows.assign(entered_at=rows["entered_at"].dt.floor("s"))
        made["stages"] = pd.DataFrame(
            {"stage": ["Talk", "Offer"], "position": [1, 2], "probability": list(promised)}
        )
    return made
