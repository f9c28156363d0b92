"""What findings and tiles of the analysis of segments are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    By the name of its column: it is the company's own, and may by chance be that of a figure.
    """
    return words.name(dimension.replace("_", " "))


def brief(share: float, words: Words) -> str:
    """Write a share in whole percents, with tenths where it is small."""
    return words.share(share, 0 if share >= 0.1 or share == 0 else 1)


def weaker(strengths: Iterable[str]) -> Strength:
    """Return the weakest of several found strengths: a sentence is as sure as its weakest part."""
    return "moderate" if "moderate" in set(strengths) else "strong"
