"""Figures drawn toward the whole: textbook cases, closed forms, relations, coverage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

from crm_analysis.errors import ParameterError
from crm_analysis.stats.shrinkage import between_variance, shrink, shrink_rates

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "customer_segments.json").read_text(encoding="utf-8")
)


class TestReferenceNumbers:
    def test_paule_mandel_of_the_vaccine_trials(self) -> None:
        case = REFERENCE["bcg"]
        found = between_variance(case["effect"], np.sqrt(case["variance"]))
        assert found == pytest.approx(case["paule_mandel"], abs=0.0005)

    def test_eight_schools_differ_by_no_more_than_chance(self) -> None:
        case = REFERENCE["eight_schools"]
        assert between_variance(case["effect"], case["error"]) == 0.0
        drawn = shrink(case["effect"], case["error"])
        assert drawn.mean == pytest.approx(case["pooled"], abs=0.4)
        # Gelman et al.: school A comes from 28 to about 11, the schools keep their order of size of effect
        assert drawn.estimate[0] == pytest.approx(11, abs=1.5)
        assert drawn.estimate.argmax() == 0
        assert drawn.estimate.argmin() == 4
        assert drawn.low[0] < 0 < 25 < drawn.high[0]

    def test_baseball(self) -> None:
        case = REFERENCE["baseball"]
        hits, truth = np.array(case["hits"]), np.array(case["rest"])
        drawn = shrink_rates(hits, np.full(18, case["at_bats"]))
        assert drawn.mean == pytest.approx(0.2654, abs=0.003)
        assert drawn.estimate[[0, 17]] == pytest.approx([0.290, 0.242], abs=0.01)
        raw = ((hits / case["at_bats"] - truth) ** 2).sum()
        assert raw / ((drawn.estimate - truth) ** 2).sum() > 3
        assert ((drawn.low <= truth) & (truth <= drawn.high)).sum() >= 17

    @pytest.mark.parametrize("groups", [2, 3, 8])
    def test_equal_errors_have_a_closed_form(self, groups: int) -> None:
        """The share B has density B^((k-1)/2) exp(-B S/2) on 0 to 1: a cut-off gamma distribution."""
        y = np.linspace(-2.0, 3.0, groups)
        square = float(((y - y.mean()) ** 2).sum())
        first, second = (groups + 1) / 2, (groups + 3) / 2
        top = special.gammainc(second, square / 2) * special.gamma(second)
        bottom = special.gammainc(first, square / 2) * special.gamma(first)
        share = top / bottom * 2 / square
        expected = share * y.mean() + (1 - share) * y
        assert shrink(y, np.ones(groups)).estimate == pytest.approx(expected, abs=2e-3)


class TestRelations:
    def test_scale_shift_and_order_pass_through(self) -> None:
        y, error = np.array([1.0, 4.0, 2.0, 9.0]), np.array([1.0, 2.0, 0.5, 3.0])
        once, turned = shrink(y, error), shrink(10 * y[::-1] - 7, 10 * error[::-1])
        for name in ("estimate", "low", "high"):
            assert getattr(turned, name) == pytest.approx(10 * getattr(once, name)[::-1] - 7, rel=1e-6)

    def test_a_sure_figure_moves_less_than_an_unsure_one(self) -> None:
        drawn = shrink([0.0, 10.0, 10.0], [1.0, 0.5, 5.0])
        assert drawn.estimate[1] > drawn.estimate[2]
        assert drawn.high[1] - drawn.low[1] < drawn.high[2] - drawn.low[2]

    def test_far_apart_groups_keep_their_figures(self) -> None:
        drawn = shrink([0.0, 100.0, 200.0], [1.0, 1.0, 1.0])
        assert drawn.estimate == pytest.approx([0.0, 100.0, 200.0], abs=0.2)
        assert drawn.between == pytest.approx(100, rel=0.01)

    def test_rates_stay_rates_also_at_the_ends(self) -> None:
        drawn = shrink_rates([0, 5, 300], [5, 5, 1000])
        assert 0 < drawn.low[0] < drawn.estimate[0] < drawn.high[0] < 1
        assert 0 < drawn.low[1] < drawn.estimate[1] < drawn.high[1] < 1
        assert drawn.estimate[2] == pytest.approx(0.3, abs=0.01)

    def test_fewer_effective_trials_give_wider_limits(self) -> None:
        k, n = np.array([20.0, 50.0, 35.0]), np.array([100.0, 100.0, 100.0])
        few, many = shrink_rates(k / 4, n / 4), shrink_rates(k, n)
        assert (few.high - few.low > many.high - many.low).all()


@pytest.mark.parametrize(("groups", "between"), [(2, 0.0), (2, 1.0), (3, 3.0), (30, 0.0), (30, 1.0)])
def test_limits_hold_their_level_over_many_companies(groups: int, between: float) -> None:
    draw = np.random.Generator(np.random.PCG64(3))
    kept = []
    for _ in range(300):
        error = draw.uniform(0.4, 1.5, groups)
        truth = between * draw.standard_normal(groups)
        drawn = shrink(truth + error * draw.standard_normal(groups), error)
        kept.append(((drawn.low <= truth) & (truth <= drawn.high)).mean())
    assert np.mean(kept) > 0.92


class TestEdges:
    def test_groups_without_a_figure_take_no_part(self) -> None:
        with_gap = shrink([1.0, np.nan, 3.0], [1.0, np.nan, 1.0])
        assert np.isnan(with_gap.estimate[1])
        assert with_gap.estimate[[0, 2]] == pytest.approx(shrink([1.0, 3.0], [1.0, 1.0]).estimate)
        rates = shrink_rates([1, 0, 3], [4, 0, 4])
        assert np.isnan([rates.estimate[1], rates.low[1], rates.high[1]]).all()

    def test_one_group_is_itself(self) -> None:
        alone = shrink([5.0], [2.0])
        assert [alone.estimate[0], alone.low[0], alone.high[0]] == pytest.approx([5, 1.08, 8.92], abs=0.001)
        rate = shrink_rates([0], [10])
        assert rate.estimate[0] == 0
        assert rate.high[0] == pytest.approx(0.2172, abs=1e-4)  # Jeffreys

    def test_nothing_at_all(self) -> None:
        assert len(shrink([], []).estimate) == 0
        assert len(shrink_rates([], []).estimate) == 0
        assert np.isnan(between_variance([1.0], [1.0]))

    @pytest.mark.parametrize(
        ("function", "first", "second"),
        [(shrink, [1.0, 2.0], [1.0, 0.0]), (shrink, [1.0], [1.0, 2.0]), (shrink_rates, [3], [2]),
         (shrink_rates, [-1], [2]), (between_variance, [1.0, np.inf], [1.0, 1.0])],
    )  # fmt: skip
    def test_what_cannot_be_is_an_error(self, function: Any, first: Any, second: Any) -> None:
        with pytest.raises(ParameterError):
            function(first, second)
