"""From figures to answers: the findings of the analysis of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._saying import finding, joined, records, rows, sure, tested
from crm_analysis.analyses._segments.differences import FURTHER, differences, nothing_differs
from crm_analysis.analyses._segments.parts import brief, called, customers_of, weaker
from crm_analysis.analyses._segments.table import NO_CUSTOMER
from crm_analysis.analyses._segments.tests import FEWEST
from crm_analysis.findings import Finding, Findings
from crm_analysis.sentences import sentence
from crm_analysis.sentences.sales_dynamics import dimension_name

if TYPE_CHECKING:
    from crm_analysis.analyses._segments.parts import Parts

STEM = "customer_segments"
#: Segments named in one sentence.
_NAMED = 3
#: Lines without a customer, or dimensions left blank, are worth a word from these shares of revenue on.
_WORTH_SAYING, _MUCH_BLANK = 0.01, 0.20


def find(parts: Parts) -> Findings:
    """Say the answers, in reading order."""
    if not parts.book.purchases.clients:
        return Findings((Finding(STEM, "no_customers", "not_enough_data", sentence(STEM, "no_customers")),))
    if parts.segments.empty:
        return Findings((Finding(STEM, "no_dimensions", "not_enough_data", sentence(STEM, "no_dimensions")),))
    told = differences(parts)
    made = (
        *(one for one in told if not one.key.endswith(FURTHER)),
        nothing_differs(parts),
        _profile(parts),
        _white_spots(parts),
        _shift(parts),
        *(one for one in told if one.key.endswith(FURTHER)),
        _small(parts),
        _not_stated(parts),
        _without_customer(parts),
        _basis(parts),
    )
    return Findings(finding for finding in made if finding is not None)


def _profile(parts: Parts) -> Finding:
    words, table = parts.words, parts.profile
    active = parts.book.clients["active"]
    count = int((active & (parts.book.clients["abc"] == "A")).sum())
    if table["p_value"].isna().all():
        return finding(STEM, "profile", "profile.not_enough_data", "not_enough_data", {}, n=count)
    more = table[table["verdict"] == "higher"].sort_values(["p_value", "dimension", "segment"], kind="stable")
    figures = {"count": words.number(count)}
    if more.empty:
        return finding(STEM, "profile", "profile.no_evidence", "no_evidence", figures, n=count)
    named = rows(more.head(_NAMED))
    first, others = named[0], [_common(parts, row) for row in named[1:]]
    weakest = weaker(more["strength"].head(_NAMED))
    figures |= {
        "segment": words.name(first["segment"]),
        "dimension": called(first["dimension"], words),
        "lift": words.number(first["lift"], 1),
        "a_share": brief(first["a_share"], words),
        "base_share": brief(first["base_share"], words),
        "others": sentence(STEM, "profile.others", segments=joined(others)) if others else "",
        "sure": sure(weakest),
    }
    return finding(
        STEM, "profile", "profile.note", "note", figures,
        value=first["lift"], low=first["low"], high=first["high"], unit="times", n=count,
        department="marketing", **(tested(first) | {"strength": weakest}),
    )  # fmt: skip


def _common(parts: Parts, row: dict[str, Any]) -> str:
    words = parts.words
    return sentence(
        STEM, "profile.one", segment=words.name(row["segment"]),
        dimension=called(row["dimension"], words), lift=words.number(row["lift"], 1),
    )  # fmt: skip


def _white_spots(parts: Parts) -> Finding | None:
    words, table = parts.words, parts.cross
    if table.empty or table["p_value"].isna().all():
        return None
    gaps = table[table["white_spot"] > 0].sort_values(
        ["white_spot", "dimension", "segment", "product"], ascending=[False, True, True, True], kind="stable"
    )
    if gaps.empty:
        return finding(
            STEM, "white_spots", "white_spots.no_evidence", "no_evidence",
            {"kind": dimension_name(parts.kind)}, n=int(table["p_value"].notna().sum()), department="sales",
        )  # fmt: skip
    first = rows(gaps)[0]
    left = len(gaps) - 1
    figures = {
        "segment": customers_of(first, words),
        "product": words.name(first["product"]),
        "penetration": brief(first["penetration"], words),
        "expected": brief(first["expected"], words),
        "money": words.money(first["white_spot"]),
        "window": parts.window,
        "sure": sure(first["strength"]),
        "others": sentence(STEM, "white_spots.others", count=words.number(left)) if left else "",
    }
    return finding(
        STEM, "white_spots", "white_spots.note", "note", figures,
        value=first["white_spot"], unit="money", n=int(first["customers"]),
        department="sales", money=first["white_spot"], **tested(first),
    )  # fmt: skip


def _shift(parts: Parts) -> Finding:
    words, table = parts.words, parts.shift
    known = table["p_value"].notna()
    if not known.any():
        template = "shift.not_enough_data" if parts.compared else "shift.no_comparison"
        return finding(STEM, "shift", template, "not_enough_data", {"before": parts.compared})
    changed = table[(table["verdict"] == "changed") & (table["segment"] != NOT_STATED)]
    if changed.empty:
        figures = {"before": parts.compared, "tests": words.number(int(known.sum()))}
        return finding(STEM, "shift", "shift.no_evidence", "no_evidence", figures, n=int(known.sum()))
    size = changed["difference"].abs().sort_values(ascending=False, kind="stable")
    largest = changed.loc[size.index].head(_NAMED)
    first = rows(largest)[0]
    said = [
        sentence(
            STEM,
            "shift.one",
            segment=words.name(row["segment"]),
            dimension=called(row["dimension"], words),
            before=words.share(row["previous_share"]),
            now=words.share(row["share"]),
        )
        for row in rows(largest)
    ]
    weakest = weaker(largest["strength"])
    return finding(
        STEM, "shift", "shift.changed", "changed", {"shifts": joined(said), "sure": sure(weakest)},
        value=first["difference"], low=first["low"], high=first["high"], unit="share", n=int(known.sum()),
        department="sales", **(tested(first) | {"strength": weakest}),
    )  # fmt: skip


def _small(parts: Parts) -> Finding | None:
    own = parts.segments[~parts.segments["segment"].isin([NOT_STATED, NO_CUSTOMER])]
    few = int((own["customers"] < FEWEST).sum())
    if not few:
        return None
    figures = {"few": parts.words.number(few), "all": parts.words.number(len(own))}
    return finding(STEM, "small", "small.note", "note", figures, n=len(own))


def _not_stated(parts: Parts) -> Finding | None:
    words = parts.words
    blank = parts.segments[parts.segments["segment"] == NOT_STATED]
    much = blank[blank["revenue_share"] >= _MUCH_BLANK]
    if much.empty:
        return None
    said = [
        f"{called(row['dimension'], words)} ({words.share(row['revenue_share'], 0)})" for row in rows(much)
    ]
    return finding(
        STEM, "not_stated", "not_stated.note", "note", {"dimensions": joined(said)},
        value=float(much["revenue_share"].max()), unit="share", department="marketing",
    )  # fmt: skip


def _without_customer(parts: Parts) -> Finding | None:
    row = records(parts.totals, "span").get("window")
    share = np.nan if row is None else row["without_customer_share"]
    if row is None or not abs(share) >= _WORTH_SAYING:
        return None
    words, lost = parts.words, float(row["without_customer"])
    figures = {"share": words.share(share), "money": words.money(lost), "window": parts.window}
    return finding(
        STEM, "without_customer", "without_customer.note", "note", figures,
        value=float(share), unit="share", department="sales", money=lost,
    )  # fmt: skip


def _basis(parts: Parts) -> Finding:
    buyers = int(parts.book.clients["active"].sum())
    figures = {"window": parts.window, "customers": parts.words.counted(buyers, "customer")}
    return finding(STEM, "basis", "basis.note", "note", figures, n=buyers)
