"""Which of the five KPIs the data can tell, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.purchases import read_purchases
from crm_analysis.analyses._kpi import measures as measures
from crm_analysis.analyses._kpi.sources import (
    contacts_by_day,
    contacts_on_won,
    names_deals,
    order_values,
    read_deals,
    spend_by_day,
)
from crm_analysis.stats.period_survival import horizon
from crm_analysis.stats.survival import kaplan_meier

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Purchases
    from crm_analysis.analyses._kpi.parts import Measure
    from crm_analysis.analyses._kpi.sources import Deals
    from crm_analysis.stats.curve import SurvivalCurve
    from crm_analysis.view import PeriodView

#: Contacts on deals won settle when all but this share of them had time to begin within the records.
_LATE = 0.95


@dataclass(frozen=True)
class Measured:
    """What could be measured.

    Parameters
    ----------
    measures
        The KPIs that the data can tell, in the order of the report.
    missing
        Why the others cannot be told: KPI and the name of a sentence.
    deals, curve, tau
        The deals, the share of them undecided by age, and the days within which a mean is taken; None and NaN
        where no deal can be followed.
    window
        Months that classes rest on; 0 where the records are too short.
    undated
        Deals that cannot be followed.
    end
        The day after the last that the data cover.
    """

    measures: tuple[Measure, ...]
    missing: dict[str, str]
    deals: Deals | None
    curve: SurvivalCurve | None
    tau: float
    window: int
    undated: int
    end: pd.Timestamp


def measured(view: PeriodView) -> Measured:
    """Find out which KPIs the data can tell."""
    purchases, deals = read_purchases(view), read_deals(view)
    window = measures.class_window(purchases)
    classes = measures.Classes(purchases, tuple(view.dataset.settings.abc_limits), window)
    curve, tau = _followed(deals, purchases.end)
    settled = _settled(deals, tau)
    found: dict[str, Measure | str] = {
        "purchase_interval_days": measures.purchase_interval(purchases, classes)
        or ("no_client" if not purchases.clients else "short_purchases"),
        "deal_amount": _amount(view, deals, purchases, classes, settled),
        "acquisition_cost": _cost(view, deals, purchases, window),
        "decision_days": "no_deals" if deals is None else "no_decisions",
        "contacts_per_customer": "no_contacts",
    }
    if deals is not None and settled is not None:
        found["decision_days"] = measures.decision_days(deals, tau, settled, purchases.end)
        found["contacts_per_customer"] = _contacts(view, deals, settled)
    return Measured(
        tuple(one for one in found.values() if not isinstance(one, str)),
        {kpi: one for kpi, one in found.items() if isinstance(one, str)},
        deals,
        curve,
        tau,
        window,
        0 if deals is None else deals.undated,
        purchases.end,
    )


def _followed(deals: Deals | None, end: pd.Timestamp) -> tuple[SurvivalCurve | None, float]:
    """Return the curve of all deals to date, and the days within which their mean is taken."""
    if deals is None or deals.dated.empty:
        return None, np.nan
    watched = deals.followed(end)
    curve = kaplan_meier(watched["time"], watched["status"] > 0, entry=watched["entry"])
    return (curve, horizon(curve)) if len(curve.time) else (None, np.nan)


def _settled(deals: Deals | None, tau: float) -> pd.Timestamp | None:
    """Return the day from which on deals older than ``tau`` days are on record; None without decisions.

    Before, only young deals can be decided, and every figure of deals drifts for that reason alone.
    """
    if deals is None or np.isnan(tau):
        return None
    return pd.Timestamp(0) + pd.Timedelta(days=float(deals.dated["known"].min()) + tau)


def _amount(
    view: PeriodView,
    deals: Deals | None,
    purchases: Purchases,
    classes: measures.Classes,
    settled: pd.Timestamp | None,
) -> Measure | str:
    if deals is not None and settled is not None and deals.won["amount"].notna().any():
        won = deals.won.rename(columns={"ended": "at"})
        return measures.mean_amount("deal_amount", won, classes, settled) or "no_amounts"
    if not view.sales_stand_in and purchases.first_sale is not None:
        orders = order_values(view)
        at = (orders["day"] - pd.Timestamp(0)) / pd.Timedelta(days=1)
        found = measures.mean_amount("order_amount", orders.assign(at=at), classes, purchases.first_sale)
        return found or "no_amounts"
    return "no_amounts"


def _cost(view: PeriodView, deals: Deals | None, purchases: Purchases, window: int) -> Measure | str:
    spend = spend_by_day(view)
    if spend is None:
        return "no_costs"
    found = measures.acquisition_cost(spend, purchases, window, measures.lead_months(deals))
    return found or ("no_client" if not purchases.clients else "short_purchases")


def _contacts(view: PeriodView, deals: Deals, settled: pd.Timestamp) -> Measure | str:
    contacts = contacts_by_day(view)
    if contacts is None:
        return "no_contacts"
    won = deals.dated[deals.dated["won"]]
    slow = float((won["ended"] - won["begun"]).quantile(_LATE)) if len(won) else 0.0
    known = pd.Timestamp(0) + pd.Timedelta(days=float(deals.dated["known"].min()) + slow)
    begin = max(settled, known, contacts["day"].min())
    return measures.contacts_per_customer(
        contacts, contacts_on_won(view), deals, begin, on_deals=names_deals(view)
    )
