"""Which channel brings the sales, by seven models, and how far they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.analyses._abc.windows import MONTHS, back, span_text
from crm_analysis.analyses._frames import empty
from crm_analysis.analyses._lines import NOT_STATED
from crm_analysis.analyses._marketing.touches import (
    NOTHING,
    ONE_CHANNEL,
    TOUCHES,
    TWO_CHANNELS,
    ways,
)
from crm_analysis.analyses._saying import joined, rows
from crm_analysis.findings import Finding
from crm_analysis.language import plural, tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences._marketing_attribution import MODEL_WORDS
from crm_analysis.stats.attribution import FEWEST_WON, UNTOUCHED, attribute
from crm_analysis.stats.paths import HALF_LIFE
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.analyses._marketing.touches import Ways
    from crm_analysis.columns import Kind
    from crm_analysis.stats.attribution import Shares
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

STEM = "marketing_impact"
LOOK_BACK_DAYS = 90
#: So many channels are named in the sentence.
MOST_NAMED = 3
#: The one model there is where a deal has one channel only.
ONLY_CHANNEL = "only channel known"

COLUMNS = {"channel": "str", "model": "str", "share": "float64", "low": "float64", "high": "float64",
           "conversions": "float64"}  # fmt: skip
AGREEMENT_COLUMNS = {
    "channel": "str", "lowest": "float64", "highest": "float64", "spread": "float64", "depends": "bool",
    "lowest_model": "str", "highest_model": "str", "interval_width": "float64", "p_adjusted": "float64",
}  # fmt: skip

#: How columns are written where their heading says otherwise.
KINDS: dict[str, dict[str, Kind]] = {
    "attribution": {"low": "share", "high": "share", "model": "name"},
    "agreement": {"lowest_model": "name", "highest_model": "name"},
}


@dataclass(frozen=True)
class Attribution:
    """What :func:`attribution` returns.

    Parameters
    ----------
    attribution
        A row a channel and model: ``channel, model, share`` (of all deals won), ``low, high`` (95 %),
        ``conversions`` (deals won).
    agreement
        A row a channel: ``channel, lowest, highest, spread`` of the share over the models, ``depends``
        (more than chance), ``lowest_model, highest_model``, ``interval_width`` (mean width of the intervals),
        ``p_adjusted``.
    notes
        What could not be computed and why, a sentence each.
    won
        Deals won that are shared out.
    window
        The days in which they were decided.
    """

    attribution: pd.DataFrame
    agreement: pd.DataFrame
    notes: tuple[str, ...]
    won: int
    window: Span

    def findings(self, words: Words) -> list[Finding]:
        """Say whether the answer depends on the model, for which channels, and between which shares."""
        if self.agreement.empty:
            return []
        shown = self.agreement.sort_values("spread", ascending=False, kind="stable")
        widest = rows(shown)[0]
        depending = rows(shown[shown["depends"]])
        figures = {"won": _deals_won(self.won, words), "window": span_text(self.window, words)}
        fields: dict[str, Any] = {"value": widest["spread"], "unit": "share", "n": self.won}
        if self.won < FEWEST_WON:
            return [_finding("not_enough_data", figures | {"needed": words.number(FEWEST_WON)}, n=self.won)]
        if depending:
            first = depending[0]
            text = {"channels": _named(depending, words)}
            fields |= {"value": first["spread"], "p_adjusted": first["p_adjusted"], "strength": "strong"}
            return [_finding("note", figures | text, **fields)]
        if widest["spread"] <= 0:
            return [_finding("no_evidence", figures, "same", **fields)]
        smallest = float(self.agreement["p_adjusted"].min())
        return [_finding("no_evidence", figures | _range(widest, words), p_adjusted=smallest, **fields)]


def attribution(
    view: PeriodView, *, half_life_days: float = HALF_LIFE, look_back_days: int = LOOK_BACK_DAYS
) -> Attribution:
    """Share the deals won in a year out among the channels of their contacts.

    Parameters
    ----------
    view
        The company at the end of a period. The deals are those decided in the twelve months to its end, or in
        the period where that is longer.
    half_life_days
        Days after which a contact counts half in the model of time decay.
    look_back_days
        A contact that names a client but no deal counts for deals created up to so many days after it.

    Returns
    -------
    Attribution
        Empty tables where there are no deals, no channel or no sale; ``notes`` says which.

    Notes
    -----
    Without touches the channel of the client stands for the first contact and that of the deal for the last.
    Deals won without a known contact are a row of their own. Intervals: bootstrap over clients, those who
    bought nothing included. Method: :func:`crm_analysis.stats.attribution.attribute`.
    """
    words, window = view.context.words, _window(view)
    if not view.has("deals"):
        return _without([sentence(STEM, "left.attribution_deals")], window)
    start, end = (day.date() for day in window)
    found = ways(view, start, end, look_back_days)
    written = {"window": span_text(window, words)}
    if not found.paths.won.any():
        return _without([sentence(STEM, "left.attribution_won", **written)], window)
    if found.known_from == NOTHING:
        return _without([sentence(STEM, "left.attribution_channel")], window)
    open_deals = int(view.open_at_end.count().to_pandas())
    shares = attribute(found.paths, units=found.clients, half_life=half_life_days)
    notes = _notes(found, shares, open_deals, look_back_days, view, written)
    frame, agreement = _frames(found, shares)
    return Attribution(frame, agreement, notes, shares.won, window)


def _window(view: PeriodView) -> Span:
    covered = view.coverage.covered
    start, end = pd.Timestamp(covered.start), pd.Timestamp(covered.end)
    return min(start, back(end, MONTHS)), end


def _without(notes: list[str], window: Span) -> Attribution:
    return Attribution(empty(COLUMNS), empty(AGREEMENT_COLUMNS), tuple(notes), 0, window)


def _frames(found: Ways, shares: Shares) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame, agreement = shares.table()[list(COLUMNS)], shares.agreement()
    if found.known_from != TOUCHES:
        # of these deals not a contact but a channel is missing
        for table in (frame, agreement):
            table["channel"] = table["channel"].replace(UNTOUCHED, NOT_STATED)
    if found.known_from == ONE_CHANNEL:
        frame = frame[frame["model"] == "first"].reset_index(drop=True)
        frame["model"] = pd.Series(ONLY_CHANNEL, index=frame.index, dtype="str")
        agreement = agreement.iloc[:0]
    return frame, agreement.astype(AGREEMENT_COLUMNS)


def _notes(
    found: Ways,
    shares: Shares,
    open_deals: int,
    look_back_days: int,
    view: PeriodView,
    written: dict[str, str],
) -> tuple[str, ...]:
    words = view.context.words
    paths = found.paths
    untouched = int(paths.won[paths.lengths == 0].sum())
    said = {
        "left.attribution_touches": found.known_from == TWO_CHANNELS,
        "left.attribution_one": found.known_from == ONE_CHANNEL,
        "left.attribution_times": found.known_from == TWO_CHANNELS,
        "left.attribution_open": open_deals > 0,
        "left.attribution_untouched": untouched > 0 and found.known_from == TOUCHES,
        "left.attribution_unstated": untouched > 0 and found.known_from != TOUCHES,
        "left.attribution_look_back": found.client_touches,
        "left.attribution_few": shares.won < FEWEST_WON,
    }
    figures = written | {
        "won": _deals_won(shares.won, words),
        "untouched": words.number(untouched),
        "deals": words.counted(open_deals, "deal"),
        "days": words.number(look_back_days),
        "period": words.span(view.period),
    }
    return tuple(sentence(STEM, key, **figures) for key, applies in said.items() if applies)


def _finding(verdict: Any, figures: dict[str, str], key: str = "", **fields: Any) -> Finding:
    text = sentence(STEM, f"attribution.{key or verdict}", **figures)
    if verdict != "not_enough_data":
        text = f"{text} {sentence(STEM, 'attribution.cause')}"
    return Finding(STEM, "attribution", verdict, text, department="marketing", **fields)


def _deals_won(count: int, words: Words) -> str:
    return f"{words.number(count)} {plural('deal won', 'deals won', count)}"


def _range(row: dict[str, Any], words: Words) -> dict[str, str]:
    digits = tenths(row["lowest"], row["highest"])
    return {
        "channel": words.name(row["channel"]),
        "low": words.share(row["lowest"], digits),
        "high": words.share(row["highest"], digits),
        "low_model": tr(MODEL_WORDS[row["lowest_model"]]),
        "high_model": tr(MODEL_WORDS[row["highest_model"]]),
    }


def _named(depending: list[dict[str, Any]], words: Words) -> str:
    named = [sentence(STEM, "attribution.range", **_range(row, words)) for row in depending[:MOST_NAMED]]
    rest = len(depending) - len(named)
    if rest:
        named.append(sentence(STEM, "more", count=words.number(rest)))
    return joined(named)
