"""Time to an event where not every case has had it yet: open deals, customers still buying."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from crm_analysis.errors import ParameterError
from crm_analysis.stats.curve import TOLERANCE, RestrictedMean, SurvivalCurve, checked, log_log
from crm_analysis.stats.gap_times import wang_chang

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "LogRank",
    "RestrictedMean",
    "SurvivalCurve",
    "cumulative_incidence",
    "kaplan_meier",
    "log_rank",
    "wang_chang",
]

BEFORE_THE_START = -1e-9
"""Entry of a case that is observed from its first instant, so that an event at time 0 has it at risk."""


class LogRank(NamedTuple):
    """Chi-square of the log-rank test, its degrees of freedom and p-value."""

    chi2: float
    df: int
    p_value: float


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, entry: ArrayLike | None = None, level: float = 0.95
) -> SurvivalCurve:
    """Tell how long it takes until the event, cases without it counted as long as they were watched.

    Parameters
    ----------
    time
        Time to the event, or to the end of observation, one a case, 0 or more.
    event
        1 or True where the event came, 0 where the case is still open.
    entry
        Age at which a case came under observation (period Kaplan-Meier: the deal was already open when the
        month began). A case is at risk where entry < t <= time.
    level
        Confidence level of the limits.

    Returns
    -------
    SurvivalCurve
        Empty arrays where nobody had the event.

    Raises
    ------
    ParameterError
        Missing or negative times, an event that is not 0 or 1, an entry after the time, or an event at the
        very instant of a late entry.

    Notes
    -----
    ``statsmodels.duration.survfunc.SurvfuncRight``, Greenwood standard errors. A case that enters at 0
    and ends at 0 (decided on the same day) is at risk at 0. With late entry few cases may be at risk at small
    ages; one event among one then ends the curve, so look at ``at_risk``.

    Examples
    --------
    >>> curve = kaplan_meier([5, 8, 8, 12, 30], [1, 1, 0, 1, 0])
    >>> curve.survival.round(2).tolist(), curve.median()
    ([0.8, 0.6, 0.3], 12.0)
    """
    times, events = checked(time, event)
    starts = None if entry is None else _entries(entry, times, events)
    if starts is not None:
        # never at risk: entry < t <= time holds for no t
        seen = starts < times
        times, events, starts = times[seen], events[seen], starts[seen]
    n, last = len(times), float(times.max()) if len(times) else np.nan
    if not events.any():
        nothing = np.empty(0)
        return SurvivalCurve(nothing, nothing, nothing, nothing, nothing, nothing, nothing, n, last, level)
    fit = SurvfuncRight(times, events, entry=starts)
    survival = np.asarray(fit.surv_prob, dtype=float)
    at_risk, died = np.asarray(fit.n_risk, dtype=float), np.asarray(fit.n_events, dtype=float)
    # Greenwood's sum is infinite where nobody is left; the survival is then 0 without error
    se = np.where(survival > TOLERANCE, np.asarray(fit.surv_prob_se, dtype=float), 0.0)
    low, high = log_log(survival, se, level)
    return SurvivalCurve(
        np.asarray(fit.surv_times, dtype=float), survival, se, low, high, at_risk, died, n, last, level
    )


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> LogRank:
    """Tell whether the time to the event differs between groups.

    Parameters
    ----------
    time, event
        As in :func:`kaplan_meier`.
    group
        A label a case.

    Returns
    -------
    LogRank
        NaN where there is one group only, or no event.

    Examples
    --------
    >>> log_rank([1, 2, 3, 9, 10, 11], [1, 1, 1, 1, 1, 1], ["a", "a", "a", "b", "b", "b"]).df
    1
    """
    times, events = checked(time, event)
    labels = np.unique(np.asarray(group).astype(str), return_inverse=True)[1]
    df = int(labels.max()) if len(labels) else 0
    if df < 1 or not events.any():
        return LogRank(np.nan, max(df, 0), np.nan)
    chi2, p = survdiff(times, events, labels)
    return LogRank(float(chi2), df, float(p))


def cumulative_incidence(
    time: ArrayLike, status: ArrayLike, *, entry: ArrayLike | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Give the share that has ended in each way by each time, where one ending rules out the others.

    Parameters
    ----------
    time
        Time to the ending, or to the end of observation.
    status
        0 where still open, else the number of the ending: 1, 2, …
    entry
        Age at which a case came under observation, as in :func:`kaplan_meier`.
    level
        Confidence level of the limits.

    Returns
    -------
    pandas.DataFrame
        One row an ending and time with any ending: ``cause``, ``time``, ``incidence`` (0 to 1), ``se``,
        ``low``, ``high``; sorted by cause and time. Causes that never came have no rows; limits are NaN where
        the share is 0 or 1.

    Raises
    ------
    ParameterError
        As in :func:`kaplan_meier`, or a status that is negative or no whole number.

    Notes
    -----
    Aalen-Johansen; with late entry a case joins those at risk at its entry (Andersen, Borgan, Gill & Keiding
    1993, IV.4). Variance by the delta method (Marubini & Valsecchi 1995, 10.7), as in R ``cmprsk``. Treating
    lost deals as censored in a Kaplan-Meier curve of won ones overstates the share won; taking deals that
    were old when the records began for watched from their first day understates it.

    Examples
    --------
    >>> table = cumulative_incidence([5, 8, 8, 12], [1, 2, 1, 0])
    >>> table.groupby("cause")["incidence"].max().to_dict()
    {1: 0.5, 2: 0.25}
    >>> late = cumulative_incidence([5, 8, 8, 12], [1, 2, 1, 0], entry=[0, 6, 6, 0])
    >>> late.groupby("cause")["incidence"].max().round(3).to_dict()
    {1: 0.667, 2: 0.167}
    """
    times, events = checked(time, np.asarray(status) != 0)
    causes = np.asarray(status, dtype=float)
    if (causes < 0).any() or (causes % 1 != 0).any():
        raise ParameterError("A status is negative or no whole number.", "0 is open; endings are 1, 2, …")
    starts = np.full(len(times), BEFORE_THE_START) if entry is None else _entries(entry, times, events)
    seen = starts < times
    times, causes, starts = times[seen], causes[seen], starts[seen]
    columns = ["cause", "time", "incidence", "se", "low", "high"]
    moments, place = np.unique(times[causes > 0], return_inverse=True)
    if not len(moments):
        return pd.DataFrame(columns=columns).astype(dict.fromkeys(columns, float) | {"cause": int})
    at_risk = _before(starts, moments) - _before(times, moments)
    ended = np.bincount(place, minlength=len(moments)).astype(float)
    # the share still open just before each time
    left = np.concatenate([[1.0], np.cumprod(1 - ended / at_risk)[:-1]])
    tables = []
    for cause in np.unique(causes[causes > 0]).astype(int):
        came = np.bincount(place[causes[causes > 0] == cause], minlength=len(moments)).astype(float)
        share = np.cumsum(left * came / at_risk)
        error = _incidence_error(share, left, came, ended, at_risk)
        low, high = log_log(share, error, level)
        table = pd.DataFrame({"time": moments, "incidence": share, "se": error, "low": low, "high": high})
        tables.append(table.assign(cause=int(cause)))
    return pd.concat(tables, ignore_index=True)[columns]


def _before(values: Floats, moments: Floats) -> Floats:
    return np.searchsorted(np.sort(values), moments, side="left").astype(float)


def _incidence_error(share: Floats, left: Floats, came: Floats, ended: Floats, at_risk: Floats) -> Floats:
    """Return the standard error of the share that has ended in one way."""
    # where nobody is left the share stays as it is, and the infinite term counts for nothing
    stay = at_risk > ended
    hazard = np.divide(ended, at_risk * (at_risk - ended), out=np.zeros_like(ended), where=stay)
    step = left * came / at_risk**2
    variance = (
        share**2 * np.cumsum(hazard)
        - 2 * share * np.cumsum(share * hazard)
        + np.cumsum(share**2 * hazard)
        + np.cumsum(left**2 * came * (at_risk - came) / at_risk**3)
        - 2 * share * np.cumsum(step)
        + 2 * np.cumsum(share * step)
    )
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _entries(entry: ArrayLike, times: Floats, events: Floats) -> Floats:
    starts = np.asarray(entry, dtype=float)
    if (
        starts.shape != times.shape
        or not (starts <= times).all()
        or ((starts == times) & (starts > 0) & (events == 1)).any()
    ):
        raise ParameterError(
            f"{starts.size} entries for {times.size} cases, missing, after the time, or at the very event.",
            "entry < time where the event came, entry <= time where it did not.",
            "A case that ended before the window began does not belong to it.",
        )
    return np.where(starts <= 0, BEFORE_THE_START, starts)
