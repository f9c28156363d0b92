"""Regression on a monthly series, averaged over how strongly one month depends on the one before.

With 24 months the autocorrelation cannot be estimated well: its standard error is about 0.2 and it is biased
down. Plugging one estimate in is what makes GLSAR, ARIMA and HAC errors call 10 to 50 % of steady series
a trend. So the regression is run for each plausible strength, and the answers are averaged with the weight
that the data give each strength (the restricted likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special
from scipy.optimize import brentq

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RHOS = np.round(np.arange(-0.5, 0.951, 0.05), 2)
"""Autocorrelation of neighbouring months."""

KAPPAS = (0.0, 0.25, 0.5, 0.75)
"""Share of the noise that is not carried over; told apart from ``RHOS`` only in longer series."""

MONTHS_FOR_KAPPA = 36

NEGLIGIBLE_WEIGHT = 1e-14


@dataclass(frozen=True)
class Grid:
    """The regressions of one design, one a strength of autocorrelation, ready for any series.

    ``coefficients`` (g, k, n) and ``residuals`` (g, n, n) are matrices to apply to a series, ``unscaled``
    (g, k) the diagonal of (X'Σ⁻¹X)⁻¹, ``log_determinant`` (g) the part of the likelihood that does not depend
    on the series.
    """

    rho: Floats
    kappa: Floats
    coefficients: Floats
    residuals: Floats
    unscaled: Floats
    log_determinant: Floats


@dataclass(frozen=True)
class Averaged:
    """The averaged answer for one coefficient: a mixture of t distributions.

    ``slopes``, ``errors``, ``weights``: one a strength of autocorrelation; ``df`` degrees of freedom;
    ``mean_rho`` the mean autocorrelation of what carries over, ``neighbours`` the mean correlation of
    neighbouring months, which is smaller where part of the noise is independent.
    """

    slopes: Floats
    errors: Floats
    weights: Floats
    df: int
    mean_rho: float
    neighbours: float

    @property
    def estimate(self) -> float:
        """Weighted mean of the coefficient."""
        return float(self.weights @ self.slopes)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of "the coefficient is 0"."""
        above = float(self.weights @ special.stdtr(self.df, -self.slopes / self.errors))
        return min(1.0, 2 * min(above, 1 - above))

    def quantile(self, q: float) -> float:
        """Quantile of the mixture; 0.025 and 0.975 are the limits of the 95 % interval."""
        each = self.slopes + self.errors * special.stdtrit(self.df, q)
        low, high = float(each.min()), float(each.max())
        if high - low <= 1e-9 * max(abs(low), abs(high)):
            # a perfect fit: the components differ by rounding only
            return low

        def excess(x: float) -> float:
            return float(self.weights @ special.stdtr(self.df, (x - self.slopes) / self.errors)) - q

        # beyond the outermost quantiles the sign is certain but for rounding
        margin = (high - low) * 1e-6
        return float(
            brentq(excess, low - margin, high + margin, xtol=1e-14 * max(abs(low), abs(high)), rtol=1e-12)
        )


def regress(values: Floats, months: NDArray[np.int64], design: Floats) -> list[Averaged]:
    """Regress a monthly series on a design, averaged over autocorrelation.

    Parameters
    ----------
    values
        One value a month; no NaN.
    months
        The month of each value as a whole number; a gap in it is a missing month.
    design
        One row a month, one column a term; full column rank, fewer columns than months.

    Returns
    -------
    list of Averaged
        One a column of the design.

    Notes
    -----
    For each autocorrelation ρ in −0.50, −0.45 … 0.95 and each share κ of independent noise (0 below 36
    months, 0 to 0.75 from there on) the errors have Σ = (1 − κ) ρ^|i − j| + κI, and the fit is that of
    ``statsmodels.api.GLS(values, design, sigma=Σ)`` (tests compare the two). Its weight is the restricted
    likelihood, −½ [df log RSS + log|Σ| + log|X'Σ⁻¹X|] on the log scale. The matrices of a design are kept:
    a report tests dozens of series over the same months.
    """
    grid = _grid(months.tobytes(), np.ascontiguousarray(design).tobytes(), len(months))
    df = len(months) - design.shape[1]
    whitened = grid.residuals @ values
    rss = np.einsum("gi,gi->g", whitened, whitened)
    # a perfect fit has no noise to weigh with: keep the logarithm finite
    rss = np.maximum(rss, 1e-26 * max(float(values @ values), 1e-300))
    log_weight = -0.5 * (df * np.log(rss) + grid.log_determinant)
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    kept = weights > NEGLIGIBLE_WEIGHT
    weights = weights[kept] / weights[kept].sum()
    slopes = grid.coefficients[kept] @ values
    errors = np.sqrt(grid.unscaled[kept] * (rss[kept] / df)[:, None])
    rho = float(weights @ grid.rho[kept])
    neighbours = float(weights @ ((1 - grid.kappa) * grid.rho)[kept])
    return [
        Averaged(slopes[:, j], errors[:, j], weights, df, rho, neighbours) for j in range(design.shape[1])
    ]


@lru_cache(maxsize=32)
def _grid(months: bytes, design: bytes, n: int) -> Grid:
    """Prepare the regressions of a design; months and design as bytes, so that they can be a key."""
    at = np.frombuffer(months, dtype=np.int64)
    x = np.frombuffer(design, dtype=np.float64).reshape(n, -1)
    lag = np.abs(at[:, None] - at)
    kappas = KAPPAS if n >= MONTHS_FOR_KAPPA else KAPPAS[:1]
    rho = np.tile(RHOS, len(kappas))
    kappa = np.repeat(kappas, len(RHOS))[:, None, None]
    sigma = (1 - kappa) * rho[:, None, None] ** lag + kappa * np.eye(n)
    root = np.linalg.cholesky(sigma)
    whitening = np.linalg.inv(root)
    q, r = np.linalg.qr(whitening @ x)
    inverse = np.linalg.inv(r)
    fitted = q.transpose(0, 2, 1) @ whitening
    diagonals = np.log(np.abs(np.diagonal(root, axis1=1, axis2=2))).sum(axis=1)
    diagonals += np.log(np.abs(np.diagonal(r, axis1=1, axis2=2))).sum(axis=1)
    return Grid(
        rho=rho,
        kappa=kappa[:, 0, 0],
        coefficients=inverse @ fitted,
        residuals=whitening - q @ fitted,
        unscaled=np.square(inverse).sum(axis=2),
        log_determinant=2 * diagonals,
    )
