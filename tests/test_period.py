"""Periods: every form of the contract, fiscal years, ranges, comparisons, errors."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_analysis.errors import PeriodError
from crm_analysis.period import parse, parse_range, resolve


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-H1", date(2026, 1, 1), date(2026, 7, 1)),
        ("2026-H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("2026-10", date(2026, 10, 1), date(2026, 11, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        # ISO 8601: week 1 of 2026 begins on Monday 29 December 2025; 2026 has 53 weeks
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("2026-W42", date(2026, 10, 12), date(2026, 10, 19)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("2026-07-01..2026-09-30", date(2026, 7, 1), date(2026, 10, 1)),
        ("2024-02-29..2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_every_form_has_its_days(text, start, end):
    period = parse(text)
    assert (period.start, period.end, period.text) == (start, end, text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", date(2025, 4, 1), date(2026, 4, 1)),  # named by the year in which it ends
        ("2026-Q1", date(2025, 4, 1), date(2025, 7, 1)),
        ("2026-Q4", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-H2", date(2025, 10, 1), date(2026, 4, 1)),
        ("2026-10", date(2026, 10, 1), date(2026, 11, 1)),  # months are those of the calendar
    ],
)
def test_fiscal_year_from_april(text, start, end):
    period = parse(text, fiscal_year_starts=4)
    assert (period.start, period.end, period.text) == (start, end, text)
    assert period.previous().following() == period


@pytest.mark.parametrize(
    ("text", "previous", "last_year"),
    [
        ("2026", "2025", "2025"),
        ("2026-H1", "2025-H2", "2025-H1"),
        ("2026-Q1", "2025-Q4", "2025-Q1"),
        ("2026-01", "2025-12", "2025-01"),
        ("2026-W01", "2025-W52", "2025-W01"),
        ("2026-07-01..2026-07-10", "2026-06-21..2026-06-30", "2025-07-01..2025-07-10"),
        ("2024-02-29..2024-02-29", "2024-02-28..2024-02-28", "2023-02-28..2023-02-28"),
    ],
)
def test_comparisons(text, previous, last_year):
    assert parse(text).previous().text == previous
    assert parse(text).same_last_year().text == last_year


@given(
    st.sampled_from(["year", "half", "quarter", "month", "week"]), st.integers(1, 12), st.integers(0, 9999)
)
def test_periods_follow_without_gap_and_text_reads_back(kind, fiscal, days):
    day = date(2000, 1, 1) + timedelta(days=days)
    text = {"year": "{:%Y}", "half": "{:%Y}-H1", "quarter": "{:%Y}-Q2", "month": "{:%Y-%m}"}.get(
        kind, "{:%G-W%V}"
    )
    period = parse(text.format(day), fiscal)
    assert period.following().start == period.end
    assert period.previous().end == period.start
    assert parse(period.following().text, fiscal) == period.following()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26-10",
        "2026-13",
        "2026-Q5",
        "2026-W54",
        "2025-W53",
        "october",
        "2026-02-30..2026-03-01",
        "2026-03-02..2026-03-01",
        "2026/10",
    ],
)
def test_what_is_no_period_is_refused_with_the_forms(text):
    with pytest.raises(PeriodError) as error:
        parse(text)
    assert "2026" in str(error.value)


def test_ranges():
    assert [p.text for p in parse_range("2025-Q4..2026-Q2")] == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert [p.text for p in parse_range("2026-10")] == ["2026-10"]
    assert len(parse_range("2024-01..2026-10")) == 34
    assert len(parse_range("2026-07-01..2026-09-30")) == 1
    with pytest.raises(PeriodError, match="one kind"):
        parse_range("2026-01..2026-Q2")
    with pytest.raises(PeriodError, match=r"2026-01\.\.2026-03"):
        parse_range("2026-03..2026-01")


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("last-month", date(2026, 1, 1), "2025-12"),
        ("last-month", date(2026, 11, 23), "2026-10"),
        ("last-quarter", date(2026, 11, 23), "2026-Q3"),
        ("last-year", date(2026, 11, 23), "2025"),
        ("last-week", date(2026, 11, 23), "2026-W47"),
        ("2026-10", date(2030, 1, 1), "2026-10"),
    ],
)
def test_relative_periods_become_absolute(text, today, expected):
    assert resolve(text, today) == expected


def test_unknown_relative_period_is_refused():
    with pytest.raises(PeriodError, match="last-month"):
        resolve("last-decade", date(2026, 1, 1))
