"""Sentences of the forecast, part of those of open deals."""

from __future__ import annotations

#: Methods of forecasting as they are called within a sentence.
METHODS = {
    "naive": "as much as in the last month",
    "seasonal_naive": "as much as in the same months a year before",
    "mean_3": "the mean of the last three months",
    "mean_6": "the mean of the last six months",
    "mean_12": "the mean of the last twelve months",
    "smoothed": "a smoothed level of the past months",
    "stage_weighted": "amounts times the usual probability",
    "value_weighted": "what past deals of each stage brought",
    "simulated": "deals drawn stage by stage",
}

#: Plain rules as the pace that the forecast takes on.
PACES = {
    "naive": "at the pace of the last month",
    "seasonal_naive": "as in the same months a year before",
    "mean_3": "at the pace of the last 3 months",
    "mean_6": "at the pace of the last 6 months",
    "mean_12": "at the pace of the last 12 months",
    "smoothed": "at the smoothed pace of the past months",
    "stage_weighted": "at the usual probability of each stage",
}

FORECAST = {
    # what is expected
    "forecast.none": "There is no forecast: {why}.",
    "forecast.undated": "no deal has a date before the first whole month of the data",
    "forecast.too_short": (
        "the data hold {months} of deals with {won} won; {needed} and {needed_won} won are the least to "
        "learn from"
    ),
    "forecast.money": (
        "About {mean} from deals won is expected in the three months {first} to {last}, in 8 of 10 cases "
        "between {low} and {high}. Of it, about {open} is from deals open today.{ever} The three months "
        "before brought {before}.{range}"
    ),
    "forecast.money.plain": (
        "About {mean} from deals won is expected in the three months {first} to {last}, {pace}. In 8 of "
        "10 cases it is between {low} and {high}. Of it, about {open} is put down to deals "
        "open today.{ever} The "
        "three months before brought {before}.{range}"
    ),
    "forecast.ever": " Their chances of winning add up to {ever}, as they count later wins too.",
    "forecast.ever.plain": (
        " Their own chances of winning add up to {ever}: these are not held to that pace, and count later "
        "wins too."
    ),
    "forecast.deals": (
        "About {mean} deals are expected to be won in the three months {first} to {last}, in 8 of 10 cases "
        "between {low} and {high}. Of these, {open} are open today. In the three months before it were "
        "{before}.{range}"
    ),
    "forecast.deals.plain": (
        "About {mean} deals are expected to be won in the three months {first} to {last}, {pace}. In 8 of "
        "10 cases it is between {low} and {high}. Of these, {open} are put down to deals open "
        "today. In the three "
        "months before it were {before}.{range}"
    ),
    "ahead.money": (
        " About {mean} is expected from deals won by the end of {last}, in 8 of 10 cases between {low} and "
        "{high}."
    ),
    "ahead.deals": (
        " About {mean} deals are expected to be won by the end of {last}, in 8 of 10 cases between {low} and "
        "{high}."
    ),
    "forecast.loose": " The range comes from the model alone: too few forecasts like it are over to test it.",
    # whether it held
    "trust.none": (
        "Not enough data to say how far the forecast can be trusted: {tested} of three months can be looked "
        "back at."
    ),
    "trust.usual": (
        "Looking back, {held} of {n} monthly ranges held what came. Ranges for 8 of 10 cases should hold "
        "about {should}; chance alone makes as much difference. Those of three months together held {whole} "
        "of {wholes}."
    ),
    "trust.doubtful": (
        "The ranges of single months have been too narrow: looking back, {held} of {n} held what came, and "
        "about {should} should have. Forecasts for one month miss together; counted as {thirds} months, so "
        "few hold by chance in {chance} of 100 cases. Ranges of three months together held {whole} of "
        "{wholes}."
    ),
    "trust.few": (
        "With {months} of deals won to learn from, {held} of {n} monthly ranges held what came, looking "
        "back; about {should} should have. That is too little to trust them, or to distrust them."
    ),
    "trust.early": (
        "With {months} of deals won to learn from, only {held} of {n} monthly ranges held what came, looking "
        "back; about {should} should have. Read this forecast as much less certain than it looks."
    ),
    "trust.narrow": (
        "The ranges have been too narrow: looking back, only {held} of {n} monthly ranges held what came, "
        "and about {should} should have. Those of three months together held {whole} of {wholes}. Read this "
        "forecast as less certain than it looks."
    ),
    # whether the past still holds
    "level.fell": (
        "The win rate has fallen: {now} of the {n} decided in the last {lately} months were won, and "
        "{before} in the year before ({change}, likely {low} to {high}). {forecasts}"
    ),
    "level.rose": (
        "The win rate has risen: {now} of the {n} decided in the last {lately} months were won, and "
        "{before} in the year before ({change}, likely {low} to {high}). {forecasts}"
    ),
    "level.fell.behind": (
        "Forecasts follow such a fall slowly: those made a month ahead were {size} too high over these "
        "months. Expect less than the forecast says."
    ),
    "level.rose.behind": (
        "Forecasts follow such a rise slowly: those made a month ahead were {size} too low over these "
        "months. Expect more than the forecast says."
    ),
    "level.kept": "So far the forecasts made a month ahead have kept up with it.",
    # which rule
    "rule.untested": (
        "Too few forecasts of three months can be looked back at to choose between ways of forecasting; "
        "{plain} stands in."
    ),
    "rule.model": (
        "Looking back at {n}, the forecast from the {by} of open deals missed three months by {model} on "
        "average. The plain rule that had done best by then would have missed by {followed}. So the {by} are "
        "used.{early}"
    ),
    "rule.plain": (
        "Looking back at {n}, the {by} of open deals foretold no more than plain rules: they missed three "
        "months by {model} on average. The plain rule that had done best by then would have missed by "
        "{followed}. So the best so far is used, {plain}, which missed by {other}.{early}"
    ),
    "rule.early": " So few forecasts make this a first sign.",
    # probabilities
    "typed.rosy": (
        "The probabilities typed in for the stages promise too much. Of the open deals ({n} looked at, three "
        "months apart) {promised} should have been won, and {kept} were (likely {low} to {high}). Today they "
        "would make the open deals worth {typed}; as past deals went, it is {learnt}."
    ),
    "typed.cautious": (
        "The probabilities typed in for the stages promise too little. Of the open deals ({n} looked at, "
        "three months apart) {promised} should have been won, and {kept} were (likely {low} to {high}). "
        "Today they would make the open deals worth {typed}; as past deals went, it is {learnt}."
    ),
    "typed.fair": (
        "The probabilities typed in for the stages are about right on the whole. Of the open deals ({n} "
        "looked at, three months apart) {promised} should have been won, and {kept} were (likely {low} to "
        "{high})."
    ),
    "probability.fair": (
        "The chances of winning given here have held so far. Of the open deals ({n} looked at, three months "
        "apart) {promised} should have been won within three months, and {kept} were (likely {low} to "
        "{high})."
    ),
    "probability.rosy": (
        "The chances of winning given here were too high. Of the open deals ({n} looked at, three months "
        "apart) {promised} should have been won within three months, and {kept} were (likely {low} to "
        "{high})."
    ),
    "probability.cautious": (
        "The chances of winning given here were too low. Of the open deals ({n} looked at, three months "
        "apart) {promised} should have been won within three months, and {kept} were (likely {low} to "
        "{high})."
    ),
    "probability.few": "Not enough data to say whether the chances of winning given here hold.",
    # what limits it
    "note.amounts": (
        "The forecast takes amounts as last typed, since the data keep no earlier ones: looking back, it "
        "knows the final amount of a deal a little too early."
    ),
    "note.count": "The deals have no amounts, so the forecast is of the number of deals won.",
    "note.unsized": (
        "Amounts are missing of many decided deals, more often with one outcome than the other; the forecast "
        "counts deals and takes the amounts of those won."
    ),
    "note.no_stages": (
        "The data keep no history of stages, so chances of winning go by the age of a deal{size}. Monthly "
        "copies of the open deals, kept from now on, would let them go by stage."
    ),
    "note.and_size": " and its amount",
    "note.undated": (
        "{deals} without any date have no chance of winning here, and count among the new ones once dated."
    ),
    "note.blank": "{deals} without an amount count with the mean of recent deals.",
    "note.running": (
        "The forecast begins with {month}, the first month that is not over in the data; what came in since "
        "its first day is not used."
    ),
    "note.sales": (
        "The forecast covers the value of deals won, by the month in which they are won, not order lines."
    ),
}
