"""Open deals: what is in work, what stands still, and what it will bring; see :func:`analyze`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from crm_analysis.analyses._deals.activity import activity_table, intensity_table
from crm_analysis.analyses._deals.bridge import bridge_table, knows_amounts, monthly_table
from crm_analysis.analyses._deals.findings import find
from crm_analysis.analyses._deals.forecast import forecast
from crm_analysis.analyses._deals.forecast_says import ahead
from crm_analysis.analyses._deals.funnel import cohort_table, funnel
from crm_analysis.analyses._deals.funnel_findings import narrowest
from crm_analysis.analyses._deals.limits import learn_limits, limits_table
from crm_analysis.analyses._deals.owners import owner_table
from crm_analysis.analyses._deals.parts import Parts
from crm_analysis.analyses._deals.pipeline import pipeline_table
from crm_analysis.analyses._deals.rows import deal_rows
from crm_analysis.analyses._deals.search import searched
from crm_analysis.analyses._deals.stages import stage_order, today
from crm_analysis.analyses._deals.tiles import tiles
from crm_analysis.analyses._lines import fetch, stated
from crm_analysis.errors import ParameterError
from crm_analysis.language import spoken
from crm_analysis.result import Result, Sentences
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView

__all__ = ["OpenDealsResult", "analyze", "search"]


@dataclass(frozen=True, kw_only=True)
class OpenDealsResult(Result):
    """Answer of :func:`analyze`, which describes each table."""

    stem: ClassVar[str] = "open_deals"
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "owners": {"low": "share", "high": "share", "lost": "count"},
        "activities": {"previous": "count"},
        "cohorts": {"lost": "count"},
        "monthly": {"lost": "count"},
        "bridge": {"previous": "money", "difference": "money"},
        "funnel": {
            "lost": "count",
            **dict.fromkeys(("low", "high", "previous"), "share"),
            **dict.fromkeys(("difference_low", "difference_high"), "points"),
        },
        "calibration": {"low": "share", "high": "share"},
        "scores": {"method": "name"},
        "backtest": {"actual": "number"},
    }

    deals: pd.DataFrame
    stall_limits: pd.DataFrame
    pipeline: pd.DataFrame
    activities: pd.DataFrame
    owners: pd.DataFrame
    intensity: pd.DataFrame
    funnel: pd.DataFrame
    cohorts: pd.DataFrame
    bridge: pd.DataFrame
    monthly: pd.DataFrame
    forecast: pd.DataFrame
    together: pd.DataFrame
    won_by_month: pd.DataFrame
    backtest: pd.DataFrame
    calibration: pd.DataFrame
    scores: pd.DataFrame
    #: Days within which a deal of the funnel must get on; the stage that is clearly the narrowest, if any.
    funnel_days: float = float("nan")
    narrowest: str = ""


#: What a forecast says in money; where the deals have no amounts, it counts them.
_FORECAST = ("p10", "p50", "p90", "mean")
_MONEY: dict[str, dict[str, Kind]] = {
    "forecast": dict.fromkeys(_FORECAST, "money"),
    "together": dict.fromkeys(_FORECAST, "money"),
    "backtest": dict.fromkeys((*_FORECAST, "actual", "naive", "seasonal_naive"), "money"),
}


@dataclass(frozen=True, kw_only=True)
class _InMoney(OpenDealsResult):
    """The same, with a forecast of money."""

    kinds: ClassVar[dict[str, dict[str, Kind]]] = {**OpenDealsResult.kinds, **_MONEY}


@spoken
def analyze(view: PeriodView, *, owner_months: int = 12) -> OpenDealsResult:
    """Say what is in work, what stands still, who does what, and what it will bring.

    Parameters
    ----------
    view
        Needs ``deals``; uses their stage, owner, amount, client and expected day of decision, the tables
        ``stage_history``, ``stages``, ``activities``, ``customers`` and ``products``.
    owner_months
        Over how many months to the end the win rates of owners are taken.

    Returns
    -------
    OpenDealsResult
        **Today** is the end of the period, or of what the data cover of it. A deal is as it stood then;
        owner, amount and expected day are as last typed in, because the data keep no earlier ones.

        ``deals``
            A row an open deal, those that stand still first, then by amount. ``age_days`` since its creation,
            ``stage_age_days`` since it entered its stage, ``idle_days`` since the last contact (or the
            creation); missing where not known. ``next_activity_at``: the next planned contact, ``overdue``:
            planned ones not done in time, ``contacts`` of the last 90 days. ``least_age_days``: the age,
            else what is known of it. ``win_probability`` (0-1),
            ``expected_amount``: amount times that, money. ``state``: ``in time``, ``stalled`` (longer than
            80 % of what the limit rests on, ``limit_days``), ``long stalled`` (95 %) or ``unknown``;
            ``stalled``: either of the two. ``why`` it needs a look, empty where nothing does.
        ``stall_limits``
            A row a stage: what the limit rests on (``basis``: won deals in this ``stage``, in
            ``all_stages``, the ``decision`` of won and lost deals where no history is kept, or ``nothing``),
            ``n`` stays or deals, their ``median_days``, ``limit_days``, ``long_days``, ``slowest_days``, and
            the open deals beyond them.
        ``pipeline``
            A row a stage and band of age; adds up to ``deals``.
        ``activities``
            A row an owner and ``contact_kind``: ``done`` in the period and in the comparison
            (``previous``), ``planned`` from today on, ``overdue`` of deals not decided, ``oldest_days``
            since the oldest of them was due.
        ``owners``
            A row an owner. ``won``, ``won_amount``, ``lost``, ``contacts``, ``revenue`` and
            ``share_of_revenue`` of the period; over ``owner_months``: ``closed`` deals, ``raw_rate`` won,
            ``expected_rate`` that an average owner would have with these deals, and ``win_rate, low, high``
            with the deals of the whole team; ``compared``: above or below the team, not told apart, or too
            few deals.
        ``intensity``
            A row a client with open deals: contacts of 90 days against the money in work; ``quiet``: no
            contact for longer than 19 of 20 pauses on won deals last (missing where no contact is recorded).
        ``funnel``
            A row a stage, of the deals created in twelve months that are older than the horizon (the days
            within which 9 of 10 decisions come). A deal counts by the furthest stage it reached within the
            horizon: a skipped stage counts as passed, a step back takes nothing away. Those who ``entered``
            have ``passed`` in that time, are ``lost``, or ``waiting``: not decided by then, whatever came
            later; ``conversion``: passed / entered (Wilson); ``median_days`` in the stage, those still there
            counted; ``skipped`` it, ``returned`` to it. Against the twelve months before: ``previous,
            difference, difference_low, difference_high, p_value, p_adjusted, verdict``.
        ``cohorts``
            A row a month of creation: created = won + lost + open; ``ripe``: older than the horizon.
        ``bridge``
            A row a part: opening + created + reopened + grown + shrunk + won + lost = closing, what leaves
            is negative. ``previous``: of the comparison period.
        ``monthly``
            A row a month: deals and money in work at its end, deals created, won and lost in it.
        ``funnel_days``, ``narrowest``
            The horizon of the funnel, and its narrowest stage where that is clear.
        ``forecast``, ``together``, ``won_by_month``, ``backtest``, ``calibration``, ``scores``
            Value of deals won in each of the next months and in three months together, how such forecasts
            held in the past, and promised against kept probabilities; see
            :func:`crm_analysis.analyses._deals.forecast.forecast`.

    Raises
    ------
    MissingTableError
        The data hold no deals.
    ParameterError
        ``owner_months`` is less than 1.

    Notes
    -----
    Limits are quantiles of the stays of won deals in each stage. Owners by a logistic regression with random
    effects (:func:`crm_analysis.stats.adjusted_rates.adjusted_rates`), funnel steps by Newcombe (1998) and
    chi-square, each family adjusted by Benjamini and Hochberg (1995).

    Examples
    --------
    >>> import crm_analysis as crm
    >>> result = crm.open_deals.analyze(crm.load("data/demo").view("2026-10"))
    >>> closing = result.bridge.set_index("part").loc["closing"]
    >>> bool(closing["deals"] == len(result.deals) == result.pipeline["open_deals"].sum())
    True
    """
    view.need("deals")
    if owner_months < 1:
        raise ParameterError(
            f"owner_months is {owner_months}.", "A whole number of months, 1 or more.", "Twelve is usual."
        )
    outlook = forecast(view)
    order, limits, deals = _in_work(view, outlook.probabilities)
    end, words = pd.Timestamp(today(view)), view.context.words
    course = funnel(view, order)
    parts = Parts(
        deals=deals,
        limits=limits,
        stall_limits=limits_table(limits, deals),
        activities=activity_table(view),
        owners=owner_table(view, deals, owner_months),
        intensity=intensity_table(view, deals, limits),
        funnel=course,
        bridge=bridge_table(view),
        monthly=monthly_table(view),
        previous_open=_count(view.comparison),
        today=end,
        when=words.day(end - pd.Timedelta(days=1)),
        span=words.span(view.coverage.covered),
        months=owner_months,
        plans=view.has("activities", "deal_id", "due_at"),
        records=view.has("activities", "done_at"),
        words=words,
    )
    clear = [] if course.table.empty else narrowest(course.table)
    return (_InMoney if outlook.unit == "money" else OpenDealsResult)(
        context=view.context,
        findings=find(
            parts, outlook.findings(words, float(deals["expected_amount"].sum())), ahead(outlook, words)
        ),
        left_out=Sentences([*_left_out(view, order), *outlook.notes]),
        tiles=(*tiles(parts), *outlook.tiles(words)),
        deals=deals,
        stall_limits=parts.stall_limits,
        pipeline=pipeline_table(deals, order),
        activities=parts.activities,
        owners=parts.owners,
        intensity=parts.intensity,
        funnel=course.table,
        cohorts=cohort_table(view, course.horizon),
        bridge=parts.bridge,
        monthly=parts.monthly,
        forecast=outlook.forecast,
        together=outlook.together,
        won_by_month=outlook.won_by_month,
        backtest=outlook.backtest,
        calibration=outlook.calibration,
        scores=outlook.scores,
        funnel_days=course.horizon,
        narrowest=clear[0] if len(clear) == 1 else "",
    )


@spoken
def search(
    view: PeriodView | OpenDealsResult,
    *,
    owner: str | Sequence[str] | None = None,
    stage: str | Sequence[str] | None = None,
    channel: str | Sequence[str] | None = None,
    product: str | Sequence[str] | None = None,
    customer: str | None = None,
    text: str | None = None,
    amount: tuple[float | None, float | None] | None = None,
    min_age_days: float | None = None,
    max_age_days: float | None = None,
    min_stage_days: float | None = None,
    idle_days: float | None = None,
    stalled: bool | None = None,
    next_activity: bool | None = None,
    expected_before: str | date | None = None,
) -> pd.DataFrame:
    """Find open deals that meet all conditions given.

    Parameters
    ----------
    view
        The view, or a result of :func:`analyze`, which saves the work.
    owner, stage, channel, product
        A name or several, in capitals or not.
    customer
        Part of the name or of the id of the client.
    text
        Words that must all occur: in id, client, owner, stage, channel, product, or the reason to look.
    amount
        Least and largest amount, both inclusive, money; None for no limit.
    min_age_days, max_age_days, min_stage_days
        Age of the deal, and time in its stage, in days.
    idle_days
        Least days without contact.
    stalled
        Whether it stands still.
    next_activity
        Whether a next contact is planned.
    expected_before
        Expected decision before this day.

    Returns
    -------
    pandas.DataFrame
        Rows of ``deals`` as :func:`analyze` returns them. A deal of which a condition is not known does not
        meet it.

    Raises
    ------
    ParameterError
        A name that does not occur, with the nearest that does; a number or day that cannot be.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> view = crm.load("data/demo").view("2026-10")
    >>> found = crm.open_deals.search(view, stage="Quote", amount=(5000, None), stalled=True)
    >>> set(found["stage"]), bool((found["amount"] >= 5000).all())
    ({'Quote'}, True)
    """
    conditions: dict[str, Any] = {
        "owner": owner, "stage": stage, "channel": channel, "product": product, "customer": customer,
        "text": text, "amount": amount, "min_age_days": min_age_days, "max_age_days": max_age_days,
        "min_stage_days": min_stage_days, "idle_days": idle_days, "stalled": stalled,
        "next_activity": next_activity, "expected_before": expected_before,
    }  # fmt: skip
    names = ("owner", "stage", "channel", "product")
    if isinstance(view, OpenDealsResult):
        deals = view.deals
        known = {name: set(deals[name]) - {""} for name in names}
        known["owner"] |= set(view.owners["owner"])
        known["stage"] |= set(view.stall_limits["stage"]) | set(view.funnel["stage"])
    else:
        order, _limits, deals = _in_work(view, forecast(view).probabilities)
        known = {name: set(deals[name]) - {""} | _used(view, name) for name in names}
        known["stage"] |= set(order)
    return searched(deals, known, conditions)


def _in_work(view: PeriodView, probabilities: pd.DataFrame) -> tuple[tuple[str, ...], Any, pd.DataFrame]:
    """Return the order of the stages, the limits, and the open deals."""
    order = stage_order(view)
    limits = learn_limits(view, order)
    return order, limits, deal_rows(view, order, limits, probabilities)


def _used(view: PeriodView, name: str) -> set[str]:
    """Return the names that any deal known at the end has."""
    if name not in view.deals.columns:
        return set()
    return set(fetch(view.deals.select(name=stated(view.deals[name])).distinct(), "name")["name"])


def _count(view: PeriodView | None) -> float | None:
    return None if view is None else float(view.open_at_end.count().to_pandas())


def _left_out(view: PeriodView, order: tuple[str, ...]) -> list[str]:
    """Say what could not be computed and why."""
    lacks = {
        "no_stage": not view.has("deals", "stage") and not view.has("stage_history"),
        "no_history": not view.has("stage_history"),
        "no_order": view.has("stage_history") and not order,
        "no_activities": not view.has("activities"),
        "no_plans": view.has("activities") and not view.has("activities", "due_at"),
        "no_owner": not view.has("deals", "owner"),
        "no_amounts": not knows_amounts(view),
        "no_expected": not view.has("deals", "expected_close_on"),
        "no_client": not view.has("deals", "customer_id"),
        "last_state": True,
    }
    return [sentence("open_deals", f"left_out.{name}") for name, lacking in lacks.items() if lacking]
