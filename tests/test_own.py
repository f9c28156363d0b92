"""A result of one's own frames is shown, saved and published as those of the analyses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import crm_analysis as crm
from crm_analysis.errors import ParameterError
from tests.small_company import frames

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.view import PeriodView

OWNERS = pd.DataFrame({"owner": ["Ann", "Bob"], "amount": [1234.5, 0.25], "part": [0.9998, 0.0002]})
SOLD = {"sentence": "Ann <b>sold</b> most.", "verdict": "changed", "value": 1234.5, "unit": "money"}
SAID = {"first": SOLD, "second": "Bob sold little."}


@pytest.fixture(scope="module")
def view() -> PeriodView:
    return crm.load(frames()).view("2026-02")


def own(view: PeriodView, **more: Any) -> Any:
    return crm.own_result(view, "by_owner", {"owners": OWNERS}, SAID, **more)


def test_it_is_like_the_results_of_the_analyses(view: PeriodView) -> None:
    result = own(view, left_out=["Returns."], kinds={"owners": {"part": "share"}})
    assert result.tables() == {"owners": result.owners}
    assert {"owners", "why", "save"} <= set(dir(result))
    assert [(f.analysis, f.key, f.verdict, f.value) for f in result.findings] == [
        ("by_owner", "first", "changed", 1234.5),
        ("by_owner", "second", "note", None),
    ]
    assert "Ann &lt;b&gt;sold&lt;/b&gt; most." in result._repr_html_()
    assert result.left_out == ("Returns.",)
    table = crm.table(result, "owners", "By owner")._repr_html_()
    assert ">99.98%<" in table or ">100.0%<" in table
    assert result.why("second")["sentence"].tolist() == ["Bob sold little."]
    with pytest.raises(AttributeError, match="there are: owners"):
        _ = result.owner


def test_it_is_saved_as_they_are(view: PeriodView, tmp_path: Path) -> None:
    own(view).save(tmp_path)
    assert (tmp_path / "tables/by_owner/owners.csv").read_text("utf-8").splitlines()[1] == "Ann,1234.5,0.9998"
    assert (tmp_path / "tables/by_owner.xlsx").is_file()
    saved = json.loads((tmp_path / "by_owner.json").read_text("utf-8"))
    assert [finding["key"] for finding in saved["findings"]] == ["first", "second"]


def test_tables_and_findings_may_be_left_out(view: PeriodView, tmp_path: Path) -> None:
    result = crm.own_result(view, "nothing_yet")
    assert result.tables() == {}
    assert result.findings == ()
    assert result.save(tmp_path).folder == tmp_path


@pytest.mark.parametrize(
    ("stem", "tables", "findings", "message"),
    [
        ("By owner", {}, {}, '"By owner" cannot be the name'),
        ("x", {"../up": OWNERS}, {}, '"../up" cannot be the name'),
        ("x", {"rows": [1]}, {}, "is a list"),
        ("x", {"findings": OWNERS}, {}, 'cannot be called "findings"'),
        ("x", {}, {"a": {"sentnce": "x"}}, 'Did you mean "sentence"?'),
        ("x", {}, {"a": {"sentence": "x", "verdict": "better"}}, "improved, worsened"),
        ("x", {}, {"a": ""}, "and the sentence ''"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    view: PeriodView, stem: str, tables: Any, findings: Any, message: str
) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        crm.own_result(view, stem, tables, findings)
