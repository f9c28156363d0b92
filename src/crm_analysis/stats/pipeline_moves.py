"""How deals move from month to month, by stage, time in it and size, and when that lets them be won."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.stats.pipeline import GROUPS, MOST_MONTHS, SIZES, STAYS, WON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.stats.pipeline import States

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: Weight, in deals, of what is known of the wider group when a narrow one is estimated. More would lend the
#: old deals of a stage, which nobody closes, the chances of the young ones.
WEIGHT = 2.0
_FATES = 3
#: Months after which a deal still open is taken never to be won.
_NEVER = 24


class Moves(NamedTuple):
    """Probabilities of the fates of a month, one set a draw.

    ``open``: draw, stage, group of months in it, size, fate. ``new``: draw, size, fate at the end of the
    month of creation.
    """

    open: Floats
    new: Floats


def size_classes(amount: Floats, known: Floats) -> Ints:
    """Sort amounts into thirds of the known ones; equal amounts share a class.

    Examples
    --------
    >>> size_classes(np.array([1.0, 5.0, 9.0]), np.arange(1.0, 10.0)).tolist()
    [0, 1, 2]
    """
    if not len(known):
        return np.zeros(len(amount), dtype=np.int64)
    return np.searchsorted(np.quantile(known, [1 / 3, 2 / 3]), amount, side="left").astype(np.int64)


def count_moves(seen: States, fate: Ints, size: Ints, stages: int, weight: Floats | None = None) -> Floats:
    """Count fates by stage, group of months, and size; ``size`` and ``weight`` are those of each row."""
    fates = stages + _FATES
    shape = (stages, int(GROUPS.max()) + 1, SIZES, fates)
    cell = np.ravel_multi_index((seen.stage, GROUPS[seen.months], size, fate), shape)
    return np.bincount(cell, weight, int(np.prod(shape))).reshape(shape).astype(float)


def count_beginnings(fate: Ints, size: Ints, stages: int, weight: Floats | None = None) -> Floats:
    """Count the fates at the end of the month of creation by size."""
    shape = (SIZES, stages + _FATES)
    cell = np.ravel_multi_index((size, fate), shape)
    return np.bincount(cell, weight, int(np.prod(shape))).reshape(shape).astype(float)


def moves(
    counts: Floats, beginnings: Floats, *, draws: int = 0, generator: np.random.Generator | None = None
) -> Moves:
    """Estimate the probabilities of a month's fates.

    Parameters
    ----------
    counts, beginnings
        From :func:`count_moves` and :func:`count_beginnings`.
    draws, generator
        Number of sets drawn from what the counts leave open, and where they are drawn from; without a
        generator the one set of expected values.

    Notes
    -----
    Dirichlet-multinomial. A size is drawn toward all sizes of its stage and months, these toward all months
    of the stage, the stage toward all stages, each with the weight of two deals: a state rarely seen
    behaves like its wider group.
    """
    stays = np.zeros(counts.shape[-1])
    stays[counts.shape[0] + STAYS] = 1.0
    # where nothing was ever seen, nothing is expected to happen
    everything = _drawn(counts.sum(axis=(0, 1, 2)), stays[None] / WEIGHT, draws, generator)
    stage = _drawn(counts.sum(axis=(1, 2)), everything[:, None], draws, generator)
    group = _drawn(counts.sum(axis=2), stage[:, :, None], draws, generator)
    size = _drawn(counts, group[:, :, :, None], draws, generator)
    # a deal just created cannot stay where it was: at the month's end it is in the first stage
    first = everything.copy()
    first[:, 0] += first[:, counts.shape[0] + STAYS]
    first[:, counts.shape[0] + STAYS] = 0.0
    new_all = _drawn(beginnings.sum(axis=0), first, draws, generator)
    return Moves(size, _drawn(beginnings, new_all[:, None], draws, generator))


def win_months(chances: Moves, months: int) -> tuple[Floats, Floats]:
    """Answer with what probability a deal is won in each of the coming months.

    Returns
    -------
    open, new
        ``open``: draw, month, stage, whole months in it, size. ``new``: draw, months after that of creation,
        size.

    Examples
    --------
    >>> counts = np.zeros((1, 5, 3, 4)); counts[0, :, :, 2] = counts[0, :, :, 1] = 1e9  # half won, half stays
    >>> new = np.zeros((3, 4)); new[:, 1] = 1e9
    >>> won, _ = win_months(moves(counts, new), 2)
    >>> won[0, :, 0, 0, 0].round(6).tolist()
    [0.5, 0.25]
    """
    stages = chances.open.shape[1]
    now = chances.open[:, :, GROUPS]
    stay, move = now[..., stages + STAYS], now[..., :stages]
    after = np.minimum(np.arange(MOST_MONTHS + 1) + 1, MOST_MONTHS)
    won = [now[..., stages + WON]]
    for _ in range(months - 1):
        last = won[-1]
        entered = np.einsum("rsmzt,rtz->rsmz", move, last[:, :, 0, :])
        won.append(stay * last[:, :, after, :] + entered)
    begun = [chances.new[..., stages + WON]]
    begun += [np.einsum("rzt,rtz->rz", chances.new[..., :stages], w[:, :, 0, :]) for w in won[: months - 1]]
    return np.stack(won, axis=1), np.stack(begun, axis=1)


def win_ever(chances: Moves) -> Floats:
    """Answer with what probability a deal is won within two years; indexed as in :func:`win_months`."""
    won, _ = win_months(chances, _NEVER)
    return np.asarray(won.sum(axis=1))


def _drawn(counts: Floats, wider: Floats, draws: int, generator: np.random.Generator | None) -> Floats:
    weights = counts[None] + WEIGHT * wider
    if generator is not None:
        weights = generator.standard_gamma(np.broadcast_to(weights, (draws, *weights.shape[1:])))
    whole = weights.sum(axis=-1, keepdims=True)
    # a draw of nothing but zeros: keep what is known of the wider group
    return np.where(whole > 0, weights / np.where(whole > 0, whole, 1.0), wider)
