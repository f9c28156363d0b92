"""How forecasts like this one would have done at past month ends, and which rule that speaks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from crm_analysis.stats.conformal import half_width
from crm_analysis.stats.forecast_rules import AHEAD, RULES
from crm_analysis.stats.scores import bias, coverage, interval_score, wape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._deals.forecast_origin import History, Origin

    Floats = NDArray[np.float64]

#: By what past deals of each stage brought, and by drawing each deal on from its stage and the time in it.
#: The first is the plainer; the second is not misled by a growing pile of deals that nobody closes.
RATES, DRAWN = "value_weighted", "simulated"
MODELS = (RATES, DRAWN)
PLAIN = (*RULES, "stage_weighted")
METHODS = (*PLAIN, *MODELS)
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
_PSEUDO = 6
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
                over = self._over(number, horizon)[-TESTED:]
                said, came = raw[over, horizon].sum(), self.actual[over, horizon].sum()
                pseudo = _PSEUDO * raw[over, horizon].mean() if len(over) else 1.0
                factor = (came + pseudo) / (said + pseudo) if said + pseudo > 0 else 1.0
                corrected[number, horizon] = raw[number, horizon] * factor
        corrected[:, TOGETHER] = corrected[:, :AHEAD].sum(axis=1)
        return made | {DRAWN: corrected}

    def scored(self, horizon: int) -> list[int]:
        """Return the last origins whose months are over."""
        return self._over(len(self.origins) - 1, horizon)[-TESTED:]

    @cached_property
    def chosen(self) -> str:
        """The model where it missed by less than every plain rule over three months; else the best rule."""
        # in this order, so that a model takes a tie
        return self._best((*MODELS, *PLAIN), FALLBACK)

    @cached_property
    def best_model(self) -> str:
        """The model that missed by least over three months; the plainer where too few were tested."""
        return self._best(MODELS, RATES)

    @cached_property
    def best_plain(self) -> str:
        """The plain rule that missed by least over three months; the fallback where too few were tested."""
        return self._best(PLAIN, FALLBACK)

    def wape(self, method: str, horizon: int) -> float:
        """Return the error of a method; NaN where it could not be used at every month end scored."""
        scored = self.scored(horizon)
        said = self.points[method][scored, horizon]
        return np.nan if np.isnan(said).any() else wape(self.actual[scored, horizon], said)

    def ranges(self, number: int, method: str) -> Ranges:
        """Return the ranges of one origin around the point of a method, from what was known then.

        The drawn courses are moved to the point. Where eight or more earlier forecasts of this method are
        over, they are stretched so that eight of ten ranges as wide would have held (conformal).
        """
        origin = self.origins[number]
        sums = [_with_sum(draws) for draws in (origin.opened, origin.new)]
        points = self._parts(number, method)
        made = np.full((4, 3, len(HORIZONS)), np.nan)
        calibrated = np.zeros(len(HORIZONS), dtype=bool)
        for horizon in range(len(HORIZONS)):
            if np.isnan(points[:, horizon]).any():
                continue
            total = sums[0][:, horizon] + sums[1][:, horizon]
            raw = float(np.diff(np.quantile(total, [0.1, 0.9]))[0]) / 2
            half = self._half_width(number, method, horizon)
            calibrated[horizon] = not np.isnan(half)
            stretch = half / raw if calibrated[horizon] and raw > 0 else 1.0
            # no range below nothing; so the parts add up to the total in each draw
            parts = [
                np.maximum(point + stretch * (draws[:, horizon] - draws[:, horizon].mean()), 0.0)
                for point, draws in zip(points[:, horizon], sums, strict=True)
            ]
            drawn = np.stack([*parts, parts[0] + parts[1]])
            made[:3, :, horizon] = np.quantile(drawn, [0.1, 0.5, 0.9], axis=1)
            made[3, :, horizon] = [*points[:, horizon], points[:, horizon].sum()]
        return Ranges(made[0], made[1], made[2], made[3], calibrated)

    # -- inside ------------------------------------------------------------------------------------------

    def _best(self, methods: tuple[str, ...], otherwise: str) -> str:
        """Return the method that missed by least, the first of equals; what stands in where none can tell."""
        if len(self.scored(TOGETHER)) < FEWEST_TESTS:
            return otherwise
        misses = {name: self.wape(name, TOGETHER) for name in methods}
        known = {name: miss for name, miss in misses.items() if not np.isnan(miss)}
        return min(known, key=lambda name: known[name]) if known else otherwise

    @cached_property
    def _spread(self) -> Floats:
        """Standard deviation of the drawn total by origin and horizon."""
        return np.array([_with_sum(origin.opened + origin.new).std(axis=0) for origin in self.origins])

    def _over(self, number: int, horizon: int) -> list[int]:
        """Return the earlier origins whose months were over at this one, the latest last."""
        now = self.origins[number].at
        return [i for i in range(number) if self.origins[i].at + _REACH[horizon] <= now]

    def _half_width(self, number: int, method: str, horizon: int) -> float:
        over = self._over(number, horizon)[-_LEARNT:]
        spread = self._spread[over, horizon]
        misses = self.actual[over, horizon] - self.points[method][over, horizon]
        relative = np.divide(misses, spread, out=np.full(len(over), np.nan), where=spread > 0)
        return half_width(relative, LEVEL) * float(self._spread[number, horizon])

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


def backtest_frame(test: Backtest) -> pd.DataFrame:
    """Return a row a past forecast: what was said then by the chosen method and the others, and what came."""
    rows = []
    months = test.history.known.months
    ranges = {number: test.ranges(number, test.chosen) for number in range(len(test.origins) - 1)}
    for horizon, name in enumerate(HORIZONS):
        for number in test.scored(horizon):
            made = ranges[number]
            at = test.origins[number].at
            actual = test.actual[number, horizon]
            low, high = made.p10[2, horizon], made.p90[2, horizon]
            rows.append(
                {
                    "as_of": months[at] - pd.Timedelta(days=1),
                    "month": months[at + (horizon if horizon < AHEAD else 0)],
                    "horizon": name,
                    "p10": low,
                    "p50": made.p50[2, horizon],
                    "p90": high,
                    "mean": made.mean[2, horizon],
                    "actual": actual,
                    "covered": bool(low <= actual <= high),
                    "calibrated": bool(made.calibrated[horizon]),
                    **{method: test.points[method][number, horizon] for method in METHODS},
                }
            )
    frame = pd.DataFrame(rows, columns=list(BACKTEST)).astype(BACKTEST)
    return frame.sort_values(["as_of", "horizon"], kind="stable", ignore_index=True)


def scores_frame(test: Backtest) -> pd.DataFrame:
    """Return a row a method and horizon: how far it missed, and whether its ranges held."""
    rows = []
    numbers = sorted({number for horizon in range(len(HORIZONS)) for number in test.scored(horizon)})
    for method in METHODS:
        made = {number: test.ranges(number, method) for number in numbers}
        for horizon, name in enumerate(HORIZONS):
            scored = [i for i in test.scored(horizon) if not np.isnan(test.points[method][i, horizon])]
            actual, said = test.actual[scored, horizon], test.points[method][scored, horizon]
            low = [made[i].p10[2, horizon] for i in scored]
            high = [made[i].p90[2, horizon] for i in scored]
            rows.append(
                {
                    "method": method,
                    "horizon": name,
                    "wape": wape(actual, said),
                    "bias": bias(actual, said),
                    "coverage": coverage(actual, low, high),
                    "interval_score": interval_score(actual, low, high, LEVEL),
                    "brier": np.nan,
                    "n": len(scored),
                    "chosen": method == test.chosen,
                }
            )
    return pd.DataFrame(rows, columns=list(SCORES)).astype(SCORES)


BACKTEST = {
    "as_of": "datetime64[us]", "month": "datetime64[us]", "horizon": "str", "p10": "float64",
    "p50": "float64", "p90": "float64", "mean": "float64", "actual": "float64", "covered": "bool",
    "calibrated": "bool", **dict.fromkeys(METHODS, "float64"),
}  # fmt: skip
SCORES = {
    "method": "str", "horizon": "str", "wape": "float64", "bias": "float64", "coverage": "float64",
    "interval_score": "float64", "brier": "float64", "n": "int64", "chosen": "bool",
}  # fmt: skip


def _together(points: list[Floats]) -> Floats:
    months = np.array(points)
    return np.column_stack([months, months.sum(axis=1)])


def _with_sum(draws: Floats) -> Floats:
    return np.column_stack([draws, draws.sum(axis=1)])
