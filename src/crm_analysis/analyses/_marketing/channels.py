"""One row a channel: what it cost and brought in the period, and what its ripe leads returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._abc.purchases import on_record_before
from crm_analysis.analyses._lines import AFTER, NOT_STATED, both_sides, fetch, lines_to_date, stated
from crm_analysis.language import msg
from crm_analysis.stats.intervals import poisson, wilson
from crm_analysis.stats.multiplicity import FALSE_DISCOVERY_RATE
from crm_analysis.stats.returns import FEWEST_WINS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_analysis.analyses._marketing.window import Window
    from crm_analysis.stats.returns import GroupReturns
    from crm_analysis.view import PeriodView

PAYS, PAYS_NOT, OPEN, FREE, UNKNOWN = (
    msg("pays back"), msg("does not pay back"), msg("cannot be told"), msg("no cost"), "not_enough_data"
)  # fmt: skip
#: The cost is divided by so many leads or new customers at least.
FEWEST_TO_DIVIDE = 2
COLUMNS = (
    "channel", "cost", "cost_share", "leads", "deals", "closed", "won", "won_share", "win_rate", "win_low",
    "win_high", "customers_acquired", "revenue", "revenue_share", "conversion", "conversion_low",
    "conversion_high", "cost_per_lead", "cost_per_lead_low", "cost_per_lead_high", "acquisition_cost",
    "acquisition_low", "acquisition_high", "cohort_cost", "cohort_leads", "cohort_won", "cohort_undecided",
    "cohort_income", "return_on_spend", "return_low", "return_high", "naive_return", "p_value", "p_adjusted",
    "strength", "few_wins", "median_days", "verdict",
)  # fmt: skip


def channel_table(
    counts: Mapping[str, pd.DataFrame],
    paid: GroupReturns | None,
    monthly: pd.DataFrame,
    window: Window,
    *,
    has_costs: bool,
    has_amounts: bool,
    has_customers: bool,
) -> pd.DataFrame:
    """Return ``COLUMNS``, the most revenue first.

    Parameters
    ----------
    counts
        Frames by channel: ``cost``, ``period`` (leads, deals, closed, won; empty without deals),
        ``acquired``, ``revenue`` (revenue, share), ``cohort`` (leads, won, open of the window), ``pace``
        (median_days).
    paid
        Returns of the window; None where it is too short or the data know no money or no cost.
    monthly
        Money by month, for the plain ratio of the same months.
    window
        The months of the ripe leads.
    has_costs, has_amounts, has_customers
        What the data hold.
    """
    names = sorted(set().union(*(map(str, counts[name].index) for name in _ROWS)))
    frame = pd.DataFrame(index=pd.Index(names, dtype="str", name="channel"))
    frame["cost"] = counts["cost"]["cost"].reindex(names).fillna(0.0) if has_costs else np.nan
    total = float(frame["cost"].sum())
    frame["cost_share"] = frame["cost"] / total if total > 0 else np.nan
    _add_period(frame, counts, has_customers=has_customers)
    frame["revenue"] = counts["revenue"]["revenue"].reindex(names).fillna(0.0) if has_amounts else np.nan
    whole = float(frame["revenue"].sum())
    frame["revenue_share"] = frame["revenue"] / whole if whole > 0 else np.nan
    _add_cohort(frame, counts["cohort"], window)
    _add_costs_each(frame)
    _add_returns(frame, paid, monthly, window, has_costs=has_costs)
    frame["median_days"] = counts["pace"]["median_days"].reindex(names)
    frame["verdict"] = pd.Series(
        [_verdict(row, has_costs=has_costs) for row in frame.to_dict("records")],
        index=frame.index,
        dtype="str",
    )
    order = frame.fillna({"revenue": 0.0, "cost": 0.0, "leads": 0.0}).sort_values(
        ["revenue", "cost", "leads"], ascending=False, kind="stable"
    )
    return frame.loc[order.index].reset_index()[list(COLUMNS)]


_ROWS = ("cost", "period", "acquired", "revenue", "cohort")


def period_counts(view: PeriodView, leads: ibis.Table | None) -> pd.DataFrame:
    """Return ``channel`` (index), leads begun, deals created, closed and won in the period."""
    names = ["leads", "deals", "closed", "won"]
    if leads is None:
        return pd.DataFrame(columns=names, index=pd.Index([], name="channel", dtype="str"), dtype=float)
    start = ibis.timestamp(f"{view.period.start} 00:00:00")
    closed = (leads.closed_at >= start).fill_null(False)
    sums = leads.group_by("channel").agg(
        leads=(leads.start >= start).fill_null(False).sum(),
        deals=(leads.created_at >= start).fill_null(False).sum(),
        closed=closed.sum(),
        won=(closed & (leads.status == "won")).sum(),
    )
    frame = fetch(sums, "channel").set_index("channel")
    return frame[frame.sum(axis=1) > 0]


def acquired(view: PeriodView) -> pd.DataFrame:
    """Return ``channel`` (index), customers whose first order to date lies in the period, by its channel."""
    lines = lines_to_date(view)
    channel = stated(lines.channel) if "channel" in lines.columns else stated(ibis.null("string"))
    bought = lines.mutate(came_by=channel).filter(_.bought & _.customer_id.notnull())
    first = bought.group_by("customer_id").agg(first_at=bought.sold_at.min())
    begin = lines.sold_at.min().to_pandas()
    if not pd.isna(begin):
        first = first.filter(first.customer_id.notin(on_record_before(view, begin.normalize())))
    firsts = bought.join(first, "customer_id").filter(_.sold_at == _.first_at)
    each = firsts.group_by("customer_id").agg(first_at=firsts.first_at.min(), channel=firsts.came_by.min())
    here = both_sides(view, each, "first_at").filter(_.side == AFTER)
    return fetch(here.group_by("channel").agg(customers=here.count()), "channel").set_index("channel")


def _add_period(frame: pd.DataFrame, counts: Mapping[str, pd.DataFrame], *, has_customers: bool) -> None:
    period = counts["period"]
    for name in ("leads", "deals", "closed", "won"):
        frame[name] = period[name].reindex(frame.index).fillna(0.0) if len(period) else np.nan
    won = frame["won"].sum()
    frame["won_share"] = frame["won"] / won if won > 0 else np.nan
    if len(period):
        rate = wilson(frame["won"].to_numpy(), frame["closed"].to_numpy())
        frame["win_rate"], frame["win_low"], frame["win_high"] = rate.estimate, rate.low, rate.high
    else:
        frame[["win_rate", "win_low", "win_high"]] = np.nan
    new = counts["acquired"]["customers"].reindex(frame.index).fillna(0.0)
    frame["customers_acquired"] = new if has_customers else np.nan


def _add_cohort(frame: pd.DataFrame, cohort: pd.DataFrame, window: Window) -> None:
    for name in ("leads", "won", "undecided"):
        values = cohort[name].reindex(frame.index).fillna(0.0) if window.known else np.nan
        frame[f"cohort_{name}"] = values
    frame[["conversion", "conversion_low", "conversion_high"]] = np.nan
    if window.known:
        share = wilson(frame["cohort_won"].to_numpy(), frame["cohort_leads"].to_numpy())
        frame["conversion"] = share.estimate
        frame["conversion_low"], frame["conversion_high"] = share.low, share.high


def _add_costs_each(frame: pd.DataFrame) -> None:
    """Add the cost of a lead and of a new customer; the limits are exact for Poisson counts."""
    for name, count in (("cost_per_lead", "leads"), ("acquisition", "customers_acquired")):
        known = frame[count].fillna(0.0).to_numpy()
        cost = frame["cost"].where((frame["cost"] > 0) & frame[count].notna()).to_numpy(dtype=float)
        rate = poisson(known, cost)
        # what one of a single lead cost is known to a factor of hundreds
        blank = known < FEWEST_TO_DIVIDE
        with np.errstate(divide="ignore"):
            estimate, low, high = (1 / np.asarray(side) for side in (rate.estimate, rate.high, rate.low))
        label = "acquisition_cost" if name == "acquisition" else name
        for column, values in ((label, estimate), (f"{name}_low", low), (f"{name}_high", high)):
            frame[column] = np.where(np.isfinite(values) & ~blank, values, np.nan)


def _add_returns(
    frame: pd.DataFrame, paid: GroupReturns | None, monthly: pd.DataFrame, window: Window, *, has_costs: bool
) -> None:
    numbers = {
        "cost": "cohort_cost", "income": "cohort_income", "return_on_spend": "return_on_spend",
        "low": "return_low", "high": "return_high", "p_value": "p_value", "p_adjusted": "p_adjusted",
    }  # fmt: skip
    table = None if paid is None else paid.table.set_index("group").reindex(frame.index)
    for source, name in numbers.items():
        frame[name] = np.nan if table is None else table[source]
    frame["strength"] = "" if table is None else table["strength"].fillna("")
    frame["few_wins"] = False if table is None else table["few_wins"].fillna(value=True).astype(bool)
    frame["strength"] = frame["strength"].astype("str")
    here = monthly[(monthly["month"] >= window.start) & (monthly["month"] < window.end)]
    sums = here.groupby("channel")[["cost", "sales_income"]].sum(min_count=1).reindex(frame.index)
    if table is None:
        frame["cohort_cost"] = sums["cost"].fillna(0.0) if has_costs and window.known else np.nan
    else:
        frame[["cohort_cost", "cohort_income"]] = frame[["cohort_cost", "cohort_income"]].fillna(0.0)
    frame["naive_return"] = sums["sales_income"] / sums["cost"].where(sums["cost"] > 0) - 1


def _verdict(row: Mapping[object, object], *, has_costs: bool) -> str:
    if not has_costs:
        return UNKNOWN
    cost = row["cohort_cost"] if row["cohort_cost"] == row["cohort_cost"] else row["cost"]
    if not cost > 0:  # type: ignore[operator]
        return FREE
    low, high, p = (float(row[name]) for name in ("return_low", "return_high", "p_adjusted"))  # type: ignore[arg-type]
    if np.isnan(p):
        return UNKNOWN
    if p <= FALSE_DISCOVERY_RATE and not low <= 0 <= high:
        return PAYS if low > 0 else PAYS_NOT
    return UNKNOWN if float(row["cohort_won"]) < FEWEST_WINS else OPEN  # type: ignore[arg-type]


def unknown_share(frame: pd.DataFrame, column: str = "revenue_share") -> float:
    """Return the share of the rows that name no channel; 0 where all do."""
    return float(frame.loc[frame["channel"] == NOT_STATED, column].sum())
