"""Figures of many groups drawn toward the whole: a small group says little, and is believed little.

The extremes of many small groups are mostly luck. Drawing each figure toward the common mean, the more so the
less it rests on, brings the figures of all groups closer to their true values (Stein 1956, Efron & Morris
1975). How much the groups truly differ is not known either: the answer is averaged over all plausible
differences instead of plugging in one estimate, so that the limits hold with two groups as with forty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import elementwise

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Plausible shares by which a group is drawn toward the whole, from 0 to 1 and closer together near 0, where
#: groups far apart lie; and the logarithm of the width each stands for.
_ROOTS = (np.arange(100) + 0.5) / 100
_STRENGTHS, _WIDTHS = _ROOTS**2, np.log(2 * _ROOTS)
_MEANS = (np.arange(60) + 0.5) / 60
#: Combinations of less weight than this change no figure that is shown.
_LIGHT = 1e-5
#: A limit leaves this much more or less of the chance beyond it.
_EXACT = 1e-9


class Shrunk(NamedTuple):
    """Figures drawn toward the whole.

    ``estimate``, ``low``, ``high`` are arrays, a value a group; NaN where a group has nothing to tell.
    ``mean`` is what they are drawn toward and ``between`` the standard deviation of the true figures of the
    groups about it (0 where chance explains all of their spread).
    """

    estimate: Floats
    low: Floats
    high: Floats
    mean: float
    between: float


def between_variance(estimate: ArrayLike, error: ArrayLike) -> float:
    """Tell how much groups truly differ, their errors taken out.

    Parameters
    ----------
    estimate, error
        Figure and standard error, a value a group.

    Returns
    -------
    float
        Variance between the groups after Paule and Mandel; 0 where the errors explain all of it, NaN for
        fewer than two groups.

    Notes
    -----
    Paule & Mandel (1982): the variance at which the weighted squares about the mean come to their
    expectation, number of groups − 1. Equals ``metafor::rma(method = "PM")``.

    Examples
    --------
    >>> between_variance([1.0, 1.2, 0.9], [0.5, 0.5, 0.5])
    0.0
    """
    y, variance = _checked(estimate, error)
    if len(y) < 2:
        return float("nan")

    def excess(between: float) -> float:
        weight = 1 / (variance + between)
        mean = (weight @ y) / weight.sum()
        return float(weight @ (y - mean) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.ptp(y) ** 2) * len(y)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def shrink(estimate: ArrayLike, error: ArrayLike, level: float = 0.95) -> Shrunk:
    """Draw the figures of groups toward their common mean.

    Parameters
    ----------
    estimate, error
        Figure and standard error of each group. NaN where a group has no figure; such a group takes part in
        nothing and stays NaN.
    level
        Confidence level of the limits.

    Returns
    -------
    Shrunk
        With one group its own figure and limits.

    Raises
    ------
    ParameterError
        Errors that are negative or zero, or as many as there are not estimates.

    Notes
    -----
    Groups normal about their common mean, errors normal. The variance between the groups has the prior under
    which the shrinkage of a typical group is anything from 0 to 1 alike (Strawderman 1971, Daniels 1999); it
    is proper, so two groups are enough. The limits are quantiles of the average over that variance and over
    the mean, which allows for both being estimated (the aim of Morris 1983).

    Examples
    --------
    >>> drawn = shrink([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])
    >>> bool(drawn.estimate[0] < 15), round(drawn.mean, 1)
    (True, 7.9)
    """
    y_all, error_all = np.asarray(estimate, dtype=float), np.asarray(error, dtype=float)
    _same_length(y_all, error_all)
    known = ~(np.isnan(y_all) | np.isnan(error_all))
    answer = np.full((3, len(y_all)), np.nan)
    if not known.any():
        return _shrunk(answer, float("nan"), float("nan"))
    y, variance = _checked(y_all[known], error_all[known])
    z = float(special.ndtri((1 + level) / 2))
    if len(y) == 1:
        answer[:, known] = y + np.array([[0.0], [-z], [z]]) * np.sqrt(variance)
        return _shrunk(answer, float(y[0]), float("nan"))
    chance, mean, centre, spread = _mixture(y, variance)
    answer[0, known] = chance @ centre
    for row, tail in ((1, (1 - level) / 2), (2, (1 + level) / 2)):
        bounds = (centre - 9 * spread).min(axis=0), (centre + 9 * spread).max(axis=0)
        answer[row, known] = _quantile(
            tail, chance, lambda x, group: special.ndtr((x - centre[:, group]) / spread[:, group]), bounds
        )  # fmt: skip
    return _shrunk(answer, float(chance @ mean), between_variance(y, np.sqrt(variance)) ** 0.5)


def shrink_estimates(estimate: ArrayLike, error: ArrayLike) -> Floats:
    """Draw the figures of groups toward their common mean, where no limits are asked for.

    Parameters
    ----------
    estimate, error
        As for :func:`shrink`, but each group has both.

    Returns
    -------
    numpy.ndarray
        The ``estimate`` of :func:`shrink`, in a tenth of its time.

    Raises
    ------
    ParameterError
        Figures that are not finite, errors that are not above 0, or as many as there are not estimates.

    Examples
    --------
    >>> shrink_estimates([28, 8, -3], [15, 10, 16]).round(1).tolist()
    [16.7, 9.4, 6.3]
    """
    y, variance = _checked(estimate, error)
    if len(y) < 2:
        return y
    chance, _, centre, _ = _mixture(y, variance)
    return np.asarray(chance @ centre, dtype=np.float64)


def _mixture(y: Floats, variance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Give what the groups may be: chance and mean of each shrinkage; centre and spread, a column a group."""
    typical = len(y) / (1 / variance).sum()
    between = typical * (1 - _STRENGTHS) / _STRENGTHS
    weight = 1 / (variance + between[:, None])
    total = weight.sum(axis=1)
    mean = (weight @ y) / total
    squares = (weight * (y - mean[:, None]) ** 2).sum(axis=1)
    chance = _normalised(_WIDTHS + 0.5 * (np.log(weight).sum(axis=1) - np.log(total) - squares))
    drawn = variance * weight
    centre = drawn * mean[:, None] + (1 - drawn) * y
    return chance, mean, centre, np.sqrt((1 - drawn) * variance + drawn**2 / total[:, None])


def shrink_rates(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Shrunk:
    """Draw the rates of groups toward the rate of the whole.

    Parameters
    ----------
    k, n
        Successes and trials of each group. They need not be whole: where trials hang together (deals of one
        client), both are divided by the design effect first.
    level
        Confidence level of the limits.

    Returns
    -------
    Shrunk
        Rates between 0 and 1; NaN where ``n`` is 0. With one group the limits are Jeffreys'.

    Raises
    ------
    ParameterError
        Counts that cannot be: negative, or more successes than trials.

    Notes
    -----
    Beta-binomial: the rates of the groups follow a beta distribution, whose mean (uniform) and whose weight
    against a group of typical size (uniform share) are averaged over, as in :func:`shrink`.

    Examples
    --------
    >>> drawn = shrink_rates([18, 10, 7], [45, 45, 45])
    >>> bool(drawn.estimate[0] < 0.4), bool(drawn.estimate[2] > 7 / 45)
    (True, True)
    """
    successes_all, trials_all = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    _same_length(successes_all, trials_all)
    if not ((successes_all >= 0) & (successes_all <= trials_all)).all():
        raise ParameterError(
            f"Counts of {len(trials_all)} groups, some negative or with more successes than trials.",
            "0 <= successes <= trials.",
            "Count the trials of each group, and the successes among them.",
        )
    known = trials_all > 0
    answer = np.full((3, len(trials_all)), np.nan)
    tails = (1 - level) / 2, (1 + level) / 2
    successes, trials = successes_all[known], trials_all[known]
    if len(trials) < 2:
        answer[0, known] = successes / trials
        for row, tail in enumerate(tails, 1):
            answer[row, known] = special.betaincinv(successes + 0.5, trials - successes + 0.5, tail)
        return _shrunk(answer, float(answer[0, known].sum()) if known.any() else np.nan, np.nan)
    typical = len(trials) / (1 / trials).sum()
    mean, strength = (grid.ravel() for grid in np.meshgrid(_MEANS, _STRENGTHS))
    size = typical * strength / (1 - strength)
    log_chance = np.repeat(_WIDTHS, len(_MEANS))
    for won, tried in zip(successes, trials, strict=True):
        log_chance += special.betaln(mean * size + won, (1 - mean) * size + tried - won)
        log_chance -= special.betaln(mean * size, (1 - mean) * size)
    chance = _normalised(log_chance)
    heavy = chance > _LIGHT * chance.max()
    chance, mean, size = chance[heavy] / chance[heavy].sum(), mean[heavy], size[heavy]
    a = mean[:, None] * size[:, None] + successes
    b = (1 - mean[:, None]) * size[:, None] + trials - successes
    answer[0, known] = chance @ (a / (a + b))
    for row, tail in enumerate(tails, 1):
        ends = np.zeros(len(trials)), np.ones(len(trials))
        answer[row, known] = _quantile(
            tail, chance, lambda x, group: special.betainc(a[:, group], b[:, group], x), ends
        )
    spread = np.sqrt(mean * (1 - mean) / (size + 1))
    return _shrunk(answer, float(chance @ mean), float(chance @ spread))


def _shrunk(answer: Floats, mean: float, between: float) -> Shrunk:
    return Shrunk(answer[0], answer[1], answer[2], mean, between)


def _quantile(tail: float, chance: Floats, below: Any, bounds: tuple[Floats, Floats]) -> Floats:
    """Give the quantile of a mixture, a value a group; ``below`` takes values and the groups they are of."""

    def missed(x: Floats, *group: Any, **_: Any) -> Floats:
        return np.asarray(chance @ below(x, *group) - tail, dtype=np.float64)

    groups = np.arange(len(bounds[0]))
    found = elementwise.find_root(missed, bounds, args=(groups,), tolerances={"fatol": _EXACT})
    return np.asarray(found.x, dtype=np.float64)


def _normalised(log_chance: Floats) -> Floats:
    chance = np.exp(log_chance - log_chance.max())
    return np.asarray(chance / chance.sum(), dtype=np.float64)


def _checked(estimate: ArrayLike, error: ArrayLike) -> tuple[Floats, Floats]:
    y, errors = np.asarray(estimate, dtype=float), np.asarray(error, dtype=float)
    _same_length(y, errors)
    if not (np.isfinite(y).all() and np.isfinite(errors).all() and (errors > 0).all()):
        raise ParameterError(
            f"{len(y)} estimates, {int((~(errors > 0)).sum())} errors that are not above 0.",
            "Finite estimates, each with a standard error above 0.",
            "Leave out groups without an error, or give them the error of the others.",
        )
    return y, errors**2


def _same_length(first: Floats, second: Floats) -> None:
    if first.shape != second.shape or first.ndim != 1:
        raise ParameterError(
            f"Arrays of {first.shape} and {second.shape}.", "Two arrays of one dimension, a value a group."
        )
