"""From a company's headings to canonical columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.errors import DataError, MappingError
from crm_analysis.sources import Source, open_source

if TYPE_CHECKING:
    from pathlib import Path

EXPORT = """\
Nr;Company;State;Qty;Unit Price;Opened;Note
A1;Acme;Won;2;1.250,50;03.04.2024;x
A2;Beta;Engaging;3;10,00;15.04.2024;
A3;;Test;1;5,00;16.04.2024;
"""
COLUMNS = (
    '[deals.columns]\ndeal_id = "Nr"\ncustomer_id = "Company"\nstatus = "State"\ncreated_at = "Opened"\n'
)
STATUS = '[deals.values.status]\nWon = "won"\n"*" = "open"\n'
CLOSED = "[deals.constants]\nclosed_at = 2024-06-01\n"


def opened(tmp_path: Path, toml: str, *, strict: bool = True, **files: str) -> Source:
    for name, text in {"export": EXPORT, **files}.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "crm.toml").write_text(toml, encoding="utf-8")
    return open_source(tmp_path, cache=None, strict=strict)


def deals(tmp_path: Path, more: str = "", head: str = "", columns: str = COLUMNS) -> Source:
    return opened(tmp_path, f'[deals]\nfile = "export.csv"\n{head}\n{columns}{CLOSED}{STATUS}{more}')


class TestColumns:
    def test_columns_constants_values_and_formats(self, tmp_path: Path) -> None:
        found = deals(tmp_path).tables["deals"].execute()
        assert found["deal_id"].tolist() == ["A1", "A2", "A3"]
        assert found["status"].tolist() == ["won", "open", "open"]
        assert found["created_at"].astype(str).tolist() == ["2024-04-03", "2024-04-15", "2024-04-16"]
        assert found["closed_at"].astype(str).unique().tolist() == ["2024-06-01"]

    def test_headings_that_nothing_names_become_extra_columns(self, tmp_path: Path) -> None:
        assert deals(tmp_path).tables["deals"].columns == (
            "deal_id", "customer_id", "status", "created_at", "closed_at", "Qty", "Unit Price", "Note",
        )  # fmt: skip

    def test_one_heading_may_serve_twice(self, tmp_path: Path) -> None:
        found = deals(tmp_path, columns=COLUMNS + 'stage = "State"\n').tables["deals"].execute()
        assert found["stage"].tolist() == ["Won", "Engaging", "Test"]

    def test_row_numbers_do_not_depend_on_where(self, tmp_path: Path) -> None:
        numbered = COLUMNS.replace('"Nr"', '"#row"')
        toml = f"""[deals]\nfile = "export.csv"\nwhere = "State <> 'Won'"\n{numbered}"""
        source = opened(tmp_path, toml + '[deals.values.status]\n"*" = "open"\n')
        assert source.tables["deals"].deal_id.execute().tolist() == ["2", "3"]

    def test_canonical_headings_are_taken_by_name(self, tmp_path: Path) -> None:
        text = "Nr,status,Amount\n1,open,5\n"
        source = opened(tmp_path, '[deals]\nfile = "other.csv"\ncolumns = { deal_id = "Nr" }', other=text)
        assert source.tables["deals"].execute().to_dict("list") == {
            "deal_id": ["1"],
            "status": ["open"],
            "amount": [5],
        }

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ('[deals.columns]\ndeal_id = "nr"', 'Did you mean "Nr"'),
            (
                '[deals.columns]\ndeal_id = "Nr"\nstatus = "State"\ncustmer_id = "Company"',
                'nearly "customer_id"',
            ),
            ('[deals.columns]\ndeal_id = "Nr"', "no column status"),
        ],
    )
    def test_wrong_ones(self, tmp_path: Path, more: str, says: str) -> None:
        with pytest.raises(MappingError, match=says):
            opened(tmp_path, f'[deals]\nfile = "export.csv"\n{more}')


class TestValues:
    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ('[deals.values.customer_id]\nAcm = "Acme Ltd"', 'Did you mean "Acme"'),
            ('[deals.values.custmer]\nAcme = "x"', 'Did you mean "customer_id"'),
        ],
    )
    def test_wrong_ones(self, tmp_path: Path, more: str, says: str) -> None:
        with pytest.raises(MappingError, match=says):
            deals(tmp_path, more)

    def test_a_canonical_value_that_does_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match='Did you mean "won"'):
            opened(tmp_path, f'[deals]\nfile = "export.csv"\n{COLUMNS}[deals.values.status]\nWon = "wonn"')

    def test_the_rest_does_not_take_in_the_missing(self, tmp_path: Path) -> None:
        found = (
            deals(tmp_path, '[deals.values.customer_id]\nAcme = "A"\n"*" = "other"').tables["deals"].execute()
        )
        assert found["customer_id"].fillna("missing").tolist() == ["A", "other", "missing"]

    def test_the_missing_can_be_named(self, tmp_path: Path) -> None:
        found = deals(tmp_path, '[deals.values.customer_id]\n"" = "nobody"').tables["deals"].execute()
        assert found["customer_id"].tolist() == ["Acme", "Beta", "nobody"]

    def test_a_mark_of_the_missing_can_be_a_value(self, tmp_path: Path) -> None:
        text = "deal_id,status,channel\n1,open,Unknown\n2,open,-\n"
        toml = '[deals]\nfile = "other.csv"\n[deals.values.channel]\nUnknown = "direct"'
        found = opened(tmp_path, toml, other=text).tables["deals"].execute()
        assert found["channel"].fillna("missing").tolist() == ["direct", "missing"]

    def test_own_marks_replace_the_list(self, tmp_path: Path) -> None:
        text = "deal_id,status,channel\n1,open,Unknown\n2,open,leer\n3,open,\n"
        toml = '[settings]\nmissing = ["LEER"]\n[deals]\nfile = "other.csv"'
        found = opened(tmp_path, toml, other=text).tables["deals"].execute()
        assert found["channel"].fillna("missing").tolist() == ["Unknown", "missing", "missing"]


class TestExpressions:
    def test_headings_in_arithmetic_are_numbers_as_the_file_writes_them(self, tmp_path: Path) -> None:
        source = deals(tmp_path, "[deals.expressions]\namount = 'Qty * \"Unit Price\"'")
        assert source.tables["deals"].amount.execute().tolist() == [2501.0, 30.0, 5.0]

    def test_what_cannot_be_read_in_an_expression_is_set_aside(self, tmp_path: Path) -> None:
        text = "deal_id,status,q,p\n1,open,2,3\n2,open,two,3\n3,open,,3\n"
        toml = '[deals]\nfile = "other.csv"\n[deals.expressions]\namount = "q * p"'
        source = opened(tmp_path, toml, other=text, strict=False)
        assert source.tables["deals"].amount.execute().fillna(-1).tolist() == [6, -1]
        reject = source.audit.rejects.iloc[0]
        assert (reject["line"], reject["column"], reject["value"]) == (3, "amount", "two")

    def test_an_id_is_not_made_a_number(self, tmp_path: Path) -> None:
        text = "no,status\n007,open\n"
        toml = """[deals]\nfile = "other.csv"\n[deals.expressions]\ndeal_id = "'D' || no" """
        assert opened(tmp_path, toml, other=text).tables["deals"].deal_id.execute().tolist() == ["D007"]

    def test_comparison_with_a_number(self, tmp_path: Path) -> None:
        text = "deal_id,status,staff\n1,open,9\n2,open,1000\n"
        toml = """[deals]\nfile = "other.csv"\n[deals.expressions]
            channel = "case when staff < 100 then 'small' else 'large' end" """
        assert opened(tmp_path, toml, other=text).tables["deals"].channel.execute().tolist() == [
            "small",
            "large",
        ]

    def test_text_from_an_expression_is_read_like_any(self, tmp_path: Path) -> None:
        more = """[deals.expressions]\namount = "case when State = 'Won' then \\"Unit Price\\" end" """
        assert deals(tmp_path, more).tables["deals"].amount.execute().fillna(0).tolist() == [1250.5, 0, 0]

    @pytest.mark.parametrize(
        ("sql", "says"),
        [
            ("Qtty * 2", 'Did you mean "Qty"'),
            ("Qty *", "cannot be read as SQL"),
            ("Qty) as a, (Qty", "cannot be read|not one expression"),
            ("(select content from read_text('/etc/hosts'))", "reads only what"),
            ("cast(Company as integer)", "try_cast"),
        ],
    )
    def test_wrong_ones(self, tmp_path: Path, sql: str, says: str) -> None:
        with pytest.raises(MappingError, match=says):
            deals(tmp_path, f"[deals.expressions]\namount = '''{sql}'''")


class TestWhere:
    def test_rows_left_out_are_counted(self, tmp_path: Path) -> None:
        source = deals(tmp_path, head="""where = "State <> 'Test'" """)
        counts = source.audit.tables.iloc[0]
        assert counts[["read", "kept", "left_out", "rejected"]].tolist() == [3, 2, 1, 0]

    def test_a_faulty_row_that_is_left_out_is_no_reject(self, tmp_path: Path) -> None:
        text = "deal_id,status,amount\n1,open,5\n2,Test,abc\n"
        source = opened(tmp_path, """[deals]\nfile = "other.csv"\nwhere = "status <> 'Test'" """, other=text)
        assert source.audit.tables.iloc[0][["kept", "left_out", "rejected"]].tolist() == [1, 1, 0]

    def test_numbers(self, tmp_path: Path) -> None:
        assert deals(tmp_path, head='where = "Qty >= 2"').tables["deals"].count().execute() == 2

    def test_a_heading_that_does_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match='Did you mean "State"'):
            deals(tmp_path, head="""where = "Statee <> 'Test'" """)


class TestSql:
    ACCOUNTS = "Company,Branch\nAcme,steel\nBeta,food\n"
    SOURCES = '[sources]\ndeals = { file = "export.csv", delimiter = ";" }\naccounts = "accounts.csv"\n'

    def test_a_join_of_two_files(self, tmp_path: Path) -> None:
        toml = (
            self.SOURCES
            + '[deals]\nsql = "select d.*, a.Branch from deals d left join accounts a using (Company)"\n'
            + COLUMNS
            + CLOSED
            + STATUS
        )
        source = opened(tmp_path, toml, accounts=self.ACCOUNTS)
        found = source.tables["deals"].execute().set_index("deal_id")["Branch"].fillna("")
        assert found.to_dict() == {"A1": "steel", "A2": "food", "A3": ""}
        assert source.audit.tables["table"].tolist() == ["sources.deals", "sources.accounts", "deals"]

    @pytest.mark.parametrize(
        ("sql", "says"),
        [
            ("select * from dealz", 'Did you mean "deals"'),
            ("select Companie from deals", 'Did you mean "Company"'),
            ("select * from read_csv('export.csv')", "reads only what"),
            ("drop table deals", "not one SELECT"),
            ("select 1; select 2", "not one SELECT"),
            ("selec 1", "does not run"),
            ("select Qty * 2 as deal_id from deals", "cast"),
        ],
    )
    def test_wrong_ones(self, tmp_path: Path, sql: str, says: str) -> None:
        with pytest.raises(MappingError, match=says):
            opened(tmp_path, f'{self.SOURCES}[deals]\nsql = """{sql}"""\n', accounts=self.ACCOUNTS)

    def test_problems_of_a_source_are_on_the_account(self, tmp_path: Path) -> None:
        toml = self.SOURCES + "[deals]\nsql = \"select Nr as deal_id, 'open' as status from deals\"\n"
        source = opened(tmp_path, toml, accounts=self.ACCOUNTS + "only one\n", strict=False)
        counts = source.audit.tables.set_index("table").loc["sources.accounts"]
        assert (counts["read"], counts["kept"], counts["rejected"]) == (3, 2, 1)


def test_nothing_is_ambiguous_in_silence(tmp_path: Path) -> None:
    text = "deal_id,status,created_at\n1,open,03/04/2024\n2,open,05/06/2024\n"
    with pytest.raises(DataError, match="date_format"):
        opened(tmp_path, '[deals]\nfile = "other.csv"', other=text)
    found = opened(tmp_path, '[deals]\nfile = "other.csv"\ndate_format = "%d/%m/%Y"', other=text)
    assert found.tables["deals"].created_at.execute().astype(str).tolist() == ["2024-04-03", "2024-06-05"]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", "4", ""]),
        st.sampled_from(["won", "lost", "open", "Test", "sold", ""]),
        st.sampled_from(["5", "-5", "1.5", "abc", ""]),
        st.sampled_from(["2024-01-20", "2024-02-31", "2025-03-04", ""]),
        st.sampled_from(["2024-02-20", "2023-01-20", "never", ""]),
        st.sampled_from(["", ",one field too many"]),
    ),
    max_size=25,
)


@pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")
@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_every_row_is_kept_left_out_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    lines = [",".join(row[:5]) + row[5] for row in rows]
    lines = [line for line in lines if line != ",,,,"]
    text = "\n".join(["deal_id,status,amount,created_at,closed_at", "0,open,1,2024-01-13,", *lines]) + "\n"
    toml = """[deals]\nfile = "other.csv"\nwhere = "status <> 'Test' or status is null" """
    source = opened(tmp_path_factory.mktemp("rows"), toml, other=text, strict=False)
    counts = source.audit.tables.iloc[0]
    assert counts["read"] == 1 + len(lines)
    assert counts["kept"] + counts["left_out"] + counts["rejected"] == counts["read"]
    assert counts["rejected"] == len(source.audit.rejects)
    assert counts["kept"] == source.tables["deals"].count().execute()
    assert source.audit.rejects["reason"].notna().all()
