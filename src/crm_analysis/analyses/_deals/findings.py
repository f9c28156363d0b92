"""From figures to answers: what is in work, what stands still, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._deals.funnel_findings import funnel_change, funnel_course
from crm_analysis.analyses._deals.limits import FEWEST_STAYS
from crm_analysis.analyses._deals.owner_findings import owners_compared, owners_mix
from crm_analysis.analyses._deals.rows import LONG_STALLED, STEM, UNKNOWN
from crm_analysis.analyses._saying import joined, records, relative
from crm_analysis.findings import Finding, Findings
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.analyses._deals.parts import Parts
    from crm_analysis.findings import Verdict
    from crm_analysis.words import Words

#: The clients with most in work who are looked at for contact.
_LARGEST_CLIENTS = 20
_NAMED = 3
#: What stands beside the forecast.
_OUTLOOK = ("forecast", "forecast_trust", "win_rate_change")


def find(parts: Parts, outlook: Iterable[Finding] = (), ahead: str = "") -> Findings:
    """Say the answers, in reading order.

    ``outlook`` are those of the forecast, what is expected first; ``ahead`` is that in a sentence.
    """
    made: list[Finding | None]
    told = list(outlook)
    # what it will bring and how far to trust that stand together, where there is a forecast
    expected = [finding for finding in told if finding.key in _OUTLOOK and told[0].verdict == "note"]
    if parts.deals.empty:
        made = [
            _made("pipeline", "pipeline.none", "note", {"when": parts.when}, value=0.0, unit="deals", n=0)
        ]
    else:
        made = [_pipeline(parts, ahead), _stalled(parts)]
    made += expected
    if not parts.deals.empty:
        made += [_no_next_step(parts), _quiet(parts)]
    made += [
        *owners_compared(parts),
        *funnel_course(parts),
        None if parts.deals.empty else _expected_passed(parts),
        _overdue(parts),
        _bridge(parts),
        *funnel_change(parts),
        *owners_mix(parts),
        *(finding for finding in told if finding not in expected),
    ]
    return Findings(finding for finding in made if finding is not None)


def _made(key: str, template: str, said: Verdict, figures: dict[str, str], **fields: Any) -> Finding:
    return Finding(STEM, key, said, sentence(STEM, template, **figures), **fields)


def _worth(words: Words, amounts: pd.Series, template: str = "money") -> str:
    """Say what deals are worth, as a part of a sentence; nothing where no amount is known."""
    known = _money(amounts)
    return "" if known is None else sentence(STEM, template, money=words.money(known))


def _money(amounts: pd.Series) -> float | None:
    known = amounts.sum(min_count=1)
    return None if pd.isna(known) else float(known)


def _open(parts: Parts, count: int | None = None) -> str:
    return parts.words.counted(len(parts.deals) if count is None else count, "open deal")


def _pipeline(parts: Parts, ahead: str) -> Finding:
    words, deals = parts.words, parts.deals
    amount, count = _money(deals["amount"]), len(deals)
    bridge = records(parts.bridge, "part")["closing"]
    before = bridge["previous"] if amount is not None else np.nan
    change = relative(float(amount or 0.0), None if pd.isna(before) else float(before))
    said = ""
    if change is not None:
        said = sentence(STEM, "pipeline.change", change=words.change(change), before=words.money(before))
    missing = int(deals["amount"].isna().sum()) if amount is not None else 0
    without = ""
    if missing:
        has = "has" if missing == 1 else "have"
        without = sentence(STEM, "pipeline.without", count=words.number(missing), have=has)
    figures = {
        "deals": words.counted(count, "deal"),
        "were": "was" if count == 1 else "were",
        "when": parts.when,
        "worth": _worth(words, deals["amount"], "worth"),
        "change": said,
        "still": _still(parts),
        "without": without,
        "ahead": ahead,
    }
    value = float(count) if amount is None else amount
    return _made(
        "pipeline", "pipeline.note", "note", figures,
        value=value, unit="deals" if amount is None else "money", n=count, money=amount,
    )  # fmt: skip


def _still(parts: Parts) -> str:
    """Say how much of it stands still, as a part of a sentence."""
    late = parts.deals[parts.deals["stalled"]]
    if late.empty:
        return ""
    be, count = "is" if len(late) == 1 else "are", parts.words.number(len(late))
    return sentence(STEM, "pipeline.still", count=count, worth=_worth(parts.words, late["amount"]), be=be)


def _stalled(parts: Parts) -> Finding:
    words, deals = parts.words, parts.deals
    late = deals[deals["stalled"]]
    unknown = int((deals["state"] == UNKNOWN).sum())
    judged = len(deals) - unknown
    if not judged:
        figures = {"needed": words.number(FEWEST_STAYS)}
        return _made("stalled", "stalled.not_enough_data", "not_enough_data", figures, n=0)
    left = sentence(STEM, "stalled.unknown", count=_open(parts, unknown)) if unknown else ""
    share = len(late) / judged
    fields = {"value": share, "unit": "share", "n": judged, "department": "sales"}
    if late.empty:
        figures = {"deals": _open(parts, judged), "unknown": left}
        return _made("stalled", "stalled.none", "note", figures, **fields)
    figures = {
        "count": words.number(len(late)),
        "deals": _open(parts, judged),
        "worth": _worth(words, late["amount"]),
        "have": "has" if len(late) == 1 else "have",
        "be": "is" if len(late) == 1 else "are",
        "long": words.number(int((late["state"] == LONG_STALLED).sum())),
        "most": _most(words, late, "owner" if len(set(deals["owner"])) > 1 else "stage"),
        "unknown": left,
    }
    if not parts.limits.by_age:
        template = "stalled.stage"
    else:
        slower = _slower(parts, deals)
        figures |= _by_age(parts, slower)
        # where most deals are past all experience, that comes before what is merely unusual
        template = "stalled.oldest" if len(slower) > judged / 2 else "stalled.age"
    return _made("stalled", template, "note", figures, money=_money(late["amount"]), **fields)


def _slower(parts: Parts, deals: pd.DataFrame) -> pd.DataFrame:
    """Return the open deals that are older than the slowest decided one was at its decision."""
    # a decision on the last day could have been recorded: only what was still open after it is slower
    slower: pd.DataFrame = deals[np.ceil(deals["age_days"]) - 1 > parts.limits.table.iloc[0]["slowest_days"]]
    return slower


def _by_age(parts: Parts, slower: pd.DataFrame) -> dict[str, str]:
    words, row = parts.words, parts.limits.table.iloc[0]
    return {
        "limit": words.counted(row["limit_days"], "day"),
        "slow": words.number(len(slower)),
        "slow_worth": _worth(words, slower["amount"]),
        "slow_be": "is" if len(slower) == 1 else "are",
        "n": words.number(int(row["n"])),
        "slowest": words.counted(row["slowest_days"], "day"),
    }


def _most(words: Words, deals: pd.DataFrame, column: str) -> str:
    """Name the values with most of these deals: by money where amounts are known, else by number."""
    groups = deals.groupby(column).agg(n=("deal_id", "size"), amount=("amount", "sum")).reset_index()
    groups = groups.sort_values(["amount", "n", column], ascending=[False, False, True], kind="stable")
    return joined([
        sentence(STEM, "named", name=words.name(row[column]), count=words.number(row["n"]),
                 worth="" if not row["amount"] else f", {words.money(row['amount'])}")
        for row in groups.head(_NAMED).to_dict("records")
    ])  # fmt: skip


def _no_next_step(parts: Parts) -> Finding | None:
    if not parts.plans:
        return None
    words, deals = parts.words, parts.deals
    without = deals[deals["next_activity_at"].isna()]
    fields = {"value": float(len(without)), "unit": "deals", "n": len(deals), "department": "sales"}
    if without.empty:
        return _made("no_next_step", "no_next_step.all", "note", {"deals": _open(parts)}, **fields)
    largest = without.assign(size=-without["amount"].fillna(0.0)).sort_values(
        ["size", "deal_id"], kind="stable"
    )
    figures = {
        "count": words.number(len(without)),
        "deals": _open(parts),
        "have": "has" if len(without) == 1 else "have",
        "worth": _worth(words, without["amount"]),
        "names": joined([_deal(words, row) for row in largest.head(_NAMED).to_dict("records")]),
    }
    money = _money(without["amount"])
    return _made("no_next_step", "no_next_step.note", "note", figures, money=money, **fields)


def _deal(words: Words, row: dict[Any, Any]) -> str:
    client = words.name(row["customer"] or row["deal_id"])
    amount = "" if pd.isna(row["amount"]) else f", {words.money(row['amount'])}"
    return f"{client} ({words.name(row['owner'])}{amount})"


def _overdue(parts: Parts) -> Finding | None:
    if not parts.plans:
        return None
    words, table = parts.words, parts.activities
    count = int(table["overdue"].sum())
    fields = {"value": float(count), "unit": "contacts", "n": count, "department": "sales"}
    if not count:
        return _made("overdue", "overdue.none", "note", {}, **fields)
    groups = table.groupby("owner", as_index=False)["overdue"].sum()
    groups = groups[groups["overdue"] > 0]
    groups = groups.sort_values(["overdue", "owner"], ascending=[False, True], kind="stable").head(_NAMED)
    late = parts.deals[parts.deals["overdue"] > 0]
    figures = {
        "count": words.counted(count, "planned contact"),
        "be": "is" if count == 1 else "are",
        "days": words.counted(int(table["oldest_days"].max()), "day"),
        "owners": joined([f"{words.name(o)} ({words.number(n)})" for o, n in groups.to_numpy().tolist()]),
    }
    return _made("overdue", "overdue.note", "note", figures, money=_money(late["amount"]), **fields)


def _expected_passed(parts: Parts) -> Finding | None:
    words, deals = parts.words, parts.deals
    dated = deals[deals["expected_close_on"].notna()]
    today = parts.today
    passed = dated[dated["expected_close_on"] < today]
    if passed.empty:
        return None
    days = (today - passed["expected_close_on"]).dt.days
    figures = {
        "count": words.number(len(passed)),
        "deals": _open(parts, len(dated)),
        "worth": _worth(words, passed["amount"]),
        "days": words.counted(int(days.median()), "day"),
    }
    return _made(
        "expected_passed", "expected_passed.note", "note", figures, value=float(len(passed)), unit="deals",
        n=len(dated), department="sales", money=_money(passed["amount"]),
    )  # fmt: skip


def _quiet(parts: Parts) -> Finding | None:
    words, limit = parts.words, parts.limits.idle_days
    top = parts.intensity.head(_LARGEST_CLIENTS)
    if not parts.records or top.empty or np.isnan(limit):
        return None
    quiet = top[top["quiet"].astype(bool)]
    figures = {
        "count": words.number(len(quiet)),
        "of": words.number(len(top)),
        "measure": "money" if top["open_amount"].sum() > 0 else "deals",
        "limit": words.counted(limit, "day"),
        "worth": _worth(words, quiet["open_amount"], "at_stake"),
        "names": joined([words.name(name) for name in quiet["customer"].head(_NAMED)]),
    }
    fields = {"value": float(len(quiet)), "unit": "customers", "n": len(top), "department": "sales"}
    if quiet.empty:
        template = "quiet.none" if len(top) > 1 else "quiet.one"
        return _made("quiet", template, "note", figures, **fields)
    return _made("quiet", "quiet.note", "note", figures, money=_money(quiet["open_amount"]), **fields)


def _bridge(parts: Parts) -> Finding | None:
    words, items = parts.words, records(parts.bridge, "part")
    if not any(item["deals"] for item in items.values()):
        return None
    flows = ("created", "won", "lost")
    counts = {name: abs(int(items[name]["deals"])) for name in flows}
    figures = {"created": words.counted(counts["created"], "deal"), "span": parts.span}
    for name in ("won", "lost"):
        figures |= {name: words.number(counts[name]), f"{name}_were": "was" if counts[name] == 1 else "were"}
    opening, closing = items["opening"], items["closing"]
    if parts.bridge["amount"].isna().any():
        figures |= {
            "opening": words.number(opening["deals"]),
            "closing": words.counted(closing["deals"], "deal"),
        }
        value = float(closing["deals"] - opening["deals"])
        return _made("bridge", "bridge.deals", "note", figures, value=value, unit="deals")
    figures |= {name: words.money(items[name]["amount"]) for name in ("opening", "closing")}
    for name in flows:
        unknown = counts[name] > 0 and items[name]["without_amount"] == counts[name]
        money = sentence(STEM, "money", money=words.money(abs(items[name]["amount"]))) if counts[name] else ""
        figures[f"{name}_money"] = sentence(STEM, "bridge.unknown") if unknown else money
    value = closing["amount"] - opening["amount"]
    return _made("bridge", "bridge.money", "note", figures, value=value, unit="money", money=abs(value))
