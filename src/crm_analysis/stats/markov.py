"""What would be lost without a channel: the removal effect in a first-order Markov chain, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Removal(NamedTuple):
    """``rate``: chance that a lead is won, by the chain; ``effect``: part of it lost without each channel."""

    rate: Floats
    effect: Floats


def removal_effects(starts: Floats, moves: Floats, won: Floats, lost: Floats) -> Removal:
    """Tell which part of the chance to win would be lost if a channel led nowhere.

    Parameters
    ----------
    starts
        Leads that began with each channel; the last axis is the channel, axes before it are separate chains.
    moves
        Leads that went from a channel (next to last axis) to the next (last axis); to itself too.
    won, lost
        Leads whose last channel it was, and which were won, and lost.

    Returns
    -------
    Removal
        Rate (one a chain) and effects (0 to 1, one a channel); NaN where there are no leads, effects NaN
        where nobody was won.

    Notes
    -----
    Anderl, Becker, von Wangenheim & Schumann (2016): the leads that reach a removed channel are lost. Chances
    follow from the fundamental matrix N = (I − Q)⁻¹ of the absorbing chain (Kemeny & Snell 1960), so nothing
    is simulated: the chance without channel c is the chance less (chance to reach c) × (chance to be won from
    c), and c is reached with N[start, c] / N[c, c]. The rate of the whole chain is the observed one.

    Examples
    --------
    >>> one, none = np.array([1.0, 0.0]), np.zeros(2)
    >>> chain = removal_effects(one, np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([0.0, 1.0]), none)
    >>> float(chain.rate), chain.effect.tolist()
    (1.0, [1.0, 1.0])
    """
    channels = starts.shape[-1]
    leaving = moves.sum(axis=-1) + won + lost
    leads = starts.sum(axis=-1)
    out = np.where(leaving > 0, leaving, 1.0)
    # a channel without leads leads nowhere: its row is empty
    fundamental = np.linalg.inv(np.eye(channels) - moves / out[..., None])
    to_win = np.einsum("...ij,...j->...i", fundamental, won / out)
    start = starts / np.where(leads > 0, leads, np.nan)[..., None]
    visits = np.einsum("...i,...ij->...j", start, fundamental)
    reached = visits / np.diagonal(fundamental, axis1=-2, axis2=-1)
    rate = np.einsum("...i,...i->...", start, to_win)
    positive = np.where(rate > 0, rate, np.nan)
    return Removal(rate, reached * to_win / positive[..., None])
