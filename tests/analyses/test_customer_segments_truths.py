"""Segments against a company whose truth is known, and against real sets of data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.demo_company import demo_result

import crm_analysis as crm
from crm_analysis.analyses.customer_segments import analyze
from crm_analysis.demo import write_demo
from crm_analysis.demo.company import Company

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "customer_segments.json").read_text(encoding="utf-8")
)


def found(result: Any, **keys: str) -> set[tuple[str, str, str]]:
    tests = result.tests[result.tests["strength"] != ""]
    for name, value in keys.items():
        tests = tests[tests[name] == value]
    return set(zip(tests["dimension"], tests["segment"], tests["verdict"], strict=True))


@pytest.mark.parametrize("period", ["2026", "2026-10"])
def test_the_made_up_company(period: str) -> None:
    result = demo_result("customer_segments", period)
    money, margin = found(result, measure="revenue_per_customer"), found(result, measure="margin_rate")
    assert ("industry", "Cosmetics", "higher") in money
    assert {("size", "large", "higher"), ("size", "small", "lower")} <= money
    assert ("industry", "Wine", "higher") in margin
    tests = result.tests.set_index(["measure", "segment"])
    wine, cosmetics = tests.loc[("margin_rate", "Wine")], tests.loc[("revenue_per_customer", "Cosmetics")]
    assert wine["points_low"] < 0.10 < wine["points_high"] + 0.005
    assert cosmetics["low"] < 1.0 < cosmetics["high"]
    assert not {name for name, *_ in found(result)} & {"region", "account_type"}
    still = next(f for f in result.findings if f.key == "nothing_differs")
    assert "region or account type matter" in still.sentence


def test_a_company_in_which_nothing_differs(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=3, company=Company().without_effects())
    assert found(analyze(crm.load(tmp_path).view("2026-10"))) == set()


def example(root: Path, shared_data: Path, name: str, tmp_path: Path) -> Any:
    config = root / "examples" / name / "crm.toml"
    for file in (shared_data / name).iterdir():
        shutil.copy(file, tmp_path)
    return crm.load(shutil.copy(config, tmp_path))


def test_maven_differs_by_size_of_the_account_and_by_nothing_else(
    root: Path, shared_data: Path, tmp_path: Path
) -> None:
    expected = REFERENCE["maven_crm"]
    result = analyze(example(root, shared_data, "maven-crm", tmp_path).view("2017"))
    sums = result.segments.groupby("dimension")[["revenue", "customers", "deals_closed", "deals_won"]].sum()
    assert (sums["revenue"] == expected["won_value"]).all()
    assert (sums["deals_won"] == expected["won"]).all()
    assert (sums["deals_closed"] == expected["closed"]).all()
    assert (sums["customers"] == expected["accounts"]).all()
    assert found(result, measure="win_rate") == set()
    rates = next(f for f in result.findings if f.key == "win_rate")
    known = result.tests[(result.tests["measure"] == "win_rate") & result.tests["p_value"].notna()]
    assert (rates.verdict, rates.n) == ("no_evidence", len(known))
    assert known["dimension"].nunique() >= 6
    still = next(f for f in result.findings if f.key == "nothing_differs")
    assert still.verdict == "no_evidence"
    assert "industry, region, country or year established" in still.sentence
    assert {name for name, *_ in found(result)} == {"size", "employees", "revenue"}
    large_accounts_buy_more(result, tmp_path)


def large_accounts_buy_more(result: Any, folder: Path) -> None:
    """Count by hand, from the files alone: accounts of 5,000 and more employees buy half as much again."""
    accounts, deals = (pd.read_csv(folder / name) for name in ("accounts.csv", "sales_pipeline.csv"))
    won = deals[deals["deal_stage"] == "Won"].groupby("account")["close_value"].sum()
    bought = accounts["account"].map(won)
    large = accounts["employees"] >= 5000
    assert (int(large.sum()), bought[large].sum()) == (27, 4_205_222)
    assert bought[large].mean() / bought[~large].mean() == pytest.approx(1.557, abs=0.001)
    row = result.segments.set_index("segment").loc["5,000 and more"]
    assert (row["customers"], row["revenue"]) == (27, 4_205_222)
    assert row["revenue_per_customer_raw"] == pytest.approx(bought[large].mean())
    # the typical one against the typical other: median of all ratios, and the plain rank test
    ratio = np.median(np.divide.outer(bought[large].to_numpy(), bought[~large].to_numpy()))
    chance = stats.mannwhitneyu(bought[large], bought[~large]).pvalue
    assert (ratio, chance) == (pytest.approx(1.536, abs=0.001), pytest.approx(6.9e-8, rel=0.01))
    told = result.tests.set_index(["measure", "segment"]).loc[("revenue_per_customer", "5,000 and more")]
    assert (told["verdict"], told["strength"]) == ("higher", "strong")
    # what other traits explain is taken out before, so the page tells a little less than the plain ratio
    assert told["low"] < ratio - 1 < told["high"]
    assert told["difference"] == pytest.approx(ratio - 1, abs=0.1)
    assert 1e-9 < told["p_value"] < 1e-5


def test_uci_countries(root: Path, shared_data: Path, tmp_path: Path) -> None:
    expected = REFERENCE["uci_online_retail"]
    view = example(root, shared_data, "uci-online-retail", tmp_path).view("2010-12-01..2011-12-09")
    result = analyze(view)
    countries = result.segments.set_index("segment")
    assert countries["period_revenue"].sum() == pytest.approx(expected["net_revenue"], abs=0.01)
    assert result.segments["dimension"].unique().tolist() == ["region"]
    assert countries["customers"].sum() == expected["customers"]
    # all but the countries of lines without a customer, or never a customer's first
    assert expected["countries"] - 3 <= len(countries.drop("(no customer)")) <= expected["countries"]
    assert countries["revenue_share"].idxmax() == "United Kingdom"
    assert countries.loc["United Kingdom", "customer_share"] > 0.88
    assert np.isnan(countries["win_rate"]).all()
    assert ("region", "United Kingdom", "lower") in found(result)


def test_ringostat_names_no_customer(root: Path, shared_data: Path, tmp_path: Path) -> None:
    result = analyze(example(root, shared_data, "ringostat-deals", tmp_path).view("2024-03"))
    assert [f.key for f in result.findings] == ["no_customers"]
    assert result.left_out == ("Everything about segments: no order line with an amount names a customer.",)
