"""What past forecasts said and what came, row by row, and how far each method missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._deals.forecast_backtest import HORIZONS, LEVEL, METHODS
from crm_analysis.stats.forecast_rules import AHEAD
from crm_analysis.stats.scores import bias, coverage, interval_score, wape

if TYPE_CHECKING:
    from crm_analysis.analyses._deals.forecast_backtest import Backtest

BACKTEST = {
    "as_of": "datetime64[us]", "month": "datetime64[us]", "horizon": "str", "method": "str", "p10": "float64",
    "p50": "float64", "p90": "float64", "mean": "float64", "actual": "float64", "covered": "bool",
    "calibrated": "bool", **dict.fromkeys(METHODS, "float64"),
}  # fmt: skip
SCORES = {
    "method": "str", "horizon": "str", "wape": "float64", "bias": "float64", "coverage": "float64",
    "interval_score": "float64", "brier": "float64", "n": "int64", "chosen": "bool",
}  # fmt: skip


def backtest_frame(test: Backtest) -> pd.DataFrame:
    """Return a row a past forecast: what would have been told then, what each method said, and what came."""
    rows = []
    months = test.history.known.months
    ranges = {number: test.told(number) for number in range(len(test.origins) - 1)}
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
                    "method": test.choices[number],
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
