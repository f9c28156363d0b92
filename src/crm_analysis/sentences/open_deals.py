"""Sentences of the analysis of open deals."""

from crm_analysis.sentences._deals_forecast import FORECAST

TEMPLATES = {
    **FORECAST,
    # why a deal needs a look
    "why.stage": "{days} in {stage}; most won deals leave it within {limit}",
    "why.any_stage": "{days} in {stage}; most won deals leave a stage within {limit}",
    "why.age": "{days} old; most deals are decided within {limit}",
    "why.expected": "decision was expected {days} ago",
    "why.idle": "no contact on it for {days}",
    "why.overdue": "{count} overdue",
    "why.no_next": "no next contact planned",
    # parts of sentences
    "worth": ", worth {money}",
    "money": " ({money})",
    "at_stake": ", with {money} in work",
    "named": "{name} ({count}{worth})",
    # what is in work
    "pipeline.none": "No deal was open on {when}.",
    "pipeline.note": "{deals} {were} open on {when}{worth}{change}{still}.{without}{ahead}",
    "pipeline.change": " ({change} against {before})",
    "pipeline.still": "; {count} of them{worth} {be} standing still",
    "pipeline.without": " Of these, {count} {have} no amount.",
    # what is stuck
    "stalled.stage": (
        "{count} of {deals}{worth} {have} been in the same stage for longer than 8 of 10 won deals had, "
        "{long} of them for longer than 19 of 20. Above all: {most}.{unknown}"
    ),
    "stalled.age": (
        "{count} of {deals}{worth} {be} older than 8 of 10 decided deals were at their decision "
        "({limit}). Of these, {slow} {slow_be} older than the slowest of all {n} ({slowest}). Above all: "
        "{most}.{unknown}"
    ),
    "stalled.oldest": (
        "{slow} of {deals}{slow_worth} are older than any of {n} decided deals was at its decision "
        "({slowest}): close them, or say what comes next. {count} are older than 8 of 10 were ({limit}). "
        "Above all: {most}.{unknown}"
    ),
    "stalled.unknown": " {count} cannot be judged: how long they have been there is not known.",
    "stalled.none": (
        "None of {deals} has stood still for longer than is usual for deals that are won.{unknown}"
    ),
    "stalled.not_enough_data": (
        "Which open deals stand still for too long cannot be said: fewer than {needed} decided deals "
        "show how long is usual, or the age of the open ones is not known."
    ),
    # what to do next
    "no_next_step.note": ("{count} of {deals}{worth} {have} no next contact planned. Largest: {names}."),
    "no_next_step.all": "Each of {deals} has a next contact planned.",
    "overdue.note": (
        "{count} {be} overdue, the oldest for {days}. Most of them: {owners}. Do them or strike them off."
    ),
    "overdue.none": "No planned contact is overdue.",
    "expected_passed.note": (
        "The expected decision of {count} of {deals} with such a day{worth} has passed; half of them "
        "have been due for {days} or longer. Ask for a new day, or close them."
    ),
    "quiet.note": (
        "{count} of the {of} clients with most {measure} in work had no contact for longer than "
        "{limit}{worth}. On won deals 19 of 20 pauses are no longer. Above all: {names}."
    ),
    "quiet.none": (
        "None of the {of} clients with most {measure} in work has gone without contact for longer than "
        "{limit}."
    ),
    "quiet.one": "The one client with deals in work has been in contact within the last {limit}.",
    # how far deals get
    "funnel.note": (
        "Of {n} created from {first} to {last}, {won} ({share}, between {low} and {high}) {were} won "
        "within {days}. The narrowest step is {stage}: {passed} of {entered} went on in that time ({step}, "
        "between {step_low} and {step_high}); {lost} {lost_were} lost there, {waiting} {waiting_were} not "
        "decided by then."
    ),
    "funnel.alike": (
        "Of {n} created from {first} to {last}, {won} ({share}, between {low} and {high}) {were} won "
        "within {days}. No step is clearly the narrowest: the likely ranges of {stages} overlap."
    ),
    "funnel.step": "{stage} ({share})",
    "funnel.one_step": (
        "Of {n} created from {first} to {last}, {won} ({share}, between {low} and {high}) {were} won "
        "within {days}. By then {lost} {lost_were} lost and {waiting} {waiting_were} not decided."
    ),
    "funnel.not_enough_data": (
        "How far deals get cannot be said: too few deals are decided, or none is old enough to be judged."
    ),
    "funnel_change.improved": (
        "{stage} has {sure} become easier or quicker to pass: {now} of deals went on in time, against "
        "{before} in the year before ({change}, likely {low} to {high})."
    ),
    "funnel_change.worsened": (
        "{stage} has {sure} become harder or slower to pass: {now} of deals went on in time, against "
        "{before} in the year before ({change}, likely {low} to {high})."
    ),
    "funnel_change.no_evidence": (
        "No evidence that a step of the funnel has changed against the year before: the largest "
        "difference is that of {stage}, {change} ({low} to {high})."
    ),
    "funnel_change.not_enough_data": (
        "Whether deals get further than in the year before cannot be said: there are not enough deals "
        "of both years."
    ),
    # who does what
    "owners.ranked": (
        "{told} This rests on the last {months} months{early}. The {rest} cannot be ranked among each other: "
        "their likely ranges overlap."
    ),
    "owners.ranked_all": "{told} This rests on the last {months} months{early}.",
    "owners.above": "With the same deals, {names} would {sure} win more than the team.",
    "owners.below": "With the same deals, {names} would {sure} win less than the team.",
    "owners.early": " and is a first sign: about one in ten like it is chance",
    "owners.rate": "{name} ({rate}, likely {low} to {high})",
    "owners.note": (
        "No ranking of the {n} owners: with the same deals they would win from {least} to {most}, and "
        "the likely ranges overlap. A difference of this size comes about by chance."
    ),
    "owners.not_enough_data": (
        "Owners cannot be compared: fewer than two of them decided {needed} deals or more in {months} months."
    ),
    "owners_mix.note": (
        "Take care with plain win rates: an average owner would win {easy} of the deals given to "
        "{easy_name}, but {hard} of those given to {hard_name}."
    ),
    # how the pipeline moved
    "bridge.money": (
        "The pipeline went from {opening} to {closing} in {span}: {created} came{created_money}, {won} "
        "{won_were} won{won_money} and {lost} {lost_were} lost{lost_money}."
    ),
    "bridge.deals": (
        "The pipeline went from {opening} to {closing} in {span}: {created} came, {won} {won_were} won "
        "and {lost} {lost_were} lost."
    ),
    "bridge.unknown": " (amounts not known)",
    # what was left out
    "left_out.no_stage": "Stages: the deals name none, so the pipeline and the limits know a single stage.",
    "left_out.no_history": (
        "The steps of the funnel and the time in each stage: the data do not tell when deals changed stage. "
        "Deals are judged by their age, and the funnel has one step."
    ),
    "left_out.no_order": "The steps of the funnel: the order of the stages is not known.",
    "left_out.no_activities": "Contacts, next steps and their intensity: the data hold no contacts.",
    "left_out.no_plans": "Planned and overdue contacts: the data do not tell when contacts are due.",
    "left_out.no_owner": "Owners: the deals do not name theirs.",
    "left_out.no_amounts": "Money in work: no deal has an amount, so deals are counted.",
    "left_out.no_expected": "Decisions that are overdue: the deals do not tell when one is expected.",
    "left_out.no_client": "Clients: the deals do not name theirs.",
    "left_out.last_state": (
        "Reopened, grown and shrunk deals: the data keep one outcome and the last amount of a deal, so "
        "these parts of the bridge are 0. An amount typed in later shows in earlier periods too."
    ),
}
