"""Which channel brings the sales: seven ways to share a sale out among its contacts, and how far they agree.

All of them share out the sales that were observed. None shows what a channel caused.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from crm_analysis.errors import ParameterError
from crm_analysis.stats.bootstrap import blocks
from crm_analysis.stats.markov import removal_effects
from crm_analysis.stats.paths import ENDS, HALF_LIFE, Paths, read_paths, read_sequences, rule_credits
from crm_analysis.stats.shares import FEWEST_WON, UNTOUCHED, Shares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "FEWEST_WON",
    "MODELS",
    "UNTOUCHED",
    "Paths",
    "Shares",
    "attribute",
    "read_paths",
    "read_sequences",
]

MODELS = ("first", "last", "linear", "time decay", "position", "Markov", "Shapley")


def attribute(
    paths: Paths,
    *,
    units: ArrayLike | None = None,
    half_life: float = HALF_LIFE,
    ends: tuple[float, float] = ENDS,
    draws: int = 1000,
    seed: int = 0,
) -> Shares:
    """Share the sales out among the channels of their paths, by seven models.

    Parameters
    ----------
    paths
        From :func:`read_paths` or :func:`read_sequences`: leads won and lost.
    units
        What was sampled independently, a label a path: the client, who may have several deals. Where left
        out, each lead is one of its own. Those without a sale belong in it.
    half_life, ends
        Of time decay (days) and of position, see :func:`crm_analysis.stats.paths.rule_credits`.
    draws, seed
        Number of resamples (0: none) and seed of the generator.

    Returns
    -------
    Shares
        Estimates and resamples; ``table()`` and ``agreement()`` give frames.

    Raises
    ------
    ParameterError
        Not one unit a path, or parameters that cannot be.

    Notes
    -----
    ``first``, ``last``, ``linear``, ``time decay`` (where times are known), ``position``, ``Shapley``: rules,
    see :func:`crm_analysis.stats.paths.rule_credits`. ``Markov``: first-order chain of all leads, sales in
    proportion to the removal effects, see :func:`crm_analysis.stats.markov.removal_effects`. Contacts of one
    moment count in every order alike: by their expected credits and moves, so that nothing rests on names or
    the order of rows. Sales without a contact are a row of their own in every model.
    Every model is a function of sums over units, so a resample is one product of weights and a matrix; leads
    that were lost are resampled with the others (percentile bootstrap).

    Examples
    --------
    >>> paths = read_sequences([["A", "B"], ["B"], ["A"]], won=[30, 20, 0], lost=[10, 10, 30])
    >>> shares = attribute(paths, draws=200)
    >>> shares.agreement()[["channel", "lowest", "highest", "depends"]].round(2).values.tolist()
    [['A', 0.0, 0.6, True], ['B', 0.4, 1.0, True]]
    """
    rules = rule_credits(paths, half_life, ends)
    models = tuple(name for name in MODELS if name in rules or name == "Markov")
    matrix, counts = _by_unit(paths, rules, models, units)
    shares, rate = _shares(_sums(counts[None, :], matrix), models, len(paths.channels))
    worth = _worth(paths, rules, models, shares[0])
    resampled = _resampled(matrix, counts, models, len(paths.channels), draws, seed)
    won = int(paths.won.sum())
    channels, kept = paths.channels, slice(None)
    if (paths.won * (paths.lengths == 0)).any():
        channels = (*channels, UNTOUCHED)
    else:
        kept = slice(len(channels))
    return Shares(
        channels, models, won, shares[0, :, kept], worth[:, kept], float(rate[0]), resampled[:, :, kept]
    )


def _by_unit(
    paths: Paths, rules: dict[str, sparse.csr_array], models: tuple[str, ...], units: ArrayLike | None
) -> tuple[sparse.csr_array, NDArray[np.int64]]:
    """Return what each unit adds to the sums that the models need, and how many such units there are."""
    n, every = len(paths.won), np.arange(len(paths.won))
    if units is None:
        # a lead won and a lead lost of each path, as many times as there are
        ones, shape = np.ones(n), (2 * n, n)
        won = sparse.csr_array((ones, (every, every)), shape=shape)
        lost = sparse.csr_array((ones, (n + every, every)), shape=shape)
        counts = np.concatenate([paths.won, paths.lost])
    else:
        label = np.unique(np.asarray(units).astype(str), return_inverse=True)[1]
        if len(label) != n:
            raise ParameterError(f"{len(label)} units for {n} paths.", "One unit a path: the client.")
        shape = (int(label.max(initial=-1)) + 1, n)
        won = sparse.csr_array((paths.won.astype(float), (label, every)), shape=shape)
        lost = sparse.csr_array((paths.lost.astype(float), (label, every)), shape=shape)
        counts = np.ones(shape[0], dtype=np.int64)
    starts, moves, ends = _chain(paths)
    untouched = sparse.csr_array((paths.lengths == 0).astype(float)[:, None])
    shared = [won @ rules[name] for name in models if name != "Markov"]
    parts = [*shared, won @ untouched, (won + lost) @ starts, (won + lost) @ moves, won @ ends, lost @ ends]
    return sparse.csr_array(sparse.hstack(parts)), counts


def _chain(paths: Paths) -> tuple[sparse.csr_array, sparse.csr_array, sparse.csr_array]:
    """Return of each path its first channel, its moves from channel to channel, and its last channel."""
    n, k = len(paths.won), len(paths.channels)
    starts, ends = (
        sparse.csr_array((weight, (paths.path, paths.code)), shape=(n, k))
        for weight in (paths.first, paths.last)
    )
    path, pair, weight = _moves(paths)
    return starts, sparse.csr_array((weight, (path, pair)), shape=(n, k * k)), ends


def _moves(paths: Paths) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return path, pair of channels and expected number of the moves between them, over every order.

    Of m contacts of one moment each follows each other one in 1/m of the orders, and any of them follows any
    of the n of the moment before in 1/(mn).
    """
    k = max(len(paths.channels), 1)
    cell, count = np.unique(paths.step * k + paths.code, return_counts=True)
    step, code = np.divmod(cell, k)
    size = np.bincount(paths.step).astype(float)
    begin = np.searchsorted(step, np.arange(len(size) + 1))
    path = np.zeros(len(size), dtype=np.int64)
    path[paths.step] = paths.path
    goes_on = np.append(path[1:] == path[:-1], False)[: len(size)]
    own, own_next = _every_pair(np.arange(len(step)), begin[step], begin[step + 1])
    here = np.flatnonzero(goes_on[step])
    old, new = _every_pair(here, begin[step[here] + 1], begin[step[here] + 2])
    weight = np.concatenate(
        [
            count[own] * count[own_next] / size[step[own]],
            count[old] * count[new] / (size[step[old]] * size[step[new]]),
        ]
    )
    before, after = np.concatenate([own, old]), np.concatenate([own_next, new])
    # moves to the same channel change no chance of the chain
    real = code[before] != code[after]
    before, after = before[real], after[real]
    return path[step[before]], code[before] * k + code[after], weight[real]


def _every_pair(
    one: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair each of ``one`` with all numbers of its range."""
    length = end - begin
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    return np.repeat(one, length), np.repeat(begin, length) + offset


def _sums(weights: NDArray[np.int64], matrix: sparse.csr_array) -> Floats:
    return np.asarray((matrix.T @ weights.T.astype(float)).T)


def _shares(sums: Floats, models: tuple[str, ...], k: int) -> tuple[Floats, Floats]:
    """Return the shares of the models, resample × model × channel with the untouched last, and the rate."""
    rules = len(models) - 1
    at = np.cumsum([0, rules * k, 1, k, k * k, k, k])
    shared, untouched, starts, moves, won, lost = (sums[:, a:b] for a, b in pairwise(at))
    chain = removal_effects(starts, moves.reshape(len(sums), k, k), won, lost)
    touched = won.sum(axis=1)
    effect = np.nan_to_num(chain.effect)
    whole = effect.sum(axis=1)
    markov = effect / np.where(whole > 0, whole, 1.0)[:, None] * touched[:, None]
    by_model = list(shared.reshape(len(sums), rules, k).transpose(1, 0, 2))
    by_model.insert(models.index("Markov"), markov)
    everything = np.stack(by_model, axis=1)
    row = np.broadcast_to(untouched[:, :, None], (len(sums), len(models), 1))
    sales = (touched + untouched[:, 0])[:, None, None]
    return np.concatenate([everything, row], axis=2) / np.where(sales > 0, sales, np.nan), chain.rate


def _worth(
    paths: Paths, rules: dict[str, sparse.csr_array], models: tuple[str, ...], share: Floats
) -> Floats:
    """Share the money out: by each rule that of each path, by the chain in proportion to the sales."""
    known = paths.lengths > 0
    loose, tied = float(paths.value[~known].sum()), float(paths.value[known].sum())
    rows = []
    for name, shares in zip(models, share[:, :-1], strict=True):
        whole = shares.sum()
        part = shares / whole * tied if whole > 0 else np.zeros(len(shares))
        rows.append(np.append(paths.value @ rules[name] if name in rules else part, loose))
    return np.array(rows)


def _resampled(
    matrix: sparse.csr_array,
    counts: NDArray[np.int64],
    models: tuple[str, ...],
    k: int,
    draws: int,
    seed: int,
) -> Floats:
    """Draw as many units as there are, again and again; resamples without any sale have no shares."""
    size = int(counts.sum())
    if size < 2 or not draws:
        return np.empty((0, len(models), k + 1))
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = [
        _shares(_sums(generator.multinomial(size, counts / size, n), matrix), models, k)[0]
        for n in blocks(draws, len(counts))
    ]
    shares = np.concatenate(drawn)
    shares = shares[~np.isnan(shares).any(axis=(1, 2))]
    return shares if len(shares) > draws / 2 else np.empty((0, len(models), k + 1))
