"""Time to an event where not every case has had it yet: open deals, customers still buying."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

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


def cumulative_incidence(time: ArrayLike, status: ArrayLike, *, level: float = 0.95) -> pd.DataFrame:
    """Give the share that has ended in each way by each time, where one ending rules out the others.

    Parameters
    ----------
    time
        Time to the ending, or to the end of observation.
    status
        0 where still open, else the number of the ending: 1, 2, …
    level
        Confidence level of the limits.

    Returns
    -------
    pandas.DataFrame
        One row an ending and time with any ending: ``cause``, ``time``, ``incidence`` (0 to 1), ``se``,
        ``low``, ``high``; sorted by cause and time. Causes that never came have no rows; ``se`` and limits
        may be NaN at the last time, where nobody is left.

    Notes
    -----
    Aalen-Johansen by ``statsmodels.duration.survfunc.CumIncidenceRight``. Treating lost deals as censored in
    a Kaplan-Meier curve of won ones overstates the share won.

    Examples
    --------
    >>> table = cumulative_incidence([5, 8, 8, 12], [1, 2, 1, 0])
    >>> table.groupby("cause")["incidence"].max().to_dict()
    {1: 0.5, 2: 0.25}
    """
    times, _ = checked(time, np.asarray(status) != 0)
    causes = np.asarray(status, dtype=float)
    if (causes < 0).any() or (causes % 1 != 0).any():
        raise ParameterError("A status is negative or no whole number.", "0 is open; endings are 1, 2, …")
    columns = ["cause", "time", "incidence", "se", "low", "high"]
    present = np.unique(causes[causes > 0]).astype(int)
    if not len(present):
        return pd.DataFrame(columns=columns).astype(dict.fromkeys(columns, float) | {"cause": int})
    # the endings are numbered without gaps: the library sizes its answer by the largest number
    numbered = np.where(causes > 0, np.searchsorted(present, causes) + 1, 0)
    # where everybody has ended, the library divides by 0 and the last standard error is NaN
    with np.errstate(divide="ignore", invalid="ignore"):
        fit = CumIncidenceRight(times, numbered.astype(int))
    tables = []
    for cause, share, error in zip(present, fit.cinc, fit.cinc_se, strict=True):
        low, high = log_log(np.asarray(share, dtype=float), np.asarray(error, dtype=float), level)
        table = pd.DataFrame({"time": fit.times, "incidence": share, "se": error, "low": low, "high": high})
        tables.append(table.assign(cause=int(cause)))
    return pd.concat(tables, ignore_index=True)[columns]


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
