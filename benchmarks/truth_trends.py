"""How often a trend is called where there is none, and how often one that is there is found.

The series are made here, from normal noise that remembers the month before, a peak in December and a
straight drift; nothing of the package takes part but the test itself.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.stats.trend import trend_test

LEVEL = 0.05
MONTHS = (12, 24, 36, 60)
MEMORIES = (0.0, 0.3, 0.6)
#: Drift from the first month to the last, in standard deviations of a month, that is to be found in 80 % of
#: the series without a season, by months and memory.
DRIFTS = {
    12: (4.7, 5.1, 5.0),
    24: (2.6, 3.6, 4.5),
    36: (2.0, 2.6, 3.5),
    60: (1.4, 2.0, 2.8),
}
#: Whether the series has a season: not, and the test does not know; it has; not, and the test is told so.
SEASONS = {"none": False, "yes": True, "none, and told": None}
#: Of calendar months, spread as wide as the noise: a peak in December, quiet weeks in summer.
_SEASON = np.array([-0.6, -0.4, 0.0, 0.0, 0.2, 0.0, -0.8, -1.0, 0.0, 0.3, 0.5, 2.8])


def series(
    months: int, memory: float, season: bool | None, drift: float, generator: np.random.Generator
) -> np.ndarray:
    """Make one monthly figure of mean 20 and standard deviation 1 within the months."""
    shocks = generator.normal(size=months) * np.sqrt(1 - memory**2)
    noise = np.empty(months)
    noise[0] = generator.normal()
    for month in range(1, months):
        noise[month] = memory * noise[month - 1] + shocks[month]
    pattern = _SEASON / _SEASON.std() if season else np.zeros(12)
    start = generator.integers(12)
    line = drift * (np.arange(months) / (months - 1) - 0.5)
    return 20 + noise + pattern[(start + np.arange(months)) % 12] + line


def cell(about: tuple[int, float, bool | None, float, int, int]) -> tuple[float, float]:
    """Return the shares of series with a verdict, and of those called a trend, among all."""
    months, memory, season, drift, runs, seed = about
    generator = np.random.Generator(
        np.random.PCG64([seed, months, int(memory * 10), 2 if season is None else season, int(drift * 10)])
    )
    # a figure of money may have a season, one of the process is taken to have none in its first two years
    kind = "money" if season else "process"
    told: dict[str, Any] = {"kind": kind, "seasonal": False if season is None else None}
    found = [trend_test(series(months, memory, season, drift, generator), **told) for _ in range(runs)]
    tested = np.mean([trend.tested for trend in found])
    return float(tested), float(np.mean([trend.tested and trend.p_value <= LEVEL for trend in found]))


def false_alarms(runs: int, seed: int, jobs: int) -> pd.DataFrame:
    """Return ``season, months, memory, verdicts, alarms``: no trend is there, every alarm is false."""
    cells = [(n, m, s, 0.0, runs, seed) for s, n, m in product(SEASONS.values(), MONTHS, MEMORIES)]
    return _frame(cells, "alarms", jobs)


def power(runs: int, seed: int, jobs: int) -> pd.DataFrame:
    """Return ``season, months, memory, drift, verdicts, found``: a trend is there in each."""
    cells = [
        (n, m, s, drift, runs, seed)
        for s, n in product(SEASONS.values(), MONTHS)
        for m, drift in zip(MEMORIES, DRIFTS[n], strict=True)
    ]
    return _frame(cells, "found", jobs)


def _frame(
    cells: list[tuple[int, float, bool | None, float, int, int]], name: str, jobs: int
) -> pd.DataFrame:
    with ProcessPoolExecutor(jobs) as pool:
        answers = list(pool.map(cell, cells))
    frame = pd.DataFrame(cells, columns=["months", "memory", "season", "drift", "runs", "seed"])
    names = {season: name for name, season in SEASONS.items()}
    return frame.drop(columns="seed").assign(
        season=[names[season] for season in frame["season"]],
        verdicts=[a for a, _ in answers],
        **{name: [b for _, b in answers]},
    )
