"""Write ``data/README.md`` from the declaration of the canonical tables.

Run ``python -m crm_analysis.schema_doc > data/README.md`` after a change of ``schema.py``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crm_analysis.schema import TABLES
from crm_analysis.sources.config import MISSING
from crm_analysis.sources.places import FILE_SUFFIXES

if TYPE_CHECKING:
    from crm_analysis.schema import Column, Table

_INTRO = """\
# Data

Put exports here, one folder a company, and name the folder: `crm-analysis report 2026-10 --data data/ours`.
`demo/` is a made-up company in exactly these tables.

A folder needs no mapping where its files are named after the tables below ({suffixes}) and
its headings after their columns. Everything else is mapped by a `crm.toml` beside the files, without code;
`examples/` has three.

Either `deals` or `sales` is enough to begin with; `crm-analysis check --data data/ours` tells what was read,
what was set aside and why, and which analyses the data feed.

- **Bold** columns must be there. Extra columns are kept and can serve as dimensions.
- `_at` is a time (a bare day is midnight), `_on` a day. Ids are text, always.
- Money is in one currency. There are no rates: a mix is refused.
- These count as missing, whatever their case: {missing}.
  `missing = […]` under `[settings]` replaces the list.
- A row that cannot be right is set aside with file, line, column, value and reason. A row that points to a
  client, owner or product without a row of its own is kept and counted.
- A heading that an SQL expression of `crm.toml` calculates with, or compares with a number, is read as a
  number in the way its file writes numbers.
"""


def markdown() -> str:
    """Return the description of all canonical tables.

    Examples
    --------
    >>> "## deals" in markdown()
    True
    """
    missing = ", ".join(f"`{mark}`" for mark in MISSING if mark) + " and blank"
    intro = _INTRO.format(suffixes=", ".join(f"`{suffix}`" for suffix in FILE_SUFFIXES), missing=missing)
    return "\n".join([intro, *(_table(table) for table in TABLES.values())])


def _table(table: Table) -> str:
    lines = [f"## {table.name}", "", f"One row: {table.grain}. {table.meaning.capitalize()}.", ""]
    if table.key:
        lines.append(
            f"A second row with the same {', '.join(f'`{name}`' for name in table.key)} is set aside."
        )
    if table.one_of:
        lines.append(f"At least one of {', '.join(f'`{name}`' for name in table.one_of)} must be there.")
    lines += [f"Set aside: {rule.reason}." for rule in table.rules]
    lines += ["", "| column | type | meaning |", "|---|---|---|", *map(_column, table.columns), ""]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def _column(column: Column) -> str:
    name = f"**{column.name}**" if column.required else column.name
    notes = [column.unit] if column.unit else []
    if column.allowed:
        notes.append("one of " + ", ".join(f"`{value}`" for value in column.allowed))
    kind = f"{column.kind}, {', '.join(notes)}" if notes else column.kind
    return f"| {name} | {kind} | {column.meaning} |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
