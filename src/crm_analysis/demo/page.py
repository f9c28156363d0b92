"""The page ``TRUTH.md`` beside the data: the planted truths for people, and as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crm_analysis.demo.company import Company
from crm_analysis.demo.truth import MEASURED, truths

if TYPE_CHECKING:
    from crm_analysis.demo.cast import Cast

#: Seed of the company in ``data/demo``.
SEED = 34

_PAGE = """# What is true of this company

It does not exist. Every client, person and figure was made by `crm-analysis demo` (seed {seed}, about \
{deals} deals, {months} months from {start}; currency {currency}), so what is behind the figures is known, \
and an analysis can be held against it. The same seed gives the same bytes.{chosen}

| table | rows |
|---|---|
{rows}

## What was planted

**Sales.** Order and deal values grow by {growth:.0%} a year; nothing makes the number of orders or of \
clients grow. As clients leave and others come, both wander and fall a little: an analysis may well find \
that, and is right. There is a season, per working day, and fewer working days in December. {bags} take \
{mix:g} times their share from {mix_on}. {returned:.0%} of the lines come back within 30 days. The plan is \
last year's revenue plus {plan:.0%}; the plan of the first year is its own revenue.

**Clients.** Each has a rhythm of its own (median {interval:g} days between repeat orders, gamma gaps), \
stays a client for {life:g} years on average, and may be won back by a deal. About half of them \
bought before the data begin. {segments}. Region and account type make no difference to anything; size and \
channel of a client change the odds of winning.

**Channels.** Returns and lags differ (figures below). {no_deals} costs money and brings no deal; {no_cost} \
brings deals and costs nothing; one lead in fourteen has no channel, and no touches. A deal carries the \
channel of its first touch; later touches change nothing. Touches begin with the data, so the first months \
miss some. Trade show leads were met at the last show, three a year.

**Reasons.** The share of {shift_reason!r} among the named reasons of losing is {shift_from:.0%} before \
{shift_on} and {shift_to:.0%} from then on; the other reasons keep their proportions. {hot_product} deals \
are lost for {hot_reason!r} with {hot:g} times the weight. 'Price too high' has {late:g} times the weight \
from Quote on, and nothing to do with the amount: those deals are no dearer than the ones won. Reasons of \
winning do not change. {careless} leaves {blank:.0%} blank and writes 'Other' in {other:.0%}; everyone \
else {blank_all:.0%} and {other_all:.0%}.

**Process.** On {event} a new way of working came in: stages entered from that day on take {event_time:g} \
times as long. It changes neither the win rate nor the number of contacts. Contacts per deal grow by \
{contacts:.0%} a year. Deal amounts grow as said above. Purchase interval, win rate and acquisition cost \
have no trend.

**Deals.** Log odds of winning = {base:g} + {known:g} for a client who bought before + size + channel + \
owner. {star} are truly better (+{skill:g}); {hard} is given mostly hard clients, so that the raw win rate \
hides part of it. {easy} is no better than the rest, but given easy clients. All others are alike. Owners \
are given clients whatever the region. Product, industry, region and amount do not enter. {zombie:.1%} of \
the deals are never decided. {pull:.0%} of the deals that would be won within {window} days after a quarter \
end are won in its last seven working days instead. The promised probabilities are far too rosy, by \
design.

## What an analysis can find, and what not

* The event, in time to decision: plain in a year of deals on either side, and as a step in 48 months.
* The shift of reasons: plain between the last two years; between two single quarters (about a hundred \
lost deals each) only sometimes.
* Contacts per deal, and revenue over 48 months: in reach. The growth of the mean deal: at the edge, \
because a month has some twenty won deals of very different size. A trend of acquisition cost: not in \
reach with three or four new clients a month; neither is its absence proof of anything.
* Owners, channels and sizes, by win rate: in reach over 48 months, and for the strongest in one year; \
never in one month.
* Deals of one client share its size, channel and owner: the client, not the deal, is the independent unit.
* Cosmetics in revenue per client and Wine in margin: in reach in a year, though the spread between single \
clients is wide. A difference between regions or account types, whatever its p-value, is chance.
* Returns: Website and Partners well above, Sponsorship, Mailing and Trade shows below zero on the margin \
of the orders their deals brought; Search ads too close to zero to tell. In a single month nothing.
{measured}
## The numbers

```json
{json}
```
"""

_MEASURED = """
## Measured in a large company

Means over a million deals with the same parameters: what follows from the truths without being typed in. \
This folder lies around them, by chance.

```json
{json}
```
"""


_CHOSEN = """

The seed was chosen among forty because its company lies close to its truths. That an analysis finds them \
here tells nothing of how often it errs: for that, make companies with other seeds."""


def truth_page(company: Company, cast: Cast, seed: int, deals: int, rows: dict[str, int]) -> str:
    """Write the page for a company; what was measured in a large one is told for default parameters only."""
    planted = truths(company, cast)
    reasons = planted["deal_reasons"]
    marketing = planted["marketing_impact"]
    owners = planted["open_deals"]
    before = next(r.share for r in company.loss_reasons if r.name == company.shift_reason)
    measured = _MEASURED.format(json=_json(MEASURED)) if company == Company() else ""
    return _PAGE.format(
        seed=seed,
        chosen=_CHOSEN if seed == SEED else "",
        deals=deals,
        months=company.months,
        start=company.start,
        currency=company.currency,
        rows="\n".join(f"| `{name}` | {count} |" for name, count in sorted(rows.items())),
        growth=company.growth,
        bags=company.mix_category,
        mix=company.mix_factor,
        mix_on=company.mix_on,
        returned=company.returned,
        plan=company.plan_growth,
        interval=company.interval_days,
        life=company.lifetime_years,
        segments=_segments(company),
        no_deals=_names(marketing["cost_without_deals"]),
        no_cost=_names(marketing["deals_without_cost"]),
        shift_reason=company.shift_reason,
        shift_from=before,
        shift_to=company.shift_share,
        shift_on=company.shift_on,
        hot_product=company.hot_product,
        hot_reason=company.hot_reason,
        hot=company.hot_factor,
        late=company.late_factor,
        careless=_names(reasons["careless_owners"]),
        blank=company.careless_blank,
        other=company.careless_other,
        blank_all=company.blank_reason,
        other_all=company.other_reason,
        event=company.event_on,
        event_time=company.event_time,
        contacts=company.contacts_growth,
        base=company.win_base,
        known=company.win_known,
        star=_names(owners["better_owners"]),
        skill=company.win_star,
        hard=_names(owners["better_owner_with_hard_clients"]),
        easy=_names(owners["owner_with_easy_clients_and_no_skill"]),
        zombie=company.zombies,
        pull=company.quarter_pull,
        window=company.quarter_window,
        measured=measured,
        json=_json(planted),
    )


def _segments(company: Company) -> str:
    values = [
        f"{name} clients order {value:g} times as much"
        for name, value in company.industry_value
        if value != 1
    ]
    margins = [f"{name} clients leave {extra:.0%} more margin" for name, extra in company.industry_margin]
    return "; ".join([*values, *margins]) or "Industries do not differ"


def _names(names: list[str], most: int = 4) -> str:
    if not names:
        return "Nobody"
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
