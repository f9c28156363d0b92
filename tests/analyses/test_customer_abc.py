"""Which customers bring the money: windows, classes, migration, concentration."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.demo_company import demo_data, demo_result, demo_view

import crm_analysis as crm
from crm_analysis.analyses.customer_abc import RfmLimits, analyze
from crm_analysis.errors import ParameterError
from crm_analysis.stats.concentration import concentration
from crm_analysis.stats.concentration_change import measures

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.analyses.customer_abc import CustomerAbcResult


@pytest.fixture(scope="module")
def reference(root: Path) -> dict[str, Any]:
    return json.loads((root / "tests/reference/customer_abc.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> Any:
    return demo_data()


@pytest.fixture(scope="module")
def result() -> CustomerAbcResult:
    return demo_result("customer_abc", "2026-Q3")


def lines(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Order lines of ``(customer, day, amount)``, each its own order, or ``(…, order)``."""
    return pd.DataFrame(
        {
            "sale_id": [str(row[3]) if len(row) > 3 else f"S{at}" for at, row in enumerate(rows)],
            "customer_id": pd.Series([row[0] for row in rows], dtype="object"),
            "sold_at": pd.to_datetime([row[1] for row in rows]),
            "amount": [float(row[2]) for row in rows],
        }
    )


def analyzed(sales: pd.DataFrame, period: str, **kwargs: Any) -> CustomerAbcResult:
    return analyze(crm.load({"sales": sales}).view(period, **kwargs))


def by_customer(result: CustomerAbcResult, column: str) -> dict[str, Any]:
    return dict(zip(result.customers["customer_id"], result.customers[column], strict=True))


def two_years(seed: int = 0, customers: int = 60, falling: float = 1.0) -> pd.DataFrame:
    """Orders of customers of unequal size over 2024 and 2025; ``falling`` scales the money of 2025."""
    draw = np.random.Generator(np.random.PCG64(seed))
    size = np.exp(draw.normal(5, 1.2, customers))
    days = pd.date_range("2024-01-01", "2025-12-31")
    rows = []
    for at in range(customers):
        for day in days[np.sort(draw.choice(len(days), 14, replace=False))]:
            scale = falling if day.year == 2025 else 1.0
            rows.append((f"C{at:03d}", day, round(size[at] * scale * np.exp(draw.normal(0, 0.3)), 2)))
    return lines(*rows)


@cache
def of_two_years(seed: int) -> CustomerAbcResult:
    """Return the result of the second of these years, computed once for all tests that take it as it is."""
    return analyzed(two_years(seed), "2025")


class TestReferenceNumbers:
    def test_classes_and_concentration(self, reference: dict[str, Any]) -> None:
        case = reference["F01-abc"]
        rows: list[tuple[Any, ...]] = [("b", "2024-06-01", 1), ("b", "2025-06-30", -1)]
        for name, money in case["revenue"].items():
            # j bought and gave all back; k gave more back than it bought
            rows += [(name, "2025-03-03", max(money, 7)), (name, "2025-09-03", min(money - 7, 0))]
        rows += [("b", "2025-07-01", 1)]
        result = analyzed(lines(*(row for row in rows if row[2]), ("a", "2025-12-30", 0.01)), "2025")
        assert by_customer(result, "abc") == case["classes"]
        value = result.concentration.set_index("measure")["value"]
        assert value["gini"] == pytest.approx(case["gini"], abs=1e-5)
        assert value["hhi"] == pytest.approx(case["hhi"], abs=1e-4)

    def test_equal_customers_are_in_one_class(self) -> None:
        rows = [("a", "2025-02-01", 70), *((name, "2025-03-01", 10) for name in "bcd")]
        result = analyzed(lines(*rows, ("a", "2025-12-20", 0.0)), "2025")
        assert set(result.customers["abc"]) == {"A"}
        rows = [("a", "2025-02-01", 80), *((name, "2025-03-01", 10) for name in "bc")]
        classes = by_customer(analyzed(lines(*rows), "2025"), "abc")
        assert classes == {"a": "A", "b": "B", "c": "B"}

    def test_variation(self, reference: dict[str, Any]) -> None:
        case = reference["F02-xyz"]
        daily = [("b", day, 1) for day in pd.date_range("2025-07-01", "2025-12-31")]
        rows = [("a", f"2025-{month:02d}-15", x) for month, x in zip(range(7, 13), case["x"], strict=True)]
        result = analyzed(lines(*rows, *daily), "2025-12")
        row = result.customers.set_index("customer_id").loc["a"]
        assert row["cv"] == pytest.approx(case["cv"], abs=1e-9)
        assert row["xyz"] == "X"

    def test_purchase_interval(self, reference: dict[str, Any]) -> None:
        case = reference["F03-periodicity"]
        end = pd.Timestamp("2026-01-01")
        rows: list[tuple[Any, ...]] = [("older", "2024-12-01", 1), ("older", "2025-12-31", 1)]
        for name, watched, purchases in zip("abc", case["exposure_days"], case["purchases"], strict=True):
            first = end - pd.Timedelta(days=watched)
            days = [first + pd.Timedelta(days=step) for step in range(purchases + 1)]
            rows += [(name, day, 300 / len(days)) for day in days]
        table = analyzed(lines(*rows), "2025").classes.set_index("abc")
        assert table.loc["A", "customers"] == 3
        assert table.loc["A", "purchase_interval_days"] == pytest.approx(case["days_per_purchase"])


class TestByHand:
    def test_an_order_of_several_lines_is_one_order(self) -> None:
        rows = [("a", "2025-05-01", 60, "O1"), ("a", "2025-05-03", 40, "O1"), ("a", "2025-06-01", -10, "R1")]
        row = analyzed(lines(*rows), "2025-05-01..2025-06-30").customers.iloc[0]
        assert (row["orders"], row["revenue"], row["average_order"]) == (1, 90.0, 90.0)
        assert row["last_sold_at"] == pd.Timestamp("2025-05-01")
        assert row["recency_days"] == (pd.Timestamp("2025-06-02") - pd.Timestamp("2025-05-01")).days

    def test_migration(self) -> None:
        rows = [
            ("stays", "2024-03-01", 800), ("stays", "2025-03-01", 700),
            ("falls", "2024-03-01", 700), ("falls", "2025-03-01", 1),
            ("goes", "2024-05-01", 50),
            ("comes", "2025-05-01", 900),
            ("long ago", "2023-01-02", 10), ("long ago", "2025-12-31", 5),
            ("sleeps", "2023-01-02", 10),
        ]  # fmt: skip
        result = analyzed(lines(*rows), "2025")
        moves = {
            (row.from_class, row.to_class): (row.customers, row.revenue)
            for row in result.migration.itertuples()
        }
        assert moves == {
            ("new", "A"): (1, 900.0),
            ("A", "A"): (1, -100.0),
            ("A", "C"): (1, -699.0),
            ("C", "lost"): (1, -50.0),
            ("none", "C"): (1, 5.0),
            ("none", "none"): (1, 0.0),
        }
        assert by_customer(result, "previous_abc")["comes"] == "new"

    def test_a_large_customer_without_net_revenue_did_not_slide_down(self) -> None:
        sales = lines(
            ("c", "2023-01-01", 5), ("a", "2023-05-01", 80), ("b", "2023-05-01", 60),
            ("b", "2024-05-01", 60), ("b", "2024-05-09", -60), ("a", "2024-12-31", 80),
        )  # fmt: skip
        result = analyzed(sales, "2024")
        said = next(f for f in result.findings if f.key == "migration").sentence
        assert "none slid down to B or C, 1 ended without net revenue and none stopped buying" in said

    def test_differences_of_shares_are_told_in_points(self, result: CustomerAbcResult) -> None:
        units = result.tests.set_index("test")["unit"]
        assert set(units[["concentration", "retention", "retention_by_class"]]) == {"points"}

    def test_scores_have_fixed_limits(self) -> None:
        sales = lines(("a", "2025-12-31", 100), ("a", "2025-03-01", 899.99), ("b", "2024-01-05", 5))
        scores = by_customer(analyzed(sales, "2025"), "rfm")
        assert scores == {"a": "522", "b": "111"}
        tighter = RfmLimits(recency_days=(1, 2, 3, 4), orders=(1, 2, 3, 4), revenue=(1, 2, 3, 4))
        view = crm.load({"sales": sales}).view("2025")
        assert by_customer(analyze(view, rfm=tighter), "rfm")["a"] == "535"

    def test_limits_that_do_not_ascend(self) -> None:
        with pytest.raises(ParameterError, match="Four ascending"):
            RfmLimits(orders=(2, 3, 3, 12))

    def test_classes_of_a_month_rest_on_the_year(self) -> None:
        rows = [
            ("big", "2025-02-10", 900),
            ("small", "2025-12-10", 10),
            ("small", "2024-01-02", 10),
            ("big", "2024-01-05", 9),
        ]
        result = analyzed(lines(*rows, ("small", "2025-12-30", 1)), "2025-12")
        assert by_customer(result, "abc") == {"big": "A", "small": "C"}
        assert by_customer(result, "revenue") == {"big": 900.0, "small": 11.0}
        assert by_customer(result, "period_revenue") == {"big": 0.0, "small": 11.0}
        span = result.totals.set_index("span").loc["window"]
        assert (span["first_day"], span["last_day"]) == (
            pd.Timestamp("2025-01-01"),
            pd.Timestamp("2025-12-31"),
        )

    def test_lines_without_a_customer_are_nobodys(self) -> None:
        rows = [("a", "2025-02-10", 60), (None, "2025-03-10", 30), (None, "2025-12-30", 10)]
        result = analyzed(lines(*rows), "2025")
        window = result.totals.iloc[0]
        assert (window["revenue"], window["of_customers"], window["without_customer"]) == (100.0, 60.0, 40.0)
        assert result.customers["customer_id"].tolist() == ["a"]
        finding = next(f for f in result.findings if f.key == "without_customer")
        assert finding.value == pytest.approx(0.4)


class TestSums:
    @pytest.mark.parametrize("period", ["2026-10", "2026-Q3", "2025", "2024-W20", "2024-02"])
    def test_everything_adds_up_to_the_cent(self, period: str) -> None:
        result, view = demo_result("customer_abc", period), demo_view(period)
        totals = result.totals.set_index("span")
        change = totals.loc["window", "of_customers"] - totals.loc["window before", "of_customers"]
        assert result.migration["revenue"].sum() == pytest.approx(change, abs=0.005)
        change = totals.loc["period", "of_customers"] - totals.loc["comparison", "of_customers"]
        assert result.migration["period_revenue"].sum() == pytest.approx(change, abs=0.005)
        for column, span in (("revenue", "window"), ("period_revenue", "period")):
            for table in (result.customers, result.classes, result.matrix):
                assert table[column].sum() == pytest.approx(totals.loc[span, "of_customers"], abs=0.005)
        sold = view.sales.filter(view.sales.customer_id.notnull()).amount.sum().to_pandas()
        assert totals.loc["period", "of_customers"] == pytest.approx(sold, abs=0.005)
        assert result.classes["customers"].sum() == len(result.customers) == result.matrix["customers"].sum()
        assert result.migration["customers"].sum() == len(result.customers)
        assert result.customers["customer_id"].is_unique

    def test_a_year_is_its_own_window(self) -> None:
        totals = demo_result("customer_abc", "2025").totals.set_index("span")
        assert totals.loc["window", "revenue"] == totals.loc["period", "revenue"]
        assert totals.loc["window before", "revenue"] == totals.loc["comparison", "revenue"]

    def test_names_do_not_multiply_customers(self, demo: Any, result: CustomerAbcResult) -> None:
        names = demo.table("customers").to_pandas().set_index("customer_id")["name"]
        assert (result.customers["name"] == result.customers["customer_id"].map(names)).all()


class TestRelations:
    def test_the_order_of_rows_does_not_matter(self) -> None:
        first = of_two_years(0)
        second = analyzed(two_years().sample(frac=1, random_state=3).reset_index(drop=True), "2025")
        for name, table in first.tables().items():
            pd.testing.assert_frame_equal(table, second.tables()[name], check_exact=True)
        assert first.findings == second.findings

    def test_doubling_the_lines_doubles_the_money_only(self) -> None:
        sales = two_years()
        once, twice = of_two_years(0), analyzed(pd.concat([sales, sales]), "2025")
        np.testing.assert_allclose(twice.customers["revenue"], 2 * once.customers["revenue"])
        for column in ("customer_id", "abc", "orders", "share", "xyz"):
            assert twice.customers[column].tolist() == once.customers[column].tolist() or (
                column == "share" and np.allclose(twice.customers[column], once.customers[column])
            )
        np.testing.assert_allclose(twice.concentration["value"], once.concentration["value"])
        np.testing.assert_allclose(twice.migration["revenue"], 2 * once.migration["revenue"], atol=1e-6)

    def test_later_rows_change_nothing(self) -> None:
        sales = two_years()
        later = lines(*((f"C{at:03d}", "2026-02-01", 1e6) for at in range(0, 80, 2)))
        later["sale_id"] = "L" + later["sale_id"]
        before, after = analyzed(sales, "2025-Q3"), analyzed(pd.concat([sales, later]), "2025-Q3")
        for name, table in before.tables().items():
            pd.testing.assert_frame_equal(table, after.tables()[name], check_exact=True)
        assert before.findings == after.findings
        assert before.tiles == after.tiles


class TestVerdicts:
    def test_growing_concentration_is_found(self) -> None:
        sales = two_years(customers=150)
        top = sales.groupby("customer_id")["amount"].sum().nlargest(40).index
        rising = sales["customer_id"].isin(top) & (sales["sold_at"] >= "2025-01-01")
        sales.loc[rising, "amount"] *= 4
        finding = next(f for f in analyzed(sales, "2025").findings if f.key == "concentration")
        assert finding.verdict == "changed"
        assert finding.p_adjusted is not None
        assert finding.p_adjusted < 0.1

    def test_steady_concentration_is_not(self) -> None:
        found = [
            next(f for f in of_two_years(seed).findings if f.key == "concentration").verdict
            for seed in range(3)
        ]
        assert found.count("changed") <= 1

    def test_scaling_all_money_is_no_change_of_concentration(self) -> None:
        table = analyzed(two_years(falling=0.2), "2025").concentration.set_index("measure")
        assert table.loc["gini", "difference_low"] < 0 < table.loc["gini", "difference_high"]

    def test_gini_of_a_lognormal_company(self) -> None:
        # lognormal with log sd 1: Gini = 2 Phi(1 / sqrt 2) - 1 = 0.5205
        draw = np.random.Generator(np.random.PCG64(5))
        rows = [(f"C{at}", "2025-06-01", round(float(np.exp(draw.normal(5, 1))), 2)) for at in range(1500)]
        table = analyzed(lines(*rows, ("C1", "2025-12-30", 1)), "2025").concentration.set_index("measure")
        assert table.loc["gini", "value"] == pytest.approx(0.5205, abs=0.03)
        assert 0.015 < table.loc["gini", "high"] - table.loc["gini", "low"] < 0.06

    def test_no_figure_is_written_as_nan(self) -> None:
        for period in ("2022-11", "2023-02", "2026-10"):
            for finding in demo_result("customer_abc", period).findings:
                assert "nan" not in finding.sentence.lower().split()
                assert "{" not in finding.sentence
                assert "  " not in finding.sentence


class TestPlantedTruths:
    def test_gini(self, root: Path) -> None:
        text = (root / "data/demo/TRUTH.md").read_text(encoding="utf-8")
        blocks = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
        gini = next(value for block in blocks for value in _values(json.loads(block), "gini"))
        row = demo_result("customer_abc", "2025").concentration.set_index("measure").loc["gini"]
        assert abs(row["value"] - gini) < 0.06

    def test_rhythm(self) -> None:
        # all are repeat customers with intervals around the planted median; A buys no more seldom than C
        table = demo_result("customer_abc", "2025").classes.set_index("abc")
        assert 40 < table.loc["A", "purchase_interval_days"] < table.loc["C", "purchase_interval_days"] < 160


def _values(tree: Any, key: str) -> Any:
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from _values(value, key)


class TestEdges:
    def test_one_customer(self) -> None:
        result = analyzed(lines(("a", "2025-02-10", 60), ("a", "2025-12-30", 5)), "2025")
        assert result.customers["abc"].tolist() == ["A"]
        assert np.isnan(result.concentration["low"]).all()
        assert "single customer" in result.findings[0].sentence

    def test_all_alike(self) -> None:
        rows = [(f"C{at}", day, 10) for at in range(10) for day in ("2024-12-30", "2025-12-30", "2024-01-02")]
        result = analyzed(lines(*rows), "2025")
        assert set(result.customers["abc"]) == {"A"}
        assert result.concentration.set_index("measure").loc["gini", "value"] == pytest.approx(0)

    def test_only_returns(self) -> None:
        result = analyzed(lines(("a", "2025-02-10", -60), ("b", "2025-12-30", -5)), "2025")
        assert set(result.customers["abc"]) == {"negative"}
        assert result.customers["first_sold_at"].isna().all()
        assert result.concentration.empty

    def test_sums_that_cancel_are_nothing_not_dust(self) -> None:
        rows = [
            ("a", "2025-02-10", 10.1),
            ("a", "2025-02-11", 20.2),
            ("a", "2025-03-01", -30.3),
            ("b", "2025-12-30", 1),
        ]
        assert by_customer(analyzed(lines(*rows), "2025"), "abc")["a"] == "none"

    def test_no_customer_named(self) -> None:
        result = analyzed(lines((None, "2025-02-10", 60), (None, "2025-12-30", 5)), "2025")
        assert [f.key for f in result.findings] == ["no_customers"]
        assert all(table.empty for name, table in result.tables().items() if name != "totals")
        assert result.left_out

    def test_won_deals_stand_in(self) -> None:
        deals = pd.DataFrame(
            {
                "deal_id": ["1", "2", "3"],
                "customer_id": ["a", "a", "b"],
                "status": ["won", "won", "lost"],
                "amount": [10.0, 20.0, 99.0],
                "created_at": pd.to_datetime(["2025-01-05", "2025-02-05", "2025-02-05"]),
                "closed_at": pd.to_datetime(["2025-02-01", "2025-12-20", "2025-12-30"]),
            }
        )
        result = analyze(crm.load({"deals": deals}).view("2025"))
        assert by_customer(result, "revenue") == {"a": 30.0}
        assert by_customer(result, "orders") == {"a": 2}
        assert any("won deal" in text for text in result.left_out)

    def test_short_records_make_both_windows_shorter(self) -> None:
        days = pd.date_range("2025-01-01", "2025-06-30", freq="3D")
        rows = [(f"C{at % 7}", day, 10 + at % 5) for at, day in enumerate(days)]
        result = analyzed(lines(*rows), "2025-06")
        spans = result.totals.set_index("span")
        assert spans.loc["window", "first_day"] == pd.Timestamp("2025-02-01")
        assert spans.loc["window before", "first_day"] == pd.Timestamp("2025-01-01")
        assert spans.loc["window before", "last_day"] == pd.Timestamp("2025-05-31")
        assert any("too short for twelve" in note for note in result.context.notes)

    def test_limits_come_from_the_settings(self, demo: Any, result: CustomerAbcResult) -> None:
        share = result.classes.set_index("abc").loc["A", "share"]
        largest = result.customers.loc[result.customers["abc"] == "A", "share"].min()
        low = demo.settings.abc_limits[0]
        assert share - largest < low <= share + 1e-9


@pytest.fixture(scope="module")
def real(root: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    def opened(name: str) -> Any:
        config = root / "examples" / name / "crm.toml"
        folder = tmp_path_factory.mktemp(name)
        (folder / "crm.toml").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
        for file in (shared_data / name).iterdir():
            shutil.copy(file, folder)
        return crm.load(folder / "crm.toml")

    return opened


class TestRealSets:
    def test_online_retail(self, real: Any) -> None:
        view = real("uci-online-retail").view("2010-12-01..2011-12-09")
        result = analyze(view)
        window = result.totals.iloc[0]
        assert window["revenue"] == pytest.approx(9_747_747.93, abs=0.01)
        assert len(result.customers) == 4372
        assert result.concentration.set_index("measure").loc["top_20", "value"] > 0.6
        month = analyze(real("uci-online-retail").view("2011-12"))
        assert any("9 of 31 days" in note for note in month.context.notes)
        assert "2011-12" not in month.cohorts["cohort"].dt.strftime("%Y-%m").tolist()

    def test_accounts_that_all_come_back(self, real: Any) -> None:
        result = analyze(real("maven-crm").view("2017"))
        assert len(result.customers) == 85
        assert result.totals.iloc[0]["of_customers"] == pytest.approx(10_005_534)
        assert next(f for f in result.findings if f.key == "retention").value == 1.0

    def test_deals_without_clients(self, real: Any) -> None:
        result = analyze(real("ringostat-deals").view("2024-03"))
        assert result.customers.empty
        assert [f.verdict for f in result.findings] == ["not_enough_data"]


def test_measures_of_a_resample_are_those_of_the_whole() -> None:
    # the paired measures are written for customers without money; with all of them once they must agree
    money = np.sort(np.exp(np.random.Generator(np.random.PCG64(7)).normal(4, 1.3, 217)))[::-1]
    padded = np.concatenate([money, np.zeros(40)])
    paired = measures(padded, np.ones((2, len(padded)), dtype=np.int64))
    expected = concentration(money, draws=1)["value"].to_numpy()
    np.testing.assert_allclose(paired, [expected, expected], rtol=1e-12)
