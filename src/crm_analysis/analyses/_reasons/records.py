"""How well reasons are recorded: deals lost without one, or with "other", by owner."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._reasons.change import FEWEST_DEALS, typed, units
from crm_analysis.analyses._reasons.deals import is_other
from crm_analysis.stats.association import association
from crm_analysis.stats.intervals import wilson
from crm_analysis.stats.multiplicity import adjust

DISCIPLINE = (
    "owner", "deals", "blank", "blank_share", "vague", "vague_share", "unclear", "unclear_share", "low",
    "high", "expected", "p_value", "p_adjusted", "strength", "verdict",
)  # fmt: skip


def discipline(lost: pd.DataFrame) -> pd.DataFrame:
    """Return for each owner how many of their lost deals say no reason, or only "other".

    Parameters
    ----------
    lost
        Lost deals of a year, a row a deal, with ``owner``.

    Returns
    -------
    pandas.DataFrame
        :data:`DISCIPLINE`, the largest share first. ``vague`` says only "other", ``unclear`` is blank or
        vague, ``low, high`` its 95 % limits, ``expected`` its number if all recorded alike; ``verdict``
        higher, lower, no_evidence, or not_enough_data under five lost deals. Empty where the data name no
        owner.
    """
    if "owner" not in lost.columns or lost.empty:
        return typed(pd.DataFrame(columns=list(DISCIPLINE)))
    blank = lost["reason"] == NOT_STATED
    other = lost["reason"].map(is_other).astype(bool)
    counted = lost.assign(deals=1, blank=blank, vague=other, unclear=blank | other)
    frame = counted.groupby("owner")[["deals", "blank", "vague", "unclear"]].sum().reset_index()
    limits = wilson(frame["unclear"], frame["deals"])
    frame = frame.assign(
        blank_share=frame["blank"] / frame["deals"],
        vague_share=frame["vague"] / frame["deals"],
        unclear_share=limits.estimate,
        low=limits.low,
        high=limits.high,
        expected=frame["deals"] * float(counted["unclear"].mean()),
        p_value=_tests(counted, frame["owner"]),
    )
    tests = adjust(frame["p_value"])
    side = np.where(frame["unclear"] > frame["expected"], "higher", "lower")
    verdict = np.where(
        tests["found"], side, np.where(tests["p_value"].isna(), "not_enough_data", "no_evidence")
    )
    frame = frame.assign(
        p_adjusted=tests["p_adjusted"].to_numpy(), strength=tests["strength"].to_numpy(), verdict=verdict
    )
    frame = frame.sort_values(
        ["unclear_share", "deals", "owner"], ascending=[False, False, True], kind="stable"
    )
    return typed(frame[list(DISCIPLINE)])


def _tests(deals: pd.DataFrame, owners: pd.Series) -> np.ndarray:
    """Test each owner against all others; NaN where the owner lost too few deals."""
    unit = units(deals, deals["owner"])
    counts = deals.groupby(unit)["unclear"].agg(["sum", "size"])
    label = deals["owner"].groupby(unit).first().reindex(counts.index)
    outcomes = np.column_stack([counts["sum"], counts["size"] - counts["sum"]])
    found = association(outcomes, label.to_numpy())
    p_value = pd.Series(found.cell_p[:, 0], index=found.groups)
    enough = deals["owner"].value_counts() >= FEWEST_DEALS
    return p_value.where(enough.reindex(p_value.index)).reindex(owners).to_numpy(dtype=float)
