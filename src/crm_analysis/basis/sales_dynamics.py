"""What the findings of sales dynamics rest on."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.basis._common import TREND
from crm_analysis.language import msg

_EFFECT = msg(
    "Regression of the months on growth, working days and the end of a quarter, each with "
    "the others held still, averaged over how strongly months may depend on each other. "
    "Holidays are not known."
)
_COLUMNS = ("measure", "growth", "growth_low", "growth_high", "verdict", "p_adjusted", "n_points")
_CALENDAR = ("effect", "value", "low", "high", "verdict", "p_adjusted", "n")


def _trend(measure: str) -> Basis:
    return Basis("trend", TREND, f"measure == {measure!r}", columns=_COLUMNS, also=("monthly",))


BASIS: dict[str, Basis] = {
    "revenue": Basis(
        "figures",
        msg("Sums of the order lines of the period and of the comparison, without a test."),
        columns=("measure", "value", "previous", "difference", "relative"),
        named_by="measure",
        also=("change", "monthly"),
        rows='"sales"',
    ),
    "plan": Basis(
        "plan",
        msg(
            "Sales against the plan; the projection takes what part of revenue had come by the "
            "same working day."
        ),
        columns=("dimension", "value", "target", "actual", "attainment", "gap", "projected"),
        rows='"sales"',
    ),
    "revenue_trend": _trend("revenue"),
    "orders_trend": _trend("orders"),
    "average_order_trend": _trend("average_order"),
    "win_rate_trend": _trend("win_rate"),
    "special_months": Basis(
        "monthly",
        msg("Normal range: 2.66 mean moving ranges around a straight line. It describes; it is no test."),
        lambda months: months.index.isin(months.index[~months["partial"].astype(bool)][-12:]),
        columns=("month", "revenue", "adjusted", "limit_low", "limit_high", "signal", "partial"),
    ),
    "quarter_end": Basis(
        "calendar", _EFFECT, "effect == 'quarter_end'", columns=_CALENDAR, also=("monthly",)
    ),
    "working_days": Basis(
        "calendar", _EFFECT, "effect == 'working_day'", columns=_CALENDAR, also=("monthly",)
    ),
    "structure": Basis(
        "structure",
        msg(
            "Shares of revenue against the comparison; whole customers are drawn anew, because "
            "large ones come and go and take shares with them."
        ),
        columns=(
            "dimension",
            "value",
            "revenue",
            "share",
            "previous_share",
            "difference",
            "low",
            "high",
            "verdict",
        ),
        rows='"sales"',
    ),
    "win_rate": Basis(
        "figures",
        msg("Deals won of those closed in the period, range by Wilson. It takes each deal as independent."),
        "measure in ('closed', 'won', 'win_rate')",
        columns=("measure", "value", "previous", "difference"),
        named_by="measure",
        also=("win_rates",),
        rows='"closed"',
    ),
    "win_rate_groups": Basis(
        "win_rates",
        msg("Whole customers change places between the groups, because the deals of one client are alike."),
        columns=("dimension", "value", "closed", "won", "win_rate", "low", "high", "p_adjusted", "verdict"),
        rows='"closed"',
    ),
    "unknown_customers": Basis(
        "monthly",
        msg("Revenue of order lines that name no customer."),
        columns=("month", "revenue", "no_customer"),
        rows='"sales", customer_id="(not stated)"',
    ),
    "part_month": Basis(
        "monthly",
        msg("Months that the data do not cover whole are told apart, and not tested."),
        "partial",
        columns=("month", "revenue", "orders", "partial"),
    ),
}
