"""How reports go, for the eyes of an operator: lines and a bar in a terminal; elsewhere a log for machines.

The log is one line a report in logfmt, ``key=value`` with blanks between, and one for the whole run::

    time=2026-11-01T05:00:09Z level=info period=2026-10 report=customer_abc status=published seconds=4.2
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import TYPE_CHECKING, Self

from crm_analysis.errors import printable
from crm_analysis.language import msg, tr
from crm_analysis.reporting.conclusion import cause_of, status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from rich.console import Console

    from crm_analysis.reporting.execute import Outcome

_STYLES = {"published": "green", "failed": "bold red", "left_out": "yellow"}
#: How a report ended, as people read it; a log keeps the words of the code.
_STATUSES = {"published": msg("published"), "failed": msg("failed"), "left_out": msg("left out")}
_LEVELS = {"failed": logging.ERROR, "left_out": logging.WARNING, "not_ready": logging.WARNING}
_WIDTH = 20


def watch(periods: str, count: int, stems: Sequence[str]) -> Lines | Log:
    """Return who is told of a run: a terminal sees lines and a bar, anything else gets a log.

    Parameters
    ----------
    periods
        The periods of the run, absolute, as one text.
    count
        How many periods these are.
    stems
        The reports of each.
    """
    return Lines(count * len(stems), len(stems)) if sys.stdout.isatty() else Log(periods, stems)


class Lines:
    """One line a report as it ends, and a bar below them.

    Parameters
    ----------
    total
        How many reports there are.
    each
        How many a period has.
    console
        Where to write.
    """

    def __init__(self, total: int, each: int = 0, console: Console | None = None) -> None:
        from rich import progress
        from rich.console import Console

        self._each = each
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("reports", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def ended(self, period: str, outcome: Outcome) -> None:
        """Write how one report ended."""
        cause = f"  {said(outcome)}" if outcome.error else ""
        took = f"  {tr('{seconds:.1f} s').format(seconds=outcome.seconds)}" if outcome.seconds else ""
        style = _STYLES.get(outcome.status, "")
        start = f"{period}  {outcome.stem:<{_WIDTH}} "
        self._say(start, tr(_STATUSES[outcome.status]), style, took + printable(cause), done=1)

    def up_to_date(self, period: str) -> None:
        """Write that nothing of a period has changed."""
        self._say(f"{period}  {tr('up to date; --force runs it again')}", done=self._each)

    def concluded(self, status: str, page: Path) -> None:  # noqa: ARG002 - the lines above tell it
        """Write where a reader begins."""
        self._say(str(page), done=0)

    def _say(self, start: str, status: str = "", style: str = "", rest: str = "", *, done: int) -> None:
        from rich.text import Text

        self._console.print(Text.assemble(start, (status, style), rest), soft_wrap=True)
        self._bar.advance(self._task, done)


class Log:
    """One line a report as it ends, and one for the whole run, in logfmt on standard output.

    Parameters
    ----------
    periods
        The periods of the run, absolute, as one text.
    stems
        The reports of each.
    """

    def __init__(self, periods: str, stems: Sequence[str]) -> None:
        self._periods, self._stems = periods, stems
        self._told: dict[str, set[str]] = {}
        self._log = logging.getLogger("crm_analysis.report")
        self._log.setLevel(logging.INFO)
        self._log.propagate = False
        self._handler = _Standard(sys.stdout)
        written = logging.Formatter("time=%(asctime)s level=%(lowered)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        written.converter = time.gmtime
        self._handler.setFormatter(written)

    def __enter__(self) -> Self:
        self._log.addHandler(self._handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self._write(period=self._periods, status=status_of(error), cause=cause_of(error))
        self._log.removeHandler(self._handler)

    def ended(self, period: str, outcome: Outcome) -> None:
        """Write how one report ended."""
        took = {"seconds": f"{outcome.seconds:.1f}"} if outcome.seconds else {}
        cell = {"cell": outcome.cell} if outcome.cell else {}
        cause = {"cause": outcome.error} if outcome.error else {}
        self._told.setdefault(period, set()).add(outcome.stem)
        self._write(period=period, report=outcome.stem, status=outcome.status, **took, **cell, **cause)

    def up_to_date(self, period: str) -> None:
        """Write that nothing of a period has changed."""
        for stem in self._stems:
            self._write(period=period, report=stem, status="up_to_date")

    def concluded(self, status: str, page: Path) -> None:
        """Write which reports needed no run, how the whole run ended, and where a reader begins."""
        for period, told in self._told.items():
            for stem in (stem for stem in self._stems if stem not in told):
                self._write(period=period, report=stem, status="up_to_date")
        self._write(period=self._periods, status=status, page=page)

    def _write(self, status: str, **fields: object) -> None:
        level = _LEVELS.get(status, logging.INFO)
        before = {name: fields.pop(name) for name in ("period", "report") if name in fields}
        self._log.log(
            level,
            logfmt(**before, status=status, **fields),
            extra={"lowered": logging.getLevelName(level).lower()},
        )


class _Standard(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to a stream; a reader who hung up ends the command instead of a traceback a line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - as logging calls it
        raise


def logfmt(**fields: object) -> str:
    r"""Write fields as ``key=value``; what holds blanks, quotes or control characters is quoted as in JSON.

    Examples
    --------
    >>> logfmt(report="open_deals", cell=5, cause='no "amount"\n')
    'report=open_deals cell=5 cause="no \\"amount\\"\\n"'
    """
    return " ".join(f"{name}={_value(str(value))}" for name, value in fields.items())


def _value(text: str) -> str:
    if text.isprintable() and re.fullmatch(r'[^\s"=\\]+', text):
        return text
    return printable(json.dumps(text, ensure_ascii=False))


def said(outcome: Outcome) -> str:
    """Say why a report was not published: the cell, where one failed, and the cause."""
    if not outcome.cell:
        return outcome.error
    return tr("cell {n}").format(n=outcome.cell) + f": {outcome.error}"
