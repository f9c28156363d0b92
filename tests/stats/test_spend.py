"""Income beside spending: exact recovery, least squares, false alarms of series that share their season."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from crm_analysis.errors import ParameterError
from crm_analysis.stats.spend import FEWEST_MONTHS, spend_effect


def series(seed, *, months=48, elasticity=0.0, lag=0, rho=0.3):
    """Make spending and income with growth and season in common, and an effect of spending, or none."""
    generator = np.random.default_rng(seed)
    t = np.arange(months + lag)
    season = 0.3 * np.sin(2 * np.pi * t / 12) + 0.02 * t
    noise = np.zeros((2, len(t)))
    shocks = generator.normal(0, 0.15, noise.shape)
    for i in range(1, len(t)):
        noise[:, i] = rho * noise[:, i - 1] + shocks[:, i]
    spend = season + noise[0]
    income = season + noise[1]
    income[lag:] += elasticity * spend[: len(t) - lag]
    return np.exp(income), np.exp(spend)


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_exact_effect_is_recovered(lag):
    t = np.arange(50)
    spend = 100 + 40 * np.sin(t**2.0)
    before = np.concatenate([np.full(lag, 100.0), spend[: 50 - lag]])
    income = 5000 * np.exp(0.01 * t + 0.2 * np.cos(2 * np.pi * t / 12)) * before**0.3
    effect = spend_effect(income, spend, lag=lag)
    assert (effect.n, effect.scale) == (50 - lag, "log")
    assert effect.value == pytest.approx(1.1**0.3 - 1, abs=1e-9)
    assert effect.p_value < 1e-6


def test_without_autocorrelation_it_is_near_least_squares():
    income, spend = series(3, months=60, elasticity=0.4, rho=0.0)
    t = np.arange(60)
    design = np.column_stack([np.log(spend), np.ones(60), t, *(t % 12 == m for m in range(1, 12))])
    plain = sm.OLS(np.log(income), design.astype(float)).fit()
    effect = spend_effect(income, spend)
    assert np.log1p(effect.value) / np.log(1.1) == pytest.approx(plain.params[0], abs=0.5 * plain.bse[0])


def test_planted_effect_is_found_and_lies_within():
    income, spend = series(1, months=60, elasticity=0.6, lag=2)
    effect = spend_effect(income, spend, lag=2)
    assert effect.p_value < 0.05
    assert effect.low < 1.1**0.6 - 1 < effect.high


def test_common_growth_and_season_are_no_effect():
    p = np.array([spend_effect(*series(seed)).p_value for seed in range(200)])
    # 5 to 7 % by simulation; above 12 % would come by chance in 1 of 10,000 cases
    assert (p <= 0.05).mean() <= 0.12
    correlated = [np.corrcoef(*np.log(series(seed)))[0, 1] for seed in range(50)]
    assert min(correlated) > 0.5


def test_a_month_without_spending_is_told_on_the_raw_scale():
    income, spend = series(2, months=48)
    spend[7] = 0
    doubled = spend_effect(2 * income, 3 * spend)
    effect = spend_effect(income, spend)
    assert effect.scale == "raw"
    assert (doubled.value, doubled.p_value) == pytest.approx((effect.value, effect.p_value))


def test_units_do_not_matter():
    income, spend = series(4)
    one, other = spend_effect(income, spend), spend_effect(income * 80, spend / 7)
    assert (one.value, one.low, one.p_value) == pytest.approx((other.value, other.low, other.p_value))


def test_too_few_months():
    income, spend = series(5, months=FEWEST_MONTHS)
    assert spend_effect(income, spend).status == "full"
    short = spend_effect(income, spend, lag=1)
    assert (short.status, short.n) == ("too_few", FEWEST_MONTHS - 1)
    assert np.isnan(short.p_value)
    assert spend_effect([], [], lag=3).n == 0


@pytest.mark.parametrize("spend", [np.full(40, 7.0), np.zeros(40), np.exp(0.01 * np.arange(40))])
def test_spending_that_never_varies(spend):
    income, _ = series(6, months=40)
    assert spend_effect(income, spend).status == "constant"


@pytest.mark.parametrize(
    ("income", "spend", "options", "match"),
    [
        ([1.0, 2], [1.0], {}, "2 months of income, 1 of spending"),
        ([1.0, np.nan], [1.0, 2], {}, "1 values missing"),
        ([1.0], [1.0], {"lag": -1}, "lag is -1"),
        ([1.0], [1.0], {"first_month": 13}, "first_month is 13"),
    ],
)
def test_bad_input(income, spend, options, match):
    with pytest.raises(ParameterError, match=match):
        spend_effect(income, spend, **options)
