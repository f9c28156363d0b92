"""What the manifest of a period says of its reports: how each ended, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from crm_analysis.reporting import manifest
from crm_analysis.reporting.keys import DATA, differing
from crm_analysis.reporting.notebooks import SUMMARY
from crm_analysis.reporting.parameters import shown_data
from crm_analysis.reporting.restated import Restatement, of_all, restate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crm_analysis.reporting.earlier import Earlier
    from crm_analysis.reporting.execute import Outcome
    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.plan import Plan

#: What the manifest says of one report.
Entry: TypeAlias = dict[str, Any]


class Account:
    """The account of a run, begun with it.

    Parameters
    ----------
    plan
        What the run does.
    earlier
        What it found published.
    staging
        Where its notebooks save.
    outcomes
        How they ended, by stem; filled in as they do.
    """

    def __init__(self, plan: Plan, earlier: Earlier, staging: Path, outcomes: Mapping[str, Outcome]) -> None:
        self._plan, self._earlier, self._staging, self._outcomes = plan, earlier, staging, outcomes
        self._began = datetime.now(UTC)
        #: An entry an analysis, once :meth:`leave_for_summary` was asked for.
        self.entries: dict[str, Entry] = {}

    @property
    def now(self) -> str:
        """The time of the run."""
        return self._began.isoformat(timespec="seconds")

    def leave_for_summary(self) -> None:
        """Gather the entries, those of earlier runs among them, and write what the summary reads.

        That is, besides what was saved: earlier results, and what is missing.
        """
        for notebook in self._plan.order.notebooks:
            if notebook.stem in self._outcomes:
                self.entries[notebook.stem] = self._entry(notebook)
            elif notebook.stem in self._earlier.entries:
                self.entries[notebook.stem] = self._earlier.entries[notebook.stem]
        findings = manifest.read_json(self._plan.target / manifest.FINDINGS) or []
        for stem, entry in self.entries.items():
            if entry["status"] != "published":
                about = {"stem": stem, **entry, **self._dates(stem)}
                manifest.write_json(self._staging / f"{stem}.{entry['status']}.json", about)
            elif stem not in self._outcomes:
                record = manifest.to_record(stem, entry, findings)
                manifest.write_json(self._staging / f"{stem}.json", record)

    def with_summary(self) -> dict[str, Entry]:
        """Return the entries and that of the summary."""
        if self._plan.summary is not None and SUMMARY in self._outcomes:
            return {**self.entries, SUMMARY: self._entry(self._plan.summary)}
        return {**self.entries, SUMMARY: self._earlier.summary} if self._earlier.summary else self.entries

    def restated(self, notebook: Notebook) -> Restatement | None:
        """Say what its main figures were before the data of the period were corrected; None if never."""
        view = self._plan.view
        if notebook.stem == SUMMARY:
            return of_all(self.entries.values())
        before = self._earlier.last_good(notebook.stem)
        if before.get("whole") and DATA in differing(before.get("inputs"), self._plan.key(notebook, ())):
            tiles = self._record(notebook.stem)["tiles"]
            return restate(before["tiles"], tiles, view.dataset.last_day, view.context.words)
        kept: Restatement | None = before.get("restated")
        return kept

    def write(self, entries: dict[str, Entry]) -> None:
        """Write findings and manifest of the period, of entries with that of the summary."""
        analyses = {stem: entry for stem, entry in entries.items() if stem != SUMMARY}
        saved = [self._record(stem) for stem, entry in analyses.items() if entry["status"] == "published"]
        manifest.write_json(self._staging / manifest.FINDINGS, manifest.published_findings(saved))
        ended = datetime.now(UTC)
        times = {
            "started": self.now,
            "finished": ended.isoformat(timespec="seconds"),
            "seconds": round((ended - self._began).total_seconds(), 3),
            "notebooks": self._earlier.took({s: o.seconds for s, o in self._outcomes.items() if o.seconds}),
            **self._earlier.times(self.now, entries, self._outcomes),
        }
        order = self._plan.order
        described = manifest.describe_period(self._plan.view, order.values, shown_data(order.data))
        summary = {SUMMARY: entries[SUMMARY]} if SUMMARY in entries else {}
        content = {**described, "notebooks": analyses, **summary, "times": times}
        manifest.write_json(self._staging / manifest.NAME, content)

    def _entry(self, notebook: Notebook) -> Entry:
        stem = notebook.stem
        outcome, title = self._outcomes[stem], notebook.title(self._plan.language)
        entry: Entry = {"number": notebook.number, "title": title, "status": outcome.status}
        if outcome.status == "left_out":
            return entry | {"why": outcome.error, "inputs": self._plan.key(notebook)}
        if outcome.status == "failed":
            about = {"cell": outcome.cell, "error": outcome.error, "kept_page": self._earlier.has_page(stem)}
            # what the next success is to be compared with
            good = {"last_good": self._earlier.last_good(stem)} if about["kept_page"] else {}
            return entry | about | good
        if restated := self.restated(notebook):
            entry |= {"restated": restated}
        return entry | manifest.of_record(self._record(stem))

    def _record(self, stem: str) -> dict[str, Any]:
        saved: dict[str, Any] = manifest.read_json(self._staging / f"{stem}.json") or manifest.NOTHING_SAVED
        return saved

    def _dates(self, stem: str) -> dict[str, str]:
        ran = self.now if stem in self._outcomes else self._earlier.ran(stem)
        return {"ran": ran, "page_of": self._earlier.page_of(stem)}
