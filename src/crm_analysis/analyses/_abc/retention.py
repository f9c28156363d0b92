"""Do clients stay: cohorts, the share that buys again, and the time until a client falls silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.classes import HORIZON
from crm_analysis.analyses._abc.purchases import whole_months, within
from crm_analysis.analyses._abc.windows import FEWEST_MONTHS, MONTHS, SLACK, back
from crm_analysis.period import parse
from crm_analysis.stats.concentration import abc_classes
from crm_analysis.stats.survival import kaplan_meier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.analyses._abc.purchases import Purchases, Span
    from crm_analysis.words import Words

    Floats = NDArray[np.float64]

COHORTS = ["cohort", "month_number", "customers", "retained", "share"]
RETENTION = ["abc", "days_followed", "at_risk", "events", "retained", "low", "high"]
#: Past so many monthly cohorts the table is one of quarters.
_MOST_COHORTS = 24
#: A client is lost when silent longer than all but this share of the pauses between purchases would be.
LAPSE = 0.05
#: Multiple of the own rhythm used where there are too few pauses to learn it from: e^-3 is 5 %.
_MULTIPLE = 3.0
_FEWEST_PAUSES = 20


def cohort_table(purchases: Purchases) -> pd.DataFrame:
    """Count, for the clients who began in one month, those who bought in each later month.

    Only months that are over by the end have a cell. With more than two years of cohorts, quarters take the
    place of months; ``month_number`` then counts 0, 3, 6, … Who was on record before the first order line is
    no newcomer, and counts in the first cohort or in none.
    """
    if purchases.bought.empty:
        return _empty_cohorts()
    start, end = purchases.first.min(), purchases.end
    months = 1 if whole_months(start.to_period("M").start_time, end) <= _MOST_COHORTS else 3
    frequency = "M" if months == 1 else "Q"
    running = end.to_period(frequency).ordinal  # the part that is not over
    began = purchases.first.dropna().dt.to_period(frequency)
    began = began[purchases.newcomers.notna()[began.index] | (began == began.min())]
    rows = purchases.bought
    bought = rows["day"].dt.to_period(frequency).astype("int64")
    seen = pd.DataFrame(
        {"cohort": rows["client"].map(began.astype("int64")), "bought": bought, "client": rows["client"]}
    )
    seen = seen[seen["cohort"].notna() & (seen["bought"] < running)].drop_duplicates()
    if seen.empty:
        return _empty_cohorts()
    size = began.astype("int64").value_counts()
    retained = seen.groupby(["cohort", "bought"]).size()
    cells = [(c, b) for c in sorted(size.index[size.index < running]) for b in range(c, running)]
    table = pd.DataFrame(cells, columns=["cohort", "bought"])
    table["retained"] = retained.reindex(pd.MultiIndex.from_frame(table), fill_value=0).to_numpy()
    table["customers"] = table["cohort"].map(size)
    table["month_number"] = (table["bought"] - table["cohort"]) * months
    table["share"] = table["retained"] / table["customers"]
    periods = pd.PeriodIndex(began.unique()).sort_values()
    starts = pd.Series(periods.start_time, index=periods.astype("int64"))
    return table.assign(cohort=table["cohort"].map(starts).astype("datetime64[s]"))[COHORTS]


def cohort_names(starts: pd.Series, month_numbers: pd.Series, words: Words) -> list[str]:
    """Name cohorts by their first day: as quarters where their months are counted in threes."""
    quarters = bool((month_numbers > 1).all())
    form = "{day.year}-Q{day.quarter}" if quarters else "{day:%Y-%m}"
    return [words.period(parse(form.format(day=day))) for day in starts]


def _empty_cohorts() -> pd.DataFrame:
    return pd.DataFrame(columns=COHORTS).astype({"cohort": "datetime64[s]"})


@dataclass(frozen=True)
class FollowUp:
    """Clients classed before a day, and what they did after it.

    Parameters
    ----------
    base
        Span in which they were classed.
    after
        Span in which they were watched.
    """

    base: Span
    after: Span

    def bought_again(self, purchases: Purchases) -> tuple[int, int]:
        """Count the clients with an order in both spans, and those with one in the first."""
        had, has = (purchases.orders(span) > 0 for span in (self.base, self.after))
        return int((had & has).sum()), int(had.sum())


def follow_ups(purchases: Purchases) -> tuple[FollowUp | None, FollowUp | None]:
    """Choose the spans of the follow-up that ends now, and of the one before it.

    Twelve months of watching after twelve months of classing; each half of the history where there is
    less than two years; None where that leaves fewer than three months. The follow-up before ends where the
    present one begins, so that no purchase counts in both.
    """
    if purchases.first_sale is None:
        return None, None
    history = whole_months(purchases.first_sale - SLACK, purchases.end)
    watched = min(MONTHS, history // 2)
    if watched < FEWEST_MONTHS:
        return None, None
    now = _follow_up(purchases.end, watched)
    before = _follow_up(now.after[0], watched) if history >= 3 * watched else None
    return now, before


@dataclass(frozen=True)
class Followed:
    """What became of the clients classed before.

    Parameters
    ----------
    months
        Months of watching; 0 where the records are too short.
    again
        Clients who bought in both spans, and those who bought in the first.
    again_before
        The same for the follow-up before; None where the records are too short.
    lapsed
        See :func:`lapses`.
    """

    months: int
    again: tuple[int, int]
    again_before: tuple[int, int] | None
    lapsed: pd.DataFrame


def follow(purchases: Purchases, limits: tuple[float, float]) -> Followed:
    """Follow the clients of the past to the end."""
    now, before = follow_ups(purchases)
    if now is None:
        return Followed(0, (0, 0), None, pd.DataFrame(columns=["client", "abc", "days", "lost"]))
    return Followed(
        whole_months(*now.after),
        now.bought_again(purchases),
        None if before is None else before.bought_again(purchases),
        lapses(purchases, now, limits),
    )


def _follow_up(end: pd.Timestamp, months: int) -> FollowUp:
    middle = back(end, months)
    return FollowUp((back(end, 2 * months), middle), (middle, end))


def lapses(purchases: Purchases, spans: FollowUp, limits: tuple[float, float]) -> pd.DataFrame:
    """Find who was lost and when: ``client, abc, days, lost``; a row a client watched.

    Class, rhythm and limit come from before the watched span, so that the future does not choose the classes.
    A client is lost on the day on which its silence passes its limit, unless it has come back by the end; the
    others are watched to the end. Those past their limit when watching begins are not in the frame.
    """
    landmark, end = spans.after
    known = within(purchases.bought, (back(landmark, HORIZON), landmark))
    classes = abc_classes(purchases.revenue(spans.base), limits)
    limit = np.ceil(lapse_multiple(known) * rhythms(known, classes, purchases.clients))
    known_last = known.groupby("client")["day"].max().reindex(range(purchases.clients))
    watched = (purchases.orders(spans.base) > 0) & np.isin(classes.astype(str), ["A", "B", "C"])
    watched &= ((landmark - known_last).dt.days <= limit).to_numpy()
    clients = np.flatnonzero(watched)
    lost_after = (purchases.last.iloc[clients] - landmark).dt.days.to_numpy() + limit[clients] + 1
    followed = (end - landmark).days
    lost = lost_after <= followed
    return pd.DataFrame(
        {
            "client": clients,
            "abc": classes[clients],
            "days": np.where(lost, lost_after, followed),
            "lost": lost,
        }
    )


def rhythms(bought: pd.DataFrame, classes: NDArray[np.object_], clients: int) -> Floats:
    """Mean days between purchases of each client, drawn toward its class as if by one more pause.

    So a client with a single purchase has the rhythm of its class, and two quick orders make no habit.
    """
    pauses = _pauses(bought)
    sums = np.bincount(pauses["client"], weights=pauses["pause"], minlength=clients)
    counts = np.bincount(pauses["client"], minlength=clients)
    labels = pd.Series(classes).astype(str)
    of_class = pd.Series(sums).groupby(labels).sum() / pd.Series(counts).groupby(labels).sum()
    overall = sums.sum() / counts.sum() if counts.sum() else np.nan
    usual = labels.map(of_class.replace(np.inf, np.nan)).fillna(overall).to_numpy(dtype=float)
    result: Floats = (sums + usual) / (counts + 1)
    return result


def lapse_multiple(bought: pd.DataFrame, share: float = LAPSE) -> float:
    """Learn how many times its usual pause a pause seldom exceeds, over all clients."""
    ratios = pause_ratios(bought)
    return float(np.quantile(ratios, 1 - share)) if len(ratios) >= _FEWEST_PAUSES else _MULTIPLE


def pause_ratios(bought: pd.DataFrame) -> Floats:
    """Divide each pause by the mean of the *other* pauses of the same client; sorted.

    Leaving the pause itself out of its yardstick keeps a long one from excusing itself. Clients with one
    pause have no yardstick.
    """
    pauses = _pauses(bought)
    groups = pauses.groupby("client")["pause"]
    total, count = groups.transform("sum"), groups.transform("size")
    several = (count > 1).to_numpy()
    other = ((total - pauses["pause"]) / (count - 1).clip(lower=1))[several]
    return np.sort((pauses["pause"][several] / other).to_numpy(dtype=float))


def _pauses(bought: pd.DataFrame) -> pd.DataFrame:
    """Days between purchases: ``client, pause``; several orders on one day are one purchase."""
    previous = bought.groupby("client")["day"].shift()
    pauses = pd.DataFrame({"client": bought["client"], "pause": (bought["day"] - previous).dt.days})
    return pauses.dropna().reset_index(drop=True)


def retention_table(lapsed: pd.DataFrame) -> pd.DataFrame:
    """Give the share of clients not lost by day of watching.

    A row a class and day on which one was lost, with the first and the last day of watching.
    """
    parts = []
    for label in "ABC":
        part = lapsed[lapsed["abc"] == label]
        if part.empty:
            continue
        curve = kaplan_meier(part["days"], part["lost"])
        course = pd.DataFrame(
            {
                "days_followed": curve.time,
                "at_risk": curve.at_risk,
                "events": curve.events,
                "retained": curve.survival,
                "low": curve.low,
                "high": curve.high,
            }
        )
        start = {"days_followed": 0.0, "at_risk": len(part), "events": 0, "retained": 1.0}
        end = {"days_followed": part["days"].max(), "at_risk": (~part["lost"]).sum(), "events": 0}
        rows = pd.concat([pd.DataFrame([start]), course, pd.DataFrame([end])], ignore_index=True)
        rows["retained"] = rows["retained"].ffill()
        rows.loc[rows.index[-1], ["low", "high"]] = rows[["low", "high"]].ffill().iloc[-1]
        parts.append(rows.drop_duplicates("days_followed", keep="first").assign(abc=label))
    if not parts:
        return pd.DataFrame(columns=RETENTION)
    return pd.concat(parts, ignore_index=True)[RETENTION].astype({"at_risk": int, "events": int})
