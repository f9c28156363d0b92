"""Customers: who brings the money, and whether they stay; see :func:`analyze`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from crm_analysis.analyses._abc.change import MIGRATION, concentration_table, migration_table
from crm_analysis.analyses._abc.classes import RfmLimits, class_table, matrix_table, rfm_scores, steadiness
from crm_analysis.analyses._abc.course import course, monthly_table, trends
from crm_analysis.analyses._abc.customers import lay_out, totals_table
from crm_analysis.analyses._abc.due import due_table
from crm_analysis.analyses._abc.findings import find
from crm_analysis.analyses._abc.parts import Parts
from crm_analysis.analyses._abc.purchases import read_purchases
from crm_analysis.analyses._abc.retention import cohort_names, cohort_table, follow, retention_table
from crm_analysis.analyses._abc.tests import gather_tests
from crm_analysis.analyses._abc.tiles import tiles
from crm_analysis.analyses._abc.windows import choose_windows, length_text, span_text
from crm_analysis.language import spoken, tr
from crm_analysis.result import Result, Sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from crm_analysis.analyses._abc.purchases import Purchases
    from crm_analysis.analyses._abc.windows import Windows
    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView

__all__ = ["CustomerAbcResult", "RfmLimits", "analyze"]

CUSTOMERS = [
    "customer_id", "name", "revenue", "share", "cumulative_share", "abc", "previous_abc", "xyz", "cv",
    "recency_days", "orders", "average_order", "first_sold_at", "last_sold_at", "recency_score",
    "frequency_score", "monetary_score", "rfm", "previous_revenue", "period_revenue",
]  # fmt: skip
_DEFAULT_RFM = RfmLimits()


@dataclass(frozen=True, kw_only=True)
class CustomerAbcResult(Result):
    """Answer of :func:`analyze`, which describes each table."""

    stem: ClassVar[str] = "customer_abc"
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "migration": {"low": "share", "high": "share"},
        "concentration": {"difference": "number"},
        "cohorts": {"retained": "count"},
        "retention": {"low": "share", "high": "share", "retained": "share"},
        "tests": {"low": "number", "high": "number"},
    }

    customers: pd.DataFrame
    classes: pd.DataFrame
    matrix: pd.DataFrame
    xyz_buckets: pd.DataFrame
    migration: pd.DataFrame
    concentration: pd.DataFrame
    cohorts: pd.DataFrame
    retention: pd.DataFrame
    due: pd.DataFrame
    monthly: pd.DataFrame
    totals: pd.DataFrame
    tests: pd.DataFrame

    @property
    @spoken
    def latest_cohorts(self) -> pd.DataFrame:
        """Each of the ``cohorts`` in its latest month that is over, named as in the picture."""
        later = self.cohorts[self.cohorts["month_number"] > 0]
        latest = later.groupby("cohort").tail(1)
        return latest.assign(cohort=cohort_names(latest["cohort"], later["month_number"], self.context.words))


@spoken
def analyze(
    view: PeriodView, *, rfm: RfmLimits = _DEFAULT_RFM, xyz_limits: tuple[float, float] = (0.5, 1.0)
) -> CustomerAbcResult:
    """Say which customers bring the money, and whether they stay.

    Parameters
    ----------
    view
        Needs ``sales`` with ``customer_id``, or won ``deals`` with ``customer_id`` and ``amount``; uses the
        ``name`` of ``customers``. The limits of A and B are the setting ``abc_limits``.
    rfm
        Cut-offs of the RFM scores; money in the reporting currency.
    xyz_limits
        Largest coefficient of variation of X and of Y.

    Returns
    -------
    CustomerAbcResult
        **The window.** Classes rest on net revenue of a window: the period itself where it has a year or
        more, else the twelve months to its end. The window before has the same length and ends with the
        comparison period. Where the records are too short for both, both get the same smaller number of
        whole months. In every table ``revenue``, ``orders`` and ``share`` are of the window;
        ``period_revenue`` is of the period itself and adds up to the revenue of known customers in
        ``sales_dynamics``. "Today" is the end of what the data cover of the period. An order is a
        ``sale_id`` with a positive line, on its first day.

        ``customers``
            A row a customer with any order line to date, most revenue first. ``share`` and
            ``cumulative_share`` of the positive revenue, missing outside it; ``abc``: A, B, C, ``none`` (no
            revenue) or ``negative``; ``previous_abc``: the same for the window before, ``new`` for who had
            not bought by then, missing without a comparison; ``xyz``: X, Y, Z or ``n/a`` and ``cv``, the
            variation of their purchases over up to three years (missing where the mean is not positive);
            ``recency_days`` since the last order; ``average_order`` money; ``first_sold_at``,
            ``last_sold_at`` day of the first and last order; scores from 1 to 5 and ``rfm``, the three in a
            row; ``previous_revenue`` money of the window before.
        ``classes``
            A row a class. ``purchase_interval_days``: days the customers were watched in the window since
            their first order, divided by their repeat purchases (days with an order); ``interval_low``,
            ``interval_high``: 95 % bootstrap over customers.
        ``matrix``
            A row a pair of ABC and XYZ; adds up to ``classes``.
        ``xyz_buckets``
            A row a length of bucket: how many customers are X, Y, Z and ``n/a`` with it; ``chosen`` is the
            shortest in which a typical customer buys (median days from the first order in three years to
            the next, Kaplan-Meier).
        ``migration``
            A row a move, ``from_class`` to ``to_class``, with ``new`` and ``lost``. ``revenue``: difference
            between the windows, adds up to its change; ``period_revenue``: difference between period and
            comparison period; ``share, low, high``: of the customers of ``from_class`` (Wilson).
        ``concentration``
            A row a measure of the positive revenue, with 95 % bootstrap limits, its figure before, and the
            difference with paired limits and p-value.
        ``cohorts``
            A row a cohort and month (quarter after two years of cohorts) since the first order:
            ``customers`` who began, ``retained`` who bought in it, ``share``. Months not over are absent.
            Past the first row the customers are newcomers, as in ``monthly``.
        ``retention``
            A row a class and day on which a customer was lost: ``days_followed``, ``at_risk``, ``events``,
            ``retained`` (0-1) with ``low, high``. Classed by the window *before* the watching.
        ``due``
            A row an A or B customer silent for unusually long, most money first: ``money_at_stake`` bought
            in the 365 days up to the last order; ``silence_days``, ``rhythm_days``, ``times_rhythm``;
            ``probability``: share of pauses of such customers that last as long.
        ``monthly``
            A row a month: ``customers`` who bought, ``new_customers``; ``partial`` months are not tested.
        ``totals``
            A row a span (window, window before, period, comparison): revenue of known customers and
            without.
        ``tests``
            A row a test, adjusted together: change of ``concentration`` (top 20 %), of ``retention``,
            ``retention_by_class``, trends of ``buyers`` and ``new_customers``.

    Raises
    ------
    ParameterError
        Limits that do not ascend.

    Notes
    -----
    ABC by the share of revenue of strictly richer customers, so that equal customers share a class. A
    customer is lost when silent for longer than its usual pause (drawn toward its class by one pause)
    times the multiple that one pause in twenty exceeds, both learnt before the watching began, unless it
    has come back by the end. Survival by Kaplan and Meier (1958), log-rank between classes. Buying again:
    Wilson (1927), Newcombe (1998), chi-square. Adjusted by Benjamini and Hochberg (1995).

    Examples
    --------
    >>> import crm_analysis as crm
    >>> result = crm.customer_abc.analyze(crm.load("data/demo").view("2026-Q3"))
    >>> result.classes["abc"].tolist()
    ['A', 'B', 'C', 'none', 'negative']
    >>> change = result.customers["revenue"].sum() - result.customers["previous_revenue"].sum()
    >>> bool(abs(result.migration["revenue"].sum() - change) < 0.005)
    True
    """
    limits: tuple[float, float] = tuple(view.dataset.settings.abc_limits)
    purchases = read_purchases(view)
    windows = choose_windows(view, purchases.first_sale)
    customers = lay_out(view, purchases, windows, limits)
    even, buckets = steadiness(purchases, xyz_limits)
    customers = customers.join([even, rfm_scores(customers, rfm)])
    before = None if windows.before is None else purchases.revenue(windows.before)
    concentration = concentration_table(customers["revenue"].to_numpy(dtype=float), before)
    due, with_rhythm = due_table(customers, purchases)
    followed = follow(purchases, limits)
    monthly = monthly_table(purchases)
    tested = trends(monthly)
    tests = gather_tests(concentration, followed, tested)
    words = view.context.words
    parts = Parts(
        customers=_ordered(customers),
        migration=_migration(purchases, windows, customers, before),
        concentration=concentration,
        totals=totals_table(purchases, windows),
        monthly=monthly,
        due=due,
        with_rhythm=with_rhythm,
        followed=followed,
        tests=tests if purchases.clients else tests.iloc[:0],
        trends=tested,
        course=course(purchases, windows.now, followed.months, limits),
        window=span_text(windows.now, words),
        length=length_text(windows.now, words),
        window_before="" if windows.before is None else span_text(windows.before, words),
        short=bool(windows.notes),
        words=words,
    )
    return CustomerAbcResult(
        context=replace(view.context, notes=(*view.context.notes, *windows.notes)),
        findings=find(parts),
        left_out=_left_out(view, purchases, windows, followed.months),
        tiles=tiles(parts),
        customers=parts.customers[CUSTOMERS],
        classes=class_table(customers, purchases, windows.now),
        matrix=matrix_table(customers),
        xyz_buckets=buckets,
        migration=parts.migration,
        concentration=concentration,
        cohorts=cohort_table(purchases),
        retention=retention_table(followed.lapsed),
        due=due,
        monthly=monthly,
        totals=parts.totals,
        tests=parts.tests,
    )


def _ordered(customers: pd.DataFrame) -> pd.DataFrame:
    return customers.sort_values(
        ["revenue", "customer_id"], ascending=[False, True], kind="stable", ignore_index=True
    )


def _migration(
    purchases: Purchases, windows: Windows, customers: pd.DataFrame, before: NDArray[np.float64] | None
) -> pd.DataFrame:
    if before is None or windows.comparison is None or customers.empty:
        return pd.DataFrame(columns=MIGRATION)
    return migration_table(customers, before, purchases.revenue(windows.comparison))


def _left_out(view: PeriodView, purchases: Purchases, windows: Windows, watched: int) -> Sentences:
    if not purchases.clients:
        return Sentences([tr("Everything about customers: no order line with an amount names one.")])
    said = []
    if view.sales_stand_in:
        said.append(tr("Order lines: there is no table sales, so each won deal counts as one order."))
    if windows.before is None:
        said.append(
            tr(
                "Migration, previous classes and the change of concentration: there is no window to compare "
                "with."
            )
        )
    if not watched:
        said.append(tr("Retention: the records are shorter than six months."))
    return Sentences(said)
