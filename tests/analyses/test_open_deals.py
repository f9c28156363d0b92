"""Open deals: figures by hand, what must add up, search, and companies at the edge."""

from __future__ import annotations

import inspect
import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result, demo_view
from tests.small_company import frames

import crm_analysis as crm
from crm_analysis.analyses._deals.bridge import bridge_table
from crm_analysis.analyses._deals.funnel import _median, flow
from crm_analysis.analyses._deals.funnel_findings import narrowest
from crm_analysis.analyses._deals.limits import learn_limits
from crm_analysis.errors import MissingTableError, ParameterError

if TYPE_CHECKING:
    from crm_analysis.analyses.open_deals import OpenDealsResult

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "open_deals.json").read_text())
STAGES = ["new", "qualified", "offer"]
#: Open deals: id, owner, stage, and the day it was created and entered that stage.
OPEN = [
    ("long", "Ann", "offer", "2025-03-11"),
    ("edge", "Ann", "offer", "2025-03-27"),
    ("past", "Bob", "offer", "2025-03-26"),
    ("new", "Bob", "new", "2025-03-30"),
]


def company(
    *, stay: int = 5, deals: int = 60, start: str = "2025-01-06", history: bool = True, **columns: Any
) -> dict[str, pd.DataFrame]:
    """Deals a day apart, each ``stay`` days in each of three stages, then won (even ones) or lost."""
    created = pd.date_range(start, periods=deals, freq="D")
    closed = created + pd.Timedelta(days=3 * stay)
    table = pd.DataFrame(
        {
            "deal_id": [f"D{at:03d}" for at in range(deals)],
            "customer_id": [f"C{at % 7}" for at in range(deals)],
            "owner": ["Ann" if at % 3 else "Bob" for at in range(deals)],
            "status": ["lost" if at % 2 else "won" for at in range(deals)],
            "stage": "offer",
            "amount": [100.0 + at for at in range(deals)],
            "created_at": created,
            "closed_at": closed,
        }
    ).assign(**columns)
    entered = pd.concat(
        pd.DataFrame(
            {
                "deal_id": table["deal_id"],
                "stage": stage,
                "entered_at": created + pd.Timedelta(days=at * stay),
            }
        )
        for at, stage in enumerate(STAGES)
    )
    stages = pd.DataFrame({"stage": STAGES, "position": [1, 2, 3]})
    return {"deals": table, **({"stage_history": entered, "stages": stages} if history else {})}


def with_open(
    tables: dict[str, pd.DataFrame], rows: list[tuple[str, str, str, str]]
) -> dict[str, pd.DataFrame]:
    """Add open deals: id, owner, stage, and the day it was created and entered that stage."""
    made = pd.DataFrame(rows, columns=["deal_id", "owner", "stage", "created_at"])
    made["created_at"] = pd.to_datetime(made["created_at"])
    deals = made.assign(customer_id="C1", status="open", amount=1000.0)
    added = {"deals": pd.concat([tables["deals"], deals], ignore_index=True)}
    if "stage_history" in tables:
        entered = made[["deal_id", "stage"]].assign(entered_at=made["created_at"])
        added["stage_history"] = pd.concat([tables["stage_history"], entered], ignore_index=True)
    return tables | added


def analyzed(tables: dict[str, pd.DataFrame], period: str = "2025-03", **options: Any) -> OpenDealsResult:
    return crm.open_deals.analyze(crm.load(tables).view(period, **options))


def said(result: OpenDealsResult) -> dict[str, Any]:
    return {finding.key: finding for finding in result.findings}


@pytest.fixture(scope="module")
def demo() -> Any:
    return demo_view()


@pytest.fixture(scope="module")
def result() -> OpenDealsResult:
    return demo_result("open_deals")


class TestDeals:
    def test_the_limit_is_the_time_won_deals_took(self, full: OpenDealsResult) -> None:
        table = full.stall_limits.set_index("stage")
        assert table.loc["offer", ["basis", "limit_days", "long_days", "slowest_days"]].tolist() == [
            "stage", 5.0, 5.0, 5.0,
        ]  # fmt: skip
        assert table.loc["offer", "n"] == 30  # won deals only

    def test_a_deal_stands_still_a_whole_day_after_the_limit(self, full: OpenDealsResult) -> None:
        deals = full.deals.set_index("deal_id")
        # the period ends with March: 5 days since the 27th are the limit, 6 since the 26th are beyond it
        assert deals.loc[["long", "past", "edge", "new"], "stalled"].tolist() == [True, True, False, False]
        assert deals.loc["edge", "stage_age_days"] == 5.0
        assert deals.loc["long", "why"] == "21 days in offer; most won deals leave it within 5 days"
        assert deals.loc["edge", "why"] == ""

    def test_those_that_stand_still_come_first(self, full: OpenDealsResult) -> None:
        deals = full.deals
        assert deals["stalled"].tolist() == sorted(deals["stalled"], reverse=True)

    def test_deals_open_at_the_end_of_the_period_and_no_others(self) -> None:
        deals = edge_result("small company").deals.set_index("deal_id").sort_index()
        assert deals.index.tolist() == ["D2", "D3", "D4"]
        assert deals.loc["D2", "stage"] == "Offer"  # lost later
        assert deals.loc["D2", "age_days"] == 26.0
        assert np.isnan(deals.loc["D4", "age_days"])
        assert deals["customer"].tolist() == ["Süd", "Ost", ""]
        # the meeting of 25 February was done in March: overdue then; the call of 20 March is still to come
        assert deals["overdue"].tolist() == [1.0, 0.0, 0.0]
        assert deals.loc["D3", "next_activity_at"] == pd.Timestamp("2026-03-20")
        assert deals.loc["D2", "why"] == "1 planned contact overdue"
        assert deals.loc["D4", "why"] == "no next contact planned"

    def test_too_few_won_deals_in_a_stage_borrow_from_all_stages(self) -> None:
        tables = company()
        history = tables["stage_history"]
        late = (history["stage"] == "offer") & (history["deal_id"] > "D010")
        tables["stage_history"] = history[~late]
        table = analyzed(with_open(tables, OPEN)).stall_limits.set_index("stage")
        assert table["basis"].tolist() == ["stage", "stage", "all_stages"]
        assert table.loc["offer", "n"] == 30 + 30 + 6

    def test_too_few_won_deals_at_all_teach_nothing(self) -> None:
        result = analyzed(with_open(company(deals=8), [("long", "Ann", "offer", "2025-01-11")]), "2025-01")
        assert result.stall_limits["basis"].eq("nothing").all()
        assert not result.deals["stalled"].any()
        assert said(result)["stalled"].verdict == "not_enough_data"

    def test_without_a_history_the_age_is_measured(self) -> None:
        result = analyzed(with_open(company(history=False), OPEN))
        assert result.stall_limits[["stage", "basis", "n", "limit_days"]].to_numpy().tolist() == [
            ["(all stages)", "decision", 60, 15.0]
        ]
        deals = result.deals.set_index("deal_id")
        assert deals.index[deals["stalled"]].tolist() == ["long"]
        assert deals.loc["long", "why"] == "21 days old; most deals are decided within 15 days"

    def test_the_limit_is_the_day_by_which_eight_of_ten_were_decided(self) -> None:
        tables = company(deals=100, history=False)
        deals = tables["deals"]
        deals["closed_at"] = deals["created_at"] + pd.to_timedelta(np.arange(1, 101), unit="D")
        row = analyzed(tables, "2025-07").stall_limits.iloc[0]
        assert row[["median_days", "limit_days", "long_days", "slowest_days"]].tolist() == [50, 80, 95, 100]

    def test_deals_of_long_ago_teach_nothing_where_recent_ones_are_enough(self) -> None:
        old = company(stay=20, start="2021-01-04", history=False)["deals"]
        old["deal_id"] = "old " + old["deal_id"]
        tables = {"deals": pd.concat([old, company(history=False)["deals"]], ignore_index=True)}
        row = analyzed(tables).stall_limits.iloc[0]
        assert row[["n", "limit_days"]].tolist() == [60, 15.0]

    def test_a_pause_is_long_where_nineteen_of_twenty_before_a_deal_was_won_were_not(self) -> None:
        tables = company(stay=10, deals=20, history=False, status="won")
        created = tables["deals"]["created_at"]
        after = {"in time": pd.to_timedelta(np.arange(1, 21), unit="D"), "when won": pd.Timedelta(days=60)}
        tables["activities"] = pd.concat(
            tables["deals"][["deal_id"]].assign(
                activity_id=name + tables["deals"]["deal_id"], kind="call", done_at=created + days
            )
            for name, days in after.items()
        )
        assert learn_limits(crm.load(tables).view("2025-03"), ()).idle_days == 19

    def test_a_contact_due_tomorrow_is_not_overdue(self) -> None:
        tables = with_open(company(), OPEN)
        tables["activities"] = pd.DataFrame(
            {
                "activity_id": ["A1", "A2"], "deal_id": ["new", "past"], "kind": "call",
                "due_at": pd.to_datetime(["2025-04-01", "2025-03-31"]), "done_at": pd.NaT,
            }
        )  # fmt: skip
        deals = analyzed(tables).deals.set_index("deal_id")
        assert deals.loc[["new", "past"], "overdue"].tolist() == [0, 1]
        assert deals.loc["new", "next_activity_at"] == pd.Timestamp("2025-04-01")

    def test_expected_amount_is_amount_times_chance(self, result: OpenDealsResult) -> None:
        deals = result.deals
        known = deals["win_probability"].notna() & deals["amount"].notna()
        assert known.sum() > 50
        product = (deals["amount"] * deals["win_probability"])[known]
        pd.testing.assert_series_equal(deals.loc[known, "expected_amount"], product, check_names=False)
        assert deals["win_probability"].dropna().between(0, 1).all()


class TestWhatMustAddUp:
    def test_bridge_balances_to_the_cent(self, result: OpenDealsResult) -> None:
        table = result.bridge.set_index("part")
        for measure in ("deals", "amount"):
            inner = table[measure].drop("closing").sum()
            assert inner == pytest.approx(table.loc["closing", measure], abs=0.005)
        assert table.loc["closing", "deals"] == len(result.deals)
        assert table.loc["closing", "amount"] == pytest.approx(result.deals["amount"].sum(), abs=0.005)

    def test_the_end_of_a_period_is_the_beginning_of_the_next(self, demo: Any) -> None:
        before, after = (bridge_table(demo.dataset.view(period)) for period in ("2026-08", "2026-09"))
        closing, opening = before.iloc[-1], after.iloc[0]
        assert (closing["part"], opening["part"]) == ("closing", "opening")
        assert closing[["deals", "amount", "without_amount"]].tolist() == opening[
            ["deals", "amount", "without_amount"]
        ].tolist()  # fmt: skip
        assert after.iloc[-1]["previous"] == closing["amount"]

    def test_bridge_by_hand(self) -> None:
        table = edge_result("small company").bridge.set_index("part")
        # opening: D1 500, D3 200, D4 100 without a date; created: D2 300, D6 50; won D1; lost D6
        assert table["amount"].to_dict() == {
            "opening": 800.0, "created": 350.0, "reopened": 0.0, "grown": 0.0, "shrunk": 0.0, "won": -500.0,
            "lost": -50.0, "closing": 600.0,
        }  # fmt: skip
        assert table["deals"].tolist() == [3, 2, 0, 0, 0, -1, -1, 3]

    def test_pipeline_limits_and_owners_hold_every_open_deal_once(self, result: OpenDealsResult) -> None:
        for frame in (result.pipeline, result.stall_limits, result.owners):
            assert frame["open_deals"].sum() == len(result.deals)
            assert frame["stalled"].sum() == result.deals["stalled"].sum()
        assert result.pipeline["open_amount"].sum() == pytest.approx(result.deals["amount"].sum())

    def test_cohorts_created_is_won_and_lost_and_open(self, result: OpenDealsResult) -> None:
        table = result.cohorts
        assert (table["created"] == table["won"] + table["lost"] + table["open_deals"]).all()

    def test_a_month_is_ripe_when_its_last_deal_is_older_than_the_horizon(self) -> None:
        # all are decided on the fifteenth day: sixteen days after the last of March are over on 16 April
        tables = company(start="2025-02-20", history=False)
        for period, ripe in (
            ("2025-03-01..2025-04-15", [True, False]),
            ("2025-03-01..2025-04-16", [True, True]),
        ):
            assert analyzed(tables, period).cohorts["ripe"].tolist()[:2] == ripe

    def test_months_end_where_the_bridge_ends(self, result: OpenDealsResult) -> None:
        last, table = result.monthly.iloc[-1], result.bridge.set_index("part")
        assert last["open_deals"] == table.loc["closing", "deals"]
        assert last["open_amount"] == pytest.approx(table.loc["closing", "amount"])
        assert [last["created"], -last["won"], -last["lost"]] == table.loc[
            ["created", "won", "lost"], "deals"
        ].tolist()  # fmt: skip

    def test_contacts_of_owners_are_those_of_the_kinds(self, result: OpenDealsResult) -> None:
        by_owner = result.activities.groupby("owner")["done"].sum()
        owners = result.owners.set_index("owner")["contacts"]
        assert by_owner.to_dict() == owners[owners > 0].to_dict()

    def test_shares(self, result: OpenDealsResult) -> None:
        assert result.owners["share_of_revenue"].sum() == pytest.approx(1.0)
        assert result.intensity["share"].sum() == pytest.approx(1.0)
        assert result.intensity["open_deals"].sum() == len(result.deals)

    def test_revenue_is_that_of_sales_dynamics(self, result: OpenDealsResult) -> None:
        figures = demo_result("sales_dynamics").figures.set_index("measure")
        assert result.owners["revenue"].sum() == pytest.approx(figures.loc["revenue", "value"], abs=0.01)

    def test_doubling_amounts_doubles_money_and_nothing_else(self, full: OpenDealsResult) -> None:
        tables = with_open(company(), OPEN)
        twice = tables | {"deals": tables["deals"].assign(amount=tables["deals"]["amount"] * 2)}
        one, two = full, analyzed(twice)
        assert (two.bridge["amount"] == 2 * one.bridge["amount"]).all()
        assert (two.pipeline["stalled_amount"] == 2 * one.pipeline["stalled_amount"]).all()
        pd.testing.assert_frame_equal(one.funnel, two.funnel)

    def test_order_of_rows_makes_no_difference(self, demo: Any, result: OpenDealsResult) -> None:
        turned = {
            name: table.to_pandas().sample(frac=1, random_state=7)
            for name, table in demo.dataset.tables.items()
        }
        other = crm.open_deals.analyze(crm.load(turned).view("2026-10"))
        for name, table in result.tables().items():
            pd.testing.assert_frame_equal(table, other.tables()[name], obj=name)


def test_deals_still_in_a_stage_are_not_taken_for_gone() -> None:
    # two left on day 5, three are there on day 10: half have not left yet
    stays = pd.DataFrame({"days": [5, 10], "left": [True, False], "n": [2, 3]})
    assert np.isnan(_median(stays))
    assert _median(stays.assign(n=[3, 2])) == 5


#: Columns that readers of the tables rely on.
RELIED_ON = {
    "deals": "deal_id customer owner stage amount age_days stage_age_days expected_close_on last_activity_at "
    "next_activity_at win_probability expected_amount stalled why",
    "activities": "owner contact_kind done planned overdue",
    "owners": "owner open_deals open_amount won won_amount win_rate low high contacts share_of_revenue",
    "intensity": "customer contacts open_amount",
    "funnel": "stage entered passed lost waiting conversion low high median_days",
    "bridge": "part deals amount",
    "forecast": "month source p10 p50 p90 mean",
    "backtest": "as_of month p10 p50 p90 actual covered naive stage_weighted",
    "calibration": "promised kept_share",
    "scores": "method brier",
}


def test_tables_have_the_columns_that_are_relied_on(result: OpenDealsResult) -> None:
    for table, columns in RELIED_ON.items():
        assert set(columns.split()) <= set(getattr(result, table).columns), table
    parts = ["opening", "created", "reopened", "grown", "shrunk", "won", "lost", "closing"]
    assert result.bridge["part"].tolist() == parts
    assert set(result.forecast["source"]) == {"open", "new", "total"}
    assert result.forecast["month"].nunique() == 3
    assert (result.backtest.groupby("horizon")["as_of"].nunique() >= 12).all()


class TestOwners:
    def test_one_of_many_owners_who_differs_by_chance_is_not_told_apart(self) -> None:
        tables = company(deals=1200, start="2022-01-01", history=False)
        generator = np.random.Generator(np.random.PCG64(1))
        tables["deals"] = tables["deals"].assign(
            owner=[f"owner {at % 30}" for at in range(1200)],
            status=np.where(generator.random(1200) < 0.5, "won", "lost"),
            created_at=pd.date_range("2025-01-01", periods=1200, freq="1h"),
            closed_at=pd.date_range("2025-01-02", periods=1200, freq="1h"),
        )
        owners = analyzed(tables, "2025-02").owners
        assert (owners["p_value"] <= 0.1).any()
        assert set(owners["compared"]) == {"not told apart"}


class TestActivities:
    def test_overdue_of_decided_deals_is_not_asked_for(self) -> None:
        tables = with_open(company(), OPEN)
        tables["activities"] = pd.DataFrame(
            [
                ("A1", "long", "call", "2025-03-20", None),  # overdue
                ("A2", "D000", "call", "2025-03-20", None),  # of a deal decided in January
                ("A3", "new", "meeting", "2025-04-02", None),  # to come
                ("A4", "new", "call", None, "2025-03-31"),
            ],
            columns=["activity_id", "deal_id", "kind", "due_at", "done_at"],
        )
        table = analyzed(tables).activities
        assert table[["owner", "contact_kind", "done", "planned", "overdue"]].to_numpy().tolist() == [
            ["Ann", "call", 0, 0, 1], ["Bob", "call", 1, 0, 0], ["Bob", "meeting", 0, 1, 0],
        ]  # fmt: skip
        assert table["oldest_days"].tolist()[0] == 12.0

    def test_the_client_nobody_calls_is_quiet(self) -> None:
        tables = with_open(
            company(), [("called", "Ann", "new", "2025-03-01"), ("not", "Ann", "new", "2025-03-02")]
        )
        tables["deals"].loc[tables["deals"]["deal_id"] == "not", "customer_id"] = "C2"
        won = tables["deals"][tables["deals"]["status"] == "won"]
        days = [won[["deal_id", "created_at"]].assign(after=days) for days in (3, 6, 9, 12)]
        done = pd.concat(days)
        done["done_at"] = done["created_at"] + pd.to_timedelta(done["after"], unit="D")
        late = pd.DataFrame({"deal_id": ["called"], "done_at": pd.to_datetime(["2025-03-29"])})
        done = pd.concat([done[["deal_id", "done_at"]], late])
        tables["activities"] = done.assign(kind="call", activity_id=[f"A{at}" for at in range(len(done))])
        result = analyzed(tables)
        table = result.intensity.set_index("customer_id")
        # pauses on won deals: three days each; C2 bought before, but its last call is from before the period
        assert table.loc["C1", ["idle_days", "quiet"]].tolist() == [3.0, False]
        assert table.loc["C2", "quiet"]
        assert said(result)["quiet"].sentence.startswith("1 of the 2 clients with most money in work")


#: Conditions of a search, and which deals meet them.
CONDITIONS: list[tuple[dict[str, Any], Any]] = [
    ({"owner": "bo marrow"}, lambda d: d["owner"] == "Bo Marrow"),
    ({"owner": ["Bo Marrow", "LIV BURR"]}, lambda d: d["owner"].isin(["Bo Marrow", "Liv Burr"])),
    ({"stage": ["Lead", "quote"]}, lambda d: d["stage"].isin(["Lead", "Quote"])),
    ({"channel": "website"}, lambda d: d["channel"] == "Website"),
    ({"product": "Gift box"}, lambda d: d["product"] == "Gift box"),
    ({"customer": "gmbh"}, lambda d: d["customer"].str.contains("GmbH")),
    ({"text": "GMBH quote"}, lambda d: d["customer"].str.contains("GmbH") & (d["stage"] == "Quote")),
    ({"text": "planned contact overdue"}, lambda d: d["overdue"] > 0),
    ({"amount": (5000, 20000)}, lambda d: (d["amount"] >= 5000) & (d["amount"] <= 20000)),
    ({"amount": (None, 500)}, lambda d: d["amount"] <= 500),
    ({"amount": (20000, None)}, lambda d: d["amount"] >= 20000),
    ({"min_age_days": 30}, lambda d: d["least_age_days"] >= 30),
    ({"max_age_days": 60.0}, lambda d: d["age_days"] <= 60),
    ({"min_stage_days": 20}, lambda d: d["stage_age_days"] >= 20),
    ({"idle_days": 10}, lambda d: d["idle_days"] >= 10),
    ({"stalled": True}, lambda d: d["stalled"]),
    ({"stalled": False}, lambda d: ~d["stalled"]),
    ({"next_activity": True}, lambda d: d["next_activity_at"].notna()),
    ({"next_activity": False}, lambda d: d["next_activity_at"].isna()),
    ({"expected_before": "2026-11-01"}, lambda d: d["expected_close_on"] < "2026-11-01"),
    ({"expected_before": date(2026, 11, 1)}, lambda d: d["expected_close_on"] < "2026-11-01"),
    (
        {"owner": "Bo Marrow", "stalled": True, "amount": (100, None)},
        lambda d: (d["owner"] == "Bo Marrow") & d["stalled"] & (d["amount"] >= 100),
    ),

]  # fmt: skip


class TestSearch:
    @pytest.mark.parametrize(("given", "meets"), CONDITIONS, ids=[str(given) for given, _ in CONDITIONS])
    def test_every_condition(self, result: OpenDealsResult, given: dict, meets: Any) -> None:
        deals = result.deals
        expected = deals[meets(deals)].reset_index(drop=True)
        assert 0 < len(expected) < len(deals)
        pd.testing.assert_frame_equal(crm.open_deals.search(result, **given), expected)

    def test_every_condition_is_tried(self) -> None:
        tried = {name for given, _ in CONDITIONS for name in given}
        parameters = inspect.signature(crm.open_deals.search).parameters
        assert tried == set(parameters) - {"view"}

    def test_a_view_gives_the_same_as_its_result(self, demo: Any, result: OpenDealsResult) -> None:
        given = {"owner": "Liv Burr", "min_age_days": 10}
        one, other = (crm.open_deals.search(where, **given) for where in (demo, result))
        pd.testing.assert_frame_equal(one, other)
        assert len(one) > 0

    def test_no_condition_gives_all(self, result: OpenDealsResult) -> None:
        pd.testing.assert_frame_equal(crm.open_deals.search(result), result.deals)

    def test_a_deal_of_which_a_condition_is_not_known_does_not_meet_it(self, result: OpenDealsResult) -> None:
        unknown = result.deals["age_days"].isna().sum()
        assert unknown > 0
        assert len(crm.open_deals.search(result, max_age_days=1e6)) == len(result.deals) - unknown

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"owner": "Bo Marow"}, 'Did you mean "Bo Marrow"'),
            ({"stage": ["Lead", "Qoute"]}, 'Did you mean "Quote"'),
            ({"min_age_days": -1}, "0 or more"),
            ({"idle_days": "many"}, "0 or more"),
            ({"amount": (5, 1)}, "smaller first"),
            ({"amount": 5}, "smaller first"),
            ({"amount": ("much", None)}, "smaller first"),
            ({"expected_before": "soon"}, "2026-12-31"),
            ({"channel": "Webste"}, 'Did you mean "Website"'),
            ({"product": "Gift bax"}, 'Did you mean "Gift box"'),
            ({"max_age_days": float("nan")}, "0 or more"),
            ({"min_stage_days": True}, "0 or more"),
            ({"stalled": "no"}, "True, False, or None"),
            ({"next_activity": 1}, "True, False, or None"),
        ],
    )
    def test_what_cannot_be_is_refused(self, result: OpenDealsResult, given: dict, message: str) -> None:
        with pytest.raises(ParameterError, match=re.escape(message)):
            crm.open_deals.search(result, **given)

    def test_an_owner_without_open_deals_is_known(self) -> None:
        view = crm.load(with_open(company(), [("x", "Ann", "new", "2025-03-01")])).view("2025-03")
        assert crm.open_deals.search(view, owner="Bob").empty


def _edges() -> dict[str, tuple[dict[str, pd.DataFrame], str]]:
    plain = company(history=False)["deals"]
    never = company(status="open", closed_at=pd.NaT)
    undated = never["deals"].head(5).assign(created_at=[pd.NaT, *pd.date_range("2025-01-06", periods=4)])
    twice = pd.concat([company()["stage_history"]] * 2, ignore_index=True)
    twice["entered_at"] += pd.to_timedelta(twice.index // (len(twice) // 2), unit="D")
    kept = ["deal_id", "status", "created_at", "closed_at"]
    return {
        "one open deal": (with_open({"deals": plain.head(0)}, OPEN[:1]), "2025-03"),
        "one deal won": ({"deals": plain.head(1)}, "2025-01"),
        "all lost": (company(status="lost"), "2025-03"),
        "all won": (company(status="won"), "2025-03"),
        "all open": (never, "2025-03"),
        "no amounts": (company(amount=None), "2025-02"),
        "no owners": ({"deals": plain.drop(columns="owner")}, "2025-02"),
        "bare deals": ({"deals": plain[kept]}, "2025-02"),
        "no date while open": ({"deals": undated}, "2025-01"),
        "small company": (frames(), "2026-02"),
        "small company, March": (frames(), "2026-03"),
        "steps back": (company() | {"stage_history": twice}, "2025-03"),
    }


EDGES = _edges()


@cache
def edge_result(name: str) -> OpenDealsResult:
    return analyzed(*EDGES[name])


@pytest.fixture(scope="module", params=EDGES)
def edge(request: pytest.FixtureRequest) -> OpenDealsResult:
    return edge_result(request.param)


@pytest.fixture(scope="module")
def full() -> OpenDealsResult:
    return analyzed(with_open(company(), OPEN))


class TestEdges:
    def test_no_sentence_tells_a_figure_that_is_not_there(self, edge: OpenDealsResult) -> None:
        result = edge
        sentences = [*(finding.sentence for finding in result.findings), *result.left_out]
        holes = re.compile(r"\b(nan|inf|NaT)\b|\bNone\b(?! of| was| is)|(?<!\d) – |\(–|–%|  |\{|\}")
        assert sentences
        assert not [text for text in sentences if holes.search(text)]
        odd = re.compile(r"\b[Oo]f 0 |\b1 (deals|days|open deals|planned contacts)\b")
        assert not [text for text in sentences if odd.search(text)]

    def test_tables_are_typed_and_can_be_shown_and_saved(
        self, edge: OpenDealsResult, full: OpenDealsResult, tmp_path: Path
    ) -> None:
        result = edge
        for key, table in result.tables().items():
            assert table.dtypes.to_dict() == full.tables()[key].dtypes.to_dict(), key
            assert "<td>nan" not in crm.table(result, key, key)._repr_html_()
        assert result.save(tmp_path).paths
        for tile in result.tiles:
            assert tile.value == tile.value


def test_no_deals_at_all_is_an_error_that_says_so() -> None:
    sales = pd.DataFrame({"sale_id": ["1"], "sold_at": pd.to_datetime(["2025-01-06"]), "amount": [1.0]})
    with pytest.raises(MissingTableError, match="deals"):
        analyzed({"sales": sales}, "2025-01")


def test_months_of_owners_must_be_some(demo: Any) -> None:
    with pytest.raises(ParameterError, match="owner_months"):
        crm.open_deals.analyze(demo, owner_months=0)


def test_later_rows_change_nothing(full: OpenDealsResult) -> None:
    tables, before = with_open(company(), OPEN), full
    later = tables["deals"].copy()
    later.loc[later["deal_id"] == "long", ["status", "closed_at"]] = ["won", pd.Timestamp("2025-04-20")]
    new = with_open(
        {"deals": later, "stage_history": tables["stage_history"]}, [("x", "Cy", "new", "2025-04-05")]
    )
    new["stage_history"] = pd.concat(
        [
            new["stage_history"],
            pd.DataFrame({"deal_id": ["edge"], "stage": ["new"], "entered_at": ["2025-04-02"]}),
        ]
    ).assign(entered_at=lambda t: pd.to_datetime(t["entered_at"]))
    after = analyzed(tables | new)
    assert [f.sentence for f in before.findings] == [f.sentence for f in after.findings]
    for name, table in before.tables().items():
        pd.testing.assert_frame_equal(table, after.tables()[name], obj=name)


class TestWhatIsSaid:
    def test_first_comes_what_is_open_what_stands_still_and_what_is_expected(self, result) -> None:
        lead, words = result.findings[0].sentence, result.context.words
        late = result.deals[result.deals["stalled"]]
        assert f"; {len(late)} of them ({words.money(late['amount'].sum())}) are standing still." in lead
        assert "is expected from deals won by the end of January 2027, in 8 of 10 cases between" in lead

    def test_steps_that_cannot_be_told_apart_are_not_ranked(self, result) -> None:
        said = {finding.key: finding.sentence for finding in result.findings}["funnel"]
        assert "No step is clearly the narrowest" in said
        assert "Quote (74%)" in said
        counts = pd.DataFrame(
            {"furthest": [1, 2, 3, 4], "outcome": ["lost", "lost", "lost", "won"], "n": [50, 400, 50, 300]}
        )
        assert narrowest(flow(counts, ("new", "offer", "contract"))) == ["offer"]

    def test_the_age_of_a_deal_without_a_day_of_creation_is_what_is_known_at_least(self, result) -> None:
        deals = result.deals.set_index("deal_id")
        assert np.isnan(deals.loc["D186", "age_days"])
        assert int(deals.loc["D186", "least_age_days"]) == 1363
        known = deals[deals["age_days"].notna()]
        assert (known["least_age_days"] == known["age_days"]).all()
        shown = crm.table(result, "deals", "Deals", columns=["deal_id", "least_age_days", "age_days"], rows=2)
        page = shown._repr_html_()
        assert '<td class="num">1,363 or more</td>' in page
        assert '<td class="num">753</td>' in page
        assert "Age, days" in page
        oldest = crm.open_deals.search(result, min_age_days=1300)
        assert "D186" in set(oldest["deal_id"])
        assert "D186" not in set(crm.open_deals.search(result, max_age_days=2000)["deal_id"])
        assert "age not known" not in set(result.pipeline["age"])
