"""Segments: which kinds of customers are profitable; see :func:`analyze`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from crm_analysis.analyses._abc.customers import totals_table
from crm_analysis.analyses._abc.windows import span_text
from crm_analysis.analyses._segments.book import read_book
from crm_analysis.analyses._segments.cross import cross_table, read_basket
from crm_analysis.analyses._segments.findings import find
from crm_analysis.analyses._segments.leading import leading
from crm_analysis.analyses._segments.left_out import left_out
from crm_analysis.analyses._segments.parts import Parts
from crm_analysis.analyses._segments.profile import profile_table, shift_table
from crm_analysis.analyses._segments.table import segment_table
from crm_analysis.analyses._segments.tests import published, segment_tests
from crm_analysis.analyses._segments.tiles import tiles
from crm_analysis.language import spoken
from crm_analysis.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView

__all__ = ["CustomerSegmentsResult", "analyze"]

SEGMENTS = [
    "dimension", "segment", "customers", "customer_share", "revenue", "revenue_share", "margin",
    "margin_rate", "revenue_per_customer", "low", "high", "revenue_per_customer_raw", "win_rate", "win_low",
    "win_high", "win_rate_raw", "deals_closed", "deals_won", "average_deal", "decision_days",
    "new_customers", "acquisition_cost", "difference", "difference_low", "difference_high", "p_value",
    "p_adjusted", "verdict", "period_revenue",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CustomerSegmentsResult(Result):
    """Answer of :func:`analyze`, which describes each table."""

    stem: ClassVar[str] = "customer_segments"
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "segments": {
            "dimension": "trait", "low": "money", "high": "money", "difference": "relative",
            "difference_low": "relative", "difference_high": "relative",
        },
        "leading": {"dimension": "trait", "low": "money", "high": "money"},
        "profile": {"dimension": "trait", "low": "times", "high": "times"},
        "cross": {"dimension": "trait", "expected": "share"},
        "shift": {"dimension": "trait", "low": "points", "high": "points"},
        "tests": {"dimension": "trait", "difference": "relative", "low": "relative", "high": "relative"},
    }  # fmt: skip

    segments: pd.DataFrame
    leading: pd.DataFrame
    profile: pd.DataFrame
    cross: pd.DataFrame
    shift: pd.DataFrame
    totals: pd.DataFrame
    tests: pd.DataFrame


@spoken
def analyze(view: PeriodView) -> CustomerSegmentsResult:
    """Say who the profitable customers are: where, in which industry, of what size, and for which product.

    Parameters
    ----------
    view
        Needs ``sales`` with ``customer_id``, or won ``deals`` with ``customer_id`` and ``amount``, and traits
        of customers: every column of ``customers`` but id, name and date of entry is a dimension. Where no
        column says the region, the region of the order lines is taken, if customers have one each. Uses
        ``cost`` of ``sales``, ``deals``, ``marketing_costs`` and the product of the lines.

    Returns
    -------
    CustomerSegmentsResult
        **The window** is that of :func:`crm_analysis.customer_abc.analyze`: the period itself where it has a
        year or more, else the twelve months to its end. ``revenue`` and all that follows from it is net
        revenue of the window; ``period_revenue`` is of the period itself and adds up, in every dimension, to
        the revenue of ``sales_dynamics``. A customer counts where it has an order line in the window. Numbers
        with more than twelve values are put into four bands of as many customers each, dates into years;
        codes (of an industry, region or channel, in a column named so, or all of one length) are names.
        Blank traits are ``(not stated)``; lines and deals that name no customer are ``(no customer)``.

        ``segments``
            A row a segment of each ``dimension``, most revenue first. ``customers`` who bought,
            ``customer_share``; ``revenue``, ``revenue_share``; ``margin`` money and ``margin_rate`` (0-1) of
            the lines whose cost is known; ``revenue_per_customer`` with ``low, high`` (95 %), drawn toward
            the whole, and ``revenue_per_customer_raw``; ``win_rate`` (0-1) of the deals closed in the window
            with ``win_low, win_high``, drawn toward the whole, and ``win_rate_raw, deals_closed,
            deals_won``; ``average_deal`` money of a won deal; ``decision_days``: median days from the first
            contact (else creation) to the decision, open deals counted as far as they have come, missing
            with fewer than five decisions; ``new_customers``: first order in the window, and
            ``acquisition_cost``: what one of them cost, each carrying the money spent in the window on its
            channel divided by the new customers of that channel, a channel without any expense costing
            nothing; missing where channel or spending is unknown. ``difference`` (relative, 1 is twice as
            much) of a typical customer against all others, ``difference_low, difference_high``, ``p_value``,
            ``p_adjusted``; ``verdict``: ``higher``, ``lower``, ``no_evidence`` or ``not_enough_data``.
        ``leading``
            ``segments`` as the page shows them: of each dimension the fifteen with most revenue, all further
            ones together as ``(others)``.
        ``profile``
            A row a segment: ``a_customers`` of class A, ``a_share`` of all A customers, ``base_share`` of all
            who bought, ``lift`` = a_share / base_share with ``low, high``.
        ``cross``
            A row a segment and product (category where there are more than twenty products, else the twenty
            best sellers): ``customers`` with an order, ``buyers`` among them, ``penetration``, the one
            ``expected`` from customers of the other segments with as many orders; ``revenue`` of the product;
            ``white_spot``: the missing buyers times the median that other buyers spend on it, 0 where the
            gap may be chance, and for segments of more than half of the customers. White spots of two
            dimensions are the same money seen twice.
        ``shift``
            A row a segment: ``revenue`` of the period, its ``share`` of the revenue of known customers,
            ``previous_share`` in the comparison period, ``difference`` with ``low, high``.
        ``totals``
            A row a span, as in ``customer_abc``.
        ``tests``
            A row a ``measure`` (``revenue_per_customer``, ``margin_rate``, ``win_rate``), dimension and
            segment: ``value`` of its typical customer (win rate: of all its deals), ``others``,
            ``difference`` (relative) with ``low, high`` for revenue, ``points`` (difference of rates) with
            ``points_low, points_high`` for the others, ``n`` and ``n_others`` customers (win rate: deals).
            One family, adjusted together.

    Notes
    -----
    Revenue a customer is drawn toward the whole on the log scale, with the spread within segments pooled:
    of five ways tried on skewed revenue (log-sd 1.2 and 1.6, 3 to 30 segments of 6 to 120 customers), it kept
    its 95 % limits at 84 to 100 %, where raw means with their own errors had 63 to 89 %. Differences:
    aligned rank test (Hodges & Lehmann 1962) of the customers with positive revenue, on logarithms for money,
    after taking out what the other dimensions explain, those aside that go closely together with the one
    tested (Cramér's V from 0.3). Win rates: whole customers change places
    (:func:`crm_analysis.stats.association.association`). Segments with fewer than five customers, or fewer
    than five others, are not tested. Adjusted by Benjamini and Hochberg (1995); ``profile``, ``cross`` and
    ``shift`` are families of their own. A lift has Koopman's (1984) limits; gaps in ``cross`` are tested
    after Mantel and Haenszel (1959).

    Examples
    --------
    >>> import crm_analysis as crm
    >>> result = crm.customer_segments.analyze(crm.load("data/demo").view("2026-10"))
    >>> stands = result.tests.query("dimension == 'industry' and strength == 'strong'")
    >>> stands[["measure", "segment", "verdict"]].to_numpy().tolist()
    [['revenue_per_customer', 'Cosmetics', 'higher'], ['margin_rate', 'Wine', 'higher']]
    """
    book = read_book(view)
    basket = read_basket(view, book)
    words = view.context.words
    tests = segment_tests(book)
    comparison = view.coverage.comparison
    parts = Parts(
        book=book,
        segments=_with_differences(segment_table(book), tests),
        tests=tests,
        profile=profile_table(book),
        cross=cross_table(book, basket),
        shift=shift_table(book),
        totals=totals_table(book.purchases, book.windows),
        kind=basket.kind,
        window=span_text(book.windows.now, words),
        compared="" if comparison is None else words.span(comparison),
        words=words,
    )
    return CustomerSegmentsResult(
        context=replace(view.context, notes=(*view.context.notes, *book.windows.notes)),
        findings=find(parts),
        left_out=left_out(view, book, basket),
        tiles=tiles(parts),
        segments=parts.segments,
        leading=leading(parts.segments),
        profile=parts.profile,
        cross=parts.cross,
        shift=parts.shift,
        totals=parts.totals,
        tests=published(tests),
    )


def _with_differences(segments: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """Set the tests of revenue a customer beside the figures."""
    money = tests[tests["measure"] == "revenue_per_customer"]
    money = money.rename(columns={"low": "difference_low", "high": "difference_high"})
    keys = ["dimension", "segment"]
    figures = ["difference", "difference_low", "difference_high", "p_value", "p_adjusted", "verdict"]
    joined = segments.merge(money[[*keys, *figures]], on=keys, how="left", validate="one_to_one")
    joined["verdict"] = joined["verdict"].fillna("not_enough_data").astype("str")
    return joined[SEGMENTS]
