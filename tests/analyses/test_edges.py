"""Companies at the edge: hardly any rows, nothing sold or closed, names and amounts that nobody expects."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.analyses._summary_records import TITLES
from crm_analysis.errors import DataError, MissingTableError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore::crm_analysis.errors.DataWarning")

_DAYS = [
    start + pd.Timedelta(days=day)
    for start in pd.date_range("2024-01-01", periods=26, freq="MS")
    for day in (1, 4, 9, 15, 22, 26)
]


def sales(*, amounts: float = 1.0, customers: int = 7, skip: str = "") -> pd.DataFrame:
    """Return six order lines a month for 26 months; ``skip`` is a month in which nothing was sold."""
    frame = pd.DataFrame(
        {
            "sale_id": [f"S{i}" for i in range(len(_DAYS))],
            "customer_id": [f"C{i % customers}" for i in range(len(_DAYS))],
            "sold_at": _DAYS,
            "amount": [(100.0 + i % 13) * amounts for i in range(len(_DAYS))],
        }
    )
    return frame[frame["sold_at"].dt.strftime("%Y-%m") != skip]


def deals(status: str, *, amount: float | None = 100.0, count: int = len(_DAYS)) -> pd.DataFrame:
    """Return deals of one status, each closed ten days after it was made."""
    made = pd.Series(_DAYS[:count])
    return pd.DataFrame(
        {
            "deal_id": [f"D{i}" for i in range(count)],
            "customer_id": [f"C{i % 4}" for i in range(count)],
            "owner": "Ann",
            "status": status,
            "amount": amount,
            "created_at": made,
            "closed_at": made + pd.Timedelta(days=10) if status != "open" else pd.NaT,
        }
    )


def _plan(amount: float) -> pd.DataFrame:
    return pd.DataFrame({"period": ["2025-11"], "amount": [amount]})


COMPANIES: dict[str, tuple[dict[str, pd.DataFrame], str]] = {
    "one sale": ({"sales": sales().head(1)}, "2024-01"),
    "one deal won": ({"deals": deals("won", count=1)}, "2024-01"),
    "one deal lost": ({"deals": deals("lost", count=1)}, "2024-01"),
    "one deal open": ({"deals": deals("open", count=1)}, "2024-01"),
    "all lost": ({"deals": deals("lost")}, "2025-11"),
    "all open": ({"deals": deals("open")}, "2025-11"),
    "all won without amounts": ({"deals": deals("won", amount=None)}, "2025-11"),
    "a month without sales": ({"sales": sales(skip="2025-11")}, "2025-11"),
    "a month with nothing but deals": ({"sales": sales(skip="2025-11"), "deals": deals("won")}, "2025-11"),
    "only returns": ({"sales": sales(amounts=-1), "targets": _plan(500.0)}, "2025-11"),
    "nothing but gifts": ({"sales": sales(amounts=0)}, "2025-11"),
    "one customer": ({"sales": sales(customers=1)}, "2025-11"),
    "three customers": ({"sales": sales(customers=3)}, "2025-11"),
    "amounts of 1e15": ({"sales": sales(amounts=1e13)}, "2025-11"),
    "data that begin late": ({"sales": sales().tail(2)}, "2026-02"),
    "data that end early": ({"sales": sales().head(133)}, "2025-11"),
    "one day": ({"sales": sales()}, "2025-11-05..2025-11-05"),
}


@pytest.fixture(scope="module", params=COMPANIES)
def company(request: pytest.FixtureRequest) -> tuple[str, tuple[Any, ...]]:
    """Return the name of a company and the results of all analyses that it can feed."""
    return request.param, _results(request.param)


@cache
def _view(name: str) -> crm.PeriodView:
    frames, period = COMPANIES[name]
    return crm.load(frames).view(period)


@cache
def _result(stem: str, name: str) -> Any:
    return getattr(crm, stem).analyze(_view(name))


@cache
def _results(name: str) -> tuple[Any, ...]:
    """Return the results of the analyses that the data can feed; the others say what is missing."""
    results = []
    for stem in TITLES:
        with suppress(MissingTableError, DataError):
            results.append(_result(stem, name))
    assert {"sales_dynamics", "customer_abc"} <= {result.stem for result in results}
    return tuple(results)


def _sentences(results: tuple[Any, ...]) -> Iterator[str]:
    for result in results:
        yield from (finding.sentence for finding in result.findings)
        yield from result.left_out


def test_no_sentence_tells_a_figure_that_is_not_there(company: tuple[str, tuple[Any, ...]]) -> None:
    # a dash stands for a missing figure; between two days it is a span
    holes = re.compile(r"\b(nan|inf|NaT)\b|\bNone\b(?! of| was| is)|(?<!\d) – | – (?![A-Z])|\(–|–%|  ")
    said = list(_sentences(company[1]))
    assert said
    assert not [sentence for sentence in said if holes.search(sentence)]


def test_no_sentence_counts_in_nothing(company: tuple[str, tuple[Any, ...]]) -> None:
    odd = re.compile(r"\b[Oo]f 0 |\b0 of [01] deals|\b1 (orders|deals|days)\b|: 0, who")
    assert not [sentence for sentence in _sentences(company[1]) if odd.search(sentence)]


def test_tiles_and_findings_can_be_published(company: tuple[str, tuple[Any, ...]]) -> None:
    for result in company[1]:
        assert result.findings
        for tile in result.tiles:
            assert tile.value == tile.value
            assert (tile.low is None) == (tile.high is None)
            assert all(limit is None or limit == limit for limit in (tile.low, tile.high))
        shown = [crm.table(result, name, name)._repr_html_() for name in result.tables()]
        assert not [html for html in shown if re.search(r">(nan|None|NaT|inf)<", html)]


def _said(name: str) -> dict[str, str]:
    results = [_result(stem, name) for stem in ("sales_dynamics", "customer_abc")]
    return {finding.key: finding.sentence for result in results for finding in result.findings}


def test_all_lost_and_all_open_are_said_once() -> None:
    lost, still_open = _said("all lost"), _said("all open")
    assert lost["revenue"] == still_open["revenue"] == "Nothing was sold in November 2025."
    assert "None of the 6 deals closed in November 2025 was won, after" in lost["win_rate"]
    assert still_open["win_rate"] == "No deal was closed in November 2025."
    assert not {"revenue_trend", "quarter_end"} & {*lost, *still_open}  # nothing was ever sold


def test_a_single_deal_is_no_rate() -> None:
    assert _said("one deal lost")["win_rate"] == "The one deal closed in January 2024 was lost."
    assert _said("one deal won")["win_rate"] == "The one deal closed in January 2024 was won."


def test_deals_won_without_amounts_are_not_called_nothing() -> None:
    assert "6 deals were won" in _said("all won without amounts")["revenue"]
    assert _said("a month with nothing but deals")["revenue"] == (
        "No sale with an amount is recorded in November 2025, although 6 deals had been won."
    )


def test_only_returns() -> None:
    said = _said("only returns")
    assert said["plan"].startswith("Nothing of the plan for November 2025 was met: more was returned")
    assert said["migration"].startswith("No customer had a class")
    assert said["new_lost"].startswith("No customer is new and none was lost")


def test_few_customers_have_no_top_fifth() -> None:
    result = _result("customer_abc", "three customers")
    said = {finding.key: finding.sentence for finding in result.findings}
    assert said["concentration"].endswith("only 3 customers brought all of the revenue.")
    assert said["dependence"].startswith("The largest of the 3 customers")
    assert "top_20" not in {tile.key for tile in result.tiles}


def test_without_a_comparison_no_tile_claims_a_change() -> None:
    result = _result("customer_abc", "data that begin late")
    assert {tile.change for tile in result.tiles} == {None}


def test_a_month_the_data_begin_in_is_not_called_cut_off_at_its_end() -> None:
    assert "is covered in part only, February" in _said("data that begin late")["part_month"]
    assert "only up to November" in _said("data that end early")["part_month"]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("$x$ **b**", "$x$ **b**"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("two\nlines", "two lines"),
        ("L" * 300, "L" * 59 + "…"),
    ],
)
def test_hostile_names_are_readable_in_sentences_and_whole_in_tables(name: str, seen: str) -> None:
    bought = sales(customers=6)
    bought.loc[bought["customer_id"] == "C0", "amount"] *= 10
    named = pd.DataFrame({"customer_id": ["C0"], "name": [name]})
    result = crm.customer_abc.analyze(crm.load({"sales": bought, "customers": named}).view("2025-11"))
    said = next(finding for finding in result.findings if finding.key == "dependence")
    assert f"The largest customer, {seen}, brought" in said.sentence
    assert result.customers["name"].iloc[0] == name
    assert "<script>" not in crm.table(result, "customers", "x")._repr_html_()
    assert "<script>" not in result.findings._repr_html_()


def test_an_amount_no_company_has_is_set_aside() -> None:
    rows = sales()
    rows["amount"] = rows["amount"].astype(float)
    rows.loc[rows.index[:3], "amount"] = [1e300, -1e19, 1e15]
    rejects = crm.load({"sales": rows}).audit.rejects
    assert rejects["column"].tolist() == ["amount", "amount"]
    assert rejects["reason"].tolist() == ["beyond 1e+18", "beyond 1e+18"]
