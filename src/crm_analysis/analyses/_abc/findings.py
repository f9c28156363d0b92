"""From figures to answers: the findings of the analysis of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binom

from crm_analysis.analyses._abc.change import FEWEST_FOR_A_FIFTH, stability
from crm_analysis.analyses._abc.due import UNUSUAL
from crm_analysis.analyses._abc.tests import kept
from crm_analysis.analyses._saying import finding, joined, records, sure, tested
from crm_analysis.findings import Finding, Findings
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.stats.intervals import wilson
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.parts import Parts
    from crm_analysis.findings import Verdict
    from crm_analysis.words import Words

STEM = "customer_abc"
#: A customer, or lines without one, below this share of revenue are not worth a word.
_WORTH_SAYING = 0.01
#: How many of the largest customers are added up.
_LARGEST = 5
#: So many overdue customers come in fewer than one of twenty cases where none is leaving.
_RARE = 0.05


def find(parts: Parts) -> Findings:
    """Say the answers, in reading order."""
    if parts.customers.empty:
        return Findings((Finding(STEM, "no_customers", "not_enough_data", sentence(STEM, "no_customers")),))
    made = (
        _concentration(parts),
        _dependence(parts),
        _overdue(parts),
        _migration(parts),
        _new_lost(parts),
        _retention(parts),
        _by_class(parts),
        _course(parts, "buyers"),
        _course(parts, "new_customers"),
        _without_client(parts),
        _basis(parts),
    )
    return Findings(finding for finding in made if finding is not None)


def _test(parts: Parts, name: str) -> dict[str, Any]:
    return records(parts.tests, "test")[name]


def _concentration(parts: Parts) -> Finding | None:
    words, table = parts.words, records(parts.concentration, "measure")
    if not table:
        return None
    top, test = table["top_20"], _test(parts, "concentration")
    n = int(top["n"])
    figures = {
        "window": parts.window,
        "n": words.number(n),
        "top_n": words.number(int(np.ceil(0.2 * n - 1e-9))),
        "share": words.share(top["value"], 0),
        "low": words.share(top["low"], 0),
        "high": words.share(top["high"], 0),
        "count": words.number(table["count_80"]["value"], 0),
        "before": words.share(top["previous"], 0),
        "change": words.points(test["value"], spelled=True),
        "change_low": words.number(test["low"] * 100, tenths(test["low"], test["high"]), signed=True),
        "change_high": words.points(test["high"], tenths(test["low"], test["high"]), spelled=True),
        "sure": sure(test["strength"]),
    }
    enough = n >= FEWEST_FOR_A_FIFTH
    few = "concentration.few" if n > 1 else "concentration.one"
    template = f"concentration.{test['verdict']}" if enough else few
    said: Verdict = test["verdict"] if enough else "note"
    return finding(
        STEM, "concentration", template, said, figures,
        value=top["value"], low=top["low"], high=top["high"], unit="share", n=n,
        **(tested(test) if enough else {}),
    )  # fmt: skip


def _dependence(parts: Parts) -> Finding | None:
    words, rows = parts.words, parts.customers[parts.customers["revenue"] > 0]
    if len(rows) < 2 or rows["share"].iloc[0] < _WORTH_SAYING:
        return None
    first = rows.iloc[0]
    figures = {
        "name": words.name(first["name"]),
        "n": words.number(len(rows)),
        "share": words.share(first["share"]),
        "money": words.money(first["revenue"]),
        "five": words.share(rows["share"].head(_LARGEST).sum()),
        "window": parts.window,
    }
    return finding(
        STEM, "dependence", "dependence.note" if len(rows) > _LARGEST else "dependence.few", "note", figures,
        value=first["share"], unit="share", n=len(rows), department="sales", money=first["revenue"],
    )  # fmt: skip


def _overdue(parts: Parts) -> Finding:
    words, due, known = parts.words, parts.due, parts.with_rhythm
    money = float(due["money_at_stake"].sum())
    figures = {
        "count": words.number(len(due)),
        "of": words.number(known),
        "chance": words.number(round(UNUSUAL * known)),
        "money": words.money(money),
        "names": joined([words.name(name) for name in due["name"].head(3)]),
    }
    more = bool(binom.sf(len(due) - 1, known, UNUSUAL) <= _RARE)
    kind = "none" if due.empty else "note" if more else "usual"
    kind = "one" if known == 1 and due.empty else kind if known else "unknown"
    said: Verdict = "note" if known else "not_enough_data"
    return finding(
        STEM, "overdue", f"overdue.{kind}", said, figures,
        value=money, unit="money", n=known, department="sales", money=money,
    )  # fmt: skip


def _migration(parts: Parts) -> Finding:
    words, table = parts.words, parts.migration
    from_a, to_a = table[table["from_class"] == "A"], table[table["to_class"] == "A"]
    if table.empty:
        return finding(STEM, "migration", "migration.not_enough_data", "not_enough_data", {})
    stayed, classed = stability(table)
    if not classed:
        said = sentence(STEM, "migration.none", window_before=parts.window_before)
        return Finding(STEM, "migration", "not_enough_data", said, n=0)
    same = wilson(stayed, classed)
    lost = int(from_a.loc[from_a["to_class"] == "lost", "customers"].sum())
    down = int(from_a.loc[from_a["to_class"].isin(["B", "C"]), "customers"].sum())
    risen = to_a[to_a["from_class"] != "A"]
    stay_a = int(from_a.loc[from_a["to_class"] == "A", "customers"].sum())
    before = int(from_a["customers"].sum())
    figures = {
        "before": words.number(before),
        "stayed": words.number(stay_a),
        "down": _many(words, down),
        "emptied": _many(words, before - stay_a - down - lost),
        "lost": _many(words, lost),
        "risen": _many(words, int(risen["customers"].sum())),
        "now": words.number(int(to_a["customers"].sum())),
        "left_money": words.money(float(from_a.loc[from_a["to_class"] != "A", "revenue"].sum()), signed=True),
        "risen_money": words.money(float(risen["revenue"].sum()), signed=True),
        "share": words.share(same.estimate, 0),
        "low": words.share(same.low, 0),
        "high": words.share(same.high, 0),
        "window_before": parts.window_before,
    }
    return finding(
        STEM, "migration", "migration.note", "note", figures,
        value=same.estimate, low=same.low, high=same.high, unit="share", n=classed,
        department="sales", money=float(from_a["revenue"].sum()),
    )  # fmt: skip


def _new_lost(parts: Parts) -> Finding | None:
    words, table = parts.words, parts.migration
    if table.empty:
        return None
    new, lost = table[table["from_class"] == "new"], table[table["to_class"] == "lost"]
    gained, gone = float(new["revenue"].sum()), float(lost["revenue"].sum())
    came, went = int(new["customers"].sum()), int(lost["customers"].sum())
    figures = {
        "new": words.number(came),
        "lost": words.number(went),
        "gained": words.money(gained),
        "gone": words.money(-gone),
        "window_before": parts.window_before,
    }
    template = "note" if came and went else "new" if came else "lost" if went else "none"
    return finding(
        STEM, "new_lost", f"new_lost.{template}", "note", figures,
        value=gained + gone, unit="money", n=came + went, money=gained + gone,
    )  # fmt: skip


def _retention(parts: Parts) -> Finding:
    words, test = parts.words, _test(parts, "retention")
    stayed, had = parts.followed.again
    if not had:
        return finding(STEM, "retention", "retention.too_short", "not_enough_data", {}, n=0)
    share = wilson(stayed, had)
    figures = {
        "stayed": words.number(stayed),
        "had": words.number(had),
        "months": words.number(parts.followed.months),
        "share": words.share(share.estimate, 0),
        "low": words.share(share.low, 0),
        "high": words.share(share.high, 0),
        "change": words.points(test["value"], spelled=True),
        "change_low": words.number(test["low"] * 100, tenths(test["low"], test["high"]), signed=True),
        "change_high": words.points(test["high"], tenths(test["low"], test["high"]), spelled=True),
        "needed": words.number(3 * parts.followed.months),
        "sure": sure(test["strength"]),
    }
    return finding(
        STEM, "retention", f"retention.{test['verdict']}", test["verdict"], figures,
        value=share.estimate, low=share.low, high=share.high, unit="share", n=had,
        department="sales", **tested(test),
    )  # fmt: skip


def _by_class(parts: Parts) -> Finding | None:
    words, test = parts.words, _test(parts, "retention_by_class")
    if parts.followed.lapsed.empty:
        return None
    shares = {label: kept(parts.followed.lapsed[parts.followed.lapsed["abc"] == label])[0] for label in "ABC"}
    figures = {
        "shares": joined(
            [
                tr("{share} of {group}").format(share=words.share(s, 0), group=label)
                for label, s in shares.items()
                if not np.isnan(s)
            ]
        ),
        "months": words.number(parts.followed.months),
        "change": words.points(test["value"], spelled=True),
        "low": words.number(test["low"] * 100, tenths(test["low"], test["high"]), signed=True),
        "high": words.points(test["high"], tenths(test["low"], test["high"]), spelled=True),
        "sure": sure(test["strength"]),
    }
    found: Verdict = "note" if test["verdict"] == "changed" else test["verdict"]
    template = "two" if found == "note" and np.isnan(test["value"]) else found
    return finding(
        STEM, "retention_by_class", f"retention_by_class.{template}", found, figures,
        value=test["value"], low=test["low"], high=test["high"], unit="share", n=test["n"], **tested(test),
    )  # fmt: skip


def _course(parts: Parts, key: str) -> Finding:
    words, trend, test = parts.words, parts.trends[key], _test(parts, key)
    relative = trend.scale == "log"
    digits = tenths(trend.per_year_low, trend.per_year_high) if relative else 1

    def write(value: float) -> str:
        return words.change(value, digits) if relative else words.number(value, digits, signed=True)

    figures = {
        "months": words.number(trend.n_points),
        "change": write(trend.change_per_year),
        "low": write(trend.per_year_low),
        "high": write(trend.per_year_high),
        "detectable": words.share(trend.detectable, 0) if relative else words.number(trend.detectable, 1),
        "sure": sure(test["strength"]),
    }
    untested = {"too_few": "too_few", "season_unclear": "season"}.get(trend.status, "untested")
    template = test["verdict"] if trend.tested else untested
    return finding(
        STEM, key, f"{key}.{template}", test["verdict"], figures,
        value=trend.change_per_year, low=trend.per_year_low, high=trend.per_year_high,
        unit="relative" if relative else "customers", n=trend.n_points,
        department="marketing" if key == "new_customers" else "sales", **tested(test),
    )  # fmt: skip


def _without_client(parts: Parts) -> Finding | None:
    row = parts.totals.iloc[0]
    share = row["without_customer_share"]
    if not abs(share) >= _WORTH_SAYING:
        return None
    figures = {
        "share": parts.words.share(share),
        "money": parts.words.money(row["without_customer"]),
        "window": parts.window,
    }
    return finding(
        STEM, "without_customer", "without_customer.note", "note", figures,
        value=share, unit="share", money=row["without_customer"],
    )  # fmt: skip


def _basis(parts: Parts) -> Finding:
    figures = {"window": parts.window, "before": parts.window_before}
    template = ("basis.compared" if parts.window_before else "basis.alone") + "_short" * parts.short
    return finding(STEM, "basis", template, "note", figures, n=len(parts.customers), unit="customers")


def _many(words: Words, count: int) -> str:
    """Write a count within a sentence."""
    return words.number(count) if count else tr("none")
