"""Process KPIs by hand: each KPI from a few rows, its groups, what is missing, and the edges."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.analyses._kpi.course import Course
from crm_analysis.analyses._kpi.sources import within
from crm_analysis.analyses._kpi.tests import _step_figures, trends_table
from crm_analysis.analyses.process_kpis import analyze
from crm_analysis.columns import is_declared
from crm_analysis.errors import ParameterError

pytestmark = pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")
CASES = json.loads((Path(__file__).parents[1] / "reference" / "process_kpis.json").read_text())["cases"]
KPIS = {
    "purchase_interval_days", "deal_amount", "acquisition_cost", "decision_days", "contacts_per_customer"
}  # fmt: skip


def case(name):
    return next(one for one in CASES if one["id"].startswith(name))


def sales(rows):
    """Make order lines from client, day, amount."""
    frame = pd.DataFrame(rows, columns=["customer_id", "sold_at", "amount"])
    return frame.assign(
        sale_id=[f"S{i}" for i in range(len(frame))], sold_at=pd.to_datetime(frame["sold_at"])
    )


def deals(rows):
    """Make deals from client, creation, closing, status, amount."""
    frame = pd.DataFrame(rows, columns=["customer_id", "created_at", "closed_at", "status", "amount"])
    dates = {name: pd.to_datetime(frame[name]) for name in ("created_at", "closed_at")}
    return frame.assign(deal_id=[f"D{i}" for i in range(len(frame))], **dates)


def steady(months=30, decisions=20, seed=0):
    """Make a company whose deals, sales, contacts and costs go on evenly for whole months."""
    generator = np.random.Generator(np.random.PCG64(seed))
    start = pd.Timestamp("2024-01-01")
    end = start + pd.DateOffset(months=months)
    count = decisions * months
    begun = start + pd.to_timedelta(np.sort(generator.uniform(0, (end - start).days, count)), unit="D")
    closed = begun + pd.to_timedelta(generator.lognormal(np.log(20), 0.6, count), unit="D")
    # the records reach to the last day
    closed = pd.Series(closed).where(closed < end, pd.NaT)
    closed.iloc[0] = begun[0] + pd.Timedelta(days=12)
    status = np.where(closed.isna(), "open", np.where(generator.random(count) < 0.4, "won", "lost"))
    made = pd.DataFrame(
        {
            "deal_id": [f"D{i}" for i in range(count)],
            "customer_id": [f"C{i % 90}" for i in range(count)],
            "status": status,
            "amount": generator.lognormal(7, 0.5, count).round(2),
            "first_contact_at": begun,
            "created_at": begun + pd.Timedelta(days=1),
            "closed_at": closed + pd.Timedelta(days=1),
        }
    )
    made.loc[made["closed_at"] >= end, ["status", "closed_at"]] = ["open", pd.NaT]
    bought = start + pd.to_timedelta(np.sort(generator.uniform(0, (end - start).days, 40 * months)), unit="D")
    return {
        "deals": made,
        "sales": pd.DataFrame(
            {
                "sale_id": [f"S{i}" for i in range(len(bought))],
                # two new clients a month
                "customer_id": [
                    f"C{i // 20 + k}" for i, k in enumerate(generator.integers(0, 120, len(bought)))
                ],
                "sold_at": bought,
                "amount": generator.lognormal(5, 0.8, len(bought)).round(2),
            }
        ),
        "activities": pd.DataFrame(
            {
                "activity_id": [f"A{i}" for i in range(3 * count)],
                "deal_id": np.repeat(made["deal_id"].to_numpy(), 3),
                "kind": np.tile(["call", "meeting", "task"], count),
                "done_at": np.repeat(made["created_at"].to_numpy(), 3),
            }
        ),
        "marketing_costs": pd.DataFrame(
            {
                "spent_on": pd.date_range(start, end, freq="7D", inclusive="left"),
                "channel": "Website",
                "amount": 500.0,
            }
        ),
    }


def result_of(tables, period, **options):
    return analyze(crm.load(tables).view(period), **options)


def level(result, kpi, group="all"):
    rows = result.kpis[(result.kpis["kpi"] == kpi) & (result.kpis["group"] == group)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture(scope="module")
def company():
    return result_of(steady(), "2026-06", event_on="2025-03-10")


@cache
def in_march():
    """Return the result of the same company three months earlier, without an event."""
    return result_of(steady(), "2026-03")


class TestDecisionDays:
    def test_equals_the_period_curve_of_r(self):
        reference = case("B04")
        day = pd.Timestamp("2026-01-01")
        begun = [day + pd.Timedelta(days=d) for d in reference["inputs"]["created"]]
        ended = [pd.NaT if d is None else day + pd.Timedelta(days=d) for d in reference["inputs"]["closed"]]
        states = ["open" if end is pd.NaT else "lost" for end in ended]
        rows = [(None, a, b, s, None) for a, b, s in zip(begun, ended, states, strict=True)]
        # days 30 to 59: what was decided on day 60 or later is open then
        result = result_of({"deals": deals(rows)}, "2026-01-31..2026-03-01")
        found = level(result, "decision_days")
        tau = int(result.definitions.set_index("item").loc["formula", "text"].split("within ")[1].split()[0])
        ages, survival = reference["expected"]["event_ages"], [1.0, *reference["expected"]["S"]]
        knots = [0, *(age for age in ages if age < tau), tau]
        area = sum(survival[i] * (b - a) for i, (a, b) in enumerate(pairwise(knots)))
        assert tau == 45
        assert found["value"] == pytest.approx(area)
        assert found["n"] == len(ages)

    def test_all_deals_to_date(self):
        day = pd.Timestamp("2026-01-01")
        rows = [("a", day, day + pd.Timedelta(days=d), "won", 1.0) for d in (4, 8, 12, 16)]
        result = result_of({"deals": deals(rows)}, "2026-01")
        assert level(result, "decision_days", "median to date")["value"] == 8
        assert level(result, "decision_days", "all to date")["value"] == 10

    def test_from_first_contact_where_it_is_known(self):
        rows = deals([("a", "2026-01-05", "2026-01-25", "lost", 1.0)] * 3).assign(
            first_contact_at=pd.Timestamp("2026-01-01")
        )
        result = result_of({"deals": rows}, "2026-01")
        assert level(result, "decision_days", "median to date")["value"] == 24
        assert "first contact" in result.definitions.set_index("item").loc["formula", "text"]

    def test_open_deals_are_not_lost(self):
        day = pd.Timestamp("2026-01-01")
        rows = [("a", day, day + pd.Timedelta(days=d), "won", 1.0) for d in (4, 8)]
        rows += [("a", day, None, "open", 1.0)] * 2
        table = result_of({"deals": deals(rows)}, "2026-01").outcomes
        assert table[["won", "lost", "open"]].iloc[-1].tolist() == [0.5, 0.0, 0.5]

    def test_won_lost_and_open_are_the_whole(self, company):
        table = company.outcomes
        np.testing.assert_allclose(table[["won", "lost", "open"]].sum(axis=1), 1)
        assert (table[["won", "lost"]].diff().dropna() >= 0).all().all()
        assert (table["won_low"].dropna() <= table.loc[table["won_low"].notna(), "won"]).all()

    def test_few_decisions_are_followed_by_quarters(self):
        result = result_of(steady(decisions=5), "2026-06")
        months = result.series.loc[result.series["kpi"] == "decision_days", "month"]
        assert set(months.dt.month) <= {1, 4, 7, 10}
        assert any("by quarters" in text for text in result.left_out)


class TestDealAmount:
    ROWS = (
        *[("big", f"2025-{m:02d}-03", f"2025-{m:02d}-10", "won", 900.0) for m in range(1, 13)],
        *[("small", f"2025-{m:02d}-03", f"2025-{m:02d}-10", "won", 40.0) for m in (5, 9)],
        ("big", "2026-01-03", "2026-01-10", "won", 30.0),
        ("small", "2026-01-03", "2026-01-10", "won", 5000.0),
        ("fresh", "2026-01-03", "2026-01-12", "won", 70.0),
        ("big", "2026-01-03", "2026-01-20", "lost", 1e6),
        ("big", "2026-01-03", None, "open", 1e6),
    )

    def test_classes_come_from_the_months_before(self):
        result = result_of({"deals": deals(self.ROWS)}, "2026-01")
        # in January alone small would be A and big C
        assert level(result, "deal_amount", "A")["value"] == 30
        assert level(result, "deal_amount", "C")["value"] == 5000
        assert level(result, "deal_amount", "new")["value"] == 70
        assert level(result, "deal_amount")["value"] == pytest.approx(1700)
        assert level(result, "deal_amount")["n"] == 3
        assert level(result, "deal_amount")["previous"] == 900

    def test_groups_add_up_to_all(self, company):
        rows = company.series[company.series["kpi"] == "deal_amount"]
        counts = rows.pivot_table(index="month", columns="group", values="n", fill_value=0)
        counts = counts[counts.index >= "2025-01-01"]  # a year after the records begin
        assert len(counts) == 18
        assert (counts[["A", "B", "C", "new"]].sum(axis=1) == counts["all"]).all()

    def test_few_amounts_have_no_range(self):
        found = level(result_of({"deals": deals(self.ROWS)}, "2026-01"), "deal_amount")
        assert np.isnan(found["low"])

    def test_orders_stand_in_and_returns_are_none(self):
        rows = [
            ("a", "2025-12-30", 5.0),
            ("a", "2026-01-04", 10.0),
            ("b", "2026-01-05", 30.0),
            ("a", "2026-01-30", -9.0),
        ]
        result = result_of({"sales": sales(rows)}, "2026-01")
        assert level(result, "order_amount")["value"] == 20
        # named by what is measured: no deal anywhere
        assert "deal_amount" not in set(result.definitions["kpi"]) | set(result.trends["kpi"])
        assert [tile.label for tile in result.tiles if "verage" in tile.label] == [
            "Average order before returns"
        ]
        assert any("average order" in f.sentence for f in result.findings)
        assert "orders" in result.definitions.set_index("item").loc["formula", "text"]


class TestPurchaseInterval:
    def test_days_at_risk_over_purchases(self):
        # half a year of history: classes rest on the three months before
        rows = [(name, f"2025-{m:02d}-05", 100.0) for m in range(6, 13) for name in ("a", "b")]
        rows += [("gone", "2025-06-05", 100.0)]
        rows += [
            ("a", "2026-01-05", 1.0),
            ("a", "2026-01-05", 1.0),
            ("a", "2026-01-30", 1.0),
            ("new", "2026-01-06", 5.0),
        ]
        result = result_of({"sales": sales(rows)}, "2026-01")
        found = level(result, "purchase_interval_days")
        # two clients of 31 days; two days with orders; the one gone and the new one are not at risk
        assert (found["value"], found["n"]) == (31.0, 2)
        assert any("3 months before each month" in text for text in result.left_out)

    def test_nobody_bought(self):
        rows = [(name, f"2025-{m:02d}-05", 100.0) for m in range(6, 13) for name in ("a", "b")]
        rows += [("new", "2026-01-06", 5.0), ("new", "2026-01-31", 5.0)]
        found = level(result_of({"sales": sales(rows)}, "2026-01"), "purchase_interval_days")
        assert np.isnan(found["value"])
        assert found["n"] == 0
        assert 0 < found["low"] < 62


class TestCosts:
    def company(self, new=8):
        old = [
            (f"old{i}", f"2025-{m:02d}-{d:02d}", 50.0)
            for m in range(1, 13)
            for i in range(3)
            for d in (2, 27)
        ]
        came = [(f"new{i}", "2026-01-08", 50.0) for i in range(new)]
        kept = [("old1", "2026-01-30", 5.0)]
        costs = pd.DataFrame(
            {
                "spent_on": ["2025-12-31", "2026-01-05", "2026-01-20"],
                "channel": "x",
                "amount": [7.0, 400.0, 600.0],
            }
        )
        return {"sales": sales(old + came + kept), "marketing_costs": costs}

    def test_equals_the_exact_limits_of_r(self):
        reference = case("D06")
        found = level(result_of(self.company(), "2026-01"), "acquisition_cost")
        assert found["value"] == reference["expected"]["cac"]
        assert [found["low"], found["high"]] == pytest.approx(reference["expected"]["ci95"])

    def test_nobody_came(self):
        result = result_of(self.company(new=0), "2026-01")
        found = level(result, "acquisition_cost")
        assert np.isnan(found["value"])
        assert (found["n"], found["high"] != found["high"]) == (0, True)
        assert found["low"] == pytest.approx(1000 / 3.688879, rel=1e-5)  # poisson.test(0) of R
        text = next(f.sentence for f in result.findings if f.key == "acquisition_cost")
        assert text.endswith("For January 2026 there was effort, and nobody was won.")
        assert "acquisition_cost" not in {tile.key for tile in result.tiles}

    def test_the_spend_is_taken_a_typical_deal_earlier(self):
        tables = self.company()
        rows = [(f"old{i % 3}", "2025-11-20", "2025-12-21", "won", 5.0) for i in range(3)]
        found = level(result_of(tables | {"deals": deals(rows)}, "2026-01"), "acquisition_cost")
        assert found["value"] == pytest.approx(7 / 8)

    def test_who_comes_on_the_first_of_the_next_month_is_new_then(self):
        tables = self.company()
        later = sales([("later", "2026-02-01", 50.0), ("old1", "2026-02-27", 5.0)])
        later["sale_id"] = ["L0", "L1"]
        table = result_of(tables | {"sales": pd.concat([tables["sales"], later])}, "2026-02").series
        costs = table[table["kpi"] == "acquisition_cost"].set_index("month")["n"]
        assert costs[[pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")]].tolist() == [8, 1]

    def test_who_was_on_record_before_is_not_new(self):
        tables = self.company()
        known = pd.DataFrame(
            {"customer_id": ["new0", "new1"], "created_at": pd.to_datetime(["2020-01-01", "2026-01-02"])}
        )
        assert level(result_of(tables | {"customers": known}, "2026-01"), "acquisition_cost")["n"] == 7


class TestContacts:
    def test_all_contacts_over_clients_won(self):
        rows = [
            (f"c{i}", f"2025-{m:02d}-02", f"2025-{m:02d}-20", s, 9.0)
            for m in (9, 10, 11)
            for i, s in enumerate(("won", "lost"))
        ]
        rows += [("a", "2025-12-01", "2026-01-10", "won", 9.0), ("a", "2026-01-02", "2026-01-11", "won", 9.0)]
        rows += [
            ("b", "2026-01-02", "2026-01-12", "won", 9.0),
            ("c", "2026-01-02", "2026-01-31", "lost", 9.0),
        ]
        made = deals(rows)
        kinds = ["Call", "call", "meeting", "call", "task", "call", "call"]
        on = ["D6", "D6", "D8", "D9", "D6", None, "D7"]
        at = [
            "2025-12-20",
            "2026-01-10 15:00",
            "2026-01-05",
            "2026-01-06",
            "2026-01-06",
            "2026-01-07",
            "2026-01-20",
        ]
        acts = pd.DataFrame({"deal_id": on, "kind": kinds, "done_at": pd.to_datetime(at, format="mixed")})
        early = pd.DataFrame({"deal_id": ["D0"], "kind": ["call"], "done_at": [pd.Timestamp("2025-09-03")]})
        acts = pd.concat([early, acts], ignore_index=True).assign(activity_id=[f"A{i}" for i in range(8)])
        result = result_of({"deals": made, "activities": acts}, "2026-01")
        # call, meeting, call, call of January on deals; two clients won
        assert level(result, "contacts_per_customer")["value"] == 2.0
        assert level(result, "contacts_per_customer", "call")["value"] == 1.5
        assert level(result, "contacts_per_customer", "meeting")["value"] == 0.5
        # D6 two, D7 none up to its day, D8 one
        assert level(result, "contacts_per_customer", "on won deals")["value"] == pytest.approx(1.0)

    def test_they_begin_when_slow_deals_won_may_be_on_record(self):
        # nine of ten are decided after five days, the others after 110: on record from 20 April on
        days = pd.date_range("2024-01-01", periods=300, freq="D")
        rows = [
            ("a", day, day + pd.Timedelta(days=5 if i % 10 else 110), "won", 9.0)
            for i, day in enumerate(days)
        ]
        made = deals([row for row in rows if row[2] < pd.Timestamp("2024-11-01")])
        acts = made[["deal_id"]].assign(activity_id=made["deal_id"], kind="call", done_at=made["created_at"])
        table = result_of({"deals": made, "activities": acts}, "2024-10").series
        months = table.loc[table["kpi"] == "contacts_per_customer", "month"]
        assert months.min() == pd.Timestamp("2024-05-01")

    def test_kinds_add_up_to_all(self, company):
        rows = company.series[company.series["kpi"] == "contacts_per_customer"].dropna(subset=["value"])
        wide = rows.pivot_table(index="month", columns="group", values="value")
        np.testing.assert_allclose(wide["call"] + wide["meeting"], wide["all"])
        assert "task" not in wide.columns


class TestTables:
    def test_all_five_are_told(self, company):
        assert set(company.kpis["kpi"]) == KPIS
        assert set(company.definitions["kpi"]) == KPIS
        assert {tile.key for tile in company.tiles} == KPIS
        assert not [text for text in company.left_out if "Between" in text]

    def test_columns_have_headings_and_texts_are_text(self, company):
        for name, frame in company.tables().items():
            assert [c for c in frame.columns if not is_declared(c)] == [], name
            texts = frame.columns[frame.dtypes.astype(str).isin(["object"])]
            assert list(texts) == [], name

    def test_empty_tables_keep_columns_and_types(self, company):
        empty = result_of(
            {"sales": sales([(None, "2026-01-05", -4.0), (None, "2026-01-31", -4.0)])}, "2026-01"
        )
        for name, frame in empty.tables().items():
            like = company.tables()[name]
            assert list(frame.columns) == list(like.columns), name
            assert frame.dtypes.astype(str).tolist() == like.dtypes.astype(str).tolist(), name
        assert [f.verdict for f in empty.findings] == ["not_enough_data"]
        assert empty.tiles == ()

    def test_months_are_whole_and_at_most_sixty(self):
        result = result_of(steady(months=70, decisions=4), "2029-09")
        months = result.series[
            (result.series["kpi"] == "purchase_interval_days") & (result.series["group"] == "all")
        ]
        assert len(months) == 57  # 69 months less the 12 that classes rest on
        assert months["month"].iloc[-1] == pd.Timestamp("2029-09-01")

    def test_a_running_month_is_no_point(self):
        result = result_of(steady(), "2026-06-01..2026-06-15")
        assert result.series["month"].max() == pd.Timestamp("2026-05-01")

    def test_nothing_infinite_is_published(self, company):
        for frame in company.tables().values():
            numbers = frame.select_dtypes("number").to_numpy(dtype=float)
            assert not np.isinf(numbers).any()

    def test_order_of_rows_does_not_matter(self, company):
        tables = {name: frame[::-1].reset_index(drop=True) for name, frame in steady().items()}
        again = result_of(tables, "2026-06", event_on="2025-03-10")
        for name, frame in again.tables().items():
            pd.testing.assert_frame_equal(frame, company.tables()[name])

    def test_later_rows_change_nothing(self):
        tables = steady()
        cut = {
            "deals": tables["deals"][tables["deals"]["created_at"] < "2026-04-01"].copy(),
            "sales": tables["sales"][tables["sales"]["sold_at"] < "2026-04-01"],
            "activities": tables["activities"][tables["activities"]["done_at"] < "2026-04-01"],
            "marketing_costs": tables["marketing_costs"][
                tables["marketing_costs"]["spent_on"] < "2026-04-01"
            ],
        }
        later = cut["deals"]["closed_at"] >= "2026-04-01"
        cut["deals"].loc[later, ["status", "closed_at"]] = ["open", pd.NaT]
        then, now = result_of(cut, "2026-03"), in_march()
        for name, frame in now.tables().items():
            pd.testing.assert_frame_equal(frame, then.tables()[name])
        assert now.record() == then.record()

    def test_a_month_is_the_same_in_a_later_report(self, company):
        keys = ["kpi", "group", "month"]
        early, late = (result.series.set_index(keys) for result in (in_march(), company))
        assert len(early) > 100
        pd.testing.assert_series_equal(early["value"], late["value"].reindex(early.index))


#: Columns that readers of the tables rely on.
RELIED_ON = {
    "kpis": "kpi group value low high unit n previous difference verdict",
    "series": "kpi group month value low high n",
    "trends": "kpi group better n_points change_per_year low high p_value p_adjusted verdict method",
    "breaks": "kpi group month before after",
    "event": "kpi group before after step low high slope_before slope_after p_value p_adjusted verdict",
    "definitions": "kpi item text",
}


def test_tables_have_the_columns_that_are_relied_on(company):
    for table, columns in RELIED_ON.items():
        assert set(columns.split()) <= set(getattr(company, table).columns), table


class TestEvent:
    def test_none_is_named(self):
        assert in_march().event.empty

    def test_what_is_no_day_is_refused(self):
        view = crm.load({"sales": sales([("a", "2024-03-01", 5.0)])}).view("2024-03")
        for text in ("2025-13-01", "March", "01.03.2025"):
            with pytest.raises(ParameterError, match="is no day"):
                analyze(view, event_on=text)

    def test_the_month_of_the_event_is_on_neither_side(self, company):
        row = company.event[(company.event["kpi"] == "decision_days")].iloc[0]
        points = company.series[company.series["kpi"] == "decision_days"].dropna(subset=["value"])
        assert "2025-03-01" in set(points["month"].astype(str))
        assert row["n_before"] + row["n_after"] == len(points) - 1
        before = points[points["month"] < "2025-03-01"]["value"]
        after = points[points["month"] >= "2025-04-01"]["value"]
        assert (row["before"], row["after"]) == pytest.approx((before.mean(), after.mean()))

    @pytest.mark.parametrize("day", ["2020-01-01", "2026-06-01", "2030-01-01"])
    def test_an_event_outside_of_the_months_is_not_judged(self, day):
        # three KPIs rest on deals alone
        result = result_of({"deals": steady()["deals"]}, "2026-06", event_on=day)
        assert set(result.event["verdict"]) == {"not_enough_data"}
        said = [f.sentence for f in result.findings if f.key.startswith("event_")]
        assert said
        assert not [text for text in said if "–" in text or "nan" in text]


class TestMissing:
    @pytest.mark.parametrize(
        ("table", "kpi", "why"),
        [
            ("marketing_costs", "acquisition_cost", "no marketing costs"),
            ("activities", "contacts_per_customer", "no calls, meetings or other contacts"),
            ("deals", "decision_days", "no deals"),
        ],
    )
    def test_a_missing_table_is_named(self, table, kpi, why):
        tables = {name: frame for name, frame in steady().items() if name != table}
        result = result_of(tables, "2026-06")
        assert kpi not in set(result.kpis["kpi"])
        assert any(why in text for text in result.left_out)

    def test_deals_alone(self):
        result = result_of({"deals": steady()["deals"]}, "2026-06")
        assert set(result.kpis["kpi"]) == {"purchase_interval_days", "deal_amount", "decision_days"}

    def test_deals_without_customers(self):
        result = result_of({"deals": steady()["deals"].drop(columns="customer_id")}, "2026-06")
        assert set(result.kpis["group"]) == {"all", "all to date", "median to date"}

    def test_deals_that_cannot_be_followed_are_counted(self):
        made = steady()["deals"].drop(columns="first_contact_at")
        made.loc[made.index[-1], ["created_at", "closed_at", "status"]] = [pd.NaT, pd.NaT, "open"]
        said = result_of({"deals": made}, "2026-06").left_out
        assert any(text.startswith("1 deal cannot be followed to its decision") for text in said)


def course(values):
    """Make the course of the contacts per client won, by month."""
    rows = pd.DataFrame(
        {"month": pd.date_range("2023-01-01", periods=len(values), freq="MS"), "value": values}
    )
    return Course("contacts_per_customer", "all", rows.assign(low=np.nan, high=np.nan, n=20), 1, tested=True)


class TestJudged:
    NOISE = np.random.Generator(np.random.PCG64(3)).normal(0, 0.5, 14)

    def test_a_span_holds_its_first_day_and_not_the_one_after_its_last(self):
        frame = pd.DataFrame({"at": [0.9, 1.0, 2.0, 3.0, np.nan]})
        assert within(frame, "at", 1.0, 3.0)["at"].tolist() == [1.0, 2.0]

    @pytest.mark.parametrize(
        ("p_beyond", "beyond", "expected"),
        [(0.4, 1.5, 0.4), (0.001, 1.5, 0.01), (0.001, -1.5, 1.0), (np.nan, np.nan, np.nan)],
    )
    def test_an_event_needs_a_step_and_one_beyond_the_trend_the_same_way(self, p_beyond, beyond, expected):
        step = SimpleNamespace(scale="level", shift=2.0, low=1.0, high=3.0, p_value=0.01, tested=True)
        sides = SimpleNamespace(before=20.0, after=22.0, p_beyond=p_beyond, beyond=beyond)
        assert _step_figures(step, sides)["p_value"] == pytest.approx(expected, nan_ok=True)

    def test_a_trend_of_few_months_is_a_first_sign(self):
        table = trends_table([course(20 + 2 * np.arange(14) + self.NOISE)])
        assert table[["status", "strength"]].iloc[0].tolist() == ["preliminary", "preliminary"]
