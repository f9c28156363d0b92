"""Scores of forecasts against arithmetic by hand and other libraries."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.scores import (
    bias,
    brier,
    coverage,
    crps,
    interval_score,
    log_loss,
    pinball,
    wape,
)

CASE = json.loads((Path(__file__).parents[1] / "reference" / "forecast.json").read_text())["scores"]
GIVEN, EXPECTED = CASE["inputs"], CASE["expected"]


def test_reference_case():
    assert wape(GIVEN["wape"]["y"], GIVEN["wape"]["f"]) == pytest.approx(EXPECTED["wape"])
    one = GIVEN["pinball"]
    assert pinball([one["y"]], [one["f"]], one["q"]) == pytest.approx(EXPECTED["pinball"])
    one = GIVEN["interval"]
    score = interval_score([one["y"]], [one["lo"]], [one["hi"]], 1 - one["alpha"])
    assert score == pytest.approx(EXPECTED["interval_score"])
    assert crps(GIVEN["crps"]["sample"], GIVEN["crps"]["y"]) == pytest.approx(EXPECTED["crps"])
    kept, promised = GIVEN["brier"]["y"], GIVEN["brier"]["p"]
    assert brier(kept, promised) == pytest.approx(EXPECTED["brier"])
    assert log_loss(kept, promised) == pytest.approx(EXPECTED["log_loss"])


def test_a_range_that_holds_scores_its_width():
    assert interval_score([5.0, 6.0], [0.0, 4.0], [10.0, 8.0]) == pytest.approx((10 + 4) / 2)


def test_crps_of_one_draw_is_the_distance_and_of_many_the_double_sum():
    assert crps([7.0], 3.0) == 4.0
    draws = np.random.Generator(np.random.PCG64(1)).normal(size=60)
    pairs = np.abs(draws[:, None] - draws[None, :]).mean() / 2
    assert crps(draws, 0.4) == pytest.approx(np.abs(draws - 0.4).mean() - pairs)


def test_the_two_tails_of_the_range_make_the_interval_score():
    generator = np.random.Generator(np.random.PCG64(2))
    actual = generator.normal(size=50)
    low, high = np.full(50, -1.0), np.full(50, 0.8)
    tails = pinball(actual, low, 0.1) + pinball(actual, high, 0.9)
    # Gneiting & Raftery 2007: the interval score is the sum of both pinball losses over alpha / 2
    assert interval_score(actual, low, high, 0.8) == pytest.approx(tails / 0.1)


def test_bias_and_wape_do_not_depend_on_the_order_or_the_unit():
    actual, said = np.array([10.0, 0.0, 30.0]), np.array([20.0, 5.0, 20.0])
    turned = np.array([2, 0, 1])
    assert wape(actual[turned], said[turned]) == wape(actual, said) == pytest.approx(25 / 40)
    assert bias(1000 * actual, 1000 * said) == bias(actual, said) == pytest.approx(5 / 40)


def test_coverage_counts_the_ends_in():
    assert coverage([1.0, 2.0, 3.1], [1.0, 0.0, 0.0], [2.0, 2.0, 3.0]) == pytest.approx(2 / 3)


def test_nothing_to_score_is_no_number():
    for score in (wape, bias, brier, log_loss):
        assert np.isnan(score([], []))
    assert np.isnan(wape([0.0], [3.0]))
    assert np.isnan(crps([], 1.0))


def test_a_certain_promise_that_fails_is_not_infinite():
    assert np.isfinite(log_loss([0], [1.0]))


def test_unequal_lengths_are_refused():
    with pytest.raises(ParameterError, match="2 values happened, 1 were forecast"):
        wape([1, 2], [1])
