"""ABC, Gini, Herfindahl and the top against R and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.errors import ParameterError
from crm_analysis.stats.concentration import (
    abc_classes,
    concentration,
    count_for_share,
    gini,
    hhi,
    top_share,
)

money_lists = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=1, max_size=40)


def test_classes_gini_hhi(case):
    reference = case("F01")
    revenue = reference.inputs["revenue"]
    classes = dict(zip(revenue, abc_classes(list(revenue.values())), strict=True))
    assert classes == reference.expected["cls"]
    assert gini(list(revenue.values())) == pytest.approx(reference.expected["gini"], abs=1e-10)
    assert hhi(list(revenue.values())) == pytest.approx(reference.expected["hhi"], abs=1e-10)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([70, 10, 10, 10], "AAAA"),
        ([80, 10, 10], "ABB"),
        ([95, 5], "AC"),
        ([90, 10], "AB"),
        ([7], "A"),
        ([1, 1, 1, 1, 1], "AAAAA"),
        # 0.1 + 0.7 is 0.7999999999999999: still 80 %
        ([0.7, 0.1, 0.1, 0.1], "AAAA"),
        ([], ""),
    ],
)
def test_ties_and_limits(values, classes):
    assert "".join(abc_classes(values)) == classes


def test_no_positive_money():
    assert abc_classes([0, -5]).tolist() == ["none", "negative"]
    for measure in (gini, hhi, count_for_share):
        assert np.isnan(measure([0, -5]))
    assert np.isnan(top_share([], 0.2))


@given(money_lists, st.randoms())
def test_order_does_not_matter_and_equal_customers_share_a_class(values, random):
    classes = abc_classes(values)
    order = list(range(len(values)))
    random.shuffle(order)
    assert abc_classes([values[i] for i in order]).tolist() == classes[order].tolist()
    assert all(len({c for v, c in zip(values, classes, strict=True) if v == value}) == 1 for value in values)


@given(money_lists.filter(lambda v: max(v) > 0), st.floats(0.01, 1000))
def test_unit_of_money_does_not_matter(values, factor):
    scaled = [value * factor for value in values]
    assert gini(scaled) == pytest.approx(gini(values), abs=1e-9)
    assert hhi(scaled) == pytest.approx(hhi(values), rel=1e-9)
    assert top_share(scaled, 0.1) == pytest.approx(top_share(values, 0.1), rel=1e-9)
    assert count_for_share(scaled) == count_for_share(values)


def test_all_alike_and_one_has_all():
    assert gini([3] * 10) == pytest.approx(0, abs=1e-12)
    assert hhi([3] * 10) == pytest.approx(0.1)
    assert count_for_share([3] * 10) == 8
    assert top_share([3] * 10, 0.05) == pytest.approx(0.1)
    assert gini([5, 0, 0]) == 0  # one buyer: no inequality among buyers


def test_count_reaches_the_share(case):
    values = list(case("F01").inputs["revenue"].values())
    assert count_for_share(values, 0.7) == 2
    assert count_for_share(values, 0.71) == 3
    assert count_for_share(values, 1.0) == 9


def test_resampled_counts_equal_resampled_customers():
    """The measures of counts are those of the customers written out."""
    from crm_analysis.stats.concentration import _measures

    money = np.array([50.0, 30, 20, 20, 5])
    counts = np.array([[1, 2, 0, 1, 1], [0, 0, 5, 0, 0], [3, 0, 0, 0, 2]])
    single = {
        "gini": gini,
        "hhi": hhi,
        "top_20": lambda v: top_share(v, 0.2),
        "count_80": lambda v: count_for_share(v, 0.8),
    }
    measures = _measures()
    for name, measure in single.items():
        written_out = [measure(np.repeat(money, row)) for row in counts]
        np.testing.assert_allclose(measures[name](money, counts), written_out, atol=1e-9, err_msg=name)


def test_table():
    values = np.random.default_rng(0).lognormal(5, 1.2, 300)
    table = concentration(values, draws=300).set_index("measure")
    assert list(table.index) == ["gini", "hhi", "top_1", "top_5", "top_10", "top_20", "count_80"]
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert (table["n"] == 300).all()
    assert table.equals(concentration(values, draws=300).set_index("measure"))
    # for lognormal money the Gini is 2 Φ(σ/√2) − 1
    assert table.loc["gini", "low"] < 0.604 < table.loc["gini", "high"]


def test_table_of_one_and_of_none():
    one = concentration([5, 0])
    assert one["value"].tolist() == [0, 1, 1, 1, 1, 1, 1]
    assert one["low"].isna().all()
    assert concentration([]).value.isna().all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: gini([1, np.nan]),
        lambda: abc_classes([1, np.inf]),
        lambda: abc_classes([1], limits=(0.9, 0.8)),
        lambda: top_share([1], 0),
        lambda: count_for_share([1], 1.5),
    ],
)
def test_wrong_input(call):
    with pytest.raises(ParameterError):
        call()
