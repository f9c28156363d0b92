"""Which segment buys which product, and where money could lie that nobody asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_analysis.analyses._lines import NOT_STATED, fetch, lines_to_date, money, stated
from crm_analysis.analyses._segments.book import inside
from crm_analysis.analyses._segments.tests import FEWEST, judged
from crm_analysis.stats.lift import stratified

if TYPE_CHECKING:
    import ibis
    from numpy.typing import NDArray

    from crm_analysis.analyses._segments.book import Book
    from crm_analysis.view import PeriodView

CROSS = [
    "dimension", "segment", "product", "customers", "buyers", "penetration", "expected", "revenue",
    "white_spot", "p_value", "p_adjusted", "strength", "verdict",
]  # fmt: skip
_TEXT = ("dimension", "segment", "product", "strength", "verdict")
#: More products than these are crossed by their category, or only the best sellers of them.
MOST_PRODUCTS = 20
#: Upper limits of the number of orders that make clients alike: 1, 2, 3 to 4, 5 to 8, more.
_ORDERS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Basket:
    """What was bought in the window: ``kind`` (product, category or empty), and how many were left out.

    ``bought`` has a row a client and product: ``client`` (position), ``product`` (number in ``names``),
    ``revenue``, ``buyer`` (any positive line).
    """

    kind: str
    names: list[str]
    bought: pd.DataFrame
    left_out: int


def read_basket(view: PeriodView, book: Book) -> Basket:
    """Read which client bought which product in the window; the best sellers where there are many."""
    lines = lines_to_date(view)
    nothing = Basket("", [], pd.DataFrame(columns=["client", "product", "revenue", "buyer"]), 0)
    if not view.has_amounts or "product" not in lines.columns or not len(book.clients):
        return nothing
    lines = lines.filter(
        inside(lines.sold_at, book.windows.now) & lines.customer_id.notnull() & lines.amount.notnull()
    )
    kind = "product"
    sellers = _sellers(lines, kind)
    if len(sellers) > MOST_PRODUCTS and "category" in lines.columns:
        categories = _sellers(lines, "category")
        if 1 < len(categories) <= MOST_PRODUCTS:
            kind, sellers = "category", categories
    names = sorted(sellers["thing"].head(MOST_PRODUCTS))
    if not names:
        return nothing
    chosen = lines.mutate(thing=stated(lines[kind]))
    chosen = chosen.filter(chosen.thing.isin(names))
    frame = fetch(
        chosen.group_by("customer_id", "thing").agg(
            revenue=money(chosen.amount), buyer=(chosen.amount > 0).any()
        ),
        "customer_id",
        "thing",
    )
    place = pd.Series(np.arange(len(book.clients)), index=book.clients["customer_id"])
    frame = frame.assign(
        client=frame["customer_id"].map(place),
        product=frame["thing"].map(names.index),
        buyer=frame["buyer"] == 1,
    )
    return Basket(kind, names, frame[["client", "product", "revenue", "buyer"]], len(sellers) - len(names))


def _sellers(lines: ibis.Table, column: str) -> pd.DataFrame:
    sums = lines.group_by(thing=stated(lines[column])).agg(revenue=money(lines.amount))
    frame = fetch(sums, "thing")
    frame = frame[(frame["thing"] != NOT_STATED) & (frame["revenue"] > 0)]
    return frame.sort_values(["revenue", "thing"], ascending=[False, True], kind="stable")


def cross_table(book: Book, basket: Basket) -> pd.DataFrame:
    """Return ``CROSS``: a row a segment and product.

    A client counts among the clients where it bought anything in the window. Comparable are the clients of
    other segments with about as many orders.
    """
    rows: list[dict[str, Any]] = []
    buying = (book.clients["orders"] > 0).to_numpy()
    strata = np.searchsorted(_ORDERS, book.clients["orders"].to_numpy(dtype=float), side="left")
    kinds = len(_ORDERS) + 1
    of_product = [basket.bought[basket.bought["product"] == at] for at in range(len(basket.names))]
    for dimension, (codes, names) in book.codes.items():
        size = _counts(codes[buying], strata[buying], len(names), kinds)
        for product, part in zip(basket.names, of_product, strict=True):
            client = part["client"].to_numpy(dtype=np.int64)
            bought = part["buyer"].to_numpy(dtype=bool) & buying[client]
            buyers = _counts(codes[client[bought]], strata[client[bought]], len(names), kinds)
            revenue = np.bincount(codes[client], weights=part["revenue"], minlength=len(names))
            spent = part["revenue"].to_numpy(dtype=float)[bought]
            own = codes[client[bought]]
            for at, segment in enumerate(names):
                row = _cell(size, buyers, at, spent[(own != at) & (spent > 0)])
                untested = {"p_value": np.nan} if segment == NOT_STATED else {}
                rows.append(
                    {"dimension": dimension, "segment": segment, "product": product,
                     "revenue": round(float(revenue[at]), 6)} | row | untested
                )  # fmt: skip
    frame = judged(pd.DataFrame(rows, columns=[*CROSS[:10], "difference"]), CROSS, _TEXT)
    frame["white_spot"] = frame["white_spot"].where(frame["verdict"] == "lower", 0.0)
    return frame


def _cell(
    size: NDArray[np.float64], buyers: NDArray[np.float64], at: int, spent: NDArray[np.float64]
) -> dict[str, float]:
    """Set a segment against comparable clients; ``spent`` is what others spent on the product."""
    customers, count = float(size[at].sum()), float(buyers[at].sum())
    test = stratified(buyers[at], size[at], buyers.sum(axis=0), size.sum(axis=0))
    others = float(size.sum()) - customers
    enough = min(customers, others) >= FEWEST
    gap = max(test.expected - test.observed, 0.0)
    return {
        "customers": customers,
        "buyers": count,
        "penetration": count / customers if customers else np.nan,
        "expected": test.expected / customers if customers else np.nan,
        # a segment of more than half of all customers is the rule, and the others no yardstick for it;
        # what a typical buyer spends: a mean would promise the purchases of one giant
        "white_spot": gap * float(np.median(spent)) if len(spent) and others >= customers else 0.0,
        "p_value": test.p_value if enough else np.nan,
        "difference": test.observed - test.expected,
    }


def _counts(
    codes: NDArray[np.int64], strata: NDArray[np.int64], segments: int, kinds: int
) -> NDArray[np.float64]:
    flat = np.bincount(codes * kinds + strata, minlength=segments * kinds)
    return flat.reshape(segments, kinds).astype(float)
