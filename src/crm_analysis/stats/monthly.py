"""A monthly series made ready for a test: its months, its season, its scale, whether it can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special, stats

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Kind = Literal["process", "money"]
Scale = Literal["log", "raw"]
Status = Literal["full", "preliminary", "too_few", "season_unclear", "gaps", "constant"]

FEWEST_MONTHS = 12
SEASON_MONTHS = 24
LEAST_COVERAGE = 0.8

ROUNDING = 1e-9
"""Values nearer to each other than this part of the largest are one value, not two ranks."""


@dataclass(frozen=True)
class Monthly:
    """The months of a series that have a value.

    ``months`` counts from 0 at the first value; ``values`` are finite, an infinite one being replaced by
    the largest finite one and marked in ``infinite``; ``effect`` is on ``scale``; ``season`` holds the
    centred month dummies (no columns where the test has no season).
    """

    months: NDArray[np.int64]
    values: Floats
    infinite: NDArray[np.bool_]
    effect: Floats
    scale: Scale
    season: Floats
    status: Status

    @property
    def seasonal(self) -> bool:
        """Whether month effects are part of the model."""
        return bool(self.season.shape[1])

    @property
    def span(self) -> int:
        """Months from the first value to the last."""
        return int(self.months[-1]) if len(self.months) else 0


def prepare(
    values: ArrayLike,
    *,
    months: ArrayLike | None,
    first_month: int,
    kind: Kind,
    log: bool | None,
    seasonal: bool | None,
) -> Monthly:
    """Read a monthly series and decide whether and how it can be tested.

    Parameters
    ----------
    values, months, first_month, kind, log, seasonal
        As in :func:`crm_analysis.stats.trend.trend_test`.

    Returns
    -------
    Monthly
        With ``status`` ``"full"`` or ``"preliminary"`` where the test may be run.

    Raises
    ------
    ParameterError
        Months that are not ascending whole numbers, a wrong ``first_month`` or ``kind``, a value of minus
        infinity, or a log scale asked for where a value is not positive.
    """
    data, index = _read(values, months)
    _check_options(first_month, kind)
    there = ~np.isnan(data)
    data, index = data[there], index[there]
    calendar = (index + first_month - 1) % 12
    infinite = np.isinf(data)
    finite = data[~infinite]
    data = np.where(infinite, finite.max() if len(finite) else np.nan, data)
    positive = bool(len(data)) and bool((data > 0).all())
    if log and not positive and len(data):
        raise ParameterError(
            f"{int((data <= 0).sum())} of {len(data)} months are not positive, so they have no logarithm.",
            "log=True takes positive values only.",
            "Leave log out: the scale is then chosen from the values.",
        )
    use_log = positive if log is None else bool(log)
    status = _status(data, index, kind, seasonal)
    with_season = len(data) >= SEASON_MONTHS if seasonal is None else seasonal and len(data) >= SEASON_MONTHS
    return Monthly(
        months=index - (index[0] if len(index) else 0),
        values=data,
        infinite=infinite,
        effect=np.log(data) if use_log else data,
        scale="log" if use_log else "raw",
        season=month_dummies(calendar) if with_season else np.empty((len(data), 0)),
        status=status,
    )


def month_dummies(calendar: NDArray[np.int64]) -> Floats:
    """Give the centred dummies of the calendar months 0 to 11 that occur, the first of them left out."""
    occurring = np.unique(calendar)
    dummies = (calendar[:, None] == occurring[1:]).astype(float)
    return np.asarray(dummies - dummies.mean(axis=0))


def centred(months: NDArray[np.int64]) -> Floats:
    """Give the months as numbers around their mean."""
    return np.asarray(months - months.mean(), dtype=float)


def normal_scores(series: Monthly, term: Floats) -> Floats:
    """Turn a series into rank-normal scores, the season taken out first.

    Parameters
    ----------
    series
        The series.
    term
        The trend or step that is tested: the season is estimated beside it, so that it is not taken for
        season.

    Returns
    -------
    numpy.ndarray
        Φ⁻¹((rank − 3/8) / (n + 1/4)), average ranks for ties; an infinite value has the top rank.
    """
    adjusted = without_season(series.values, series.season, term)
    tolerance = ROUNDING * float(np.abs(series.values).max())
    if tolerance > 0:
        adjusted = np.round(adjusted / tolerance)
    adjusted = np.where(series.infinite, np.inf, adjusted)
    ranks = stats.rankdata(adjusted)
    return np.asarray(special.ndtri((ranks - 0.375) / (len(ranks) + 0.25)))


def without_season(values: Floats, season: Floats, term: Floats) -> Floats:
    """Subtract the month effects, estimated by least squares beside a constant and a term."""
    if not season.shape[1]:
        return values
    design = np.column_stack([np.ones(len(values)), term, season])
    effects = np.linalg.lstsq(design, values, rcond=None)[0][2:]
    return np.asarray(values - season @ effects)


def _status(data: Floats, index: NDArray[np.int64], kind: Kind, seasonal: bool | None) -> Status:
    n = len(data)
    if n < FEWEST_MONTHS:
        return "too_few"
    if n < LEAST_COVERAGE * (index[-1] - index[0] + 1):
        return "gaps"
    if np.isnan(data).any() or np.ptp(data) <= ROUNDING * np.abs(data).max():
        return "constant"
    if n < SEASON_MONTHS:
        unclear = kind == "money" if seasonal is None else seasonal
        return "season_unclear" if unclear else "preliminary"
    return "full"


def _read(values: ArrayLike, months: ArrayLike | None) -> tuple[Floats, NDArray[np.int64]]:
    data = np.asarray(values, dtype=float)
    index = np.arange(len(data)) if months is None else np.asarray(months)
    if (
        data.ndim != 1
        or index.shape != data.shape
        or not (np.diff(index) > 0).all()
        or (index % 1 != 0).any()
    ):
        raise ParameterError(
            f"{data.size} values of {data.ndim} dimensions with {index.size} months.",
            "One value a month; months are ascending whole numbers, one a value.",
            "Sort by month and group to one row a month first.",
        )
    if np.isneginf(data).any():
        raise ParameterError(
            f"{int(np.isneginf(data).sum())} values are minus infinity.",
            "A month is a number, plus infinity (cost, but no client) or NaN (missing).",
        )
    return data, index.astype(np.int64)


def _check_options(first_month: int, kind: str) -> None:
    if first_month not in range(1, 13) or kind not in {"process", "money"}:
        raise ParameterError(
            f'first_month is {first_month!r}, kind is "{kind}".',
            'first_month is 1 to 12, kind is "process" or "money".',
        )
