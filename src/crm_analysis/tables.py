"""A frame of a result as readers should see it: which columns and rows, how each is called and written."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.columns import AS_TEXT, Heading, column
from crm_analysis.errors import ParameterError, listed, nearest
from crm_analysis.html_table import HtmlTable
from crm_analysis.language import tr
from crm_analysis.told import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.result import Result

#: What a searchable table may weigh, so that long names do not make a page heavy; and what a cell weighs
#: without its text.
_MOST_BYTES, _BYTES_OF_A_CELL = 75_000, 15


def table(
    result: Result,
    frame: str | pd.DataFrame,
    caption: str,
    *,
    columns: Sequence[str] | None = None,
    rows: int = 50,
    named_by: str | None = None,
    grouped_by: str | None = None,
    searchable: bool = False,
    filters: Sequence[str] = (),
    empty: str | None = None,
) -> HtmlTable:
    """Show a frame of a result as readers should see it.

    Parameters
    ----------
    result
        The result; gives language, currency and the kinds of the columns.
    frame
        Name of one of ``result.tables()``, or a frame made from one.
    caption
        What the table shows, in a phrase; the name of a text of the result in braces, as in "Reasons in
        {year}", stands for that text.
    columns
        Which columns, in which order; all where left out.
    rows
        How many rows at the most, of each group where there are groups; the rest is in the file. Of a
        searchable table fewer, where names are so long that the page would become heavy.
    named_by
        Column that says what the figures of each row are, where that differs from row to row.
    grouped_by
        Column whose values become headings between the rows, instead of a column.
    searchable
        Let readers of the page search, sort and filter the rows that are shown; not with groups.
    filters
        Columns that get a filter of their own: a choice of their values, or a least figure.
    empty
        What stands after the caption where the table has no rows, or no figures in them; nothing at all
        stands there where this is ``""``, because the picture above has said why.

    Raises
    ------
    ParameterError
        The result has no such table, or the table no such column.

    Examples
    --------
    >>> crm.table(result, "structure", "Where revenue comes from", rows=20)  # doctest: +SKIP
    """
    if isinstance(frame, str):
        name, frame = frame, _named(result, frame)
    else:
        name = _like(result, frame)
    chosen = list(columns) if columns is not None else [str(key) for key in frame.columns]
    named = dict.fromkeys(key for key in (named_by, grouped_by) if key)
    hidden = [key for key in named if key not in chosen or key == grouped_by]
    wanted = [*chosen, *(key for key in hidden if key not in chosen)]
    unseen = [key for key in filters if key not in chosen]
    if absent := [key for key in wanted if key not in frame.columns] + unseen:
        raise ParameterError(
            f"The table has no column {listed(absent)}.",
            f"It {'shows' if unseen else 'has'} {', '.join(map(str, chosen if unseen else frame.columns))}.",
            nearest(absent[0], map(str, frame.columns)),
        )
    every = {k: v for part in result.kinds.values() for k, v in part.items()}
    kinds = result.kinds.get(name, {}) if name else every
    file = f"tables/{result.stem}/{name}.csv" if name else f"tables/{result.stem}.xlsx"
    if isinstance(frame, Told) and not name:  # rows of the data, which are in no file of the result
        file = ""
    if searchable:
        rows = _light(frame[wanted].head(rows))
    headings = tuple(_heading(frame[key], column(key, kinds)) for key in wanted)
    return HtmlTable(
        frame[wanted],
        headings,
        _filled(caption, result),
        rows,
        result.context.words,
        file,
        named_by,
        grouped_by,
        frozenset(hidden),
        searchable,
        frozenset(filters),
        empty,
    )


def _like(result: Result, frame: pd.DataFrame) -> str:
    """Name the table that has the columns of a frame; empty where none has."""
    same = (name for name, one in result.tables().items() if list(one.columns) == list(frame.columns))
    return next(same, "")


def _named(result: Result, name: str) -> pd.DataFrame:
    tables = result.tables()
    if name not in tables:
        raise ParameterError(
            f'{type(result).__name__} has no table "{name}".',
            f"It has {', '.join(tables)}.",
            nearest(name, tables),
        )
    return tables[name]


def _light(frame: pd.DataFrame) -> int:
    """Count the first rows that a page can carry; one at least."""
    cells = _BYTES_OF_A_CELL * len(frame.columns)
    rows = frame.itertuples(index=False)
    weights = accumulate(cells + sum(len(v.encode()) for v in row if isinstance(v, str)) for row in rows)
    return max(1, sum(weight <= _MOST_BYTES for weight in weights))


def _heading(values: pd.Series, heading: Heading) -> Heading:
    if heading.kind == "number" and not pd.api.types.is_numeric_dtype(values):
        return Heading(AS_TEXT.get(str(values.name), heading.label), "text")
    return heading


def _filled(caption: str, result: Result) -> str:
    """Put texts of the result into a caption, in the language of the result."""
    texts = {name: value for name, value in vars(result).items() if isinstance(value, str)}
    named = [name for name in texts if f"{{{name}}}" in caption]
    written = tr(caption, result.context.words.language) if named else caption
    for name in named:
        written = written.replace(f"{{{name}}}", texts[name])
    return written
