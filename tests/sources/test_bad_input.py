"""Bad input, end to end: nothing is dropped or changed silently, and each error says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from crm_analysis.errors import CrmAnalysisError, DataError, DataWarning, MappingError, SourceError
from crm_analysis.sources import Source, open_source

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "deal_id,status,amount,created_at,closed_at"
GOOD = "D1,won,100,2024-01-02,2024-02-03"


def folder(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8", **others: str) -> Path:
    (tmp_path / "deals.csv").write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    for name, text in others.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def opened(tmp_path: Path, *rows: str, header: str = HEADER, **others: str) -> Source:
    return open_source(folder(tmp_path, *rows, header=header, **others), cache=None, strict=False)


def only_reject(source: Source) -> dict[str, object]:
    assert len(source.audit.rejects) == 1
    return source.audit.rejects.iloc[0].to_dict()


class TestFiles:
    def test_missing_folder_says_where_it_looked(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="looked for") as caught:
            open_source(tmp_path / "nothing")
        assert str(tmp_path / "nothing") in str(caught.value)

    def test_relative_path_is_found_from_the_root_of_the_project(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "data" / "ours").mkdir(parents=True)
        folder(tmp_path / "data" / "ours", GOOD)
        monkeypatch.chdir(tmp_path / "notebooks")
        assert open_source("data/ours", cache=None).tables["deals"].count().execute() == 1

    def test_missing_file_named_in_crm_toml(self, tmp_path: Path) -> None:
        (tmp_path / "crm.toml").write_text('[deals]\nfile = "gone.csv"\n')
        with pytest.raises(SourceError, match=r"gone\.csv"):
            open_source(tmp_path)

    def test_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "deals.csv").write_text("")
        with pytest.raises(SourceError, match="empty"):
            open_source(tmp_path)

    def test_header_only_is_a_table_without_rows(self, tmp_path: Path) -> None:
        source = opened(tmp_path)
        assert source.tables["deals"].count().execute() == 0
        assert source.audit.tables.loc[0, ["read", "kept", "rejected"]].tolist() == [0, 0, 0]
        assert source.audit.over_limit == ()

    def test_wrong_delimiter(self, tmp_path: Path) -> None:
        folder(tmp_path, GOOD)
        (tmp_path / "crm.toml").write_text('[deals]\nfile = "deals.csv"\ndelimiter = ";"\n')
        with pytest.raises(SourceError, match="comma"):
            open_source(tmp_path)

    def test_two_encodings_in_one_file(self, tmp_path: Path) -> None:
        rows = [f"D{n},open,1,2024-01-02,,Компания" for n in range(30)]
        text = (
            "\n".join([HEADER + ",name", *rows]).encode()
            + b"\nD99,open,1,2024-01-02,,"
            + "Фирма".encode("cp1251")
        )
        (tmp_path / "deals.csv").write_bytes(text + b"\n")
        source = open_source(tmp_path, cache=None, strict=False)
        assert source.tables["deals"].count().execute() == 30
        assert only_reject(source)["line"] == 32
        assert source.audit.tables.loc[0, ["read", "kept", "rejected"]].tolist() == [31, 30, 1]

    def test_duplicate_headings(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="more than once"):
            opened(
                tmp_path,
                "D1,won,1,2,2024-01-01,2024-01-02",
                header="deal_id,status,amount,amount,created_at,closed_at",
            )

    def test_header_repeated_inside_the_data(self, tmp_path: Path) -> None:
        source = opened(tmp_path, GOOD, HEADER, GOOD.replace("D1", "D2"))
        assert source.tables["deals"].count().execute() == 2
        assert "header" in str(only_reject(source)["reason"])

    def test_unreadable_excel(self, tmp_path: Path) -> None:
        (tmp_path / "deals.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
        with pytest.raises(SourceError):
            open_source(tmp_path)

    def test_two_files_for_one_table(self, tmp_path: Path) -> None:
        folder(tmp_path, GOOD)
        (tmp_path / "deals.tsv").write_text(HEADER)
        with pytest.raises(SourceError, match="two files for the table deals"):
            open_source(tmp_path)

    def test_nothing_canonical(self, tmp_path: Path) -> None:
        (tmp_path / "export.csv").write_text("a,b\n1,2\n")
        with pytest.raises(SourceError, match=r"export\.csv"):
            open_source(tmp_path)

    def test_neither_deals_nor_sales(self, tmp_path: Path) -> None:
        (tmp_path / "customers.csv").write_text("customer_id\nC1\n")
        with pytest.raises(DataError, match="neither deals nor sales"):
            open_source(tmp_path)

    def test_a_file_nearly_canonical_is_told(self, tmp_path: Path) -> None:
        with pytest.warns(DataWarning, match="custommers"):
            source = opened(tmp_path, GOOD, custommers="customer_id\nC1\n")
        assert any(
            "custommers.csv" in warning and '"customers"' in warning for warning in source.audit.warnings
        )

    def test_an_address_is_never_repeated(self) -> None:
        with pytest.raises(SourceError) as caught:
            open_source("postgresql://me:secret@host/db")
        assert "secret" not in str(caught.value)

    def test_brackets_quotes_and_cyrillic_in_paths(self, tmp_path: Path) -> None:
        place = tmp_path / 'it\'s [a] "папка" *'
        place.mkdir()
        folder(place, GOOD)
        assert open_source(place).tables["deals"].count().execute() == 1
        assert open_source(place).tables["deals"].amount.sum().execute() == 100


class TestIds:
    def test_nineteen_digits_and_leading_zeros_survive(self, tmp_path: Path) -> None:
        source = opened(
            tmp_path,
            "1234567890123456789,open,1,2024-01-02,",
            "1234567890123456788,open,1,2024-01-02,",
            "007,open,1,2024-01-02,",
        )
        ids = source.tables["deals"].deal_id.execute().tolist()
        assert ids == ["1234567890123456789", "1234567890123456788", "007"]

    def test_an_id_that_a_spreadsheet_cut(self, tmp_path: Path) -> None:
        reject = only_reject(opened(tmp_path, GOOD, "1.23457E+18,open,1,2024-01-02,"))
        assert (reject["line"], reject["value"]) == (3, "1.23457E+18")
        assert "lost its digits" in str(reject["reason"])

    def test_whole_float_ids_of_frames_have_no_point(self) -> None:
        deals = pd.DataFrame({"deal_id": [1, 2], "status": ["open"] * 2, "customer_id": [17850.0, None]})
        assert open_source({"deals": deals}).tables["deals"].customer_id.execute()[0] == "17850"

    def test_float_ids_that_lost_digits(self) -> None:
        deals = pd.DataFrame({"deal_id": [1234567890123456789.0, 2.0], "status": ["open"] * 2})
        with pytest.raises(DataError, match="last digits are lost"):
            open_source({"deals": deals})

    def test_second_row_with_the_same_key(self, tmp_path: Path) -> None:
        source = opened(tmp_path, GOOD, GOOD.replace("100", "200"))
        assert source.tables["deals"].amount.execute().tolist() == [100]
        reject = only_reject(source)
        assert (reject["line"], reject["column"], reject["value"]) == (3, "deal_id", "D1")

    def test_a_faulty_first_row_does_not_displace_a_sound_second(self, tmp_path: Path) -> None:
        source = opened(tmp_path, "D1,won,100,2024-01-02,", GOOD)
        assert source.tables["deals"].count().execute() == 1
        assert only_reject(source)["line"] == 2


class TestValues:
    @pytest.mark.parametrize(
        ("row", "column", "value", "reason"),
        [
            ("D9,won,call me,2024-01-02,2024-02-03", "amount", "call me", "not a number"),
            ("D9,won,1,2024-02-31,2024-03-03", "created_at", "2024-02-31", "not a date"),
            ("D9,won,1,2024-01-02,2024-02-31", "closed_at", "2024-02-31", "not a date"),
            ("D9,won,1,2024-05-20,2024-05-19", "closed_at", "2024-05-19", "closed before it was created"),
            ("D9,won,1,2024-01-02,", "closed_at", None, "a won or lost deal without closed_at"),
            ("D9,lost,1,2024-01-02,-", "closed_at", None, "a won or lost deal without closed_at"),
            ("D9,won,1,,2024-02-03", "created_at", None, "a won or lost deal without created_at"),
            ("D9,Won,1,2024-01-02,2024-02-03", "status", "Won", "not one of open, won, lost"),
            ("D9,,1,2024-01-02,2024-02-03", "status", None, "status is required and missing"),
            ("N/A,won,1,2024-01-02,2024-02-03", "deal_id", None, "deal_id is required and missing"),
        ],
    )
    def test_set_aside_with_line_column_value_and_reason(
        self, tmp_path: Path, row: str, column: str, value: str | None, reason: str
    ) -> None:
        source = opened(tmp_path, GOOD, GOOD.replace("D1", "D2"), row)
        reject = only_reject(source)
        assert (reject["table"], reject["file"], reject["line"]) == ("deals", "deals.csv", 4)
        assert (reject["column"], reject["reason"]) == (column, reason)
        assert (reject["value"] if isinstance(reject["value"], str) else None) == value
        assert source.audit.tables.loc[0, ["read", "kept", "left_out", "rejected"]].tolist() == [3, 2, 0, 1]

    def test_day_and_month_swapped_is_told(self, tmp_path: Path) -> None:
        # 3 June 2024 written as 6 March
        reject = only_reject(opened(tmp_path, GOOD, "D9,won,1,2024-05-20,2024-03-06"))
        assert reject["reason"] == "closed before it was created; day and month look swapped"

    def test_an_open_deal_may_lack_its_dates(self, tmp_path: Path) -> None:
        assert opened(tmp_path, "D1,open,,,").audit.rejects.empty

    def test_probability_outside_its_limits(self, tmp_path: Path) -> None:
        source = opened(
            tmp_path, "D1,open,0.5", "D2,open,1.5", "D3,open,-0.1", header="deal_id,status,probability"
        )
        assert source.audit.rejects["reason"].tolist() == ["above 1", "below 0"]

    def test_known_at_of_a_reject(self, tmp_path: Path) -> None:
        source = opened(tmp_path, GOOD, "D8,won,x,2024-01-09,2024-02-03", "D9,won,1,yesterday,2024-02-03")
        known = source.audit.rejects["known_at"]
        assert known[0] == pd.Timestamp("2024-01-09")
        assert pd.isna(known[1])

    def test_negative_amounts_are_kept_with_a_warning(self, tmp_path: Path) -> None:
        with pytest.warns(match="1 negative amount kept"):
            source = opened(tmp_path, GOOD, "D2,won,-50,2024-01-02,2024-02-03")
        assert source.tables["deals"].amount.sum().execute() == 50

    def test_dates_far_off_are_kept_with_a_warning(self, tmp_path: Path) -> None:
        with pytest.warns(match="years after all others|before 1970"):
            source = opened(tmp_path, GOOD, "D2,open,1,2204-01-02,", "D3,open,1,1900-01-01,")
        assert source.tables["deals"].count().execute() == 3
        assert sum("created_at" in warning for warning in source.audit.warnings) == 2

    def test_two_currencies(self, tmp_path: Path) -> None:
        header = "deal_id,status,amount,currency"
        with pytest.raises(DataError, match="USD: 2 deals, EUR: 1 deal"):
            opened(tmp_path, "D1,open,1,USD", "D2,open,1,EUR", "D3,open,1,USD", header=header)

    def test_one_currency_is_the_reporting_currency(self, tmp_path: Path) -> None:
        source = opened(tmp_path, "D1,open,1,EUR", "D2,open,1,", header="deal_id,status,amount,currency")
        assert source.settings.currency == "EUR"

    def test_another_currency_than_the_settings(self, tmp_path: Path) -> None:
        folder(tmp_path, "D1,open,1,EUR", header="deal_id,status,amount,currency")
        (tmp_path / "crm.toml").write_text('[settings]\ncurrency = "USD"\n[deals]\nfile = "deals.csv"\n')
        with pytest.raises(DataError, match="EUR: 1 deal"):
            open_source(tmp_path)

    def test_text_is_trimmed_and_otherwise_untouched(self, tmp_path: Path) -> None:
        source = opened(tmp_path, 'D1,open,"\u00a0 Ann  Lee "', header="deal_id,status,owner")
        assert source.tables["deals"].owner.execute().tolist() == ["Ann  Lee"]

    def test_na_is_a_region_and_not_missing(self, tmp_path: Path) -> None:
        source = opened(
            tmp_path, GOOD, sales="sale_id,sold_at,amount,region\n1,2024-01-01,5,NA\n2,2024-01-01,5,N/A\n"
        )
        assert source.tables["sales"].region.execute().fillna("").tolist() == ["NA", ""]

    def test_returns_and_equal_lines_of_sales_are_kept(self, tmp_path: Path) -> None:
        source = opened(
            tmp_path, GOOD, sales="sale_id,sold_at,amount\n1,2024-01-01,5\n1,2024-01-01,5\n2,2024-01-02,-5\n"
        )
        assert source.tables["sales"].amount.execute().tolist() == [5, 5, -5]

    def test_a_target_for_no_period(self, tmp_path: Path) -> None:
        source = opened(tmp_path, GOOD, targets="period,amount\n2026-10,5\n2026-Q4,7\nsoon,9\n")
        reject = only_reject(source)
        assert (reject["line"], reject["value"], reject["reason"]) == (4, "soon", "not a period")

    def test_a_touch_needs_a_client_or_a_deal(self, tmp_path: Path) -> None:
        day = "ads,2024-01-01"
        touches = f"customer_id,deal_id,channel,touched_at\nC1,,{day}\n,,{day}\n,D1,{day}\n"
        reject = only_reject(opened(tmp_path, GOOD, touches=touches))
        assert (reject["line"], reject["reason"]) == (3, "neither customer_id nor deal_id is given")


class TestColumns:
    def test_required_column_absent_names_the_nearest_heading(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match='Did you mean "deal_status"'):
            opened(tmp_path, "D1,won", header="deal_id,deal_status")

    def test_case_of_a_heading_does_not_matter(self, tmp_path: Path) -> None:
        source = opened(tmp_path, "D1,open,5", header="Deal_ID,STATUS,Amount")
        assert source.tables["deals"].columns == ("deal_id", "status", "amount")
        assert "read as amount" in source.audit.facts["value"].tolist()

    def test_a_heading_nearly_canonical_is_told(self, tmp_path: Path) -> None:
        with pytest.warns(match='"ammount" is kept as an extra column; if it is "amount"'):
            opened(tmp_path, "D1,open,5", header="deal_id,status,ammount")

    def test_canonical_order_then_extra_columns(self, tmp_path: Path) -> None:
        source = opened(tmp_path, "x,5,open,D1,y", header="zone,amount,status,deal_id,colour")
        assert source.tables["deals"].columns == ("deal_id", "status", "amount", "zone", "colour")


class TestLimit:
    def test_the_run_stops_past_the_limit(self, tmp_path: Path) -> None:
        rows = [GOOD.replace("D1", f"D{n}") for n in range(17)]
        place = folder(
            tmp_path, *rows, "X1,won,a,2024-01-02,2024-01-03", "X2,sold,1,,", "X3,won,1,2024-01-02,"
        )
        with pytest.raises(DataError, match=r"3 of 20 rows \(15\.0%\)") as caught:
            open_source(place)
        for part in (
            "not a number",
            "not one of open, won, lost",
            "without closed_at",
            "check --rejects FILE",
        ):
            assert part in str(caught.value)

    def test_at_the_limit_it_does_not(self, tmp_path: Path) -> None:
        rows = [GOOD.replace("D1", f"D{n}") for n in range(19)]
        assert open_source(folder(tmp_path, *rows, "X,sold,1,,")).audit.tables.loc[0, "rejected"] == 1

    def test_past_the_limit_the_account_can_be_had(self, tmp_path: Path) -> None:
        assert opened(tmp_path, "X,sold,1,,").audit.over_limit == ("deals",)


class TestFrames:
    def test_unknown_name(self) -> None:
        with pytest.raises(MappingError, match='Did you mean "deals"'):
            open_source({"deal": pd.DataFrame()})

    def test_not_a_frame(self) -> None:
        with pytest.raises(DataError, match="list"):
            open_source({"deals": [1]})  # type: ignore[dict-item]

    def test_neither_path_nor_frames(self) -> None:
        with pytest.raises(DataError, match="int"):
            open_source(7)  # type: ignore[arg-type]

    def test_objects_of_several_types_are_read_as_text(self) -> None:
        deals = pd.DataFrame(
            {"deal_id": [1, "B"], "status": ["open", "open"], "amount": pd.Series([5, "6.5"], dtype=object)}
        )
        source = open_source({"deals": deals})
        assert source.tables["deals"].deal_id.execute().tolist() == ["1", "B"]
        assert source.tables["deals"].amount.execute().tolist() == [5, 6.5]

    def test_times_with_a_zone_are_brought_to_utc(self) -> None:
        deals = pd.DataFrame(
            {
                "deal_id": ["1"],
                "status": ["open"],
                "created_at": [pd.Timestamp("2024-01-01 01:00", tz="Europe/Berlin")],
            }
        )
        found = open_source({"deals": deals}).tables["deals"].created_at.execute()
        assert found[0] == pd.Timestamp("2024-01-01 00:00")

    def test_nan_and_infinity(self) -> None:
        deals = pd.DataFrame(
            {"deal_id": ["1", "2"], "status": ["open"] * 2, "amount": [float("nan"), float("inf")]}
        )
        source = open_source({"deals": deals}, strict=False)
        assert source.tables["deals"].amount.execute().isna().tolist() == [True]
        assert only_reject(source)["value"] == "inf"


def test_every_error_has_something_to_do_next(tmp_path: Path) -> None:
    with pytest.raises(CrmAnalysisError) as caught:
        open_source(tmp_path)
    assert caught.value.what
    assert caught.value.allowed
    assert caught.value.next_step
