"""Time to decision and forecast against what is known of simulated companies; ``benchmarks/truth_*.py`` runs
the same on many more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks import truth_decision, truth_forecast

import crm_analysis as crm
from crm_analysis.analyses._deals.forecast import forecast

SEED = 20261123
STEADY, SLOWER = "all at one pace", "won at half the pace of lost"


def generator(*numbers):
    return np.random.Generator(np.random.PCG64([SEED, *numbers]))


# -- what the simulations themselves hold -------------------------------------------------------------------


def test_truth_of_one_pace_is_that_of_the_lognormal():
    # R: exp(log(60) + .81/2); integrate(function(t) 1 - plnorm(t, log(60), .9), 0, 120)
    pace = truth_decision.PACES[STEADY]
    assert pace.mean_within(1e7) == pytest.approx(89.95815, abs=1e-4)
    assert pace.mean_within(120) == pytest.approx(66.80472, abs=1e-4)
    assert pace.median() == pytest.approx(60)


@pytest.mark.parametrize("name", [STEADY, SLOWER])
def test_truth_is_what_very_many_deals_show(name):
    pace = truth_decision.PACES[name]
    table = truth_decision.deals(pace, 1000, generator(1))
    took = (table["closed_at"] - table["created_at"]).dt.total_seconds() / 86_400
    won = table["status"] == "won"
    assert took.clip(upper=150).mean() == pytest.approx(pace.mean_within(150), rel=0.01)
    assert took.median() == pytest.approx(pace.median(), rel=0.01)
    assert (won & (took <= 150)).mean() == pytest.approx(pace.share(150.0)[0], rel=0.01)
    assert (table["closed_at"] >= truth_decision.END).mean() == pytest.approx(0.4, abs=0.02)


@pytest.fixture(scope="module")
def made():
    return truth_forecast.company(truth_forecast.SCENARIOS["no season"], generator(2))


def test_company_is_as_described(made):
    deals = made.tables["deals"]
    size = np.log(deals["amount"]).rank(pct=True)
    ended = deals["status"] != "open"
    won, days = deals["status"] == "won", (deals["closed_at"] - deals["created_at"]).dt.days
    assert 37 < len(deals) / truth_forecast.MONTHS < 43
    # some of those that would stand still for ever are lost before
    assert 0.03 < 1 - ended.mean() < 0.08
    assert won[ended & (size > 0.7)].mean() < won[ended & (size < 0.3)].mean() - 0.05
    assert days[won & (size > 0.7)].median() > days[won & (size < 0.3)].median() + 5
    first = made.tables["stage_history"].groupby("deal_id")["entered_at"].min()
    assert (first.reindex(deals["deal_id"]).to_numpy() == deals["created_at"].to_numpy()).all()


def test_value_by_month_is_that_of_the_deals_won(made):
    won = made.tables["deals"].query("status == 'won'")
    by_month = won.groupby(won["closed_at"].dt.to_period("M"))["amount"].sum()
    months = pd.period_range("2022-01", periods=truth_forecast.MONTHS, freq="M")
    assert made.value == pytest.approx(by_month.reindex(months, fill_value=0).to_numpy())


def test_plain_rules_know_the_past_only(made):
    at = pd.Timestamp("2024-02-01")
    deals, history = made.tables["deals"], made.tables["stage_history"]
    later = deals["closed_at"] >= at
    known = deals[deals["created_at"] < at].copy()
    known.loc[later, "closed_at"], known.loc[later, "status"] = pd.NaT, "open"
    then = made._replace(
        tables=made.tables | {"deals": known, "stage_history": history[history["entered_at"] < at]},
        value=np.where(np.arange(truth_forecast.MONTHS) < 25, made.value, np.nan),
    )
    now, before = truth_forecast.plain(made, 25), truth_forecast.plain(then, 25)
    assert {name: points.tolist() for name, points in now.items()} == {
        name: points.tolist() for name, points in before.items()
    }
    assert truth_forecast.stage_table(made, 25) == truth_forecast.stage_table(then, 25)


# -- what the reports tell -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def decided():
    rows = [
        (SLOWER, 3, number, *row)
        for number in range(8)
        for row in truth_decision.company((SLOWER, 3, number, SEED))
    ]
    columns = ["pace", "inflow", "number", "figure", "truth", "estimate", "low", "high", "naive", "open"]
    return truth_decision.summary(pd.DataFrame(rows, columns=columns)).set_index("figure")


def test_time_to_decision_is_near_the_truth_with_two_fifths_open(decided):
    assert decided["open"].iloc[0] == pytest.approx(0.4, abs=0.03)
    assert decided["told"].eq(1).all()
    assert decided["bias"].abs().max() < 0.05
    assert decided["held"].min() >= 6 / 8


def test_closed_deals_alone_are_far_from_it(decided):
    # by which this simulation would show a method that leaves open deals out
    assert decided.loc["mean days, to date", "naive_bias"] < -0.25
    assert decided.loc["median days, to date", "naive_bias"] < -0.25


def test_deals_open_when_the_records_began_do_not_lengthen_it():
    # of deals as old, only the slow ones are on record; counted from their beginning they double the mean
    name = "records begin with the deals open then"
    rows = [row for number in range(4) for row in truth_decision.company((name, 3, number, SEED))]
    found = pd.DataFrame(rows).groupby(0)[[1, 2]].mean()
    for figure in ("mean days, to date", "median days, to date"):
        assert found.loc[figure, 2] == pytest.approx(found.loc[figure, 1], rel=0.08), figure


@pytest.fixture(scope="module")
def foretold():
    answers = [truth_forecast.told(("steady, season", number, SEED)) for number in range(3)]
    points, chances = ([row for answer in answers for row in answer[part]] for part in (0, 1))
    return pd.DataFrame(points), pd.DataFrame(chances)


def test_forecast_beats_the_plain_rules(foretold):
    wape = truth_forecast.errors(foretold[0]).pivot_table(index="method", columns="horizon", values="wape")
    for plain in ("naive", "mean of 6 months", "stage-weighted"):
        assert wape.loc["told", "1-3"] < wape.loc[plain, "1-3"], plain
    assert wape.loc["told", "1"] < wape.loc["naive", "1"]


def test_ranges_for_four_in_five_hold_about_four_in_five(foretold):
    ranged = foretold[0].query("method == 'told'")
    held = ((ranged["low"] <= ranged["actual"]) & (ranged["actual"] <= ranged["high"])).mean()
    # 18 month ends of 3 companies, each with 4 ranges that hang together
    assert len(ranged) == 72
    assert 0.65 < held < 0.95


def test_chances_beat_the_table_of_stages_and_what_is_typed_in(foretold):
    brier = truth_forecast.briers(foretold[1]).set_index(["kept", "method"])["brier"]
    assert brier["within 3 months", "model"] < brier["within 3 months", "stage table"]
    assert brier["within 3 months", "stage table"] < brier["within 3 months", "typed in"]
    assert brier["in the end", "model"] < brier["in the end", "typed in"]


def test_what_is_scored_is_what_the_page_tells(foretold):
    about = (SEED, list(truth_forecast.SCENARIOS).index("steady, season"), 0)
    company = truth_forecast.company(
        truth_forecast.SCENARIOS["steady, season"], np.random.Generator(np.random.PCG64(list(about)))
    )
    said = forecast(crm.load(company.tables).view("2024-01")).together.set_index("source").loc["total"]
    scored = (
        foretold[0].query("number == 0 and origin == 25 and method == 'told' and horizon == '1-3'").iloc[0]
    )
    assert [scored["point"], scored["low"], scored["high"]] == [said["mean"], said["p10"], said["p90"]]
    assert scored["actual"] == pytest.approx(company.value[25:28].sum())
