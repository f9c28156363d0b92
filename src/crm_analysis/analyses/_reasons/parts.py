"""What the answers about reasons are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.language import tr

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._reasons.deals import Deals
    from crm_analysis.result import Context
    from crm_analysis.words import Words

STEM = "deal_reasons"


@dataclass(frozen=True)
class Parts:
    """The tables of a result, and the deals behind them."""

    context: Context
    deals: Deals
    loss_reasons: pd.DataFrame
    win_reasons: pd.DataFrame
    reasons_year: pd.DataFrame
    departments: pd.DataFrame
    departments_year: pd.DataFrame
    hotspots: pd.DataFrame
    discipline: pd.DataFrame
    spellings: pd.DataFrame
    #: Columns of reasons that hold free text, with how many different ones.
    free_text: dict[str, int]

    @property
    def words(self) -> Words:
        """How figures are written."""
        return self.context.words

    def year(self, kind: str) -> pd.DataFrame:
        """Return the reasons of one kind over the year."""
        outcome = "lost" if kind == "loss" else "won"
        return self.reasons_year[self.reasons_year["outcome"] == outcome].reset_index(drop=True)

    def lost(self) -> pd.DataFrame:
        """Return the deals lost in the year."""
        return self.deals.of("loss", self.deals.windows.year)

    def worth(self, amount: float) -> str:
        """Write the money behind deals; empty where no amount is known."""
        return "" if math.isnan(amount) else tr(", worth {money}").format(money=self.words.money(amount))


def amount_of(deals: pd.DataFrame) -> float:
    """Add up the known amounts; NaN where none is known."""
    known = deals["amount"].dropna()
    return math.fsum(known) if len(known) else math.nan


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of reasons without the one for blanks."""
    return frame[frame["reason"] != NOT_STATED]


def quoted(reason: str, words: Words) -> str:
    """Write a reason in quotation marks; what stands for a blank has brackets already."""
    name = words.name(reason)
    return name if reason == NOT_STATED else tr("“{name}”").format(name=name)
