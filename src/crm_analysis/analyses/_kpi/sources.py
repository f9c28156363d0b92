"""What the process KPIs are made from: deals with their dates, contacts and spend by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._deals.stages import SECONDS_A_DAY
from crm_analysis.analyses._lines import fetch, money, stated
from crm_analysis.stats.period_survival import JUST_BEFORE

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

#: An activity of this kind is a note to oneself, no contact with a client.
NO_CONTACT = "task"
_MOST_KINDS = 5
OTHER_KINDS = "other kinds"
#: How a deal ends.
WON, LOST = 1, 2


@dataclass(frozen=True)
class Deals:
    """The deals to date.

    Parameters
    ----------
    frame
        A row a deal, sorted by ``deal_id``: ``begun`` (first contact, else creation), ``known`` (creation,
        else first contact) and ``ended`` (decision) in days since 1970, missing where unknown or open;
        ``won``, ``customer_id``, ``amount``.
    undated
        Deals that cannot be followed: without a beginning, or with one after their decision.
    has_first_contact
        Whether any deal names its first contact.
    """

    frame: pd.DataFrame
    undated: int
    has_first_contact: bool

    @property
    def dated(self) -> pd.DataFrame:
        """The deals whose beginning is known."""
        rows = self.frame
        return rows[rows["begun"].notna() & ~(rows["ended"] < rows["begun"])]

    @property
    def won(self) -> pd.DataFrame:
        """The deals won."""
        return self.frame[self.frame["won"]]

    def followed(self, end: pd.Timestamp) -> pd.DataFrame:
        """Say how long each dated deal was watched until a day, and how that ended.

        ``time`` in days since its beginning; ``status``: 0 open, ``WON``, ``LOST``; ``entry``: its age when
        the records begin. Records may begin with the deals open then; others as old had been decided and are
        not on record.
        """
        rows = self.dated
        today = max((end - pd.Timestamp(0)) / pd.Timedelta(days=1), float(rows["begun"].max()))
        first = float(rows["ended"].min())
        return pd.DataFrame(
            {
                "time": rows["ended"].fillna(today) - rows["begun"],
                "status": np.where(rows["ended"].isna(), 0, np.where(rows["won"], WON, LOST)),
                "entry": (first - rows["begun"] - JUST_BEFORE).clip(lower=0).fillna(0),
            }
        )


def read_deals(view: PeriodView) -> Deals | None:
    """Fetch the dates of the deals, what they were worth and whose they were; None without deals."""
    if not view.has("deals"):
        return None
    deals = view.deals
    created = deals.created_at
    contact = deals.first_contact_at if "first_contact_at" in deals.columns else None
    begun = created if contact is None else ibis.coalesce(contact, created)
    known = created if contact is None else ibis.coalesce(created, contact)
    blank = {"customer_id": ibis.null("string"), "amount": ibis.null("float64")}
    held = {name: deals[name] if name in deals.columns else value for name, value in blank.items()}
    frame = fetch(
        deals.select(
            "deal_id",
            begun=_days(begun),
            known=_days(known),
            ended=_days(deals.closed_at),
            won=(deals.status == "won"),
            first=ibis.literal(value=False) if contact is None else contact.notnull(),
            customer_id=held["customer_id"],
            amount=held["amount"].cast("float64"),
        ),
        "deal_id",
    )
    wrong = frame["begun"].isna() | (frame["ended"] < frame["begun"])
    return Deals(frame.drop(columns="first"), int(wrong.sum()), bool(frame["first"].any()))


def contacts_by_day(view: PeriodView) -> pd.DataFrame | None:
    """Count the contacts on deals: ``day, kind, contacts``; None where the data hold none that were made.

    Rare kinds are counted together. Contacts that name no deal are care of existing clients and do not
    count, unless no activity names any.
    """
    done = _contacts(view)
    if done is None:
        return None
    frame = fetch(
        done.group_by(day=done.done_at.date(), kind=stated(done.kind).lower()).agg(contacts=done.count()),
        "day", "kind",
    )  # fmt: skip
    if frame.empty:
        return None
    totals = frame.groupby("kind")["contacts"].sum().sort_values(ascending=False, kind="stable")
    if len(totals) > _MOST_KINDS + 1:
        frame["kind"] = frame["kind"].where(frame["kind"].isin(totals.index[:_MOST_KINDS]), OTHER_KINDS)
    frame["day"] = pd.to_datetime(frame["day"]).astype("datetime64[s]")
    return frame.groupby(["day", "kind"])["contacts"].sum().reset_index()


def contacts_on_won(view: PeriodView) -> pd.DataFrame:
    """Count the contacts of each won deal up to the day of its decision: ``ended, contacts``."""
    empty = pd.DataFrame({"ended": [], "contacts": []}, dtype=float)
    done = _contacts(view)
    if done is None or "deal_id" not in done.columns or not view.has("deals"):
        return empty
    deals = view.deals
    won = deals.filter(deals.status == "won").select(
        won_id=deals.deal_id, ended=_days(deals.closed_at), closed_on=deals.closed_at.date()
    )
    # a decision without a time of day counts as midnight; its contacts may be later that day
    joined = won.left_join(done, [won.won_id == done.deal_id, done.done_at.date() <= won.closed_on])
    counted = joined.group_by("won_id", "ended").agg(contacts=joined.done_at.count())
    return fetch(counted, "won_id")[["ended", "contacts"]].astype(float)


def spend_by_day(view: PeriodView) -> pd.DataFrame | None:
    """Add up what marketing cost: ``day, amount``; None where the data hold no expense."""
    if not view.has("marketing_costs"):
        return None
    costs = view.marketing_costs
    frame = fetch(costs.group_by(day=costs.spent_on).agg(amount=money(costs.amount)), "day")
    if frame.empty:
        return None
    return frame.assign(day=pd.to_datetime(frame["day"]).astype("datetime64[s]"))


def order_values(view: PeriodView) -> pd.DataFrame:
    """Add up the orders of the table of sales: ``day, customer_id, amount``; returns are no order."""
    lines = view.sales_to_date
    if "customer_id" not in lines.columns:
        lines = lines.mutate(customer_id=ibis.null("string"))
    bought = lines.filter((lines.amount > 0).fill_null(False))
    orders = bought.group_by("sale_id", "customer_id").agg(
        day=bought.sold_at.min().date(), amount=money(bought.amount)
    )
    frame = fetch(orders, "sale_id", "customer_id")
    return frame.assign(day=pd.to_datetime(frame["day"]).astype("datetime64[s]"))


def names_deals(view: PeriodView) -> bool:
    """Say whether any activity names its deal."""
    if not view.has("activities", "deal_id"):
        return False
    return bool(view.activities.deal_id.notnull().any().to_pandas())


def _contacts(view: PeriodView) -> ibis.Table | None:
    if not view.has("activities", "kind", "done_at"):
        return None
    done = view.activities
    done = done.filter(done.done_at.notnull() & (stated(done.kind).lower() != NO_CONTACT))
    return done.filter(done.deal_id.notnull()) if names_deals(view) else done


def _days(moment: ibis.Value) -> Any:
    return moment.epoch_seconds().cast("float64") / SECONDS_A_DAY


def within(frame: pd.DataFrame, column: str, start: float, end: float) -> pd.DataFrame:
    """Return the rows whose figure lies in a half-open range."""
    values = frame[column].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        return frame[(values >= start) & (values < end)]
