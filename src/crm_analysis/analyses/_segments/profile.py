"""What A clients have more of than all, and how the mix of revenue shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._segments.tests import FEWEST, judged, typed
from crm_analysis.stats.lift import lift
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.shift import share_shift

if TYPE_CHECKING:
    from crm_analysis.analyses._segments.book import Book

PROFILE = [
    "dimension", "segment", "a_customers", "a_share", "base_share", "lift", "low", "high", "customers",
    "p_value", "p_adjusted", "strength", "verdict",
]  # fmt: skip
SHIFT = [
    "dimension", "segment", "revenue", "share", "previous_share", "difference", "low", "high", "p_value",
    "p_adjusted", "strength", "verdict",
]  # fmt: skip
_TEXT = ("dimension", "segment", "strength", "verdict")


def profile_table(book: Book) -> pd.DataFrame:
    """Return ``PROFILE``: a row a segment, how common it is among A clients and among all who bought."""
    active = book.clients["active"].to_numpy()
    best = active & (book.clients["abc"] == "A").to_numpy()
    rows: list[dict[str, Any]] = []
    for dimension, (codes, names) in book.codes.items():
        for at, segment in enumerate(names):
            here = codes == at
            counts = [int(x.sum()) for x in (best & here, best, active & here, active)]
            row = {"dimension": dimension, "segment": segment, "a_customers": counts[0],
                   "customers": counts[2],
                   "a_share": counts[0] / counts[1] if counts[1] else np.nan,
                   "base_share": counts[2] / counts[3] if counts[3] else np.nan}  # fmt: skip
            found = lift(*counts)
            row |= {"lift": found.estimate, "low": found.low, "high": found.high}
            enough = counts[2] >= FEWEST and counts[3] - counts[2] >= FEWEST and segment != NOT_STATED
            rows.append(
                row | {"p_value": found.p_value if enough else np.nan, "difference": found.estimate - 1}
            )
    return judged(pd.DataFrame(rows, columns=[*PROFILE[:10], "difference"]), PROFILE, _TEXT)


def shift_table(book: Book) -> pd.DataFrame:
    """Return ``SHIFT``: a row a segment, its share of the revenue of known clients now and before."""
    now = book.clients["period_revenue"].to_numpy(dtype=float)
    compared = book.windows.comparison is not None
    before = np.nan_to_num(book.clients["previous_revenue"].to_numpy(dtype=float))
    units = (now != 0) | (before != 0)
    rows = []
    for dimension, (codes, names) in book.codes.items():
        shape = (int(units.sum()), len(names))
        place = np.arange(shape[0]), codes[units]
        sides = [sparse.csr_array((side[units], place), shape=shape) for side in (before, now)]
        shifts = share_shift(sides[0], sides[1], (before[units], now[units]))
        labels = pd.DataFrame({"dimension": dimension, "segment": names})
        revenue = np.bincount(codes, weights=now, minlength=len(names)).round(6)
        rows.append(pd.concat([labels.assign(revenue=revenue), shifts], axis=1))
    if not rows:
        return typed(pd.DataFrame(columns=SHIFT), SHIFT, _TEXT)
    frame = pd.concat(rows, ignore_index=True)
    if not compared:
        frame[["previous_share", "difference", "low", "high", "p_value"]] = np.nan
    tests = adjust(frame["p_value"].to_numpy(dtype=float))
    untested = frame["p_value"].isna()
    frame["verdict"] = np.where(
        untested, "not_enough_data", np.where(tests["found"], "changed", "no_evidence")
    )
    frame = frame.assign(p_adjusted=tests["p_adjusted"], strength=tests["strength"])
    order = {name: at for at, name in enumerate(book.codes)}
    frame["place"] = frame["dimension"].map(order)
    frame = frame.sort_values(["place", "revenue", "segment"], ascending=[True, False, True], kind="stable")
    return typed(frame, SHIFT, _TEXT)
