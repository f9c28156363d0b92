"""What tests of pictures share: results of the made-up company, every function that draws, closed figures."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pytest

import crm_analysis as crm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def demo(root: Path) -> Callable[[str], Any]:
    """Give the result of an analysis of the made-up company, computed once."""

    @cache
    def result(stem: str) -> Any:
        more = {"event_on": "2025-03-01"} if stem == "process_kpis" else {}
        return getattr(crm, stem).analyze(crm.load(root / "data/demo").view("2026-10"), **more)

    return result
