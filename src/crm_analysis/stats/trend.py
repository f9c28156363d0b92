"""The trend test: does a monthly figure drift, by how much, and what drift could have been seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from crm_analysis.stats.averaging import regress
from crm_analysis.stats.monthly import Kind, Monthly, Scale, Status, centred, normal_scores, prepare
from crm_analysis.stats.step import Step, step_test

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["SeriesVariance", "Step", "Trend", "series_variance_test", "step_test", "trend_test"]

NAN = float("nan")

DETECTABLE_MONTHS = (12, 18, 24, 36, 48, 60)
DETECTABLE_RHO = (0.0, 0.3, 0.6)
DETECTABLE_DRIFT = (
    (4.7, 5.1, 5.0),
    (3.3, 4.3, 4.7),
    (2.6, 3.6, 4.5),
    (2.0, 2.6, 3.5),
    (1.7, 2.2, 3.2),
    (1.4, 2.0, 2.8),
)
"""Drift from the first month to the last, in standard deviations of the monthly noise, that the test finds
in 80 of 100 cases: a row for each number of months, a column for each autocorrelation (by simulation)."""


@dataclass(frozen=True)
class Trend:
    """The answer of :func:`trend_test`; fields without a value are NaN.

    Attributes
    ----------
    status
        ``"full"``; ``"preliminary"`` (12 to 23 months); not tested: ``"too_few"`` (under 12 months),
        ``"season_unclear"`` (under 24 months of a figure with a season), ``"gaps"`` (under 80 % of the months
        between the first and the last), ``"constant"``.
    n_points
        Months with a value.
    p_value
        Of the rank test; the same whatever the scale.
    slope, slope_low, slope_high
        Change a month with 95 % limits, in units of the figure or in its logarithm.
    change, change_low, change_high
        Change from the first month to the last: a fraction where ``scale`` is ``"log"``, else in units.
    change_per_year, per_year_low, per_year_high
        The same over twelve months.
    scale
        ``"log"`` or ``"raw"``.
    mean_rho
        Autocorrelation of neighbouring months, averaged over what the data allow; from 36 months on, of the
        part of the noise that carries over.
    seasonal
        Whether month effects were part of the model.
    crosscheck_p
        p-value of an independent method, :func:`series_variance_test`.
    borderline
        Whether the two p-values lie on different sides of 5 %.
    detectable
        The rise over the window, in the scale of ``change``, that would be found in 80 of 100 cases.
    """

    status: Status
    n_points: int
    p_value: float = NAN
    slope: float = NAN
    slope_low: float = NAN
    slope_high: float = NAN
    change: float = NAN
    change_low: float = NAN
    change_high: float = NAN
    change_per_year: float = NAN
    per_year_low: float = NAN
    per_year_high: float = NAN
    scale: Scale = "raw"
    mean_rho: float = NAN
    seasonal: bool = False
    crosscheck_p: float = NAN
    borderline: bool = False
    detectable: float = NAN

    @property
    def tested(self) -> bool:
        """Whether there is a p-value."""
        return self.status in {"full", "preliminary"}


def trend_test(
    values: ArrayLike,
    *,
    months: ArrayLike | None = None,
    first_month: int = 1,
    kind: Kind = "process",
    log: bool | None = None,
    seasonal: bool | None = None,
) -> Trend:
    """Tell whether a monthly figure gets larger or smaller over the months.

    Parameters
    ----------
    values
        One value a month in time order, complete months only. NaN is a missing month. Infinity (cost, but
        no client) is the top rank; in the size of the change it stands at the largest finite value, which
        makes the size cautious.
    months
        Whole number of each month, ascending, where the values have gaps that are not written as NaN.
    first_month
        Calendar month (1 to 12) of month 0, which is the first value unless ``months`` says otherwise.
    kind
        ``"money"`` for money and volume (sales, deals, mean deal, cost of a client): they have a season,
        which under 24 months cannot be told from a trend. ``"process"`` for days, rates and calls.
    log
        Scale of the size of the change; by default the logarithm where all values are positive.
    seasonal
        Month effects; by default from 24 months on, always. ``False`` declares the figure free of season.

    Returns
    -------
    Trend
        Test, size of the change with 95 % limits, and the change that could have been seen.

    Raises
    ------
    ParameterError
        Values or options that cannot be, see :func:`crm_analysis.stats.monthly.prepare`.

    Notes
    -----
    Rank-normal scores of the seasonally adjusted values on a straight line and month effects, averaged over
    autocorrelation (:mod:`crm_analysis.stats.averaging`). The size of the change is the same regression on
    the figure itself or its logarithm. In simulations of steady series (12 to 60 months, autocorrelation up
    to 0.6, outliers, skewed deals, month effects) it called at most 7 % a trend at the 5 % level; least
    squares called 5 to 33 %, Newey-West errors 9 to 41 %, Mann-Kendall 5 to 30 %. A figure that wanders very
    slowly (autocorrelation 0.8) is still called a trend in one case of ten: see ``mean_rho``. The price is
    power, see ``detectable``: no evidence of change is not evidence of no change.

    Examples
    --------
    >>> days = [30, 33, 31, 30, 29, 31, 28, 29, 27, 28, 25, 27, 26, 24, 25, 23]
    >>> trend = trend_test(days)
    >>> trend.status, trend.p_value < 0.05, round(trend.change, 2)
    ('preliminary', True, -0.26)
    """
    series = prepare(values, months=months, first_month=first_month, kind=kind, log=log, seasonal=seasonal)
    n = len(series.values)
    if series.status not in {"full", "preliminary"}:
        return Trend(series.status, n, scale=series.scale, seasonal=series.seasonal)
    time = centred(series.months)
    scores = normal_scores(series, time)
    if np.ptp(scores) == 0:
        # a season and nothing else: no noise, no trend
        return Trend("constant", n, scale=series.scale, seasonal=series.seasonal)
    design = np.column_stack([np.ones(n), time, series.season])
    test = regress(scores, series.months, design)[1]
    size = regress(series.effect, series.months, design)[1]
    check = series_variance_test(series.effect, series.months, series.season)
    slope, low, high = size.estimate, size.quantile(0.025), size.quantile(0.975)
    span = series.span
    return Trend(
        status=series.status,
        n_points=n,
        p_value=test.p_value,
        slope=slope,
        slope_low=low,
        slope_high=high,
        change=_over(slope * span, series.scale),
        change_low=_over(low * span, series.scale),
        change_high=_over(high * span, series.scale),
        change_per_year=_over(slope * 12, series.scale),
        per_year_low=_over(low * 12, series.scale),
        per_year_high=_over(high * 12, series.scale),
        scale=series.scale,
        mean_rho=test.mean_rho,
        seasonal=series.seasonal,
        crosscheck_p=check.p_value,
        borderline=(test.p_value <= 0.05) != (check.p_value <= 0.05),
        detectable=_detectable(series, design, test.neighbours),
    )


@dataclass(frozen=True)
class SeriesVariance:
    """A slope a month, its t statistic with ``df`` degrees of freedom, and the p-value."""

    slope: float
    t: float
    df: int
    p_value: float


def series_variance_test(values: Floats, months: NDArray[np.int64], season: Floats) -> SeriesVariance:
    """Tell whether a series drifts, by a method that shares no step with :func:`trend_test`.

    Parameters
    ----------
    values
        One value a month, no NaN.
    months
        Whole number of each month from 0, ascending.
    season
        Centred month dummies, one column each; no columns where there is no season.

    Returns
    -------
    SeriesVariance
        The least-squares slope; its variance from the slow waves of the residuals.

    Notes
    -----
    Orthonormal-series long-run variance (Sun 2011; Lazarus, Lewis, Stock & Watson 2018, "EWC"): the residuals
    are projected on K = max(2, 0.4 n^⅔) cosines of 1, 1½, 2 … waves over the window, made orthogonal to the
    regressors; t has K degrees of freedom.
    Measured size 5 to 8 %, 10 % with month effects at 24 months; its power is lower.
    """
    n = len(values)
    k = max(2, round(0.4 * n ** (2 / 3)))
    base = np.column_stack([np.ones(n), season])
    time = centred(months)
    time = time - base @ np.linalg.lstsq(base, time, rcond=None)[0]
    slope = float(time @ values / (time @ time))
    # half a wave over the window is all but the line itself: start with a whole one
    waves = np.cos(np.pi * (months[:, None] + 0.5) / (months[-1] + 1) * np.arange(2, k + 2))
    regressors = np.column_stack([base, time])
    orthogonal = np.linalg.qr(np.column_stack([regressors, waves]))[0][:, regressors.shape[1] :]
    variance = float(np.square(orthogonal.T @ values).mean())
    error = np.sqrt(variance / (time @ time))
    # residuals of exactly 0 are a perfect line
    t = float(slope / error) if error > 0 else float(np.copysign(np.inf, slope))
    return SeriesVariance(slope, t, k, float(2 * special.stdtr(k, -abs(t))))


def _detectable(series: Monthly, design: Floats, rho: float) -> float:
    """Drift found in 80 of 100 cases, from the table by n and autocorrelation, times the noise.

    ``rho`` is the correlation of neighbouring months. Outside the table its border is used: cautious beyond
    60 months, hopeful beyond a correlation of 0.6.
    """
    by_months = [
        float(np.interp(len(series.values), DETECTABLE_MONTHS, column))
        for column in np.array(DETECTABLE_DRIFT).T
    ]
    drift = float(np.interp(rho, DETECTABLE_RHO, by_months))
    residual = series.effect - design @ np.linalg.lstsq(design, series.effect, rcond=None)[0]
    noise = float(np.sqrt(residual @ residual / (len(residual) - design.shape[1])))
    return _over(drift * noise, series.scale)


def _over(drift: float, scale: Scale) -> float:
    """Turn a drift in logarithms into a fraction."""
    return float(np.expm1(drift)) if scale == "log" else float(drift)
