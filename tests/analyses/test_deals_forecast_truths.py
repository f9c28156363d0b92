"""The forecast of the made-up company of the demo, and of real sets of deals."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import pytest
from tests.analyses.forecast_company import demo_forecast
from tests.demo_company import demo_data

import crm_analysis as crm
from crm_analysis.analyses._deals.forecast import forecast
from crm_analysis.analyses._deals.forecast_backtest import TOGETHER, Backtest
from crm_analysis.analyses._deals.forecast_origin import History
from crm_analysis.analyses._deals.snapshots import snapshots
from crm_analysis.demo import write_demo
from crm_analysis.words import Words

if TYPE_CHECKING:
    from pathlib import Path

WORDS = Words("en", "EUR")


@pytest.fixture(scope="module")
def demo() -> crm.Dataset:
    return demo_data()


@pytest.fixture(scope="module")
def found():
    return demo_forecast()


def said(made):
    return {finding.key: finding for finding in made.findings(WORDS)}


def example(root: Path, shared_data: Path, name: str, folder: Path) -> crm.Dataset:
    config = root / "examples" / name / "crm.toml"
    for file in (shared_data / name).iterdir():
        shutil.copy(file, folder)
    return crm.load(shutil.copy(config, folder))


def test_demo_is_looked_back_at_for_twelve_months(found):
    assert found.backtest.groupby("horizon").size().tolist() == [12] * 4
    assert found.backtest["calibrated"].all()
    assert len(found.forecast) == 9


def test_demo_promises_are_far_too_rosy(found):
    # planted (data/demo/TRUTH.md)
    typed = said(found)["typed_probabilities"]
    assert "promise too much" in typed.sentence
    assert typed.high < -0.05
    chances = found.calibration[found.calibration["promise"] == "typed_in"]
    assert (chances["deals"] > 0).all()


def test_demo_chances_tell_deals_apart(found):
    brier = found.scores.dropna(subset="brier").set_index(["method", "horizon"])["brier"]
    assert brier[("simulated", "1-3")] < 0.8 * brier[("win_rate", "1-3")]
    assert brier[("simulated", "in the end")] < brier[("typed_in", "in the end")]


def test_demo_sentences_are_for_people(found):
    for finding in found.findings(WORDS):
        assert "nan" not in finding.sentence.lower()
        assert not {"bootstrap", "posterior", "p-value", "dirichlet"} & set(finding.sentence.lower().split())


def test_demo_past_forecast_equals_the_one_of_that_month(demo, found):
    then = Backtest.run(History(snapshots(demo.view("2026-04"))))
    row = found.backtest.set_index(["as_of", "horizon"]).loc[(pd.Timestamp("2026-04-30"), "1-3")]
    for method in ("mean_12", "stage_weighted", "value_weighted"):
        assert row[method] == pytest.approx(then.points[method][-1, TOGETHER]), method


def test_postgresql_gives_the_same(postgres_server, demo, found):
    con = ibis.connect(postgres_server)
    for name in ("deals", "stage_history", "stages", "sales"):
        con.create_table(name, demo.tables[name].to_pyarrow())
    other = forecast(crm.load(con).view("2026-10"))
    for name in ("forecast", "together", "backtest", "scores", "calibration", "probabilities"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(other, name), obj=name)


def test_ranges_and_chances_hold_in_other_companies(tmp_path):
    held, ranges, promised, kept = 0, 0, [], []
    for seed in (101, 102, 103):
        write_demo(tmp_path / str(seed), seed=seed, deals=2000)
        made = forecast(crm.load(tmp_path / str(seed)).view("2026-10"))
        held, ranges = held + int(made.backtest["covered"].sum()), ranges + len(made.backtest)
        promised += made.promises.within.promised.tolist()
        kept += made.promises.within.kept.tolist()
    assert 0.68 < held / ranges < 0.95
    assert sum(promised) / len(promised) == pytest.approx(sum(kept) / len(kept), abs=0.03)


@pytest.mark.parametrize(("period", "tested"), [("2017-09", 4), ("2017-12", 7)])
def test_maven_by_age(root, shared_data, tmp_path, period, tested):
    made = forecast(example(root, shared_data, "maven-crm", tmp_path).view(period))
    answers = said(made)
    wape = made.scores.set_index(["method", "horizon"])["wape"]
    assert made.tested == tested
    # ages of open deals tell more than any plain rule, as far as so few months can say
    assert made.scores.loc[made.scores["chosen"], "method"].unique().tolist() == ["simulated"]
    assert wape[("simulated", "1-3")] < wape[(made.best_plain, "1-3")]
    assert answers["forecast_rule"].strength == "preliminary"
    assert "so few forecasts" in answers["forecast_rule"].sentence.lower()
    assert any("no history of stages" in note for note in made.notes)
    assert any(note.startswith("500 open deals without any date") for note in made.notes)
    undated = made.probabilities["win_probability"].isna()
    assert undated.sum() == 500


def test_maven_old_deals_have_no_chance(root, shared_data, tmp_path):
    view = example(root, shared_data, "maven-crm", tmp_path).view("2017-12")
    made = forecast(view)
    deals = view.open_at_end.to_pandas().set_index("deal_id")
    age = (pd.Timestamp("2018-01-01") - deals["created_at"]).dt.days
    chance = made.probabilities.set_index("deal_id")["win_within_3_months"]
    # no deal of the set was won past 138 days
    assert chance[age[age > 200].index].max() < 0.01
    assert chance[age[age < 60].index].mean() > 0.1


def test_ringostat_is_too_short(root, shared_data, tmp_path):
    made = forecast(example(root, shared_data, "ringostat-deals", tmp_path).view("2024-04"))
    assert made.forecast.empty
    assert "3 whole months" in said(made)["forecast"].sentence
    assert said(made)["forecast"].verdict == "not_enough_data"
