"""Plain rules and rates by stage against arithmetic by hand and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from crm_analysis.stats.forecast_rules import RULES, plain_rules, stage_rates


def test_rules_by_hand():
    past = np.arange(1.0, 25.0)
    rules = plain_rules(past)
    assert tuple(rules) == RULES
    assert rules["naive"].tolist() == [24.0] * 3
    assert rules["seasonal_naive"].tolist() == [13.0, 14.0, 15.0]
    assert rules["mean_3"].tolist() == [23.0] * 3
    assert rules["mean_6"].tolist() == [21.5] * 3
    assert rules["mean_12"].tolist() == [18.5] * 3


def test_smoothing_equals_statsmodels_at_the_best_weight():
    past = np.random.Generator(np.random.PCG64(3)).gamma(4.0, 10.0, 30)
    best = []
    for weight in np.linspace(0.05, 0.95, 19):
        model = SimpleExpSmoothing(
            past[3:], initialization_method="known", initial_level=past[:3].mean()
        ).fit(smoothing_level=weight, optimized=False)
        best.append((model.sse, model.forecast(1)[0]))
    assert plain_rules(past)["smoothed"][0] == pytest.approx(min(best)[1])


@pytest.mark.parametrize(
    ("months", "known"),
    [(0, set()), (1, {"naive"}), (3, {"naive", "mean_3", "smoothed"}), (24, set(RULES))],
)
def test_a_short_past_knows_fewer_rules(months, known):
    rules = plain_rules(np.ones(months))
    assert {name for name, value in rules.items() if not np.isnan(value).any()} == known


def test_rates_are_sums_over_sums():
    # two month ends, two stages; of the second month end, month 2 is not over
    held = np.array([[100.0, 0.0], [300.0, 50.0]])
    won = np.array([[[10.0, 0.0], [20.0, 0.0]], [[50.0, 40.0], [0.0, 0.0]]])
    new = np.array([[5.0, 8.0], [7.0, np.nan]])
    rates = stage_rates(held, won, new)
    assert rates.rate[0].tolist() == pytest.approx([60 / 400, 40 / 50])
    # nothing was open in the second stage: the rate of all
    assert rates.rate[1].tolist() == pytest.approx([20 / 100, 20 / 100])
    assert rates.new.tolist() == [6.0, 8.0]


def test_large_deals_weigh_what_they_weigh():
    # nine of ten deals are won, but the tenth holds nine tenths of the money
    held, won = np.array([[9.0 + 81.0]]), np.array([[[9.0]]])
    assert stage_rates(held, won, np.array([[0.0]])).rate[0, 0] == pytest.approx(0.1)


def test_no_past_expects_nothing():
    rates = stage_rates(np.zeros((0, 2)), np.zeros((0, 3, 2)), np.zeros((0, 3)))
    assert not rates.rate.any()
    assert not rates.new.any()
