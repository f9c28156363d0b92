"""Find out how a delimited text file is laid out: delimiter, title lines, header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_analysis.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Delimiters looked for, in the order that decides between equals, and their names.
DELIMITERS = {";": "semicolon", "\t": "tab", "|": "bar", ",": "comma"}

_TITLE_LINES = 20  # the header is looked for in the first so many rows
_VALUE = re.compile(r"[\s€$£₽+(-]*\d[\d\s.,:/+()%TZ-]*")  # a number or a date, which no heading is


@dataclass(frozen=True)
class Dialect:
    """Layout of a delimited file.

    Parameters
    ----------
    delimiter
        The character between fields.
    header
        Cells of the header row.
    header_line, header_end
        First and last line of the header row, 1-based.
    """

    delimiter: str
    header: tuple[str, ...]
    header_line: int
    header_end: int


@dataclass(frozen=True)
class _Row:
    first: int
    last: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


def find_dialect(lines: Sequence[str], path: Path, delimiter: str | None = None) -> Dialect:
    """Tell the layout of a file from its first lines.

    The delimiter is the one that takes most rows apart into the same number of fields. The header is the
    first row that fills most of its fields; what stands above it are title lines.

    Parameters
    ----------
    lines
        The first lines of the file, with their line ends.
    path
        The file, for messages.
    delimiter
        What crm.toml says.

    Raises
    ------
    SourceError
        Where the file has no text, or the stated delimiter leaves one column though another would not.
    """
    found = _best_delimiter(lines)
    if delimiter is None:
        return _dialect(lines, found, path)
    delimiter = {name: mark for mark, name in DELIMITERS.items()}.get(delimiter, delimiter)
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise SourceError(
            f'"{delimiter}" cannot be a delimiter (for "{path}").',
            "A delimiter is one character, as ; or , or | or a tab.",
            "Correct `delimiter` in crm.toml, or leave it out: it is then found out.",
        )
    dialect = _dialect(lines, delimiter, path)
    if len(dialect.header) == 1 and len(_dialect(lines, found, path).header) > 1:
        raise SourceError(
            f'"{path}" taken apart at {_name(delimiter)} has one column only: "{dialect.header[0]}".',
            f"The file looks as if it were delimited by {_name(found)}.",
            f"Write delimiter = {found!r} in crm.toml, or leave it out.",
        )
    return dialect


def _name(delimiter: str) -> str:
    return f"{DELIMITERS.get(delimiter, 'the character')} ({delimiter!r})"


def _rows(lines: Sequence[str], delimiter: str) -> list[_Row]:
    """Take the sample apart; lenient, since a wrong delimiter makes nonsense of the quotes."""
    rows = []
    reader = csv.reader(lines, delimiter=delimiter)
    first = 1
    try:
        for cells in reader:
            row = _Row(first, reader.line_num, tuple(cells))
            first = reader.line_num + 1
            if row.filled:
                rows.append(row)
    except csv.Error:  # a field longer than csv allows: what was read so far has to do
        return rows
    return rows


def _width(rows: Sequence[_Row]) -> tuple[int, int]:
    """Give the most frequent number of fields and the rows that have it; the wider of equals."""
    counts = Counter(len(row.cells) for row in rows)
    return max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))


def _best_delimiter(lines: Sequence[str]) -> str:
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = _rows(lines, delimiter)
        width, times = _width(rows)
        if width > 1 and (score := (times / len(rows), width)) > best_score:
            best, best_score = delimiter, score
    return best


def _dialect(lines: Sequence[str], delimiter: str, path: Path) -> Dialect:
    rows = _rows(lines, delimiter)
    if not rows:
        raise SourceError(
            f'"{path}" holds nothing but blank lines.',
            "At least a header row is needed; a file with a header and no rows is allowed.",
            "Export the table again.",
        )
    row = rows[header_index([row.cells for row in rows])]
    return Dialect(delimiter, row.cells, row.first, row.last)


def header_index(rows: Sequence[Sequence[str]]) -> int:
    """Find the header among the first rows of a table, none of them blank; 0 where nothing is plain.

    Examples
    --------
    >>> header_index([["Deals of 2024"], ["id", "name", "amount"], ["1", "A", "20"]])
    1
    """
    sample = [_Row(0, 0, tuple(cells)) for cells in rows]
    width, _ = _width(sample)
    plain = (
        index
        for index, row in enumerate(sample[:_TITLE_LINES])
        if row.filled * 3 > width * 2 and (width == 1 or row.filled > 1)
    )
    index = next(plain, 0)
    if not any(_VALUE.fullmatch(cell.strip()) for cell in sample[index].cells):
        return index
    # the first full row is data already: the header is above it and has blank headings
    above = (
        at for at in range(index - 1, -1, -1) if len(sample[at].cells) == width and sample[at].filled > 1
    )
    return next(above, index)
