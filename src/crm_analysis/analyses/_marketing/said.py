"""From figures to answers: shares, the next effort, and how the return is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._marketing.channels import FREE, unknown_share
from crm_analysis.analyses._marketing.effort import LESS, LIKELY, MORE
from crm_analysis.analyses._marketing.effort import OPEN as EQUAL
from crm_analysis.analyses._marketing.facts import STEM, finding
from crm_analysis.analyses._marketing.window import ALL, FEWEST_WON
from crm_analysis.analyses._saying import joined, records, rows
from crm_analysis.sentences import sentence
from crm_analysis.stats.intervals import poisson
from crm_analysis.words import tenths

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._marketing.facts import Facts
    from crm_analysis.findings import Finding, Verdict

#: Below this share of revenue, sales without a channel are not worth a sentence.
LEAST_UNKNOWN = 0.005
#: What one of fewer new customers cost is known to a factor of ten or more.
FEWEST_NEW = 5


def shares(facts: Facts) -> Finding:
    """Say which channel brings most, and which costs most."""
    words, names = facts.words, facts.names
    known = facts.channels[facts.channels["channel"] != NOT_STATED]
    if not facts.has_amounts and facts.has_leads and known["won"].sum() > 0:
        first = known.sort_values(["won", "channel"], ascending=[False, True], kind="stable").iloc[0]
        won = facts.channels["won"].sum()
        figures = {"won": words.number(first["won"], 0), "all": words.counted(int(won), "deal")}
        figures["channel"] = words.name(first["channel"])
        return finding(
            "shares",
            "shares.count",
            "note",
            figures | names,
            value=first["won"] / won,
            unit="share",
            n=int(won),
        )
    if known.empty or not known["revenue"].max() > 0:
        return finding("shares", "shares.none", "note", names)
    first = known.iloc[0]
    figures = names | {
        "channel": words.name(first["channel"]),
        "share": words.share(first["revenue_share"]),
        "money": words.money(first["revenue"]),
        "cost_share": words.share(first["cost_share"]),
    }
    template = "shares.no_cost"
    if facts.has_costs:
        template = "shares.free"
        dearest = known.sort_values(["cost", "channel"], ascending=[False, True], kind="stable").iloc[0]
        if dearest["cost"] > 0:
            template = "shares.note" if first["cost"] else "shares.unpaid"
            template = "shares.same" if dearest["channel"] == first["channel"] else template
            figures |= {
                "dearest": words.name(dearest["channel"]),
                "dearest_cost": words.share(dearest["cost_share"]),
                "dearest_share": words.share(dearest["revenue_share"]),
            }
    return finding(
        "shares",
        template,
        "note",
        figures,
        value=first["revenue_share"],
        unit="share",
        money=first["revenue"],
    )


def advises(facts: Facts) -> bool:
    """Say whether there are returns to choose between."""
    return facts.overall is not None and len(facts.ranking) > 1


def next_effort(facts: Facts) -> Finding:
    """Recommend only what the data carry."""
    words, ranking = facts.words, facts.ranking
    if facts.overall is None or ranking.empty:
        template = "next_effort.not_enough_data" if facts.has_costs else "next_effort.no_costs"
        template = "next_effort.nothing_spent" if facts.has_costs and facts.overall is not None else template
        return finding("next_effort", template, "not_enough_data", facts.names)
    if len(ranking) == 1:
        return finding("next_effort", "next_effort.one", "note", {})
    more, less = (ranking.loc[ranking["advice"] == advice, "channel"].tolist() for advice in (MORE, LESS))
    sure = facts.next_effort[facts.next_effort["verdict"] != EQUAL]
    if not more:
        template = "next_effort.only_less" if less else "next_effort.open"
        template += _probably(sure[sure["other"].isin(less)])
        figures = {"names": joined([words.name(name) for name in less])}
        return finding("next_effort", template, "note" if less else "no_evidence", figures)
    beaten = [set(sure.loc[sure["channel"] == name, "other"]) for name in more]
    others = [name for name in ranking["channel"] if all(name in below for below in beaten)]
    if not others:
        # they beat different channels: only the first can be said in a sentence
        more, others = more[:1], sorted(beaten[0])
    first = records(ranking, "channel")[more[0]]
    figures = {
        "more": joined([words.name(name) for name in more]),
        "others": joined([words.name(name) for name in others]),
        "less": sentence(STEM, "next_effort.less", names=joined([words.name(name) for name in less]))
        if less
        else "",
    }
    probably = _probably(sure[sure["channel"].isin(more) & sure["other"].isin(others)])
    template = ("next_effort.several" if len(more) > 1 else "next_effort.note") + probably
    return finding(
        "next_effort", template, "note", figures, value=first["return_on_spend"],
        low=first["return_low"], high=first["return_high"], unit="relative", n=int(first["cohort_won"]),
        strength="preliminary" if probably else "moderate",
    )  # fmt: skip


def _probably(pairs: pd.DataFrame) -> str:
    """End the name of a template: a sentence is as sure as the least sure of the pairs that it tells of."""
    return ".probably" if (pairs["verdict"] == LIKELY).any() else ""


def shift(facts: Facts) -> list[Finding]:
    """Say whether the shares of the channels shifted."""
    if facts.shares.empty or not facts.has_amounts or facts.context.comparison is None:
        return []
    words, tested = facts.words, facts.shares[facts.shares["p_value"].notna()]
    if tested.empty:
        return [finding("share_shift", "shift.not_enough_data", "not_enough_data", facts.names)]
    found = tested[tested["verdict"] == "changed"]
    pool = found if len(found) else tested
    row = pool.iloc[int(pool["difference"].abs().to_numpy().argmax())]
    digits = tenths(row["low"], row["high"])
    figures = facts.names | {
        "channel": words.name(row["channel"]),
        "before": words.share(row["previous_share"]),
        "after": words.share(row["share"]),
        "difference": words.points(row["difference"], spelled=True),
        "low": words.number(row["low"] * 100, digits, signed=True),
        "high": words.points(row["high"], digits, spelled=True),
    }
    verdict: Verdict = "changed" if len(found) else "no_evidence"
    return [
        finding(
            "share_shift", f"shift.{verdict}", verdict, figures, value=row["difference"], low=row["low"],
            high=row["high"], unit="points", p_value=row["p_value"], p_adjusted=row["p_adjusted"],
            strength="moderate" if len(found) else "",
        )
    ]  # fmt: skip


def without(facts: Facts) -> list[Finding]:
    """Name channels with a cost and no lead, and with deals and no cost."""
    if not (facts.has_costs and facts.window.known):
        return []
    words, table, made = facts.words, facts.channels, []
    named = table[table["channel"] != NOT_STATED]
    barren = named[(named["cohort_cost"] > 0) & (named["cohort_leads"] == 0)]
    if len(barren):
        cost = float(barren["cohort_cost"].sum())
        figures = facts.names | {
            "names": joined([words.name(name) for name in barren["channel"]]),
            "cost": words.money(cost),
        }
        template = f"cost_without_leads.{'one' if len(barren) == 1 else 'many'}"
        made.append(
            finding("cost_without_leads", template, "note", figures, value=cost, unit="money", money=cost)
        )
    free = named[(named["verdict"] == FREE) & (named["cohort_won"] > 0)]
    if len(free):
        won, whole = int(free["cohort_won"].sum()), int(table["cohort_won"].sum())
        figures = facts.names | {
            "names": joined([words.name(name) for name in free["channel"]]),
            "won": words.number(won),
            "all": words.number(whole),
        }
        template = f"leads_without_cost.{'one' if len(free) == 1 else 'many'}"
        made.append(
            finding("leads_without_cost", template, "note", figures, value=won / whole, unit="share", n=whole)
        )
    return made


def unknown_channel(facts: Facts) -> list[Finding]:
    """Say how much of the sales names no channel."""
    words, table = facts.words, facts.channels
    unknown = table[table["channel"] == NOT_STATED]
    if facts.has_amounts:
        share = unknown_share(table)
        if not share >= LEAST_UNKNOWN:
            return []
        money = float(unknown["revenue"].sum())
        figures = facts.names | {"share": words.share(share), "money": words.money(money)}
        return [
            finding(
                "unknown_channel",
                "unknown_channel.note",
                "note",
                figures,
                value=share,
                unit="share",
                money=money,
            )
        ]
    closed = float(unknown["closed"].sum())
    if not closed:
        return []
    figures = facts.names | {"won": words.number(closed, 0), "all": words.number(table["closed"].sum(), 0)}
    return [finding("unknown_channel", "unknown_channel.count", "note", figures, value=closed, unit="deals")]


def acquisition(facts: Facts) -> list[Finding]:
    """Say what a new customer cost in the period."""
    words, cost = facts.words, float(facts.channels["cost"].sum())
    new = int(facts.channels["customers_acquired"].sum())
    if not cost > 0 or facts.channels["customers_acquired"].isna().all():
        return []
    figures = facts.names | {"cost": words.money(cost), "customers": words.counted(new, "new customer")}
    if not new:
        return [finding("acquisition", "acquisition.none", "note", figures, n=0)]
    if new < FEWEST_NEW:
        return [finding("acquisition", "acquisition.few", "not_enough_data", figures, n=new)]
    value, low, high = acquisition_cost(cost, new)
    figures |= {"value": words.money(value), "low": words.money(low), "high": words.money(high)}
    return [
        finding(
            "acquisition",
            "acquisition.note",
            "note",
            figures,
            value=value,
            low=low,
            high=high,
            unit="money",
            n=new,
        )
    ]


def acquisition_cost(cost: float, new: int) -> tuple[float, float, float]:
    """Give the cost of a new customer with exact limits."""
    rate = poisson(new, cost)
    return 1 / rate.estimate, 1 / rate.high, 1 / rate.low


def naive(facts: Facts) -> list[Finding]:
    """Set the return beside the plain ratio of the same months."""
    if facts.overall is None or not facts.spent:
        return []
    table, words = facts.channels, facts.words
    paid = table[table["cohort_cost"] > 0]
    sold = ((paid["naive_return"] + 1) * paid["cohort_cost"]).sum()
    plain = float(sold / paid["cohort_cost"].sum() - 1)
    figures = {"naive": words.change(plain, 0), "value": words.change(facts.overall.estimate, 0)}
    return [finding("naive_return", "naive.note", "note", figures, value=plain, unit="relative")]


def unripe(facts: Facts) -> list[Finding]:
    """Say which leads are too young to be judged."""
    if facts.overall is None:
        return []
    words, late = facts.words, facts.course[~facts.course["ripe"]]
    slowest, days = facts.window.slowest, words.counted(round(facts.window.ripening_days), "day")
    pace = "unripe.all" if slowest == ALL else "unripe.slowest"
    figures = {
        "pace": sentence(STEM, pace, slowest=words.name(slowest), days=days),
        "end": words.day(facts.window.end.date().fromordinal(facts.window.end.date().toordinal() - 1)),
        "cost": words.money(float(late["cost"].sum())),
        "leads": words.counted(int(late["leads"].sum()), "lead"),
    }
    return [finding("unripe", "unripe.note", "note", figures, n=int(late["leads"].sum()))]


def lag(facts: Facts) -> list[Finding]:
    """Say how long a sale takes from the first contact, and which channels are fastest and slowest."""
    known = facts.pace[facts.pace["won"] >= FEWEST_WON]
    whole = known[known["channel"] == ALL]
    if whole.empty:
        return []
    words, days = facts.words, float(whole["median_days"].iloc[0])
    named = known[~known["channel"].isin([ALL, NOT_STATED])].sort_values(
        ["median_days", "channel"], kind="stable"
    )
    figures = {"days": words.counted(round(days), "day")}
    if len(named) > 1:
        first, last = rows(named)[0], rows(named)[-1]
        figures |= {
            "fastest": words.name(first["channel"]),
            "fast": words.counted(round(first["median_days"]), "day"),
        }
        figures |= {
            "slowest": words.name(last["channel"]),
            "slow": words.counted(round(last["median_days"]), "day"),
        }
    template = "lag.note" if len(named) > 1 else "lag.alone"
    return [finding("lag", template, "note", figures, value=days, unit="days", n=int(whole["leads"].iloc[0]))]
