"""Rates of groups that were given different cases, against numbers from elsewhere and planted truths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from crm_analysis.errors import ParameterError
from crm_analysis.stats.adjusted_rates import adjusted_rates

#: Admissions to Berkeley in 1973 by department: men admitted and rejected, women admitted and rejected
#: (R: datasets::UCBAdmissions; Bickel, Hammel and O'Connell 1975).
BERKELEY = {
    "A": (512, 313, 89, 19), "B": (353, 207, 17, 8), "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244), "E": (53, 138, 94, 299), "F": (22, 351, 24, 317),
}  # fmt: skip


def berkeley() -> tuple[list[str], list[int], pd.DataFrame]:
    group, won, department = [], [], []
    for name, counts in BERKELEY.items():
        for sex, success, n in zip(("men", "men", "women", "women"), (1, 0, 1, 0), counts, strict=True):
            group += [sex] * n
            won += [success] * n
            department += [name] * n
    return group, won, pd.DataFrame({"department": department})


class TestBerkeley:
    def test_raw_rates(self) -> None:
        table = adjusted_rates(*berkeley()).table.set_index("group")
        assert table.loc["men", "raw"] == pytest.approx(1198 / 2691)
        assert table.loc["women", "raw"] == pytest.approx(557 / 1835)

    def test_the_p_value_is_that_of_glm(self) -> None:
        # R: summary(glm(Admit ~ Gender + Dept, binomial)): Gender z = 1.235, p = 0.2167
        p_values = adjusted_rates(*berkeley()).table["p_value"]
        assert p_values.to_numpy() == pytest.approx([0.2167, 0.2167], abs=0.002)

    def test_the_order_turns_with_the_same_departments(self) -> None:
        table = adjusted_rates(*berkeley()).table.set_index("group")
        assert table.loc["women", "rate"] > table.loc["men", "rate"]
        assert abs(table.loc["women", "rate"] - table.loc["men", "rate"]) < 0.02
        # men applied where most are admitted
        assert table.loc["men", "expected"] > table.loc["women", "expected"] + 0.1

    def test_without_the_departments_they_differ_beyond_doubt(self) -> None:
        group, won, departments = berkeley()
        table = adjusted_rates(group, won, departments.assign(department="any")).table
        # chi-square of the table of two by two is 92.2 (R: chisq.test(…, correct = FALSE))
        assert special.ndtri(table["p_value"].iloc[0] / 2) ** 2 == pytest.approx(92.2, rel=0.02)


class TestRelations:
    def test_order_of_rows_makes_no_difference(self) -> None:
        group, won, departments = berkeley()
        turn = np.random.Generator(np.random.PCG64(1)).permutation(len(won))
        one = adjusted_rates(group, won, departments).table
        other = adjusted_rates(np.array(group)[turn], np.array(won)[turn], departments.iloc[turn]).table
        pd.testing.assert_frame_equal(one, other, rtol=1e-9)

    def test_more_cases_make_narrower_ranges(self) -> None:
        group, won, departments = berkeley()
        one = adjusted_rates(group, won, departments).table
        four = adjusted_rates(group * 4, won * 4, pd.concat([departments] * 4)).table
        assert ((four["high"] - four["low"]) < 0.7 * (one["high"] - one["low"])).all()

    def test_a_group_with_few_cases_is_drawn_to_the_average(self) -> None:
        group = ["large"] * 200 + ["other"] * 200 + ["tiny"] * 2
        won = [1, 0] * 200 + [1, 1]
        table = adjusted_rates(group, won, pd.DataFrame({"x": ["same"] * 402})).table.set_index("group")
        assert table.loc["tiny", "raw"] == 1.0
        assert table.loc["tiny", "rate"] < 0.75
        assert table.loc["tiny", "low"] < 0.5 < table.loc["tiny", "high"]

    def test_outcomes_that_come_in_clusters_widen_the_ranges(self) -> None:
        generator = np.random.Generator(np.random.PCG64(4))
        clusters = np.repeat(np.arange(80), 6)
        won = np.repeat(generator.random(80) < 0.5, 6)
        group, same = np.where(clusters % 4 < 2, "a", "b"), pd.DataFrame({"x": ["same"] * 480})
        alone = adjusted_rates(group, won, same)
        together = adjusted_rates(group, won, same, cluster=clusters)
        # all six of a cluster are alike: six times the variance
        assert together.dispersion == pytest.approx(6, rel=0.05)
        assert alone.dispersion == 1.0
        widths = [(one.table["high"] - one.table["low"]).mean() for one in (alone, together)]
        assert widths[1] > 1.2 * widths[0]


def team(seed: int, effects: list[float], deals: int = 120) -> tuple[list[str], np.ndarray, pd.DataFrame]:
    """Deals of a team; the first owner is given hard ones only."""
    generator = np.random.Generator(np.random.PCG64(seed))
    owner = np.repeat(np.arange(len(effects)), deals)
    easy = np.where(owner == 0, 0, generator.random(len(owner)) < 0.5)
    chance = special.expit(-1 + 1.2 * easy + np.array(effects)[owner])
    won = generator.random(len(owner)) < chance
    return [f"o{at}" for at in owner], won, pd.DataFrame({"client": np.where(easy, "easy", "hard")})


class TestPlanted:
    def test_skill_hidden_by_hard_clients_is_found(self) -> None:
        table = adjusted_rates(*team(3, [0.9, 0, 0, 0, 0, 0], deals=250)).table.set_index("group")
        others = table.drop("o0")
        assert table.loc["o0", "rate"] > others["rate"].max()
        assert table.loc["o0", "p_value"] < 0.01
        assert table.loc["o0", "expected"] < others["expected"].min() - 0.08

    def test_ranges_hold_the_truth(self) -> None:
        held = []
        for seed in range(25):
            effects = np.random.Generator(np.random.PCG64(100 + seed)).normal(0, 0.4, 6)
            group, won, clients = team(seed, list(effects))
            table = adjusted_rates(group, won, clients).table
            easy = (clients["client"] == "easy").mean()
            truth = easy * special.expit(0.2 + effects) + (1 - easy) * special.expit(-1 + effects)
            held.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
        assert np.mean(held) >= 0.9

    def test_nobody_is_better_and_hardly_anybody_is_called_so(self) -> None:
        p_values = [adjusted_rates(*team(seed, [0.0] * 6)).table["p_value"] for seed in range(40)]
        # 240 tests of nothing: 12 below 5 % are expected, 20 come in one of a hundred cases
        assert (pd.concat(p_values) < 0.05).sum() <= 20


class TestEdges:
    def test_nothing(self) -> None:
        done = adjusted_rates([], [], pd.DataFrame({"x": pd.Series(dtype="str")}))
        assert done.table.empty
        assert list(done.table.columns)[:3] == ["group", "cases", "successes"]

    @pytest.mark.parametrize("won", [0, 1])
    def test_all_alike(self, won: int) -> None:
        table = adjusted_rates(["a", "b"] * 10, [won] * 20, pd.DataFrame({"x": ["s"] * 20})).table
        assert table["p_value"].isna().all()
        assert table["rate"].between(0.01, 0.99).all()

    def test_one_group(self) -> None:
        table = adjusted_rates(["a"] * 10, [1, 0] * 5, pd.DataFrame({"x": ["s"] * 10})).table
        assert table["rate"].tolist() == [0.5]
        assert table["low"].isna().all()

    def test_a_group_that_won_all_and_a_level_that_lost_all(self) -> None:
        group = ["a"] * 30 + ["b"] * 30
        won = [1] * 30 + [1, 0] * 15
        levels = pd.DataFrame({"x": ["s"] * 30 + ["s", "t"] * 15})
        table = adjusted_rates(group, won, levels).table
        assert np.isfinite(table.drop(columns="group").to_numpy(dtype=float)).all()

    @pytest.mark.parametrize("won", [[1, 0], [1, 0, 2]])
    def test_bad_input(self, won: list[int]) -> None:
        with pytest.raises(ParameterError, match="outcome"):
            adjusted_rates(["a", "b", "c"], won, pd.DataFrame({"x": ["s"] * 3}))
