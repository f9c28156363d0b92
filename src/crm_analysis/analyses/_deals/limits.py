"""How long is too long: limits learnt from deals that were won, none of them typed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._deals.pipeline import total
from crm_analysis.analyses._deals.stages import instant, stays, today, whole_days
from crm_analysis.analyses._lines import fetch
from crm_analysis.stats.survival import kaplan_meier

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

LIMITS = [
    "stage", "basis", "n", "median_days", "limit_days", "long_days", "slowest_days", "open_deals", "stalled",
    "long_stalled", "stalled_amount",
]  # fmt: skip
#: Share of the won deals that had moved on by the limit, and by the longer one.
STALLED, LONG = 0.80, 0.95
#: Fewer stays than these teach no limit.
FEWEST_STAYS = 20
#: Deals decided in these last months teach the limits, as long as there are enough of them.
RECENT_MONTHS = 24
#: Stands for the stage where one limit holds for all.
ALL_STAGES = "(all stages)"

#: What a limit rests on.
OF_STAGE, POOLED, AGE, NOTHING = "stage", "all_stages", "decision", "nothing"


@dataclass(frozen=True)
class Limits:
    """What is unusually long.

    Parameters
    ----------
    table
        ``stage, basis, n, median_days, limit_days, long_days, slowest_days``; a row a stage.
    by_age
        Whether the age of the deal is measured, because the time in its stage is not known.
    idle_days
        Pause between two contacts that nineteen of twenty pauses of won deals do not exceed; NaN where
        contacts are not recorded, or too few.
    """

    table: pd.DataFrame
    by_age: bool
    idle_days: float

    def of(self, stage: str) -> dict[str, Any]:
        """Return the row of a stage; of a stage without one, the row for all, else nothing is known."""
        rows = self.table.set_index("stage")
        for name in (stage, ALL_STAGES):
            if name in rows.index:
                return {str(key): value for key, value in rows.loc[name].items()}
        return {"basis": NOTHING, "n": 0, **dict.fromkeys(_FIGURES, np.nan)}


_FIGURES = ("median_days", "limit_days", "long_days", "slowest_days")


def learn_limits(view: PeriodView, order: tuple[str, ...]) -> Limits:
    """Learn from decided deals how long is too long.

    With a history of stages: from the stays of won deals in each stage; where a stage has too few, from
    their stays in any stage. Without one: from the time to the decision of won and lost deals.
    """
    if view.has("stage_history") and order:
        table, by_age = _of_stages(view, order), False
    else:
        table, by_age = _of_age(view), True
    return Limits(table, by_age, _idle(view))


def _recent(view: PeriodView, moment: ibis.Value) -> ibis.Value:
    first = (pd.Timestamp(today(view)) - pd.DateOffset(months=RECENT_MONTHS)).date()
    return moment >= instant(first)


def _of_stages(view: PeriodView, order: tuple[str, ...]) -> pd.DataFrame:
    won = stays(view, order).filter(_.status == "won", _.left_at.notnull())
    days = whole_days(won.entered_at, won.left_at)
    counts = won.group_by(stage=won.stage, days=days, recent=_recent(view, won.closed_at)).agg(n=_.count())
    frame = fetch(counts, "stage", "days", "recent")
    pooled = _chosen(frame)
    rows = []
    for stage in order:
        own = _chosen(frame[frame["stage"] == stage])
        enough = len(own) >= FEWEST_STAYS
        used = own if enough else pooled
        basis = OF_STAGE if enough else POOLED if len(pooled) >= FEWEST_STAYS else NOTHING
        rows.append(_row(stage, basis, used))
    return _frame(rows)


def _of_age(view: PeriodView) -> pd.DataFrame:
    decided = view.outcomes.filter(_.status != "open", _.created_at.notnull())
    days = whole_days(decided.created_at, decided.closed_at)
    counts = decided.group_by(days=days, recent=_recent(view, decided.closed_at)).agg(n=_.count())
    used = _chosen(fetch(counts, "days", "recent"))
    return _frame([_row(ALL_STAGES, AGE if len(used) >= FEWEST_STAYS else NOTHING, used)])


def _idle(view: PeriodView) -> float:
    """Learn the pause between contacts on won deals that only one in twenty exceeds."""
    if not view.has("activities", "deal_id", "done_at"):
        return np.nan
    won = view.outcomes.filter(_.status == "won").select("deal_id", "created_at", "closed_at")
    done = view.activities.filter(_.done_at.notnull()).select("deal_id", "done_at")
    contacts = done.inner_join(won, "deal_id").filter(_.done_at <= _.closed_at)
    before = contacts.done_at.lag().over(group_by="deal_id", order_by="done_at")
    contacts = contacts.mutate(since=before.coalesce(contacts.created_at)).filter(_.since <= _.done_at)
    days = whole_days(contacts.since, contacts.done_at)
    counts = contacts.group_by(days=days, recent=_recent(view, contacts.closed_at)).agg(n=_.count())
    pauses = _chosen(fetch(counts, "days", "recent"))
    return passed_by(pauses, LONG) if len(pauses) >= FEWEST_STAYS else np.nan


def _chosen(counts: pd.DataFrame) -> np.ndarray:
    """Unfold counts by day, of the recent deals where they are enough, else of all."""
    recent = counts[counts["recent"].astype(bool)]
    rows = recent if recent["n"].sum() >= FEWEST_STAYS else counts
    return np.repeat(rows["days"].to_numpy(dtype=float), rows["n"].to_numpy(dtype=int))


def passed_by(days: np.ndarray, share: float) -> float:
    """Return the day by which so large a share had moved on.

    Examples
    --------
    >>> passed_by(np.arange(1.0, 11.0), 0.8)
    8.0
    """
    return kaplan_meier(days, np.ones(len(days))).quantile(1 - share)


def _row(stage: str, basis: str, days: np.ndarray) -> tuple[Any, ...]:
    if basis == NOTHING:
        return (stage, basis, len(days), np.nan, np.nan, np.nan, np.nan)
    figures = [passed_by(days, share) for share in (0.5, STALLED, LONG)]
    return (stage, basis, len(days), *figures, float(days.max()))


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    names = ["stage", "basis", "n", *_FIGURES]
    kinds = {"stage": "str", "basis": "str", "n": "int64", **dict.fromkeys(_FIGURES, "float64")}
    return pd.DataFrame(rows, columns=names).astype(kinds)


def limits_table(limits: Limits, deals: pd.DataFrame) -> pd.DataFrame:
    """Return ``LIMITS``: the limits, and the open deals beyond them; a row a stage.

    Deals whose stage has no limit of its own stand in the row for all stages.
    """
    known = set(limits.table["stage"])
    stage = deals["stage"].where(deals["stage"].isin(known), ALL_STAGES)
    groups = deals.assign(
        long_stalled=deals["state"] == "long stalled",
        stalled_amount=deals["amount"] * deals["stalled"],
    ).groupby(stage)
    counts = groups.agg(
        open_deals=("deal_id", "size"),
        stalled=("stalled", "sum"),
        long_stalled=("long_stalled", "sum"),
        stalled_amount=("stalled_amount", total),
    )
    table = limits.table.join(counts, on="stage")
    whole = ["open_deals", "stalled", "long_stalled"]
    table[whole] = table[whole].fillna(0).astype("int64")
    table["stalled_amount"] = table["stalled_amount"].astype("float64")
    return table[LIMITS]
