"""The KPIs month by month, with their trend line and the range of normal variation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._kpi.measures import rows_of
from crm_analysis.analyses._kpi.parts import KPIS, points_between
from crm_analysis.stats.behaviour import natural_limits, signals
from crm_analysis.stats.monthly import SEASON_MONTHS
from crm_analysis.stats.season import Adjusted, adjust_season
from crm_analysis.stats.trend import Trend, trend_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from crm_analysis.analyses._kpi.parts import Measure

    Floats = NDArray[np.float64]

SERIES = [
    "kpi", "group", "month", "value", "low", "high", "n", "adjusted", "centre", "limit_low", "limit_high",
    "signal",
]  # fmt: skip
_NUMBERS = ["value", "low", "high", "adjusted", "centre", "limit_low", "limit_high"]


@dataclass(frozen=True)
class Course:
    """A KPI of a group over its months.

    Parameters
    ----------
    kpi, group
        Whose course it is.
    rows
        A row a month: ``month, value, low, high, n``; the value is infinite where there was effort and nobody
        came.
    step
        Months in a point.
    tested
        Whether it is one of the series that are tested.
    """

    kpi: str
    group: str
    rows: pd.DataFrame
    step: int
    tested: bool

    @property
    def figures(self) -> Floats:
        """The figures, from the first month on that has one."""
        return self.rows["value"].to_numpy(dtype=float)

    @property
    def seasonal(self) -> bool | None:
        """Quarters carry no month effects; months do from two years on."""
        return None if self.step == 1 else False

    @property
    def first_month(self) -> int:
        """Calendar month of the first point."""
        return int(self.rows["month"].iloc[0].month) if len(self.rows) else 1

    @property
    def model(self) -> dict[str, Any]:
        """What the tests of a series take beside its figures: first month, kind, season."""
        return {
            "first_month": self.first_month,
            "kind": KPIS[self.kpi].kind,
            "seasonal": self.seasonal,
        }

    @property
    def trend(self) -> Trend:
        """The trend test of the series."""
        return trend_test(self.figures, **self.model)

    @property
    def finite(self) -> Floats:
        """The figures with infinite ones at the largest finite one, as the size of a trend takes them."""
        values = self.figures.copy()
        known = values[np.isfinite(values)]
        values[np.isposinf(values)] = known.max() if len(known) else np.nan
        return values

    @property
    def without_season(self) -> Floats:
        """The finite figures with the month effects taken out; unchanged where they cannot be told."""
        return self._adjusted[0]

    @property
    def has_season(self) -> bool:
        """Whether month effects could be taken out."""
        return self._adjusted.adjusted

    @property
    def _adjusted(self) -> Adjusted:
        if self.step > 1:
            return Adjusted(self.finite, adjusted=False)
        return adjust_season(self.finite, self.first_month)


def courses(measures: Sequence[Measure], end: pd.Timestamp) -> list[Course]:
    """Measure each KPI in each whole month (or quarter), the last 60 months to the end of the data."""
    made = []
    for measure in measures:
        found: dict[str, list[dict[str, Any]]] = {group: [] for group in measure.tested}
        for span in points_between(measure.begin, end, measure.months):
            for row in rows_of(dict(measure.over(span))):
                found.setdefault(row["group"], []).append({"month": span[0], **row})
        for group, rows in found.items():
            columns = ["month", "value", "low", "high", "n"]
            frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:4], float))
            frame["month"] = pd.to_datetime(frame["month"]).astype("datetime64[us]")
            known = np.flatnonzero(frame["value"].notna())
            frame = frame.iloc[known[0] :] if len(known) else frame.iloc[:0]
            made.append(
                Course(
                    measure.kpi,
                    group,
                    frame.reset_index(drop=True).astype({"n": "int64"}),
                    measure.months,
                    group in measure.tested,
                )
            )
    return made


def series_table(made: Sequence[Course]) -> pd.DataFrame:
    """Return ``SERIES``, a row a KPI, group and month; infinite figures are missing, their ``n`` is 0."""
    parts = [_with_range(one).assign(kpi=one.kpi, group=one.group)[SERIES] for one in made if len(one.rows)]
    texts = dict.fromkeys(("kpi", "group", "signal"), "str")
    if not parts:
        kinds = texts | dict.fromkeys(_NUMBERS, "float64") | {"n": "int64", "month": "datetime64[us]"}
        return pd.DataFrame(columns=SERIES).astype(kinds)
    table = pd.concat(parts, ignore_index=True).astype(texts)
    table[_NUMBERS] = table[_NUMBERS].replace([np.inf, -np.inf], np.nan)
    return table


def _with_range(one: Course) -> pd.DataFrame:
    """Add the values without season, the line through them, and the limits of normal variation.

    The line has the slope of the trend test from two years on; before, it is the mean.
    """
    values = one.finite
    blank = np.full(len(values), np.nan)
    frame = one.rows.assign(adjusted=blank, centre=blank, limit_low=blank, limit_high=blank, signal="")
    known = ~np.isnan(values)
    if not known.any():
        return frame
    adjusted = one.without_season
    trend = one.trend
    on_log = trend.scale == "log" and bool((adjusted[known] > 0).all())
    scaled = np.log(adjusted) if on_log else adjusted
    time = np.arange(len(values), dtype=float)
    slope = trend.slope if trend.tested and len(values) * one.step >= SEASON_MONTHS else 0.0
    line = scaled[known].mean() + slope * (time - time[known].mean())
    limits = natural_limits(scaled - line)
    back = np.exp if on_log else np.asarray
    return frame.assign(
        adjusted=adjusted if one.has_season else blank,
        centre=back(line),
        limit_low=back(line + limits.low),
        limit_high=back(line + limits.high),
        signal=signals(scaled - line, limits),
    )
