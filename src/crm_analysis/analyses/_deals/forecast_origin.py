"""One forecast as it would have been made at a month end, from what was known then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.stats.forecast_rules import AHEAD, plain_rules, stage_rates
from crm_analysis.stats.pipeline import GROUPS, SIZES, beginnings, fates, states
from crm_analysis.stats.pipeline_draws import inflow, new_draws, open_draws
from crm_analysis.stats.pipeline_moves import (
    count_beginnings,
    count_moves,
    moves,
    size_classes,
    win_ever,
    win_months,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._deals.snapshots import Snapshots
    from crm_analysis.stats.pipeline import States

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: Months learnt from before each month end, and months whose deals stand for the new ones.
_LEARN, _RECENT = 24, 12
#: What came of a month counts half as much as what came so many months later.
_HALF_LIFE = 9
#: Sets of probabilities drawn, and draws from each: of the forecast itself, and of those looked back at.
_SETS, _EACH = 100, 40
_PAST_SETS, _PAST_EACH = 25, 40
#: Drawn deals (draws times open deals) at most, so that very large companies wait no longer.
_MOST_CELLS = 8_000_000


@dataclass(frozen=True)
class Origin:
    """A forecast made at a month end.

    Parameters
    ----------
    at
        Number of the month end.
    points
        Method to the expected value of the next three months.
    parts
        Share of open deals in each of the three months, by the model of rates.
    opened, new
        Drawn values: draw, month.
    deals, stage
        Positions of the open deals, and their stages.
    within, ever
        Probability that each of them is won within three months, and in the end.
    """

    at: int
    points: dict[str, Floats]
    parts: Floats
    opened: Floats
    new: Floats
    deals: Ints
    stage: Ints
    within: Floats
    ever: Floats


@dataclass(frozen=True)
class History:
    """What is worked out once for all month ends."""

    known: Snapshots

    @cached_property
    def seen(self) -> States:
        """Open deals at all month ends."""
        return states(self.known.pipeline, self.known.moments)

    @cached_property
    def fate(self) -> Ints:
        """What became of each of them within a month."""
        return fates(self.known.pipeline, self.seen, self.known.moments)

    @cached_property
    def begun(self) -> tuple[Ints, Ints]:
        """Month of creation of each deal, and its fate at that month's end."""
        return beginnings(self.known.pipeline, self.known.moments)

    @cached_property
    def won_in(self) -> Ints:
        """Month in which each deal was won, within the months looked at; far off where it was not."""
        pipeline, moments = self.known.pipeline, self.known.moments
        month = np.searchsorted(moments, pipeline.closed, side="right") - 1
        counted = pipeline.won & (month >= 0) & (month < len(moments) - 1)
        return np.where(counted, month, -(10**6)).astype(np.int64)

    @cached_property
    def value(self) -> Floats:
        """Value of the deals won in each month; deals without an amount add nothing."""
        counted = self.won_in >= 0
        amount = np.nan_to_num(self.known.pipeline.amount[counted])
        size = len(self.known.months) - 1
        return np.bincount(self.won_in[counted], weights=amount, minlength=size).astype(float)

    @cached_property
    def created(self) -> Ints:
        """Number of deals created in each month."""
        month = self.begun[0]
        return np.bincount(month[month >= 0], minlength=len(self.known.months) - 1)

    @cached_property
    def ended(self) -> tuple[Ints, Ints]:
        """Number of deals won, and of deals closed, in each month."""
        pipeline, moments = self.known.pipeline, self.known.moments
        month = np.searchsorted(moments, pipeline.closed, side="right") - 1
        inside = (month >= 0) & (month < len(moments) - 1)
        size = len(moments) - 1
        return (
            np.bincount(month[inside & pipeline.won], minlength=size),
            np.bincount(month[inside], minlength=size),
        )

    def forecast(self, at: int, *, final: bool = False) -> Origin:
        """Forecast the three months from month end ``at`` on, from what was known then."""
        known = self.known
        seen = self.seen.where(self.seen.at == at)
        amount, pool = self._amounts(at)
        size = self._sizes(at, amount)
        counts, starts = self._counts(at, size)
        sets, each = (_SETS, _EACH) if final else (_PAST_SETS, _PAST_EACH)
        each = int(np.clip(_MOST_CELLS // max(len(seen.deal) * sets, 1), 8, each))
        # the same month end gives the same draws, whichever report asks
        generator = np.random.Generator(np.random.PCG64(int(known.moments[at])))
        won, begun = win_months(moves(counts, starts, draws=sets, generator=generator), AHEAD)
        state = (slice(None), slice(None), seen.stage, seen.months, size[seen.deal])
        opened = open_draws(
            won[state], amount[seen.deal], sets * each, generator, None if known.sized else pool
        )
        shares, pools = self._new_deals(at, size, amount, pool)
        new = new_draws(inflow(self.created[:at].astype(float)), shares, begun, pools, sets * each, generator)
        within, ever = self.chances(at, seen, size)
        rates = self._rates(at, seen, amount)
        return Origin(
            at=at,
            points=plain_rules(self.value[:at])
            | {
                "stage_weighted": np.full(AHEAD, self._classical(at, seen, amount) / AHEAD),
                "value_weighted": rates.sum(axis=0),
                "simulated": opened.mean(axis=0) + new.mean(axis=0),
            },
            parts=rates,
            opened=opened,
            new=new,
            deals=seen.deal,
            stage=seen.stage,
            within=within,
            ever=ever,
        )

    def chances(self, at: int, seen: States, size: Ints | None = None) -> tuple[Floats, Floats]:
        """Give the chance that open deals are won within three months, and ever, as learnt until ``at``."""
        if size is None:
            size = self._sizes(at, self._amounts(at)[0])
        expected = moves(*self._counts(at, size))
        state = (0, seen.stage, seen.months, size[seen.deal])
        won, _ = win_months(expected, AHEAD)
        return won.sum(axis=1)[state], win_ever(expected)[state]

    # -- inside ------------------------------------------------------------------------------------------

    def _amounts(self, at: int) -> tuple[Floats, Floats]:
        """Return what each deal is taken to be worth, and the amounts of deals won in the year before."""
        amount = self.known.pipeline.amount
        recent = (self.won_in >= at - _RECENT) & (self.won_in < at) & ~np.isnan(amount)
        before = (self.won_in >= 0) & (self.won_in < at) & ~np.isnan(amount)
        pool = amount[recent] if recent.any() else amount[before]
        usual = float(pool.mean()) if len(pool) else 0.0
        if not self.known.sized:
            return np.full(len(amount), usual), pool
        created = amount[self._created(at, _RECENT)]
        middle = float(np.nanmean(created)) if (~np.isnan(created)).any() else usual
        return np.where(np.isnan(amount), middle, amount), pool

    def _sizes(self, at: int, amount: Floats) -> Ints:
        if not self.known.sized:
            return np.zeros(len(amount), dtype=np.int64)
        return size_classes(amount, amount[self._created(at, _LEARN)])

    def _created(self, at: int, months: int) -> NDArray[np.bool_]:
        """Say which deals were created in so many months before ``at``."""
        month = self.begun[0]
        return (month >= max(at - months, 0)) & (month < at)

    def _counts(self, at: int, size: Ints) -> tuple[Floats, Floats]:
        """Count what became of deals in the months before ``at``: of open ones and of new ones."""
        stages = self.known.pipeline.stages
        past = (self.seen.at >= at - _LEARN) & (self.seen.at < at)
        rows = self.seen.where(past)
        (month, fate), new = self.begun, self._created(at, _LEARN)
        return (
            count_moves(rows, self.fate[past], size[rows.deal], stages, recency(at, rows.at)),
            count_beginnings(fate[new], size[new], stages, recency(at, month[new])),
        )

    def _new_deals(
        self, at: int, size: Ints, amount: Floats, pool: Floats
    ) -> tuple[Floats, tuple[Floats, ...]]:
        """Return the share of each size among new deals, and amounts to pick from."""
        if not self.known.sized:
            return np.array([1.0, 0.0, 0.0]), (pool,) * SIZES
        recent = self._created(at, _RECENT)
        numbers = np.bincount(size[recent], minlength=SIZES)
        pools = tuple(amount[recent & (size == group)] for group in range(SIZES))
        return numbers / max(int(numbers.sum()), 1), pools

    def _group(self, seen: States) -> tuple[Ints, int]:
        """Return what rates are learnt by: the stage; without a history of stages, the age."""
        if self.known.has_history:
            return seen.stage, self.known.pipeline.stages
        return GROUPS[seen.months], int(GROUPS.max()) + 1

    def _rates(self, at: int, seen: States, amount: Floats) -> Floats:
        """Return what open deals (first row) and new ones bring in each month by the rates of the past."""
        first = max(at - _LEARN, 0)
        past = (self.seen.at >= first) & (self.seen.at < at)
        rows = self.seen.where(past)
        group, groups = self._group(rows)
        place = rows.at - first
        shape = (at - first, groups)
        worth = amount[rows.deal]
        cells = place * groups + group
        held = np.bincount(cells, weights=worth, minlength=shape[0] * groups).reshape(shape)
        won = np.zeros((shape[0], AHEAD, groups))
        new = np.full((shape[0], AHEAD), np.nan)
        recorded = np.nan_to_num(self.known.pipeline.amount[rows.deal])
        for month in range(AHEAD):
            gained = self.won_in[rows.deal] == rows.at + month
            sums = np.bincount(cells, weights=worth * gained, minlength=shape[0] * groups)
            won[:, month] = sums.reshape(shape)
            old = np.bincount(place, weights=recorded * gained, minlength=shape[0])
            over = np.arange(first, at) + month < at
            new[over, month] = self.value[first:at][month:][: over.sum()] - old[over]
        rates = stage_rates(held.astype(float), won, new)
        group, groups = self._group(seen)
        now = np.bincount(group, weights=amount[seen.deal], minlength=groups)
        return np.stack([rates.rate @ now, rates.new])

    def _classical(self, at: int, seen: States, amount: Floats) -> float:
        """Return the weighted pipeline as usually computed: amount times the probability typed in.

        Without one, the win rate among closed deals stands in.
        """
        won, closed = (int(counts[max(at - _LEARN, 0) : at].sum()) for counts in self.ended)
        rate = won / closed if closed else 0.0
        typed = (
            self.known.promised[seen.stage] if len(self.known.promised) else np.full(len(seen.stage), np.nan)
        )
        return float(amount[seen.deal] @ np.where(np.isnan(typed), rate, typed))


def recency(at: int, month: Ints) -> Floats:
    """Weigh what is known of past months at the month end ``at``: the last one counts 1."""
    return np.asarray(0.5 ** ((at - 1 - month) / _HALF_LIFE))
