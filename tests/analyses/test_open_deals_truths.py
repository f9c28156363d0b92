"""Open deals against numbers from elsewhere, planted truths, and real sets of data."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_data

import crm_analysis as crm
from crm_analysis.analyses._deals.bridge import bridge_table
from crm_analysis.analyses._deals.funnel import flow, funnel, horizon_days
from crm_analysis.analyses._deals.limits import learn_limits
from crm_analysis.analyses._deals.owners import owner_table
from crm_analysis.analyses._deals.rows import deal_rows
from crm_analysis.analyses._deals.stages import stage_order

if TYPE_CHECKING:
    from crm_analysis.analyses.open_deals import OpenDealsResult

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "open_deals.json").read_text())


def said(result: OpenDealsResult) -> dict[str, Any]:
    return {finding.key: finding for finding in result.findings}


class TestFunnelByHand:
    CASE = REFERENCE["cohort_funnel"]

    def tables(self) -> dict[str, pd.DataFrame]:
        """The deals of the reference, five times each to learn a horizon from; the open ones are young."""
        deals, history = [], []
        for copy in range(5):
            for at, way in enumerate(self.CASE["paths"]):
                young = way["outcome"] == "open"
                created = pd.Timestamp("2025-03-30" if young else "2025-01-06") + pd.Timedelta(hours=copy)
                name = f"D{copy}{at}"
                entered = [created + pd.Timedelta(hours=6 * step) for step in range(len(way["path"]))]
                closed = pd.NaT if young else created + pd.Timedelta(days=2)
                deals.append((name, way["outcome"], created, closed))
                history += [(name, stage, moment) for stage, moment in zip(way["path"], entered, strict=True)]
        return {
            "deals": pd.DataFrame(deals, columns=["deal_id", "status", "created_at", "closed_at"]),
            "stage_history": pd.DataFrame(history, columns=["deal_id", "stage", "entered_at"]),
            "stages": pd.DataFrame({"stage": self.CASE["stages"], "position": [1, 2, 3]}),
        }

    def test_furthest_stage_reached(self) -> None:
        result = crm.open_deals.analyze(crm.load(self.tables()).view("2025-03"))
        table = result.funnel.set_index("stage")
        for stage in self.CASE["stages"]:
            assert table.loc[stage, "entered"] == 5 * self.CASE["resolved_reached"][stage]
            assert table.loc[stage, "conversion"] == pytest.approx(self.CASE["conversion_resolved"][stage])
        assert table["passed"].iloc[-1] == 5 * self.CASE["resolved_reached"]["won"]
        assert table["lost"].tolist() == [5, 5, 5]
        assert table["waiting"].tolist() == [0, 0, 0]
        # new → offer skips a stage; the third deal came back to "new"
        assert table["skipped"].tolist() == [0, 5, 0]
        assert table["returned"].tolist() == [5, 0, 0]

    def test_with_the_open_one_all_reached(self) -> None:
        order = {"new": 1, "qualified": 2, "offer": 3, "won": 4}
        ways = pd.DataFrame(
            {
                "furthest": [
                    4 if way["outcome"] == "won" else max(order[stage] for stage in way["path"])
                    for way in self.CASE["paths"]
                ],
                "outcome": [way["outcome"] for way in self.CASE["paths"]],
                "n": 1,
            }
        )
        table = flow(ways, ("new", "qualified", "offer"))
        assert [*table["entered"], table["passed"].iloc[-1]] == list(self.CASE["reached"].values())
        assert table["waiting"].tolist() == [0, 0, 1]

    def test_what_comes_after_the_horizon_does_not_count(self) -> None:
        tables = self.tables()
        # won after a year: not within the days in which nine of ten decisions come
        late = tables["deals"]["deal_id"] == "D00"
        tables["deals"].loc[late, "created_at"] = pd.Timestamp("2024-10-01")
        early = tables["stage_history"]["deal_id"] == "D00"
        tables["stage_history"].loc[early, "entered_at"] = pd.Timestamp("2024-10-01")
        table = crm.open_deals.analyze(crm.load(tables).view("2025-03")).funnel
        assert table["passed"].iloc[-1] == 4
        assert table["waiting"].sum() == 1


@pytest.fixture(scope="module")
def demo() -> Any:
    return demo_data()


@pytest.fixture(scope="module")
def truth(root: Path) -> dict[str, Any]:
    text = (root / "data" / "demo" / "TRUTH.md").read_text(encoding="utf-8")
    blocks = text.split("```json")[1:]
    measured, numbers = (json.loads(block.split("```")[0]) for block in blocks)
    return measured | numbers


class TestDemo:
    def test_owners_over_all_years(self, demo: Any) -> None:
        view = demo.view("2026-10")
        nobody = pd.DataFrame(
            {"owner": [], "deal_id": [], "amount": [], "stalled": [], "overdue": []}
        ).astype({"owner": "str"})
        table = owner_table(view, nobody, 48).set_index("owner")
        better = ["Jörg Wicker", "Bo Marrow"]
        assert table.loc[better, "compared"].tolist() == ["above the team"] * 2
        # easy clients and no skill: the plain rate is above the team, the adjusted one is not
        easy = table.loc["Dov Ødegrip"]
        assert easy["compared"] == "not told apart"
        assert easy["expected_rate"] == table["expected_rate"].max()
        assert easy["win_rate"] < easy["raw_rate"]
        # hard clients hide skill
        hard = table.loc["Bo Marrow"]
        assert hard["win_rate"] > hard["raw_rate"] + 0.02
        others = table.drop(index=[*better])
        assert (others["compared"] == "above the team").sum() == 0

    def test_funnel_lies_around_the_truth(self, demo: Any, truth: dict[str, Any]) -> None:
        view = demo.view("2026-10")
        course = funnel(view, stage_order(view))
        table = course.table
        rates = truth["open_deals"]["win_rate_of_deals_that_reach_stage"]
        stages = list(rates)
        assert table["stage"].tolist() == stages
        # a stage is passed with the ratio of the win rates from it and from the next
        steps = [rates[a] / rates[b] for a, b in pairwise(stages)]
        # deals that are won take longer than the horizon here and there
        inside = [
            row["low"] - 0.03 <= step <= row["high"] + 0.03
            for row, step in zip(table.to_dict("records"), steps, strict=False)
        ]
        assert np.mean(inside) >= 0.8

    def test_limits_are_those_planted(self, demo: Any, truth: dict[str, Any]) -> None:
        view = demo.view("2026-10")
        table = learn_limits(view, stage_order(view)).table.set_index("stage")
        scale = truth["open_deals"]["stage_days_weibull_scale"]
        for stage, days in scale.items():
            # Weibull of shape 1.2, times 0.7 since the new way of working: what 80 % do not exceed
            planted = 0.7 * days * np.log(5) ** (1 / 1.2)
            assert table.loc[stage, "limit_days"] == pytest.approx(planted, abs=max(2.0, 0.3 * planted)), (
                stage
            )

    def test_no_evidence_where_nothing_was_planted(self, demo: Any) -> None:
        found = 0
        for period in ("2025-10", "2026-04", "2026-10"):
            view = demo.view(period)
            found += (funnel(view, stage_order(view)).table["verdict"].isin(["improved", "worsened"])).sum()
        # 18 steps tested at a false discovery rate of 10 %
        assert found <= 2

    def test_a_planted_bottleneck_is_found(self, demo: Any) -> None:
        """From a year before the end, two of three deals that reach Sample are lost there."""
        tables = {name: table.to_pandas() for name, table in demo.tables.items()}
        deals, history = tables["deals"], tables["stage_history"]
        at = history[history["stage"] == "Sample"].groupby("deal_id")["entered_at"].min()
        chosen = deals["deal_id"].isin(at.index) & (deals["created_at"] >= "2025-08-20")
        chosen &= deals["deal_id"].str[1:].astype(int) % 3 > 0
        chosen &= deals["status"] != "open"
        deals.loc[chosen, "status"] = "lost"
        deals.loc[chosen, "closed_at"] = deals.loc[chosen, "deal_id"].map(at) + pd.Timedelta(days=1)
        closed = history["deal_id"].map(deals.loc[chosen].set_index("deal_id")["closed_at"])
        tables["stage_history"] = history[~(history["entered_at"] > closed)]
        view = crm.load(tables).view("2026-10")
        table = funnel(view, stage_order(view)).table.set_index("stage")
        assert table.loc["Sample", "verdict"] == "worsened"
        assert table.loc["Sample", "strength"] == "strong"
        assert table["conversion"].idxmin() == "Sample"
        assert set(table.drop("Sample")["verdict"]) == {"no_evidence"}


def real(shared_data: Path, root: Path, tmp_path: Path, name: str) -> Any:
    folder = tmp_path / name
    folder.mkdir()
    for file in (shared_data / name).iterdir():
        shutil.copy(file, folder)
    shutil.copy(root / "examples" / name / "crm.toml", folder / "crm.toml")
    return crm.load(folder)


def in_work(view: Any) -> tuple[pd.DataFrame, pd.Series]:
    """Return the open deals and the limit by age, without the forecast, which takes long."""
    order = stage_order(view)
    limits = learn_limits(view, order)
    none = pd.DataFrame({"deal_id": [], "win_probability": []})
    return deal_rows(view, order, limits, none), limits.table.iloc[0]


class TestRealSets:
    def test_maven(self, shared_data: Path, root: Path, tmp_path: Path) -> None:
        case = REFERENCE["maven"]
        data = real(shared_data, root, tmp_path, "maven-crm")
        result = crm.open_deals.analyze(data.view("2017-12"))
        deals, limits = result.deals, result.stall_limits.iloc[0]
        assert len(deals) == case["open_2017_12"]
        assert deals["stage"].value_counts().to_dict() == {
            "Engaging": case["engaging"], "Prospecting": case["prospecting"]
        }  # fmt: skip
        assert limits[["n", "slowest_days"]].tolist() == [case["decided"], case["slowest_decision_days"]]
        # dates without a time: one more day is over at the end of the last
        assert (deals["age_days"] - 1 > case["slowest_decision_days"]).sum() == case[
            "engaging_older_than_slowest"
        ]
        # dateless deals: known, of unknown age, judged by nobody
        assert deals.loc[deals["stage"] == "Prospecting", "state"].eq("unknown").all()
        stalled = said(result)["stalled"].sentence
        assert stalled.startswith("1,291 of 1,589 open deals ($")
        assert "older than any of 6,711 decided deals was at its decision (138 days)" in stalled
        assert "500 open deals cannot be judged" in stalled
        assert f"(${case['worth_older_than_slowest'] / 1e6:.1f}M)" in stalled
        # before the first picture, beside what is in work
        assert [finding.key for finding in result.findings[:2]] == ["pipeline", "stalled"]
        trust = said(result)["forecast_trust"].sentence
        assert trust.startswith("With 10 months of deals won to learn from, only ")
        assert said(result)["owners"].sentence.startswith("No ranking of the 30 owners")
        assert (result.bridge["deals"].iloc[:-1].sum()) == result.bridge["deals"].iloc[-1]

    @pytest.mark.parametrize("period", ["2017-09", "2017-12"])
    def test_maven_by_hand(self, shared_data: Path, root: Path, tmp_path: Path, period: str) -> None:
        case = REFERENCE["maven"]["at"][period]
        view = real(shared_data, root, tmp_path, "maven-crm").view(period)
        deals, limit = in_work(view)
        assert [len(deals), int(deals["created_at"].isna().sum())] == [case["open"], case["undated"]]
        assert [limit["n"], limit["limit_days"]] == [case["decided"], case["limit_days"]]
        assert deals["stalled"].sum() == case["beyond"]
        assert (deals["age_days"] - 1 > limit["slowest_days"]).sum() == case["older_than_slowest"]
        parts = bridge_table(view).set_index("part")
        moved = parts.loc[["created", "won", "lost"], "deals"].abs().tolist()
        assert moved == [case["created"], case["won"], case["lost"]]
        assert parts.loc["won", "amount"] == -case["won_amount"]
        assert parts.loc["closing", "deals"] == case["open"]

    def test_ringostat_in_march(self, shared_data: Path, root: Path, tmp_path: Path) -> None:
        case = REFERENCE["ringostat"]["in_march"]
        view = real(shared_data, root, tmp_path, "ringostat-deals").view("2024-03")
        deals, limit = in_work(view)
        assert len(deals) == case["open"]
        assert [limit["n"], limit["limit_days"], limit["slowest_days"]] == [
            case["decided"], case["limit_days"], case["slowest_days"]
        ]  # fmt: skip
        assert deals["stalled"].sum() == case["beyond"]
        step = funnel(view, stage_order(view)).table.iloc[0]
        assert step[list(case["funnel"])].to_dict() == case["funnel"]
        parts = bridge_table(view).set_index("part")
        assert parts.loc[["created", "won", "lost"], "deals"].abs().tolist() == [
            case["created"], case["won"], case["lost"]
        ]  # fmt: skip
        # without amounts there is no money, neither now nor before
        assert parts[["amount", "previous", "difference"]].isna().all(axis=None)

    def test_ringostat(self, shared_data: Path, root: Path, tmp_path: Path) -> None:
        case = REFERENCE["ringostat"]
        result = crm.open_deals.analyze(real(shared_data, root, tmp_path, "ringostat-deals").view("2024-04"))
        assert result.deals["stage"].value_counts().to_dict() == case["stages"]
        assert len(result.deals) == case["open"]
        assert result.bridge["amount"].isna().all()
        assert result.owners.empty
        assert "left_out" not in " ".join(result.left_out)
        assert any("Owners" in text for text in result.left_out)
        assert "money" not in said(result)["pipeline"].sentence
        # the data end on 3 April: the youngest deals are not taken for a month old
        assert result.deals["age_days"].min() <= 3

    def test_online_retail_has_no_deals(self, shared_data: Path, root: Path, tmp_path: Path) -> None:
        data = real(shared_data, root, tmp_path, "uci-online-retail")
        with pytest.raises(crm.CrmAnalysisError, match="deals"):
            crm.open_deals.analyze(data.view("2011-11"))


def test_horizon_needs_decisions() -> None:
    deals = pd.DataFrame(
        {
            "deal_id": [f"D{at}" for at in range(30)],
            "status": "won",
            "created_at": pd.Timestamp("2025-01-06"),
            "closed_at": [pd.Timestamp("2025-01-06") + pd.Timedelta(days=at) for at in range(30)],
        }
    )
    # 27 of 30 deals are decided on the day 26 after their creation or before
    assert horizon_days(crm.load({"deals": deals}).view("2025-02")) == 27.0
    assert np.isnan(horizon_days(crm.load({"deals": deals.head(10)}).view("2025-01")))
