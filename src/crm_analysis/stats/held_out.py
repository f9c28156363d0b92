"""How well a logistic regression tells apart cases it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from crm_analysis.errors import ParameterError
from crm_analysis.stats.intervals import Interval
from crm_analysis.stats.logistic import Design, firth

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from crm_analysis.stats.logistic import Factors

    Floats = NDArray[np.float64]

FOLDS = 10
FEWEST_CLUSTERS = 20
"""With fewer customers the parts left out are too few to judge by."""

_SMALLEST_CHANCE = 1e-6
#: Chances that differ by less are equal: how the solver rounds is no order.
_PLACES = 6


class HeldOut(NamedTuple):
    """The answer of :func:`held_out`; ``*_gain`` is what the factors take off the error of the base rate."""

    auc: Interval
    brier: float
    brier_base: float
    brier_gain: Interval
    log_loss: float
    log_loss_base: float
    log_loss_gain: Interval


def held_out(
    outcome: ArrayLike, factors: Factors, clusters: ArrayLike, *, folds: int = FOLDS, level: float = 0.95
) -> HeldOut:
    """Answer how well the factors foretell the outcome of cases of customers that were left out.

    Parameters
    ----------
    outcome, factors, clusters
        As in :func:`crm_analysis.stats.logistic.logistic`.
    folds
        Number of parts; each is foretold from the others. Whole clusters are left out together.
    level
        Confidence level.

    Returns
    -------
    HeldOut
        ``auc``: share of the pairs of a yes and a no that are put in the right order, 0.5 is a coin; ``n`` is
        the number of clusters. ``brier``: mean squared difference of chance and outcome; ``log_loss``: mean
        of −log of the chance given to what happened; ``*_base``: the same where every case gets the rate of
        the parts it is foretold from. NaN with fewer than 20 clusters or where no part holds both outcomes.

    Raises
    ------
    ParameterError
        Fewer than two folds.

    Notes
    -----
    Clusters are dealt to the parts by size, largest first to the smallest part, ties by label: nothing is
    random and the order of the cases does not matter. Pairs are formed within a part, because rates that
    differ from part to part would count against the factors. Interval of the area by the contributions of
    whole clusters (Obuchowski 1997), of the gains by those of their means; both take the fits as given.

    Examples
    --------
    >>> won = np.arange(400) % 4 == 0
    >>> told = held_out(won, {"sure": np.where(won, "y", "n")}, range(400))
    >>> told.auc.estimate, bool(told.brier < told.brier_base)
    (1.0, True)
    """
    if folds < 2:
        raise ParameterError(f"{folds} folds.", "Two or more.", "Leave the number out for ten.")
    y, labels = np.asarray(outcome, dtype=float), np.asarray(clusters).astype(str)
    codes = np.unique(labels, return_inverse=True)[1]
    count = int(codes.max()) + 1 if len(codes) else 0
    nothing = Interval(np.nan, np.nan, np.nan, count)
    if count < FEWEST_CLUSTERS:
        return HeldOut(nothing, np.nan, np.nan, nothing, np.nan, np.nan, nothing)
    part = _parts(codes, folds)[codes]
    matrix = Design.of(factors, len(y)).matrix
    chance, base = np.empty(len(y)), np.empty(len(y))
    for fold in range(folds):
        out = part == fold
        chance[out] = special.expit(matrix[out] @ firth(matrix[~out], y[~out]))
        base[out] = (y[~out].sum() + 0.5) / ((~out).sum() + 1)
    errors = [(probability - y) ** 2 for probability in (chance, base)]
    losses = [-np.log(np.maximum(np.where(y == 1, p, 1 - p), _SMALLEST_CHANCE)) for p in (chance, base)]
    return HeldOut(
        concordance(y, chance.round(_PLACES), codes, part, level=level),
        float(errors[0].mean()),
        float(errors[1].mean()),
        _mean(errors[1] - errors[0], codes, level),
        float(losses[0].mean()),
        float(losses[1].mean()),
        _mean(losses[1] - losses[0], codes, level),
    )


def concordance(
    outcome: ArrayLike, score: ArrayLike, clusters: ArrayLike, parts: ArrayLike, *, level: float = 0.95
) -> Interval:
    """Give the share of pairs, a yes and a no of one part, in which the yes has the higher score.

    Ties count half. The interval is computed on the log odds, so that it stays within 0 and 1.

    Examples
    --------
    >>> concordance([1, 0, 1, 0], [0.9, 0.2, 0.4, 0.4], [1, 2, 3, 4], [0, 0, 0, 0]).estimate
    0.875
    """
    y, s = np.asarray(outcome, dtype=float), np.asarray(score, dtype=float)
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    part = np.asarray(parts)
    right, pairs = np.zeros(len(y)), np.zeros(len(y))
    for fold in np.unique(part):
        yes, no = (np.flatnonzero((part == fold) & (y == value)) for value in (1, 0))
        right[yes], pairs[yes] = _beats(s[yes], s[no]), len(no)
        right[no], pairs[no] = len(yes) - _beats(s[no], s[yes]), len(yes)
    total, count = pairs[y == 1].sum(), int(codes.max()) + 1
    if not total:
        return Interval(np.nan, np.nan, np.nan, count)
    area = float(right[y == 1].sum() / total)
    moved = np.bincount(codes, weights=(right - area * pairs) / total)
    error = float(np.sqrt((moved**2).sum() * count / max(count - 1, 1)))
    if not 0 < area < 1 or count < 2:
        return Interval(area, np.nan, np.nan, count)
    half = special.stdtrit(count - 1, (1 + level) / 2) * error / (area * (1 - area))
    low, high = (float(special.expit(special.logit(area) + side)) for side in (-half, half))
    return Interval(area, low, high, count)


def _beats(scores: Floats, others: Floats) -> Floats:
    """Count for each score the others that it exceeds; equal ones count half."""
    ordered = np.sort(others)
    lower, upper = (np.searchsorted(ordered, scores, side=side) for side in ("left", "right"))
    return np.asarray((lower + upper) / 2)


def _parts(codes: NDArray[np.intp], folds: int) -> NDArray[np.intp]:
    """Deal clusters to parts of nearly equal size."""
    sizes = np.bincount(codes)
    filled = np.zeros(folds)
    part = np.empty(len(sizes), dtype=np.intp)
    for cluster in np.argsort(-sizes, kind="stable"):
        part[cluster] = int(np.argmin(filled))
        filled[part[cluster]] += sizes[cluster]
    return part


def _mean(values: Floats, codes: NDArray[np.intp], level: float) -> Interval:
    """Give the mean of cases with an interval for whole clusters."""
    mean = float(values.mean())
    moved = np.bincount(codes, weights=values - mean) / len(values)
    count = len(moved)
    error = float(np.sqrt((moved**2).sum() * count / (count - 1)))
    half = float(special.stdtrit(count - 1, (1 + level) / 2)) * error
    return Interval(mean, mean - half, mean + half, count)


__all__ = ["HeldOut", "concordance", "held_out"]
