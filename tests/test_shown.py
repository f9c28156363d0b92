"""What readers see: findings, tables, pictures, files."""

from __future__ import annotations

import html
import inspect
import json
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

import matplotlib.pyplot as plt
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup

import crm_analysis as crm
from crm_analysis.analyses._summary_records import TITLES
from crm_analysis.columns import Heading, column, is_declared
from crm_analysis.errors import CrmAnalysisError, ParameterError
from crm_analysis.findings import Finding, Findings, ranked, verdict
from crm_analysis.holds import HOLDS
from crm_analysis.period import parse
from crm_analysis.plots import theme
from crm_analysis.result import Context, Result
from crm_analysis.sentences import sentence
from crm_analysis.tiles import Tile
from crm_analysis.words import Words, tenths
from tests.demo_company import demo_result, demo_view

HOSTILE = '<script>alert("x")</script> & "quotes"'


@dataclass(frozen=True, kw_only=True)
class SampleResult(Result):
    stem: ClassVar[str] = "sample"
    kinds: ClassVar = {"clients": {"low": "share"}}
    clients: pd.DataFrame
    empty: pd.DataFrame


@pytest.fixture
def result():
    clients = pd.DataFrame(
        {
            "name": ["Nord", HOSTILE, "=1+1", None],
            "revenue": [1234.5678, -3.0, 0.0, float("nan")],
            "low": [0.1234, 0.5, 1.0, None],
            "month": [date(2026, 10, 1)] * 4,
            "customers": [1, 1000, 0, 2],
        }
    )
    period = parse("2026-10")
    finding = Finding("sample", "a", "improved", HOSTILE, 1.0, 0.5, float("nan"), "money", 7, money=5.0)
    return SampleResult(
        context=Context(period, period.previous(), period, (), Words("en", "EUR")),
        findings=Findings([finding]),
        tiles=(Tile("revenue", "Revenue", 1.0, "money", series=(1.0, float("nan"))),),
        clients=clients,
        empty=clients.head(0),
    )


@pytest.mark.parametrize(
    ("found", "direction", "better", "expected"),
    [
        (True, 1, "up", "improved"),
        (True, -1, "up", "worsened"),
        (True, -1, "down", "improved"),
        (True, 1, "down", "worsened"),
        (True, 1, "neutral", "changed"),
        (False, 1, "up", "no_evidence"),
        (None, 1, "up", "not_enough_data"),
    ],
)
def test_verdicts(found, direction, better, expected):
    assert verdict(found=found, direction=direction, better=better) == expected


def test_findings_are_ranked_by_what_they_say_certainty_and_money():
    made = [
        Finding("a", "none", "no_evidence", "", money=900.0),
        Finding("a", "small", "worsened", "", strength="moderate", money=-10.0),
        Finding("a", "large", "improved", "", strength="moderate", money=20.0),
        Finding("a", "sure", "worsened", "", strength="strong"),
        Finding("a", "few", "not_enough_data", ""),
    ]
    assert [f.key for f in ranked(made)] == ["sure", "large", "small", "none", "few"]


def test_a_record_has_the_published_fields_and_no_nan(result):
    record = result.findings[0].record()
    assert list(record) == [
        "analysis", "key", "verdict", "sentence", "value", "low", "high", "unit", "n", "p_value",
        "p_adjusted", "strength", "department",
    ]  # fmt: skip
    assert record["high"] is None
    json.dumps(record, allow_nan=False)


def test_text_from_data_is_inert(result):
    for shown in (result, result.findings, crm.table(result, "clients", HOSTILE)):
        html = shown._repr_html_()
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_a_table_shows_units_rounds_and_marks_what_is_missing(result):
    html = crm.table(result, "clients", "Clients")._repr_html_()
    assert "<caption>Clients</caption>" in html
    assert '<th scope="col" class="num">Revenue, EUR</th>' in html
    assert '<td class="num">1,235</td>' in html
    assert '<td class="num">−3</td>' in html  # as many places as the largest of the column
    assert '<td class="num">12.3%</td>' in html  # kind of this table, not of the heading
    assert '<td class="date brief">October 2026</td>' in html
    assert "nan" not in html.lower().replace("finance", "")


@pytest.mark.parametrize(
    ("kind", "values", "written"),
    [
        ("money", [24.65, 274328.0], ["25", "274,328"]),
        ("money", [24.65, 7.0], ["24.65", "7.00"]),
        ("days", [4.0, 6.0], ["4", "6"]),
        ("days", [4.25, 6.0], ["4.2", "6.0"]),
        ("days", [1.3, 1364.0], ["1", "1,364"]),
        ("number", [0.427, 2.07], ["0.43", "2.07"]),
        (
            "number",
            [0.004, 1200.0, 0.2],
            ["0.004", "1,200", "0.200"],
        ),  # large ones do not round small ones away
        ("number", [float("nan"), 18.66], ["–", "18.7"]),
        ("share", [0.5, 0.123], ["50.0%", "12.3%"]),
    ],
)
def test_figures_below_each_other_have_as_many_places(result, kind, values, written):
    clients = pd.DataFrame({"low": values})
    shown = replace(crm.table(result, clients, "x"), headings=(Heading("Low", kind),))._repr_html_()
    assert re.findall(r'<th scope="row" class="num">([^<]*)', shown) == written


def test_a_range_is_as_exact_as_its_figure(result):
    frame = pd.DataFrame({"cv": [5.1, 8.0], "low": [-4.2, 3.0], "high": [18.3, 13.0], "money": [1.0, 24.5]})
    shown = crm.table(result, frame.rename(columns={"low": "limit_low", "high": "limit_high"}), "x")
    text = BeautifulSoup(replace(shown, headings=(Heading("x"),) * 4)._repr_html_(), "html.parser")
    assert [cell.get_text() for cell in text.select("td:nth-of-type(1)")] == [
        "−4.20 to 18.30",
        "3.00 to 13.00",
    ]


def test_rows_of_other_units_have_places_of_their_own(result):
    frame = pd.DataFrame({"measure": ["revenue", "gini"], "value": [1234.5, 0.692]})
    shown = crm.table(result, frame, "x", named_by="measure")._repr_html_()
    assert re.findall(r'<td class="num">([^<]*)', shown) == ["1,234", "0.692"]


def test_a_long_table_says_where_the_rest_is(result, monkeypatch):
    long = crm.table(result, "clients", "Clients", rows=2, columns=["name", "revenue"])
    html = long._repr_html_()
    assert html.count("<tr>") == 3
    assert "2 of 4 rows; all of them are in tables/sample/clients.csv." in html
    monkeypatch.setenv("CRM_ANALYSIS_OUT", "anywhere")  # on a page the file lies beside it
    assert 'are in <a href="tables/sample/clients.csv">tables/sample/clients.csv</a>.' in long._repr_html_()


def test_the_first_answer_opens_a_page_and_is_not_said_twice(result):
    two = replace(result, findings=Findings([*result.findings, Finding("sample", "b", "note", "Else.")]))
    assert two.lead._repr_html_().startswith('<p class="lead" id="a"><span class="verdict improved">')
    assert 'href="#a"' in two.lead._repr_html_()
    assert str(two.lead) == HOSTILE
    rest = two.findings[1:]._repr_html_()
    assert 'id="b"' in rest
    assert 'id="a"' not in rest
    assert two.findings[1].key == "b"
    assert result.findings[1:]._repr_html_() == "<p>There is nothing more to tell.</p>"
    assert replace(result, findings=Findings()).lead._repr_html_() == ""


def test_a_result_shows_its_main_figures(result):
    (card,) = result.cards
    assert (card.label, card.value, card.against) == ("Revenue", "€1.00", "September 2026")


def test_an_empty_table_says_so(result):
    assert "No rows." in crm.table(result, "empty", "None")._repr_html_()


def test_a_column_that_tells_nothing_is_named_below_the_table(result):
    silent = ["not_enough_data", "(not stated)", "(no department)", ""]
    frame = result.clients.assign(verdict="not_enough_data", department=silent)
    shown = crm.table(result, frame, "Clients", columns=["name", "customers", "verdict", "department"])
    assert "not enough data" not in shown._repr_html_()
    assert "No entry in these rows: Verdict, Department." in shown._repr_html_()
    frame.loc[1, "verdict"] = "higher"  # one that tells something brings the others back
    told = crm.table(result, frame, "Clients", columns=["name", "customers", "verdict"])
    assert told._repr_html_().count("not enough data") == 3


def test_a_table_of_names_alone_is_no_table(result):
    frame = result.clients.assign(verdict="not_enough_data", low=float("nan"))
    columns = ["name", "low", "verdict"]
    said = crm.table(result, frame, "Returns", columns=columns)._repr_html_()
    assert said == '<p class="table-note nothing"><strong>Returns:</strong> No figures.</p>'
    why = crm.table(result, frame, "Returns", columns=columns, empty="No costs.")._repr_html_()
    assert "</strong> No costs.</p>" in why
    assert crm.table(result, frame, "Returns", columns=columns, empty="")._repr_html_() == ""
    assert "<table>" in crm.table(result, frame, "Clients", columns=["name"])._repr_html_()


def test_a_table_or_column_that_does_not_exist_is_refused_with_the_nearest(result):
    with pytest.raises(ParameterError, match='Did you mean "clients"'):
        crm.table(result, "client", "")
    with pytest.raises(ParameterError, match='Did you mean "revenue"'):
        crm.table(result, "clients", "", columns=["revenu"])


def test_files_hold_everything_unrounded_and_run_no_formula(result, tmp_path):
    saved = result.save(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in saved.paths]
    assert names == [
        "tables/sample/clients.csv",
        "tables/sample/empty.csv",
        "tables/sample.xlsx",
        "sample.json",
    ]
    back = pd.read_csv(tmp_path / "tables/sample/clients.csv")
    assert back["revenue"].tolist()[:3] == [1234.5678, -3.0, 0.0]
    assert back["name"].tolist()[1:3] == [HOSTILE, "'=1+1"]
    sheet = openpyxl.load_workbook(tmp_path / "tables/sample.xlsx")["clients"]
    assert [cell.value for cell in sheet[1]][:2] == ["Customer", "Revenue, EUR"]
    assert sheet["B2"].value == 1234.5678
    assert (sheet["A4"].value, sheet["A4"].data_type) == ("=1+1", "s")


def test_files_are_the_same_bytes_each_time(result, tmp_path):
    first, second = result.save(tmp_path / "a"), result.save(tmp_path / "b")
    assert [p.read_bytes() for p in first.paths] == [p.read_bytes() for p in second.paths]


def test_nothing_is_written_without_a_folder(result, monkeypatch, tmp_path):
    monkeypatch.delenv("CRM_ANALYSIS_OUT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert result.save("").paths == ()
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_described_and_closed():
    axes = theme.describe(theme.new_axes(), "Title $1 and $2", "Revenue rose from 1 to 2.")
    picture = crm.figure(axes)
    data, metadata = picture._repr_mimebundle_()
    about = metadata["image/svg+xml"]
    assert about["alt"] == "Revenue rose from 1 to 2."
    points = float(re.search(r' width="([\d.]+)pt"', data["image/svg+xml"])[1])
    # letters of 10 points are shown as those of the text, of 12
    assert about["width"] == pytest.approx(1.2 * points * 96 / 72, abs=1)
    assert plt.get_fignums() == []
    with pytest.raises(ParameterError, match="no description"):
        crm.figure(theme.new_axes())
    plt.close("all")


def test_an_unknown_sentence_is_a_clear_error(monkeypatch):
    import types

    module = types.ModuleType("crm_analysis.sentences.sample")
    module.TEMPLATES = {"a.note": "Revenue was {revenue}."}
    monkeypatch.setitem(__import__("sys").modules, "crm_analysis.sentences.sample", module)
    assert sentence("sample", "a.note", revenue="€5") == "Revenue was €5."
    with pytest.raises(CrmAnalysisError, match=r"a\.note"):
        sentence("sample", "b.note")


@pytest.mark.parametrize(
    ("language", "currency", "value", "expected"),
    [
        ("en", "EUR", 0.0, "€0"),
        ("en", "EUR", 99.994, "€99.99"),
        ("en", "EUR", 1_500_000.0, "€1.5M"),
        ("en", "", -1234.0, "−1,234"),
        ("ru", "RUB", 1234.5, "1\xa0234\xa0₽"),
        ("en", "EUR", float("nan"), "–"),
    ],
)
def test_money_in_words(language, currency, value, expected):
    assert Words(language, currency).money(value) == expected


def test_headings_carry_units():
    assert column("revenue").heading(Words("en", "USD")) == "Revenue, USD"
    assert column("revenue").heading(Words("en", "")) == "Revenue"
    assert column("some_new_thing").label == "Some new thing"


def test_the_ends_of_a_range_share_a_column(result):
    frame = pd.DataFrame({"name": ["a", "b"], "low": [0.1, None], "high": [0.25, None]})
    html = crm.table(replace(result, clients=frame), "clients", "x")._repr_html_()
    assert "Likely range" in html
    assert ">10.0% to 25.0%<" in html  # each end is written by the kind of the first
    assert html.count("<th scope=") == 4


@pytest.mark.parametrize(
    ("kind", "low", "high", "verdict", "told"),
    [
        ("points", 0.003, 0.108, "no_evidence", True),
        ("points", -0.108, -0.003, "no_evidence", True),
        ("points", -0.003, 0.108, "no_evidence", False),
        ("points", 0.003, 0.108, "higher", False),
        ("times", 0.43, 0.97, "no_evidence", True),
        ("times", 0.43, 1.07, "no_evidence", False),
        ("share", 0.43, 0.97, "no_evidence", False),  # a share is above zero in any case
    ],
)
def test_a_verdict_stricter_than_its_range_is_explained(result, monkeypatch, kind, low, high, verdict, told):
    monkeypatch.setattr(SampleResult, "kinds", {"clients": {"low": kind, "high": kind}})
    frame = pd.DataFrame(
        {"name": ["a", "b"], "low": [low, -1], "high": [high, 1], "verdict": [verdict, "higher"]}
    )
    html = crm.table(replace(result, clients=frame), "clients", "x")._repr_html_()
    assert ("A range is of its row alone" in html) == told


def test_a_column_without_an_entry_is_named_below_the_table(result):
    frame = pd.DataFrame({"name": ["a"], "signal": [""], "revenue": [float("nan")], "orders": [0]})
    html = crm.table(result, frame, "x")._repr_html_()
    assert "No entry in these rows: Signal, Revenue." in html
    assert '<th scope="col" class="num">Orders</th>' in html
    assert "Signal</th>" not in html


def test_groups_are_headings_with_a_limit_of_rows_each(result):
    frame = pd.DataFrame({"dimension": ["total", "owner", "owner"], "value": ["", "x", "y"], "orders": 1})
    html = crm.table(result, frame, "x", columns=["value", "orders"], rows=1, grouped_by="dimension")
    text = html._repr_html_()
    assert text.count('scope="rowgroup" colspan="2"') == 2
    assert [row in text for row in (">All<", ">x<", ">y<")] == [True, True, False]
    assert "2 of 3 rows" in text


def test_figures_of_mixed_units_are_written_each_in_its_own(result):
    frame = pd.DataFrame(
        {"driver": ["win rate", "size of order", "customers"], "before": [0.338, 4224.4, 140.0]}
    )
    html = crm.table(result, frame, "x", named_by="driver")._repr_html_()
    assert [cell in html for cell in (">33.8%<", ">Size of order, EUR<", ">4,224<", ">140<")] == [True] * 4


def test_where_there_is_nothing_to_draw_a_sentence_says_why():
    shown = crm.figure(theme.nothing_to_draw(theme.new_axes(), "There is no plan <yet>."))
    assert shown._repr_html_() == '<p class="no-picture nothing">There is no plan &lt;yet&gt;.</p>'
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("low", "high", "places"), [(0.05, 0.2, 0), (0.121, 0.129, 1)])
def test_a_wide_range_is_told_without_tenths(low, high, places):
    assert tenths(low, high) == places


@pytest.fixture(scope="module", params=TITLES)
def of_demo(request):
    """The demo company and an analysis of it."""
    return demo_view(), demo_result(request.param)


def test_every_column_of_a_result_has_a_heading_of_its_own(of_demo):
    _, result = of_demo
    columns = [(name, str(column)) for name, table in result.tables().items() for column in table.columns]
    assert [place for place in columns if not is_declared(place[1])] == []


def test_a_result_lists_its_tables_and_says_what_they_hold(of_demo):
    _, result = of_demo
    assert set(HOLDS[result.stem]) == set(result.tables())
    html, plain, told = result._repr_html_(), repr(result), inspect.getdoc(result)
    for name, table in result.tables().items():
        assert f"result.{name}</code>" in html
        assert f"{name} ({len(table)} rows): {HOLDS[result.stem][name]}" in plain
        assert re.search(rf"``[^`]*\b{name}\b[^`]*``", told)  # what its columns mean
    assert all(finding.key in html for finding in result.findings)
    assert {*result.tables(), "why", "findings", "save", "tables"} <= set(dir(result))


#: Findings whose n is the number of the rows behind them.
COUNTED = {
    *("losses", "wins", "loss_shift_year", "win_shift_year", "loss_shift_period", "drivers", "drivers_fit"),
    *("win_rate", "win_rate_groups", "owners", "owners_mix", "pipeline", "stalled", "no_next_step"),
    "open_deals.overdue",  # the other of that name counts customers, not rows
}


def test_every_finding_says_what_it_rests_on_down_to_the_rows(of_demo):
    view, result = of_demo
    for finding in result.findings:
        why = result.why(finding.key)
        assert why.table in result.tables(), finding.key
        assert len(why) > 0, finding.key
        assert list(why.columns) == list(result.tables()[why.table].columns)
        assert finding.sentence in why.told
        assert len(why.method) > 20
        if why.line:
            rows = eval(f"{why.line[:-1]}, limit=None)", {"view": view})
            assert len(rows) > 0, why.line
            if {finding.key, f"{result.stem}.{finding.key}"} & COUNTED:
                assert len(rows) == finding.n, why.line
            if finding.key.startswith(("department_", "hotspot_")):
                assert len(rows) == why["deals"].iloc[0], why.line
        assert html.escape(finding.sentence) in why._repr_html_()
        assert not re.search(r"\bnan\b", why._repr_html_())


def test_a_finding_of_another_name_is_refused_with_the_nearest(result):
    with pytest.raises(ParameterError, match="There are: a"):
        result.why("b")


def test_a_finding_that_rests_on_no_table_shows_its_figures(result):
    why = result.why("a")
    assert why["value"].tolist() == [1.0]
    assert (why.table, why.line) == ("", "")
    assert HOSTILE not in why._repr_html_()
    assert type(why.head()) is pd.DataFrame


def test_names_to_complete_are_those_of_the_package():
    assert [name for name in dir(crm) if not name.startswith("__")] == sorted(crm.__all__)
