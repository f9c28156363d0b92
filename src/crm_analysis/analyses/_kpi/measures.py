"""How each KPI is measured over a span of days, from what the data hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.purchases import whole_months
from crm_analysis.analyses._abc.purchases import within as days_within
from crm_analysis.analyses._kpi.parts import (
    ALL,
    DAYS_A_MONTH,
    NEW,
    ON_WON,
    SLACK,
    Measure,
    day_number,
    points_between,
)
from crm_analysis.analyses._kpi.sources import within
from crm_analysis.stats.concentration import abc_classes
from crm_analysis.stats.exposure import days_per_event
from crm_analysis.stats.intervals import SMALLEST_SKEWED_SAMPLE, Interval, mean_interval, poisson
from crm_analysis.stats.period_survival import period_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._abc.purchases import Purchases
    from crm_analysis.analyses._kpi.parts import Span
    from crm_analysis.analyses._kpi.sources import Deals

    Floats = NDArray[np.float64]

GROUPS = ("A", "B", "C")
#: Months that classes rest on, by the whole months of records that this takes.
_WINDOWS = ((24, 12), (12, 6), (6, 3))
#: With fewer decisions in a typical month the time to decision is followed by quarters.
FEWEST_DECISIONS = 15
_NOTHING = Interval(np.nan, np.nan, np.nan, 0.0)


@dataclass(frozen=True)
class Classes:
    """ABC classes of clients by what they bought in the months before a day, never after it.

    Parameters
    ----------
    purchases
        What each client bought on each day.
    limits
        Limits of A and B.
    months
        Length of the window; the same all along, else the classes would change with it. 0: none.
    """

    purchases: Purchases
    limits: tuple[float, float]
    months: int
    _known: dict[pd.Timestamp, NDArray[np.object_] | None] = field(default_factory=dict)

    def before(self, day: pd.Timestamp) -> NDArray[np.object_] | None:
        """Return the class of each client; None where the records do not reach back far enough."""
        if day not in self._known:
            start = day - pd.DateOffset(months=self.months)
            begin = self.purchases.first_sale
            reaches = self.months > 0 and begin is not None and start + SLACK >= begin
            self._known[day] = (
                abc_classes(self.purchases.revenue((start, day)), self.limits) if reaches else None
            )
        return self._known[day]


def class_window(purchases: Purchases) -> int:
    """Return the months that classes rest on: 12, fewer where the records are short, 0 where too short."""
    if purchases.first_sale is None or not purchases.clients:
        return 0
    held = whole_months(purchases.first_sale - SLACK, purchases.end)
    return next((months for least, months in _WINDOWS if held >= least), 0)


def purchase_interval(purchases: Purchases, classes: Classes) -> Measure | None:
    """Days that pass between purchases of the clients who bought in the months before."""
    if not classes.months or purchases.first_sale is None:
        return None

    def over(span: Span) -> dict[str, Interval]:
        known = classes.before(span[0])
        if known is None:
            return {}
        rows = days_within(purchases.bought, span)
        counts = np.bincount(rows["client"], minlength=purchases.clients)
        members = {group: known == group for group in GROUPS}
        members[ALL] = np.isin(known.astype(str), GROUPS)
        days = float((span[1] - span[0]).days)
        return {
            group: days_per_event(np.full(int(inside.sum()), days), counts[inside])
            for group, inside in members.items()
        }

    begin = purchases.first_sale + pd.DateOffset(months=classes.months)
    facts = {"months": str(classes.months)}
    return Measure("purchase_interval_days", begin, over, (*GROUPS, ALL), 1, facts)


def mean_amount(kpi: str, won: pd.DataFrame, classes: Classes, begin: pd.Timestamp) -> Measure | None:
    """Mean amount of the deals won (or of the orders), by the class that the client had before.

    ``won`` has a row a deal: ``at`` in days since 1970, ``customer_id``, ``amount``.
    """
    rows = won[won["amount"].notna() & won["at"].notna()]
    if rows.empty:
        return None
    client = pd.Index(classes.purchases.ids).get_indexer(pd.Index(rows["customer_id"].astype(object)))
    rows = rows.assign(client=np.where(rows["customer_id"].isna(), -1, client))
    named = bool(rows["customer_id"].notna().any())

    def over(span: Span) -> dict[str, Interval]:
        part = within(rows, "at", day_number(span[0]), day_number(span[1]))
        amounts = part["amount"].to_numpy(dtype=float)
        found = {ALL: _mean(amounts)}
        known = classes.before(span[0]) if named else None
        if known is None:
            return found
        place = part["client"].to_numpy()
        # a client without an order so far is in no class
        mine = np.where(place >= 0, np.append(known, "none")[place], "none").astype(str)
        groups = {group: _mean(amounts[mine == group]) for group in GROUPS}
        outside = ~np.isin(mine, GROUPS) & part["customer_id"].notna().to_numpy()
        return groups | {NEW: _mean(amounts[outside])} | found

    tested = (*GROUPS, NEW, ALL) if named and classes.months else (ALL,)
    return Measure(kpi, begin, over, tested, 1, {"months": str(classes.months)})


def acquisition_cost(spend: pd.DataFrame, purchases: Purchases, settling: int, lag: int) -> Measure | None:
    """Measure marketing spend of ``lag`` months before, over the clients who bought for the first time."""
    if purchases.first_sale is None or not purchases.clients or not settling:
        return None
    first = purchases.newcomers.dropna()

    def over(span: Span) -> dict[str, Interval]:
        start, end = (day - pd.DateOffset(months=lag) for day in span)
        if span[0] + SLACK < begin:
            return {}
        spent = float(spend.loc[(spend["day"] >= start) & (spend["day"] < end), "amount"].sum())
        return {ALL: _per_client(spent, int(((first >= span[0]) & (first < span[1])).sum()))}

    begin = max(
        purchases.first_sale + pd.DateOffset(months=settling),
        spend["day"].min().to_period("M").start_time + pd.DateOffset(months=lag),
    )
    facts = {"lag": str(lag), "settling": str(settling)}
    return Measure("acquisition_cost", begin, over, (ALL,), 1, facts)


def decision_days(deals: Deals, tau: float, begin: pd.Timestamp, end: pd.Timestamp) -> Measure:
    """Mean days from first contact to decision within ``tau``, by what happened in the span."""
    rows = deals.dated

    def over(span: Span) -> dict[str, Interval]:
        window = (day_number(span[0]), day_number(span[1]))
        return {ALL: period_mean(rows["begun"], rows["ended"], window, tau, known=rows["known"])}

    spans = points_between(begin, end, 1)
    decided = [len(within(rows, "ended", day_number(a), day_number(b))) for a, b in spans]
    months = 3 if decided and np.median(decided) < FEWEST_DECISIONS else 1
    origin = "first contact" if deals.has_first_contact else "creation of the deal"
    return Measure("decision_days", begin, over, (ALL,), months, {"tau": f"{tau:.0f}", "origin": origin})


def contacts_per_customer(
    contacts: pd.DataFrame, on_won: pd.DataFrame, deals: Deals, begin: pd.Timestamp, *, on_deals: bool
) -> Measure:
    """All contacts of a span over the clients won in it, in all and by kind; and those on the deals won."""
    won = deals.won
    named = bool(won["customer_id"].notna().any())
    kinds = sorted(contacts["kind"].unique())

    def over(span: Span) -> dict[str, Interval]:
        if span[0] + SLACK < begin:
            return {}
        numbers = day_number(span[0]), day_number(span[1])
        part = contacts[(contacts["day"] >= span[0]) & (contacts["day"] < span[1])]
        deals_won = within(won, "ended", *numbers)
        clients = int(deals_won["customer_id"].nunique()) if named else len(deals_won)
        counts = part.groupby("kind")["contacts"].sum().reindex(kinds, fill_value=0)
        found = {ALL: _per_client(float(counts.sum()), clients)}
        found[ON_WON] = _mean(within(on_won, "ended", *numbers)["contacts"].to_numpy(dtype=float))
        return found | {str(kind): _per_client(float(count), clients) for kind, count in counts.items()}

    facts = {"formula": "" if named else ".unnamed", "which": "on deals" if on_deals else ""}
    return Measure("contacts_per_customer", begin, over, (ALL,), 1, facts)


def lead_months(deals: Deals | None) -> int:
    """Return the whole months that a won deal typically takes from first contact to decision."""
    if deals is None:
        return 0
    won = deals.dated[deals.dated["won"]]
    if won.empty:
        return 0
    return round(float((won["ended"] - won["begun"]).median()) / DAYS_A_MONTH)


def _mean(values: Floats) -> Interval:
    """Average figures that are 0 or more; fewer than five have no limits worth showing."""
    mean = mean_interval(values)
    few = mean.n < SMALLEST_SKEWED_SAMPLE
    least = 0.0 if len(values) and values.min() >= 0 else -np.inf
    return Interval(
        mean.estimate, np.nan if few else max(mean.low, least), np.nan if few else mean.high, mean.n
    )


def _per_client(effort: float, clients: int) -> Interval:
    """Divide an effort by the clients it brought, with exact Poisson limits on their number."""
    if effort == 0:
        return _NOTHING if not clients else Interval(0.0, np.nan, np.nan, float(clients))
    if effort < 0:
        return _NOTHING
    rate = poisson(clients, effort)
    value, high = (1 / limit if limit > 0 else np.inf for limit in (rate.estimate, rate.low))
    return Interval(value, 1 / rate.high, high, float(clients))


def rows_of(found: dict[str, Interval]) -> list[dict[str, Any]]:
    """Return the figures by group as rows: ``group, value, low, high, n``."""
    return [
        {"group": group, "value": one.estimate, "low": one.low, "high": one.high, "n": int(one.n)}
        for group, one in found.items()
    ]
