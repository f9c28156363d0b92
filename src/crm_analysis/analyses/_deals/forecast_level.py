"""Whether the win rate has changed of late: a forecast learns that only as the deals are decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.stats.intervals import newcombe
from crm_analysis.stats.scores import bias

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._deals.forecast_backtest import Backtest
    from crm_analysis.stats.intervals import Interval

    Counts = NDArray[np.int64]

#: Months that are compared with those before them.
LATELY, BEFORE = 4, 12
#: Months at the beginning of the records, in which quick decisions are too many.
_SETTLING = 6
#: With fewer decided deals on a side a share says little.
_FEWEST = 30


class WinRate(NamedTuple):
    """The win rate of the last months and of the year before, and how forecasts of these months fared.

    ``missed`` is how much the forecasts made a month ahead were too high, all together, relative to what
    came; NaN where there are none.
    """

    lately: float
    before: float
    change: Interval
    decided: int
    missed: float


def new_win_rate(test: Backtest) -> WinRate | None:
    """Return the win rate where it has clearly changed; None where it has not, or where that cannot be told.

    Of deals decided in the last four months and in the twelve before, by Newcombe's interval (95 %): over
    made-up companies whose rate never changed, 2 to 3 % of the reports call a fall and 3 to 6 % a rise.
    """
    won, closed = test.history.ended
    if len(closed) < _SETTLING + BEFORE + LATELY:
        return None
    lately, before = slice(-LATELY, None), slice(-LATELY - BEFORE, -LATELY)
    counts = [int(part[span].sum()) for span in (lately, before) for part in (won, closed)]
    if min(counts[1], counts[3]) < _FEWEST:
        return None
    change = newcombe(*counts)
    if change.low <= 0 <= change.high:
        return None
    return WinRate(counts[0] / counts[1], counts[2] / counts[3], change, counts[1], _missed(test))


def _missed(test: Backtest) -> float:
    """Return how much too high the forecasts a month ahead were of the last months."""
    last = test.origins[-1].at
    late = [i for i, origin in enumerate(test.origins[:-1]) if origin.at >= last - LATELY]
    said = [test.points[test.choices[i]][i, 0] for i in late]
    return bias(test.actual[late, 0], said) if late else np.nan
