"""Whether deals are won as often as their probabilities say, those given here and those typed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from crm_analysis.stats.forecast_rules import AHEAD
from crm_analysis.stats.intervals import wilson
from crm_analysis.stats.pipeline import states
from crm_analysis.stats.scores import brier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._deals.forecast_backtest import Backtest
    from crm_analysis.stats.intervals import Interval
    from crm_analysis.words import Words

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

COLUMNS = {
    "promise": "str", "bin": "str", "deals": "int64", "promised": "float64", "kept_share": "float64",
    "low": "float64", "high": "float64",
}  # fmt: skip
PROBABILITIES = {"deal_id": "str", "win_probability": "float64", "win_within_3_months": "float64"}

#: What is promised: by the model within three months and in the end, by hand in the end.
WITHIN, EVER, TYPED = "model_3_months", "model_in_the_end", "typed_in"
#: Months after which what became of a deal is taken as known in the end.
_SETTLED = 6
#: Past forecasts the correction is learnt from, and those it is shrunk with.
_LAST, _PSEUDO = 12, 6
_BINS = 10


class Held(NamedTuple):
    """What was promised at past month ends and whether it came; a row a deal and month end."""

    deal: Ints
    promised: Floats
    kept: Floats

    def share(self, here: NDArray[np.bool_] | None = None) -> Interval:
        """Return the share kept; its range counts each deal once, as its looks are of one fate."""
        kept, deal = (self.kept, self.deal) if here is None else (self.kept[here], self.deal[here])
        deals = len(np.unique(deal))
        return wilson(kept.mean() * deals, deals) if deals else wilson(0, 0)


_NONE = Held(np.array([], dtype=np.int64), np.array([]), np.array([]))


@dataclass(frozen=True)
class Promises:
    """What was promised to open deals every three months, and whether they were won.

    ``within``: by the model within three months; ``ever``: by the model in the end; ``typed``: by hand, in
    the end.
    """

    within: Held = _NONE
    ever: Held = _NONE
    typed: Held = _NONE

    @property
    def held(self) -> dict[str, Held]:
        """Return them by name."""
        return {WITHIN: self.within, EVER: self.ever, TYPED: self.typed}


def promises(test: Backtest) -> Promises:
    """Collect what open deals were promised at past month ends, and what came."""
    pipeline, moments = test.history.known.pipeline, test.history.known.moments
    last = len(moments) - 1
    typed_in = test.history.known.promised
    within, ever, typed = [], [], []
    for number, origin in enumerate(test.origins):
        # looks three months apart share no month
        if origin.at > last - AHEAD or (last - origin.at) % AHEAD:
            continue
        soon, in_the_end = corrected(origin.within, origin.ever, correction(test, number))
        ends, won = pipeline.closed[origin.deals], pipeline.won[origin.deals]
        within.append(Held(origin.deals, soon, won & (ends < moments[origin.at + AHEAD])))
        if origin.at > last - _SETTLED:
            continue
        came = won & (ends < moments[last])
        ever.append(Held(origin.deals, in_the_end, came))
        if len(typed_in):
            known = ~np.isnan(typed_in[origin.stage])
            typed.append(Held(origin.deals[known], typed_in[origin.stage][known], came[known]))
    return Promises(_stacked(within), _stacked(ever), _stacked(typed))


def correction(test: Backtest, number: int) -> float:
    """Return the factor that brings probabilities of an origin in line with the forecasts over by then.

    Deals won over deals expected of the last twelve forecasts, drawn toward one with the weight of six.
    """
    pipeline, moments = test.history.known.pipeline, test.history.known.moments
    at = test.origins[number].at
    over = [origin for origin in test.origins[:number] if origin.at + AHEAD <= at][-_LAST:]
    said = sum(float(origin.within.sum()) for origin in over)
    came = sum(
        int((pipeline.won[o.deals] & (pipeline.closed[o.deals] < moments[o.at + AHEAD])).sum()) for o in over
    )
    pseudo = _PSEUDO * said / len(over) if over else 0.0
    return (came + pseudo) / (said + pseudo) if said > 0 else 1.0


def corrected(within: Floats, ever: Floats, factor: float) -> tuple[Floats, Floats]:
    """Apply the correction; what is won within three months is won in the end."""
    soon = np.minimum(within * factor, 1.0)
    return soon, np.maximum(np.minimum(ever * factor, 1.0), soon)


def probabilities(test: Backtest) -> pd.DataFrame:
    """Return ``deal_id, win_probability, win_within_3_months`` of the deals open now."""
    known, number = test.history.known, len(test.origins) - 1
    origin = test.origins[number]
    if known.now > known.moments[-1]:
        seen = states(known.pipeline, np.array([known.now]))
        deals, (soon, ever) = seen.deal, test.history.chances(origin.at, seen)
    else:
        deals, soon, ever = origin.deals, origin.within, origin.ever
    soon, ever = corrected(soon, ever, correction(test, number))
    undated = np.full(len(known.undated), np.nan)
    frame = pd.DataFrame(
        {
            "deal_id": [*known.deal_id[deals], *known.undated],
            "win_probability": np.concatenate([ever, undated]),
            "win_within_3_months": np.concatenate([soon, undated]),
        }
    )
    return frame.astype(PROBABILITIES).sort_values("deal_id", kind="stable", ignore_index=True)


def calibration(made: Promises, words: Words) -> pd.DataFrame:
    """Return, for each promise and each tenth of probability, what was promised and what was kept."""
    rows = []
    for name, held in made.held.items():
        place = np.minimum((held.promised * _BINS + 1e-9).astype(int), _BINS - 1)
        for group in np.unique(place):
            here = place == group
            share = held.share(here)
            rows.append(
                {
                    "promise": name,
                    "bin": f"{words.number(100 * group / _BINS)}–{words.share((group + 1) / _BINS, 0)}",
                    "deals": int(share.n),
                    "promised": float(held.promised[here].mean()),
                    "kept_share": share.estimate,
                    "low": share.low,
                    "high": share.high,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def brier_rows(made: Promises) -> pd.DataFrame:
    """Return ``method, horizon, brier, n``: of the probabilities, and of the bare win rate in their place."""
    rows = []
    for held, horizon, method in (
        (made.within, "1-3", "simulated"),
        (made.ever, "in the end", "simulated"),
        (made.typed, "in the end", "typed_in"),
    ):
        n = len(held.kept)
        if not n:
            continue
        rows.append((method, horizon, brier(held.kept, held.promised), n))
        if method == "simulated":
            rows.append(("win_rate", horizon, brier(held.kept, np.full(n, held.kept.mean())), n))
    return pd.DataFrame(rows, columns=["method", "horizon", "brier", "n"])


def _stacked(parts: list[Held]) -> Held:
    if not parts:
        return _NONE
    deal, promised, kept = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Held(deal, promised, kept.astype(float))
