"""How much do we sell, what makes it change, are we on plan.

Examples
--------
>>> import crm_analysis as crm
>>> result = crm.sales_dynamics.analyze(crm.load("data/demo").view("2026-Q3"))
>>> list(result.tables())
['monthly', 'change', 'structure', 'plan', 'trend', 'calendar', 'win_rates', 'figures']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import AFTER, BEFORE, both_sides, money, totals
from crm_analysis.analyses._sales import answers as answers
from crm_analysis.analyses._sales.change import change
from crm_analysis.analyses._sales.findings import STEM, Facts
from crm_analysis.analyses._sales.months import monthly
from crm_analysis.analyses._sales.plan import plan
from crm_analysis.analyses._sales.structure import DIMENSIONS, structure
from crm_analysis.analyses._sales.tests import course
from crm_analysis.analyses._win_rates import win_rates
from crm_analysis.language import spoken
from crm_analysis.result import Result

if TYPE_CHECKING:
    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView


@dataclass(frozen=True, kw_only=True, repr=False)
class SalesDynamicsResult(Result):
    """What :func:`analyze` returns; it says what each table holds."""

    stem: ClassVar[str] = STEM
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "structure": {"low": "points", "high": "points"},
        "calendar": {"value": "relative", "low": "relative", "high": "relative"},
        "win_rates": {"low": "share", "high": "share"},
        "figures": {"difference": "number"},
    }

    monthly: pd.DataFrame
    change: pd.DataFrame
    structure: pd.DataFrame
    plan: pd.DataFrame
    trend: pd.DataFrame
    calendar: pd.DataFrame
    win_rates: pd.DataFrame
    figures: pd.DataFrame


@spoken
def analyze(view: PeriodView) -> SalesDynamicsResult:
    """Answer how much is sold, what makes it change, and whether the plan is met.

    Needs ``sales``, or ``deals`` whose won deals stand in. Uses ``deals`` for win rates, ``targets`` for the
    plan, ``customers``, ``owners`` and ``products`` for dimensions; what is missing is named in ``left_out``.

    Parameters
    ----------
    view
        The company at the end of a period.

    Returns
    -------
    SalesDynamicsResult
        Findings, tiles, and the tables

        ``monthly``
            A calendar month, up to 60 back from the end of the data, months without sales included:
            ``month`` (its first day), ``revenue``, ``orders``, ``customers``, ``average_order``, ``margin``
            (of lines with a cost), ``no_customer`` (revenue that names no customer), deals ``closed`` and
            ``won`` and their ``win_rate``, ``working_days`` (Mondays to Fridays), ``adjusted`` (revenue
            without its season), ``limit_low, limit_high, centre`` (normal variation of ``adjusted``),
            ``signal`` (above, below, run_above, run_below), ``partial`` (not covered whole).
        ``change``
            A driver: ``group`` (revenue or deals), ``driver``, ``before``, ``after`` (in the unit of the
            driver), ``contribution`` (money), ``dimension`` (of a mix). The contributions of ``revenue`` add
            up to the change of revenue, those of ``deals`` to the change of what won deals brought.
        ``structure``
            A value of a dimension: ``dimension, value, revenue, share, previous_share, difference``,
            ``low, high`` (95 %), ``p_value, p_adjusted, verdict``. Shares are of net revenue; the largest,
            now or before, stand first.
        ``plan``
            A plan figure: ``dimension, value, target, actual, attainment, gap``; for a running period
            ``projected, projected_low, projected_high`` (80 %) and ``projected_attainment``.
        ``trend``
            A monthly figure (revenue, orders, average_order, win_rate): the fields of
            :class:`crm_analysis.stats.trend.Trend`, ``growth, growth_low, growth_high`` (a year, relative),
            ``p_adjusted, strength, verdict``.
        ``calendar``
            An effect (growth_per_year, working_day, quarter_end): ``value, low, high`` (relative, 95 %),
            ``p_value, scale, n`` months, ``status, p_adjusted, strength``; ``verdict`` improved or worsened
            for growth, higher or lower for what months differ by, or no_evidence, not_enough_data.
        ``win_rates``
            A value of a dimension of the deals closed in the period: ``closed, won, win_rate, low, high``
            (95 %), ``p_value, p_adjusted, strength, verdict`` of the dimension as a whole: differs,
            no_evidence or not_enough_data.
        ``figures``
            A figure of the period: ``measure`` (revenue, orders, customers, average_order, closed, won,
            won_amount, win_rate), ``value``, ``previous`` (of the comparison), ``difference``, ``relative``.

    Raises
    ------
    DataError
        The data hold neither sales nor deals.

    Notes
    -----
    An order is a distinct ``sale_id`` among lines of positive amount; returns reduce revenue and are no
    order.
    Season: month effects by regression, from 24 whole months on. Normal variation: XmR limits (Wheeler 2000)
    around a straight line, below 24 months around the mean. Trend: rank scores, generalised least squares
    averaged over autocorrelation. Quarter end under 24 months: arrangements of months within each quarter.
    Change: Shapley averaging over the factors; a mix compares groups of customers (size, industry, region or
    channel, the first that the data tell apart), of deals (product, channel, owner). Shares: bootstrap over
    customers. Win rates: Wilson intervals, chi-square by permutation of whole customers; the change against
    the comparison is judged by its range (Newcombe), in no family. Tests of trend and
    calendar are one family, those of the shares one, those of the win rates one: Benjamini-Hochberg, 10 %.
    Projection: the part of revenue that had come by the same working day in past periods of the same kind.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> result = analyze(crm.load("data/demo").view("2026-10"))
    >>> result.change.groupby("group")["contribution"].sum().round(2).index.tolist()
    ['deals', 'revenue']
    """
    months = monthly(view)
    trend, calendar = course(months, view.dataset.settings.fiscal_year_starts)
    planned, without_plan = plan(view)
    facts = Facts(
        context=view.context,
        totals=_totals(view),
        monthly=months,
        change=change(view),
        structure=structure(view),
        plan=planned,
        trend=trend,
        calendar=calendar,
        win_rates=win_rates(view),
        has_amounts=view.has_amounts,
        has_deals=view.has("deals"),
    )
    return SalesDynamicsResult(
        context=facts.context,
        findings=answers.findings(facts),
        left_out=answers.left_out(
            facts, without_plan=without_plan, held=_held(view), missing_amounts=_missing_amounts(view)
        ),
        tiles=answers.tiles(facts),
        monthly=months,
        change=facts.change,
        structure=facts.structure,
        plan=planned,
        trend=trend,
        calendar=calendar,
        win_rates=facts.win_rates,
        figures=_figures(facts.totals),
    )


def _totals(view: PeriodView) -> pd.DataFrame:
    """Return what was sold and closed on both sides, a row a side."""
    frame = totals(view)
    if not view.has("deals"):
        return frame
    deals = both_sides(view, view.deals, "closed_at")
    won = deals.status == "won"
    has_value = view.has("deals", "amount")
    value = money(deals.amount, won) if has_value else ibis.null("float64")
    counted = deals.group_by("side").agg(closed=deals.count(), won=won.sum(), won_amount=value)
    frame = frame.join(counted.to_pandas().set_index("side"))
    counts = ["closed", "won", *(["won_amount"] if has_value else [])]
    frame[counts] = frame[counts].fillna(0)
    return frame


def _figures(totals: pd.DataFrame) -> pd.DataFrame:
    """Return the totals of both sides with their ratios, a row a figure."""
    columns = [name for name in ("revenue", "orders", "customers") if name in totals.columns]
    sides = totals[columns].assign(
        average_order=totals["revenue"] / totals["orders"].where(totals["orders"] > 0)
    )
    if "closed" in totals.columns:
        sides[["closed", "won", "won_amount"]] = totals[["closed", "won", "won_amount"]]
        sides["win_rate"] = totals["won"] / totals["closed"].where(totals["closed"] > 0)
    frame = pd.DataFrame(
        {"measure": sides.columns.astype("str"), "value": sides.loc[AFTER].to_numpy(dtype=float)}
    )
    frame["previous"] = sides.loc[BEFORE].to_numpy(dtype=float) if BEFORE in sides.index else np.nan
    frame["difference"] = frame["value"] - frame["previous"]
    frame["relative"] = frame["difference"] / frame["previous"].where(frame["previous"] > 0)
    return frame


def _held(view: PeriodView) -> dict[str, bool]:
    lines = view.sales_to_date
    held = {name: name in lines.columns for name in DIMENSIONS}
    return held | {"cost": "cost" in lines.columns, "deal_amount": view.has("deals", "amount")}


def _missing_amounts(view: PeriodView) -> int:
    if not view.has("deals", "amount"):
        return 0
    return int(view.won.filter(view.won.amount.isnull()).count().to_pandas())
