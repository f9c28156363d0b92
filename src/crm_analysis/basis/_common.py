"""What findings of several analyses rest on alike."""

from __future__ import annotations

from crm_analysis.basis import Basis
from crm_analysis.language import msg

TREND = msg(
    "Trend of the months: rank scores on a straight line, season taken out from 24 months "
    "on, averaged over how strongly months may depend on each other. It tells of "
    "association with time, not of a cause."
)
#: The order lines of the window of a result.
WINDOW = '"sales_to_date", sold_at="{window}"'
#: What is said of the window itself.
OF_WINDOW: dict[str, Basis] = {
    "without_customer": Basis(
        "totals",
        msg("Revenue of order lines that name no customer."),
        columns=("span", "first_day", "last_day", "revenue", "without_customer", "without_customer_share"),
        rows='"sales_to_date", sold_at="{window}", customer_id="(not stated)"',
    ),
    "basis": Basis(
        "totals",
        msg("Net revenue by span, without a test."),
        columns=("span", "first_day", "last_day", "revenue", "of_customers", "customers", "orders"),
        rows=WINDOW,
    ),
}
