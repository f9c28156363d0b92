"""How the command ends and what it says where something is wrong: no traceback, and the exit codes."""

from __future__ import annotations

import warnings
from typing import Any, TextIO

import click

from crm_analysis.errors import (
    CrmAnalysisError,
    DataWarning,
    NotReadyError,
    ParameterError,
    PeriodError,
    printable,
)

_usual_warning = warnings.showwarning


class Refusal(click.ClickException):
    """An error that the user can put right, shown in its parts and without a traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class WrongUsage(Refusal):
    """The command was not typed as it has to be."""

    exit_code = 2


class NotReady(Refusal):
    """The data do not reach far enough yet."""

    exit_code = 75  # the code by which schedulers and mail programs mean "try again later"


class Commands(click.Group):
    """Commands that end as the contract says, whatever is wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error of the user's becomes a refusal."""
        try:
            return super().invoke(ctx)
        except (ParameterError, PeriodError) as error:
            raise WrongUsage(str(error)) from error
        except NotReadyError as error:
            raise NotReady(str(error)) from error
        except CrmAnalysisError as error:
            raise Refusal(str(error)) from error
        except OSError as error:
            if error.filename is None:  # no file of the user's: an error of the package
                raise
            raise Refusal(of_file(error)) from error


def of_file(error: OSError) -> str:
    """Say what is wrong with a file of the user's."""
    return (
        f'"{error.filename}" cannot be written or read: {error.strerror}.\n'
        "The folder has to exist or be makeable, be writable by you, and have room.\n"
        "Name another folder, or free this one."
    )


def say(sentence: str) -> None:
    """Write a sentence to standard error."""
    click.echo(printable(sentence), err=True)


def show_warning(
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
            say(f"Warning: {message}")
    else:
        _usual_warning(message, category, filename, lineno, file, line)
