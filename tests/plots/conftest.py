"""What tests of pictures share: results of the made-up company, every function that draws, closed figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pytest
from tests.demo_company import demo_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def demo() -> Callable[[str], Any]:
    """Give the result of an analysis of the made-up company, computed once."""
    return demo_result
