"""The KPIs of the period against the comparison, and how deals end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._kpi.measures import rows_of
from crm_analysis.analyses._kpi.parts import KPIS, MEDIAN, TO_DATE
from crm_analysis.analyses._kpi.sources import LOST, WON
from crm_analysis.stats.survival import cumulative_incidence

if TYPE_CHECKING:
    from crm_analysis.analyses._kpi.measured import Measured
    from crm_analysis.period import Period

LEVELS = ["kpi", "group", "value", "low", "high", "unit", "n", "previous", "difference", "verdict"]
OUTCOMES = ["days", "won", "won_low", "won_high", "lost", "lost_low", "lost_high", "open"]
#: Days that the ends of deals are told for, at the most.
_MOST_DAYS = 400
#: Ends of deals are told for so many times the days within which the mean is taken.
_REACH = 2


def kpis_table(
    known: Measured, period: Period, comparison: Period | None, trends: pd.DataFrame
) -> pd.DataFrame:
    """Measure each KPI in the period and in the comparison. Columns ``LEVELS``.

    Infinite figures (effort, and nobody came) are missing; ``n`` is then 0 and ``low`` tells.
    """
    verdicts = trends.set_index(["kpi", "group"])["verdict"].to_dict()
    rows: list[dict[str, Any]] = []
    for measure in known.measures:
        now = rows_of(dict(measure.over(_span(period))))
        before: dict[str, float] = {}
        if comparison is not None:
            before = {row["group"]: row["value"] for row in rows_of(dict(measure.over(_span(comparison))))}
        now += _to_date(known) if measure.kpi == "decision_days" else []
        rows += [{"kpi": measure.kpi, "previous": before.get(row["group"], np.nan), **row} for row in now]
    table = pd.DataFrame(rows, columns=[name for name in LEVELS if name not in ("difference", "unit")])
    figures = ["value", "low", "high", "previous"]
    table[figures] = table[figures].astype(float).replace([np.inf, -np.inf], np.nan)
    table["difference"] = table["value"] - table["previous"]
    table["unit"] = table["kpi"].map({key: kpi.unit for key, kpi in KPIS.items()})
    table["verdict"] = [
        verdicts.get((kpi, group), "note") for kpi, group in zip(table["kpi"], table["group"], strict=True)
    ]
    return table.astype(dict.fromkeys(("kpi", "group", "unit", "verdict"), "str") | {"n": "int64"})[LEVELS]


def outcomes_table(known: Measured) -> pd.DataFrame:
    """Tell how many deals are won and lost by each day since the first contact. Columns ``OUTCOMES``."""
    deals = known.deals
    if deals is None or known.curve is None or np.isnan(known.tau):
        return pd.DataFrame(columns=OUTCOMES).astype(float)
    watched = deals.followed(known.end)
    shares = cumulative_incidence(watched["time"], watched["status"], entry=watched["entry"])
    last = int(min(_REACH * known.tau, np.floor(known.curve.last)))
    days = np.arange(0, last + 1, max(1, -(-last // _MOST_DAYS)), dtype=float)
    table = pd.DataFrame({"days": days})
    for name, cause in (("won", WON), ("lost", LOST)):
        part = shares[shares["cause"] == cause]
        place = np.searchsorted(part["time"].to_numpy(dtype=float), days, side="right")
        for column, source, start in (
            (name, "incidence", 0.0), (f"{name}_low", "low", np.nan), (f"{name}_high", "high", np.nan)
        ):  # fmt: skip
            table[column] = np.concatenate([[start], part[source].to_numpy(dtype=float)])[place]
    return table.assign(open=1 - table["won"] - table["lost"])[OUTCOMES]


def _to_date(known: Measured) -> list[dict[str, Any]]:
    """Give mean and median over all deals to date, open ones counted as long as they were watched."""
    curve = known.curve
    if curve is None:
        return []
    mean, median = curve.rmst(known.tau), curve.quantile_interval()
    return [
        {"group": group, "value": one.estimate, "low": one.low, "high": one.high, "n": curve.n}
        for group, one in ((TO_DATE, mean), (MEDIAN, median))
    ]


def _span(period: Period) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(period.start), pd.Timestamp(period.end)
