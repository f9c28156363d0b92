"""The way of clients to the deals decided in a window: contacts in the order of time, won and lost.

Deals come one row a deal and contacts one row a contact, with only what the models need: whole clients are
resampled, which totals do not allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED, fetch, stated
from crm_analysis.stats.attribution import read_paths

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.stats.paths import Paths
    from crm_analysis.view import PeriodView

_DAY = 86_400

#: Where the way of a client is known from, best first.
TOUCHES, TWO_CHANNELS, ONE_CHANNEL, NOTHING = "touches", "two channels", "one channel", "nothing"


@dataclass(frozen=True)
class Ways:
    """The ways of clients to decided deals.

    Parameters
    ----------
    paths
        One path a deal.
    clients
        Whose deal each path is: the unit that is independent of others.
    known_from
        ``touches``, ``two channels`` (of the client and of the deal), ``one channel``, ``nothing``.
    client_touches
        Whether some contacts name the client only, so that the look-back tied them to a deal.
    """

    paths: Paths
    clients: np.ndarray
    known_from: str
    client_touches: bool


def ways(view: PeriodView, start: date, end: date, look_back_days: int) -> Ways:
    """Return the ways to the deals won or lost from ``start`` to before ``end``.

    A contact that names the deal belongs to it, however old; one that names the client only belongs to each
    deal of the client that was created up to ``look_back_days`` after it and not yet decided.
    """
    decided = _decided(view, start, end)
    deals = fetch(decided, "deal_id")
    contacts, client_touches = _contacts(view, decided, look_back_days)
    known_from = TOUCHES
    if contacts.empty:
        contacts, known_from = _channels(view, decided)
    at = pd.Index(deals["deal_id"])
    number = at.get_indexer(contacts["deal_id"])
    won = (deals["status"] == "won").to_numpy()
    timed = known_from == TOUCHES
    paths = read_paths(
        number,
        contacts["channel"].tolist(),
        won=won.astype(int),
        lost=(~won).astype(int),
        age=contacts["age"].to_numpy(dtype=float) if timed else None,
        moment=contacts["touched_at"].to_numpy() if timed else None,
    )
    named = deals["customer_id"].notna()
    clients = np.where(named, "client " + deals["customer_id"].astype("str"), "deal " + deals["deal_id"])
    return Ways(paths, clients, known_from, client_touches)


def _decided(view: PeriodView, start: date, end: date) -> ibis.Table:
    """Deals won or lost in the window: id, client, status, when they began and were decided, channel."""
    deals = view.deals
    closed = deals.closed_at.notnull() & deals.status.isin(["won", "lost"])
    within = (deals.closed_at >= _midnight(start)) & (deals.closed_at < _midnight(end))
    blank = ibis.null("string")
    return deals.filter(closed & within).select(
        "deal_id",
        "status",
        "closed_at",
        customer_id=deals.customer_id if "customer_id" in deals.columns else blank,
        began_at=deals.created_at.coalesce(deals.closed_at),
        last_channel=_known(deals.channel) if "channel" in deals.columns else blank,
    )


def _contacts(view: PeriodView, decided: ibis.Table, look_back_days: int) -> tuple[pd.DataFrame, bool]:
    """Return ``deal_id, channel, age`` of the contacts before a decision, and whether some name no deal."""
    empty = pd.DataFrame({"deal_id": [], "channel": [], "age": []})
    if not view.has("touches"):
        return empty, False
    touches, parts = view.touches, []
    has_deal, has_client = ("deal_id" in touches.columns, "customer_id" in touches.columns)
    channel = stated(touches.channel)
    if has_deal:
        named = touches.filter(touches.deal_id.notnull()).select("deal_id", "touched_at", channel=channel)
        parts.append(named.join(decided.drop("customer_id"), "deal_id"))
    if has_client:
        loose = touches.filter(touches.deal_id.isnull()) if has_deal else touches
        of_client = loose.filter(loose.customer_id.notnull()).select(
            "customer_id", "touched_at", channel=stated(loose.channel)
        )
        joined = of_client.join(decided, "customer_id")
        ahead = joined.began_at.epoch_seconds() - joined.touched_at.epoch_seconds()
        parts.append(joined.filter(ahead <= look_back_days * _DAY).drop("customer_id"))
    frames = [fetch(_aged(part), "deal_id", "touched_at", "channel") for part in parts]
    together = pd.concat(frames, ignore_index=True)
    together = together.sort_values(["deal_id", "touched_at", "channel"], kind="stable", ignore_index=True)
    return together, has_client and bool(len(frames[-1]))


def _aged(joined: ibis.Table) -> ibis.Table:
    # a bare date is midnight: a contact on the day of the decision counts as before it
    before = joined.filter(joined.touched_at.date() <= joined.closed_at.date())
    seconds = before.closed_at.epoch_seconds() - before.touched_at.epoch_seconds()
    age = ibis.greatest(seconds / _DAY, 0.0)
    return before.select("deal_id", "channel", "touched_at", age=age.cast("float64"))


def _channels(view: PeriodView, decided: ibis.Table) -> tuple[pd.DataFrame, str]:
    """Return the channel of the client as the first contact and that of the deal as the last."""
    of_client = view.has("customers", "channel") and view.has("deals", "customer_id")
    of_deal = view.has("deals", "channel")
    if not (of_client or of_deal):
        return pd.DataFrame({"deal_id": [], "channel": []}), NOTHING
    if of_client:
        clients = view.dataset.table("customers")
        known = clients.select("customer_id", first_channel=_known(clients.channel))
        decided = decided.left_join(known, "customer_id")
        first = decided.first_channel
    else:
        first = ibis.null("string")
    frame = fetch(decided.select("deal_id", "last_channel", first_channel=first), "deal_id")
    both = frame.melt("deal_id", ["first_channel", "last_channel"], "place", "channel").dropna()
    both = both.drop_duplicates(["deal_id", "channel"])
    both = both.sort_values(["deal_id", "place"], kind="stable", ignore_index=True)
    return both[["deal_id", "channel"]], TWO_CHANNELS if of_client and of_deal else ONE_CHANNEL


def _known(channel: ibis.Value) -> ibis.Value:
    text = stated(channel)
    return (text == NOT_STATED).ifelse(ibis.null("string"), text)


def _midnight(day: date) -> Any:
    return ibis.timestamp(f"{day} 00:00:00")
