"""The commands that make reports, and that say what they would make."""

from __future__ import annotations

import shlex
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crm_analysis.cli_errors import WrongUsage, of_file, say
from crm_analysis.errors import SourceError, printable
from crm_analysis.language import speaking, tr

if TYPE_CHECKING:
    from crm_analysis.reporting.plan import PeriodReport
    from crm_analysis.sources.config import Settings

_FOLDER = click.Path(file_okay=False, path_type=Path)
#: Options that several commands have.
data_option = click.option(
    "--data", default="data/demo", show_default=True, help="Folder of tables, or a crm.toml."
)
out_option = click.option(
    "--out", default="reports", show_default=True, type=_FOLDER, help="Folder of the reports."
)
lang_option = click.option(
    "--lang", default="", type=click.Choice(["", "en", "ru"]), help="Language; else the settings say."
)
_code_option = click.option("--with-code", is_flag=True, help="Show the code on the pages.")
_parameter_option = click.option(
    "-p", "--parameter", "given", type=(str, str), multiple=True, metavar="NAME VALUE",
    help="Another parameter of the notebooks, for example: -p compare_to same-last-year",
)  # fmt: skip


@click.command()
@click.argument("period")
@data_option
@out_option
@click.option("--only", default="", metavar="STEM,STEM", help="Only these reports, and the summary.")
@lang_option
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
@_code_option
@_parameter_option
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

    everything = found.discover(found.find_notebooks())
    chosen = found.choose(everything, filter(None, only.split(",")))
    values = read_typed(given, [notebook.parameters for notebook in chosen])

    settings = read_settings(data)
    today = today_in(settings)
    periods = resolve(period, today, settings.fiscal_year_starts)
    spans = parse_range(periods, settings.fiscal_year_starts)
    click.get_current_context().with_resource(speaking(lang or settings.language))
    _must_be_writable(out)
    if force or not all((out / one.text / "manifest.json").is_file() for one in spans):
        _warm_up()
    from crm_analysis.reporting.order import Order
    from crm_analysis.reporting.plan import make_plans, unchanged
    from crm_analysis.reporting.progress import watch
    from crm_analysis.reporting.publish import is_behind

    values |= {"lang": lang} if lang else {}
    limits = deadline, cell_deadline
    order = Order(period, data, out, everything, chosen, values, with_code, today, *limits, force=force)
    stems = [notebook.stem for notebook in chosen]
    with Telling(settings, periods, out) as told, watch(periods, len(spans), stems) as watcher:
        plans = make_plans(order)
        if any(not plan.is_up_to_date() for plan in plans) or is_behind(out):
            # what runs notebooks takes a second to load
            from crm_analysis.reporting.jobs import usual_jobs
            from crm_analysis.reporting.run import run

            told.reports = run(plans, watcher, jobs=jobs or usual_jobs())
        else:
            told.reports = tuple(unchanged(plan, watcher) for plan in plans)
        watcher.concluded(told.status, told.page)
    _conclude(told.reports, out)


def _warm_up() -> None:
    """Begin the process that kernels are forked from: it loads while the data are read."""
    from crm_analysis.reporting.forked import ENVIRONMENT, warm_process

    click.get_current_context().with_resource(warm_process(ENVIRONMENT, package="crm_analysis"))


def read_settings(data: str) -> Settings:
    """Read the settings alone: who is told of a failure has to be known before the data are read.

    A mistyped path is wrong usage, not data that have errors.
    """
    from crm_analysis.sources.places import locate, read_config

    try:
        place = locate(data)
    except SourceError as error:
        raise WrongUsage(str(error)) from error
    return read_config(place).settings


def today_in(settings: Settings) -> date:
    """Return the day it is for the company, wherever the machine stands.

    Here alone the clock decides what is reported: periods such as last-month depend on it.
    """
    return datetime.now(ZoneInfo(settings.timezone)).date()


def _must_be_writable(out: Path) -> None:
    """Find out before hours of work that reports cannot be put where they belong; leave nothing behind."""
    from tempfile import TemporaryDirectory

    place = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    try:
        with TemporaryDirectory(dir=place, prefix=".staging-"):
            pass
    except OSError as error:
        error.filename = str(out)
        raise WrongUsage(of_file(error)) from error


def _conclude(reports: tuple[PeriodReport, ...], out: Path) -> None:
    """Say on standard error what has to be put right; the last line of a log stays the page."""
    from crm_analysis.reporting.progress import said
    from crm_analysis.reporting.publish import failed_file

    wrong = [report for report in reports if not report.ok]
    for report in wrong:
        failed = [outcome for outcome in report.outcomes if outcome.status == "failed"]
        for outcome in failed:
            told = tr("{period} {report} failed: {cause}")
            say(told.format(period=report.period, report=outcome.stem, cause=said(outcome)))
            if (out / report.period / failed_file(outcome.stem)).is_file():
                elsewhere = [] if str(out) == "reports" else ["--out", str(out)]
                next_step = ["crm-analysis", "open-failed", report.period, outcome.stem, *elsewhere]
                say(f"    {shlex.join(next_step)}")
        if not failed:
            nothing = tr("{period}: nothing is published, the data can feed none of these reports.")
            say(nothing.format(period=report.period))
    if wrong:
        raise SystemExit(1)


@click.command()
@click.argument("period")
@click.argument("stem")
@data_option
@out_option
@lang_option
@_code_option
@_parameter_option
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
    from crm_analysis.reporting.order import Order
    from crm_analysis.reporting.parameters import read_typed
    from crm_analysis.reporting.plan import make_plans

    today = today_in(read_settings(data))
    everything = found.discover(found.find_notebooks())
    found.choose(everything, [stem])
    values = read_typed(given, [notebook.parameters for notebook in everything])
    values |= {"lang": lang} if lang else {}
    for plan in make_plans(Order(period, data, out, everything, everything, values, with_code, today)):
        click.echo(f"{plan.period.text}  {stem}  {printable(look(plan).told(stem))}")
