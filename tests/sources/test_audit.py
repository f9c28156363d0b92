"""The account: its frames, its limit, and that its counts add up."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.errors import CrmAnalysisError, DataError
from crm_analysis.sources import open_source
from crm_analysis.sources.audit import COLUMNS, make_audit


def test_frames_have_their_columns_and_types_when_empty() -> None:
    audit = make_audit([])
    for name, columns in COLUMNS.items():
        assert tuple(getattr(audit, name).columns) == columns
    assert audit.tables["read"].dtype == "int64"
    assert audit.rejects["known_at"].dtype.kind == "M"
    assert audit.over_limit == ()
    audit.raise_if_over_limit()


def test_counts_that_do_not_add_up_are_an_error() -> None:
    with pytest.raises(CrmAnalysisError, match="10 read, 8 kept, 0 left out, 1 set aside"):
        make_audit([("deals", 10, 8, 0, 1, 0.1, "deals.csv")])


def test_over_the_limit() -> None:
    rejects = [("deals", "d.csv", n, "amount", f"x{n}", f"reason {n % 4}", None) for n in range(2, 8)]
    audit = make_audit(
        [("deals", 100, 94, 0, 6, 0.06, "d.csv"), ("sales", 9, 9, 0, 0, 0.0, "s.csv")], rejects=rejects
    )
    assert audit.over_limit == ("deals",)
    with pytest.raises(DataError, match=r"6 of 100 rows \(6\.0%\)") as caught:
        audit.raise_if_over_limit()
    assert [f"reason {n}" in str(caught.value) for n in (2, 3, 0, 1)] == [True, True, True, False]
    assert make_audit(audit.tables, rejects=audit.rejects, reject_limit=0.06).over_limit == ()


def test_dangling_ids_are_kept_and_counted() -> None:
    deals = pd.DataFrame(
        {"deal_id": list("1234"), "status": "open", "customer_id": ["A", "X", "X", None], "owner": "Ann"}
    )
    source = open_source({"deals": deals, "customers": pd.DataFrame({"customer_id": ["A"]})})
    assert source.tables["deals"].count().execute() == 4
    assert source.audit.dangling.values.tolist() == [["deals", "customer_id", "customers", 1, 2, "X"]]


def test_order_of_tables_is_that_of_the_schema() -> None:
    deals = pd.DataFrame({"deal_id": ["1"], "status": ["open"]})
    source = open_source({"products": pd.DataFrame({"product": ["P"]}), "deals": deals})
    assert list(source.tables) == ["deals", "products"]
    assert source.audit.tables["table"].tolist() == ["deals", "products"]


def test_doubling_the_rows_doubles_the_counts() -> None:
    sales = pd.DataFrame({"sale_id": ["1", "2", None], "sold_at": ["2024-01-01"] * 3, "amount": [1, 2, 3]})
    once = open_source({"sales": sales}, strict=False).audit.tables
    twice = open_source({"sales": pd.concat([sales, sales])}, strict=False).audit.tables
    counts = ["read", "kept", "left_out", "rejected"]
    assert (once[counts] * 2).equals(twice[counts])
