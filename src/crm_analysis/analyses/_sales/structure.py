"""Where revenue comes from, and which shares shifted: by product, category, region, owner, channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from scipy import sparse

from crm_analysis.analyses._frames import dtypes, empty, typed
from crm_analysis.analyses._lines import (
    AFTER,
    BEFORE,
    both_sides,
    fetch,
    lines_to_date,
    money,
    stated,
)
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.shift import share_shift

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

DIMENSIONS = ("product", "category", "region", "owner", "channel")

COLUMNS = (
    "dimension", "value", "revenue", "share", "previous_share", "difference", "low", "high",
    "p_value", "p_adjusted", "verdict",
)  # fmt: skip
_TYPES = dtypes(COLUMNS, text=("dimension", "value", "verdict"))


def structure(view: PeriodView, among: tuple[str, ...] = DIMENSIONS) -> pd.DataFrame:
    """Return ``COLUMNS``: a row a value of each dimension, the largest first, now or before.

    So a value that fell to nothing, or below, stands among those that are looked at.
    """
    lines = both_sides(view, lines_to_date(view), "sold_at")
    dimensions = [name for name in among if name in lines.columns]
    if not dimensions or not view.has_amounts:
        return empty(_TYPES)
    pieces = _pieces(lines, dimensions)
    if pieces.empty:
        return empty(_TYPES)
    frame = _shares(pieces, compared=view.coverage.comparison is not None)
    tests = adjust(frame["p_value"])
    frame["p_adjusted"] = tests["p_adjusted"].to_numpy()
    untested = frame["p_value"].isna().to_numpy()
    frame["verdict"] = np.where(
        untested, "not_enough_data", np.where(tests["found"], "changed", "no_evidence")
    )
    frame["place"] = frame["dimension"].map(dimensions.index)
    frame["size"] = frame[["share", "previous_share"]].abs().max(axis=1)
    order = ["place", "size", "revenue", "value"]
    frame = frame.sort_values(order, ascending=[True, False, False, True], kind="stable")
    return typed(frame, _TYPES)


def _pieces(lines: ibis.Table, dimensions: list[str]) -> pd.DataFrame:
    """Return a row a side, dimension, value and unit: a customer, or an order where no customer is named."""
    unit = lines.customer_id.isnull().ifelse(
        ibis.literal("order ") + lines.sale_id, ibis.literal("customer ") + lines.customer_id
    )
    parts = [
        lines.group_by(
            side=lines.side, dimension=ibis.literal(name), value=stated(lines[name]), unit=unit
        ).agg(revenue=money(lines.amount).fill_null(0.0))
        for name in dimensions
    ]
    together = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return fetch(together, "dimension", "value", "unit", "side")


def _shares(pieces: pd.DataFrame, *, compared: bool) -> pd.DataFrame:
    unit, units = pd.factorize(pieces["unit"], sort=True)
    column, keys = pd.factorize(pd.MultiIndex.from_frame(pieces[["dimension", "value"]]), sort=True)
    shape = (len(units), len(keys))
    sides = {}
    for side in (BEFORE, AFTER):
        here = (pieces["side"] == side).to_numpy()
        cells = (pieces["revenue"].to_numpy()[here], (unit[here], column[here]))
        sides[side] = sparse.csr_array(cells, shape=shape)
    # every line has a value in each dimension, so any one dimension holds all revenue
    any_one = pieces[pieces["dimension"] == pieces["dimension"].iloc[0]]
    whole = {side: np.zeros(len(units)) for side in (BEFORE, AFTER)}
    for side, rows in any_one.groupby("side"):
        np.add.at(whole[str(side)], unit[rows.index], rows["revenue"].to_numpy())
    shifts = share_shift(sides[BEFORE], sides[AFTER], (whole[BEFORE], whole[AFTER]))
    if not compared:
        shifts[["previous_share", "difference", "low", "high", "p_value"]] = np.nan
    labels = pd.DataFrame(list(keys), columns=["dimension", "value"])
    revenue = np.asarray(sides[AFTER].sum(axis=0)).ravel()
    return pd.concat([labels.assign(revenue=revenue), shifts], axis=1)
