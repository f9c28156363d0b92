"""Every open deal in one row: its age, time in its stage, contacts, and why it needs a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._deals.limits import AGE, OF_STAGE, POOLED
from crm_analysis.analyses._deals.stages import days_between, instant, stays, today
from crm_analysis.analyses._lines import NOT_STATED, fetch, stated
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from crm_analysis.analyses._deals.limits import Limits
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

STEM = "open_deals"
DEALS = [
    "deal_id", "customer", "owner", "stage", "amount", "age_days", "stage_age_days", "expected_close_on",
    "last_activity_at", "next_activity_at", "win_probability", "expected_amount", "stalled", "why",
    "state", "limit_days", "idle_days", "overdue", "contacts", "customer_id", "channel", "product",
    "created_at", "least_age_days",
]  # fmt: skip
_TEXTS = ("deal_id", "customer", "owner", "stage", "why", "state", "customer_id", "channel", "product")
_MOMENTS = ("expected_close_on", "last_activity_at", "next_activity_at", "created_at")
_NUMBERS = ("amount", "age_days", "stage_age_days", "idle_days")
#: Contacts are counted over so many days up to the end.
CONTACT_DAYS = 90
IN_TIME, STALLED, LONG_STALLED, UNKNOWN = "in time", "stalled", "long stalled", "unknown"


def deal_rows(
    view: PeriodView, order: tuple[str, ...], limits: Limits, probabilities: pd.DataFrame
) -> pd.DataFrame:
    """Return ``DEALS``, a row a deal open at the end: stalled ones first, then by amount.

    Parameters
    ----------
    view
        The view; its end is "today".
    order
        Stages from first to last.
    limits
        What is unusually long.
    probabilities
        ``deal_id, win_probability`` of open deals; a deal without a row has no probability.
    """
    frame = _fetched(view, order)
    frame["state"], frame["limit_days"] = _states(frame, limits)
    frame["stalled"] = frame["state"].isin([STALLED, LONG_STALLED])
    known = probabilities.set_index("deal_id")["win_probability"]
    frame["win_probability"] = frame["deal_id"].map(known).astype("float64")
    frame["expected_amount"] = frame["amount"] * frame["win_probability"]
    # a deal without a day of creation is at least as old as what is known of it
    known_days = frame[["stage_age_days", "idle_days"]].max(axis=1)
    frame["least_age_days"] = frame["age_days"].fillna(np.floor(known_days))
    frame["why"] = _reasons(view, frame, limits)
    frame = frame.astype(dict.fromkeys(_TEXTS, "str"))
    frame["size"] = -frame["amount"].fillna(0.0)
    frame["turn"] = frame["state"].map({LONG_STALLED: 1, STALLED: 1}).fillna(2)
    frame = frame.sort_values(["turn", "size", "deal_id"], kind="stable", ignore_index=True)
    return frame[DEALS]


def _fetched(view: PeriodView, order: tuple[str, ...]) -> pd.DataFrame:
    """Fetch the open deals with what surrounds them."""
    deals, end = view.open_at_end, instant(today(view))
    chosen = {
        "deal_id": deals.deal_id,
        **{name: _text(deals, name) for name in ("customer_id", "owner", "stage", "channel", "product")},
        "amount": deals.amount.cast("float64") if "amount" in deals.columns else ibis.null("float64"),
        "created_at": deals.created_at,
        "expected_close_on": _moment(deals, "expected_close_on"),
    }
    rows = deals.select(**chosen)
    rows = _with_customer(view, rows)
    rows = _with_stage_entry(view, rows, order)
    rows = _with_activities(view, rows)
    last = ibis.null("timestamp")
    if _records(view):
        last = rows.last_activity_at.coalesce(rows.created_at, rows.stage_entered_at)
    rows = rows.mutate(
        age_days=days_between(rows.created_at, end),
        stage_age_days=days_between(rows.stage_entered_at, end),
        idle_days=days_between(last, end),
    )
    frame = fetch(rows, "deal_id")
    for name in _MOMENTS:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    frame = frame.astype(dict.fromkeys(_NUMBERS, "float64"))
    counted = [name for name in ("overdue", "contacts") if frame[name].notna().any() or _records(view)]
    frame[counted] = frame[counted].fillna(0)
    return frame.astype({"overdue": "float64", "contacts": "float64"})


def _text(deals: ibis.Table, name: str) -> ibis.Value:
    if name not in deals.columns:
        return ibis.literal(NOT_STATED if name in ("owner", "stage") else "")
    return stated(deals[name]) if name in ("owner", "stage") else deals[name].cast("string").fill_null("")


def _moment(deals: ibis.Table, name: str) -> ibis.Value:
    return deals[name].cast("timestamp") if name in deals.columns else ibis.null("timestamp")


def _with_customer(view: PeriodView, rows: ibis.Table) -> ibis.Table:
    """Add the name of the client; its id where there is none."""
    if not view.has("customers", "name"):
        return rows.mutate(customer=rows.customer_id)
    names = view.dataset.table("customers").select(found_id="customer_id", found_name="name")
    rows = rows.left_join(names, rows.customer_id == names.found_id)
    return rows.mutate(customer=rows.found_name.coalesce(rows.customer_id)).drop("found_id", "found_name")


def _with_stage_entry(view: PeriodView, rows: ibis.Table, order: tuple[str, ...]) -> ibis.Table:
    """Add the moment at which the deal entered the stage it is in."""
    if not (view.has("stage_history") and order):
        return rows.mutate(stage_entered_at=ibis.null("timestamp"))
    entered = stays(view, order).filter(_.status == "open", _.left_at.isnull())
    last = entered.group_by(found_id="deal_id").agg(stage_entered_at=_.entered_at.max())
    return rows.left_join(last, rows.deal_id == last.found_id).drop("found_id")


def _records(view: PeriodView) -> bool:
    return view.has("activities", "deal_id", "done_at")


def _with_activities(view: PeriodView, rows: ibis.Table) -> ibis.Table:
    """Add the last contact, the next planned one, those overdue, and how many there were of late."""
    if not view.has("activities", "deal_id"):
        nothing = {"last_activity_at": "timestamp", "next_activity_at": "timestamp",
                   "overdue": "int64", "contacts": "int64"}  # fmt: skip
        return rows.mutate(**{name: ibis.null(kind) for name, kind in nothing.items()})
    acts, end = view.activities.filter(_.deal_id.notnull()), instant(today(view))
    since = instant((pd.Timestamp(today(view)) - pd.Timedelta(days=CONTACT_DAYS)).date())
    done = acts.done_at if "done_at" in acts.columns else ibis.null("timestamp")
    due = acts.due_at if "due_at" in acts.columns else ibis.null("timestamp")
    acts = acts.select(found_id=acts.deal_id, done=done, due=due)
    planned = acts.done.isnull()
    found = acts.group_by("found_id").agg(
        last_activity_at=acts.done.max(),
        next_activity_at=acts.due.min(where=planned & (acts.due >= end)),
        overdue=(planned & (acts.due < end)).fill_null(False).sum(),
        contacts=(acts.done >= since).fill_null(False).sum(),
    )
    return rows.left_join(found, rows.deal_id == found.found_id).drop("found_id")


def _states(frame: pd.DataFrame, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Say of each deal whether it has been where it is for unusually long, with the limit used."""
    stages = {stage: limits.of(stage) for stage in frame["stage"].unique()}
    limit, long = (
        frame["stage"].map({stage: row[name] for stage, row in stages.items()}).to_numpy(dtype=float)
        for name in ("limit_days", "long_days")
    )
    measured = frame["age_days" if limits.by_age else "stage_age_days"].to_numpy(dtype=float)
    # limits are in whole days: a deal is beyond one when a further whole day is over
    days = np.floor(measured)
    unknown = np.isnan(days) | np.isnan(limit)
    with np.errstate(invalid="ignore"):
        state = np.select([unknown, days > long, days > limit], [UNKNOWN, LONG_STALLED, STALLED], IN_TIME)
    return state, limit


def _reasons(view: PeriodView, frame: pd.DataFrame, limits: Limits) -> list[str]:
    """Say of each deal in a few words why it needs a look; empty where nothing does."""
    teller = _Teller(view, limits)
    return [teller.say(row) for row in frame.to_dict("records")]


class _Teller:
    """Words for why a deal needs a look."""

    def __init__(self, view: PeriodView, limits: Limits) -> None:
        self.words: Words = view.context.words
        self.today = pd.Timestamp(today(view))
        self.limits = limits
        self.plans = view.has("activities", "deal_id", "due_at")
        self.stages: dict[str, dict[str, Any]] = {}

    def say(self, row: dict[Any, Any]) -> str:
        parts = [self._stalled(row), self._expected(row), self._idle(row), self._next(row)]
        return "; ".join(part for part in parts if part)

    def _days(self, days: float) -> str:
        return self.words.counted(int(np.floor(days)), "day")

    def _stalled(self, row: dict[Any, Any]) -> str:
        if not row["stalled"]:
            return ""
        limit = self.stages.setdefault(row["stage"], self.limits.of(row["stage"]))
        key = {OF_STAGE: "why.stage", POOLED: "why.any_stage", AGE: "why.age"}[limit["basis"]]
        days = row["age_days"] if self.limits.by_age else row["stage_age_days"]
        name = self.words.name(row["stage"])
        return sentence(STEM, key, days=self._days(days), stage=name, limit=self._days(limit["limit_days"]))

    def _expected(self, row: dict[Any, Any]) -> str:
        day = row["expected_close_on"]
        if pd.isna(day) or day >= self.today:
            return ""
        return sentence(STEM, "why.expected", days=self._days((self.today - day).days))

    def _idle(self, row: dict[Any, Any]) -> str:
        if not row["idle_days"] > self.limits.idle_days:
            return ""
        return sentence(STEM, "why.idle", days=self._days(row["idle_days"]))

    def _next(self, row: dict[Any, Any]) -> str:
        if not self.plans:
            return ""
        if row["overdue"] > 0:
            return sentence(STEM, "why.overdue", count=self.words.counted(row["overdue"], "planned contact"))
        return sentence(STEM, "why.no_next") if pd.isna(row["next_activity_at"]) else ""
