"""The command ``crm-analysis``. What a command needs is loaded when it runs: help comes at once."""

from __future__ import annotations

import os
import warnings
from datetime import date
from functools import partial
from pathlib import Path

import click

from crm_analysis import __version__
from crm_analysis.cli_errors import Commands, show_warning
from crm_analysis.cli_report import (
    data_option,
    lang_option,
    out_option,
    read_settings,
    report,
    today_in,
    why,
)
from crm_analysis.errors import DataWarning
from crm_analysis.language import LANGUAGES


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crm-analysis")
def main() -> None:
    """Sales reports from any CRM export: notebooks run, checked and published as pages.

    Exit codes: 0 all published, 1 a report failed or the data have errors, 2 wrong usage, 75 the data are
    not ready yet: try again later.
    """
    warnings.showwarning = partial(show_warning, set())


main.add_command(report)
main.add_command(why)


@main.command()
@data_option
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

    read_settings(data)
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
@data_option
@click.pass_context
def lab(context: click.Context, data: str) -> None:
    """Open JupyterLab on a page that tells of the notebooks and of the data."""
    from click.core import ParameterSource

    from crm_analysis.lab import open_lab

    default = context.get_parameter_source("data") is ParameterSource.DEFAULT
    raise SystemExit(open_lab(data, default=default))


@main.command()
@click.argument("name")
@lang_option
def new(name: str, lang: str) -> None:
    """Make a notebook NAME of your own, with the parts that the others have.

    It gets the next number and runs at once; the report command publishes it with the others.
    """
    from crm_analysis.lab import own_notebooks
    from crm_analysis.language import speaking, tr
    from crm_analysis.new_notebook import make

    with speaking(lang or LANGUAGES[0]):
        path = make(own_notebooks(), name)
        told = tr("{path} is made. Its page: {command}")
        click.echo(told.format(path=os.path.relpath(path), command=f"crm-analysis preview {name}"))


@main.command()
@click.argument("notebook")
@click.option("--period", default="", help="Another than the notebook says.")
@click.option(
    "--data", default="", help="Other data than the notebook says: a folder of tables, or a crm.toml."
)
@lang_option
@click.option(
    "--out", default="reports/preview", show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the page.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Make the page and end, with exit code 1 where it failed.")
def preview(notebook: str, period: str, data: str, lang: str, out: Path, once: bool) -> None:
    """Make the page of one NOTEBOOK, and again whenever it is saved; Ctrl-C ends it.

    NOTEBOOK is a file, or the name of one: 5_deal_reasons.ipynb or deal_reasons.
    """
    from crm_analysis.preview import Preview, find

    asked = Preview(find(notebook), period, data, lang, out)
    if once:
        raise SystemExit(0 if asked.render() else 1)
    asked.watch()


@main.command()
@click.argument("period")
@click.argument("stem")
@data_option
@out_option
def open_failed(period: str, stem: str, data: str, out: Path) -> None:
    """Open in JupyterLab what a failed run of report STEM left, up to the cell that failed.

    It is a copy with the parameters of that run: what is to last is mended in the notebook itself.
    """
    from crm_analysis import lab
    from crm_analysis.period import resolve

    if resolve(period, date(2000, 1, 1)) != period:  # a relative one: which one that is the settings decide
        settings = read_settings(data)
        period = resolve(period, today_in(settings), settings.fiscal_year_starts)
    raise SystemExit(lab.open_failed(period, stem, out))
