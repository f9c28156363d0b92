"""The account as people see it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rich.console import Console

from crm_analysis import schema_doc
from crm_analysis.errors import SourceError
from crm_analysis.schema import TABLES
from crm_analysis.sources import open_source
from crm_analysis.sources.audit import make_audit
from crm_analysis.sources.check import NEEDS, lacking, render, write_rejects

if TYPE_CHECKING:
    from pathlib import Path


def shown(source: object) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    render(source, console)  # type: ignore[arg-type]
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def deals() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "deal_id": ["1", "2", "3", "4"],
            "status": ["open", "sold", "[bold]x", "open"],
            "customer_id": ["A", "B", "C", "Z"],
            "amount": [1, 2, 3, 4],
        }
    )


def test_all_parts_are_shown(deals: pd.DataFrame) -> None:
    text = shown(
        open_source({"deals": deals, "customers": pd.DataFrame({"customer_id": ["A"]})}, strict=False)
    )
    for part in (
        "50.0%",
        "not one of open, won, lost",
        "sold (line 2)",
        "[bold]x (line 3)",
        "Z",
        "more rows set aside",
    ):
        assert part in text
    assert all(stem in text for stem in NEEDS)


def test_nothing_set_aside(deals: pd.DataFrame) -> None:
    text = shown(open_source({"deals": deals.loc[[0, 3]]}))
    assert "by reason" not in text
    assert "0.0%" in text


def test_needs_name_canonical_tables_and_columns_of_the_seven_analyses() -> None:
    assert list(NEEDS) == [
        "sales_dynamics", "customer_abc", "customer_segments", "marketing_impact", "deal_reasons",
        "process_kpis", "open_deals",
    ]  # fmt: skip
    for need in NEEDS.values():
        for item in "|".join((*need.must, *need.uses)).split("|"):
            table, _, column = item.partition(".")
            assert column in ("", *TABLES[table].names)


def test_what_the_data_lack(deals: pd.DataFrame) -> None:
    found = lacking(open_source({"deals": deals}, strict=False))
    assert found["open_deals"][0] == ()
    assert "stage_history" in found["open_deals"][1]
    assert found["customer_segments"][0] == ("customers or sales.region or owners.region",)
    assert found["marketing_impact"][0]


def test_rejects_are_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    values = ["=cmd()", "+1", "-1", "@x", "\tx", "plain", 'a "b", c', None]
    rejects = [
        ("deals", "d.csv", n, "amount", value, "not a number", None) for n, value in enumerate(values, 2)
    ]
    audit = make_audit([("deals", 8, 0, 0, 8, 1.0, "d.csv")], rejects=rejects)
    assert write_rejects(audit, tmp_path / "rejects.csv") == 8
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["value"] for row in rows] == ["'=cmd()", "'+1", "'-1", "'@x", "'\tx", "plain", 'a "b", c', ""]
    assert rows[0]["line"] == "2"
    assert rows[0]["known_at"] == ""


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be written"):
        write_rejects(make_audit([]), tmp_path)


def test_data_readme_is_up_to_date(root: Path) -> None:
    assert (root / "data" / "README.md").read_text(encoding="utf-8") == schema_doc.markdown()
