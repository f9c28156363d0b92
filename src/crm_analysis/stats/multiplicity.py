"""Verdicts over many tests: how many of the findings of a report may be chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

FALSE_DISCOVERY_RATE = 0.10
"""At most this share of the changes reported as found is expected to be chance."""

FAMILY_ERROR = 0.05
"""At most this chance that even one of the "strong" changes is false."""


def adjust(p_values: ArrayLike, labels: Sequence[object] | None = None) -> pd.DataFrame:
    """Tell which of many tests stand, once it is counted that there were many.

    Parameters
    ----------
    p_values
        One p-value a test. The family is all tests of the report, fixed in advance, not the interesting
        ones. NaN means not tested: it passes through and is not part of the family.
    labels
        Names of the tests, the index of the result; by default 0, 1, 2, …

    Returns
    -------
    pandas.DataFrame
        One row a test, in the order given: ``p_value``, ``p_adjusted`` (Benjamini-Hochberg), ``p_holm``,
        ``found`` (``p_adjusted`` ≤ 0.10) and ``strength`` ("strong" where ``p_holm`` ≤ 0.05, else
        "moderate" where found, else empty).

    Raises
    ------
    ParameterError
        A p-value outside 0 to 1.

    Notes
    -----
    Benjamini & Hochberg (1995), by :func:`scipy.stats.false_discovery_control`, and Holm (1979). Without
    them one report of ten steady, autocorrelated figures in three or four holds a false verdict.

    Examples
    --------
    >>> table = adjust([0.001, 0.04, 0.6, float("nan")])
    >>> table["p_adjusted"].round(3).tolist()
    [0.003, 0.06, 0.6, nan]
    >>> table["strength"].tolist()
    ['strong', 'moderate', '', '']
    """
    p = np.asarray(p_values, dtype=float)
    tested = ~np.isnan(p)
    outside = p[tested & ~((p >= 0) & (p <= 1))]
    if len(outside):
        raise ParameterError(
            f"{len(outside)} p-values lie outside 0 to 1, the first is {outside[0]:g}.",
            "A p-value is between 0 and 1, or NaN where nothing was tested.",
        )
    adjusted, holm = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    if tested.any():
        adjusted[tested] = false_discovery_control(p[tested])
        holm[tested] = _holm(p[tested])
    found = adjusted <= FALSE_DISCOVERY_RATE
    strength = np.where(holm <= FAMILY_ERROR, "strong", np.where(found, "moderate", ""))
    return pd.DataFrame(
        {"p_value": p, "p_adjusted": adjusted, "p_holm": holm, "found": found, "strength": strength},
        index=None if labels is None else pd.Index(list(labels)),
    )


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust by Holm; ``multipletests`` of statsmodels would do, but collects garbage at every call."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
