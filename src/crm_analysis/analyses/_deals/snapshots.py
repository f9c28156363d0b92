"""The deals and their stages as the forecast needs them: rebuilt as known at each past month end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import fetch
from crm_analysis.stats.pipeline import Pipeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.view import PeriodView

    Floats = NDArray[np.float64]
    Unit = Literal["money", "deals"]

#: Months of history looked at: two years to test on, before each of which there are two years to learn from.
MOST_MONTHS = 52
#: With more amounts missing than these among the lost or the won, size tells of the outcome.
_MISSING = 0.1


@dataclass(frozen=True)
class Snapshots:
    """What is known of deals, at month ends.

    Parameters
    ----------
    pipeline
        The deals with their stage entries, days since 1970; amounts are NaN where they are not known.
    deal_id
        Of each deal of the pipeline.
    months
        First days of the months, the last one that of the month to be forecast first.
    now
        Day as of which the deals stand.
    stages
        Names of the stages, in the numbering of the pipeline.
    promised
        Typed-in probability of each stage; NaN where none is known.
    unit
        ``money``; ``deals`` where the data know no amounts.
    sized
        Whether amounts may serve to tell large deals from small ones.
    has_history
        Whether stages are known of the past.
    undated
        Ids of open deals without any date.
    without_amount
        Number of open deals without an amount.
    """

    pipeline: Pipeline
    deal_id: NDArray[np.object_]
    months: pd.DatetimeIndex
    now: float
    stages: tuple[str, ...]
    promised: Floats
    unit: Unit
    sized: bool
    has_history: bool
    undated: tuple[str, ...]
    without_amount: int

    @property
    def moments(self) -> Floats:
        """Days of the first of each month."""
        return _days(self.months)


def snapshots(view: PeriodView) -> Snapshots | None:
    """Fetch the deals of the last years with their stage entries; None where there is no dated deal.

    The forecast begins with the month after the last whole one of the data, at most that of the period's end.
    """
    until = min(view.period.end, max(view.coverage.covered.end, view.period.start))
    origin = pd.Timestamp(until).to_period("M").to_timestamp()
    start = origin - pd.DateOffset(months=MOST_MONTHS)
    deals = _deals(view, start)
    first = deals["created"].min()
    if deals.empty or pd.isna(first) or first >= origin:
        return None
    stages, promised = _stages(view)
    entries = _entries(view, start, stages)
    deals, undated = _dated(deals, entries)
    months = pd.date_range(max(start, first.to_period("M").to_timestamp()), origin, freq="MS")
    at = pd.Series(np.arange(len(deals)), index=deals["deal_id"])
    entries = entries[entries["deal_id"].isin(at.index)]
    entries = entries.assign(deal=at.reindex(entries["deal_id"]).to_numpy())
    entries = entries.sort_values(["deal", "entered_at", "stage"], kind="stable")
    unit, sized = _worth(deals, origin)
    known = deals["amount"].to_numpy(dtype=float)
    opened = ~deals["closed_at"].notna().to_numpy()
    return Snapshots(
        pipeline=Pipeline(
            created=_days(deals["created"]),
            closed=np.where(opened, np.inf, _days(deals["closed_at"])),
            won=(deals["status"] == "won").to_numpy(),
            amount=known if unit == "money" else np.ones(len(deals)),
            entry_deal=entries["deal"].to_numpy(dtype=np.int64),
            entry_day=_days(entries["entered_at"]),
            entry_stage=entries["stage"].to_numpy(dtype=np.int64),
            stages=max(len(stages), 1),
        ),
        deal_id=deals["deal_id"].to_numpy(dtype=object),
        months=months,
        now=float(_days(pd.DatetimeIndex([until]))[0]),
        stages=stages,
        promised=promised,
        unit=unit,
        sized=sized,
        has_history=bool(len(entries)),
        undated=undated,
        without_amount=int((opened & np.isnan(known)).sum()) if unit == "money" and sized else 0,
    )


def _deals(view: PeriodView, start: pd.Timestamp) -> pd.DataFrame:
    """Return ``deal_id, created, closed_at, status, amount`` of deals not closed before the start."""
    deals = view.deals
    amount = deals.amount.cast("float64") if "amount" in deals.columns else ibis.null("float64")
    kept = deals.filter((deals.status == "open") | (deals.closed_at >= ibis.timestamp(str(start))))
    return fetch(
        kept.select(
            deal_id=kept.deal_id.cast("string"),
            created=kept.created_at,
            closed_at=kept.closed_at,
            status=kept.status,
            amount=amount,
        ),
        "deal_id",
    ).astype({"created": "datetime64[us]", "closed_at": "datetime64[us]", "amount": "float64"})


def _stages(view: PeriodView) -> tuple[tuple[str, ...], Floats]:
    """Return the names of all stages ever entered, in the order of the funnel, and what each promises."""
    if not view.has("stage_history"):
        return (), np.array([])
    names = fetch(view.stage_history.select("stage").distinct(), "stage")["stage"].astype(str).tolist()
    order = {name: float(place) for place, name in enumerate(view.dataset.settings.stages)}
    chances: dict[str, float] = {}
    if view.has("stages"):
        table = fetch(view.table("stages"), "position", "stage")
        order |= dict(zip(table["stage"].astype(str), table["position"].astype(float), strict=True))
        if "probability" in table.columns:
            chances = dict(zip(table["stage"].astype(str), table["probability"].astype(float), strict=True))
    names.sort(key=lambda name: (order.get(name, np.inf), name))
    return tuple(names), np.array([chances.get(name, np.nan) for name in names])


def _entries(view: PeriodView, start: pd.Timestamp, stages: tuple[str, ...]) -> pd.DataFrame:
    """Return ``deal_id, entered_at, stage`` (its number) of the deals not closed before the start."""
    if not stages:
        return pd.DataFrame(
            {
                "deal_id": pd.Series(dtype="str"),
                "entered_at": pd.Series(dtype="datetime64[us]"),
                "stage": pd.Series(dtype="int64"),
            }
        )
    deals = view.dataset.table("deals")
    gone = deals.filter((deals.status != "open") & (deals.closed_at < ibis.timestamp(str(start))))
    entries = view.stage_history.anti_join(gone, "deal_id")
    frame = fetch(
        entries.select(deal_id=entries.deal_id.cast("string"), entered_at="entered_at", stage="stage"),
        "deal_id", "entered_at", "stage",
    )  # fmt: skip
    number = {name: place for place, name in enumerate(stages)}
    return frame.assign(stage=frame["stage"].astype(str).map(number).astype("int64")).astype(
        {"entered_at": "datetime64[us]"}
    )


def _dated(deals: pd.DataFrame, entries: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give deals without a day of creation that of their first stage; set those without any date apart."""
    entered = entries.groupby("deal_id")["entered_at"].min()
    first = pd.Series(entered.reindex(deals["deal_id"]).to_numpy(), index=deals.index)
    begun = deals["created"].fillna(first).fillna(deals["closed_at"])
    deals = deals.assign(created=begun)
    undated = begun.isna()
    return (
        deals[~undated].reset_index(drop=True),
        tuple(deals.loc[undated, "deal_id"].astype(str)),
    )


def _worth(deals: pd.DataFrame, origin: pd.Timestamp) -> tuple[Unit, bool]:
    """Say in what the forecast is told, and whether amounts are known whatever the outcome."""
    ended = deals[deals["closed_at"] < origin]
    missing = ended["amount"].isna().groupby(ended["status"]).mean()
    if missing.get("won", 1.0) == 1.0:
        return "deals", True
    return "money", bool((missing <= _MISSING).all())


def _days(moments: pd.Series | pd.DatetimeIndex) -> Floats:
    """Return days since 1970, NaN where there is no moment."""
    stamps = pd.DatetimeIndex(moments)
    days = stamps.to_numpy(dtype="datetime64[us]").astype(np.int64) / 86_400_000_000.0
    return np.where(stamps.isna(), np.nan, days)
