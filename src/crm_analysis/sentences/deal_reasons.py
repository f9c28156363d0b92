"""Sentences of the analysis of reasons."""

from crm_analysis.sentences._deal_drivers import DRIVERS

TEMPLATES = {
    **DRIVERS,
    "no_deals": "Nothing can be said about reasons: no deal was won or lost in {year}.",
    "no_reasons": (
        "The data name no reasons for winning or losing; what goes with winning is told from the rest. Map "
        "the columns loss_reason and win_reason to have them."
    ),
    # what was given most often
    "losses.note": (
        "In {period}, {n} were lost{worth}. Most often given in {year}: {reasons}, of {of} deals lost."
    ),
    "losses.year": "In {year}, {n} were lost{worth}, most often for {reasons}.",
    "losses.none": (
        "No deal was lost in {period}. Most often given in {year}: {reasons}, of {of} deals lost."
    ),
    "losses.unnamed": "In {period}, {n} were lost{worth}; hardly any in {year} says why.",
    "wins.note": (
        "In {period}, {n} were won{worth}. Most often given in {year}: {reasons}, of {of} deals won."
    ),
    "wins.year": "In {year}, {n} were won{worth}, most often for {reasons}.",
    "wins.none": ("No deal was won in {period}. Most often given in {year}: {reasons}, of {of} deals won."),
    "wins.unnamed": "In {period}, {n} were won{worth}; hardly any in {year} says why.",
    # what shifted
    "shift.loss.changed": (
        "Reasons for losing have {sure} shifted: {changes} of all deals lost, from {before} ({n_before} "
        "lost) to {now} ({n})."
    ),
    "shift.loss.no_evidence": (
        "No evidence that the reasons for losing shifted from {before} ({n_before} lost) to {now} ({n}): "
        "the largest difference, {largest}, cannot be told from chance."
    ),
    "shift.loss.few": (
        "Whether the reasons for losing shifted between {before} and {now} cannot be said: too few deals "
        "({n_before} lost then, {n} now)."
    ),
    "shift.loss.alone": (
        "Whether the reasons for losing shifted cannot be said: there is nothing before {now} to compare "
        "with."
    ),
    "shift.loss.unknown": (
        "Whether the reasons for losing shifted cannot be said: {share} of the deals lost have no "
        "reason, and those that have one need not stand for them."
    ),
    "shift.win.changed": (
        "Reasons for winning have {sure} shifted: {changes} of all deals won, from {before} ({n_before} "
        "won) to {now} ({n})."
    ),
    "shift.win.no_evidence": (
        "No evidence that the reasons for winning shifted from {before} ({n_before} won) to {now} ({n}): "
        "the largest difference, {largest}, cannot be told from chance."
    ),
    "shift.win.few": (
        "Whether the reasons for winning shifted between {before} and {now} cannot be said: too few deals "
        "({n_before} won then, {n} now)."
    ),
    "shift.win.alone": (
        "Whether the reasons for winning shifted cannot be said: there is nothing before {now} to compare "
        "with."
    ),
    "shift.win.unknown": (
        "Whether the reasons for winning shifted cannot be said: {share} of the deals won have no "
        "reason, and those that have one need not stand for them."
    ),
    "shift.rose": "{name} rose from {before} to {now} ({low} to {high})",
    "shift.fell": "{name} fell from {before} to {now} ({low} to {high})",
    "shift.largest": "{name} at {difference}",
    # what a department must know
    "department.one": (
        "{department}: {reasons} was the reason for {share} of the deals lost in {year} ({of})."
    ),
    "department.several": (
        "{department}: its reasons stand for {share} of the deals lost in {year} ({of}): {reasons}."
    ),
    "department.of": "{deals} of {lost}{worth}",
    "department.changed": " In {before} it was {previous}: {sure} not by chance ({low} to {high}).",
    "department.no_evidence": (" In {before} it was {previous}; the difference cannot be told from chance."),
    "department.not_enough_data": " Whether that changed cannot be said.",
    "department.none": "{department}: none of the deals lost in {year} was lost for one of its reasons.",
    # where
    "hotspot.higher": (
        "{reason} stands out {where}: given for {deals} lost in {year} where {expected} would be expected, "
        "{ratio} times as many; {sure} not by chance."
    ),
    "hotspot.at.stage": "at the stage {value}",
    "hotspot.at.half of the funnel": "in the {value} of the funnel",
    "hotspot.at.owner": "in deals of {value}",
    "hotspot.at.product": "for the product {value}",
    "hotspot.at.category": "for the category {value}",
    "hotspot.at.industry": "with clients of the industry {value}",
    "hotspot.at.size": "with clients of the size {value}",
    "hotspot.at.region": "in the region {value}",
    "hotspot.at.channel": "in deals from the channel {value}",
    "hotspot.no_evidence": (
        "No reason stands out at a stage, owner, product or kind of customer: of {n} pairs looked at in "
        "{year}, none is more frequent than chance can make it."
    ),
    "hotspot.not_enough_data": (
        "Where reasons stand out cannot be said: too few deals with a reason were lost in {year}."
    ),
    # how well reasons are recorded
    "records.higher": (
        "{share} of the deals lost in {year} have no reason or only “other” ({unclear} of {of}). In the "
        "records of {owner} it is {owner_unclear} of {owner_of}, where {expected} would be usual; {sure} not "
        "by chance."
    ),
    "records.several": (
        "{share} of the deals lost in {year} have no reason or only “other” ({unclear} of {of}). It stands "
        "out, {sure} not by chance, in the records of {owners}."
    ),
    "records.no_evidence": (
        "{share} of the deals lost in {year} have no reason or only “other” ({unclear} of {of}); no owner's "
        "records stand out by more than chance."
    ),
    "records.all": "Every one of the deals lost in {year} has a reason of its own ({of} deals).",
    "records.note": (
        "{share} of the deals lost in {year} have no reason or only “other” ({unclear} of {of})."
    ),
    "misplaced.one": (
        "{deals} that is not lost carries a reason for losing ({reasons}); it is not counted here."
    ),
    "misplaced.several": (
        "{deals} that are not lost carry a reason for losing ({reasons}); they are not counted here."
    ),
    # what was left out
    "left.loss": "Reasons for losing: the deals do not tell them (column loss_reason).",
    "left.win": "Reasons for winning: the deals do not tell them (column win_reason).",
    "left.loss.blank": "Changes of the reasons for losing: {share} of the deals have none.",
    "left.win.blank": "Changes of the reasons for winning: {share} of the deals have none.",
    "left.money": "Money: the lost deals have no amount, so reasons for losing are told in deals.",
    "left.customers": "Customers: the deals name none, so each deal counts by itself.",
    "left.stages": "Stages: the last stage before a loss is not known.",
    "left.spellings": (
        "Spellings: {column} holds {count} different texts, too many to be a list of reasons; they were not "
        "compared."
    ),
    "left.owners": "Records by owner: the deals name no owner.",
    "left.no_departments": (
        "Departments: the data have no table reasons that says whose each reason is. Add a line for each to "
        "the table reasons (reason,kind,department), such as: {example}"
    ),
    "left.departments": (
        "Departments: {count} without one, {names}. Add a line for each to the table reasons "
        "(reason,kind,department), such as: {example}"
    ),
    # how reasons are written
    "why.case": "case",
    "why.blanks": "blanks",
    "why.punctuation": "punctuation",
    "why.word order": "word order",
    "why.typo": "typo: {word}",
    "spellings.one": (
        "One reason looks misspelt or written in two ways: “{reason}” ({why}). Nothing was merged; the table "
        "has the lines for crm.toml that would mend it."
    ),
    "spellings.several": (
        "{count} reasons look misspelt or written in two ways, first “{reason}” ({why}). Nothing was merged; "
        "the table has the lines for crm.toml that would mend them."
    ),
}
