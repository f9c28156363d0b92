"""The command ``crm-analysis``. What a command needs is loaded when it runs: help comes at once."""

from __future__ import annotations

import os
import warnings
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from crm_analysis import __version__
from crm_analysis.errors import CrmAnalysisError, DataWarning, ParameterError, PeriodError, SourceError

if TYPE_CHECKING:
    from crm_analysis.reporting.period_run import PeriodReport

_DEMO = "data/demo"
#: More notebooks at a time than this ask for more memory than a laptop has to spare.
_MOST_JOBS = 4
_usual_warning = warnings.showwarning


class _Refusal(click.ClickException):
    """An error that the user can put right, shown in its parts and without a traceback."""


class _WrongUsage(_Refusal):
    exit_code = 2


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ParameterError, PeriodError) as error:
            raise _WrongUsage(str(error)) from error
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

    Exit codes: 0 all published, 1 a report failed or the data have errors, 2 wrong usage.
    """
    warnings.showwarning = _show_warning


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
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks at a time.  [default: cores, 4 at most]")
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
    from crm_analysis.reporting.parameters import read_typed

    today = date.today()  # noqa: DTZ011 - the day where the command is typed
    parse_range(resolve(period, today))
    everything = found.discover(found.find_notebooks())
    chosen = found.choose(everything, filter(None, only.split(",")))
    values = read_typed(given, [notebook.parameters for notebook in chosen])

    # what follows takes a second to load: it is known by now that the command can be read
    from crm_analysis.reporting.plan import Order, make_plans
    from crm_analysis.reporting.progress import Lines
    from crm_analysis.reporting.run import run

    _must_exist(data)
    _must_be_writable(out)
    values |= {"lang": lang} if lang else {}
    plans = make_plans(Order(period, data, out, everything, chosen, values, with_code, today))
    with Lines(len(plans) * len(chosen)) as watcher:
        reports = run(plans, watcher, jobs=jobs or min(os.cpu_count() or 1, _MOST_JOBS), force=force)
    _conclude(reports, out)


def _must_exist(data: str) -> None:
    """Tell a mistyped path, which is wrong usage, from data that have errors."""
    from crm_analysis.sources.places import locate

    try:
        locate(data)
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


def _conclude(reports: tuple[PeriodReport, ...], out: Path) -> None:
    click.echo(f"{reports[0].page if len(reports) == 1 else out / 'index.html'}")
    if not all(report.ok for report in reports):
        raise SystemExit(1)


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

    _must_exist(data)
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


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Write a warning about the data as a sentence, without the place in the code it comes from."""
    if issubclass(category, DataWarning):
        click.echo(f"Warning: {message}", err=True)
    else:
        _usual_warning(message, category, filename, lineno, file, line)
