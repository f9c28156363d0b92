"""Attribution and spending on a company: hand cases, planted answers, what is missing, the demo's truths."""

from __future__ import annotations

import json
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_view

import crm_analysis as crm
from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._marketing.association import association
from crm_analysis.analyses._marketing.attribution import (
    AGREEMENT_COLUMNS,
    COLUMNS,
    ONLY_CHANNEL,
    attribution,
)
from crm_analysis.analyses._marketing.touches import ways
from crm_analysis.stats.attribution import MODELS, UNTOUCHED

REFERENCE = Path(__file__).parents[1] / "reference" / "attribution.json"
CASES = {case["id"]: case for case in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}
END = pd.Timestamp("2026-11-01")


def company(ways, won, *, clients=None, gap_days=3, by_client=False, shuffle=None):
    """Make deals decided on 20 October 2026, each with contacts ``gap_days`` apart up to the day before."""
    ids = [f"D{i}" for i in range(len(ways))]
    deals = pd.DataFrame(
        {
            "deal_id": ids,
            "customer_id": clients if clients is not None else [f"C{i}" for i in range(len(ways))],
            "status": np.where(won, "won", "lost"),
            "amount": 100.0,
            "created_at": pd.Timestamp("2026-10-01"),
            "closed_at": pd.Timestamp("2026-10-20 12:00"),
        }
    )
    steps = [range(len(way), 0, -1) for way in ways]
    touches = pd.DataFrame(
        {
            "deal_id": np.repeat(np.array(ids, dtype=object), [len(way) for way in ways]),
            "channel": list(chain.from_iterable(ways)),
            "touched_at": pd.Timestamp("2026-10-20 10:00")
            - pd.to_timedelta([gap_days * step for step in chain.from_iterable(steps)], unit="D"),
        }
    )
    if by_client:
        owner = deals.set_index("deal_id")["customer_id"]
        touches = touches.assign(customer_id=owner[touches["deal_id"]].to_numpy()).drop(columns="deal_id")
    if shuffle is not None:
        touches = touches.sample(frac=1, random_state=shuffle)
        deals = deals.sample(frac=1, random_state=shuffle)
    return {"deals": deals, "touches": touches}


def run(tables, period="2026-10", **options):
    return attribution(crm.load(tables).view(period), **options)


def shares(result, model):
    table = result.attribution[result.attribution["model"] == model]
    return table.set_index("channel")["share"].to_dict()


def said(result, view_words=None):
    words = view_words or crm.words.Words("en", "EUR")
    return {finding.key: finding for finding in result.findings(words)}


def random_ways(seed, leads, *, ordered):
    generator = np.random.default_rng(seed)
    ways = []
    for length in generator.integers(1, 4, leads):
        middle = [str(c) for c in generator.choice(["a", "b", "c", "d"], length, replace=False)]
        ways.append(["Mailing", *middle, "Website"] if ordered and generator.random() < 0.5 else middle)
    return ways, generator.random(leads) < 0.4


class TestByHand:
    ways = (["A", "B"], ["B"], ["A", "C"], ["A", "B", "C"], ["C"])
    won = (True, True, False, True, False)

    @pytest.mark.parametrize("by_client", [False, True])
    def test_all_models(self, by_client):
        result = run(company(self.ways, self.won, by_client=by_client))
        markov = CASES["D01-markov"]["expected"]["conversions"]
        assert shares(result, "Markov") == pytest.approx({c: v / 3 for c, v in markov.items()})
        for model in ("first", "last", "linear"):
            expected = CASES["D04-heuristics"]["expected"][model]
            assert shares(result, model) == pytest.approx({c: v / 3 for c, v in expected.items()})
        assert shares(result, "Shapley") == pytest.approx(shares(result, "linear"))
        # A of A>B>C: 0.4; of A>B: half
        assert shares(result, "position")["A"] == pytest.approx((0.5 + 0.4) / 3)

    def test_time_decay_uses_the_days_between_contacts(self):
        result = run(company([["A", "B", "C"]], [True], gap_days=7))
        expected = CASES["D05-time-decay-position"]["expected"]["time_decay"]
        assert list(shares(result, "time decay").values()) == pytest.approx(expected)

    def test_half_life_is_a_parameter(self):
        result = run(company([["A", "B"]], [True], gap_days=7), half_life_days=7 / 2)
        assert shares(result, "time decay") == pytest.approx({"A": 0.2, "B": 0.8})

    def test_tables(self):
        result = run(company(self.ways, self.won))
        assert result.attribution.dtypes.astype(str).to_dict() == COLUMNS
        assert result.agreement.dtypes.astype(str).to_dict() == AGREEMENT_COLUMNS
        assert result.attribution["model"].drop_duplicates().tolist() == list(MODELS)
        sums = result.attribution.groupby("model")[["share", "conversions"]].sum()
        assert sums["share"].to_numpy() == pytest.approx(1)
        assert sums["conversions"].to_numpy() == pytest.approx(3)


class TestWhatCounts:
    def test_a_deal_decided_at_the_midnight_that_ends_the_window_is_not_in_it(self):
        tables = company([["A"], ["B"]], [True, True])
        tables["deals"]["closed_at"] = pd.to_datetime(["2026-10-21 00:00", "2026-10-20 23:59"])
        found = ways(crm.load(tables).view("2026-10"), date(2026, 10, 1), date(2026, 10, 21), 90)
        assert found.paths.won.sum() == 1
        assert found.clients.tolist() == ["client C1"]

    def test_contacts_after_the_decision_do_not(self):
        tables = company([["A"], ["A"]], [True, False])
        late = tables["touches"].assign(channel="B", touched_at=pd.Timestamp("2026-10-21 08:00"))
        same_day = tables["touches"].assign(channel="C", touched_at=pd.Timestamp("2026-10-20 15:00"))
        tables["touches"] = pd.concat([tables["touches"], late, same_day])
        assert shares(run(tables), "linear") == {"A": 0.5, "C": 0.5}

    def test_look_back_ties_contacts_of_a_client_to_a_deal(self):
        tables = company([["A"], ["A"]], [True, False], by_client=True)
        old = tables["touches"].assign(channel="Old", touched_at=pd.Timestamp("2026-07-02"))
        tables["touches"] = pd.concat([tables["touches"], old])
        # 91 days before the deal was created
        assert shares(run(tables), "first") == {"A": 1.0}
        assert shares(run(tables, look_back_days=91), "first") == {"A": 0.0, "Old": 1.0}
        assert any("more than 90 days before" in note for note in run(tables).notes)

    def test_a_contact_that_names_its_deal_counts_however_old(self):
        tables = company([["Show", "A"], ["A"]], [True, False], gap_days=200)
        assert shares(run(tables), "first") == {"A": 0.0, "Show": 1.0}

    def test_deals_of_the_year_to_the_end_of_the_period(self):
        tables = company([["A"], ["B"], ["C"]], [True, True, True])
        tables["deals"]["closed_at"] = pd.to_datetime(
            ["2025-10-31 23:00", "2025-11-01 00:00", "2026-10-20 12:00"]
        )
        tables["deals"]["created_at"] = pd.to_datetime("2025-10-01")
        tables["touches"]["touched_at"] = pd.to_datetime("2025-10-20")
        assert shares(run(tables), "last") == {"B": 0.5, "C": 0.5}

    def test_open_deals_are_counted_aside(self):
        tables = company([["A"], ["B"], ["C"]], [True, False, False])
        tables["deals"].loc[2, ["status", "closed_at"]] = ["won", pd.Timestamp("2026-11-02")]
        result = run(tables)
        assert shares(result, "last") == {"A": 1.0, "B": 0.0}
        assert any(note.startswith("1 deal open at the end of October 2026") for note in result.notes)

    def test_deals_without_a_contact_stay_visible(self):
        result = run(company([["A"], [], ["B"], []], [True, True, False, False]))
        assert shares(result, "Markov") == {"A": 0.5, "B": 0.0, UNTOUCHED: 0.5}
        assert any(note.startswith("1 of 2 deals won in the 12 months") for note in result.notes)

    def test_deals_without_a_client_are_their_own_unit(self):
        ways, won = random_ways(1, 60, ordered=False)
        same, none = (
            run(company(ways, won, clients=clients)).agreement["interval_width"].mean()
            for clients in (["C1", "C2", "C3"] * 20, [None] * 60)
        )
        assert none != same
        assert np.isfinite(none)


class TestRelations:
    def test_order_of_rows_does_not_matter(self):
        ways, won = random_ways(2, 120, ordered=True)
        plain, mixed = (run(company(ways, won, shuffle=seed)) for seed in (None, 5))
        pd.testing.assert_frame_equal(plain.attribution, mixed.attribution)
        pd.testing.assert_frame_equal(plain.agreement, mixed.agreement)

    def test_later_rows_change_nothing(self):
        ways, won = random_ways(3, 60, ordered=False)
        tables = company(ways, won)
        later = {
            "deals": tables["deals"].assign(
                deal_id="L" + tables["deals"]["deal_id"], closed_at=END, created_at=END
            ),
            "touches": tables["touches"].assign(touched_at=END + pd.Timedelta(days=1), channel="new"),
        }
        more = {name: pd.concat([tables[name], later[name]]) for name in tables}
        pd.testing.assert_frame_equal(run(tables).attribution, run(more).attribution)


class TestFindings:
    def test_planted_order_is_found(self):
        ways, won = random_ways(4, 300, ordered=True)
        result = run(company(ways, won))
        finding = said(result)["attribution"]
        assert (finding.verdict, finding.strength, finding.department) == ("note", "strong", "marketing")
        assert result.agreement.set_index("channel").loc[["Mailing", "Website"], "depends"].all()
        assert "Mailing between 0% (last contact counts) and " in finding.sentence
        assert "does not show what advertising caused" in finding.sentence
        assert finding.value == result.agreement["spread"].max()

    def test_order_without_meaning_is_not(self):
        finding = said(run(company(*random_ways(5, 300, ordered=False))))["attribution"]
        assert finding.verdict == "no_evidence"
        assert finding.p_adjusted > 0.05
        assert "differs by more than chance explains" in finding.sentence

    def test_too_few_sales(self):
        result = run(company(*random_ways(6, 40, ordered=True)))
        finding = said(result)["attribution"]
        assert finding.verdict == "not_enough_data"
        assert "30 are needed" in finding.sentence
        assert any("too narrow" in note for note in result.notes)

    def test_single_contacts_leave_nothing_to_count_differently(self):
        finding = said(run(company([["A"], ["B"]] * 40, [True] * 80)))["attribution"]
        assert finding.verdict == "no_evidence"
        assert "the same share of 80 deals won" in finding.sentence

    def test_many_channels_are_named_in_part(self):
        ways = [[f"in {i % 5}", f"out {i % 5}"] for i in range(400)]
        finding = said(run(company(ways, [True] * 400)))["attribution"]
        assert "and 7 more, of 400 deals won" in finding.sentence

    def test_all_lost_none_won(self):
        result = run(company([["A"], ["B"]], [False, False]))
        assert result.attribution.empty
        assert said(result) == {}
        assert result.notes == ("Channels by model: no deal was won in the 12 months to October 31, 2026.",)


class TestWithoutTouches:
    deals = pd.DataFrame(
        {
            "deal_id": ["1", "2", "3", "4"],
            "customer_id": ["a", "b", "c", "d"],
            "status": ["won", "won", "won", "lost"],
            "channel": ["Website", "Website", None, "Mailing"],
            "created_at": pd.Timestamp("2026-10-01"),
            "closed_at": pd.Timestamp("2026-10-20"),
        }
    )
    customers = pd.DataFrame({"customer_id": ["a", "b", "d"], "channel": ["Mailing", "Website", ""]})

    def test_channel_of_the_client_is_first_that_of_the_deal_last(self):
        result = run({"deals": self.deals, "customers": self.customers})
        third = 1 / 3
        assert shares(result, "first") == pytest.approx(
            {"Mailing": third, "Website": third, NOT_STATED: third}
        )
        assert shares(result, "last") == pytest.approx({"Mailing": 0, "Website": 2 / 3, NOT_STATED: third})
        assert shares(result, "linear") == pytest.approx(
            {"Mailing": 1 / 6, "Website": 0.5, NOT_STATED: third}
        )
        assert "time decay" not in set(result.attribution["model"])
        assert "tie no touches" in " ".join(result.notes)
        assert "1 of 3 deals won" in " ".join(result.notes)
        assert "no channel is known" in " ".join(result.notes)
        assert "times are not known" in " ".join(result.notes)

    @pytest.mark.parametrize("held", ["deals", "customers"])
    def test_one_channel_is_one_answer(self, held):
        tables = {"deals": self.deals, "customers": self.customers}
        tables[held] = tables[held].drop(columns="channel")
        result = run(tables)
        assert result.attribution["model"].unique().tolist() == [ONLY_CHANNEL]
        assert result.attribution["share"].sum() == pytest.approx(1)
        assert result.agreement.empty
        assert said(result) == {}
        assert any("all of them give the same" in note for note in result.notes)

    def test_no_channel(self):
        result = run({"deals": self.deals.drop(columns="channel")})
        assert result.attribution.dtypes.astype(str).to_dict() == COLUMNS
        assert result.attribution.empty
        assert "neither contacts" in result.notes[0]

    def test_no_deals(self):
        sales = pd.DataFrame({"sale_id": ["1"], "sold_at": [pd.Timestamp("2026-10-05")], "amount": [5.0]})
        result = run({"sales": sales})
        assert result.agreement.dtypes.astype(str).to_dict() == AGREEMENT_COLUMNS
        assert "no table of deals" in result.notes[0]


@pytest.fixture(scope="module")
def view():
    return demo_view()


@pytest.fixture(scope="module")
def result(view):
    return attribution(view)


class TestDemo:
    def test_first_contact_is_the_channel_that_deals_carry(self, view, result):
        deals = view.deals.filter(view.deals.status == "won").select("channel", "closed_at").to_pandas()
        deals = deals[deals["closed_at"] >= pd.Timestamp("2025-11-01")]
        counted = deals["channel"].fillna(UNTOUCHED).value_counts()
        credited = result.attribution[result.attribution["model"] == "first"].set_index("channel")
        assert credited["conversions"].to_dict() == pytest.approx(
            counted.reindex(credited.index).fillna(0).to_dict()
        )
        assert result.won == len(deals)

    def test_models_that_give_credit_to_later_contacts_are_not_taken_for_the_truth(self, view, result):
        # only the first contact decides in this company: the last one misses trade shows, and cannot know it
        finding = said(result, view.context.words)["attribution"]
        assert finding.verdict == "note"
        assert "Trade shows" in finding.sentence
        assert "does not show what advertising caused" in finding.sentence

    def test_shares_add_up_and_intervals_hold_the_share(self, result):
        table = result.attribution
        assert table.groupby("model")["share"].sum().to_numpy() == pytest.approx(1)
        assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()

    def test_spending_and_income(self, view):
        result = association(view)
        row = result.association.iloc[0]
        # each channel's costs keep to its leads: income does not follow the months of high spending
        assert (row["status"], row["verdict"], row["n"]) == ("full", "no_evidence", 46)
        assert row["lag_months"] == 2
        assert result.notes == ()
        costs = view.marketing_costs.amount.sum().to_pandas()
        assert result.months["cost"].sum() == pytest.approx(float(costs))
        assert result.months["revenue"].sum() == pytest.approx(
            float(view.sales_to_date.amount.sum().to_pandas())
        )

    def test_sentences_read_well(self, view, result):
        written = [
            f.sentence
            for f in (*result.findings(view.context.words), *association(view).findings(view.context.words))
        ]
        for text in (*written, *result.notes):
            assert "nan" not in text.lower()
            assert "{" not in text
            assert "p-value" not in text


def spending(seed, *, months=48, elasticity=0.0, lag=1, cost_gap=None):
    """Make monthly sales and costs with growth and season in common, and an effect of spending, or none."""
    generator = np.random.default_rng(seed)
    t = np.arange(months)
    days = pd.date_range("2022-11-01", periods=months, freq="MS")
    common = 0.015 * t + 0.25 * np.sin(2 * np.pi * t / 12)
    spend = common + generator.normal(0, 0.3, months)
    before = np.concatenate([np.zeros(lag), (spend - common)[: months - lag]])
    income = common + elasticity * before + generator.normal(0, 0.1, months)
    sales = pd.DataFrame(
        {
            "sale_id": [str(i) for i in range(2 * months)],
            "customer_id": "c",
            # first and last day, so that each month is covered whole
            "sold_at": np.concatenate([days, days + pd.offsets.MonthEnd(0)]),
            "amount": np.tile(5e4 * np.exp(income), 2).round(2),
        }
    )
    costs = pd.DataFrame({"spent_on": days, "channel": "Mailing", "amount": (3000 * np.exp(spend)).round(2)})
    if cost_gap is not None:
        costs = costs.drop(index=cost_gap)
    return {"sales": sales, "marketing_costs": costs}


class TestAssociation:
    def of(self, tables, period="2026-10"):
        view = crm.load(tables).view(period)
        result = association(view)
        return result, {finding.key: finding for finding in result.findings(view.context.words)}

    def test_planted(self):
        result, found = self.of(spending(1, elasticity=0.5))
        row = result.association.iloc[0]
        assert (row["verdict"], row["lag_months"], row["n"]) == ("note", 1, 47)
        assert row["low"] < 1.1**0.5 - 1 < row["high"]
        assert "no proof that the spending caused it" in found["spend_and_income"].sentence
        assert "more income" in found["spend_and_income"].sentence
        assert "month before" in result.notes[0]

    def test_none_planted(self):
        result, found = self.of(spending(2))
        assert result.association["verdict"].tolist() == ["no_evidence"]
        assert "cannot be told from chance" in found["spend_and_income"].sentence
        income, cost = (np.log(result.months[name]) for name in ("revenue", "cost"))
        assert np.corrcoef(income, cost)[0, 1] > 0.4

    def test_too_few_months(self):
        result, found = self.of(spending(3, months=30, elasticity=0.5), "2025-04")
        assert result.association["verdict"].tolist() == ["not_enough_data"]
        assert found["spend_and_income"].sentence.startswith("Not enough months yet")
        assert len(result.months) == 30

    def test_months_are_relative_to_their_mean(self):
        result, _ = self.of(spending(4))
        assert result.months[["cost_relative", "revenue_relative"]].mean().to_numpy() == pytest.approx(1)
        assert result.months["month"].iloc[[0, -1]].tolist() == [
            pd.Timestamp("2022-11-01"),
            pd.Timestamp("2026-10-01"),
        ]

    def test_a_month_without_cost_is_a_month(self):
        result, found = self.of(spending(5, cost_gap=20))
        assert result.months.loc[20, "cost"] == 0
        assert result.association["scale"].tolist() == ["raw"]
        assert found["spend_and_income"].verdict == "no_evidence"

    def test_lag_is_the_median_time_to_a_sale(self):
        tables = spending(6)
        created = pd.date_range("2023-01-01", periods=9, freq="30D")
        tables["deals"] = pd.DataFrame(
            {
                "deal_id": [str(i) for i in range(9)],
                "status": "won",
                "created_at": created,
                "closed_at": created + pd.to_timedelta([10, 20, 30, 40, 91, 100, 200, 300, 400], unit="D"),
            }
        )
        result, _ = self.of(tables)
        assert result.association["lag_months"].tolist() == [3]
        assert result.notes == ()

    def test_constant_spending(self):
        tables = spending(7)
        tables["marketing_costs"]["amount"] = 500.0
        _, found = self.of(tables)
        assert found["spend_and_income"].verdict == "not_enough_data"
        assert "the same in all months" in found["spend_and_income"].sentence

    def test_no_costs(self):
        tables = spending(8)
        del tables["marketing_costs"]
        result, found = self.of(tables)
        assert result.association.empty
        assert result.months.empty
        assert found == {}
        assert "no table of marketing costs" in result.notes[0]

    def test_no_amounts(self):
        tables = {"marketing_costs": spending(9)["marketing_costs"], "deals": TestWithoutTouches.deals}
        assert "do not say what sales were worth" in self.of(tables)[0].notes[0]
