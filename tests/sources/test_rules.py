"""The rules a row must meet, on a small table where each row breaks one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import ibis
import pytest

from crm_analysis.schema import TABLES
from crm_analysis.sources import rules

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = "deal_id, status, created_at, closed_at, probability"


def judged(table: str, rows: str, columns: str) -> pd.DataFrame:
    """Judge rows written as SQL VALUES; the first column is the line."""
    con = duckdb.connect()
    con.execute(f'CREATE TABLE t AS SELECT * FROM (VALUES {rows}) v("#line", {columns})')
    con.execute('ALTER TABLE t ADD COLUMN "#column" VARCHAR; ALTER TABLE t ADD COLUMN "#reason" VARCHAR')
    source = ibis.duckdb.from_connection(con).table("t")
    found = rules.judged(source, TABLES[table], ["#line"]).order_by("#line").execute()
    return found.set_index("#line")


@pytest.fixture(scope="module")
def deals() -> pd.DataFrame:
    d = "TIMESTAMP '2024-05-20'"
    return judged(
        "deals",
        f"""
        (1, 'A', 'won', {d}, TIMESTAMP '2024-06-20', 0.5),
        (2, NULL, 'won', {d}, {d}, 0.5),
        (3, 'B', NULL, {d}, {d}, 0.5),
        (4, 'C', 'sold', {d}, {d}, 0.5),
        (5, 'D', 'won', NULL, {d}, 0.5),
        (6, 'E', 'lost', {d}, NULL, 0.5),
        (7, 'F', 'won', {d}, TIMESTAMP '2024-05-19 23:59', 0.5),
        (8, 'G', 'won', {d}, TIMESTAMP '2024-03-06', 0.5),
        (9, 'H', 'open', {d}, NULL, 1.01),
        (10, 'I', 'open', {d}, NULL, -0.01),
        (11, 'A', 'open', NULL, NULL, NULL),
        (12, 'J', 'won', {d}, {d}, 1),
        (13, 'K', 'open', {d}, TIMESTAMP '2024-01-01', 0),
        (14, 'E', 'open', NULL, NULL, 0)
        """,
        COLUMNS,
    )


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (2, "deal_id", "deal_id is required and missing"),
        (3, "status", "status is required and missing"),
        (4, "status", "not one of open, won, lost"),
        (5, "created_at", "a won or lost deal without created_at"),
        (6, "closed_at", "a won or lost deal without closed_at"),
        (7, "closed_at", "closed before it was created"),
        (8, "closed_at", "closed before it was created; day and month look swapped"),
        (9, "probability", "above 1"),
        (10, "probability", "below 0"),
        (11, "deal_id", "a second row with the same deal_id"),
    ],
)
def test_each_fault_has_its_column_and_reason(
    deals: pd.DataFrame, line: int, column: str, reason: str
) -> None:
    assert deals.loc[line, ["#column", "#reason"]].tolist() == [column, reason]


def test_sound_rows_have_no_fault(deals: pd.DataFrame) -> None:
    # closed on the moment of creation; an open deal with an old closing date; a key whose first row is faulty
    assert deals.index[deals["#reason"].isna()].tolist() == [1, 12, 13, 14]


def test_what_could_not_be_read_goes_first() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT 1 AS \"#line\", 'A' AS deal_id, 'sold' AS status")
    con.execute("ALTER TABLE t ADD COLUMN \"#column\" VARCHAR DEFAULT 'amount'")
    con.execute("ALTER TABLE t ADD COLUMN \"#reason\" VARCHAR DEFAULT 'not a number'")
    found = rules.judged(ibis.duckdb.from_connection(con).table("t"), TABLES["deals"], ["#line"]).execute()
    assert found.loc[0, ["#column", "#reason"]].tolist() == ["amount", "not a number"]


def test_blank_parts_of_a_key_are_alike() -> None:
    found = judged(
        "targets",
        "(1, '2026-10', 5, 'Ann'), (2, '2026-10', 6, NULL), (3, '2026-10', 7, NULL)",
        "period, amount, owner",
    )
    assert found["#reason"].notna().tolist() == [False, False, True]


def test_repeated_keys_are_counted() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE t AS SELECT * FROM (VALUES ('A'), ('A'), ('A'), ('B'), ('C'), ('C')) v(deal_id)"
    )
    source = ibis.duckdb.from_connection(con).table("t")
    assert rules.repeated_keys(source, TABLES["deals"]).execute() == 2


@pytest.mark.parametrize("name", TABLES)
def test_the_rules_of_every_table_are_sql_of_postgresql_too(name: str) -> None:
    table = TABLES[name]
    schema = {column.name: rules.ibis_type(column) for column in table.columns}
    source = ibis.table({**schema, rules.COLUMN: "string", rules.REASON: "string"}, name=name)
    order = [table.known_at] if table.known_at else list(table.names)
    assert "SELECT" in ibis.to_sql(rules.judged(source, table, order), dialect="postgres")
