"""Sentences of the analysis of marketing."""

from __future__ import annotations

from crm_analysis.sentences._marketing_attribution import ATTRIBUTION

#: What income is, by the basis that the data allow.
INCOMES = {
    "margin": "the margin of the orders of the deals won",
    "revenue": "the revenue of the orders of the deals won",
    "amount": "the value of the deals won",
    "": "",
}

TEMPLATES = {
    # shares of sales and of cost
    "shares.note": (
        "In {period} the largest share of sales came by {channel}: {share} of revenue ({money}), for "
        "{cost_share} of the marketing cost. The largest share of the cost, {dearest_cost}, went to "
        "{dearest}, for {dearest_share} of revenue."
    ),
    "shares.unpaid": (
        "In {period} the largest share of sales came by {channel}: {share} of revenue ({money}), for none of "
        "the marketing cost. The largest share of the cost, {dearest_cost}, went to {dearest}, for "
        "{dearest_share} of revenue."
    ),
    "shares.same": (
        "In {period} the largest share of sales came by {channel}: {share} of revenue ({money}), for "
        "{cost_share} of the marketing cost, more than went to any other channel."
    ),
    "shares.no_cost": (
        "In {period} the largest share of sales came by {channel}: {share} of revenue ({money})."
    ),
    "shares.free": (
        "In {period} the largest share of sales came by {channel}: {share} of revenue ({money}). No "
        "marketing cost is recorded for that time."
    ),
    "shares.count": (
        "In {period} the largest share of the deals won came by {channel}: {won} of {all}. The data do not "
        "say what they were worth."
    ),
    "shares.none": "Nothing that names a channel was sold in {period}.",
    "shift.changed": (
        "The largest shift between channels that is more than chance: the share of {channel} in revenue "
        "went from {before} to {after} ({difference}; likely {low} to {high}) against {comparison}."
    ),
    "shift.no_evidence": (
        "No evidence that the shares of the channels shifted against {comparison}; the largest difference "
        "that enough customers carry is {channel}, {difference} (likely {low} to {high})."
    ),
    "shift.not_enough_data": (
        "Whether the shares of the channels shifted against {comparison} cannot be told: too few customers "
        "carry them."
    ),
    # return of each channel
    "pays_back.one": ("{names} pays back: {details}.{few}"),
    "pays_back.many": ("These channels pay back: {details}.{few}"),
    "pays_back.none": "No channel clearly pays back, by the leads of {window}.",
    "does_not_pay.one": "{names} does not pay back: {details}, at a cost of {cost}.{few}",
    "does_not_pay.many": ("These channels do not pay back: {details}, at a cost of {cost} together.{few}"),
    "cannot_be_told.one": ("Whether {names} pays back cannot be told from chance: {details}.{few}"),
    "cannot_be_told.many": ("Whether these channels pay back cannot be told from chance: {details}.{few}"),
    "too_few.one": "Whether {names} pays back cannot be said yet: fewer than {needed} deals won in {window}.",
    "too_few.many": (
        "Whether {names} pay back cannot be said yet: fewer than {needed} deals won by each in {window}."
    ),
    "more": "{count} more",
    "detail": "{channel}{value} ({low} to {high}, {won} won)",
    "detail.none": "{channel}{value}, no deal won",
    "detail.point": "{channel}{value}",
    "few": " With fewer than {needed} deals won the range is somewhat too narrow ({names}).",
    "overall.note": (
        "The {cost} spent on marketing in {window} returned {value} (likely {low} to {high}; 0% is the money "
        "back), counting {income} that came of it."
    ),
    "no_return.not_enough_data": (
        "What the money returned cannot be said yet: too few months hold leads old enough to have brought "
        "what they will bring ({months} of {needed})."
    ),
    "no_return.pace": (
        "What the money returned cannot be said yet: fewer than {needed} deals were won with a known first "
        "contact, so that nobody knows how long a lead takes."
    ),
    "no_return.nothing_spent": (
        "What the money returned cannot be said: no money was spent on marketing in {window}, the months "
        "whose leads are old enough to be judged."
    ),
    # rows that must not be overlooked
    "cost_without_leads.one": (
        "{names} cost {cost} in {window} and brought no lead that names it. It may help other channels; the "
        "data do not show it."
    ),
    "cost_without_leads.many": (
        "{names} cost {cost} together in {window} and brought no lead that names them. They may help other "
        "channels; the data do not show it."
    ),
    "leads_without_cost.one": (
        "{names} brought {won} of the {all} deals won from leads of {window} and has no recorded cost: its "
        "work is not free, only not recorded."
    ),
    "leads_without_cost.many": (
        "{names} brought {won} of the {all} deals won from leads of {window} and have no recorded cost: "
        "their work is not free, only not recorded."
    ),
    "unknown_channel.note": "{share} of the revenue of {period} names no channel ({money}).",
    "unknown_channel.count": "{won} of the {all} deals closed in {period} name no channel.",
    # how the return is counted
    "unripe.note": (
        "Leads that came after {end} are too young to be judged: {pace}. Their {cost} of cost and {leads} "
        "stay out of the return."
    ),
    "unripe.slowest": "{slowest}, the slowest channel, takes {days} until nine in ten of its deals are won",
    "unripe.all": "it takes {days} until nine in ten of the deals are won",
    "naive.note": (
        "Setting the sales of the same months against their cost would show {naive} instead of {value}: it "
        "counts orders of old customers and sales that earlier money brought."
    ),
    "lag.note": (
        "Half of the deals won are won within {days} of the first contact: fastest {fastest} with {fast}, "
        "slowest {slowest} with {slow}."
    ),
    "lag.alone": "Half of the deals won are won within {days} of the first contact.",
    "acquisition.note": (
        "A new customer cost {value} in {period} (likely {low} to {high}): {cost} for {customers}. Money "
        "often works months later, so a single period is only a rough guide."
    ),
    "acquisition.few": (
        "What a new customer cost in {period} cannot be said: {cost} was spent, for only {customers}. "
        "A longer period tells more."
    ),
    "acquisition.none": "{cost} was spent in {period} and no new customer bought in that time.",
    # where to put the next effort
    "next_effort.note": (
        "Put the next effort into {more}: it pays back and returns more than {others}, beyond chance. {less}"
        "That is the average so far; the next money may bring less."
    ),
    "next_effort.note.probably": (
        "Put the next effort into {more}: it pays back and probably returns more than {others}. {less}That "
        "is the average so far; the next money may bring less."
    ),
    "next_effort.several": (
        "Put the next effort into {more}, which pay back and return more than {others}, beyond chance; which "
        "is best cannot be told. {less}That is the average so far; the next money may bring less."
    ),
    "next_effort.several.probably": (
        "Put the next effort into {more}, which pay back and probably return more than {others}; which is "
        "best cannot be told. {less}That is the average so far; the next money may bring less."
    ),
    "next_effort.less": "The money could come from {names}. ",
    "next_effort.only_less": (
        "The data do not say which channel deserves more. Below others, beyond chance: {names}."
    ),
    "next_effort.only_less.probably": (
        "The data do not say which channel deserves more. Probably below others: {names}."
    ),
    "next_effort.open": (
        "The data do not say where to put the next effort: no channel pays back and returns more than others "
        "beyond chance."
    ),
    "next_effort.one": "Only one channel has a cost, so there is nothing to choose between.",
    "next_effort.not_enough_data": (
        "Where to put the next effort cannot be said yet: what each channel returned is not known."
    ),
    "next_effort.nothing_spent": (
        "Where to put the next effort cannot be said: no money was spent in {window}, so no channel has a "
        "return."
    ),
    "next_effort.no_costs": ("Where to put the next effort cannot be said: no marketing costs are recorded."),
    # what is left out
    "left.costs": (
        "Cost, cost share, return and next effort: there is no table of marketing costs. Sales, leads, win "
        "rates and the time to a sale are told."
    ),
    "left.leads": (
        "Leads, win rates, return and time to a sale: no deals with a channel. Only shares, and sales beside "
        "the cost of the same months, are told."
    ),
    "left.amounts": "Revenue, shares and return: the data do not say what sales were worth.",
    "left.income": (
        "Return: the order lines do not name the deals they come from, and the deals have no amount."
    ),
    "left.window": (
        "Return, and share of leads won: the records hold {months} of the {needed} months of leads old "
        "enough to judge that are needed."
    ),
    "left.margin": "Margin: the costs of goods are not known, so income is revenue and the return is too "
    "rosy.",
    "left.amount": (
        "Orders of the deals: the order lines do not name them, so income is the value of the deals won, "
        "without the cost of goods."
    ),
    "left.pairs": (
        "Pairs of channels: of {returns} with a return, the {compared} that cost most are compared with each "
        "other."
    ),
    "left.spelled": (
        "One channel under several names: {names} are counted apart, so what one cost is not set against "
        "what the other brought. If they are one, give them one name in crm.toml, under values.channel of "
        "these tables."
    ),
    "left.campaigns": "Campaigns: costs and deals do not both name them.",
    "left.items": "Kinds of cost: the costs do not name them.",
    "left.line_channel": "Sales by channel: the order lines do not tell one, and none could be looked up.",
    "left.comparison": "The shift of shares: there is no fair comparison.",
} | ATTRIBUTION
