"""What the findings of all analyses share: rows by key, lists of names, how sure a test is in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from crm_analysis.sentences import SURE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


def sure(strength: str) -> str:
    """Say how sure a change is, in words; empty where there is none."""
    return SURE.get(strength, "")


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def records(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a frame by their key."""
    return {str(row[key]): row for row in rows(frame)}


def joined(names: Sequence[str]) -> str:
    """List names in a sentence: "A, B and C"; empty where there are none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def relative(now: float, before: float | None) -> float | None:
    """Return the relative change; None where there is nothing, or nothing positive, to compare with."""
    return None if before is None or not before > 0 or math.isnan(now) else now / before - 1


def tested(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a finding that tell of its test: p-values, None where untested, and strength."""
    known = {name: None if math.isnan(row[name]) else float(row[name]) for name in ("p_value", "p_adjusted")}
    return {**known, "strength": row["strength"]}
