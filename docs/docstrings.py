"""Docstrings as pages show them: what they say for numpydoc, in Markdown."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

#: A role of Sphinx before a name in backticks.
_ROLE = re.compile(r":(?:func|class|meth|mod|attr|data):(?=`)`~?([^`]+)`")
#: A table of a result and, set in, what it holds.
_TERM = re.compile(r"^( +)(``[\w, `]+``)\n((?:\1 {4}.*\n?)+)", re.MULTILINE)


class Markdown(Extension):
    """Turns roles into names and definitions into lists."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class or function."""
        if obj.docstring:
            plain = _ROLE.sub(r"`\1`", obj.docstring.value)
            obj.docstring.value = _TERM.sub(_item, plain)


def _item(found: re.Match[str]) -> str:
    indent, term, text = found.groups()
    told = " ".join(line.strip() for line in text.splitlines())
    return f"\n{indent}- {term}: {told}\n"
