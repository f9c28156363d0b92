"""Chi-square: against R, and where counts are small."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.contingency import independence

CASES = json.loads((Path(__file__).parents[1] / "reference" / "sales_dynamics.json").read_text())[
    "chi_square"
]


@pytest.mark.parametrize("case", CASES[1:2], ids=["party"])
def test_pearson_equals_r(case):
    test = independence(case["table"])
    assert test.method == "pearson"
    assert test.df == case["df"]
    assert test.chi2 == pytest.approx(case["chi2"], rel=1e-9)
    assert test.p_value == pytest.approx(case["p"], rel=1e-6)


@pytest.mark.parametrize("case", [CASES[0], CASES[2]], ids=["reasons", "zero cells"])
def test_small_counts_lie_near_the_exact_test(case):
    test = independence(case["table"], draws=20_000)
    assert test.method == "permutation"
    # another statistic than Fisher's, so near, not equal; the chi-square distribution of case 3 gives 0.0209
    assert test.p_value == pytest.approx(case["fisher_p"], abs=0.006)
    assert independence(case["table"], draws=20_000) == test


def test_two_by_two_with_small_counts_is_the_exact_sum():
    # hypergeometric by hand: [[3, 0], [0, 3]] and its mirror are 2 of 20 arrangements
    assert independence([[3, 0], [0, 3]], draws=40_000).p_value == pytest.approx(0.1, abs=0.005)


def test_rows_and_columns_do_not_matter():
    table = np.array([[30, 70], [45, 55], [10, 90]])
    p = independence(table).p_value
    assert independence(table[::-1]).p_value == pytest.approx(p)
    assert independence(table.T).p_value == pytest.approx(p)
    assert independence(np.vstack([table, [0, 0]])).df == 2


@pytest.mark.parametrize("table", [[[5, 5]], [[5, 0], [7, 0]], [[0, 0], [0, 0]]])
def test_nothing_to_compare(table):
    test = independence(table)
    assert test.method == "none"
    assert np.isnan(test.p_value)


@pytest.mark.parametrize("table", [[1, 2, 3], [[1, -1], [2, 3]], [[0.5, 1], [2, 3]]])
def test_no_counts(table):
    with pytest.raises(ParameterError, match="whole numbers"):
        independence(table)


def test_false_alarms_with_small_groups():
    generator = np.random.default_rng(3)
    p = []
    for _ in range(300):
        closed = generator.integers(2, 12, 8)
        won = generator.binomial(closed, 0.35)
        p.append(independence(np.column_stack([won, closed - won]), draws=400).p_value)
    share = np.mean(np.array(p) <= 0.05)
    assert 0.01 <= share <= 0.09
