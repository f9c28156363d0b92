"""Columns of customer segments."""

from __future__ import annotations

from crm_analysis.columns.heading import Heading

HEADINGS: dict[str, Heading] = {
    "segment": Heading("Segment", "text"),
    "customer_share": Heading("Share of customers", "share"),
    "revenue_share": Heading("Share of revenue", "share"),
    "margin_rate": Heading("Margin rate", "share"),
    "revenue_per_customer": Heading("Revenue a customer", "money"),
    "revenue_per_customer_raw": Heading("Revenue a customer, as it is", "money"),
    "win_low": Heading("Win rate from", "share"),
    "win_high": Heading("Win rate to", "share"),
    "win_rate_raw": Heading("Win rate, as it is", "share"),
    "deals_closed": Heading("Deals closed", "count"),
    "deals_won": Heading("Deals won", "count"),
    "average_deal": Heading("Average deal", "money"),
    "a_customers": Heading("A customers", "count"),
    "a_share": Heading("Share of A customers", "share"),
    "base_share": Heading("Share of all", "share"),
    "lift": Heading("Times as common", "times"),
    "buyers": Heading("Buyers", "count"),
    "penetration": Heading("Share that buys", "share"),
    "expected": Heading("Expected", "share"),
    "white_spot": Heading("White spot", "money"),
    "others": Heading("Others"),
    "points": Heading("Difference", "points"),
    "points_low": Heading("Difference from", "points"),
    "points_high": Heading("Difference to", "points"),
    "n_others": Heading("n, others", "count"),
    "industry": Heading("Industry"),
    "changed": Heading("Changed"),
    "higher": Heading("Higher"),
    "lower": Heading("Lower"),
    "window": Heading("Months judged"),
    "window before": Heading("Months before those"),
    "no_evidence": Heading("No evidence"),
    "not_enough_data": Heading("Not enough data"),
}
