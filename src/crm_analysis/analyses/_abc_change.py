"""How clients moved between classes, and whether the money got more concentrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc_classes import CLASSES
from crm_analysis.stats.bootstrap import blocks
from crm_analysis.stats.concentration import TOP_FRACTIONS, concentration
from crm_analysis.stats.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MIGRATION = ["from_class", "to_class", "customers", "revenue", "share", "low", "high", "period_revenue"]
MOVES = ("new", *CLASSES, "lost")
MEANINGS = {
    "gini": "inequality: 0 all alike, 1 one has it all (Gini)",
    "hhi": "sum of squared shares (Herfindahl)",
    "top_1": "share of the top 1% of customers",
    "top_5": "share of the top 5% of customers",
    "top_10": "share of the top 10% of customers",
    "top_20": "share of the top 20% of customers",
    "count_80": "customers who make 80% of revenue",
}
_SEED = 20
_DRAWS = (200, 1000)
#: Resampled clients in all: with many clients fewer draws are as sure.
_WORK = 2_500_000


def migration_table(customers: pd.DataFrame, before: Floats, period_before: Floats) -> pd.DataFrame:
    """Count clients by class before and now, with the change of their revenue.

    ``revenue`` is the difference of the two windows and adds up to its change; ``period_revenue`` is the
    difference of the period and its comparison. ``share`` is of the clients of ``from_class``.
    """
    moved = pd.DataFrame(
        {
            "from_class": customers["previous_abc"],
            "to_class": customers["abc"].where(customers["active"] | ~customers["active_before"], "lost"),
            "revenue": (customers["revenue"] - before),
            "period_revenue": (customers["period_revenue"] - period_before),
        }
    )
    groups = moved.groupby(["from_class", "to_class"])
    table = groups[["revenue", "period_revenue"]].sum().round(6)
    table.insert(0, "customers", groups.size())
    table = table.reset_index()
    order = {name: place for place, name in enumerate(MOVES)}
    table = table.sort_values(["from_class", "to_class"], key=lambda c: c.map(order), ignore_index=True)
    rate = wilson(table["customers"], table.groupby("from_class")["customers"].transform("sum"))
    return table.assign(share=rate.estimate, low=rate.low, high=rate.high)[MIGRATION]


def stability(migration: pd.DataFrame) -> tuple[int, int]:
    """Count the A, B and C clients of before who kept their class, and all of them."""
    classed = migration[migration["from_class"].isin(list("ABC"))]
    stayed = classed.loc[classed["from_class"] == classed["to_class"], "customers"].sum()
    return int(stayed), int(classed["customers"].sum())


def concentration_table(revenue: Floats, before: Floats | None) -> pd.DataFrame:
    """Measure the concentration of revenue, and its change against the window before.

    Returns
    -------
    pandas.DataFrame
        ``measure, meaning, value, low, high, n``, and against the window before ``previous, difference,
        difference_low, difference_high, p_value``; missing where there is none.
    """
    draws = int(np.clip(_WORK // max(len(revenue), 1), *_DRAWS))
    table = concentration(revenue, draws=draws, seed=_SEED)
    table.insert(1, "meaning", table["measure"].map(MEANINGS))
    if not (revenue > 0).any():
        table = table.iloc[:0]
    if before is None or not (before > 0).any() or table.empty:
        empty = dict.fromkeys(
            ("previous", "difference", "difference_low", "difference_high", "p_value"), np.nan
        )
        return table.assign(**empty)
    previous = concentration(before, draws=1, seed=_SEED)["value"]
    difference = table["value"] - previous
    drawn = _paired_differences(revenue, before, draws)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    # a resample that shows no change speaks for neither side
    tails = np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    p_value = np.minimum(2 * (1 + tails) / (1 + len(drawn)), 1.0)
    clients = int(((revenue > 0) & (before > 0)).sum())
    unknown = np.nan if clients < 2 else 1.0
    return table.assign(
        previous=previous,
        difference=difference,
        difference_low=low * unknown,
        difference_high=high * unknown,
        p_value=p_value * unknown,
    )


def _paired_differences(now: Floats, before: Floats, draws: int) -> Floats:
    """Differences of the measures over resampled clients, each with what it bought in both windows.

    A client is in the resample with both windows, so that overlapping windows and faithful clients do
    not pass for independent evidence.
    """
    keep = (now > 0) | (before > 0)
    sides = [np.where(keep, np.clip(side, 0, None), 0.0)[keep] for side in (now, before)]
    orders = [np.argsort(-side, kind="stable") for side in sides]
    units = int(keep.sum())
    generator = np.random.Generator(np.random.PCG64(_SEED))
    drawn = []
    for counts in _resamples(generator, units, draws):
        first, second = (
            measures(side[order], counts[:, order]) for side, order in zip(sides, orders, strict=True)
        )
        drawn.append(first - second)
    values = np.concatenate(drawn)
    return values[~np.isnan(values).any(axis=1)]


def _resamples(generator: np.random.Generator, units: int, draws: int) -> Iterator[NDArray[np.int64]]:
    for size in blocks(draws, units):
        picked = generator.integers(0, units, (size, units)) + units * np.arange(size)[:, None]
        yield np.bincount(picked.ravel(), minlength=size * units).reshape(size, units)


def measures(money: Floats, counts: NDArray[np.int64]) -> Floats:
    """Measures of :func:`crm_analysis.stats.concentration.concentration` where some clients have no money.

    ``money`` is sorted, richest first; ``counts`` holds how often each client is in each resample. The
    number of clients with money differs from resample to resample, and with it what a top fifth is.
    """
    counts = counts * (money > 0)
    held = counts * money
    cumulated, clients = np.cumsum(held, axis=1), np.cumsum(counts, axis=1)
    total, n = cumulated[:, -1:], clients[:, -1:]
    rows = np.arange(len(counts))
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample without money has no measures
        gini = (held * (n - 2 * clients + counts)).sum(axis=1) / (n * total)[:, 0]
        hhi = (counts @ money**2) / total[:, 0] ** 2
        tops = []
        for fraction in TOP_FRACTIONS:
            most = np.ceil(fraction * n[:, 0] - 1e-9)
            at = _first_reaching(clients, most)
            left = most - (clients[rows, at] - counts[rows, at])
            tops.append((cumulated[rows, at] - held[rows, at] + left * money[at]) / total[:, 0])
    goal = 0.8 * total[:, 0] * (1 - 1e-9)
    at = _first_reaching(cumulated, goal)
    missing = goal - (cumulated[rows, at] - held[rows, at])
    price = np.where(money[at] > 0, money[at], np.nan)
    count_80 = clients[rows, at] - counts[rows, at] + np.ceil(missing / price - 1e-9)
    return np.column_stack([gini, hhi, *tops, count_80])


def _first_reaching(cumulated: NDArray[Any], goals: Floats) -> NDArray[np.intp]:
    """Find, row by row, the first position at which a rising row reaches its goal."""
    places = [np.searchsorted(row, goal) for row, goal in zip(cumulated, goals, strict=True)]
    last = cumulated.shape[1] - 1
    return np.array([min(int(place), last) for place in places], dtype=np.intp)
