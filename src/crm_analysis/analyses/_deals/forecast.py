"""What will the next three months bring: forecast of the deals won, tested on the months before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._deals import forecast_says as says
from crm_analysis.analyses._deals.forecast_backtest import (
    FEWEST_MONTHS,
    FEWEST_WON,
    TOGETHER,
    Backtest,
)
from crm_analysis.analyses._deals.forecast_level import new_win_rate
from crm_analysis.analyses._deals.forecast_origin import History
from crm_analysis.analyses._deals.forecast_promises import (
    COLUMNS,
    PROBABILITIES,
    Promises,
    brier_rows,
    calibration,
    corrected,
    correction,
    probabilities,
    promises,
)
from crm_analysis.analyses._deals.forecast_scores import BACKTEST, SCORES, backtest_frame, scores_frame
from crm_analysis.analyses._deals.snapshots import snapshots
from crm_analysis.language import msg
from crm_analysis.stats.forecast_rules import AHEAD

if TYPE_CHECKING:
    from crm_analysis.analyses._deals.forecast_level import WinRate
    from crm_analysis.analyses._deals.snapshots import Unit
    from crm_analysis.findings import Finding
    from crm_analysis.tiles import Tile
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

SOURCES = (msg("open"), msg("new"), msg("total"))
_FORECAST = {
    "month": "datetime64[us]", "source": "str", "p10": "float64", "p50": "float64", "p90": "float64",
    "mean": "float64",
}  # fmt: skip
_TOGETHER = {
    "first_month": "datetime64[us]", "last_month": "datetime64[us]", "source": "str", "p10": "float64",
    "p50": "float64", "p90": "float64", "mean": "float64", "calibrated": "bool",
}  # fmt: skip
_WON = {"month": "datetime64[us]", "won_amount": "float64"}


def _empty(columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)).astype(columns)


@dataclass(frozen=True)
class Forecast:
    """The forecast and how it stood the test; :func:`forecast` says what each frame holds."""

    unit: Unit = "money"
    #: Whether chances go by stage; else by age.
    by_stage: bool = True
    forecast: pd.DataFrame = field(default_factory=lambda: _empty(_FORECAST))
    together: pd.DataFrame = field(default_factory=lambda: _empty(_TOGETHER))
    backtest: pd.DataFrame = field(default_factory=lambda: _empty(BACKTEST))
    scores: pd.DataFrame = field(default_factory=lambda: _empty(SCORES))
    calibration: pd.DataFrame = field(default_factory=lambda: _empty(COLUMNS))
    probabilities: pd.DataFrame = field(default_factory=lambda: _empty(PROBABILITIES))
    won_by_month: pd.DataFrame = field(default_factory=lambda: _empty(_WON))
    notes: tuple[str, ...] = ()
    why_none: str = ""
    #: The method that is told.
    chosen: str = ""
    #: The plain rule that did best; how far whoever had followed the best so far would have missed (WAPE).
    best_plain: str = ""
    followed: float = np.nan
    #: Value of the open deals: by the probabilities given here, by those typed in, where both are known.
    open_value: tuple[float, float] = (np.nan, np.nan)
    #: Past forecasts of the three months together that could be scored.
    tested: int = 0
    #: The win rate, where it has clearly changed of late.
    win_rate: WinRate | None = None
    promises: Promises = field(default_factory=Promises)

    def findings(self, words: Words, chances: float = np.nan) -> tuple[Finding, ...]:
        """Say the answers, in reading order; ``chances``: the open deals' value by their chances."""
        return says.findings(self, words, chances)

    def tiles(self, words: Words) -> tuple[Tile, ...]:
        """Return the main figures of the summary."""
        return says.tiles(self, words)


def forecast(view: PeriodView) -> Forecast:
    """Answer what deals will bring in the next three months, and how far such a forecast can be trusted.

    The value of a month is that of the deals won in it, at their amounts as last typed; where the data know
    no amounts, their number. Order lines are not forecast.

    Parameters
    ----------
    view
        The company at the end of a period. The forecast begins with the first month that is not over then, or
        not covered by the data.

    Returns
    -------
    Forecast
        ``unit`` (money or deals), ``notes`` (what limits it, a sentence each), and the frames

        ``forecast``
            A month and source: ``month`` (its first day), ``source`` (open deals, new ones, total), ``p10,
            p50, p90`` (what it stays below in 1, 5, 9 of 10 cases), ``mean``. Ranges do not add up, means do.
        ``together``
            A source: the same of the three months together, ``first_month, last_month``, ``calibrated``.
        ``backtest``
            A past forecast: ``as_of`` (the last day known), ``month``, ``horizon`` (1, 2, 3 months ahead, 1-3
            together), ``method`` (chosen by what was over then) and its ``p10, p50, p90, mean``, ``actual``,
            ``covered`` (what came lies within p10 and p90), ``calibrated``, and what each method expected:
            ``naive, seasonal_naive, mean_3, mean_6, mean_12, smoothed, stage_weighted, value_weighted,
            simulated``.
        ``scores``
            A method and horizon: ``wape`` (sum of misses over sum of what came), ``bias`` (relative),
            ``coverage``, ``interval_score`` (of ranges for 80 %), ``brier`` (of win probabilities), ``n``,
            ``chosen``.
        ``calibration``
            A promise (the model within three months and in the end, typed in) and tenth of probability:
            ``bin, deals, promised, kept_share, low, high`` (95 %), each deal counted once.
        ``probabilities``
            An open deal: ``deal_id, win_probability`` (within two years), ``win_within_3_months``; NaN for a
            deal without any date.
        ``won_by_month``
            A past month: ``month, won_amount`` (or the number of deals won).

        All are empty where history is too short (six months, ten deals won); ``why_none`` says so.

    Notes
    -----
    Each past month end is rebuilt from the entries of stages: deals created before, outcomes and stages
    before. Two models: ``value_weighted``, to compare, the share of the value open in a stage that was won in
    each of the three months after past month ends, and what deals created later brought (24 month ends);
    ``simulated``, deals drawn month by month through stage, time in it and size (Dirichlet with weight 2 on
    the wider group, a month weighing half as much as the one nine months later), new ones by a Poisson with
    over-dispersion, the mean with a running correction of its bias (past forecasts with the same weights,
    two months' worth of it drawn toward none).

    The expected value is that of ``simulated`` where, over the last twelve forecasts of three months, it
    missed by less than the plain rule that had done best by then; else that of the plain rule that has done
    best by now. To ask for less than the rule that turns out to have been best would be to choose by luck:
    over made-up companies that erred by more. Past forecasts choose by what was over then.

    The range: all draws are moved to the expected value and, from eight on, stretched by conformal
    prediction, each side of the range by the same factor; it rests on the misses of what would have been
    chosen then, as the method that did best was lucky, too. Win probabilities carry a running correction of
    their bias. Without a history of stages, age takes the place of the stage; where amounts are missing of
    more than a tenth of the lost or won deals, deals are counted and amounts drawn from those won.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> made = forecast(crm.load("data/demo").view("2026-10"))
    >>> made.forecast["source"].tolist()[:3], len(made.forecast), len(made.backtest)
    (['open', 'new', 'total'], 9, 48)
    """
    words = view.context.words
    known = snapshots(view) if view.has("deals") else None
    if known is None:
        return _nothing(says.undated())
    history = History(known)
    months, won = len(known.months) - 1, int((history.won_in >= 0).sum())
    if months < FEWEST_MONTHS or won < FEWEST_WON:
        return _nothing(says.too_short(months, won, words))
    test = Backtest.run(history)
    kept = promises(test)
    return Forecast(
        unit=known.unit,
        by_stage=known.has_history,
        forecast=_frame(test),
        together=_together(test),
        backtest=backtest_frame(test),
        scores=_scores(test, kept),
        calibration=calibration(kept, words),
        probabilities=probabilities(test),
        won_by_month=pd.DataFrame(
            {"month": known.months[:-1].astype("datetime64[us]"), "won_amount": history.value.astype(float)}
        ),
        notes=says.notes(known, view.period.end, words),
        chosen=test.chosen,
        best_plain=test.plain[-1],
        followed=test.followed,
        open_value=_open_value(test),
        tested=len(test.scored(TOGETHER)),
        win_rate=new_win_rate(test),
        promises=kept,
    )


def _nothing(why: str) -> Forecast:
    return Forecast(notes=(says.nothing(why),), why_none=why)


def _frame(test: Backtest) -> pd.DataFrame:
    """Return the forecast made now, a row a month and source."""
    made = test.told()
    first = test.history.known.months[-1]
    rows = [
        (
            first + pd.DateOffset(months=month),
            source,
            made.p10[at, month],
            made.p50[at, month],
            made.p90[at, month],
            made.mean[at, month],
        )
        for month in range(AHEAD)
        for at, source in enumerate(SOURCES)
    ]
    return pd.DataFrame(rows, columns=list(_FORECAST)).astype(_FORECAST)


def _together(test: Backtest) -> pd.DataFrame:
    made = test.told()
    first = test.history.known.months[-1]
    return pd.DataFrame(
        {
            "first_month": first,
            "last_month": first + pd.DateOffset(months=AHEAD - 1),
            "source": list(SOURCES),
            "p10": made.p10[:, TOGETHER],
            "p50": made.p50[:, TOGETHER],
            "p90": made.p90[:, TOGETHER],
            "mean": made.mean[:, TOGETHER],
            "calibrated": bool(made.calibrated[TOGETHER]),
        }
    ).astype(_TOGETHER)


def _scores(test: Backtest, kept: Promises) -> pd.DataFrame:
    """Add the score of the win probabilities to those of the forecasts."""
    frame = scores_frame(test)
    for row in brier_rows(kept).to_dict("records"):
        here = (frame["method"] == row["method"]) & (frame["horizon"] == row["horizon"])
        if here.any():
            frame.loc[here, "brier"] = row["brier"]
        else:
            frame.loc[len(frame), ["method", "horizon", "brier", "n", "chosen"]] = [*row.values(), False]
    return frame.astype(SCORES)


def _open_value(test: Backtest) -> tuple[float, float]:
    """Return what the open deals are worth by the probabilities given here, and by those typed in."""
    origin, typed = test.origins[-1], test.history.known.promised
    if not len(typed):
        return np.nan, np.nan
    amount, promised = test.history.known.pipeline.amount[origin.deals], typed[origin.stage]
    _, ever = corrected(origin.within, origin.ever, correction(test, len(test.origins) - 1))
    both = ~np.isnan(amount) & ~np.isnan(promised)
    return float(amount[both] @ ever[both]), float(amount[both] @ promised[both])
