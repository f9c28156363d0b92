"""How far two kinds of cases differ among cases that are otherwise alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from crm_analysis.errors import ParameterError
from crm_analysis.stats.clustered import clustered

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FEWEST_DF = 2.0
"""Below so many degrees of freedom a t distribution has tails too heavy to tell anything."""


class Matched(NamedTuple):
    """The answer of :func:`matched_difference`; ``cases`` and ``controls`` are those that found a match."""

    estimate: float
    low: float
    high: float
    p_value: float
    cases: int
    controls: int
    strata: int


def matched_difference(
    values: ArrayLike, marked: ArrayLike, strata: ArrayLike, clusters: ArrayLike, *, level: float = 0.95
) -> Matched:
    """Answer by how much marked cases exceed the others of their stratum.

    Parameters
    ----------
    values
        One number a case, such as the log of an amount.
    marked
        Truth value a case: lost for its price, rather than won.
    strata
        Label of what must be alike (product and size). Strata with one kind of cases only are left out.
    clusters
        What is independent: the customer of each case.
    level
        Confidence level.

    Returns
    -------
    Matched
        Mean difference within strata, a stratum of m marked and k other cases weighing mk / (m + k); limits;
        p-value; how many marked cases and others found a match, in how many strata. NaN where none did, or
        the clusters do not tell of the error.

    Raises
    ------
    ParameterError
        Arrays of different length.

    Notes
    -----
    Least squares with a constant a stratum. The error is the larger of the cluster-robust CR2 one, with
    Satterthwaite's degrees of freedom (:func:`crm_analysis.stats.clustered.clustered`), and the plain one.
    A permutation within strata would need each customer in one stratum and of one kind; customers lose one
    deal and win another, of different products.

    Examples
    --------
    >>> differ = matched_difference([5, 6, 3, 4, 9, 8], [1, 1, 0, 0, 1, 0], [*"aaaabb"], range(6))
    >>> round(differ.estimate, 3), differ.cases, differ.controls  # (2 × 1 + 1 × ½) / 1½
    (1.667, 3, 3)
    """
    y, treated = np.asarray(values, dtype=float), np.asarray(marked).astype(bool)
    labels, units = np.asarray(strata), np.asarray(clusters)
    if not len(y) == len(treated) == len(labels) == len(units):
        raise ParameterError(
            f"{len(y)} values, {len(treated)} marks, {len(labels)} strata, {len(units)} clusters.",
            "One of each a case.",
        )
    codes = np.unique(labels.astype(str), return_inverse=True)[1]
    both = np.bincount(codes, weights=treated) * np.bincount(codes, weights=~treated) > 0
    kept = both[codes]
    y, treated, units = y[kept], treated[kept], units[kept]
    codes = np.unique(codes[kept], return_inverse=True)[1]
    count, cases = int(both.sum()), int(treated.sum())
    if not count:
        return Matched(np.nan, np.nan, np.nan, np.nan, 0, 0, 0)
    design = np.column_stack([treated, codes[:, None] == np.arange(count)]).astype(float)
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    residuals = y - design @ beta
    weights = np.eye(1, count + 1)
    robust = clustered(design, residuals, units, weights)
    free = len(y) - count - 1
    df, estimate, others = float(robust.df[0]), float(beta[0]), len(y) - cases
    if free < 1 or not df >= FEWEST_DF:
        return Matched(estimate, np.nan, np.nan, np.nan, cases, others, count)
    within = float(np.linalg.inv(design.T @ design)[0, 0])
    error = max(float(robust.error[0]), float(np.sqrt(residuals @ residuals / free * within)))
    half = float(special.stdtrit(df, (1 + level) / 2)) * error
    # equal values everywhere: no error, and no difference that could be tested
    p_value = float(2 * special.stdtr(df, -abs(estimate) / error)) if error else np.nan
    return Matched(estimate, estimate - half, estimate + half, p_value, cases, others, count)


__all__ = ["Matched", "matched_difference"]
