"""What of a plan is still to be done: what is to run, what is only to be shown anew, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_analysis.reporting import manifest
from crm_analysis.reporting.keys import RENDER, differing, in_words
from crm_analysis.reporting.notebooks import SUMMARY

if TYPE_CHECKING:
    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.plan import Plan


@dataclass(frozen=True)
class Due:
    """What is to be done for a period.

    Parameters
    ----------
    run
        The analyses to run.
    summary
        The summary, where it is to run.
    render
        Notebooks of which only the page is to be made again.
    reasons
        Why, by stem; in sentences without a full stop. A stem that is not there is up to date.
    """

    run: tuple[Notebook, ...]
    summary: Notebook | None
    render: tuple[Notebook, ...]
    reasons: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.reasons)

    @property
    def needs_kernels(self) -> bool:
        """Whether anything is to run, not only to be shown anew."""
        return bool(self.run or self.summary)

    def told(self, stem: str) -> str:
        """Say of one report what is to be done, and why."""
        if stem not in self.reasons:
            return "up to date: nothing has changed since it was made"
        if any(notebook.stem == stem for notebook in self.render):
            return f"its page is made again, without a run; changed: {self.reasons[stem]}"
        runs = {notebook.stem for notebook in (*self.run, self.summary) if notebook is not None}
        return f"{'it runs' if stem in runs else 'it is left out'}: {self.reasons[stem]}"


def look(plan: Plan) -> Due:
    """Compare a plan with what stands published."""
    made = manifest.read_json(plan.target / manifest.NAME) or {}
    entries: dict[str, Any] = {**made.get("notebooks", {}), SUMMARY: made.get(SUMMARY)}
    some = any(entry["status"] == "published" for entry in made.get("notebooks", {}).values())
    run: list[Notebook] = []
    render: list[Notebook] = []
    reasons: dict[str, str] = {}
    for notebook in plan.order.chosen:
        entry = entries.get(notebook.stem)
        if not some and entry and entry["status"] == "left_out" and notebook.stem not in plan.lacking:
            entry = None  # where nothing at all could be made it is tried, and told, again
        why, only_page = _reason(plan, notebook, entry)
        if why:
            reasons[notebook.stem] = why
        if why and notebook.stem not in plan.lacking:
            (render if only_page else run).append(notebook)
    summary = plan.summary
    if summary is not None and summary not in run:
        known = {notebook.stem for notebook in plan.order.notebooks}
        others = sorted(set(reasons) - {n.stem for n in render}) + sorted(set(entries) - known - {SUMMARY})
        if others:
            reasons[SUMMARY] = f"it sums up what changed: {', '.join(others)}"
            render = [notebook for notebook in render if notebook != summary]
            run.append(summary)
    analyses = tuple(notebook for notebook in run if notebook.stem != SUMMARY)
    return Due(analyses, summary if summary in run else None, tuple(render), reasons)


def _reason(plan: Plan, notebook: Notebook, entry: dict[str, Any] | None) -> tuple[str, bool]:
    """Say why a report is to be made, and whether only its page is; nothing where it is up to date."""
    stem = notebook.stem
    if stem in plan.lacking:
        told = entry is not None and entry.get("why") == plan.lacking[stem]
        return ("" if told and not plan.order.force else plan.lacking[stem].rstrip(".")), False
    if plan.order.force:
        return "it is forced", False
    if not entry:
        return "it has not been made yet", False
    if entry["status"] == "failed":
        return f"it failed the last time: {entry['error'].rstrip('.')}", False
    key = plan.key(notebook)
    parts = differing(entry.get("inputs"), key)
    if set(parts) - {RENDER}:
        said = in_words(entry.get("inputs"), {p: key[p] for p in parts if p != RENDER})
        return f"changed since it was made: {'; '.join(said)}", False
    if entry["status"] == "left_out":  # found out by the notebook itself
        return "", False
    touched = [n for n, hashed in entry["files"].items() if not manifest.intact(plan.target, {n: hashed})]
    if touched:
        return f"a published file was changed or is gone: {', '.join(touched)}", False
    return ("; ".join(in_words(entry["inputs"], {RENDER: key[RENDER]})) if parts else ""), bool(parts)
