"""What the funnel says: how many deals are won, where most stay behind, and whether that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_analysis.analyses._deals.funnel import FEWEST_ENTERED, ONE_STEP
from crm_analysis.analyses._deals.rows import STEM
from crm_analysis.analyses._saying import joined, rows, sure, tested
from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.stats.intervals import wilson
from crm_analysis.words import tenths

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._deals.parts import Parts
    from crm_analysis.words import Words

#: So many stages are named that cannot be told apart.
_NAMED = 3


def funnel_course(parts: Parts) -> list[Finding]:
    """Say how many deals of the cohort were won in time, and which step is the narrowest."""
    words, funnel = parts.words, parts.funnel
    steps = rows(funnel.table)
    if not steps or funnel.span is None:
        said = sentence(STEM, "funnel.not_enough_data")
        return [Finding(STEM, "funnel", "not_enough_data", said, n=0)]
    won = int(steps[-1]["passed"])
    rate = wilson(won, funnel.n)
    alike = narrowest(funnel.table)
    narrow = next(step for step in steps if step["stage"] == alike[0])
    figures = {
        "stages": joined([_step_share(words, step) for step in steps if step["stage"] in alike[:_NAMED]]),
        "n": words.counted(funnel.n, "deal"),
        "first": words.day(funnel.span[0]),
        "last": words.day(funnel.span[1]),
        "won": words.number(won),
        "were": "was" if won == 1 else "were",
        "days": words.counted(funnel.horizon, "day"),
        "stage": words.name(narrow["stage"]),
        "passed": words.number(narrow["passed"]),
        "entered": words.number(narrow["entered"]),
        "lost": words.number(narrow["lost"]),
        "lost_were": "was" if narrow["lost"] == 1 else "were",
        "waiting": words.number(narrow["waiting"]),
        "waiting_were": "was" if narrow["waiting"] == 1 else "were",
        **_range(words, rate.estimate, rate.low, rate.high),
        **{f"step{name}": text for name, text in zip(
            ("", "_low", "_high"),
            _range(words, narrow["conversion"], narrow["low"], narrow["high"]).values(), strict=True)},
    }  # fmt: skip
    clear = "funnel.one_step" if narrow["stage"] == ONE_STEP else "funnel.note"
    template = clear if len(alike) == 1 else "funnel.alike"
    said = sentence(STEM, template, **figures)
    return [
        Finding(STEM, "funnel", "note", said, rate.estimate, rate.low, rate.high, "share", funnel.n,
                department="sales")
    ]  # fmt: skip


def narrowest(table: pd.DataFrame) -> list[str]:
    """Return the stages that may be the narrowest, the lowest share first; one where it is clear."""
    steps = rows(table)
    wide = [step for step in steps if step["entered"] >= FEWEST_ENTERED] or steps
    order = sorted(wide, key=lambda step: step["conversion"])
    return [step["stage"] for step in order if step["low"] <= order[0]["high"]]


def _step_share(words: Words, step: dict[str, Any]) -> str:
    share = words.share(step["conversion"], tenths(step["low"], step["high"]))
    return sentence(STEM, "funnel.step", stage=words.name(step["stage"]), share=share)


def _range(words: Words, share: float, low: float, high: float) -> dict[str, str]:
    digits = tenths(low, high)
    return {
        "share": words.share(share, digits),
        "low": words.share(low, digits),
        "high": words.share(high, digits),
    }


def funnel_change(parts: Parts) -> list[Finding]:
    """Say which steps have changed against the year before; the largest difference where none has."""
    steps = rows(parts.funnel.table)
    if not steps:
        return []
    judged = [step for step in steps if step["verdict"] != "not_enough_data"]
    if not judged:
        said = sentence(STEM, "funnel_change.not_enough_data")
        return [Finding(STEM, "funnel_change", "not_enough_data", said)]
    found = [step for step in judged if step["verdict"] != "no_evidence"]
    largest = max(judged, key=lambda step: abs(step["difference"]))
    return [_step(parts.words, step, len(found) > 1) for step in found or [largest]]


def _step(words: Words, step: dict[str, Any], several: bool) -> Finding:
    digits = tenths(step["difference_low"], step["difference_high"])
    figures = {
        "stage": tr("The funnel") if step["stage"] == ONE_STEP else words.name(step["stage"]),
        "sure": sure(step["strength"]),
        "now": words.share(step["conversion"], 0),
        "before": words.share(step["previous"], 0),
        "change": words.points(step["difference"], spelled=True),
        "low": words.number(step["difference_low"] * 100, digits, signed=True),
        "high": words.points(step["difference_high"], digits, spelled=True),
    }
    key = f"funnel_change.{step['stage']}" if several else "funnel_change"
    return Finding(
        STEM, key, step["verdict"], sentence(STEM, f"funnel_change.{step['verdict']}", **figures),
        step["difference"], step["difference_low"], step["difference_high"], "share", int(step["entered"]),
        department="sales", **tested(step),
    )  # fmt: skip
