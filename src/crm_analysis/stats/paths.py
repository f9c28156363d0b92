"""Paths of contacts to a decision, and the rules that share a sale out by the place of a contact in it.

Contacts of one moment have no order: each order of them counts alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from crm_analysis.errors import ParameterError, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

HALF_LIFE = 7.0
"""Days after which a contact counts half, in the rule of time decay."""

ENDS = (0.4, 0.4)
"""What the first and the last contact get in the rule of position; those between share the rest."""


@dataclass(frozen=True)
class Paths:
    """Contacts in the order of time, path after path, and how often each path was won and lost.

    Parameters
    ----------
    channels
        Names of the channels, sorted.
    path
        Number of the path of each contact, ascending; a path without any contact has none here.
    code
        Channel of each contact, as its place in ``channels``.
    step
        Number of the step of each contact, ascending: those of a path at one moment share a step.
    age
        Days from each contact to the decision; None where times are not known.
    won, lost
        How many leads took the path and were won, and lost; one number a path.
    value
        What those won were worth together; one number a path.
    """

    channels: tuple[str, ...]
    path: Whole
    code: Whole
    step: Whole
    age: Floats | None
    won: Whole
    lost: Whole
    value: Floats

    @property
    def lengths(self) -> Whole:
        """Number of contacts of each path."""
        return np.bincount(self.path, minlength=len(self.won))

    @property
    def first(self) -> Floats:
        """Chance of each contact to be the first of its path: 1 or 0 where no other is of its moment."""
        return self.in_any_order(self._listed_first.astype(float))

    @property
    def last(self) -> Floats:
        """Chance of each contact to be the last of its path."""
        return self.in_any_order(self._listed_last.astype(float))

    def in_any_order(self, weight: Floats) -> Floats:
        """Give each contact the mean weight of its step: the mean over the orders it may have had."""
        size = np.bincount(self.step)
        return np.asarray((np.bincount(self.step, weight) / size)[self.step])

    def by_place(self, first: float, last: float, between: Floats) -> Floats:
        """Weigh each contact by its place: first, last, or between them."""
        ends = np.where(self._listed_last, last, between)
        return self.in_any_order(np.where(self._listed_first, first, ends))

    @property
    def _listed_last(self) -> NDArray[np.bool_]:
        return np.append(self.path[1:] != self.path[:-1], True)[: len(self.path)]

    @property
    def _listed_first(self) -> NDArray[np.bool_]:
        return np.append(True, self.path[1:] != self.path[:-1])[: len(self.path)]


def read_paths(
    path: ArrayLike,
    channel: Sequence[str],
    won: ArrayLike,
    lost: ArrayLike,
    *,
    value: ArrayLike | None = None,
    age: ArrayLike | None = None,
    moment: ArrayLike | None = None,
) -> Paths:
    """Read a table of contacts, a row a contact, and the outcome of each path.

    Parameters
    ----------
    path
        Number of the path of each contact, from 0, ascending; within a path in the order of time.
    channel
        Channel of each contact.
    won, lost
        One whole number a path: leads that took it and were won, and lost. A lead that is still open is
        neither.
    value
        Money that those won brought, one number a path; 0 where left out.
    age
        Days from each contact to the decision, 0 or more.
    moment
        When each contact was. Those of a path at one moment have no order; left out, all have the one given.

    Raises
    ------
    ParameterError
        Lengths that do not fit, paths not ascending, counts that are not whole or negative, negative ages.

    Examples
    --------
    >>> paths = read_paths([0, 0, 1], ["A", "B", "B"], won=[1, 0], lost=[0, 2])
    >>> paths.channels, paths.lengths.tolist()
    (('A', 'B'), [2, 1])
    """
    number, names = np.asarray(path, dtype=np.int64), np.asarray(channel, dtype=object)
    counts = _count(won, "won"), _count(lost, "lost")
    worth = np.zeros(len(counts[0])) if value is None else np.asarray(value, dtype=float)
    days = None if age is None else np.asarray(age, dtype=float)
    when = np.arange(len(number)) if moment is None else np.asarray(moment)
    lengths = {len(counts[0]), len(counts[1]), len(worth)}
    parts = [part for part in (names, days, when) if part is not None]
    if {len(part) for part in parts} != {len(number)} or len(lengths) > 1:
        raise ParameterError(
            f"{len(number)} path numbers for {len(names)} channels"
            + ("" if days is None else f" and {len(days)} ages")
            + ("" if moment is None else f" and {len(when)} moments")
            + f"; outcomes of {' and '.join(str(n) for n in sorted(lengths))} paths.",
            "One number, one channel and one age a contact; one count of won and of lost a path.",
        )
    if len(number) and (number[0] < 0 or (np.diff(number) < 0).any() or number[-1] >= len(counts[0])):
        raise ParameterError(
            f"Path numbers from {number.min()} to {number.max()} for {len(counts[0])} paths.",
            "Numbers are ascending, from 0 to the number of paths less one.",
            "Sort the contacts by path and time first.",
        )
    if days is not None and not (days >= 0).all():
        raise ParameterError(
            f"{int((~(days >= 0)).sum())} ages are negative or missing.",
            "An age is the number of days from the contact to the decision, 0 or more.",
            "Leave out contacts after the decision.",
        )
    known, code = np.unique(names.astype(str), return_inverse=True)
    later = np.append(True, (number[1:] != number[:-1]) | (when[1:] != when[:-1]))[: len(number)]
    return Paths(
        channels=tuple(str(n) for n in known),
        path=number,
        code=code.astype(np.int64),
        step=np.cumsum(later) - 1,
        age=days,
        won=counts[0],
        lost=counts[1],
        value=worth,
    )


def read_sequences(
    sequences: Iterable[Sequence[str]], won: ArrayLike, lost: ArrayLike, *, value: ArrayLike | None = None
) -> Paths:
    """Read paths given as lists of channels, as in :func:`read_paths`; times are then not known.

    Examples
    --------
    >>> read_sequences([["A", "B"], ["B"]], [1, 0], [0, 2]).code.tolist()
    [0, 1, 1]
    """
    lists = list(sequences)
    number = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    return read_paths(number, list(chain.from_iterable(lists)), won, lost, value=value)


def rule_credits(
    paths: Paths, half_life: float = HALF_LIFE, ends: tuple[float, float] = ENDS
) -> dict[str, sparse.csr_array]:
    """Share one sale of each path out by rules.

    Parameters
    ----------
    paths
        The paths.
    half_life
        Days after which a contact counts half.
    ends
        Parts of the first and the last contact in the rule of position.

    Returns
    -------
    dict of scipy.sparse.csr_array
        ``first``, ``last``, ``linear`` (each contact alike), ``time decay`` (half as much for each half-life
        before the last; only where times are known), ``position`` (the parts of ``ends``, the rest between;
        two contacts share in the proportion of the ends), ``Shapley`` (each channel of the path alike,
        however often it occurs). One row a path, one column a channel; rows add up to 1, those of paths
        without contacts to 0.

    Raises
    ------
    ParameterError
        A half-life or ends that cannot be.

    Notes
    -----
    The Shapley value of the game in which a set of channels is worth the sales whose channels all lie in the
    set is exactly the equal split among the distinct channels of each sale (Zhao, Mahboobi & Bagheri 2018).
    """
    if not half_life > 0 or min(ends) < 0 or not 0 < sum(ends) <= 1:
        raise ParameterError(
            f"A half-life of {half_life:g} days, ends of {ends[0]:g} and {ends[1]:g}.",
            "The half-life is above 0 days; the ends are parts of 1 and at most 1 together.",
        )
    ones, length = np.ones(len(paths.path)), paths.lengths[paths.path]
    weights = {
        "first": paths.first,
        "last": paths.last,
        "linear": 1 / length,
        "time decay": _decayed(paths, half_life),
        "position": _by_position(paths, length, ends),
    }
    rules = {name: _cells(paths, weight) for name, weight in weights.items() if weight is not None}
    # 1 for a channel that occurs, then split over those of the path
    occurs = _cells(paths, ones)
    occurs.data[:] = 1.0
    distinct = np.maximum(np.asarray(occurs.sum(axis=1)).ravel(), 1)
    rules["Shapley"] = sparse.csr_array(sparse.diags_array(1 / distinct) @ occurs)
    return rules


def _cells(paths: Paths, weight: Floats) -> sparse.csr_array:
    """Add the weights of the contacts up by path and channel."""
    shape = (len(paths.won), len(paths.channels))
    cells = sparse.csr_array((weight, (paths.path, paths.code)), shape=shape)
    cells.sum_duplicates()
    return cells


def _decayed(paths: Paths, half_life: float) -> Floats | None:
    if paths.age is None:
        return None
    # counted from the last contact: the weights are relative, and a year-old path must not vanish
    latest = np.full(len(paths.won), np.inf)
    np.minimum.at(latest, paths.path, paths.age)
    weight = np.exp2(-(paths.age - latest[paths.path]) / half_life)
    return np.asarray(weight / np.bincount(paths.path, weight, len(paths.won))[paths.path])


def _by_position(paths: Paths, length: Whole, ends: tuple[float, float]) -> Floats:
    first, last = ends
    weight = paths.by_place(first, last, (1 - first - last) / np.maximum(length - 2, 1))
    # nobody stands between two contacts: the ends take all
    weight = np.where(length == 2, weight / (first + last), weight)
    return np.asarray(np.where(length == 1, 1.0, weight))


def _count(counts: ArrayLike, name: str) -> Whole:
    numbers = np.asarray(counts, dtype=float)
    wrong = ~((numbers >= 0) & (numbers % 1 == 0))
    if wrong.any() or numbers.ndim != 1:
        raise ParameterError(
            f"{int(wrong.sum())} counts of leads {name} cannot be: {listed(numbers[wrong])}.",
            "A count is a whole number, 0 or more, one a path.",
        )
    return numbers.astype(np.int64)
