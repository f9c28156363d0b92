"""One period: its notebooks run beside each other, then the summary, then all that is whole is published."""

from __future__ import annotations

import tempfile
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from crm_analysis.errors import ReportError
from crm_analysis.reporting import manifest, pages, publish
from crm_analysis.reporting.cleaning import as_text, clean, from_text, make_veil, shown_data
from crm_analysis.reporting.execute import Outcome, Task, execute
from crm_analysis.reporting.notebooks import SUMMARY

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

    from nbformat import NotebookNode

    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.plan import Plan

#: Told of a period and how one of its notebooks ended.
Tell: TypeAlias = "Callable[[str, Outcome], None]"
Entry: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class PeriodReport:
    """What came of a period.

    Parameters
    ----------
    period
        Its text.
    outcomes
        How each notebook ended; none where all was up to date.
    page
        The summary of the period, or its folder where there is no notebook of a summary.
    """

    period: str
    outcomes: tuple[Outcome, ...]
    page: Path

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and something was published if anything was to run."""
        statuses = {outcome.status for outcome in self.outcomes if outcome.stem != SUMMARY}
        failed = any(outcome.status == "failed" for outcome in self.outcomes)
        return not failed and (not statuses or "published" in statuses)


class PeriodRun:
    """The running of a plan: begun when made, published by :meth:`finish`.

    Parameters
    ----------
    plan
        What to do.
    pool
        Processes to run notebooks in.
    """

    def __init__(self, plan: Plan, pool: Executor) -> None:
        self.plan, self._pool = plan, pool
        self._began = datetime.now(UTC)
        plan.order.out.mkdir(parents=True, exist_ok=True)
        self._place = tempfile.TemporaryDirectory(dir=plan.order.out, prefix=".staging-")
        self._staging = Path(self._place.name).resolve()
        self._veil = make_veil(plan.order.data, self._staging, plan.secrets)
        self._outcomes: dict[str, Outcome] = {}
        self._executed: dict[str, NotebookNode] = {}
        self._linked: dict[str, tuple[Notebook, ...]] = {}
        self._running = {self._submit(notebook): notebook for notebook in plan.analyses}

    def finish(self, tell: Tell) -> PeriodReport:
        """Wait for the notebooks, run the summary, publish."""
        plan = self.plan
        with self._place:
            for stem, why in plan.lacking.items():
                self._end(stem, Outcome(stem, "left_out", error=why), tell)
            for future in as_completed(self._running):
                self._take(self._running[future], future.result(), tell)
            entries = self._entries()
            self._leave_for_summary(entries)
            if plan.summary is not None:
                self._take(plan.summary, self._submit(plan.summary).result(), tell)
            self._publish(entries)
        outcomes = [self._outcomes[n.stem] for n in plan.order.notebooks if n.stem in self._outcomes]
        return PeriodReport(plan.view.period.text, tuple(outcomes), plan.page)

    # -- one notebook ------------------------------------------------------------------------------------

    def _submit(self, notebook: Notebook) -> Future[Outcome]:
        parameters = self.plan.parameters[notebook.stem]
        return self._pool.submit(execute, Task(notebook.stem, notebook.text, parameters, self._staging))

    def _take(self, notebook: Notebook, outcome: Outcome, tell: Tell) -> None:
        """Clean what came out of a run, see that it makes a page, and put it where it belongs."""
        stem = notebook.stem
        raw = self._staging / f"{stem}.ipynb"
        if raw.is_file():
            self._executed[stem] = clean(from_text(raw.read_text(encoding="utf-8")), self._veil)
            raw.unlink()
        if outcome.status == "published":
            try:
                self._render(notebook)
            except ReportError as error:
                outcome = replace(outcome, status="failed", error=error.what)
        if stem in self._executed and outcome.status != "left_out":
            name = pages.file_of(stem, "ipynb")
            place = self._staging / (name if outcome.status == "published" else publish.failed_file(stem))
            place.parent.mkdir(exist_ok=True)
            place.write_text(as_text(self._executed[stem]), encoding="utf-8")
        self._end(stem, outcome, tell)

    def _end(self, stem: str, outcome: Outcome, tell: Tell) -> None:
        self._outcomes[stem] = replace(outcome, error=self._veil(outcome.error))
        tell(self.plan.view.period.text, self._outcomes[stem])

    def _render(self, notebook: Notebook) -> None:
        """Write the page of a notebook, unless it stands there with the same links already."""
        links = self._with_page()
        if self._linked.get(notebook.stem) == links:
            return
        executed, with_code = self._executed[notebook.stem], self.plan.order.with_code
        page = pages.render(notebook, executed, self.plan.view, links, with_code=with_code)
        (self._staging / pages.file_of(notebook.stem)).write_text(page, encoding="utf-8")
        self._linked[notebook.stem] = links

    def _with_page(self) -> tuple[Notebook, ...]:
        """Return the notebooks that have a page in this period or, as far as is known, will have one."""
        planned = {n.stem for n in (*self.plan.analyses, self.plan.summary) if n is not None}
        failed, lost = self._with_status("failed"), self._with_status("left_out")
        notebooks = self.plan.order.notebooks
        here = {n.stem for n in notebooks if (self.plan.target / pages.file_of(n.stem)).is_file()}
        return tuple(n for n in notebooks if n.stem in ((planned - failed) | here) - lost)

    def _with_status(self, status: str) -> set[str]:
        return {stem for stem, outcome in self._outcomes.items() if outcome.status == status}

    # -- what the manifest says --------------------------------------------------------------------------

    def _entries(self) -> dict[str, Entry]:
        """Return an entry an analysis, those of earlier runs among them."""
        earlier = (manifest.read_json(self.plan.target / manifest.NAME) or {}).get("notebooks", {})
        entries = {}
        for notebook in self.plan.order.notebooks:
            if notebook.stem in self._outcomes:
                entries[notebook.stem] = self._entry(notebook)
            elif notebook.stem in earlier:
                entries[notebook.stem] = earlier[notebook.stem]
        return entries

    def _entry(self, notebook: Notebook) -> Entry:
        outcome = self._outcomes[notebook.stem]
        entry: Entry = {"number": notebook.number, "title": notebook.title, "status": outcome.status}
        if outcome.status == "left_out":
            return entry | {"why": outcome.error}
        if outcome.status == "failed":
            kept = (self.plan.target / pages.file_of(notebook.stem)).is_file()
            return entry | {"cell": outcome.cell, "error": outcome.error, "kept_page": kept}
        record = manifest.read_json(self._staging / f"{notebook.stem}.json") or manifest.NOTHING_SAVED
        return entry | {"inputs": self.plan.key(notebook), **manifest.of_record(record)}

    def _leave_for_summary(self, entries: dict[str, Entry]) -> None:
        """Write what the summary reads besides what was saved: earlier results, and what is missing."""
        findings = manifest.read_json(self.plan.target / manifest.FINDINGS) or []
        for stem, entry in entries.items():
            if entry["status"] != "published":
                manifest.write_json(self._staging / f"{stem}.{entry['status']}.json", {"stem": stem, **entry})
            elif stem not in self._outcomes:
                record = manifest.to_record(stem, entry, findings)
                manifest.write_json(self._staging / f"{stem}.json", record)

    # -- publishing --------------------------------------------------------------------------------------

    def _publish(self, entries: dict[str, Entry]) -> None:
        plan, staging, target = self.plan, self._staging, self.plan.target
        done = [n for n in plan.order.chosen if n.stem in self._with_status("published")]
        summary = {} if plan.summary is None else {SUMMARY: self._entry(plan.summary)}
        files = {}
        for notebook in done:
            self._render(notebook)  # now that it is known which pages there are
            files[notebook.stem] = publish.files_of(staging, notebook.stem)
            entry = (entries | summary)[notebook.stem]
            entry["files"] = manifest.digests(staging, files[notebook.stem])
        stale = publish.stale(target, self._outcomes, files)
        self._write_answers(entries, summary)
        failed = sorted(publish.failed_file(s) for s in self._with_status("failed") if s in self._executed)
        ready = [name for names in files.values() for name in sorted(names)]
        publish.move(staging, target, (*ready, *failed, manifest.FINDINGS, manifest.NAME))
        publish.remove(target, stale)

    def _write_answers(self, entries: dict[str, Entry], summary: dict[str, Entry]) -> None:
        """Write findings and manifest of the period."""
        plan = self.plan
        saved = [
            manifest.read_json(self._staging / f"{stem}.json") or manifest.NOTHING_SAVED
            for stem, entry in entries.items()
            if entry["status"] == "published"
        ]
        manifest.write_json(self._staging / manifest.FINDINGS, manifest.published_findings(saved))
        ended = datetime.now(UTC)
        times = {
            "started": self._began.isoformat(timespec="seconds"),
            "finished": ended.isoformat(timespec="seconds"),
            "seconds": round((ended - self._began).total_seconds(), 3),
            "notebooks": {stem: o.seconds for stem, o in sorted(self._outcomes.items()) if o.seconds},
        }
        described = manifest.describe_period(plan.view, plan.order.values, shown_data(plan.order.data))
        content = {**described, "notebooks": entries, **summary, "times": times}
        manifest.write_json(self._staging / manifest.NAME, content)
