"""The sentences about plan and deals, the tiles, and what was left out of the sales analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from crm_analysis.analyses._sales import findings as about
from crm_analysis.analyses._sales.findings import Facts, finding, say
from crm_analysis.analyses._sales.months import whole
from crm_analysis.analyses._sales.plan import TOTAL
from crm_analysis.analyses._sales.structure import DIMENSIONS
from crm_analysis.analyses._saying import not_chance, relative
from crm_analysis.analyses._win_rates import ALL, DIFFERS
from crm_analysis.findings import Findings, Verdict, verdict
from crm_analysis.language import tr
from crm_analysis.result import Sentences
from crm_analysis.sentences.sales_dynamics import dimension_name
from crm_analysis.stats.intervals import newcombe
from crm_analysis.tiles import Tile
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from crm_analysis.findings import Finding


def findings(facts: Facts) -> Findings:
    """Return the answers in reading order: period, plan, deals, course, structure, groups, data."""
    return Findings(
        [
            about.revenue(facts),
            *_plan(facts),
            *_win_rate(facts),
            *about.trends(facts),
            *about.special_months(facts),
            *about.calendar(facts),
            *about.structure(facts),
            *_win_rate_groups(facts),
            *about.about_data(facts),
        ]
    )


#: Of the sums, those that open a report.
_MAIN = {"revenue", "orders"}


def tiles(facts: Facts) -> tuple[Tile, ...]:
    """Return the main figures: revenue, orders, average order, win rate, plan."""
    now, before = facts.now, facts.before
    months = facts.monthly
    verdicts = dict(zip(facts.trend["measure"], facts.trend.get("verdict", []), strict=False))
    made = []
    if facts.has_amounts:
        made.append(_tile(facts, "revenue", tr("Revenue"), "money", float(now["revenue"]), verdicts))
    orders = tr("Orders") if facts.has_amounts else tr("Deals won")
    made.append(_tile(facts, "orders", orders, "count", float(now["orders"]), verdicts))
    if facts.has_amounts and now["orders"]:
        average = now["revenue"] / now["orders"]
        previous = before["revenue"] / before["orders"] if before is not None and before["orders"] else None
        made.append(Tile(
            "average_order", tr("Average order"), float(average), "money", relative(average, previous),
            verdicts.get("average_order", "note"), series=_series(months, "average_order"),
            main=True,
        ))  # fmt: skip
    made += _win_rate_tile(facts, verdicts)
    total = facts.plan[facts.plan["dimension"] == TOTAL]
    if len(total) and total["target"].iloc[0] > 0:
        made.append(
            Tile(
                "plan_attainment",
                tr("Plan attainment"),
                float(total["attainment"].iloc[0]),
                "share",
                main=True,
            )
        )
    return tuple(made)


def left_out(facts: Facts, *, without_plan: str, held: dict[str, bool], missing_amounts: int) -> Sentences:
    """Say what could not be computed, and why.

    Parameters
    ----------
    facts
        What was computed.
    without_plan
        Why there is no plan; empty where there is one.
    held
        Whether the data hold ``deal_amount`` and ``cost``, and each dimension.
    missing_amounts
        Deals won in the period without an amount.
    """
    parts = []
    if facts.monthly.empty:
        parts.append(say("left.course", period=facts.names["period"]))
    if not facts.has_amounts:
        parts.append(say("left.amount"))
    elif facts.context.comparison is None:
        parts.append(say("left.comparison"))
    if without_plan and facts.has_amounts:
        parts.append(say("left.plan", why=without_plan))
    if len(facts.plan) and TOTAL not in set(facts.plan["dimension"]):
        parts.append(
            say(
                "left.plan_total", dimensions=", ".join(map(dimension_name, facts.plan["dimension"].unique()))
            )
        )
    if not facts.has_deals:
        parts.append(say("left.deals"))
    elif not held["deal_amount"] and facts.has_amounts:
        parts.append(say("left.deal_amount"))
    if missing_amounts:
        n = facts.context.words.number(missing_amounts)
        parts.append(say("left.deal_values", n=n, period=facts.names["period"]))
    if facts.has_amounts:
        missing = [name for name in DIMENSIONS if not held[name]]
        parts += [say("left.dimensions", missing=", ".join(map(dimension_name, missing)))] if missing else []
        parts += [] if held["cost"] else [say("left.cost")]
        mix = facts.change[facts.change["driver"] == "mix of customers"]
        parts += [say("left.mix")] if len(mix) and not mix["dimension"].iloc[0] else []
    return Sentences(parts)


def _plan(facts: Facts) -> list[Finding]:
    rows = facts.plan[(facts.plan["dimension"] == TOTAL) & (facts.plan["target"] > 0)]
    if rows.empty:
        return []
    row, words = rows.iloc[0], facts.context.words
    figures = {
        "attainment": words.share(row["attainment"]),
        "actual": words.money(row["actual"]),
        "target": words.money(row["target"]),
        "gap": words.money(abs(row["gap"])),
        "period": facts.names["period"],
    }
    covered = facts.context.covered
    if row["actual"] < 0:
        text = say("plan.negative", **figures)
    elif covered.end >= facts.context.period.end:
        text = say("plan.short" if row["gap"] < 0 else "plan.over", **figures)
    elif np.isnan(row["projected"]):
        text = say("plan.early", **figures)
    else:
        spread = ""
        if not np.isnan(row["projected_low"]):
            limits = {side: words.money(row[f"projected_{side}"]) for side in ("low", "high")}
            spread = say("plan.spread", **limits)
        figures |= {
            "projected": words.money(row["projected"]),
            "projected_attainment": words.share(row["projected_attainment"]),
            "spread": spread,
        }
        text = say("plan.running", **figures)
    return [
        finding(
            "plan", "note", text, value=row["attainment"], unit="share",
            low=row["projected_low"] / row["target"], high=row["projected_high"] / row["target"],
            department="sales", money=abs(float(row["gap"])),
        )
    ]  # fmt: skip


def _win_rate(facts: Facts) -> list[Finding]:
    if not facts.has_deals:
        return []
    rows = facts.win_rates[facts.win_rates["dimension"] == ALL]
    if rows.empty:
        return [finding("win_rate", "not_enough_data", say("win_rate.none", period=facts.names["period"]))]
    row, words = rows.iloc[0], facts.context.words
    figures = {
        "won": words.number(row["won"]),
        "closed": words.number(row["closed"]),
        "rate": words.share(row["win_rate"]),
        "low": words.share(row["low"], tenths(row["low"], row["high"])),
        "high": words.share(row["high"], tenths(row["low"], row["high"])),
        "period": facts.names["period"],
    }
    outcome = say(f"win_rate.{_outcome(row['won'], row['closed'])}", **figures)
    shift = _win_rate_shift(facts)
    said: Verdict = "note" if shift is None else shift.verdict
    text = say("win_rate.alone", outcome=outcome) if shift is None else _shifted(facts, shift, outcome)
    return [
        finding(
            "win_rate", said, text, value=row["win_rate"], low=row["low"], high=row["high"],
            unit="share", n=int(row["closed"]), department="sales",
            strength="preliminary" if said == "changed" else "",
        )
    ]  # fmt: skip


def _shifted(facts: Facts, shift: _Shift, outcome: str) -> str:
    """Say how the win rate changed against the comparison, and then what it is."""
    words, digits = facts.context.words, tenths(shift.low, shift.high)
    moved = "rose" if shift.change > 0 else "fell"
    return say(
        f"win_rate.{moved if shift.verdict == 'changed' else shift.verdict}",
        outcome=outcome,
        before=words.share(shift.before),
        comparison=facts.names["comparison"],
        change=words.points(shift.change, spelled=True),
        low=words.number(shift.low * 100, digits, signed=True),
        high=words.number(shift.high * 100, digits, signed=True),
    )


class _Shift(NamedTuple):
    """The change of the win rate against the comparison, a difference of shares, and the verdict on it."""

    change: float
    low: float
    high: float
    before: float
    verdict: Verdict


def _win_rate_shift(facts: Facts) -> _Shift | None:
    """Judge the change of the win rate by its range; None where there is nothing to compare with.

    A change that a season may bring is neither better nor worse.
    """
    rows, earlier = facts.win_rates[facts.win_rates["dimension"] == ALL], _closed_before(facts)
    if rows.empty or earlier is None or not earlier[0]:
        return None
    closed, won = earlier
    change = newcombe(rows["won"].iloc[0], rows["closed"].iloc[0], won, closed)
    said = verdict(found=not change.low <= 0 <= change.high, direction=change.estimate, better="neutral")
    return _Shift(float(change.estimate), float(change.low), float(change.high), won / closed, said)


def _outcome(won: int, closed: int) -> str:
    """Name the sentence for how deals ended; a rate of none, all or a single one is no news."""
    if closed == 1:
        return "one_won" if won else "one_lost"
    return "none_won" if not won else "all_won" if won == closed else "some_won"


def _win_rate_groups(facts: Facts) -> list[Finding]:
    rows = facts.win_rates[facts.win_rates["dimension"] != ALL]
    if rows.empty:
        return []
    words = facts.context.words
    tested = rows.dropna(subset=["p_value"])
    closed = int(facts.win_rates.loc[facts.win_rates["dimension"] == ALL, "closed"].iloc[0])
    base: dict[str, Any] = {"n": closed, "unit": "points", "department": "sales"}
    if tested.empty:
        text = say("win_rate_groups.not_enough_data", closed=words.number(closed))
        return [finding("win_rate_groups", "not_enough_data", text, **base)]
    dimension = tested["dimension"].iloc[int(tested["p_value"].to_numpy().argmin())]
    first = tested[tested["dimension"] == dimension]
    base |= {"p_value": first["p_value"].iloc[0], "p_adjusted": first["p_adjusted"].iloc[0]}
    if first["verdict"].iloc[0] != DIFFERS:
        names = [dimension_name(name) for name in dict.fromkeys(tested["dimension"])]
        listed = tr(" or ").join(filter(None, (", ".join(names[:-1]), names[-1])))
        text = say("win_rate_groups.no_evidence", dimensions=listed)
        return [finding("win_rate_groups", "no_evidence", text, **base)]
    # the ends by rate among groups large enough to be named
    large = first[first["closed"] >= first["closed"].median()].sort_values("win_rate", kind="stable")
    worst, best = large.iloc[0], large.iloc[-1]
    strength = first["strength"].iloc[0]
    text = say(
        "win_rate_groups.differs",
        dimension=dimension_name(dimension),
        best=words.name(best["value"]),
        best_rate=words.share(best["win_rate"]),
        worst=words.name(worst["value"]),
        worst_rate=words.share(worst["win_rate"]),
        sure=not_chance(strength),
        period=facts.names["period"],
    )
    value = best["win_rate"] - worst["win_rate"]
    return [finding("win_rate_groups", "note", text, value=value, strength=strength, **base)]


def _closed_before(facts: Facts) -> tuple[float, float] | None:
    """Return deals closed and won in the comparison; None where there is none."""
    before = facts.before
    return (
        None if before is None or "closed" not in before else (float(before["closed"]), float(before["won"]))
    )


def _tile(facts: Facts, key: str, label: str, kind: Any, value: float, verdicts: dict[str, Any]) -> Tile:
    before = None if facts.before is None else float(facts.before[key])
    return Tile(
        key, label, value, kind, relative(value, before), verdicts.get(key, "note"),
        series=_series(facts.monthly, key), main=key in _MAIN,
    )  # fmt: skip


def _win_rate_tile(facts: Facts, verdicts: dict[str, Any]) -> list[Tile]:
    rows = facts.win_rates[facts.win_rates["dimension"] == ALL]
    if rows.empty:
        return []
    row, shift = rows.iloc[0], _win_rate_shift(facts)
    before = None if shift is None else shift.before
    return [
        Tile(
            "win_rate", tr("Win rate"), float(row["win_rate"]), "share", relative(row["win_rate"], before),
            verdicts.get("win_rate", "note") if shift is None else shift.verdict,
            float(row["low"]), float(row["high"]), _series(facts.monthly, "win_rate"),
            "course" if shift is None else "change", main=True,
        )
    ]  # fmt: skip


def _series(months: pd.DataFrame, name: str) -> tuple[float | None, ...]:
    return tuple(None if pd.isna(value) else float(value) for value in whole(months)[name])
