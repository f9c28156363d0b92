"""Association of outcomes with groups: against R and hand arithmetic, and its false alarms counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.association import association

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "deal_reasons.json").read_text(encoding="utf-8")
)
CASES = {case["id"]: case for case in REFERENCE["cases"]}


def single_cases(table: list[list[int]]) -> tuple[Any, Any]:
    """Return one unit of one case for each count of a table."""
    counts = np.array(table)
    outcomes = np.repeat(
        np.tile(np.eye(counts.shape[1], dtype=int), (len(counts), 1)), counts.ravel(), axis=0
    )
    return outcomes, np.repeat(np.arange(len(counts)), counts.sum(axis=1))


class TestAgainstOutsideNumbers:
    @pytest.mark.parametrize("name", ["E01-chi2", "E03-residuals-party"])
    def test_chi_square_and_residuals_equal_r(self, name: str) -> None:
        case = CASES[name]
        found = association(*single_cases(case["inputs"]["table"]), draws=200)
        wanted = case["expected"]
        assert found.observed.tolist() == case["inputs"]["table"]
        assert found.chi2 == pytest.approx(wanted["chi2"], rel=1e-9)
        assert found.residuals[0] == pytest.approx(wanted["adjusted_residuals_row1"], rel=1e-9)
        assert found.residuals[1] == pytest.approx([-r for r in wanted["adjusted_residuals_row1"]], rel=1e-9)

    def test_large_expected_counts_use_the_chi_square_distribution(self) -> None:
        found = association(*single_cases(CASES["E03-residuals-party"]["inputs"]["table"]))
        assert found.method == "pearson"
        assert found.df == 2
        assert found.p_value == pytest.approx(2.95358918321e-07, rel=1e-6)
        assert found.units == 2757

    @pytest.mark.parametrize("name", ["E01-chi2", "E02-small-counts"])
    def test_small_expected_counts_use_random_tables(self, name: str) -> None:
        found = association(*single_cases(CASES[name]["inputs"]["table"]))
        assert found.method == "permutation"
        # the exact test orders tables by their chance, ours by chi-square: near, not equal
        assert found.p_value == pytest.approx(CASES[name]["expected"]["fisher_p"], abs=0.006)

    @pytest.mark.parametrize("case", REFERENCE["fisher_2x2"], ids=lambda case: str(case["table"]))
    def test_cells_of_single_cases_are_fisher_s_exact_test(self, case: dict[str, Any]) -> None:
        found = association(*single_cases(case["table"]), draws=10)
        assert found.cell_p == pytest.approx(np.full((2, 2), case["p"]), rel=1e-6)

    def test_customers_with_several_deals_by_hand(self) -> None:
        # 6 customers with two deals each, three all A, three all B: of the 20 ways to label three of them,
        # 2 are as extreme; the deals taken as independent would give 2 / 924
        outcomes = [[2, 0]] * 3 + [[0, 2]] * 3
        found = association(outcomes, [0, 0, 0, 1, 1, 1], draws=40_000)
        assert found.p_value == pytest.approx(0.1, abs=0.006)
        assert found.cell_p == pytest.approx(np.full((2, 2), 0.1), abs=0.006)
        assert found.chi2 == pytest.approx(12.0)


class TestRelations:
    @pytest.fixture
    def customers(self) -> tuple[Any, Any]:
        generator = np.random.Generator(np.random.PCG64(4))
        return generator.multinomial(3, [0.5, 0.3, 0.2], 60), generator.choice(["x", "y", "z"], 60)

    def test_order_of_units_does_not_matter(self, customers: tuple[Any, Any]) -> None:
        outcomes, groups = customers
        shuffled = np.random.Generator(np.random.PCG64(1)).permutation(60)
        first, second = association(outcomes, groups), association(outcomes[shuffled], groups[shuffled])
        assert first.p_value == second.p_value
        assert first.cell_p.tolist() == second.cell_p.tolist()

    def test_units_without_cases_do_not_matter(self, customers: tuple[Any, Any]) -> None:
        outcomes, groups = customers
        more = np.vstack([outcomes, np.zeros((5, 3), dtype=int)])
        with_empty = association(more, [*groups, "x", "x", "y", "z", "w"])
        assert with_empty.groups.tolist() == ["w", "x", "y", "z"]
        assert with_empty.units == 60
        assert with_empty.p_value == pytest.approx(association(outcomes, groups).p_value, abs=0.02)
        assert np.isnan(with_empty.cell_p[0]).all()

    def test_doubled_deals_of_each_customer_are_no_new_evidence(self, customers: tuple[Any, Any]) -> None:
        outcomes, groups = customers
        once, twice = association(outcomes, groups), association(2 * outcomes, groups)
        assert twice.chi2 == pytest.approx(2 * once.chi2)
        assert twice.p_value == once.p_value

    def test_smallest_p_value_survives_hundreds_of_cells(self) -> None:
        outcomes = np.zeros((200, 20), dtype=int)
        outcomes[:, 1] = 2
        outcomes[:20] = 0
        outcomes[:20, 0] = 2
        groups = np.repeat(np.arange(10), 20)
        found = association(outcomes, groups)
        assert found.cell_p[0, 0] <= 0.0002

    def test_same_seed_same_answer(self, customers: tuple[Any, Any]) -> None:
        assert association(*customers, seed=3).p_value == association(*customers, seed=3).p_value


def repeating(generator: np.random.Generator, repetition: float) -> tuple[Any, Any]:
    """Return customers with 3 deals whose later reasons repeat the first with a given chance."""
    units, reasons = 60, 6
    first = generator.integers(0, reasons, units)
    outcomes = np.zeros((units, reasons), dtype=int)
    for _ in range(3):
        same = generator.random(units) < repetition
        drawn = np.where(same, first, generator.integers(0, reasons, units))
        outcomes[np.arange(units), drawn] += 1
    return outcomes, np.repeat([0, 1], units // 2)


def test_false_alarms_where_customers_repeat_their_reason() -> None:
    generator = np.random.Generator(np.random.PCG64(20))
    whole, single = [], []
    for _ in range(200):
        outcomes, groups = repeating(generator, 0.6)
        whole.append(association(outcomes, groups, draws=299).p_value)
        table = [outcomes[groups == side].sum(axis=0).tolist() for side in (0, 1)]
        single.append(association(*single_cases(table), draws=299).p_value)
    assert np.mean(np.array(whole) <= 0.05) <= 0.09
    assert np.mean(np.array(single) <= 0.05) >= 0.15


def test_cells_of_customers_hold_their_size() -> None:
    generator = np.random.Generator(np.random.PCG64(21))
    p_values = np.concatenate(
        [association(*repeating(generator, 0.3), draws=299).cell_p[0] for _ in range(200)]
    )
    assert 0.02 <= np.mean(p_values <= 0.05) <= 0.065


class TestEdges:
    @pytest.mark.parametrize(
        ("outcomes", "groups"),
        [([[1, 1], [2, 0]], [0, 0]), ([[1, 0], [2, 0]], [0, 1]), ([[0, 0], [0, 0]], [0, 1])],
    )
    def test_nothing_to_compare(self, outcomes: Any, groups: Any) -> None:
        found = association(outcomes, groups)
        assert found.method == "none"
        assert np.isnan(found.p_value)
        assert np.isnan(found.cell_p).all()

    def test_no_units(self) -> None:
        found = association(np.zeros((0, 3)), [])
        assert found.method == "none"
        assert found.observed.shape == (0, 3)

    def test_empty_outcome_has_no_p_value(self) -> None:
        found = association([[2, 1, 0], [0, 3, 0], [1, 0, 0]], ["a", "b", "b"])
        assert np.isnan(found.cell_p[:, 2]).all()
        assert found.df == 1

    @pytest.mark.parametrize(
        ("outcomes", "groups", "message"),
        [
            ([[1, -1]], [0], "whole numbers"),
            ([[0.5, 1]], [0], "whole numbers"),
            ([1, 2], [0, 1], "whole numbers"),
            ([[np.nan, 1]], [0], "whole numbers"),
            ([[1, 2]], [0, 1], "one label"),
            ([[1, 2], [2, 1]], ["a", None], "missing"),
        ],
    )
    def test_bad_input(self, outcomes: Any, groups: Any, message: str) -> None:
        with pytest.raises(ParameterError, match=message):
            association(outcomes, groups)
