"""Sentences about what goes with winning a deal, and whether the price is why deals are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.language import msg, tr

if TYPE_CHECKING:
    from crm_analysis.words import Words

#: The factors within a sentence; further columns of the data go by their own name.
FACTORS = {
    "owner": "owner",
    "channel": "channel",
    "size": "size",
    "known client": "known client",
    "product": "product",
    "industry": "industry",
    "region": "region",
    "amount": "amount",
}
#: Levels that are no value of the data; a table shows them in brackets, for that reason.
KNOWN, NEW, TWICE = msg("(bought before)"), msg("(new)"), msg("(twice the amount)")
OWN_LEVELS = frozenset({KNOWN, NEW, TWICE})
#: What deals that are compared have in common.
ALIKE = {"product": "product", "size": "client size", "owner": "owner"}
DRIVERS: dict[str, str] = {
    # what goes with winning
    "drivers.base": "Of 100 deals decided in {window}, {rate} were won ({won} of {deals}).",
    "drivers.higher": "More, all else alike: {levels}; {sure} not by chance.",
    "drivers.lower": "Fewer, all else alike: {levels}; {sure} not by chance.",
    "drivers.early": "A first sign, all else alike: {parts}; about one in ten like it is chance.",
    "drivers.early.higher": "more for {levels}",
    "drivers.early.lower": "fewer for {levels}",
    "drivers.cause": "None of it need be the cause.",
    "drivers.factors": (
        "All else alike, winning differs by {factors}, though no single group stands out; {sure} not by "
        "chance."
    ),
    "drivers.level": "{level} ({factor}, about {about}, likely {low} to {high})",
    "drivers.plain": "{level} ({factor})",
    "drivers.amount": "{level} (about {about} at twice the amount, likely {low} to {high})",
    "drivers.more": "{count} more",
    "drivers.no_evidence": (
        "No evidence that winning or losing goes with any of these: {factors}. The differences among {deals} "
        "deals decided in {window} are what chance brings."
    ),
    "drivers.not_enough_data": (
        "What goes with winning cannot be said: {won} won and {lost} lost deals in {window} are too few. "
        "It takes at least {needed} of either."
    ),
    "drivers.no_factors": (
        "What goes with winning cannot be said: the data tell nothing of the deals that could be compared."
    ),
    "drivers.larger": "larger deals",
    # how much they explain together
    "drivers_fit.note": (
        "Shown a won and a lost deal, all factors together pick the won one in {right} of 100 cases "
        "(likely {low} to {high}); a coin picks it in 50. {strength}"
    ),
    "fit.nothing": "That cannot be told from a coin.",
    "fit.little": "Most of what decides a deal is not in these data.",
    "fit.some": "That is clearly better than a coin, and far from a forecast of a single deal.",
    "fit.much": "What decides a deal is largely in these data.",
    # does "too expensive" hold up
    "price_check.holds": (
        "The price holds up as a reason: deals lost for {reasons} were {difference} dearer than won "
        "ones{alike} (likely {low} to {high}; {lost} lost and {won} won deals), {sure} not by chance."
    ),
    "price_check.refuted": (
        "The price does not hold up as a reason: deals lost for {reasons} were no dearer than won "
        "ones{alike}: between {low} and {high} ({lost} lost and {won} won deals). Ask what stood behind it."
    ),
    "price_check.open": (
        "No evidence that deals lost for {reasons} were dearer than won ones{alike}: the difference lies "
        "between {low} and {high} ({lost} lost and {won} won deals). Whether it was the price stays open."
    ),
    "price_check.cheaper": (
        "The price does not hold up as a reason: deals lost for {reasons} were smaller than won "
        "ones{alike}: between {low} and {high} ({lost} lost and {won} won deals). Ask what stood behind it."
    ),
    "price_check.few": (
        "Whether deals lost for {reasons} were dearer than won ones cannot be said: {lost} such deals and "
        "{won} won ones of the same kind in {window}. It takes at least {needed} of either."
    ),
    "price_check.wide": (
        "Whether deals lost for {reasons} were dearer than won ones cannot be said: not enough data. The "
        "amounts of {lost} lost and {won} won deals differ so much that the likely range is wider than "
        "from half to double."
    ),
    "price.alike": " of the same {alike}",
    "price.left.reasons": (
        "Whether the price holds up as a reason: no reason of a lost deal in {window} speaks of the price."
    ),
    "price.left.no_reasons": (
        "Whether the price holds up as a reason: the data hold no reasons of lost deals."
    ),
    "price.left.amounts": (
        "Whether the price holds up as a reason: deals lost for {reasons}, or won ones, have no amount."
    ),
    "price.left.quantity": (
        "The price check compares amounts, since the deals hold no quantity to tell a price from."
    ),
    # what was left out
    "left.deals": "What goes with winning: there are no deals.",
    "left.many": "Among what may go with winning, columns with too many different values: {columns}.",
    "left.no_client": (
        "What goes with winning: {share} of the decided deals, whose customer is not in the table of "
        "customers."
    ),
    "left.clients": (
        "What goes with winning: {factors}, because {share} of the decided deals name no known customer."
    ),
    "left.known": (
        "What goes with winning: whether the client had bought before, because the records of purchases "
        "begin less than a year before most of the deals, so that everybody looks new at first."
    ),
    "left.after": (
        "What goes with winning: {factor}, which is filled in for won and for lost deals so differently "
        "that it must have been filled in after the decision."
    ),
    "left.knows": (
        "What goes with winning: {factor}, which tells the outcome itself and so must have been written "
        "after it."
    ),
    "left.scattered": "What goes with winning: {factor}, most of whose values stand for a few deals only.",
    "left.amount.won": "What goes with winning: the amount, which {share} of the won deals lack.",
    "left.amount.lost": "What goes with winning: the amount, which {share} of the lost deals lack.",
    "left.repeats": "What goes with winning: {factors}, which the other factors already tell.",
    "left.too_many_levels.won": (
        "What goes with winning: {factors}, because {fewer} won deals carry {most} figures at most, "
        "ten deals each."
    ),
    "left.too_many_levels.lost": (
        "What goes with winning: {factors}, because {fewer} lost deals carry {most} figures at most, "
        "ten deals each."
    ),
    "left.open": "What goes with winning: the deals still open, which are neither won nor lost.",
}


def factor_name(factor: str) -> str:
    """Name a factor within a sentence."""
    return tr(FACTORS.get(factor, factor))


def level_name(level: str, words: Words) -> str:
    """Name a level within a sentence: a value of the data, or one of ours, which is held in brackets.

    Examples
    --------
    >>> from crm_analysis.words import Words
    >>> level_name("large", Words()), level_name("(bought before)", Words()), level_name("(others)", Words())
    ('large', 'bought before', '(others)')
    """
    name = words.name(level)
    return name.strip("()") if level in OWN_LEVELS else name
