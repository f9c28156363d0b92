"""A table as HTML: escaped, aligned, with units, caption and a limit of rows.

Kept narrow, since pages are read on phones too: the two ends of a range share a column, a column without an
entry is named below the table instead of shown, and rows can stand under the heading of their group.
"""

from __future__ import annotations

import html
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.columns import RANGES, Heading, column
from crm_analysis.language import msg, tr
from crm_analysis.result import OUT
from crm_analysis.words import NONE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from crm_analysis.columns import Kind
    from crm_analysis.words import Words

_NUMERIC = {
    "money", "share", "chance", "relative", "points", "count", "cases", "number", "times", "days", "p_value",
}  # fmt: skip
#: Letters of a text that a wide window shows on one line, and of one that is read as a sentence.
_BRIEF, _SENTENCE = 20, 40
#: Rows of a searchable table that are printed; the rest is looked at on a screen.
_PRINTED = 40
_EMPTY = msg("No rows.")
_NO_FIGURES = msg("No figures.")
#: Values that tell nothing: a column of nothing else is named below the table, like one without an entry.
_SILENT = ("", "not_enough_data", "(not stated)", "(no department)")
#: What a range holds where nothing differs, by the kind of its figure.
_NO_DIFFERENCE = {"relative": 0.0, "points": 0.0, "times": 1.0}
_STRICTER = msg(
    "A range is of its row alone; a verdict allows for how many rows are compared, and needs more."
)
#: Stands where a group has one row without a name of its own: that of everything together.
_ALL = msg("All")
#: Columns whose values say by themselves what they are; other groups have the column's name before them.
_PLAIN_GROUPS = {"dimension", "group", "kpi"}


@dataclass(frozen=True)
class _Shown:
    """A column as it is shown; ``upper`` is the other end of a range."""

    name: str
    info: Heading
    upper: str = ""

    def how(self, kind: Kind | None) -> Heading:
        return self.info if kind is None else _as_named(self.info, self.name, kind)

    def write(
        self, row: dict[Hashable, object], kind: Kind | None, words: Words, places: int | None = None
    ) -> str:
        how = self.how(kind)
        text = how.write(row[self.name], words, places)
        if not self.upper:
            return text
        upper = how.write(row[self.upper], words, places)
        if upper == text and how.kind == "days":  # known to the day
            return text
        if upper == NONE:
            return NONE if text == NONE else tr("{low} or more", words.language).format(low=text)
        return tr("{low} to {high}", words.language).format(low=text, high=upper)


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
    grouped_by: str | None = None
    hidden: frozenset[str] = frozenset()
    searchable: bool = False
    filters: frozenset[str] = frozenset()
    empty: str | None = None

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.frame.head(self.rows)!r}"

    def _repr_html_(self) -> str:
        caption = html.escape(tr(self.caption, self.words.language))
        if self.frame.empty:
            return self._nothing(caption, _EMPTY)
        groups = self._groups()
        rows = pd.concat([part for _, part in groups])
        columns = self._columns()
        shown = [c for i, c in enumerate(columns) if not i or self._has_entry(rows, c)]
        if len(shown) == 1 < len(columns):
            return self._nothing(caption, _NO_FIGURES)
        head = "".join(
            f'<th scope="col"{_classes(c.info, "facet" * (c.name in self.filters))}>'
            f"{html.escape(c.info.heading(self.words))}</th>"
            for c in shown
        )
        places = self._places(rows, shown)
        body = "".join(self._group(heading, part, shown, places) for heading, part in groups)
        return (
            f'<div class="table-wrap{" searchable" * self.searchable}" tabindex="0" role="region" '
            f'aria-label="{caption}">'
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>{body}</table></div>"
            f"{self._note(rows, shown, [c for c in columns if c not in shown])}"
        )

    def _nothing(self, caption: str, otherwise: str) -> str:
        """Say in a line why there is no table; nothing at all where a picture above has said it."""
        if self.empty == "":
            return ""
        why = html.escape(tr(self.empty or otherwise, self.words.language))
        return f'<p class="table-note nothing"><strong>{caption}:</strong> {why}</p>'

    def _columns(self) -> list[_Shown]:
        """Put the ends of a range into one column where they stand side by side."""
        pairs = list(zip(map(str, self.frame.columns), self.headings, strict=True))
        following = [name for name, _ in pairs[1:]] + [""]
        made, taken = [], ""
        for (name, info), after in zip(pairs, following, strict=True):
            if name == taken or name in self.hidden:
                continue
            upper, label = RANGES.get(name, ("", ""))
            taken = upper if upper == after else ""
            made.append(_Shown(name, replace(info, label=label), upper) if taken else _Shown(name, info))
        return made

    def _has_entry(self, rows: pd.DataFrame, shown: _Shown) -> bool:
        values = rows[shown.name]
        return any(str(value) not in _SILENT for value in values.dropna().unique())

    def _groups(self) -> list[tuple[str, pd.DataFrame]]:
        """Return the rows that are shown, by group; the limit holds for each group."""
        if self.grouped_by is None:
            return [("", self.frame.head(self.rows))]
        how = self.headings[list(self.frame.columns).index(self.grouped_by)]
        before = "" if self.grouped_by in _PLAIN_GROUPS else f"{tr(how.label, self.words.language)}: "
        # where the groups say what the figures are, they say their unit too
        units = self.named_by == self.grouped_by
        return [
            (
                before + (column(str(key)).heading(self.words) if units else how.write(key, self.words)),
                part.head(self.rows),
            )
            for key, part in self.frame.groupby(self.grouped_by, sort=False, dropna=False)
        ]

    def _places(self, rows: pd.DataFrame, shown: Sequence[_Shown]) -> dict[str, int | None]:
        """Return with how many places the figures of each column are written."""
        names = list(rows[self.named_by].unique()) if self.named_by else []
        if len(names) > 1:  # each row has a unit of its own
            shown = [cell for cell in shown if cell.info.kind != "number"]
        kind = column(str(names[0])).kind if len(names) == 1 else None
        places: dict[str, int | None] = {}
        before = None
        for cell in shown:
            how = cell.how(kind if cell.info.kind == "number" else None)
            if cell.upper and before and before[0].kind == how.kind:  # a range is as exact as its figure
                places[cell.name] = before[1]
                continue
            ends = [rows[name] for name in (cell.name, cell.upper) if name]
            places[cell.name] = how.places(pd.concat(ends))
            before = how, places[cell.name]
        return places

    def _group(
        self, heading: str, part: pd.DataFrame, shown: Sequence[_Shown], places: dict[str, int | None]
    ) -> str:
        if self.grouped_by and self.named_by == self.grouped_by:
            places = self._places(part, shown)
        top = (
            f'<tr class="group"><th scope="rowgroup" colspan="{len(shown)}">'
            f"<span>{html.escape(heading)}</span></th></tr>"
            if heading
            else ""
        )
        rows = (f"<tr>{''.join(self._cells(row, shown, places))}</tr>" for row in part.to_dict("records"))
        return f"<tbody>{top}{''.join(rows)}</tbody>"

    def _cells(
        self, row: dict[Hashable, object], shown: Sequence[_Shown], places: dict[str, int | None]
    ) -> Iterator[str]:
        named = column(str(row[self.named_by])) if self.named_by else None
        for position, cell in enumerate(shown):
            if named and cell.name == self.named_by:
                text = named.heading(self.words)  # its figures have no unit in the head of their column
            else:
                kind = named.kind if named and cell.info.kind == "number" else None
                text = cell.write(row, kind, self.words, places.get(cell.name))
            if self.grouped_by and not position and text in ("", NONE):
                text = tr(_ALL, self.words.language)
            tag = 'th scope="row"' if position == 0 else "td"
            inside = html.escape(text)
            if self.searchable and cell.info.kind == "day" and text != NONE:
                inside = f'<time datetime="{pd.Timestamp(row[cell.name]).date()}">{inside}</time>'  # type: ignore[arg-type]
            brief = "brief" * (" " in text and len(text) <= _BRIEF and cell.info.kind not in _NUMERIC)
            told = "told" * (len(text) > _SENTENCE and cell.info.kind not in _NUMERIC)
            yield f"<{tag}{_classes(cell.info, brief or told)}>{inside}</{tag.split()[0]}>"

    def _looks_contrary(self, rows: pd.DataFrame, columns: Sequence[_Shown]) -> bool:
        """Say whether a row without evidence has a range that leaves out "no difference"."""
        verdict = next((c.name for c in columns if c.info.kind == "verdict"), None)
        if verdict is None:
            return False
        calm = rows[rows[verdict] == "no_evidence"]
        ranges = [
            (c, _NO_DIFFERENCE[c.info.kind]) for c in columns if c.upper and c.info.kind in _NO_DIFFERENCE
        ]
        return any(((calm[c.name] > same) | (calm[c.upper] < same)).any() for c, same in ranges)

    def _note(self, rows: pd.DataFrame, columns: Sequence[_Shown], without: Sequence[_Shown]) -> str:
        shown, count, language = len(rows), len(self.frame), self.words.language
        parts = [html.escape(tr(_STRICTER, language))] if self._looks_contrary(rows, columns) else []
        if shown < count:
            told = tr("{shown} of {all} rows; all of them are in {file}.", language)
            told = html.escape(told if self.file else tr("{shown} of {all} rows.", language))
            counts = {"shown": self.words.number(shown), "all": self.words.number(count)}
            parts.append(told.format(**counts, file=self._place()))
        if without:
            labels = ", ".join(tr(c.info.label, language) for c in without)
            parts.append(
                html.escape(tr("No entry in these rows: {columns}.", language).format(columns=labels))
            )
        note = f'<p class="table-note">{" ".join(parts)}</p>' if parts else ""
        if self.searchable and shown > _PRINTED:
            said = html.escape(tr("Printed are the first {rows} rows that are shown.", language))
            note += f'<p class="table-note on-paper">{said.format(rows=_PRINTED)}</p>'
        return note

    def _place(self) -> str:
        """Name the file; on a page, where the file lies beside it, with a link."""
        name = html.escape(self.file)
        return f'<a href="{name}">{name}</a>' if os.environ.get(OUT) else name


def _as_named(info: Heading, name: str, kind: Kind) -> Heading:
    """Write a figure as its row is written; a difference of shares is told in points."""
    difference = name.startswith("difference") and kind == "share"
    return replace(info, kind="points" if difference else kind)


def _classes(info: Heading, more: str = "") -> str:
    kind = (
        "date"
        if info.kind in {"month", "day"}
        else "verdict-word"
        if info.kind == "verdict"
        else "num"
        if info.kind in _NUMERIC
        else "code"
        if info.kind == "code"
        else ""
    )
    names = " ".join(filter(None, (kind, more)))
    return f' class="{names}"' if names else ""
