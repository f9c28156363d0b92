"""A change split over its factors: exactly, without a remainder, and without an order of the factors."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.errors import ParameterError, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

MOST_FACTORS = 8
"""Every subset of the factors is valued once: 8 factors are 256 values."""


def shapley_change(
    before: Mapping[str, Any], after: Mapping[str, Any], value: Callable[[dict[str, Any]], float]
) -> dict[str, float]:
    """Tell how much of a change each factor brought.

    Parameters
    ----------
    before, after
        The factors of both sides by name: numbers or arrays, whatever ``value`` takes.
    value
        Computes the figure from a mapping of all factors.

    Returns
    -------
    dict
        Contribution by factor, in the unit of the figure and in the order of ``before``; their sum is
        ``value(after) − value(before)``.

    Raises
    ------
    ParameterError
        The sides name different factors, or there are none, or too many.

    Notes
    -----
    Each factor gets its mean effect over all orders in which the factors can change from before to after
    (Shapley 1953; for decompositions Shorrocks 2013, J. Econ. Inequal. 11:99). Unlike chain substitution
    the result does not depend on an order; unlike logarithms it takes zeros and negative values.

    Examples
    --------
    >>> before, after = {"orders": 10, "size": 5}, {"orders": 12, "size": 6}
    >>> shapley_change(before, after, lambda f: f["orders"] * f["size"])
    {'orders': 11.0, 'size': 11.0}
    """
    names = list(before)
    if set(names) != set(after) or not 1 <= len(names) <= MOST_FACTORS:
        raise ParameterError(
            f"Factors before: {listed(names, 8)}; after: {listed(after, 8)}.",
            f"Both sides name the same 1 to {MOST_FACTORS} factors.",
        )
    values: dict[frozenset[str], float] = {}
    for size in range(len(names) + 1):
        for changed in combinations(names, size):
            mixed = {name: after[name] if name in changed else before[name] for name in names}
            values[frozenset(changed)] = float(value(mixed))
    parts = dict.fromkeys(names, 0.0)
    for changed_set, worth in values.items():
        for name in names:
            if name not in changed_set:
                weight = factorial(len(changed_set)) * factorial(len(names) - len(changed_set) - 1)
                step = values[changed_set | {name}] - worth
                parts[name] += step * weight / factorial(len(names))
    return parts


def group_change(
    before: Mapping[str, ArrayLike] | pd.DataFrame,
    after: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    volume: str = "volume",
) -> dict[str, float]:
    """Tell how much of a change came from volume, from the mix of groups, and from each rate within groups.

    The figure is V = N · Σ share_g · rate1_g · rate2_g · …, where N is the volume of all groups together.

    Parameters
    ----------
    before, after
        Arrays, or columns of a frame, by name: one of them, ``volume``, counts the units of each group
        (customers, deals), all others are rates within the group (orders per customer, win rate, deal
        size). Both sides have the same groups in the same order; a group that is absent on a side has
        volume 0 and may have NaN rates there.
    volume
        Name of the volume.

    Returns
    -------
    dict
        Contributions ``"volume"``, ``"mix"`` and one for each rate, in that order; their sum is the change
        of V. The volume and the mix come from the same array, so the name of the volume is not a key.

    Raises
    ------
    ParameterError
        Names or numbers of groups differ, no rate, volume missing or negative, or a rate is missing where
        the figure needs it.

    Notes
    -----
    Shapley averaging as in :func:`shapley_change`. Where a group is absent on one side, its rates are taken
    from the other side, so that its coming or going is mix and volume, not a change of rates. The same holds
    for a rate that cannot be known, such as the deal size where no deal was won.

    Examples
    --------
    >>> before = {"volume": [10, 10], "size": [5.0, 20.0]}
    >>> after = {"volume": [5, 15], "size": [5.0, 20.0]}
    >>> group_change(before, after)
    {'volume': 0.0, 'mix': 75.0, 'size': 0.0}
    """
    sides = [
        {str(name): np.asarray(array, dtype=float) for name, array in side.items()}
        for side in (before, after)
    ]
    rates = [name for name in sides[0] if name != volume]
    _check_groups(sides, rates, volume)
    factors: list[dict[str, Any]] = [_total_and_mix(side[volume]) for side in sides]
    for own, other in ((0, 1), (1, 0)):
        if not factors[own]["volume"] > 0:
            factors[own]["mix"] = factors[other]["mix"]
        for name in rates:
            absent = (sides[own][volume] == 0) & (sides[other][volume] > 0)
            rate = np.where(absent | np.isnan(sides[own][name]), sides[other][name], sides[own][name])
            factors[own][f"rate {name}"] = np.nan_to_num(rate, nan=0.0)
    parts = shapley_change(factors[0], factors[1], _figure)
    return {name.removeprefix("rate "): part for name, part in parts.items()}


def _figure(factors: dict[str, Any]) -> float:
    product = factors["mix"].copy()
    for name, factor in factors.items():
        if name not in {"volume", "mix"}:
            product = product * factor
    return float(factors["volume"] * product.sum())


def _total_and_mix(units: NDArray[np.float64]) -> dict[str, Any]:
    total = float(units.sum())
    return {"volume": total, "mix": units / total if total > 0 else np.zeros_like(units)}


def _check_groups(sides: list[dict[str, NDArray[np.float64]]], rates: list[str], volume: str) -> None:
    shapes = {array.shape for side in sides for array in side.values()}
    if set(sides[0]) != set(sides[1]) or volume not in sides[0] or not rates or len(shapes) != 1:
        raise ParameterError(
            f"Columns before: {listed(sides[0], 8)}; after: {listed(sides[1], 8)}; shapes {sorted(shapes)}.",
            f'Both sides hold "{volume}" and the same rates, one value a group.',
            "Reindex both sides to all groups first; an absent group has volume 0.",
        )
    for side, when in zip(sides, ("before", "after"), strict=True):
        units = side[volume]
        if np.isnan(units).any() or (units < 0).any():
            raise ParameterError(
                f"The volume {when} is missing or negative in {(~(units >= 0)).sum()} groups.",
                "A volume is 0 or more; 0 means the group is absent.",
            )
        unknown = np.isnan(np.vstack([side[name] for name in rates]))
        known_product = np.prod(np.where(unknown, 1.0, np.vstack([side[name] for name in rates])), axis=0)
        needed = unknown.any(axis=0) & (units > 0) & (known_product != 0)
        if needed.any():
            raise ParameterError(
                f"A rate {when} is missing in {needed.sum()} groups that have a volume.",
                "A rate may be missing only where the volume or another rate of the group is 0.",
            )
