"""Why customers buy, why they walk away, and which department must act; see :func:`analyze`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from crm_analysis.analyses._reasons import answers as answers
from crm_analysis.analyses._reasons.change import FIGURES, judge, shares, typed
from crm_analysis.analyses._reasons.deals import read_deals
from crm_analysis.analyses._reasons.drivers import drivers
from crm_analysis.analyses._reasons.hotspots import hotspots, stage_map
from crm_analysis.analyses._reasons.parts import STEM, Parts
from crm_analysis.analyses._reasons.price import price_check
from crm_analysis.analyses._reasons.records import discipline
from crm_analysis.analyses._reasons.spellings import free_text, spellings, written_reasons
from crm_analysis.findings import Findings
from crm_analysis.language import spoken
from crm_analysis.result import Result, Sentences

if TYPE_CHECKING:
    from crm_analysis.analyses._reasons.deals import Deals
    from crm_analysis.columns import Kind
    from crm_analysis.view import PeriodView

__all__ = ["DealReasonsResult", "analyze"]

_REASONS = ("reason", "department", *FIGURES)
_DEPARTMENTS = ("department", *FIGURES)
_SHARES: dict[str, Kind] = {
    "low": "share", "high": "share", "difference_low": "points", "difference_high": "points",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False)
class DealReasonsResult(Result):
    """Answer of :func:`analyze`, which describes each table."""

    stem: ClassVar[str] = STEM
    kinds: ClassVar[dict[str, dict[str, Kind]]] = {
        "loss_reasons": _SHARES,
        "win_reasons": _SHARES,
        "reasons_year": _SHARES,
        "departments": _SHARES,
        "departments_year": _SHARES,
        "hotspots": {"expected": "cases"},
        "stage_map": {"low": "share", "high": "share"},
        "discipline": {"low": "share", "high": "share", "expected": "cases"},
        "price_check": {"low": "relative", "high": "relative", "lost": "count"},
        "drivers": {"low": "times", "high": "times"},
        "spellings": {"why": "name"},
    }

    loss_reasons: pd.DataFrame
    win_reasons: pd.DataFrame
    reasons_year: pd.DataFrame
    departments: pd.DataFrame
    departments_year: pd.DataFrame
    hotspots: pd.DataFrame
    stage_map: pd.DataFrame
    discipline: pd.DataFrame
    spellings: pd.DataFrame
    price_check: pd.DataFrame
    drivers: pd.DataFrame
    fit: pd.DataFrame
    year: str = ""
    year_before: str = ""


@spoken
def analyze(view: PeriodView) -> DealReasonsResult:
    """Say why deals are won and lost, what shifted, where, and which department must act.

    Parameters
    ----------
    view
        Needs ``deals``; reasons are ``loss_reason`` and ``win_reason``, their departments in the table
        ``reasons``. Uses owner, product, channel, amount and stage of the deals, ``stage_history``,
        ``customers`` and ``products``; what is missing is named in ``left_out``.

    Returns
    -------
    DealReasonsResult
        **The year.** A month holds few lost deals, so each question is also answered over a year: the twelve
        months to the end of the period against the twelve before, or what the records hold of them (three
        months at the least); a period of a year or more is its own year, against its comparison. ``year`` and
        ``year_before`` name both.

        ``loss_reasons``, ``win_reasons``
            A row a reason given in the period or its comparison, the most frequent first, ``(not stated)``
            for a blank: ``reason``, ``department``; ``deals`` of the period and their ``share`` of all that
            were lost (won), with 95 % limits ``low, high``; ``amount`` of those deals, missing where none has
            one; ``previous_deals, previous_share`` of the comparison, ``difference`` of the shares with
            limits; ``p_value, p_adjusted, strength, verdict`` of that difference.
        ``reasons_year``
            The same over the year, for both values of ``outcome``: lost and won.
        ``departments``, ``departments_year``
            The same for the department of the reason for losing; ``(no department)`` where the table of
            reasons names none. Empty without such a table.
        ``hotspots``
            A row a pair of reason for losing and value of a ``dimension`` (stage, half of the funnel, owner,
            product, category, industry, size, region, channel) over the year: ``deals``, ``expected`` if the
            reason were as frequent everywhere, their ``ratio``, ``p_value, p_adjusted, strength``;
            ``verdict`` higher, lower or no_evidence. The surest first.
        ``stage_map``
            A row a reason and the last stage before the loss: ``deals``, ``share`` of the ``of_deals`` lost
            there, 95 % limits.
        ``discipline``
            A row an owner: lost ``deals`` of the year, ``blank`` without a reason, ``vague`` with
            "other", ``unclear`` both together, their shares, 95 % limits and ``expected`` number of unclear
            ones; ``verdict`` higher, lower, no_evidence or not_enough_data.
        ``spellings``
            A row a reason that looks misspelt: ``column, reason, like, deals, like_deals, score, why,
            word`` and ``mend``, the lines for ``crm.toml``.
        ``price_check``, ``drivers``, ``fit``
            See :class:`crm_analysis.analyses._reasons.price.PriceCheck` and
            :class:`crm_analysis.analyses._reasons.drivers.Drivers`.

    Raises
    ------
    DataError
        The data hold no deals.

    Notes
    -----
    Only lost deals count as lost for a reason: one that is won and carries a reason of losing is
    told of and left out. Whole customers are permuted where they have more than 1.2 deals on average, else
    the exact test takes each deal by itself (see :func:`crm_analysis.stats.association.association`); reasons
    with fewer than five deals on both sides are put together for the test, and nothing is tested where more
    than 30 % of the deals have no reason. Limits: Wilson (1927), of differences Newcombe (1998); they take
    deals as independent. Changes in the year, changes in the period, hotspots, and records by owner are four
    families: Benjamini and Hochberg (1995), 10 %.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> result = crm.deal_reasons.analyze(crm.load("data/demo").view("2026-10"))
    >>> found = result.reasons_year.query("verdict == 'changed'")
    >>> found["reason"].tolist(), result.year
    (['Delivery time'], 'the 12 months to October 31, 2026')
    """
    deals = read_deals(view)
    windows = deals.windows
    reasons = [_reasons(deals, kind, "year") for kind in ("loss", "win")]
    *years, departments_year = judge([*reasons, _departments(deals, "year")])
    period = [*(_reasons(deals, kind, "period") for kind in ("loss", "win")), _departments(deals, "period")]
    loss_reasons, win_reasons, departments = judge(period)
    lost = deals.of("loss", windows.year)
    explained = lost if "loss" in deals.held else lost.iloc[:0]
    written = written_reasons(view)
    parts = Parts(
        context=view.context,
        deals=deals,
        loss_reasons=loss_reasons,
        win_reasons=win_reasons,
        reasons_year=_both(years),
        departments=departments,
        departments_year=departments_year,
        hotspots=hotspots(explained, deals.stages),
        discipline=discipline(explained),
        spellings=spellings(written),
        free_text=free_text(written),
    )
    price, driven = price_check(view), drivers(view)
    words = parts.words
    return DealReasonsResult(
        context=view.context,
        findings=Findings(
            answers.in_order([*answers.find(parts), *price.findings(words), *driven.findings(words)])
        ),
        left_out=Sentences([*answers.left_out(parts), *price.notes, *driven.notes]),
        tiles=answers.tiles(parts),
        loss_reasons=loss_reasons,
        win_reasons=win_reasons,
        reasons_year=parts.reasons_year,
        departments=departments,
        departments_year=departments_year,
        hotspots=parts.hotspots,
        stage_map=stage_map(explained, deals.stages),
        discipline=parts.discipline,
        spellings=parts.spellings,
        price_check=price.price_check,
        drivers=driven.drivers,
        fit=driven.fit,
        year=windows.text,
        year_before=windows.text_before,
    )


def _reasons(deals: Deals, kind: str, span: str) -> pd.DataFrame:
    """Return the reasons of one kind, with the department of each."""
    table = _shares(deals, kind, span, "reason")
    departments = deals.frame[deals.frame["status"] == ("lost" if kind == "loss" else "won")]
    known = departments.drop_duplicates("reason").set_index("reason")["department"]
    table = table.assign(department=table["reason"].map(known).astype("str"))
    return table.reindex(columns=list(_REASONS))


def _departments(deals: Deals, span: str) -> pd.DataFrame:
    """Return the departments of the reasons for losing; none where no reason has one."""
    table = _shares(deals, "loss", span, "department").reindex(columns=list(_DEPARTMENTS))
    return table if deals.departments else table.iloc[:0]


def _shares(deals: Deals, kind: str, span: str, by: str) -> pd.DataFrame:
    windows = deals.windows
    now, before = (
        (windows.year, windows.year_before) if span == "year" else (windows.period, windows.comparison)
    )
    if kind not in deals.held:
        return shares(deals.frame.iloc[:0], deals.frame.iloc[:0], by, compared=False)
    return shares(deals.of(kind, now), deals.of(kind, before), by, compared=before is not None)


def _both(years: list[pd.DataFrame]) -> pd.DataFrame:
    labelled = [frame.assign(outcome=name) for frame, name in zip(years, ("lost", "won"), strict=True)]
    return typed(pd.concat(labelled, ignore_index=True)[["outcome", *_REASONS]])
