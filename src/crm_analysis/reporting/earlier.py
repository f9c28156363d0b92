"""What earlier runs of a period left behind: what a run that makes only a part of it leaves as it is."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_analysis.errors import ReportError
from crm_analysis.language import msg, tr
from crm_analysis.reporting import manifest
from crm_analysis.reporting.cleaning import from_text
from crm_analysis.reporting.notebooks import SUMMARY, file_of
from crm_analysis.reporting.pages import render
from crm_analysis.reporting.restated import banner

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from nbformat import NotebookNode

    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

_EARLIER = msg(
    "This page is of an earlier run: the run of {failed} failed. "
    "Its figures may differ from those of the other pages of this period."
)
_EARLIER_OF = msg(
    "This page is of an earlier run, of {made}: the run of {failed} failed. "
    "Its figures may differ from those of the other pages of this period."
)


class Earlier:
    """The folder of a period as a run finds it.

    Parameters
    ----------
    folder
        Where the period is published.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        made = manifest.read_json(folder / manifest.NAME) or {}
        self.entries: dict[str, Any] = made.get("notebooks", {})
        self.summary: dict[str, Any] = made.get(SUMMARY, {})
        self._whole = bool(made) and made.get("covered") == made.get("period")
        self._files = {
            stem: entry.get("files", {}) for stem, entry in {**self.entries, SUMMARY: self.summary}.items()
        }
        self._times: dict[str, dict[str, Any]] = made.get("times", {})

    def has_page(self, stem: str) -> bool:
        """Say whether a page of a report stands there."""
        return (self.folder / file_of(stem)).is_file()

    def page_of(self, stem: str) -> str:
        """Return when the page that stands there was made; empty where nobody knows."""
        return str(self._times.get("pages", {}).get(stem, ""))

    def seconds_of(self, stem: str) -> float:
        """Return how long a report took; without end where nobody knows."""
        return float(self._times.get("notebooks", {}).get(stem, math.inf))

    def ran(self, stem: str) -> str:
        """Return when a report last ran; empty where nobody knows."""
        return str(self._times.get("ran", {}).get(stem, ""))

    def took(self, now: Mapping[str, float]) -> dict[str, float]:
        """Return how long each report took when it last ran."""
        return dict(sorted({**self._times.get("notebooks", {}), **now}.items()))

    def last_good(self, stem: str) -> dict[str, Any]:
        """Return what was published last of a report: ``inputs``, ``tiles``, ``restated``, and ``whole``.

        The last says whether the data covered the period then: rows that came later are corrections. Runs
        that failed since hand it on; empty where nothing was published, or a page left out since.
        """
        entry: dict[str, Any] = {**self.entries, SUMMARY: self.summary}.get(stem, {})
        if entry.get("status") != "published":
            return dict(entry.get("last_good", {}))
        kept: dict[str, Any] = {n: entry[n] for n in ("inputs", "tiles", "restated") if n in entry}
        return kept | {"whole": self._whole}

    def notebook(self, stem: str) -> NotebookNode | None:
        """Return the executed notebook as it was published; None where it is gone or was changed."""
        name = file_of(stem, "ipynb")
        files = self._files.get(stem, {})
        if name not in files or not manifest.intact(self.folder, {name: files[name]}):
            return None
        return from_text((self.folder / name).read_text(encoding="utf-8"))

    def marked_page(
        self, notebook: Notebook, view: PeriodView, links: Sequence[Notebook], now: str, *, with_code: bool
    ) -> str:
        """Return the page that a failed report keeps, with a banner that says so.

        Empty where its notebook is gone or can no longer be shown: the page stays as it is.
        """
        executed = self.notebook(notebook.stem)
        if executed is None:
            return ""
        words, made = view.context.words, self.page_of(notebook.stem)
        note = tr(_EARLIER_OF if made else _EARLIER, words.language).format(
            made=day_of(made, words) if made else "", failed=day_of(now, words)
        )
        notes = (note, *banner(self.last_good(notebook.stem).get("restated"), words))
        try:
            return render(notebook, executed, view, links, notes, with_code=with_code)
        except ReportError:
            return ""

    def times(
        self, now: str, entries: Mapping[str, Mapping[str, Any]], ran: Collection[str]
    ) -> dict[str, dict[str, str]]:
        """Return when each report last ran and when its page was made, by stem.

        Parameters
        ----------
        now
            The time of this run.
        entries
            What the manifest says of the reports, those of earlier runs among them.
        ran
            Those that were to run this time.
        """
        new = {stem: now for stem in ran if stem in entries}
        made = {stem: now for stem in new if entries[stem]["status"] == "published"}
        kept = {stem for stem, entry in entries.items() if entry.get("kept_page")}
        with_page = kept | {stem for stem, entry in entries.items() if entry["status"] == "published"}
        return {
            "ran": _of(entries, {**self._times.get("ran", {}), **new}),
            "pages": _of(with_page, {**self._times.get("pages", {}), **made}),
        }


def _of(stems: Collection[str], times: Mapping[str, str]) -> dict[str, str]:
    return {stem: at for stem, at in times.items() if stem in stems}


def day_of(time: str, words: Words) -> str:
    """Write the day of a time in a manifest."""
    return words.day(date.fromisoformat(time[:10]))
