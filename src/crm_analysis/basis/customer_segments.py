"""What the findings on segments of customers rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.basis import Basis
from crm_analysis.basis._common import OF_WINDOW, WINDOW
from crm_analysis.language import msg

if TYPE_CHECKING:
    import pandas as pd

_RANKS = msg(
    "Ranks of whole customers against all others, after taking out what the other traits "
    "explain; all comparisons of revenue, margin and win rate count together."
)
_DEALS = msg(
    "Whole customers change places between the segments, because the deals of one client "
    "are alike; all comparisons of revenue, margin and win rate count together."
)
_MONEY = ("dimension", "segment", "difference", "low", "high", "n", "n_others", "p_adjusted", "verdict")
_RATES = (
    "dimension",
    "segment",
    "value",
    "others",
    "points",
    "points_low",
    "points_high",
    "n",
    "p_adjusted",
    "verdict",
)
_CLOSED = '"deals", status=["won", "lost"], closed_at="{window}"'


def _differ(measure: str, method: str, columns: tuple[str, ...], rows: str) -> dict[str, Basis]:
    """Tell of a measure as a whole, of the traits named beside each other, and of those told one by one."""
    where = f"measure == {measure!r}"

    def of(more: str = "", by: tuple[str, ...] = ()) -> Basis:
        return Basis("tests", method, where + more, by, columns, also=("segments",), rows=rows)

    found = of(" and strength != ''")
    return {measure: of(), f"{measure}_more": found, f"{measure}_*": of(by=("dimension",))}


def _moved(tests: pd.DataFrame) -> pd.Series:
    """Return the traits in which any test found a difference."""
    return tests.loc[tests["strength"] != "", "dimension"]


BASIS: dict[str, Basis] = {
    "no_customers": Basis("totals", msg("No order line of the window names a customer.")),
    "no_dimensions": Basis("totals", msg("The table of customers has no column that divides them.")),
    **_differ("revenue_per_customer", _RANKS, _MONEY, WINDOW),
    **_differ("margin_rate", _RANKS, _RATES, WINDOW),
    **_differ("win_rate", _DEALS, _RATES, _CLOSED),
    "nothing_differs": Basis(
        "tests",
        _RANKS,
        lambda tests: tests["p_value"].notna() & ~tests["dimension"].isin(_moved(tests)),
        columns=("measure", "dimension", "segment", "difference", "points", "n", "p_adjusted", "verdict"),
        also=("segments",),
        rows=WINDOW,
    ),
    "profile": Basis(
        "profile",
        msg(
            "How much more common a segment is among A customers than among all who bought; range "
            "by Koopman, all segments count together."
        ),
        columns=(
            "dimension",
            "segment",
            "a_customers",
            "a_share",
            "base_share",
            "lift",
            "low",
            "high",
            "p_adjusted",
            "verdict",
        ),
        also=("segments",),
        rows=WINDOW,
    ),
    "white_spots": Basis(
        "cross",
        msg(
            "Buyers of a product in a segment against those among other customers with as many "
            "orders (Mantel and Haenszel); all pairs count together."
        ),
        columns=(
            "dimension",
            "segment",
            "product",
            "customers",
            "buyers",
            "penetration",
            "expected",
            "white_spot",
            "p_adjusted",
            "verdict",
        ),
        rows=WINDOW,
    ),
    "shift": Basis(
        "shift",
        msg("Shares of revenue of the period against the comparison; whole customers are drawn anew."),
        columns=(
            "dimension",
            "segment",
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
    "small": Basis(
        "segments",
        msg("Segments with fewer than five customers, or fewer than five others, are shown and not judged."),
        "verdict == 'not_enough_data'",
        columns=("dimension", "segment", "customers", "revenue", "verdict"),
    ),
    "not_stated": Basis(
        "segments",
        msg("Customers of whom the trait is not stated have a row of their own, and are not judged."),
        "segment == '(not stated)'",
        columns=("dimension", "segment", "customers", "customer_share", "revenue", "revenue_share"),
    ),
    **OF_WINDOW,
}
