"""How forecasts like this one would have done at past month ends, and which rule that speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.analyses._deals.forecast_origin import recency
from crm_analysis.stats.conformal import half_width
from crm_analysis.stats.forecast_rules import AHEAD, RULES
from crm_analysis.stats.scores import wape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._deals.forecast_origin import History, Origin

    Floats = NDArray[np.float64]

#: By what past deals of each stage brought, and by drawing each deal on from its stage and the time in it.
#: The second is not misled by a growing pile of deals that nobody closes, and is used where it beats plain
#: rules; the first is there to compare.
RATES, DRAWN = "value_weighted", "simulated"
PLAIN = (*RULES, "stage_weighted")
METHODS = (*PLAIN, RATES, DRAWN)
#: Months ahead, each alone and all together.
HORIZONS = ("1", "2", "3", "1-3")
TOGETHER = HORIZONS.index("1-3")
_REACH = (1, 2, 3, 3)

#: Months of history before the first forecast looked back at.
FEWEST_MONTHS = 6
#: With fewer deals won than these, nothing can be learnt.
FEWEST_WON = 10
#: Past forecasts a horizon that are scored, and those before them that ranges are learnt from.
TESTED, _LEARNT = 12, 24
#: With fewer tests than these, no model has shown that it beats a plain rule.
FEWEST_TESTS = 3
#: What stands in where nothing could be tested.
FALLBACK = "mean_3"
#: Months that the expected value counts as when the running bias is corrected.
_PSEUDO = 2
LEVEL = 0.8


class Ranges(NamedTuple):
    """Quantiles and mean by source (open, new, total) and horizon; whether past misses set the width."""

    p10: Floats
    p50: Floats
    p90: Floats
    mean: Floats
    calibrated: NDArray[np.bool_]


@dataclass(frozen=True)
class Backtest:
    """Forecasts made at past month ends, and the one made now as the last."""

    history: History
    origins: tuple[Origin, ...]

    @classmethod
    def run(cls, history: History) -> Backtest:
        """Make the forecasts of all month ends that have enough behind them."""
        last = len(history.known.months) - 1
        first = max(FEWEST_MONTHS, last - _LEARNT - AHEAD + 1)
        past = tuple(history.forecast(at) for at in range(first, last))
        return cls(history, (*past, history.forecast(last, final=True)))

    @cached_property
    def actual(self) -> Floats:
        """Value won by origin and horizon; NaN where the months are not over."""
        value = np.append(self.history.value, np.full(AHEAD, np.nan))
        months = np.array([value[origin.at : origin.at + AHEAD] for origin in self.origins])
        return np.column_stack([months, months.sum(axis=1)])

    @cached_property
    def points(self) -> dict[str, Floats]:
        """Expected value by origin and horizon, of each method."""
        made = {name: _together([origin.points[name] for origin in self.origins]) for name in METHODS}
        raw = made[DRAWN]
        corrected = raw.copy()
        for number in range(len(self.origins)):
            for horizon in range(AHEAD):
                corrected[number, horizon] *= self._correction(number, horizon, raw)
        corrected[:, TOGETHER] = corrected[:, :AHEAD].sum(axis=1)
        return made | {DRAWN: corrected}

    def scored(self, horizon: int) -> list[int]:
        """Return the last origins whose months are over."""
        return self._over(len(self.origins) - 1, horizon)[-TESTED:]

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The method that would have been chosen at each origin, by what was over then."""
        return tuple(self._choice(number) for number in range(len(self.origins)))

    @property
    def chosen(self) -> str:
        """The simulation where it beats the plain rules over three months, else the best of these."""
        return self.choices[-1]

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """The plain rule that had missed by least at each origin; the fallback where too few were over."""
        return tuple(self._best_plain(number) for number in range(len(self.origins)))

    @property
    def followed(self) -> float:
        """How far, in all, the plain rule missed that had done best by then, against what came (WAPE)."""
        scored = self.scored(TOGETHER)
        return wape(self.actual[scored, TOGETHER], self._by_plain(scored)) if scored else float("nan")

    def told(self, number: int = -1) -> Ranges:
        """Return the ranges of the forecast as told at an origin (now): of the method chosen then.

        They rest on the misses of what would have been chosen at each earlier origin: the method that missed
        by least was lucky, too, and its own misses would make the ranges too narrow.
        """
        at = range(len(self.origins))[number]
        tested = [len(self._over(i, TOGETHER)) >= FEWEST_TESTS for i in range(at)]
        then = [self.choices[i] if known else self.choices[at] for i, known in enumerate(tested)]
        said = [self.points[method][i] for i, method in enumerate(then)]
        return self._ranges(at, self.choices[at], np.array(said).reshape(-1, len(HORIZONS)))

    def ranges(self, number: int, method: str) -> Ranges:
        """Return the ranges of one origin around the point of a method, from what was known then.

        The drawn courses are moved to the point. Where eight or more earlier forecasts of this method are
        over, they are stretched so that eight of ten ranges as wide would have held (conformal).
        """
        return self._ranges(number, method, self.points[method])

    # -- inside ------------------------------------------------------------------------------------------

    def _correction(self, number: int, horizon: int, raw: Floats) -> float:
        """Return what came over what was said, of the forecasts over by an origin, drawn toward one.

        Late forecasts weigh more, as they do in what the forecast is learnt from: a new win rate shows there.
        """
        over = self._over(number, horizon)[-_LEARNT:]
        last_months = np.array([self.origins[i].at + horizon for i in over], dtype=np.int64)
        weight = recency(self.origins[number].at, last_months)
        said, came = float(weight @ raw[over, horizon]), float(weight @ self.actual[over, horizon])
        pseudo = _PSEUDO * said / float(weight.sum()) if over else 1.0
        return (came + pseudo) / (said + pseudo) if said + pseudo > 0 else 1.0

    def _ranges(self, number: int, method: str, said: Floats) -> Ranges:
        """Return the ranges around the point of a method, as wide as the misses of what was said ask for."""
        origin = self.origins[number]
        sums = [_with_sum(draws) for draws in (origin.opened, origin.new)]
        points = self._parts(number, method)
        made = np.full((4, 3, len(HORIZONS)), np.nan)
        calibrated = np.zeros(len(HORIZONS), dtype=bool)
        for horizon in range(len(HORIZONS)):
            if np.isnan(points[:, horizon]).any():
                continue
            needed = self._needed(number, said, horizon)
            calibrated[horizon] = not np.isnan(needed)
            stretch = needed if calibrated[horizon] else 1.0
            opened, new = (
                point + stretch * (draws[:, horizon] - draws[:, horizon].mean())
                for point, draws in zip(points[:, horizon], sums, strict=True)
            )
            # no range below nothing
            drawn = np.maximum(np.stack([opened, new, opened + new]), 0.0)
            made[:3, :, horizon] = np.quantile(drawn, [0.1, 0.5, 0.9], axis=1)
            made[3, :, horizon] = [*points[:, horizon], points[:, horizon].sum()]
        return Ranges(made[0], made[1], made[2], made[3], calibrated)

    def _choice(self, number: int) -> str:
        """Return the method to use at an origin: a plain rule where the simulation has not missed by less.

        It is set against the plain rule as it would have been chosen each time. The one that turns out to
        have been best was lucky: to ask the simulation to beat that one is to choose by luck, and errs more.
        """
        scored = self._over(number, TOGETHER)[-TESTED:]
        if len(scored) < FEWEST_TESTS:
            return FALLBACK
        actual = self.actual[scored, TOGETHER]
        drawn = np.abs(self.points[DRAWN][scored, TOGETHER] - actual).sum()
        return self.plain[number] if np.abs(self._by_plain(scored) - actual).sum() <= drawn else DRAWN

    def _by_plain(self, origins: list[int]) -> Floats:
        return np.array([self.points[self.plain[i]][i, TOGETHER] for i in origins])

    def _best_plain(self, number: int) -> str:
        """Return the plain rule that missed by least; one that could not be used each time is left out."""
        scored = self._over(number, TOGETHER)[-TESTED:]
        if len(scored) < FEWEST_TESTS:
            return FALLBACK
        actual = self.actual[scored, TOGETHER]
        misses = {name: np.abs(self.points[name][scored, TOGETHER] - actual).sum() for name in PLAIN}
        return min((name for name in PLAIN if not np.isnan(misses[name])), key=lambda name: misses[name])

    @cached_property
    def _arms(self) -> Floats:
        """How far the drawn range reaches below and above its mean: side, origin, horizon."""
        arms = []
        for origin in self.origins:
            total = _with_sum(origin.opened + origin.new)
            low, high = np.quantile(total, [0.1, 0.9], axis=0)
            sides = np.stack([total.mean(axis=0) - low, high - total.mean(axis=0)])
            # where nearly every draw brings nothing, the mean lies beyond the range
            arms.append(np.where(sides > 0, sides, total.std(axis=0)))
        return np.stack(arms, axis=1)

    def _over(self, number: int, horizon: int) -> list[int]:
        """Return the earlier origins whose months were over at this one, the latest last."""
        now = self.origins[number].at
        return [i for i in range(number) if self.origins[i].at + _REACH[horizon] <= now]

    def _needed(self, number: int, said: Floats, horizon: int) -> float:
        """Return by how much drawn ranges must be stretched to hold eight of ten; NaN where too few are over.

        A miss counts by the side of the range that it fell to: ranges of few large deals reach further up
        than down.
        """
        over = self._over(number, horizon)[-_LEARNT:]
        misses = self.actual[over, horizon] - said[over, horizon]
        arm = np.where(misses > 0, self._arms[1, over, horizon], self._arms[0, over, horizon])
        return half_width(np.divide(misses, arm, out=np.full(len(over), np.nan), where=arm > 0), LEVEL)

    def _parts(self, number: int, method: str) -> Floats:
        """Split the point into what open and new deals bring: source, horizon."""
        origin = self.origins[number]
        if method == RATES:
            months = origin.parts
        else:
            opened, new = origin.opened.mean(axis=0), origin.new.mean(axis=0)
            whole = opened + new
            share = np.divide(opened, whole, out=np.zeros(AHEAD), where=whole > 0)
            point = self.points[method][number, :AHEAD]
            months = np.stack([point * share, point * (1 - share)])
        return np.column_stack([months, months.sum(axis=1)])


def _together(points: list[Floats]) -> Floats:
    months = np.array(points)
    return np.column_stack([months, months.sum(axis=1)])


def _with_sum(draws: Floats) -> Floats:
    return np.column_stack([draws, draws.sum(axis=1)])
