"""What the findings on the control figures rest on."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.basis._common import TREND
from crm_analysis.language import msg

_COLUMNS = (
    "kpi",
    "group",
    "change_per_year",
    "low",
    "high",
    "growth",
    "p_value",
    "p_adjusted",
    "n_points",
    "detectable",
    "verdict",
)
_ROWS = {
    "purchase_interval_days": '"sales"',
    "deal_amount": '"won"',
    "order_amount": '"sales"',
    "acquisition_cost": '"marketing_costs", spent_on="{period}"',
    "decision_days": '"closed"',
    "contacts_per_customer": '"activities", done_at="{period}"',
}


def _of(kpi: str, rows: str) -> dict[str, Basis]:
    """Tell of a figure in all, of its groups, and of what an event brought."""
    also = ("kpis", "series", "breaks")
    one = Basis("trends", TREND, f"kpi == {kpi!r} and group == 'all'", columns=_COLUMNS, also=also, rows=rows)
    group = Basis("trends", TREND, f"kpi == {kpi!r}", ("group",), _COLUMNS, also=also, rows=rows)
    return {kpi: one, f"{kpi}_*": group}


BASIS: dict[str, Basis] = {
    "overview": Basis("trends", TREND, "group == 'all'", columns=_COLUMNS, also=("kpis", "series")),
    "event_*": Basis(
        "event",
        msg(
            "A step by the same averaging as of trends, and beyond a straight line through all "
            "months. Association with time, not a cause."
        ),
        by=("kpi", "group"),
        columns=("kpi", "before", "after", "step", "low", "high", "p_value", "p_adjusted", "verdict"),
        also=("series",),
    ),
    "missing": Basis(
        "kpis", msg("What the data cannot tell is left out."), columns=("kpi", "group", "value", "n")
    ),
    "no_kpis": Basis("definitions", msg("What the data cannot tell is left out.")),
    **{key: basis for kpi, rows in _ROWS.items() for key, basis in _of(kpi, rows).items()},
}
