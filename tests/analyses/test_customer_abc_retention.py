"""Do customers stay: cohorts, buying again, survival by class, and who is overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_result

import crm_analysis as crm
from crm_analysis.analyses._abc.classes import typical_interval
from crm_analysis.analyses._abc.purchases import Purchases
from crm_analysis.analyses._abc.retention import follow_ups, lapse_multiple, pause_ratios, rhythms
from crm_analysis.analyses.customer_abc import analyze

if TYPE_CHECKING:
    from crm_analysis.analyses.customer_abc import CustomerAbcResult


def sales(orders: dict[str, list[str]], amount: dict[str, float] | None = None) -> pd.DataFrame:
    rows = [(name, day) for name, days in orders.items() for day in days]
    money = amount or {}
    return pd.DataFrame(
        {
            "sale_id": [f"S{at}" for at in range(len(rows))],
            "customer_id": [name for name, _ in rows],
            "sold_at": pd.to_datetime([day for _, day in rows]),
            "amount": [money.get(name, 100.0) for name, _ in rows],
        }
    )


def every(days: int, first: str, last: str) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(first, last, freq=f"{days}D")]


def analyzed(frame: pd.DataFrame, period: str) -> CustomerAbcResult:
    return analyze(crm.load({"sales": frame}).view(period))


def purchases(frame: pd.DataFrame, end: str) -> Purchases:
    codes, ids = pd.factorize(frame["customer_id"], sort=True)
    days = pd.DataFrame({"client": codes, "day": frame["sold_at"], "revenue": frame["amount"], "orders": 1})
    days = days.sort_values(["client", "day"], ignore_index=True)
    return Purchases(np.asarray(ids, dtype=object), days, days.iloc[:0], pd.Timestamp(end))


def finding(result: CustomerAbcResult, key: str) -> Any:
    return next(f for f in result.findings if f.key == key)


class TestCohorts:
    FRAME = sales(
        {
            "a": ["2025-01-10", "2025-02-10", "2025-04-10"],
            "b": ["2025-01-20", "2025-01-25", "2025-04-11"],
            "c": ["2025-02-01", "2025-03-01"],
            "late": ["2025-04-02"],
            "filler": every(5, "2025-01-02", "2025-04-30"),
        }
    )

    def test_by_hand(self) -> None:
        table = analyzed(self.FRAME, "2025-04").cohorts
        cells = {(f"{r.cohort:%m}", r.month_number): (r.customers, r.retained) for r in table.itertuples()}
        assert cells == {
            ("01", 0): (3, 3), ("01", 1): (3, 2), ("01", 2): (3, 1), ("01", 3): (3, 3),
            ("02", 0): (1, 1), ("02", 1): (1, 1), ("02", 2): (1, 0),
            ("04", 0): (1, 1),
        }  # fmt: skip
        assert (table["share"] == table["retained"] / table["customers"]).all()

    def test_a_month_that_is_not_over_has_no_cell(self) -> None:
        table = analyzed(self.FRAME, "2025-04-01..2025-04-15").cohorts
        assert table["cohort"].max() == pd.Timestamp("2025-02-01")
        assert table.groupby("cohort")["month_number"].max().tolist() == [2, 1]

    def test_many_months_become_quarters(self) -> None:
        frame = sales({f"C{at}": every(40, f"202{at}-02-03", "2025-12-30") for at in range(1, 6)})
        table = analyzed(frame, "2025-12").cohorts
        assert set(table["cohort"].dt.month) == {1}
        assert set(table["month_number"] % 3) == {0}
        assert table.loc[table["cohort"] == "2025-01-01", "month_number"].tolist() == [0, 3, 6, 9]

    def test_newcomers_are_those_of_the_months(self) -> None:
        tables = {
            "sales": sales(
                {"a": ["2025-01-05"], "b": ["2025-02-05"], "old": ["2025-02-06"], "z": ["2025-04-01"]}
            ),
            "customers": pd.DataFrame(
                {
                    "customer_id": ["a", "b", "old"],
                    "created_at": pd.to_datetime(["2024-01-01", "2025-02-01", "2024-06-01"]),
                }
            ),
        }
        result = crm.customer_abc.analyze(crm.load(tables).view("2025-04"))
        began = result.cohorts.drop_duplicates("cohort").set_index("cohort")["customers"]
        assert began[pd.Timestamp("2025-01-01")] == 1
        assert began[pd.Timestamp("2025-02-01")] == result.monthly["new_customers"].iloc[1] == 1

    def test_quarters_are_named_as_quarters(self) -> None:
        result = analyzed(sales({"a": every(20, "2022-01-02", "2025-06-30")}), "2025-06")
        assert result.latest_cohorts["cohort"].tolist() == ["Q1 2022"]


class TestBuyingAgain:
    def test_spans_of_two_years(self) -> None:
        now, before = follow_ups(purchases(sales({"a": every(30, "2022-01-03", "2025-12-20")}), "2026-01-01"))
        assert now is not None
        assert before is not None
        assert now.base == (pd.Timestamp("2024-01-01"), pd.Timestamp("2025-01-01"))
        assert now.after == (pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01"))
        assert before.after == now.base

    def test_counts_by_hand_and_change_found(self) -> None:
        orders = {"filler": every(7, "2022-01-03", "2024-12-30")}
        for at in range(60):
            # 54 of 60 came back in 2023, 24 of 60 in 2024
            orders[f"old{at}"] = ["2022-05-05", *(["2023-05-05"] if at < 54 else [])]
            orders[f"new{at}"] = ["2023-06-05", *(["2024-05-05"] if at < 24 else [])]
        result = analyzed(sales(orders), "2024")
        said = finding(result, "retention")
        assert said.value == pytest.approx((24 + 1) / (60 + 54 + 1))
        assert said.verdict == "worsened"
        assert said.strength == "strong"
        assert "25 of 115" in said.sentence

    def test_too_short_a_history(self) -> None:
        result = analyzed(sales({"a": every(9, "2025-01-02", "2025-04-29")}), "2025-04")
        assert finding(result, "retention").verdict == "not_enough_data"
        assert result.retention.empty
        assert any("six months" in text for text in result.left_out)


class TestSurvival:
    @staticmethod
    def company(leaving: tuple[int, int]) -> pd.DataFrame:
        """Thirty large and thirty small customers buy every thirty days; some leave in spring 2025."""
        orders, amount = {"filler": every(3, "2024-01-02", "2025-12-30")}, {"filler": 1.0}
        for group, money, left in (("large", 1000.0, leaving[0]), ("small", 30.0, leaving[1])):
            for at in range(30):
                name = f"{group}{at}"
                last = "2025-03-15" if at < left else "2025-12-31"
                orders[name] = every(30, f"2024-01-{at % 25 + 2:02d}", last)
                amount[name] = money
        return sales(orders, amount)

    def test_a_class_that_leaves(self) -> None:
        result = analyzed(self.company((0, 20)), "2025")
        last = result.retention.groupby("abc").last()
        assert last.loc["A", "retained"] == 1.0
        classes = result.retention["abc"].unique().tolist()
        assert last.loc[classes[-1], "retained"] == pytest.approx(10 / 30, abs=0.06)
        said = finding(result, "retention_by_class")
        assert (said.verdict, said.strength) == ("note", "strong")

    def test_classes_that_stay_alike(self) -> None:
        said = finding(analyzed(self.company((8, 8)), "2025"), "retention_by_class")
        assert said.verdict == "no_evidence"

    def test_the_future_does_not_choose_the_class(self) -> None:
        frame = self.company((10, 10))
        before = analyzed(frame, "2025").retention
        # the large ones who stay spend a fortune while they are watched
        rich = frame["customer_id"].str.startswith("small") & (frame["sold_at"] >= "2025-01-01")
        after = analyzed(frame.assign(amount=frame["amount"].where(~rich, 1e6)), "2025").retention
        pd.testing.assert_frame_equal(before, after)

    def test_curve_falls_from_one(self) -> None:
        table = demo_result("customer_abc", "2025").retention
        for _, rows in table.groupby("abc"):
            assert rows["retained"].iloc[0] == 1.0
            assert rows["days_followed"].is_monotonic_increasing
            assert rows["retained"].is_monotonic_decreasing
            inside = rows.dropna(subset=["low"])
            assert (inside["low"] <= inside["retained"]).all()
            assert (inside["retained"] <= inside["high"]).all()


class TestRhythm:
    def test_pause_against_the_other_pauses(self) -> None:
        # pauses of 10, 10, 40: 10 / 25, 10 / 25, 40 / 10
        bought = purchases(
            sales({"a": ["2025-01-01", "2025-01-11", "2025-01-21", "2025-03-02"], "b": ["2025-01-01"]}),
            "2026-01-01",
        ).bought
        assert pause_ratios(bought).tolist() == [0.4, 0.4, 4.0]
        assert lapse_multiple(bought) == 3.0  # too few pauses to learn from

    def test_rhythm_is_drawn_toward_the_class(self) -> None:
        frame = sales(
            {
                "a": every(10, "2025-01-01", "2025-01-31"),
                "b": ["2025-01-01", "2025-02-10"],
                "c": ["2025-01-05"],
            }
        )
        classes = np.array(["A", "A", "A"], dtype=object)
        # the class: 3 pauses of 10 and one of 40, mean 17.5
        expected = [(30 + 17.5) / 4, (40 + 17.5) / 2, 17.5]
        assert rhythms(purchases(frame, "2026-01-01").bought, classes, 3).tolist() == expected

    def test_typical_interval_counts_each_customer_once_and_those_who_wait(self) -> None:
        orders = {f"often{at}": every(10, "2025-01-01", "2025-12-01") for at in range(2)}
        orders |= {f"seldom{at}": ["2025-01-01", "2025-07-20"] for at in range(3)}
        orders |= {"once": ["2025-01-01"]}
        assert typical_interval(purchases(sales(orders), "2026-01-01")) == 200
        assert np.isnan(typical_interval(purchases(sales({"a": ["2025-05-05"]}), "2026-01-01")))


class TestDue:
    FRAME = sales(
        {f"steady{at}": every(30, f"2025-01-{at + 1:02d}", "2025-12-31") for at in range(25)}
        | {"late": every(30, "2025-01-05", "2025-08-20"), "twice": ["2025-03-01", "2025-03-20"]},
        {"late": 500.0, "twice": 400.0},
    )

    def test_the_late_one_is_found_with_its_money(self) -> None:
        result = analyzed(self.FRAME, "2025-12")
        row = result.due.iloc[0]
        assert result.due["customer_id"].tolist() == ["late"]
        assert row["rhythm_days"] == 30
        assert row["silence_days"] == (pd.Timestamp("2026-01-01") - row["last_sold_at"]).days
        assert row["money_at_stake"] == 500.0 * row["orders"]
        assert row["probability"] <= 0.10
        said = finding(result, "overdue")
        assert (said.department, said.money) == ("sales", row["money_at_stake"])

    def test_two_purchases_make_no_rhythm(self) -> None:
        assert "twice" not in analyzed(self.FRAME, "2025-12").due["customer_id"].tolist()

    def test_nobody_late(self) -> None:
        steady = self.FRAME[self.FRAME["customer_id"].str.startswith("steady")]
        result = analyzed(steady, "2025-12")
        assert result.due.empty
        assert finding(result, "overdue").sentence.startswith("None of the")


class TestCourse:
    @staticmethod
    def shop(last: int) -> pd.DataFrame:
        """A shop whose buyers go from 40 a month to ``last`` over three years, evenly but for noise."""
        draw = np.random.Generator(np.random.PCG64(1))
        orders: dict[str, list[str]] = {}
        for at, month in enumerate(pd.date_range("2023-01-01", "2025-12-01", freq="MS")):
            count = round(40 + (last - 40) * at / 35 + draw.normal(0, 2))
            for name in draw.choice(120, count, replace=False):
                day = month + pd.Timedelta(days=int(draw.integers(0, 27)))
                orders.setdefault(f"C{name}", []).append(f"{day:%Y-%m-%d}")
        return sales(orders)

    @pytest.mark.parametrize(("last", "said"), [(80, "improved"), (40, "no_evidence"), (15, "worsened")])
    def test_verdicts(self, last: int, said: str) -> None:
        assert finding(analyzed(self.shop(last), "2025-12"), "buyers").verdict == said

    def test_first_year_of_new_customers_is_not_tested(self) -> None:
        result = analyzed(self.shop(40), "2025-12")
        assert finding(result, "new_customers").n == 24
        assert result.monthly["new_customers"].sum() == len(result.customers)

    def test_part_month_is_marked(self) -> None:
        monthly = analyzed(self.shop(40), "2025-12-01..2025-12-10").monthly
        assert monthly["partial"].tolist() == [False] * 35 + [True]

    def test_tiles(self) -> None:
        result = analyzed(self.shop(40), "2025-12")
        tiles = {tile.key: tile for tile in result.tiles}
        buyers = tiles.pop("customers")
        assert list(tiles) == ["active_customers", "a_customers", "top_20", "retained", "overdue_money"]
        assert tiles["active_customers"].label == "Customers with an order, 12 months"
        # the verdict stands where the figure is that was tested, the customers of a month
        assert buyers.verdict == finding(result, "buyers").verdict
        assert list(buyers.series) == result.monthly["customers"].tolist()
        assert buyers.value == buyers.series[-1]
        assert tiles["active_customers"].verdict == "note"
        for tile in tiles.values():
            if tile.series:
                assert tile.series[-1] == pytest.approx(tile.value)
                assert len(tile.series) == 13
