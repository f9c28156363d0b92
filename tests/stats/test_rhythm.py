"""The rhythm of the quarter in a short history."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.rhythm import quarter_rhythm

CLOSING = np.array([False, False, True] * 3)


def test_by_hand():
    # raw scale (a value is 0), no slope: each quarter's closing month is 6 above the mean of the others
    rhythm = quarter_rhythm([0, 2, 7, 1, 1, 7, 2, 0, 7], CLOSING)
    line = np.polynomial.Polynomial.fit(range(9), [0, 2, 7, 1, 1, 7, 2, 0, 7], 1)(np.arange(9))
    left = np.array([0, 2, 7, 1, 1, 7, 2, 0, 7]) - line
    by_hand = np.mean([left[i + 2] - left[i : i + 2].mean() for i in (0, 3, 6)])
    assert rhythm.scale == "raw"
    assert rhythm.value == pytest.approx(by_hand)
    # of 27 arrangements only the observed one has the three largest months at the close
    assert rhythm.p_value == pytest.approx(1 / 27)
    assert rhythm.low < rhythm.value < rhythm.high


def test_growth_is_no_rhythm():
    generator = np.random.default_rng(5)
    found = [
        quarter_rhythm(
            np.exp(0.04 * np.arange(12) + generator.normal(0, 0.1, 12)), [*CLOSING, False, False, True]
        )
        for _ in range(400)
    ]
    assert np.mean([r.p_value <= 0.05 for r in found]) <= 0.08


def test_a_missing_month_takes_its_quarter_out():
    values = np.array([10, 11, 15, 10, np.nan, 15, 10, 11, 15, 10, 12, 14])
    rhythm = quarter_rhythm(values, np.tile([False, False, True], 4))
    assert rhythm.quarters == 3


@pytest.mark.parametrize("months", [0, 5, 8])
def test_too_short(months):
    rhythm = quarter_rhythm(np.arange(1.0, months + 1), np.arange(months) % 3 == 2)
    assert np.isnan(rhythm.p_value)


def test_one_mark_a_month():
    with pytest.raises(ParameterError, match="One of each"):
        quarter_rhythm([1, 2, 3], [True])
