"""Taking out what other traits explain."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.alignment import aligned, together
from crm_analysis.stats.rank_shift import rank_shift


def company(seed: int, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers of three sizes that differ a hundredfold, a fifth of them in a segment with an effect."""
    draw = np.random.Generator(np.random.PCG64(seed))
    size, segment = draw.integers(0, 3, 300), draw.integers(0, 5, 300)
    return 2.3 * size + effect * (segment == 0) + draw.normal(0, 0.8, 300), size, segment


def test_a_difference_hidden_by_size_is_seen() -> None:
    plain, like = [], []
    for seed in range(20):
        y, size, segment = company(seed, 0.5)
        z = aligned(y, [size])
        plain.append(rank_shift(y[segment == 0], y[segment != 0]).p_value < 0.01)
        shift = rank_shift(z[segment == 0], z[segment != 0])
        like.append(shift.p_value < 0.01)
        assert abs(shift.estimate - 0.5) < 0.45
    assert sum(like) >= 16 > 8 >= sum(plain)


def test_no_difference_is_made_up() -> None:
    found = []
    for seed in range(200):
        y, size, segment = company(seed, 0.0)
        z = aligned(y, [size])
        found.append(rank_shift(z[segment == 0], z[segment != 0]).p_value < 0.05)
    assert 0.01 < np.mean(found) < 0.09


def test_a_trait_that_explains_nothing_takes_little_out() -> None:
    draw = np.random.Generator(np.random.PCG64(9))
    y, noise = draw.normal(0, 1, 2000), draw.integers(0, 500, 2000)
    assert np.abs(aligned(y, [noise]) - y).std() < 0.15
    assert aligned(y, [noise]).mean() == pytest.approx(y.mean())


def test_edges() -> None:
    assert aligned([1.0, 2.0], [[0, 1]]).tolist() == [1.0, 2.0]
    assert aligned([1.0, 2.0, 4.0], []).tolist() == [1.0, 2.0, 4.0]
    assert aligned([3.0] * 6, [[0, 0, 1, 1, 2, 2]]).tolist() == [3.0] * 6
    with pytest.raises(ParameterError):
        aligned([1.0, 2.0], [[0]])


def test_how_closely_traits_go_together() -> None:
    draw = np.random.Generator(np.random.PCG64(5))
    a = draw.integers(0, 4, 4000)
    assert together(a, 3 - a) == pytest.approx(1.0, abs=1e-9)
    assert together(a, draw.integers(0, 50, 4000)) < 0.1  # by chance alone the plain V would be 0.11
    half = np.where(draw.random(4000) < 0.5, a, draw.integers(0, 4, 4000))
    assert together(a, half) == pytest.approx(0.5, abs=0.05)
    assert together(a, np.zeros(4000)) == 0.0
    assert together([], []) == 0.0
