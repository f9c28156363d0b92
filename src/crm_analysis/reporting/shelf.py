"""What stands in a folder of reports, period by period, as the page over all periods shows it.

It is read from what the runner left beside each report: ``manifest.json`` (language, currency, and for each
analysis its title, state and tiles) and ``findings.json`` (the verdicts).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_analysis.cards import read_tile
from crm_analysis.errors import PeriodError
from crm_analysis.language import LANGUAGES, current, tr
from crm_analysis.period import Period, parse
from crm_analysis.reporting.earlier import day_of
from crm_analysis.reporting.manifest import read_json
from crm_analysis.reporting.notebooks import SUMMARY, file_of
from crm_analysis.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crm_analysis.findings import Verdict
    from crm_analysis.tiles import Tile

#: Verdicts that are counted, in this order.
SHOWN: tuple[Verdict, ...] = ("improved", "worsened", "changed", "no_evidence", "not_enough_data")
#: Analysis and key of a tile.
Key = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """The reports of one period."""

    period: Period
    words: Words
    comparison: str
    tiles: dict[Key, Tile]
    verdicts: Counter[str]
    reports: tuple[dict[str, Any], ...]
    trouble: str = ""
    #: The answer that opens its first page.
    lead: str = ""
    #: Title of its summary.
    title: str = ""

    @property
    def label(self) -> str:
        """The period as people write it."""
        return self.words.period(self.period)

    @property
    def has_summary(self) -> bool:
        """Whether there is a page to open for the period as a whole."""
        return all(report["has_page"] for report in self.reports if report["href"] == file_of(SUMMARY))

    @property
    def counts(self) -> list[int]:
        """How many findings there are of each verdict that is counted."""
        return [self.verdicts[verdict] for verdict in SHOWN]


def manifests(reports: Path) -> list[tuple[Period, Path]]:
    """Return the manifests of all periods, the newest first."""
    return sorted(_manifests(reports), key=lambda one: (one[0].end, one[0].start), reverse=True)


def language_of(manifests: Iterable[Path]) -> str:
    """Return the language of the first manifest that names one."""
    for path in manifests:
        record = read_json(path)
        if isinstance(record, dict) and record.get("language") in LANGUAGES:
            return str(record["language"])
    return LANGUAGES[0]


def read_entry(period: Period, manifest: Path) -> Entry:
    """Read what stands of a period; where it cannot be read the entry says so."""
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        findings = manifest.with_name("findings.json")
        found = json.loads(findings.read_text(encoding="utf-8")) if findings.exists() else []
        notebooks = record["notebooks"]
        tiles = {
            (stem, tile["key"]): read_tile(tile)
            for stem, about in notebooks.items()
            for tile in about.get("tiles", ())
        }
        words = Words(current(), record["currency"])
        return Entry(
            period,
            words,
            words.period(parse(record["comparison"])) if record.get("comparison") else "",
            tiles,
            Counter(finding["verdict"] for finding in found),
            tuple(_reports(record, words)),
            lead=next((str(finding.get("sentence", "")) for finding in found), ""),
            title=str(record.get(SUMMARY, {}).get("title", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        trouble = tr("Its manifest cannot be read ({error}); run the report again.")
        told = trouble.format(error=type(error).__name__)
        return Entry(period, Words(current()), "", {}, Counter(), (), told)


def _manifests(reports: Path) -> Iterator[tuple[Period, Path]]:
    for path in sorted(reports.glob("*/manifest.json")):
        try:
            yield parse(path.parent.name), path
        except PeriodError:
            continue  # a folder of someone else's


def _reports(record: dict[str, Any], words: Words) -> Iterator[dict[str, Any]]:
    """Return what the page shows of each report of a period; of the summary only that it failed."""
    summary = record.get(SUMMARY, {})
    failed = {SUMMARY: summary} if summary.get("status") == "failed" else {}
    for stem, about in {**record["notebooks"], **failed}.items():
        status = about["status"]
        yield {
            "href": file_of(stem),
            "title": about.get("title") or stem.replace("_", " ").capitalize(),
            "has_page": status == "published" or bool(about.get("kept_page")),
            "state": "" if status == "published" else tr(status.replace("_", " ")),
            "failed": status == "failed",
            "why": _why_failed(stem, about, record, words) if status == "failed" else about.get("why", ""),
        }


def _why_failed(stem: str, about: dict[str, Any], record: dict[str, Any], words: Words) -> str:
    """Say when and why a report failed, and of which run its page is."""
    ran, page = (record.get("times", {}).get(name, {}).get(stem, "") for name in ("ran", "pages"))
    when = tr("on {day}").format(day=day_of(ran, words)) if ran else ""
    cell = tr("cell {n}").format(n=about["cell"]) if about.get("cell") else ""
    cause = ": ".join(
        part for part in (", ".join(filter(None, (when, cell))), about.get("error", "")) if part
    )
    kept = ""
    if about.get("kept_page") and page:
        kept = tr("The page is of an earlier run, of {day}.").format(day=day_of(page, words))
    elif about.get("kept_page"):
        kept = tr("The page is of an earlier run.")
    return " ".join(part for part in (f"{cause.removesuffix('.')}.", kept) if part)
