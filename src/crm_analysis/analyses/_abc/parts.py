"""What findings and tiles of the analysis of customers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._abc.course import Course
    from crm_analysis.analyses._abc.retention import Followed
    from crm_analysis.stats.trend import Trend
    from crm_analysis.words import Words


@dataclass(frozen=True)
class Parts:
    """What the findings are made of; see :class:`crm_analysis.analyses.customer_abc.CustomerAbcResult`."""

    customers: pd.DataFrame
    migration: pd.DataFrame
    concentration: pd.DataFrame
    totals: pd.DataFrame
    monthly: pd.DataFrame
    due: pd.DataFrame
    with_rhythm: int
    followed: Followed
    tests: pd.DataFrame
    trends: dict[str, Trend]
    course: Course
    window: str
    length: str
    window_before: str
    short: bool
    words: Words
