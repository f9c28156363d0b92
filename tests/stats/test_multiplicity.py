"""Verdicts over many tests against R ``p.adjust``."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.multiplicity import adjust


def test_equals_r(case):
    reference = case("A11")
    table = adjust(reference.inputs["p"])
    np.testing.assert_allclose(table["p_holm"], reference.expected["holm"], rtol=1e-9)
    np.testing.assert_allclose(table["p_adjusted"], reference.expected["bh"], rtol=1e-9)
    assert table["strength"].tolist() == ["strong", "strong", "moderate", "moderate", "moderate", "", ""]
    assert table["found"].tolist() == [True] * 5 + [False] * 2


def test_not_tested_is_not_in_the_family(case):
    p = case("A11").inputs["p"]
    with_gap = adjust([p[0], np.nan, *p[1:], np.nan], labels=list("abcdefghi"))
    tested = with_gap.drop(["b", "i"])
    np.testing.assert_allclose(tested["p_adjusted"], adjust(p)["p_adjusted"])
    assert with_gap.loc[["b", "i"], ["p_value", "p_adjusted", "p_holm"]].isna().all(axis=None)
    assert not with_gap.loc["b", "found"]
    assert with_gap.loc["b", "strength"] == ""


def test_order_does_not_matter(case):
    p = case("A11").inputs["p"]
    np.testing.assert_allclose(adjust(p[::-1])["p_adjusted"][::-1], adjust(p)["p_adjusted"])


def test_nothing_tested():
    assert adjust([]).empty
    assert not adjust([np.nan])["found"].any()


@pytest.mark.parametrize("p", [-0.1, 1.1, np.inf])
def test_outside(p):
    with pytest.raises(ParameterError, match="outside 0 to 1"):
        adjust([0.5, p])
