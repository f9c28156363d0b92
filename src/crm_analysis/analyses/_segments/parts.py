"""What findings and tiles of the analysis of segments are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_analysis.analyses._segments.labels import STANDARD
from crm_analysis.columns import column
from crm_analysis.language import tr
from crm_analysis.sentences import sentence
from crm_analysis.sentences.sales_dynamics import dimension_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from crm_analysis.analyses._segments.book import Book
    from crm_analysis.findings import Strength
    from crm_analysis.words import Words


@dataclass(frozen=True)
class Parts:
    """See :class:`crm_analysis.analyses.customer_segments.CustomerSegmentsResult`."""

    book: Book
    segments: pd.DataFrame
    tests: pd.DataFrame
    profile: pd.DataFrame
    cross: pd.DataFrame
    shift: pd.DataFrame
    totals: pd.DataFrame
    kind: str
    window: str
    compared: str
    words: Words


def called(dimension: str, words: Words) -> str:
    """Name a dimension within a sentence: "account type".

    A column of the company's own by its name; where that is also what we call an amount, such as the revenue
    that the customers themselves make, it says whose it is.
    """
    if dimension == "channel":  # a deal has one of its own, which may be another
        return tr("customer's channel")
    if dimension in STANDARD:
        return dimension_name(dimension)
    name = words.name(dimension.replace("_", " "))
    return tr("{name} of the customer").format(name=name) if column(dimension).kind == "money" else name


def customers_of(row: Mapping[str, Any], words: Words) -> str:
    """Tell of which segment customers are, within a sentence: "of size “large”"."""
    dimension = row["dimension"]
    kind = dimension if dimension in STANDARD else "other"
    return sentence(
        "customer_segments", f"customers.{kind}", segment=words.name(row["segment"]),
        dimension=called(dimension, words),
    )  # fmt: skip


def brief(share: float, words: Words) -> str:
    """Write a share in whole percents, with tenths where it is small."""
    return words.share(share, 0 if share >= 0.1 or share == 0 else 1)


def weaker(strengths: Iterable[str]) -> Strength:
    """Return the weakest of several found strengths: a sentence is as sure as its weakest part."""
    return "moderate" if "moderate" in set(strengths) else "strong"
