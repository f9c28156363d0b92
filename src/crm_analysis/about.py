"""The docstring of a result: its own, and what its analysis says of each table, for ``result?``."""

from __future__ import annotations

import inspect
import re
import sys

_SECTION = re.compile(r"^(\w[\w ]+)\n-{3,}\n", re.MULTILINE)


class Described:
    """A docstring put together when it is read: an analysis is defined below the class of its result.

    Parameters
    ----------
    own
        What the class says of itself.
    """

    def __init__(self, own: str) -> None:
        self._own = own

    def __get__(self, instance: object, owner: type) -> str:
        """Add the section ``Returns`` of the function ``analyze`` beside the class."""
        analyze = getattr(sys.modules.get(owner.__module__), "analyze", None)
        parts = _SECTION.split(inspect.getdoc(analyze) or "")
        told = dict(zip(parts[1::2], parts[2::2], strict=True)).get("Returns", "")
        return f"{self._own}\n\n{told}".strip()
