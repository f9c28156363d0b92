"""Which segments differ from all other clients: a family of tests fixed in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._segments.table import design_effect
from crm_analysis.language import msg
from crm_analysis.stats.alignment import aligned, together
from crm_analysis.stats.association import association
from crm_analysis.stats.intervals import newcombe
from crm_analysis.stats.multiplicity import adjust
from crm_analysis.stats.rank_shift import rank_shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from crm_analysis.analyses._segments.book import Book

    Floats = NDArray[np.float64]

#: A segment of fewer clients, or with fewer others, is not tested.
FEWEST = 5
#: Dimensions that go together more closely than this are two names of one thing (size and employees): to take
#: one out before the other is tested would take out what is looked for.
SAME_THING = 0.3
#: Equal values must stay equal: ranks of what only the machine's rounding tells apart would depend on the
#: unit of money.
_PLACES = 9
MEASURES = ("revenue_per_customer", "margin_rate", "win_rate")
TESTS = [
    "measure", "dimension", "segment", "value", "others", "difference", "low", "high", "n", "n_others",
    "p_value", "p_adjusted", "strength", "verdict",
]  # fmt: skip
POINTS = ("points", "points_low", "points_high")
_TEXT = ("measure", "dimension", "segment", "strength", "verdict")


def segment_tests(book: Book) -> pd.DataFrame:
    """Return ``TESTS``: a row a measure, dimension and segment, adjusted together."""
    rows: list[dict[str, Any]] = []
    clients = book.clients
    buying = (clients["revenue"] > 0).to_numpy()
    logs = np.log(clients["revenue"].where(clients["revenue"] > 0, 1.0).to_numpy(dtype=float))
    costed = (clients["costed"] > 0).to_numpy() & buying
    rates = np.divide(
        clients["margin"].to_numpy(dtype=float),
        clients["costed"].to_numpy(dtype=float),
        out=np.full(len(clients), np.nan),
        where=costed,
    )
    rates = rates.round(_PLACES)
    for dimension in book.codes:
        rows += _shifts(book, dimension, "revenue_per_customer", np.where(buying, logs, np.nan))
        if book.has_cost:
            rows += _shifts(book, dimension, "margin_rate", rates)
        if book.has_deals:
            rows += _win_rates(book, dimension)
    return judged(pd.DataFrame(rows, columns=TESTS[:11]), TESTS, _TEXT)


def published(tests: pd.DataFrame) -> pd.DataFrame:
    """Tell ratios from differences of rates: the latter stand in columns ``points`` of their own."""
    rates = tests["measure"] != "revenue_per_customer"
    frame = tests.copy()
    for name, source in zip(POINTS, ("difference", "low", "high"), strict=True):
        frame[name] = tests[source].where(rates)
        frame[source] = tests[source].where(~rates)
    at = TESTS.index("n")
    return frame[[*TESTS[:at], *POINTS, *TESTS[at:]]]


def judged(frame: pd.DataFrame, columns: Sequence[str], text: Sequence[str]) -> pd.DataFrame:
    """Adjust a family of tests and say of each row whether it is higher or lower."""
    tests = adjust(frame["p_value"].to_numpy(dtype=float))
    frame = frame.assign(
        p_adjusted=tests["p_adjusted"].to_numpy(),
        strength=tests["strength"].to_numpy(),
        verdict=verdicts(frame["p_value"], tests["found"], frame["difference"]),
    )
    return typed(frame, columns, text)


def verdicts(p_value: ArrayLike, found: ArrayLike, difference: ArrayLike) -> NDArray[np.str_]:
    """Say higher, lower, no_evidence or not_enough_data."""
    way = np.where(np.asarray(difference, dtype=float) > 0, msg("higher"), msg("lower"))
    said = np.where(np.asarray(found, dtype=bool), way, "no_evidence")
    return np.where(np.isnan(np.asarray(p_value, dtype=float)), "not_enough_data", said)


def typed(frame: pd.DataFrame, columns: Sequence[str], text: Sequence[str]) -> pd.DataFrame:
    """Keep the columns of a table, text as text and all the rest as numbers."""
    kinds = {name: "str" if name in text else "float64" for name in columns}
    return frame[list(columns)].astype(kinds).reset_index(drop=True)


def _shifts(book: Book, dimension: str, measure: str, values: Floats) -> list[dict[str, Any]]:
    """Set the typical client of each segment against the typical other one of like traits."""
    codes, names = book.codes[dimension]
    known = ~np.isnan(values)
    codes, values = codes[known], values[known]
    like = _aligned(book, dimension, known, values)
    rows = []
    for at, segment in enumerate(names):
        members, others = codes == at, codes != at
        row: dict[str, Any] = {"measure": measure, "dimension": dimension, "segment": segment,
               "n": int(members.sum()), "n_others": int(others.sum())}  # fmt: skip
        if min(row["n"], row["n_others"]) >= FEWEST and segment != NOT_STATED:
            shift = rank_shift(like[members], like[others])
            figures = np.array([shift.estimate, shift.low, shift.high])
            sides = np.array([np.median(values[members]), np.median(values[others])])
            if measure == "revenue_per_customer":
                figures, sides = np.expm1(figures), np.exp(sides)
            row |= dict(zip(("difference", "low", "high"), figures, strict=True))
            row |= dict(zip(("value", "others"), sides, strict=True)) | {"p_value": shift.p_value}
        rows.append(row)
    return rows


def _aligned(book: Book, dimension: str, known: NDArray[np.bool_], values: Floats) -> Floats:
    """Take out what the other dimensions explain, those aside that are nearly the same as this one."""
    own = book.codes[dimension][0][known]
    others = [codes[known] for name, (codes, _) in book.codes.items() if name != dimension]
    like = aligned(values, [codes for codes in others if together(own, codes) < SAME_THING])
    return like.round(_PLACES)


def _win_rates(book: Book, dimension: str) -> list[dict[str, Any]]:
    """Set the win rate of each segment against that of the others, whole clients changing places."""
    codes, names = book.codes[dimension]
    closed = book.clients["closed"].to_numpy(dtype=float)
    won = book.clients["won"].to_numpy(dtype=float)
    deciding = closed > 0
    effect = design_effect(closed, won)
    outcomes = np.column_stack([won, closed - won])[deciding].astype(np.int64)
    test = association(outcomes, codes[deciding])
    p_values = dict(zip((int(code) for code in test.groups), test.cell_p[:, 0], strict=True))
    rows = []
    for at, segment in enumerate(names):
        here = codes == at
        sums = [float(x[side].sum()) for side in (here, ~here) for x in (won, closed)]
        row: dict[str, Any] = {"measure": "win_rate", "dimension": dimension, "segment": segment,
               "n": sums[1], "n_others": sums[3]}  # fmt: skip
        enough = min(int((deciding & here).sum()), int((deciding & ~here).sum())) >= FEWEST
        if enough and segment != NOT_STATED:
            limits = newcombe(*(figure / effect for figure in sums))
            row |= {"value": sums[0] / sums[1], "others": sums[2] / sums[3], "difference": limits.estimate,
                    "low": limits.low, "high": limits.high, "p_value": p_values[at]}  # fmt: skip
        rows.append(row)
    return rows
