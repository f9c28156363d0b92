"""The deals decided in a window, and what was known of each that may go with winning it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._deals.stages import SECONDS_A_DAY
from crm_analysis.analyses._lines import NOT_STATED, fetch, lines_to_date, stated
from crm_analysis.analyses._reasons.parts import STEM
from crm_analysis.analyses._reasons.windows import choose_windows
from crm_analysis.analyses._saying import joined
from crm_analysis.language import msg
from crm_analysis.schema import TABLES
from crm_analysis.sentences import sentence
from crm_analysis.sentences._deal_drivers import KNOWN, NEW, factor_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

#: What goes with a client that is new needs records that would show it is not.
_YEAR_DAYS = 365

#: Level of the few: levels with fewer deals are put together.
OTHERS = msg("(others)")
FEWEST_DEALS = 10
#: A column of more different values is a text or a number, not a group; so is one of more numbers.
_MOST_VALUES = 50
_MOST_NUMBERS = 12
#: Past this share of deals in ``(others)`` a factor tells of nobody.
_MOST_OTHERS = 0.5
#: What is filled in for won and for lost deals so differently was filled in after the decision.
_LARGEST_GAP = 0.25
#: A column that foretells so many outcomes by itself was written down after them.
_KNOWS = 0.97
#: With fewer amounts among the won, or among the lost, the gaps are too many to fill with the mean.
_FEWEST_AMOUNTS = 0.9
#: With fewer deals of a known customer, what is known of customers is left out.
_FEWEST_CLIENTS = 0.5

KNOWN_CLIENT, AMOUNT = "known client", "amount"
#: Column of the customer, beside the columns of its deal.
_CLIENT = "client."
#: Whether the customer of a deal has a row.
_FOUND = f"{_CLIENT}?"
#: Where a factor stands. Their order is the order in which they are kept where deals are too few for all; the
#: amount and further columns follow. Not among them: the stage and the reasons, which are part of the
#: outcome; the day of closing, which people choose when they win; campaign, team and category, which repeat
#: others.
_PLACES = {
    "owner": ("owner",),
    "channel": ("channel", f"{_CLIENT}channel"),
    "size": (f"{_CLIENT}size",),
    KNOWN_CLIENT: (KNOWN_CLIENT,),
    "product": ("product",),
    "industry": (f"{_CLIENT}industry",),
    "region": (f"{_CLIENT}region",),
}


@dataclass(frozen=True)
class Factors:
    """The decided deals of the window, a row a deal.

    Parameters
    ----------
    window
        The days in which the deals were decided.
    deals
        ``won``, ``unit`` (number of the customer, by its first deal decided; a deal without a customer is a
        unit of its own).
    factors
        A column a factor: text, levels pooled, or numbers.
    notes
        What was left out, and why.
    """

    window: Span
    deals: pd.DataFrame
    factors: pd.DataFrame
    notes: tuple[str, ...]


def deal_window(view: PeriodView) -> Span:
    """Return the year of the reasons: the period, or the twelve months to its end where it is shorter."""
    deals = view.deals
    first = deals.filter(deals.status.isin(["won", "lost"])).closed_at.min().to_pandas()
    return choose_windows(view, None if pd.isna(first) else pd.Timestamp(first)).year


def decided(view: PeriodView, window: Span) -> ibis.Table:
    """Return the deals won or lost in the window, with the columns of their customer as ``client.<name>``.

    A row a deal; ``client.?`` says whether the customer has a row.
    """
    start, end = (ibis.timestamp(f"{day:%Y-%m-%d %H:%M:%S}") for day in window)
    deals = view.deals
    deals = deals.filter(
        deals.status.isin(["won", "lost"]) & (deals.closed_at >= start) & (deals.closed_at < end)
    )
    if "customer_id" not in deals.columns or not view.has("customers"):
        return deals
    customers = view.customers
    renamed = customers.select(**{f"{_CLIENT}{name}": customers[name] for name in customers.columns})
    renamed = renamed.mutate(**{_FOUND: ibis.literal(value=True)})
    return deals.left_join(renamed, deals.customer_id == renamed[f"{_CLIENT}customer_id"])


def read_factors(view: PeriodView) -> Factors:
    """Read the factors of the decided deals, leaving out those that give the outcome away."""
    window = deal_window(view)
    deals = _with_known(view, decided(view, window))
    places, too_many = _places(deals)
    kept = {"deal_id": deals.deal_id, "closed_at": deals.closed_at, "won": deals.status == "won"}
    kept |= {name: deals[name] for name in ("customer_id", _FOUND) if name in deals.columns}
    if KNOWN_CLIENT in deals.columns:
        kept["look_back"] = deals.look_back
    if AMOUNT in deals.columns:
        kept[AMOUNT] = (deals.amount > 0).ifelse(deals.amount, ibis.null("float64"))
    frame = fetch(
        deals.select(**kept, **{f"by {name}": stated(deals[at]) for name, at in places.items()}), "deal_id"
    )
    notes = [sentence(STEM, "left.many", columns=joined(too_many))] if too_many else []
    if KNOWN_CLIENT in places and not _reaches_back(frame):
        places = {name: at for name, at in places.items() if name != KNOWN_CLIENT}
        notes.append(sentence(STEM, "left.known"))
    words = view.context.words
    frame, places, said = _of_known_clients(frame, places, words)
    columns = {name: frame[f"by {name}"].astype("str") for name in places}
    won = frame["won"].astype(bool)
    values, more = _usable(columns, won)
    if AMOUNT in frame.columns:
        amounts, why = _amounts(frame[AMOUNT], won, words)
        values |= amounts
        more += why
    order = {name: at for at, name in enumerate([*_PLACES, AMOUNT])}
    # of further columns those of the fewest levels first, which cost least
    names = sorted(values, key=lambda name: (order.get(name, len(order)), values[name].nunique(), name))
    values = {name: values[name] for name in names}
    return Factors(
        window,
        pd.DataFrame({"won": won, "unit": _units(frame)}),
        pd.DataFrame(values, index=frame.index),
        (*notes, *said, *more),
    )


def _units(frame: pd.DataFrame) -> pd.Series:
    """Give customers the number of their first deal, so that who is held out with whom rests on no name."""
    alone = "\0deal\0" + frame["deal_id"].astype("str")
    unit = frame["customer_id"] if "customer_id" in frame.columns else pd.Series(None, index=frame.index)
    unit = unit.where(unit.notna(), alone)
    first = frame.sort_values(["closed_at", "deal_id"], kind="stable").index
    numbers = pd.Series(pd.factorize(unit[first])[0], index=first)
    return numbers.reindex(frame.index)


def pooled(values: pd.Series) -> pd.Series:
    """Put the levels of few deals together, and then the smallest until they too are enough.

    Examples
    --------
    >>> pooled(pd.Series(["a"] * 30 + ["b"] * 12 + ["c"] * 9)).value_counts().to_dict()
    {'a': 30, '(others)': 21}
    """
    counts = values.value_counts().sort_index().sort_values(kind="stable")
    few = int((counts < FEWEST_DEALS).sum())
    while 0 < few < len(counts) and counts.iloc[:few].sum() < FEWEST_DEALS:
        few += 1
    return values.where(~values.isin(counts.index[:few]), OTHERS)


def _with_known(view: PeriodView, deals: ibis.Table) -> ibis.Table:
    """Add whether the customer had bought before the deal was created."""
    if "customer_id" not in deals.columns:
        return deals
    lines = lines_to_date(view)
    first = (
        lines.filter(lines.bought & lines.customer_id.notnull())
        .group_by(buyer=lines.customer_id)
        .agg(first_bought=lines.sold_at.min())
    )
    joined_deals = deals.left_join(first, deals.customer_id == first.buyer)
    before = (joined_deals.first_bought < joined_deals.created_at).fill_null(False).ifelse(KNOWN, NEW)
    unknown = joined_deals.customer_id.isnull() | joined_deals.created_at.isnull()
    begin = lines.sold_at.min().as_scalar()
    return joined_deals.mutate(
        **{
            KNOWN_CLIENT: unknown.ifelse(ibis.null("string"), before),
            "look_back": (joined_deals.created_at.epoch_seconds() - begin.epoch_seconds()) / SECONDS_A_DAY,
        }
    )


def _reaches_back(frame: pd.DataFrame) -> bool:
    """Say whether the records go back a year before most deals: else everybody looks new at first."""
    return bool(frame["look_back"].median() >= _YEAR_DAYS)


def _places(deals: ibis.Table) -> tuple[dict[str, str], list[str]]:
    """Return where each factor stands, and the further columns with too many values to be one."""
    found = {name: next((at for at in places if at in deals.columns), "") for name, places in _PLACES.items()}
    found = {name: at for name, at in found.items() if at}
    declared = {"deals": "", "customers": _CLIENT}
    passed = {f"{sign}{column.name}" for table, sign in declared.items() for column in TABLES[table].columns}
    passed |= {_FOUND, KNOWN_CLIENT, "buyer", "first_bought", "look_back", *found.values()}
    further = [
        name
        for name in deals.columns
        if name not in passed and (deals[name].type().is_string() or deals[name].type().is_boolean())
    ]
    if not further:
        return found, []
    counted = deals.aggregate(
        [
            measure
            for at, name in enumerate(further)
            for measure in (
                deals[name].nunique().name(f"n{at}"),
                deals[name].cast("string").re_search(r"[^0-9.,+\- ]").fill_null(False).sum().name(f"t{at}"),
            )
        ]
    ).to_pandas()
    too_many = []
    for at, name in enumerate(further):
        values, texts = int(counted[f"n{at}"].iloc[0]), counted[f"t{at}"].fillna(0).iloc[0]
        shown = name.removeprefix(_CLIENT).replace("_", " ")
        if values > (_MOST_VALUES if texts else _MOST_NUMBERS):
            too_many.append(shown)
        elif values:
            found[shown if shown not in found else f"client {shown}"] = name
    return found, too_many


def _of_known_clients(
    frame: pd.DataFrame, places: dict[str, str], words: Words
) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Keep the deals of known customers; where those are few, the factors that need no customer."""
    owned = {name for name, at in places.items() if at == KNOWN_CLIENT or at.startswith(_CLIENT)}
    if not owned or frame.empty:
        return frame, places, []
    known = frame["customer_id"].notna()
    if _FOUND in frame.columns and owned != {KNOWN_CLIENT}:
        known = frame[_FOUND].astype(bool)
    if known.all():
        return frame, places, []
    share = words.share(float((~known).mean()), 0)
    if known.mean() >= _FEWEST_CLIENTS:
        return frame[known].reset_index(drop=True), places, [sentence(STEM, "left.no_client", share=share)]
    rest = {name: at for name, at in places.items() if name not in owned}
    return (
        frame,
        rest,
        [
            sentence(
                STEM,
                "left.clients",
                share=share,
                factors=listed(sorted(owned)),
            )
        ],
    )


def _usable(columns: dict[str, pd.Series], won: pd.Series) -> tuple[dict[str, pd.Series], list[str]]:
    """Pool levels, and leave out what is no factor; say why."""
    held: dict[str, pd.Series] = {}
    notes = []
    for name, values in columns.items():
        if won.nunique() < 2:
            break
        told = values != NOT_STATED
        gap = abs(told[won].mean() - told[~won].mean())
        levels = pooled(values)
        if gap > _LARGEST_GAP:
            notes.append(sentence(STEM, "left.after", factor=factor_name(name)))
        elif name not in _PLACES and won.groupby(values).agg(lambda w: max(w.sum(), (~w).sum())).sum() > (
            _KNOWS * len(won)
        ):
            notes.append(sentence(STEM, "left.knows", factor=factor_name(name)))
        elif levels.nunique() < 2 or not told.any():
            continue
        elif (levels == OTHERS).mean() > _MOST_OTHERS:
            notes.append(sentence(STEM, "left.scattered", factor=factor_name(name)))
        else:
            held[name] = levels
    return held, notes


def _amounts(amounts: pd.Series, won: pd.Series, words: Words) -> tuple[dict[str, pd.Series], list[str]]:
    """Return the doublings of the amount; leave it out where won or lost deals lack it."""
    if won.nunique() < 2 or not amounts.notna().any():
        return {}, []
    shares = amounts.notna().groupby(won).mean()
    if shares.min() < _FEWEST_AMOUNTS:
        side = "lost" if shares[False] < shares[True] else "won"
        lacking = words.share(1 - float(shares.min()), 0)
        return {}, [sentence(STEM, f"left.amount.{side}", share=lacking)]
    doublings = pd.Series(np.log2(amounts.to_numpy(dtype=float)), index=amounts.index)
    return {AMOUNT: doublings.fillna(doublings.mean())} if doublings.min() < doublings.max() else {}, []


def listed(factors: Iterable[str]) -> str:
    """List factors in a sentence."""
    return joined([factor_name(str(factor)) for factor in factors])
