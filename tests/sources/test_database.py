"""Tables of a database: copied and mapped, or checked where they are; the address is never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import ibis
import pandas as pd
import pytest
from tests.postgres import free_port

from crm_analysis.errors import DataError, SourceError
from crm_analysis.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

TOML = """
[settings]
database = "env:CRM_TEST_DATABASE"
[deals]
table = "crm.opportunity"
[deals.columns]
deal_id = "id"
[deals.values.status]
Won = "won"
"*" = "open"
"""
ROWS = """
CREATE SCHEMA crm;
CREATE TABLE crm.opportunity (
  id BIGINT, status VARCHAR(10), amount DECIMAL(12, 2), created_at TIMESTAMP, closed_at DATE
);
INSERT INTO crm.opportunity VALUES
  (1234567890123456789, 'Won', 10.50, '2024-01-02 03:04:05', '2024-02-03'),
  (1234567890123456788, 'Engaging', NULL, '2024-01-03', NULL),
  (1234567890123456787, 'Won', 7, '2024-01-03', NULL);
CREATE TABLE deals AS SELECT
  CAST(id AS BIGINT) AS deal_id, CASE status WHEN 'Won' THEN 'won' ELSE ' open ' END AS status,
  amount, created_at, closed_at, CAST('-' AS VARCHAR(5)) AS channel FROM crm.opportunity;
CREATE TABLE customers (customer_id VARCHAR(9));
INSERT INTO customers VALUES ('C1'), ('C1'), ('');
"""


@pytest.fixture(scope="module")
def postgres(postgres_server: str) -> str:
    """The address of a private PostgreSQL with the rows above."""
    con = ibis.connect(postgres_server)
    with con.con.cursor() as cursor:
        cursor.execute(ROWS)
    con.con.commit()
    con.disconnect()
    return postgres_server


@pytest.fixture
def duckdb_file(tmp_path: Path) -> str:
    path = tmp_path / "company.duckdb"
    with duckdb.connect(path) as con:
        con.execute(ROWS)
    return f"duckdb://{path}"


def toml(tmp_path: Path, text: str = TOML) -> Path:
    (tmp_path / "crm.toml").write_text(text)
    return tmp_path / "crm.toml"


@pytest.mark.parametrize("kind", ["duckdb_file", "postgres"])
def test_a_table_is_copied_and_mapped(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = request.getfixturevalue(kind)
    monkeypatch.setenv("CRM_TEST_DATABASE", address)
    source = open_source(toml(tmp_path), strict=False)
    found = source.tables["deals"].execute().sort_values("amount")
    assert found["deal_id"].tolist() == ["1234567890123456789", "1234567890123456788"]
    assert found["amount"].fillna(0).tolist() == [10.5, 0]
    assert found["created_at"].tolist()[0] == pd.Timestamp("2024-01-02 03:04:05")
    assert source.audit.tables.iloc[0][["read", "kept", "rejected"]].tolist() == [3, 2, 1]
    assert source.audit.rejects["reason"].tolist() == ["a won or lost deal without closed_at"]
    told = repr(source) + "".join(
        getattr(source.audit, name).to_csv() for name in ("tables", "facts", "rejects")
    )
    assert "hidden-word" not in told
    assert address not in told
    cached = [file for file in tmp_path.rglob("*") if file.is_file() and "crm_cache" in str(file)]
    assert all(b"hidden-word" not in file.read_bytes() for file in cached)


@pytest.mark.parametrize("kind", ["duckdb_file", "postgres"])
def test_canonical_tables_of_a_connection_are_checked_where_they_are(
    kind: str, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue(kind)
    con = (
        ibis.duckdb.connect(address.removeprefix("duckdb://"))
        if kind == "duckdb_file"
        else ibis.connect(address)
    )
    source = open_source(con, strict=False)
    deals = source.tables["deals"]
    assert deals._find_backend() is con
    assert str(deals.schema()["deal_id"]) == "string"
    found = deals.order_by("created_at").execute()
    assert found["deal_id"].tolist() == ["1234567890123456789", "1234567890123456788"]
    assert found["status"].tolist() == ["won", "open"]
    assert found["channel"].isna().all()
    counts = source.audit.tables.set_index("table")
    assert counts.loc["deals", ["read", "kept", "rejected"]].tolist() == [3, 2, 1]
    assert counts.loc["customers", ["read", "kept", "rejected"]].tolist() == [3, 1, 2]
    assert source.audit.rejects["reason"].tolist() == [
        "a second row with the same customer_id",
        "customer_id is required and missing",
        "a won or lost deal without closed_at",
    ]
    assert "hidden-word" not in repr(source.audit) + source.label
    con.disconnect()


class TestConnection:
    def test_text_where_a_date_should_be(self) -> None:
        con = ibis.duckdb.connect()
        con.con.execute(
            "CREATE TABLE deals AS SELECT 'A' AS deal_id, 'open' AS status, '2024-01-01' AS created_at"
        )
        with pytest.raises(DataError, match=r"deals\.created_at is string"):
            open_source(con)

    def test_a_required_column_is_absent(self) -> None:
        con = ibis.duckdb.connect()
        con.con.execute("CREATE TABLE deals AS SELECT 'A' AS deal_id, 'open' AS state")
        with pytest.raises(DataError, match="no column status"):
            open_source(con)

    def test_no_canonical_table(self) -> None:
        with pytest.raises(SourceError, match="none of the canonical tables"):
            open_source(ibis.duckdb.connect())

    def test_ids_that_lost_digits(self) -> None:
        con = ibis.duckdb.connect()
        con.con.execute("CREATE TABLE deals AS SELECT 1.2e18::DOUBLE AS deal_id, 'open' AS status")
        with pytest.raises(DataError, match="digits are lost"):
            open_source(con)


class TestErrors:
    def test_variable_not_set(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CRM_TEST_DATABASE", raising=False)
        with pytest.raises(SourceError, match=r"CRM_TEST_DATABASE .* is not set"):
            open_source(toml(tmp_path))

    def test_no_database_named(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="names no database"):
            open_source(toml(tmp_path, TOML.replace('database = "env:CRM_TEST_DATABASE"', "")))

    @pytest.mark.parametrize(
        "address",
        ["postgresql://me:hidden-word@127.0.0.1:{port}/db", "oracle://me:hidden-word@host/db", "hidden-word",
         "duckdb:///nowhere/hidden-word.duckdb"],
    )  # fmt: skip
    def test_a_database_that_is_down_or_unknown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        monkeypatch.setenv("CRM_TEST_DATABASE", address.format(port=free_port()))
        with pytest.raises(SourceError) as caught:
            open_source(toml(tmp_path))
        assert "hidden-word" not in str(caught.value)
        assert caught.value.next_step
        # nor in what a traceback would show
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

    def test_a_table_that_is_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duckdb_file: str
    ) -> None:
        monkeypatch.setenv("CRM_TEST_DATABASE", duckdb_file)
        with pytest.raises(SourceError, match=r'no table "crm\.gone"'):
            open_source(toml(tmp_path, TOML.replace("crm.opportunity", "crm.gone")))
