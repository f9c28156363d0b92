"""From the forecast to sentences: findings, tiles, and what limits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binom

from crm_analysis.analyses._deals.forecast_backtest import (
    DRAWN,
    FEWEST_MONTHS,
    FEWEST_TESTS,
    FEWEST_WON,
    LEVEL,
)
from crm_analysis.analyses._deals.forecast_level import LATELY
from crm_analysis.analyses._saying import relative
from crm_analysis.findings import Finding
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences._deals_forecast import METHODS, PACES
from crm_analysis.stats.conformal import FEWEST_MISSES
from crm_analysis.tiles import Tile
from crm_analysis.words import as_sure, tenths

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from crm_analysis.analyses._deals.forecast import Forecast
    from crm_analysis.analyses._deals.snapshots import Snapshots
    from crm_analysis.stats.intervals import Interval
    from crm_analysis.words import Words

STEM = "open_deals"
#: So rarely would ranges that are wide enough hold so few months.
_RARE, _DOUBTFUL = 0.05, 0.10
#: Forecasts one, two and three months ahead for one month miss together.
_OVERLAP = 3
#: With fewer deals looked at than these, shares say little.
_FEWEST_DEALS = 30
#: Promised and kept shares that differ by less agree well enough.
_WORTH_SAYING = 0.03


def findings(made: Forecast, words: Words, chances: float = np.nan) -> tuple[Finding, ...]:
    """Say the answers, in reading order; ``chances``: what the open deals are worth by their chances."""
    if made.why_none:
        return (Finding(STEM, "forecast", "not_enough_data", nothing(made.why_none)),)
    said = (_trust, _level, _rule, _own, _typed)
    others = (finding for say in said if (finding := say(made, words)) is not None)
    return (_expected(made, words, chances), *others)


def tiles(made: Forecast, words: Words) -> tuple[Tile, ...]:
    """Return the forecast of the three months together."""
    if made.forecast.empty:
        return ()
    mean, low, high = _rounded(made)
    # a plain rule repeats the past: set against the last months it would tell of these alone
    plain = made.chosen in PACES
    before = float(made.won_by_month["won_amount"].tail(3).sum())
    notes = [tr(PACES[made.chosen])] if plain else []
    if _narrow_together(made):
        notes.append(tr("the range is probably too narrow"))
    return (
        Tile(
            "forecast",
            tr("Deals won in the next three months, forecast"),
            mean,
            "money" if made.unit == "money" else "count",
            None if plain else relative(_total(made)["mean"], before),
            low=low,
            high=high,
            against=tr("the three months to {month}").format(
                month=words.month(made.won_by_month["month"].iloc[-1])
            ),
            note="; ".join(notes),
            main=True,
        ),
    )


def ahead(made: Forecast, words: Words) -> str:
    """Say in a sentence what is expected by when; nothing where there is no forecast."""
    if made.forecast.empty:
        return ""
    mean, low, high = (_amount(made, words, value) for value in _rounded(made))
    last = words.month(_total(made)["last_month"])
    return _say(f"ahead.{made.unit}", mean=mean, low=low, high=high, last=last)


def nothing(why: str) -> str:
    """Say that there is no forecast, and why."""
    return _say("forecast.none", why=why)


def undated() -> str:
    """Say why there is no forecast: no deal has a date."""
    return _say("forecast.undated")


def too_short(months: int, won: int, words: Words) -> str:
    """Say why there is no forecast: too little has happened."""
    return _say(
        "forecast.too_short",
        months=words.counted(months, "whole month"),
        won=words.number(won),
        needed=words.counted(FEWEST_MONTHS, "month"),
        needed_won=words.number(FEWEST_WON),
    )


def notes(known: Snapshots, end: date, words: Words) -> tuple[str, ...]:
    """Say what limits the forecast, a sentence each."""
    money = known.unit == "money"
    said = [_say("note.sales" if money else "note.count")]
    if known.months[-1].date() < end:
        said.append(_say("note.running", month=words.month(known.months[-1])))
    if not known.has_history:
        said.append(_say("note.no_stages", size=_say("note.and_size") if money and known.sized else ""))
    if not known.sized:
        said.append(_say("note.unsized"))
    if known.undated:
        said.append(_say("note.undated", deals=words.counted(len(known.undated), "open deal")))
    if known.without_amount:
        said.append(_say("note.blank", deals=words.counted(known.without_amount, "open deal")))
    if money:
        said.append(_say("note.amounts"))
    return tuple(said)


def _expected(made: Forecast, words: Words, chances: float) -> Finding:
    total, money = _total(made), made.unit == "money"
    mean, low, high = (_amount(made, words, value) for value in _rounded(made))
    opened = float(made.together.loc[made.together["source"] == "open", "mean"].iloc[0])
    loose = not total["calibrated"]
    plain = made.chosen in PACES
    ever = ""
    if money and (plain or chances > opened):
        ever = _say("forecast.ever.plain" if plain else "forecast.ever", ever=words.money(chances))
    said = _say(
        f"forecast.{made.unit}.plain" if plain else f"forecast.{made.unit}",
        pace=tr(PACES[made.chosen]) if plain else "",
        mean=mean,
        low=low,
        high=high,
        open=_amount(made, words, as_sure(opened, total["p10"], total["p90"])),
        ever=ever,
        before=_amount(made, words, float(made.won_by_month["won_amount"].tail(3).sum())),
        first=words.month(total["first_month"]),
        last=words.month(total["last_month"]),
        range=_say("forecast.loose") if loose else "",
    )
    return Finding(
        STEM, "forecast", "note", said, value=total["mean"], low=total["p10"], high=total["p90"],
        unit="money" if money else "deals", n=made.tested, department="sales",
        money=total["mean"] if money else None,
    )  # fmt: skip


def _trust(made: Forecast, words: Words) -> Finding:
    months = made.backtest[made.backtest["horizon"] != "1-3"]
    n, held, few = len(months), int(months["covered"].sum()), made.tested < FEWEST_MISSES
    if n < FEWEST_MISSES:
        said = _say("trust.none", tested=words.counted(made.tested, "forecast"))
        return Finding(STEM, "forecast_trust", "not_enough_data", said, n=made.tested)
    chance = _chance(made)
    template = "narrow" if chance <= _RARE else "doubtful" if chance <= _DOUBTFUL else "usual"
    if few:
        template = "early" if chance <= _RARE else "few"
    whole = _whole(made)
    figures = {
        "chance": words.number(100 * chance, 0),
        "thirds": words.number(n // _OVERLAP),
        "whole": words.number(whole.sum()),
        "wholes": words.number(len(whole)),
        "held": words.number(held),
        "n": words.number(n),
        "should": words.number(LEVEL * n, 0),
        "months": words.counted(_months_won(made), "month"),
    }
    return Finding(
        STEM, "forecast_trust", "not_enough_data" if template == "few" else "note",
        _say(f"trust.{template}", **figures), value=held / n, unit="share", n=n, department="sales",
    )  # fmt: skip


def _chance(made: Forecast) -> float:
    """Return how often so few ranges of single months would hold by chance; NaN where none is over."""
    months = made.backtest[made.backtest["horizon"] != "1-3"]
    n, held = len(months) // _OVERLAP, int(months["covered"].sum()) // _OVERLAP
    return float(binom.cdf(held, n, LEVEL)) if n else np.nan


def _whole(made: Forecast) -> NDArray[np.bool_]:
    """Return whether each past range of three months together held what came."""
    tests = made.backtest
    return tests.loc[tests["horizon"] == "1-3", "covered"].to_numpy(dtype=bool)


def _narrow_together(made: Forecast) -> bool:
    """Say whether the range of three months is in doubt: its own past ranges and the monthly ones failed."""
    whole = _whole(made)
    return len(whole) > 0 and whole.mean() < LEVEL and _chance(made) <= _DOUBTFUL


def _months_won(made: Forecast) -> int:
    """Count the months from the first deal won on: what a short history has to learn from."""
    won = made.won_by_month["won_amount"].to_numpy()
    return len(won) - int(np.argmax(won > 0))


def _level(made: Forecast, words: Words) -> Finding | None:
    """Say that the win rate has changed, which a forecast follows slowly; None where it has not."""
    new = made.win_rate
    if new is None:
        return None
    fell, off = new.change.estimate < 0, abs(new.missed) >= _WORTH_SAYING
    # a fall makes forecasts too high, a rise too low
    behind = off and (new.missed > 0) == fell
    figures = {
        "now": words.share(new.lately, 0),
        "before": words.share(new.before, 0),
        "n": words.counted(new.decided, "deal"),
        "lately": words.number(LATELY),
        "change": words.points(new.change.estimate, 0, spelled=True),
        "low": words.number(100 * new.change.low, 0, signed=True),
        "high": words.points(new.change.high, 0, spelled=True),
        "size": words.share(abs(new.missed), 0),
    }
    way = "fell" if fell else "rose"
    size = _say(f"level.{way}.behind" if behind else "level.kept", **figures)
    return Finding(
        STEM, "win_rate_change", "note", _say(f"level.{way}", **figures, forecasts=size),
        value=new.change.estimate, low=new.change.low, high=new.change.high, unit="share", n=new.decided,
        department="sales", strength="preliminary",
    )  # fmt: skip


def _rule(made: Forecast, words: Words) -> Finding:
    plain = tr(METHODS[made.best_plain])
    if made.tested < FEWEST_TESTS:
        said = _say("rule.untested", plain=plain)
        return Finding(STEM, "forecast_rule", "not_enough_data", said, n=made.tested)
    scores = made.scores.set_index(["method", "horizon"])
    wape, used = scores["wape"], bool(scores["chosen"][(DRAWN, "1-3")])
    early = made.tested < FEWEST_MISSES
    said = _say(
        f"rule.{'model' if used else 'plain'}",
        n=words.counted(made.tested, "forecast"),
        plain=plain,
        by="stages" if made.by_stage else "ages",
        model=words.share(wape[(DRAWN, "1-3")]),
        followed=words.share(made.followed),
        other=words.share(wape[(made.best_plain, "1-3")]),
        early=_say("rule.early") if early else "",
    )
    return Finding(
        STEM, "forecast_rule", "note", said, value=float(wape[(DRAWN if used else made.best_plain, "1-3")]),
        unit="share", n=made.tested, strength="preliminary" if early else "",
    )  # fmt: skip


def _own(made: Forecast, words: Words) -> Finding:
    held = made.promises.within
    share = held.share()
    if share.n < _FEWEST_DEALS:
        return Finding(STEM, "win_probability", "not_enough_data", _say("probability.few"), n=int(share.n))
    mean = float(held.promised.mean())
    said = _say(f"probability.{_side(share, mean)}", **_shares(words, mean, share))
    return Finding(
        STEM, "win_probability", "note", said, value=share.estimate, low=share.low, high=share.high,
        unit="share", n=int(share.n),
    )  # fmt: skip


def _typed(made: Forecast, words: Words) -> Finding | None:
    """Compare the probabilities typed in with what came; None where there are none or too few."""
    held = made.promises.typed
    share = held.share()
    if share.n < _FEWEST_DEALS:
        return None
    mean = float(held.promised.mean())
    side = _side(share, mean)
    learnt, typed = made.open_value
    said = _say(
        f"typed.{side}",
        **_shares(words, mean, share),
        typed=_amount(made, words, typed),
        learnt=_amount(made, words, learnt),
    )
    money = abs(typed - learnt) if made.unit == "money" and side != "fair" else None
    return Finding(
        STEM, "typed_probabilities", "note", said, value=share.estimate - mean, unit="share",
        n=int(share.n), low=share.low - mean, high=share.high - mean, department="sales", money=money,
    )  # fmt: skip


def _side(share: Interval, promised: float) -> str:
    """Say whether a promise was kept, within its likely range and by more than is worth a word."""
    if share.low <= promised <= share.high or abs(share.estimate - promised) < _WORTH_SAYING:
        return "fair"
    return "rosy" if promised > share.estimate else "cautious"


def _shares(words: Words, promised: float, share: Interval) -> dict[str, str]:
    # two figures that differ must not look alike
    near = min(abs(promised - end) for end in (share.low, share.high)) < _WORTH_SAYING / 3
    digits = 1 if near else tenths(share.low, share.high)
    return {
        "n": words.number(share.n),
        "promised": words.share(promised, digits),
        "kept": words.share(share.estimate, digits),
        "low": words.share(share.low, digits),
        "high": words.share(share.high, digits),
    }


def _total(made: Forecast) -> dict[Any, Any]:
    return made.together[made.together["source"] == "total"].to_dict("records")[0]


def _rounded(made: Forecast) -> tuple[float, float, float]:
    """Return the mean and both ends, as exact as the range allows."""
    low, high = _total(made)["p10"], _total(made)["p90"]
    mean, low, high = (as_sure(value, low, high) for value in (_total(made)["mean"], low, high))
    return mean, low, high


def _amount(made: Forecast, words: Words, value: float) -> str:
    return words.money(value) if made.unit == "money" else words.number(round(value))


def _say(key: str, **figures: str) -> str:
    return sentence(STEM, key, **figures)
