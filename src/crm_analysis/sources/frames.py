"""pandas frames as raw tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from crm_analysis.errors import DataError, MappingError, listed, nearest
from crm_analysis.schema import TABLES
from crm_analysis.sources.raw import LINE, RawTable, schema_of, store

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb


def check_names(frames: Mapping[str, Any]) -> None:
    """See to it that a mapping holds frames under the names of canonical tables."""
    for name, frame in frames.items():
        if name not in TABLES:
            raise MappingError(
                f'"{name}" is no canonical table.',
                f"Allowed are {', '.join(TABLES)}.",
                nearest(str(name), TABLES),
            )
        if not isinstance(frame, pd.DataFrame):
            raise DataError(
                f"{name} is a {type(frame).__name__}.",
                "A pandas DataFrame with canonical columns is wanted.",
                "Convert it first, e.g. with pandas.DataFrame(…).",
            )
    if not frames:
        raise DataError(
            "No frame was given.", f"Allowed are {', '.join(TABLES)}.", "Give at least deals or sales."
        )


def read_frame(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, relation: str) -> RawTable:
    """Copy a frame into DuckDB; its rows are numbered from 1."""
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if [n.casefold() for n in names].count(name.casefold()) > 1})
    if twice:
        raise DataError(
            f"The frame {relation} has the same column more than once: {listed(twice)}.",
            "Upper and lower case do not tell columns apart.",
            "Rename or drop one of them.",
        )
    arrays = [_array(frame.iloc[:, place]) for place in range(len(names))]
    schema = schema_of(names, [array.type for array in arrays])
    numbers = pa.array(range(1, len(frame) + 1), pa.int64())
    table = pa.Table.from_arrays([numbers, *arrays], schema=schema)
    store(con, relation, schema, iter(table.to_batches()))
    return RawTable(relation, tuple(names), len(frame), {"kind": "frame", LINE: "row of the frame, from 1"})


def _array(column: pd.Series[Any]) -> pa.Array | pa.ChunkedArray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.PeriodDtype):
        return pa.array(column.astype("str").where(column.notna(), None), pa.string(), from_pandas=True)
    try:
        return pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # objects of several types: as text, like a file that mixes them
        texts = [
            None if value is None or value is pd.NA or value != value else str(value) for value in column
        ]
        return pa.array(texts, pa.string())
