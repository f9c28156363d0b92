"""What the findings on reasons rest on."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.language import msg

_CHANGE = msg(
    "Whole customers change places between the spans where they have several deals, else "
    "the exact test; ranges by Newcombe take each deal as independent. Reasons are what "
    "owners wrote down."
)
_COUNT = msg(
    "Counts of the deals by the reason that owners wrote down; shares by Wilson take each as independent."
)
_REASONS = (
    "reason",
    "department",
    "deals",
    "share",
    "previous_share",
    "difference_low",
    "difference_high",
    "p_adjusted",
    "verdict",
)
_AREAS = (
    "department",
    "deals",
    "share",
    "amount",
    "previous_share",
    "difference_low",
    "difference_high",
    "p_adjusted",
    "verdict",
)
_LOST = '"deals", status="lost", closed_at="{year}"'
_WON = '"deals", status="won", closed_at="{year}"'
_DECIDED = '"deals", status=["won", "lost"], closed_at="{year}"'

BASIS: dict[str, Basis] = {
    "losses": Basis(
        "reasons_year",
        _COUNT,
        "outcome == 'lost'",
        columns=("reason", "department", "deals", "share", "low", "high", "amount"),
        also=("loss_reasons",),
        rows=_LOST,
    ),
    "wins": Basis(
        "reasons_year",
        _COUNT,
        "outcome == 'won'",
        columns=("reason", "department", "deals", "share", "low", "high", "amount"),
        also=("win_reasons",),
        rows=_WON,
    ),
    "loss_shift_year": Basis("reasons_year", _CHANGE, "outcome == 'lost'", columns=_REASONS, rows=_LOST),
    "win_shift_year": Basis("reasons_year", _CHANGE, "outcome == 'won'", columns=_REASONS, rows=_WON),
    "loss_shift_period": Basis("loss_reasons", _CHANGE, columns=_REASONS, rows='"lost"'),
    "win_shift_period": Basis("win_reasons", _CHANGE, columns=_REASONS, rows='"won"'),
    "department_*": Basis(
        "departments_year",
        _CHANGE,
        by=("department",),
        columns=_AREAS,
        also=("reasons_year",),
        rows=_LOST + ", loss_reason={reasons}",
    ),
    "hotspots": Basis(
        "hotspots",
        msg(
            "Each reason at each place against what there would be if it were as frequent "
            "everywhere; all pairs count together. It shows where to look, not what is the cause."
        ),
        columns=("reason", "dimension", "value", "deals", "expected", "ratio", "p_adjusted", "verdict"),
        rows=_LOST,
    ),
    "hotspot_*": Basis(
        "hotspots",
        msg(
            "Each reason at each place against what there would be if it were as frequent "
            "everywhere; all pairs count together. It shows where to look, not what is the cause."
        ),
        by=("reason", "dimension", "value"),
        columns=("reason", "dimension", "value", "deals", "expected", "ratio", "p_adjusted", "verdict"),
        rows=_LOST + ", loss_reason={reason!r}{at}",
    ),
    "drivers": Basis(
        "drivers",
        msg(
            "Logistic regression of won against lost, errors by customer; each factor with the "
            "others alike. What goes with winning need not bring it."
        ),
        columns=(
            "factor",
            "level",
            "deals",
            "win_rate",
            "odds_ratio",
            "low",
            "high",
            "p_adjusted",
            "verdict",
        ),
        also=("fit",),
        rows=_DECIDED,
    ),
    "drivers_fit": Basis(
        "fit",
        msg("Measured on customers that were held out."),
        columns=("measure", "value", "low", "high", "baseline"),
        named_by="measure",
        also=("drivers",),
        rows=_DECIDED,
    ),
    "price_check": Basis(
        "price_check",
        msg(
            "Median amount of deals lost for the price against won ones of the same product, size "
            "and owner, as far as there are enough; whole customers are drawn anew."
        ),
        columns=(
            "group",
            "value",
            "lost",
            "won",
            "lost_amount",
            "won_amount",
            "dearer",
            "low",
            "high",
            "verdict",
        ),
        rows=_DECIDED,
    ),
    "records": Basis(
        "discipline",
        msg(
            "Lost deals without a reason or with “other”, by owner, against what is usual; all "
            "owners count together. It is about records, not about people."
        ),
        columns=("owner", "deals", "blank", "vague", "unclear", "expected", "p_adjusted", "verdict"),
        rows=_LOST + ', loss_reason="(not stated)"',
    ),
    "spellings": Basis(
        "spellings",
        msg("Likeness of letters, case, blanks, punctuation and order of words; nothing was merged."),
        columns=("column", "reason", "like", "deals", "like_deals", "score", "why"),
    ),
}
