"""The command ``crm-analysis``. What a command needs is loaded when it runs: help comes at once."""

from __future__ import annotations

import warnings
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from crm_analysis import __version__
from crm_analysis.errors import (
    CrmAnalysisError,
    DataWarning,
    NotReadyError,
    ParameterError,
    PeriodError,
    SourceError,
    printable,
)  # fmt: skip
from crm_analysis.language import speaking, tr

if TYPE_CHECKING:
    from crm_analysis.reporting.plan import PeriodReport
    from crm_analysis.sources.config import Settings

_DEMO = "data/demo"
_usual_warning = warnings.showwarning


class _Refusal(click.ClickException):
    """An error that the user can put right, shown in its parts and without a traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class _WrongUsage(_Refusal):
    exit_code = 2


class _NotReady(_Refusal):
    exit_code = 75  # the code by which schedulers and mail programs mean "try again later"


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ParameterError, PeriodError) as error:
            raise _WrongUsage(str(error)) from error
        except NotReadyError as error:
            raise _NotReady(str(error)) from error
        except CrmAnalysisError as error:
            raise _Refusal(str(error)) from error
        except OSError as error:
            if error.filename is None:  # no file of the user's: an error of the package
                raise
            raise _Refusal(_of_file(error)) from error


def _of_file(error: OSError) -> str:
    return (
        f'"{error.filename}" cannot be written or read: {error.strerror}.\n'
        "The folder has to exist or be makeable, be writable by you, and have room.\n"
        "Name another folder, or free this one."
    )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crm-analysis")
def main() -> None:
    """Sales reports from any CRM export: notebooks run, checked and published as pages.

    Exit codes: 0 all published, 1 a report failed or the data have errors, 2 wrong usage, 75 the data are
    not ready yet: try again later.
    """
    warnings.showwarning = partial(_show_warning, set())


@main.command()
@click.argument("period")
@click.option("--data", default=_DEMO, show_default=True, help="Folder of tables, or a crm.toml.")
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the reports.",
)  # fmt: skip
@click.option("--only", default="", metavar="STEM,STEM", help="Only these reports, and the summary.")
@click.option(
    "--lang", default="", type=click.Choice(["", "en", "ru"]), help="Language; else the settings say."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Notebooks at a time.  [default: as cores and memory allow]"
)
@click.option(
    "--deadline", default=30.0, show_default=True, type=click.FloatRange(0, min_open=True), metavar="MINUTES",
    help="A report that takes longer is stopped.",
)  # fmt: skip
@click.option(
    "--cell-deadline", type=click.FloatRange(0, min_open=True), metavar="MINUTES",
    help="The same for each cell.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Run also what is up to date.")
@click.option("--with-code", is_flag=True, help="Show the code on the pages.")
@click.option(
    "-p", "--parameter", "given", type=(str, str), multiple=True, metavar="NAME VALUE",
    help="Another parameter of the notebooks, for example: -p compare_to same-last-year",
)  # fmt: skip
def report(
    period: str,
    data: str,
    out: Path,
    only: str,
    lang: str,
    jobs: int | None,
    deadline: float,
    cell_deadline: float | None,
    force: bool,
    with_code: bool,
    given: tuple[tuple[str, str], ...],
) -> None:
    """Run the notebooks of a PERIOD and publish their pages.

    PERIOD is 2026, 2026-H1, 2026-Q3, 2026-10, 2026-W42, 2026-07-01..2026-09-30, a range of these such as
    2024-01..2026-10, or last-month, last-quarter, last-year, last-week.
    """
    from crm_analysis.period import parse_range, resolve
    from crm_analysis.reporting import notebooks as found
    from crm_analysis.reporting.conclusion import Telling
    from crm_analysis.reporting.parameters import read_typed

    today = date.today()  # noqa: DTZ011 - the day where the command is typed
    texts = [one.text for one in parse_range(resolve(period, today))]
    everything = found.discover(found.find_notebooks())
    chosen = found.choose(everything, filter(None, only.split(",")))
    values = read_typed(given, [notebook.parameters for notebook in chosen])

    settings = _settings(data)
    click.get_current_context().with_resource(speaking(lang or settings.language))
    _must_be_writable(out)
    if force or not all((out / text / "manifest.json").is_file() for text in texts):
        _warm_up()
    from crm_analysis.reporting.plan import Order, make_plans, unchanged
    from crm_analysis.reporting.progress import watch
    from crm_analysis.reporting.publish import is_behind

    values |= {"lang": lang} if lang else {}
    limits = deadline, cell_deadline
    order = Order(period, data, out, everything, chosen, values, with_code, today, *limits, force=force)
    periods = order.absolute(settings.fiscal_year_starts)
    count = len(parse_range(periods, settings.fiscal_year_starts))
    with Telling(settings, periods, out) as told, watch(periods, count, [n.stem for n in chosen]) as watcher:
        plans = make_plans(order)
        if any(not plan.is_up_to_date() for plan in plans) or is_behind(out):
            # what runs notebooks takes a second to load
            from crm_analysis.reporting.jobs import usual_jobs
            from crm_analysis.reporting.run import run

            told.reports = run(plans, watcher, jobs=jobs or usual_jobs())
        else:
            told.reports = tuple(unchanged(plan, watcher) for plan in plans)
        watcher.concluded(told.status, told.page)
    _conclude(told.reports)


def _warm_up() -> None:
    """Begin the process that kernels are forked from: it loads while the data are read."""
    from crm_analysis.reporting.forked import ENVIRONMENT, warm_process

    click.get_current_context().with_resource(warm_process(ENVIRONMENT, package="crm_analysis"))


def _settings(data: str) -> Settings:
    """Read the settings alone: who is told of a failure has to be known before the data are read."""
    from crm_analysis.sources.places import read_config

    return read_config(_existing(data)).settings


def _existing(data: str) -> Path:
    """Tell a mistyped path, which is wrong usage, from data that have errors."""
    from crm_analysis.sources.places import locate

    try:
        return locate(data)
    except SourceError as error:
        raise _WrongUsage(str(error)) from error


def _must_be_writable(out: Path) -> None:
    """Find out before hours of work that reports cannot be put where they belong; leave nothing behind."""
    from tempfile import TemporaryDirectory

    place = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    try:
        with TemporaryDirectory(dir=place, prefix=".staging-"):
            pass
    except OSError as error:
        error.filename = str(out)
        raise _WrongUsage(_of_file(error)) from error


def _conclude(reports: tuple[PeriodReport, ...]) -> None:
    """Say on standard error what has to be put right; the last line of a log stays the page."""
    from crm_analysis.reporting.progress import said

    wrong = [report for report in reports if not report.ok]
    for report in wrong:
        failed = [outcome for outcome in report.outcomes if outcome.status == "failed"]
        for outcome in failed:
            told = tr("{period} {report} failed: {cause}")
            _say(told.format(period=report.period, report=outcome.stem, cause=said(outcome)))
        if not failed:
            nothing = tr("{period}: nothing is published, the data can feed none of these reports.")
            _say(nothing.format(period=report.period))
    if wrong:
        raise SystemExit(1)


def _say(sentence: str) -> None:
    click.echo(printable(sentence), err=True)


@main.command()
@click.argument("period")
@click.argument("stem")
@click.option("--data", default=_DEMO, show_default=True, help="Folder of tables, or a crm.toml.")
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the reports.",
)  # fmt: skip
@click.option(
    "--lang", default="", type=click.Choice(["", "en", "ru"]), help="Language; else the settings say."
)
@click.option("--with-code", is_flag=True, help="Show the code on the pages.")
@click.option(
    "-p", "--parameter", "given", type=(str, str), multiple=True, metavar="NAME VALUE",
    help="Another parameter of the notebooks, as for report.",
)  # fmt: skip
def why(
    period: str,
    stem: str,
    data: str,
    out: Path,
    lang: str,
    with_code: bool,
    given: tuple[tuple[str, str], ...],
) -> None:
    """Say what a report command would do for one report STEM of a PERIOD, and what has changed."""
    from crm_analysis.reporting import notebooks as found
    from crm_analysis.reporting.due import look
    from crm_analysis.reporting.parameters import read_typed
    from crm_analysis.reporting.plan import Order, make_plans

    _existing(data)
    everything = found.discover(found.find_notebooks())
    found.choose(everything, [stem])
    values = read_typed(given, [notebook.parameters for notebook in everything])
    values |= {"lang": lang} if lang else {}
    today = date.today()  # noqa: DTZ011 - the day where the command is typed
    for plan in make_plans(Order(period, data, out, everything, everything, values, with_code, today)):
        click.echo(f"{plan.period.text}  {stem}  {printable(look(plan).told(stem))}")


@main.command()
@click.option("--data", default=_DEMO, show_default=True, help="Folder of tables, or a crm.toml.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every row set aside to this CSV file.",
)
def check(data: str, rejects: Path | None) -> None:
    """Say what was read, kept and set aside, and why; and which analyses the data can feed."""
    from rich.console import Console

    from crm_analysis.sources import open_source
    from crm_analysis.sources.check import render, write_rejects

    _existing(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # they stand in the account below
        source = open_source(data, strict=False)
    render(source, Console(highlight=False))
    if rejects is not None:
        click.echo(f"{write_rejects(source.audit, rejects):,} rows set aside are in {rejects}.")
    if source.audit.over_limit:
        raise SystemExit(1)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, help="Another company for every number.")
@click.option("--deals", type=click.IntRange(min=1), help="How many deals.")
def demo(folder: Path, seed: int | None, deals: int | None) -> None:
    """Write a made-up company of any size to DIR."""
    from crm_analysis.demo import DEALS, SEED, write_demo

    write_demo(folder, seed=SEED if seed is None else seed, deals=deals or DEALS)
    click.echo(f"A made-up company is in {folder}; what is true of it is in {folder / 'TRUTH.md'}.")


@main.command()
def lab() -> None:
    """Open JupyterLab on the notebooks."""
    from crm_analysis.lab import open_lab

    raise SystemExit(open_lab())


@main.command()
@click.argument("period")
@click.argument("stem")
@click.option(
    "--out", default="reports", show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the reports.",
)  # fmt: skip
def open_failed(period: str, stem: str, out: Path) -> None:
    """Open in JupyterLab what a failed run of report STEM left, up to the cell that failed.

    It is a copy with the parameters of that run: what is to last is mended in the notebook itself.
    """
    from crm_analysis import lab
    from crm_analysis.period import resolve

    raise SystemExit(lab.open_failed(resolve(period, date.today()), stem, out))  # noqa: DTZ011 - as above


def _show_warning(
    shown: set[str],
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Write a warning about the data once, as a sentence without the place in the code it comes from."""
    if issubclass(category, DataWarning):
        if str(message) not in shown:
            shown.add(str(message))
            _say(f"Warning: {message}")
    else:
        _usual_warning(message, category, filename, lineno, file, line)
