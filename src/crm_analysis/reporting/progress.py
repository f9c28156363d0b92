"""How reports go, for the eyes of an operator: a bar in a terminal, plain lines in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from crm_analysis.reporting.execute import Outcome

_STYLES = {"published": "green", "failed": "bold red", "left_out": "yellow"}
_WIDTH = 20


class Lines:
    """One line a report as it ends; in a terminal also a bar.

    Parameters
    ----------
    total
        How many reports there are.
    console
        Where to write.
    """

    def __init__(self, total: int, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
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
        line = Text(f"{period}  {outcome.stem:<{_WIDTH}} ")
        line.append(outcome.status.replace("_", " "), style=_STYLES[outcome.status])
        line.append(f"  {outcome.seconds:.1f} s" if outcome.seconds else "")
        if outcome.error:
            where = f"cell {outcome.cell}: " if outcome.cell else ""
            line.append(f"  {where}{outcome.error}")
        self._say(line, 1)

    def up_to_date(self, period: str) -> None:
        """Write that nothing of a period has changed."""
        self._say(Text(f"{period}  up to date; --force runs it again"), 0)

    def _say(self, line: Text, done: int) -> None:
        self._console.print(line, soft_wrap=True)
        self._bar.advance(self._task, done)
