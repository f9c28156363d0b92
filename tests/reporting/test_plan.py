"""What a command asks for, made absolute with the settings of the company."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from crm_analysis.reporting.order import Order
from crm_analysis.reporting.plan import make_plans

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """A company whose fiscal year begins in April, with a sale on each day of a year."""
    days = pd.date_range("2025-12-01", "2026-11-22", freq="D")
    pd.DataFrame({"sale_id": range(len(days)), "sold_at": days, "amount": 1.0}).to_csv(
        tmp_path / "sales.csv", index=False
    )
    (tmp_path / "crm.toml").write_text('[settings]\nfiscal_year_starts = 4\n[sales]\nfile = "sales.csv"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "text", "start"),
    [
        # on 23 November 2026 the fiscal quarter before this one is the second: July to September 2026
        ("last-quarter", "2027-Q2", date(2026, 7, 1)),
        ("last-month", "2026-10", date(2026, 10, 1)),
        ("2027-Q2", "2027-Q2", date(2026, 7, 1)),
    ],
)
def test_the_last_quarter_is_that_of_the_fiscal_year(
    company: Path, asked: str, text: str, start: date
) -> None:
    order = Order(asked, str(company), company / "reports", (), (), today=date(2026, 11, 23))
    (plan,) = make_plans(order)
    assert (plan.view.period.text, plan.view.period.start) == (text, start)
