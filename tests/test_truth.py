"""A short version of ``benchmarks/truth.py``: verdicts against companies whose truth is known."""

from __future__ import annotations

import pytest
from benchmarks import truth_findings, truth_trends

#: Planted so strongly that every company shows them.
PLAIN = {
    "Wine leaves 10 points more margin",
    "A clients are large",
    "Sponsorship does not (return -1)",
    "delivery time 10 to 24 % of reasons",
    "Gus Tansy leaves reasons blank",
}
SEED = 7001


@pytest.fixture(scope="module")
def full() -> list[list[truth_findings.Claim]]:
    return [truth_findings.report(SEED, planted=True)]


def test_what_is_plain_is_found(full: list[list[truth_findings.Claim]]) -> None:
    found = truth_findings.found(full).set_index("planted")["found"]
    assert set(truth_findings.PLANTED) >= PLAIN
    assert (found[sorted(PLAIN)] == 1).all()


def test_few_claims_are_untrue(full: list[list[truth_findings.Claim]]) -> None:
    # one in twelve on average over many companies: of one company's claims hardly ever one in five
    every = truth_findings.untrue(full).set_index("family").loc["all of them"]
    assert every["claims"] >= 15
    assert every["untrue"] / every["claims"] <= 0.2


def test_hardly_anything_is_claimed_where_nothing_differs() -> None:
    claimed = [claim for claim in truth_findings.report(SEED, planted=False) if claim.true is not None]
    assert not any(claim.true for claim in claimed)
    assert len(claimed) <= 4  # 1.1 on average; of 200 companies one has more


@pytest.mark.parametrize(("months", "memory", "season"), [(24, 0.6, True), (36, 0.0, False), (60, 0.3, True)])
def test_a_steady_figure_is_seldom_called_a_trend(months: int, memory: float, season: bool) -> None:
    tested, called = truth_trends.cell((months, memory, season, 0.0, 400, 1))
    assert tested == 1
    assert called <= 0.09  # 7 % at the worst, and what 400 series add by chance


def test_a_trend_that_is_there_is_found() -> None:
    assert truth_trends.cell((36, 0.3, False, truth_trends.DRIFTS[36][1], 200, 1))[1] >= 0.6
    # one year of a figure with a season says nothing, however it drifts
    assert truth_trends.cell((12, 0.3, True, 5.0, 20, 1)) == (0.0, 0.0)
