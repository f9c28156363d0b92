"""The page over all periods: which reports there are, and the course of the main figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader

from crm_analysis.cards import Cards, card, written
from crm_analysis.findings import VERDICTS
from crm_analysis.language import current, msg, speaking, tr
from crm_analysis.reporting.exporter import TEMPLATES, Link
from crm_analysis.reporting.gate import check_page
from crm_analysis.reporting.publish import write
from crm_analysis.reporting.shelf import SHOWN, Entry, Key, language_of, manifests, read_entry
from crm_analysis.words import NONE, Words

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.period import Period

#: Heading of the periods of a kind, and what the points of a course over them are.
_KINDS = {
    "year": (msg("Years"), msg("years")),
    "half": (msg("Half-years"), msg("half-years")),
    "quarter": (msg("Quarters"), msg("quarters")),
    "month": (msg("Months"), msg("months")),
    "week": (msg("Weeks"), msg("weeks")),
    "days": (msg("Spans of days"), msg("spans of days")),
}
#: Points of a course over reports, at the most.
_POINTS = 60


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
    found = manifests(reports)
    with speaking(language_of(path for _, path in found)):
        return _render([read_entry(period, path) for period, path in found])


def _render(entries: list[Entry]) -> str:
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
    verdicts = [(tr(word), sign) for word, sign in (VERDICTS[verdict] for verdict in SHOWN)]
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


def _way(entry: Entry) -> Link:
    """Lead to a period: to its summary, or to its row below."""
    place = f"{entry.period.text}/index.html" if entry.has_summary else f"#{entry.period.text}"
    return Link(entry.label, place)


def _ways(entry: Entry) -> list[Link]:
    """Lead to the pages of a period, as each of them does to the others."""
    summary = (
        [Link(entry.title or entry.label, f"{entry.period.text}/index.html")] if entry.has_summary else []
    )
    pages = [report for report in entry.reports if report["has_page"]]
    return summary + [Link(report["title"], f"{entry.period.text}/{report['href']}") for report in pages]


def _absent(entries: list[Entry]) -> list[tuple[str, str]]:
    """Name the neighbours of periods that have no report: pages lead to them, made or not."""
    periods, words = {entry.period for entry in entries}, Words(current())
    around = {near for p in periods for near in (p.previous(), p.following(), p.same_last_year())}
    return [(period.text, words.period(period)) for period in sorted(around - periods)]


def _newest(entries: list[Entry], kind: str) -> tuple[int, int]:
    """Kinds in order of how often they are reported; finer ones first among equals."""
    return sum(entry.period.kind == kind for entry in entries), list(_KINDS).index(kind)


def _group(kind: str, entries: list[Entry]) -> dict[str, Any]:
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


def _figure(entry: Entry, key: Key) -> str:
    tile = entry.tiles.get(key)
    return NONE if tile is None else written(tile.value, tile, entry.words)


def _course(key: Key, own: tuple[float | None, ...], entries: list[Entry]) -> tuple[float | None, ...]:
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
