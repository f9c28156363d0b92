"""Findings on the differences between segments: by revenue a customer, margin and win rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._saying import joined, rows, sure, tested
from crm_analysis.analyses._segments.parts import brief, called, weaker
from crm_analysis.analyses._segments.tests import MEASURES
from crm_analysis.columns import column
from crm_analysis.findings import Finding
from crm_analysis.sentences import sentence
from crm_analysis.words import tenths

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._segments.parts import Parts

STEM = "customer_segments"
#: Dimensions told of in sentences of their own, for each measure.
_DIMENSIONS = 3
#: A segment below the others is named beside one above them where it lies at least this part as far away:
#: one segment far above puts all others below "the rest".
_WORTH_NAMING = 0.25
#: Nobody acts upon a smaller difference of margins.
_WORTH_SAYING = 0.01


def differences(parts: Parts) -> list[Finding]:
    """Say of each measure in which dimensions segments differ, the surest and farthest first."""
    made: list[Finding] = []
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
        named = list(dict.fromkeys(order["dimension"]))
        made += [_one(parts, measure, found[found["dimension"] == name]) for name in named[:_DIMENSIONS]]
        if rest := named[_DIMENSIONS:]:
            said = sentence(
                STEM, "more", measure=column(measure).label.lower(),
                dimensions=joined([called(name, parts.words) for name in rest]),
            )  # fmt: skip
            made.append(Finding(STEM, f"{measure}_more", "note", said, n=len(rest)))
    return made


def nothing_differs(parts: Parts) -> Finding | None:
    """Name the dimensions in which no test found anything."""
    tests = parts.tests[parts.tests["p_value"].notna()]
    moved = set(tests.loc[tests["strength"] != "", "dimension"])
    still = [name for name in dict.fromkeys(tests["dimension"]) if name not in moved]
    if not still or not moved:
        return None
    count = int(tests["dimension"].isin(still).sum())
    names = [called(name, parts.words) for name in still]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    figures = {
        "dimensions": listed,
        "matter": "matters" if len(names) == 1 else "matter",
        "tests": parts.words.number(count),
    }
    said = sentence(STEM, "nothing_differs.no_evidence", **figures)
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
    name = called(first["dimension"], parts.words)
    figures = {"dimension": name[:1].upper() + name[1:], "sure": sure(strength)}
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
        "": words.name(row["segment"]),
        "_customers": words.counted(int(own["customers"]), "customer"),
        "_part": brief(own["customer_share"], words),
        "_share": brief(own["revenue_share"], words),
    }
    if measure == "revenue_per_customer":
        return figures | {
            "_change": words.change(row["difference"], 0),
            "_low": words.change(row["low"], 0),
            "_high": words.change(row["high"], 0),
        }
    digits = tenths(row["low"], row["high"])
    return figures | {
        "_value": words.share(row["value"], digits),
        "_change": words.points(row["difference"], digits, spelled=True),
        "_low": words.number(row["low"] * 100, digits, signed=True),
        "_high": words.points(row["high"], digits, spelled=True),
    }


def _segment(parts: Parts, row: dict[str, Any]) -> dict[str, Any]:
    table = parts.segments
    own = (table["dimension"] == row["dimension"]) & (table["segment"] == row["segment"])
    return rows(table[own])[0]


def _distance(found: pd.DataFrame) -> Any:
    """Tell how far segments lie from the others: for ratios, half is as far as double."""
    ratio = found["measure"] == "revenue_per_customer"
    change = found["difference"].to_numpy(dtype=float)
    return np.where(ratio, np.abs(np.log1p(np.where(ratio, change, 0.0))), np.abs(change))
