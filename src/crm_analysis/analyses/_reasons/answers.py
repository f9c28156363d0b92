"""Where reasons stand out, how well they are recorded, the main figures, and what was left out."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._reasons.change import MOST_UNKNOWN, unknown
from crm_analysis.analyses._reasons.deals import is_other
from crm_analysis.analyses._reasons.findings import reasons, slug
from crm_analysis.analyses._reasons.hotspots import HALF
from crm_analysis.analyses._reasons.parts import STEM, Parts, amount_of, named, quoted
from crm_analysis.analyses._saying import few, joined, known, relative, rows, sure, tested
from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.stats.intervals import wilson
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from crm_analysis.words import Words

_MOST_HOTSPOTS = 3
_MONTHS = 24
#: Below so many expected deals a tenth of a deal is worth writing.
_FEW = 10


#: Where a finding stands on the page: what was lost, what moved, where it stands out, what goes with winning.
_PLACES = ("no_", "losses", "loss_shift_year", "department_", "loss_shift_", "hotspot", "wins", "win_shift_",
           "drivers", "price_check", "records")  # fmt: skip
_SILENT = ("no_evidence", "not_enough_data")


def in_order(findings: list[Finding]) -> list[Finding]:
    """Put findings in reading order: the surest change, what tells something, what found no evidence."""
    silent = {finding.key for finding in findings if finding.verdict in _SILENT} - {"no_deals", "no_reasons"}
    if "drivers" in silent:  # how much the factors explain says nothing before what they are
        silent.add("drivers_fit")
    changed = [
        finding for finding in findings if finding.verdict == "changed" and "_period" not in finding.key
    ]
    surest = min(changed, key=lambda finding: (finding.p_adjusted or 0.0, finding.key), default=None)

    def place(finding: Finding) -> tuple[bool, bool, int, bool]:
        known = [at for at, start in enumerate(_PLACES) if finding.key.startswith(start)]
        at = known[0] if known else len(_PLACES)
        # of the departments the one whose change is surest comes first
        return (
            finding is not surest,
            finding.key in silent,
            at,
            finding.strength != "strong" and finding.key.startswith("department_"),
        )

    return sorted(findings, key=place)


def find(parts: Parts) -> list[Finding]:
    """Say the answers about reasons, in the order they are made."""
    deals = parts.deals
    if deals.frame.empty:
        said = sentence(STEM, "no_deals", year=deals.windows.text)
        return [Finding(STEM, "no_deals", "not_enough_data", said, n=0)]
    if not deals.held:
        return [Finding(STEM, "no_reasons", "not_enough_data", sentence(STEM, "no_reasons"))]
    made = reasons(parts)
    if "loss" in deals.held:
        made += [*_hotspots(parts), *_records(parts), *_misplaced(parts)]
    return [*made, *_spellings(parts)]


def tiles(parts: Parts) -> tuple[Tile, ...]:
    """Return the main figures: deals lost, their money, the top reason, and reasons that are missing."""
    deals, windows = parts.deals, parts.deals.windows
    if deals.frame.empty:
        return ()
    now, before = deals.of("loss", windows.period), deals.of("loss", windows.comparison)
    compared = windows.comparison is not None
    months = _months(parts)
    made = [
        Tile("lost_deals", tr("Deals lost"), float(len(now)), "count",
             relative(len(now), len(before) if compared else None),
             series=tuple(float(len(part)) for part in months))
    ]  # fmt: skip
    if now["amount"].notna().any():
        amount, previous = amount_of(now), amount_of(before)
        made.append(Tile("lost_amount", tr("Value of deals lost"), amount, "money",
                         relative(amount, previous if compared else None),
                         series=tuple(known(amount_of(part)) for part in months), main=True))  # fmt: skip
    if "loss" not in deals.held or not len(parts.lost()):
        return tuple(made)
    telling = named(parts.year("loss"))
    telling = telling[(telling["deals"] > 0) & ~telling["reason"].map(is_other).astype(bool)]
    if len(telling):
        top = rows(telling)[0]
        label = tr("Lost for {reason}").format(reason=quoted(top["reason"], parts.words))
        own = tuple(_share(part, [top["reason"]]) for part in months)
        made.append(Tile(f"lost_for_{slug(top['reason'])}", label,
                         top["share"], "share", _from(top), top["verdict"], top["low"], top["high"], own,
                         "change", windows.text_before))  # fmt: skip
    blank = len(parts.lost()[parts.lost()["reason"] == NOT_STATED])
    limits = wilson(blank, len(parts.lost()))
    year = parts.year("loss")
    row = next(iter(rows(year[year["reason"] == NOT_STATED])), None)
    series = tuple(_share(part, [NOT_STATED]) for part in months)
    made.append(Tile("lost_without_reason", tr("Lost without a reason"), limits.estimate, "share",
                     _from(row) if row else None, row["verdict"] if row else "note", limits.low, limits.high,
                     series, "change", windows.text_before))  # fmt: skip
    return tuple(made)


def left_out(parts: Parts) -> list[str]:
    """Say what could not be computed, and why."""
    deals, words, said = parts.deals, parts.words, []
    for kind in ("loss", "win"):
        if kind not in deals.held:
            said.append(sentence(STEM, f"left.{kind}"))
            continue
        blank = unknown(deals.of(kind, deals.windows.year))
        if blank > MOST_UNKNOWN:
            said.append(sentence(STEM, f"left.{kind}.blank", share=words.share(blank, 0)))
    said += _departments_left(parts)
    for column, different in parts.free_text.items():
        said.append(sentence(STEM, "left.spellings", column=column, count=words.number(different)))
    if deals.frame.empty:
        return said
    if deals.held and not deals.has_amounts:
        said.append(sentence(STEM, "left.money"))
    if deals.held and not deals.frame["customer_id"].notna().any():
        said.append(sentence(STEM, "left.customers"))
    if "loss" in deals.held and len(parts.lost()) and (parts.lost()["stage"] == NOT_STATED).all():
        said.append(sentence(STEM, "left.stages"))
    if "loss" in deals.held and "owner" not in deals.frame.columns:
        said.append(sentence(STEM, "left.owners"))
    return said


def _departments_left(parts: Parts) -> list[str]:
    """Name the reasons without a department, with the line that would give them one."""
    deals, words = parts.deals, parts.words
    given = [(kind, row["reason"]) for kind in ("loss", "win") for row in rows(named(parts.year(kind)))]
    absent = [(kind, reason) for kind, reason in given
              if (reason, kind) not in deals.departments and not is_other(reason)]  # fmt: skip
    if not absent:
        return []
    kind, reason = absent[0]
    line = io.StringIO()
    csv.writer(line).writerow([reason, kind, "sales"])
    figures = {
        "count": words.counted(len(absent), "reason"),
        "names": few([quoted(name, words) for _, name in absent], words),
        "example": line.getvalue().strip(),
    }
    return [sentence(STEM, "left.no_departments" if not deals.departments else "left.departments", **figures)]


def _hotspots(parts: Parts) -> list[Finding]:
    words, table, year = parts.words, parts.hotspots, parts.deals.windows.text
    if not len(parts.lost()):
        return []
    if table["p_value"].isna().all():
        text = sentence(STEM, "hotspot.not_enough_data", year=year)
        return [Finding(STEM, "hotspots", "not_enough_data", text, n=len(parts.lost()))]
    found = table[table["verdict"] == "higher"]
    if found.empty:
        text = sentence(STEM, "hotspot.no_evidence", n=words.number(len(table)), year=year)
        return [Finding(STEM, "hotspots", "no_evidence", text, n=len(parts.lost()))]
    return [_hotspot(parts, row) for row in rows(found)[:_MOST_HOTSPOTS]]


def _hotspot(parts: Parts, row: dict[str, Any]) -> Finding:
    words, lost = parts.words, parts.lost()
    text = sentence(
        STEM, "hotspot.higher", reason=quoted(row["reason"], words),
        where=sentence(STEM, f"hotspot.at.{row['dimension']}", value=_value(row, words)),
        deals=words.counted(row["deals"], "deal"), year=parts.deals.windows.text,
        expected=words.number(row["expected"], 1 if row["expected"] < _FEW else 0),
        ratio=words.number(row["ratio"], 1), sure=sure(row["strength"]),
    )  # fmt: skip
    here = lost[lost["reason"] == row["reason"]]
    if row["dimension"] in here.columns:
        here = here[here[row["dimension"]] == row["value"]]
    amount = amount_of(here)
    department = row["department"].casefold() if not row["department"].startswith("(") else ""
    key = "_".join(["hotspot", slug(row["reason"]), slug(row["dimension"]), slug(row["value"])])
    return Finding(
        STEM, key, "note", text, value=row["ratio"], unit="times", n=len(lost), department=department,
        money=known(amount), **tested(row),
    )  # fmt: skip


def _value(row: dict[str, Any], words: Words) -> str:
    """Name the value that a reason stands out at; a half of the funnel is a name of ours, in brackets."""
    name = words.name(row["value"])
    return name.strip("()") if row["dimension"] == HALF else name


def _records(parts: Parts) -> list[Finding]:
    words, lost, table = parts.words, parts.lost(), parts.discipline
    if lost.empty:
        return []
    unclear = (lost["reason"] == NOT_STATED) | lost["reason"].map(is_other).astype(bool)
    share = wilson(int(unclear.sum()), len(lost))
    found = table[table["verdict"] == "higher"].sort_values("p_value", kind="stable")
    figures = {
        "share": words.share(share.estimate, 0),
        "year": parts.deals.windows.text,
        "unclear": words.number(int(unclear.sum())),
        "of": words.number(len(lost)),
    }
    form = "no_evidence" if table["p_value"].notna().any() else "note"
    if not unclear.any():
        form = "all"
    fields: dict[str, Any] = {}
    if len(found):
        form, first = ("higher" if len(found) == 1 else "several"), rows(found)[0]
        fields = tested(first)
        figures |= {
            "owner": words.name(first["owner"]),
            "owner_unclear": words.number(first["unclear"]),
            "owner_of": words.number(first["deals"]),
            "expected": words.number(first["expected"], 0),
            "sure": sure(first["strength"]),
            "owners": joined([words.name(owner) for owner in found["owner"].head(3)]),
        }
    verdict = "no_evidence" if form == "no_evidence" else "note"
    return [
        Finding(
            STEM, "records", verdict, sentence(STEM, f"records.{form}", **figures),  # type: ignore[arg-type]
            value=share.estimate, low=share.low, high=share.high, unit="share", n=len(lost),
            department="sales", **fields,
        )
    ]  # fmt: skip


def _misplaced(parts: Parts) -> list[Finding]:
    words, misplaced = parts.words, parts.deals.misplaced
    count = sum(misplaced.values())
    if not count:
        return []
    first = sorted(misplaced, key=lambda reason: (-misplaced[reason], reason))[:3]
    text = sentence(
        STEM, "misplaced.one" if count == 1 else "misplaced.several", deals=words.counted(count, "deal"),
        reasons=joined([quoted(reason, words) for reason in first]),
    )  # fmt: skip
    return [Finding(STEM, "misplaced", "note", text, value=float(count), unit="deals", n=count)]


def _spellings(parts: Parts) -> list[Finding]:
    if parts.spellings.empty:
        return []
    first, words = rows(parts.spellings)[0], parts.words
    text = sentence(
        STEM, "spellings.one" if len(parts.spellings) == 1 else "spellings.several",
        count=words.number(len(parts.spellings)), reason=words.name(first["reason"]),
        why=sentence(STEM, f"why.{first['why']}", word=words.name(first["word"])),
    )  # fmt: skip
    return [Finding(STEM, "spellings", "note", text, value=float(len(parts.spellings)), unit="reasons",
                    n=int(parts.spellings["deals"].sum()))]  # fmt: skip


def _months(parts: Parts) -> list[pd.DataFrame]:
    """Return the lost deals of each whole calendar month up to the end of the period, oldest first."""
    windows = parts.deals.windows
    end = windows.period[1]
    last = end if end.day == 1 else end.replace(day=1)
    starts = [last - pd.DateOffset(months=back) for back in range(_MONTHS, 0, -1)]
    return [
        parts.deals.of("loss", (start, start + pd.DateOffset(months=1)))
        for start in starts
        if start >= windows.first_day
    ]


def _share(deals: pd.DataFrame, chosen: list[str]) -> float | None:
    return float(deals["reason"].isin(chosen).mean()) if len(deals) else None


def _from(row: dict[str, Any]) -> float | None:
    return relative(row["share"], row["previous_share"])
