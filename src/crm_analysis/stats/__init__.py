"""The statistics behind the verdicts: pure functions, numbers in, numbers out.

Nothing here knows customers, pages or pictures. The parts:

``trend``          does a monthly figure drift, and by how much; does it step at a known month
``season``         month effects, seasonal adjustment, growth told apart from the calendar
``behaviour``      the range of normal month-to-month variation (XmR)
``multiplicity``   verdicts over many tests
``intervals``      shares, differences of shares, means, rates
``bootstrap``      intervals by resampling customers
``survival``       time to an event, open cases included
``period_survival``  the same as it was within a window of the calendar
``exposure``       days per purchase, from the days watched
``breaks``         where a level seems to shift
``interrupted``    level and slope before and after an event
``concentration``  ABC classes, Gini, share of the top
``xyz``            how evenly a customer buys
``decompose``      a change split over its factors, without a remainder
``association``    which outcomes come together with which groups, whole customers permuted
``attribution``    sales shared out among the channels of their contacts, by seven models
``spend``          does income go with marketing spending, month by month
``pipeline``       deals at past month ends; ``pipeline_moves`` and ``pipeline_draws`` go on from there
``forecast_rules`` plain rules of forecasting, and rates by stage
``conformal``      a range from past misses
``scores``         how good a forecast was

The parts are imported when they are first named, so that ``import crm_analysis`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "association",
    "attribution",
    "behaviour",
    "bootstrap",
    "breaks",
    "concentration",
    "conformal",
    "decompose",
    "exposure",
    "forecast_rules",
    "interrupted",
    "intervals",
    "multiplicity",
    "period_survival",
    "pipeline",
    "pipeline_draws",
    "pipeline_moves",
    "scores",
    "season",
    "spend",
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
