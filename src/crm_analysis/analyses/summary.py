"""The summary: what all analyses of a period say together, and who should read which.

Collects findings and main figures of the other analyses; computes none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from crm_analysis.analyses._summary_records import collect, title
from crm_analysis.cards import Card, Cards, card, read_tile
from crm_analysis.findings import Finding, Findings, Lead, ranked, said_once
from crm_analysis.front_page import Gaps, RankedFindings, Reader, Readers
from crm_analysis.language import msg, spoken, tr
from crm_analysis.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_analysis.analyses._summary_records import Collected
    from crm_analysis.tiles import Tile
    from crm_analysis.view import PeriodView

#: Which analyses each reader opens, and which department's findings are theirs; the director's are all.
_READERS = {
    msg("Director"): (("sales_dynamics", "customer_abc", "process_kpis"), ""),
    msg("Head of sales"): (("sales_dynamics", "open_deals", "process_kpis", "customer_abc"), "sales"),
    msg("Marketing"): (("marketing_impact", "customer_segments"), "marketing"),
    # these open a page where it says something of their work
    msg("Production"): ((), "production"),
    msg("Dispatch"): ((), "dispatch"),
    msg("Service"): ((), "service"),
}
#: The finding that opens the report: how much was sold, and against what.
_LEAD = ("sales_dynamics", "revenue")


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SummaryResult(Result):
    """The summary of a period.

    Parameters
    ----------
    figures
        A row a main figure: ``analysis, key, label, value, kind, relative, low, high, verdict``; ``kind``
        says in which unit, ``relative`` is the change against the comparison (0.05 is +5 %).
    answers
        A row a finding, ranked by what it says, how sure it is, and the money at stake: ``analysis, key,
        verdict, sentence, value, low, high, unit, n, strength, department``.
    readers
        A row a reader: ``reader, opens, sentence``; ``opens`` lists the analyses to read.
    quality
        A row a table: ``table, read, kept, set_aside``, rows known at the end of the period.
    missing
        A row an analysis, or a part of one, that is not there: ``analysis, state, why``; ``state`` is failed,
        left out, or in part.
    """

    stem: ClassVar[str] = "summary"

    figures: pd.DataFrame
    answers: pd.DataFrame
    readers: pd.DataFrame
    quality: pd.DataFrame
    missing: pd.DataFrame
    #: Analyses that were made, and whether each has a page beside the summary.
    made: frozenset[str] = frozenset()
    has_pages: bool = False

    @cached_property
    @spoken
    def ranked(self) -> RankedFindings:
        """The findings, the most certain and dearest first, without the one that opens the report.

        Before them stands what changed in the period itself: a main figure whose tile says so.
        """
        rest = [f for f in said_once(self.findings) if (f.analysis, f.key) != _LEAD]
        news = self._changed()
        rest.sort(key=lambda f: (f.analysis, f.key) not in news)
        titles = {stem: title(stem) for stem in self.made}
        pages = self.made if self.has_pages else frozenset()
        return RankedFindings(rest, titles, pages)

    @cached_property
    @spoken
    def lead(self) -> Lead:
        """The sentence that opens the report; empty where sales could not be analysed."""
        return Lead(next((f for f in self.findings if (f.analysis, f.key) == _LEAD), None))

    @cached_property
    @spoken
    def cards(self) -> Cards:
        """The main figures; an analysis that failed has a card that says so."""
        words, comparison = self.context.words, self.context.comparison
        against = words.period(comparison) if comparison else ""
        homes = self.figures["analysis"]
        made = [
            card(tile, words, against=against, href=self._page(stem))
            for tile, stem in zip(self.tiles, homes, strict=True)
        ]
        absent = self.missing.to_dict("records")
        made += [
            Card(row["analysis"], tr("Failed"), span=row["why"]) for row in absent if row["state"] == "failed"
        ]
        return Cards(made)

    @cached_property
    @spoken
    def who_reads(self) -> Readers:
        """Who should open which page, and the sentence that matters most to them."""
        made = []
        for row in self.readers.to_dict("records"):
            stems = [stem for stem in row["opens"].split(", ") if stem]
            opens = tuple((title(stem), self._page(stem)) for stem in stems)
            made.append(Reader(row["reader"], row["sentence"], opens))
        return Readers(made)

    @cached_property
    @spoken
    def gaps(self) -> Gaps:
        """The analyses that are missing, and why."""
        return Gaps((row["analysis"], row["state"], row["why"]) for row in self.missing.to_dict("records"))

    def record(self) -> dict[str, Any]:
        """Return a record without findings and figures: they are those of the other analyses."""
        return {"stem": self.stem, "findings": [], "tiles": [], "left_out": []}

    def _changed(self) -> set[tuple[str, str]]:
        """Return the main figures that changed against the comparison by more than chance."""
        return {
            (stem, tile.key)
            for tile, stem in zip(self.tiles, self.figures["analysis"], strict=True)
            if tile.main and tile.judges == "change" and tile.verdict in ("improved", "worsened", "changed")
        }

    def _page(self, stem: str) -> str:
        return f"{stem}.html" if self.has_pages else ""


@spoken
def analyze(view: PeriodView) -> SummaryResult:
    """Put together what all analyses say of a period.

    Where the runner of reports has saved results (in the folder that the environment variable
    CRM_ANALYSIS_OUT names), they are read; else the analyses that the data can feed are made here.

    Parameters
    ----------
    view
        The company's data at the end of the period.

    Returns
    -------
    SummaryResult
        Findings ranked, main figures, readers, quality of the data, and what is missing.

    Raises
    ------
    ReportError
        A saved result cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> import crm_analysis as crm
    >>> day = pd.Timestamp("2026-10-07")
    >>> order = {"sale_id": "S1", "customer_id": "Oak", "sold_at": day, "amount": 800.0}
    >>> result = analyze(crm.load({"sales": pd.DataFrame([order])}).view("2026-10"))
    >>> result.quality.iloc[0].to_dict()
    {'table': 'sales', 'read': 1, 'kept': 1, 'set_aside': 0}
    >>> result.missing["why"].iloc[1]
    'The data hold no table "deals".'
    """
    collected = collect(view, SummaryResult.stem)
    findings = Findings(
        ranked(_finding(f) for record in collected.records.values() for f in record["findings"])
    )
    tiles = [(stem, read_tile(t)) for stem, record in collected.records.items() for t in record["tiles"]]
    return SummaryResult(
        context=view.context,
        findings=findings,
        tiles=tuple(tile for _, tile in tiles),
        figures=_figures(tiles),
        answers=_answers(findings),
        readers=_readers(findings, frozenset(collected.records)),
        quality=_quality(view),
        missing=_missing(collected),
        made=frozenset(collected.records),
        has_pages=collected.published,
    )


def _finding(record: Mapping[str, Any]) -> Finding:
    return Finding(**{field.name: record[field.name] for field in fields(Finding)})


def _figures(tiles: list[tuple[str, Tile]]) -> pd.DataFrame:
    columns = ["analysis", "key", "label", "value", "kind", "relative", "low", "high", "verdict"]
    rows = [{"analysis": stem, **tile.record(), "relative": tile.change} for stem, tile in tiles]
    return pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(("value", "relative", "low", "high"), "float64")
    )


def _answers(findings: Findings) -> pd.DataFrame:
    columns = [
        *("analysis", "key", "verdict", "sentence", "value", "low", "high"),
        *("unit", "n", "strength", "department"),
    ]
    frame = pd.DataFrame([finding.record() for finding in findings], columns=columns)
    return frame.astype({**dict.fromkeys(("value", "low", "high"), "float64"), "n": "Int64"})


def _readers(findings: Findings, made: frozenset[str]) -> pd.DataFrame:
    """Choose for each reader the pages, and the one sentence not to miss; no two readers the same one."""
    rows, told = [], set()
    for reader, (stems, department) in _READERS.items():
        own = [f for f in findings if not department or f.department == department]
        opens = [stem for stem in stems if stem in made]
        opens += [f.analysis for f in own[:1] if f.analysis not in opens]
        if own:
            sentence = next((f.sentence for f in own if f.sentence not in told), own[0].sentence)
            told.add(sentence)
        else:
            sentence = tr(
                msg("Nothing here asks you to act.")
                if opens
                else msg("No page of this report is about your work.")
            )
        rows.append((tr(reader), ", ".join(opens), sentence))
    return pd.DataFrame(rows, columns=["reader", "opens", "sentence"]).astype("str")


def _missing(collected: Collected) -> pd.DataFrame:
    parts = [
        (title(stem), "in part", why)
        for stem, record in collected.records.items()
        for why in record["left_out"]
    ]
    return pd.DataFrame([*collected.missing, *parts], columns=["analysis", "state", "why"]).astype("str")


def _quality(view: PeriodView) -> pd.DataFrame:
    rows = view.header.rows
    return rows.assign(read=rows["kept"] + rows["set_aside"])[["table", "read", "kept", "set_aside"]]
