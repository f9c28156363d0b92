"""What each finding rests on: its table, the rows of it, how it was found, and the rows of the data behind.

One module an analysis, one entry a finding, as the sentences have it: a finding itself stays plain figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd


@dataclass(frozen=True)
class Basis:
    """What a finding rests on.

    Parameters
    ----------
    table
        Name of a table of the result.
    method
        How it was found and what that takes for granted, a sentence or two; marked for the catalogues.
    where
        Which rows of the table, as a query of pandas, which may name ``@today``, the end of what the data
        cover of the period; or a function that says so of each row. All where it is empty.
    by
        Columns whose values spell the key of the finding, as a star in the key of the entry stands for.
    columns
        Which columns are shown first to a reader, in which order; all where it is empty.
    named_by
        Column that says what the figures of each row are.
    also
        Other tables of the result on the same matter.
    rows
        Arguments of ``view.rows`` for the rows of the data behind it; empty where no rows of one table are.
        ``{year}`` and other spans of the result, and columns of the first row, may stand in braces.
    """

    table: str
    method: str
    where: str | Callable[[pd.DataFrame], Any] = ""
    by: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    named_by: str = ""
    also: tuple[str, ...] = ()
    rows: str = ""

    def of(self, frame: pd.DataFrame, spelled: str, today: pd.Timestamp) -> pd.DataFrame:
        """Return the rows of the table that the finding is about."""
        if isinstance(self.where, str):
            kept = (
                frame.query(self.where, local_dict={"today": today}) if self.where and len(frame) else frame
            )
        else:
            kept = frame[self.where(frame)]
        if self.by and len(kept):
            kept = kept[[_spelled(row) == _slug(spelled) for row in kept[[*self.by]].to_numpy().tolist()]]
        return kept.reset_index(drop=True)


def basis_of(stem: str, key: str) -> tuple[Basis, str] | None:
    """Return what a finding rests on, and what the star of the entry stands for; None where none is told.

    Examples
    --------
    >>> entry, spelled = basis_of("deal_reasons", "department_dispatch")
    >>> entry.table, spelled
    ('departments_year', 'dispatch')
    """
    if find_spec(f"{__name__}.{stem}") is None:  # of an analysis of one's own
        return None
    entries: Mapping[str, Basis] = import_module(f"{__name__}.{stem}").BASIS
    if key in entries:
        return entries[key], ""
    fitting = (start for start in (name.removesuffix("*") for name in entries if name.endswith("*")))
    start = next((start for start in fitting if key.startswith(start)), None)
    return None if start is None else (entries[f"{start}*"], key.removeprefix(start))


def _spelled(values: list[object]) -> str:
    # a figure of all groups together is called by its name alone
    return _slug("_".join(str(value) for value in values if value != "all"))


def _slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.casefold()).strip("_")
