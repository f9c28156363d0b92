"""Read a CSV or TSV file of any dialect: fast where it is regular, line by line where it is not."""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from crm_analysis.errors import SourceError, listed
from crm_analysis.sources.dialect import DELIMITERS, Dialect, find_dialect
from crm_analysis.sources.encoding import Encoding, find_encoding, in_other_encoding, name_of
from crm_analysis.sources.raw import Problem, RawTable, headings, schema_of, shown, store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

_SAMPLE_LINES = 500
_BLOCK_LINES = 10_000
_MOST_LINES = 500  # of one row; a quote open for longer was never meant to be one
_QUOTE = '"'


def read_delimited(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    relation: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> RawTable:
    """Read a delimited text file; see :func:`crm_analysis.sources.files.read_file`."""
    found = find_encoding(path, encoding)
    with path.open(encoding=found.codec, errors=found.errors, newline="") as file:
        sample = list(islice(file, _SAMPLE_LINES))
    dialect = find_dialect(sample, path, delimiter)
    header = "".join(sample[dialect.header_line - 1 : dialect.header_end])
    if in_other_encoding(header, found):
        raise SourceError(
            f'The headings of "{path}" cannot be read as {found.text}: {shown(header)}',
            "Headings and rows have to be in one encoding.",
            'State it in crm.toml, as encoding = "cp1251", or save the file as UTF-8.',
        )
    facts = _facts(found, dialect, sample)
    columns = headings(dialect.header, path, facts)
    with path.open(encoding=found.codec, errors=found.errors, newline="") as file:
        rows = _Rows(file, found, dialect, header.rstrip("\r\n"), columns)
        store(con, relation, rows.schema, rows.batches())
    return RawTable(relation, columns, rows.rows, facts | rows.facts(), tuple(rows.problems))


def _facts(encoding: Encoding, dialect: Dialect, sample: Sequence[str]) -> dict[str, str]:
    facts = {
        "kind": "text",
        "encoding": encoding.text,
        "delimiter": DELIMITERS.get(dialect.delimiter, dialect.delimiter),
        "header": f"line {dialect.header_line}",
    }
    titles = [line.strip() for line in sample[: dialect.header_line - 1] if line.strip()]
    if titles:
        facts["title lines above the header"] = listed(titles)
    return facts


class _Rows:
    """The rows below the header, in batches; counts what it meets on the way.

    A block of lines without irregularities goes to Arrow's reader as a whole. Any other is taken apart row
    by row, which is some ten times slower and knows the line and the reason of everything it sets aside.
    """

    def __init__(
        self, lines: Iterator[str], encoding: Encoding, dialect: Dialect, header: str, columns: Sequence[str]
    ) -> None:
        self.lines, self.encoding, self.delimiter = lines, encoding, dialect.delimiter
        self.header = tuple(cell.strip() for cell in dialect.header)
        self.header_text = header
        self.width = len(columns)
        self.schema = schema_of(columns)
        self.line = dialect.header_end  # the last line read
        self.rows = self.blank = self.trailing = self.spanning = 0
        self.problems: list[Problem] = []
        mark = re.escape(self.delimiter)
        self._blank_line = re.compile(rf'(?m)^[{mark}"\s]*?\n|^[{mark}"\s]+\Z')
        self._odd_quote = re.compile(rf'[^{mark}\n"]"[^{mark}\r\n"]')
        self._arrow_options = {
            "read_options": arrow_csv.ReadOptions(column_names=columns, use_threads=False, block_size=2**30),
            "parse_options": arrow_csv.ParseOptions(delimiter=self.delimiter, quote_char=_QUOTE),
            "convert_options": arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        }

    def facts(self) -> dict[str, str]:
        """Tell what was met on the way, once all batches are read."""
        facts = {}
        if self.blank:
            facts["blank lines"] = str(self.blank)
        if self.trailing:
            facts["rows ending in extra delimiters"] = str(self.trailing)
        if self.spanning:
            facts["rows spanning several lines"] = str(self.spanning)
        if self.encoding.other:
            facts["lines in another encoding"] = f"set aside; they look like {name_of(self.encoding.other)}"
        return facts

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the good rows as Arrow batches, line number first."""
        for _ in islice(self.lines, self.line):
            pass
        while block := list(islice(self.lines, _BLOCK_LINES)):
            batch = self._regular(block)
            yield batch if batch is not None else self._careful(block)

    def _regular(self, block: list[str]) -> pa.RecordBatch | None:
        """Read a block in one go; None where anything about it is out of the ordinary."""
        text = "".join(block)
        if self.header_text in text or self._blank_line.search(text) or self._foreign(block, text):
            return None
        if _QUOTE in text:
            if self._odd_quote.search(text) or any(line.count(_QUOTE) % 2 for line in block):
                return None
        elif any(line.count(self.delimiter) != self.width - 1 for line in block):
            return None
        try:
            table = arrow_csv.read_csv(pa.BufferReader(text.encode()), **self._arrow_options)
        except pa.ArrowInvalid:  # a row with too few or too many fields; found and named row by row
            return None
        if table.num_rows != len(block):
            return None
        numbers = pa.array(np.arange(self.line + 1, self.line + 1 + len(block)))
        self.line += len(block)
        self.rows += len(block)
        columns = [column.combine_chunks() for column in table.columns]
        return pa.record_batch([numbers, *columns], schema=self.schema)

    def _foreign(self, block: Sequence[str], text: str) -> bool:
        if text.isascii() or (self.encoding.codec.startswith("utf-8") and not self.encoding.other):
            return False
        if self.encoding.other == "utf-8":  # a line may be UTF-8 although the block as a whole is not
            return any(in_other_encoding(line, self.encoding) for line in block)
        return in_other_encoding(text, self.encoding)

    def _careful(self, block: list[str]) -> pa.RecordBatch:
        """Read a block row by row; its last row may reach into the lines behind it."""
        queue = deque(block)
        numbers: list[int] = []
        rows: list[list[str]] = []
        while queue:
            lines, cells, reason = self._next_row(queue)
            first = self.line + 1
            self.line += len(lines)
            if not reason and not any(cell.strip() for cell in cells):
                self.blank += 1
                continue
            self.rows += 1
            self.spanning += len(lines) > 1
            reason = reason or self._fault(lines, cells)
            if reason:
                self.problems.append(Problem(first, "", self._shown(lines), reason))
                continue
            self.trailing += len(cells) > self.width
            numbers.append(first)
            rows.append(cells[: self.width])
        columns = zip(*rows, strict=True) if rows else [()] * self.width
        arrays = [pa.array(column, pa.string()) for column in columns]
        return pa.record_batch([pa.array(numbers, pa.int64()), *arrays], schema=self.schema)

    def _next_row(self, queue: deque[str]) -> tuple[list[str], list[str], str]:
        """Take the lines of one row from the queue: lines, cells, and why they cannot be taken apart."""
        line = queue.popleft()
        if _QUOTE not in line:
            return [line], line.rstrip("\r\n").split(self.delimiter), ""
        try:
            return [line], next(csv.reader([line], delimiter=self.delimiter, strict=True)), ""
        except csv.Error:
            return self._spanning_row(line, queue)

    def _spanning_row(self, line: str, queue: deque[str]) -> tuple[list[str], list[str], str]:
        taken = [line]

        def follow() -> Iterator[str]:
            yield line
            while len(taken) < _MOST_LINES:
                following = queue.popleft() if queue else next(self.lines, None)
                if following is None:
                    return
                taken.append(following)
                yield following

        try:
            cells = next(csv.reader(follow(), delimiter=self.delimiter, strict=True))
        except csv.Error:
            cells = []
        # a stray quote swallows whole rows: where the next line is one by itself, only this line is at fault
        if not cells or (len(cells) != self.width and self._is_row(taken[1])):
            queue.extendleft(reversed(taken[1:]))
            return [line], [], "a quote that is not closed, or not doubled within a quoted field"
        return taken, cells, ""

    def _is_row(self, line: str) -> bool:
        try:
            cells = next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return False
        return len(cells) == self.width

    def _fault(self, lines: Sequence[str], cells: Sequence[str]) -> str:
        if any(in_other_encoding(line, self.encoding) for line in lines):
            return f"not in the encoding of the file ({self.encoding.text})"
        if tuple(cell.strip() for cell in cells) == self.header:
            return "the header row again"
        if len(cells) < self.width or any(cell.strip() for cell in cells[self.width :]):
            return f"{len(cells)} field{'s' * (len(cells) != 1)} instead of {self.width}"
        return ""

    def _shown(self, lines: Sequence[str]) -> str:
        text = "".join(lines)
        other = self.encoding.other
        if other and in_other_encoding(text, self.encoding) and self.encoding.errors == "surrogateescape":
            text = text.encode(self.encoding.codec, "surrogateescape").decode(other, "backslashreplace")
        return shown(text)
