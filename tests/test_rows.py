"""The rows behind a figure: the same as picked by hand from the files, as they stood at the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.errors import DataWarning, MissingTableError, ParameterError
from crm_analysis.rows import SETS
from tests.small_company import frames

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.view import PeriodView


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, pd.DataFrame]:
    """The tables of the demo company as they are in the files."""
    names = ("deals", "customers", "sales", "activities")
    return {name: pd.read_csv(root / "data/demo" / f"{name}.csv", dtype={"sale_id": str}) for name in names}


@pytest.fixture(scope="module")
def view(root: Path) -> PeriodView:
    return crm.load(root / "data/demo").view("2026-10")


def lost(files: dict[str, pd.DataFrame], start: str = "2026-10-01") -> pd.DataFrame:
    deals = files["deals"]
    return deals[(deals["status"] == "lost") & deals["closed_at"].between(start, "2026-10-31 99")]


def ids(rows: pd.DataFrame) -> set[str]:
    return set(rows["deal_id"])


def test_conditions_pick_what_a_filter_of_the_file_picks(
    view: PeriodView, files: dict[str, pd.DataFrame]
) -> None:
    mine, year = lost(files), lost(files, "2025-11-01")
    assert ids(view.rows("lost")) == ids(mine)
    assert ids(view.rows("lost", owner="gus tansy")) == ids(mine[mine["owner"] == "Gus Tansy"])
    two = ["Ada Quill", "LIV BURR"]
    assert ids(view.rows("lost", owner=two)) == ids(mine[mine["owner"].isin(["Ada Quill", "Liv Burr"])])
    blank = view.rows("lost", loss_reason="(not stated)")
    assert ids(blank) == ids(mine[mine["loss_reason"].isna()]) != set()
    assert ids(view.rows("lost", amount=(5000, 20000))) == ids(mine[mine["amount"].between(5000, 20000)])
    assert ids(view.rows("lost", amount=(None, 500))) == ids(mine[mine["amount"] <= 500])
    assert ids(view.rows("lost", amount="(not stated)")) == ids(mine[mine["amount"].isna()])
    for span in ("2025-11-01..2026-10-31", ("2025-11-01", "2026-10-31"), ("2025-11-01", None)):
        assert ids(view.rows("deals", status="lost", closed_at=span)) == ids(year)
    assert ids(view.rows("deals", closed_at="2026-10-30", status="lost")) == ids(
        mine[mine["closed_at"].str.startswith("2026-10-30")]
    )


def test_conditions_reach_those_whom_the_rows_name(view: PeriodView, files: dict[str, pd.DataFrame]) -> None:
    clients = files["customers"].set_index("customer_id")
    mine = lost(files, "2025-11-01")
    large = mine[mine["customer_id"].map(clients["size"]) == "large"]
    found = view.rows("deals", status="lost", closed_at="2025-11-01..2026-10-31", size="large")
    assert ids(found) == ids(large) != set()
    named = mine[mine["customer_id"].map(clients["name"]).str.contains("GmbH", na=False)]
    assert ids(view.rows("deals", status="lost", closed_at=("2025-11-01", None), customer="gmbh")) == ids(
        named
    )
    assert found["customer"].tolist() == clients["name"].reindex(found["customer_id"]).tolist()
    both = view.rows("deals", status="lost", closed_at=("2025-11-01", None), text="gmbh GUS")
    assert ids(both) == ids(named[named["owner"] == "Gus Tansy"]) != set()


def test_sums_are_those_of_the_analyses(view: PeriodView) -> None:
    figures = crm.load("data/demo").view("2026-10").sales.amount.sum().to_pandas()
    assert view.rows("sales")["amount"].sum() == pytest.approx(float(figures))
    assert view.rows("sales", category="bags")["category"].unique().tolist() == ["Bags"]


def test_rows_that_are_cut_say_so_wherever_they_are_shown(view: PeriodView) -> None:
    with pytest.warns(DataWarning, match=r"showing 20 of [\d,]+ rows; limit=None gives all"):
        rows = view.rows("deals", limit=20)
    assert len(rows) == 20
    assert "showing 20 of" in repr(rows)
    assert "showing 20 of" in rows._repr_html_()
    assert rows["created_at"].is_monotonic_decreasing
    whole = view.rows("deals", limit=None)
    assert len(whole) == view.deals.count().to_pandas()
    assert rows["deal_id"].tolist() == whole["deal_id"].tolist()[:20]
    plain = rows[rows["amount"] > 0]
    assert type(plain) is pd.DataFrame  # what is made of it is not the rows any more


@pytest.mark.parametrize(
    ("what", "given", "message"),
    [
        ("lst", {}, 'Did you mean "lost"?'),
        ("lost", {"los_reason": "x"}, 'Did you mean "loss_reason"?'),
        ("lost", {"loss_reason": "Price to high"}, 'Did you mean "Price too high"?'),
        ("lost", {"size": "larg"}, 'Did you mean "large"?'),
        ("lost", {"amount": "much"}, "amount=(1000, None)"),
        ("lost", {"amount": (5, 1)}, "the smaller first"),
        ("lost", {"closed_at": "soon"}, 'closed_at="2026-Q3"'),
        ("lost", {"closed_at": ("2026-10-31", "2026-10-01")}, "the first and the last day"),
        ("lost", {"owner": 5}, "A name or a list of names."),
        ("lost", {"text": "  "}, "A word or several."),
        ("deals", {"deal_id": "D29777"}, 'no deal_id "D29777"'),
        ("stages", {"customer": "x"}, "hold no customer"),
        ("lost", {"limit": 0}, "1 or more; None gives all"),
        ("lost", {"limit": True}, "1 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_is_near(
    view: PeriodView, what: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        view.rows(what, **given)


def test_every_set_has_rows_in_the_demo_company(view: PeriodView) -> None:
    for what in SETS:
        assert len(view.rows(what, limit=None)) > 0, what


def test_rows_are_as_they_stood_at_the_end() -> None:
    view = crm.load(frames()).view("2026-02")
    deals = view.rows("deals").set_index("deal_id")
    assert set(deals.index) == {"D1", "D2", "D3", "D4", "D6"}  # D5 came in March
    assert deals.loc["D2", ["status", "stage"]].tolist() == ["open", "Offer"]  # lost in March
    assert pd.isna(deals.loc["D2", "closed_at"])
    assert ids(view.rows("open_at_end", stage="offer")) == {"D2"}
    assert set(view.rows("customers")["customer_id"]) == {"C0", "C1", "C2"}  # C9 is of March
    assert view.rows("touches")["channel"].tolist() == ["fair"]
    done = view.rows("activities").set_index("activity_id")["done_at"]
    assert done.isna().to_dict() == {"A1": False, "A2": True, "A4": True}
    assert view.rows("activities", status="open", done_at="(not stated)")["activity_id"].tolist() == [
        "A2",
        "A4",
    ]


def test_rows_shown_with_units_point_to_no_file_that_lacks_them(view: PeriodView) -> None:
    result = crm.own_result(view, "x")
    shown = crm.table(result, view.rows("lost"), "Lost", columns=["deal_id", "amount"], rows=5)._repr_html_()
    assert "Amount, EUR" in shown
    assert "5 of 51 rows." in shown
    assert "xlsx" not in shown


def test_a_table_that_is_not_there_is_named() -> None:
    view = crm.load({name: frame for name, frame in frames().items() if name != "touches"}).view("2026-02")
    with pytest.raises(MissingTableError, match='no table "touches"'):
        view.rows("touches")


def test_won_deals_stand_in_for_missing_sales() -> None:
    view = crm.load({name: frame for name, frame in frames().items() if name != "sales"}).view("2026-02")
    assert view.rows("sales")["sale_id"].tolist() == ["D1"]


def test_hidden_names_stay_hidden(tmp_path: Path) -> None:
    mapped = ["[settings]", "hide_names = true"]
    for name, frame in frames().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        mapped += [f"[{name}]", f'file = "{name}.csv"']
    (tmp_path / "crm.toml").write_text("\n".join(mapped))
    rows = crm.load(tmp_path).view("2026-02").rows("deals")
    shown = repr(rows.to_dict("records")) + rows.told
    assert not re.search(r"\b(Ann|Bob|Nord|Süd|Ost)\b", shown)
    assert re.search(r"Owner [0-9A-F]{8}", shown)
    assert re.search(r"Client [0-9A-F]{8}", shown)


def test_it_speaks_the_language_of_the_view(root: Path) -> None:
    view = crm.load(root / "data/demo").view("2026-10", language="ru")
    with pytest.warns(DataWarning, match="limit=None"):
        told = view.rows("lost", limit=3).told
    assert "показано" in told
    assert "Сделки" in told
