"""Which important clients are late against their own rhythm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.classes import HORIZON
from crm_analysis.analyses._abc.purchases import within
from crm_analysis.analyses._abc.retention import pause_ratios
from crm_analysis.analyses._abc.windows import back

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Purchases

DUE = [
    "customer_id", "name", "abc", "money_at_stake", "last_sold_at", "silence_days", "rhythm_days",
    "times_rhythm", "probability", "orders",
]  # fmt: skip
#: Silence is unusual when fewer than this share of pauses last as long.
UNUSUAL = 0.10
#: Purchases on different days that a rhythm needs.
FEWEST_PURCHASES = 3


def due_table(customers: pd.DataFrame, purchases: Purchases) -> tuple[pd.DataFrame, int]:
    """List A and B clients silent for unusually long, worst first.

    How unusual is judged by the pauses of all A and B clients, each as a multiple of the other pauses of its
    client: ``probability`` is the share of them that lasted at least as long. ``money_at_stake`` is what the
    client bought in the 365 days up to its last order.

    Returns
    -------
    tuple
        The table, and the number of A and B clients whose rhythm is known.
    """
    important = customers["abc"].isin(["A", "B"])
    rows = within(purchases.bought, (back(purchases.end, HORIZON), purchases.end))
    rows = rows[rows["client"].isin(customers.index[important])]
    days = rows.groupby("client")["day"].agg(["min", "max", "size"])
    days = days[days["size"] >= FEWEST_PURCHASES]
    ratios = pause_ratios(rows)
    rhythm = (days["max"] - days["min"]).dt.days / (days["size"] - 1)
    silence = (purchases.end - days["max"]).dt.days
    times = silence / rhythm
    longer = len(ratios) - np.searchsorted(ratios, times * (1 - 1e-9), side="left")
    frame = customers.loc[days.index, ["customer_id", "name", "abc", "last_sold_at"]].assign(
        silence_days=silence,
        rhythm_days=rhythm,
        times_rhythm=times,
        probability=(1 + longer) / (1 + len(ratios)),
        orders=customers.loc[days.index, "all_orders"],
        money_at_stake=_last_year(purchases, days.index),
    )
    late = frame[frame["probability"] <= UNUSUAL]
    late = late.sort_values(["money_at_stake", "customer_id"], ascending=[False, True], kind="stable")
    return late[DUE].reset_index(drop=True), len(days)


def _last_year(purchases: Purchases, clients: pd.Index) -> pd.Series:
    """Revenue of each client in the 365 days up to and with the day of its last order."""
    rows = purchases.days
    last = purchases.last.iloc[rows["client"]].to_numpy()
    year = rows[(rows["day"] > last - pd.Timedelta(days=365)) & (rows["day"] <= last)]
    money: pd.Series = year.groupby("client")["revenue"].sum().round(6).reindex(clients)
    return money
