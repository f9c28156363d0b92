"""What money put into channels returns: intervals by resampling leads, those without income included.

Money spent is known; what it brings is one draw of chance: which leads became customers, and how large their
orders were. So the cost stays as it is, and the units (customers, or leads that name none) are drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.errors import ParameterError, listed
from crm_analysis.stats.bootstrap import blocks
from crm_analysis.stats.intervals import Interval
from crm_analysis.stats.multiplicity import adjust

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

FEW_WINS = 30
"""Below so many won deals the limits are somewhat too narrow (77 to 86 % held where 90 % were promised)."""

FEWEST_WINS = 5
"""Below so many won deals resampling them says nothing; their number is drawn instead."""

COLUMNS = (
    "group", "cost", "units", "wins", "income", "return_on_spend", "low", "high", "p_value", "p_adjusted",
    "strength", "few_wins",
)  # fmt: skip


@dataclass(frozen=True)
class GroupReturns:
    """Returns of channels.

    Parameters
    ----------
    table
        ``COLUMNS``, a row a group in the order of ``costs``: ``return_on_spend`` = (income − cost) / cost
        with its limits, NaN where nothing was spent; ``p_value`` against a return of 0, ``p_adjusted`` and
        ``strength`` as in :func:`crm_analysis.stats.multiplicity.adjust`; ``few_wins`` below 30.
    draws
        Return of each group (row) in each draw; NaN where nothing was spent.
    level
        Confidence level of the limits.
    """

    table: pd.DataFrame
    draws: Floats
    level: float

    def together(self) -> Interval:
        """Give the return of all groups that cost money, taken together; ``n`` is their won deals."""
        spent = self.table["cost"].to_numpy() > 0
        cost = self.table["cost"].to_numpy()[spent]
        if not spent.any():
            return Interval(np.nan, np.nan, np.nan, 0)
        paid = float(cost.sum())
        income = float(self.table["income"].to_numpy()[spent].sum())
        drawn = (self.draws[spent] * cost[:, None]).sum(axis=0) / paid
        low, high = _limits(drawn, self.level)
        return Interval(income / paid - 1, low, high, int(self.table["wins"].to_numpy()[spent].sum()))

    def pairs(self) -> pd.DataFrame:
        """Give for each pair of groups that cost money the chance that the first pays better.

        Returns
        -------
        pandas.DataFrame
            ``group, other`` (the one with the higher return first), ``chance`` (0.5 to 1: the share of draws
            in which it pays better, ties counted half), ``difference`` of the returns with ``low, high``,
            ``wins`` of the one with fewer. Sorted by return, best first.
        """
        table = self.table[self.table["return_on_spend"].notna()]
        order = table.sort_values(["return_on_spend", "group"], ascending=[False, True], kind="stable").index
        rows = []
        for place, first in enumerate(order):
            for second in order[place + 1 :]:
                gap = self.draws[first] - self.draws[second]
                chance = float(np.mean(gap > 0) + np.mean(gap == 0) / 2)
                known = table.loc[[first, second]]
                apart = float(known["return_on_spend"].iloc[0] - known["return_on_spend"].iloc[1])
                names = known["group"].tolist()
                rows.append((*names, chance, apart, *_limits(gap, self.level), int(known["wins"].min())))
        columns = ["group", "other", "chance", "difference", "low", "high", "wins"]
        kinds = {"group": "str", "other": "str", "wins": "int64"}
        return pd.DataFrame(rows, columns=columns).astype(
            {name: kinds.get(name, "float64") for name in columns}
        )


def returns(
    group: ArrayLike,
    income: ArrayLike,
    wins: ArrayLike,
    costs: Mapping[str, float],
    *,
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> GroupReturns:
    """Tell what each group of leads returned on the money put into it.

    Parameters
    ----------
    group
        Channel of each unit. A unit is a customer of the channel (all its leads together), or a lead that
        names no customer; units that brought nothing belong to it.
    income
        Money each unit brought, in the unit of the costs; negative where more was returned than bought.
    wins
        Won deals of each unit.
    costs
        Money spent by group; a group may have no unit. Groups of units that are not named here cost nothing.
    level, draws, seed
        Confidence level, number of draws, seed of the generator.

    Returns
    -------
    GroupReturns
        A row a group: those of ``costs`` in their order, then the others by name.

    Raises
    ------
    ParameterError
        Columns of different length, a missing income, or wins that are no counts.

    Notes
    -----
    Percentile bootstrap over units within each group (Efron & Tibshirani 1993), the cost held fixed. Only the
    units with income are drawn one by one; how many of them a resample holds is binomial, which is the same
    as resampling all. Groups with fewer than 5 won deals have too little to resample: their number of wins
    is drawn from Gamma(wins + ½), Jeffreys' posterior of a Poisson count, and each win brings the mean of
    all groups. p-value: twice the share of draws on the other side of 0.

    Examples
    --------
    >>> result = returns(["a"] * 40, [100.0] * 20 + [0.0] * 20, [1] * 20 + [0] * 20, {"a": 1000.0})
    >>> row = result.table.iloc[0]
    >>> float(row["return_on_spend"]), bool(0.2 < row["low"] < 1 < row["high"] < 1.7)
    (1.0, True)
    """
    labels, money, won = _checked(group, income, wins)
    names = [*costs, *sorted(set(labels.tolist()) - set(costs))]
    generator = np.random.Generator(np.random.PCG64(seed))
    mean_win = float(money.sum() / won.sum()) if won.sum() > 0 else np.nan
    rows, drawn = [], np.full((len(names), draws), np.nan)
    for place, name in enumerate(names):
        here, cost = labels == name, float(costs.get(name, 0.0))
        total, count = float(money[here].sum()), int(won[here].sum())
        row = [name, cost, int(here.sum()), count, total]
        if cost <= 0:
            rows.append([*row, np.nan, np.nan, np.nan, np.nan])
            continue
        if count < FEWEST_WINS:
            brought = generator.gamma(count + 0.5, size=draws) * mean_win
        else:
            brought = _resampled(money[here], draws, generator)
        drawn[place] = brought / cost - 1
        rows.append([*row, total / cost - 1, *_judged(drawn[place], total / cost - 1, level)])
    table = pd.DataFrame(rows, columns=list(COLUMNS[:9])).astype({"group": "str"})
    tests = adjust(table["p_value"].to_numpy(dtype=float))
    table["p_adjusted"] = tests["p_adjusted"].to_numpy()
    table["few_wins"] = table["wins"] < FEW_WINS
    # limits known to be too narrow make no strong evidence
    table["strength"] = np.where(
        tests["found"] & table["few_wins"].to_numpy(), "preliminary", tests["strength"]
    )
    table = table.astype({"strength": "str"})
    return GroupReturns(table[list(COLUMNS)], drawn, level)


def _resampled(money: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Draw the sum of as many units as there are, with replacement."""
    brought = money[money != 0]
    if not len(brought):
        return np.zeros(draws)
    counts = generator.binomial(len(money), len(brought) / len(money), size=draws)
    sums, start = np.zeros(draws), 0
    for size in blocks(draws, 2 * len(brought)):
        here = counts[start : start + size]
        picked = brought[generator.integers(0, len(brought), int(here.sum()))]
        ends = np.concatenate([[0], np.cumsum(here)])
        added = np.concatenate([[0.0], np.cumsum(picked)])
        sums[start : start + size] = added[ends[1:]] - added[ends[:-1]]
        start += size
    return sums


def _judged(drawn: Floats, estimate: float, level: float) -> tuple[float, float, float]:
    """Give limits and p-value; NaN where borrowed sizes of wins are far from the few there are."""
    low, high = _limits(drawn, level)
    # without any win the count drawn is never quite 0, so the estimate lies just below its limits
    if not min(low, -1.0 if estimate == -1 else low) <= estimate <= high:
        return np.nan, np.nan, np.nan
    return min(low, estimate), high, _p_value(drawn)


def _limits(values: Floats, level: float) -> tuple[float, float]:
    if np.isnan(values).any():
        return np.nan, np.nan
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def _p_value(values: Floats) -> float:
    if np.isnan(values).any():
        return np.nan
    # one more on each side: no number of draws proves that a thing cannot be
    other = min(int((values <= 0).sum()), int((values >= 0).sum()))
    return min(1.0, 2 * (other + 1) / (len(values) + 1))


def _checked(group: ArrayLike, income: ArrayLike, wins: ArrayLike) -> tuple[NDArray[np.str_], Floats, Floats]:
    labels = np.asarray(group).astype(str)
    money, won = np.asarray(income, dtype=float), np.asarray(wins, dtype=float)
    if not labels.shape == money.shape == won.shape or labels.ndim != 1:
        raise ParameterError(
            f"{labels.size} groups, {money.size} incomes, {won.size} wins.", "One of each a unit."
        )
    wrong = ~np.isfinite(money) | ~(won >= 0)
    if wrong.any():
        raise ParameterError(
            f"{int(wrong.sum())} units lack an income or have no count of wins: {listed(labels[wrong])}.",
            "An income is a number, 0 where a unit brought nothing; wins are 0 or more.",
            "Fill units that brought nothing with 0.",
        )
    return labels, money, won
