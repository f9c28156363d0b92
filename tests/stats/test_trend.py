"""The trend test against R, against ``sm.GLS``, and in its relations and edges."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.errors import ParameterError
from crm_analysis.stats.averaging import KAPPAS, RHOS, regress
from crm_analysis.stats.monthly import centred, month_dummies, normal_scores, prepare
from crm_analysis.stats.trend import series_variance_test, step_test, trend_test

SERIES = [30, 33, 31, 30, 29, 31, 28, 29, 27, 28, 25, 27, 26, 24, 25, 23]


def both_regressions(inputs):
    series = prepare(
        inputs["y"],
        months=None,
        first_month=1,
        kind="process",
        log=False,
        seasonal=inputs.get("seasonal", False),
    )
    time = centred(series.months)
    design = np.column_stack([np.ones(len(time)), time, series.season])
    scores = regress(normal_scores(series, time), series.months, design)[1]
    return scores, regress(series.effect, series.months, design)[1]


@pytest.mark.parametrize("name", ["A01", "A02", "A04", "A05", "A06"])
def test_scores_equal_r(case, name):
    reference = case(name)
    scores, _ = both_regressions(reference.inputs)
    expected = reference.expected
    assert scores.p_value == pytest.approx(expected["p"], abs=1e-10)
    assert scores.estimate == pytest.approx(expected["slope_score"], abs=1e-10)
    if "ci95" in expected:
        assert [scores.quantile(0.025), scores.quantile(0.975)] == pytest.approx(expected["ci95"], abs=1e-9)
    if "rho_mean" in expected:
        assert scores.mean_rho == pytest.approx(expected["rho_mean"], abs=1e-9)
    # the same through the public function
    trend = trend_test(reference.inputs["y"], seasonal=reference.inputs["seasonal"])
    assert trend.p_value == pytest.approx(expected["p"], abs=1e-10)


@pytest.mark.parametrize("name", ["A03", "A06"])
def test_size_in_units_equals_r(case, name):
    reference = case(name)
    expected = reference.expected.get("raw", reference.expected)
    trend = trend_test(reference.inputs["y"], seasonal=False, log=False)
    assert trend.slope == pytest.approx(expected["slope"], abs=1e-8)
    assert [trend.slope_low, trend.slope_high] == pytest.approx(expected["ci95"], abs=1e-8)
    _, raw = both_regressions(reference.inputs)
    assert raw.p_value == pytest.approx(expected["p"], abs=1e-10)
    assert trend.change == pytest.approx(expected["slope"] * (trend.n_points - 1), abs=1e-6)


def test_series_variance_equals_r(case):
    reference = case("A07")
    values = np.asarray(reference.inputs["y"], dtype=float)
    check = series_variance_test(values, np.arange(len(values)), np.empty((len(values), 0)))
    expected = reference.expected
    assert check.df == expected["K"]
    assert [check.slope, check.t, check.p_value] == pytest.approx(
        [expected["slope"], expected["t"], expected["p"]], rel=1e-9
    )


@pytest.mark.parametrize(("n", "seasonal", "gap"), [(24, True, False), (36, False, True), (40, True, True)])
def test_whitened_algebra_is_sm_gls(n, seasonal, gap):
    months = np.arange(n) + (np.arange(n) >= n // 2) * 2 * gap
    values = np.random.default_rng(n).normal(size=n).cumsum()
    season = month_dummies(months % 12) if seasonal else np.empty((n, 0))
    design = np.column_stack([np.ones(n), centred(months), season])
    mine = regress(values, months, design)[1]
    slopes, errors, log_weights = [], [], []
    for kappa in KAPPAS if n >= 36 else KAPPAS[:1]:
        for rho in RHOS:
            sigma = (1 - kappa) * rho ** np.abs(months[:, None] - months) + kappa * np.eye(n)
            fit = sm.GLS(values, design, sigma=sigma).fit()
            logs = np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(fit.normalized_cov_params)[1]
            slopes.append(fit.params[1])
            errors.append(fit.bse[1])
            log_weights.append(-0.5 * (fit.df_resid * np.log(fit.ssr) + logs))
    weights = np.exp(np.array(log_weights) - max(log_weights))
    kept = weights / weights.sum() > 1e-14
    np.testing.assert_allclose(mine.slopes, np.array(slopes)[kept], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(mine.errors, np.array(errors)[kept], rtol=1e-10)
    np.testing.assert_allclose(mine.weights, weights[kept] / weights[kept].sum(), rtol=1e-8, atol=1e-12)


def ar1(rng, n, rho):
    noise = rng.normal(size=n)
    noise[0] /= np.sqrt(1 - rho**2)
    for t in range(1, n):
        noise[t] += rho * noise[t - 1]
    return noise


def test_false_alarms_where_least_squares_fails():
    """24 steady months with autocorrelation .3: the nominal 5 % holds here, and not for least squares.

    In long simulations it is 3 % against 14 %; 600 runs have a standard error of 0.9 and 1.4 points.
    """
    rng = np.random.default_rng(20)
    runs = [ar1(rng, 24, 0.3) for _ in range(600)]
    design = sm.add_constant(np.arange(24))
    averaged = np.mean([trend_test(run, seasonal=False).p_value <= 0.05 for run in runs])
    least_squares = np.mean([sm.OLS(run, design).fit().pvalues[1] <= 0.05 for run in runs])
    assert averaged <= 0.08
    assert least_squares > 0.10


def test_planted_trend_is_found_and_a_steady_series_is_not():
    noise = np.random.default_rng(5).normal(size=36)
    rising = trend_test(100 + 3 * np.arange(36) + 4 * noise, log=False)
    steady = trend_test(100 + 4 * noise, log=False)
    assert rising.p_value < 1e-5
    assert rising.slope_low < 3 < rising.slope_high
    assert steady.p_value > 0.05
    assert not steady.borderline


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(0.01, 1e6), seed=st.integers(0, 1000))
def test_money_in_another_unit_changes_no_verdict(factor, seed):
    values = np.random.default_rng(seed).lognormal(5, 0.3, 30)
    one, other = trend_test(values), trend_test(values * factor)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert other.change == pytest.approx(one.change, rel=1e-6, abs=1e-9)


def test_turned_round_the_slope_changes_sign_and_the_p_value_stays():
    values = np.random.default_rng(1).normal(10, 1, 20)
    one, other = trend_test(values, log=False), trend_test(values[::-1], log=False)
    assert other.slope == pytest.approx(-one.slope)
    assert other.p_value == pytest.approx(one.p_value)


def test_scale_of_the_size_leaves_the_p_value():
    assert trend_test(SERIES, log=True).p_value == trend_test(SERIES, log=False).p_value


def test_fraction_and_units():
    trend = trend_test(100 * 1.02 ** np.arange(30), seasonal=False)
    assert trend.scale == "log"
    assert trend.change == pytest.approx(1.02**29 - 1)
    assert trend.change_per_year == pytest.approx(1.02**12 - 1)


@pytest.mark.parametrize("seasonal", [None, False])
def test_perfect_line(seasonal):
    trend = trend_test(np.arange(30) * 2.0 - 10, seasonal=seasonal)
    assert (trend.slope, trend.slope_low, trend.slope_high) == pytest.approx((2, 2, 2))
    assert trend.p_value < 1e-4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5, 1e9, np.nan, np.inf]), min_size=0, max_size=40))
def test_any_series_has_an_answer(values):
    trend = trend_test(values)
    assert trend.tested == (0 <= trend.p_value <= 1)
    if trend.tested:
        rounding = 1e-9 * abs(trend.slope)
        assert trend.slope_low - rounding <= trend.slope <= trend.slope_high + rounding


def test_missing_months_as_nan_or_left_out():
    values = np.array(SERIES, dtype=float)
    values[[4, 9]] = np.nan
    there = np.flatnonzero(~np.isnan(values))
    one = trend_test(values)
    other = trend_test(values[there], months=there)
    assert one == other
    assert one.n_points == 14
    # closing the gap is another series
    assert trend_test(values[there]).slope != one.slope


@pytest.mark.parametrize(
    ("values", "kind", "seasonal", "status"),
    [
        ([], "process", None, "too_few"),
        ([5], "process", None, "too_few"),
        (range(11), "process", None, "too_few"),
        ([np.nan] * 30, "process", None, "too_few"),
        (range(12), "process", None, "preliminary"),
        (range(23), "money", None, "season_unclear"),
        (range(23), "money", False, "preliminary"),
        (range(23), "process", True, "season_unclear"),
        ([1, np.nan] * 12 + [3], "process", None, "gaps"),
        ([4.0] * 30, "process", None, "constant"),
        ([np.inf] * 30, "process", None, "constant"),
        ([*range(12), *range(12)], "money", None, "constant"),
        (np.random.default_rng(0).normal(size=24), "money", None, "full"),
    ],
)
def test_status(values, kind, seasonal, status):
    trend = trend_test(list(values), kind=kind, seasonal=seasonal)
    assert trend.status == status
    assert trend.tested is (status in {"full", "preliminary"})
    assert np.isnan(trend.p_value) is not trend.tested
    assert np.isfinite(trend.slope) == trend.tested


def test_infinite_cost_is_the_top_rank():
    values = np.linspace(10, 20, 15)
    worse = values.copy()
    worse[-1] = np.inf
    assert trend_test(worse).p_value == pytest.approx(trend_test(values).p_value)
    assert np.isfinite(trend_test(worse).change)


def test_season_is_taken_out_from_24_months():
    season = np.tile([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60], 2)
    noise = np.random.default_rng(3).normal(size=24)
    with_season = trend_test(100 + season + noise, kind="money")
    without = trend_test(100 + noise, kind="money")
    assert with_season.seasonal
    assert with_season.p_value == pytest.approx(without.p_value, abs=1e-9)


def test_detectable_is_the_table_times_the_noise():
    rng = np.random.default_rng(8)
    trend = trend_test(ar1(rng, 60, 0.0) * 5, seasonal=False, log=False)
    assert 1.4 * 5 * 0.8 < trend.detectable < 2.0 * 5 * 1.2


@pytest.mark.parametrize(
    "arguments",
    [
        {"values": SERIES, "first_month": 13},
        {"values": SERIES, "kind": "revenue"},
        {"values": [-1, *SERIES], "log": True},
        {"values": [-np.inf, *SERIES]},
        {"values": SERIES, "months": list(range(15))},
        {"values": SERIES, "months": [0] * 16},
        {"values": SERIES, "months": np.arange(16) + 0.5},
        {"values": [SERIES]},
    ],
)
def test_wrong_input_is_told(arguments):
    with pytest.raises(ParameterError):
        trend_test(**arguments)


class TestStep:
    def test_planted_step(self):
        noise = np.random.default_rng(2).normal(size=30)
        step = step_test(50 + 4 * (np.arange(30) >= 18) + noise, at=18, log=False, seasonal=False)
        assert step.p_value < 0.001
        assert step.low < 4 < step.high
        assert (step.n_before, step.n_after) == (18, 12)

    def test_no_step(self):
        step = step_test(50 + np.random.default_rng(4).normal(size=30), at=18, seasonal=False)
        assert step.tested
        assert step.p_value > 0.05

    def test_false_alarms(self):
        """24 months, autocorrelation .3: about 3 % in long simulations, the two-sample t test 15 %."""
        rng = np.random.default_rng(6)
        found = [step_test(ar1(rng, 24, 0.3), at=14, seasonal=False).p_value <= 0.05 for _ in range(300)]
        assert np.mean(found) <= 0.08

    def test_equals_least_squares_where_there_is_no_noise(self):
        step = step_test([10.0] * 8 + [15.0] * 8, at=8)
        assert step.shift == pytest.approx(0.5)

    @pytest.mark.parametrize(("at", "status"), [(2, "too_few"), (14, "too_few"), (3, "preliminary")])
    def test_short_side(self, at, status):
        assert step_test(SERIES, at=at).status == status

    def test_season_unclear(self):
        assert step_test(SERIES, at=8, kind="money").status == "season_unclear"

    def test_months_count_from_their_own_beginning(self):
        one = step_test(SERIES, at=8)
        other = step_test(SERIES, at=108, months=np.arange(100, 116))
        assert one == other

    def test_nan_before_the_event_is_not_counted(self):
        step = step_test([np.nan, *SERIES], at=9)
        assert step.p_value == step_test(SERIES, at=8).p_value

    @pytest.mark.parametrize("at", [0, 16, -1])
    def test_event_outside(self, at):
        with pytest.raises(ParameterError, match="The event is in month"):
            step_test(SERIES, at=at)
