"""The plan: which figures apply, what is held against them, and the projection of a running period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.analyses.sales_dynamics import analyze


def sales_to(end: str, *, shape=None) -> pd.DataFrame:
    """Make one sale of 10 a working day by two owners in turn, from 2024 on."""
    days = pd.bdate_range("2024-01-01", end)
    amounts = 10.0 if shape is None else shape(days)
    return pd.DataFrame(
        {
            "sale_id": [str(i) for i in range(len(days))],
            "customer_id": [f"c{i % 5}" for i in range(len(days))],
            "sold_at": days,
            "amount": amounts,
            "owner": np.where(np.arange(len(days)) % 2, "Ann", "Bob"),
        }
    )


def targets(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["period", "amount", "owner"])


def plan_of(targets, period, end="2026-03-31", **options):
    return analyze(crm.load({"sales": sales_to(end, **options), "targets": targets}).view(period))


def test_own_figure_before_the_sum_of_the_parts():
    months = [("2026-01", 100.0, None), ("2026-02", 100.0, None), ("2026-03", 100.0, None)]
    assert plan_of(targets(*months, ("2026-Q1", 500.0, None)), "2026-Q1").plan["target"].tolist() == [500]
    assert plan_of(targets(*months), "2026-Q1").plan["target"].tolist() == [300]


def test_attainment_by_hand():
    rows = targets(
        ("2026-02", 100.0, None), ("2026-02", 50.0, "Ann"), ("2026-02", 0.0, "Bob"), ("2026-02", 9.0, "Cy")
    )
    plan = plan_of(rows, "2026-02").plan.set_index("value")
    # 20 working days of 10
    assert plan.loc["", ["actual", "attainment", "gap"]].tolist() == pytest.approx([200, 2.0, 100])
    assert plan.loc["Ann", "actual"] + plan.loc["Bob", "actual"] == 200
    assert np.isnan(plan.loc["Bob", "attainment"])
    assert plan.loc["Cy", ["actual", "attainment", "gap"]].tolist() == [0, 0, -9]


def test_a_plan_for_part_of_the_period_is_no_plan():
    result = plan_of(targets(("2026-01", 100.0, None), ("2026-03", 100.0, None)), "2026-Q1")
    assert result.plan.empty
    assert any("targets has none for 2026-Q1" in text for text in result.left_out)


def test_a_plan_of_other_months_is_no_plan():
    result = plan_of(targets(("2025-01", 100.0, None)), "2026-02")
    assert result.plan.empty
    assert not any(finding.key == "plan" for finding in result.findings)


def test_no_total_is_said():
    result = plan_of(targets(("2026-02", 100.0, "Ann")), "2026-02")
    assert result.plan["dimension"].tolist() == ["owner"]
    assert any("no total" in text for text in result.left_out)
    assert "plan_attainment" not in [tile.key for tile in result.tiles]


def test_a_steady_seller_is_projected_to_the_full_month():
    result = plan_of(targets(("2026-03", 200.0, None)), "2026-03", end="2026-03-13")
    row = result.plan.iloc[0]
    # 10 of 22 working days
    assert row["actual"] == 100
    assert row["projected"] == pytest.approx(220, rel=0.03)
    assert row["projected_low"] <= row["projected"] <= row["projected_high"]
    sentence = next(f.sentence for f in result.findings if f.key == "plan")
    assert "so far" in sentence
    assert "in 8 of 10 past periods" in sentence


def test_a_late_seller_is_not_called_short():
    # everything but a little comes in the last five days of the month
    late = lambda days: np.where(days.day > 25, 100.0, 10.0)  # noqa: E731
    row = plan_of(targets(("2026-03", 500.0, None)), "2026-03", end="2026-03-13", shape=late).plan.iloc[0]
    truth = late(pd.bdate_range("2026-03-01", "2026-03-31")).sum()
    assert row["actual"] == 100
    assert row["projected_low"] <= truth <= row["projected_high"]
    assert row["projected"] > 2.5 * 220


def test_a_whole_period_has_no_projection():
    row = plan_of(targets(("2026-02", 200.0, None)), "2026-02").plan.iloc[0]
    assert row[["projected", "projected_low", "projected_attainment"]].isna().all()


def test_hardly_begun_is_too_early():
    result = plan_of(targets(("2026", 5000.0, None)), "2026", end="2026-01-05")
    assert np.isnan(result.plan["projected"].iloc[0])
    assert "too early to project" in next(f.sentence for f in result.findings if f.key == "plan")
