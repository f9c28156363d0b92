"""What was done and is planned, by owner and kind, and which clients are cared for how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._deals.owners import with_owner
from crm_analysis.analyses._deals.pipeline import total
from crm_analysis.analyses._deals.rows import CONTACT_DAYS
from crm_analysis.analyses._deals.stages import SECONDS_A_DAY, days_between, instant, today
from crm_analysis.analyses._lines import fetch, stated

if TYPE_CHECKING:
    from crm_analysis.analyses._deals.limits import Limits
    from crm_analysis.view import PeriodView

ACTIVITIES = ["owner", "contact_kind", "done", "previous", "planned", "overdue", "oldest_days"]
INTENSITY = [
    "customer", "open_deals", "open_amount", "expected_amount", "share", "contacts", "share_of_contacts",
    "idle_days", "last_activity_at", "next_activity_at", "quiet", "customer_id",
]  # fmt: skip


def activity_table(view: PeriodView) -> pd.DataFrame:
    """Return ``ACTIVITIES``, a row an owner and kind of contact.

    ``done`` in the period, ``previous`` in the comparison period; ``planned``: due at the end or later;
    ``overdue``: due before the end, not done, of deals that are not decided; ``oldest_days``: since the
    oldest of these was due.
    """
    if not view.has("activities"):
        return _typed(pd.DataFrame(columns=ACTIVITIES))
    acts, end = with_owner(view), instant(today(view))
    done = acts.done_at if "done_at" in acts.columns else ibis.null("timestamp")
    due = acts.due_at if "due_at" in acts.columns else ibis.null("timestamp")
    acts = acts.mutate(done=done, due=due, contact_kind=stated(acts.kind), alive=ibis.literal(value=True))
    if "deal_id" in acts.columns:
        decided = view.outcomes.filter(_.status != "open").select(found_id="deal_id")
        acts = acts.left_join(decided, acts.deal_id == decided.found_id)
        acts = acts.mutate(alive=acts.found_id.isnull())
    waiting = acts.done.isnull() & acts.alive
    late = (waiting & (acts.due < end)).fill_null(False)
    before = ibis.literal(value=False)
    if (compared := view.coverage.comparison) is not None:
        before = (acts.done >= instant(compared.start)) & (acts.done < instant(compared.end))
    groups = acts.group_by("owner", "contact_kind").agg(
        done=(acts.done >= instant(view.period.start)).fill_null(False).sum(),
        previous=before.fill_null(False).sum(),
        planned=(waiting & (acts.due >= end)).fill_null(False).sum(),
        overdue=late.sum(),
        oldest_days=days_between(acts.due.min(where=late), end),
    )
    table = fetch(groups, "owner", "contact_kind")
    table["previous"] = table["previous"] if compared is not None else np.nan
    some = table[["done", "planned", "overdue"]].sum(axis=1) + table["previous"].fillna(0) > 0
    return _typed(table[some].reset_index(drop=True))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = {
        "owner": "str", "contact_kind": "str", "done": "int64", "previous": "float64", "planned": "int64",
        "overdue": "int64", "oldest_days": "float64",
    }  # fmt: skip
    return table[ACTIVITIES].astype(kinds)


def intensity_table(view: PeriodView, deals: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Return ``INTENSITY``, a row a client with open deals, most open money first.

    ``contacts`` in the 90 days to the end, on any matter; ``share`` of the open money (of the open deals
    where no amount is known), ``share_of_contacts`` of the contacts with these clients; ``quiet``: no contact
    for longer than nineteen of twenty pauses on won deals last.
    """
    named = deals[deals["customer_id"] != ""]
    groups = named.groupby("customer_id", sort=True)
    table = groups.agg(
        customer=("customer", "first"), open_deals=("deal_id", "size"), open_amount=("amount", total),
        expected_amount=("expected_amount", total),
        waited=("idle_days", "max"),
    ).reset_index()  # fmt: skip
    weight = table["open_amount"] if table["open_amount"].sum() > 0 else table["open_deals"]
    table["share"] = weight / weight.sum() if len(table) else np.nan
    table = table.merge(_contacts(view), on="customer_id", how="left")
    if view.has("activities", "done_at"):
        table["contacts"] = table["contacts"].fillna(0.0)
        whole = table["contacts"].sum()
        table["share_of_contacts"] = table["contacts"] / whole if whole > 0 else np.nan
        silent = (pd.Timestamp(today(view)) - table["last_activity_at"]).dt.total_seconds() / SECONDS_A_DAY
        # who was never contacted has waited since the oldest deal came up
        table["idle_days"] = silent.fillna(table["waited"])
    else:
        table[["share_of_contacts", "idle_days"]] = np.nan
    known = np.isfinite(limits.idle_days) & table["idle_days"].notna()
    # whether a client waits is not known where no contacts are: that is neither yes nor no
    table["quiet"] = (table["idle_days"] > limits.idle_days).astype(object).where(known, None)
    order = table.assign(first=-table["open_amount"].fillna(0.0), second=-table["open_deals"])
    order = order.sort_values(["first", "second", "customer_id"], kind="stable", ignore_index=True)
    figures = ("open_amount", "expected_amount", "share", "contacts", "share_of_contacts", "idle_days")
    return order[INTENSITY].astype(
        {"customer": "str", "customer_id": "str", "open_deals": "int64", **dict.fromkeys(figures, "float64")}
    )


def _contacts(view: PeriodView) -> pd.DataFrame:
    """Return the contacts of each client, by the client they name or that of their deal."""
    moments = ["last_activity_at", "next_activity_at"]
    if not view.has("activities", "done_at"):
        empty = pd.DataFrame({"customer_id": pd.Series(dtype="str"), "contacts": pd.Series(dtype="float64")})
        return empty.assign(**{name: pd.Series(dtype="datetime64[us]") for name in moments})
    acts, end = view.activities, instant(today(view))
    client = acts.customer_id if "customer_id" in acts.columns else ibis.null("string")
    due = acts.due_at if "due_at" in acts.columns else ibis.null("timestamp")
    acts = acts.mutate(client=client, due=due)
    if "deal_id" in acts.columns and "customer_id" in view.outcomes.columns:
        of_deal = view.outcomes.select(found_id="deal_id", deal_client="customer_id")
        acts = acts.left_join(of_deal, acts.deal_id == of_deal.found_id)
        acts = acts.mutate(client=acts.client.coalesce(acts.deal_client))
    # only clients with open deals are asked about
    if "customer_id" not in view.outcomes.columns:
        acts = acts.filter(ibis.literal(value=False))
    else:
        acts = acts.filter(acts.client.isin(view.open_at_end.customer_id))
    since = instant((pd.Timestamp(today(view)) - pd.Timedelta(days=CONTACT_DAYS)).date())
    groups = acts.group_by(customer_id=acts.client).agg(
        contacts=(acts.done_at >= since).fill_null(False).sum(),
        last_activity_at=acts.done_at.max(),
        next_activity_at=acts.due.min(where=acts.done_at.isnull() & (acts.due >= end)),
    )
    table = fetch(groups, "customer_id").astype({"customer_id": "str", "contacts": "float64"})
    return table.assign(**{name: pd.to_datetime(table[name]).astype("datetime64[us]") for name in moments})
