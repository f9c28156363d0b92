"""Where the summary gets the results of the other analyses from: saved ones, or made on the spot."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import DataError, MissingTableError, ReportError
from crm_analysis.language import msg, tr
from crm_analysis.result import OUT

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

#: What became of an analysis that is not there: states of the runner, with blanks.
FAILED, LEFT_OUT = msg("failed"), msg("left out")
#: The analyses in the order of their pages.
TITLES = {
    "sales_dynamics": msg("Sales dynamics"),
    "customer_abc": msg("Customers by value"),
    "customer_segments": msg("Customer segments"),
    "marketing_impact": msg("Marketing impact"),
    "deal_reasons": msg("Reasons for winning and losing"),
    "process_kpis": msg("Sales process"),
    "open_deals": msg("Open deals"),
}


@dataclass(frozen=True)
class Collected:
    """What there is of the other analyses.

    Parameters
    ----------
    records
        By stem, what :meth:`crm_analysis.result.Result.record` returned.
    missing
        Title, state (failed or left out) and reason of those that are not there.
    published
        Whether each has a page beside the summary.
    """

    records: dict[str, dict[str, Any]]
    missing: tuple[tuple[str, str, str], ...]
    published: bool


def collect(view: PeriodView, summary: str) -> Collected:
    """Read what the runner saved; without a runner make the analyses that the data can feed.

    Parameters
    ----------
    view
        The data at the end of the period.
    summary
        Stem of the summary, which is none of the analyses it collects.
    """
    return _saved(summary, view.context.words) or _made(view)


def _saved(summary: str, words: Words) -> Collected | None:
    """Read what the runner left for the summary; None where there is no runner."""
    folder = Path(os.environ.get(OUT, ""))
    if not os.environ.get(OUT) or not folder.is_dir():
        return None
    records, missing = {}, []
    for stem in _ordered({path.name.split(".")[0] for path in folder.glob("*.json")} - {summary}):
        if (folder / f"{stem}.json").is_file():
            records[stem] = _read(folder / f"{stem}.json")
        for state, tell in ((FAILED, _why_failed), (LEFT_OUT, _why_left_out)):
            path = folder / f"{stem}.{state.replace(' ', '_')}.json"
            if path.is_file():
                missing.append((title(stem), state, tell(_read(path), words)))
    return Collected(records, tuple(missing), published=True) if records or missing else None


def _made(view: PeriodView) -> Collected:
    """Make the analyses that the data can feed."""
    records, missing = {}, []
    for stem in TITLES:
        if find_spec(f"crm_analysis.analyses.{stem}") is None:
            continue
        try:
            records[stem] = import_module(f"crm_analysis.analyses.{stem}").analyze(view).record()
        except (MissingTableError, DataError) as error:
            missing.append((title(stem), LEFT_OUT, error.what))
    return Collected(records, tuple(missing), published=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(
            f"The saved result {path.name} cannot be read: {error}.",
            "It is written by result.save() at the end of a notebook.",
            "Run the report again.",
        ) from error
    return dict(record)


def _ordered(stems: set[str]) -> list[str]:
    """Put stems in the order of the pages; a company's own analyses follow."""
    known = [stem for stem in TITLES if stem in stems]
    return known + sorted(stems - set(known))


def title(stem: str) -> str:
    """Return what readers call an analysis; a company's own by its stem."""
    return tr(TITLES.get(stem, stem.replace("_", " ").capitalize()))


def _why_failed(about: dict[str, Any], words: Words) -> str:
    cell = tr("cell {n}").format(n=about["cell"]) if about.get("cell") else ""
    where = ", ".join(part for part in (_on(about.get("ran"), words), cell) if part)
    cause = f"{where}: {about.get('error', '')}" if where else str(about.get("error", ""))
    if not about.get("kept_page"):
        return cause
    kept = tr("The page of an earlier run is kept.")
    if day := _day(about.get("page_of")):
        kept = tr("The page of {day} is kept.").format(day=words.day(day))
    return f"{cause.removesuffix('.')}. {kept}"


def _on(time: str | None, words: Words) -> str:
    return tr("on {day}").format(day=words.day(day)) if (day := _day(time)) else ""


def _day(time: str | None) -> date | None:
    return date.fromisoformat(time[:10]) if time else None


def _why_left_out(about: dict[str, Any], _words: Words) -> str:
    return str(about.get("why", ""))
