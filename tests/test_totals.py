"""The money of a period is the same number in every analysis and in the files, to the cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from crm_analysis.period import parse
from tests.demo_company import demo_result

if TYPE_CHECKING:
    from pathlib import Path

PERIODS = ("2026-10", "2024", "2025-02-10..2025-03-09")
STEMS = ("sales_dynamics", "customer_abc", "customer_segments", "marketing_impact")


@pytest.fixture(scope="module", params=PERIODS)
def saved(request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the first four analyses of a period, as files."""
    folder = tmp_path_factory.mktemp("tables")
    for stem in STEMS:
        demo_result(stem, request.param).save(folder)
    # by hand, from the file of the company: nothing of the package takes part
    sales = pd.read_csv(root / "data" / "demo" / "sales.csv", parse_dates=["sold_at"])
    period = parse(request.param)
    start, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    inside = sales[(sales["sold_at"] >= start) & (sales["sold_at"] < end)]
    cents = (inside["amount"] * 100).round().astype("int64").sum()
    (folder / "revenue").write_text(str(cents))
    return folder


def cents(money: float) -> int:
    return round(money * 100)


def table(folder: Path, stem: str, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "tables" / stem / f"{name}.csv")


def test_revenue_is_one_number(saved: Path) -> None:
    revenue = int((saved / "revenue").read_text())
    assert revenue > 0
    figures = table(saved, "sales_dynamics", "figures").set_index("measure")["value"]
    assert cents(figures["revenue"]) == revenue
    for stem in ("customer_abc", "customer_segments"):
        spans = table(saved, stem, "totals").set_index("span")["revenue"]
        assert cents(spans["period"]) == revenue, stem
    channels = table(saved, "marketing_impact", "channels")
    assert cents(channels["revenue"].sum()) == revenue


def test_every_dimension_adds_up_to_it(saved: Path) -> None:
    revenue = int((saved / "revenue").read_text())
    for stem, name, column in (
        ("sales_dynamics", "structure", "revenue"),
        ("customer_segments", "segments", "period_revenue"),
    ):
        sums = table(saved, stem, name).groupby("dimension")[column].sum()
        assert len(sums) > 3
        assert set(sums.map(cents)) == {revenue}, stem


def test_channels_bring_the_same_in_both_analyses(saved: Path) -> None:
    structure = table(saved, "sales_dynamics", "structure")
    one = structure[structure["dimension"] == "channel"].set_index("value")["revenue"].map(cents)
    other = table(saved, "marketing_impact", "channels").set_index("channel")["revenue"].map(cents)
    assert one.to_dict() == other[other != 0].to_dict()
