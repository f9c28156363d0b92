"""The statistics behind the verdicts: pure functions, numbers in, numbers out.

Nothing here knows customers, pages or pictures. The parts:

``trend``          does a monthly figure drift, and by how much; does it step at a known month
``season``         month effects, seasonal adjustment, growth told apart from the calendar
``behaviour``      the range of normal month-to-month variation (XmR)
``multiplicity``   verdicts over many tests
``intervals``      shares, differences of shares, means, rates
``bootstrap``      intervals by resampling customers
``survival``       time to an event, open cases included
``concentration``  ABC classes, Gini, share of the top
``xyz``            how evenly a customer buys
``decompose``      a change split over its factors, without a remainder

The parts are imported when they are first named, so that ``import crm_analysis`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "behaviour",
    "bootstrap",
    "concentration",
    "decompose",
    "intervals",
    "multiplicity",
    "season",
    "survival",
    "trend",
    "xyz",
]


def __getattr__(name: str) -> ModuleType:
    """Import a part when it is first named."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    """List the parts."""
    return sorted(__all__)
