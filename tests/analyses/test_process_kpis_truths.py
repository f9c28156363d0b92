"""Process KPIs against companies whose truth is known, and against real sets of data."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_data, demo_result

import crm_analysis as crm
from crm_analysis.analyses.process_kpis import analyze
from crm_analysis.demo import Company, write_demo

if TYPE_CHECKING:
    from pathlib import Path

EVENT = "2025-03-01"
FOUND = {"improved", "worsened"}
HOLES = re.compile(r"\b(nan|inf|NaT)\b|\bNone\b(?! of)|(?<!\d) – | – (?![A-Z])|\(–|–%|  ")


def of(frame, kpi, group="all"):
    rows = frame[(frame["kpi"] == kpi) & (frame["group"] == group)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture(scope="module")
def demo():
    return demo_data()


@pytest.fixture(scope="module")
def result():
    return demo_result("process_kpis")


@pytest.fixture(scope="module")
def null_company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("null")
    write_demo(folder, seed=101, company=Company.without_effects())
    return analyze(crm.load(folder).view("2026-10"), event_on=EVENT)


class TestDemo:
    def test_the_new_way_of_working_is_seen_as_event(self, result):
        row = of(result.event, "decision_days")
        assert row["verdict"] == "improved"
        # stages take 0.7 times as long (data/demo/TRUTH.md)
        assert row["low"] < -0.27 * row["before"] < row["high"]
        assert row["n_before"] + row["n_after"] == of(result.trends, "decision_days")["n_points"]

    def test_and_as_a_course(self, result):
        row = of(result.trends, "decision_days")
        assert row["verdict"] == "improved"
        assert row["change_per_year"] < 0
        split = of(result.breaks, "decision_days")
        assert abs((split["month"] - pd.Timestamp(EVENT)).days) < 65
        assert split["better_than_line"]

    def test_contacts_grow_and_not_because_of_the_event(self, result):
        row = of(result.trends, "contacts_per_customer")
        assert row["verdict"] == "worsened"
        assert row["growth_low"] < 0.12 < row["growth_high"]
        assert of(result.event, "contacts_per_customer")["verdict"] == "no_evidence"
        assert of(result.event, "deal_amount")["verdict"] == "no_evidence"

    def test_deal_amounts_grow_as_planted(self, result):
        row = of(result.trends, "deal_amount")
        assert row["growth_low"] < 0.12 < row["growth_high"]

    def test_what_has_no_trend_is_not_called(self, result):
        for kpi in ("purchase_interval_days", "acquisition_cost"):
            row = of(result.trends, kpi)
            assert row["verdict"] == "no_evidence"
            assert row["low"] < 0 < row["high"]
            assert row["detectable"] > 0

    def test_the_level_lies_by_the_truth(self, result):
        # 33 days after the event in a large company, 45 before
        recent = result.series[(result.series["kpi"] == "decision_days")].tail(12)["value"].mean()
        assert recent == pytest.approx(33, abs=3)
        assert of(result.event, "decision_days")["before"] == pytest.approx(44, abs=3)
        won = result.outcomes.iloc[-1]
        assert won["won"] == pytest.approx(0.366, abs=0.03)

    def test_figures_agree_with_the_files(self, result, root):
        made = pd.read_csv(root / "data/demo/deals.csv", parse_dates=["closed_at"])
        won = made[(made["status"] == "won") & (made["closed_at"] >= "2026-10-01")]
        amount = of(result.kpis, "deal_amount")
        assert amount["value"] == pytest.approx(won["amount"].mean())
        assert amount["n"] == len(won)
        acts = pd.read_csv(root / "data/demo/activities.csv", parse_dates=["done_at"])
        acts = acts[(acts["done_at"] >= "2026-10-01") & (acts["done_at"] < "2026-11-01")]
        acts = acts[acts["deal_id"].notna() & (acts["kind"] != "task")]
        contacts = of(result.kpis, "contacts_per_customer")
        assert contacts["value"] == pytest.approx(len(acts) / won["customer_id"].nunique())

    def test_sentences_are_whole(self, result):
        said = (
            [f.sentence for f in result.findings] + list(result.left_out) + list(result.definitions["text"])
        )
        assert [text for text in said if HOLES.search(text)] == []
        assert {f.key for f in result.findings} >= {"decision_days", "event_decision_days"}
        assert {f.department for f in result.findings} == {"sales", "marketing"}

    def test_the_page_opens_with_what_became_of_each_kpi(self, result):
        opening = result.findings[0]
        assert opening.key == "overview"
        better, worse, unclear = opening.sentence.removesuffix(".").split(". ")
        assert better.startswith("Getting better: ")
        assert "first contact to decision" in better
        assert worse == "Getting worse: the number of all contacts per client won"
        assert unclear.startswith("No evidence of a change: ")
        assert "cost of attracting one client" in unclear

    def test_a_cost_from_one_client_is_no_figure_to_compare(self, result):
        tile = {tile.key: tile for tile in result.tiles}["acquisition_cost"]
        assert of(result.kpis, "acquisition_cost")["n"] == 1
        assert tile.note == "1 new client: too few to judge"
        assert (tile.change, tile.low, tile.high, tile.series, tile.verdict) == (None, None, None, (), "note")

    def test_few_deals_of_a_class_are_counted(self, result):
        said = {f.key: f.sentence for f in result.findings}["deal_amount_B"]
        assert said.endswith("from 2 deals only: too few to say much.")

    def test_figures_that_could_be_taken_for_each_other_say_what_they_are(self, result):
        said = {f.key: f.sentence for f in result.findings}
        days = result.kpis.query("kpi == 'decision_days'")
        assert set(days["group"]) == {"all", "all to date", "median to date"}
        assert (
            "mean over the deals open at that time, each counted for 75 days at most" in said["decision_days"]
        )
        assert "within 36 days (the median)" in said["decision_days"]
        own = of(result.kpis, "contacts_per_customer", "on won deals")
        assert (
            f"{own['value']:.1f} contacts a deal, after {own['previous']:.1f} contacts"
            in (said["contacts_per_customer"])
        )

    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_each_kpi_has_a_whole_card(self, demo, language):
        cards = analyze(demo.view("2026-10", language=language)).definitions
        assert cards["kpi"].nunique() == 5
        items = ["formula", "counts", "excluded", "interval", "better", "department"]
        assert cards.groupby("kpi", sort=False)["item"].agg(list).tolist() == [items] * 5
        assert cards["text"].str.len().min() > 3
        letters = "[А-я]{3}" if language == "ru" else "[A-z]{3}"
        assert cards["text"].str.contains(letters).all()
        assert not cards["text"].str.contains(r"[{}]|  ").any()
        owners = cards[cards["item"] == "department"].set_index("kpi")["text"]
        expected = {"en": ("Sales", "Marketing"), "ru": ("Продажи", "Маркетинг")}[language]
        assert (owners["deal_amount"], owners["acquisition_cost"]) == expected

    def test_a_year_and_a_quarter(self, demo):
        for period in ("2025", "2026-Q3"):
            found = of(analyze(demo.view(period)).kpis, "decision_days")
            assert found["low"] < found["value"] < found["high"]
            assert not np.isnan(found["difference"])


def test_a_company_without_effects_is_not_called_better_or_worse(null_company):
    assert not set(null_company.trends["verdict"]) & FOUND
    assert not set(null_company.event["verdict"]) & FOUND
    assert (null_company.trends["n_points"] >= 33).all()


def test_planted_decline_of_the_mean_deal_is_found(root):
    tables = {name: pd.read_csv(root / f"data/demo/{name}.csv") for name in ("deals", "sales")}
    made = tables["deals"]
    months = (pd.to_datetime(made["closed_at"]) - pd.Timestamp("2022-11-01")).dt.days / 30.4
    # the growth of 12 % a year and the spread between clients taken out, a fall of 30 % a year put in
    generator = np.random.Generator(np.random.PCG64(5))
    made["amount"] = (3000 * 0.7 ** (months.fillna(0) / 12) * generator.lognormal(0, 0.4, len(made))).round(2)
    for name in ("first_contact_at", "created_at", "closed_at"):
        made[name] = pd.to_datetime(made[name])
    tables["sales"]["sold_at"] = pd.to_datetime(tables["sales"]["sold_at"])
    found = analyze(crm.load(tables).view("2026-10"))
    row = of(found.trends, "deal_amount")
    assert (row["verdict"], row["strength"]) == ("worsened", "strong")
    assert row["growth_low"] < -0.30 < row["growth_high"]
    finding = next(f for f in found.findings if f.key == "deal_amount")
    assert finding.sentence.startswith("Very likely worse: the average deal won falls by €")
    assert finding.money > 0


def test_too_short_a_history_has_levels_and_no_verdict(demo):
    short = analyze(demo.view("2023-06"))
    assert set(short.trends["verdict"]) == {"not_enough_data"}
    found = of(short.kpis, "decision_days")
    assert found["low"] < found["value"] < found["high"]
    assert any("months before each month" in text for text in short.left_out)


def test_a_year_of_process_is_preliminary_and_money_waits_for_its_season(demo):
    trends = analyze(demo.view("2024-04")).trends
    assert of(trends, "decision_days")["status"] == "preliminary"
    assert of(trends, "deal_amount")["status"] == "season_unclear"


def example(root: Path, shared_data: Path, name: str, tmp_path: Path):
    """Open an example beside its files, as its README says."""
    config = root / "examples" / name / "crm.toml"
    if not config.exists():
        pytest.skip(f"examples/{name}/crm.toml is not there")
    for file in (shared_data / name).iterdir():
        shutil.copy(file, tmp_path)
    return crm.load(shutil.copy(config, tmp_path))


def test_maven_has_too_few_months(root, shared_data, tmp_path):
    result = analyze(example(root, shared_data, "maven-crm", tmp_path).view("2017"))
    assert set(result.trends["verdict"]) == {"not_enough_data"}
    # 10,005,534 won in 4,238 deals
    assert of(result.kpis, "deal_amount")["value"] == pytest.approx(10005534 / 4238)
    assert of(result.kpis, "decision_days", "all to date")["n"] == 8300
    last = result.outcomes.iloc[-1]
    assert last["won"] + last["lost"] < 1
    assert any("500 deals cannot be followed" in text for text in result.left_out)
    assert any("hold no marketing costs" in text for text in result.left_out)


def test_uci_tells_purchases_and_orders_by_class(root, shared_data, tmp_path):
    result = analyze(example(root, shared_data, "uci-online-retail", tmp_path).view("2011-11"))
    intervals = [of(result.kpis, "purchase_interval_days", group)["value"] for group in "ABC"]
    orders = [of(result.kpis, "order_amount", group)["value"] for group in "ABC"]
    # counted with pandas over the lines: classes of the six months before, days at risk over days bought on
    assert intervals == pytest.approx([1006 * 30 / 1075, 1105 * 30 / 509, 1082 * 30 / 305])
    assert of(result.kpis, "purchase_interval_days")["value"] == pytest.approx(3193 * 30 / 1889)
    assert orders == pytest.approx([590.192993, 304.686691, 229.764709], abs=1e-5)
    counts = [of(result.kpis, "order_amount", group)["n"] for group in ("A", "B", "C", "new", "all")]
    assert counts == [1253, 541, 327, 536, 2769]
    assert of(result.trends, "order_amount")["status"] == "season_unclear"
    assert set(result.kpis["kpi"]) == {"purchase_interval_days", "order_amount"}
    lacking = [text for text in result.left_out if "hold no" in text]
    tables = ["marketing_costs", "deals", "activities"]
    assert [text.rpartition("(table ")[2] for text in lacking] == [f"{name})." for name in tables]
    # not only in the small print: the findings end with it
    last = result.findings[-1]
    assert (last.key, last.verdict) == ("missing", "not_enough_data")
    assert all(text in last.sentence for text in lacking)


def test_ringostat_tells_days_only(root, shared_data, tmp_path):
    result = analyze(example(root, shared_data, "ringostat-deals", tmp_path).view("2024-03"))
    found = of(result.kpis, "decision_days")
    assert found["low"] < found["value"] < found["high"]
    assert set(result.kpis["kpi"]) == {"decision_days"}
    # Kaplan-Meier and Aalen-Johansen by hand, with pandas: 613 of 857 deals decided by the end of March; the
    # 11 begun before the first decision on record, on 4 January, are at risk from their age then on
    assert of(result.kpis, "decision_days", "median to date")["value"] == 18
    day = result.outcomes.set_index("days").loc[30]
    assert [day["won"], day["lost"]] == pytest.approx([0.2318230, 0.4686133], abs=1e-7)
    lacking = [text.rpartition("(table ")[2] for text in result.left_out if "(table " in text]
    assert lacking == ["marketing_costs).", "activities)."]
