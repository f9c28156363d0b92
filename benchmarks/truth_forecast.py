"""How the forecast of deals won fares against what came, at past month ends of made-up companies.

The companies are made here, deal by deal: four stages with a time in each that is not exponential, deals that
skip a stage, deals that nobody ever closes, large deals that take longer and are won less often, an inflow
with a season and a memory. Each view sees what was known at its end; what came is read from the tables of
the whole. The plain rules and the stage table are computed here, too.
"""

from __future__ import annotations

import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

import crm_analysis as crm
from crm_analysis.analyses._deals.forecast_backtest import HORIZONS, Backtest
from crm_analysis.analyses._deals.forecast_level import new_win_rate
from crm_analysis.analyses._deals.forecast_origin import History, Origin
from crm_analysis.analyses._deals.forecast_promises import probabilities
from crm_analysis.analyses._deals.snapshots import snapshots
from crm_analysis.errors import DataWarning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BEGINS = pd.Timestamp("2022-01-01")
MONTHS = 43
#: Month ends that forecasts are made at: no two of them share a month of three that came.
ORIGINS = (25, 28, 31, 34, 37, 40)
AHEAD = 3
STAGES = ("Contact", "Need", "Offer", "Contract")
#: Typed into the CRM, as companies do: too rosy.
TYPED = np.array([0.2, 0.4, 0.6, 0.8])
#: Share of deals that pass each stage, and the median of the days they take; those that are lost take longer.
_PASS = np.array([0.75, 0.65, 0.7, 0.8])
_DAYS = np.array([12.0, 18.0, 25.0, 18.0])
_LOST_LONGER = 1.3
#: Time in a stage is gamma with this shape: few leave at once.
_SHAPE = 1.6
_GAMMA_MEDIAN = 1.2779
_SKIPS, _ZOMBIES = 0.08, 0.08
#: A standard deviation of the log amount makes a deal slower by, and lowers the log odds of each stage by.
_SLOWER, _HARDER = 0.15, 0.25
_MEMORY, _SHOCK = 0.5, 0.15
_SEASON = 0.3


@dataclass(frozen=True)
class Scenario:
    """What is peculiar to a company."""

    inflow: float = 40.0
    season: bool = False
    growth: float = 0.0
    spread: float = 0.8
    #: Month from which on the odds of passing a stage are lower, and by how much on the log scale.
    drop_at: int = 10**6
    drop: float = -0.55


SCENARIOS = {
    "steady, season": Scenario(season=True),
    "no season": Scenario(),
    "growth 3 % a month": Scenario(inflow=25.0, season=True, growth=0.03),
    "few big deals": Scenario(inflow=10.0, season=True, spread=1.2),
    "win rate drops in month 24": Scenario(season=True, drop_at=24),
}


class Company(NamedTuple):
    """Tables as loaded; value won by month, as it came."""

    tables: dict[str, pd.DataFrame]
    value: Floats


def company(scenario: Scenario, generator: np.random.Generator) -> Company:
    """Make a company of 43 months, whose deals are followed to their end."""
    months = pd.date_range(BEGINS, periods=MONTHS + 1, freq="MS")
    begun = _inflow(scenario, generator)
    month = np.repeat(np.arange(MONTHS), begun)
    lengths = np.diff(months.to_numpy()) / np.timedelta64(1, "D")
    first = ((months[:-1] - BEGINS) / pd.Timedelta(days=1)).to_numpy()
    created = first[month] + generator.uniform(0, 1, len(month)) * lengths[month]
    size = generator.standard_normal(len(month))
    entries, closed, won = _lives(scenario, created, size, first, generator)
    amount = np.round(8000 * np.exp(scenario.spread * size), 2)
    ids = np.array([f"D{number:05d}" for number in range(len(created))], dtype=object)
    # zombies aside, all that ends after the records is in them as well: the views must not see it
    table = pd.DataFrame(
        {
            "deal_id": ids,
            "status": np.where(np.isinf(closed), "open", np.where(won, "won", "lost")),
            "created_at": _moment(created),
            "closed_at": _moment(np.where(np.isinf(closed), np.nan, closed)),
            "amount": amount,
        }
    )
    deal, stage, day = entries
    history = pd.DataFrame(
        {"deal_id": ids[deal], "stage": np.array(STAGES, dtype=object)[stage], "entered_at": _moment(day)}
    )
    stages = pd.DataFrame({"stage": STAGES, "position": [1, 2, 3, 4], "probability": TYPED})
    value = _value(table, months)
    return Company({"deals": table, "stage_history": history, "stages": stages}, value)


def _inflow(scenario: Scenario, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw the number of deals created in each month."""
    noise = np.empty(MONTHS)
    noise[0] = _SHOCK * generator.standard_normal()
    for month in range(1, MONTHS):
        shock = _SHOCK * np.sqrt(1 - _MEMORY**2) * generator.standard_normal()
        noise[month] = _MEMORY * noise[month - 1] + shock
    calendar = np.arange(MONTHS) % 12
    season = _SEASON * np.sin(2 * np.pi * (calendar - 6) / 12) if scenario.season else 0.0
    level = scenario.inflow * (1 + scenario.growth) ** np.arange(MONTHS)
    return generator.poisson(level * np.exp(noise + season - _SHOCK**2 / 2))


def _lives(
    scenario: Scenario, created: Floats, size: Floats, first: Floats, generator: np.random.Generator
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64], Floats], Floats, NDArray[np.bool_]]:
    """Lead each deal through the stages: its entries (deal, stage, day), its end, and whether it is won."""
    deals = len(created)
    halts = np.where(generator.random(deals) < _ZOMBIES, generator.integers(0, len(STAGES), deals), 99)
    # stage 1 to 3 may be left out
    skipped = np.where(generator.random(deals) < _SKIPS, generator.integers(1, len(STAGES), deals), 99)
    day, alive, closed = created.copy(), np.ones(deals, dtype=bool), np.full(deals, np.inf)
    won, parts = np.zeros(deals, dtype=bool), []
    drop_day = first[scenario.drop_at] if scenario.drop_at < MONTHS else np.inf
    for stage in range(len(STAGES)):
        here = alive & (skipped != stage)
        parts.append((np.flatnonzero(here), np.full(int(here.sum()), stage), day[here]))
        alive &= ~(here & (halts == stage))
        here &= alive
        wait = generator.gamma(_SHAPE, 1 / _GAMMA_MEDIAN, deals) * _DAYS[stage] * np.exp(_SLOWER * size)
        odds = np.log(_PASS[stage] / (1 - _PASS[stage])) - _HARDER * size
        # what is decided after the drop is decided by the odds after it
        odds = odds + scenario.drop * (day + wait >= drop_day)
        passes = generator.random(deals) < 1 / (1 + np.exp(-odds))
        lost = here & ~passes
        day = np.where(here, day + wait * np.where(passes, 1.0, _LOST_LONGER), day)
        closed[lost] = day[lost]
        alive &= ~lost
    won[alive], closed[alive] = True, day[alive]
    deal, stage_of, entered = (np.concatenate(column) for column in zip(*parts, strict=True))
    return (deal, stage_of, entered), closed, won


def _moment(day: Floats) -> pd.DatetimeIndex:
    return (BEGINS + pd.to_timedelta(day, unit="D")).floor("s")


def _value(table: pd.DataFrame, months: pd.DatetimeIndex) -> Floats:
    won = table[table["status"] == "won"]
    month = np.searchsorted(months.to_numpy(), won["closed_at"].to_numpy(), side="right") - 1
    inside = month < MONTHS
    return np.bincount(month[inside], weights=won["amount"][inside], minlength=MONTHS).astype(float)


def plain(made: Company, origin: int) -> dict[str, Floats]:
    """Return what the three plain rules expect of the three months, and of them together."""
    past, months = made.value[:origin], pd.date_range(BEGINS, periods=MONTHS + 1, freq="MS")
    deals = made.tables["deals"]
    now = months[origin]
    stage = _stage_at(made, now)
    closed = deals[deals["closed_at"] < now].set_index("deal_id")["status"]
    reached = made.tables["stage_history"].drop_duplicates(["deal_id", "stage"])
    ended = reached[reached["deal_id"].isin(closed.index)]
    rate = (closed.reindex(ended["deal_id"]) == "won").groupby(ended["stage"].to_numpy()).mean()
    held = deals.set_index("deal_id")["amount"].reindex(stage.index)
    weighted = float((held * stage.map(rate)).sum())
    rules = {
        "naive": np.full(AHEAD, past[-1]),
        "mean of 6 months": np.full(AHEAD, past[-6:].mean()),
        "stage-weighted": np.full(AHEAD, weighted / AHEAD),
    }
    return {name: np.append(points, points.sum()) for name, points in rules.items()}


def _stage_at(made: Company, now: pd.Timestamp) -> pd.Series:
    """Return the stage of each deal open at a moment, by its id."""
    deals, history = made.tables["deals"], made.tables["stage_history"]
    closed = deals["closed_at"]
    opened = deals["deal_id"][(deals["created_at"] < now) & ~(closed < now)]
    entered = history[(history["entered_at"] < now) & history["deal_id"].isin(opened)]
    return entered.sort_values("entered_at", kind="stable").groupby("deal_id")["stage"].last()


def stage_table(made: Company, origin: int, looks: int = 24) -> dict[str, float]:
    """Return the share of the deals in each stage that were won within three months, as learnt by then."""
    months = pd.date_range(BEGINS, periods=MONTHS + 1, freq="MS")
    seen = []
    for at in range(max(1, origin - AHEAD - looks + 1), origin - AHEAD + 1):
        stage = _stage_at(made, months[at])
        seen.append(pd.DataFrame({"stage": stage, "won": _won_by(made, stage.index, months[at + AHEAD])}))
    shares = pd.concat(seen).groupby("stage")["won"].mean()
    return {str(stage): float(share) for stage, share in shares.items()}


def _won_by(made: Company, ids: pd.Index, until: pd.Timestamp) -> pd.Series:
    deals = made.tables["deals"].set_index("deal_id").reindex(ids)
    return (deals["status"] == "won") & (deals["closed_at"] < until)


@dataclass(frozen=True)
class Remembered(History):
    """A history that makes the forecast of a past month end once: it is the same in every later report."""

    past: dict[int, Origin] = field(default_factory=dict)

    def forecast(self, at: int, *, final: bool = False) -> Origin:
        """Forecast from month end ``at``; the one that is told is made anew."""
        if final:
            return super().forecast(at, final=True)
        if at not in self.past:
            self.past[at] = super().forecast(at)
        return self.past[at]


def told(about: tuple[str, int, int]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the forecasts of one company, and the squared errors of its win probabilities.

    Each is the forecast that the page of the month before shows: the method chosen by its own back-test, its
    point and its range. Beside it the two models, whether chosen or not.
    """
    name, number, seed = about
    generator = np.random.Generator(np.random.PCG64([seed, list(SCENARIOS).index(name), number]))
    made = company(SCENARIOS[name], generator)
    months = pd.date_range(BEGINS, periods=MONTHS + 1, freq="MS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        data = crm.load(made.tables)
    past: dict[int, Origin] = {}
    points: list[dict[str, object]] = []
    chances: list[dict[str, object]] = []
    for origin in ORIGINS:
        view = data.view(f"{months[origin - 1]:%Y-%m}")
        known = snapshots(view)
        assert known is not None
        test = Backtest.run(Remembered(known, past))
        came = np.append(made.value[origin : origin + AHEAD], made.value[origin : origin + AHEAD].sum())
        new = new_win_rate(test)
        about_it = {
            "scenario": name, "number": number, "origin": origin,
            "fell": new is not None and new.change.estimate < 0,
            "rose": new is not None and new.change.estimate > 0,
        }  # fmt: skip
        methods = {"told": test.chosen, "model": "value_weighted", "simulated": "simulated"}
        for method, of in methods.items():
            now = len(test.origins) - 1
            made_now = test.told() if method == "told" else test.ranges(now, of)
            for place, horizon in enumerate(HORIZONS):
                points.append(
                    about_it
                    | {
                        "method": method, "rule": of, "horizon": horizon, "actual": came[place],
                        "point": made_now.mean[2, place], "low": made_now.p10[2, place],
                        "high": made_now.p90[2, place],
                    }
                )  # fmt: skip
        for method, expected in plain(made, origin).items():
            points += [
                about_it | {"method": method, "rule": method, "horizon": h, "actual": a, "point": p}
                for h, a, p in zip(HORIZONS, came, expected, strict=True)
            ]
        chances += [about_it | row for row in _chances(made, origin, test)]
    return points, chances


def _chances(made: Company, origin: int, test: Backtest) -> list[dict[str, object]]:
    """Return the mean squared error of each kind of probability at one month end."""
    months = pd.date_range(BEGINS, periods=MONTHS + 1, freq="MS")
    stage = _stage_at(made, months[origin])
    model = probabilities(test).set_index("deal_id").reindex(stage.index)
    soon = _won_by(made, stage.index, months[origin + AHEAD])
    ever = _won_by(made, stage.index, pd.Timestamp.max)
    table = stage.map(stage_table(made, origin)).fillna(0.0)
    typed = stage.map(dict(zip(STAGES, TYPED, strict=True)))
    rows = (
        ("within 3 months", "model", model["win_within_3_months"], soon),
        ("within 3 months", "stage table", table, soon),
        ("within 3 months", "typed in", typed, soon),
        ("in the end", "model", model["win_probability"], ever),
        ("in the end", "typed in", typed, ever),
    )
    return [
        {
            "kept": kept, "method": method, "squares": float(((said - came) ** 2).sum()),
            "said": float(said.sum()), "came": int(came.sum()), "deals": len(came),
        }
        for kept, method, said, came in rows
    ]  # fmt: skip


def outcomes(companies: int, seed: int, jobs: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate so many companies of each scenario: a row a forecast, and a row a set of probabilities."""
    cells = [(name, number, seed) for name, number in product(SCENARIOS, range(companies))]
    with ProcessPoolExecutor(jobs) as pool:
        answers = list(pool.map(told, cells))
    return (
        pd.DataFrame([row for points, _ in answers for row in points]),
        pd.DataFrame([row for _, chances in answers for row in chances]),
    )


def errors(points: pd.DataFrame) -> pd.DataFrame:
    """Return a row a scenario, method and horizon: ``wape`` (misses over what came), ``bias``, ``n``."""
    grouped = points.assign(miss=(points["point"] - points["actual"]).abs()).groupby(
        ["scenario", "method", "horizon"], sort=False
    )
    sums = grouped[["miss", "point", "actual"]].sum()
    return pd.DataFrame(
        {
            "wape": sums["miss"] / sums["actual"],
            "bias": sums["point"] / sums["actual"] - 1,
            "n": grouped.size(),
        }
    ).reset_index()


def by_origin(points: pd.DataFrame) -> pd.DataFrame:
    """Return a row a scenario and month end: how the three months told fared, and what was said of a change.

    ``bias`` and ``wape`` of the three months together; ``fell`` and ``rose``: the share of the pages that say
    that the win rate has changed; ``after_drop``: months since it did.
    """
    told_it = points[(points["method"] == "told") & (points["horizon"] == "1-3")]
    made = errors(told_it.assign(method=told_it["origin"])).drop(columns="horizon")
    said = told_it.groupby(["scenario", "origin"], sort=False)[["fell", "rose"]].mean().reset_index()
    table = made.rename(columns={"method": "origin"}).merge(said, on=["scenario", "origin"])
    drop_at = table["scenario"].map({name: scenario.drop_at for name, scenario in SCENARIOS.items()})
    return table.assign(after_drop=(table["origin"] - drop_at).where(table["origin"] >= drop_at))


def coverage(points: pd.DataFrame) -> pd.DataFrame:
    """Return a row a scenario, method and horizon: the share of the 80 % intervals that held.

    ``below`` and ``above`` are the shares that came out lower and higher; ``width`` is relative to what came.
    """
    ranged = points.dropna(subset=["low", "high"])
    ranged = ranged.assign(
        below=ranged["actual"] < ranged["low"],
        above=ranged["actual"] > ranged["high"],
        width=ranged["high"] - ranged["low"],
    )
    grouped = ranged.groupby(["scenario", "method", "horizon"], sort=False)
    shares = grouped[["below", "above"]].mean()
    return pd.DataFrame(
        {
            "held": 1 - shares["below"] - shares["above"],
            "below": shares["below"],
            "above": shares["above"],
            "width": grouped["width"].sum() / grouped["actual"].sum(),
            "n": grouped.size(),
        }
    ).reset_index()


def briers(chances: pd.DataFrame) -> pd.DataFrame:
    """Return a row a scenario, question and kind of probability: ``brier``, ``said``, ``came``, ``deals``."""
    sums = chances.groupby(["scenario", "kept", "method"], sort=False)[
        ["squares", "said", "came", "deals"]
    ].sum()
    return pd.DataFrame(
        {
            "brier": sums["squares"] / sums["deals"],
            "said": sums["said"] / sums["deals"],
            "came": sums["came"] / sums["deals"],
            "deals": sums["deals"],
        }
    ).reset_index()


def forecasts(companies: int, seed: int, jobs: int) -> dict[str, pd.DataFrame]:
    """Return the tables of so many companies of each scenario: what was missed, what held, what was said."""
    points, chances = outcomes(companies, seed, jobs)
    return {
        "errors": errors(points),
        "by month end": by_origin(points),
        "coverage": coverage(points),
        "briers": briers(chances),
    }
