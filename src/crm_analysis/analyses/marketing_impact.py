"""What share of sales each channel brings, and what the money put into it returns; see :func:`analyze`.

Examples
--------
>>> import crm_analysis as crm
>>> result = crm.marketing_impact.analyze(crm.load("data/demo").view("2026-10"))
>>> result.channels.loc[result.channels["verdict"] == "pays back", "channel"].tolist()
['Website', 'Partners']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from crm_analysis.analyses._abc.windows import span_text
from crm_analysis.analyses._frames import dtypes, empty
from crm_analysis.analyses._lines import AFTER, NOT_STATED, totals
from crm_analysis.analyses._marketing.association import KINDS as ASSOCIATION_KINDS
from crm_analysis.analyses._marketing.association import association
from crm_analysis.analyses._marketing.attribution import KINDS as ATTRIBUTION_KINDS
from crm_analysis.analyses._marketing.attribution import attribution
from crm_analysis.analyses._marketing.campaigns import campaign_table
from crm_analysis.analyses._marketing.channels import acquired, channel_table, period_counts
from crm_analysis.analyses._marketing.costs import cost_by_side, cost_within, first_cost, item_table
from crm_analysis.analyses._marketing.course import course_table, monthly_table
from crm_analysis.analyses._marketing.effort import pair_table, ranking_table
from crm_analysis.analyses._marketing.facts import STEM, Facts
from crm_analysis.analyses._marketing.findings import find
from crm_analysis.analyses._marketing.leads import choose_basis, has_leads, leads, unit_frame
from crm_analysis.analyses._marketing.tiles import left_out, tiles
from crm_analysis.analyses._marketing.totals import totals_table
from crm_analysis.analyses._marketing.window import ages, choose_window, lag_table
from crm_analysis.analyses._sales.structure import structure
from crm_analysis.errors import MissingTableError, ParameterError
from crm_analysis.language import spoken, tr
from crm_analysis.result import Result
from crm_analysis.stats.returns import returns

if TYPE_CHECKING:
    import ibis

    from crm_analysis.analyses._marketing.leads import Basis
    from crm_analysis.analyses._marketing.window import Window
    from crm_analysis.columns import Kind
    from crm_analysis.stats.returns import GroupReturns
    from crm_analysis.view import PeriodView

__all__ = ["MarketingImpactResult", "analyze"]

SHARES = ["channel", "revenue", "share", "previous_share", "difference", "low", "high", "p_value",
          "p_adjusted", "verdict"]  # fmt: skip
LONGEST_WINDOW = 120


@dataclass(frozen=True, kw_only=True, repr=False)
class MarketingImpactResult(Result):
    """Answer of :func:`analyze`, which describes each table."""

    stem: ClassVar[str] = STEM
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "shares": {"low": "points", "high": "points"},
        "next_effort": dict.fromkeys(("difference", "difference_low", "difference_high"), "relative"),
        "campaigns": {"low": "relative", "high": "relative"},
        "ranking": {"cohort_won": "count", "advice": "verdict"},
        **ATTRIBUTION_KINDS,
        **ASSOCIATION_KINDS,
    }

    window: str
    channels: pd.DataFrame
    shares: pd.DataFrame
    cost_items: pd.DataFrame
    campaigns: pd.DataFrame
    course: pd.DataFrame
    monthly: pd.DataFrame
    lag: pd.DataFrame
    pace: pd.DataFrame
    next_effort: pd.DataFrame
    ranking: pd.DataFrame
    attribution: pd.DataFrame
    agreement: pd.DataFrame
    association: pd.DataFrame
    spend_by_month: pd.DataFrame
    totals: pd.DataFrame


@spoken
def analyze(view: PeriodView, *, cohort_months: int = 12) -> MarketingImpactResult:
    """Answer what share of sales each promotion channel brings, and what money put into it returns.

    Parameters
    ----------
    view
        Needs ``channel`` in ``deals``, ``sales`` or ``customers``. Uses ``marketing_costs`` (with
        ``campaign`` and ``cost_item``), ``deals``, ``touches``, the ``cost`` and ``deal_id`` of ``sales``;
        what is missing is named in ``left_out``.
    cohort_months
        Months of ripe leads that are set against their cost; a longer period takes its own length.

    Returns
    -------
    MarketingImpactResult
        **Period and window.** Cost, leads, deals, customers and revenue are of the period. Conversion and
        return are of a *window* of ripe leads: months that ended so long ago that nine in ten of the won
        deals of the slowest channel (of those with 30 or more) came within that time. A lead is a deal, dated
        by its first touch, first contact or creation. Its income is the margin of the orders of its deal to
        date where costs of goods are known, else their revenue, else the value of the won deal. Blank
        channels are ``(not stated)``.

        ``window``
            That window as it stands in a sentence.
        ``channels``
            A row a channel with any cost, lead or sale, most revenue first. Of the period:
            ``cost, cost_share, leads`` begun, ``deals`` created, ``closed``, ``won`` and ``win_rate`` of
            those closed with ``win_low, win_high`` (95 %), ``won_share`` (of all won), ``customers_acquired``
            (first order to date), ``revenue, revenue_share``, ``cost_per_lead`` and ``acquisition_cost`` with
            exact 95 % limits, missing with fewer than two leads or customers. Of the window:
            ``cohort_cost, cohort_leads, cohort_won, cohort_undecided, cohort_income``; ``conversion`` (won of
            the leads) with ``conversion_low, conversion_high`` (95 %); ``return_on_spend`` = (income − cost)
            / cost with ``return_low, return_high`` (95 %); ``naive_return``: the sales of these months
            against their cost; ``p_value, p_adjusted, strength, few_wins`` (under 30: limits too narrow);
            ``median_days`` from lead to sale. ``verdict``: pays back, does not pay back, cannot be told, no
            cost, not_enough_data.
        ``shares``
            A channel: its share of revenue against the comparison, as in ``sales_dynamics``.
        ``cost_items``
            A kind of cost: ``cost, share, previous_cost, previous_share, difference`` of the shares,
            ``relative`` change of the cost.
        ``campaigns``
            A channel and campaign of the window: cost, leads, won, income, return with limits; no verdict.
        ``course``
            A month, all channels that cost money: ``cost, leads, won, undecided, income`` (by the month the
            leads came in), ``sales_income`` (of the sales of the month), ``ripe``, ``return_on_spend`` (ripe
            months only), ``naive_return``.
        ``monthly``
            The same, a row a month and channel, with those without cost.
        ``lag``
            A channel and number of months: ``share_won`` of all its leads of the last three years.
        ``pace``
            A channel: ``leads, won``, ``median_days, ripening_days`` by which half, and nine in ten, of its
            won deals are won.
        ``next_effort``
            A pair of channels with a cost: the ``chance`` that the first pays better, the chance ``needed``
            with so many pairs, the ``difference`` of the returns with limits, ``verdict``.
        ``ranking``
            A channel with a cost, best return first: how many others it pays better and worse than beyond
            chance, and the ``advice``.
        ``attribution, agreement``
            Sales shared out among channels by several models; see
            :class:`crm_analysis.analyses._marketing.attribution.Attribution`.
        ``association, spend_by_month``
            Income beside the spending of earlier months.
        ``totals``
            A span (period, comparison, ripe_leads: the window): revenue, cost, and revenue without a
            channel; that of the period is the revenue of ``sales_dynamics``.

    Raises
    ------
    MissingTableError
        No table names a channel.
    ParameterError
        Months that are not between 3 and 120.

    Notes
    -----
    Return: bootstrap over customers with those that brought nothing, by channel, cost held fixed; tests of
    all channels are one family (Benjamini-Hochberg, 10 %), and a verdict also needs the 95 % interval to lie
    on one side of 0. Ripening and lag: Aalen-Johansen, lost deals being the other ending. Shares: Wilson.
    Costs a unit: exact Poisson. Pairs: share of bootstrap draws, Bonferroni over the pairs at 5 %.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> view = crm.load("data/demo").view("2026-Q3")
    >>> revenue = float(view.sales.amount.sum().to_pandas())
    >>> bool(abs(analyze(view).channels["revenue"].sum() - revenue) < 0.005)
    True
    """
    _check(view, cohort_months)
    today = view.coverage.covered.end
    basis = choose_basis(view)
    came = leads(view, basis, today) if has_leads(view) else None
    lag, pace = lag_table(ages(came, today) if came is not None else _NO_AGES)
    window = choose_window(view, pace, _records(view, came), cohort_months, today)
    months = monthly_table(view, came, basis, window, today)
    units = _units(came, window)
    paid = _returns(view, units, basis, window)
    shares = structure(view, among=("channel",)).drop(columns="dimension")
    channels = channel_table(
        {
            "cost": cost_by_side(view, "channel").rename(columns={AFTER: "cost"}),
            "period": period_counts(view, came),
            "acquired": acquired(view),
            "revenue": _revenue(view, shares),
            "cohort": units.groupby("channel")[["leads", "won", "undecided"]].sum(),
            "pace": pace.set_index("channel"),
        },
        paid,
        months,
        window,
        has_costs=view.has("marketing_costs"),
        has_amounts=view.has_amounts,
        has_customers=view.has("sales", "customer_id") or view.has("deals", "customer_id"),
    )
    pairs = pair_table(paid)
    shared, beside = attribution(view), association(view)
    facts = Facts(
        context=view.context,
        channels=channels,
        shares=shares.rename(columns={"value": "channel"})[SHARES],
        ranking=ranking_table(channels, pairs),
        next_effort=pairs,
        totals=totals_table(view, channels, months, window),
        course=course_table(months, view, basis, window, has_leads=came is not None),
        pace=pace,
        window=window,
        window_text=span_text((window.start, window.end), view.context.words) if window.known else "",
        basis=basis.name,
        overall=None if paid is None else paid.together(),
        has_amounts=view.has_amounts,
        has_costs=view.has("marketing_costs"),
        has_leads=came is not None,
    )
    words = view.context.words
    return MarketingImpactResult(
        context=view.context,
        findings=find(facts, [*shared.findings(words), *beside.findings(words)]),
        left_out=left_out(view, facts, (*shared.notes, *beside.notes)),
        tiles=tiles(facts),
        window=facts.window_text or tr("months old enough to judge"),
        channels=channels,
        shares=facts.shares,
        cost_items=item_table(view),
        campaigns=campaign_table(view, units, window, basis),
        course=facts.course,
        monthly=months,
        lag=lag,
        pace=pace,
        next_effort=pairs,
        ranking=facts.ranking,
        attribution=shared.attribution,
        agreement=shared.agreement,
        association=beside.association,
        spend_by_month=beside.months,
        totals=facts.totals,
    )


def _check(view: PeriodView, cohort_months: int) -> None:
    if not any(view.has(table, "channel") for table in ("deals", "sales", "customers")):
        raise MissingTableError(
            "No table names a channel.",
            "A column channel in deals, sales or customers.",
            "Map it in crm.toml; data/README.md tells what each column holds.",
        )
    if not 3 <= cohort_months <= LONGEST_WINDOW:
        raise ParameterError(
            f"cohort_months is {cohort_months}.", f"3 to {LONGEST_WINDOW} months.", "Leave it at 12."
        )


_NO_AGES = empty({"channel": "str", "status": "str", "days": "int64", "entry": "int64", "leads": "int64"})
_UNIT, _DEALS = ("channel", "campaign", "unit"), ("leads", "won", "undecided")
_NO_UNITS = empty(dtypes([*_UNIT, *_DEALS, "income"], text=_UNIT, counts=_DEALS))


def _records(view: PeriodView, came: ibis.Table | None) -> tuple[pd.Timestamp, ...]:
    """Return the first day of deals, and of costs, where there are any."""
    first = None if came is None else came.created_at.min().to_pandas()
    days = (None if pd.isna(first) else pd.Timestamp(first), first_cost(view))
    return tuple(day for day in days if day is not None)


def _units(came: ibis.Table | None, window: Window) -> pd.DataFrame:
    if came is None or not window.known:
        return _NO_UNITS
    start, end = (_timestamp(day) for day in (window.start, window.end))
    return unit_frame(came.filter((came.start >= start) & (came.start < end)))


def _timestamp(day: pd.Timestamp) -> ibis.Value:
    import ibis

    return ibis.timestamp(str(day))


def _returns(view: PeriodView, units: pd.DataFrame, basis: Basis, window: Window) -> GroupReturns | None:
    if not (window.enough and basis.name and view.has("marketing_costs")):
        return None
    each = units.groupby(["channel", "unit"], sort=True)[["income", "won"]].sum().reset_index()
    costs = cost_within(view, window.start, window.end).set_index("channel")["cost"]
    by_channel = {str(name): float(cost) for name, cost in costs.items()}
    return returns(each["channel"], each["income"], each["won"], by_channel)


def _revenue(view: PeriodView, shares: pd.DataFrame) -> pd.DataFrame:
    """Return ``channel`` (index) and revenue; all of it without a channel where no line tells one."""
    if len(shares) or not view.has_amounts:
        return shares.set_index("value")[["revenue"]].rename_axis("channel")
    whole = float(totals(view)["revenue"][AFTER])
    return pd.DataFrame({"revenue": [whole] if whole else []}, index=[NOT_STATED] if whole else [])
