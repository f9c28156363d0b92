"""Are the control figures of the sales process getting better or worse; see :func:`analyze`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from crm_analysis.analyses._kpi.course import courses, series_table
from crm_analysis.analyses._kpi.definitions import definitions_table
from crm_analysis.analyses._kpi.findings import Facts, findings
from crm_analysis.analyses._kpi.levels import kpis_table, outcomes_table
from crm_analysis.analyses._kpi.measured import measured
from crm_analysis.analyses._kpi.parts import STEM
from crm_analysis.analyses._kpi.tests import breaks_table, event_table, trends_table
from crm_analysis.analyses._kpi.tiles import left_out, tiles
from crm_analysis.errors import ParameterError
from crm_analysis.language import spoken
from crm_analysis.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView

__all__ = ["ProcessKpisResult", "analyze"]


@dataclass(frozen=True, kw_only=True, repr=False)
class ProcessKpisResult(Result):
    """Answer of :func:`analyze`, which describes each table."""

    stem: ClassVar[str] = STEM
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "kpis": {"difference": "number"},
        "series": {
            "adjusted": "number", "centre": "number", "limit_low": "number", "limit_high": "number"
        },
        "trends": {"low": "number", "high": "number", "change_per_year": "number"},
        "outcomes": {"won": "share", "lost": "share", "open": "share"},
    }  # fmt: skip

    kpis: pd.DataFrame
    trends: pd.DataFrame
    series: pd.DataFrame
    breaks: pd.DataFrame
    outcomes: pd.DataFrame
    event: pd.DataFrame
    definitions: pd.DataFrame


@spoken
def analyze(view: PeriodView, *, event_on: str = "") -> ProcessKpisResult:
    """Say whether the control figures of the sales process get better or worse.

    Parameters
    ----------
    view
        Needs ``sales`` or ``deals``. Uses ``deals`` (``first_contact_at``, ``amount``), ``activities``
        (``kind``, ``done_at``, ``deal_id``) and ``marketing_costs``; what is missing is named in
        ``left_out``.
    event_on
        Day on which a CRM, a price list or a process was introduced, as 2025-03-01; empty: none.

    Returns
    -------
    ProcessKpisResult
        **The KPIs.** ``purchase_interval_days``: days that pass between purchases; ``deal_amount``: mean
        amount of deals won (``order_amount``: of orders, where no deal has one); ``acquisition_cost``: spend
        over new clients; ``decision_days``: mean days from first contact to decision within a fixed number of
        days;
        ``contacts_per_customer``: contacts over clients won. **The groups.** ``all``, and ``A``, ``B``, ``C``
        by what the client bought in the months *before* (``new``: nothing); contacts by kind and ``on won
        deals``; decision days ``all to date`` and ``median to date`` over all deals. Figures are in days, the
        reporting currency or contacts (``unit``).

        ``kpis``
            A row a KPI and group, of the period: ``value`` with ``low, high`` (95 %), ``n`` (purchases,
            deals, clients, decisions behind it), ``previous`` of the comparison and the ``difference``;
            ``verdict`` of the course (``trends``), ``note`` where it is not tested. Missing where there was
            effort and nobody came: ``n`` is 0, ``low`` tells.
        ``trends``
            A row a tested course: ``better`` (up or down), ``n_points``, each a ``point`` (month; quarter
            where a month holds too few decisions), ``change_per_year`` with ``low, high`` (95 %) in the unit
            of the KPI and relative (``growth, growth_low, growth_high``), ``p_value, p_adjusted, strength,
            verdict``,
            ``detectable`` (least change a year that would be found in 8 of 10 cases), ``mean_rho``
            (autocorrelation), ``crosscheck_p`` (second method), ``borderline``, ``seasonal``, ``status``,
            ``scale``, ``method``.
        ``series``
            A row a KPI, group and whole month, up to 60: ``value, low, high, n``; ``adjusted`` (season
            taken out; missing below 24 months), ``centre`` (its trend line), ``limit_low, limit_high``
            (normal variation) and ``signal``.
        ``breaks``
            A row a tested course of a year or more: ``month`` from which on the level seems to be another,
            ``before, after``, ``p_value`` (from 36 months on where autocorrelation is low),
            ``better_than_line`` (two levels fit better than a line). A description, no verdict.
        ``outcomes``
            A row a day since first contact: share of all deals ``won`` and ``lost`` by then with limits
            (95 %), and still ``open``.
        ``event``
            A row a tested course: mean ``before`` and ``after``, ``step`` with ``low, high``, ``p_value,
            p_adjusted, strength, verdict``; ``slope_before, slope_after`` (a year) and ``level`` with limits
            and ``p_level`` of an interrupted time series; ``p_step`` and ``p_beyond``, of the step alone and
            beside a straight line; ``n_before, n_after, status``. Empty without ``event_on``.
        ``definitions``
            Cards: ``kpi, item`` (formula, counts, excluded, interval, better, department), ``text``.

    Raises
    ------
    DataError
        The data hold neither sales nor deals.
    ParameterError
        ``event_on`` is no day.

    Notes
    -----
    Purchase interval: days at risk over purchases, quasi-Poisson limits. Deals: mean with Hall's (1992)
    limits. Cost and contacts: exact Poisson limits (Garwood 1936) on the clients. Decision: period
    Kaplan-Meier with delayed entry, restricted mean; outcomes by Aalen-Johansen. Trend: rank scores,
    generalised least squares averaged over autocorrelation, month effects from 24 months on; money and volume
    need them. Trends are one family, event steps another: Benjamini-Hochberg, 10 %; "strong": Holm, 5 %.
    Event: the step by the same averaging, *and* beyond a straight line through all months; interrupted time
    series with Newey-West errors as description. Association with time, not proof of cause.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> result = crm.process_kpis.analyze(crm.load("data/demo").view("2026-10"), event_on="2025-03-01")
    >>> event = result.event.set_index("kpi")["verdict"]
    >>> event["decision_days"]
    'improved'
    """
    day = _day(event_on)
    known = measured(view)
    course = tuple(courses(known.measures, known.end))
    trends = trends_table(course)
    coverage = view.coverage
    facts = Facts(
        context=view.context,
        known=known,
        courses=course,
        kpis=kpis_table(known, coverage.covered, coverage.comparison, trends),
        trends=trends,
        breaks=breaks_table(course),
        event=event_table(course, day),
        event_day=day,
    )
    return ProcessKpisResult(
        context=facts.context,
        findings=findings(facts),
        left_out=left_out(facts),
        tiles=tiles(facts),
        kpis=facts.kpis,
        trends=trends,
        series=series_table(course),
        breaks=facts.breaks,
        outcomes=outcomes_table(known),
        event=facts.event,
        definitions=definitions_table(known.measures, view.context.words),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ParameterError(
            f'event_on is "{text}", which is no day.',
            "A day is written as year, month, day; empty means that there was no event.",
            "Write for example 2025-03-01.",
        ) from None
