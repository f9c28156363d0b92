"""What the findings on marketing rest on."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.language import msg

_RETURN = msg(
    "The customers of each channel are drawn anew, those who brought nothing included; the "
    "cost stays as it is. With fewer than thirty deals won the range is somewhat too "
    "narrow. Observation, no experiment."
)
_SUMS = msg("Sums of recorded costs and of the order lines, without a test.")
_SHARES = ("channel", "cost", "cost_share", "revenue", "revenue_share")
_RETURNS = (
    "channel",
    "cohort_cost",
    "cohort_leads",
    "cohort_won",
    "cohort_income",
    "return_on_spend",
    "return_low",
    "return_high",
    "p_adjusted",
    "verdict",
)
_COSTS = '"marketing_costs", spent_on="{ripe_leads}"'


def _judged(verdict: str) -> Basis:
    return Basis(
        "channels", _RETURN, f"verdict == {verdict!r}", columns=_RETURNS, also=("ranking",), rows=_COSTS
    )


BASIS: dict[str, Basis] = {
    "shares": Basis("channels", _SUMS, columns=_SHARES, also=("shares",), rows='"sales"'),
    "return": Basis("channels", _RETURN, columns=_RETURNS, also=("course", "monthly", "totals"), rows=_COSTS),
    "next_effort": Basis(
        "next_effort",
        msg(
            "Share of draws in which one channel pays better than another; all pairs count "
            "together (Bonferroni). It is the average so far: the next money may bring less."
        ),
        columns=(
            "channel",
            "other",
            "chance",
            "needed",
            "difference",
            "difference_low",
            "difference_high",
            "verdict",
        ),
        also=("ranking",),
        rows=_COSTS,
    ),
    "pays_back": _judged("pays back"),
    "does_not_pay": _judged("does not pay back"),
    "cannot_be_told": _judged("cannot be told"),
    "share_shift": Basis(
        "shares",
        msg(
            "Shares of revenue against the comparison; whole customers are drawn anew, because "
            "large ones come and go and take shares with them."
        ),
        columns=(
            "channel",
            "revenue",
            "share",
            "previous_share",
            "difference",
            "low",
            "high",
            "p_adjusted",
            "verdict",
        ),
        rows='"sales"',
    ),
    "cost_without_leads": Basis(
        "channels",
        _SUMS,
        "cohort_cost > 0 and cohort_leads == 0",
        columns=("channel", "cohort_cost", "cohort_leads"),
        rows='"marketing_costs", channel={channel!r}, spent_on="{ripe_leads}"',
    ),
    "leads_without_cost": Basis(
        "channels",
        _SUMS,
        "verdict == 'no cost' and channel != '(not stated)'",
        columns=("channel", "cohort_cost", "cohort_leads", "cohort_won", "cohort_income"),
        rows='"deals", channel={channel!r}',
    ),
    "unknown_channel": Basis(
        "channels",
        _SUMS,
        "channel == '(not stated)'",
        columns=_SHARES,
        rows='"sales", channel="(not stated)"',
    ),
    "acquisition": Basis(
        "channels",
        msg("Costs of the period over customers whose first order falls into it; exact Poisson range."),
        columns=(
            "channel",
            "cost",
            "customers_acquired",
            "acquisition_cost",
            "acquisition_low",
            "acquisition_high",
        ),
        rows='"marketing_costs", spent_on="{period}"',
    ),
    "naive_return": Basis(
        "channels",
        _SUMS,
        columns=("channel", "cohort_cost", "return_on_spend", "naive_return"),
        also=("course",),
        rows=_COSTS,
    ),
    "unripe": Basis(
        "pace",
        msg(
            "A month counts once its leads are older than the time in which nine in ten of the "
            "deals won of the slowest channel were won, learnt from three years (Aalen-Johansen)."
        ),
        columns=("channel", "leads", "won", "median_days", "ripening_days"),
        also=("course",),
    ),
    "lag": Basis(
        "pace",
        msg(
            "Time from the first contact to the deal won, lost deals being the other ending (Aalen-Johansen)."
        ),
        columns=("channel", "leads", "won", "median_days", "ripening_days"),
        also=("lag",),
    ),
    "attribution": Basis(
        "agreement",
        msg(
            "The same sales shared out by several ways of counting contacts; ranges by drawing "
            "customers anew. It does not show what advertising caused."
        ),
        columns=("channel", "lowest", "lowest_model", "highest", "highest_model", "spread", "p_adjusted"),
        also=("attribution",),
        rows='"touches"',
    ),
    "spend_and_income": Basis(
        "association",
        msg(
            "Monthly income beside the spending of earlier months, growth and season taken out. "
            "Association, not cause."
        ),
        columns=("lag_months", "value", "low", "high", "p_value", "n", "verdict"),
        also=("spend_by_month",),
        rows='"marketing_costs"',
    ),
}
