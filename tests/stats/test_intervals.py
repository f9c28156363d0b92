"""Intervals against R and in their edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from crm_analysis.errors import ParameterError
from crm_analysis.stats.intervals import goodman, jeffreys, mean_interval, newcombe, poisson, wilson


def test_wilson_equals_r(case):
    reference = case("E04")
    shares = wilson(reference.inputs["x"], reference.inputs["n"], edges="score")
    np.testing.assert_allclose(
        np.column_stack([shares.low, shares.high]), reference.expected["wilson"], atol=1e-9
    )


def test_jeffreys_equals_r(case):
    expected = case("E04").expected
    assert jeffreys(7, 25)[1:3] == pytest.approx(expected["jeffreys_7_25"], rel=1e-9)
    assert jeffreys(0, 10)[1:3] == pytest.approx(expected["jeffreys_0_10"], rel=1e-9)


def test_none_and_all_use_jeffreys_far_limit(case):
    expected = case("E04").expected["jeffreys_0_10"][1]
    assert wilson(0, 10) == pytest.approx((0.0, 0.0, expected, 10))
    assert wilson(10, 10) == pytest.approx((1.0, 1 - expected, 1.0, 10))
    assert wilson(7, 25)[1:3] == pytest.approx(case("E04").expected["wilson"][0])


def test_newcombe(case):
    expected = case("E04").expected["newcombe_diff_45_150_vs_30_160"]
    assert newcombe(45, 150, 30, 160)[1:3] == pytest.approx(expected, abs=1e-9)
    assert newcombe(3, 9, 7, 8)[1:3] == pytest.approx(
        confint_proportions_2indep(3, 9, 7, 8, method="newcomb"), abs=1e-9
    )


def test_poisson_cost_of_a_client_equals_r(case):
    reference = case("D06")
    clients = poisson(reference.inputs["new_clients"], reference.inputs["spend"])
    assert 1 / clients.estimate == reference.expected["cac"]
    assert [1 / clients.high, 1 / clients.low] == pytest.approx(reference.expected["ci95"], rel=1e-9)


def test_poisson_edges():
    rate = poisson([0, 3, 3], [10, 10, 0])
    assert rate.low[0] == 0
    # the textbook rule: none seen, up to 3.69 two-sided
    assert rate.high[0] * 10 == pytest.approx(-np.log(0.025))
    assert np.isnan([rate.estimate[2], rate.low[2], rate.high[2]]).all()


def test_days_per_purchase(case):
    reference = case("F03")
    rate = poisson(sum(reference.inputs["purchases"]), sum(reference.inputs["exposure_days"]))
    assert 1 / rate.estimate == reference.expected["days_per_purchase"]


def test_goodman_by_hand():
    """Goodman 1965 (2.4): chi-square of 1 df at 0.05 / 3 for three categories."""
    counts = np.array([30, 18, 12])
    quantile = stats.chi2.ppf(1 - 0.05 / 3, 1)
    root = np.sqrt(quantile * (quantile + 4 * counts * (60 - counts) / 60))
    shares = goodman(counts)
    np.testing.assert_allclose(shares.low, (quantile + 2 * counts - root) / (2 * (60 + quantile)))
    np.testing.assert_allclose(shares.high, (quantile + 2 * counts + root) / (2 * (60 + quantile)))


def test_goodman_edges():
    assert np.isnan(goodman([0, 0]).low).all()
    assert goodman([5]).low.tolist() == [1.0]
    assert goodman([]).estimate.tolist() == []


@given(n=st.integers(1, 500), data=st.data())
def test_share_lies_inside(n, data):
    k = data.draw(st.integers(0, n))
    share, low, high, _ = wilson(k, n)
    assert 0 <= low <= share <= high <= 1
    mirrored = wilson(n - k, n)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-9)


def test_no_trials_give_nan_and_arrays_keep_their_shape():
    shares = wilson([[0, 1], [2, 0]], [[0, 2], [2, 5]])
    assert shares.estimate.shape == (2, 2)
    assert np.isnan([shares.estimate[0, 0], shares.low[0, 0], shares.high[0, 0]]).all()
    assert np.isnan(wilson(0, 0).low)
    assert np.isnan(newcombe(0, 0, 1, 2).low)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (np.nan, 5)])
def test_impossible_counts(k, n):
    with pytest.raises(ParameterError, match="counts cannot be"):
        wilson(k, n)


class TestMean:
    def test_symmetric_values_give_the_t_interval(self):
        values = [1, 2, 3, 4, 5, 6, 7]
        expected = stats.t.interval(0.95, 6, loc=4, scale=stats.sem(values))
        assert mean_interval(values)[1:3] == pytest.approx(expected)

    def test_skewed_money_reaches_further_up(self):
        mean = mean_interval([100, 120, 90, 110, 400])
        assert mean.high - mean.estimate > mean.estimate - mean.low

    def test_mirrored_values_mirror_the_limits(self):
        values = np.array([1, 2, 2, 3, 9.0])
        one, other = mean_interval(values), mean_interval(-values)
        assert (other.low, other.high) == pytest.approx((-one.high, -one.low))

    def test_covers_better_than_t(self):
        """Lognormal deals with a variation of 2, ten of them: 87 % against 78 % in 6,000 samples."""
        spread = np.sqrt(np.log(5))
        samples = np.random.default_rng(0).lognormal(0, spread, (800, 10))
        truth = np.exp(spread**2 / 2)
        covered = np.mean([low <= truth <= high for _, low, high, _ in map(mean_interval, samples)])
        plain = np.mean([abs(s.mean() - truth) <= stats.t.ppf(0.975, 9) * stats.sem(s) for s in samples])
        assert covered > 0.84
        assert plain < 0.82

    def test_few_values(self):
        assert np.isnan(mean_interval([]).estimate)
        one = mean_interval([5, np.nan])
        assert (one.estimate, one.n) == (5, 1)
        assert np.isnan(one.low)
        assert mean_interval([5, 5, 5, 5, 5])[:3] == (5, 5, 5)
