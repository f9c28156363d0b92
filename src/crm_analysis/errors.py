"""Errors and warnings of the package.

Every error has three parts: what came in, what is allowed, what to do next.
All derive from :class:`CrmAnalysisError`: a caller catches them with one line and shows the message as it is.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class CrmAnalysisError(Exception):
    """Anything the user can put right; its message is meant for them.

    Parameters
    ----------
    what
        What came in: the value, where it stood, how many.
    allowed
        What would have been right.
    next_step
        What to type or to change next.
    """

    def __init__(self, what: str, allowed: str = "", next_step: str = "") -> None:
        self.what, self.allowed, self.next_step = what, allowed, next_step
        super().__init__("\n".join(part for part in (what, allowed, next_step) if part))


class PeriodError(CrmAnalysisError, ValueError):
    """A period that cannot be read, lies outside the data, or cannot be compared."""


class MappingError(CrmAnalysisError, ValueError):
    """A ``crm.toml`` that names a heading, value or key which does not exist."""


class SourceError(CrmAnalysisError):
    """A file or database that cannot be read."""


class DataError(CrmAnalysisError):
    """Data that were read but cannot be used: no rows, too many rejects, two currencies."""


class MissingTableError(CrmAnalysisError, LookupError):
    """An analysis needs a table or column that the data do not have."""


class ParameterError(CrmAnalysisError, ValueError):
    """A parameter of a notebook or function with a wrong name, type or value."""


class ReportError(CrmAnalysisError):
    """A report that could not be run or published."""


class NotReadyError(CrmAnalysisError):
    """The data do not reach the period's end yet, as the settings ask; later they may."""


class DataWarning(UserWarning):
    """Legal but suspicious input; also shown on the page."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Say which of the allowed names is meant, in a sentence; empty where nothing is near.

    Examples
    --------
    >>> nearest("reveneu", ["revenue", "orders"])
    'Did you mean "revenue"?'
    >>> nearest("xyz", ["revenue", "orders"])
    ''
    """
    names = {candidate.casefold(): candidate for candidate in allowed}
    match = get_close_matches(name.casefold(), names, n=1, cutoff=0.6)
    return f'Did you mean "{names[match[0]]}"?' if match else ""


def listed(values: Iterable[object], most: int = 3) -> str:
    """Join the first values for a message and count the rest.

    Examples
    --------
    >>> listed(["a", "b", "c", "d", "e"])
    '"a", "b", "c" and 2 more'
    """
    items = [f'"{value}"' for value in values]
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more" if rest > 0 else "")


def printable(text: str) -> str:
    r"""Write characters that a terminal or a log would act upon as escapes; new lines stay.

    Examples
    --------
    >>> print(printable("red \x1b[31m and \u202eright to left"))
    red \u001b[31m and \u202eright to left
    """
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
