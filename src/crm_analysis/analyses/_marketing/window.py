"""Which leads are ripe: old enough that most of what they will bring has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crm_analysis.analyses._lines import fetch
from crm_analysis.language import msg
from crm_analysis.stats.period_survival import JUST_BEFORE
from crm_analysis.stats.survival import cumulative_incidence

if TYPE_CHECKING:
    from datetime import date

    from crm_analysis.view import PeriodView

#: Leads are followed over so many months to learn how long they take.
LEARN_MONTHS = 36
#: A lead is ripe once this part of the deals that will be won is won.
RIPE = 0.9
#: A channel teaches its own pace from so many won deals on.
FEWEST_WON = 30
#: Fewer ripe months than these give no return: single months of spending say nothing.
FEWEST_MONTHS = 3
ALL = msg("(all channels)")
_SLACK_DAYS = 10
_WON, _LOST = 1, 2
_DAY = 86_400
LAG_MONTHS = 12
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Window:
    """The months whose leads are ripe.

    Parameters
    ----------
    start, end
        First day, and the day after the last.
    ripening_days
        Age from which a lead counts as ripe.
    slowest
        The channel that sets it; ``(all channels)`` where none has enough won deals of its own.
    months
        Number of months.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    ripening_days: float
    slowest: str

    @property
    def months(self) -> int:
        """Number of months; 0 where no lead is ripe."""
        span = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        return max(span, 0)

    @property
    def known(self) -> bool:
        """Whether the time of ripening is known and leads of at least one month are past it."""
        return self.months > 0

    @property
    def enough(self) -> bool:
        """Whether there are enough months for a return."""
        return self.months >= FEWEST_MONTHS


def ages(leads: ibis.Table, today: date) -> pd.DataFrame:
    """Return ``channel, status, days, entry, leads``: how many leads of the last years ended how, how old.

    ``entry`` is their age in days at the first decision on record. Records may begin with the leads open
    then; others as old had been decided and are not on record, so these are watched from that age on only.
    """
    begin = pd.Timestamp(today) - pd.DateOffset(months=LEARN_MONTHS)
    recent = leads.filter(leads.start >= ibis.timestamp(str(begin)))
    first = leads.closed_at.min().to_pandas()
    seen = recent.start if pd.isna(first) else ibis.timestamp(str(first))
    age = ((seen.epoch_seconds() - recent.start.epoch_seconds()) / _DAY).floor().cast("int64").clip(lower=0)
    keys = ["channel", "status", "days", "entry"]
    return fetch(recent.mutate(entry=age).group_by(keys).agg(leads=_.count()), *keys)


def lag_table(counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how long a sale takes from the first contact, by channel.

    Returns
    -------
    lag : pandas.DataFrame
        ``channel, months, share_won, leads``: share of all leads won within so many months, open ones
        counted; only as far as leads have been followed.
    pace : pandas.DataFrame
        ``channel, leads, won, median_days, ripening_days``: days by which half, and nine of ten, of the deals
        won in the end are won; a row a channel, and one of all together first.
    """
    lag, pace = [], []
    groups = [(ALL, counts), *((str(name), part) for name, part in counts.groupby("channel", sort=True))]
    for name, part in groups:
        leads, won = int(part["leads"].sum()), int(part.loc[part["status"] == "won", "leads"].sum())
        curve = _curve(part)
        half, most = (_reached(curve, share) for share in (0.5, RIPE))
        if leads:
            pace.append((name, leads, won, half, most))
            lag += [(name, month, share, leads) for month, share in _by_month(curve, _followed(part))]
    made = pd.DataFrame(lag, columns=["channel", "months", "share_won", "leads"])
    paces = pd.DataFrame(pace, columns=["channel", "leads", "won", "median_days", "ripening_days"])
    return (
        made.astype({"channel": "str", "months": "int64", "share_won": "float64", "leads": "int64"}),
        paces.astype(
            {"channel": "str", "leads": "int64", "won": "int64"}
            | dict.fromkeys(["median_days", "ripening_days"], "float64")
        ),
    )


def choose_window(
    view: PeriodView, pace: pd.DataFrame, records: tuple[pd.Timestamp, ...], months: int, today: date
) -> Window:
    """Choose the months whose leads are set against their cost.

    The window ends so long before today as the slowest channel takes to ripen. It holds the months asked
    for, or the period itself where that reaches further back, and begins no earlier than the records do.

    Parameters
    ----------
    view
        The company; gives the period.
    pace
        From :func:`lag_table`.
    records
        First day of each of the records that the return needs: deals, costs.
    months
        Months wanted.
    today
        End of what the data cover.
    """
    known = pace[(pace["won"] >= FEWEST_WON) & pace["ripening_days"].notna()]
    single = known[known["channel"] != ALL]
    chosen = (single if len(single) else known).sort_values("ripening_days", kind="stable").tail(1)
    if chosen.empty:
        nothing = pd.Timestamp(today).normalize().replace(day=1)
        return Window(nothing, nothing, np.nan, ALL)
    days = float(chosen["ripening_days"].iloc[0])
    end = (pd.Timestamp(today) - pd.Timedelta(days=np.ceil(days))).normalize().replace(day=1)
    wanted = min(end - pd.DateOffset(months=months), pd.Timestamp(view.period.start).replace(day=1))
    start = max([wanted, *(_whole_month(day) for day in records)])
    return Window(min(start, end), end, days, str(chosen["channel"].iloc[0]))


def _whole_month(day: pd.Timestamp) -> pd.Timestamp:
    """Return the first month that records beginning on this day hold whole, but for a few days."""
    first = day.normalize().replace(day=1)
    return first if day.day <= _SLACK_DAYS else first + pd.DateOffset(months=1)


def _curve(part: pd.DataFrame) -> pd.DataFrame:
    """Return ``time, incidence`` of being won, lost deals being the other ending."""
    ending = part["status"].map({"won": _WON, "lost": _LOST, "open": 0}).to_numpy()
    times = np.repeat(part["days"].clip(lower=0).to_numpy(), part["leads"].to_numpy())
    entry = np.repeat((part["entry"] - JUST_BEFORE).clip(lower=0).to_numpy(), part["leads"].to_numpy())
    table = cumulative_incidence(times, np.repeat(ending, part["leads"].to_numpy()), entry=entry)
    return table.loc[table["cause"] == _WON, ["time", "incidence"]].reset_index(drop=True)


def _reached(curve: pd.DataFrame, share: float) -> float:
    """Give the day by which this share of all that is won in the end is won."""
    if curve.empty:
        return np.nan
    there = curve["incidence"] >= share * curve["incidence"].iloc[-1] - 1e-12
    return float(curve.loc[there, "time"].iloc[0])


def _followed(part: pd.DataFrame) -> float:
    """Give the days up to which the curve is known: for ever where the last lead watched is decided."""
    last = part[part["days"] == part["days"].max()]
    return float(last["days"].max()) if (last["status"] == "open").any() else np.inf


def _by_month(curve: pd.DataFrame, followed: float) -> list[tuple[int, float]]:
    times, shares = curve["time"].to_numpy(), np.append(0.0, curve["incidence"].to_numpy())
    ends = [month for month in range(LAG_MONTHS + 1) if month * DAYS_A_MONTH <= followed]
    return [
        (month, float(shares[np.searchsorted(times, month * DAYS_A_MONTH, side="right")])) for month in ends
    ]
