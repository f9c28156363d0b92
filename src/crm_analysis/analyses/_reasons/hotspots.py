"""Where a reason for losing is given more often than elsewhere: at a stage, an owner, a product, …."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._reasons.change import FEWEST_DEALS, table_of, typed, units
from crm_analysis.analyses._reasons.deals import DIMENSIONS, is_other
from crm_analysis.language import msg
from crm_analysis.stats.association import association
from crm_analysis.stats.intervals import wilson
from crm_analysis.stats.multiplicity import adjust

HOTSPOTS = (
    "reason", "department", "dimension", "value", "deals", "expected", "ratio", "p_value", "p_adjusted",
    "strength", "verdict",
)  # fmt: skip
STAGE_MAP = ("reason", "stage", "deals", "share", "low", "high", "of_deals")
#: Reasons and values past the most frequent are put together: cells of a deal or two say nothing.
MOST_REASONS, MOST_VALUES = 20, 30
#: From so many stages on, the halves of the funnel are compared too: late deals are few at each stage.
_FEWEST_STAGES = 4
HALF, EARLY, LATE = "half of the funnel", msg("(first half)"), msg("(second half)")


def hotspots(lost: pd.DataFrame, stages: tuple[str, ...]) -> pd.DataFrame:
    """Return how often each reason comes together with each value of a dimension, the surest first.

    Parameters
    ----------
    lost
        Lost deals of a year, a row a deal.
    stages
        The stages from first to last.

    Returns
    -------
    pandas.DataFrame
        :data:`HOTSPOTS`, a row a pair that was tested. ``expected``: how many deals there would be if the
        reason had the same share everywhere; ``verdict`` higher, lower or no_evidence.

    Notes
    -----
    Deals with a reason of their own only: blanks and "other" are told by owner in ``discipline``. Whole
    customers are permuted; adjusted over all pairs of all dimensions.
    """
    named = _halved(with_reason(lost), stages)
    parts = [_pairs(named, name) for name in ("stage", HALF, *DIMENSIONS) if name in named.columns]
    found = pd.concat(
        [part for part in parts if len(part)] or [typed(pd.DataFrame(columns=list(HOTSPOTS)))],
        ignore_index=True,
    )
    tests = adjust(found["p_value"])
    higher = np.where(found["ratio"] > 1, "higher", "lower")
    found["p_adjusted"], found["strength"] = tests["p_adjusted"].to_numpy(), tests["strength"].to_numpy()
    found["verdict"] = np.where(tests["found"], higher, "no_evidence")
    found = found.sort_values(["p_value", "ratio", "reason", "dimension", "value"],
                              ascending=[True, False, True, True, True], kind="stable")  # fmt: skip
    return typed(found[list(HOTSPOTS)])


def stage_map(lost: pd.DataFrame, stages: tuple[str, ...]) -> pd.DataFrame:
    """Return for each reason and stage how many deals were lost there for it.

    :data:`STAGE_MAP`, by reason (most frequent first) and stage in the order of the funnel; ``of_deals`` were
    lost at the stage, ``share`` of them for the reason. Empty where no stage is known.
    """
    at_stage = lost[lost["stage"] != NOT_STATED]
    present = set(at_stage["stage"])
    order = [stage for stage in stages if stage in present] or sorted(present)
    reasons = list(at_stage["reason"].value_counts(sort=False).sort_index().sort_values(
        ascending=False, kind="stable").index)  # fmt: skip
    counts = at_stage.groupby(["reason", "stage"]).size()
    pairs = pd.MultiIndex.from_product([reasons, order], names=["reason", "stage"])
    frame = counts.reindex(pairs, fill_value=0).rename("deals").reset_index()
    frame["of_deals"] = frame["stage"].map(at_stage["stage"].value_counts()).fillna(0)
    share = wilson(frame["deals"], frame["of_deals"])
    frame["share"], frame["low"], frame["high"] = share.estimate, share.low, share.high
    return typed(frame[list(STAGE_MAP)])


def with_reason(deals: pd.DataFrame) -> pd.DataFrame:
    """Return the deals whose reason says something: neither blank nor "other"."""
    reasons = deals["reason"]
    return deals[(reasons != NOT_STATED) & ~reasons.map(is_other).astype(bool)].reset_index(drop=True)


def frequent(values: pd.Series, most: int) -> list[str]:
    """Return the values of enough deals, the most frequent ones, in the order of the alphabet."""
    counts = values.value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    return sorted(counts[counts >= FEWEST_DEALS].index[:most])


def _halved(deals: pd.DataFrame, stages: tuple[str, ...]) -> pd.DataFrame:
    """Add the half of the funnel, and leave the stage out where none is known."""
    if (deals["stage"] == NOT_STATED).all():
        return deals.drop(columns="stage")
    if len(stages) < _FEWEST_STAGES:
        return deals
    early = set(stages[: (len(stages) + 1) // 2])
    half = deals["stage"].map(lambda stage: EARLY if stage in early else LATE)
    return deals.assign(**{HALF: half.where(deals["stage"] != NOT_STATED, NOT_STATED)})


def _pairs(deals: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Test every frequent reason against every frequent value of one dimension."""
    reasons, values = frequent(deals["reason"], MOST_REASONS), frequent(deals[dimension], MOST_VALUES)
    if not reasons or len(values) < 2:
        return typed(pd.DataFrame(columns=list(HOTSPOTS)))
    # the rest stays in the table, so that what is expected is a share of all deals
    label = deals[dimension].where(deals[dimension].isin(values), "\0rest")
    unit = units(deals, label)
    counts, names = table_of(unit, deals["reason"], reasons)
    found = association(counts, label.groupby(unit).first().reindex(names).to_numpy())
    place = [list(found.groups).index(value) for value in values]
    grid = pd.MultiIndex.from_product([values, reasons], names=["value", "reason"]).to_frame(index=False)
    cells = np.ix_(place, range(len(reasons)))
    expected = found.expected[cells].ravel()
    department = deals.drop_duplicates("reason").set_index("reason")["department"]
    return grid.assign(
        dimension=dimension,
        department=grid["reason"].map(department),
        deals=found.observed[cells].ravel(),
        expected=expected,
        ratio=found.observed[cells].ravel() / np.where(expected > 0, expected, np.nan),
        p_value=found.cell_p[cells].ravel(),
    )
