"""What the findings of the analysis of marketing are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_analysis.analyses._saying import finding as finding_of
from crm_analysis.analyses._saying import rows
from crm_analysis.language import tr
from crm_analysis.sentences.marketing_impact import INCOMES

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._marketing.window import Window
    from crm_analysis.findings import Finding, Verdict
    from crm_analysis.result import Context
    from crm_analysis.stats.intervals import Interval
    from crm_analysis.words import Words

STEM = "marketing_impact"


@dataclass(frozen=True)
class Facts:
    """What the findings are made from; frames as in the result.

    Parameters
    ----------
    window_text
        The window as it stands in a sentence; empty where there is none.
    basis
        What income is: margin, revenue, amount or empty.
    overall
        Return of all channels with a cost; None where none could be computed.
    """

    context: Context
    channels: pd.DataFrame
    shares: pd.DataFrame
    ranking: pd.DataFrame
    next_effort: pd.DataFrame
    totals: pd.DataFrame
    course: pd.DataFrame
    pace: pd.DataFrame
    window: Window
    window_text: str
    basis: str
    overall: Interval | None
    has_amounts: bool
    has_costs: bool
    has_leads: bool

    @property
    def words(self) -> Words:
        """How figures are written."""
        return self.context.words

    @property
    def names(self) -> dict[str, str]:
        """Period, comparison, window and income as they are written."""
        comparison = self.context.comparison
        return {
            "period": self.words.span(self.context.period),
            "comparison": "" if comparison is None else self.words.span(comparison),
            "window": self.window_text,
            "income": tr(INCOMES[self.basis]),
        }

    @property
    def spent(self) -> bool:
        """Whether any money went into the months whose leads are judged."""
        return self.overall is not None and not math.isnan(self.overall.estimate)

    def judged(self, verdict: str) -> list[dict[str, Any]]:
        """Return the channels with a verdict, the surest money first: those with the highest cost."""
        found = self.channels[self.channels["verdict"] == verdict]
        return rows(found.sort_values(["cohort_cost", "channel"], ascending=[False, True], kind="stable"))


def finding(key: str, template: str, verdict: Verdict, figures: dict[str, str], **fields: Any) -> Finding:
    """Make a finding of this analysis."""
    return finding_of(STEM, key, template, verdict, figures, department="marketing", **fields)
