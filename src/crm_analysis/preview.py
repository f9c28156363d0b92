"""The page of one notebook as its readers will see it, made again whenever the notebook is saved."""

from __future__ import annotations

import hashlib
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_analysis.cli_errors import say
from crm_analysis.cli_report import read_settings, today_in
from crm_analysis.errors import CrmAnalysisError, ParameterError, nearest, printable
from crm_analysis.language import speaking, tr
from crm_analysis.period import parse_range, resolve
from crm_analysis.reporting.forked import ENVIRONMENT, warm_process
from crm_analysis.reporting.notebooks import Notebook, discover, find_notebooks
from crm_analysis.reporting.order import Order
from crm_analysis.reporting.plan import make_plans
from crm_analysis.reporting.progress import said
from crm_analysis.reporting.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from crm_analysis.reporting.execute import Outcome
    from crm_analysis.reporting.plan import PeriodReport

#: How often the file is looked at besides, in milliseconds: a message about a change can be lost.
_LOOK, _DEBOUNCE = 1000, 200


def find(name: str) -> Notebook:
    """Return the notebook of a file, a file name or a name.

    Raises
    ------
    ParameterError
        There is none; names the nearest.
    """
    path = Path(name)
    folder = path.resolve().parent if path.is_file() else find_notebooks()
    found = {key: one for one in discover(folder) for key in (one.stem, one.path.stem, one.path.name)}
    if path.name not in found:
        stems = [one.stem for one in discover(folder)]
        raise ParameterError(
            f'There is no notebook "{name}".',
            f"Reports are called like 8_by_owner.ipynb; in {folder.name} there are {', '.join(stems)}.",
            nearest(path.stem, stems) or f"Make one: crm-analysis new {path.stem}",
        )
    return found[path.name]


@dataclass
class Preview:
    """A page to look at while its notebook is written.

    Parameters
    ----------
    notebook
        The notebook.
    period, data, lang
        What its parameters are to be; what is empty stays as the notebook says.
    out
        Folder of the page: not that of the reports.
    """

    notebook: Notebook
    period: str
    data: str
    lang: str
    out: Path

    def render(self) -> bool:
        """Make the page, running the notebook where more than its prose has changed; say how it went."""
        # what was read of the file before is not looked at again
        notebook = Notebook(self.notebook.number, self.notebook.stem, self.notebook.path)
        try:
            return self._render(notebook)
        except CrmAnalysisError as error:
            say(str(error))
            return False

    def _render(self, notebook: Notebook) -> bool:
        defaults = {name: str(parameter.default) for name, parameter in notebook.parameters.items()}
        data = self.data or defaults.get("data", "")
        settings = read_settings(data)
        lang = self.lang or defaults.get("lang", "")
        asked = self.period or defaults.get("period", "")
        period = resolve(asked, today_in(settings), settings.fiscal_year_starts)
        parse_range(period, settings.fiscal_year_starts)
        with speaking(lang or settings.language):
            values = {"lang": lang} if lang else {}
            order = Order(period, data, self.out, (notebook,), (notebook,), values)
            (report, *_) = run(make_plans(order), _Teller(), jobs=1)
            return self._told(report, notebook)

    def _told(self, report: PeriodReport, notebook: Notebook) -> bool:
        failed = [outcome for outcome in report.outcomes if outcome.status != "published"]
        if not failed:
            page = self.out / report.period / f"{notebook.stem}.html"
            click.echo(str(page if page.is_file() else report.page))
        return not failed

    def watch(self) -> None:
        """Make the page now and whenever the file is saved, until Ctrl-C."""
        from watchfiles import watch

        path = self.notebook.path
        with (
            suppress(KeyboardInterrupt),
            _interrupted() as ended,
            warm_process(ENVIRONMENT, package="crm_analysis"),
        ):
            seen = ""
            for _ in watch(
                path.parent,
                stop_event=ended,
                watch_filter=lambda _, changed: Path(changed).name == path.name,
                debounce=_DEBOUNCE,
                rust_timeout=_LOOK,
                yield_on_timeout=True,
                recursive=False,
            ):
                if (now := _digest(path)) and now != seen:
                    first, seen = not seen, now
                    self.render()
                    if first:
                        click.echo(tr("Waiting for {file} to be saved; Ctrl-C ends.").format(file=path.name))


class _Teller:
    """Says of a run what matters to who writes the notebook."""

    def ended(self, period: str, outcome: Outcome) -> None:
        """Say what went wrong."""
        if outcome.error:
            told = tr("{period} {report} failed: {cause}")
            say(printable(told.format(period=period, report=outcome.stem, cause=said(outcome))))

    def up_to_date(self, period: str) -> None:
        """Say nothing: the page that stands there is named."""


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """Tell of a Ctrl-C also where the exception got lost, as it does in the clean-up of an object."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()
        raise KeyboardInterrupt

    usual, told = signal.signal(signal.SIGINT, end), sys.unraisablehook
    sys.unraisablehook = lambda lost: None if lost.exc_type is KeyboardInterrupt else told(lost)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGINT, usual)
        sys.unraisablehook = told


def _digest(path: Path) -> str:
    """Hash the file; empty in the moment in which one version is put in place of another."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
