"""Shares of the sales by channel and model, and where the models differ by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm_analysis.stats.multiplicity import FAMILY_ERROR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UNTOUCHED = "(no touch recorded)"
"""The row of the sales of which no contact is known: nothing to share them out by."""

FEWEST_WON = 30
"""Below so many sales intervals by resampling are too narrow, and nothing is said on whether models agree."""

CHANCE = 1e-9
"""Differences of shares as small as this are rounding."""


@dataclass(frozen=True)
class Shares:
    """What :func:`crm_analysis.stats.attribution.attribute` returns.

    Parameters
    ----------
    channels
        Names; ``(no touch recorded)`` is the last of them where there are such sales.
    models
        Names of the models that could be computed.
    won
        Number of sales shared out, those without a contact included.
    share
        Share of all sales, one row a model, one column a channel; rows add up to 1.
    value
        What the sales of each channel are worth, as ``share``.
    rate
        Chance to win of a lead with contacts, by the Markov chain; equals the observed rate.
    draws
        Shares in resamples: resample × model × channel.
    """

    channels: tuple[str, ...]
    models: tuple[str, ...]
    won: int
    share: Floats
    value: Floats
    rate: float
    draws: Floats

    def table(self) -> pd.DataFrame:
        """Return ``channel, model, share, low, high, conversions, value``: a row a channel and model.

        ``low, high`` hold 95 % of the resamples; NaN where there are none.
        """
        size = self.share.shape
        low, high = np.full(size, np.nan), np.full(size, np.nan)
        if len(self.draws):
            low, high = np.quantile(self.draws, [0.025, 0.975], axis=0)
        model, channel = np.indices(size)
        frame = pd.DataFrame(
            {
                "channel": np.array(self.channels, dtype=object)[channel.T.ravel()],
                "model": np.array(self.models, dtype=object)[model.T.ravel()],
                "share": self.share.T.ravel(),
                "low": low.T.ravel(),
                "high": high.T.ravel(),
                "conversions": np.round(self.share.T.ravel() * self.won, 12),  # whole where it is whole
                "value": self.value.T.ravel(),
            }
        )
        return frame.astype({"channel": "str", "model": "str"})

    def agreement(self) -> pd.DataFrame:
        """Tell how far the models agree on each channel, and where they differ by more than chance.

        Returns
        -------
        pandas.DataFrame
            A row a channel: ``channel, lowest, highest, spread`` (of the share over the models), ``depends``
            (whether lowest and highest differ by more than chance), ``lowest_model, highest_model``,
            ``interval_width`` (mean width of the 95 % intervals, to set beside the spread), ``p_adjusted``
            (NaN where not tested: below 30 sales, or one model).

        Notes
        -----
        The spread of a channel, as a multiple of the mean spread that chance gives it (the resamples less the
        estimate), is set against the largest such multiple of all channels in each resample: a single-step
        maximum test, so that choosing the extremes and having many channels are paid for (Westfall & Young
        1993).
        """
        lowest, highest = self.share.argmin(axis=0), self.share.argmax(axis=0)
        at = np.arange(len(self.channels))
        bottom, top = self.share[lowest, at], self.share[highest, at]
        p_adjusted = self._p_adjusted()
        width = np.full(len(at), np.nan)
        if len(self.draws):
            low, high = np.quantile(self.draws, [0.025, 0.975], axis=0)
            width = (high - low).mean(axis=0)
        models = np.array(self.models, dtype=object)
        frame = pd.DataFrame(
            {
                "channel": list(self.channels),
                "lowest": bottom,
                "highest": top,
                "spread": top - bottom,
                "depends": p_adjusted <= FAMILY_ERROR,
                "lowest_model": models[lowest],
                "highest_model": models[highest],
                "interval_width": width,
                "p_adjusted": p_adjusted,
            }
        )
        return frame.astype(dict.fromkeys(("channel", "lowest_model", "highest_model"), "str"))

    def _p_adjusted(self) -> Floats:
        count = len(self.channels)
        if self.won < FEWEST_WON or len(self.models) < 2 or not len(self.draws):
            return np.full(count, np.nan)
        spread = np.ptp(self.share, axis=0)
        by_chance = np.ptp(self.draws - self.share, axis=1)
        usual = by_chance.mean(axis=0)
        # models that give a channel the same by construction never differ
        real = usual > CHANCE
        distance = np.divide(spread, usual, out=np.zeros(count), where=real)
        largest = np.max(by_chance[:, real] / usual[real], axis=1, initial=0.0)
        exceeded = (largest[:, None] >= distance).sum(axis=0)
        return np.asarray((1 + exceeded) / (1 + len(largest)))
