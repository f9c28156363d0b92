"""From figures to answers: the findings of the process KPIs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_analysis.analyses._kpi.parts import ALL, KPIS, MEDIAN, ON_WON, STEM
from crm_analysis.analyses._saying import joined, known, rows
from crm_analysis.findings import VERDICTS, Finding, Findings
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences.process_kpis import GROUPS, MOVES, NAMES, SURE, too_few
from crm_analysis.stats.monthly import FEWEST_MONTHS, SEASON_MONTHS

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from crm_analysis.analyses._kpi.course import Course
    from crm_analysis.analyses._kpi.measured import Measured
    from crm_analysis.result import Context

#: A description of where the level shifted is worth a word only when as rare as this by chance.
_RARE = 0.05
_FOUND = ("improved", "worsened")
_YEAR = 12
#: From so many KPIs on, what became of them is said in short.
_SEVERAL = 2
#: Digits of a figure of days or contacts.
_DIGITS = 1


@dataclass(frozen=True)
class Facts:
    """What the findings are made from: the frames of the result, and what could be measured."""

    context: Context
    known: Measured
    courses: tuple[Course, ...]
    kpis: pd.DataFrame
    trends: pd.DataFrame
    breaks: pd.DataFrame
    event: pd.DataFrame
    event_day: date | None

    def name(self, kpi: str) -> str:
        """Name a KPI within a sentence."""
        return tr(NAMES[kpi])

    def level(self, kpi: str, group: str) -> dict[str, Any] | None:
        """Return the figure of a group for the period; None where there is none."""
        found = self.kpis[(self.kpis["kpi"] == kpi) & (self.kpis["group"] == group)]
        return None if found.empty else rows(found)[0]

    def course(self, kpi: str, group: str) -> Course:
        """Return the course of a group."""
        return next(one for one in self.courses if (one.kpi, one.group) == (kpi, group))

    def write(self, kpi: str, value: float, *, signed: bool = False, unit: bool = True) -> str:
        """Write a figure of a KPI with its unit."""
        words = self.context.words
        if KPIS[kpi].unit == "money":
            return words.money(value, signed=signed)
        if not unit:
            return words.number(value, _DIGITS, signed=signed)
        if KPIS[kpi].unit == "days":
            return words.counted(value, "day", digits=_DIGITS, signed=signed)
        return words.counted(value, "contact", digits=_DIGITS, signed=signed)

    def behind(self, kpi: str, count: float) -> str:
        """Write what so many cases behind a figure of a KPI are."""
        words = self.context.words
        written = {
            "purchase_interval_days": words.counted(count, "purchase"),
            "order_amount": words.counted(count, "order"),
            "acquisition_cost": words.counted(count, "new client"),
            "contacts_per_customer": words.counted(count, "client"),
        }
        return written.get(kpi, words.counted(count, "deal"))

    def span(self, kpi: str, low: float, high: float, *, signed: bool = False) -> dict[str, str]:
        """Write the ends of a range; the unit stands after the second."""
        return {
            "low": self.write(kpi, low, signed=signed, unit=False),
            "high": self.write(kpi, high, signed=signed),
        }


def findings(facts: Facts) -> Findings:
    """Say the answers: all KPIs in short, each in all, groups that differ, and what the event brought."""
    made: list[Finding] = []
    for measure in facts.known.measures:
        row = _row(facts.trends, measure.kpi, ALL)
        if row is None:
            continue
        made.append(_trend(facts, row))
        others = facts.trends[(facts.trends["kpi"] == measure.kpi) & (facts.trends["group"] != ALL)]
        made += [_trend(facts, other) for other in rows(others) if other["verdict"] in _FOUND]
    made += [_event(facts, row) for row in rows(facts.event[facts.event["group"] == ALL])]
    if made and facts.known.missing:
        text = sentence(STEM, "missing", reasons=" ".join(missing(facts)))
        made.append(Finding(STEM, "missing", "not_enough_data", text))
    if not made:
        text = sentence(STEM, "nothing", period=facts.context.words.span(facts.context.period))
        made.append(Finding(STEM, "no_kpis", "not_enough_data", text))
    return Findings([*_overview(facts), *sorted(made, key=_place)])


def _overview(facts: Facts) -> list[Finding]:
    """Say in one sentence a verdict which KPIs have it; nothing where there is one KPI only."""
    whole = facts.trends[facts.trends["group"] == ALL]
    if len(whole) < _SEVERAL:
        return []
    named = {
        verdict: [facts.name(kpi) for kpi in whole.loc[whole["verdict"] == verdict, "kpi"]]
        for verdict in VERDICTS
    }
    said = [
        sentence(STEM, f"overview.{verdict}", names=joined(names))
        for verdict, names in named.items()
        if names
    ]
    return [Finding(STEM, "overview", "note", " ".join(said), n=len(whole), department="sales")]


def missing(facts: Facts) -> list[str]:
    """Say of each KPI that the data cannot tell, why."""
    return [
        sentence(STEM, f"left.{why}", Name=capital(facts.name(kpi)))
        for kpi, why in facts.known.missing.items()
    ]


def capital(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]


def _place(finding: Finding) -> int:
    """Put first what can be told, that of an event before all, and last what cannot be told."""
    if finding.key == "missing":
        return 4
    if finding.verdict in _FOUND:
        return 0 if finding.key.startswith("event_") else 1
    return 3 if finding.verdict == "not_enough_data" else 2


def _trend(facts: Facts, row: dict[str, Any]) -> Finding:
    kpi, group = row["kpi"], row["group"]
    course, verdict = facts.course(kpi, group), row["verdict"]
    months, n = course.step == 1, int(row["n_points"])
    words, up = facts.context.words, row["change_per_year"] > 0
    needed = SEASON_MONTHS if row["status"] == "season_unclear" else FEWEST_MONTHS
    figures = {
        "name": _with_group(facts, kpi, group),
        "move": tr(MOVES[kpi][0 if up else 1]),
        "n": words.number(n),
        "needed": words.number(needed),
        "points": tr("months") if months else tr("quarters"),
        "span": words.counted(n, "month") if months else words.counted(n, "quarter"),
        "level": _level(facts, kpi, group),
        **_sure(row),
        "change": facts.write(kpi, row["change_per_year"], signed=True),
        "detectable": facts.write(kpi, row["detectable"]),
        **_size(facts, row),
        "shift": _shift(facts, kpi, group),
        "check": sentence(STEM, "check") if row["borderline"] else "",
        **facts.span(kpi, row["low"], row["high"], signed=True),
    }
    template = row["status"] if verdict == "not_enough_data" else verdict
    return Finding(
        STEM,
        kpi if group == ALL else f"{kpi}_{group}",
        verdict,
        sentence(STEM, f"trend.{template}", **figures),
        value=row["change_per_year"],
        low=row["low"],
        high=row["high"],
        unit=f"{KPIS[kpi].unit} a year",
        n=n,
        p_value=known(row["p_value"]),
        p_adjusted=known(row["p_adjusted"]),
        strength=row["strength"],
        department=KPIS[kpi].department,
        money=_money(course, row),
    )


def _sure(row: dict[str, Any]) -> dict[str, str]:
    """Write how sure a verdict is."""
    strength = row["strength"]
    return {
        "sure": tr(SURE[strength]) if strength else "",
        "early": sentence(STEM, "early") if strength == "preliminary" else "",
    }


def _size(facts: Facts, row: dict[str, Any]) -> dict[str, str]:
    """Write by how much a KPI moves in its direction, which the verb before it tells."""
    kpi, ends = row["kpi"], (row["low"], row["high"])
    least, most = ends if row["change_per_year"] > 0 else (-ends[1], -ends[0])
    return {
        "size": facts.write(kpi, abs(row["change_per_year"])),
        "least": facts.write(kpi, least, unit=False),
        "most": facts.write(kpi, most),
    }


def _level(facts: Facts, kpi: str, group: str) -> str:
    """Say the figure of the period, with what it was before; empty where it has none."""
    level, words = facts.level(kpi, group), facts.context.words
    if level is None:
        return ""
    figures = {"period": words.span(facts.context.period)}
    if np.isnan(level["value"]):
        nobody = level["n"] == 0 and not np.isnan(level["low"])
        template = "level.nobody_bought" if kpi == "purchase_interval_days" else "level.nobody"
        return sentence(STEM, template, **figures) if nobody else ""
    figures["value"] = facts.write(kpi, level["value"])
    text = "level.alone"
    if too_few(level):
        text = "level.few"
        figures["count"] = facts.behind(kpi, level["n"])
    elif not np.isnan(level["low"] + level["high"]):
        text = "level"
        figures |= facts.span(kpi, level["low"], level["high"])
        comparison = facts.context.comparison
        if comparison is not None and not np.isnan(level["previous"]):
            text = "level.compared"
            figures["comparison"] = words.span(comparison)
            figures["previous"] = facts.write(kpi, level["previous"])
    said = sentence(STEM, text, **figures)
    return said + _kind(facts, kpi) if group == ALL else said


def _kind(facts: Facts, kpi: str) -> str:
    """Say what kind of figure it is, where another of the page could be taken for it."""
    words = facts.context.words
    if kpi == "contacts_per_customer":
        return sentence(STEM, "level.contacts") + _own(facts, kpi)
    if kpi != "decision_days":
        return ""
    said = sentence(STEM, "level.mean", tau=words.number(facts.known.tau, 0))
    median = facts.level(kpi, MEDIAN)
    if median is not None and not np.isnan(median["value"]):
        said += sentence(STEM, "level.median", median=words.number(median["value"], 0))
    return said


def _own(facts: Facts, kpi: str) -> str:
    """Say how many contacts the deals won had themselves; empty where they name none."""
    own = facts.level(kpi, ON_WON)
    if own is None or np.isnan(own["value"]):
        return ""
    figures = {"own": facts.write(kpi, own["value"])}
    if np.isnan(own["previous"]):
        return sentence(STEM, "level.own", **figures)
    return sentence(STEM, "level.own.compared", before=facts.write(kpi, own["previous"]), **figures)


def _shift(facts: Facts, kpi: str, group: str) -> str:
    """Name the month about which the level shifts, where that is no chance and no mere drift."""
    row = _row(facts.breaks, kpi, group)
    if row is None or not (row["p_value"] <= _RARE and row["better_than_line"]):
        return ""
    return sentence(STEM, "shift", month=facts.context.words.month(row["month"]))


def _event(facts: Facts, row: dict[str, Any]) -> Finding:
    kpi, verdict, words = row["kpi"], row["verdict"], facts.context.words
    day = "" if facts.event_day is None else words.day(facts.event_day)
    explained = verdict == "no_evidence" and row["p_step"] <= _RARE < row["p_value"]
    figures = {
        "name": facts.name(kpi),
        "day": day,
        "n_before": words.number(row["n_before"]),
        "n_after": words.number(row["n_after"]),
        "points": tr("months") if facts.course(kpi, ALL).step == 1 else tr("quarters"),
        "step": facts.write(kpi, row["step"], signed=True),
        "before": facts.write(kpi, row["before"]),
        "after": facts.write(kpi, row["after"]),
        **_sure(row),
        **facts.span(kpi, row["low"], row["high"], signed=True),
    }
    return Finding(
        STEM,
        f"event_{kpi}",
        verdict,
        sentence(STEM, "event.trend" if explained else f"event.{verdict}", **figures),
        value=known(row["step"]),
        low=known(row["low"]),
        high=known(row["high"]),
        unit=KPIS[kpi].unit,
        n=int(row["n_before"] + row["n_after"]),
        p_value=known(row["p_value"]),
        p_adjusted=known(row["p_adjusted"]),
        strength=row["strength"],
        department=KPIS[kpi].department,
    )


def _money(course: Course, row: dict[str, Any]) -> float | None:
    """Give what a year of the change is worth, where the KPI is money per deal or client."""
    if KPIS[course.kpi].unit != "money" or np.isnan(row["change_per_year"]):
        return None
    return float(abs(row["change_per_year"]) * course.rows["n"].tail(_YEAR // course.step).sum())


def _with_group(facts: Facts, kpi: str, group: str) -> str:
    name = facts.name(kpi)
    return name if group == ALL else tr("{name}, {group},").format(name=name, group=tr(GROUPS[group]))


def _row(frame: pd.DataFrame, kpi: str, group: str) -> dict[str, Any] | None:
    found = frame[(frame["kpi"] == kpi) & (frame["group"] == group)]
    return None if found.empty else rows(found)[0]
