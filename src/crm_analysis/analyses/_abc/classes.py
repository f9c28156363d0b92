"""Classes of clients: ABC by money, XYZ by steadiness, RFM scores, and what each class is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.purchases import whole_months, within
from crm_analysis.analyses._abc.windows import SLACK, back
from crm_analysis.errors import ParameterError
from crm_analysis.stats.bootstrap import bootstrap
from crm_analysis.stats.survival import kaplan_meier
from crm_analysis.stats.xyz import FEWEST_PERIODS, variation, xyz_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._abc.purchases import Purchases, Span

CLASSES = ("A", "B", "C", "none", "negative")
STEADINESS = ("X", "Y", "Z", "n/a")
#: Months in a bucket, by its name, shortest first.
BUCKETS = {"month": 1, "quarter": 3, "half-year": 6}
#: Steadiness and rhythm look back so many months: longer than a year, short enough to be today's habit.
HORIZON = 36
_DAYS_A_MONTH = 365.25 / 12
_DRAWS = (200, 1000)
#: Resampled clients in all: with many clients fewer draws are as sure.
_WORK = 2_500_000


@dataclass(frozen=True)
class RfmLimits:
    """Cut-offs of the RFM scores; fixed, so that a score means the same in every report.

    Each has four ascending figures. Score 5 is the best.

    Parameters
    ----------
    recency_days
        Days since the last order: up to the first figure scores 5, past the last 1.
    orders
        Orders in the window: below the first figure scores 1, from the last on 5.
    revenue
        Net revenue in the window, in the reporting currency: as for orders.
    """

    recency_days: tuple[float, ...] = (30, 90, 180, 365)
    orders: tuple[float, ...] = (2, 3, 6, 12)
    revenue: tuple[float, ...] = (100, 1_000, 10_000, 100_000)

    def __post_init__(self) -> None:
        for name in ("recency_days", "orders", "revenue"):
            limits = getattr(self, name)
            if len(limits) != 4 or list(limits) != sorted(set(limits)):
                raise ParameterError(
                    f"The cut-offs {name} are {limits}.",
                    "Four ascending figures.",
                    "Write (30, 90, 180, 365).",
                )


def rfm_scores(frame: pd.DataFrame, limits: RfmLimits) -> pd.DataFrame:
    """Score recency, frequency and money from 1 to 5."""
    days = frame["recency_days"].fillna(np.inf)
    scores = pd.DataFrame(
        {
            "recency_score": 5 - np.searchsorted(limits.recency_days, days, side="left"),
            "frequency_score": 1 + np.searchsorted(limits.orders, frame["orders"], side="right"),
            "monetary_score": 1 + np.searchsorted(limits.revenue, frame["revenue"], side="right"),
        },
        index=frame.index,
    )
    return scores.assign(rfm=scores.astype(str).sum(axis=1))


def typical_interval(purchases: Purchases) -> float:
    """Median days from a client's first order in the horizon to the next; NaN where fewer than half return.

    One interval a client, those who have not returned yet counted as long as they were watched
    (Kaplan-Meier): frequent buyers do not outvote the others.
    """
    rows = within(purchases.bought, (back(purchases.end, HORIZON), purchases.end))
    if rows.empty:
        return np.nan
    groups = rows.groupby("client")["day"]
    first, second = groups.nth(0).to_numpy(), rows.assign(turn=groups.cumcount())
    returned = second[second["turn"] == 1].set_index("client")["day"]
    follow = pd.Series(first, index=rows["client"].unique())
    until = returned.reindex(follow.index)
    days = (until.fillna(purchases.end) - follow).dt.days
    return kaplan_meier(days, until.notna()).median()


def steadiness(purchases: Purchases, limits: tuple[float, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell how evenly each client buys, and how that depends on the bucket.

    Returns
    -------
    tuple
        ``cv, xyz`` a client in the chosen bucket; and ``bucket, periods, chosen, X, Y, Z, n/a`` with the
        number of clients. Buckets are whole months, counted back from the last whole one, for at most
        three years.
    """
    interval = typical_interval(purchases)
    end = purchases.end.to_period("M").start_time
    begin = purchases.first_sale
    reach = 0 if begin is None else min(HORIZON, max(0, whole_months(begin - SLACK, end)))
    chosen = _chosen_bucket(interval, reach)
    rows, best = [], pd.DataFrame({"cv": np.nan, "xyz": "n/a"}, index=range(purchases.clients))
    for name, months in BUCKETS.items() if purchases.clients else ():
        periods = reach // months
        cv = _variation(purchases, end, months, periods)
        classes = xyz_classes(cv, limits)
        if name == chosen:
            best = pd.DataFrame({"cv": cv.replace(np.inf, np.nan).to_numpy(), "xyz": classes})
        rows.append((name, periods, name == chosen, *(int((classes == c).sum()) for c in STEADINESS)))
    return best, pd.DataFrame(rows, columns=["bucket", "periods", "chosen", *STEADINESS])


def _chosen_bucket(interval: float, months: int) -> str:
    """Shortest bucket in which a typical client buys at least once; shorter where history lacks periods."""
    enough = [name for name, size in BUCKETS.items() if months // size >= FEWEST_PERIODS]
    fitting = [name for name, size in BUCKETS.items() if size * _DAYS_A_MONTH >= interval]
    wanted = fitting[0] if fitting else "half-year"
    usable = [name for name in enough if BUCKETS[name] <= BUCKETS[wanted]]
    return usable[-1] if usable else "month"


def _variation(purchases: Purchases, end: pd.Timestamp, months: int, periods: int) -> pd.Series:
    """Coefficient of variation a client; NaN for those who bought nothing in these buckets."""
    everyone = pd.Series(np.nan, index=range(purchases.clients))
    start = back(end, months * periods)
    rows = within(purchases.days, (start, end))
    if rows.empty:
        return everyone
    bucket = _bucket(rows["day"], start, months)
    clients, codes = np.unique(rows["client"], return_inverse=True)
    flat = np.bincount(codes * periods + bucket, weights=rows["revenue"], minlength=len(clients) * periods)
    sums = pd.DataFrame(flat.reshape(len(clients), periods).round(6), index=clients)
    since = purchases.first.reindex(clients)
    since = since.fillna(rows.groupby("client")["day"].min())
    first = np.maximum(_bucket(since, start, months), 0)
    return everyone.where(~everyone.index.isin(clients), variation(sums, first).reindex(everyone.index))


def _bucket(days: pd.Series, start: pd.Timestamp, months: int) -> NDArray[np.int64]:
    since = (days.dt.year - start.year) * 12 + days.dt.month - start.month
    return np.asarray(since // months, dtype=np.int64)


def class_table(customers: pd.DataFrame, purchases: Purchases, window: Span) -> pd.DataFrame:
    """Say what each class is like; a row a class."""
    exposure, repeats = at_risk(purchases, window)
    rows = []
    for label in CLASSES if len(customers) else ():
        members = (customers["abc"] == label).to_numpy()
        part = customers[members]
        revenue, orders = float(part["revenue"].sum()), int(part["orders"].sum())
        interval = bootstrap(
            _days_per_purchase,
            np.column_stack([exposure[members], repeats[members]]),
            draws=int(np.clip(_WORK // max(len(part), 1), *_DRAWS)),
            vectorised=True,
        )
        known = label in "ABC" and repeats[members].sum() > 0
        rows.append(
            {
                "abc": label,
                "customers": len(part),
                "revenue": revenue,
                "share": part["share"].sum(min_count=1),
                "orders": orders,
                "average_order": revenue / orders if orders and revenue > 0 else np.nan,
                "purchase_interval_days": interval.estimate if known else np.nan,
                "interval_low": interval.low if known else np.nan,
                "interval_high": interval.high if known and interval.high < np.inf else np.nan,
                "period_revenue": float(part["period_revenue"].sum()),
            }
        )
    columns = ["abc", "customers", "revenue", "share", "orders", "average_order", "purchase_interval_days",
               "interval_low", "interval_high", "period_revenue"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def at_risk(purchases: Purchases, window: Span) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Days each client was watched in a window since its first order, and repeat purchases in them.

    A day with several orders is one purchase; the first ever starts the clock and is not counted.
    """
    start, end = window
    first = purchases.first
    watched = (end - first.where(first > start, start).where(first.notna())).dt.days
    rows = within(purchases.bought, window)
    repeat = rows[rows["day"].to_numpy() > first.iloc[rows["client"]].to_numpy()]
    days = watched.clip(lower=0).fillna(0).to_numpy(dtype=float)
    return days, np.bincount(repeat["client"], minlength=purchases.clients).astype(float)


def matrix_table(customers: pd.DataFrame) -> pd.DataFrame:
    """Cross ABC with XYZ: a row a pair; A to C with every steadiness, the rest where there are clients."""
    sums = customers.groupby(["abc", "xyz"])[["revenue", "share", "period_revenue"]].sum()
    sums.insert(0, "customers", customers.groupby(["abc", "xyz"]).size())
    pairs = [(a, x) for a in CLASSES for x in STEADINESS if a in "ABC" or (a, x) in sums.index]
    index = pd.MultiIndex.from_tuples(pairs if len(customers) else [], names=["abc", "xyz"])
    table = sums.reindex(index, fill_value=0).reset_index()
    return table.assign(share=table["share"].where(table["abc"].isin(list("ABC"))))


def _days_per_purchase(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = stack.sum(axis=1)
    result: NDArray[np.float64] = totals[:, 0] / totals[:, 1]
    return result
