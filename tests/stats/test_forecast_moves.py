"""Moves from month to month against hand arithmetic and a full transition matrix."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from crm_analysis.stats.pipeline import GROUPS, LOST, SIZES, STAYS, WON, States
from crm_analysis.stats.pipeline_moves import (
    Moves,
    count_beginnings,
    count_moves,
    moves,
    size_classes,
    win_ever,
    win_months,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "forecast.json").read_text())
AGES = int(GROUPS.max()) + 1


def chain(rows):
    """Make the same row of fates for all ages and sizes of each stage."""
    fates = np.array(rows, dtype=float)
    stages = len(rows)
    opened = np.broadcast_to(fates[:, None, None, :], (stages, AGES, SIZES, fates.shape[1]))[None]
    new = np.zeros((1, SIZES, fates.shape[1]))
    new[..., 0] = 1.0
    return Moves(opened, new)


def test_one_stage_by_hand():
    expected = REFERENCE["chain"]["expected"]
    chances = chain([[0.0, 0.5, 0.3, 0.2]])
    won, new = win_months(chances, 3)
    assert won[0, :, 0, 2, 1] == pytest.approx(expected["won_in_month"])
    # created in month one, in the stage at its end: one month later
    assert new[0, :, 0] == pytest.approx([0.0, *expected["won_in_month"][:2]])
    assert win_ever(chances)[0, 0, 0, 0] == pytest.approx(expected["won_in_the_end"], abs=1e-6)


def test_two_stages_by_hand():
    expected = REFERENCE["two_stages"]["expected"]
    chances = chain([[0.0, 0.4, 0.5, 0.0, 0.1], [0.0, 0.0, 0.25, 0.5, 0.25]])
    won, _ = win_months(chances, 3)
    assert won[0, :, 0, 0, 0] == pytest.approx(expected["won_from_a"])
    assert won[0, :, 1, 0, 0] == pytest.approx(expected["won_from_b"])
    assert win_ever(chances)[0, 0, 0, 0] == pytest.approx(expected["won_in_the_end_from_a"], abs=1e-5)


def test_months_equal_powers_of_the_full_matrix():
    generator = np.random.Generator(np.random.PCG64(4))
    stages, months = 3, len(GROUPS)
    fates = generator.dirichlet(np.ones(stages + 3), (stages, AGES, SIZES))
    begun = generator.dirichlet(np.ones(stages + 3), SIZES)
    won, new = win_months(Moves(fates[None], begun[None]), 4)
    for size in range(SIZES):
        matrix = np.zeros((stages * months + 1,) * 2)
        for stage in range(stages):
            for month in range(months):
                row = fates[stage, GROUPS[month], size]
                at = stage * months + month
                matrix[at, np.arange(stages) * months] += row[:stages]
                matrix[at, stage * months + min(month + 1, months - 1)] += row[stages + STAYS]
                matrix[at, -1] = row[stages + WON]
        matrix[-1, -1] = 1.0
        reached = [np.linalg.matrix_power(matrix, h)[:-1, -1] for h in range(5)]
        for h in range(4):
            expected = (reached[h + 1] - reached[h]).reshape(stages, months)
            assert won[0, h, :, :, size] == pytest.approx(expected)
        start = begun[size, :stages]
        first = [0.0, *(start @ reached[h].reshape(stages, months)[:, 0] for h in range(1, 4))]
        lags = [begun[size, stages + WON], *np.diff(first)]
        assert new[0, :, size] == pytest.approx(lags)


def test_estimates_lean_on_the_wider_group_with_the_weight_of_two():
    counts = np.zeros((1, AGES, SIZES, 4))
    counts[0, 0, 0] = [0, 6, 4, 0]
    counts[0, 0, 1] = [0, 2, 0, 8]
    found = moves(counts, np.zeros((SIZES, 4))).open[0]
    everything = np.array([0, 8 + 1, 4, 8]) / 21
    stage = (np.array([0, 8, 4, 8]) + 2 * everything) / 22
    group = (np.array([0, 8, 4, 8]) + 2 * stage) / 22
    assert found[0, 0, 0] == pytest.approx((np.array([0, 6, 4, 0]) + 2 * group) / 12)
    # a size never seen is taken as its group; months never seen as their stage
    assert found[0, 0, 2] == pytest.approx(group)
    assert found[0, 4, 0] == pytest.approx(stage)
    assert found.sum(axis=-1) == pytest.approx(np.ones((1, AGES, SIZES)))


def test_draws_scatter_around_the_estimate_the_less_the_more_was_seen():
    counts = np.zeros((1, AGES, SIZES, 4))
    counts[..., 1:] = [30, 12, 18]
    generator = np.random.Generator(np.random.PCG64(8))
    few = moves(counts, counts[0, 0], draws=3000, generator=generator).open[..., WON + 1]
    many = moves(100 * counts, 100 * counts[0, 0], draws=300, generator=generator).open[..., WON + 1]
    assert few.mean() == pytest.approx(0.2, abs=0.005)
    assert few[:, 0, 0, 0].std() > 5 * many[:, 0, 0, 0].std() > 0


def test_where_nothing_was_seen_nothing_happens():
    chances = moves(np.zeros((2, AGES, SIZES, 5)), np.zeros((SIZES, 5)))
    won, new = win_months(chances, 3)
    assert not won.any()
    assert not new.any()


def test_counting():
    columns = [np.array(c) for c in ([0, 1, 2], [0, 0, 0], [0, 1, 1], [0, 4, 6], [0, 0, 0])]
    counts = count_moves(States(*columns), np.array([2 + WON, 2 + STAYS, 2 + LOST]), np.array([0, 1, 2]), 2)
    assert counts.sum() == 3
    assert counts[0, 0, 0, 2 + WON] == counts[1, 3, 1, 2 + STAYS] == counts[1, 4, 2, 2 + LOST] == 1
    begun = count_beginnings(np.array([0, 0, 2 + WON]), np.array([1, 1, 2]), 2)
    assert begun[1, 0] == 2
    assert begun[2, 2 + WON] == 1


def test_sizes_are_thirds_and_equal_amounts_stay_together():
    known = np.arange(1.0, 10.0)
    assert np.bincount(size_classes(known, known)).tolist() == [3, 3, 3]
    assert len(set(size_classes(np.full(7, 5.0), np.full(7, 5.0)).tolist())) == 1
    assert size_classes(known * 40, known * 40).tolist() == size_classes(known, known).tolist()
    assert size_classes(known, np.array([])).tolist() == [0] * 9
