"""How numbers and dates are written, and reading them back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.errors import DataError, MappingError
from crm_analysis.sources.formats import (
    DateFormat,
    NumberFormat,
    date_sql,
    find_date_format,
    find_number_format,
    number_sql,
    quote,
)

MISSING = ("", "-", "N/A", "Select", "0000-00-00")
NAME = 'the "sum" of it'


def moment(*parts: int) -> dt.datetime:
    """Give a naive timestamp, as the canonical tables hold them."""
    return dt.datetime(*parts)  # noqa: DTZ001


#: One database for all tests: to open one takes its time, and temporary tables are those of a cursor alone.
DATABASE = duckdb.connect()


def table(values: list[object], sql_type: str = "VARCHAR") -> duckdb.DuckDBPyConnection:
    con = DATABASE.cursor()
    con.execute("SET TimeZone = 'Asia/Tokyo'")  # the session's zone must not matter
    # "n" and "t" would shadow lambda parameters of those names
    con.execute(f"CREATE TEMP TABLE t (n INTEGER, t INTEGER, {quote(NAME)} {sql_type})")
    con.executemany("INSERT INTO t VALUES (?, 0, ?)", [[n, value] for n, value in enumerate(values)])
    return con


def column(con: duckdb.DuckDBPyConnection, sql: str) -> list[object]:
    return [row[0] for row in con.execute(f"SELECT {sql} FROM t ORDER BY n").fetchall()]


def numbers(
    values: list[object], sql_type: str = "VARCHAR", **options: str
) -> tuple[NumberFormat, list[object]]:
    con = table(values, sql_type)
    found = find_number_format(con, "t", NAME, missing=MISSING, **options)
    return found, column(con, number_sql(NAME, found))


def dates(
    values: list[object], sql_type: str = "VARCHAR", timezone: str | None = None, **options: str
) -> tuple[DateFormat, list[object]]:
    con = table(values, sql_type)
    found = find_date_format(con, "t", NAME, missing=MISSING, **options)
    return found, column(con, date_sql(NAME, found, timezone=timezone))


# --- numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wanted", "decimal", "thousands"),
    [
        (["1234.5", "-7", "+8"], [1234.5, -7, 8], ".", ""),
        (["1,234.50", "12.00"], [1234.5, 12], ".", ","),
        (["1.234,50", "12,00", "1.234.567"], [1234.5, 12, 1234567], ",", "."),
        (["€ 2.900,00", "1,5 €"], [2900, 1.5], ",", "."),
        (["12 345,67", "1 000"], [12345.67, 1000], ",", " "),
        (["12\u00a0345,67", "1\u202f234\u202f567,8", "9\u2009999"], [12345.67, 1234567.8, 9999], ",", " "),
        (["1'234.50", "9’999"], [1234.5, 9999], ".", "'"),
        (["(1 234)", "5-", "−6", "(€7)", "€ -8", "-€9"], [-1234, -5, -6, -7, -8, -9], ".", " "),
        (["12.5%", "100 %"], [0.125, 1], ".", ""),
        (["USD 1,200.00", "EUR5.50", "7 руб.", "R$ 8"], [1200, 5.5, 7, 8], ".", ","),
        (["1e3", "1.5E+06", "2E-2"], [1000, 1.5e6, 0.02], ".", ""),
        ([".5", "0,5,", "3."], [0.5, None, 3], ".", ""),
        (["12,34,567.00", "1,234.5"], [1234567, 1234.5], ".", ","),
        (["0,125", "1,234"], [0.125, 1.234], ",", ""),
        (["1,2345", "1,234"], [1.2345, 1.234], ",", ""),
        (["1 234,567"], [1234.567], ",", " "),
        (["5", "7"], [5, 7], ".", ""),
        (["-", "", None, "n/a"], [None] * 4, ".", ""),
    ],
)
def test_numbers(values, wanted, decimal, thousands):
    found, read = numbers(values)
    assert read == wanted
    assert (found.decimal, found.thousands) == (decimal, thousands)


def test_currencies_are_told():
    found, _ = numbers(["€ 5,50", "USD 7,00", "12 руб.", "no 9"])
    assert found.symbols == ("USD", "руб", "€")
    assert found.text == "decimal comma, currency USD, руб, €"


@pytest.mark.parametrize(
    "junk",
    [
        "soon",
        "12 apples",
        "5 (7",
        "(-5)",
        "--5",
        "12 34",
        "1.2.3,4",
        "1_000",
        "0x1A",
        "inf",
        "nan",
        "5 5",
        "e5",
    ],
)
def test_text_in_an_amount_is_unreadable(junk):
    _, read = numbers([junk, "1 234.50", "7.25"])
    assert read == [None, 1234.5, 7.25]


def test_grouped_thousands_alone_are_assumed_and_told():
    for values, decimal in ((["1,234", "56,789", "7"], "."), (["1.234", "56.789", "7"], ",")):
        found, read = numbers(values)
        assert read == [1234, 56789, 7]
        assert found.decimal == decimal
        assert "assumed" in found.text
    assert "assumed" not in numbers(["1,234,567", "1,234"])[0].text


def test_most_values_decide_and_the_others_are_not_misread():
    found, read = numbers(["12,50", "13,50", "14.50", "1.234"])
    assert read == [12.5, 13.5, None, None]
    assert "1 values speak against it" in found.text


@pytest.mark.parametrize("values", [["12,50", "14.50"], ["1,234", "1.234"]])
def test_undecided_numbers_ask_for_the_decimal_mark(values):
    with pytest.raises(DataError, match="decimal = "):
        numbers(values)
    assert numbers(values, decimal=",")[1][0] in (12.5, 1.234)


def test_stated_marks():
    assert numbers(["1,234"], decimal=",")[1] == [1.234]
    assert numbers(["1,234"], thousands=",")[1] == [1234]
    assert numbers(["1,234"], thousands=".")[1] == [1.234]
    assert numbers(["1.234,5", "2"], decimal=",", thousands="")[1] == [None, 2]
    for options in ({"decimal": ";"}, {"thousands": "x"}, {"decimal": ",", "thousands": ","}):
        with pytest.raises(MappingError):
            numbers(["1"], **options)


def test_typed_numbers_pass():
    assert numbers([1.5, float("nan"), float("inf"), None], "DOUBLE")[1] == [1.5, None, None, None]
    assert numbers([Decimal("12.34"), 5], "DECIMAL(18,2)")[1] == [12.34, 5]
    assert numbers([2, None], "BIGINT")[0].text == "typed numbers"
    with pytest.raises(DataError, match="holds date values"):
        numbers([dt.date(2024, 1, 1)], "DATE")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.decimals("-1e9", "1e9", places=2), min_size=1, max_size=12),
    st.sampled_from(["en", "de", "fr", "ru", "de_CH", "pl", "sv", "en_IN", "pt_BR", "cs"]),
)
def test_numbers_written_in_a_locale_are_read_back(values, locale):
    # a value with two decimals beside them, as in any real column of amounts
    values = [*values, Decimal("1234567.89")]
    _, read = numbers([format_decimal(value, "#,##0.00", locale=locale) for value in values])
    assert read == [float(value) for value in values]
    _, read = numbers([format_currency(value, "EUR", locale=locale) for value in values])
    assert read == [float(value) for value in values]


# --- dates ------------------------------------------------------------------------------------------------

APRIL = moment(2024, 4, 3)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2024-04-03", (0, 0)),
        ("2024/4/3", (0, 0)),
        ("2024.04.03", (0, 0)),
        ("2024-04-03 10:11", (10, 11)),
        ("2024-04-03T10:11:12", (10, 11, 12)),
        ("2024-04-03 10:11:12.5", (10, 11, 12, 500_000)),
        ("2024-04-03 10:11:12,123", (10, 11, 12, 123_000)),
        ("2024-04-03T10:11:12.123456789Z", (10, 11, 12, 123_456)),
        ("2024-04-03T10:11:12Z", (10, 11, 12)),
        ("2024-04-03T10:11:12+03:00", (7, 11, 12)),
        ("2024-04-03 10:11:12 +0300", (7, 11, 12)),
        ("2024-04-03 10:11-0130", (11, 41)),
        ("03.04.2024", (0, 0)),
        ("3.4.24", (0, 0)),
        ("03.04.2024 9:05", (9, 5)),
        ("03.04.2024, 10:11:12", (10, 11, 12)),
        ("Apr 3, 2024", (0, 0)),
        ("April 3, 2024 1:05 PM", (13, 5)),
        ("3 Apr 2024", (0, 0)),
        ("3-Apr-24", (0, 0)),
        ("3. April 2024", (0, 0)),
        ("20240403", (0, 0)),
        ("20240403T101112", (10, 11, 12)),
        ("20240403101112", (10, 11, 12)),
        (" 2024-04-03\u00a0", (0, 0)),
    ],
)
def test_one_way_of_writing_dates(value, time):
    assert dates([value, "-", None])[1] == [moment(2024, 4, 3, *time), None, None]


@pytest.mark.parametrize("tail", ["", " 10:11", " 10:11:12", " 1:05 PM", " 1:05:06am", "T10:11:12Z"])
@pytest.mark.parametrize("mark", ["/", "-", "."])
@pytest.mark.parametrize("year", ["2024", "24"])
def test_a_value_above_twelve_decides_between_day_and_month(tail, mark, year):
    for first, day, month in (("day", 0, 1), ("month", 1, 0)):
        cells = [["3", "4"], ["25", "12"]]
        values = [f"{cell[day]}{mark}{cell[month]}{mark}{year}{tail}" for cell in cells]
        found, read = dates(values)
        assert [(at.day, at.month, at.year) for at in read] == [(3, 4, 2024), (25, 12, 2024)]
        assert f"the {first} comes first" in found.text


def test_undecided_dates_ask_for_the_format():
    with pytest.raises(DataError) as caught:
        dates(["03/04/2024", "05/06/2024", "-", "07/08/2024", "09/10/2024"])
    assert 'date_format = "%d/%m/%Y"' in str(caught.value)
    assert '"03/04/2024", "05/06/2024", "07/08/2024"' in str(caught.value)
    with pytest.raises(DataError):
        dates(["13/04/2024", "04/13/2024"])


def test_undecided_dates_that_read_alike_or_have_points_are_read():
    assert dates(["01/01/2024", "02/02/2024"])[1] == [moment(2024, 1, 1), moment(2024, 2, 2)]
    assert dates(["03.04.2024"])[1] == [APRIL]


def test_the_majority_decides_and_the_others_are_unreadable():
    found, read = dates(["13/02/2024", "14/02/2024", "02/13/2024", "03/04/2024"])
    assert read == [moment(2024, 2, 13), moment(2024, 2, 14), None, APRIL]
    assert "1 read only month first and are unreadable" in found.text


def test_a_few_undecided_values_do_not_stop_the_column():
    found, read = dates(["2024-04-03"] * 3 + ["03/04/2024"])
    assert read == [APRIL] * 3 + [None]
    assert "03/04/2024 are unreadable" in found.text


def test_impossible_dates_are_unreadable():
    values = ["31.02.2024", "29.02.2023", "00.01.2024", "soon", "2024", "03.04.2024 25:00", "03.04.2024"]
    assert dates(values)[1] == [None] * 6 + [APRIL]
    assert dates(["2024-13-01", "24-4-3", "2024-04-03"])[1] == [None, None, APRIL]
    found, read = dates(["soon", "later"])
    assert (read, found.text) == ([None, None], "no value reads as a date")


def test_several_ways_in_one_column():
    values = ["03.04.2024", "03.04.24", "2024-04-03 00:00", "Apr 3, 2024", "2024-04-03T02:00:00+02:00"]
    assert dates(values)[1] == [APRIL] * 5


def test_offsets_are_put_to_the_stated_zone():
    values = ["2024-04-03T10:00:00Z", "2024-04-03T10:00:00+03:00", "2024-04-03T10:00:00"]
    assert [at.hour for at in dates(values, timezone="Europe/Berlin")[1]] == [12, 9, 10]


def test_stated_date_format():
    values = ["03/04/2024", "05/06/2024 10:30", "07/08/2024 1:05 PM", "2024-04-03"]
    _, read = dates(values, date_format="%d/%m/%Y")
    assert read == [APRIL, moment(2024, 6, 5, 10, 30), moment(2024, 8, 7, 13, 5), None]
    assert dates(["03/04/2024"], date_format="%m/%d/%Y")[1] == [moment(2024, 3, 4)]
    for wrong in ("dd.mm.yyyy", "%Q"):
        with pytest.raises(MappingError, match="not a date format"):
            dates(["03/04/2024"], date_format=wrong)


def test_excel_serial_numbers_only_where_stated():
    # Excel shows 45385 as 3 April 2024 and 45385.5 as noon of that day
    values = ["45385", "45385.5", "45385,25", "x", "12"]
    wanted = [APRIL, APRIL.replace(hour=12), APRIL.replace(hour=6), None, None]
    assert dates(values, date_format="excel")[1] == wanted
    assert dates([45385.0, 45385.5], "DOUBLE", date_format="Excel")[1] == wanted[:2]
    assert dates(values)[1] == [None] * 5


def test_typed_dates_pass():
    assert dates([dt.date(2024, 4, 3), None], "DATE") == (DateFormat((), "typed date"), [APRIL, None])
    exact = moment(2024, 4, 3, 10, 0, 0, 5)
    assert dates([exact], "TIMESTAMP")[1] == [exact]
    zoned = moment(2024, 4, 3, 10).replace(tzinfo=dt.UTC)
    assert dates([zoned], "TIMESTAMPTZ")[1] == [APRIL.replace(hour=10)]
    assert dates([zoned], "TIMESTAMPTZ", timezone="Europe/Berlin")[1] == [APRIL.replace(hour=12)]
    assert dates([20240403], "BIGINT")[1] == [APRIL]
    with pytest.raises(DataError, match="holds boolean"):
        dates([True], "BOOLEAN")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.datetimes(moment(1970, 1, 1), moment(2068, 12, 31)), min_size=1, max_size=10),
    st.sampled_from(
        [
            "yyyy-MM-dd HH:mm:ss",
            "dd.MM.yyyy HH:mm:ss",
            "d/M/yyyy H:mm:ss",
            "M/d/yyyy h:mm:ss a",
            "MMM d, yyyy H:mm:ss",
        ]
    ),
)
def test_dates_written_in_a_format_are_read_back(values, pattern):
    # the last decides between day and month
    values = [*(value.replace(microsecond=0) for value in values), moment(2024, 12, 25, 10)]
    assert dates([format_datetime(value, pattern, locale="en") for value in values])[1] == values


# --- names ------------------------------------------------------------------------------------------------


def test_names_are_quoted():
    assert quote('a"b') == '"a""b"'
