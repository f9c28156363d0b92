"""Which part of a period the data cover, and with what it may be compared."""

from __future__ import annotations

import pandas as pd
import pytest

import crm_analysis as crm
from tests.small_company import frames


@pytest.fixture(scope="module")
def data():
    return crm.load(frames())


def test_a_whole_month_that_ends_on_a_weekend_is_whole(data):
    coverage = data.view("2026-02").coverage  # ends on a Saturday
    assert coverage.covered.text == "2026-02"
    assert coverage.comparison.text == "2026-01"
    assert coverage.notes == ()


def test_a_running_month_is_marked_and_compared_like_with_like(data):
    coverage = data.view("2026-03").coverage  # known up to 10 March
    assert coverage.covered.text == "2026-03-01..2026-03-10"
    assert coverage.comparison.text == "2026-02-01..2026-02-10"
    assert "10 of 31 days" in coverage.notes[0]
    assert "same number of days" in coverage.notes[1]


def test_a_comparison_before_the_data_is_refused(data):
    coverage = data.view("2025-12").coverage
    assert coverage.comparison is None
    assert "do not cover November 2025" in coverage.notes[0]
    assert data.view("2026-02", compare_to="same-last-year").comparison is None


def test_a_period_that_began_before_the_data_is_refused_a_comparison(data):
    coverage = data.view("2025-Q4").coverage
    assert coverage.covered.text == "2025-12-01..2025-12-31"
    assert coverage.comparison is None


def test_the_same_year_is_compared_where_it_is_covered():
    tables = {"sales": pd.DataFrame(
        {"sale_id": "x", "amount": 1.0, "sold_at": pd.date_range("2024-01-01", "2026-02-28", freq="D")}
    )}  # fmt: skip
    view = crm.load(tables).view("2026-02", compare_to="same-last-year")
    assert view.comparison.period.text == "2025-02"


def test_rare_sales_do_not_make_a_month_a_part_month():
    tables = {"sales": pd.DataFrame(
        {"sale_id": "x", "amount": 1.0, "sold_at": pd.date_range("2025-01-05", "2026-02-24", freq="10D")}
    )}  # fmt: skip
    assert crm.load(tables).view("2026-02").coverage.covered.text == "2026-02"


def test_one_row_covers_one_day():
    tables = {
        "sales": pd.DataFrame({"sale_id": ["x"], "amount": [1.0], "sold_at": pd.to_datetime(["2026-02-10"])})
    }
    view = crm.load(tables).view("2026-02")
    assert view.coverage.covered.text == "2026-02-10..2026-02-10"
    assert view.comparison is None
