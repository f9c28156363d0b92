"""Whether "too expensive" holds up: deals lost for their price against won ones of the same kind."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from crm_analysis.analyses._abc.windows import span_text
from crm_analysis.analyses._frames import dtypes, empty, typed
from crm_analysis.analyses._lines import fetch, stated
from crm_analysis.analyses._reasons.factors import deal_window, decided
from crm_analysis.analyses._reasons.parts import STEM, quoted
from crm_analysis.analyses._saying import few, joined, known, sure
from crm_analysis.findings import Finding
from crm_analysis.language import msg, tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences._deal_drivers import ALIKE
from crm_analysis.stats.matched import matched_difference
from crm_analysis.stats.multiplicity import FALSE_DISCOVERY_RATE, adjust
from crm_analysis.words import tenths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_analysis.analyses._abc.purchases import Span
    from crm_analysis.findings import Verdict
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

COLUMNS = (
    "group", "value", "lost", "won", "lost_amount", "won_amount", "dearer", "low", "high", "p_value",
    "p_adjusted", "verdict",
)  # fmt: skip
_TYPES = dtypes(COLUMNS, text=("group", "value", "verdict"), counts=("lost", "won"))

ALL, REASON, PRODUCT = "all", "reason", "product"
HOLDS, REFUTED, OPEN = msg("holds up"), msg("does not hold up"), msg("cannot be told")
FEW = "not_enough_data"
#: A range wider than from half to double tells nothing worth a figure.
_WIDEST = 4.0

#: A reason that speaks of the price, in English or Russian. A budget is the client's, not the price.
_PRICE = re.compile(
    r"\b(?:over|under)?pric(?:e|es|ed|ey|y|ing)\b|\bexpensive\b|\bcost(?:s|ly)?\b|\bcheap(?:er)?\b"
    r"|\bцен(?:а|ы|е|у|ой|ам|ами|ник\w*)\b|\bдорог(?:о|ой|ая|ое|ие|оват\w*)\b|\bдороже\b|\bдороговизн\w*"
    r"|\bстоимост\w*|\bдеш[её]в\w*",
    re.IGNORECASE,
)
#: Somewhat dearer than won deals is no reason to lose one; a reason is refuted where more can be ruled out.
DEARER = 0.20
FEWEST_DEALS = 10
#: The finest kinds of deals in which so many of those lost for the price have a won one beside them.
_MATCHED = 0.8
_ALIKE = (("product", "size", "owner"), ("product", "size"), ("product",), ("size",), ())


@dataclass(frozen=True)
class PriceCheck:
    """Whether the price holds up as a reason.

    Parameters
    ----------
    price_check
        The first row is of all reasons that speak of the price, then a row a ``reason`` and a ``product``
        (``group``, ``value``): deals ``lost`` for the price and ``won`` that found a like one, their median
        amounts ``lost_amount, won_amount`` (of the price, where a quantity is known); ``dearer, low, high``:
        how much dearer the lost ones were (0.05 is +5 %); ``p_value, p_adjusted`` (over
        the rows below the first); ``verdict``:
        ``holds up`` (dearer), ``does not hold up`` (not by 20 %, or cheaper), ``cannot be told`` or
        ``not_enough_data``.
    reasons
        The reasons taken as speaking of the price.
    alike
        What the deals compared had in common.
    stake
        Money of the deals lost for the price.
    window
        The days in which the deals were decided; None without deals.
    notes
        What was left out, and why.
    """

    price_check: pd.DataFrame
    reasons: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    stake: float = 0.0
    window: Span | None = None
    notes: tuple[str, ...] = ()

    def findings(self, words: Words) -> list[Finding]:
        """Say whether the price holds up as a reason."""
        if self.price_check.empty or self.window is None:
            return []
        row = self.price_check.iloc[0]
        figures = {
            "reasons": few([quoted(reason, words) for reason in self.reasons], words),
            "lost": words.number(row["lost"]),
            "won": words.number(row["won"]),
        }
        if row["verdict"] == FEW and not math.isnan(row["low"]):
            return [_finding("not_enough_data", sentence(STEM, "price_check.wide", **figures), row)]
        if row["verdict"] == FEW:
            needed, window = words.number(FEWEST_DEALS), span_text(self.window, words)
            text = sentence(STEM, "price_check.few", needed=needed, window=window, **figures)
            return [_finding("not_enough_data", text, row)]
        digits = tenths(row["low"], row["high"])
        same = joined([tr(ALIKE[name]) for name in self.alike])
        figures |= {
            "alike": sentence(STEM, "price.alike", alike=same) if same else "",
            "low": words.change(row["low"], digits),
            "high": words.change(row["high"], digits),
            "difference": words.share(abs(row["dearer"]), digits),
        }
        answers: dict[str, tuple[str, Verdict]] = {
            HOLDS: ("holds", "note"),
            REFUTED: ("cheaper" if row["high"] < 0 else "refuted", "note"),
            OPEN: ("open", "no_evidence"),
        }
        template, verdict = answers[row["verdict"]]
        strength = "moderate" if row["verdict"] == HOLDS else ""
        figures["sure"] = sure(strength)
        text = sentence(STEM, f"price_check.{template}", **figures)
        return [_finding(verdict, text, row, strength=strength, money=self.stake)]


def price_check(view: PeriodView) -> PriceCheck:
    """Answer whether deals lost for their price were dearer than won ones of the same kind.

    Parameters
    ----------
    view
        Needs ``deals`` with ``loss_reason`` and ``amount``; uses the product and owner of the deal and the
        size of the customer. With a further column ``quantity`` of deals and the ``price`` of products, the
        amount is set against quantity × list price.

    Returns
    -------
    PriceCheck
        Of the deals decided in the period, or in the twelve months to its end where it is shorter.

    Notes
    -----
    Reasons speak of the price where they hold a word such as price, expensive, cost, cheap, цена, дорого,
    стоимость. Deals of positive amount, compared on the log scale within the finest kinds (product, size,
    owner; product and size; product; size; all) in which at least 80 % of the deals lost for the price have a
    won one of their kind; errors by whole customers (:func:`crm_analysis.stats.matched.matched_difference`).
    A difference of 20 % that lies outside the range refutes the reason; a range that holds both 0 and 20 %
    tells nothing. The first row is one test by itself; the others are adjusted by Benjamini and Hochberg
    (1995).

    Examples
    --------
    >>> import crm_analysis as crm
    >>> check = price_check(crm.load("data/demo").view("2026-10"))
    >>> check.reasons
    ('Price too high',)
    """
    if not view.has("deals", "loss_reason"):
        return PriceCheck(empty(_TYPES), notes=(sentence(STEM, "price.left.no_reasons"),))
    window, words = deal_window(view), view.context.words
    frame, by_quantity = _read(view, window)
    lost = frame[~frame["won"]]
    reasons = price_reasons(lost["reason"])
    if not reasons:
        text = sentence(STEM, "price.left.reasons", window=span_text(window, words))
        return PriceCheck(empty(_TYPES), window=window, notes=(text,))
    frame = frame[frame["won"] | frame["reason"].isin(reasons)]
    named = few([quoted(reason, words) for reason in reasons], words)
    priced = frame[frame["measure"].notna()]
    sides = [int((priced["won"] == won).sum()) for won in (False, True)]
    if not min(sides):
        unknown = sentence(STEM, "price.left.amounts", reasons=named)
        return PriceCheck(empty(_TYPES), reasons, window=window, notes=(unknown,))
    notes = () if by_quantity else (sentence(STEM, "price.left.quantity"),)
    alike = _alike(priced)
    stake = frame.loc[~frame["won"], "amount"].sum()
    return PriceCheck(_table(priced, reasons, alike), reasons, alike, float(stake), window, notes)


def price_reasons(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return the reasons that speak of the price, in order.

    Examples
    --------
    >>> price_reasons(["Price too high", "No budget", "Слишком дорого", "Data centre", "Ценности"])
    ('Price too high', 'Слишком дорого')
    """
    return tuple(sorted({reason for reason in reasons if _PRICE.search(reason)}))


def _read(view: PeriodView, window: Span) -> tuple[pd.DataFrame, bool]:
    """Return a row a decided deal: won, unit, reason, amount, what is compared, and the kind of deal."""
    deals = decided(view, window)
    amount = deals.amount if "amount" in deals.columns else ibis.null("float64")
    kept: dict[str, Any] = {
        "deal_id": deals.deal_id,
        "won": deals.status == "won",
        "customer_id": deals.customer_id if "customer_id" in deals.columns else ibis.null("string"),
        "reason": stated(deals.loss_reason),
        "amount": (amount > 0).ifelse(amount, ibis.null("float64")),
    }
    places = {"product": "product", "size": "client.size", "owner": "owner"}
    kept |= {name: stated(deals[at]) for name, at in places.items() if at in deals.columns}
    by_quantity = {"quantity", "product"} <= set(deals.columns) and view.has("products", "price")
    if by_quantity:
        kept["quantity"] = deals.quantity.cast("string").try_cast("float64")
    frame = fetch(deals.select(**kept), "deal_id")
    frame["amount"] = frame["amount"].astype("float64")
    frame["measure"] = frame["amount"]
    if by_quantity:
        prices = fetch(view.table("products").select("product", "price"), "product").set_index("product")[
            "price"
        ]
        listed = frame["product"].map(prices).astype("float64") * frame["quantity"].astype("float64")
        by_quantity = bool((listed > 0).mean() > _MATCHED)
        frame["measure"] = frame["amount"] / listed.where(listed > 0) if by_quantity else frame["amount"]
    unit = "deal " + frame["deal_id"].astype("str")
    frame["unit"] = frame["customer_id"].where(frame["customer_id"].notna(), unit).astype("str")
    return frame, by_quantity


def _alike(priced: pd.DataFrame) -> tuple[str, ...]:
    """Choose the finest kinds in which nearly all deals lost for the price have a won one beside them."""
    for names in _ALIKE:
        if not set(names) <= set(priced.columns):
            continue
        kinds = _kind(priced, names)
        won = set(kinds[priced["won"]])
        if kinds[~priced["won"]].isin(won).mean() >= _MATCHED:
            return names
    return ()


def _kind(priced: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    if not names:
        return pd.Series("", index=priced.index, dtype="str")
    return priced.groupby(list(names)).ngroup().astype("str")


def _table(priced: pd.DataFrame, reasons: tuple[str, ...], alike: tuple[str, ...]) -> pd.DataFrame:
    parts = [(ALL, "", priced)]
    if len(reasons) > 1:
        parts += [
            (REASON, reason, priced[priced["won"] | (priced["reason"] == reason)]) for reason in reasons
        ]
    if "product" in priced.columns:
        products = priced.loc[~priced["won"], "product"].value_counts().sort_index().sort_values(
            ascending=False, kind="stable"
        )  # fmt: skip
        parts += [(PRODUCT, str(name), priced[priced["product"] == name]) for name in products.index]
    table = pd.DataFrame([_row(group, value, part, alike) for group, value, part in parts])
    # the question itself is one test, its parts are a family
    parted = adjust(table["p_value"].iloc[1:])["p_adjusted"]
    table["p_adjusted"] = [float(table["p_value"].iloc[0]), *parted]
    table["verdict"] = [_judged(row) for row in table.to_dict("records")]
    return typed(table, _TYPES)


def _row(group: str, value: str, part: pd.DataFrame, alike: tuple[str, ...]) -> dict[str, Any]:
    kind = _kind(part, alike)
    found = matched_difference(np.log(part["measure"]), ~part["won"], kind, part["unit"])
    both = kind.isin(set(kind[part["won"]]) & set(kind[~part["won"]]))
    medians = part[both].groupby("won")["measure"].median()
    enough = min(found.cases, found.controls) >= FEWEST_DEALS and not math.isnan(found.low)
    limits = (found.estimate, found.low, found.high) if enough else (math.nan,) * 3
    dearer, low, high = (math.expm1(limit) for limit in limits)
    return {
        "group": group,
        "value": value,
        "lost": found.cases,
        "won": found.controls,
        "lost_amount": float(medians.get(False, math.nan)),
        "won_amount": float(medians.get(True, math.nan)),
        "dearer": dearer,
        "low": low,
        "high": high,
        "p_value": found.p_value if enough else math.nan,
    }


def _judged(row: dict[Any, Any]) -> str:
    if math.isnan(row["low"]):
        return FEW
    if row["low"] > 0 and row["p_adjusted"] <= FALSE_DISCOVERY_RATE:
        return HOLDS
    if row["high"] < DEARER:
        return REFUTED
    return FEW if (1 + row["high"]) / (1 + row["low"]) > _WIDEST else OPEN


def _finding(
    verdict: Verdict, text: str, row: pd.Series, *, strength: str = "", money: float | None = None
) -> Finding:
    value, low, high, p_value, p_adjusted = (
        known(row[name]) for name in ("dearer", "low", "high", "p_value", "p_adjusted")
    )
    return Finding(
        STEM, "price_check", verdict, text, value=value, low=low, high=high, unit="relative",
        n=int(row["lost"] + row["won"]), p_value=p_value, p_adjusted=p_adjusted,
        strength=strength, department="sales", money=money,  # type: ignore[arg-type]
    )  # fmt: skip
