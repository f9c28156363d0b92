"""Plain rules of forecasting that any model must beat, and the stage rates weighted by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: Months looked ahead.
AHEAD = 3
#: Months from which on the same month of the year before is a forecast.
SEASON_MONTHS = 24
RULES = ("naive", "seasonal_naive", "mean_3", "mean_6", "mean_12", "smoothed")
_WEIGHTS = np.linspace(0.05, 0.95, 19)


def plain_rules(past: Floats) -> dict[str, Floats]:
    """Answer what the plain rules expect of the next three months.

    Parameters
    ----------
    past
        Value of each past month, the last one last.

    Returns
    -------
    dict
        Rule to its three months; NaN where the past is too short for it. ``naive``: like the last month.
        ``seasonal_naive``: like the same month a year ago, from 24 months on. ``mean_3``, ``mean_6``,
        ``mean_12``: like the mean of so many months. ``smoothed``: simple exponential smoothing, its weight
        the one that would have served best so far (Hyndman & Athanasopoulos, 8.1).

    Examples
    --------
    >>> rules = plain_rules(np.array([1.0, 2.0, 6.0]))
    >>> rules["naive"].tolist(), rules["mean_3"].tolist(), bool(np.isnan(rules["mean_6"]).all())
    ([6.0, 6.0, 6.0], [3.0, 3.0, 3.0], True)
    """
    months = len(past)
    flat = {
        "naive": past[-1] if months else np.nan,
        **{f"mean_{n}": past[-n:].mean() if months >= n else np.nan for n in (3, 6, 12)},
        "smoothed": _smoothed(past),
    }
    rules = {name: np.full(AHEAD, value, dtype=float) for name, value in flat.items()}
    rules["seasonal_naive"] = (
        past[months - 12 : months - 12 + AHEAD].astype(float)
        if months >= SEASON_MONTHS
        else np.full(AHEAD, np.nan)
    )
    return {name: rules[name] for name in RULES}


class StageRates(NamedTuple):
    """Share of the value open in each stage that is won in each of the next months, and what new deals bring.

    ``rate``: month, stage. ``new``: month.
    """

    rate: Floats
    new: Floats


def stage_rates(held: Floats, won: Floats, new: Floats) -> StageRates:
    """Learn the rates from past month ends.

    Parameters
    ----------
    held
        Amount open at each past month end: month end, stage; the last month end before today last.
    won
        Of it, the amount won in each month after: month end, month, stage. Cells of months that are not over
        are NaN.
    new
        What deals created after a month end brought in each month after it: month end, month; NaN likewise.

    Notes
    -----
    Rates are sums over sums, so that large deals count as much as they weigh: rates by number overstate the
    value won, as large deals are won less often.

    Examples
    --------
    >>> held, won = np.array([[10.0], [30.0]]), np.array([[[5.0]], [[5.0]]])
    >>> rates = stage_rates(held, won, np.array([[1.0], [3.0]]))
    >>> rates.rate.tolist(), rates.new.tolist()
    ([[0.25]], [2.0])
    """
    months, stages = won.shape[1], won.shape[2]
    rate, later = np.zeros((months, stages)), np.zeros(months)
    for month in range(months):
        over = ~np.isnan(new[:, month])
        base = held[over].sum(axis=0)
        gained = won[over, month].sum(axis=0)
        everywhere = gained.sum() / base.sum() if base.sum() > 0 else 0.0
        rate[month] = np.divide(gained, base, out=np.full(stages, everywhere), where=base > 0)
        later[month] = new[over, month].mean() if over.any() else 0.0
    return StageRates(rate, later)


def _smoothed(past: Floats) -> float:
    """Return the level of simple exponential smoothing, begun with the mean of the first three months."""
    if len(past) < AHEAD:
        return np.nan
    level = np.full(len(_WEIGHTS), past[:AHEAD].mean())
    squares = np.zeros(len(_WEIGHTS))
    for value in past[AHEAD:]:
        squares += (value - level) ** 2
        level = level + _WEIGHTS * (value - level)
    return float(level[int(np.argmin(squares))])
