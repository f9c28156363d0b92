"""Columns of the reasons of deals."""

from __future__ import annotations

from crm_analysis.columns.heading import Heading

HEADINGS: dict[str, Heading] = {
    "factor": Heading("Factor", "plain"),
    "odds_ratio": Heading("Odds of winning, times", "times"),
    "factor_p_value": Heading("p-value of the factor", "p_value"),
    "factor_p_adjusted": Heading("Adjusted p-value of the factor", "p_value"),
    "baseline": Heading("Without the factors"),
    "auc": Heading("Pairs in the right order", "share"),
    "brier": Heading("Squared error of the chance"),
    "log_loss": Heading("Log loss of the chance"),
    "parameters": Heading("Figures estimated", "count"),
    "events_per_parameter": Heading("Rarer outcomes a figure"),
    "lost_amount": Heading("Typical amount, lost for the price", "money"),
    "dearer": Heading("Dearer than won ones", "relative"),
    "reason": Heading("Reason", "text"),
    "outcome": Heading("Outcome", "name"),
    "previous_deals": Heading("Deals before", "count"),
    "of_deals": Heading("Deals lost there", "count"),
    "ratio": Heading("Times expected"),
    "blank": Heading("No reason", "count"),
    "blank_share": Heading("Share without a reason", "share"),
    "vague": Heading("Only “other”", "count"),
    "vague_share": Heading("Share of “other”", "share"),
    "unclear": Heading("Either", "count"),
    "unclear_share": Heading("Share of either", "share"),
    "column": Heading("Column", "text"),
    "like": Heading("Probably", "text"),
    "like_deals": Heading("Deals written so", "count"),
    "score": Heading("Likeness of 100"),
    "word": Heading("Word", "text"),
    "mend": Heading("Lines for crm.toml", "code"),
    # departments, factors and dimensions
    "sales": Heading("Sales"),
    "known client": Heading("Known client"),
    "half of the funnel": Heading("Half of the funnel"),
    "region": Heading("Region", "text"),
    "size": Heading("Size", "text"),
    # how a reason is misspelt
    "case": Heading("Upper and lower case"),
    "blanks": Heading("Blanks"),
    "punctuation": Heading("Punctuation"),
    "word order": Heading("Order of the words"),
    "typo": Heading("Typo"),
}
