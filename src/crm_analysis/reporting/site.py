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
from crm_analysis.language import LANGUAGES, current, msg, speaking, tr
from crm_analysis.period import Period, parse
from crm_analysis.reporting.earlier import day_of
from crm_analysis.reporting.exporter import TEMPLATES, Link
from crm_analysis.reporting.gate import check_page
from crm_analysis.reporting.manifest import read_json
from crm_analysis.reporting.notebooks import SUMMARY
from crm_analysis.reporting.pages import file_of
from crm_analysis.reporting.publish import write
from crm_analysis.words import NONE, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crm_analysis.findings import Verdict
    from crm_analysis.tiles import Tile

#: Heading of the periods of a kind, and what the points of a course over them are.
_KINDS = {
    "year": (msg("Years"), msg("years")),
    "half": (msg("Half-years"), msg("half-years")),
    "quarter": (msg("Quarters"), msg("quarters")),
    "month": (msg("Months"), msg("months")),
    "week": (msg("Weeks"), msg("weeks")),
    "days": (msg("Spans of days"), msg("spans of days")),
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
    #: The answer that opens its first page.
    lead: str = ""
    #: Title of its summary.
    title: str = ""

    @property
    def label(self) -> str:
        return self.words.period(self.period)

    @property
    def has_summary(self) -> bool:
        """Whether there is a page to open for the period as a whole."""
        return all(report["has_page"] for report in self.reports if report["href"] == file_of(SUMMARY))

    @property
    def counts(self) -> list[int]:
        return [self.verdicts[verdict] for verdict in _SHOWN]


def renew(reports: Path) -> None:
    """Write the page over all periods anew."""
    write(reports / "index.html", render_index(reports))


def render_index(reports: Path) -> str:
    """Return the page over all periods found in a folder of reports.

    Parameters
    ----------
    reports
        The folder; each sub-folder named by a period and holding a ``manifest.json`` is one entry.

    Returns
    -------
    str
        A self-contained page in the language of the newest report; the same folder gives the same text.

    Raises
    ------
    ReportError
        The page could do more than be read.
    """
    found = sorted(_manifests(reports), key=lambda one: (one[0].end, one[0].start), reverse=True)
    with speaking(_language(path for _, path in found)):
        return _render([_entry(period, path) for period, path in found])


def _render(entries: list[_Entry]) -> str:
    groups = [
        _group(kind, [entry for entry in entries if entry.period.kind == kind])
        for kind in sorted(_KINDS, key=lambda kind: _newest(entries, kind), reverse=True)
        if any(entry.period.kind == kind for entry in entries)
    ]
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / "site", TEMPLATES / "page"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["tr"] = tr
    template = environment.get_template("index.html.j2")
    verdicts = [(tr(word), sign) for word, sign in (VERDICTS[verdict] for verdict in _SHOWN)]
    text = template.render(
        groups=groups,
        verdicts=verdicts,
        language=current(),
        absent=_absent(entries),
        periods=[Link(tr("All periods"), "index.html", current=True), *(_way(g["newest"]) for g in groups)],
        links=[way for group in groups[:1] for way in _ways(group["newest"])],
    )
    check_page(text, tr("Sales reports, all periods"))
    return text


def _way(entry: _Entry) -> Link:
    """Lead to a period: to its summary, or to its row below."""
    place = f"{entry.period.text}/index.html" if entry.has_summary else f"#{entry.period.text}"
    return Link(entry.label, place)


def _ways(entry: _Entry) -> list[Link]:
    """Lead to the pages of a period, as each of them does to the others."""
    summary = (
        [Link(entry.title or entry.label, f"{entry.period.text}/index.html")] if entry.has_summary else []
    )
    pages = [report for report in entry.reports if report["has_page"]]
    return summary + [Link(report["title"], f"{entry.period.text}/{report['href']}") for report in pages]


def _absent(entries: list[_Entry]) -> list[tuple[str, str]]:
    """Name the neighbours of periods that have no report: pages lead to them, made or not."""
    periods, words = {entry.period for entry in entries}, Words(current())
    around = {near for p in periods for near in (p.previous(), p.following(), p.same_last_year())}
    return [(period.text, words.period(period)) for period in sorted(around - periods)]


def _newest(entries: list[_Entry], kind: str) -> tuple[int, int]:
    """Kinds in order of how often they are reported; finer ones first among equals."""
    return sum(entry.period.kind == kind for entry in entries), list(_KINDS).index(kind)


def _manifests(reports: Path) -> Iterator[tuple[Period, Path]]:
    for path in sorted(reports.glob("*/manifest.json")):
        try:
            yield parse(path.parent.name), path
        except PeriodError:
            continue  # a folder of someone else's


def _language(manifests: Iterable[Path]) -> str:
    """Return the language of the first manifest that names one."""
    for path in manifests:
        record = read_json(path)
        if isinstance(record, dict) and record.get("language") in LANGUAGES:
            return str(record["language"])
    return LANGUAGES[0]


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
        words = Words(current(), record["currency"])
        return _Entry(
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
        return _Entry(period, Words(current()), "", {}, Counter(), (), told)


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


def _group(kind: str, entries: list[_Entry]) -> dict[str, Any]:
    """Gather what the page shows of one kind of period; entries come newest first."""
    heading, points = _KINDS[kind]
    newest = next((entry for entry in entries if entry.tiles), entries[0])
    latest = {key: tile for entry in reversed(entries) for key, tile in entry.tiles.items()}
    ordered = [*newest.tiles, *sorted(set(latest) - set(newest.tiles))]
    ordered = [key for key in ordered if latest[key].main] or ordered
    cards = Cards(
        card(
            replace(tile, series=course),
            newest.words,
            against=newest.comparison,
            course_of=points if course is not tile.series else "months",
            href=f"{newest.period.text}/{key[0]}.html",
        )
        for key, tile in newest.tiles.items()
        for course in [_course(key, tile.series, entries)]
    )
    return {
        "label": tr(heading),
        "anchor": f"part-{kind}",
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
