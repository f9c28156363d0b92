"""How far deals get: cohorts by creation, each deal counted by the furthest stage it reached in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._deals.limits import FEWEST_STAYS, RECENT_MONTHS
from crm_analysis.analyses._deals.stages import days_between, instant, position, stays, today, whole_days
from crm_analysis.analyses._lines import AFTER, BEFORE, fetch, month_of
from crm_analysis.findings import verdict
from crm_analysis.stats.contingency import independence
from crm_analysis.stats.intervals import newcombe, wilson
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.survival import kaplan_meier

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

FUNNEL = [
    "stage", "entered", "passed", "lost", "waiting", "conversion", "low", "high", "median_days", "skipped",
    "returned", "previous", "difference", "difference_low", "difference_high", "p_value", "p_adjusted",
    "strength", "verdict",
]  # fmt: skip
COHORTS = ["month", "created", "won", "lost", "open_deals", "ripe"]
#: Share of decisions that have come by the horizon.
DECIDED = 0.90
COHORT_MONTHS = 12
#: A conversion of fewer deals is not compared.
FEWEST_ENTERED = 20
#: Stands for the funnel of a single step, where no history of stages is kept.
ONE_STEP = "(creation to decision)"
_MONTHS = 36


@dataclass(frozen=True)
class Funnel:
    """The funnel of a cohort.

    Parameters
    ----------
    table
        ``FUNNEL``, a row a stage.
    horizon
        Days after its creation within which a deal must reach a stage; NaN where it cannot be learnt.
    span, span_before
        First and last day of creation of the cohort, and of the one before.
    n
        Deals in the cohort.
    """

    table: pd.DataFrame
    horizon: float
    span: tuple[pd.Timestamp, pd.Timestamp] | None
    span_before: tuple[pd.Timestamp, pd.Timestamp] | None
    n: int


def horizon_days(view: PeriodView) -> float:
    """Learn within how many days nine of ten decisions come; NaN where too few were made."""
    first = (pd.Timestamp(today(view)) - pd.DateOffset(months=RECENT_MONTHS)).date()
    decided = view.outcomes.filter(_.status != "open", _.created_at.notnull(), _.closed_at >= instant(first))
    counts = decided.group_by(days=whole_days(decided.created_at, decided.closed_at)).agg(n=_.count())
    frame = fetch(counts, "days")
    days = np.repeat(frame["days"].to_numpy(dtype=float), frame["n"].to_numpy(dtype=int))
    if len(days) < FEWEST_STAYS:
        return np.nan
    # a deal decided on its tenth day took nine whole days and a part of one
    return kaplan_meier(days, np.ones(len(days))).quantile(1 - DECIDED) + 1


def funnel(view: PeriodView, order: tuple[str, ...]) -> Funnel:
    """Follow the deals created in the last twelve months that are old enough, and those of the year before.

    A deal counts by the furthest stage it reached within the horizon: a skipped stage counts as passed, a
    step back takes nothing away. Deals that are younger than the horizon are in no cohort.
    """
    horizon = horizon_days(view)
    if np.isnan(horizon):
        return Funnel(_typed(pd.DataFrame(columns=FUNNEL)), horizon, None, None, 0)
    last = pd.Timestamp(today(view)) - pd.Timedelta(days=int(horizon))
    starts = [last - pd.DateOffset(months=months) for months in (COHORT_MONTHS, 2 * COHORT_MONTHS)]
    steps = order if view.has("stage_history") and order else (ONE_STEP,)
    followed = _followed(view, steps, horizon, (starts[1], starts[0], last))
    counts = fetch(
        followed.group_by("side", "furthest", "outcome").agg(n=_.count()), "side", "furthest", "outcome"
    )
    sides = {side: flow(counts[counts["side"] == side], steps) for side in (AFTER, BEFORE)}
    table = sides[AFTER]
    if table["entered"].iloc[0] == 0:
        return Funnel(_typed(pd.DataFrame(columns=FUNNEL)), horizon, None, None, 0)
    compared = view.coverage.comparison is not None and sides[BEFORE]["entered"].iloc[0] > 0
    table = _with_change(table, sides[BEFORE] if compared else None)
    table = table.merge(_by_stay(view, steps, followed, table["passed"]), on="stage", how="left")
    one_day = pd.Timedelta(days=1)
    created = pd.Timestamp(followed.filter(followed.side == AFTER).created_at.min().to_pandas()).normalize()
    return Funnel(
        _typed(table),
        horizon,
        (max(starts[0], created), last - one_day),
        (starts[1], starts[0] - one_day) if compared else None,
        int(table["entered"].iloc[0]),
    )


def _followed(
    view: PeriodView, steps: tuple[str, ...], horizon: float, ends: tuple[pd.Timestamp, ...]
) -> ibis.Table:
    """Return the deals of both cohorts: ``deal_id, created_at, side, furthest, outcome``."""
    first, middle, last = (instant(day.date()) for day in ends)
    deals = view.outcomes.filter(_.created_at >= first, _.created_at < last)
    # what was decided after the horizon was not decided in time
    in_time = (days_between(deals.created_at, deals.closed_at) <= horizon).fill_null(False)
    outcome = ((deals.status != "open") & in_time).ifelse(deals.status, "open")
    side = (deals.created_at >= middle).ifelse(AFTER, BEFORE)
    deals = deals.select("deal_id", "created_at", side=side, outcome=outcome)
    reached = ibis.literal(1, "int64")
    if steps != (ONE_STEP,):
        entered = view.stage_history.inner_join(deals.select("deal_id", "created_at"), "deal_id")
        entered = entered.filter(days_between(entered.created_at, entered.entered_at) <= horizon)
        furthest = entered.group_by(found_id="deal_id").agg(reached=position(entered.stage, steps).max())
        deals = deals.left_join(furthest, deals.deal_id == furthest.found_id).drop("found_id")
        reached = deals.reached.coalesce(1)
    won = ibis.literal(len(steps) + 1, "int64")
    return deals.mutate(furthest=(deals.outcome == "won").ifelse(won, reached))


def flow(counts: pd.DataFrame, steps: tuple[str, ...]) -> pd.DataFrame:
    """Count who entered, passed, was lost in and waits in each stage.

    Parameters
    ----------
    counts
        ``furthest, outcome, n``: deals by the furthest stage reached (1 is the first, one more than the last
        is won) and by what became of them.
    steps
        The stages, first to last.

    Returns
    -------
    pandas.DataFrame
        ``stage, entered, passed, lost, waiting, conversion, low, high``; entered = passed + lost + waiting.

    Examples
    --------
    >>> counts = pd.DataFrame({"furthest": [1, 2, 3], "outcome": ["lost", "open", "won"], "n": [5, 2, 3]})
    >>> flow(counts, ("new", "offer"))[["entered", "passed", "lost", "waiting"]].to_numpy().tolist()
    [[10, 5, 5, 0], [5, 3, 0, 2]]
    """
    furthest, n = counts["furthest"].to_numpy(dtype=int), counts["n"].to_numpy(dtype=int)
    lost = (counts["outcome"] == "lost").to_numpy(dtype=bool)
    rows = []
    for at, stage in enumerate(steps, 1):
        entered, passed = int(n[furthest >= at].sum()), int(n[furthest > at].sum())
        gone = int(n[(furthest == at) & lost].sum())
        rows.append((stage, entered, passed, gone, entered - passed - gone))
    table = pd.DataFrame(rows, columns=["stage", "entered", "passed", "lost", "waiting"])
    rate = wilson(table["passed"].to_numpy(), table["entered"].to_numpy())
    return table.assign(conversion=rate.estimate, low=rate.low, high=rate.high)


def _with_change(table: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """Set each conversion against that of the cohort before; all stages are one family of tests."""
    sides = (table, table.iloc[:0] if before is None else before)
    now, then = (side.to_dict("records") for side in sides)
    rows = [_tested(row, then[at] if then else None) for at, row in enumerate(now)]
    changes = pd.DataFrame(
        rows, columns=["previous", "difference", "difference_low", "difference_high", "p_value"]
    )
    tests = adjust(changes["p_value"].to_numpy(dtype=float))
    changes["p_adjusted"] = tests["p_adjusted"].to_numpy(dtype=float)
    changes["strength"] = tests["strength"].to_numpy()
    changes["verdict"] = [
        verdict(found=None if np.isnan(p) else bool(found), direction=change, better="up")
        for p, found, change in zip(changes["p_value"], tests["found"], changes["difference"], strict=True)
    ]
    return pd.concat([table, changes], axis=1)


def _tested(now: dict[Any, Any], before: dict[Any, Any] | None) -> tuple[float, ...]:
    nothing = (np.nan,) * 4
    if before is None or before["entered"] == 0:
        return (np.nan, *nothing)
    previous = before["passed"] / before["entered"]
    if min(now["entered"], before["entered"]) < FEWEST_ENTERED:
        return (previous, *nothing)
    change = newcombe(now["passed"], now["entered"], before["passed"], before["entered"])
    test = independence([[row["passed"], row["entered"] - row["passed"]] for row in (now, before)])
    return (previous, change.estimate, change.low, change.high, test.p_value)


def _by_stay(
    view: PeriodView, steps: tuple[str, ...], followed: ibis.Table, passed: pd.Series
) -> pd.DataFrame:
    """Return ``stage, median_days, skipped, returned`` of the cohort, of which so many passed each stage."""
    cohort = followed.filter(followed.side == AFTER).select("deal_id", "created_at", "furthest")
    if steps == (ONE_STEP,):
        return _median_of_decision(view, cohort)
    end = instant(today(view))
    visits = stays(view, steps).drop("created_at", "status", "closed_at").inner_join(cohort, "deal_id")
    days = whole_days(visits.entered_at, visits.left_at.coalesce(end))
    lengths = visits.group_by(stage=visits.stage, days=days, left=visits.left_at.notnull()).agg(n=_.count())
    frame = fetch(lengths, "stage", "days", "left")
    before = visits.position.max().over(
        ibis.window(group_by="deal_id", order_by=["entered_at", "position", "stage"], preceding=(None, 1))
    )
    seen = visits.mutate(back=(visits.position < before).fill_null(False))
    went_on = seen.furthest > seen.position
    moves = seen.group_by("stage").agg(visited=seen.deal_id.nunique(where=went_on), returned=seen.back.sum())
    found = fetch(moves, "stage").set_index("stage").reindex(steps).fillna(0).astype(int)
    return pd.DataFrame(
        {
            "stage": steps,
            "median_days": [_median(frame[frame["stage"] == stage]) for stage in steps],
            "skipped": passed.to_numpy() - found["visited"].to_numpy(),
            "returned": found["returned"].to_numpy(),
        }
    )


def _median_of_decision(view: PeriodView, cohort: ibis.Table) -> pd.DataFrame:
    deals = view.outcomes.select("deal_id", "closed_at").inner_join(cohort, "deal_id")
    ended = deals.closed_at.coalesce(instant(today(view)))
    lengths = deals.group_by(days=whole_days(deals.created_at, ended), left=deals.closed_at.notnull())
    median = _median(fetch(lengths.agg(n=_.count()), "days", "left"))
    row = {"stage": [ONE_STEP], "median_days": [median], "skipped": [0], "returned": [0]}
    return pd.DataFrame(row)


def _median(lengths: pd.DataFrame) -> float:
    if lengths.empty:
        return np.nan
    n = lengths["n"].to_numpy(dtype=int)
    days = np.repeat(lengths["days"].to_numpy(dtype=float), n)
    return kaplan_meier(days, np.repeat(lengths["left"].to_numpy(dtype=float), n)).median()


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    whole = ("entered", "passed", "lost", "waiting", "skipped", "returned")
    texts = ("stage", "strength", "verdict")
    figures = [name for name in FUNNEL if name not in (*whole, *texts)]
    kinds = {
        **dict.fromkeys(whole, "int64"),
        **dict.fromkeys(texts, "str"),
        **dict.fromkeys(figures, "float64"),
    }
    return table[FUNNEL].astype(kinds)


def cohort_table(view: PeriodView, horizon: float) -> pd.DataFrame:
    """Return ``COHORTS``, a row a month of creation: created = won + lost + open, as it stands at the end.

    ``ripe``: whether all its deals are older than the horizon, so that its win rate can be read.
    """
    deals = view.outcomes.filter(_.created_at.notnull())
    groups = deals.group_by(month=month_of(deals.created_at)).agg(
        created=_.count(),
        won=(_.status == "won").sum(),
        lost=(_.status == "lost").sum(),
        open_deals=(_.status == "open").sum(),
    )
    table = fetch(groups, "month").tail(_MONTHS).reset_index(drop=True)
    table["month"] = pd.to_datetime(table["month"]).astype("datetime64[us]")
    over = table["month"] + pd.DateOffset(months=1)
    days = 0 if np.isnan(horizon) else int(horizon)
    ripe = over + pd.Timedelta(days=days) <= pd.Timestamp(today(view))
    table["ripe"] = ripe & (not np.isnan(horizon))
    whole = ("created", "won", "lost", "open_deals")
    return table[COHORTS].astype({**dict.fromkeys(whole, "int64"), "ripe": "bool"})
