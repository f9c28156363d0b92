"""The stages of the funnel: their order, and how long deals stayed in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
from ibis import _

from crm_analysis.analyses._lines import fetch

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.view import PeriodView

SECONDS_A_DAY = 86_400


def today(view: PeriodView) -> date:
    """Return the day as of which deals are looked at: the end of what the data cover of the period.

    That is the end of the period, unless the data stop before it: deals would seem to stand still there.
    """
    return view.coverage.covered.end


def instant(day: date) -> ibis.Value:
    """Return the first instant of a day."""
    return ibis.timestamp(f"{day} 00:00:00")


def days_between(start: ibis.Value, end: ibis.Value) -> ibis.Value:
    """Return the days from one moment to another, with fractions."""
    # a difference in the unit day would count midnights on one engine and whole days on another
    return (end.epoch_seconds() - start.epoch_seconds()) / float(SECONDS_A_DAY)


def whole_days(start: ibis.Value, end: ibis.Value) -> ibis.Value:
    """Return the whole days from one moment to another, never less than none."""
    return ibis.greatest(days_between(start, end).floor(), 0).cast("int64")


def stage_order(view: PeriodView) -> tuple[str, ...]:
    """Return the stages from first to last.

    As the table ``stages`` or the setting of that name says; else in the order in which deals enter them on
    average, without stages that are only ever entered as a deal is decided, which name its outcome.
    """
    if view.has("stages"):
        stages = fetch(view.dataset.table("stages").select("stage", "position"), "position", "stage")
        return tuple(dict.fromkeys(stages["stage"]))
    if view.dataset.settings.stages:
        return tuple(view.dataset.settings.stages)
    if not view.has("stage_history"):
        return ()
    deals = view.outcomes.select("deal_id", "status", "closed_at")
    entered = view.stage_history.inner_join(deals, "deal_id")
    decided = (entered.status != "open") & (entered.entered_at >= entered.closed_at).fill_null(False)
    turns = entered.mutate(
        turn=ibis.row_number().over(group_by="deal_id", order_by=["entered_at", "stage"]), outcome=decided
    )
    stages = turns.group_by("stage").agg(turn=_.turn.mean(), outcome=_.outcome.all())
    return tuple(fetch(stages.filter(~_.outcome), "turn", "stage")["stage"])


def stays(view: PeriodView, order: tuple[str, ...]) -> ibis.Table:
    """Return each stay of a deal in a stage of the funnel, a row a stay.

    Returns
    -------
    ibis.Table
        ``deal_id, stage, position`` (1 is the first), ``entered_at``, ``left_at`` (missing while the deal is
        in the stage), ``status``, ``created_at``, ``closed_at``. Ends with the next entry or the decision.
    """
    deals = view.outcomes.select("deal_id", "status", "created_at", "closed_at")
    entered = view.stage_history.select("deal_id", "stage", "entered_at").inner_join(deals, "deal_id")
    place = position(entered.stage, order)
    entered = entered.mutate(position=place)
    by_time = ibis.window(group_by="deal_id", order_by=["entered_at", "position", "stage"])
    following = entered.entered_at.lead().over(by_time)
    # an entry after the decision does not make the stay longer
    left = ibis.least(following.coalesce(entered.closed_at), entered.closed_at.coalesce(following))
    return entered.mutate(left_at=left).filter(_.position.notnull())


def position(stage: ibis.Value, order: tuple[str, ...]) -> ibis.Value:
    """Return the place of a stage in the funnel, 1 is the first; missing for any other name."""
    if not order:
        return ibis.null("int64")
    pairs = [(name, ibis.literal(at, "int64")) for at, name in enumerate(order, 1)]
    return stage.cases(*pairs, else_=ibis.null("int64"))
