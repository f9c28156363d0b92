"""Deals as they stood at month ends, against a plain loop over deals and days."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.pipeline import LOST, STAYS, WON, Pipeline, beginnings, fates, states

MOMENTS = np.array([0.0, 31.0, 59.0, 90.0, 120.0])


def pipeline(created, closed, won, entries=(), stages=2):
    entries = sorted(entries)
    return Pipeline(
        np.array(created, dtype=float),
        np.array(closed, dtype=float),
        np.array(won, dtype=bool),
        np.ones(len(created)),
        np.array([e[0] for e in entries], dtype=np.int64),
        np.array([e[1] for e in entries], dtype=float),
        np.array([e[2] for e in entries], dtype=np.int64),
        stages,
    )


def random_pipeline(seed, deals=200):
    generator = np.random.Generator(np.random.PCG64(seed))
    created = generator.uniform(-40, 120, deals).round(1)
    lasts = generator.exponential(40, deals).round(1)
    closed = np.where(generator.random(deals) < 0.2, np.inf, created + lasts)
    entries = []
    for deal in range(deals):
        days = created[deal] + np.sort(generator.uniform(0, min(lasts[deal], 90), generator.integers(0, 4)))
        entries += [(deal, day, stage) for day, stage in zip(days, generator.integers(0, 3, 4), strict=False)]
    return pipeline(created, closed, generator.random(deals) < 0.5, entries, 3)


def by_loop(given):
    """Look at each deal and month end on its own."""
    rows = []
    for deal in range(len(given.created)):
        own = [
            (day, stage)
            for at, day, stage in zip(given.entry_deal, given.entry_day, given.entry_stage, strict=True)
            if at == deal
        ]
        for at, moment in enumerate(MOMENTS):
            if not (given.created[deal] < moment <= given.closed[deal]):
                continue
            before = [entry for entry in own if entry[0] < moment]
            since, stage = before[-1] if before else (given.created[deal], 0)
            if since >= MOMENTS[0]:
                months = int(((moment > MOMENTS) & (since < MOMENTS)).sum())
            else:
                months = int((moment - since) // 30.4375)
            fate = -1
            if at + 1 < len(MOMENTS):
                until = MOMENTS[at + 1]
                later = [entry for entry in own if entry[0] < until]
                if given.closed[deal] < until:
                    fate = given.stages + (WON if given.won[deal] else LOST)
                else:
                    fate = later[-1][1] if len(later) > len(before) else given.stages + STAYS
            rows.append((deal, at, stage, min(months, 6), fate))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_states_and_fates_equal_a_plain_loop(seed):
    given = random_pipeline(seed)
    seen = states(given, MOMENTS)
    found = list(zip(*(c.tolist() for c in seen[:4]), fates(given, seen, MOMENTS).tolist(), strict=True))
    assert sorted(found) == sorted(by_loop(given))


def test_what_happens_at_midnight_of_a_month_end_belongs_to_the_next_month():
    given = pipeline([31.0, 5.0], [np.inf, 31.0], [False, True], [(0, 31.0, 0), (1, 5.0, 0), (1, 31.0, 1)])
    seen = states(given, MOMENTS)
    # created at midnight: not known at that month end; won at midnight: still open, in its old stage
    at = {(deal, at): stage for deal, at, stage, *_ in zip(*seen, strict=True)}
    assert (0, 1) not in at
    assert at[(1, 1)] == 0
    fate = fates(given, seen, MOMENTS)
    assert fate[(seen.deal == 1) & (seen.at == 1)].tolist() == [2 + WON]


def test_without_entries_the_age_counts():
    given = pipeline([10.0], [np.inf], [False], stages=1)
    seen = states(given, MOMENTS)
    assert seen.stage.tolist() == [0, 0, 0, 0]
    assert seen.months.tolist() == [0, 1, 2, 3]
    assert fates(given, seen, MOMENTS).tolist() == [1 + STAYS] * 3 + [-1]


def test_beginnings():
    entries = [(0, 3.0, 0), (0, 20.0, 1), (1, 40.0, 0), (2, 60.0, 0)]
    given = pipeline([3.0, 40.0, 60.0, -5.0], [np.inf, 45.0, 70.0, np.inf], [0, 1, 0, 0], entries)
    month, fate = beginnings(given, MOMENTS)
    assert month.tolist() == [0, 1, 2, -1]
    assert fate[:3].tolist() == [1, 2 + WON, 2 + LOST]


def test_a_beginning_at_midnight_belongs_to_the_month_that_begins():
    given = pipeline([31.0, 5.0], [np.inf, 31.0], [False, True], [(0, 31.0, 0), (1, 5.0, 0)])
    month, fate = beginnings(given, MOMENTS)
    assert month.tolist() == [1, 0]
    assert fate[1] == 0  # won in the first instant of the next month: still open at the end of its own


def test_later_rows_change_no_earlier_state():
    given = random_pipeline(9)
    early = MOMENTS[:3]
    end = early[-1]
    kept = given.entry_day < end
    cut = Pipeline(
        given.created,
        np.where(given.closed < end, given.closed, np.inf),
        given.won & (given.closed < end),
        given.amount,
        given.entry_deal[kept],
        given.entry_day[kept],
        given.entry_stage[kept],
        given.stages,
    )
    seen, full = states(cut, early), states(given, MOMENTS)
    here = full.at < len(early)
    assert seen.stage.tolist() == full.stage[here].tolist()
    assert seen.months.tolist() == full.months[here].tolist()
    known = fates(given, full, MOMENTS)[here]
    assert fates(cut, seen, early)[seen.at < 2].tolist() == known[seen.at < 2].tolist()


def test_no_deals():
    given = pipeline([], [], [])
    seen = states(given, MOMENTS)
    assert len(seen.deal) == 0
    assert len(fates(given, seen, MOMENTS)) == 0


def test_a_deal_without_a_day_of_creation_is_refused():
    with pytest.raises(ParameterError, match="1 of them without"):
        pipeline([np.nan], [np.inf], [False])
