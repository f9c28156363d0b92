"""Search of the open deals by any mix of conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.conditions import day_of, ends_of, names_of
from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

#: Where a free text is looked for.
_SEARCHED = ("deal_id", "customer", "owner", "stage", "channel", "product", "why")


def searched(
    deals: pd.DataFrame, known: Mapping[str, Collection[str]], conditions: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the rows that meet all conditions.

    Parameters
    ----------
    deals
        The open deals, a row a deal.
    known
        ``{column: names}``: names that may be asked for; any other is an error.
    conditions
        As :func:`crm_analysis.analyses.open_deals.search` takes them; None is no condition.
    """
    given = {name: value for name, value in conditions.items() if value is not None}
    keep = pd.Series(True, index=deals.index)
    for name, value in given.items():
        keep &= _met(deals, known, name, value)
    return deals[keep].reset_index(drop=True)


def _met(deals: pd.DataFrame, known: Mapping[str, Collection[str]], name: str, value: Any) -> pd.Series:
    if name in known:
        return deals[name].isin(names_of(name, value, known[name]))
    if name in _ATLEAST:
        return deals[_ATLEAST[name]] >= _number(name, value)
    if name == "max_age_days":
        return deals["age_days"] <= _number(name, value)
    if name == "amount":
        low, high = ends_of(name, value)
        return deals["amount"].between(low, high)
    if name == "expected_before":
        return deals["expected_close_on"] < day_of(name, value)
    if name == "stalled":
        return deals["stalled"] == _flag(name, value)
    if name == "next_activity":
        return deals["next_activity_at"].notna() == _flag(name, value)
    return _containing(
        deals[["customer", "customer_id"]] if name == "customer" else deals[[*_SEARCHED]], value
    )


#: Conditions that are a least number of days, and the column they look at.
_ATLEAST = {"min_age_days": "least_age_days", "min_stage_days": "stage_age_days", "idle_days": "idle_days"}


def _flag(condition: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(
            f"{condition} is {value!r}.", "True, False, or None for either.", f"For example {condition}=True."
        )
    return value


def _number(condition: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ParameterError(
            f"{condition} is {value!r}.", "A number of days, 0 or more.", f"For example {condition}=30."
        )
    return float(value)


def _containing(columns: pd.DataFrame, text: Any) -> pd.Series:
    """Say which rows hold every word of a text, in any of the columns, in capitals or not."""
    whole = columns.astype("str").agg(" ".join, axis=1) if len(columns) else pd.Series(dtype="str")
    whole = whole.str.casefold()
    keep = pd.Series(True, index=columns.index)
    for word in str(text).casefold().split():
        keep &= whole.str.contains(word, regex=False)
    return keep
