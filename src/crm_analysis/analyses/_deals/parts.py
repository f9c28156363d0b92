"""What findings and tiles of the analysis of open deals are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._deals.funnel import Funnel
    from crm_analysis.analyses._deals.limits import Limits
    from crm_analysis.words import Words


@dataclass(frozen=True)
class Parts:
    """What the findings are made of; see :class:`crm_analysis.analyses.open_deals.OpenDealsResult`.

    ``today`` is the moment as of which deals are looked at, ``when`` the day before it and ``span`` the
    period as they stand in a sentence; ``months`` those of the owners' win rates; ``plans`` and ``records``
    say whether planned and done contacts are recorded; ``previous_open`` counts the deals open at the end of
    the comparison.
    """

    deals: pd.DataFrame
    limits: Limits
    stall_limits: pd.DataFrame
    activities: pd.DataFrame
    owners: pd.DataFrame
    intensity: pd.DataFrame
    funnel: Funnel
    bridge: pd.DataFrame
    monthly: pd.DataFrame
    previous_open: float | None
    today: pd.Timestamp
    when: str
    span: str
    months: int
    plans: bool
    records: bool
    words: Words
