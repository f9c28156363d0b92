"""The sentences of the sales analysis about revenue, its course and its structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import AFTER, BEFORE
from crm_analysis.analyses._sales.months import whole
from crm_analysis.analyses._saying import joined, not_chance
from crm_analysis.analyses._saying import rows as rows_of
from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences.sales_dynamics import DRIVERS, MEASURES, dimension_name
from crm_analysis.stats.behaviour import RUN_LENGTH
from crm_analysis.stats.monthly import FEWEST_MONTHS, SEASON_MONTHS
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from crm_analysis.findings import Verdict
    from crm_analysis.result import Context
    from crm_analysis.words import Words

STEM = "sales_dynamics"
RECENT_MONTHS = 12
#: A shift of a share smaller than this may be no chance, yet is nothing to act upon.
WORTH_SAYING = 0.01
#: Below this share of revenue, sales without a customer are not worth a sentence.
LEAST_UNKNOWN = 0.005


@dataclass(frozen=True)
class Facts:
    """What the findings are made from: the frames of the result, and the totals of both sides."""

    context: Context
    totals: pd.DataFrame
    monthly: pd.DataFrame
    change: pd.DataFrame
    structure: pd.DataFrame
    plan: pd.DataFrame
    trend: pd.DataFrame
    calendar: pd.DataFrame
    win_rates: pd.DataFrame
    has_amounts: bool
    has_deals: bool

    @property
    def now(self) -> pd.Series:
        """Revenue, orders, customers, … of the period."""
        return self._side(AFTER)

    @property
    def before(self) -> pd.Series | None:
        """The same of the comparison; None where there is none."""
        return self._side(BEFORE) if BEFORE in self.totals.index else None

    def _side(self, side: str) -> pd.Series:
        return self.totals.T[side]

    @property
    def names(self) -> dict[str, str]:
        """Period and comparison as they are written."""
        words, comparison = self.context.words, self.context.comparison
        return {
            "period": words.span(self.context.period),
            "comparison": "" if comparison is None else words.span(comparison),
        }


def finding(key: str, verdict: Verdict, text: str, **fields: Any) -> Finding:
    """Make a finding of this analysis."""
    return Finding(STEM, key, verdict, text, **fields)


def say(template: str, **figures: str) -> str:
    """Fill a template of this analysis."""
    return sentence(STEM, template, **figures).strip()


def revenue(facts: Facts) -> Finding:
    """Say what was sold, against what, and what moved it; a plain difference is a note, no verdict."""
    words, now, before, names = facts.context.words, facts.now, facts.before, facts.names
    orders = {
        "orders": words.counted(now["orders"], "order"),
        "deals": words.counted(now["orders"], "deal"),
    }
    if not facts.has_amounts:
        template = "revenue.count_one" if now["orders"] == 1 else "revenue.count"
        if before is None:
            text = say(template, **orders, **names)
        else:
            text = say(f"{template}_compared", **orders, before=words.number(before["orders"]), **names)
        return finding("revenue", "note", text, value=now["orders"], unit="orders", n=int(now["orders"]))
    amount = float(now["revenue"])
    base: dict[str, Any] = {"value": amount, "unit": "money", "n": int(now["orders"])}
    if not now["orders"] and not amount:
        won = now.get("won", 0)
        template = "revenue.unrecorded" if won else "revenue.none"
        text = say(template, won=words.counted(won, "deal"), **names)
        return finding("revenue", "note", text, **base)
    figures = {"revenue": words.money(amount), "variation": _variation(facts), **names}
    if before is None:
        return finding("revenue", "note", say("revenue.alone", **orders, **figures), **base)
    difference = amount - float(before["revenue"])
    figures |= {"difference": words.money(abs(difference)), "driver": _driver(facts, difference)}
    side = "below" if difference < 0 else "above"
    if before["revenue"] > 0:
        figures["change"] = words.share(abs(difference) / float(before["revenue"]))
        text = say(f"revenue.{side}", **figures)
    else:
        text = say(f"revenue.difference_{side}", **figures)
    return finding("revenue", "note", text, **base, money=abs(difference))


def trends(facts: Facts) -> list[Finding]:
    """Say for each monthly figure whether it grows or falls; nothing where nothing was ever sold."""
    if facts.monthly.empty:
        return []
    return [_trend(facts, row) for row in rows_of(facts.trend)]


def calendar(facts: Facts) -> list[Finding]:
    """Say how the closing of a quarter and the working days move sales; nothing where none were made."""
    if facts.monthly.empty:
        return []
    rows = {row["effect"]: row for row in rows_of(facts.calendar)}
    return [
        _effect(facts, "quarter_end", rows["quarter_end"]),
        _effect(facts, "working_days", rows["working_day"]),
    ]


def special_months(facts: Facts) -> list[Finding]:
    """Name the months outside the range of normal variation; the range describes, it is no test."""
    months = whole(facts.monthly).dropna(subset=["limit_low"]).tail(RECENT_MONTHS)
    if len(months) < RECENT_MONTHS:
        return []
    words = facts.context.words
    special = months[months["signal"].isin(["above", "below"])]
    template = "special_months.none" if special.empty else "special_months.note"
    # from two years on the range is that of the months without their season
    template += "_adjusted" * (len(whole(facts.monthly)) >= SEASON_MONTHS)
    text = say(template, n=str(len(months)), months=_listed_months(special, words))
    side = months["signal"].iloc[-1]
    if side.startswith("run_"):
        length = _run_length(whole(facts.monthly))
        text += " " + say(f"special_months.{side}", length=str(length))
    return [finding("special_months", "note", text, value=len(special), unit="months", n=len(months))]


def structure(facts: Facts) -> list[Finding]:
    """Name the largest shift of a share that is more than chance."""
    rows = facts.structure.dropna(subset=["difference"])
    if rows.empty:
        return []
    found = rows[rows["verdict"] == "changed"]
    tested = rows[rows["verdict"] != "not_enough_data"]
    if tested.empty:
        return [
            finding(
                "structure", "not_enough_data", say("structure.not_enough_data", **facts.names), unit="points"
            )
        ]
    pool = tested if found.empty else found
    row = pool.iloc[int(pool["difference"].abs().to_numpy().argmax())]
    words = facts.context.words
    figures = {
        "dimension": dimension_name(row["dimension"]),
        "value": words.name(row["value"]),
        "before": words.share(row["previous_share"]),
        "after": words.share(row["share"]),
        "difference": words.points(row["difference"], spelled=True),
        "low": words.number(row["low"] * 100, tenths(row["low"], row["high"]), signed=True),
        "high": words.points(row["high"], tenths(row["low"], row["high"]), spelled=True),
        "dimensions": joined([dimension_name(name) for name in dict.fromkeys(rows["dimension"])]),
    }
    verdict: Verdict = "no_evidence" if found.empty else "changed"
    told: str = verdict if found.empty else "up" if row["difference"] > 0 else "down"
    untested = _untested(rows, abs(row["difference"]), words)
    if found.empty and untested:
        told = "no_evidence_tested"
    if verdict == "changed" and abs(row["difference"]) < WORTH_SAYING:
        verdict, told = "note", "small"
    return [
        finding(
            "structure",
            verdict,
            " ".join(filter(None, (say(f"structure.{told}", **figures, **facts.names), untested))),
            value=row["difference"],
            low=row["low"],
            high=row["high"],
            unit="points",
            n=len(tested),
            p_value=row["p_value"],
            p_adjusted=row["p_adjusted"],
            strength="moderate" if verdict == "changed" else "",
            money=abs(row["difference"]) * float(facts.now["revenue"]),
        )
    ]


def _untested(rows: pd.DataFrame, least: float, words: Words) -> str:
    """Name the largest shift where it could not be tested; empty where none is larger than ``least``."""
    larger = rows[(rows["verdict"] == "not_enough_data") & (rows["difference"].abs() > least)]
    if larger.empty:
        return ""
    row = larger.iloc[int(larger["difference"].abs().to_numpy().argmax())]
    return say(
        "structure.untested",
        dimension=dimension_name(row["dimension"]),
        value=words.name(row["value"]),
        difference=words.points(row["difference"], spelled=True),
    )


def about_data(facts: Facts) -> list[Finding]:
    """Say what of the revenue names no customer, and that a running month is set apart."""
    findings, words, now = [], facts.context.words, facts.now
    if facts.has_amounts and now["revenue"] > 0 and abs(now["no_customer"]) / now["revenue"] >= LEAST_UNKNOWN:
        share = float(now["no_customer"]) / float(now["revenue"])
        text = say(
            "unknown_customers.note",
            share=words.share(share),
            revenue=words.money(now["no_customer"]),
            period=facts.names["period"],
        )
        findings.append(
            finding(
                "unknown_customers", "note", text, value=share, unit="share", money=float(now["no_customer"])
            )
        )
    if len(facts.monthly) and bool(facts.monthly["partial"].iloc[-1]):
        start, covered = facts.monthly["month"].iloc[-1].date(), facts.context.covered
        figures = {"month": words.month(start), "day": words.day(covered.last_day)}
        if covered.start > start:
            figures["span"] = words.period(covered)
        template = "part_month.span" if covered.start > start else "part_month.note"
        findings.append(finding("part_month", "note", say(template, **figures)))
    return findings


def _variation(facts: Facts) -> str:
    """Say whether the whole months of the period lie within the range of normal variation."""
    period, monthly = facts.context.period, facts.monthly.dropna(subset=["limit_low"])
    inside = (monthly["month"] >= pd.Timestamp(period.start)) & (monthly["month"] < pd.Timestamp(period.end))
    months = monthly[inside]
    if months.empty or len(monthly) < FEWEST_MONTHS:
        return ""
    # from two years on the range is that of the months without their season
    adjusted = say("variation.adjusted") if len(monthly) >= SEASON_MONTHS else ""
    special = months[months["signal"].isin(["above", "below"])]
    if len(special):
        listed = _listed_months(special, facts.context.words)
        return say("variation.beyond", months=listed, adjusted=adjusted)
    return say("variation.within" if len(months) == 1 else "variation.within_many", adjusted=adjusted)


def _driver(facts: Facts, difference: float) -> str:
    """Name the part that moved revenue most in the direction it went."""
    rows = facts.change[facts.change["group"] == "revenue"]
    if rows.empty or not difference:
        return ""
    row = rows.iloc[int((rows["contribution"].to_numpy() * np.sign(difference)).argmax())]
    part = facts.context.words.money(row["contribution"], signed=True)
    return say("driver", driver=tr(DRIVERS[row["driver"]]), contribution=part)


def _trend(facts: Facts, row: dict[str, Any]) -> Finding:
    words, measure, verdict = facts.context.words, row["measure"], row["verdict"]
    figures = {
        "measure": tr(MEASURES[measure]),
        "n": str(row["n_points"]),
        "needed": str(SEASON_MONTHS if row["status"] == "season_unclear" else FEWEST_MONTHS),
    }
    if verdict == "not_enough_data":
        return finding(
            f"{measure}_trend", verdict, say(f"trend.{row['status']}", **figures), n=int(row["n_points"])
        )
    digits = tenths(row["growth_low"], row["growth_high"])
    base = 1.0 if row["scale"] == "log" else abs(whole(facts.monthly)[measure].mean())
    figures |= {
        "growth": words.change(row["growth"], digits),
        "low": words.change(row["growth_low"], digits),
        "high": words.change(row["growth_high"], digits),
        "detectable": words.share(row["detectable"] / base, 0),
        "sure": not_chance(row["strength"]),
    }
    text = say(f"trend.{verdict}", **figures)
    if row["borderline"]:
        text += sentence(STEM, "trend.borderline")
    return finding(
        f"{measure}_trend",
        verdict,
        text,
        value=row["growth"],
        low=row["growth_low"],
        high=row["growth_high"],
        unit="relative",
        n=int(row["n_points"]),
        p_value=row["p_value"],
        p_adjusted=row["p_adjusted"],
        strength=row["strength"],
        department="sales",
        money=_money_at_stake(facts, measure, float(row["growth"])),
    )


def _money_at_stake(facts: Facts, measure: str, growth: float) -> float | None:
    """Give what a year of the trend is worth, where the figure is money of the whole company."""
    if measure != "revenue":
        return None
    return abs(growth) * float(whole(facts.monthly)["revenue"].tail(RECENT_MONTHS).sum())


def _effect(facts: Facts, key: str, row: dict[str, Any]) -> Finding:
    words, verdict = facts.context.words, row["verdict"]
    figures = {"n": str(row["n"]), "needed": str(SEASON_MONTHS)}
    if verdict == "not_enough_data":
        why = "constant" if row["status"] == "constant" else verdict
        return finding(key, verdict, say(f"{key}.{why}", **figures), n=int(row["n"]))
    digits = tenths(row["low"], row["high"])
    figures |= {name: words.change(row[name], digits) for name in ("value", "low", "high")}
    figures |= {
        "sure": not_chance(row["strength"]),
        "apart": sentence(STEM, "quarter_end.season") if row["status"] == "full" else "",
    }
    template = f"{key}.{verdict}"
    if key == "quarter_end" and verdict != "no_evidence":
        figures["value"] = words.share(abs(row["value"]), digits)
    return finding(
        key,
        # months that differ in kind are no change
        "note" if verdict in ("higher", "lower") else verdict,
        say(template, **figures),
        value=row["value"],
        low=row["low"],
        high=row["high"],
        unit="relative",
        n=int(row["n"]),
        p_value=row["p_value"],
        p_adjusted=row["p_adjusted"],
        strength=row["strength"],
    )


def _listed_months(months: pd.DataFrame, words: Any) -> str:
    return joined(
        [
            say(f"month.{row.signal}", month=words.month(row.month))
            for row in months[["month", "signal"]].itertuples()
        ]
    )


def _run_length(months: pd.DataFrame) -> int:
    """Count the last months that lie on one side of their usual level; at least the eight of a signal."""
    sides = np.sign((months["adjusted"] - months["centre"]).to_numpy())[::-1]
    other = np.flatnonzero(sides != sides[0])
    return max(int(other[0]) if len(other) else len(sides), RUN_LENGTH)
