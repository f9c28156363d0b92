"""Shifts of shares: arithmetic, false alarms, few customers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from crm_analysis.errors import ParameterError
from crm_analysis.stats.shift import share_shift


def shift(before, after, **options):
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    totals = (before.sum(axis=1), after.sum(axis=1))
    return share_shift(sparse.csr_array(before), sparse.csr_array(after), totals, **options)


def test_by_hand():
    result = shift([[60, 40], [0, 100]], [[90, 10], [30, 70]])
    assert result["previous_share"].tolist() == pytest.approx([0.30, 0.70])
    assert result["share"].tolist() == pytest.approx([0.60, 0.40])
    assert result["difference"].tolist() == pytest.approx([0.30, -0.30])


def test_returns_count_against_the_share():
    result = shift([[100, 0]], [[120, -20]])
    assert result["share"].tolist() == pytest.approx([1.2, -0.2])
    assert result[["low", "p_value"]].isna().all(axis=None)


def test_a_planted_shift_is_found_and_lies_within():
    generator = np.random.default_rng(1)
    size = generator.lognormal(0, 1, (400, 1))
    before = size * generator.dirichlet([6, 4], 400)
    after = size * generator.dirichlet([4, 6], 400)
    result = shift(before, after)
    assert (result["p_value"] < 0.001).all()
    assert result["low"].iloc[0] < -0.2 < result["high"].iloc[0]
    assert np.array_equal(shift(before, after), result)


def test_two_large_customers_are_no_shift():
    before = np.vstack([np.full((50, 2), 1.0), [[1000, 0], [0, 1000]]])
    after = np.vstack([np.full((50, 2), 1.0), [[1000, 0], [0, 0]]])
    result = shift(before, after)
    assert result["difference"].abs().min() > 0.4
    assert result["p_value"].isna().all()


def test_false_alarms_of_skewed_customers():
    generator = np.random.default_rng(2)
    p = []
    for _ in range(250):
        size = generator.lognormal(0, 1.2, (60, 1))
        sides = [
            size * generator.poisson(1.5, (60, 1)) * generator.dirichlet([1, 1, 1], 60) for _ in range(2)
        ]
        p.append(shift(*sides, draws=200)["p_value"].iloc[0])
    tested = np.array(p)[~np.isnan(p)]
    assert len(tested) > 100
    assert np.mean(tested <= 0.05) <= 0.08


def test_nothing_sold():
    assert shift(np.zeros((3, 2)), np.zeros((3, 2)))[["share", "low", "p_value"]].isna().all(axis=None)


def test_sides_must_agree():
    with pytest.raises(ParameterError, match="same customers"):
        share_shift(
            sparse.csr_array(np.ones((2, 2))), sparse.csr_array(np.ones((3, 2))), (np.ones(2), np.ones(3))
        )
