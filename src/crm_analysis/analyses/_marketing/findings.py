"""From figures to answers: what each channel returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._marketing import said as said
from crm_analysis.analyses._marketing.channels import OPEN, PAYS, PAYS_NOT, UNKNOWN
from crm_analysis.analyses._marketing.facts import STEM, finding
from crm_analysis.analyses._marketing.window import FEWEST_MONTHS, FEWEST_WON
from crm_analysis.analyses._saying import joined, tested
from crm_analysis.findings import Findings
from crm_analysis.sentences import sentence
from crm_analysis.stats.returns import FEW_WINS, FEWEST_WINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.analyses._marketing.facts import Facts
    from crm_analysis.findings import Finding, Strength, Verdict
    from crm_analysis.words import Words

#: So many channels are named in a sentence.
MOST_NAMED = 5


def find(facts: Facts, others: Sequence[Finding]) -> Findings:
    """Return the answers in reading order: where to put more, return and shares, then each channel.

    Where the data lack what it takes to advise, or nothing was sold, the shares come first.
    """
    answers, advice, shares = _returns(facts), said.next_effort(facts), said.shares(facts)
    first = [advice, *answers[:1], shares]
    if shares.value is None or not said.advises(facts):
        first = [shares, *answers[:1], advice]
    return Findings(
        [
            *first,
            *answers[1:],
            *said.shift(facts),
            *said.without(facts),
            *said.unknown_channel(facts),
            *said.acquisition(facts),
            *said.naive(facts),
            *said.unripe(facts),
            *said.lag(facts),
            *others,
        ]
    )


def _returns(facts: Facts) -> list[Finding]:
    if not facts.has_costs or not facts.has_leads or not facts.basis:
        return []
    if facts.overall is None:
        return [_no_return(facts)]
    if not facts.spent:
        return [finding("return", "no_return.nothing_spent", "not_enough_data", facts.names)]
    made = [
        _overall(facts),
        _kind(facts, "pays_back", PAYS, "note"),
        _kind(facts, "does_not_pay", PAYS_NOT, "note"),
        _kind(facts, "cannot_be_told", OPEN, "no_evidence"),
        _kind(facts, "too_few", UNKNOWN, "not_enough_data"),
    ]
    return [one for one in made if one is not None]


def _no_return(facts: Facts) -> Finding:
    words, learnt = facts.words, facts.window.ripening_days == facts.window.ripening_days
    figures = {
        "months": words.number(facts.window.months),
        "needed": words.number(FEWEST_MONTHS if learnt else FEWEST_WON),
    }
    template = "no_return.not_enough_data" if learnt else "no_return.pace"
    return finding("return", template, "not_enough_data", figures)


def _overall(facts: Facts) -> Finding | None:
    whole, words = facts.overall, facts.words
    if whole is None:
        return None
    figures = {
        "value": words.change(whole.estimate, 0),
        "cost": words.money(float(facts.channels["cohort_cost"].sum())),
        "low": words.change(whole.low, 0),
        "high": words.change(whole.high, 0),
    }
    return finding(
        "return", "overall.note", "note", figures | facts.names, value=whole.estimate, low=whole.low,
        high=whole.high, unit="relative", n=int(whole.n),
    )  # fmt: skip


def _kind(facts: Facts, key: str, verdict: str, kind: Verdict) -> Finding | None:
    """Say in one sentence which channels have a verdict."""
    found = facts.judged(verdict)
    if not found:
        told = facts.judged(PAYS_NOT) or facts.judged(OPEN)
        if verdict != PAYS or not told:
            return None
        return finding(key, "pays_back.none", "note", facts.names)
    words, shown = facts.words, found[:MOST_NAMED]
    cost = float(sum(row["cohort_cost"] for row in found))
    few = [
        words.name(row["channel"])
        for row in shown
        if row["few_wins"] and row["cohort_won"] > 0 and not np.isnan(row["return_low"])
    ]
    rest = (
        [sentence(STEM, "more", count=words.number(len(found) - len(shown)))]
        if len(found) > len(shown)
        else []
    )
    figures = facts.names | {
        "names": joined([words.name(row["channel"]) for row in shown] + rest),
        "details": joined([detail(row, words, named=len(found) > 1) for row in shown] + rest),
        "cost": words.money(cost),
        "few": sentence(STEM, "few", needed=words.number(FEW_WINS), names=joined(few)) if few else "",
        "needed": words.number(FEWEST_WINS),
    }
    first = found[0]
    strengths = [row["strength"] for row in found]
    strength: Strength = "preliminary" if "preliminary" in strengths else first["strength"]
    return finding(
        key, f"{key}.{'one' if len(found) == 1 else 'many'}", kind, figures,
        value=first["return_on_spend"], low=first["return_low"], high=first["return_high"], unit="relative",
        n=int(sum(row["cohort_won"] for row in found)),
        money=cost if verdict == PAYS_NOT else None,
        **(tested(first) | {"strength": strength if kind == "note" else ""}),
    )  # fmt: skip


def detail(row: dict[str, Any], words: Words, *, named: bool) -> str:
    """Write a channel with its return: "Website +390% (+250% to +560%, 74 won)"."""
    figures = {
        "channel": f"{words.name(row['channel'])} " if named else "",
        "value": words.change(row["return_on_spend"], 0),
        "low": words.change(row["return_low"], 0),
        "high": words.change(row["return_high"], 0),
        "won": words.number(row["cohort_won"], 0),
    }
    if row["return_low"] != row["return_low"]:
        return sentence(STEM, "detail.point", **figures)
    return sentence(STEM, "detail" if row["cohort_won"] else "detail.none", **figures)
