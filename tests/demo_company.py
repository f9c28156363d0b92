"""What the package says of the made-up company of data/demo, read and computed once for all that ask.

Views and results are shared: a test that wants to change one takes a copy.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import crm_analysis as crm

if TYPE_CHECKING:
    from crm_analysis.dataset import Dataset
    from crm_analysis.view import PeriodView

#: The newest month of the made-up company.
MONTH = "2026-10"


@cache
def demo_data() -> Dataset:
    """Return the tables of the made-up company."""
    return crm.load(Path(__file__).parents[1] / "data/demo")


def demo_view(period: str = MONTH) -> PeriodView:
    """Return the made-up company as it stood at the end of a period."""
    return _view(period)


def demo_result(stem: str, period: str = MONTH) -> Any:
    """Return the result of an analysis of the made-up company, with the event in the process KPIs."""
    return _result(stem, period)


# apart from the above, because a cache tells a period that is named from the same one by default
@cache
def _view(period: str) -> PeriodView:
    return demo_data().view(period)


@cache
def _result(stem: str, period: str) -> Any:
    more = {"event_on": "2025-03-01"} if stem == "process_kpis" else {}
    return getattr(crm, stem).analyze(_view(period), **more)
