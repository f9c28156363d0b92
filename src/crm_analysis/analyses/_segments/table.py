"""What each segment brings: the figures of every dimension, a row a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._frames import dtypes, typed
from crm_analysis.stats.shrinkage import shrink, shrink_rates
from crm_analysis.stats.survival import kaplan_meier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._segments.book import Book

    Floats = NDArray[np.float64]

#: Lines and deals that name no client.
NO_CUSTOMER = "(no customer)"
#: A median of fewer decisions is an anecdote.
_FEWEST_DECISIONS = 5

FIGURES = [
    "dimension", "segment", "customers", "customer_share", "revenue", "revenue_share", "margin",
    "margin_rate", "revenue_per_customer", "low", "high", "revenue_per_customer_raw", "win_rate", "win_low",
    "win_high", "win_rate_raw", "deals_closed", "deals_won", "average_deal", "decision_days",
    "new_customers", "acquisition_cost", "period_revenue",
]  # fmt: skip
_SUMS = ("closed", "won", "won_amount", "won_priced", "revenue", "period_revenue", "margin", "costed")


def segment_table(book: Book) -> pd.DataFrame:
    """Return ``FIGURES``: a row a segment of each dimension, most revenue first.

    Lines and deals without a client have a row of their own in each dimension, so that each adds up to all
    revenue.
    """
    effect = design_effect(book.clients["closed"].to_numpy(), book.clients["won"].to_numpy())
    parts = [_of_dimension(book, name, effect) for name in book.codes]
    if not parts:
        return _typed(pd.DataFrame(columns=FIGURES))
    return _typed(pd.concat(parts, ignore_index=True))


def design_effect(closed: Floats, won: Floats) -> float:
    """Tell how many deals of one client say as much as one independent deal; at least 1.

    Variance of the win rate over whole clients (ratio estimate) divided by that of independent deals.
    """
    total = float(closed.sum())
    rate = float(won.sum()) / total if total else 0.0
    independent = total * rate * (1 - rate)
    some = closed > 0
    if independent <= 0 or int(some.sum()) < 2:
        return 1.0
    between = float(((won[some] - rate * closed[some]) ** 2).sum()) * some.sum() / (some.sum() - 1)
    return max(1.0, float(between / independent))


def _of_dimension(book: Book, dimension: str, effect: float) -> pd.DataFrame:
    codes, names = book.codes[dimension]
    clients, active = book.clients, book.clients["active"].to_numpy()

    def added(values: pd.Series) -> Floats:
        sums = np.bincount(codes, weights=values.fillna(0.0).to_numpy(dtype=float), minlength=len(names))
        return np.asarray(sums, dtype=np.float64)

    frame = pd.DataFrame({"segment": names})
    for name in _SUMS:
        frame[name] = added(clients[name])
    frame["customers"] = np.bincount(codes[active], minlength=len(names)).astype(float)
    frame["new_customers"] = added(clients["new"].astype(float))
    known_cost = clients["new_cost"].notna().astype(float)
    frame["acquisition_cost"] = _ratio(added(clients["new_cost"]), added(known_cost))
    frame["decision_days"] = _decision_days(book, codes, len(names))
    if any(abs(book.nobody[name]) > 0 for name in ("revenue", "period_revenue", "closed")):
        nobody: dict[str, Any] = {name: book.nobody[name] for name in _SUMS}
        own = book.waits[book.waits["client"] < 0]
        nobody |= {"segment": NO_CUSTOMER, "decision_days": _median(own), "acquisition_cost": np.nan}
        frame = pd.concat([frame, pd.DataFrame([nobody])], ignore_index=True)
    frame["dimension"] = dimension
    frame = frame.round({"revenue": 6, "period_revenue": 6, "margin": 6, "won_amount": 6})
    return _finished(_per_customer(_win_rates(frame, effect), clients, codes))


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    total, buyers = frame["revenue"].sum(), frame["customers"].sum()
    frame["customer_share"] = frame["customers"] / buyers if buyers else np.nan
    frame["revenue_share"] = frame["revenue"] / total if total > 0 else np.nan
    known = frame["costed"] != 0
    frame["margin"] = frame["margin"].where(known)
    frame["margin_rate"] = _ratio(frame["margin"], frame["costed"].where(frame["costed"] > 0))
    frame["average_deal"] = _ratio(frame["won_amount"], frame["won_priced"])
    last = (frame["segment"] == NO_CUSTOMER).astype(int)
    order = frame.assign(last=last).sort_values(
        ["last", "revenue", "segment"], ascending=[True, False, True], kind="stable"
    )
    return order.rename(columns={"closed": "deals_closed", "won": "deals_won"})[FIGURES]


def _per_customer(frame: pd.DataFrame, clients: pd.DataFrame, codes: NDArray[np.int64]) -> pd.DataFrame:
    """Add revenue a buying client: raw, and drawn toward the whole on the log scale.

    Each segment's mean has the error that the spread within segments, pooled and relative to the mean, gives
    it: a spread of its own, taken from a few skewed values, would be smallest where the mean is too low.
    """
    buyers = frame["customers"].where(frame["customers"] > 0)
    raw = (frame["revenue"] / buyers).to_numpy(dtype=float)
    frame["revenue_per_customer_raw"] = raw
    active = clients["active"].to_numpy()
    own = codes[active]
    positive = raw > 0
    counted = positive[own]
    n = frame["customers"].fillna(0.0).to_numpy()
    relative = clients["revenue"].to_numpy()[active][counted] / raw[own[counted]] - 1
    freedom = len(relative) - int((positive & (n > 0)).sum())
    variation = np.sqrt(float((relative**2).sum()) / freedom) if freedom > 0 else np.nan
    usable = positive & (n > 0) & (variation > 0)
    error = np.full(len(n), np.nan)
    np.divide(variation, np.sqrt(n), out=error, where=usable)
    drawn = shrink(np.log(np.where(usable, raw, 1.0)), error)
    frame["revenue_per_customer"] = np.where(usable, np.exp(drawn.estimate), np.nan)
    frame["low"], frame["high"] = np.exp(drawn.low), np.exp(drawn.high)
    return frame


def _win_rates(frame: pd.DataFrame, effect: float) -> pd.DataFrame:
    """Add win rates, raw and drawn toward the whole; deals of one client count as fewer."""
    closed, won = frame["closed"].to_numpy(dtype=float), frame["won"].to_numpy(dtype=float)
    drawn = shrink_rates(won / effect, closed / effect)
    frame["win_rate_raw"] = _ratio(won, closed)
    frame["win_rate"], frame["win_low"], frame["win_high"] = drawn.estimate, drawn.low, drawn.high
    return frame


def _decision_days(book: Book, codes: NDArray[np.int64], segments: int) -> Floats:
    waits = book.waits[book.waits["client"] >= 0]
    groups = dict(iter(waits.groupby(codes[waits["client"].to_numpy()])))
    return np.array([_median(groups[at]) if at in groups else np.nan for at in range(segments)])


def _median(waits: pd.DataFrame) -> float:
    if waits["decided"].sum() < _FEWEST_DECISIONS:
        return np.nan
    return kaplan_meier(waits["days"], waits["decided"], entry=waits["entry"]).median()


def _ratio(above: Any, below: Any) -> Any:
    over, under = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=np.nan_to_num(under) != 0)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    counts = ("customers", "deals_closed", "deals_won", "new_customers")
    kinds = dtypes(FIGURES, text=("dimension", "segment"), counts=counts)
    return typed(frame.fillna(dict.fromkeys(counts, 0)), kinds)
