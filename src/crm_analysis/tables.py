"""A frame of a result as an HTML table: escaped, aligned, with units, caption and a limit of rows."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.columns import Heading, column
from crm_analysis.errors import ParameterError, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from crm_analysis.columns import Kind
    from crm_analysis.result import Result
    from crm_analysis.words import Words

_NUMERIC = {"money", "share", "relative", "points", "count", "number", "days", "p_value"}


@dataclass(frozen=True)
class HtmlTable:
    """A table ready to be shown; the frame stays unrounded in ``frame``."""

    frame: pd.DataFrame
    headings: tuple[Heading, ...]
    caption: str
    rows: int
    words: Words
    file: str = ""
    named_by: str | None = None

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.frame.head(self.rows)!r}"

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col"{_align(info)}>{html.escape(info.heading(self.words))}</th>'
            for info in self.headings
        )
        body = "".join(map(self._row, self.frame.head(self.rows).to_dict("records")))
        note = self._note()
        return (
            f'<div class="table-wrap" tabindex="0" role="region" aria-label="{html.escape(self.caption)}">'
            f"<table><caption>{html.escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}"
        )

    def _row(self, row: dict[Hashable, object]) -> str:
        cells = []
        for position, ((name, value), info) in enumerate(zip(row.items(), self.headings, strict=True)):
            how = info
            if self.named_by and info.kind == "number":
                how = _as_named(info, str(name), column(str(row[self.named_by])).kind)
            text = html.escape(how.write(value, self.words))
            tag = 'th scope="row"' if position == 0 else "td"
            cells.append(f"<{tag}{_align(info)}>{text}</{tag.split()[0]}>")
        return f"<tr>{''.join(cells)}</tr>"

    def _note(self) -> str:
        count = len(self.frame)
        if count == 0:
            return '<p class="table-note">No rows.</p>'
        if count <= self.rows:
            return ""
        return (
            f'<p class="table-note">{self.words.number(self.rows)} of {self.words.number(count)} rows; '
            f"all of them are in {html.escape(self.file)}.</p>"
        )


def table(
    result: Result,
    frame: str | pd.DataFrame,
    caption: str,
    *,
    columns: Sequence[str] | None = None,
    rows: int = 50,
    named_by: str | None = None,
) -> HtmlTable:
    """Show a frame of a result as readers should see it.

    Parameters
    ----------
    result
        The result; gives language, currency and the kinds of the columns.
    frame
        Name of one of ``result.tables()``, or a frame made from one.
    caption
        What the table shows, in a phrase.
    columns
        Which columns, in which order; all where left out.
    rows
        How many rows at the most; the rest is in the file.
    named_by
        Column that says what the figures of each row are, where that differs from row to row.

    Raises
    ------
    ParameterError
        The result has no such table, or the table no such column.

    Examples
    --------
    >>> crm.table(result, "structure", "Where revenue comes from", rows=20)  # doctest: +SKIP
    """
    name = frame if isinstance(frame, str) else ""
    if isinstance(frame, str):
        frame = _named(result, frame)
    chosen = list(columns) if columns is not None else [str(key) for key in frame.columns]
    if absent := [key for key in chosen if key not in frame.columns]:
        raise ParameterError(
            f"The table has no column {listed(absent)}.",
            f"It has {', '.join(map(str, frame.columns))}.",
            nearest(absent[0], map(str, frame.columns)),
        )
    every = {k: v for part in result.kinds.values() for k, v in part.items()}
    kinds = result.kinds.get(name, {}) if name else every
    file = f"tables/{result.stem}/{name}.csv" if name else f"tables/{result.stem}.xlsx"
    headings = tuple(_heading(frame[key], column(key, kinds)) for key in chosen)
    return HtmlTable(frame[chosen], headings, caption, rows, result.context.words, file, named_by)


def _named(result: Result, name: str) -> pd.DataFrame:
    tables = result.tables()
    if name not in tables:
        raise ParameterError(
            f'{type(result).__name__} has no table "{name}".',
            f"It has {', '.join(tables)}.",
            nearest(name, tables),
        )
    return tables[name]


def _heading(values: pd.Series, heading: Heading) -> Heading:
    if heading.kind == "number" and not pd.api.types.is_numeric_dtype(values):
        return Heading(heading.label, "text")
    return heading


def _as_named(info: Heading, name: str, kind: Kind) -> Heading:
    """Write a figure as its row is written; a difference of shares is told in points."""
    difference = name.startswith("difference") and kind == "share"
    return replace(info, kind="points" if difference else kind)


def _align(info: Heading) -> str:
    if info.kind in {"month", "day"}:
        return ' class="date"'
    return ' class="num"' if info.kind in _NUMERIC else ""
