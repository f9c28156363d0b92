"""A tile: one main figure of a report, with its change, verdict and course."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from crm_analysis.columns import Kind
    from crm_analysis.findings import Verdict


@dataclass(frozen=True)
class Tile:
    """A main figure.

    Parameters
    ----------
    key
        Name, stable from period to period, so that periods can be set side by side.
    label
        What readers call it.
    value
        The figure of the period, unrounded.
    kind
        How it is written.
    change
        Against the comparison, relative (0.05 is +5 %); None where there is no fair comparison.
    verdict
        Whether a change is more than chance.
    judges
        What the verdict is on: the ``course`` over the months, or the ``change``.
    against
        What the change is against, in words, where that is not the comparison of the period.
    note
        A remark on the figure, in words: what it is, or that too few cases stand behind it.
    main
        Whether it is one of the few that open a report; the others can be unfolded.
    low, high
        Interval of the value, where it has one.
    series
        Its monthly course up to the period's end, for a sparkline; None for a month without a value.
    """

    key: str
    label: str
    value: float
    kind: Kind
    change: float | None = None
    verdict: Verdict = "note"
    low: float | None = None
    high: float | None = None
    series: tuple[float | None, ...] = ()
    judges: Literal["course", "change"] = "course"
    against: str = ""
    note: str = ""
    main: bool = False

    def record(self) -> dict[str, Any]:
        """Return the fields as plain values, without NaN."""
        fields = asdict(self)
        fields["series"] = [_plain(value) for value in self.series]
        return {name: _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
