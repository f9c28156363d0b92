"""How near the time to decision comes to the truth while many deals are still open.

Deals are made here, with a time to decision drawn from lognormal distributions, so that the mean within any
number of days, the median, and the share won by a day are known from the distributions. What came after the
period is in the tables, too: the view must not see it. Beside each figure stands what the deals already
decided give, as is usually computed.
"""

from __future__ import annotations

import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize, special

import crm_analysis as crm
from crm_analysis.analyses._kpi.measured import measured
from crm_analysis.errors import DataWarning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PERIOD, END = "2026-07", pd.Timestamp("2026-08-01")
#: Standard deviation of the logarithm of the time to decision.
SPREAD = 0.9


@dataclass(frozen=True)
class Pace:
    """How deals are decided: share won, median days of the won and of the lost; and what is on record.

    ``days``: how long the records reach back; ``whole``: dates without a time of day; ``before``: days of
    deals begun before the records, of which only those still open at their beginning are on record.
    """

    won: float
    won_days: float
    lost_days: float
    days: int
    whole: bool = False
    before: int = 0

    def share(self, days: Floats | float) -> tuple[Floats, Floats]:
        """Return the shares of all deals that are won, and lost, within so many days."""
        won, lost = (
            special.ndtr((np.log(days) - np.log(median)) / SPREAD)
            for median in (self.won_days, self.lost_days)
        )
        return self.won * won, (1 - self.won) * lost

    def mean_within(self, tau: float) -> float:
        """Return the mean of the days to decision, those beyond ``tau`` counted as ``tau``."""
        parts = 0.0
        for share, median in ((self.won, self.won_days), (1 - self.won, self.lost_days)):
            at = (np.log(tau) - np.log(median)) / SPREAD
            early = median * np.exp(SPREAD**2 / 2) * special.ndtr(at - SPREAD)
            parts += share * float(early + tau * special.ndtr(-at))
        return parts

    def median(self) -> float:
        """Return the days within which half of the deals are decided."""
        return float(optimize.brentq(lambda days: float(sum(self.share(days))) - 0.5, 0.01, 10_000))


#: Records that leave about 40 % of all deals open.
PACES = {
    "all at one pace": Pace(0.4, 60, 60, 200),
    "won at half the pace of lost": Pace(0.4, 90, 45, 200),
    "dates without a time of day": Pace(0.4, 60, 60, 200, whole=True),
    "records begin with the deals open then": Pace(0.4, 60, 60, 120, before=600),
}
#: Deals begun a day: a small company and one of more.
INFLOW = (1, 3)


def deals(pace: Pace, inflow: int, generator: np.random.Generator) -> pd.DataFrame:
    """Make the deals, with what became of them after the period."""
    days = pace.before + pace.days
    begun = np.sort(generator.uniform(0, days, inflow * days))
    won = generator.random(len(begun)) < pace.won
    median = np.where(won, pace.won_days, pace.lost_days)
    taken = median * np.exp(SPREAD * generator.standard_normal(len(begun)))
    kept = begun + taken >= pace.before
    begun, won, taken = begun[kept], won[kept], taken[kept]
    created = END - pd.to_timedelta(days - begun, unit="D")
    unit = "D" if pace.whole else "s"
    return pd.DataFrame(
        {
            "deal_id": [f"D{number:05d}" for number in range(len(begun))],
            "status": np.where(won, "won", "lost"),
            "created_at": created.floor(unit),
            "closed_at": (created + pd.to_timedelta(taken, unit="D")).floor(unit),
            "amount": 1000.0,
        }
    )


def company(about: tuple[str, int, int, int]) -> list[tuple[str, float, float, float, float, float, float]]:
    """Return ``figure, truth, estimate, low, high, naive, open`` of one company, as its page tells them."""
    name, inflow, number, seed = about
    pace = PACES[name]
    generator = np.random.Generator(np.random.PCG64([seed, list(PACES).index(name), inflow, number]))
    table = deals(pace, inflow, generator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        view = crm.load({"deals": table}).view(PERIOD)
    told = crm.process_kpis.analyze(view)
    tau = measured(view).tau
    rows = told.kpis[told.kpis["kpi"] == "decision_days"].set_index("group")
    limits = rows[["value", "low", "high"]].T.to_dict("list")
    won = told.outcomes[told.outcomes["days"] <= tau].to_dict("list")
    closed = table[table["closed_at"] < END]
    took = (closed["closed_at"] - closed["created_at"]).dt.total_seconds() / 86_400
    lately = took[closed["closed_at"] >= END - pd.DateOffset(months=1)]
    share_open = float(1 - len(closed) / len(table))
    truth = {
        "all": (pace.mean_within(tau), float(lately.clip(upper=tau).mean())),
        "all to date": (pace.mean_within(tau), float(took.clip(upper=tau).mean())),
        "median to date": (pace.median(), float(took.median())),
    }
    found = [
        (figure, true, *limits[group], naive, share_open)
        for (group, (true, naive)), figure in zip(truth.items(), FIGURES, strict=False)
    ]
    so_far = float((closed["status"] == "won").sum()) / len(table)
    share = (float(pace.share(won["days"][-1])[0]), *(won[of][-1] for of in ("won", "won_low", "won_high")))
    return [*found, (FIGURES[3], *share, so_far, share_open)]


#: What is compared. Usually taken are the mean and median of the deals decided in the month, or to date, and
#: the deals won so far over those created.
FIGURES = (
    "mean days, the month",
    "mean days, to date",
    "median days, to date",
    "share won in time",
)


def estimates(companies: int, seed: int, jobs: int) -> pd.DataFrame:
    """Return a row a company and figure: ``pace, inflow, number, figure, truth, estimate, low, high, naive``.

    ``open`` is the share of the deals on record that are open at the end of the period.
    """
    cells = [(name, inflow, n, seed) for name, inflow, n in product(PACES, INFLOW, range(companies))]
    with ProcessPoolExecutor(jobs) as pool:
        answers = list(pool.map(company, cells, chunksize=4))
    columns = ["pace", "inflow", "number", "figure", "truth", "estimate", "low", "high", "naive", "open"]
    rows = [(*cell[:3], *row) for cell, answer in zip(cells, answers, strict=True) for row in answer]
    return pd.DataFrame(rows, columns=columns)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row a pace, inflow and figure, means over the companies.

    ``bias`` of the estimate (``sure``: its standard error) and ``naive_bias`` are relative to the truth;
    ``error`` is the mean distance of one company's estimate, relative, too; ``held`` the share of the 95 %
    intervals that hold the truth; ``told`` the share of the companies that are told a figure at all.
    """
    rows = rows.assign(
        off=rows["estimate"] / rows["truth"] - 1,
        naive_off=rows["naive"] / rows["truth"] - 1,
        held=((rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"]))
        .astype(float)
        .where(rows["low"].notna()),
    )
    grouped = rows.assign(distance=rows["off"].abs(), told=rows["estimate"].notna()).groupby(
        ["pace", "inflow", "figure"], sort=False
    )
    return grouped.agg(
        open=("open", "mean"),
        truth=("truth", "mean"),
        estimate=("estimate", "mean"),
        bias=("off", "mean"),
        sure=("off", "sem"),
        naive=("naive", "mean"),
        naive_bias=("naive_off", "mean"),
        error=("distance", "mean"),
        held=("held", "mean"),
        told=("told", "mean"),
        companies=("told", "size"),
    ).reset_index()


def decision_time(companies: int, seed: int, jobs: int) -> pd.DataFrame:
    """Simulate so many companies of each kind, and return the table of :func:`summary`."""
    return summary(estimates(companies, seed, jobs))
