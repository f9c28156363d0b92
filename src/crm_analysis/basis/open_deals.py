"""What the findings on open deals rest on."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.language import msg

_DEALS = (
    "deal_id",
    "customer",
    "owner",
    "stage",
    "amount",
    "age_days",
    "stage_age_days",
    "idle_days",
    "state",
    "why",
)
_OWNERS = (
    "owner",
    "closed",
    "raw_rate",
    "expected_rate",
    "win_rate",
    "low",
    "high",
    "p_adjusted",
    "compared",
)
_ADJUSTED = msg(
    "Logistic regression with an effect of each owner, averaged over how much owners may "
    "differ; all owners count together. What is not in the data, such as the effort a "
    "client takes, is not allowed for."
)
_FUNNEL = msg(
    "Deals created in twelve months, by the furthest stage reached within the time in "
    "which nine of ten decisions come; shares by Wilson, changes by Newcombe and "
    "chi-square. It takes deals as independent."
)
_PROMISES = msg("Open deals of past month ends: what was promised against what came, range by Wilson.")
_OPEN = '"open_at_end"'

BASIS: dict[str, Basis] = {
    "pipeline": Basis(
        "pipeline",
        msg("Sums of the open deals, without a test."),
        columns=("stage", "age", "open_deals", "open_amount", "expected_amount", "stalled"),
        also=("deals", "bridge"),
        rows=_OPEN,
    ),
    "forecast": Basis(
        "together",
        msg(
            "Deals are followed from month end to month end through stage, time in it and size; "
            "the range is drawn from that and widened to what past forecasts missed by. Orders "
            "without a deal are not in it."
        ),
        columns=("first_month", "last_month", "source", "p10", "p50", "p90", "mean"),
        also=("forecast", "won_by_month"),
        rows=_OPEN,
    ),
    "stalled": Basis(
        "deals",
        msg(
            "Longer in its stage than 8 of 10 won deals of the last two years; a stage with fewer "
            "than twenty borrows from all."
        ),
        "stalled",
        columns=_DEALS,
        also=("stall_limits",),
        rows=_OPEN,
    ),
    "no_next_step": Basis(
        "deals",
        msg("Open deals without a planned contact from today on."),
        "next_activity_at.isnull()",
        columns=("deal_id", "customer", "owner", "stage", "amount", "last_activity_at", "why"),
        also=("activities",),
        rows=_OPEN,
    ),
    "quiet": Basis(
        "intensity",
        msg(
            "Of the twenty clients with most money in work those without contact for longer than "
            "19 of 20 pauses on won deals last."
        ),
        "index < 20 and quiet == True",
        columns=("customer", "open_deals", "open_amount", "contacts", "idle_days", "last_activity_at"),
        rows='"activities", customer_id={customer_id!r}',
    ),
    "owners": Basis(
        "owners", _ADJUSTED, columns=_OWNERS, rows='"deals", status=["won", "lost"], closed_at="{year}"'
    ),
    "owners_mix": Basis(
        "owners", _ADJUSTED, columns=_OWNERS, rows='"deals", status=["won", "lost"], closed_at="{year}"'
    ),
    "funnel": Basis(
        "funnel",
        _FUNNEL,
        columns=("stage", "entered", "passed", "lost", "waiting", "conversion", "low", "high"),
        also=("cohorts",),
    ),
    "funnel_change": Basis(
        "funnel",
        _FUNNEL,
        columns=(
            "stage",
            "entered",
            "conversion",
            "previous",
            "difference_low",
            "difference_high",
            "p_adjusted",
            "verdict",
        ),
        also=("cohorts",),
    ),
    "expected_passed": Basis(
        "deals",
        msg("Open deals whose expected day of decision lies before today."),
        "expected_close_on < @today",
        columns=("deal_id", "customer", "owner", "stage", "amount", "expected_close_on", "why"),
        rows='"open_at_end", expected_close_on=(None, "{last_day}")',
    ),
    "overdue": Basis(
        "activities",
        msg("Planned contacts of open deals that were due and not done."),
        "overdue > 0",
        columns=("owner", "contact_kind", "overdue", "oldest_days"),
        rows='"activities", status="open", done_at="(not stated)", due_at=(None, "{last_day}")',
    ),
    "bridge": Basis(
        "bridge",
        msg("Sums of the deals; the parts add up to the pipeline at the end."),
        columns=("part", "deals", "amount", "previous", "difference"),
        also=("monthly",),
        rows=_OPEN,
    ),
    "forecast_trust": Basis(
        "backtest",
        msg("Forecasts of past month ends against what came."),
        "horizon != '1-3'",
        columns=("as_of", "month", "p10", "p50", "p90", "came", "covered"),
        also=("scores",),
    ),
    "forecast_rule": Basis(
        "scores",
        msg("Forecasts of past month ends by each rule against what came."),
        "horizon == '1-3'",
        columns=("method", "wape", "bias", "coverage", "n", "chosen"),
        also=("backtest",),
    ),
    "win_probability": Basis(
        "calibration",
        _PROMISES,
        "promise == 'model_3_months'",
        columns=("bin", "deals", "promised", "kept_share", "low", "high"),
        also=("scores",),
    ),
    "typed_probabilities": Basis(
        "calibration",
        _PROMISES,
        "promise == 'typed_in'",
        columns=("bin", "deals", "promised", "kept_share", "low", "high"),
        rows=_OPEN,
    ),
}
