"""Errors of a regression whose cases come in clusters: several deals of one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_FULL = 1e-10
"""A cluster that alone decides a parameter has leverage 1 there; it tells nothing of its error."""


_TOLD = 0.9
"""Where less of a contrast's variance shows between clusters, its error is not known."""


class Clustered(NamedTuple):
    """The answer of :func:`clustered`: covariance of the parameters; error and df of each contrast."""

    covariance: NDArray[np.float64]
    error: NDArray[np.float64]
    df: NDArray[np.float64]
    clusters: int


def clustered(
    design: ArrayLike, residuals: ArrayLike, clusters: ArrayLike, contrasts: ArrayLike
) -> Clustered:
    """Answer how certain contrasts of regression parameters are where cases of a cluster belong together.

    Parameters
    ----------
    design
        Cases by parameters, of full rank; for a logistic regression each row times √(p(1−p)).
    residuals
        One a case; for a logistic regression (y − p) / √(p(1−p)).
    clusters
        Label of the cluster of each case.
    contrasts
        Contrasts by parameters: the weights with which each contrast adds the parameters up.

    Returns
    -------
    Clustered
        Standard errors and degrees of freedom of a t distribution, one a contrast; NaN where a cluster alone
        decides most of it.

    Raises
    ------
    ParameterError
        Cases, residuals and clusters differ in number.

    Notes
    -----
    CR2 sandwich of Bell and McCaffrey (2002) with Satterthwaite's degrees of freedom, as in the R package
    clubSandwich (Pustejovsky and Tipton 2018), working covariance the identity. The usual sandwich with
    normal quantiles gives p = 1e-30 on six clusters where this gives .006. The adjustment is computed from a
    singular value decomposition of each cluster's rows, so large clusters need no large matrix.

    Examples
    --------
    >>> ones = np.ones((4, 1))
    >>> mean = clustered(ones, [-1.5, -0.5, 0.5, 1.5], ["a", "b", "c", "d"], [[1.0]])
    >>> mean.error.round(4).tolist(), mean.df.round(6).tolist()  # that of a mean of four values
    ([0.6455], [3.0])
    """
    x, e = np.asarray(design, dtype=float), np.asarray(residuals, dtype=float)
    labels, weights = np.asarray(clusters), np.asarray(contrasts, dtype=float)
    if not len(x) == len(e) == len(labels) or weights.shape[1:] != x.shape[1:]:
        raise ParameterError(
            f"{len(x)} cases, {len(e)} residuals, {len(labels)} clusters; contrasts {weights.shape}.",
            "One residual and one cluster a case, one weight a parameter.",
        )
    codes = np.unique(labels.astype(str), return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    x, e = x[order], e[order]
    sizes = np.bincount(codes)
    sums = _Sums(x, weights)
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    alone = starts[sizes == 1]
    if len(alone):
        sums.add_single(x[alone], e[alone])
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        sums.add(x[start : start + size], e[start : start + size])
    return sums.answer(len(sizes))


class _Sums:
    """What the clusters add to the covariance, and to the moments that give the degrees of freedom."""

    def __init__(self, x: Floats, contrasts: Floats) -> None:
        parameters, count = x.shape[1], len(contrasts)
        self.bread = np.linalg.pinv(x.T @ x)
        values, vectors = np.linalg.eigh(self.bread)
        self.root = vectors * np.sqrt(np.maximum(values, 0))
        self.contrasts = contrasts
        self.spread = self.bread @ contrasts.T
        self.meat = np.zeros((parameters, parameters))
        self.own = np.zeros(count)
        self.own_squared = np.zeros(count)
        self.crossed = np.zeros(count)
        self.outer = np.zeros((count, parameters, parameters))

    def add(self, x: Floats, e: Floats) -> None:
        """Add a cluster of several cases."""
        left, singular, _ = np.linalg.svd(x @ self.root, full_matrices=False)
        free = 1 - np.minimum(singular**2, 1)
        factor = np.where(free > _FULL, 1 / np.sqrt(np.where(free > _FULL, free, 1)), 0) - 1
        score = x.T @ (e + left @ (factor * (left.T @ e)))
        self.meat += np.outer(score, score)
        fitted = x @ self.spread
        adjusted = fitted + left @ (factor[:, None] * (left.T @ fitted))
        own, pulled = (adjusted**2).sum(axis=0), x.T @ adjusted
        self.own += own
        self.own_squared += own**2
        self.crossed += own * np.einsum("pm,pq,qm->m", pulled, self.bread, pulled, optimize=True)
        self.outer += np.einsum("pm,qm->mpq", pulled, pulled)

    def add_single(self, x: Floats, e: Floats) -> None:
        """Add many clusters of one case each."""
        leverage = np.minimum(((x @ self.root) ** 2).sum(axis=1), 1)
        free = 1 - leverage
        factor = np.where(free > _FULL, 1 / np.sqrt(np.where(free > _FULL, free, 1)), 0)
        score = x * (factor * e)[:, None]
        self.meat += score.T @ score
        own = (factor[:, None] * (x @ self.spread)) ** 2
        self.own += own.sum(axis=0)
        self.own_squared += (own**2).sum(axis=0)
        self.crossed += (own**2 * leverage[:, None]).sum(axis=0)
        for at in range(own.shape[1]):
            self.outer[at] += x.T @ (x * own[:, [at]])

    def answer(self, clusters: int) -> Clustered:
        covariance = self.bread @ self.meat @ self.bread
        error = np.sqrt(np.einsum("mp,pq,mq->m", self.contrasts, covariance, self.contrasts))
        # trace and squared norm of the matrix of the quadratic form, without that matrix (clusters squared)
        within = np.array([np.trace(self.bread @ part) for part in self.outer])
        mixed = np.array([((self.bread @ part) * (self.bread @ part).T).sum() for part in self.outer])
        trace = self.own - within
        norm = self.own_squared - 2 * self.crossed + mixed
        # unbiased but for what a single cluster decides alone: what is missing, nobody tells
        whole = np.einsum("mp,pm->m", self.contrasts, self.spread)
        known = (trace > _TOLD * whole) & (clusters > 1)
        df = np.divide(trace**2, norm, out=np.full(len(trace), np.nan), where=known)
        return Clustered(covariance, np.where(known, error, np.nan), df, clusters)


__all__ = ["Clustered", "clustered"]
