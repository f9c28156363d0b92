"""The summary: what it collects, in which order, and what it says is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from tests.small_company import frames

import crm_analysis as crm
from crm_analysis.analyses import _summary_records
from crm_analysis.columns import is_declared
from crm_analysis.errors import MissingTableError, ReportError
from crm_analysis.findings import Finding
from crm_analysis.tiles import Tile

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.view import PeriodView


@pytest.fixture(scope="module")
def view() -> PeriodView:
    return crm.load(frames()).view("2026-02")


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a runner leaves results."""
    monkeypatch.setenv("CRM_ANALYSIS_OUT", str(tmp_path))
    return tmp_path


def finding(analysis: str, key: str, verdict: str, **more: Any) -> Finding:
    return Finding(analysis, key, verdict, f"Sentence of {key}.", **more)  # type: ignore[arg-type]


def leave(
    folder: Path, stem: str, *findings: Finding, tiles: tuple[Tile, ...] = (), left_out: Any = ()
) -> None:
    record = {
        "stem": stem,
        "findings": [f.record() | {"money": f.money} for f in findings],
        "tiles": [tile.record() for tile in tiles],
        "left_out": list(left_out),
    }
    (folder / f"{stem}.json").write_text(json.dumps(record), encoding="utf-8")


def soup(shown: Any) -> BeautifulSoup:
    return BeautifulSoup(shown._repr_html_(), "html.parser")


def test_findings_of_all_analyses_are_ranked_by_verdict_certainty_and_money(
    view: PeriodView, saved: Path
) -> None:
    leave(
        saved,
        "sales_dynamics",
        finding("sales_dynamics", "unknown", "not_enough_data", money=1e9),
        finding("sales_dynamics", "chance", "no_evidence", strength="strong"),
        finding("sales_dynamics", "plain", "note", money=5.0),
        finding("sales_dynamics", "small", "improved", strength="moderate", money=10.0),
    )
    leave(
        saved,
        "customer_abc",
        finding("customer_abc", "large", "worsened", strength="moderate", money=-20.0),
        finding("customer_abc", "sure", "changed", strength="strong"),
    )
    result = crm.summary.analyze(view)
    assert [f.key for f in result.findings] == ["sure", "large", "small", "plain", "chance", "unknown"]
    assert list(result.answers["key"]) == ["sure", "large", "small", "plain", "chance", "unknown"]


def test_the_page_shows_the_first_findings_and_folds_the_rest(view: PeriodView, saved: Path) -> None:
    certain = [finding("sales_dynamics", f"f{i}", "improved", money=100.0 - i) for i in range(10)]
    leave(saved, "sales_dynamics", *certain, finding("sales_dynamics", "open", "not_enough_data"))
    shown = soup(crm.summary.analyze(view).ranked)
    first, *folded = shown.select("ul.findings")
    assert [a["href"] for a in first.select("a")] == [f"sales_dynamics.html#f{i}" for i in range(8)]
    assert [s.get_text() for s in shown.select("summary")] == [
        "2 more findings",
        "1 question for which there are not enough data yet",
    ]
    assert [len(part.find_all("li")) for part in folded] == [2, 1]


def test_one_analysis_does_not_fill_the_first_screen(view: PeriodView, saved: Path) -> None:
    many = [finding("sales_dynamics", f"f{i}", "improved", strength="strong") for i in range(10)]
    leave(saved, "sales_dynamics", *many)
    leave(saved, "customer_abc", finding("customer_abc", "a", "note"), finding("customer_abc", "b", "note"))
    first = soup(crm.summary.analyze(view).ranked).select_one("ul.findings")
    assert first is not None
    keys = [str(a["href"]).split("#")[1] for a in first.select("a")]
    # those of others have their place, and the order stays that of rank
    assert keys == [*(f"f{i}" for i in range(6)), "a", "b"]


def test_the_report_opens_with_revenue_whatever_its_rank(view: PeriodView, saved: Path) -> None:
    leave(
        saved,
        "sales_dynamics",
        finding("sales_dynamics", "revenue", "note"),
        finding("sales_dynamics", "sure", "improved", strength="strong"),
    )
    result = crm.summary.analyze(view)
    assert result.ranked.findings[0].key == "sure"
    assert str(result.lead) in soup(result.lead).p.get_text()
    assert str(result.lead) == next(f.sentence for f in result.findings if f.key == "revenue")


def test_a_main_figure_that_changed_in_the_period_stands_first(view: PeriodView, saved: Path) -> None:
    leave(
        saved,
        "sales_dynamics",
        finding("sales_dynamics", "trend", "improved", strength="strong", money=1e6),
        finding("sales_dynamics", "win_rate", "worsened", strength="preliminary"),
        finding("sales_dynamics", "orders", "worsened"),
        tiles=(
            Tile("win_rate", "Win rate", 0.15, "share", -0.5, "worsened", judges="change", main=True),
            Tile("orders", "Orders", 5.0, "count", -0.5, "worsened", main=True),
        ),
    )
    found = crm.summary.analyze(view).ranked.findings
    assert [f.key for f in found] == ["win_rate", "trend", "orders"]


def test_what_two_analyses_say_alike_stands_once(view: PeriodView, saved: Path) -> None:
    leave(saved, "customer_abc", finding("customer_abc", "without_customer", "note", value=0.136))
    leave(
        saved,
        "customer_segments",
        finding("customer_segments", "without_customer", "note", value=0.136),
        finding("customer_segments", "other", "note", value=0.136),
    )
    result = crm.summary.analyze(view)
    assert [(f.analysis, f.key) for f in result.ranked.findings] == [
        ("customer_abc", "without_customer"),
        ("customer_segments", "other"),
    ]
    # the table keeps all of them
    assert len(result.answers) == 3


def test_without_sales_there_is_no_opening_sentence(view: PeriodView, saved: Path) -> None:
    leave(saved, "customer_abc", finding("customer_abc", "a", "improved"))
    assert crm.summary.analyze(view).lead._repr_html_() == ""


def test_nothing_is_counted_twice_in_the_published_findings(view: PeriodView, saved: Path) -> None:
    leave(saved, "sales_dynamics", finding("sales_dynamics", "a", "improved"))
    result = crm.summary.analyze(view)
    result.save()
    assert json.loads((saved / "summary.json").read_text(encoding="utf-8"))["findings"] == []
    # and a summary that was saved is no analysis to be summed up
    assert [f.key for f in crm.summary.analyze(view).findings] == ["a"]


def test_main_figures_keep_their_home_even_where_keys_are_equal(view: PeriodView, saved: Path) -> None:
    one, two = Tile("customers", "Customers", 7.0, "count"), Tile("customers", "Clients", 9.0, "count")
    leave(saved, "sales_dynamics", tiles=(one,))
    leave(saved, "customer_abc", tiles=(two,))
    result = crm.summary.analyze(view)
    assert result.figures[["analysis", "label", "value"]].values.tolist() == [
        ["sales_dynamics", "Customers", 7.0],
        ["customer_abc", "Clients", 9.0],
    ]
    assert all(is_declared(str(name)) for table in result.tables().values() for name in table.columns)
    assert [a["href"] for a in soup(result.cards).select("a")] == ["sales_dynamics.html", "customer_abc.html"]


def test_what_is_missing_is_named_with_its_reason(view: PeriodView, saved: Path) -> None:
    leave(saved, "sales_dynamics", left_out=["Plan: there are no targets."])
    failed = {"stem": "customer_abc", "cell": 6, "error": "KeyError: 'x'", "kept_page": True}
    (saved / "customer_abc.failed.json").write_text(json.dumps(failed), encoding="utf-8")
    left_out = {"stem": "marketing_impact", "why": "The data hold no channel."}
    (saved / "marketing_impact.left_out.json").write_text(json.dumps(left_out), encoding="utf-8")
    result = crm.summary.analyze(view)
    assert result.missing.values.tolist() == [
        ["Customers by value", "failed", "cell 6: KeyError: 'x'. The page of an earlier run is kept."],
        ["Marketing impact", "left out", "The data hold no channel."],
        ["Sales dynamics", "in part", "Plan: there are no targets."],
    ]
    cards = [li.get_text(" ", strip=True) for li in soup(result.cards).select("li")]
    assert cards == ["Customers by value Failed cell 6: KeyError: 'x'. The page of an earlier run is kept."]
    shown = soup(result.gaps)
    assert [li.get_text(" ", strip=True).split(" ")[0] for li in shown.ul.find_all("li")] == [
        "Customers",
        "Marketing",
    ]
    # parts are folded, by analysis
    assert shown.summary.get_text() == "1 part of the analyses that could not be made"
    assert shown.details.ul.get_text(" ", strip=True) == "Sales dynamics Plan: there are no targets."


def test_each_reader_gets_the_sentence_of_their_department(view: PeriodView, saved: Path) -> None:
    leave(
        saved,
        "customer_abc",
        finding("customer_abc", "all", "worsened", strength="strong"),
        finding("customer_abc", "theirs", "note", department="marketing"),
        finding("customer_abc", "sold", "note", department="sales"),
    )
    leave(saved, "deal_reasons", finding("deal_reasons", "slow", "worsened", department="production"))
    readers = crm.summary.analyze(view).readers.set_index("reader")
    assert readers["sentence"].to_dict() == {
        "Director": "Sentence of all.",
        "Head of sales": "Sentence of sold.",
        "Marketing": "Sentence of theirs.",
        "Production": "Sentence of slow.",
        "Dispatch": "No page of this report is about your work.",
        "Service": "No page of this report is about your work.",
    }
    assert readers["opens"]["Head of sales"] == "customer_abc"
    assert readers["opens"]["Marketing"] == "customer_abc"
    assert readers["opens"]["Production"] == "deal_reasons"


def test_no_two_readers_get_the_same_sentence(view: PeriodView, saved: Path) -> None:
    first = finding("customer_abc", "first", "worsened", strength="strong", department="sales")
    leave(saved, "customer_abc", first, finding("customer_abc", "second", "improved", department="sales"))
    readers = crm.summary.analyze(view).readers.set_index("reader")
    assert readers["sentence"]["Director"] == "Sentence of first."
    assert readers["sentence"]["Head of sales"] == "Sentence of second."


def test_a_reader_without_a_page_is_told_so(view: PeriodView, saved: Path) -> None:
    leave(saved, "sales_dynamics", finding("sales_dynamics", "a", "improved"))
    shown = soup(crm.summary.analyze(view).who_reads).select("li")
    assert shown[2].get_text(" ", strip=True) == (
        "Others Nothing for: Marketing, Production, Dispatch, Service."
    )


def test_an_analysis_of_the_company_itself_follows_the_others(view: PeriodView, saved: Path) -> None:
    leave(saved, "aaa_own", finding("aaa_own", "own", "note"), tiles=(Tile("x", "Own", 1.0, "count"),))
    leave(
        saved, "customer_abc", finding("customer_abc", "abc", "note"), tiles=(Tile("y", "ABC", 1.0, "count"),)
    )
    result = crm.summary.analyze(view)
    assert list(result.figures["analysis"]) == ["customer_abc", "aaa_own"]
    assert "Aaa own" in result.ranked._repr_html_()


def test_quality_counts_rows_known_at_the_end_of_the_period(saved: Path) -> None:
    data = frames()
    # a deal closed before it was created cannot be right
    wrong = (
        data["deals"]
        .iloc[[0]]
        .assign(deal_id="wrong", created_at=pd.Timestamp("2026-01-10"), closed_at=pd.Timestamp("2026-01-01"))
    )
    # enough rows that one in a hundred stays below the limit of rejects
    many = [data["deals"].iloc[[2]].assign(deal_id=f"M{i}") for i in range(99)]
    data["deals"] = pd.concat([data["deals"], wrong, *many], ignore_index=True)
    leave(saved, "sales_dynamics")
    quality = crm.summary.analyze(crm.load(data).view("2026-02")).quality.set_index("table")
    # of the six deals of the small company one was created in March
    assert quality.loc["deals"].to_dict() == {"read": 105, "kept": 104, "set_aside": 1}
    assert (quality["read"] == quality["kept"] + quality["set_aside"]).all()


def test_text_from_data_is_escaped(view: PeriodView, saved: Path) -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    evil = Finding("sales_dynamics", hostile, "improved", hostile, department=hostile)
    leave(saved, "sales_dynamics", evil, tiles=(Tile(hostile, hostile, 1.0, "count"),), left_out=[hostile])
    (saved / "customer_abc.failed.json").write_text(json.dumps({"error": hostile}), encoding="utf-8")
    result = crm.summary.analyze(view)
    for part in (result.ranked, result.cards, result.who_reads, result.gaps):
        shown = soup(part)
        assert shown.find(["script", "img"]) is None
        assert hostile in shown.get_text()


def test_a_damaged_record_is_named(view: PeriodView, saved: Path) -> None:
    (saved / "sales_dynamics.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReportError, match=r"sales_dynamics\.json cannot be read"):
        crm.summary.analyze(view)


def test_without_a_runner_the_analyses_are_made_here(
    view: PeriodView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}

    def noted(stem: str, analyze: Any) -> Any:
        def analysis(of: PeriodView) -> Any:
            made[stem] = analyze(of)
            return made[stem]

        return analysis

    monkeypatch.delenv("CRM_ANALYSIS_OUT", raising=False)
    for stem in _summary_records.TITLES:
        monkeypatch.setattr(getattr(crm, stem), "analyze", noted(stem, getattr(crm, stem).analyze))
    by_hand = crm.summary.analyze(view)
    assert set(made) == by_hand.made
    for result in made.values():
        result.save(tmp_path)
    monkeypatch.setenv("CRM_ANALYSIS_OUT", str(tmp_path))
    by_runner = crm.summary.analyze(view)
    assert by_hand.made == by_runner.made
    assert {"sales_dynamics", "customer_abc"} <= by_hand.made
    assert by_hand.findings == by_runner.findings
    assert by_hand.findings
    for name, table in by_hand.tables().items():
        # what cannot be made at all is told by the runner, which is not there
        made = table[table["state"] == "in part"].reset_index(drop=True) if name == "missing" else table
        pd.testing.assert_frame_equal(made, by_runner.tables()[name])
    # only the runner puts pages beside the summary
    assert soup(by_hand.ranked).find("a") is None
    assert soup(by_runner.ranked).find("a") is not None


def test_an_analysis_that_the_data_cannot_feed_is_left_out(
    view: PeriodView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: PeriodView) -> None:
        raise MissingTableError("The data hold no table sales.")

    monkeypatch.delenv("CRM_ANALYSIS_OUT", raising=False)
    monkeypatch.setattr(_summary_records, "TITLES", {"customer_abc": "Customers by value"})
    monkeypatch.setattr(crm.customer_abc, "analyze", refuse)
    result = crm.summary.analyze(view)
    assert result.missing.values.tolist() == [
        ["Customers by value", "left out", "The data hold no table sales."]
    ]
    assert "No main figures" in result.cards._repr_html_()
    assert "no analysis could be made" in result.ranked._repr_html_()
