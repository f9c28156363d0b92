"""Run reports: periods in their order, notebooks beside each other in kernels of their own."""

from __future__ import annotations

import signal
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from crm_analysis.reporting.due import look
from crm_analysis.reporting.forked import ENVIRONMENT, warm_process
from crm_analysis.reporting.kernel import OwnKernel
from crm_analysis.reporting.lock import alone
from crm_analysis.reporting.period_run import PeriodRun
from crm_analysis.reporting.plan import make_plans, unchanged
from crm_analysis.reporting.publish import is_behind
from crm_analysis.reporting.site import renew
from crm_analysis.reporting.sockets import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor
    from types import FrameType

    from crm_analysis.period import Period
    from crm_analysis.reporting.execute import Outcome
    from crm_analysis.reporting.plan import PeriodReport, Plan


_LOOK_SECONDS = 0.05
_TURN_SECONDS = 0.0005
#: Periods begun beside the one that is finished: while its summary waits for its turn, none may run out of
#: notebooks.
_BEGUN = 2


class Watcher(Protocol):
    """Who is told how the reports go."""

    def ended(self, period: str, outcome: Outcome) -> None:
        """Take note that one report ended."""

    def up_to_date(self, period: str) -> None:
        """Take note that nothing of a period has changed since it was published."""


def run(plans: Sequence[Plan], watcher: Watcher, *, jobs: int) -> tuple[PeriodReport, ...]:
    """Run and publish plans of one order, and renew the index of all periods.

    Parameters
    ----------
    plans
        What to do, a plan a period.
    watcher
        Told of each report.
    jobs
        How many notebooks run at a time.

    Returns
    -------
    tuple of PeriodReport
        In the order of the plans.

    Raises
    ------
    ReportError
        Something cannot be written; what was published before is whole.
    """
    order = plans[0].order
    with _ended_by_signal(), alone(order.out) as waited:
        sweep()
        # another run may have taken in newer data than were read here
        reports = _run(make_plans(order) if waited else plans, watcher, jobs)
        if is_behind(order.out):
            renew(order.out)
    return reports


def _run(plans: Sequence[Plan], watcher: Watcher, jobs: int) -> tuple[PeriodReport, ...]:
    done: dict[Period, PeriodReport] = {}
    begun: deque[PeriodRun] = deque()
    with ExitStack() as warm, _drivers(jobs) as pool:
        for plan in plans:
            # what is not remembered of the data is read beside the kernels of earlier periods
            found = look(plan)
            if not found:
                done[plan.period] = unchanged(plan, watcher)
                continue
            if found.needs_kernels:
                warm.enter_context(warm_process(ENVIRONMENT, package="crm_analysis"))  # one for all
            begun.append(PeriodRun(plan, pool))
            if len(begun) > _BEGUN:
                _finish(begun.popleft(), watcher, done)
        while begun:
            _finish(begun.popleft(), watcher, done)
    return tuple(done[plan.period] for plan in plans)


def _finish(running: PeriodRun, watcher: Watcher, done: dict[Period, PeriodReport]) -> None:
    done[running.plan.period] = running.finish(watcher.ended)


@contextmanager
def _drivers(jobs: int) -> Iterator[Executor]:
    """Open a pool of threads that drive kernels; where the run is broken off, no kernel is left.

    The work is done in the kernels: a thread waits and hands on what they say. It gets its turn soon while
    pages are made, so that its kernel does not wait with it.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    pool = ThreadPoolExecutor(jobs, "driver")
    try:
        yield pool
    except BaseException:
        ending = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
        ending.start()
        while ending.is_alive():  # a thread may be about to start one
            OwnKernel.kill_all()
            ending.join(_LOOK_SECONDS)
        raise
    finally:
        sys.setswitchinterval(usual)
    pool.shutdown()


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: it cleans up, publishes nothing more and says how it ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual, told = signal.signal(signal.SIGTERM, _end), sys.unraisablehook
    sys.unraisablehook = lambda lost: _hear_again(lost) or told(lost)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)
        sys.unraisablehook = told


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _hear_again(lost: sys.UnraisableHookArgs) -> bool:
    """Send a signal once more that came where nothing can be raised, such as in the clean-up of an import."""
    number = {KeyboardInterrupt: signal.SIGINT, SystemExit: signal.SIGTERM}.get(lost.exc_type)
    if number is None or not hasattr(signal, "pthread_kill"):  # Windows
        return False
    main = threading.main_thread().ident
    threading.Timer(_LOOK_SECONDS, signal.pthread_kill, (main, number)).start()
    return True
