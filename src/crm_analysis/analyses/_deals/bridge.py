"""How the pipeline got from the beginning of the period to its end, and its course by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._deals.stages import instant, today
from crm_analysis.analyses._lines import fetch, money, month_of

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

BRIDGE = ["part", "deals", "amount", "without_amount", "previous", "difference"]
PARTS = ("opening", "created", "reopened", "grown", "shrunk", "won", "lost", "closing")
#: Items that take something out of the pipeline.
OUT = ("won", "lost", "shrunk")
MONTHLY = ["month", "open_deals", "open_amount", "created", "won", "lost"]
_MONTHS = 36


def known_at(deals: ibis.Table) -> ibis.Value:
    """Return since when a deal has been known: its creation, else the first contact; missing: ever since."""
    if "first_contact_at" in deals.columns:
        return deals.created_at.coalesce(deals.first_contact_at)
    return deals.created_at


def knows_amounts(view: PeriodView) -> bool:
    """Say whether any deal known at the end has an amount."""
    return "amount" in view.outcomes.columns and bool(view.outcomes.amount.notnull().any().to_pandas())


def bridge_table(view: PeriodView) -> pd.DataFrame:
    """Return ``BRIDGE``: opening + created + reopened + grown − shrunk − won − lost = closing.

    Parts that leave the pipeline are negative, so that the items between add up. ``without_amount``: deals
    among them whose amount is not known; they count as 0 money.

    Notes
    -----
    The tables keep the last amount and one outcome of a deal, not those before: ``reopened``, ``grown`` and
    ``shrunk`` are 0. A deal without any date was there before the period began.
    """
    table = _items(view)
    earlier = None if view.comparison is None else _items(view.comparison)
    table["previous"] = np.nan if earlier is None else earlier["amount"]
    table["difference"] = table["amount"] - table["previous"]
    return table[BRIDGE]


def _items(view: PeriodView) -> pd.DataFrame:
    start = instant(view.period.start)
    deals = view.outcomes.mutate(worth=_worth(view.outcomes))
    worth = deals.worth
    new = (known_at(deals) >= start).fill_null(False)
    gone = (deals.status != "open") & (deals.closed_at >= start).fill_null(False)
    sets = {
        "opening": ~new & ((deals.status == "open") | gone),
        "created": new,
        "won": gone & (deals.status == "won"),
        "lost": gone & (deals.status == "lost"),
        "closing": deals.status == "open",
    }
    sums = {}
    for name, members in sets.items():
        sums[f"{name}_deals"] = members.sum()
        sums[f"{name}_amount"] = money(worth, members).fill_null(0.0)
        sums[f"{name}_without"] = (members & worth.isnull()).sum()
    found = deals.agg(**sums).to_pandas().iloc[0]
    rows = []
    for item in PARTS:
        figures = [found.get(f"{item}_{of}", 0) for of in ("deals", "amount", "without")]
        sign = -1 if item in OUT else 1
        deals_, amount, without = (0 if pd.isna(value) else value for value in figures)
        # adding 0.0 turns a negative zero into zero
        rows.append((item, sign * int(deals_), sign * float(amount) + 0.0, int(without)))
    kinds = {"part": "str", "deals": "int64", "amount": "float64", "without_amount": "int64"}
    table = pd.DataFrame(rows, columns=["part", "deals", "amount", "without_amount"]).astype(kinds)
    return table if knows_amounts(view) else table.assign(amount=np.nan)


def _worth(deals: ibis.Table) -> ibis.Value:
    return deals.amount.cast("float64") if "amount" in deals.columns else ibis.null("float64")


def monthly_table(view: PeriodView) -> pd.DataFrame:
    """Return ``MONTHLY``: deals and money in work at the end of each month, and what came and went in it.

    Up to 36 months, the last one that of the end of the period. Deals without any date were there all along.
    """
    deals = view.outcomes
    deals = deals.select("status", "closed_at", worth=_worth(deals), known=known_at(deals))
    came = deals.group_by(month=month_of(deals.known)).agg(
        created=deals.count(), came=money(deals.worth).fill_null(0.0)
    )
    decided = deals.filter(deals.status != "open")
    went = decided.group_by(month=month_of(decided.closed_at)).agg(
        won=(decided.status == "won").sum(),
        lost=(decided.status == "lost").sum(),
        went=money(decided.worth).fill_null(0.0),
    )
    arrived, left = (_dated(fetch(flow, "month")) for flow in (came, went))
    undated = arrived[arrived["month"].isna()][["created", "came"]].sum()
    arrived = arrived[arrived["month"].notna()]
    # a month of which the data hold nothing has not ended without a change: it is not known
    last = (pd.Timestamp(today(view)) - pd.Timedelta(days=1)).to_period("M").to_timestamp()
    months = pd.concat([arrived["month"], left["month"]])
    first = months.min() if len(months) else last
    span = pd.date_range(first, last, freq="MS", name="month").astype("datetime64[us]")
    flows = [flow.set_index("month").reindex(span).fillna(0.0) for flow in (arrived, left)]
    table = pd.concat(flows, axis=1)
    table["open_deals"] = undated["created"] + (table["created"] - table["won"] - table["lost"]).cumsum()
    table["open_amount"] = (undated["came"] + (table["came"] - table["went"]).cumsum()).round(6) + 0.0
    if not knows_amounts(view):
        table["open_amount"] = np.nan
    whole = dict.fromkeys(("open_deals", "created", "won", "lost"), "int64")
    return table.reset_index()[MONTHLY].tail(_MONTHS).reset_index(drop=True).astype(whole)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(month=pd.to_datetime(frame["month"]).astype("datetime64[us]"))
