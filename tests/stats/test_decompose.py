"""Parts of a change: by hand, and that they add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.errors import ParameterError
from crm_analysis.stats.decompose import group_change, shapley_change


def product(factors):
    return float(np.prod(list(factors.values())))


def test_two_factors_by_hand():
    """Half of the joint effect goes to each: (x1 − x0)(y1 + y0) / 2."""
    parts = shapley_change({"x": 10, "y": 5}, {"x": 13, "y": 9}, product)
    assert parts == {"x": 3 * 14 / 2, "y": 4 * 23 / 2}


def test_three_factors_by_hand():
    """Δx (2 y0 z0 + 2 y1 z1 + y0 z1 + y1 z0) / 6 (Shapley 1953)."""
    parts = shapley_change({"x": 2, "y": 3, "z": 5}, {"x": 4, "y": 4, "z": 7}, product)
    assert parts["x"] == pytest.approx(2 * (2 * 15 + 2 * 28 + 21 + 20) / 6)


@given(
    st.lists(
        st.tuples(st.floats(-100, 100), st.floats(-100, 100)).map(lambda p: (round(p[0], 3), round(p[1], 3))),
        min_size=1,
        max_size=5,
    )
)
def test_parts_add_up_whatever_the_signs(pairs):
    before = {f"f{i}": pair[0] for i, pair in enumerate(pairs)}
    after = {f"f{i}": pair[1] for i, pair in enumerate(pairs)}
    parts = shapley_change(before, after, product)
    size = max(1.0, np.prod([max(abs(a), abs(b), 1) for a, b in pairs]))
    assert sum(parts.values()) == pytest.approx(product(after) - product(before), abs=1e-9 * size)
    turned = shapley_change(after, before, product)
    assert all(turned[name] == pytest.approx(-part, abs=1e-9 * size) for name, part in parts.items())


def test_factor_that_stays_brings_nothing():
    assert shapley_change({"x": 2, "y": 3}, {"x": 2, "y": 7}, product)["x"] == 0


@pytest.mark.parametrize("after", [{"x": 1}, {"x": 1, "z": 2}, {}])
def test_other_factors(after):
    with pytest.raises(ParameterError, match="Factors before"):
        shapley_change({"x": 1, "y": 2}, after, product)


def value(groups):
    rates = [np.nan_to_num(np.asarray(array, float)) for name, array in groups.items() if name != "volume"]
    return float((np.asarray(groups["volume"], float) * np.prod(rates, axis=0)).sum())


groups = st.integers(1, 6).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "volume": st.lists(st.integers(0, 50), min_size=n, max_size=n),
            "win_rate": st.lists(st.floats(0.01, 1), min_size=n, max_size=n),
            "deal_size": st.lists(st.floats(1, 1000), min_size=n, max_size=n),
        }
    )
)


@given(groups, st.randoms())
def test_group_parts_add_up(before, random):
    after = {name: random.sample(list(values), len(values)) for name, values in before.items()}
    after["volume"] = [random.randint(0, 80) for _ in after["volume"]]
    parts = group_change(before, after)
    assert list(parts) == ["volume", "mix", *(name for name in before if name != "volume")]
    size = max(value(before), value(after), 1)
    assert sum(parts.values()) == pytest.approx(value(after) - value(before), abs=1e-9 * size)


def test_more_of_the_same_is_volume():
    before = {"volume": [10, 30], "size": [5, 7]}
    parts = group_change(before, {"volume": [20, 60], "size": [5, 7]})
    assert parts == pytest.approx({"volume": 260, "mix": 0, "size": 0})


def test_group_that_comes_is_mix_and_volume():
    before = {"volume": [10, 0], "size": [5, np.nan]}
    after = {"volume": [10, 10], "size": [5, 50]}
    parts = group_change(before, after)
    assert parts["size"] == 0
    assert parts["mix"] > 0
    assert sum(parts.values()) == pytest.approx(500)
    # what the absent side says about the rate is not used, were it 0 or anything
    assert group_change({"volume": [10, 0], "size": [5, 0]}, after) == parts


def test_rate_unknown_where_nothing_was_won():
    before = {"volume": [10], "win_rate": [0.0], "size": [np.nan]}
    after = {"volume": [10], "win_rate": [0.5], "size": [100.0]}
    assert group_change(before, after) == pytest.approx({"volume": 0, "mix": 0, "win_rate": 500, "size": 0})


def test_everything_is_new_or_gone():
    nothing = {"volume": [0, 0], "size": [np.nan, np.nan]}
    something = {"volume": [4, 6], "size": [10, 20]}
    assert group_change(nothing, something) == pytest.approx({"volume": 160, "mix": 0, "size": 0})
    assert group_change(something, nothing) == pytest.approx({"volume": -160, "mix": 0, "size": 0})
    assert group_change(nothing, nothing) == {"volume": 0, "mix": 0, "size": 0}


def test_frames_and_order_of_groups():
    before = pd.DataFrame({"customers": [10, 5, 3], "orders": [1, 2, 3], "size": [9, 8, 7]})
    after = pd.DataFrame({"customers": [8, 9, 3], "orders": [1, 2, 4], "size": [9, 9, 7]})
    parts = group_change(before, after, volume="customers")
    turned = group_change(before[::-1], after[::-1], volume="customers")
    assert parts == pytest.approx(turned)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ({"volume": [1]}, {"volume": [1]}, "Columns before"),
        ({"size": [1]}, {"size": [1]}, "Columns before"),
        ({"volume": [1], "size": [1]}, {"volume": [1, 2], "size": [1, 2]}, "Columns before"),
        ({"volume": [-1], "size": [1]}, {"volume": [1], "size": [1]}, "missing or negative"),
        ({"volume": [1], "size": [1]}, {"volume": [1], "size": [np.nan]}, "A rate after is missing"),
    ],
)
def test_wrong_groups(before, after, message):
    with pytest.raises(ParameterError, match=message):
        group_change(before, after)
