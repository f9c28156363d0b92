"""Ranges from past misses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.conformal import half_width

CASE = json.loads((Path(__file__).parents[1] / "reference" / "forecast.json").read_text())["conformal"]


def test_reference_case():
    misses, level = CASE["inputs"]["abs_residuals"], CASE["inputs"]["level"]
    assert half_width(misses, level) == CASE["expected"]["half_width"]
    assert half_width([-miss for miss in reversed(misses)], level) == CASE["expected"]["half_width"]


def test_too_few_give_nothing():
    assert np.isnan(half_width(range(7)))
    assert np.isnan(half_width([*range(7), np.nan, np.inf]))
    assert half_width(range(8)) == 7


def test_a_high_level_takes_the_largest():
    assert half_width(range(1, 11), 0.99) == 10


def test_it_holds_what_it_promises():
    generator = np.random.Generator(np.random.PCG64(5))
    held = 0
    for _ in range(2000):
        # skewed: nothing is assumed of the shape
        misses = generator.exponential(size=12)
        held += generator.exponential() <= half_width(misses)
    # ceil(.8 * 13) = 11th of 12: 11 / 13
    assert held / 2000 == pytest.approx(11 / 13, abs=0.025)


@pytest.mark.parametrize("level", [0.0, 1.0, 80])
def test_a_level_that_cannot_be_is_refused(level):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        half_width(range(10), level)
