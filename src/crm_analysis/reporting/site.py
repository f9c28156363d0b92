"""The page over all periods: which reports there are, and the course of the main figures.

It is made from what the runner left beside each report: ``manifest.json`` (language, currency, and for each
analysis its title, state and tiles) and ``findings.json`` (the verdicts).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader

from crm_analysis.cards import Cards, card, read_tile, written
from crm_analysis.errors import PeriodError
from crm_analysis.findings import VERDICTS
from crm_analysis.period import Period, parse
from crm_analysis.reporting.exporter import TEMPLATES
from crm_analysis.words import NONE, Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_analysis.findings import Verdict
    from crm_analysis.tiles import Tile

_KINDS = {
    "year": "Years",
    "half": "Half-years",
    "quarter": "Quarters",
    "month": "Months",
    "week": "Weeks",
    "days": "Spans of days",
}
_SHOWN: tuple[Verdict, ...] = ("improved", "worsened", "changed", "no_evidence", "not_enough_data")
#: Analysis and key of a tile.
_Key = tuple[str, str]
#: Points of a course over reports, at the most.
_POINTS = 60


@dataclass(frozen=True)
class _Entry:
    """The reports of one period."""

    period: Period
    words: Words
    comparison: str
    tiles: dict[_Key, Tile]
    verdicts: Counter[str]
    reports: tuple[dict[str, Any], ...]
    trouble: str = ""

    @property
    def label(self) -> str:
        return self.words.period(self.period)

    @property
    def counts(self) -> list[int]:
        return [self.verdicts[verdict] for verdict in _SHOWN]


def render_index(reports: Path) -> str:
    """Return the page over all periods found in a folder of reports.

    Parameters
    ----------
    reports
        The folder; each sub-folder named by a period and holding a ``manifest.json`` is one entry.

    Returns
    -------
    str
        A self-contained page; the same folder gives the same text.
    """
    entries = sorted(_entries(reports), key=lambda e: (e.period.end, e.period.start), reverse=True)
    groups = [
        _group(heading, [entry for entry in entries if entry.period.kind == kind])
        for kind, heading in sorted(_KINDS.items(), key=lambda item: _newest(entries, item[0]), reverse=True)
        if any(entry.period.kind == kind for entry in entries)
    ]
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / "site", TEMPLATES / "page"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("index.html.j2")
    return template.render(groups=groups, verdicts=[VERDICTS[verdict] for verdict in _SHOWN])


def _newest(entries: list[_Entry], kind: str) -> tuple[int, int]:
    """Kinds in order of how often they are reported; finer ones first among equals."""
    return sum(entry.period.kind == kind for entry in entries), list(_KINDS).index(kind)


def _entries(reports: Path) -> Iterator[_Entry]:
    for manifest in sorted(reports.glob("*/manifest.json")):
        try:
            period = parse(manifest.parent.name)
        except PeriodError:
            continue  # a folder of someone else's
        yield _entry(period, manifest)


def _entry(period: Period, manifest: Path) -> _Entry:
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
        words = Words(record["language"], record["currency"])
        return _Entry(
            period,
            words,
            words.period(parse(record["comparison"])) if record.get("comparison") else "",
            tiles,
            Counter(finding["verdict"] for finding in found),
            tuple(_report(stem, about) for stem, about in notebooks.items()),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        trouble = f"Its manifest cannot be read ({type(error).__name__}); run the report again."
        return _Entry(period, Words(), "", {}, Counter(), (), trouble)


def _report(stem: str, about: dict[str, Any]) -> dict[str, Any]:
    cell = f"cell {about['cell']}: " if about.get("cell") else ""
    return {
        "href": f"{stem}.html",
        "title": about.get("title") or stem.replace("_", " ").capitalize(),
        "has_page": about["status"] == "published" or bool(about.get("kept_page")),
        "state": "" if about["status"] == "published" else about["status"].replace("_", " "),
        "why": about.get("why") or cell + about.get("error", ""),
    }


def _group(heading: str, entries: list[_Entry]) -> dict[str, Any]:
    """Gather what the page shows of one kind of period; entries come newest first."""
    newest = next((entry for entry in entries if entry.tiles), entries[0])
    latest = {key: tile for entry in reversed(entries) for key, tile in entry.tiles.items()}
    ordered = [*newest.tiles, *sorted(set(latest) - set(newest.tiles))]
    ordered = [key for key in ordered if latest[key].main] or ordered
    cards = Cards(
        card(
            replace(tile, series=course),
            newest.words,
            against=newest.comparison,
            course_of=heading.lower() if course is not tile.series else "months",
            href=f"{newest.period.text}/{key[0]}.html",
        )
        for key, tile in newest.tiles.items()
        for course in [_course(key, tile.series, entries)]
    )
    return {
        "heading": heading,
        "entries": entries,
        "newest": newest,
        "cards": cards._repr_html_(),
        "labels": [latest[key].label for key in ordered],
        "rows": [(entry, [_figure(entry, key) for key in ordered]) for entry in entries],
    }


def _figure(entry: _Entry, key: _Key) -> str:
    tile = entry.tiles.get(key)
    return NONE if tile is None else written(tile.value, tile, entry.words)


def _course(key: _Key, own: tuple[float | None, ...], entries: list[_Entry]) -> tuple[float | None, ...]:
    """Return the course of a figure over the reports, or its own over the months, whichever is longer."""
    values = {entry.period: entry.tiles[key].value for entry in entries if key in entry.tiles}
    periods = sorted(values) if entries[0].period.kind == "days" else _without_gaps(min(values), max(values))
    course = tuple(_number(values.get(period)) for period in periods)[-_POINTS:]
    return course if len(course) >= len(own) else own


def _without_gaps(first: Period, last: Period) -> list[Period]:
    periods = [first]
    while periods[-1] < last:
        periods.append(periods[-1].following())
    return periods


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else value
