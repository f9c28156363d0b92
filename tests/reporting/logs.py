"""Read a log in logfmt the way a machine does, with nothing of ours."""

from __future__ import annotations

import json
import re

_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?: |$)')


def read_log(text: str) -> list[dict[str, str]]:
    """Return the fields of each line; a line with anything else in it is an error."""
    lines = text.splitlines()
    for line in lines:
        assert _FIELD.sub("", line) == "", line
    return [
        {name: json.loads(value) if value[:1] == '"' else value for name, value in _FIELD.findall(line)}
        for line in lines
    ]
