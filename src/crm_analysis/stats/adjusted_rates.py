"""Rates of groups that were given different cases: what each would reach with the cases of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Spread of the groups on the log-odds scale that is averaged over; 1.5 is far beyond what teams show.
_SPREADS = np.linspace(0.05, 1.5, 30)
#: Wide prior of all other coefficients: it only keeps a level with no success at all finite.
_WIDE = 10.0
#: Prior of the groups where each is to stand for itself.
_FREE = 10.0
_STEPS = 50
_TOLERANCE = 1e-9
_FINE = np.linspace(-6.0, 6.0, 2401)


class AdjustedRates(NamedTuple):
    """Rates of groups, adjusted for their cases.

    ``table`` has a row a group; ``dispersion`` is how many times the outcomes of cases that belong together
    vary more than chance (1 where they are independent); ``spread`` the likely spread of the groups in log
    odds.
    """

    table: pd.DataFrame
    dispersion: float
    spread: float


def adjusted_rates(
    group: ArrayLike,
    success: ArrayLike,
    covariates: pd.DataFrame,
    *,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> AdjustedRates:
    """Tell what rate each group would reach if all had the same cases.

    Parameters
    ----------
    group
        A label a case: the owner of a deal.
    success
        1 or True where the case succeeded.
    covariates
        What the cases differ in, a column of labels each, a row a case.
    cluster
        A label a case: cases that belong together, as the deals of one client. Where their outcomes are more
        alike than chance allows, all ranges get wider.
    level
        Level of the ranges.

    Returns
    -------
    AdjustedRates
        ``table``: ``group`` (sorted), ``cases``, ``successes``, ``raw`` rate, ``expected`` (rate that an
        average group would have with these cases), ``rate, low, high`` (with the cases of all, drawn toward
        the average of the groups), ``p_value`` (of "no different from the average", not drawn; NaN where
        there is one group only, or where all or no cases succeeded).

    Raises
    ------
    ParameterError
        Different lengths, or a success that is not 0 or 1.

    Notes
    -----
    Logistic regression with the covariates and a normally distributed effect of each group, averaged over
    the spread of the groups with weights from Laplace's approximation of the marginal likelihood (Breslow
    and Clayton 1993). The rates are standardised directly: the mean over all cases with the effect of one
    group. ``dispersion`` is the sum of squared sums of residuals by cluster over its expectation, never
    below 1 (McCullagh and Nelder 1989). Tests by Wald, without drawing.

    Examples
    --------
    >>> group = ["a"] * 40 + ["b"] * 40
    >>> won = [1] * 30 + [0] * 10 + [1] * 10 + [0] * 30
    >>> done = adjusted_rates(group, won, pd.DataFrame({"size": ["all"] * 80}))
    >>> done.table[["raw", "rate"]].round(2).to_numpy().tolist()
    [[0.75, 0.73], [0.25, 0.27]]
    """
    cells, names = _cells(group, success, covariates)
    if not len(names):
        return AdjustedRates(_table(cells, names), 1.0, np.nan)
    design = _design(cells, len(names))
    free = _fit(design, cells, len(names), _FREE, 1.0)
    dispersion = 1.0 if cluster is None else _dispersion(cells, free.chance, success, cluster)
    table = _table(cells, names)
    successes = table["successes"].sum()
    if len(names) < 2 or successes in (0, table["cases"].sum()):
        pooled = (successes + 0.5) / (table["cases"].sum() + 1)
        return AdjustedRates(table.assign(rate=pooled, expected=pooled), dispersion, np.nan)
    if dispersion > 1:
        free = _fit(design, cells, len(names), _FREE, dispersion)
    table["p_value"] = _wald(free, len(names))
    fits = [_fit(design, cells, len(names), spread, dispersion) for spread in _SPREADS]
    weights = np.exp(np.array([f.evidence for f in fits]) - max(f.evidence for f in fits))
    weights /= weights.sum()
    _standardise(table, cells, design, fits, weights, level)
    return AdjustedRates(table, dispersion, float(weights @ _SPREADS))


class _Cells(NamedTuple):
    """Cases alike in group and covariates, counted."""

    group: NDArray[np.intp]
    levels: pd.DataFrame
    cases: Floats
    successes: Floats
    member: NDArray[np.intp]


class _Fit(NamedTuple):
    """Mode, its covariance, the chance of each cell, and the logarithm of the marginal likelihood."""

    mode: Floats
    covariance: Floats
    chance: Floats
    evidence: float


def _cells(group: ArrayLike, success: ArrayLike, covariates: pd.DataFrame) -> tuple[_Cells, list[str]]:
    labels = np.asarray(group).astype(str)
    won = np.asarray(success, dtype=float)
    if labels.shape != won.shape or len(covariates) != len(won) or not np.isin(won, (0, 1)).all():
        raise ParameterError(
            f"{labels.size} groups, {won.size} outcomes, {len(covariates)} rows of covariates.",
            "One of each a case, the outcome 0 or 1.",
            "Leave out cases that are not decided.",
        )
    names = sorted(set(labels))
    codes = np.searchsorted(names, labels) if names else np.zeros(0, dtype=np.intp)
    known = covariates.astype("str").reset_index(drop=True)
    key = known.assign(group=codes)
    grouped = key.groupby(list(key.columns), sort=True)
    member = grouped.ngroup().to_numpy()
    size = int(member.max()) + 1 if len(member) else 0
    first = key.iloc[pd.Series(member).drop_duplicates().sort_values().index] if size else key
    levels = first.drop(columns="group").reset_index(drop=True)
    cases = np.bincount(member, minlength=size).astype(float)
    successes = np.bincount(member, weights=won, minlength=size)
    of_group = np.asarray(first["group"], dtype=np.intp)
    return _Cells(of_group, levels, cases, successes.astype(float), member.astype(np.intp)), names


def _design(cells: _Cells, groups: int) -> Floats:
    """Columns: one a group, then the intercept, then the levels of the covariates but their commonest."""
    columns = [np.eye(groups)[cells.group], np.ones((len(cells.cases), 1))]
    for name in cells.levels.columns:
        weight = pd.Series(cells.cases).groupby(cells.levels[name].to_numpy()).sum()
        commonest = weight.sort_values(ascending=False, kind="stable").index[0]
        others = [level for level in sorted(weight.index) if level != commonest]
        columns += [(cells.levels[name] == level).to_numpy(dtype=float)[:, None] for level in others]
    return np.hstack(columns)


def _fit(design: Floats, cells: _Cells, groups: int, spread: float, dispersion: float) -> _Fit:
    """Find the mode by Newton's method, with normal priors on all coefficients."""
    prior = np.full(design.shape[1], 1 / _WIDE**2)
    prior[:groups] = 1 / spread**2
    beta = np.zeros(design.shape[1])
    total = cells.successes.sum()
    beta[groups] = special.logit((total + 0.5) / (cells.cases.sum() + 1))
    for _ in range(_STEPS):
        chance = special.expit(design @ beta)
        slope = design.T @ (cells.successes - cells.cases * chance) / dispersion - prior * beta
        weight = cells.cases * chance * (1 - chance) / dispersion
        curve = (design.T * weight) @ design + np.diag(prior)
        step = np.linalg.solve(curve, slope)
        # a long step from a poor start would overshoot
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), _TOLERANCE))
        if np.abs(step).max() < _TOLERANCE:
            break
    chance = special.expit(design @ beta)
    weight = cells.cases * chance * (1 - chance) / dispersion
    curve = (design.T * weight) @ design + np.diag(prior)
    fitted = special.xlogy(cells.successes, chance) + special.xlog1py(cells.cases - cells.successes, -chance)
    evidence = fitted.sum() / dispersion + 0.5 * (np.log(prior).sum() - prior @ beta**2)
    evidence -= 0.5 * float(np.linalg.slogdet(curve)[1])
    return _Fit(beta, np.asarray(np.linalg.inv(curve), dtype=float), chance, float(evidence))


def _dispersion(cells: _Cells, chance: Floats, success: ArrayLike, cluster: ArrayLike) -> float:
    expected = chance[cells.member]
    residual = np.asarray(success, dtype=float) - expected
    codes = np.unique(np.asarray(cluster).astype(str), return_inverse=True)[1]
    sums = np.bincount(codes, weights=residual)
    variance = float((expected * (1 - expected)).sum())
    return max(1.0, float((sums**2).sum()) / variance) if variance > 0 else 1.0


def _wald(fit: _Fit, groups: int) -> Floats:
    """Test each group against the mean of all."""
    contrast = np.eye(groups) - 1 / groups
    effect = contrast @ fit.mode[:groups]
    variance = np.einsum("ij,jk,ik->i", contrast, fit.covariance[:groups, :groups], contrast)
    p_values: Floats = 2 * special.ndtr(-np.abs(effect) / np.sqrt(variance))
    return p_values


def _standardise(
    table: pd.DataFrame, cells: _Cells, design: Floats, fits: list[_Fit], weights: Floats, level: float
) -> None:
    """Fill expected, rate, low and high: effects of groups averaged over fits, rates over all cases."""
    groups = len(table)
    average = weights @ np.array([design[:, groups:] @ f.mode[groups:] for f in fits])
    modes = np.array([f.mode[:groups] for f in fits])
    centre = (weights @ modes).mean()
    contrast = np.eye(groups) - 1 / groups
    errors = np.array([
        np.sqrt(np.einsum("ij,jk,ik->i", contrast, f.covariance[:groups, :groups], contrast)) for f in fits
    ])  # fmt: skip
    share = cells.cases / cells.cases.sum()
    tail = (1 - level) / 2
    for at in range(groups):
        own = cells.group == at
        table.loc[at, "expected"] = np.average(special.expit(average[own] + centre), weights=cells.cases[own])
        below = weights @ special.ndtr((_FINE - modes[:, [at]]) / errors[:, [at]])
        limits = np.interp([tail, 1 - tail], below, _FINE)
        ends = (weights @ modes[:, at], *limits)
        table.loc[at, ["rate", "low", "high"]] = [
            float(share @ special.expit(average + effect)) for effect in ends
        ]


def _table(cells: _Cells, names: list[str]) -> pd.DataFrame:
    cases = np.bincount(cells.group, weights=cells.cases, minlength=len(names))
    successes = np.bincount(cells.group, weights=cells.successes, minlength=len(names))
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = successes / cases
    table = pd.DataFrame({"group": names, "cases": cases, "successes": successes, "raw": raw})
    table = table.astype({"group": "str", "cases": "int64", "successes": "int64", "raw": "float64"})
    return table.assign(**dict.fromkeys(("expected", "rate", "low", "high", "p_value"), np.nan))
