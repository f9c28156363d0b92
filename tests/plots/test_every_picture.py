"""Every picture, with one row, three, thirty and none, long names, Cyrillic and figures below zero."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result
from tests.plots.artists import faults, pictures

import crm_analysis as crm
from crm_analysis.plots.theme import describe, new_axes

if TYPE_CHECKING:
    from collections.abc import Callable

#: Columns of names that come from the data of a company.
_NAMES = ("channel", "reason", "department", "segment", "product", "owner", "stage", "value", "level", "name")
#: Measures that returns and corrections can bring below zero, in tables where they are amounts of money.
_AMOUNTS = {"monthly": ("revenue", "adjusted"), "structure": ("share",), "change": ("contribution",),
            "due": ("money_at_stake",), "channels": ("revenue_share",), "plan": ("attainment",),
            "course": ("income",), "won_by_month": ("won_amount",)}  # fmt: skip
_LONG = "Directorate of procurement and logistics of the north western branch, office no. "
_CYRILLIC = "Общество с ограниченной ответственностью «Северо-Западная упаковка», цех "


def frames(result: Any, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> Any:
    """Copy a result with each of its frames changed."""
    held = {one.name: getattr(result, one.name) for one in fields(result)}
    changed = {name: change(name, frame) for name, frame in held.items() if isinstance(frame, pd.DataFrame)}
    return replace(result, **changed)


def resized(result: Any, rows: int, prefix: str) -> Any:
    """Copy a result with so many different names of each kind, or so many of the last months."""
    names: dict[str, list[str]] = {}
    for one in fields(result):
        if isinstance(frame := getattr(result, one.name), pd.DataFrame):
            for column in set(_NAMES) & set(frame.columns):
                held = names.setdefault(column, [])
                held += [name for name in dict.fromkeys(frame[column]) if name not in held]

    def called(name: str, column: str, copy: int) -> str:
        # what is no name of the data keeps its words
        if not isinstance(name, str) or name.startswith("(") or name in ("All", "all"):
            return name
        number = names[column].index(name) + copy * len(names[column])
        return f"{prefix}{number}" if prefix else f"{name} {copy}" if copy else name

    def change(_: str, frame: pd.DataFrame) -> pd.DataFrame:
        columns = [column for column in _NAMES if column in frame.columns]
        if not columns:
            if "month" not in frame.columns:
                return frame
            return frame[frame["month"].isin(sorted(frame["month"].unique())[-rows:])]
        main = next((c for c in columns if len(frame[c].unique()) > 1), columns[0])
        by = [c for c in ("dimension", "group", "factor") if c in frame.columns] or None
        order = frame.drop_duplicates([*(by or []), main])
        rank = order.groupby(by, sort=False).cumcount() if by else pd.Series(range(len(order)), order.index)
        kept = frame.merge(order.assign(_rank=rank)[[*(by or []), main, "_rank"]], on=[*(by or []), main])
        kept = kept[kept["_rank"] < rows].drop(columns="_rank")
        most = max(1, int(rank.max() + 1 if len(rank) else 1))
        copies = [
            kept.assign(**{c: [called(v, c, copy if c == main else 0) for v in kept[c]] for c in columns})
            for copy in range(max(1, -(-rows // most)) if rows >= 30 else 1)
        ]
        together = pd.concat(copies, ignore_index=True).drop_duplicates(
            [c for c in frame.columns if frame[c].dtype.kind not in "fi"]
        )
        return together.astype(frame.dtypes.to_dict()).reset_index(drop=True)

    return frames(result, change)


def negative(result: Any) -> Any:
    """Copy a result with every third amount below zero."""

    def change(name: str, frame: pd.DataFrame) -> pd.DataFrame:
        columns = [column for column in _AMOUNTS.get(name, ()) if column in frame.columns]
        signs = np.where(np.arange(len(frame)) % 3 == 0, -1.0, 1.0)
        return frame.assign(**{column: frame[column] * signs for column in columns})

    return frames(result, change)


_VARIANTS: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda result: result,
    "one": lambda result: resized(result, 1, ""),
    "three long": lambda result: resized(result, 3, _LONG),
    "thirty Cyrillic": lambda result: resized(result, 30, _CYRILLIC),
    "below zero": negative,
    "none": lambda result: frames(result, lambda _, frame: frame.head(0)),
}


@cache
def varied(stem: str, variant: str) -> Any:
    """Return a variant of the result of the made-up company, which all pictures of an analysis draw."""
    return _VARIANTS[variant](demo_result(stem))


@pytest.mark.parametrize("variant", list(_VARIANTS))
@pytest.mark.parametrize(("stem", "name"), pictures())
def test_nothing_is_clipped_or_covered(stem: str, name: str, variant: str) -> None:
    axes = getattr(getattr(crm.plots, stem), name)(varied(stem, variant))
    assert faults(axes) == []


def test_what_covers_or_bares_is_found() -> None:
    axes = describe(new_axes(), "Two labels", "One of 2.")
    axes.plot([0, 10], [0, 10])
    axes.text(3, 3, "first of them")
    axes.text(3.2, 3, "second of them")
    found = faults(axes)
    assert "'first of them' over 'second of them'" in found
    assert sum(fault.startswith("figures without a unit") for fault in found) >= 1
    axes.set_title("A title that goes on and on " * 4, loc="left")
    assert any(fault.endswith("is wider than the picture") for fault in faults(axes))
    axes.text(60, 3, "far out of the picture")
    assert any(fault.endswith("inches wide") for fault in faults(axes))


def test_bars_that_do_not_begin_at_zero_are_found() -> None:
    axes = describe(new_axes(), "Bars", "Two of 2.")
    axes.bar(["one", "other"], [95, 97])
    axes.set_ylabel("Deals")
    assert faults(axes) == []
    axes.set_ylim(90, 100)
    assert faults(axes) == ["bars on an axis from 90 to 100"]


def test_all_modules_are_covered() -> None:
    assert len(pictures()) == 40
    assert {stem for stem, _ in pictures()} == set(crm.plots.__all__)
