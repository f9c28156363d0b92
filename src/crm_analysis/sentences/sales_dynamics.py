"""Sentences of the sales analysis."""

from __future__ import annotations

from crm_analysis.language import tr

#: Drivers of a change as they are called within a sentence.
DRIVERS = {
    "customers": "the number of customers",
    "orders per customer": "the number of orders per customer",
    "size of order": "the size of the orders",
    "mix of customers": "the mix of customers",
    "sales without a customer": "sales that name no customer",
    "returns": "returns",
    "deals closed": "the number of deals closed",
    "win rate": "the win rate",
    "size of won deal": "the size of the deals",
    "mix of deals": "the mix of deals",
}

#: The same beside a bar.
DRIVER_LABELS = {
    "customers": "customers",
    "orders per customer": "orders per customer",
    "size of order": "size of order",
    "mix of customers": "mix of customers",
    "sales without a customer": "sales without a customer",
    "returns": "returns",
    "deals closed": "deals closed",
    "win rate": "win rate",
    "size of won deal": "size of won deal",
    "mix of deals": "mix of deals",
}

#: Dimensions within a sentence.
DIMENSIONS = {
    "product": "product",
    "category": "category",
    "region": "region",
    "owner": "owner",
    "channel": "channel",
    "owner region": "owner region",
    "manager": "manager",
    "team": "team",
    "size": "size",
    "industry": "industry",
    "total": "total",
    "all deals": "all deals",
}

MEASURES = {
    "revenue": "monthly revenue",
    "orders": "the number of orders",
    "average_order": "the average order",
    "win_rate": "the win rate",
}

TEMPLATES = {
    # revenue of the period
    "revenue.none": "Nothing was sold in {period}.",
    "revenue.unrecorded": "No sale with an amount is recorded in {period}, although {won} had been won.",
    "revenue.alone": "Revenue for {period} was {revenue} from {orders}. {variation}",
    "revenue.above": (
        "Revenue for {period} was {revenue}, {difference} ({change}) above {comparison}. {driver} {variation}"
    ),
    "revenue.below": (
        "Revenue for {period} was {revenue}, {difference} ({change}) below {comparison}. {driver} {variation}"
    ),
    "revenue.difference_above": (
        "Revenue for {period} was {revenue}, {difference} above {comparison}. {driver} {variation}"
    ),
    "revenue.difference_below": (
        "Revenue for {period} was {revenue}, {difference} below {comparison}. {driver} {variation}"
    ),
    "revenue.count": "{deals} were won in {period}; the data do not say what they were worth.",
    "revenue.count_one": "{deals} was won in {period}; the data do not say what they were worth.",
    "revenue.count_compared": (
        "{deals} were won in {period}, after {before} in {comparison}; the data do not say what they "
        "were worth."
    ),
    "revenue.count_one_compared": (
        "{deals} was won in {period}, after {before} in {comparison}; the data do not say what they "
        "were worth."
    ),
    "driver": "What moved it most: {driver} ({contribution}).",
    "variation.within": "This is within normal month-to-month variation{adjusted}.",
    "variation.within_many": "Each of its whole months is within normal variation{adjusted}.",
    "variation.beyond": "Out of normal month-to-month variation{adjusted}: {months}.",
    "variation.adjusted": ", with the season taken out",
    # trends
    "trend.improved": (
        "Growing: {measure}, {growth} a year (likely {low} to {high}) over {n} months, with the season "
        "taken out; {sure}."
    ),
    "trend.worsened": (
        "Falling: {measure}, {growth} a year (likely {low} to {high}) over {n} months, with the season "
        "taken out; {sure}."
    ),
    "trend.no_evidence": (
        "No evidence that {measure} grows or falls: {growth} a year ({low} to {high}) over {n} months "
        "cannot be "
        "told from chance. A drift of less than about {detectable} over these months could not be seen."
    ),
    "trend.too_few": "Not enough months yet for a trend of {measure}: {n} of {needed}.",
    "trend.season_unclear": (
        "A trend of {measure} cannot be told from the season yet: {n} of {needed} months."
    ),
    "trend.gaps": (
        "No trend of {measure} can be given: too many months between the first and the last are missing."
    ),
    "trend.constant": (
        "No trend of {measure} can be given: all months are the same once the season is taken out."
    ),
    "trend.borderline": " A second method does not agree: take this as borderline.",
    # calendar
    "quarter_end.higher": (
        "The month that closes a quarter brings {value} more than the others (likely {low} to {high}), with "
        "growth{apart} taken out; {sure}."
    ),
    "quarter_end.lower": (
        "The month that closes a quarter brings {value} less than the others (likely {low} to {high}), with "
        "growth{apart} taken out; {sure}."
    ),
    "quarter_end.season": " and season",
    "quarter_end.no_evidence": (
        "No evidence of a rhythm of the quarter: its closing month against the others, {value} ({low} to "
        "{high}), "
        "cannot be told from chance."
    ),
    "quarter_end.not_enough_data": (
        "Not enough whole quarters yet to see whether sales peak when a quarter closes."
    ),
    "quarter_end.constant": "No rhythm of the quarter can be seen: all months are the same.",
    "working_days.constant": "No effect of working days can be seen: all months are the same.",
    "working_days.higher": (
        "Months with one working day more bring {value} (likely {low} to {high}), with growth and season "
        "taken out; {sure}."
    ),
    "working_days.lower": (
        "Months with one working day more bring {value} (likely {low} to {high}), with growth and season "
        "taken out; {sure}."
    ),
    "working_days.no_evidence": (
        "No evidence that months with more working days sell more: {value} a day ({low} to {high}) cannot "
        "be told "
        "from chance."
    ),
    "working_days.not_enough_data": (
        "Not enough months yet to tell the effect of working days from the season: {n} of {needed}."
    ),
    # months that stand out
    "special_months.none": "None of the last {n} whole months stands out from normal variation.",
    "special_months.none_adjusted": (
        "With the season taken out, none of the last {n} whole months stands out from normal variation."
    ),
    "special_months.note": "Of the last {n} whole months, these stand out from normal variation: {months}.",
    "special_months.note_adjusted": (
        "With the season taken out, these of the last {n} whole months stand out from normal variation: "
        "{months}."
    ),
    "special_months.run_above": (
        "The last {length} whole months all lie above their usual level: the level may have shifted."
    ),
    "special_months.run_below": (
        "The last {length} whole months all lie below their usual level: the level may have shifted."
    ),
    "month.above": "{month} (above)",
    "month.below": "{month} (below)",
    # plan
    "plan.short": "{attainment} of the plan for {period} was sold: {actual} of {target}, {gap} short.",
    "plan.over": "{attainment} of the plan for {period} was sold: {actual} of {target}, {gap} over.",
    "plan.running": (
        "{attainment} of the plan for {period} is sold so far: {actual} of {target}. At the usual pace the "
        "period "
        "ends at {projected} ({projected_attainment} of the plan){spread}."
    ),
    "plan.early": (
        "{attainment} of the plan for {period} is sold so far: {actual} of {target}; too early to project."
    ),
    "plan.spread": "; in 8 of 10 past periods it would have been between {low} and {high}",
    "plan.negative": (
        "Nothing of the plan for {period} was met: more was returned than sold ({actual} against {target})."
    ),
    # structure
    "structure.up": (
        "The largest shift that is more than chance: {dimension} {value} rose from {before} to {after} of "
        "revenue "
        "({difference}; likely {low} to {high})."
    ),
    "structure.down": (
        "The largest shift that is more than chance: {dimension} {value} fell from {before} to {after} of "
        "revenue "
        "({difference}; likely {low} to {high})."
    ),
    "structure.small": (
        "Some shares of revenue shifted by more than chance since {comparison}, none of them by a whole "
        "percentage point; the largest is {dimension} {value}, {difference}."
    ),
    "structure.no_evidence": (
        "No shift between {dimensions} since {comparison} is larger than chance explains; the largest is "
        "{dimension} {value}, {difference}."
    ),
    "structure.no_evidence_tested": (
        "No shift between {dimensions} since {comparison} that could be tested is larger than chance "
        "explains. The largest of these is {dimension} {value}, {difference}."
    ),
    "structure.untested": (
        "Larger still, but carried by too few customers to be tested: {dimension} {value}, {difference}."
    ),
    "structure.not_enough_data": (
        "Too few customers to tell a shift of the shares since {comparison} from chance."
    ),
    # deals
    "win_rate.some_won": (
        "{won} of {closed} deals closed in {period} were won: {rate} (likely {low} to {high})"
    ),
    "win_rate.none_won": "None of the {closed} deals closed in {period} was won",
    "win_rate.all_won": "All {closed} deals closed in {period} were won",
    "win_rate.one_won": "The one deal closed in {period} was won",
    "win_rate.one_lost": "The one deal closed in {period} was lost",
    "win_rate.alone": "{outcome}.",
    "win_rate.rose": (
        "The win rate rose against {comparison}: {change} (likely {low} to {high}), more than chance in "
        "single deals explains; a season may be behind it. {outcome}, after {before}."
    ),
    "win_rate.fell": (
        "The win rate fell against {comparison}: {change} (likely {low} to {high}), more than chance in "
        "single deals explains; a season may be behind it. {outcome}, after {before}."
    ),
    "win_rate.no_evidence": (
        "No evidence that the win rate changed against {comparison}: {change} ({low} to {high}) cannot be "
        "told from chance. {outcome}, after {before}."
    ),
    "win_rate.none": "No deal was closed in {period}.",
    "win_rate_groups.differs": (
        "Win rates differ by {dimension} in {period}: {best} wins {best_rate}, {worst} {worst_rate}; {sure}. "
        "Whether the difference lasts, other periods tell."
    ),
    "win_rate_groups.no_evidence": (
        "No evidence that win rates differ by {dimensions}: the differences of this period are what chance "
        "brings."
    ),
    "win_rate_groups.not_enough_data": "Too few closed deals to compare win rates between groups: {closed}.",
    # the data
    "unknown_customers.note": "{share} of the revenue of {period} names no customer ({revenue}).",
    "part_month.note": (
        "{month} is covered only up to {day}: it is shown, and left out of trends and of the normal range."
    ),
    "part_month.span": (
        "{month} is covered in part only, {span}: it is shown, and left out of trends and of the normal "
        "range."
    ),
    # what is left out
    "left.plan": "Plan: {why}.",
    "left.course": "Trends, normal variation and calendar: nothing was ever sold up to the end of {period}.",
    "left.deals": "Win rates and the change by deals: the data hold no table of deals.",
    "left.deal_amount": "The change by deals: the table of deals has no amount.",
    "left.amount": (
        "Revenue, change, structure and plan: there is no table of sales, and the deals have no amount. "
        "Won deals "
        "are counted as orders."
    ),
    "left.comparison": "The change and the shifts of shares: there is no fair comparison.",
    "left.cost": "Margin: the sales have no cost.",
    "left.dimensions": "Structure by {missing}: the data do not say it.",
    "left.mix": "The mix of customers: the data tell no groups of customers apart.",
    "left.plan_total": "Attainment as one figure: the plan has no total, only figures by {dimensions}.",
    "left.deal_values": "{n} deals won in {period} have no amount and count as nothing in the size of deals.",
}


def dimension_name(name: object) -> str:
    """Name a dimension of a table within a sentence; a plan may cross two."""
    return " × ".join(tr(DIMENSIONS.get(part, part)) for part in str(name).split(" × "))
