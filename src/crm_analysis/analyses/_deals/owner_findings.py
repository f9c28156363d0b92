"""What the win rates of owners say, and what they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.analyses._deals.owners import ABOVE, BELOW, FEW, FEWEST_CLOSED
from crm_analysis.analyses._deals.rows import STEM
from crm_analysis.analyses._saying import joined, rows, sure
from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from crm_analysis.analyses._deals.parts import Parts
    from crm_analysis.words import Words

#: Deals of two owners that differ by less than this in what they promise are called alike.
_WORTH_SAYING = 0.05
#: So many owners are named with their rates, and so many at all.
_RATED, _NAMED = 2, 5


def owners_compared(parts: Parts) -> list[Finding]:
    """Say who stands out with the same deals; no ranking of those who do not."""
    words, owners = parts.words, parts.owners
    judged = rows(owners[owners["compared"] != FEW])
    if owners.empty:
        return []
    months = words.number(parts.months)
    if len(judged) < 2:
        said = sentence(STEM, "owners.not_enough_data", needed=words.number(FEWEST_CLOSED), months=months)
        return [Finding(STEM, "owners", "not_enough_data", said, department="sales")]
    closed = sum(int(row["closed"]) for row in judged)
    told = [
        sentence(STEM, f"owners.{key}", names=_names(words, some), sure=_sure(some))
        for key, label in (("above", ABOVE), ("below", BELOW))
        if (some := _sorted(judged, label))
    ]
    rest = sum(row["compared"] not in (ABOVE, BELOW) for row in judged)
    early = any(row["strength"] != "strong" for row in judged if row["compared"] in (ABOVE, BELOW))
    figures = {
        "months": months,
        "n": words.number(len(judged)),
        "early": sentence(STEM, "owners.early") if early else "",
    }
    if told:
        template = "owners.ranked" if rest > 1 else "owners.ranked_all"
        figures |= {"told": " ".join(told), "rest": f"other {words.number(rest)}"}
    else:
        rates = [row["win_rate"] for row in judged]
        template = "owners.note"
        figures |= {"least": words.share(min(rates), 0), "most": words.share(max(rates), 0)}
    said = sentence(STEM, template, **figures)
    return [Finding(STEM, "owners", "note", said, n=closed, department="sales")]


def _sorted(judged: list[dict[str, Any]], label: str) -> list[dict[str, Any]]:
    some = [row for row in judged if row["compared"] == label]
    return sorted(some, key=lambda row: -abs(row["win_rate"]) if label == ABOVE else row["win_rate"])


def _sure(some: list[dict[str, Any]]) -> str:
    """Say how sure the least sure of them is."""
    return sure("strong" if all(row["strength"] == "strong" for row in some) else "preliminary")


def _names(words: Words, some: list[dict[str, Any]]) -> str:
    """Name them, with their rates where the sentence stays short."""
    if len(some) <= _RATED:
        return joined([_rate(words, row) for row in some])
    names = [words.name(row["owner"]) for row in some[:_NAMED]]
    left = len(some) - len(names)
    return joined([*names, tr("{n} more").format(n=words.number(left))] if left else names)


def _rate(words: Words, row: dict[str, Any]) -> str:
    figures = {name: words.share(row[column], 0) for name, column in _ENDS.items()}
    return sentence(STEM, "owners.rate", name=words.name(row["owner"]), **figures)


_ENDS = {"rate": "win_rate", "low": "low", "high": "high"}


def owners_mix(parts: Parts) -> list[Finding]:
    """Say whose deals are the easiest and the hardest, where that matters."""
    words, owners = parts.words, parts.owners
    judged = owners[(owners["compared"] != FEW) & owners["expected_rate"].notna()]
    if len(judged) < 2:
        return []
    order = judged.sort_values(["expected_rate", "owner"], kind="stable")
    hard, easy = order.iloc[0], order.iloc[-1]
    apart = float(easy["expected_rate"] - hard["expected_rate"])
    if apart < _WORTH_SAYING:
        return []
    figures = {
        "easy": words.share(easy["expected_rate"], 0),
        "hard": words.share(hard["expected_rate"], 0),
        "easy_name": words.name(easy["owner"]),
        "hard_name": words.name(hard["owner"]),
    }
    said = sentence(STEM, "owners_mix.note", **figures)
    return [Finding(STEM, "owners_mix", "note", said, apart, unit="share", n=int(judged["closed"].sum()))]
