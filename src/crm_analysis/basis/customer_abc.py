"""What the findings on customers by value rest on."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.basis._common import OF_WINDOW, TREND, WINDOW
from crm_analysis.language import msg

_MOVES = msg("Classes of the window against those of the window before, by net revenue; share by Wilson.")
_TEST = ("test", "value", "low", "high", "n", "p_value", "p_adjusted", "verdict")
_MOVED = ("from_class", "to_class", "customers", "revenue", "share", "low", "high")

BASIS: dict[str, Basis] = {
    "no_customers": Basis("totals", msg("No order line of the window names a customer.")),
    "concentration": Basis(
        "concentration",
        msg(
            "Customers are drawn anew, each with what it bought in both windows (bootstrap). With "
            "one dominant customer the range is too narrow."
        ),
        columns=(
            "meaning",
            "value",
            "low",
            "high",
            "previous",
            "difference_low",
            "difference_high",
            "p_value",
            "n",
        ),
        also=("customers", "classes", "tests"),
        rows=WINDOW,
    ),
    "dependence": Basis(
        "customers",
        msg("The largest customers by net revenue of the window, without a test."),
        "revenue > 0",
        columns=(
            "customer_id",
            "name",
            "revenue",
            "share",
            "cumulative_share",
            "abc",
            "orders",
            "last_sold_at",
        ),
        rows='"sales_to_date", sold_at="{window}", customer_id={customer_id!r}',
    ),
    "overdue": Basis(
        "due",
        msg(
            "A and B customers silent for longer than 9 of 10 of their pauses last; each against "
            "its own rhythm, drawn toward that of its class."
        ),
        columns=(
            "customer_id",
            "name",
            "abc",
            "money_at_stake",
            "last_sold_at",
            "silence_days",
            "rhythm_days",
            "times_rhythm",
            "probability",
        ),
        rows='"sales_to_date", customer_id={customer_id!r}',
    ),
    "migration": Basis("migration", _MOVES, "from_class != 'new'", columns=_MOVED, also=("customers",)),
    "new_lost": Basis(
        "migration", _MOVES, "from_class == 'new' or to_class == 'lost'", columns=_MOVED, also=("customers",)
    ),
    "retention": Basis(
        "tests",
        msg(
            "Customers of one span who bought in the next of the same length, against the span "
            "before: Newcombe, chi-square. It takes customers as independent."
        ),
        "test == 'retention'",
        columns=_TEST,
        also=("retention", "cohorts"),
    ),
    "retention_by_class": Basis(
        "tests",
        msg(
            "Kaplan-Meier and the log-rank test; a customer is lost when silent for much longer "
            "than its usual pause. Classed by the window before the watching."
        ),
        "test == 'retention_by_class'",
        columns=_TEST,
        also=("retention",),
    ),
    "buyers": Basis("tests", TREND, "test == 'buyers'", columns=_TEST, also=("monthly",)),
    "new_customers": Basis("tests", TREND, "test == 'new_customers'", columns=_TEST, also=("monthly",)),
    **OF_WINDOW,
}
