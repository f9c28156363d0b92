"""Findings on the differences between segments: by revenue a customer, margin and win rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._saying import joined, rows, sure, tested
from crm_analysis.analyses._segments.parts import brief, called, customers_of, weaker
from crm_analysis.analyses._segments.tests import MEASURES, SAME_THING
from crm_analysis.columns import column
from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.stats.alignment import together
from crm_analysis.words import tenths

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._segments.parts import Parts
    from crm_analysis.words import Words

STEM = "customer_segments"
#: Dimensions told of in sentences of their own, for each measure.
_DIMENSIONS = 3
#: A segment below the others is named beside one above them where it lies at least this part as far away:
#: one segment far above puts all others below "the rest".
_WORTH_NAMING = 0.25
#: Ends the key of a finding that only points to the tables.
FURTHER = "_more"
#: Nobody acts upon a smaller difference of margins.
_WORTH_SAYING = 0.01


def differences(parts: Parts) -> list[Finding]:
    """Say of each measure in which dimensions segments differ, the surest and farthest first."""
    made: list[Finding] = []
    more: list[Finding] = []
    for measure in MEASURES:
        of_measure = parts.tests[parts.tests["measure"] == measure]
        found = of_measure[of_measure["strength"] != ""]
        known = int(of_measure["p_value"].notna().sum())
        if not known and measure != "revenue_per_customer":
            continue
        if not known:
            said = sentence(STEM, f"{measure}.not_enough_data")
            made.append(Finding(STEM, measure, "not_enough_data", said, n=0))
            continue
        if found.empty:
            made.append(_none(parts, measure, of_measure, known))
            continue
        if measure == "margin_rate":
            worth = found[found["difference"].abs() >= _WORTH_SAYING]
            if worth.empty:
                made.append(_slight(found))
                continue
            found = worth
        order = found.assign(far=_distance(found)).sort_values(
            ["p_value", "far"], ascending=[True, False], kind="stable"
        )
        apart = _apart(parts, list(dict.fromkeys(order["dimension"])))[:_DIMENSIONS]
        made += [_one(parts, measure, found[found["dimension"] == name]) for name in apart]
        if rest := [name for name in dict.fromkeys(order["dimension"]) if name not in apart]:
            said = sentence(
                STEM, "more", measure=tr(column(measure).label),
                dimensions=joined([called(name, parts.words) for name in rest]),
            )  # fmt: skip
            more.append(Finding(STEM, f"{measure}{FURTHER}", "note", said, n=len(rest)))
    return made + more


def _apart(parts: Parts, names: list[str]) -> list[str]:
    """Keep the first of dimensions that nearly say the same (size and employees): one sentence tells both."""
    codes, kept = parts.book.codes, list[str]()
    for name in names:
        if all(together(codes[name][0], codes[other][0]) < SAME_THING for other in kept):
            kept.append(name)
    return kept


def nothing_differs(parts: Parts) -> Finding | None:
    """Name the dimensions in which no test found anything."""
    tests = parts.tests[parts.tests["p_value"].notna()]
    moved = set(tests.loc[tests["strength"] != "", "dimension"])
    still = [name for name in dict.fromkeys(tests["dimension"]) if name not in moved]
    if not still or not moved:
        return None
    count = int(tests["dimension"].isin(still).sum())
    names = [called(name, parts.words) for name in still]
    template = f"nothing_differs.{'one' if len(names) == 1 else 'many'}"
    said = sentence(STEM, template, dimensions=joined(names, tr(" or ")), tests=parts.words.number(count))
    return Finding(STEM, "nothing_differs", "no_evidence", said, n=count)


def _none(parts: Parts, measure: str, of_measure: pd.DataFrame, known: int) -> Finding:
    figures = {"tests": parts.words.number(known)}
    if measure == "win_rate":
        figures["deals"] = parts.words.number(float(parts.book.clients["closed"].sum()))
    said = sentence(STEM, f"{measure}.no_evidence", **figures)
    best = of_measure.sort_values("p_value", kind="stable").iloc[0]
    return Finding(
        STEM, measure, "no_evidence", said, unit="relative" if measure == "revenue_per_customer" else "share",
        n=known, p_value=float(best["p_value"]), p_adjusted=float(best["p_adjusted"]),
    )  # fmt: skip


def _slight(found: pd.DataFrame) -> Finding:
    first = rows(found.sort_values("p_value", kind="stable"))[0]
    said = sentence(STEM, "margin_rate.slight", sure=sure(weaker(found["strength"])))
    return Finding(
        STEM, "margin_rate", "note", said, value=first["difference"], low=first["low"], high=first["high"],
        unit="share", n=int(first["n"]), **tested(first),
    )  # fmt: skip


def _one(parts: Parts, measure: str, found: pd.DataFrame) -> Finding:
    """Tell of one dimension: the segment farthest above the others, and the one farthest below."""
    found = found.assign(far=_distance(found))
    found["sure"] = found["strength"] == "strong"
    ordered = found.sort_values(["sure", "far", "segment"], ascending=[False, False, True], kind="stable")
    higher = rows(ordered[ordered["difference"] > 0])
    lower = rows(ordered[ordered["difference"] < 0])
    best, worst = (side[0] if side else None for side in (higher, lower))
    if best and worst and worst["far"] < _WORTH_NAMING * best["far"]:
        worst = None
    if best and worst and best["far"] < _WORTH_NAMING * worst["far"]:
        best = None
    kind = "both" if best and worst else "higher" if best else "lower"
    named = {name: row for name, row in (("best", best), ("worst", worst)) if row}
    first = next(iter(named.values()))
    strength = weaker(row["strength"] for row in named.values())
    figures = {"sure": sure(strength)}
    for name, row in named.items():
        figures |= {f"{name}{key}": text for key, text in _figures(parts, measure, row).items()}
    own = _segment(parts, first)
    return Finding(
        STEM, f"{measure}_{first['dimension']}", "note", sentence(STEM, f"{measure}.{kind}", **figures),
        value=first["difference"], low=first["low"], high=first["high"],
        unit="relative" if measure == "revenue_per_customer" else "share", n=int(first["n"]),
        department="sales", money=float(own["revenue"]), **(tested(first) | {"strength": strength}),
    )  # fmt: skip


def _figures(parts: Parts, measure: str, row: dict[str, Any]) -> dict[str, str]:
    words, own = parts.words, _segment(parts, row)
    figures = {
        "": customers_of(row, words),
        "_customers": words.counted(int(own["customers"]), "customer"),
        "_part": brief(own["customer_share"], words),
        "_share": brief(own["revenue_share"], words),
    }
    if measure == "revenue_per_customer":
        return figures | {
            "_change": _change(row["difference"], words),
            "_against": _change(row["difference"], words, ".than"),
            "_likely": _likely(row, words),
        }
    digits = tenths(row["low"], row["high"])
    return figures | {
        "_value": words.share(row["value"], digits),
        "_change": words.points(row["difference"], digits, spelled=True),
        "_low": words.number(row["low"] * 100, digits, signed=True),
        "_high": words.points(row["high"], digits, spelled=True),
    }


def _change(difference: float, words: Words, than: str = "") -> str:
    """Write a relative difference as people say it: "4.5 times as much", "31% more", "77% less"."""
    if difference >= 1:
        return sentence(STEM, f"change.times{than}", times=words.number(1 + difference, 1))
    kind = "more" if difference > 0 else "less"
    return sentence(STEM, f"change.{kind}{than}", part=words.share(abs(difference), 0))


def _likely(row: dict[str, Any], words: Words) -> str:
    if row["difference"] >= 1:
        low, high = (words.number(1 + row[end], 1) for end in ("low", "high"))
        return sentence(STEM, "likely.times", low=low, high=high)
    low, high = (words.change(row[end], 0) for end in ("low", "high"))
    return sentence(STEM, "likely.change", low=low, high=high)


def _segment(parts: Parts, row: dict[str, Any]) -> dict[str, Any]:
    table = parts.segments
    own = (table["dimension"] == row["dimension"]) & (table["segment"] == row["segment"])
    return rows(table[own])[0]


def _distance(found: pd.DataFrame) -> Any:
    """Tell how far segments lie from the others: for ratios, half is as far as double."""
    ratio = found["measure"] == "revenue_per_customer"
    change = found["difference"].to_numpy(dtype=float)
    return np.where(ratio, np.abs(np.log1p(np.where(ratio, change, 0.0))), np.abs(change))
