"""How long the reports of a period take, beside a plain loop of papermill and nbconvert, and a bare script.

    python benchmarks/runner.py [--period 2026-10] [--data data/demo] [--rounds 3] [--months 36]

The plain loop starts papermill and nbconvert for each notebook, as a shell script would. The bare script runs
the code of the same notebooks in one process that has imported everything, and makes what they show, but
neither kernels, notebooks nor pages: no runner can be much faster on one core. Rounds take turns, because the
speed of a machine drifts; medians are printed, of the time by the clock and of that of the processors, which
depends less on what else the machine does. With ``--months`` the months up to the period are published in
one command. The plain loop of so many months is that of one, multiplied: it does the same for each, in
processes of its own. So that a history that grows does not count for one side only, the one month is the mean
of the first and the last; the bare script likewise. The memory is the most that all processes of one more run
have at a time, what they share counted once (Linux only).
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
BARE = "--bare"
#: Of each way, seconds by the clock and of the processors.
Times: TypeAlias = dict[str, tuple[float, float]]


def notebooks() -> list[Path]:
    """Return the notebooks, the summary last, since it reads what the others save."""
    first, *rest = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return [*rest, first]


def plain_loop(period: str, data: str, out: Path) -> None:
    for notebook in notebooks():
        done = out / notebook.name
        given = ["-p", "period", period, "-p", "data", data]
        run("-m", "papermill", "--no-progress-bar", str(notebook), str(done), *given, out=out)
        run("-m", "nbconvert", "--log-level=ERROR", "--to", "html", "--no-input", str(done), out=out)


def report(period: str, data: str, out: Path, *options: str) -> None:
    run(*command(period, data, out), *options, out=out)


def command(period: str, data: str, out: Path) -> list[str]:
    return ["-m", "crm_analysis", "report", period, "--data", data, "--out", str(out)]


def run(*arguments: str, out: Path) -> str:
    """Run this interpreter where the notebooks find the data, and return what it prints."""
    environment = {**os.environ, "CRM_ANALYSIS_OUT": str(out), "PYTHONWARNINGS": "ignore", "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def bare(period: str, data: str) -> tuple[float, float]:
    """Run the code of the notebooks in this process, imports left out; return both times."""
    import crm_analysis as crm

    for name in (*crm.__all__, *(f"plots.{name}" for name in crm.plots.__all__)):
        part: Any = crm
        for step in name.split("."):
            part = getattr(part, step)
    import statsmodels.api  # noqa: F401  # the analyses load it when they need it

    started = time.perf_counter(), time.process_time()
    for notebook in notebooks():
        run_cells(notebook, {"period": period, "data": data})
    return time.perf_counter() - started[0], time.process_time() - started[1]


def run_cells(notebook: Path, parameters: dict[str, str]) -> None:
    """Run the code cells of a notebook, and make what each would show."""
    names: dict[str, Any] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        code = ast.parse("".join(cell["source"]))
        shown = code.body.pop() if isinstance(code.body[-1], ast.Expr) else None
        exec(compile(code, notebook.name, "exec"), names)
        if "parameters" in cell["metadata"].get("tags", ()):
            names |= parameters
        if isinstance(shown, ast.Expr):
            value = eval(compile(ast.Expression(shown.value), notebook.name, "eval"), names)
            for show in ("_repr_mimebundle_", "_repr_html_"):
                if hasattr(value, show):
                    getattr(value, show)()
                    break


def peak_memory(call: Callable[[], object]) -> float:
    """Return the most megabytes that the processes begun by a call have at a time."""
    most, ended = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not ended.wait(0.1):
            most = max(most, sum(map(proportional, descendants(os.getpid()))))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        call()
    finally:
        ended.set()
        looking.join()
    return most / 1024


def descendants(process: int) -> list[int]:
    try:
        told = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:  # it has ended
        return []
    children = [int(number) for text in told for number in text.split()]
    return [*children, *(inner for child in children for inner in descendants(child))]


def proportional(process: int) -> int:
    """Return the kilobytes of a process; what n processes share counts as an nth part of each."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def months_to(period: str, count: int) -> str:
    year, month = map(int, period.split("-"))
    first = year * 12 + month - count
    return f"{first // 12}-{first % 12 + 1:02}..{period}"


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that a call takes by the clock, and those of the processors for what it starts."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return time.perf_counter() - started, busy


def measure(period: str, data: str, rounds: int, place: Path) -> Times:
    """Return the medians of each way's times."""
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(rounds):
        ours = place / f"ours-{number}"
        taken["plain loop"].append(time_plain_loop(period, data, place / f"plain-{number}"))
        taken["report"].append(timed(lambda out=ours: report(period, data, out, "--force")))
        taken["nothing changed"].append(timed(lambda out=ours: report(period, data, out)))
        taken["bare script"].append(time_bare_script(period, data, place / f"bare-{number}"))
    return {way: (median(t[0] for t in times), median(t[1] for t in times)) for way, times in taken.items()}


def time_plain_loop(period: str, data: str, out: Path) -> tuple[float, float]:
    out.mkdir()
    return timed(lambda: plain_loop(period, data, out))


def time_bare_script(period: str, data: str, out: Path) -> tuple[float, float]:
    out.mkdir()
    clock, busy = run(__file__, "--period", period, "--data", data, BARE, out=out).split()
    return float(clock), float(busy)


def measure_months(last: str, count: int, data: str, taken: Times, place: Path) -> tuple[str, Times]:
    """Return the months up to one, and each way's times for all of them."""
    span = months_to(last, count)
    first, months = span.partition("..")[0], place / "months"
    of_first = {
        "plain loop": time_plain_loop(first, data, place / "plain first"),
        "bare script": time_bare_script(first, data, place / "bare first"),
    }
    plain, again = (
        tuple(count * (one + other) / 2 for one, other in zip(of_first[way], taken[way], strict=True))
        for way in of_first
    )
    ours = timed(lambda: report(span, data, months, "--force"))
    return span, {"plain loop": plain, "report": ours, "bare script": again}


def show(title: str, taken: Times) -> None:
    print(title)
    print(f"  {'':32}{'clock, s':>10}{'processors, s':>15}")
    for way, (clock, busy) in taken.items():
        print(f"  {way:32}{clock:10.1f}{busy:15.1f}")
    for one, other in (("plain loop", "report"), ("report", "bare script")):
        clock, busy = (a / b for a, b in zip(taken[one], taken[other], strict=True))
        print(f"  {f'{one} / {other}':32}{clock:10.2f}{busy:15.2f}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--period", default="2026-10", help="a month")
    parser.add_argument("--data", default="data/demo")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--months", type=int, default=0, help="publish so many months, too")
    parser.add_argument(BARE, action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bare:
        print(*bare(asked.period, asked.data))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run("-m", "crm_analysis", "check", "--data", asked.data, out=place)  # data are read once, then kept
        taken = measure(asked.period, asked.data, asked.rounds, place)
        title = (
            f"{len(notebooks())} notebooks, {asked.period}, {os.cpu_count()} cores, median of {asked.rounds}"
        )
        show(title, taken)
        if sys.platform == "linux":
            most = peak_memory(lambda: report(asked.period, asked.data, place / "memory", "--force"))
            print(f"  {'memory of the whole run, MB':32}{most:10.0f}")
        if asked.months:
            show(*measure_months(asked.period, asked.months, asked.data, taken, place))


if __name__ == "__main__":
    main()
