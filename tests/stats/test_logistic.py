"""Logistic regression, its errors by clusters, its hold-out, and differences of matched cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from crm_analysis.errors import ParameterError
from crm_analysis.stats.clustered import clustered
from crm_analysis.stats.held_out import concordance, held_out
from crm_analysis.stats.logistic import firth, independent_factors, logistic
from crm_analysis.stats.matched import matched_difference

#: R 4.2.2, clubSandwich 0.5.8: lm(value ~ month), coef_test(vcov = "CR2", cluster = month).
MONTHS = np.repeat([1, 2, 3, 4, 5, 6], [3, 5, 4, 6, 2, 5])
VALUES = [10, 12, 9, 11, 15, 13, 12, 14, 16, 13, 12, 15, 18, 14, 17, 15, 16, 19, 14, 18, 20, 17, 16, 19, 21]
SLOPE, ERROR_CR2, DF, P_CR2 = 1.53227699531, 0.152041813528, 2.36, 0.005456674583


def table(counts: dict[str, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return outcome and group of cases, given yes and no by group."""
    outcome = np.concatenate([[1] * yes + [0] * no for yes, no in counts.values()])
    return outcome, np.repeat(list(counts), [sum(both) for both in counts.values()])


def repeated(seed: int, *, clusters: int = 150, spread: float = 1.5, effect: float = 0.0):
    """Make deals of customers with odds of their own, with a channel a customer and an owner a deal."""
    generator = np.random.Generator(np.random.PCG64(seed))
    unit = generator.integers(0, clusters, clusters * 3)
    channel = generator.choice(list("WXYZ"), clusters)[unit]
    owner = generator.choice(list("abcdef"), len(unit))
    odds = -0.5 + generator.normal(0, spread, clusters)[unit] + effect * (owner == "a")
    won = generator.random(len(unit)) < special.expit(odds)
    return won, {"channel": channel, "owner": owner}, unit


class TestClustered:
    def test_errors_of_r_club_sandwich(self) -> None:
        x = np.column_stack([np.ones(25), MONTHS])
        beta = np.linalg.lstsq(x, np.array(VALUES, dtype=float), rcond=None)[0]
        found = clustered(x, VALUES - x @ beta, MONTHS, [[0, 1]])
        assert beta[1] == pytest.approx(SLOPE, abs=1e-9)
        assert found.error[0] == pytest.approx(ERROR_CR2, rel=1e-8)
        assert found.df[0] == pytest.approx(DF, abs=0.005)
        p_value = 2 * stats.t.sf(beta[1] / found.error[0], found.df[0])
        assert p_value == pytest.approx(P_CR2, rel=1e-6)

    def test_formula_of_a_mean_of_unequal_clusters(self) -> None:
        # Pustejovsky and Tipton (2018): closed form for an intercept alone
        sizes = np.array([1, 1, 2, 3, 5, 8, 1])
        values = np.random.Generator(np.random.PCG64(1)).normal(size=sizes.sum())
        unit = np.repeat(np.arange(len(sizes)), sizes)
        n = sizes.sum()
        means = np.bincount(unit, weights=values) / sizes
        error = np.sqrt((sizes**2 * (means - values.mean()) ** 2 / (1 - sizes / n)).sum()) / n
        rest = n - sizes
        df = n**2 / (
            n**2 * (sizes**2 / rest**2).sum()
            - 2 * n * (sizes**3 / rest**2).sum()
            + (sizes**2 / rest).sum() ** 2
        )
        found = clustered(np.ones((n, 1)), values - values.mean(), unit, [[1.0]])
        assert found.error[0] == pytest.approx(error)
        assert found.df[0] == pytest.approx(df)

    def test_single_cases_are_the_same_one_by_one_or_together(self) -> None:
        # single cases go a short way of their own; a pair of which one has no weight is a single case
        generator = np.random.Generator(np.random.PCG64(2))
        x, e = generator.normal(size=(30, 3)), generator.normal(size=30)
        alone = clustered(x, e, range(30), np.eye(3))
        padded = clustered(np.r_[x, np.zeros((30, 3))], np.r_[e, np.zeros(30)], [*range(30)] * 2, np.eye(3))
        np.testing.assert_allclose(alone.error, padded.error)
        np.testing.assert_allclose(alone.df, padded.df)

    def test_a_parameter_of_one_cluster_has_no_error(self) -> None:
        x = np.column_stack([np.ones(10), np.arange(10) < 3])
        found = clustered(x, np.tile([1.0, -1.0], 5), [0] * 3 + list(range(1, 8)), [[0, 1], [1, 0]])
        assert np.isnan(found.error).tolist() == [True, False]
        assert np.isnan(found.df).tolist() == [True, False]

    def test_lengths_must_agree(self) -> None:
        with pytest.raises(ParameterError, match="One residual and one cluster a case"):
            clustered(np.ones((3, 1)), [0, 0], [1, 2, 3], [[1.0]])


class TestLogistic:
    def test_coefficients_of_greene(self) -> None:
        # Greene (2003), Econometric Analysis, 5th edition, table 21.1; the data come with statsmodels
        from statsmodels.datasets import spector

        data = spector.load_pandas().data
        fit = logistic(data["GRADE"], {name: data[name] for name in ("GPA", "TUCE", "PSI")}, range(32))
        coefficients = fit.levels.set_index("factor")["log_odds"]
        assert coefficients.round(3).to_dict() == {"GPA": 2.826, "TUCE": 0.095, "PSI": 2.379}
        # standard errors there: 1.263, .142, 1.065, of independent cases
        assert (fit.levels["error"] >= np.array([1.262, 0.141, 1.064])).all()

    def test_two_groups_by_hand(self) -> None:
        won, owner = table({"Ann": (30, 10), "Bob": (10, 30), "Cem": (20, 20)})
        levels = logistic(won, {"owner": owner}, range(120)).levels.set_index("level")
        # the log odds are log 3, −log 3 and 0, their mean is 0
        assert levels["log_odds"].tolist() == pytest.approx([np.log(3), -np.log(3), 0], abs=1e-9)
        assert levels[["cases", "events"]].to_numpy().tolist() == [[40, 30], [40, 10], [40, 20]]

    def test_the_average_weighs_by_cases(self) -> None:
        won, owner = table({"Ann": (60, 60), "Bob": (30, 10)})
        levels = logistic(won, {"owner": owner}, range(160)).levels
        assert (levels["log_odds"] * levels["cases"]).sum() == pytest.approx(0, abs=1e-9)
        assert levels["log_odds"].diff().iloc[1] == pytest.approx(np.log(3))

    def test_confounding_is_taken_out(self) -> None:
        # Bob wins less only because he is given the hard channel: the odds are 3 and 1/3 for either owner
        parts = {
            ("Ann", "easy"): (60, 20),
            ("Ann", "hard"): (10, 30),
            ("Bob", "easy"): (15, 5),
            ("Bob", "hard"): (20, 60),
        }
        won = np.concatenate([[1] * yes + [0] * no for yes, no in parts.values()])
        names = [key for key, both in parts.items() for _ in range(sum(both))]
        fit = logistic(
            won, {"owner": [n[0] for n in names], "channel": [n[1] for n in names]}, range(len(won))
        )
        levels = fit.levels.set_index(["factor", "level"])
        assert levels.loc["owner", "log_odds"].tolist() == pytest.approx([0, 0], abs=1e-9)
        assert levels.loc[("channel", "easy"), "p_value"] < 1e-6
        assert fit.factors.set_index("factor")["p_value"]["owner"] == pytest.approx(1)

    def test_order_and_names_make_no_difference(self) -> None:
        won, factors, unit = repeated(3)
        order = np.random.Generator(np.random.PCG64(4)).permutation(len(won))
        fit = logistic(won, factors, unit)
        turned = logistic(won[order], {k: v[order] for k, v in reversed(factors.items())}, unit[order])
        keys = ["factor", "level"]
        pd.testing.assert_frame_equal(
            fit.levels.sort_values(keys, ignore_index=True),
            turned.levels.sort_values(keys, ignore_index=True),
        )

    def test_a_deal_twice_of_the_same_customer_tells_nothing_new(self) -> None:
        won, owner = table({"Ann": (30, 20), "Bob": (15, 35)})
        once = logistic(won, {"owner": owner}, range(100)).levels
        twice = logistic(np.tile(won, 2), {"owner": np.tile(owner, 2)}, [*range(100)] * 2).levels
        apart = logistic(np.tile(won, 2), {"owner": np.tile(owner, 2)}, range(200)).levels
        assert twice["error"].tolist() == pytest.approx(once["error"].tolist(), rel=0.02)
        assert (apart["error"] < 0.75 * once["error"]).all()

    @pytest.mark.parametrize("all_won", [True, False])
    def test_a_level_that_always_ends_alike_has_finite_odds(self, all_won: bool) -> None:
        sure = (40, 0) if all_won else (0, 40)
        won, owner = table({"Ann": sure, "Bob": (15, 25), "Cem": (18, 22)})
        fit = logistic(won, {"owner": owner}, range(120))
        assert fit.method == "firth"
        # saturated: Firth's penalty adds half a case to each cell (Heinze and Schemper 2002)
        odds = {name: np.log((yes + 0.5) / (no + 0.5)) for name, (yes, no) in
                {"Ann": sure, "Bob": (15, 25), "Cem": (18, 22)}.items()}  # fmt: skip
        expected = np.array(list(odds.values())) - np.mean(list(odds.values()))
        assert fit.levels["log_odds"].tolist() == pytest.approx(expected.tolist(), abs=1e-6)
        assert np.isfinite(fit.levels[["low", "high"]].to_numpy()).all()
        # the error is not that of residuals which separation has made vanish
        assert fit.levels["error"].iloc[0] > 0.8

    def test_factors_that_decide_together_have_finite_odds(self) -> None:
        x = np.linspace(-1, 1, 60)
        fit = logistic(x > 0, {"x": x}, range(60))
        assert fit.method == "firth"
        assert np.isfinite(fit.levels[["log_odds", "low", "high"]].to_numpy()).all()

    def test_firth_of_one_group_is_half_a_case_more(self) -> None:
        for yes, no in product((0, 3), (4, 11)):
            y = np.r_[np.ones(yes), np.zeros(no)]
            assert firth(np.ones((yes + no, 1)), y)[0] == pytest.approx(np.log((yes + 0.5) / (no + 0.5)))

    def test_where_nothing_differs_few_tests_say_so(self) -> None:
        levels, factors = [], []
        for seed in range(60):
            fit = logistic(*repeated(seed))
            levels.append((fit.levels["p_value"] < 0.05).mean())
            factors.append((fit.factors["p_value"] < 0.05).to_numpy())
        # nominal 5 %; three standard errors of 60 repetitions for the tests of a factor
        assert np.mean(levels) < 0.06
        assert (np.mean(factors, axis=0) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)).all()

    def test_a_planted_owner_is_found_and_lies_in_the_range(self) -> None:
        found, held = 0, 0
        for seed in range(20):
            won, factors, unit = repeated(seed, clusters=400, spread=0.3, effect=1.0)
            row = logistic(won, factors, unit).levels.set_index(["factor", "level"]).loc[("owner", "a")]
            found += row["p_value"] < 0.01
            truth = 1.0 * (1 - (factors["owner"] == "a").mean())
            held += row["low"] < truth < row["high"]
        assert found >= 19
        assert held >= 17

    def test_one_customer_behind_a_level_is_no_answer(self) -> None:
        won, owner = table({"Ann": (10, 10), "Bob": (25, 55)})
        unit = np.r_[np.zeros(20, dtype=int), np.arange(1, 81)]
        levels = logistic(won, {"owner": owner}, unit).levels
        assert levels.loc[levels["level"] == "Ann", "p_value"].isna().all()

    def test_what_cannot_be_told_apart_is_refused(self) -> None:
        city, country = list("abcabcabcabc"), list("xxyxxyxxyxxy")
        won = [1, 0] * 6
        with pytest.raises(ParameterError, match='repeat the others: "country"'):
            logistic(won, {"city": city, "country": country}, range(12))
        assert independent_factors({"country": country, "city": city}, 12) == (["country"], ["city"])
        with pytest.raises(ParameterError, match="Each case has an outcome"):
            logistic([1] * 12, {"city": city}, range(12))
        with pytest.raises(ParameterError, match="some of them blank"):
            logistic(won, {"city": [None, *city[1:]]}, range(12))


class TestHeldOut:
    def test_pairs_by_hand(self) -> None:
        # of the six pairs five are right and one is a tie
        area = concordance([1, 1, 0, 0, 0], [0.9, 0.5, 0.5, 0.4, 0.1], range(5), [0] * 5)
        assert area.estimate == pytest.approx(5.5 / 6)
        # pairs are formed within a part: a score that only tells the parts apart tells nothing
        apart = concordance([1, 0, 1, 0], [0.9, 0.9, 0.1, 0.1], range(4), [0, 0, 1, 1])
        assert apart.estimate == 0.5

    def test_area_is_that_of_the_rank_test(self) -> None:
        generator = np.random.Generator(np.random.PCG64(6))
        y, score = generator.random(200) < 0.4, generator.normal(size=200)
        u = stats.mannwhitneyu(score[y], score[~y]).statistic
        area = concordance(y, score, range(200), np.zeros(200))
        assert area.estimate == pytest.approx(u / (y.sum() * (~y).sum()))
        # Hanley and McNeil (1982) for an area near a half: variance (n + 1) / (12 m n)
        error = np.sqrt(201 / (12 * y.sum() * (~y).sum()))
        assert (area.high - area.low) / 2 / 1.97 == pytest.approx(error, rel=0.05)

    def test_what_tells_nothing_is_a_coin(self) -> None:
        areas = [held_out(*repeated(seed)).auc.estimate for seed in range(20)]
        assert np.mean(areas) == pytest.approx(0.5, abs=0.02)

    def test_deals_of_a_customer_are_left_out_together(self) -> None:
        # a factor that only names the customer foretells nothing of customers not seen
        unit = np.repeat(np.arange(60), 5)
        won = np.repeat(np.random.Generator(np.random.PCG64(7)).random(60) < 0.5, 5)
        told = held_out(won, {"customer": unit.astype(str)}, unit)
        assert told.auc.estimate == pytest.approx(0.5, abs=0.1)
        assert held_out(won, {"customer": unit.astype(str)}, range(300)).auc.estimate > 0.95

    def test_a_strong_factor_beats_the_base_rate(self) -> None:
        won, channel = table({"good": (80, 20), "bad": (20, 80)})
        order = np.random.Generator(np.random.PCG64(8)).permutation(200)
        told = held_out(won[order], {"channel": channel[order]}, range(200))
        assert told.auc.low > 0.7
        # .2 × .8 by the channel, .5 × .5 without
        assert told.brier == pytest.approx(0.16, abs=0.005)
        assert told.brier_base == pytest.approx(0.25, abs=0.005)
        assert told.brier_gain.low > 0
        assert told.log_loss < told.log_loss_base

    def test_the_order_of_cases_does_not_matter(self) -> None:
        won, factors, unit = repeated(9)
        turned = held_out(won[::-1], {k: v[::-1] for k, v in factors.items()}, unit[::-1])
        assert turned.auc == pytest.approx(held_out(won, factors, unit).auc)

    def test_few_customers_are_no_answer(self) -> None:
        told = held_out([1, 0] * 20, {"a": ["x", "y"] * 20}, [*range(10)] * 4)
        assert np.isnan(told.auc.estimate)
        with pytest.raises(ParameterError, match="Two or more"):
            held_out([1, 0], {"a": ["x", "y"]}, range(2), folds=1)


class TestMatched:
    def test_weights_of_strata_by_hand(self) -> None:
        # differences 2 and 1, weights 2·2/4 and 1·1/2; the lone case of stratum c has no match
        found = matched_difference([5, 6, 3, 4, 9, 8, 99], [1, 1, 0, 0, 1, 0, 1], [*"aaaabbc"], range(7))
        assert found.estimate == pytest.approx((2 * 1 + 1 * 0.5) / 1.5)
        assert (found.cases, found.controls, found.strata) == (3, 3, 2)

    def test_one_stratum_of_single_cases_is_the_test_of_welch(self) -> None:
        generator = np.random.Generator(np.random.PCG64(10))
        a, b = generator.normal(0.3, 2.0, 12), generator.normal(0, 1, 30)
        found = matched_difference(np.r_[a, b], [1] * 12 + [0] * 30, ["x"] * 42, range(42))
        welch = stats.ttest_ind(a, b, equal_var=False)
        pooled = stats.ttest_ind(a, b)
        assert found.estimate == pytest.approx(a.mean() - b.mean())
        # Bell and McCaffrey's error of two groups is Welch's, and here the larger of the two
        error = (a.mean() - b.mean()) / welch.statistic
        assert error > (a.mean() - b.mean()) / pooled.statistic
        # degrees of freedom for equal variances (Imbens and Kolesár 2016, section II)
        df = 42**2 * 29 * 11 / (12**2 * 11 + 30**2 * 29)
        assert (found.high - found.low) / 2 / error == pytest.approx(stats.t.ppf(0.975, df))

    def test_a_difference_between_strata_is_none_within(self) -> None:
        # large products are lost more often; within a product nothing differs
        values = np.r_[np.tile([1.0, 2.0], 20), np.tile([11.0, 12.0], 20)]
        marked = np.r_[np.repeat([1, 0], [8, 32]), np.repeat([1, 0], [32, 8])]
        found = matched_difference(values, marked, ["s"] * 40 + ["l"] * 40, range(80))
        assert found.estimate == pytest.approx(0, abs=1e-9)

    def test_repeated_customers_bring_no_false_alarms(self) -> None:
        wrong = 0
        for seed in range(100):
            generator = np.random.Generator(np.random.PCG64(seed))
            unit = np.repeat(np.arange(40), 4)
            marked = np.repeat(generator.random(40) < 0.4, 4)
            values = np.repeat(generator.normal(size=40), 4) + generator.normal(0, 0.3, 160)
            wrong += matched_difference(values, marked, generator.choice([*"abc"], 160), unit).p_value < 0.05
        assert wrong <= 11

    def test_nothing_to_compare(self) -> None:
        none = matched_difference([1, 2], [1, 1], ["a", "a"], [1, 2])
        assert (none.cases, none.strata) == (0, 0)
        assert np.isnan(none.estimate)
        alike = matched_difference([1.0] * 6, [1, 1, 1, 0, 0, 0], ["a"] * 6, range(6))
        assert alike.estimate == pytest.approx(0, abs=1e-12)
        with pytest.raises(ParameterError, match="One of each a case"):
            matched_difference([1], [1, 0], ["a"], [1])
