"""Sales dynamics against companies whose truth is known, and against real sets of data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_data

import crm_analysis as crm
from crm_analysis.analyses.sales_dynamics import analyze

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "sales_dynamics.json").read_text())
FOUND = {"improved", "worsened", "changed"}


def company(months=36, *, seed=0, growth=0.0, quarter_end=0.0, december=0.0, lines=60):
    """Make whole months of lognormal orders of 40 clients, with the effects planted in their amounts."""
    generator = np.random.default_rng(seed)
    starts = pd.date_range("2023-01-01", periods=months, freq="MS")
    parts = []
    for i, start in enumerate(starts):
        level = (1 + growth) ** (i / 12)
        level *= 1 + quarter_end * (start.month % 3 == 0) + december * (start.month == 12)
        count = generator.poisson(lines)
        days = np.r_[0, start.days_in_month - 1, generator.integers(0, start.days_in_month, count - 2)]
        parts.append(
            pd.DataFrame(
                {
                    "sold_at": start + pd.to_timedelta(days, unit="D"),
                    "customer_id": [f"c{k}" for k in generator.integers(0, 40, count)],
                    "amount": (100 * level * generator.lognormal(0, 0.4, count)).round(2),
                    "product": generator.choice(["x", "y", "z"], count),
                }
            )
        )
    sales = pd.concat(parts, ignore_index=True)
    return {"sales": sales.assign(sale_id=[str(i) for i in range(len(sales))])}


def findings(tables, period="2025-12", compare_to="previous"):
    result = analyze(crm.load(tables).view(period, compare_to))
    return {finding.key: finding for finding in result.findings}, result


def test_planted_growth_season_and_quarter_are_told_apart():
    found, result = findings(company(growth=0.15, quarter_end=0.25, december=0.5))
    assert found["revenue_trend"].verdict == "improved"
    assert found["revenue_trend"].low < 0.15 < found["revenue_trend"].high
    assert found["quarter_end"].verdict == "note"
    assert found["quarter_end"].strength
    # a December peak counts a quarter of its height as quarter end
    assert found["quarter_end"].low < 0.25 + 0.5 / 4 < found["quarter_end"].high + 0.1
    assert found["orders_trend"].verdict == "no_evidence"
    effect = result.calendar.set_index("effect")
    assert effect.loc["growth_per_year", "low"] < 0.15 < effect.loc["growth_per_year", "high"]
    assert "nan" not in " ".join(f.sentence for f in found.values()).lower()


def test_a_falling_company():
    found, _ = findings(company(growth=-0.25))
    assert found["revenue_trend"].verdict == "worsened"
    assert found["revenue_trend"].sentence.startswith("Falling: monthly revenue, −")


def test_a_december_alone_is_no_trend_and_no_special_month():
    found, result = findings(company(december=1.0, seed=3))
    assert found["revenue_trend"].verdict == "no_evidence"
    assert result.monthly["signal"].iloc[-1] == ""
    assert "within normal" in found["revenue"].sentence


def test_too_short_a_history_has_no_verdict():
    found, _ = findings(company(14, growth=0.5), "2024-02")
    assert found["revenue_trend"].verdict == "not_enough_data"
    assert "cannot be told from the season" in found["revenue_trend"].sentence


def test_a_steady_company_has_hardly_a_verdict():
    wrong = 0
    for seed in range(8):
        found, _ = findings(company(seed=100 + seed))
        wrong += any(finding.verdict in FOUND for finding in found.values())
    # two families of tests at a false discovery rate of 10 %
    assert wrong <= 3


def test_a_planted_month_stands_out():
    tables = company(seed=7)
    sales = tables["sales"]
    fallen = sales["sold_at"].between("2025-08-01", "2025-08-31")
    tables["sales"] = sales.assign(amount=sales["amount"].where(~fallen, sales["amount"] * 0.3))
    found, result = findings(tables)
    assert result.monthly.set_index("month").loc["2025-08-01", "signal"] == "below"
    assert "August 2025 (below)" in found["special_months"].sentence


def test_a_planted_shift_of_shares_is_found():
    tables = company(seed=8)
    sales = tables["sales"]
    late = (sales["sold_at"] >= "2025-01-01") & (sales["product"] == "z")
    tables["sales"] = sales.assign(amount=sales["amount"].where(~late, sales["amount"] * 2))
    found, result = findings(tables, "2025")
    assert found["structure"].verdict == "changed"
    row = result.structure.set_index("value").loc["z"]
    assert row["low"] < 0.5 - 1 / 3 < row["high"]


def test_a_shift_too_small_to_act_upon_is_a_note():
    tables = company(seed=1)
    sales = tables["sales"]
    late = sales["sold_at"] >= "2025-01-01"
    # from 2025 on every client buys a little of something new: certain, and tiny
    new = sales[late].assign(product="new", amount=sales.loc[late, "amount"] * 0.005)
    tables["sales"] = pd.concat([sales, new], ignore_index=True)
    found, result = findings(tables, "2025")
    row = result.structure.set_index(["dimension", "value"]).loc[("product", "new")]
    assert row["verdict"] == "changed"
    assert found["structure"].verdict == "note"
    assert "none of them by a whole percentage point" in found["structure"].sentence


@pytest.fixture(scope="module")
def demo():
    return demo_data()


@pytest.fixture(scope="module")
def demo_result(demo):
    return analyze(demo.view("2026-10", "same-last-year"))


def test_demo_growth_lies_in_the_range(demo_result):
    trend = demo_result.trend.set_index("measure")
    # order values grow by 12 % a year, the number of orders does not (data/demo/TRUTH.md)
    assert trend.loc["average_order", "growth_low"] < 0.12 < trend.loc["average_order", "growth_high"]
    assert trend.loc["revenue", "verdict"] in {"improved", "no_evidence"}
    assert trend.loc["revenue", "growth_low"] < 0.12 < trend.loc["revenue", "growth_high"]
    assert trend.loc["win_rate", "verdict"] == "no_evidence"


def test_demo_quarter_end_is_seen(demo_result):
    row = demo_result.calendar.set_index("effect").loc["quarter_end"]
    assert row["value"] > 0
    assert row["p_value"] < 0.05


def test_demo_null_dimensions_are_not_called(demo):
    rates = analyze(demo.view("2026", "previous")).win_rates.drop_duplicates("dimension")
    verdicts = rates.set_index("dimension")["verdict"]
    # product, category and region of the client make no difference to winning; channels do
    assert set(verdicts[["region", "product", "category"]]) == {"no_evidence"}


def test_demo_shift_to_bags_lies_in_the_range(demo):
    year = analyze(demo.view("2025-11-01..2026-10-31"))
    bags = year.structure.set_index(["dimension", "value"]).loc[("category", "Bags")]
    # 21 % before, 28.2 % after; the spread between single clients is wide, so no verdict is asked for
    assert bags["low"] < 0.282 - 0.21 < bags["high"]
    assert bags["difference"] > 0


def test_demo_totals_agree_with_the_file(demo, demo_result, root):
    sales = pd.read_csv(root / "data" / "demo" / "sales.csv", dtype={"sale_id": str, "customer_id": str})
    october = sales[sales["sold_at"].str.startswith("2026-10")]
    figures = demo_result.figures.set_index("measure")["value"]
    assert figures["revenue"] == pytest.approx(october["amount"].sum(), abs=0.005)
    assert figures["orders"] == october.loc[october["amount"] > 0, "sale_id"].nunique()
    assert figures["customers"] == october.loc[october["amount"] > 0, "customer_id"].nunique()
    sums = demo_result.change.groupby("group")["contribution"].sum()
    differences = demo_result.figures.set_index("measure")["difference"]
    assert sums["revenue"] == pytest.approx(differences["revenue"], abs=0.005)
    assert sums["deals"] == pytest.approx(differences["won_amount"], abs=0.005)
    total = demo_result.plan[demo_result.plan["dimension"] == "total"].iloc[0]
    assert total["actual"] == figures["revenue"]
    assert len(demo_result.monthly) == 48


def example(root: Path, shared_data: Path, name: str, tmp_path: Path):
    """Open an example beside its files, as its README says."""
    config = root / "examples" / name / "crm.toml"
    if not config.exists():
        pytest.skip(f"examples/{name}/crm.toml is not there")
    for file in (shared_data / name).iterdir():
        shutil.copy(file, tmp_path)
    return crm.load(shutil.copy(config, tmp_path))


def test_maven_rhythm_and_win_rates(root, shared_data, tmp_path):
    expected = REFERENCE["maven_crm"]
    result = analyze(example(root, shared_data, "maven-crm", tmp_path).view("2017"))
    assert result.monthly["revenue"].sum() == expected["won_value"]
    rhythm = next(f for f in result.findings if f.key == "quarter_end")
    assert (rhythm.verdict, rhythm.strength) == ("note", "preliminary")
    rates = result.win_rates.drop_duplicates("dimension").set_index("dimension")
    assert rates.loc["all deals", ["won", "closed"]].tolist() == [4238, 4238 + 2473]
    for dimension in ("region", "manager", "product"):
        # the reference takes deals for independent, the analysis permutes whole customers
        assert rates.loc[dimension, "p_value"] == pytest.approx(expected[f"p_{dimension}"], abs=0.05)
    groups = next(f for f in result.findings if f.key == "win_rate_groups")
    assert groups.verdict == "no_evidence"


def test_uci_part_month_is_no_fall(root, shared_data, tmp_path):
    expected = REFERENCE["uci_online_retail"]
    data = example(root, shared_data, "uci-online-retail", tmp_path)
    result = analyze(data.view("2010-12-01..2011-12-09"))
    assert result.monthly["revenue"].sum() == pytest.approx(expected["net_revenue"], abs=0.01)
    december = result.monthly.iloc[-1]
    assert december["partial"]
    assert december["signal"] == ""
    assert not {f.verdict for f in result.findings} & {"worsened"}
    assert len(result.structure[result.structure["dimension"] == "region"]) == expected["countries"]


def test_ringostat_counts_without_amounts(root, shared_data, tmp_path):
    result = analyze(example(root, shared_data, "ringostat-deals", tmp_path).view("2024-03"))
    assert result.monthly["revenue"].isna().all()
    assert result.change.empty
    assert result.win_rates["dimension"].iloc[0] == "all deals"
    assert any("no amount" in text for text in result.left_out)
