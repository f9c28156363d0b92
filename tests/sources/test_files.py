"""Reading one raw file: every dialect, every line accounted for."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_analysis.errors import SourceError
from crm_analysis.sources.files import LINE, RawTable, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Rows = list[tuple[object, ...]]


#: One database for all tests: to open one takes its time.
DATABASE = duckdb.connect()


@contextmanager
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a catalogue of its own, without any table."""
    with DATABASE.cursor() as con:
        con.execute("ATTACH ':memory:' AS fresh")
        con.execute("USE fresh")
        yield con
        con.execute("USE memory")
        con.execute("DETACH fresh")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty() as con:
        yield con


def put(folder: Path, text: str | bytes, name: str = "deals.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def moment(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # noqa: DTZ001


def rows(con: duckdb.DuckDBPyConnection, relation: str = "raw") -> Rows:
    return con.execute(f'SELECT * FROM "{relation}" ORDER BY "{LINE}"').fetchall()


def read(con: duckdb.DuckDBPyConnection, path: Path, **options: str) -> tuple[RawTable, Rows]:
    table = read_file(con, path, "raw", **options)
    found = rows(con)
    assert table.rows == len(found) + len(table.problems)
    return table, found


# --- dialects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolon"), (",", "comma"), ("\t", "tab"), ("|", "bar")])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(con, tmp_path, mark, name, end):
    text = end.join(
        [mark.join(cells) for cells in (["id", "name", "sum"], ["007", "Ann", "1.5"], ["8", "", "2"])]
    )
    table, found = read(con, put(tmp_path, text))
    assert table.columns == ("id", "name", "sum")
    assert table.facts["delimiter"] == name
    assert found == [(2, "007", "Ann", "1.5"), (3, "8", "", "2")]


def test_decimal_commas_do_not_pass_for_delimiters(con, tmp_path):
    table, found = read(con, put(tmp_path, "id;net;gross\n1;2,5;3,0\n2;4,5;5,4\n"))
    assert table.columns == ("id", "net", "gross")
    assert found[0] == (2, "1", "2,5", "3,0")


def test_text_is_kept_to_the_letter(con, tmp_path):
    _, found = read(con, put(tmp_path, "id,code,note\n1234567890123456789,00042,  spaced \n-,NULL,NaN\n"))
    assert found == [(2, "1234567890123456789", "00042", "  spaced "), (3, "-", "NULL", "NaN")]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with byte order mark"),
        ("cp1251", "Windows-1251"),
        ("koi8-r", "KOI8-R"),
        ("cp866", "CP866"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 without byte order mark"),
        ("utf-16-be", "UTF-16 without byte order mark"),
        ("utf-32", "UTF-32"),
    ],
)
def test_encodings(con, tmp_path, encoding, said):
    text = "номер;клиент;город\n1;Ромашка, ООО;Москва\n2;Заречный завод;Санкт-Петербург\n"
    table, found = read(con, put(tmp_path, text, encoding=encoding))
    assert table.facts["encoding"] == said
    assert table.columns == ("номер", "клиент", "город")
    assert found == [(2, "1", "Ромашка, ООО", "Москва"), (3, "2", "Заречный завод", "Санкт-Петербург")]


def test_western_encoding(con, tmp_path):
    table, found = read(con, put(tmp_path, "id;name\n1;Müller\n2;Straße\n3;Café\n", encoding="cp1252"))
    assert table.facts["encoding"] == "Windows-1252"
    assert [row[2] for row in found] == ["Müller", "Straße", "Café"]


def test_stated_encoding_is_used(con, tmp_path):
    table, found = read(con, put(tmp_path, "id;name\n1;Łódź\n", encoding="cp1250"), encoding="windows-1250")
    assert found == [(2, "1", "Łódź")]
    assert "as stated" in table.facts["encoding"]


@pytest.mark.parametrize("at", [3, 20_000])
def test_lines_in_another_encoding_are_set_aside(con, tmp_path, at):
    lines = ["id;имя".encode()] + [f"{n};Анна".encode() for n in range(2, 25_001)]
    lines[at - 1] = f"{at};Борис".encode("cp1251")
    table, found = read(con, put(tmp_path, b"\n".join(lines)))
    assert [(problem.line, problem.value) for problem in table.problems] == [(at, f"{at};Борис")]
    assert "not in the encoding" in table.problems[0].reason
    assert table.rows == 24_999
    assert all(row[2] == "Анна" and int(row[1]) == row[0] for row in found)


def test_utf8_lines_in_a_cp1251_file_are_set_aside(con, tmp_path):
    lines = ["id;имя".encode("cp1251")] + [f"{n};Анна".encode("cp1251") for n in range(2, 50)]
    lines[9] = "10;Борис".encode()
    table, found = read(con, put(tmp_path, b"\n".join(lines)))
    assert table.facts["encoding"] == "Windows-1251"
    assert [(problem.line, problem.value) for problem in table.problems] == [(10, "10;Борис")]
    assert {row[2] for row in found} == {"Анна"}


def test_utf8_said_to_be_cp1251_is_refused(con, tmp_path):
    with pytest.raises(SourceError, match="all of it is UTF-8"):
        read(con, put(tmp_path, "id;имя\n1;Анна\n"), encoding="cp1251")


def test_header_in_another_encoding_is_refused(con, tmp_path):
    body = b"".join(f"{n};Анна\n".encode() for n in range(9))
    with pytest.raises(SourceError, match="headings"):
        read(con, put(tmp_path, "id;имя\n".encode("cp1251") + body))


# --- quotes -----------------------------------------------------------------------------------------------


def test_quoted_fields_with_newlines_delimiters_and_quotes(con, tmp_path):
    text = 'id,note,sum\r\n1,"two\r\nlines, and ""quotes""",5\r\n2,plain,6\r\n3,"",7\r\n'
    table, found = read(con, put(tmp_path, text))
    assert found == [
        (2, "1", 'two\r\nlines, and "quotes"', "5"),
        (4, "2", "plain", "6"),
        (5, "3", "", "7"),
    ]
    assert table.facts["rows spanning several lines"] == "1"


def test_line_numbers_hold_past_many_newlines(con, tmp_path):
    lines = ["id;note"]
    lines += [f'{n};"a\nb"' if n % 3 == 0 else f"{n};c" for n in range(15_000)]
    lines.append("15000")
    text = "\n".join(lines)
    table, found = read(con, put(tmp_path, text))
    physical = text.split("\n")
    assert all(physical[row[0] - 1].startswith(f"{row[1]};") for row in found)
    assert [(problem.line, problem.reason) for problem in table.problems] == [
        (len(physical), "1 field instead of 2")
    ]


def test_inch_marks_in_unquoted_fields_are_text(con, tmp_path):
    _, found = read(
        con, put(tmp_path, 'id;item;n\n1;5" pipe;2\n2;6" and 7" pipe;3\n3;"8"" pipe";4\n4;a"";5\n')
    )
    assert [row[2] for row in found] == ['5" pipe', '6" and 7" pipe', '8" pipe', 'a""']


@pytest.mark.parametrize("stray", ['2;"open;x', '2;"a" b;x', '2;a";"b'])
def test_a_stray_quote_costs_one_line_only(con, tmp_path, stray):
    table, found = read(con, put(tmp_path, f'id;note;sum\n1;a;1\n{stray}\n3;"quoted";3\n4;d;4\n'))
    assert [problem.line for problem in table.problems] == [3]
    assert [row[1] for row in found] == ["1", "3", "4"]


def test_fast_and_careful_reading_agree(con, tmp_path):
    """A row with too few fields makes the reader take its whole block apart row by row."""
    cells = [[str(n), f'say "{n}"' if n % 5 == 0 else "; plain", "x"] for n in range(2_000)]
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([["id", "note", "end"], *cells])
    _, fast = read(con, put(tmp_path, text.getvalue()))
    table, careful = read(con, put(tmp_path, text.getvalue() + "short;row\n"))
    assert fast == careful
    assert [row[1:] for row in fast] == [tuple(row) for row in cells]
    assert len(table.problems) == 1


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.sampled_from(";,\t|"))
def test_what_csv_writes_is_read_back(tmp_path, cells, mark):
    text = io.StringIO()
    csv.writer(text, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *cells])
    wanted = [row for row in cells if any(cell.strip() for cell in row)]
    with empty() as con:
        table = read_file(con, put(tmp_path, text.getvalue()), "raw", delimiter=mark)
        assert table.problems == ()
        assert [row[1:] for row in rows(con)] == wanted


# --- rows that are none, or not right ---------------------------------------------------------------------


def test_wrong_number_of_fields_is_a_problem(con, tmp_path):
    table, found = read(con, put(tmp_path, "id;name;sum\n1;a;5\n2;b\n3;c;7;8\n4;d;9\nTotal;21\n"))
    assert [(problem.line, problem.value, problem.reason) for problem in table.problems] == [
        (3, "2;b", "2 fields instead of 3"),
        (4, "3;c;7;8", "4 fields instead of 3"),
        (6, "Total;21", "2 fields instead of 3"),
    ]
    assert [row[0] for row in found] == [2, 5]


def test_header_again_is_a_problem(con, tmp_path):
    table, found = read(con, put(tmp_path, 'id;sum\n1;5\nid;sum\n2;6\n"id";"sum"\n'))
    assert [(problem.line, problem.reason) for problem in table.problems] == [
        (3, "the header row again"),
        (5, "the header row again"),
    ]
    assert [row[0] for row in found] == [2, 4]


def test_blank_lines_are_no_rows_but_count_as_lines(con, tmp_path):
    table, found = read(con, put(tmp_path, "id;sum\n\n1;5\n  \n;\n2;6\n\n\n"))
    assert [row[0] for row in found] == [3, 6]
    assert table.rows == 2
    assert table.facts["blank lines"] == "5"


def test_trailing_delimiters(con, tmp_path):
    table, found = read(con, put(tmp_path, "id;sum\n1;5;\n2;6;;\n"))
    assert found == [(2, "1", "5"), (3, "2", "6")]
    assert table.facts["rows ending in extra delimiters"] == "2"
    table, found = read(con, put(tmp_path, "id;sum;\n1;5;\n"))
    assert table.columns == ("id", "sum", "column 3")
    assert found == [(2, "1", "5", "")]
    assert "column 3" in table.facts["blank headings"]


@pytest.mark.parametrize(
    "title", ["Deals of March\n\n", "Deals of March;;\nFrom;1 March;\n", "Deals\n;;\nMarch\n"]
)
def test_title_lines_above_the_header(con, tmp_path, title):
    table, found = read(con, put(tmp_path, title + "id;name;sum\n1;a;5\n2;b;6\n3;c;7\n"))
    assert table.columns == ("id", "name", "sum")
    line = title.count("\n") + 1
    assert table.facts["header"] == f"line {line}"
    assert "Deals" in table.facts["title lines above the header"]
    assert [row[0] for row in found] == [line + 1, line + 2, line + 3]


def test_header_with_blank_headings_is_still_the_header(con, tmp_path):
    table, _ = read(con, put(tmp_path, "id;;;sum\n1;a;b;5\n2;c;d;6\n"))
    assert table.columns == ("id", "column 2", "column 3", "sum")


def test_single_column_and_header_only(con, tmp_path):
    table, found = read(con, put(tmp_path, "stage\nOffer\nContract\n"))
    assert (table.columns, found) == (("stage",), [(2, "Offer"), (3, "Contract")])
    for text in ("id;name;sum\n", "id;name;sum"):
        table, found = read(con, put(tmp_path, text))
        assert (table.columns, table.rows, found) == (("id", "name", "sum"), 0, [])


def test_zero_byte_within_a_field_survives(con, tmp_path):
    _, found = read(con, put(tmp_path, "id;name\n" + "1;abcdefgh\n" * 600 + "2;a\0b\n"))
    assert found[-1][1:] == ("2", "a\0b")


# --- names ------------------------------------------------------------------------------------------------


def test_any_characters_in_names(con, tmp_path):
    folder = tmp_path / 'it\'s [a] "файл" * {x}'
    folder.mkdir()
    for name in ("d'e [1-9]*?.csv", 'сделки "2024".CSV'):
        table = read_file(con, put(folder, "a\"b;c'd;e]f\n1;2;3\n", name), 'r"; DROP TABLE x; --')
        assert table.columns == ('a"b', "c'd", "e]f")
        assert con.table('"r""; DROP TABLE x; --"').fetchall() == [(2, "1", "2", "3")]


def test_a_second_reading_replaces_the_first(con, tmp_path):
    read(con, put(tmp_path, "id;a\n1;2\n"))
    _, found = read(con, put(tmp_path, "id;b\n3;4\n"))
    assert found == [(2, "3", "4")]


# --- refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", {}, "is empty"),
        ("\n \n", {}, "blank lines"),
        ("id;sum;ID \n1;2;3\n", {}, '"id", "ID"'),
        ("id;#line\n1;2\n", {}, "#line"),
        ("id;name;sum\n1;a;2\n", {"delimiter": ","}, "semicolon"),
        ("id;name\n1;a\n", {"delimiter": ";;"}, "one character"),
        ("id;name\n1;a\n", {"encoding": "cp1521"}, "not an encoding"),
        (b"PK\x03\x04" + b"\0" * 50, {}, "Excel workbook"),
        (b"\0\1\0\0\0\0\7\0\0\0\0\5" * 50, {}, "zero bytes"),
    ],
)
def test_refused_text_files(con, tmp_path, text, options, words):
    with pytest.raises(SourceError) as caught:
        read_file(con, put(tmp_path, text), "raw", **options)
    assert words in str(caught.value)
    assert caught.value.next_step


def test_refused_paths(con, tmp_path):
    put(tmp_path, "id\n1\n", "deals.csv")
    for path, words in [
        (tmp_path / "deal.csv", 'Did you mean "deals.csv"?'),
        (tmp_path / "no" / "deals.csv", "There is no file"),
        (tmp_path, "is a folder"),
        (put(tmp_path, "x", "deals.docx"), ".csv, .tsv"),
    ]:
        with pytest.raises(SourceError, match=re.escape(words)) as caught:
            read_file(con, path, "raw")
        assert caught.value.next_step


# --- Parquet ----------------------------------------------------------------------------------------------


def test_parquet_keeps_types(con, tmp_path):
    path = tmp_path / "deals [2024]*.parquet"
    day = moment(2024, 4, 3, 10)
    pq.write_table(
        pa.table({"id": [2**62 + 1, 2], "name": ["a", None], "at": [day, None]}), path, row_group_size=1
    )
    table = read_file(con, path, "raw")
    assert (table.columns, table.rows) == (("id", "name", "at"), 2)
    assert rows(con) == [(1, 2**62 + 1, "a", day), (2, 2, None, None)]


def test_refused_parquet(con, tmp_path):
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        read_file(con, put(tmp_path, b"PAR1 and then nothing", "deals.parquet"), "raw")
    path = tmp_path / "twice.parquet"
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "A"]), path)
    with pytest.raises(SourceError, match="more than once"):
        read_file(con, path, "raw")


# --- Excel ------------------------------------------------------------------------------------------------


def workbook(folder: Path, *sheets: tuple[str, list[list[object]]], hidden: str = "") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
    path = folder / "deals [x].xlsx"
    book.save(path)
    return path


def test_excel_types(con, tmp_path):
    at, day = moment(2024, 4, 3, 10, 30), dt.date(2024, 4, 3)
    cells = [
        ["id", "mixed", "sum", "at", "on", "code", "flag"],
        [123, 123, 1.5, at, day, "007", True],
        [None] * 7,
        [2**50 + 1, "A-1", 2, day, day, None, False],
        [5, day, None, None, None, "8", None],
    ]
    table, found = read(con, workbook(tmp_path, ("Deals", cells)))
    midnight = moment(2024, 4, 3)
    types = [row[1] for row in con.execute("DESCRIBE raw").fetchall()]
    assert types == ["BIGINT", "BIGINT", "VARCHAR", "DOUBLE", "TIMESTAMP", types[5], "VARCHAR", "BOOLEAN"]
    assert types[5] in ("DATE", "TIMESTAMP")
    assert [row[:5] for row in found] == [
        (2, 123, "123", 1.5, at),
        (4, 2**50 + 1, "A-1", 2.0, midnight),
        (5, 5, "2024-04-03", None, None),
    ]
    assert [row[6:] for row in found] == [("007", True), (None, False), ("8", None)]
    assert table.facts["sheet"] == "Deals"


def test_excel_titles_blank_headings_and_header_again(con, tmp_path):
    cells = [
        ["Report of March"],
        [],
        ["id", None, "sum"],
        [1, "x", 5],
        ["id", None, "sum"],
        [2, None, 6],
    ]
    # the repeated header has a blank where the column has no heading
    table, found = read(con, workbook(tmp_path, ("Deals", cells)))
    assert table.columns == ("id", "column 2", "sum")
    assert table.facts["header"] == "row 3"
    assert [row[0] for row in found] == [4, 6]
    assert [(problem.line, problem.reason) for problem in table.problems] == [(5, "the header row again")]
    assert found[0][1:] == (1, "x", 5)


def test_excel_sheets(con, tmp_path):
    path = workbook(
        tmp_path,
        ("Secret", [["a"], [1]]),
        ("Empty", []),
        ("Deals", [["id"], [7]]),
        ("Notes", []),
        hidden="Secret",
    )
    table, found = read(con, path)
    assert (table.facts["sheet"], found) == ("Deals", [(2, 7)])
    assert "Notes" in table.facts["other sheets"]
    assert read(con, path, sheet="Secret")[1] == [(2, 1)]
    with pytest.raises(SourceError) as caught:
        read(con, path, sheet="Deal")
    assert 'Did you mean "Deals"?' in str(caught.value)
    assert '"Secret", "Empty", "Deals", "Notes"' in str(caught.value)
    with pytest.raises(SourceError, match="has nothing"):
        read(con, path, sheet="Empty")


def test_excel_header_only(con, tmp_path):
    table, found = read(con, workbook(tmp_path, ("Deals", [["id", "name"]])))
    assert (table.columns, table.rows, found) == (("id", "name"), 0, [])


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"id;name\n1;a\n"])
def test_unreadable_excel(con, tmp_path, content):
    with pytest.raises(SourceError, match="cannot be read as a workbook"):
        read_file(con, put(tmp_path, content, "deals.xlsx"), "raw")
