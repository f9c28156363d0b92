"""What the campaigns of the ripe months cost and brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.analyses._frames import empty, typed
from crm_analysis.analyses._marketing.costs import cost_within
from crm_analysis.stats.returns import returns

if TYPE_CHECKING:
    from crm_analysis.analyses._marketing.leads import Basis
    from crm_analysis.analyses._marketing.window import Window
    from crm_analysis.view import PeriodView

COLUMNS = {
    "channel": "str", "campaign": "str", "cohort_cost": "float64", "cohort_leads": "float64",
    "cohort_won": "float64", "cohort_income": "float64", "return_on_spend": "float64", "low": "float64",
    "high": "float64", "few_wins": "bool",
}  # fmt: skip
_KEYS = ["channel", "campaign"]
#: Stands between channel and campaign where both name a group.
_BETWEEN = "\x1f"


def has_campaigns(view: PeriodView) -> bool:
    """Say whether costs and deals both name campaigns."""
    return view.has("marketing_costs", "campaign") and view.has("deals", "campaign")


def campaign_table(view: PeriodView, units: pd.DataFrame, window: Window, basis: Basis) -> pd.DataFrame:
    """Return ``COLUMNS``: a row a channel and campaign with a cost or leads in the window, most cost first.

    The return is missing where nothing was spent; under 30 won deals (``few_wins``) its limits are too
    narrow.
    """
    if not (has_campaigns(view) and window.enough and basis.name):
        return empty(COLUMNS)
    spent = cost_within(view, window.start, window.end, ("channel", "campaign"))
    if spent.empty and units.empty:
        return empty(COLUMNS)
    costs = dict(zip(_joined(spent), spent["cost"], strict=True))
    paid = returns(_joined(units), units["income"], units["won"], costs).table
    leads = units.groupby(_joined(units))["leads"].sum()
    frame = paid.rename(columns={"cost": "cohort_cost", "wins": "cohort_won", "income": "cohort_income"})
    frame["cohort_leads"] = frame["group"].map(leads).fillna(0.0)
    names = pd.concat([spent, units])[_KEYS]
    names = names.set_axis(_joined(names), axis=0)
    frame[_KEYS] = names[~names.index.duplicated()].reindex(frame["group"]).to_numpy()
    frame = frame.sort_values(["cohort_cost", *_KEYS], ascending=[False, True, True], kind="stable")
    return typed(frame, COLUMNS)


def _joined(frame: pd.DataFrame) -> pd.Series:
    return frame["channel"].astype("str") + _BETWEEN + frame["campaign"].astype("str")
