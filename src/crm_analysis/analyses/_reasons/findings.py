"""From figures to answers: what the reasons are, what shifted, and who must act."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._reasons.change import MOST_UNKNOWN, unknown
from crm_analysis.analyses._reasons.deals import NO_DEPARTMENT, is_other
from crm_analysis.analyses._reasons.parts import STEM, Parts, amount_of, quoted
from crm_analysis.analyses._saying import joined, known, rows, sure, tested
from crm_analysis.columns import column
from crm_analysis.findings import Finding
from crm_analysis.sentences import sentence
from crm_analysis.words import tenths

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.words import Words

_MOST_NAMED = 3
#: A share below this is told in tenths of a percent.
_HARDLY = 0.01


def reasons(parts: Parts) -> list[Finding]:
    """Say what was given most often, what shifted, and what each department must know."""
    made = []
    for kind in ("loss", "win"):
        if kind in parts.deals.held:
            made.append(_given(parts, kind))
            if kind == "win" or not _told_by_department(parts):
                made.append(_shift(parts, kind, "year"))
            short = _shift(parts, kind, "period")
            # reasons for winning seldom move; that they did not in one month is no news
            if not parts.deals.windows.year_is_period and (kind == "loss" or short.verdict == "changed"):
                made.append(short)
    return [*made, *departments(parts)]


def _told_by_department(parts: Parts) -> bool:
    """Say whether each reason that shifted is the only one of its department, which then tells of it."""
    given, table = parts.year("loss"), parts.departments_year
    moved = given[given["verdict"] == "changed"]
    own = given[given["deals"] > 0].groupby("department")["reason"].nunique()
    alone = moved["department"].map(own) == 1
    told = moved["department"].isin(table.loc[table["verdict"] == "changed", "department"])
    named = ~moved["department"].isin([NO_DEPARTMENT, NOT_STATED])
    return bool(len(moved)) and bool((alone & told & named).all())


def departments(parts: Parts) -> list[Finding]:
    """Say for each department how many deals were lost for its reasons, and whether that changed."""
    words, windows, table = parts.words, parts.deals.windows, parts.departments_year
    own = table[~table["department"].isin([NO_DEPARTMENT, NOT_STATED])]
    lost = len(parts.lost())
    made = []
    for row in rows(own) if lost else []:
        given = parts.year("loss")
        given = given[(given["department"] == row["department"]) & (given["deals"] > 0)]
        figures = {
            "department": column("department").write(row["department"], words),
            "reasons": _listed(given, words, counts=len(given) > 1),
            "share": _part(row["share"], words),
            "year": windows.text,
            "before": windows.before_spoken,
            "previous": _part(row["previous_share"], words),
            "of": sentence(
                STEM,
                "department.of",
                deals=words.number(row["deals"]),
                lost=words.number(lost),
                worth=parts.worth(row["amount"]),
            ),
            "sure": sure(row["strength"]),
            **_limits(row, words),
        }
        templates = ["one" if len(given) == 1 else "several", row["verdict"]]
        if given.empty:
            templates = ["none"]
        text = "".join(sentence(STEM, f"department.{name}", **figures) for name in templates)
        made.append(
            Finding(
                STEM, f"department_{slug(row['department'])}", row["verdict"] if len(given) else "note", text,
                value=row["share"], low=row["low"], high=row["high"], unit="share", n=lost,
                department=row["department"].casefold(), money=row["amount"], **tested(row),
            )
        )  # fmt: skip
    return made


def slug(text: str) -> str:
    """Return a text as part of a key.

    Examples
    --------
    >>> slug("Price: too high!")
    'price_too_high'
    """
    return re.sub(r"\W+", "_", text.casefold()).strip("_")


def _given(parts: Parts, kind: str) -> Finding:
    """Say how many deals were lost or won in the period, and for what in the year."""
    words, windows = parts.words, parts.deals.windows
    deals, year = parts.deals.of(kind, windows.period), parts.year(kind)
    telling = year[
        (year["deals"] > 0) & (year["reason"] != NOT_STATED) & ~year["reason"].map(is_other).astype(bool)
    ]
    amount = amount_of(deals)
    figures = {
        "period": words.span(parts.context.period),
        "year": windows.text,
        "n": words.counted(len(deals), "deal"),
        "worth": parts.worth(amount),
        "reasons": _listed(telling, words, counts=True),
        "of": words.number(int(year["deals"].sum())),
    }
    form = "none" if deals.empty else "year" if windows.year_is_period else "note"
    form = form if len(telling) else "unnamed"
    key = "losses" if kind == "loss" else "wins"
    top = rows(telling)[0] if len(telling) else {}
    return Finding(
        STEM, key, "note", sentence(STEM, f"{key}.{form}", **figures),
        value=top.get("share"), low=top.get("low"), high=top.get("high"), unit="share",
        n=int(year["deals"].sum()), department="sales", money=known(amount),
    )  # fmt: skip


def _shift(parts: Parts, kind: str, span: str) -> Finding:
    """Say which reasons are given more or less often than before, in the year or in the period."""
    words, windows = parts.words, parts.deals.windows
    context = parts.context
    if span == "year":
        frame, now, before = parts.year(kind), windows.year, windows.year_before
        text, text_before = windows.text, windows.before_spoken
    else:
        frame = parts.loss_reasons if kind == "loss" else parts.win_reasons
        now, before = windows.period, windows.comparison
        text = words.span(context.covered)
        text_before = "" if context.comparison is None else words.span(context.comparison)
    found = frame[frame["verdict"] == "changed"]
    # a sentence is as sure as the least sure of what it names
    strength = "strong" if (found["strength"] == "strong").all() else "moderate"
    form, blank = _form(parts, kind, frame, now, before)
    figures = {
        "now": text,
        "before": text_before,
        "n": words.number(int(frame["deals"].sum())),
        "n_before": words.number(int(frame["previous_deals"].sum())),
        "share": words.share(blank, 0),
        "changes": "; ".join(_moved(row, words) for row in rows(found)[:_MOST_NAMED]),
        "sure": sure(strength),
        "largest": _largest(frame, words),
    }
    key = f"{kind}_shift_{span}"
    verdict = form if form in ("changed", "no_evidence") else "not_enough_data"
    fields: dict[str, Any] = {"n": int(frame["deals"].sum())}
    if form in ("changed", "no_evidence"):
        tried = (found if len(found) else frame).sort_values("p_value", kind="stable")
        row = rows(tried)[0]
        fields |= {"value": row["difference"], "low": row["difference_low"], "high": row["difference_high"]}
        fields |= {"unit": "share", **tested(row)}
        fields["strength"] = strength if len(found) else ""
        fields["money"] = float(found["amount"].sum()) if len(found) and parts.deals.has_amounts else None
    text = sentence(STEM, f"shift.{kind}.{form}", **figures)
    return Finding(STEM, key, verdict, text, department="sales", **fields)  # type: ignore[arg-type]


def _form(parts: Parts, kind: str, frame: pd.DataFrame, now: Span, before: Span | None) -> tuple[str, float]:
    """Choose what can be said of a shift; also the share of deals without a reason."""
    blank = max(unknown(parts.deals.of(kind, now)), unknown(parts.deals.of(kind, before)))
    if before is None:
        return "alone", blank
    if blank > MOST_UNKNOWN:
        return "unknown", blank
    if frame["p_value"].isna().all():
        return "few", blank
    return ("changed" if (frame["verdict"] == "changed").any() else "no_evidence"), blank


def _moved(row: dict[str, Any], words: Words) -> str:
    form = "shift.rose" if row["difference"] > 0 else "shift.fell"
    return sentence(
        STEM, form, name=quoted(row["reason"], words), before=words.share(row["previous_share"], 0),
        now=words.share(row["share"], 0), **_limits(row, words),
    )  # fmt: skip


def _largest(frame: pd.DataFrame, words: Words) -> str:
    tried = frame.dropna(subset=["p_value"])
    if tried.empty:
        return ""
    row = rows(tried.loc[[tried["difference"].abs().idxmax()]])[0]
    difference = words.points(row["difference"], 0, spelled=True)
    return sentence(STEM, "shift.largest", name=quoted(row["reason"], words), difference=difference)


def _part(share: float, words: Words) -> str:
    """Write a share in whole percents, with tenths where it would be none."""
    return words.share(share, 1 if 0 < share < _HARDLY else 0)


def _limits(row: dict[str, Any], words: Words) -> dict[str, str]:
    digits = tenths(row["difference_low"], row["difference_high"])
    return {
        "low": words.number(row["difference_low"] * 100, digits, signed=True),
        "high": words.points(row["difference_high"], digits, spelled=True),
    }


def _listed(frame: pd.DataFrame, words: Words, *, counts: bool) -> str:
    """List the first reasons of a table with the number of deals of each."""
    shown = rows(frame)[:_MOST_NAMED]
    return joined(
        [
            quoted(row["reason"], words) + (f" ({words.number(row['deals'])})" if counts else "")
            for row in shown
        ]
    )
