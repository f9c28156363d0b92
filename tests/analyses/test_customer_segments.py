"""Segments by hand: what is counted, what adds up, what is judged, and what hostile data do."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result

import crm_analysis as crm
from crm_analysis.analyses._segments.book import inside
from crm_analysis.analyses._segments.leading import MOST, leading
from crm_analysis.analyses._segments.profile import shift_table
from crm_analysis.analyses._segments.tests import judged
from crm_analysis.analyses.customer_segments import SEGMENTS, analyze
from crm_analysis.stats.intervals import newcombe, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_analysis.analyses.customer_segments import CustomerSegmentsResult

VERDICTS = {"higher", "lower", "no_evidence", "not_enough_data"}


def company(
    seed: int = 0, customers: int = 120, *, effect: float = 1.0, spread: float = 1.0, segments: int = 4
) -> dict[str, pd.DataFrame]:
    """A year of orders; those of segment "s0" are ``effect`` times as large as the others'."""
    draw = np.random.Generator(np.random.PCG64(seed))
    ids = [f"C{at:03d}" for at in range(customers)]
    segment = draw.integers(0, segments, customers)
    size = np.exp(draw.normal(5, spread, customers)) * np.where(segment == 0, effect, 1.0)
    buyer = np.repeat(np.arange(customers), 5)
    sales = pd.DataFrame(
        {
            "sale_id": [f"S{at}" for at in range(len(buyer))],
            "customer_id": [ids[at] for at in buyer],
            "sold_at": pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 365, len(buyer)), "D"),
            "amount": (size[buyer] * np.exp(draw.normal(0, 0.4, len(buyer)))).round(2),
            "product": draw.choice(["desk", "lamp", "rug"], len(buyer)),
        }
    )
    sales["cost"] = (sales["amount"] * np.where(segment[buyer] == 0, 0.7, 0.7)).round(2)
    traits = pd.DataFrame(
        {
            "customer_id": ids,
            "industry": [f"s{at}" for at in segment],
            "region": draw.choice(["north", "south"], customers),
        }
    )
    return {"sales": sales, "customers": traits}


@cache
def of_company(effect: float = 1.0) -> CustomerSegmentsResult:
    """Return the result of the company, computed once for all tests that take it as it is."""
    return analyzed(company(effect=effect))


@cache
def of_nobody() -> CustomerSegmentsResult:
    """Return the result of the orders of the company where no customer is named."""
    sales = company()["sales"].assign(customer_id=None)
    return analyzed({"sales": sales.astype({"customer_id": "object"})})


def analyzed(tables: dict[str, pd.DataFrame], period: str = "2025", **kwargs: Any) -> CustomerSegmentsResult:
    return analyze(crm.load(tables).view(period, **kwargs))


def row(frame: pd.DataFrame, **keys: str) -> dict[str, Any]:
    for name, value in keys.items():
        frame = frame[frame[name] == value]
    (found,) = frame.to_dict("records")
    return found


def segments_of(result: CustomerSegmentsResult, dimension: str, at: int) -> np.ndarray:
    """Return deals won and deals closed of a segment."""
    rows = result.segments[result.segments["dimension"] == dimension].sort_values("segment")
    return rows[["deals_won", "deals_closed"]].to_numpy(dtype=float)[at]


def texts(result: CustomerSegmentsResult) -> str:
    return " ".join([*(f.sentence for f in result.findings), *result.left_out])


@pytest.fixture(scope="module")
def small() -> CustomerSegmentsResult:
    """Three customers, two industries, one line without a customer; amounts to check by hand."""
    sales = pd.DataFrame(
        [
            ("1", "a", "2025-01-01", 100.0, 60.0, "desk"),
            ("2", "a", "2025-05-01", 50.0, 20.0, "lamp"),
            ("3", "b", "2025-06-01", 30.0, None, "lamp"),
            ("4", "c", "2025-07-01", 20.0, 10.0, "desk"),
            ("5", "c", "2025-08-01", -5.0, None, "desk"),
            ("6", None, "2025-09-01", 7.0, 2.0, "desk"),
        ],
        columns=["sale_id", "customer_id", "sold_at", "amount", "cost", "product"],
    ).assign(sold_at=lambda frame: pd.to_datetime(frame["sold_at"]))
    deals = pd.DataFrame(
        [
            ("d1", "a", "won", 100.0, "2025-01-01", "2025-01-11"),
            ("d2", "a", "lost", 80.0, "2025-01-01", "2025-02-01"),
            ("d3", "b", "won", 30.0, "2025-03-01", "2025-03-21"),
            ("d4", "d", "lost", 30.0, "2025-03-01", "2025-03-05"),
            ("d5", None, "won", 40.0, "2025-03-01", "2025-03-05"),
            ("d6", "a", "open", 40.0, "2025-03-01", None),
        ],
        columns=["deal_id", "customer_id", "status", "amount", "created_at", "closed_at"],
    )
    deals[["created_at", "closed_at"]] = deals[["created_at", "closed_at"]].apply(pd.to_datetime)
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d", "e"],
            "industry": ["wine", "wine", "toys", "toys", "toys"],
            "tier": ["1", "1", None, "2", "2"],
        }
    )
    return analyzed({"sales": sales, "deals": deals, "customers": customers})


class TestByHand:
    def test_money_and_customers(self, small: CustomerSegmentsResult) -> None:
        wine, toys = (row(small.segments, dimension="industry", segment=s) for s in ("wine", "toys"))
        assert [wine[c] for c in ("customers", "revenue", "margin")] == [2, 180.0, 70.0]
        assert wine["margin_rate"] == pytest.approx(70 / 150)
        assert wine["revenue_share"] == pytest.approx(180 / 202)
        assert wine["customer_share"] == pytest.approx(2 / 3)
        assert wine["revenue_per_customer_raw"] == 90.0
        assert [toys[c] for c in ("customers", "revenue", "margin")] == [1, 15.0, 10.0]

    def test_deals(self, small: CustomerSegmentsResult) -> None:
        wine, toys = (row(small.segments, dimension="industry", segment=s) for s in ("wine", "toys"))
        assert [wine[c] for c in ("deals_closed", "deals_won", "average_deal")] == [3, 2, 65.0]
        assert wine["win_rate_raw"] == pytest.approx(2 / 3)
        assert [toys[c] for c in ("deals_closed", "deals_won", "win_rate_raw")] == [1, 0, 0.0]
        assert wine["win_low"] < wine["win_rate"] < wine["win_high"]
        # fewer than five decisions are an anecdote
        assert np.isnan(wine["decision_days"])

    def test_nobody_has_a_row_and_blanks_have_one(self, small: CustomerSegmentsResult) -> None:
        nobody = row(small.segments, dimension="industry", segment="(no customer)")
        assert [nobody[c] for c in ("customers", "revenue", "margin", "deals_won")] == [0, 7.0, 5.0, 1]
        assert nobody["verdict"] == "not_enough_data"
        blank = row(small.segments, dimension="tier", segment="(not stated)")
        assert [blank[c] for c in ("customers", "revenue")] == [1, 15.0]

    def test_too_small_to_judge(self, small: CustomerSegmentsResult) -> None:
        assert set(small.segments["verdict"]) == {"not_enough_data"}
        keys = {f.key: f for f in small.findings}
        assert keys["revenue_per_customer"].verdict == "not_enough_data"
        assert "no segment has" in keys["revenue_per_customer"].sentence
        assert {f.verdict for f in small.findings} <= {"not_enough_data", "note"}

    def test_products(self, small: CustomerSegmentsResult) -> None:
        desk = row(small.cross, dimension="industry", segment="wine", product="desk")
        assert [desk[c] for c in ("customers", "buyers", "penetration", "revenue")] == [2, 1, 0.5, 100.0]
        assert desk["white_spot"] == 0.0

    def test_who_only_returns_a_product_is_no_buyer_of_it(self) -> None:
        tables = company(customers=30, segments=2)
        back = pd.DataFrame(
            {"sale_id": ["back"], "customer_id": ["C000"], "sold_at": [pd.Timestamp("2025-06-01")],
             "amount": [-20.0], "cost": [-10.0], "product": ["stool"]}
        )  # fmt: skip
        bought = back.assign(sale_id="bought", customer_id="C001", amount=30.0, cost=15.0)
        tables["sales"] = pd.concat([tables["sales"], back, bought], ignore_index=True)
        stool = analyzed(tables).cross.query("dimension == 'industry' and product == 'stool'")
        assert stool["buyers"].sum() == 1
        assert stool["revenue"].sum() == 10.0

    def test_decision_days_count_open_deals_as_far_as_they_came(self) -> None:
        tables = company(customers=12, segments=1)
        tables["customers"]["industry"] = ["x"] * 11 + ["y"]
        days = [10, 20, 30, 40, 50, None, None, None]
        tables["deals"] = pd.DataFrame(
            {
                "deal_id": [f"D{at}" for at in range(8)],
                "customer_id": [f"C{at:03d}" for at in range(8)],
                "status": ["won" if day else "open" for day in days],
                "created_at": pd.Timestamp("2025-03-01"),
                "closed_at": [
                    pd.Timestamp("2025-03-01") + pd.Timedelta(days=d) if d else pd.NaT for d in days
                ],
                "amount": 10.0,
            }
        )
        found = row(analyzed(tables).segments, dimension="industry", segment="x")
        assert found["decision_days"] == 40  # of eight, the fourth; the median of those closed would be 30

    def test_what_a_new_customer_costs(self) -> None:
        tables = company(customers=30, segments=2)
        tables["customers"]["channel"] = ["fair"] * 10 + ["mail"] * 10 + ["word of mouth"] * 5 + [None] * 5
        old = tables["sales"].assign(sold_at=lambda f: f["sold_at"] - pd.Timedelta(days=1100))
        known = old[old["customer_id"] < "C008"].assign(sale_id=lambda f: "old" + f["sale_id"])
        tables["sales"] = pd.concat([tables["sales"], known], ignore_index=True)
        # the first order of one falls on the very beginning of the window
        tables["sales"].loc[tables["sales"]["sale_id"] == "S50", "sold_at"] = pd.Timestamp("2025-01-01")
        tables["marketing_costs"] = pd.DataFrame(
            {
                "spent_on": pd.to_datetime(["2025-03-01", "2025-06-01", "2024-06-01"]),
                "channel": ["fair", "mail", "fair"],
                "amount": [600.0, 500.0, 9999.0],
            }
        )
        result = analyzed(tables)
        cost = result.segments[result.segments["dimension"] == "channel"].set_index("segment")
        assert cost["new_customers"].to_dict() == {
            "fair": 2,
            "mail": 10,
            "word of mouth": 5,
            "(not stated)": 5,
        }
        assert cost.loc[["fair", "mail", "word of mouth"], "acquisition_cost"].tolist() == [300.0, 50.0, 0.0]
        assert np.isnan(cost.loc["(not stated)", "acquisition_cost"])
        industry = result.segments[result.segments["dimension"] == "industry"]
        carried = (industry["acquisition_cost"] * industry["new_customers"]).sum()
        assert carried <= 1100 * 1.7  # nothing of 2024


class TestRelations:
    def test_every_dimension_adds_up_to_the_revenue_of_the_first_analysis(self) -> None:
        result, sold = demo_result("customer_segments"), demo_result("sales_dynamics")
        month = sold.monthly.set_index("month")["revenue"].loc["2026-10-01"]
        sums = result.segments.groupby("dimension")[["period_revenue", "revenue"]].sum()
        assert (sums["period_revenue"] - month).abs().max() < 0.005
        window = row(result.totals, span="window")
        assert (sums["revenue"] - window["revenue"]).abs().max() < 0.005
        assert (result.segments.groupby("dimension")["customers"].sum() == window["customers"]).all()
        shares = result.segments.groupby("dimension")[["revenue_share", "customer_share"]].sum()
        assert shares.to_numpy() == pytest.approx(1.0)

    def test_order_of_rows_does_not_matter(self) -> None:
        turned = {name: frame.sample(frac=1, random_state=1) for name, frame in company(effect=3.0).items()}
        other = analyzed(turned).tables()
        for name, frame in of_company(effect=3.0).tables().items():
            pd.testing.assert_frame_equal(other[name], frame, obj=name)

    def test_double_money_doubles_money_and_no_verdict(self) -> None:
        tables = company(effect=3.0)
        double = {**tables, "sales": tables["sales"].assign(amount=lambda f: f["amount"] * 2)}
        once, twice = of_company(effect=3.0).segments, analyzed(double).segments
        for name in ("revenue", "revenue_per_customer", "low", "high"):
            assert twice[name].to_numpy() == pytest.approx(2 * once[name].to_numpy(), rel=1e-6)
        assert twice["verdict"].tolist() == once["verdict"].tolist()
        assert twice["difference"].to_numpy() == pytest.approx(once["difference"].to_numpy(), rel=1e-6)

    def test_the_unit_of_money_changes_no_test(self) -> None:
        tables = company()
        sales = tables["sales"]
        pence = sales.assign(amount=sales["amount"] * 1000, cost=sales["cost"] * 1000)
        one, other = of_company(), analyzed({**tables, "sales": pence})
        pd.testing.assert_series_equal(one.tests["p_value"], other.tests["p_value"])
        assert other.segments["revenue"].tolist() == pytest.approx((one.segments["revenue"] * 1000).tolist())

    def test_later_rows_change_nothing(self) -> None:
        tables = company()
        customers = tables["customers"].assign(created_at=pd.Timestamp("2024-01-01"))
        new = pd.DataFrame(
            {"customer_id": ["Z1", "Z2"], "industry": ["later", "s1"], "region": "north",
             "created_at": pd.Timestamp("2026-02-01")}
        )  # fmt: skip
        more = pd.DataFrame(
            {"sale_id": ["z1", "z2"], "customer_id": ["Z1", "C001"], "product": "desk", "cost": 1.0,
             "sold_at": pd.to_datetime(["2026-01-01", "2026-03-01"]), "amount": [1e6, 5.0]}
        )  # fmt: skip
        then = {"sales": tables["sales"], "customers": customers}
        now = {
            "sales": pd.concat([tables["sales"], more], ignore_index=True),
            "customers": pd.concat([customers, new], ignore_index=True),
        }
        result, later = analyzed(then, "2025-H2"), analyzed(now, "2025-H2")
        for name, frame in result.tables().items():
            pd.testing.assert_frame_equal(later.tables()[name], frame, obj=name)
        assert texts(later) == texts(result)

    def test_a_small_segment_is_drawn_toward_the_whole(self) -> None:
        tables = company(customers=60, spread=1.2)
        tables["customers"]["industry"] = ["tiny"] * 2 + ["large"] * 58
        found = analyzed(tables).segments
        tiny, large = (row(found, dimension="industry", segment=s) for s in ("tiny", "large"))
        whole = found.loc[found["dimension"] == "industry", "revenue"].sum() / 60
        gaps = [abs(np.log(tiny[c] / whole)) for c in ("revenue_per_customer", "revenue_per_customer_raw")]
        assert gaps[0] < 0.7 * gaps[1]
        near = abs(np.log(large["revenue_per_customer"] / large["revenue_per_customer_raw"]))
        assert near < 0.05
        assert tiny["high"] / tiny["low"] > large["high"] / large["low"]


class TestPlanted:
    def test_a_segment_that_buys_more_is_found(self) -> None:
        result = analyzed(company(seed=5, effect=3.0))
        found = row(result.segments, dimension="industry", segment="s0")
        assert found["verdict"] == "higher"
        assert found["difference_low"] < 2.0 < found["difference_high"]
        finding = next(f for f in result.findings if f.key == "revenue_per_customer_industry")
        assert finding.strength
        assert "“s0”" in finding.sentence
        assert result.segments.query("dimension == 'region'")["verdict"].tolist() == ["no_evidence"] * 2
        profile = row(result.profile, dimension="industry", segment="s0")
        assert profile["lift"] > 1

    def test_a_margin_and_a_win_rate_are_found(self) -> None:
        tables = company(seed=6)
        wine = tables["customers"].set_index("customer_id")["industry"].eq("s0")
        mine = tables["sales"]["customer_id"].map(wine)
        draw = np.random.Generator(np.random.PCG64(2))
        noise = draw.normal(0, 0.05, len(mine))
        tables["sales"]["cost"] = tables["sales"]["amount"] * (np.where(mine, 0.55, 0.65) + noise)
        buyer = np.repeat(tables["customers"]["customer_id"].to_numpy(), 4)
        won = draw.random(len(buyer)) < np.where(pd.Series(buyer).map(wine), 0.6, 0.3)
        tables["deals"] = pd.DataFrame(
            {
                "deal_id": [f"D{at}" for at in range(len(buyer))],
                "customer_id": buyer,
                "status": np.where(won, "won", "lost"),
                "created_at": pd.Timestamp("2025-02-01"),
                "closed_at": pd.Timestamp("2025-04-01"),
                "amount": 10.0,
            }
        )
        result = analyzed(tables)
        for measure, true in (("margin_rate", 0.10), ("win_rate", 0.30)):
            test = row(result.tests, measure=measure, dimension="industry", segment="s0")
            assert test["verdict"] == "higher"
            assert test["points_low"] < true < test["points_high"]
            assert np.isnan(test["difference"])
            assert any(f.key == f"{measure}_industry" for f in result.findings)

    def test_nothing_is_found_where_nothing_is(self) -> None:
        found = 0
        for seed in range(6):
            result = analyzed(company(seed=seed, spread=1.8))
            found += int((result.tests["strength"] != "").sum())
        assert found <= 1  # at most one company in ten has one

    def test_a_dominating_customer_makes_no_segment(self) -> None:
        tables = company(seed=3)
        giant = tables["sales"]["customer_id"] == "C007"
        tables["sales"].loc[giant, "amount"] *= 10_000
        result = analyzed(tables)
        assert not (result.tests["strength"] != "").any()
        assert result.segments["revenue_share"].max() > 0.9

    def test_a_white_spot(self) -> None:
        tables = company(seed=8, customers=160, segments=3)
        of = tables["sales"]["customer_id"].map(tables["customers"].set_index("customer_id")["industry"])
        swapped = (of == "s1") & (tables["sales"]["product"] == "desk")
        tables["sales"].loc[swapped, "product"] = "lamp"
        result = analyzed(tables)
        spot = row(result.cross, dimension="industry", segment="s1", product="desk")
        assert (spot["buyers"], spot["verdict"]) == (0, "lower")
        assert spot["expected"] > 0.6
        others = tables["sales"][(of != "s1") & (tables["sales"]["product"] == "desk")]
        typical = others.groupby("customer_id")["amount"].sum().median()
        assert spot["white_spot"] == pytest.approx(spot["expected"] * spot["customers"] * typical, rel=1e-6)
        finding = next(f for f in result.findings if f.key == "white_spots")
        assert finding.money == spot["white_spot"]
        assert (result.cross["white_spot"] > 0).sum() == 1

    def test_what_most_customers_do_not_buy_is_no_white_spot(self) -> None:
        """Three in four buy less of it than the rest: the rest is no yardstick for them."""
        tables = company(seed=8, customers=160, segments=3)
        tables["customers"]["industry"] = tables["customers"]["industry"].replace({"s2": "s1"})
        tables["customers"]["region"] = "north"
        of = tables["sales"]["customer_id"].map(tables["customers"].set_index("customer_id")["industry"])
        swapped = (of == "s1") & (tables["sales"]["product"] == "desk") & (tables["sales"].index % 3 > 0)
        tables["sales"].loc[swapped, "product"] = "lamp"
        most = row(analyzed(tables).cross, dimension="industry", segment="s1", product="desk")
        assert most["customers"] > 80
        assert (most["verdict"], most["white_spot"]) == ("lower", 0.0)

    def test_a_shift_of_the_mix(self) -> None:
        tables = company(seed=4, customers=200)
        before = tables["sales"].assign(
            sold_at=lambda f: f["sold_at"] - pd.DateOffset(years=1), sale_id=lambda f: "b" + f["sale_id"]
        )
        of = before["customer_id"].map(tables["customers"].set_index("customer_id")["industry"])
        before.loc[of == "s2", "amount"] *= 0.3
        tables["sales"] = pd.concat([before, tables["sales"]], ignore_index=True)
        result = analyzed(tables)
        moved = row(result.shift, dimension="industry", segment="s2")
        assert moved["verdict"] == "changed"
        assert moved["low"] > 0
        assert moved["difference"] == pytest.approx(moved["share"] - moved["previous_share"])
        assert next(f for f in result.findings if f.key == "shift").verdict == "changed"


#: Columns of twenty numbers each, and the segments that they make.
NUMBERS: list[tuple[str, Sequence[Any], set[str]]] = [
    # numbers that tell things apart: names of standard columns, names by their heading, of one length
    ("industry", range(1, 21), {str(at) for at in range(1, 21)}),
    ("branch_no", range(1, 21), {str(at) for at in range(1, 21)}),
    ("depot", range(101, 121), {str(at) for at in range(101, 121)}),
    ("post code", range(10_101, 10_121), {str(at) for at in range(10_101, 10_121)}),
    # quantities: employees of any length, years, fractions
    ("staff", range(1, 21), {"1 to 5", "6 to 10", "11 to 15", "16 to 20"}),
    ("size", range(95, 115), {"95 to 99", "100 to 104", "105 to 109", "110 to 114"}),
    ("founded", range(1990, 2010), {"1990 to 1994", "1995 to 1999", "2000 to 2004", "2005 to 2009"}),
    ("fee", [at + 100.25 for at in range(20)], {"100 to 104", "105 to 109", "110 to 114", "115 to 119"}),
]


class TestTraits:
    @pytest.fixture(scope="class")
    @classmethod
    def numbered(cls) -> pd.DataFrame:
        """The segments of a company that writes all of ``NUMBERS`` beside its customers."""
        tables = company()
        customers = range(len(tables["customers"]))
        columns = {name: [str(values[at % 20]) for at in customers] for name, values, _ in NUMBERS}
        tables["customers"] = tables["customers"].assign(**columns)
        return analyzed(tables).segments

    @pytest.mark.parametrize(("name", "segments"), [(name, segments) for name, _, segments in NUMBERS])
    def test_codes_are_no_quantities(self, numbered: pd.DataFrame, name: str, segments: set[str]) -> None:
        assert set(numbered.query("dimension == @name")["segment"]) == segments

    def test_every_extra_column_is_a_dimension_or_named_as_left_out(self) -> None:
        tables = company()
        n = len(tables["customers"])
        tables["customers"] = tables["customers"].assign(
            staff=[str(at * 7 % 997) for at in range(n)],
            since=[f"{2015 + at % 5}-03-0{at % 9 + 1}" for at in range(n)],
            vip=[at % 3 == 0 for at in range(n)],
            stars=[at % 5 for at in range(n)],
            code=[f"0{at:04d}" for at in range(n)],
            planet="earth",
            nothing=None,
        )
        result = analyzed(tables)
        bands = result.segments.groupby("dimension")["segment"].agg(list)
        assert {"industry", "region", "staff", "since", "vip", "stars"} == set(bands.index)
        assert len(bands["staff"]) == 4
        assert result.segments.query("dimension == 'staff'")["customers"].tolist() == [30] * 4
        assert sorted(bands["since"]) == ["2015", "2016", "2017", "2018", "2019"]
        assert sorted(bands["vip"]) == ["no", "yes"]
        assert sorted(bands["stars"]) == ["0", "1", "2", "3", "4"]
        left = " ".join(result.left_out)
        assert "Code as a dimension: nearly every customer has another value." in left
        assert "Planet as a dimension: all customers have the same value." in left
        assert "Nothing as a dimension: no value is stated." in left

    def test_a_trait_named_as_an_amount_says_whose_it_is(self) -> None:
        tables = company(seed=5, effect=3.0)
        rich = tables["customers"].pop("industry").eq("s0")
        tables["customers"]["revenue"] = np.where(rich, 900.0, 100.0)
        said = {f.key: f.sentence for f in analyzed(tables).findings}
        assert said["revenue_per_customer_revenue"].startswith(
            "A typical customer with revenue of the customer “900” buys"
        )

    def test_the_channel_of_customers_is_not_called_as_that_of_deals(self) -> None:
        result = demo_result("customer_segments")
        said = {f.key: f.sentence for f in result.findings}
        assert said["win_rate_channel"].startswith("Deals with customers whose channel is “Referral” are won")
        for name in ("leading", "segments", "profile", "cross", "shift", "tests"):
            shown = crm.table(result, name, "caption", rows=1_000)._repr_html_()
            assert "Customer&#x27;s channel" in shown
            assert ">Channel<" not in shown
        grouped = crm.table(result, "leading", "caption", columns=["segment", "customers"],
                            grouped_by="dimension")._repr_html_()  # fmt: skip
        assert "Customer&#x27;s channel" in grouped
        assert ">Channel<" not in grouped

    def test_no_sentence_is_too_long(self) -> None:
        result = demo_result("customer_segments")
        sentences = [one for f in result.findings for one in f.sentence.split(". ")]
        longest = max(sentences, key=lambda one: len(one.split()))
        assert len(longest.split()) <= 30, longest
        assert "A typical customer of size “large” buys 4.5 times as much" in result.findings[0].sentence

    def test_a_trait_with_500_values_stays_readable(self) -> None:
        tables = company(customers=1100)
        tables["customers"]["town"] = [f"town {at % 500}" for at in range(1100)]
        result = analyzed(tables)
        towns = result.segments[result.segments["dimension"] == "town"]
        assert len(towns) == 500
        assert set(towns["verdict"]) == {"not_enough_data"}
        assert max(len(f.sentence) for f in result.findings) < 500
        small = next(f for f in result.findings if f.key == "small")
        assert small.sentence.startswith("500 of 506 segments")
        # the page: those with most revenue, the rest in one row, and the whole stays the whole
        shown = result.leading[result.leading["dimension"] == "town"]
        assert len(shown) == 16
        assert shown["segment"].tolist()[:15] == towns["segment"].tolist()[:15]
        rest, others = towns.iloc[15:], shown.set_index("segment").loc["(others)"]
        sums = ["customers", "revenue", "margin", "deals_closed", "deals_won", "period_revenue"]
        for name in sums:
            assert others[name] == pytest.approx(rest[name].sum())
        assert others["revenue_per_customer_raw"] == pytest.approx(
            rest["revenue"].sum() / rest["customers"].sum()
        )
        assert np.isnan(others["revenue_per_customer"])
        assert shown["revenue_share"].sum() == pytest.approx(1)
        html = crm.table(result, "leading", "Towns", grouped_by="dimension")._repr_html_()
        assert "nan" not in html.lower()
        few = result.leading[result.leading["dimension"] != "town"]
        pd.testing.assert_frame_equal(
            few.reset_index(drop=True),
            result.segments[result.segments["dimension"] != "town"].reset_index(drop=True),
        )

    def test_the_row_of_all_others_by_hand(self) -> None:
        names = [*(f"s{at:02d}" for at in range(MOST)), "x", "(not stated)", "y", "(no customer)"]
        table = pd.DataFrame(dict.fromkeys(SEGMENTS, np.nan), index=range(len(names)))
        counts = dict.fromkeys(("customers", "deals_closed", "deals_won", "new_customers"), 0.0)
        table = table.assign(dimension="town", segment=names, verdict="no_evidence", revenue=0.0, **counts)
        own = table["segment"].isin(["x", "y"])
        table.loc[own, "customers"], table.loc[own, "revenue"] = [2, 3], [100, 50]
        table.loc[own, "margin"], table.loc[own, "margin_rate"] = [20, 15], [0.2, 0.3]
        table.loc[own, "deals_closed"], table.loc[own, "deals_won"] = [4, 6], [1, 2]
        table.loc[own, "new_customers"], table.loc[own, "acquisition_cost"] = [1, 3], [80, 40]
        shown = leading(table)
        assert shown["segment"].tolist() == [*names[:MOST], "(not stated)", "(others)", "(no customer)"]
        row = shown.set_index("segment").loc["(others)"]
        assert (row["customers"], row["revenue"], row["revenue_per_customer_raw"]) == (5, 150, 30)
        assert row["margin"] == 35
        assert row["margin_rate"] == pytest.approx(35 / 150)
        assert row["win_rate_raw"] == pytest.approx(3 / 10)
        assert row["acquisition_cost"] == pytest.approx((80 + 3 * 40) / 4)
        assert pd.isna(row["verdict"])
        # one segment more than that keeps its row
        assert len(leading(table[table["segment"] != "y"])) == len(names) - 1

    def test_region_of_the_lines_where_customers_have_none(self) -> None:
        tables = company()
        home = tables["customers"].set_index("customer_id")["region"]
        sales = tables["sales"].assign(region=tables["sales"]["customer_id"].map(home))
        sales.loc[sales.index[:2], "region"] = "abroad"  # one customer with two regions
        result = analyzed({"sales": sales})
        assert result.segments["dimension"].unique().tolist() == ["region"]
        assert set(result.segments["segment"]) == {"north", "south"}
        assert any("the one in which it bought most" in text for text in result.left_out)

    def test_regions_of_lines_that_are_none_of_customers(self) -> None:
        sales = company()["sales"]
        sales["region"] = ["east" if at % 2 else "west" for at in range(len(sales))]
        result = analyzed({"sales": sales})
        assert result.segments.empty
        assert [f.key for f in result.findings] == ["no_dimensions"]
        assert any("customers buy in several of them" in text for text in result.left_out)

    def test_a_channel_spelled_otherwise_in_the_costs_is_told_of(self) -> None:
        tables = company()
        n = len(tables["customers"])
        tables["customers"]["channel"] = ["Search Ads" if at % 2 else "Fairs" for at in range(n)]
        old = tables["sales"].iloc[:1].assign(sale_id="old", sold_at=pd.Timestamp("2023-06-01"))
        tables["sales"] = pd.concat([old, tables["sales"]], ignore_index=True)
        tables["marketing_costs"] = pd.DataFrame(
            {
                "spent_on": pd.to_datetime(["2025-02-01"] * 2),
                "channel": ["search ads ", "Fairs"],
                "amount": [1000.0, 500.0],
            }
        )
        (said,) = (text for text in analyzed(tables).left_out if text.startswith("One channel"))
        assert "“Search Ads” (customers) and “search ads” (marketing costs)" in said

    def test_hostile_names(self) -> None:
        tables = company(seed=5, effect=3.0)
        names = {"s0": "=HYPERLINK($1) <b>{0}</b> %s\n‮", "s1": "Общество " * 30, "s2": "  ", "s3": "nan"}
        tables["customers"]["industry"] = tables["customers"]["industry"].map(names)
        result = analyzed(tables)
        finding = next(f for f in result.findings if f.key == "revenue_per_customer_industry")
        assert "=HYPERLINK($1) <b>{0}</b> %s" in finding.sentence
        assert "\n" not in finding.sentence
        assert "(not stated)" in set(result.segments["segment"])
        assert result._repr_html_().count("<b>") == 0


class TestEdges:
    def test_no_customer_named(self) -> None:
        result = of_nobody()
        assert [f.key for f in result.findings] == ["no_customers"]
        assert result.segments.empty
        assert result.segments.columns.tolist() == SEGMENTS
        assert result.tiles == ()

    def test_one_segment_only(self) -> None:
        tables = company()
        tables["customers"] = tables["customers"].assign(industry="x", region="y")
        result = analyzed(tables)
        assert [f.key for f in result.findings] == ["no_dimensions"]

    def test_an_empty_period(self) -> None:
        tables = company(customers=40)
        quiet = tables["sales"][tables["sales"]["sold_at"].dt.month != 6]
        result = analyzed({**tables, "sales": quiet}, "2025-06")
        assert (result.segments["period_revenue"] == 0).all()
        assert result.shift["p_value"].isna().all()
        assert "nan" not in texts(result).lower()

    def test_one_row(self) -> None:
        tables = company(customers=2)
        result = analyzed({**tables, "sales": tables["sales"].head(1)})
        assert "nan" not in texts(result).lower()

    def test_only_returns(self) -> None:
        tables = company(customers=20)
        result = analyzed({**tables, "sales": tables["sales"].assign(amount=lambda f: -f["amount"])})
        assert result.segments["revenue_per_customer"].isna().all()
        assert not (result.tests["strength"] != "").any()
        assert "nan" not in texts(result).lower()

    def test_sales_of_customers_without_a_row_are_not_stated(self) -> None:
        tables = company(customers=40)
        tables["customers"] = tables["customers"].head(25)
        result = analyzed(tables)
        blank = row(result.segments, dimension="industry", segment="(not stated)")
        assert blank["customers"] == 15
        assert blank["verdict"] == "not_enough_data"
        assert result.segments.groupby("dimension")["customers"].sum().tolist() == [40, 40]

    def test_won_deals_stand_in_and_all_lost(self) -> None:
        tables = company(customers=30)
        ids = tables["customers"]["customer_id"]
        deals = pd.DataFrame(
            {"deal_id": [f"D{at}" for at in range(30)], "customer_id": ids,
             "status": ["won"] * 15 + ["lost"] * 15,
             "created_at": pd.Timestamp("2025-02-01"), "closed_at": pd.Timestamp("2025-03-01"), "amount": 5.0}
        )  # fmt: skip
        half = analyzed({"deals": deals, "customers": tables["customers"]})
        assert half.segments.groupby("dimension")["revenue"].sum().tolist() == [75.0, 75.0]
        assert any("each won deal counts as one order" in text for text in half.left_out)
        lost = analyzed({"deals": deals.assign(status="lost"), "customers": tables["customers"]})
        assert [f.key for f in lost.findings] == ["no_customers"]

    def test_frames_keep_their_kinds_when_empty(self) -> None:
        full, empty = of_company(), of_nobody()
        for name in ("segments", "profile", "cross", "shift", "tests"):
            assert empty.tables()[name].dtypes.to_dict() == full.tables()[name].dtypes.to_dict(), name

    def test_no_sentence_has_gaps_or_jargon(self, small: CustomerSegmentsResult) -> None:
        for result in (small, of_company(effect=3.0), analyzed(company(), "2025-03")):
            said = texts(result)
            assert not {"nan", "p-value", "bootstrap", "posterior", "None"} & set(said.split())
            assert set(result.segments["verdict"]) <= VERDICTS
            assert all(f.sentence.strip() and "{" not in f.sentence for f in result.findings)


def test_verdicts_are_of_the_family_of_tests() -> None:
    frame = pd.DataFrame({"p_value": [0.03, *[0.9] * 9], "difference": 1.0})
    alone, family = (
        judged(part, ["p_value", "p_adjusted", "strength", "verdict"], ["strength", "verdict"])
        for part in (frame.head(1), frame)
    )
    assert alone["verdict"].tolist() == ["higher"]
    # 0.03 times ten is 0.3
    assert family["p_adjusted"].iloc[0] == pytest.approx(0.3)
    assert set(family["verdict"]) == {"no_evidence"}


def test_shifts_are_judged_as_one_family() -> None:
    """Twenty segments that did not shift: one p-value is below 0.05, which says nothing among twenty."""
    draw = np.random.Generator(np.random.PCG64(12))
    customers, segments = 1200, 20
    codes = np.arange(customers) % segments
    book = SimpleNamespace(
        clients=pd.DataFrame(
            {
                "period_revenue": draw.exponential(100, customers),
                "previous_revenue": draw.exponential(100, customers),
            }
        ),
        windows=SimpleNamespace(comparison=("a", "b")),
        codes={"region": (codes, [f"r{at:02d}" for at in range(segments)])},
    )
    shift = shift_table(book)  # type: ignore[arg-type]
    p_value = np.sort(shift["p_value"].to_numpy())
    assert p_value[0] < 0.05
    assert (p_value * segments / np.arange(1, segments + 1)).min() > 0.10  # by hand, after Benjamini-Hochberg
    assert set(shift["verdict"]) == {"no_evidence"}


def test_spans_are_half_open() -> None:
    moments = pd.to_datetime(["2025-01-01", "2025-12-31 23:59", "2026-01-01", None], format="ISO8601")
    rows = ibis.memtable(pd.DataFrame({"at": moments}))
    span = pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01")
    held = rows.mutate(held=inside(rows["at"], span)).to_pandas()
    assert held.sort_values("at")["held"].tolist() == [True, True, False, False]


def test_deals_of_one_customer_do_not_count_as_many() -> None:
    """Twenty deals of each customer that end alike: limits wider than Wilson's, no false verdict."""
    found = 0
    for seed in range(3):
        tables = company(seed=seed, customers=40, segments=2)
        draw = np.random.Generator(np.random.PCG64(seed))
        buyer = np.repeat(np.arange(40), 20)
        status = np.where(draw.random(40) < 0.4, "won", "lost")[buyer]
        tables["deals"] = pd.DataFrame(
            {
                "deal_id": [f"D{at}" for at in range(len(buyer))],
                "customer_id": tables["customers"]["customer_id"].to_numpy()[buyer],
                "status": status,
                "created_at": pd.Timestamp("2025-02-01"),
                "closed_at": pd.Timestamp("2025-04-01"),
            }
        )
        result = analyzed(tables)
        rates = result.tests[result.tests["measure"] == "win_rate"]
        found += int((rates["p_value"] < 0.05).any())
        one = result.segments.iloc[0]
        plain = wilson(one["deals_won"], one["deals_closed"])
        assert one["win_high"] - one["win_low"] > 1.5 * (plain.high - plain.low)
        # all twenty deals of a customer end alike, so they say as much as one; 40 / 39 is for the mean
        weight = 39 / 40 / 20
        mine, others = (segments_of(result, "industry", at) * weight for at in (0, 1))
        limits = newcombe(*mine, *others)
        test = row(rates, dimension="industry", segment="s0")
        assert [test["points_low"], test["points_high"]] == pytest.approx([limits.low, limits.high])
    assert found <= 1  # counted deal by deal, all three companies have such a test
