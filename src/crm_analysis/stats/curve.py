"""A survival curve: the share of cases still without the event, and what is read off it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from crm_analysis.errors import ParameterError
from crm_analysis.stats.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 1e-12
"""A survival of exactly one half, computed as 0.5000000000000001, is one half."""


class RestrictedMean(NamedTuple):
    """Mean time spent before the event within a fixed number of days, limits and standard error."""

    estimate: float
    low: float
    high: float
    n: int
    se: float


@dataclass(frozen=True)
class SurvivalCurve:
    """Share of cases that have not had the event, by time.

    ``time`` holds the times with an event, ascending; before the first the survival is 1. ``survival``,
    ``se`` and the pointwise limits ``low`` and ``high`` (log-log) hold from that time on; limits are NaN
    where the survival is 0 or 1. ``at_risk`` and ``events`` are counts, weighted ones for gap times. ``n``
    cases, ``last`` the longest follow-up. ``covariance`` of ``survival`` is given where cases are not
    independent.
    """

    time: Floats
    survival: Floats
    se: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    events: Floats
    n: int
    last: float
    level: float = 0.95
    covariance: Floats | None = None

    def at(self, t: float) -> float:
        """Give the survival at a time; NaN beyond the longest follow-up while cases are left."""
        if not t <= self.last and not self._finished:
            return np.nan
        position = int(np.searchsorted(self.time, t, side="right"))
        return float(self.survival[position - 1]) if position else 1.0

    def quantile(self, q: float) -> float:
        """Give the first time at which the survival is ``q`` or less; NaN where it is not reached."""
        return _first_at_or_below(self.time, self.survival, q)

    def median(self) -> float:
        """Give the first time by which half of the cases have had the event; NaN where fewer have."""
        return self.quantile(0.5)

    def quantile_interval(self, q: float = 0.5) -> Interval:
        """Give :meth:`quantile` with limits: where the log-log limits of the curve cross ``q``."""
        low, high = (_first_at_or_below(self.time, limit, q) for limit in (self.low, self.high))
        return Interval(self.quantile(q), low, high, self.n)

    def rmst(self, tau: float) -> RestrictedMean:
        """Give the mean time before the event within ``tau``: the area under the curve.

        Parameters
        ----------
        tau
            A fixed number of days, chosen once, so that periods can be compared.

        Returns
        -------
        RestrictedMean
            All NaN where ``tau`` lies beyond the longest follow-up while cases are left: nobody knows.
        """
        if not (self._finished or tau <= self.last + TOLERANCE) or tau < 0:
            return RestrictedMean(np.nan, np.nan, np.nan, self.n, np.nan)
        inside = self.time <= tau
        knots = np.concatenate([[0.0], self.time[inside], [tau]])
        levels = np.concatenate([[1.0], self.survival[inside]])
        areas = levels * np.diff(knots)
        se = self._rmst_error(np.diff(knots)[1:], areas[1:], inside)
        z = float(special.ndtri((1 + self.level) / 2))
        mean = float(areas.sum())
        return RestrictedMean(mean, max(mean - z * se, 0.0), min(mean + z * se, tau), self.n, se)

    @property
    def _finished(self) -> bool:
        return bool(len(self.survival)) and float(self.survival[-1]) <= TOLERANCE

    def _rmst_error(self, widths: Floats, areas: Floats, inside: NDArray[np.bool_]) -> float:
        if self.covariance is not None:
            return float(np.sqrt(widths @ self.covariance[np.ix_(inside, inside)] @ widths))
        to_come = np.cumsum(areas[::-1])[::-1]
        risk, events = self.at_risk[inside], self.events[inside]
        left = risk - events
        # where nobody is left, nothing is to come either
        terms = np.divide(to_come**2 * events, risk * left, out=np.zeros_like(risk), where=left > 0)
        return float(np.sqrt(terms.sum()))


def log_log(share: Floats, se: Floats, level: float) -> tuple[Floats, Floats]:
    """Give limits on the log(−log) scale, which stay between 0 and 1."""
    inner = (share > TOLERANCE) & (share < 1 - TOLERANCE)
    safe = np.where(inner, share, 0.5)
    spread = float(special.ndtri((1 + level) / 2)) * se / (safe * -np.log(safe))
    low, high = (np.where(inner, safe ** np.exp(sign * spread), np.nan) for sign in (1, -1))
    return low, high


def _first_at_or_below(time: Floats, share: Floats, q: float) -> float:
    reached = np.flatnonzero(share <= q + TOLERANCE)
    return float(time[reached[0]]) if len(reached) else np.nan


def checked(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Floats]:
    """Read times and events, one pair a case."""
    times, events = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    wrong = times.shape != events.shape or times.ndim != 1
    if wrong or not (times >= 0).all() or not np.isin(events, (0, 1)).all():
        raise ParameterError(
            f"{times.size} times ({int((~(times >= 0)).sum())} missing or negative), {events.size} events "
            f"({int((~np.isin(events, (0, 1))).sum())} neither 0 nor 1).",
            "One time of 0 or more and one event, 0 or 1, a case.",
            "Leave out cases whose beginning is not known, and count them.",
        )
    return times, events
