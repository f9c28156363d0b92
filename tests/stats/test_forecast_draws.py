"""Drawn courses against the moments that probability theory gives."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.stats.pipeline import SIZES
from crm_analysis.stats.pipeline_draws import Inflow, inflow, new_draws, open_draws, picked_sums


def generator(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


def test_open_deals_are_binomial():
    # 50 deals of 10 each, won in month one with .2, in month two with .3
    chance = np.zeros((1, 2, 50))
    chance[0, 0], chance[0, 1] = 0.2, 0.3
    brought = open_draws(chance, np.full(50, 10.0), 20_000, generator())
    assert brought.mean(axis=0) == pytest.approx([100.0, 150.0], rel=0.01)
    assert brought.std(axis=0) == pytest.approx(10 * np.sqrt([50 * 0.2 * 0.8, 50 * 0.3 * 0.7]), rel=0.03)
    # a deal is won once: months take from each other
    assert np.cov(brought.T)[0, 1] == pytest.approx(-100 * 50 * 0.2 * 0.3, rel=0.1)
    assert brought.max() <= 500


def test_unknown_probabilities_widen_the_range():
    amount = np.ones(400)
    known = open_draws(np.full((2, 1, 400), 0.3), amount, 4000, generator())
    unknown = np.full((2, 1, 400), 0.2)
    unknown[1] = 0.4
    unsure = open_draws(unknown, amount, 4000, generator())
    assert unsure.mean() == pytest.approx(known.mean(), rel=0.01)
    assert unsure.std() > 3 * known.std()


def test_amounts_from_a_pool():
    chance = np.full((1, 1, 30), 0.5)
    brought = open_draws(chance, np.full(30, np.nan), 20_000, generator(), pool=np.array([1.0, 3.0]))
    assert brought.mean() == pytest.approx(30, rel=0.01)
    # variance of a sum of a binomial number of picks: n p var + n p (1 - p) mean squared
    assert brought.var() == pytest.approx(15 * 1 + 7.5 * 4, rel=0.04)


def test_new_deals_come_month_by_month():
    chance = np.zeros((1, 3, SIZES))
    chance[0, :, 0] = [0.1, 0.2, 0.3]
    pools = (np.array([10.0]), np.array([]), np.array([]))
    brought = new_draws(Inflow(40.0, 1.0, 0.0), np.array([1.0, 0, 0]), chance, pools, 20_000, generator())
    assert brought.mean(axis=0) == pytest.approx([40.0, 120.0, 240.0], rel=0.01)
    # thinned Poisson numbers are Poisson: variance is amount times mean
    assert brought.var(axis=0) == pytest.approx(10 * np.array([40.0, 120.0, 240.0]), rel=0.05)


def test_an_unsure_level_moves_all_months_together():
    chance = np.zeros((1, 3, SIZES))
    chance[0, 0] = 0.5
    third = np.full(SIZES, 1 / SIZES)
    pools = (np.ones(1),) * SIZES
    sure = new_draws(Inflow(60.0, 1.0, 0.0), third, chance, pools, 8000, generator())
    unsure = new_draws(Inflow(60.0, 3.0, 20.0), third, chance, pools, 8000, generator())
    assert unsure.mean(axis=0) == pytest.approx(sure.mean(axis=0), rel=0.02)
    assert abs(np.corrcoef(sure.T)[0, 1]) < 0.05
    assert np.corrcoef(unsure.T)[0, 1] > 0.4
    # won in the month: half of level 60; variance 0.25 * (3 * 60 + 20^2) + 0.25 * 60
    assert unsure[:, 0].var() == pytest.approx(0.25 * (180 - 60 + 400) + 30, rel=0.08)


def test_the_same_seed_gives_the_same_draws_and_another_one_others():
    chance = generator(1).random((5, 3, 20)) / 4
    amount = generator(2).random(20)
    first, second, third = (open_draws(chance, amount, 50, generator(seed)) for seed in (7, 7, 8))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


def test_very_many_picks_keep_mean_and_spread():
    pool = np.array([1.0, 2.0, 6.0])
    counts = np.full((2000, 1), 40_000)
    sums = picked_sums(counts, pool, generator())
    assert sums.mean() == pytest.approx(120_000, rel=0.001)
    assert sums.std() == pytest.approx(np.sqrt(40_000) * pool.std(), rel=0.08)


def test_nothing_to_pick_from():
    assert picked_sums(np.array([[0, 3]]), np.array([]), generator()).tolist() == [[0.0, 0.0]]
    assert open_draws(np.zeros((1, 3, 0)), np.array([]), 4, generator()).tolist() == [[0.0] * 3] * 4


class TestInflow:
    def test_steady(self):
        assert inflow(np.full(30, 12.0)) == (12.0, 1.0, pytest.approx(np.sqrt(12 * 0.2 / 1.8)))

    def test_follows_a_new_level(self):
        level = inflow(np.r_[np.full(20, 10.0), np.full(10, 40.0)]).level
        assert level == pytest.approx(40 - 30 * 0.8**10)

    def test_poisson_is_not_called_overdispersed_and_bursts_are(self):
        plain = [inflow(generator(seed).poisson(50, 24).astype(float)).dispersion for seed in range(40)]
        assert np.mean(plain) < 1.4
        bursts = [
            inflow(generator(seed).negative_binomial(5, 0.1, 24).astype(float)).dispersion
            for seed in range(40)
        ]
        # variance over mean is 1 / 0.1
        assert 6 < np.mean(bursts) < 14

    def test_short_and_empty(self):
        assert inflow(np.array([3.0, 5.0])).level == 4.0
        assert inflow(np.array([])) == (0.0, 1.0, 0.0)
        assert inflow(np.zeros(12)).level == 0.0
