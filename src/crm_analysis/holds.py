"""What each table of a result holds, in a phrase: its rows and the question that they answer.

The docstring of each analysis tells the columns; headings and units stand in :mod:`crm_analysis.columns`.
"""

from __future__ import annotations

from crm_analysis.language import msg

_WINDOW = msg("The spans that figures rest on: days, revenue, customers, orders")

#: By stem of the analysis and name of the table.
HOLDS: dict[str, dict[str, str]] = {
    "sales_dynamics": {
        "monthly": msg("Every month: revenue, orders, customers, win rate, what is normal"),
        "change": msg("What changed revenue: each driver and its part, in money"),
        "structure": msg("Shares of revenue by product, region, owner, channel, and how they shifted"),
        "plan": msg("Plan and sales, whole and by owner, product or region"),
        "trend": msg("Trends of the monthly figures: growth a year with its range and test"),
        "calendar": msg("Growth, working days and the end of a quarter: what each brings"),
        "win_rates": msg("Win rates of the deals closed in the period, by group"),
        "figures": msg("The main figures of the period and of its comparison"),
    },
    "customer_abc": {
        "customers": msg("Every customer: revenue, class, regularity, last order, scores"),
        "classes": msg("Classes A, B, C: customers, revenue, orders, days between purchases"),
        "matrix": msg("Value against regularity: customers and revenue of each pair of ABC and XYZ"),
        "xyz_buckets": msg("How regularity was measured: months or quarters, and what each would give"),
        "migration": msg("Who changed class: from where to where, how many, how much money"),
        "concentration": msg("How much the largest customers bring, with ranges and the figure before"),
        "cohorts": msg("Customers by the month of their first order: how many still buy"),
        "retention": msg("Share of each class still buying, by days since"),
        "due": msg("A and B customers silent for unusually long: whom to call first"),
        "monthly": msg("Every month: customers who bought, and new ones"),
        "totals": _WINDOW,
        "tests": msg("The tests of this analysis, all counted together"),
    },
    "customer_segments": {
        "segments": msg("Every segment: customers, revenue, margin, win rate, cost of a new customer"),
        "leading": msg("The segments of each trait with most revenue, the rest in one row"),
        "profile": msg("Who the A customers are: how much more common than among all"),
        "cross": msg("Which segment buys which product, and where buyers are missing"),
        "shift": msg("Shares of revenue by segment against the comparison"),
        "totals": _WINDOW,
        "tests": msg("The tests of this analysis, all counted together"),
    },
    "marketing_impact": {
        "channels": msg("Every channel: cost, leads, deals won, revenue, return on the money"),
        "shares": msg("Shares of revenue by channel against the comparison"),
        "cost_items": msg("Kinds of cost against the comparison"),
        "campaigns": msg("Campaigns: cost, leads, deals won, return"),
        "course": msg("Every month, all channels: cost, leads, income, return"),
        "monthly": msg("Every month and channel: cost, leads, income, return"),
        "lag": msg("Share of the leads won, by channel and months since the first contact"),
        "pace": msg("How fast each channel brings a deal, in days"),
        "next_effort": msg("Pairs of channels: which pays better, and how sure that is"),
        "ranking": msg("Channels by return, and what to do"),
        "attribution": msg("Sales shared out among channels by several ways of counting"),
        "agreement": msg("How far the ways of counting agree on each channel"),
        "association": msg("Whether income goes with the spending of earlier months"),
        "spend_by_month": msg("Every month: marketing cost and revenue"),
        "totals": _WINDOW,
    },
    "deal_reasons": {
        "loss_reasons": msg("Reasons for losing, in the period and its comparison"),
        "win_reasons": msg("Reasons for winning, in the period and its comparison"),
        "reasons_year": msg("Reasons for losing and winning over a year, against the year before"),
        "departments": msg("Deals lost by department that must act, in the period"),
        "departments_year": msg("Deals lost by department that must act, over a year"),
        "hotspots": msg("Where a reason stands out: by stage, owner, product, kind of client"),
        "stage_map": msg("Reasons by the last stage before the loss"),
        "discipline": msg("How well each owner records reasons"),
        "spellings": msg("Reasons that look misspelt, with the lines that mend them"),
        "price_check": msg("Were deals lost for the price dearer than won ones?"),
        "drivers": msg("What goes with winning: odds of each factor, all else alike"),
        "fit": msg("How well the factors tell won from lost"),
    },
    "process_kpis": {
        "kpis": msg("The control figures of the period, in all and by group"),
        "trends": msg("Is each figure getting better or worse: change a year, range, test"),
        "series": msg("Every control figure month by month, with what is normal"),
        "breaks": msg("From which month on the level seems to be another"),
        "outcomes": msg("Share of deals won, lost and open by days since the first contact"),
        "event": msg("Before and after an event that was named"),
        "definitions": msg("How each control figure is counted"),
    },
    "open_deals": {
        "deals": msg("Every open deal: age, contacts, chance, why it needs a look"),
        "stall_limits": msg("How long deals usually stay in each stage, in days"),
        "pipeline": msg("Open deals and their money by stage and age"),
        "activities": msg("Contacts done, planned and overdue, by owner and kind"),
        "owners": msg("Every owner: deals in work, won and lost, win rate with the same deals"),
        "intensity": msg("Contacts against money in work, by client"),
        "funnel": msg("How many deals pass each stage, and how long it takes"),
        "cohorts": msg("Deals by the month they were created: won, lost, open"),
        "bridge": msg("How the pipeline went from the beginning of the period to its end"),
        "monthly": msg("Every month: deals and money in work, created, won, lost"),
        "forecast": msg("Deals won to come, month by month, with ranges"),
        "together": msg("Deals won to come in three months together, with ranges"),
        "won_by_month": msg("Money of deals won, month by month"),
        "backtest": msg("What past forecasts said, and what came"),
        "calibration": msg("Chances that were promised, and kept"),
        "scores": msg("How far each way of forecasting missed"),
    },
    "summary": {
        "figures": msg("The main figures of all analyses"),
        "answers": msg("The findings of all analyses, ranked"),
        "readers": msg("Who should read what"),
        "quality": msg("Rows read, used and set aside, by table"),
        "missing": msg("Analyses that are missing, and why"),
    },
}


def held(stem: str, table: str) -> str:
    """Say what a table holds; nothing of a table of one's own, whose name says it.

    Examples
    --------
    >>> held("customer_abc", "due")
    'A and B customers silent for unusually long: whom to call first'
    """
    return HOLDS.get(stem, {}).get(table, "")
