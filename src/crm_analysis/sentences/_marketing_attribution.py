"""Sentences on how sales are shared out among channels, and on spending beside income."""

#: What a model does, as it stands in brackets behind a figure.
MODEL_WORDS = {
    "first": "first contact counts",
    "last": "last contact counts",
    "linear": "all contacts alike",
    "time decay": "later contacts more",
    "position": "first and last most",
    "Markov": "what would be missing without it",
    "Shapley": "each channel once",
}

ATTRIBUTION = {
    "attribution.note": (
        "Which channel brings the sales depends on how contacts are counted: {channels}, of {won} in "
        "{window}."
    ),
    "attribution.range": "{channel} between {low} ({low_model}) and {high} ({high_model})",
    "attribution.cause": (
        "This shares out the sales that were made; it does not show what advertising caused."
    ),
    "attribution.no_evidence": (
        "However contacts are counted, no channel's share of {won} in {window} differs by more than chance "
        "explains; the widest apart is {channel}, between {low} ({low_model}) and {high} ({high_model})."
    ),
    "attribution.same": (
        "However contacts are counted, each channel has the same share of {won} in {window}."
    ),
    "attribution.not_enough_data": (
        "Too few sales to tell whether the channels' shares depend on how contacts are counted: {won} in "
        "{window}, {needed} are needed."
    ),
    # spending and income
    "association.note": (
        "Months with more marketing spending go with {direction}: {more} in spending goes with {value} in "
        "income {lag} (likely {low} to {high}; {n} months, growth and season taken out). This is no proof "
        "that the spending caused it."
    ),
    "association.more_income": "more income",
    "association.less_income": "less income",
    "association.no_evidence": (
        "No evidence that income goes with marketing spending: {more} in spending goes with {value} in "
        "income {lag} (likely {low} to {high}; {n} months, growth and season taken out), which cannot be "
        "told from chance."
    ),
    "association.too_few": (
        "Not enough months yet to tell marketing spending from growth and season: {n} of {needed}. The "
        "months are shown side by side only."
    ),
    "association.constant": (
        "Whether income goes with marketing spending cannot be told: one of them is the same in all months, "
        "but for growth and season."
    ),
    "association.same_month": "in the same month",
    "association.later": "{months} later",
    # what is left out
    "left.attribution_deals": "Who gets the credit: the data hold no table of deals.",
    "left.attribution_channel": (
        "Channels by model: the data hold neither contacts before a deal nor a channel of clients or deals."
    ),
    "left.attribution_won": "Channels by model: no deal was won in {window}.",
    "left.attribution_touches": (
        "Contacts between the first and the last: the data tie no touches to these deals. The channel of "
        "the client stands for the first contact, that of the deal for the last."
    ),
    "left.attribution_one": (
        "A comparison of models: only one channel is known of each deal, so all of them give the same."
    ),
    "left.attribution_times": "The model in which later contacts count more: the times are not known.",
    "left.attribution_open": (
        "{deals} open at the end of {period}: how they end is not known, so they are in no model of the "
        "channels."
    ),
    "left.attribution_untouched": (
        "{untouched} of {won} in {window}: no contact is recorded, so they are a row of their own and not "
        "shared out among the channels."
    ),
    "left.attribution_unstated": (
        "{untouched} of {won} in {window}: no channel is known, so they are a row of their own and not "
        "shared out among the channels."
    ),
    "left.attribution_look_back": (
        "Contacts that name a client but no deal: those more than {days} days before the deal was created "
        "are not counted for it."
    ),
    "left.attribution_few": (
        "Certainty of the channels by model: with {won} in {window} the likely ranges are too narrow."
    ),
    "left.association_costs": "Spending beside income: the data hold no table of marketing costs.",
    "left.association_amounts": "Spending beside income: the data do not say what sales were worth.",
    "left.association_months": "Spending beside income: no whole month has both.",
    "left.association_lag": (
        "How long spending takes to work: no deal tells it, so income is set beside the spending of the "
        "month before."
    ),
}
