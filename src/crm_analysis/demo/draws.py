"""Random numbers that are the same on every machine and under every version of numpy.

Only the raw 64-bit output of PCG64, which numpy promises to keep, is used; the distributions are made from
it here, because numpy may change how its own ones consume the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


class Draws:
    """A stream of random numbers for one block of the company.

    Parameters
    ----------
    seed
        The seed of the company.
    block
        Number of the block; streams of different blocks do not depend on each other.

    Examples
    --------
    >>> Draws(7, 0).uniform(2).tolist() == Draws(7, 0).uniform(2).tolist()
    True
    """

    def __init__(self, seed: int, block: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(block,)))

    def uniform(self, size: int) -> Floats:
        """Draw from (0, 1), both ends excluded."""
        raw = np.asarray(self._bits.random_raw(size), dtype=np.uint64)
        return ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def chance(self, probability: Floats | float, size: int) -> Bools:
        """Draw true with the given probability."""
        return self.uniform(size) < probability

    def exponential(self, size: int) -> Floats:
        """Draw from the exponential distribution with mean 1."""
        return -np.log(self.uniform(size))

    def gamma(self, shape: int, size: int) -> Floats:
        """Draw from the gamma distribution with a whole shape and mean 1."""
        total: Floats = np.sum([self.exponential(size) for _ in range(shape)], axis=0)
        return total / shape

    def weibull(self, shape: float, size: int) -> Floats:
        """Draw from the Weibull distribution with scale 1."""
        return np.asarray(self.exponential(size) ** (1.0 / shape), dtype=np.float64)

    def normal(self, size: int) -> Floats:
        """Draw from the standard normal distribution (Box and Muller 1958)."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(size)))
        return radius * np.cos(2.0 * np.pi * self.uniform(size))

    def below(self, limit: Ints | int, size: int) -> Ints:
        """Draw whole numbers 0 … limit - 1, equally likely."""
        return (self.uniform(size) * limit).astype(np.int64)

    def pick(self, weights: Sequence[float] | Floats, size: int) -> Ints:
        """Draw the place of one of the weights; what they leave of 1 is -1, where they add up to less."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        total = max(1.0, float(edges[-1]))
        places = np.searchsorted(edges, self.uniform(size) * total, side="right").astype(np.int64)
        last = len(edges) - 1 if edges[-1] >= 1.0 - 1e-9 else -1
        return np.where(places > len(edges) - 1, last, places)

    def poisson(self, mean: Floats) -> Ints:
        """Draw from the Poisson distributions with these means, by inversion."""
        left = self.uniform(len(mean))
        term = np.exp(-mean)
        counts = np.zeros(len(mean), dtype=np.int64)
        waiting = left > term
        while waiting.any():
            counts[waiting] += 1
            left = left - term
            term = term * mean / np.maximum(counts, 1)
            waiting &= left > term
            waiting &= counts < 200
        return counts


def runs(counts: Ints) -> tuple[Ints, Ints]:
    """Count the members of groups laid one after another: (group of each, place within the group).

    Examples
    --------
    >>> [part.tolist() for part in runs(np.array([2, 0, 3]))]
    [[0, 0, 2, 2, 2], [0, 1, 0, 1, 2]]
    """
    group = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    first = np.cumsum(counts) - counts
    return group, np.arange(len(group), dtype=np.int64) - first[group]
