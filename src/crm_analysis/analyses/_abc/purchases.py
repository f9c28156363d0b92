"""What each client bought on each day: the one grouped frame that the analysis of clients derives from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.view import PeriodView

    Floats = NDArray[np.float64]
    Span = tuple[pd.Timestamp, pd.Timestamp]

#: Sums are exact to this many places whatever the order of the rows; returned orders then come to nothing.
_PLACES = 6
_MONEY = f"decimal(38, {_PLACES})"


@dataclass(frozen=True)
class Purchases:
    """Purchases to date by client and day.

    Parameters
    ----------
    ids
        Clients, sorted; a client is one who has any order line.
    days
        A row a client and day with order lines: ``client`` (position in ``ids``), ``day``, ``revenue`` (net),
        ``orders`` (orders with a positive line, counted on their first day); sorted.
    unknown
        The same for lines without a client: ``day, revenue``.
    end
        The day after the last that the data cover: "today".
    earlier
        Clients on record before the first order line: they may have bought before the records begin.
    """

    ids: NDArray[np.object_]
    days: pd.DataFrame
    unknown: pd.DataFrame
    end: pd.Timestamp
    earlier: frozenset[str] = frozenset()

    @property
    def clients(self) -> int:
        """Number of clients."""
        return len(self.ids)

    @cached_property
    def bought(self) -> pd.DataFrame:
        """Days with an order: ``client, day, orders``."""
        return self.days.loc[self.days["orders"] > 0, ["client", "day", "orders"]].reset_index(drop=True)

    @cached_property
    def first_sale(self) -> pd.Timestamp | None:
        """First day with an order line, of a client or not; None where there is none."""
        starts = [frame["day"].min() for frame in (self.days, self.unknown) if len(frame)]
        return min(starts) if starts else None

    @cached_property
    def first(self) -> pd.Series:
        """First day with an order, a client; missing where all lines are returns."""
        return self.bought.groupby("client")["day"].min().reindex(range(self.clients))

    @cached_property
    def newcomers(self) -> pd.Series:
        """First day with an order, a client; missing for those who may have bought before the records."""
        return self.first.where(~pd.Series(self.ids).isin(self.earlier))

    @cached_property
    def last(self) -> pd.Series:
        """Last day with an order, a client."""
        return self.bought.groupby("client")["day"].max().reindex(range(self.clients))

    def revenue(self, span: Span) -> Floats:
        """Net revenue of each client in a span."""
        rows = within(self.days, span)
        sums = np.bincount(rows["client"], weights=rows["revenue"], minlength=self.clients)
        return np.round(sums, _PLACES)

    def orders(self, span: Span) -> NDArray[np.int64]:
        """Orders of each client in a span."""
        rows = within(self.bought, span)
        return np.bincount(rows["client"], weights=rows["orders"], minlength=self.clients).astype(np.int64)

    def active(self, span: Span) -> NDArray[np.bool_]:
        """Say which clients have any order line in a span."""
        return np.bincount(within(self.days, span)["client"], minlength=self.clients) > 0

    def without_client(self, span: Span) -> float:
        """Net revenue of the lines without a client."""
        return round(float(within(self.unknown, span)["revenue"].sum()), _PLACES)


def within(rows: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Rows whose day lies in a half-open span."""
    start, end = span
    return rows[(rows["day"] >= start) & (rows["day"] < end)]


def whole_months(start: pd.Timestamp, end: pd.Timestamp) -> int:
    """Count the whole months between two days."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (start + pd.DateOffset(months=months) > end)


def read_purchases(view: PeriodView) -> Purchases:
    """Group the order lines to date by client and day, in the engine."""
    end = pd.Timestamp(view.coverage.covered.end)
    lines = view.sales_to_date
    if "customer_id" not in lines.columns:
        lines = lines.mutate(customer_id=ibis.null("string"))
    lines = lines.select(
        "customer_id", "sale_id", day=lines.sold_at.date(), amount=lines.amount.cast("float64")
    ).filter(_.amount.notnull())
    money = lines.group_by("customer_id", "day").agg(revenue=_.amount.cast(_MONEY).sum().cast("float64"))
    # an order whose lines are spread over days is one order, on its first day
    orders = (
        lines.filter((_.amount > 0) & _.customer_id.notnull())
        .group_by("customer_id", "sale_id")
        .agg(day=_.day.min())
        .group_by("customer_id", "day")
        .agg(orders=_.count())
    )
    joined = money.left_join(orders, ["customer_id", "day"])
    frame = joined.select("customer_id", "day", "revenue", orders=joined.orders.fill_null(0)).to_pandas()
    frame["day"] = pd.to_datetime(frame["day"]).astype("datetime64[s]")
    known = frame["customer_id"].notna()
    codes, ids = pd.factorize(frame.loc[known, "customer_id"].astype(object), sort=True)
    days = frame.loc[known, ["day", "revenue", "orders"]].assign(client=codes)
    days = days.sort_values(["client", "day"], kind="stable", ignore_index=True)
    unknown = frame.loc[~known, ["day", "revenue"]].sort_values("day", kind="stable", ignore_index=True)
    begin = frame["day"].min()
    return Purchases(
        np.asarray(ids, dtype=object),
        days[["client", "day", "revenue", "orders"]],
        unknown,
        end,
        frozenset() if pd.isna(begin) else frozenset(on_record_before(view, begin)),
    )


def on_record_before(view: PeriodView, day: pd.Timestamp) -> list[str]:
    """Return the clients that were entered before a day: whoever was is no newcomer after it."""
    if not view.has("customers", "created_at"):
        return []
    early = view.customers.filter(_.created_at < ibis.timestamp(day))
    return list(early.select("customer_id").to_pandas()["customer_id"])


def client_names(view: PeriodView, ids: NDArray[np.object_]) -> list[Any]:
    """Name of each client; its id where the data hold no name."""
    if not (len(ids) and view.has("customers", "name")):
        return list(ids)
    rows = view.customers.select("customer_id", "name").to_pandas()
    names = dict(zip(rows["customer_id"], rows["name"], strict=True))
    return [name if isinstance(name := names.get(key), str) and name.strip() else key for key in ids]
