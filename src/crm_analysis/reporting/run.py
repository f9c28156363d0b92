"""Run reports: periods in their order, notebooks beside each other in processes of their own."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from crm_analysis.reporting.execute import ENVIRONMENT, begin_work
from crm_analysis.reporting.forked import warm_process
from crm_analysis.reporting.period_run import PeriodReport, PeriodRun
from crm_analysis.reporting.publish import move
from crm_analysis.reporting.site import render_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from crm_analysis.period import Period
    from crm_analysis.reporting.execute import Outcome
    from crm_analysis.reporting.plan import Plan


class Watcher(Protocol):
    """Who is told how the reports go."""

    def ended(self, period: str, outcome: Outcome) -> None:
        """Take note that one report ended."""

    def up_to_date(self, period: str) -> None:
        """Take note that nothing of a period has changed since it was published."""


def run(
    plans: Sequence[Plan], watcher: Watcher, *, jobs: int, force: bool = False
) -> tuple[PeriodReport, ...]:
    """Run and publish plans of one order, and renew the index of all periods.

    Parameters
    ----------
    plans
        What to do, a plan a period.
    watcher
        Told of each report.
    jobs
        How many notebooks run at a time.
    force
        Whether to run what is up to date, too.

    Returns
    -------
    tuple of PeriodReport
        In the order of the plans.
    """
    due: list[Plan] = []
    done: dict[Period, PeriodReport] = {}
    for plan in plans:
        if force or not plan.is_up_to_date():
            due.append(plan)
        else:
            done[plan.view.period] = _unchanged(plan, watcher)
    warm = warm_process(ENVIRONMENT, package="crm_analysis") if due else nullcontext()
    with warm, _processes(jobs) as pool:
        begun: deque[PeriodRun] = deque()
        for plan in due:
            begun.append(PeriodRun(plan, pool))
            if len(begun) > 1:  # the notebooks of one period run beside the summary of the one before
                _finish(begun.popleft(), watcher, done)
        while begun:
            _finish(begun.popleft(), watcher, done)
    if due:
        _write_index(due[0].order.out)
    return tuple(done[plan.view.period] for plan in plans)


def _finish(running: PeriodRun, watcher: Watcher, done: dict[Period, PeriodReport]) -> None:
    done[running.plan.view.period] = running.finish(watcher.ended)


class _Processes(ProcessPoolExecutor):
    """Processes that are deaf to Ctrl-C until they have loaded all they need: no traceback from an import."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call; a process it starts inherits that Ctrl-C is held back, and hears it again later."""
        with _held_back():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _held_back() -> Iterator[None]:
    """Hold Ctrl-C back for a moment: it is heard afterwards, where ignoring it would lose it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    """Open a pool of processes for notebooks, started anew: a fork would share the locks of busy threads."""
    context = multiprocessing.get_context("spawn")
    pool = _Processes(jobs, mp_context=context, initializer=begin_work)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _unchanged(plan: Plan, watcher: Watcher) -> PeriodReport:
    watcher.up_to_date(plan.view.period.text)
    return PeriodReport(plan.view.period.text, (), plan.page)


def _write_index(out: Path) -> None:
    with TemporaryDirectory(dir=out, prefix=".staging-") as staging:
        (Path(staging) / "index.html").write_text(render_index(out), encoding="utf-8")
        move(Path(staging), out, ["index.html"])
