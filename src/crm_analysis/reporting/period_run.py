"""One period: its notebooks run beside each other, then the summary, then all that is whole is published."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import as_completed
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from crm_analysis.errors import ReportError
from crm_analysis.reporting import manifest, pages, publish
from crm_analysis.reporting.account import Account
from crm_analysis.reporting.again import with_prose
from crm_analysis.reporting.cleaning import as_text, clean, from_text, make_veil
from crm_analysis.reporting.due import look
from crm_analysis.reporting.earlier import Earlier
from crm_analysis.reporting.execute import Outcome, Task, execute
from crm_analysis.reporting.gate import check_secrets
from crm_analysis.reporting.keys import differing
from crm_analysis.reporting.notebooks import SUMMARY
from crm_analysis.reporting.plan import PeriodReport
from crm_analysis.reporting.restated import banner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from nbformat import NotebookNode

    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.plan import Plan

#: Told of a period and how one of its notebooks ended.
Tell: TypeAlias = "Callable[[str, Outcome], None]"


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
        self._place = Path(tempfile.mkdtemp(dir=plan.order.out, prefix=publish.STAGING))
        self._staging = (self._place / "saved").resolve()
        self._staging.mkdir()
        self._earlier, self._due = Earlier(plan.target), look(plan)
        self._veil = make_veil(plan.order.data, self._staging, plan.secrets)
        self._outcomes: dict[str, Outcome] = {}
        self._executed: dict[str, NotebookNode] = {}
        self._account = Account(plan, self._earlier, self._staging, self._outcomes)
        self._linked: dict[str, tuple[Notebook, ...]] = {}
        self._running = {self._submit(notebook): notebook for notebook in self._longest_first()}

    def finish(self, tell: Tell) -> PeriodReport:
        """Wait for the notebooks, run the summary, publish."""
        plan = self.plan
        with publish.writing(plan.target), self._cleared():
            for stem, why in plan.lacking.items():
                self._end(stem, Outcome(stem, "left_out", error=why), tell)
            for future in as_completed(self._running):
                self._take(self._running[future], future.result(), tell)
            for notebook in self._outdated():
                self._show_again(notebook, tell)
            self._account.leave_for_summary()
            if self._due.summary is not None:
                self._take(self._due.summary, self._submit(self._due.summary).result(), tell)
            elif plan.summary in self._due.render:
                self._show_again(plan.summary, tell)
            self._publish()
        outcomes = [self._outcomes[n.stem] for n in plan.order.notebooks if n.stem in self._outcomes]
        entries = self._account.entries
        stand = any(e["status"] == "published" for s, e in entries.items() if s not in self._outcomes)
        return PeriodReport(plan.period.text, tuple(outcomes), plan.page, stand)

    @contextmanager
    def _cleared(self) -> Iterator[None]:
        try:
            yield
        finally:
            shutil.rmtree(self._place, ignore_errors=True)

    # -- one notebook ------------------------------------------------------------------------------------

    def _longest_first(self) -> list[Notebook]:
        """Return the analyses by the time they took last: none that takes long is left for the end."""
        return sorted(self._due.run, key=lambda notebook: -self._earlier.seconds_of(notebook.stem))

    def _submit(self, notebook: Notebook) -> Future[Outcome]:
        order, parameters = self.plan.order, self.plan.parameters[notebook.stem]
        text = notebook.text_in(self.plan.language)
        limits = order.deadline, order.cell_deadline
        variables = self.plan.view.dataset.settings.variables
        task = Task(notebook.stem, text, parameters, self._staging, *limits, variables)
        return self._pool.submit(execute, task)

    def _take(self, notebook: Notebook, outcome: Outcome, tell: Tell) -> None:
        """Clean what came out of a run."""
        stem = notebook.stem
        raw = self._staging / f"{stem}.ipynb"
        if raw.is_file():
            self._executed[stem] = clean(from_text(raw.read_text(encoding="utf-8")), self._veil)
            raw.unlink()
        self._settle(notebook, outcome, tell)

    def _outdated(self) -> list[Notebook]:
        """Return the analyses that need no run but another page, now that the other pages are known."""
        links = self._with_page()
        kept = {
            stem: entry for stem, entry in self._earlier.entries.items() if entry["status"] == "published"
        }
        return [
            notebook
            for notebook in self.plan.order.chosen
            if notebook.stem in kept
            and notebook.stem not in self._outcomes
            and differing(kept[notebook.stem].get("inputs"), self.plan.key(notebook, links))
        ]

    def _show_again(self, notebook: Notebook, tell: Tell) -> None:
        """Make a page of what ran before: with the prose, the template and the links as they are now."""
        stem, target = notebook.stem, self.plan.target
        executed = self._earlier.notebook(stem)
        if executed is None:  # it was there a moment ago
            raise ReportError(
                f'"{target / pages.file_of(stem, "ipynb")}" was changed while its page was made again.',
                "What is published stays as it is while a run goes on.",
                "Run again.",
            )
        source = notebook.text_in(self.plan.language)
        self._executed[stem] = clean(with_prose(from_text(source), executed), self._veil)
        of_pages = {pages.file_of(stem), pages.file_of(stem, "ipynb")}
        for name in publish.files_of(target, stem) - of_pages:
            place = self._staging / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(target / name, place)
        if stem != SUMMARY:
            findings = manifest.read_json(target / manifest.FINDINGS) or []
            record = manifest.to_record(stem, self._earlier.entries[stem], findings)
            manifest.write_json(self._staging / f"{stem}.json", record)
        self._settle(notebook, Outcome(stem, "published"), tell)

    def _settle(self, notebook: Notebook, outcome: Outcome, tell: Tell) -> None:
        """See that what was executed makes a page, and put it where it belongs."""
        stem = notebook.stem
        if outcome.status == "published":
            try:
                self._render(notebook)
                self._must_hold_no_secret(stem)
            except ReportError as error:
                outcome = replace(outcome, status="failed", error=error.what)
                (self._staging / f"{stem}.json").unlink(missing_ok=True)  # the summary must not repeat it
        if stem in self._executed and outcome.status != "left_out":
            name = pages.file_of(stem, "ipynb")
            place = self._staging / (name if outcome.status == "published" else publish.failed_file(stem))
            place.parent.mkdir(exist_ok=True)
            text = self._veil.without_secrets(as_text(self._executed[stem]))
            place.write_text(text, encoding="utf-8")
        self._end(stem, outcome, tell)

    def _must_hold_no_secret(self, stem: str) -> None:
        """Look through all that is published of a report, and what it leaves for the summary."""
        saved = {name for name in (f"{stem}.json",) if (self._staging / name).is_file()}
        check_secrets(self._staging, saved | publish.files_of(self._staging, stem), self.plan.secrets)

    def _end(self, stem: str, outcome: Outcome, tell: Tell) -> None:
        self._outcomes[stem] = replace(outcome, error=self._veil(outcome.error))
        tell(self.plan.period.text, self._outcomes[stem])

    def _render(self, notebook: Notebook) -> None:
        """Write the page of a notebook, unless it stands there with the same links already."""
        links = self._with_page()
        if self._linked.get(notebook.stem) == links:
            return
        executed, view, with_code = self._executed[notebook.stem], self.plan.view, self.plan.order.with_code
        notes = banner(self._account.restated(notebook), view.context.words)
        page = pages.render(notebook, executed, view, links, notes, with_code=with_code)
        (self._staging / pages.file_of(notebook.stem)).write_text(page, encoding="utf-8")
        self._linked[notebook.stem] = links

    def _with_page(self) -> tuple[Notebook, ...]:
        """Return the notebooks that have a page in this period or, as far as is known, will have one."""
        planned = {n.stem for n in (*self._due.run, self._due.summary) if n is not None}
        failed, lost = self._with_status("failed"), self._with_status("left_out")
        notebooks = self.plan.order.notebooks
        here = {n.stem for n in notebooks if self._earlier.has_page(n.stem)}
        return tuple(n for n in notebooks if n.stem in ((planned - failed) | here) - lost)

    def _with_status(self, status: str) -> set[str]:
        return {stem for stem, outcome in self._outcomes.items() if outcome.status == status}

    # -- publishing --------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Gather the new folder of the period and put it in place of the old one."""
        plan, staging, target, new = self.plan, self._staging, self.plan.target, self._place / "new"
        entries = self._account.with_summary()
        for notebook in plan.order.chosen:
            if notebook.stem not in self._outcomes:
                continue
            entry, stem = entries[notebook.stem], notebook.stem
            if entry["status"] == "published":
                self._render(notebook)  # now that it is known which pages there are
                entry["inputs"] = self.plan.key(notebook, self._with_page())
                names = publish.files_of(staging, stem)
                entry["files"] = manifest.digests(staging, names)
                publish.move(staging, new, names)
            elif entry.get("kept_page"):
                links, now, with_code = self._with_page(), self._account.now, plan.order.with_code
                page = self._earlier.marked_page(notebook, plan.view, links, now, with_code=with_code)
                marked = publish.add(new, pages.file_of(stem), page)
                kept = manifest.digests(target, publish.files_of(target, stem))
                entry["files"] = kept | manifest.digests(new, marked)
        self._account.write(entries)
        failed = {publish.failed_file(stem) for stem in self._with_status("failed") if stem in self._executed}
        publish.move(staging, new, {*failed, manifest.FINDINGS, manifest.NAME})
        every = (path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
        check_secrets(new, every, plan.secrets)
        publish.put(new, target, publish.stale(target, self._outcomes))
