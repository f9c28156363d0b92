"""Does income go with marketing spending, month by month: an association, no proof."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._frames import empty
from crm_analysis.analyses._lines import fetch, money, month_of
from crm_analysis.analyses._sales.months import monthly, whole
from crm_analysis.findings import Finding
from crm_analysis.sentences import sentence
from crm_analysis.stats.multiplicity import FAMILY_ERROR
from crm_analysis.stats.spend import FEWEST_MONTHS, MORE, spend_effect
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from crm_analysis.columns import Kind
    from crm_analysis.findings import Verdict
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

STEM = "marketing_impact"
_DAY = 86_400
_DAYS_A_MONTH = 30.44
#: Used where no deal tells how long spending takes to work.
USUAL_LAG = 1

COLUMNS = {
    "lag_months": "int64", "n": "int64", "value": "float64", "low": "float64", "high": "float64",
    "p_value": "float64", "verdict": "str", "status": "str", "scale": "str",
}  # fmt: skip
MONTH_COLUMNS = {
    "month": "datetime64[us]", "cost": "float64", "revenue": "float64", "cost_relative": "float64",
    "revenue_relative": "float64",
}  # fmt: skip

#: How columns are written where their heading says otherwise.
KINDS: dict[str, dict[str, Kind]] = {
    "association": {"value": "relative", "low": "relative", "high": "relative"}
}


@dataclass(frozen=True)
class Association:
    """What :func:`association` returns.

    Parameters
    ----------
    association
        One row, or none: ``lag_months`` from spending to income, ``n`` months, ``value`` (relative change of
        income that goes with a tenth more spending), ``low, high`` (95 %), ``p_value, verdict, status``
        (full, too_few, constant), ``scale``.
    months
        A whole month: ``month, cost, revenue``, and both relative to their mean month.
    notes
        What could not be computed and why, a sentence each.
    """

    association: pd.DataFrame
    months: pd.DataFrame
    notes: tuple[str, ...]

    def findings(self, words: Words) -> list[Finding]:
        """Say whether income goes with spending, in one finding; none where the data hold no costs."""
        return [_finding(row, words) for row in self.association.itertuples(index=False)]


def association(view: PeriodView) -> Association:
    """Set monthly income beside the marketing spending of the months before it.

    Parameters
    ----------
    view
        The company at the end of a period; up to 60 whole months to its end are used.

    Returns
    -------
    Association
        Tables without rows where there are no costs or no amounts; ``notes`` says which.

    Notes
    -----
    The lag is fixed beforehand: the median time from the first contact to winning, in months, of all deals
    won so far. Method: :func:`crm_analysis.stats.spend.spend_effect`, from 36 months on.
    """
    if not view.has("marketing_costs"):
        return _without("left.association_costs")
    if not view.has_amounts:
        return _without("left.association_amounts")
    months = _months(view)
    if months.empty:
        return _without("left.association_months")
    lag = _median_lag(view)
    notes = () if lag is not None else (sentence(STEM, "left.association_lag"),)
    lag = USUAL_LAG if lag is None else lag
    first = int(months["month"].dt.month.iloc[0])
    effect = spend_effect(months["revenue"], months["cost"], lag=lag, first_month=first)
    fields = {name: value for name, value in asdict(effect).items() if name in COLUMNS}
    row = fields | {"lag_months": lag, "verdict": _verdict(effect.p_value)}
    return Association(pd.DataFrame([row])[list(COLUMNS)].astype(COLUMNS), months, notes)


def _months(view: PeriodView) -> pd.DataFrame:
    """Return ``MONTH_COLUMNS`` of the whole months from the first cost to the last, those without one too."""
    costs = view.marketing_costs
    by_month = costs.group_by(month=month_of(costs.spent_on.cast("timestamp"))).agg(cost=money(costs.amount))
    spent = fetch(by_month.filter(by_month.month.notnull()), "month")
    sold = monthly(view)
    if spent.empty or sold.empty:
        return empty(MONTH_COLUMNS)
    spent["month"] = pd.to_datetime(spent["month"]).astype("datetime64[us]")
    frame = whole(sold)[["month", "revenue"]].merge(spent, on="month", how="left")
    # months outside the records of costs are unknown, not free of cost
    known = frame["month"].between(spent["month"].iloc[0], spent["month"].iloc[-1])
    frame = frame[known].reset_index(drop=True)
    frame["cost"] = frame["cost"].fillna(0.0)
    for name in ("cost", "revenue"):
        mean = frame[name].mean()
        frame[f"{name}_relative"] = frame[name] / mean if mean > 0 else np.nan
    return frame[list(MONTH_COLUMNS)].astype(MONTH_COLUMNS)


def _median_lag(view: PeriodView) -> int | None:
    """Return the median months from the first contact to winning; None where no deal tells."""
    if not view.has("deals"):
        return None
    deals = view.deals
    won = deals.filter((deals.status == "won") & deals.closed_at.notnull() & deals.created_at.notnull())
    start = won.created_at
    if "first_contact_at" in won.columns:
        start = won.first_contact_at.coalesce(won.created_at)
    days = won.select(days=(won.closed_at.epoch_seconds() - start.epoch_seconds()) / _DAY)
    median = days.days.median().to_pandas()
    return None if median is None or not np.isfinite(median) else max(round(median / _DAYS_A_MONTH), 0)


def _verdict(p_value: float) -> Verdict:
    if np.isnan(p_value):
        return "not_enough_data"
    return "note" if p_value <= FAMILY_ERROR else "no_evidence"


def _without(key: str) -> Association:
    return Association(empty(COLUMNS), empty(MONTH_COLUMNS), (sentence(STEM, key),))


def _finding(row: object, words: Words) -> Finding:
    values = row._asdict()  # type: ignore[attr-defined]
    verdict, status = values["verdict"], values["status"]
    if status != "full":
        text = sentence(
            STEM,
            f"association.{status}",
            n=words.number(values["n"]),
            needed=words.number(FEWEST_MONTHS),
        )
        return Finding(STEM, "spend_and_income", verdict, text, n=values["n"], department="marketing")
    lag = values["lag_months"]
    digits = tenths(values["low"], values["high"])
    text = sentence(
        STEM,
        f"association.{verdict}",
        direction=sentence(
            STEM, "association.more_income" if values["value"] > 0 else "association.less_income"
        ),
        more=words.change(MORE, 0),
        lag=sentence(STEM, "association.later", months=words.counted(lag, "month"))
        if lag
        else sentence(STEM, "association.same_month"),
        n=words.number(values["n"]),
        **{name: words.change(values[name], digits) for name in ("value", "low", "high")},
    )
    return Finding(
        STEM,
        "spend_and_income",
        verdict,
        text,
        unit="relative",
        department="marketing",
        strength="strong" if verdict == "note" else "",
        **{name: values[name] for name in ("value", "low", "high", "n", "p_value")},
    )
