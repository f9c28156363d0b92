"""The same analysis on PostgreSQL as on the embedded engine: views are pushed down, results agree."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.analyses._summary_records import TITLES
from crm_analysis.dataset import Dataset, load
from crm_analysis.demo import write_demo
from tests.small_company import frames

if TYPE_CHECKING:
    from crm_analysis.view import PeriodView

#: Hashes are those of the engine; what is counted must agree.
TABLES = ("deals", "sales", "activities", "stage_history", "touches", "marketing_costs", "customers")


@pytest.fixture(scope="module")
def both(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Dataset]:
    """A made-up company, and the same in PostgreSQL."""
    folder = tmp_path_factory.mktemp("company")
    write_demo(folder, deals=1200)
    embedded = load(folder)
    con = ibis.connect(postgres_server)
    for name, table in embedded.tables.items():
        con.create_table(name, table.to_pyarrow())
    return embedded, load(con)


def views(both: tuple[Dataset, Dataset], period: str) -> tuple[PeriodView, PeriodView]:
    return both[0].view(period), both[1].view(period)


def test_what_was_known_is_the_same(both: tuple[Dataset, Dataset]) -> None:
    embedded, postgres = views(both, "2025-02")
    for name in TABLES:
        one, other = (v.table(name).count().to_pandas() for v in (embedded, postgres))
        assert one == other, name
    assert embedded.coverage == postgres.coverage
    pd.testing.assert_frame_equal(embedded.header.rows, postgres.header.rows)
    assert len(postgres.header.fingerprint) == 12


@pytest.mark.parametrize(("stem", "period"), list(zip(TITLES, cycle(["2026-10", "2025-Q1"]), strict=False)))
def test_the_tables_are_the_same(both: tuple[Dataset, Dataset], stem: str, period: str) -> None:
    results = [getattr(crm, stem).analyze(view) for view in views(both, period)]
    for name, table in results[0].tables().items():
        other = results[1].tables()[name]
        pd.testing.assert_frame_equal(table, other, check_dtype=False, rtol=1e-9, obj=f"{stem}.{name}")
    # the reporting currency is a setting of crm.toml or a column of deals, which both have
    assert [f.sentence for f in results[0].findings] == [f.sentence for f in results[1].findings]


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("lost", {"owner": ["gus tansy", "Ada Quill"], "amount": (1000, None)}),
        ("deals", {"status": "lost", "closed_at": "2025-11-01..2026-10-31", "size": "large"}),
        ("sales", {"category": "bags", "customer": "gmbh"}),
        ("activities", {"done_at": "(not stated)", "due_at": (None, "2026-10-31"), "status": "open"}),
        ("lost", {"loss_reason": "(not stated)", "text": "ada"}),
        ("customers", {"customer_id": ["C1", "C20"]}),
        ("stages", {}),
    ],
)  # fmt: skip
def test_the_rows_are_the_same(both: tuple[Dataset, Dataset], what: str, asked: dict[str, object]) -> None:
    one, other = (view.rows(what, **asked) for view in views(both, "2026-10"))
    assert len(one) > 0
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_dtype=False)


def test_a_view_of_a_connection_does_not_look_ahead(postgres_server: str) -> None:
    con = ibis.connect(postgres_server)
    for name, frame in frames().items():
        con.create_table(name, frame, overwrite=True)
    view = load(con).view("2026-02")
    deals = view.deals.to_pandas().set_index("deal_id")
    assert deals.loc["D2", ["status", "stage"]].tolist() == ["open", "Offer"]
    assert sorted(view.open_at_end.to_pandas()["deal_id"]) == ["D2", "D3", "D4"]
