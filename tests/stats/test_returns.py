"""Returns on spend: arithmetic, limits against an independent implementation, relations, planted cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crm_analysis.errors import ParameterError
from crm_analysis.stats.bootstrap import bootstrap
from crm_analysis.stats.returns import returns


def leads(seed: int, n: int, share: float, mean: float) -> np.ndarray:
    """Income of n leads, of which a share is won, at unequal amounts."""
    generator = np.random.Generator(np.random.PCG64(seed))
    amounts = generator.lognormal(np.log(mean) - 0.5, 1.0, n)
    return np.where(np.arange(n) < round(share * n), amounts, 0.0)


def table(income: dict[str, np.ndarray], costs: dict[str, float]) -> pd.DataFrame:
    return made(income, costs).table.set_index("group")


def made(income: dict[str, np.ndarray], costs: dict[str, float], **given):
    group = np.repeat(list(income), [len(values) for values in income.values()])
    money = np.concatenate(list(income.values())) if income else np.empty(0)
    return returns(group, money, (money != 0).astype(int), costs, **given)


def test_the_return_is_income_over_cost_less_one() -> None:
    row = table({"fair": np.array([300.0] * 6 + [0.0] * 4)}, {"fair": 1200.0}).loc["fair"]
    assert row["return_on_spend"] == pytest.approx(0.5)
    assert (row["units"], row["wins"], row["income"]) == (10, 6, 1800.0)


def test_limits_agree_with_resampling_every_lead_one_by_one() -> None:
    money = leads(1, 200, 0.3, 100.0)
    row = table({"a": money}, {"a": 4000.0}).loc["a"]
    other = bootstrap(
        lambda x: x.sum(axis=-1) / 4000 - 1, money, draws=20_000, level=0.95, seed=9, vectorised=True
    )
    width = other.high - other.low
    assert row["low"] == pytest.approx(other.low, abs=0.03 * width)
    assert row["high"] == pytest.approx(other.high, abs=0.05 * width)


def test_the_spread_is_that_of_a_sum_over_all_leads_not_over_the_won_ones() -> None:
    money = leads(2, 400, 0.1, 100.0)
    drawn = made({"a": money}, {"a": 1.0}, draws=20_000).draws[0]
    assert drawn.std() == pytest.approx(np.sqrt(400) * money.std(), rel=0.03)
    won = money[money > 0]
    assert drawn.std() > 1.2 * np.sqrt(len(won)) * won.std()


def test_no_won_deal_at_all_still_has_an_upper_limit() -> None:
    result = table({"a": np.array([100.0] * 50 + [0.0] * 50), "b": np.zeros(20)}, {"a": 1.0, "b": 500.0})
    row = result.loc["b"]
    assert row["return_on_spend"] == row["low"] == -1
    # Jeffreys: the 97.5 % quantile of Gamma(1/2) won deals of 100 each
    assert row["high"] == pytest.approx(stats.gamma(0.5).ppf(0.975) * 100 / 500 - 1, abs=0.03)


def test_cost_without_a_lead_and_leads_without_a_cost_stay_rows() -> None:
    result = table({"free": np.array([5.0, 0.0])}, {"sponsor": 1000.0})
    assert list(result.index) == ["sponsor", "free"]
    assert result.loc["sponsor", "return_on_spend"] == -1
    assert result.loc["sponsor", "units"] == 0
    assert np.isnan(result.loc["free", "return_on_spend"])
    assert np.isnan(result.loc["free", "p_value"])


def test_nothing_won_anywhere_gives_no_limits() -> None:
    row = table({"a": np.zeros(30)}, {"a": 100.0}).loc["a"]
    assert row["return_on_spend"] == -1
    assert np.isnan(row["low"])
    assert np.isnan(row["p_value"])


def test_more_returned_than_bought_is_below_minus_one() -> None:
    row = table({"a": np.array([-50.0] * 10 + [10.0] * 10)}, {"a": 100.0}).loc["a"]
    assert row["return_on_spend"] == pytest.approx(-5.0)
    assert row["low"] < -5 < row["high"]


def test_doubling_leads_and_money_keeps_the_return_and_narrows_the_limits() -> None:
    money = leads(3, 300, 0.3, 100.0)
    once = table({"a": money}, {"a": 5000.0}).loc["a"]
    twice = table({"a": np.tile(money, 2)}, {"a": 10_000.0}).loc["a"]
    assert twice["return_on_spend"] == pytest.approx(once["return_on_spend"])
    ratio = (twice["high"] - twice["low"]) / (once["high"] - once["low"])
    assert ratio == pytest.approx(1 / np.sqrt(2), abs=0.06)


def test_the_same_input_gives_the_same_limits() -> None:
    money = leads(4, 100, 0.4, 50.0)
    pd.testing.assert_frame_equal(table({"a": money}, {"a": 900.0}), table({"a": money}, {"a": 900.0}))


def test_planted_yes_no_and_open() -> None:
    result = table(
        {"yes": leads(5, 300, 0.3, 100), "no": leads(6, 300, 0.3, 100), "open": leads(7, 300, 0.3, 100)},
        {"yes": 3000.0, "no": 30_000.0, "open": float(leads(7, 300, 0.3, 100).sum())},
    )
    assert result.loc["yes", "low"] > 0
    assert result.loc["no", "high"] < 0
    assert result.loc["open", "low"] < 0 < result.loc["open", "high"]
    assert result["strength"].tolist() == ["strong", "strong", ""]


def test_few_won_deals_make_no_strong_evidence() -> None:
    row = table({"a": np.array([1000.0] * 12 + [0.0] * 20)}, {"a": 100.0}).loc["a"]
    assert row["few_wins"]
    assert row["strength"] == "preliminary"


def test_few_won_deals_far_from_the_usual_size_get_no_limits() -> None:
    result = table(
        {"usual": np.array([10.0] * 100), "one": np.array([100_000.0, 0.0])}, {"usual": 1.0, "one": 100.0}
    )
    assert np.isnan(result.loc["one", "low"])
    assert np.isnan(result.loc["one", "p_value"])


def test_together_is_all_income_against_all_cost() -> None:
    result = made(
        {"a": np.array([100.0] * 40 + [0.0] * 40), "b": np.array([10.0] * 40), "free": np.array([9e9])},
        {"a": 1000.0, "b": 1000.0},
    )
    whole = result.together()
    assert whole.estimate == pytest.approx(4400 / 2000 - 1)
    assert whole.low < whole.estimate < whole.high
    assert whole.n == 80


def test_together_without_any_cost_is_unknown() -> None:
    assert np.isnan(made({"a": np.array([1.0])}, {}).together().estimate)


def test_pairs_name_the_better_one_first_with_its_chance() -> None:
    result = made(
        {"poor": leads(8, 300, 0.3, 100), "rich": leads(9, 300, 0.3, 100), "twin": leads(9, 300, 0.3, 100)},
        {"poor": 20_000.0, "rich": 2000.0, "twin": 2000.0},
    )
    pairs = result.pairs().set_index(["group", "other"])
    assert list(pairs.index) == [("rich", "twin"), ("rich", "poor"), ("twin", "poor")]
    assert pairs.loc[("rich", "poor"), "chance"] > 0.999
    assert pairs.loc[("rich", "twin"), "chance"] == pytest.approx(0.5, abs=0.03)
    row = pairs.loc[("rich", "poor")]
    assert row["low"] < row["difference"] < row["high"]


def test_one_channel_makes_no_pair() -> None:
    pairs = made({"a": np.array([1.0])}, {"a": 1.0}).pairs()
    assert pairs.empty
    assert list(pairs.columns) == ["group", "other", "chance", "difference", "low", "high", "wins"]


def test_no_lead_and_no_cost_is_an_empty_table() -> None:
    result = returns([], [], [], {})
    assert result.table.empty
    assert np.isnan(result.together().estimate)


@pytest.mark.parametrize(
    ("income", "wins", "said"),
    [
        ([1.0], [1, 2], "2 wins"),
        ([np.nan], [1], '1 units lack an income or have no count of wins: "a"'),
        ([1.0], [-1], "1 units lack an income"),
    ],
)
def test_input_that_cannot_be(income: list[float], wins: list[int], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        returns(["a"], income, wins, {"a": 1.0})
