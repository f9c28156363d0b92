"""Where the summary gets the results of the other analyses from: saved ones, or made on the spot."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import DataError, MissingTableError, ReportError
from crm_analysis.result import OUT

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

#: The analyses in the order of their pages.
TITLES = {
    "sales_dynamics": "Sales dynamics",
    "customer_abc": "Customers by value",
    "customer_segments": "Customer segments",
    "marketing_impact": "Marketing impact",
    "deal_reasons": "Reasons for winning and losing",
    "process_kpis": "Sales process",
    "open_deals": "Open deals",
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
    return _saved(summary) or _made(view)


def _saved(summary: str) -> Collected | None:
    """Read what the runner left for the summary; None where there is no runner."""
    folder = Path(os.environ.get(OUT, ""))
    if not os.environ.get(OUT) or not folder.is_dir():
        return None
    records, missing = {}, []
    for stem in _ordered({path.name.split(".")[0] for path in folder.glob("*.json")} - {summary}):
        if (folder / f"{stem}.json").is_file():
            records[stem] = _read(folder / f"{stem}.json")
        for state, tell in (("failed", _why_failed), ("left_out", _why_left_out)):
            if (folder / f"{stem}.{state}.json").is_file():
                missing.append(
                    (title(stem), state.replace("_", " "), tell(_read(folder / f"{stem}.{state}.json")))
                )
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
            missing.append((title(stem), "left out", error.what))
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
    return TITLES.get(stem, stem.replace("_", " ").capitalize())


def _why_failed(about: dict[str, Any]) -> str:
    cell = f"Cell {about['cell']}: " if about.get("cell") else ""
    kept = " The page of an earlier run is kept." if about.get("kept_page") else ""
    return f"{cell}{about.get('error', '')}{kept}"


def _why_left_out(about: dict[str, Any]) -> str:
    return str(about.get("why", ""))
