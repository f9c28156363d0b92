"""Frames whose columns have their types even where no row is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def dtypes(
    columns: Sequence[str], *, text: Collection[str] = (), counts: Collection[str] = ()
) -> dict[str, str]:
    """Return the type of each column: text, whole numbers, and figures for the rest.

    Examples
    --------
    >>> dtypes(["owner", "deals", "share"], text=["owner"], counts=["deals"])
    {'owner': 'str', 'deals': 'int64', 'share': 'float64'}
    """
    return {name: "str" if name in text else "int64" if name in counts else "float64" for name in columns}


def typed(rows: pd.DataFrame | Sequence[Any], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns named, in that order, each of its type; rows are numbered anew.

    Examples
    --------
    >>> typed([("Ann", 2)], {"owner": "str", "deals": "int64"}).dtypes.astype(str).tolist()
    ['str', 'int64']
    """
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype(dict(columns)).reset_index(drop=True)


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """Return no rows of the columns.

    Examples
    --------
    >>> empty({"month": "datetime64[us]", "cost": "float64"}).dtypes.astype(str).tolist()
    ['datetime64[us]', 'float64']
    """
    return typed([], columns)
