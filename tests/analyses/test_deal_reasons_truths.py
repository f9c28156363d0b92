"""Reasons of companies whose truth is known, and of real sets of deals."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.demo_company import demo_result, demo_view

import crm_analysis as crm
from crm_analysis.analyses._reasons.deals import read_deals
from crm_analysis.analyses._reasons.hotspots import hotspots
from crm_analysis.demo import write_demo
from crm_analysis.demo.company import Company

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")


def keyed(result: Any) -> dict[str, Any]:
    return {finding.key: finding for finding in result.findings}


class TestDemo:
    @pytest.fixture(scope="class")
    @classmethod
    def result(cls) -> Any:
        return demo_result("deal_reasons")

    def test_the_shift_of_delivery_time_is_found(self, result: Any) -> None:
        row = result.reasons_year.query("reason == 'Delivery time' and outcome == 'lost'").iloc[0]
        assert row["verdict"] == "changed"
        assert row["strength"] == "strong"
        # 10 % and 24 % of the named reasons are 9 % and 20 % of all lost deals, blanks and "Other" included
        assert row["difference_low"] < 0.11 < row["difference_high"]

    def test_the_surest_change_opens_the_page_and_is_told_once(self, result: Any) -> None:
        assert (result.findings[0].key, result.findings[0].strength) == ("department_dispatch", "strong")
        rises = [f for f in result.findings if "“Delivery time”" in f.sentence and "10%" in f.sentence]
        assert len(rises) == 1

    def test_dispatch_is_told(self, result: Any) -> None:
        found = keyed(result)["department_dispatch"]
        assert (found.department, found.verdict) == ("dispatch", "changed")
        assert "“Delivery time”" in found.sentence
        departments = {finding.department for finding in result.findings}
        assert {"production", "dispatch", "service", "sales", "marketing"} <= departments

    def test_reasons_for_winning_do_not_change(self, result: Any) -> None:
        assert keyed(result)["win_shift_year"].verdict == "no_evidence"
        assert "win_shift_period" not in keyed(result)

    def test_a_month_says_less_than_a_year(self, result: Any) -> None:
        assert keyed(result)["loss_shift_period"].verdict == "no_evidence"

    def test_gift_boxes_are_lost_for_quality(self, result: Any) -> None:
        first = result.hotspots.iloc[0]
        assert (first["reason"], first["value"], first["verdict"]) == ("Quality", "Gift box", "higher")
        assert keyed(result)["hotspot_quality_product_gift_box"].department == "production"

    def test_the_careless_records_are_found(self, result: Any) -> None:
        found = result.discipline[result.discipline["verdict"] == "higher"]
        assert found["owner"].tolist() == ["Gus Tansy"]
        assert "Gus Tansy" in keyed(result)["records"].sentence

    def test_nothing_is_misspelt(self, result: Any) -> None:
        assert result.spellings.empty

    def test_deals_are_those_of_the_sales_report(self, result: Any) -> None:
        figures = demo_result("sales_dynamics").figures.set_index("measure")["value"]
        assert result.loss_reasons["deals"].sum() == figures["closed"] - figures["won"]
        assert result.win_reasons["amount"].sum() == pytest.approx(figures["won_amount"], abs=0.01)

    def test_main_figures(self, result: Any) -> None:
        tiles = {tile.key: tile for tile in result.tiles}
        assert tiles["lost_deals"].value == result.loss_reasons["deals"].sum()
        assert tiles["lost_amount"].value == pytest.approx(result.loss_reasons["amount"].sum())
        assert tiles["lost_for_price_too_high"].low < tiles["lost_for_price_too_high"].value
        assert len(tiles["lost_deals"].series) == 24
        assert tiles["lost_deals"].series[-1] == tiles["lost_deals"].value


def test_late_reasons_stand_out_where_there_are_deals_enough() -> None:
    deals = read_deals(demo_view("2022-11-01..2026-10-31"))
    table = hotspots(deals.of("loss", deals.windows.year), deals.stages)
    late = table.query("reason == 'Price too high' and value == '(second half)'").iloc[0]
    assert late["verdict"] == "higher"
    assert 1.1 < late["ratio"] < 1.6


def test_the_shift_is_found_in_the_report_of_a_year() -> None:
    result = demo_result("deal_reasons", "2026")
    changed = result.loss_reasons[result.loss_reasons["verdict"] == "changed"]
    assert "Delivery time" in set(changed["reason"])
    # the name of the period says that it is not over
    assert result.year == "the 12 months to October 30, 2026"


def test_a_company_without_effects_has_no_verdicts(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=1, company=Company.without_effects())
    result = crm.deal_reasons.analyze(crm.load(tmp_path).view("2026-10"))
    assert "changed" not in set(result.reasons_year["verdict"])
    assert "changed" not in set(result.departments_year["verdict"])
    assert "higher" not in set(result.discipline["verdict"])
    assert keyed(result)["hotspots"].verdict == "no_evidence"


def reports(shared_data: Path, root: Path, tmp_path: Path, name: str) -> Path:
    """Lay a real set beside its configuration."""
    shutil.copytree(shared_data / name, tmp_path / name)
    shutil.copy(root / "examples" / name / "crm.toml", tmp_path / name / "crm.toml")
    return tmp_path / name


class TestRingostat:
    @pytest.fixture
    def result(self, shared_data: Path, root: Path, tmp_path: Path) -> Any:
        folder = reports(shared_data, root, tmp_path, "ringostat-deals")
        return crm.deal_reasons.analyze(crm.load(folder).view("2024"))

    def test_reasons_of_the_lost_deals(self, result: Any) -> None:
        table = result.loss_reasons
        assert table["deals"].sum() == 431
        # 42 deals say "Stopped communicating", two of them were won
        assert table["deals"].head(4).tolist() == [45, 44, 40, 39]
        assert table.set_index("reason").loc["(not stated)", "deals"] == 1
        assert table["amount"].isna().all()
        assert len(table) == 31

    def test_the_four_reasons_given_most_often(self, result: Any, shared_data: Path) -> None:
        given = pd.read_csv(shared_data / "ringostat-deals" / "deals.csv")["Loss reason description"]
        assert given.value_counts().head(4).tolist() == [45, 44, 42, 39]
        assert given.nunique() == 30
        named = result.loss_reasons.query("reason != '(not stated)'")
        assert set(named["reason"]) == set(given.dropna().str.strip())
        # the page counts lost deals only, and says which reasons stand on deals that were not lost
        assert given.value_counts().head(4).sum() - named["deals"].head(4).sum() == 2
        assert "“Stopped communicating”" in keyed(result)["misplaced"].sentence

    def test_what_is_odd_is_said(self, result: Any) -> None:
        found = keyed(result)
        assert found["misplaced"].n == 5
        assert "desicion" in found["spellings"].sentence
        assert result.spellings[["why", "word"]].to_numpy().tolist() == [["typo", "desicion"]]
        assert "decision maker" in result.spellings["mend"].iloc[0]
        assert found["loss_shift_year"].verdict == "not_enough_data"
        assert json.dumps(result.record(), allow_nan=False)


def test_a_real_set_without_reasons(shared_data: Path, root: Path, tmp_path: Path) -> None:
    folder = reports(shared_data, root, tmp_path, "maven-crm")
    result = crm.deal_reasons.analyze(crm.load(folder).view("2017"))
    assert keyed(result)["no_reasons"].verdict == "not_enough_data"
    assert result.loss_reasons.empty
    assert len(result.drivers)
    assert any("loss_reason" in said for said in result.left_out)
