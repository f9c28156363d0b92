"""How a run ended: its status, where a reader begins, and the message to those who want to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from crm_analysis.errors import CrmAnalysisError, NotReadyError, printable
from crm_analysis.language import msg, tr

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from crm_analysis.reporting.plan import PeriodReport
    from crm_analysis.sources.config import Settings

#: How a message begins, by the status of the run.
_HEADS = {
    "published": msg("The sales reports of {period} are published."),
    "not_ready": msg("There are no sales reports of {period} yet."),
    "failed": msg("The sales reports of {period} failed."),
}
_SOME_FAILED = msg("Some sales reports of {period} failed.")


@dataclass
class Telling:
    """While this is open a run goes on; when it ends, those named in the settings are told how.

    Told are reports that failed, errors in the data and errors of the package; a run that a person stopped
    is not told.

    Parameters
    ----------
    settings
        The settings, with ``notify`` where anybody wants to know.
    periods
        The periods of the run, as text.
    out
        The folder of reports.
    reports
        What came of the run; filled in before it ends.
    """

    settings: Settings
    periods: str
    out: Path
    reports: tuple[PeriodReport, ...] = field(default=())

    @property
    def status(self) -> str:
        """How the run ended: ``failed``, ``published`` or, where nothing had changed, ``up_to_date``."""
        if not all(report.ok for report in self.reports):
            return "failed"
        return "published" if any(report.outcomes for report in self.reports) else "up_to_date"

    @property
    def page(self) -> Path:
        """Where a reader begins."""
        return self.reports[0].page if len(self.reports) == 1 else self.out / "index.html"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        notify = self.settings.notify
        if notify is None or not (error is None or isinstance(error, Exception)):
            return
        status = self.status if error is None else status_of(error)
        if status in notify.on:
            from crm_analysis.reporting.notify import send

            send(notify, self.message(status, error))

    def message(self, status: str, error: Exception | None = None) -> dict[str, Any]:
        """Return what is sent: ``text, status, period, failed, cause, page``."""
        failed = [
            {"period": report.period, "report": o.stem, "cell": o.cell, "cause": self._veiled(o.error)}
            for report in self.reports
            for o in report.outcomes
            if o.status == "failed"
        ]
        told: dict[str, Any] = {
            "status": status,
            "period": self.periods,
            "failed": failed,
            "cause": None if error is None else self._veiled(cause_of(error)),
            "page": self._link() if self.reports else None,
        }
        return {"text": _text(**told), **told}

    def _link(self) -> str:
        base = self.settings.notify.pages if self.settings.notify else ""
        return f"{base.rstrip('/')}/{self.page.relative_to(self.out).as_posix()}" if base else str(self.page)

    def _veiled(self, text: str) -> str:
        """Hide what the settings keep in variables."""
        for name, secret in self.settings.secrets.items():
            text = text.replace(secret, f"${name}")
        return printable(text)


def status_of(error: Exception) -> str:
    """Say in one word what an error makes of a run."""
    return "not_ready" if isinstance(error, NotReadyError) else "failed"


def cause_of(error: Exception) -> str:
    """Say what went wrong in one line: in full where it was written for people, else by its kind only."""
    if isinstance(error, CrmAnalysisError):
        return " ".join(str(error).splitlines())
    if isinstance(error, OSError) and error.filename is not None:
        return f'"{error.filename}" cannot be written or read: {error.strerror}'
    return f"{type(error).__name__}; what the command wrote to standard error tells more"


def _text(status: str, period: str, failed: list[dict[str, Any]], cause: str | None, page: str | None) -> str:
    lines = [tr(_SOME_FAILED if failed else _HEADS[status]).format(period=period)]
    for one in failed:
        where = ", " + tr("cell {n}").format(n=one["cell"]) if one["cell"] else ""
        lines.append(f"- {one['period']} {one['report']}{where}: {one['cause']}")
    if failed:
        lines.append(tr("A report that failed keeps its last good page; the others are published."))
    lines += [text for text in (cause, tr("Page: {page}").format(page=page) if page else None) if text]
    return "\n".join(lines)
