"""What the analysis of segments could not say, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.analyses._marketing.spelled import spelled_apart
from crm_analysis.analyses._saying import joined
from crm_analysis.analyses._segments.parts import called
from crm_analysis.result import Sentences

if TYPE_CHECKING:
    from crm_analysis.analyses._segments.book import Book
    from crm_analysis.analyses._segments.cross import Basket
    from crm_analysis.view import PeriodView

_WHY = {
    "unlike": "nearly every customer has another value",
    "alike": "all customers have the same value",
    "empty": "no value is stated",
    "mixed": "customers buy in several of them",
}


def left_out(view: PeriodView, book: Book, basket: Basket) -> Sentences:
    """Say what is missing, in reading order."""
    if not book.purchases.clients:
        return Sentences(["Everything about segments: no order line with an amount names a customer."])
    words = view.context.words
    said = [
        f"{joined([called(name, words) for name, kind in book.dimensions.skipped if kind == why])} as a "
        f"dimension: {text}."
        for why, text in _WHY.items()
        if any(kind == why for _, kind in book.dimensions.skipped)
    ]
    said = [text[:1].upper() + text[1:] for text in said]
    if not view.has("customers"):
        said.append("Industry, size and other traits: the data hold no list of customers.")
    if book.dimensions.from_lines:
        said.append("The region of a customer: not recorded, so the one in which it bought most is taken.")
    if view.sales_stand_in:
        said.append("Order lines: the data hold none, so each won deal counts as one order.")
    if not book.has_cost:
        said.append("Margin: what the goods sold have cost is not known.")
    if not book.has_deals:
        said.append("Win rate, average deal and days to decision: no deal was closed in the window.")
    said += _acquisition(view, book)
    if not basket.kind:
        said.append("White spots: the orders do not name a product.")
    elif basket.left_out:
        said.append(
            f"White spots of {words.counted(basket.left_out, 'product')}: only the best sellers are crossed."
        )
    if book.windows.comparison is None:
        said.append("The shift of the mix: there is no comparison period.")
    return Sentences(said)


def _acquisition(view: PeriodView, book: Book) -> list[str]:
    if not view.has("marketing_costs"):
        return ["Cost of a new customer: the data hold no marketing costs."]
    if not book.newcomers_known:
        said = "New customers and what they cost: the records begin less than a year before the window"
        return [f"{said}, so who is new cannot be told."]
    if book.clients["new"].any() and book.clients["new_cost"].isna().all():
        return ["Cost of a new customer: the channel that brought it is not known."]
    # a channel without any expense costs nothing, which a second spelling would make of a dear one
    return spelled_apart(view, ("marketing_costs", "customers"))
