"""What a column is called and how its values are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from crm_analysis.findings import VERDICTS
from crm_analysis.language import msg, named, tr
from crm_analysis.words import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crm_analysis.words import Words

Kind = Literal[
    "text",
    "name",  # of a figure or row of ours: written as its own heading says
    "label",  # a word of ours, written as it is
    "code",  # lines to copy as they are
    "plain",  # an identifier that may come from the data: written with spaces, a capital first
    "trait",  # the same of a trait of customers, which deals may have of their own
    "verdict",
    "money",
    "share",
    "chance",  # a share that is estimated: never written as none or all
    "relative",
    "points",
    "count",
    "cases",  # an expected count: tenths where it is small
    "number",
    "times",  # a ratio: 1 is equal
    "days",
    "month",
    "day",
    "p_value",
]

#: Places of a column by its largest figure, for kinds whose figures have places of their own.
_PLACES: dict[Kind, tuple[tuple[float, int], ...]] = {
    "money": ((100, 0), (0, 2)),
    "days": ((10, 0), (0, 1)),
    "number": ((100, 0), (10, 1), (1, 2), (0, 3)),
}
_FAR = 100
_OF_CUSTOMERS = {"channel": msg("Customer's channel")}
#: Estimated chances are told to a tenth of a percent.
_TENTH = 0.001


@dataclass(frozen=True)
class Heading:
    """A column as readers see it."""

    label: str
    kind: Kind = "number"
    #: Of names among its values that are also the name of another column: what they mean here.
    here: Mapping[str, str] = field(default_factory=dict, hash=False)

    def heading(self, words: Words) -> str:
        """Return the label with its unit, in the language of the words."""
        label = tr(self.label, words.language)
        if self.kind == "money" and words.currency:
            return f"{label}, {words.currency}"
        return tr("{label}, days", words.language).format(label=label) if self.kind == "days" else label

    def write(self, value: Any, words: Words, digits: int | None = None) -> str:
        """Write one value for reading, a figure with so many places as its column has (:meth:`places`)."""
        if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
            return NONE
        if isinstance(value, bool | np.bool):
            return tr("yes", words.language) if value else tr("no", words.language)
        if self.kind == "verdict":
            return tr(VERDICTS[value][0] if value in VERDICTS else str(value), words.language)
        if self.kind == "name":
            return tr(self.here.get(str(value)) or _label(str(value)), words.language)
        if self.kind == "label":
            return tr(str(value), words.language)
        if self.kind == "trait" and value in _OF_CUSTOMERS:
            return tr(_OF_CUSTOMERS[value], words.language)
        if self.kind in ("plain", "trait"):
            return _identifier(str(value), words.language)
        if self.kind == "text" or isinstance(value, str):
            return named(str(value), words.language)
        return self._number(value, words) if digits is None else words.number(value, digits)

    def places(self, values: pd.Series) -> int | None:
        """Return the places with which figures below each other are written; None: each with its own.

        The largest decides, so that a column of thousands has no cents and one of weeks no tenths of a day.

        Examples
        --------
        >>> Heading("Pause", "days").places(pd.Series([4.0, 6.25, 13.0]))
        0
        >>> Heading("Times as common").places(pd.Series([0.427, 2.07]))
        2
        """
        if self.kind not in _PLACES or not pd.api.types.is_numeric_dtype(values):
            return None
        sizes = np.abs(values.to_numpy(dtype=float, na_value=np.nan))
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        if not (sizes % 1).any():
            return 0
        largest = sizes.max()
        if self.kind == "number" and largest > _FAR * np.median(sizes):
            return None  # the usual ones would be rounded away
        return next(places for least, places in _PLACES[self.kind] if largest >= least)

    def _number(self, value: Any, words: Words) -> str:
        writers: dict[Kind, Callable[[Any], str]] = {
            "money": lambda v: words.number(v, 2 if 0 < abs(v) < 100 else 0),
            "share": words.share,
            "chance": lambda v: _chance(v, words),
            "relative": words.change,
            "points": words.points,
            "count": lambda v: words.number(v, 0),
            "cases": lambda v: words.number(v, 0 if abs(v) >= 10 else 1),
            "times": lambda v: words.number(v, 0 if v >= 100 else 1 if v >= 10 else 2),
            "days": lambda v: words.number(v, 0 if abs(v) >= 10 else 1),
            "month": words.month,
            "day": words.day,
            "p_value": lambda v: f"< {words.number(0.001, 3)}" if v < 0.001 else words.number(v, 3),
        }
        return writers.get(self.kind, words.number)(value)


def _chance(value: float, words: Words) -> str:
    """Write an estimated chance: one that was always, or never, drawn is still none of 100% or 0%."""
    if value > 1 - _TENTH:
        return tr("more than {share}", words.language).format(share=words.share(1 - _TENTH))
    if value < _TENTH:
        return tr("less than {share}", words.language).format(share=words.share(_TENTH))
    return words.share(value)


def plain(name: str) -> str:
    """Write an identifier as words.

    Examples
    --------
    >>> plain("account_type"), plain("ABC group")
    ('Account type', 'ABC group')
    """
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _identifier(name: str, language: str) -> str:
    """Write an identifier as words of a language; one that crosses two, "owner × region", word by word."""
    whole = plain(name)
    if (told := tr(whole, language)) != whole:
        return told
    return plain(" × ".join(tr(part, language) for part in name.split(" × ")))


def _label(name: str) -> str:
    from crm_analysis.columns import column

    return column(name).label
