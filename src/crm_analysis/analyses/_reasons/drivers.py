"""What goes with winning a deal: factors of the decided deals, all else alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.windows import span_text
from crm_analysis.analyses._frames import dtypes, empty, typed
from crm_analysis.analyses._reasons.factors import AMOUNT, listed, read_factors
from crm_analysis.analyses._reasons.parts import STEM
from crm_analysis.analyses._saying import joined, records, rows, sure
from crm_analysis.findings import Finding
from crm_analysis.language import msg
from crm_analysis.sentences import sentence
from crm_analysis.sentences._deal_drivers import TWICE, factor_name, level_name
from crm_analysis.stats.multiplicity import FALSE_DISCOVERY_RATE, adjust

if TYPE_CHECKING:
    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.analyses._reasons.factors import Factors
    from crm_analysis.findings import Strength
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

COLUMNS = (
    "factor", "level", "deals", "won", "win_rate", "odds_ratio", "low", "high", "p_value", "p_adjusted",
    "verdict", "factor_p_value", "factor_p_adjusted",
)  # fmt: skip
FIT = ("measure", "value", "low", "high", "baseline")
_TYPES = dtypes(COLUMNS, text=("factor", "level", "verdict"), counts=("deals", "won"))
_FIT_TYPES = dtypes(FIT, text=("measure",))

HIGHER, LOWER = msg("higher"), msg("lower")
#: So many won, and so many lost deals a parameter (Peduzzi et al. 1996).
EVENTS_PER_PARAMETER = 10
#: Fewer won or lost deals carry not even two figures.
FEWEST_EVENTS = 2 * EVENTS_PER_PARAMETER
_MOST_NAMED = 2
#: The factor that the page of open deals compares with more care.
OWNER = "owner"
#: Areas under the curve above which the order of pairs counts as clear, and as much.
_CLEAR, _MUCH = 0.65, 0.80


@dataclass(frozen=True)
class Drivers:
    """What goes with winning.

    Parameters
    ----------
    drivers
        A row a level of a factor: ``factor, level``; ``deals`` and ``won`` of the window, ``win_rate``;
        ``odds_ratio, low, high``: odds of winning against the average deal, the other factors alike (for the
        amount: of a deal of twice the amount); ``p_value, p_adjusted`` over all levels; ``verdict``
        ``higher``, ``lower``, ``no_evidence`` or ``not_enough_data``; ``factor_p_value, factor_p_adjusted``
        of the factor as a whole.
    fit
        A row a measure, ``value, low, high, baseline``: ``auc`` (pairs in the right order; a coin has 0.5),
        ``brier`` and ``log_loss`` of customers held out (baseline: the plain win rate; the range is that of
        the difference), numbers of deals, won deals, customers and parameters, rarer outcomes a parameter.
    window
        The days in which the deals were decided; None without deals.
    deals, won
        How many were compared, and how many of them won.
    notes
        What was left out, and why.
    """

    drivers: pd.DataFrame
    fit: pd.DataFrame
    window: Span | None
    deals: int
    won: int
    notes: tuple[str, ...]

    def findings(self, words: Words) -> list[Finding]:
        """Say what goes with winning, and how much all of it explains."""
        if self.window is None:
            return []
        window = span_text(self.window, words)
        lost = self.deals - self.won
        if self.drivers.empty or self.drivers["p_value"].isna().all():
            key = "drivers.not_enough_data" if min(self.won, lost) < FEWEST_EVENTS else "drivers.no_factors"
            text = sentence(
                STEM,
                key,
                won=words.number(self.won),
                lost=words.number(lost),
                needed=words.number(FEWEST_EVENTS),
                window=window,
            )
            return [Finding(STEM, "drivers", "not_enough_data", text, n=self.deals, department="sales")]
        return [self._main(words, window), *self._explained(words)]

    def _main(self, words: Words, window: str) -> Finding:
        table = self.drivers.assign(strength=adjust(self.drivers["p_value"])["strength"].to_numpy())
        base = sentence(
            STEM,
            "drivers.base",
            rate=words.number(self.won / self.deals * 100, 0),
            won=words.number(self.won),
            deals=words.number(self.deals),
            window=window,
        )
        best = rows(table.sort_values("p_value", kind="stable").head(1))[0]
        numbers: dict[str, Any] = {
            "n": self.deals,
            "p_value": float(best["p_value"]),
            "p_adjusted": float(best["p_adjusted"]),
            "department": "sales",
        }
        found = table[table["verdict"].isin([HIGHER, LOWER])]
        whole = table.drop_duplicates("factor")
        whole = whole[whole["factor_p_adjusted"] <= FALSE_DISCOVERY_RATE]
        if whole.empty and found.empty:
            text = sentence(
                STEM,
                "drivers.no_evidence",
                factors=listed(table["factor"].drop_duplicates()),
                deals=words.number(self.deals),
                window=window,
            )
            return Finding(STEM, "drivers", "no_evidence", text, **numbers)
        if found.empty:
            tests = adjust(table.drop_duplicates("factor")["factor_p_value"])
            strength = _weakest(tests.loc[tests["found"], "strength"])
            told = [sentence(STEM, "drivers.factors", factors=listed(whole["factor"]), sure=sure(strength))]
        else:
            strength = _weakest(found["strength"])
            told = _told(found, self.won / self.deals, words)
        # groups differ from each other; nothing is said of a change over time
        text = " ".join([base, *told, sentence(STEM, "drivers.cause")])
        return Finding(STEM, "drivers", "note", text, strength=strength, **numbers)

    def _explained(self, words: Words) -> list[Finding]:
        area = records(self.fit, "measure")["auc"]
        if math.isnan(area["low"]):
            return []
        little = "little" if area["value"] < _CLEAR else "some" if area["value"] < _MUCH else "much"
        text = sentence(
            STEM,
            "drivers_fit.note",
            right=words.number(area["value"] * 100, 0),
            low=words.number(area["low"] * 100, 0),
            high=words.number(area["high"] * 100, 0),
            strength=sentence(STEM, f"fit.{'nothing' if area['low'] <= 0.5 else little}"),
        )
        return [
            Finding(
                STEM, "drivers_fit", "note", text, value=float(area["value"]), low=float(area["low"]),
                high=float(area["high"]), unit="share", n=self.deals, department="sales",
            )
        ]  # fmt: skip


def drivers(view: PeriodView) -> Drivers:
    """Answer what goes with winning a deal, all else alike.

    Parameters
    ----------
    view
        Needs ``deals``; uses owner, channel, product and amount of the deal, size, industry and region of its
        customer, whether the customer bought before the deal was created, and every further column of
        ``deals`` and ``customers`` that has few values.

    Returns
    -------
    Drivers
        Of the deals won or lost in the period, or in the twelve months to its end where it is shorter. Open
        deals are not among them: they are not lost.

    Notes
    -----
    Logistic regression with errors by whole customers (:func:`crm_analysis.stats.logistic.logistic`), levels
    against the average deal, adjusted by Benjamini and Hochberg (1995) over all levels, whatever their factor
    says. Factors are kept in the order owner, channel, size, known client, product, industry, region,
    amount, further columns from the fewest levels on, each as long as ten deals of the rarer outcome stand
    for every parameter. A
    column filled in differently for won and lost deals was filled in afterwards, and is left out.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> table = drivers(crm.load("data/demo").view("2026-10")).drivers
    >>> table.loc[(table["factor"] == "channel") & (table["verdict"] == "higher"), "level"].tolist()
    ['Website', 'Referral']
    """
    if not view.has("deals"):
        return Drivers(empty(_TYPES), empty(_FIT_TYPES), None, 0, 0, (sentence(STEM, "left.deals"),))
    read = read_factors(view)
    total, won = len(read.deals), int(read.deals["won"].sum())
    notes = (*read.notes, sentence(STEM, "left.open"))
    chosen, said = _affordable(read, min(won, total - won), view.context.words)
    if not chosen:
        return Drivers(empty(_TYPES), empty(_FIT_TYPES), read.window, total, won, (*notes, *said))
    from crm_analysis.stats.held_out import held_out
    from crm_analysis.stats.logistic import logistic

    outcome, units = read.deals["won"].to_numpy(), read.deals["unit"].to_numpy()
    fitted = logistic(outcome, chosen, units)
    told = held_out(outcome, chosen, units)
    parameters = int(fitted.factors["parameters"].sum())
    return Drivers(
        _table(fitted.levels, fitted.factors),
        _fit_table(told, total, won, fitted.clusters, parameters),
        read.window,
        total,
        won,
        (*notes, *said),
    )


def _affordable(read: Factors, rarer: int, words: Words) -> tuple[dict[str, Any], list[str]]:
    """Keep the factors that the deals can carry, in their order; say which they cannot."""
    if rarer < FEWEST_EVENTS or read.factors.empty:
        return {}, []
    from crm_analysis.stats.logistic import independent_factors

    values = {str(name): read.factors[name].to_numpy() for name in read.factors}
    names, repeating = independent_factors(values, len(read.factors))
    said = [sentence(STEM, "left.repeats", factors=listed(repeating))] if repeating else []
    room, chosen, costly = rarer // EVENTS_PER_PARAMETER, {}, []
    for name in names:
        cost = 1 if name == AMOUNT else len(np.unique(values[name].astype(str))) - 1
        if cost <= room:
            chosen[name], room = values[name], room - cost
        else:
            costly.append(name)
    if costly:
        lost = len(read.deals) - int(read.deals["won"].sum())
        said.append(
            sentence(
                STEM,
                f"left.too_many_levels.{'lost' if rarer == lost else 'won'}",
                factors=listed(costly),
                fewer=words.number(rarer),
                most=words.number(rarer // EVENTS_PER_PARAMETER),
            )
        )
    return chosen, said


def _table(levels: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    tests, whole = adjust(levels["p_value"]), adjust(factors["p_value"], factors["factor"].tolist())
    found = tests["found"].to_numpy()
    up = (levels["log_odds"] > 0).to_numpy()
    verdict = np.where(found, np.where(up, HIGHER, LOWER), "no_evidence")
    table = pd.DataFrame(
        {
            "factor": levels["factor"],
            "level": levels["level"].where(levels["factor"] != AMOUNT, TWICE),
            "deals": levels["cases"],
            "won": levels["events"],
            "win_rate": levels["events"] / levels["cases"],
            "odds_ratio": np.exp(levels["log_odds"]),
            "low": np.exp(levels["low"]),
            "high": np.exp(levels["high"]),
            "p_value": levels["p_value"],
            "p_adjusted": tests["p_adjusted"],
            "verdict": np.where(levels["p_value"].isna(), "not_enough_data", verdict),
            "factor_p_value": levels["factor"].map(whole["p_value"]).astype(float),
            "factor_p_adjusted": levels["factor"].map(whole["p_adjusted"]).astype(float),
        }
    )
    # no figure rests on nothing: without a range there is no ratio to read
    table.loc[table["low"].isna(), "odds_ratio"] = np.nan
    place = table["factor"].map({name: at for at, name in enumerate(table["factor"].drop_duplicates())})
    order = table.assign(place=place).sort_values(["place", "deals", "level"], ascending=[True, False, True])
    return typed(table.loc[order.index], _TYPES)


def _fit_table(told: Any, deals: int, won: int, customers: int, parameters: int) -> pd.DataFrame:
    def loss(name: str) -> dict[str, Any]:
        base, gain = getattr(told, f"{name}_base"), getattr(told, f"{name}_gain")
        value = getattr(told, name)
        return {
            "measure": name,
            "value": value,
            "low": base - gain.high,
            "high": base - gain.low,
            "baseline": base,
        }

    counts = {
        "deals": deals,
        "won": won,
        "customers": customers,
        "parameters": parameters,
        "events_per_parameter": min(won, deals - won) / parameters,
    }
    area = {"value": told.auc.estimate, "low": told.auc.low, "high": told.auc.high, "baseline": 0.5}
    listed = [{"measure": "auc", **area}, loss("brier"), loss("log_loss")]
    listed += [{"measure": name, "value": float(value)} for name, value in counts.items()]
    return typed(listed, _FIT_TYPES)


def _weakest(strengths: pd.Series) -> Strength:
    """Return the strength of the least sure part, which is that of the whole."""
    return "strong" if (strengths == "strong").all() else "moderate"


def _told(found: pd.DataFrame, rate: float, words: Words) -> list[str]:
    """Tell the groups that differ, a sentence a side; those that are less sure in one of their own."""
    sides = [(side, found[found["verdict"] == side]) for side in (HIGHER, LOWER)]
    told, early = [], []
    for side, mine in sides:
        strong, other = mine[mine["strength"] == "strong"], mine[mine["strength"] != "strong"]
        if len(strong):
            levels = _named(strong, rate, words)
            told.append(sentence(STEM, f"drivers.{side}", levels=levels, sure=sure("strong")))
        if len(other):
            early.append(sentence(STEM, f"drivers.early.{side}", levels=_named(other, None, words)))
    return told + ([sentence(STEM, "drivers.early", parts="; ".join(early))] if early else [])


def _named(found: pd.DataFrame, rate: float | None, words: Words) -> str:
    """List groups, the surest first, with the deals of 100 that each would win where a rate is given.

    How often an owner wins with the deals of all is told, drawn to the mean, on the page of open deals.
    """
    surest = rows(found.sort_values(["p_value", "factor", "level"], kind="stable"))
    named = []
    for row in surest[:_MOST_NAMED]:
        large = row["factor"] == AMOUNT
        figures = {
            "level": sentence(STEM, "drivers.larger") if large else level_name(row["level"], words),
            "factor": factor_name(row["factor"]),
        }
        form = "plain"
        if rate is not None and row["factor"] != OWNER:
            form = "amount" if large else "level"
            ends = {"about": "odds_ratio", "low": "low", "high": "high"}
            figures |= {name: _of_hundred(row[column], rate, words) for name, column in ends.items()}
        named.append(sentence(STEM, f"drivers.{form}", **figures))
    rest = len(surest) - _MOST_NAMED
    return joined(named + ([sentence(STEM, "drivers.more", count=words.number(rest))] if rest > 0 else []))


def _of_hundred(ratio: float, rate: float, words: Words) -> str:
    """Write a ratio of odds as deals won of 100, where ``rate`` of all are won."""
    odds = ratio * rate / (1 - rate)
    return words.number(100 * odds / (1 + odds), 0)
