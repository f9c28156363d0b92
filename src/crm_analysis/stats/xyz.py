"""How evenly a customer buys: XYZ classes from the variation of the period sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

FEWEST_PERIODS = 6
TOLERANCE = 1e-9


def variation(
    sums: pd.DataFrame, first: ArrayLike | None = None, *, fewest_periods: int = FEWEST_PERIODS
) -> pd.Series[float]:
    """Tell how much the purchases of a customer vary from period to period.

    Parameters
    ----------
    sums
        One row a customer, one column a period in time order: money of the period, 0 or NaN where the
        customer bought nothing.
    first
        Position (0, 1, …) of the period of each customer's first purchase ever: 0 where it lies before the
        window. By default the first period with a sum other than 0, which is too late for customers who
        paused when the window began.
    fewest_periods
        Under this many periods since the first purchase there is no answer.

    Returns
    -------
    pandas.Series
        Named ``cv``, by customer: standard deviation (ddof 1) ÷ mean over *all* periods since the first
        purchase, those without a purchase included. NaN where there are too few periods; infinite where the
        mean is not positive.

    Notes
    -----
    Leaving the empty periods out makes the customer who buys once a year look the steadiest of all.

    Examples
    --------
    >>> sums = pd.DataFrame([[10, 12, 8, 10, 10, 10], [0, 0, 60, 0, 0, 0]], index=["even", "once"])
    >>> variation(sums, first=[0, 0]).round(3).to_dict()
    {'even': 0.126, 'once': 2.449}
    """
    data = sums.fillna(0.0).to_numpy(dtype=float)
    customers, periods = data.shape
    if first is None:
        start = np.where((data != 0).any(axis=1), (data != 0).argmax(axis=1), periods)
    else:
        start = np.asarray(first, dtype=float)
    if start.shape != (customers,) or not (start >= 0).all():
        raise ParameterError(
            f"{start.size} first periods for {customers} customers.",
            "One position a customer, 0 or more; none missing.",
        )
    counted = np.arange(periods) >= start[:, None]
    n = counted.sum(axis=1)
    mean = np.divide((data * counted).sum(axis=1), n, out=np.zeros(customers), where=n > 0)
    squares = (np.square(data - mean[:, None]) * counted).sum(axis=1)
    spread = np.sqrt(np.divide(squares, n - 1, out=np.zeros(customers), where=n > 1))
    cv = np.divide(spread, mean, out=np.full(customers, np.inf), where=mean > 0)
    return pd.Series(np.where(n >= fewest_periods, cv, np.nan), index=sums.index, name="cv")


def xyz_classes(cv: ArrayLike, limits: Sequence[float] = (0.5, 1.0)) -> NDArray[np.object_]:
    """Tell which customers buy evenly, which irregularly.

    Parameters
    ----------
    cv
        Coefficient of variation from :func:`variation`.
    limits
        Largest variation of X and of Y, ascending. 0.5 and 1.0 suit customers; the 0.10 and 0.25 of textbooks
        are for products in stock.

    Returns
    -------
    numpy.ndarray
        ``"X"`` (even), ``"Y"``, ``"Z"`` (irregular) or ``"n/a"`` (too few periods), in the order given.

    Examples
    --------
    >>> xyz_classes([0.5, 0.7, float("inf"), float("nan")]).tolist()
    ['X', 'Y', 'Z', 'n/a']
    """
    if len(limits) != 2 or not 0 < limits[0] < limits[1]:
        raise ParameterError(
            f"The limits are {tuple(limits)}.", "Two ascending numbers above 0, such as (0.5, 1.0)."
        )
    values = np.asarray(cv, dtype=float)
    classes = np.where(
        values <= limits[0] + TOLERANCE, "X", np.where(values <= limits[1] + TOLERANCE, "Y", "Z")
    ).astype(object)
    classes[np.isnan(values)] = "n/a"
    return classes
