"""The shift between two groups: Hollander and Wolfe, relations, giants, level."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.rank_shift import rank_shift

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "customer_segments.json").read_text(encoding="utf-8")
)


def test_permeability_constants() -> None:
    case = REFERENCE["permeability"]
    shift = rank_shift(case["x"], case["y"])
    assert shift.estimate == pytest.approx(case["shift"], abs=1e-9)
    assert shift.p_value == pytest.approx(case["p_value"], abs=5e-5)
    assert shift.low < 0 < shift.high
    assert (shift.n, shift.others) == (10, 5)


def test_sides_order_and_units() -> None:
    a, b = [3.0, 1.0, 9.0, 4.0, 4.5], [2.0, 2.5, 0.5, 8.0, 0.1, 0.2]
    one, other, scaled = (
        rank_shift(a, b),
        rank_shift(b[::-1], a),
        rank_shift(np.multiply(a, 3), np.multiply(b, 3)),
    )
    assert other.estimate == pytest.approx(-one.estimate)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert scaled.estimate == pytest.approx(3 * one.estimate)
    assert one.p_value == other.p_value == scaled.p_value


def test_one_giant_counts_as_one_customer() -> None:
    draw = np.random.Generator(np.random.PCG64(1))
    a, b = draw.normal(0, 1, 60), draw.normal(0, 1, 300)
    calm, giant = rank_shift(a, b), rank_shift(np.append(a, 1e9), b)
    assert giant.p_value > 0.05
    assert giant.estimate == pytest.approx(calm.estimate, abs=0.1)


def test_limits_agree_with_the_test_and_large_sides_are_thinned() -> None:
    draw = np.random.Generator(np.random.PCG64(2))
    a, b = draw.normal(0.5, 1, 900), draw.normal(0, 1, 2000)
    shift = rank_shift(a, b)
    assert shift.estimate == pytest.approx(np.median(np.subtract.outer(a, b)), abs=0.01)
    assert 0 < shift.low < 0.5 < shift.high
    assert shift.p_value < 1e-9


def test_false_alarms_keep_their_level_for_skewed_money() -> None:
    draw = np.random.Generator(np.random.PCG64(4))
    found = [rank_shift(*np.split(draw.pareto(1.1, 87), [7])).p_value < 0.05 for _ in range(600)]
    assert 0.025 < np.mean(found) < 0.075


def test_edges() -> None:
    assert np.isnan(rank_shift([], [1.0]).p_value)
    assert rank_shift([2.0, 2.0], [2.0, 2.0]).p_value == 1.0
    few = rank_shift([1.0], [2.0])
    assert np.isnan(few.low)
    assert few.p_value == 1.0
    with pytest.raises(ParameterError):
        rank_shift([np.nan], [1.0])
