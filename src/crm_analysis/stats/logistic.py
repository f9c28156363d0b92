"""Which factors go with a yes or no (won or lost), each with the others held fixed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import special

from crm_analysis.errors import ParameterError, listed
from crm_analysis.stats.clustered import Clustered, clustered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

    Factors = Mapping[str, ArrayLike]

STEEPEST = 12.0
"""Fitted log odds beyond this mean that a combination of factors decides the outcome."""

FEWEST_DF = 2.0
"""Below so many degrees of freedom a t distribution has tails too heavy to tell anything."""

_STEPS = 100
_CLOSE = 1e-9


@dataclass(frozen=True)
class Logistic:
    """The answer of :func:`logistic`, which describes each field."""

    levels: pd.DataFrame
    factors: pd.DataFrame
    method: Literal["maximum likelihood", "firth"]
    cases: int
    events: int
    clusters: int


def logistic(outcome: ArrayLike, factors: Factors, clusters: ArrayLike, *, level: float = 0.95) -> Logistic:
    """Answer how the odds of an outcome go with each level of each factor, the other factors held fixed.

    Parameters
    ----------
    outcome
        One truth value a case (deal won).
    factors
        Values of each factor by its name, one a case: text is a set of levels, numbers are one slope.
    clusters
        What is independent: the customer of each case.
    level
        Confidence level.

    Returns
    -------
    Logistic
        ``levels``: a row a level, ``factor, level, cases, events, log_odds, error, low, high, df, p_value``.
        The log odds of a level are against the average case: the weighted mean over the levels of the factor
        is 0. A factor of numbers has one row with level "" and its slope. ``factors``: a row a factor,
        ``factor, parameters, p_value`` of all its levels together. ``method``: ``"firth"`` where a level or
        a combination of factors decides the outcome, else ``"maximum likelihood"``. NaN where the clusters
        do not tell of a level's error.

    Raises
    ------
    ParameterError
        Factors of different length, with blanks, with one level only, or that repeat each other; an outcome
        that is always the same.

    Notes
    -----
    Maximum likelihood by ``statsmodels`` ``GLM``. Where the outcomes are separated it has no finite answer;
    the penalty of Firth (1993), which gives finite odds ratios, takes its place (Heinze and Schemper 2002).
    Standard error: the larger of the cluster-robust one (:func:`crm_analysis.stats.clustered.clustered`) and
    the one of independent cases, because under separation the first tends to 0. The test of a factor is
    Wald's with either covariance, the larger p-value of the two: F by Hotelling's T², its degrees of
    freedom (parameters + 1) / 2 times those of the mean level, and chi-square.

    Examples
    --------
    >>> won = [True] * 30 + [False] * 10 + [True] * 10 + [False] * 30
    >>> fit = logistic(won, {"owner": ["Ann"] * 40 + ["Bob"] * 40}, range(80))
    >>> np.exp(fit.levels["log_odds"]).round(3).tolist()  # odds 3 and 1/3, against their mean
    [3.0, 0.333]
    """
    y = np.asarray(outcome, dtype=float)
    design = Design.of(factors, len(y))
    labels = np.asarray(clusters)
    if len(labels) != len(y) or not 0 < y.sum() < len(y) or not np.isin(y, (0, 1)).all():
        raise ParameterError(
            f"{len(y)} outcomes, {int(y.sum())} of them yes; {len(labels)} clusters.",
            "Each case has an outcome, yes or no, and a cluster; both outcomes occur.",
        )
    design.check()
    separated = any(set(np.unique(y[design.codes[name] == code])) != {0.0, 1.0}
                    for name in design.codes for code in range(len(design.names[name])))  # fmt: skip
    beta = None if separated else _likeliest(design.matrix, y)
    method: Literal["maximum likelihood", "firth"] = "firth" if beta is None else "maximum likelihood"
    if beta is None:
        beta = firth(design.matrix, y)
    chance = special.expit(design.matrix @ beta)
    weight = np.sqrt(chance * (1 - chance))
    contrasts, rows = design.contrasts()
    scaled = design.matrix * weight[:, None]
    robust = clustered(scaled, (y - chance) / weight, labels, contrasts)
    plain = np.asarray(np.linalg.pinv(scaled.T @ scaled), dtype=np.float64)
    levels = _levels(rows, contrasts, beta, robust, plain, level)
    levels.insert(2, "events", design.counted(y))
    levels.insert(2, "cases", design.counted(np.ones(len(y))))
    tests = [
        {"factor": name, "parameters": len(at), "p_value": _together(beta, at, robust, plain, levels, name)}
        for name, at in design.places.items()
    ]
    return Logistic(levels, pd.DataFrame(tests), method, len(y), int(y.sum()), robust.clusters)


@dataclass(frozen=True)
class Design:
    """Factors as columns: the first is the constant, then each factor without its first level."""

    matrix: Floats
    names: dict[str, list[str]]
    codes: dict[str, NDArray[np.intp]]
    places: dict[str, list[int]]

    @classmethod
    def of(cls, factors: Factors, cases: int) -> Design:
        """Lay factors out; text becomes indicator columns, numbers stay as they are."""
        columns, names, codes = [np.ones(cases)], {}, {}
        places: dict[str, list[int]] = {}
        for name, given in factors.items():
            values = np.asarray(given)
            blank = pd.isna(values).any()
            if values.shape != (cases,) or blank:
                raise ParameterError(
                    f'The factor "{name}" has {values.size} values for {cases} cases'
                    f"{', some of them blank' if blank else ''}.",
                    "One value a case, none blank.",
                    'Give blanks a level of their own, such as "(not stated)".',
                )
            before = len(columns)
            if values.dtype.kind in "fiu":
                columns.append(values.astype(float))
            else:
                labels, code = np.unique(values.astype(str), return_inverse=True)
                names[name], codes[name] = [str(label) for label in labels], code
                columns += [(code == at).astype(float) for at in range(1, len(labels))]
            places[name] = list(range(before, len(columns)))
        return cls(np.column_stack(columns), names, codes, places)

    def check(self) -> None:
        """Refuse factors whose effects cannot be told apart."""
        alike = [name for name, at in self.places.items() if not at] or self._repeating()
        if alike:
            raise ParameterError(
                f"Factors that have one level or repeat the others: {listed(alike)}.",
                "The effect of each factor can be told from those of the others.",
                "Leave them out; see independent_factors().",
            )

    def _repeating(self) -> list[str]:
        columns, rank, found = [0], 1, []
        # the triangle has the singular values of the whole, whatever columns are taken, and few rows
        triangle: Floats = np.linalg.qr(self.matrix / np.linalg.norm(self.matrix, axis=0)).R
        close = max(self.matrix.shape) * np.finfo(float).eps
        for name, at in self.places.items():
            tried = int(np.linalg.matrix_rank(triangle[:, columns + at], rtol=close))
            if tried < rank + len(at):
                found.append(name)
            else:
                columns, rank = columns + at, tried
        return found

    def contrasts(self) -> tuple[Floats, list[tuple[str, str]]]:
        """Weigh the parameters for each level against the average case."""
        weights, rows = [], []
        for name, at in self.places.items():
            for code, label in enumerate(self.names.get(name, [""])):
                weight = np.zeros(self.matrix.shape[1])
                if name in self.names:
                    weight[at] = -self.matrix[:, at].mean(axis=0)
                    if code:
                        weight[at[code - 1]] += 1
                else:
                    weight[at] = 1
                weights.append(weight)
                rows.append((name, label))
        return np.array(weights), rows

    def counted(self, values: Floats) -> NDArray[np.int64]:
        """Add up values by level, in the order of the contrasts."""
        sums = [
            np.bincount(self.codes[name], weights=values) if name in self.codes else [values.sum()]
            for name in self.places
        ]
        return np.concatenate(sums).astype(np.int64)


def independent_factors(factors: Factors, cases: int) -> tuple[list[str], list[str]]:
    """Split factors, in their order, into those that tell something new and those that repeat earlier ones.

    Examples
    --------
    >>> independent_factors({"city": ["a", "b", "c"], "country": ["x", "x", "y"], "one": ["k"] * 3}, 3)
    (['city'], ['country', 'one'])
    """
    design = Design.of(factors, cases)
    single = [name for name, at in design.places.items() if not at]
    design = Design.of({name: values for name, values in factors.items() if name not in single}, cases)
    repeating = {*single, *design._repeating()}
    return [name for name in factors if name not in repeating], [n for n in factors if n in repeating]


def firth(matrix: Floats, y: Floats) -> Floats:
    """Fit a logistic regression with Firth's penalty; finite also where outcomes are separated.

    Examples
    --------
    >>> float(firth(np.ones((9, 1)), np.zeros(9))[0].round(4))  # log(½ / 9½)
    -2.9444
    """
    beta = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        chance = special.expit(matrix @ beta)
        scaled = matrix * np.sqrt(chance * (1 - chance))[:, None]
        inverse = np.linalg.pinv(scaled.T @ scaled, hermitian=True)
        leverage = ((scaled @ inverse) * scaled).sum(axis=1)
        step = inverse @ (matrix.T @ (y - chance + leverage * (0.5 - chance)))
        # a long step overshoots where the curve is flat
        beta = beta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), _CLOSE))
        if np.abs(step).max() < _CLOSE:
            break
    return beta


def _likeliest(matrix: Floats, y: Floats) -> Floats | None:
    """Return the maximum likelihood estimate; None where there is no finite one."""
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            fit: Any = GLM(y, matrix, family=families.Binomial()).fit(maxiter=_STEPS)
        except PerfectSeparationWarning:
            return None
    beta = np.asarray(fit.params, dtype=float)
    return beta if fit.converged and np.abs(matrix @ beta).max() < STEEPEST else None


def _levels(
    rows: Sequence[tuple[str, str]],
    contrasts: Floats,
    beta: Floats,
    robust: Clustered,
    plain: Floats,
    level: float,
) -> pd.DataFrame:
    independent = np.sqrt(np.einsum("mp,pq,mq->m", contrasts, plain, contrasts))
    told = robust.df >= FEWEST_DF
    error = np.where(told, np.maximum(robust.error, independent), np.nan)
    df = np.where(told, robust.df, np.nan)
    log_odds = contrasts @ beta
    half = special.stdtrit(df, (1 + level) / 2) * error
    return pd.DataFrame(
        {
            "factor": pd.Series([name for name, _ in rows], dtype="str"),
            "level": pd.Series([label for _, label in rows], dtype="str"),
            "log_odds": log_odds,
            "error": error,
            "low": log_odds - half,
            "high": log_odds + half,
            "df": df,
            "p_value": 2 * special.stdtr(df, -np.abs(log_odds / error)),
        }
    )


def _together(
    beta: Floats, at: list[int], robust: Clustered, plain: Floats, levels: pd.DataFrame, name: str
) -> float:
    """Test that no level of a factor differs."""
    count = len(at)
    own = levels.loc[levels["factor"] == name, "df"]
    if own.isna().any():  # one customer alone may make the difference
        return float("nan")
    # the errors of different levels come from different cases, so together they tell more than one level
    df = min((count + 1) / 2 * float(own.mean()), robust.clusters - 1)
    left = df - count + 1
    if not left >= FEWEST_DF:
        return float("nan")
    by_clusters, by_cases = (
        float(beta[at] @ np.linalg.pinv(covariance[np.ix_(at, at)], hermitian=True) @ beta[at])
        for covariance in (robust.covariance, plain)
    )
    p_clusters = special.fdtrc(count, left, left / df * by_clusters / count)
    return float(max(p_clusters, special.chdtrc(count, by_cases)))


__all__ = ["Design", "Logistic", "firth", "independent_factors", "logistic"]
