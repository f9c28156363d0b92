"""Win rates of the deals closed in a period, and whether they differ between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import fetch, stated
from crm_analysis.language import msg
from crm_analysis.stats.association import association
from crm_analysis.stats.contingency import independence
from crm_analysis.stats.intervals import wilson
from crm_analysis.stats.multiplicity import adjust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from crm_analysis.view import PeriodView

COLUMNS = (
    "dimension", "value", "closed", "won", "win_rate", "low", "high", "p_value", "p_adjusted",
    "strength", "verdict",
)  # fmt: skip

#: Of all deals together.
ALL = "all deals"
#: The verdict on a dimension whose groups win at different rates: nothing need have changed.
DIFFERS = msg("differs")

#: Dimension, and where it is found: the table, its key among the deals, its column. As elsewhere, a region is
#: that of the client; where clients have none, that of the owner.
_DIMENSIONS = (
    ("region", "customers", "customer_id", "region"),
    ("owner region", "owners", "owner", "region"),
    ("manager", "owners", "owner", "manager"),
    ("team", "owners", "owner", "team"),
    ("product", "deals", "deal_id", "product"),
    ("category", "products", "product", "category"),
    ("channel", "deals", "deal_id", "channel"),
    ("owner", "deals", "deal_id", "owner"),
)
#: Fewer closed deals than these say nothing about a difference between groups.
FEWEST_DEALS = 20


def win_rates(view: PeriodView) -> pd.DataFrame:
    """Return ``COLUMNS``: a row a value of each dimension; ``p_value`` tests the dimension as a whole.

    Deals of one customer resemble each other, so the test permutes the values among whole customers, each
    with all its deals. A customer whose deals lie under several values (owners, products) counts as one for
    each of them. That is valid where its parts are alike or independent; where they resemble each other it
    errs on the side of saying nothing, because a likeness shared by all values makes them differ less. A deal
    without a customer stands for itself.
    """
    if not view.has("deals"):
        return _frame(pd.DataFrame(columns=["dimension", "value", "closed", "won"]))
    units = _units(view)
    frame = _frame(_counts(units))
    if frame.empty:
        return frame
    dimensions = [name for name in dict.fromkeys(frame["dimension"]) if name != ALL]
    tests = adjust([_p_value(units[units["dimension"] == name]) for name in dimensions], dimensions)
    frame["p_value"] = frame["dimension"].map(tests["p_value"]).astype(float)
    frame["p_adjusted"] = frame["dimension"].map(tests["p_adjusted"]).astype(float)
    frame["strength"] = frame["dimension"].map(tests["strength"]).astype("str").fillna("")
    found = frame["dimension"].map(tests["found"]).eq(True)
    verdict = np.where(found, DIFFERS, "no_evidence")
    frame["verdict"] = np.where(frame["p_value"].isna(), "not_enough_data", verdict)
    frame.loc[frame["dimension"] == ALL, "verdict"] = "note"
    return frame


def _p_value(units: pd.DataFrame) -> float:
    """Test whether the win rates of a dimension differ."""
    if units["closed"].sum() < FEWEST_DEALS:
        return float("nan")
    outcomes = np.column_stack([units["won"], units["closed"] - units["won"]])
    named = units["unit"].notna().to_numpy()
    if not named.any():
        return independence(units.groupby("value")[["won", "closed"]].sum().pipe(_both)).p_value
    # deals without a customer come added up by value, to keep the query small
    alone = units[~named]
    single = np.repeat(np.tile(np.eye(2, dtype=np.int64), (len(alone), 1)), outcomes[~named].ravel(), axis=0)
    values = alone["value"].to_numpy(dtype=object)
    groups = np.r_[
        units["value"].to_numpy(dtype=object)[named],
        np.repeat(np.repeat(values, 2), outcomes[~named].ravel()),
    ]
    return association(np.r_[outcomes[named], single], groups).p_value


def _both(sums: pd.DataFrame) -> NDArray[np.int64]:
    return np.column_stack([sums["won"], sums["closed"] - sums["won"]])


def _units(view: PeriodView) -> pd.DataFrame:
    """Return ``dimension, value, unit, closed, won``: a row a customer and value; the rest by value."""
    closed = view.closed
    unit = closed.customer_id if "customer_id" in closed.columns else ibis.null("string")
    closed = closed.mutate(unit=unit)
    parts = [_of(closed.mutate(unit=ibis.null("string")), ALL, ibis.literal(""))]
    for name, table, key, column in _DIMENSIONS:
        if key not in closed.columns or not view.has(table, key, column):
            continue
        deals, source = closed, column
        if table != "deals":
            found = view.dataset.table(table).select(found_key=key, found_value=column)
            deals, source = closed.left_join(found, closed[key] == found.found_key), "found_value"
        parts.append(_of(deals, name, stated(deals[source])))
    frame = fetch(ibis.union(*parts) if len(parts) > 1 else parts[0], "dimension", "value", "unit")
    if "region" not in set(frame["dimension"]):
        frame["dimension"] = frame["dimension"].replace("owner region", "region")
    return frame


def _counts(units: pd.DataFrame) -> pd.DataFrame:
    sums = units.groupby(["dimension", "value"], as_index=False)[["closed", "won"]].sum()
    order = [ALL, *(name for name, *_ in _DIMENSIONS)]
    sums["place"] = sums["dimension"].map(order.index)
    return sums.sort_values(["place", "closed", "value"], ascending=[True, False, True], kind="stable")


def _of(deals: ibis.Table, dimension: str, value: ibis.Value) -> ibis.Table:
    return deals.group_by(dimension=ibis.literal(dimension), value=value, unit=deals.unit).agg(
        closed=deals.count(), won=(deals.status == "won").sum()
    )


def _frame(counts: pd.DataFrame) -> pd.DataFrame:
    frame = counts[["dimension", "value", "closed", "won"]].reset_index(drop=True)
    frame = frame.astype({"dimension": "str", "value": "str", "closed": "int64", "won": "int64"})
    rate = wilson(frame["won"].to_numpy(), frame["closed"].to_numpy())
    return frame.assign(
        win_rate=np.asarray(rate.estimate, dtype=float),
        low=np.asarray(rate.low, dtype=float),
        high=np.asarray(rate.high, dtype=float),
        p_value=np.nan,
        p_adjusted=np.nan,
        strength=pd.Series("", index=frame.index, dtype="str"),
        verdict=pd.Series("not_enough_data", index=frame.index, dtype="str"),
    )[list(COLUMNS)]
