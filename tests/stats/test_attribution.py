"""Attribution against hand-worked fractions, a published sample, brute force, and planted answers."""

from __future__ import annotations

import json
from itertools import chain, combinations, pairwise, permutations, product
from math import factorial, prod
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import ParameterError
from crm_analysis.stats.attribution import MODELS, UNTOUCHED, attribute, read_paths, read_sequences
from crm_analysis.stats.intervals import wilson
from crm_analysis.stats.markov import removal_effects
from crm_analysis.stats.paths import rule_credits

REFERENCE = Path(__file__).parents[1] / "reference" / "attribution.json"
CASES = {case["id"]: case for case in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}


def of_case(name):
    rows = CASES[name]["inputs"]["paths"]
    return read_sequences(
        [row["path"] for row in rows],
        [row["conversions"] for row in rows],
        [row["null"] for row in rows],
        value=[row.get("value", 0) for row in rows],
    )


def credited(shares, model, column="conversions"):
    table = shares.table()
    return table[table["model"] == model].set_index("channel")[column]


def random_paths(seed=0, *, channels=12, paths=300, longest=6, repeats=True):
    generator = np.random.default_rng(seed)
    names = [f"c{i:02d}" for i in range(channels)]
    weights = generator.dirichlet(np.ones(channels))
    sequences = [
        list(generator.choice(names, generator.integers(1, longest), replace=repeats, p=weights))
        for _ in range(paths)
    ]
    return sequences, generator.integers(0, 6, paths), generator.integers(0, 20, paths)


@pytest.fixture(scope="module")
def sample(shared_data):
    data = pd.read_csv(shared_data / "attribution-paths" / "path_data.csv")
    return read_sequences(
        [path.split(" > ") for path in data["path"]],
        data["total_conversions"],
        data["total_null"],
        value=data["total_conversion_value"],
    )


class TestReference:
    @pytest.mark.parametrize("name", ["D01-markov", "D02-markov-loop"])
    def test_markov_by_hand(self, name):
        expected = CASES[name]["expected"]
        shares = attribute(of_case(name), draws=0)
        assert shares.rate == pytest.approx(expected["base_rate"], abs=1e-12)
        for channel, count in expected["conversions"].items():
            assert credited(shares, "Markov")[channel] == pytest.approx(count, abs=1e-10)

    def test_removal_effects_by_hand(self):
        # A>B won, B won, A>C lost, A>B>C won, C lost
        starts, won, lost = np.array([3.0, 1, 1]), np.array([0.0, 2, 1]), np.array([0.0, 0, 2])
        moves = np.array([[0.0, 2, 1], [0, 0, 1], [0, 0, 0]])
        chain = removal_effects(starts, moves, won, lost)
        assert chain.rate == pytest.approx(3 / 5)
        assert chain.effect == pytest.approx([17 / 27, 7 / 9, 1 / 3])

    def test_shapley_by_hand(self):
        expected = CASES["D03-shapley"]["expected"]
        shares = attribute(of_case("D03-shapley"), draws=0)
        for column in ("conversions", "value"):
            assert credited(shares, "Shapley", column).to_dict() == pytest.approx(expected[column])

    def test_rules_by_hand(self):
        expected = CASES["D04-heuristics"]["expected"]
        shares = attribute(of_case("D04-heuristics"), draws=0)
        for model in ("first", "last", "linear"):
            assert credited(shares, model).to_dict() == pytest.approx(expected[model])
            assert credited(shares, model, "value").to_dict() == pytest.approx(expected[f"{model}_value"])

    def test_time_decay_by_hand(self):
        case = CASES["D05-time-decay-position"]
        ages = case["inputs"]["days_before"]
        paths = read_paths([0, 0, 0], ["A", "B", "C"], [1], [0], age=ages)
        decay = rule_credits(paths, half_life=case["inputs"]["half_life"])["time decay"].toarray()[0]
        assert decay == pytest.approx(case["expected"]["time_decay"])

    @pytest.mark.parametrize("length", [1, 2, 3, 4])
    def test_position_by_hand(self, length):
        paths = read_sequences([list("ABCD")[:length]], [1], [0])
        assert rule_credits(paths)["position"].toarray()[0] == pytest.approx(
            CASES["D05-time-decay-position"]["expected"][f"position_{length}"]
        )


class TestPublishedSample:
    def test_counts_and_rate(self, sample):
        assert len(sample.channels) == 12
        expected = CASES["sample"]["expected"]
        assert (sample.won.sum(), sample.lost.sum()) == (expected["conversions"], expected["nulls"])
        assert attribute(sample, draws=0).rate == pytest.approx(expected["base_rate"], abs=1e-10)

    @pytest.mark.parametrize("model", ["first", "last", "linear", "Markov"])
    def test_credits(self, sample, model):
        counts = credited(attribute(sample, draws=0), model)
        for channel, count in CASES["sample"]["expected"][model].items():
            assert counts[channel] == pytest.approx(count, abs=1e-6)
        assert counts.sum() == pytest.approx(19785)

    def test_published_simulation_is_near(self, sample):
        counts = credited(attribute(sample, draws=0), "Markov")
        for channel, count in CASES["sample"]["expected"]["Markov by simulation"].items():
            assert counts[channel] == pytest.approx(count, rel=0.005)

    def test_shapley_over_all_coalitions(self, sample):
        assert credited(attribute(sample, draws=0), "Shapley").to_numpy() == pytest.approx(
            shapley_of_coalitions(sample)
        )


def shapley_of_coalitions(paths):
    """Compute the Shapley value from its definition: v(S) = sales whose channels all lie in S."""
    k = len(paths.channels)
    worth = np.zeros(2**k)
    sets = np.zeros(len(paths.won), dtype=np.int64)
    np.bitwise_or.at(sets, paths.path, 1 << paths.code)
    np.add.at(worth, sets, paths.won)
    for bit in range(k):
        without = np.flatnonzero(~np.arange(2**k) & (1 << bit))
        worth[without | (1 << bit)] += worth[without]
    size = np.array([bin(s).count("1") for s in range(2**k)])
    weight = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) for s in range(k)])
    values = []
    for bit in range(k):
        without = np.flatnonzero(~np.arange(2**k) & (1 << bit))
        values.append(weight[size[without]] @ (worth[without | (1 << bit)] - worth[without]))
    return values


class TestBruteForce:
    @pytest.mark.parametrize("seed", range(3))
    def test_shapley(self, seed):
        paths = read_sequences(*random_paths(seed, channels=9))
        assert credited(attribute(paths, draws=0), "Shapley").to_numpy() == pytest.approx(
            shapley_of_coalitions(paths)
        )

    @pytest.mark.parametrize("channels", [2, 12, 30])
    def test_markov_with_each_channel_taken_out(self, channels):
        sequences, won, lost = random_paths(5, channels=channels)
        paths = read_sequences(sequences, won, lost)
        k = len(paths.channels)
        counts = np.zeros((k + 1, k + 2))
        for sequence, w, n in zip(sequences, won, lost, strict=True):
            steps = [k, *(paths.channels.index(name) for name in sequence)]
            for a, b in pairwise(steps):
                counts[a, b] += w + n
            counts[steps[-1], k] += w
            counts[steps[-1], k + 1] += n
        chances = counts / counts.sum(axis=1, keepdims=True)

        def won_without(out):
            chain = chances.copy()
            chain[:, out] = 0.0
            inner = np.eye(k) - chain[:k, :k]
            return chain[k, :k] @ np.linalg.solve(inner, chain[:k, k] * ~np.isin(np.arange(k), out))

        rate = won_without([])
        effect = np.array([1 - won_without([c]) / rate for c in range(k)])
        assert rate == pytest.approx(won.sum() / (won.sum() + lost.sum()))
        assert credited(attribute(paths, draws=0), "Markov").to_numpy() == pytest.approx(
            effect / effect.sum() * won.sum()
        )


class TestRelations:
    def test_credits_and_money_add_up(self):
        sequences, won, lost = random_paths(1)
        value = won * 10.5
        shares = attribute(read_sequences(sequences, won, lost, value=value), draws=0)
        assert shares.share.sum(axis=1) == pytest.approx(1)
        assert shares.value.sum(axis=1) == pytest.approx(value.sum())
        assert shares.rate == pytest.approx(won.sum() / (won.sum() + lost.sum()))

    def test_a_channel_of_lost_leads_only_gets_nothing(self):
        shares = attribute(read_sequences([["A"], ["B"]], [3, 0], [1, 5]), draws=0)
        assert shares.share[:, 1].tolist() == [0.0] * len(shares.models)

    def test_staying_on_a_channel_changes_no_removal_effect(self):
        sequences, won, lost = random_paths(2, channels=5, longest=9)
        once = [[a for a, b in zip(s, [None, *s], strict=False) if a != b] for s in sequences]
        many, few = (attribute(read_sequences(s, won, lost), draws=0) for s in (sequences, once))
        at = many.models.index("Markov")
        assert not np.allclose(many.share[2], few.share[2])
        # a self-loop moves the chance to stay, not where the lead goes when it leaves
        assert many.rate == pytest.approx(few.rate)
        assert many.share[at] == pytest.approx(few.share[at])

    def test_shapley_is_linear_where_no_channel_repeats(self):
        shares = attribute(read_sequences(*random_paths(3, channels=8, repeats=False)), draws=0)
        rows = dict(zip(shares.models, shares.share, strict=True))
        assert rows["Shapley"] == pytest.approx(rows["linear"])

    def test_order_and_splitting_of_rows_do_not_matter(self):
        sequences, won, lost = random_paths(4)
        order = np.random.default_rng(0).permutation(len(won))
        mixed = read_sequences(
            [sequences[i] for i in order] * 2, np.tile(won[order], 2), np.tile(lost[order], 2)
        )
        plain, doubled = (
            attribute(paths, draws=0) for paths in (read_sequences(sequences, won, lost), mixed)
        )
        assert doubled.share == pytest.approx(plain.share)
        assert doubled.won == 2 * plain.won

    def test_decay_counts_days_between_contacts_only(self):
        ages = np.array([9.0, 3, 0])
        shares = [
            attribute(read_paths([0, 0, 0], list("ABC"), [1], [0], age=ages + later), draws=0).share
            for later in (0, 4000)
        ]
        assert shares[1] == pytest.approx(shares[0])
        assert np.isfinite(shares[1]).all()

    def test_a_long_half_life_is_linear(self):
        paths = read_paths([0, 0, 0], list("ABC"), [1], [0], age=[30, 20, 0])
        decay = rule_credits(paths, half_life=1e9)["time decay"].toarray()
        assert decay == pytest.approx(np.full((1, 3), 1 / 3))

    def test_times_unknown_leave_decay_out(self):
        shares = attribute(read_sequences([["A"]], [1], [0]), draws=0)
        assert shares.models == tuple(model for model in MODELS if model != "time decay")

    def test_sales_without_a_contact_are_a_row_of_their_own(self):
        shares = attribute(read_sequences([["A"], [], ["B"]], [3, 1, 0], [2, 5, 2]), draws=0)
        assert shares.channels == ("A", "B", UNTOUCHED)
        assert shares.share == pytest.approx(np.tile([0.75, 0, 0.25], (6, 1)))
        # leads without a contact are not part of the chain
        assert shares.rate == pytest.approx(3 / 7)

    def test_nobody_won(self):
        table = attribute(read_sequences([["A"], ["B"]], [0, 0], [2, 3])).table()
        assert table[["share", "low", "high"]].isna().all(axis=None)


class TestIntervals:
    def test_one_contact_each_is_a_share_with_its_wilson_interval(self):
        paths = read_sequences([["A"], ["B"]], [60, 140], [100, 50])
        table = attribute(paths, draws=4000).table().set_index(["channel", "model"])
        expected = wilson(60, 200)
        for model in ("first", "linear", "Markov", "Shapley"):
            row = table.loc[("A", model)]
            assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=0.012)

    def test_clients_with_several_deals_widen_the_interval(self):
        sequences = [["A"]] * 40 + [["B"]] * 40
        paths = read_sequences(sequences * 4, np.ones(320), np.zeros(320))
        alone, clients = (
            attribute(paths, units=units, draws=2000).agreement()["interval_width"][0]
            for units in (None, np.tile(np.arange(80), 4))
        )
        assert clients / alone == pytest.approx(2, rel=0.1)

    def test_lost_leads_are_resampled_too(self):
        # 15 sales of three kinds can be drawn in 136 ways; more values come from the leads that were lost
        paths = read_sequences([["A"], ["B"], ["A", "B"]], [5, 5, 5], [200, 10, 5])
        markov = attribute(paths, draws=1500).draws[:, 4, 0]
        assert len(np.unique(markov.round(12))) > 300

    def test_the_same_seed_gives_the_same_draws(self):
        paths = read_sequences(*random_paths(6, channels=4))
        first, again, other = (attribute(paths, draws=50, seed=s).draws for s in (1, 1, 2))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_one_lead_has_no_interval(self):
        table = attribute(read_sequences([["A", "B"]], [1], [0])).table()
        assert table["share"].notna().all()
        assert table["low"].isna().all()


class TestContactsOfOneMoment:
    def test_by_hand(self):
        # A and B at once, then C
        paths = read_paths([0, 0, 0], ["A", "B", "C"], [1], [0], moment=[1, 1, 2])
        rules = {name: row.toarray()[0].tolist() for name, row in rule_credits(paths).items()}
        assert rules["first"] == [0.5, 0.5, 0]
        assert rules["last"] == [0, 0, 1]
        assert rules["position"] == pytest.approx([(0.4 + 0.2) / 2] * 2 + [0.4])

    @pytest.mark.parametrize("seed", range(5))
    def test_each_order_of_them_counts_alike(self, seed):
        generator = np.random.default_rng(seed)
        together, orders, won, lost, weight = [], [], [], [], []
        for _ in range(40):
            steps = [list(generator.choice(list("ABCD"), size)) for size in generator.integers(1, 4, 3)]
            ways = list(product(*(permutations(step) for step in steps)))
            together.append(steps)
            orders.append([list(chain.from_iterable(way)) for way in ways])
            won.append(int(generator.integers(0, 4)))
            lost.append(int(generator.integers(0, 4)))
            # whole numbers of leads for each order
            weight.append(6**3 // prod(factorial(len(step)) for step in steps))
        repeated = [
            [count * each for count, each, way in zip(side, weight, orders, strict=True) for _ in way]
            for side in (won, lost)
        ]
        expected = attribute(read_sequences(chain.from_iterable(orders), *repeated), draws=0)
        rows = [
            (number, channel, moment)
            for number, steps in enumerate(together)
            for moment, step in enumerate(steps)
            for channel in step
        ]
        number, channel, moment = zip(*rows, strict=True)
        shares = attribute(read_paths(number, channel, won, lost, moment=moment), draws=0)
        assert shares.models == expected.models
        np.testing.assert_allclose(shares.share, expected.share, atol=1e-12)
        assert shares.rate == pytest.approx(expected.rate)

    def test_one_moment_in_two_paths_ties_nothing(self):
        paths = read_paths([0, 1, 1], ["A", "B", "C"], [1, 1], [0, 0], moment=[5, 5, 6])
        assert rule_credits(paths)["last"].toarray().tolist() == [[1, 0, 0], [0, 0, 1]]

    def test_as_many_moments_as_contacts(self):
        with pytest.raises(ParameterError, match="3 moments"):
            read_paths([0, 0], ["A", "B"], [1], [0], moment=[1, 2, 3])


def openers_and_closers(seed, *, leads, channels=5, ordered):
    """Make leads whose order of channels either says something (A opens, B closes) or nothing."""
    generator = np.random.default_rng(seed)
    names = [f"c{i}" for i in range(channels)]
    sequences = []
    for length in generator.integers(1, 4, leads):
        path = list(generator.choice(names, length, replace=False))
        sequences.append(["opener", *path, "closer"] if ordered and generator.random() < 0.4 else path)
    won = (generator.random(leads) < 0.35).astype(int)
    return read_sequences(sequences, won, 1 - won)


class TestAgreement:
    def test_planted_difference_is_found(self):
        found = attribute(openers_and_closers(1, leads=400, ordered=True)).agreement().set_index("channel")
        assert found.loc[["opener", "closer"], "depends"].all()
        assert (found.loc["opener", "highest_model"], found.loc["opener", "lowest_model"]) == (
            "first",
            "last",
        )

    def test_order_without_meaning_is_seldom_called_a_difference(self):
        runs = [
            attribute(openers_and_closers(seed, leads=200, ordered=False), draws=300, seed=seed).agreement()
            for seed in range(60)
        ]
        # 5 % expected; 9 of 60 or more would come by chance in 3 of 1,000 cases
        assert sum(bool(run["depends"].any()) for run in runs) <= 8

    def test_too_few_sales_are_not_judged(self):
        paths = read_sequences([["opener", "closer"], ["c"]], [29, 0], [30, 10])
        table = attribute(paths).agreement()
        assert table["p_adjusted"].isna().all()
        assert not table["depends"].any()

    def test_models_that_agree_exactly(self):
        table = attribute(read_sequences([["A"], ["B"]], [40, 40], [10, 60])).agreement()
        assert table["spread"].tolist() == pytest.approx([0, 0], abs=1e-12)
        assert not table["depends"].any()

    def test_spread_is_highest_less_lowest(self):
        shares = attribute(read_sequences(*random_paths(7, channels=4)), draws=50)
        table = shares.agreement()
        assert table["spread"].to_numpy() == pytest.approx(
            [max(abs(a - b) for a, b in combinations(column, 2)) for column in shares.share.T]
        )


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            (([0, 0], ["A"], [1], [0]), "2 path numbers for 1 channels"),
            (([0], ["A"], [1, 1], [0]), "outcomes of 1 and 2 paths"),
            (([1, 0], ["A", "B"], [1, 1], [0, 0]), "ascending"),
            (([0, 2], ["A", "B"], [1, 1], [0, 0]), "from 0 to 2 for 2 paths"),
            (([0], ["A"], [-1], [0]), "counts of leads won"),
            (([0], ["A"], [1], [0.5]), "counts of leads lost"),
            (([0], ["A"], [float("nan")], [0]), "counts of leads won"),
        ],
    )
    def test_paths(self, arguments, match):
        with pytest.raises(ParameterError, match=match):
            read_paths(*arguments)

    def test_contact_after_the_decision(self):
        with pytest.raises(ParameterError, match="1 ages are negative"):
            read_paths([0, 0], ["A", "B"], [1], [0], age=[3, -1])

    @pytest.mark.parametrize("options", [{"half_life": 0}, {"ends": (0.8, 0.4)}, {"ends": (-0.1, 0.4)}])
    def test_parameters(self, options):
        with pytest.raises(ParameterError, match="half-life"):
            attribute(read_sequences([["A"]], [1], [0]), **options)

    def test_units(self):
        with pytest.raises(ParameterError, match="3 units for 1 paths"):
            attribute(read_sequences([["A"]], [1], [0]), units=["a", "b", "c"])
