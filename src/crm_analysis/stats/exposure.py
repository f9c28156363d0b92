"""Days per event of a group of customers, from the days watched and the events seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.errors import ParameterError
from crm_analysis.stats.intervals import Interval, poisson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def days_per_event(exposure: ArrayLike, events: ArrayLike) -> Interval:
    """Tell how many days pass between the events (purchases) of a group of customers.

    Parameters
    ----------
    exposure
        Days for which each customer was watched.
    events
        Events of each customer in these days.

    Returns
    -------
    Interval
        Days per event with 95 % limits, ``n`` the number of events. Infinite where customers were watched and
        nothing happened (the lower limit then tells); NaN where nobody was watched.

    Raises
    ------
    ParameterError
        Negative or missing figures, or events of a customer who was not watched.

    Notes
    -----
    Sum of days over sum of events: customers who are still waiting count with their days, so the figure does
    not depend on where the records begin. Exact Poisson limits (Garwood 1936), moved away from the estimate
    by the square root of the dispersion (Pearson chi-square / degrees of freedom) where customers differ by
    more than chance; customers who buy more regularly than by chance leave the limits as they are.

    Examples
    --------
    >>> days_per_event([30, 30, 15], [2, 1, 0]).estimate
    25.0
    """
    days, counts = np.asarray(exposure, dtype=float), np.asarray(events, dtype=float)
    wrong = ~(days >= 0) | ~(counts >= 0) | ((counts > 0) & (days == 0))
    if wrong.any():
        raise ParameterError(
            f"{int(wrong.sum())} customers have negative or missing figures, or events without a day.",
            "Days watched and events are 0 or more; who was not watched has no events.",
            "Leave out customers who were not at risk.",
        )
    total, seen = float(days.sum()), float(counts.sum())
    if total == 0:
        return Interval(np.nan, np.nan, np.nan, 0.0)
    rate = poisson(seen, total)
    low, high = 1 / rate.high, (1 / rate.low if rate.low > 0 else np.inf)
    if seen == 0:
        return Interval(np.inf, low, np.inf, 0.0)
    estimate = total / seen
    watched = days > 0
    expected = days[watched] * rate.estimate
    freedom = int(watched.sum()) - 1
    dispersion = float(((counts[watched] - expected) ** 2 / expected).sum()) / freedom if freedom else 1.0
    wider = np.sqrt(max(dispersion, 1.0))
    return Interval(
        estimate,
        float(estimate * (low / estimate) ** wider),
        float(estimate * (high / estimate) ** wider),
        seen,
    )
