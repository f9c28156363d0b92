"""Deals as they stood at past month ends: stage, time in it, and what became of them a month later.

What is known of a month end comes from before it alone: deals created before, stages entered before, outcomes
only where they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: Whole months in a stage are counted up to here; longer is one group.
MOST_MONTHS = 6
#: Group of months in stage by whole months: 0, 1, 2, 3 to 5, 6 and more.
GROUPS = np.array([0, 1, 2, 3, 3, 3, 4])
SIZES = 3
_MONTH = 30.4375
#: What becomes of a deal within a month, behind the stages it may move to.
STAYS, WON, LOST = 0, 1, 2


@dataclass(frozen=True)
class Pipeline:
    """Deals and the stages they entered; moments are days since any fixed day.

    Parameters
    ----------
    created
        Day of each deal's creation.
    closed
        Day of its end, infinite while it is open.
    won
        Whether it was won.
    amount
        What it is worth, as last known.
    entry_deal, entry_day, entry_stage
        Stage entries, sorted by deal and day: position of the deal, day, and number of the stage.
    stages
        How many stages there are.
    """

    created: Floats
    closed: Floats
    won: NDArray[np.bool_]
    amount: Floats
    entry_deal: Ints
    entry_day: Floats
    entry_stage: Ints
    stages: int

    def __post_init__(self) -> None:
        lengths = {len(self.created), len(self.closed), len(self.won), len(self.amount)}
        if len(lengths) > 1 or np.isnan(self.created).any():
            raise ParameterError(
                f"Columns of {sorted(lengths)} deals, {int(np.isnan(self.created).sum())} of them without "
                "a day of creation.",
                "Each deal has a day of creation, an end (infinite while open), an outcome and an amount.",
            )


class States(NamedTuple):
    """Open deals at moments: the deal, which moment, its stage, whole months in it, and the entry meant."""

    deal: Ints
    at: Ints
    stage: Ints
    months: Ints
    entry: Ints

    def where(self, here: NDArray[np.bool_]) -> States:
        """Return the rows picked."""
        return States(*(column[here] for column in self))


def states(pipeline: Pipeline, moments: Floats) -> States:
    """Answer which deals were open at each moment, in which stage, and for how many whole months.

    Parameters
    ----------
    pipeline
        The deals.
    moments
        Days, ascending: month ends.

    Returns
    -------
    States
        A row an open deal and moment. A deal without a stage entry before the moment is in the first stage
        since its creation.

    Examples
    --------
    >>> one = Pipeline(*(np.array(x) for x in ([0.0], [99.0], [True], [9.0], [0, 0], [0.0, 40.0], [0, 1])), 2)
    >>> found = states(one, np.array([0.0, 31.0, 62.0, 93.0]))
    >>> found.at.tolist(), found.stage.tolist(), found.months.tolist()
    ([1, 2, 3], [0, 1, 1], [0, 0, 1])
    """
    first = np.searchsorted(moments, pipeline.created, side="right")
    last = np.searchsorted(moments, pipeline.closed, side="right")
    count = np.maximum(last - first, 0)
    deal = np.repeat(np.arange(len(count)), count)
    at = np.arange(len(deal)) - np.repeat(np.cumsum(count) - count, count) + first[deal]
    entry = last_entry(pipeline, deal, moments[at])
    known = entry >= 0
    stage = np.where(known, pipeline.entry_stage[entry] if len(pipeline.entry_stage) else 0, 0)
    since = np.where(
        known, pipeline.entry_day[entry] if len(pipeline.entry_day) else 0, pipeline.created[deal]
    )
    # in step with the months looked at: 0 at the first one after the entry
    after = np.searchsorted(moments, since, side="right")
    passed = np.where(after > 0, at - after, (moments[at] - since) // _MONTH)
    months = np.clip(passed, 0, MOST_MONTHS).astype(np.int64)
    return States(deal, at, stage.astype(np.int64), months, entry)


def last_entry(pipeline: Pipeline, deal: Ints, moment: Floats) -> Ints:
    """Return the position of the last stage entry of each deal before a moment; -1 where there is none."""
    if not len(pipeline.entry_day):
        return np.full(len(deal), -1)
    # deals one after another on one axis: a search finds the deal and the day at once
    low = np.floor(min(pipeline.entry_day.min(), moment.min(initial=np.inf)))
    width = np.ceil(max(pipeline.entry_day.max(), moment.max(initial=-np.inf))) - low + 1
    axis = pipeline.entry_deal * width + (pipeline.entry_day - low)
    position = np.searchsorted(axis, deal * width + (moment - low), side="left") - 1
    own = (position >= 0) & (pipeline.entry_deal[np.maximum(position, 0)] == deal)
    return np.where(own, position, -1)


def fates(pipeline: Pipeline, seen: States, moments: Floats) -> Ints:
    """Answer what became of each deal until the next moment.

    Returns
    -------
    numpy.ndarray
        Number of the stage moved to, or ``stages`` + ``STAYS``, ``WON`` or ``LOST``; -1 where the next moment
        is not there. A stage entered again counts as moved to.
    """
    later = seen.at + 1
    known = later < len(moments)
    until = moments[np.minimum(later, len(moments) - 1)]
    entry = last_entry(pipeline, seen.deal, until)
    moved = entry != seen.entry
    entered = pipeline.entry_stage[entry] if len(pipeline.entry_stage) else np.zeros_like(entry)
    fate = np.where(moved, entered, pipeline.stages + STAYS)
    ended = pipeline.closed[seen.deal] < until
    fate = np.where(ended, pipeline.stages + np.where(pipeline.won[seen.deal], WON, LOST), fate)
    return np.where(known, fate, -1).astype(np.int64)


def beginnings(pipeline: Pipeline, moments: Floats) -> tuple[Ints, Ints]:
    """Answer in which month each deal was created and what had become of it at that month's end.

    Returns
    -------
    month, fate
        The month (its first day is ``moments[month]``; -1 before the first and after the last whole one), and
        the fate as in :func:`fates`; a deal without a stage entry is in the first stage.
    """
    month = np.searchsorted(moments, pipeline.created, side="right") - 1
    month = np.where(month >= len(moments) - 1, -1, month)
    until = moments[month + 1]
    entry = last_entry(pipeline, np.arange(len(month)), until)
    known = entry >= 0
    fate = np.where(known, pipeline.entry_stage[entry] if len(pipeline.entry_stage) else 0, 0)
    ended = pipeline.closed < until
    fate = np.where(ended, pipeline.stages + np.where(pipeline.won, WON, LOST), fate)
    return month.astype(np.int64), fate.astype(np.int64)
