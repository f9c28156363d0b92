"""A larger made-up company, in which chance is small, and the committed one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from crm_analysis.demo import write_demo
from crm_analysis.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

_TIMES = {"timestamp", "date"}


@dataclass(frozen=True)
class Tables:
    """The canonical tables of a folder as typed frames."""

    folder: Path

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._read(name).copy(deep=False)  # so that no test changes what another reads

    @cache  # noqa: B019  # the companies live as long as the tests
    def _read(self, name: str) -> pd.DataFrame:
        table = TABLES[name]
        text = {column.name: "str" for column in table.columns if column.kind in {"id", "text", "period"}}
        frame = pd.read_csv(
            self.folder / f"{name}.csv", dtype=text, keep_default_na=False, na_values=[""], encoding="utf-8"
        )
        for column in table.columns:
            if column.kind in _TIMES and column.name in frame:
                frame[column.name] = pd.to_datetime(frame[column.name], format="ISO8601")
        return frame


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A company of 60,000 deals in eight blocks."""
    folder = tmp_path_factory.mktemp("large")
    write_demo(folder, seed=3, deals=60_000)
    return Tables(folder)


@pytest.fixture(scope="session")
def committed(root: Path) -> Tables:
    """The company in ``data/demo``."""
    return Tables(root / "data" / "demo")
