"""The clients of the analysis of segments: what each bought, earned and decided in the window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.purchases import read_purchases
from crm_analysis.analyses._abc.windows import back, choose_windows
from crm_analysis.analyses._lines import NOT_STATED, fetch, lines_to_date, money, stated
from crm_analysis.analyses._segments.labels import dimensions
from crm_analysis.stats.concentration import abc_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._abc.purchases import Purchases, Span
    from crm_analysis.analyses._abc.windows import Windows
    from crm_analysis.analyses._segments.labels import Dimensions
    from crm_analysis.view import PeriodView

#: A client whose first order lies this many months after the records begin is new; before, nobody knows.
_RECORDS_BEFORE = 12


@dataclass(frozen=True)
class Book:
    """Clients with any order line or deal to date, and their segments.

    Parameters
    ----------
    clients
        A row a client, sorted by ``customer_id``: ``revenue`` and ``orders`` of the window, ``active`` in it,
        ``period_revenue``, ``previous_revenue`` (of the comparison period), ``abc``, ``new`` (first order in
        the window), ``margin`` and ``costed`` (revenue of the lines whose cost is known), ``closed``,
        ``won``, ``won_amount``, ``won_priced`` (won deals with an amount), ``new_cost`` (what a new client of
        its channel cost; missing where unknown).
    waits
        A row a deal at risk of a decision in the window: ``client`` (position; -1 without one), ``entry``,
        ``days``, ``decided``.
    nobody
        The same figures as in ``clients`` for lines and deals that name no client.
    dimensions, purchases, windows
        Segments of the clients; their order lines; the windows.
    """

    clients: pd.DataFrame
    waits: pd.DataFrame
    nobody: dict[str, float]
    dimensions: Dimensions
    purchases: Purchases
    windows: Windows
    has_cost: bool
    has_deals: bool
    has_spend: bool
    newcomers_known: bool

    @cached_property
    def codes(self) -> dict[str, tuple[NDArray[np.int64], list[str]]]:
        """Per dimension the number of each client's segment, and the segments by that number."""
        made = {}
        for name, labels in self.dimensions.labels.items():
            codes, names = pd.factorize(labels, sort=True)
            made[name] = (codes.astype(np.int64), [str(label) for label in names])
        return made


def read_book(view: PeriodView) -> Book:
    """Read the clients and what the window says of each."""
    purchases = read_purchases(view)
    windows = choose_windows(view, purchases.first_sale)
    closed, waits = _closed(view, windows.now), _waits(view, windows.now)
    ids = sorted({*purchases.ids, *closed["customer_id"].dropna(), *waits["customer_id"].dropna()})
    clients = pd.DataFrame({"customer_id": np.asarray(ids, dtype=object)})
    place = pd.Series(np.arange(len(ids)), index=clients["customer_id"])
    bought = pd.DataFrame(
        {
            "revenue": purchases.revenue(windows.now),
            "orders": purchases.orders(windows.now),
            "active": purchases.active(windows.now),
            "period_revenue": purchases.revenue(windows.period),
            "previous_revenue": np.nan
            if windows.comparison is None
            else purchases.revenue(windows.comparison),
            "first": purchases.newcomers.to_numpy(),
        },
        index=purchases.ids,
    ).reindex(clients["customer_id"])
    known_since = None if purchases.first_sale is None else purchases.first_sale
    newcomers_known = known_since is not None and known_since <= back(windows.now[0], _RECORDS_BEFORE)
    costs = _margins(view, windows.now)
    for frame in (costs, closed):
        bought = bought.join(frame.dropna(subset="customer_id").set_index("customer_id"))
    clients = bought.rename_axis("customer_id").reset_index()
    numbers = ["revenue", "orders", "period_revenue", "closed", "won", "won_amount", "won_priced"]
    clients[numbers] = clients[numbers].fillna(0.0)
    clients["active"] = clients["active"].eq(True)
    clients["new"] = (clients["first"] >= windows.now[0]) & newcomers_known
    clients["abc"] = abc_classes(clients["revenue"], tuple(view.dataset.settings.abc_limits))
    segments = dimensions(view, clients["customer_id"].to_numpy(dtype=object), view.context.words)
    clients["new_cost"] = _acquisition(view, windows.now, clients, segments.labels.get("channel"))
    waits["client"] = waits["customer_id"].map(place).fillna(-1).astype("int64")
    return Book(
        clients=clients,
        waits=waits.drop(columns="customer_id"),
        nobody=_nobody(purchases, windows, closed, costs),
        dimensions=segments,
        purchases=purchases,
        windows=windows,
        has_cost=bool(costs["costed"].notna().any()),
        has_deals=bool(closed["closed"].sum()),
        has_spend=view.has("marketing_costs"),
        newcomers_known=newcomers_known,
    )


def inside(moment: ibis.Value, span: Span) -> ibis.Value:
    """Say whether a moment lies in a half-open span."""
    start, end = (ibis.timestamp(f"{day:%Y-%m-%d} 00:00:00") for day in span)
    return ((moment >= start) & (moment < end)).fill_null(False)


def _margins(view: PeriodView, window: Span) -> pd.DataFrame:
    """Margin and revenue of the lines with a known cost, a client."""
    columns = ["customer_id", "margin", "costed"]
    if not view.has_amounts:
        return pd.DataFrame(columns=columns)
    lines = lines_to_date(view)
    lines = lines.filter(inside(lines.sold_at, window) & lines.cost.notnull() & lines.amount.notnull())
    sums = lines.group_by("customer_id").agg(
        margin=money(lines.amount) - money(lines.cost), costed=money(lines.amount)
    )
    frame = fetch(sums, "customer_id")[columns]
    return frame.astype({"margin": float, "costed": float}).round(6)


def _closed(view: PeriodView, window: Span) -> pd.DataFrame:
    """Deals won and lost in the window, a client."""
    columns = ["customer_id", "closed", "won", "won_amount", "won_priced"]
    if not view.has("deals"):
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in columns}).astype(
            {"customer_id": object}
        )
    deals = view.deals.filter(inside(view.deals.closed_at, window))
    deals = deals.mutate(
        customer_id=deals.customer_id if "customer_id" in deals.columns else ibis.null("string"),
        amount=deals.amount if "amount" in deals.columns else ibis.null("float64"),
    )
    won = deals.status == "won"
    sums = deals.group_by("customer_id").agg(
        closed=deals.count(),
        won=won.sum(),
        won_amount=money(deals.amount, won).fill_null(0.0),
        won_priced=(won & deals.amount.notnull()).sum(),
    )
    return fetch(sums, "customer_id")[columns].astype(dict.fromkeys(columns[1:], float))


def _waits(view: PeriodView, window: Span) -> pd.DataFrame:
    """Days from first contact (else creation) to decision, for deals undecided when the window began."""
    columns = ["customer_id", "entry", "days", "decided"]
    empty = pd.DataFrame({"customer_id": pd.Series(dtype=object), "entry": [], "days": [], "decided": []})
    if not view.has("deals"):
        return empty
    deals = view.deals
    began = deals.created_at
    if "first_contact_at" in deals.columns:
        began = deals.first_contact_at.coalesce(deals.created_at)
    start, end = (ibis.timestamp(f"{day:%Y-%m-%d} 00:00:00") for day in window)
    decided = ((deals.status != "open") & (deals.closed_at < end)).fill_null(False)
    until = decided.ifelse(deals.closed_at, end)
    rows = deals.mutate(
        customer_id=deals.customer_id if "customer_id" in deals.columns else ibis.null("string"),
        began=began,
        decided=decided,
        days=(until.epoch_seconds() - began.epoch_seconds()) / 86400,
        entry=(start.epoch_seconds() - began.epoch_seconds()) / 86400,
    )
    rows = rows.filter(rows.began.notnull() & (rows.began < end) & (~decided | (deals.closed_at >= start)))
    frame = fetch(rows.select(*columns), "customer_id", "days", "entry", "decided")
    # a deal decided at the very beginning of the window was still at risk in it
    frame["entry"] = (frame["entry"] - 1e-6).clip(lower=0.0).astype(float)
    frame["days"] = frame["days"].clip(lower=0.0).astype(float)
    return frame.astype({"customer_id": object, "decided": float})


def _acquisition(
    view: PeriodView, window: Span, clients: pd.DataFrame, channels: NDArray[np.object_] | None
) -> NDArray[np.float64]:
    """Divide what was spent on the channel of each new client by the new clients of that channel."""
    cost = np.full(len(clients), np.nan)
    new = clients["new"].to_numpy()
    if channels is None or not view.has("marketing_costs") or not new.any():
        return cost
    spent = view.marketing_costs
    spent = spent.filter(inside(spent.spent_on.cast("timestamp"), window))
    sums = fetch(spent.group_by(channel=stated(spent.channel)).agg(spent=money(spent.amount)), "channel")
    if sums.empty:
        return cost
    by_channel = dict(zip(sums["channel"], sums["spent"].astype(float), strict=True))
    for channel in set(channels[new]) - {NOT_STATED}:
        of_it = new & (channels == channel)
        # a channel on which nothing was booked costs nothing
        cost[of_it] = by_channel.get(channel, 0.0) / of_it.sum()
    return cost


def _nobody(
    purchases: Purchases, windows: Windows, closed: pd.DataFrame, costs: pd.DataFrame
) -> dict[str, float]:
    deals = closed[closed["customer_id"].isna()]
    lines = costs[costs["customer_id"].isna()]
    figures = {name: float(deals[name].sum()) for name in ("closed", "won", "won_amount", "won_priced")}
    return figures | {
        "revenue": purchases.without_client(windows.now),
        "period_revenue": purchases.without_client(windows.period),
        "margin": float(lines["margin"].sum()),
        "costed": float(lines["costed"].sum()),
    }
