"""XYZ classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.xyz import variation, xyz_classes


def test_equals_r(case):
    reference = case("F02")
    cv = variation(pd.DataFrame([reference.inputs["x"]], index=["a"]))
    assert cv["a"] == pytest.approx(reference.expected["cv_ddof1"])


def test_empty_periods_count_from_the_first_purchase_on():
    sums = pd.DataFrame(
        [[0, 0, 10, 0, 10, 0, 10, 0], [10, 0, 10, 0, 10, 0, 10, np.nan]], index=["late", "early"]
    )
    cv = variation(sums)
    assert cv["late"] == pytest.approx(np.std([10, 0] * 3, ddof=1) / 5)
    assert cv["early"] == pytest.approx(np.std([10, 0] * 4, ddof=1) / 5)
    # a customer from before the window: its first two periods count
    assert variation(sums, first=[0, 0])["late"] == pytest.approx(
        np.std([0, 0, 10, 0, 10, 0, 10, 0], ddof=1) / 3.75
    )


def test_too_few_periods_and_no_money():
    sums = pd.DataFrame(
        [[0, 0, 0, 1, 1, 1], [0] * 6, [1, -1, 0, 0, 0, 0]], index=["new", "never", "returned"]
    )
    cv = variation(sums)
    assert cv[["new", "never"]].isna().all()
    assert np.isinf(cv["returned"])
    assert xyz_classes(cv).tolist() == ["n/a", "n/a", "Z"]


def test_unit_of_money_does_not_matter():
    sums = pd.DataFrame(np.random.default_rng(0).gamma(1, 10, (5, 12)))
    np.testing.assert_allclose(variation(sums * 1000), variation(sums))


def test_limits_belong_to_the_better_class():
    assert xyz_classes([0, 0.5, 0.51, 1.0, 1.01]).tolist() == ["X", "X", "Y", "Y", "Z"]
    assert xyz_classes([0.1, 0.2, 0.3], limits=(0.1, 0.25)).tolist() == ["X", "Y", "Z"]


def test_empty():
    assert variation(pd.DataFrame(columns=range(6))).empty
    assert xyz_classes([]).tolist() == []


@pytest.mark.parametrize("first", [[0], [-1, 0], [np.nan, 0]])
def test_wrong_first(first):
    with pytest.raises(ParameterError, match="first periods for 2 customers"):
        variation(pd.DataFrame([[1] * 6, [2] * 6]), first=first)


def test_wrong_limits():
    with pytest.raises(ParameterError, match="The limits are"):
        xyz_classes([1], limits=(1.0, 0.5))
