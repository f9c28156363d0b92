"""No report before its data are there: another exit code, nothing written, and what to do."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.reporting.logs import read_log

import crm_analysis as crm
from crm_analysis.errors import MappingError, NotReadyError
from crm_analysis.period import parse_range
from crm_analysis.reporting.ready import must_be_ready

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reporting.conftest import Project

LATER = date(2026, 6, 15)


def company(folder: Path, ready: str, **frames: dict[str, list[object]]) -> crm.Dataset:
    """A company whose newest rows are known: sales to 27 February 2026, deals won to the 20th."""
    tables = {
        "sales": {"sale_id": ["1", "2"], "sold_at": ["2026-02-01", "2026-02-27 23:30"], "amount": [1, 2]},
        "deals": {
            "deal_id": ["a", "b"], "status": ["won", "open"], "created_at": ["2026-01-10", "2026-02-10"],
            "closed_at": ["2026-02-20", "2026-04-30"],
        },
    } | frames  # fmt: skip
    folder.mkdir(exist_ok=True)
    for name, columns in tables.items():
        pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)
    sections = "".join(f'[{name}]\nfile = "{name}.csv"\n' for name in tables)
    (folder / "crm.toml").write_text(f"[settings]\nready = {ready}\n{sections}")
    return crm.load(folder)


def check(dataset: crm.Dataset, periods: str = "2026-02", today: date | None = LATER) -> None:
    must_be_ready(dataset, parse_range(periods), today)


def test_the_newest_row_may_be_so_many_days_before_the_last_day(tmp_path: Path) -> None:
    check(company(tmp_path, "{ sales = 1 }"))  # the 27th is one day before the 28th
    with pytest.raises(NotReadyError) as refused:
        check(company(tmp_path, "{ sales = 0 }"))
    assert (
        refused.value.what == "The data of 2026-02 are not ready: the newest row of sales is of 2026-02-27."
    )
    assert "sales to 2026-02-28" in refused.value.allowed
    assert "2026-02-01..2026-02-27" in refused.value.next_step
    check(company(tmp_path, "{ sales = 0 }"), "2026-02-01..2026-02-27")  # what it advises is right


def test_the_hoped_for_end_of_an_open_deal_is_no_row_of_that_day(tmp_path: Path) -> None:
    check(company(tmp_path, "{ deals = 8 }"))
    with pytest.raises(NotReadyError, match="newest row of deals is of 2026-02-20"):
        check(company(tmp_path, "{ deals = 7 }"))


def test_a_mistyped_year_does_not_make_all_periods_ready(tmp_path: Path) -> None:
    sold = {"sale_id": ["1", "2"], "sold_at": ["2026-02-25", "2062-02-25"], "amount": [1, 2]}
    dataset = company(tmp_path, "{ sales = 0 }", sales=sold)
    with pytest.raises(NotReadyError, match="2026-02-25"):
        check(dataset)
    check(dataset, today=None)  # without a today every row is taken for what it says


def test_of_a_running_period_the_days_up_to_yesterday_are_wanted(tmp_path: Path) -> None:
    dataset = company(tmp_path, "{ sales = 0 }")
    check(dataset, today=date(2026, 2, 28))
    with pytest.raises(NotReadyError, match="sales to 2026-02-28"):
        check(dataset, today=date(2026, 3, 1))


def test_every_table_and_every_period_counts(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError) as refused:
        check(company(tmp_path, "{ sales = 1, deals = 1, activities = 0 }"))
    assert "sales" not in refused.value.what
    assert "deals is of 2026-02-20; activities has no row with a date" in refused.value.what
    assert ".." not in refused.value.next_step  # no days would do
    with pytest.raises(NotReadyError, match="The data of 2026-02 are"):
        check(company(tmp_path, "{ deals = 0 }"), "2026-01..2026-03")
    check(company(tmp_path, "{ sales = 0, deals = 0 }"), "2025-11..2026-01")  # a backfill is ready


def test_without_the_setting_nothing_is_asked(tmp_path: Path) -> None:
    check(company(tmp_path, "{}"), "2026-05")


@pytest.mark.parametrize(("ready", "message"), [
    ("{ sale = 1 }", 'Did you mean "sales"'), ("{ owners = 1 }", "no table with a time"),
    ("{ sales = -1 }", "greater than or equal to 0"), ('{ sales = "1d" }', "valid integer"),
])  # fmt: skip
def test_a_setting_that_cannot_be_meant_is_an_error(ready: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=message):
        company(tmp_path, ready)


def set_ready(project: Project, text: str) -> None:
    tables = "".join(f'[{name}]\nfile = "{name}.csv"\n' for name in ("deals", "sales"))
    (project.folder / "data" / "crm.toml").write_text(f"[settings]\nready = {text}\n{tables}")


@pytest.mark.parametrize("period", ["2026-03", "2026-05"])  # the data end in it; they end before it
def test_not_ready_has_an_exit_code_of_its_own_and_writes_nothing(project: Project, period: str) -> None:
    set_ready(project, "{ sales = 2 }")
    late = project.report(period)
    assert late.exit_code == 75
    assert "newest row of sales is of 2026-03-10" in late.stderr
    assert "Traceback" not in late.output
    (line,) = read_log(late.stdout)
    assert (line["period"], line["status"], line["level"]) == (period, "not_ready", "warning")
    assert not project.reports.exists()


def test_data_that_have_stood_still_for_a_month_are_not_wrong_usage(project: Project) -> None:
    set_ready(project, "{ sales = 2 }")
    assert project.report("last-month").exit_code == 75


def test_what_is_ready_is_published(project: Project) -> None:
    set_ready(project, "{ sales = 0, deals = 5 }")
    assert project.report("2026-02", "--only", "customer_abc").exit_code == 0
    before = (project.reports / "2026-02" / "manifest.json").read_bytes()
    set_ready(project, "{ sales = 1 }")  # who is asked when is no matter of the reports
    again = project.report("2026-02", "--only", "customer_abc")
    assert read_log(again.stdout)[-1]["status"] == "up_to_date"
    assert (project.reports / "2026-02" / "manifest.json").read_bytes() == before
