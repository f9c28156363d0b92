"""What the analysis of segments could not say, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.analyses._marketing.spelled import spelled_apart
from crm_analysis.analyses._saying import joined
from crm_analysis.analyses._segments.parts import called
from crm_analysis.result import Sentences
from crm_analysis.sentences import sentence

if TYPE_CHECKING:
    from crm_analysis.analyses._segments.book import Book
    from crm_analysis.analyses._segments.cross import Basket
    from crm_analysis.view import PeriodView
    from crm_analysis.words import Words

STEM = "customer_segments"
#: Why a column makes no dimension, in reading order.
_WHY = ("unlike", "alike", "empty", "mixed")


def left_out(view: PeriodView, book: Book, basket: Basket) -> Sentences:
    """Say what is missing, in reading order."""
    if not book.purchases.clients:
        return Sentences([sentence(STEM, "left.customers")])
    words = view.context.words
    said = [text for why in _WHY if (text := _skipped(book, why, words))]
    asked = {
        "left.traits": not view.has("customers"),
        "left.region": bool(book.dimensions.from_lines),
        "left.lines": view.sales_stand_in,
        "left.margin": not book.has_cost,
        "left.deals": not book.has_deals,
    }
    said += [sentence(STEM, key) for key, missing in asked.items() if missing]
    said += _acquisition(view, book)
    if not basket.kind:
        said.append(sentence(STEM, "left.products"))
    elif basket.left_out:
        products = words.counted(basket.left_out, "product")
        said.append(sentence(STEM, "left.other_products", products=products))
    if book.windows.comparison is None:
        said.append(sentence(STEM, "left.comparison"))
    return Sentences(said)


def _skipped(book: Book, why: str, words: Words) -> str:
    """Name the columns that make no dimension for one reason; empty where there are none."""
    names = joined([called(name, words) for name, kind in book.dimensions.skipped if kind == why])
    return sentence(STEM, f"left.{why}", dimensions=names[:1].upper() + names[1:]) if names else ""


def _acquisition(view: PeriodView, book: Book) -> list[str]:
    if not view.has("marketing_costs"):
        return [sentence(STEM, "left.costs")]
    if not book.newcomers_known:
        return [sentence(STEM, "left.newcomers")]
    if book.clients["new"].any() and book.clients["new_cost"].isna().all():
        return [sentence(STEM, "left.channel")]
    # a channel without any expense costs nothing, which a second spelling would make of a dear one
    return spelled_apart(view, ("marketing_costs", "customers"))
