"""A company's data: canonical tables behind one door, and views of them at the end of a period."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from crm_analysis.errors import DataError, MissingTableError, ParameterError, PeriodError, nearest
from crm_analysis.period import Period, parse
from crm_analysis.schema import TABLES
from crm_analysis.sources import open_source
from crm_analysis.view import COMPARISONS, PeriodView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from crm_analysis.sources import Source

#: Days on which each of these happened tell how far the data reach.
_EVENTS = (
    ("sales", "sold_at"),
    ("deals", "created_at"),
    ("deals", "closed_at"),
    ("stage_history", "entered_at"),
    ("activities", "done_at"),
)


@dataclass(frozen=True)
class Dataset:
    """Canonical tables of a company.

    Parameters
    ----------
    source
        Tables, settings and audit as read.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> data = crm.load("data/demo")
    >>> data.view("2026-Q3").period.text
    '2026-Q3'
    """

    source: Source

    @cached_property
    def tables(self) -> dict[str, ibis.Table]:
        """The canonical tables by name, as Ibis expressions; one without any row counts as not there."""
        counts = self.audit.tables.set_index("table")["kept"]
        return {name: table for name, table in self.source.tables.items() if counts[name] > 0}

    @property
    def settings(self) -> Any:
        """Settings of the company: currency, language, fiscal year, limits."""
        return self.source.settings

    @property
    def audit(self) -> Any:
        """What was read, kept, left out and rejected, and why."""
        return self.source.audit

    def has(self, table: str, *columns: str) -> bool:
        """Say whether the data hold a table, and in it all of these columns."""
        return table in self.tables and set(columns) <= set(self.tables[table].columns)

    def table(self, name: str) -> ibis.Table:
        """Return a canonical table, all rows ever read.

        Raises
        ------
        MissingTableError
            The data do not hold it.
        """
        if name not in self.tables:
            raise MissingTableError(
                f'The data hold no table "{name}".',
                f"They hold {', '.join(self.tables)}.",
                nearest(name, TABLES) or "Map it in crm.toml, or put a file of that name beside the others.",
            )
        return self.tables[name]

    @cached_property
    def event_days(self) -> pd.DataFrame:
        """Each day on which something happened: ``day, sales``; ``sales`` says whether anything was sold.

        Won deals stand in where there is no table of sales.
        """
        parts = []
        for name, column in _EVENTS:
            if self.has(name, column):
                rows = self.tables[name].filter(self.tables[name][column].notnull())
                if column == "closed_at":  # an open deal may carry the date its owner hopes for
                    rows = rows.filter(rows.status != "open")
                sold = name == "sales" if "sales" in self.tables else column == "closed_at"
                parts.append(rows.select(day=rows[column].date(), sales=ibis.literal(sold)))
        if not parts:
            raise DataError(
                "The data hold neither deals nor sales with a date.",
                "Either table is enough.",
                "See data/README.md for the tables, and crm.toml for mapping yours to them.",
            )
        days = ibis.union(*parts) if len(parts) > 1 else parts[0]
        by_day = days.group_by("day").agg(sales=days.sales.any()).order_by("day")
        frame: pd.DataFrame = by_day.to_pandas()
        if frame.empty:
            raise DataError(
                "The data hold no row with a date.",
                "A report needs deals with created_at or closed_at, or sales with sold_at.",
                "Run crm-analysis check to see what was read and what was set aside.",
            )
        return frame

    def view(
        self, period: str | Period, compare_to: str = "previous", *, language: str | None = None
    ) -> PeriodView:
        """Return what was known at the end of a period.

        Parameters
        ----------
        period
            ``2026``, ``2026-H1``, ``2026-Q3``, ``2026-10``, ``2026-W42`` or ``2026-07-01..2026-09-30``.
        compare_to
            ``previous`` period, or ``same-last-year``.
        language
            ``en`` or ``ru``; that of the settings where left out.

        Raises
        ------
        PeriodError
            The period cannot be read, or the data do not reach it.
        ParameterError
            There is no such comparison.
        """
        if isinstance(period, str):
            period = parse(period, self.settings.fiscal_year_starts)
        if compare_to not in COMPARISONS:
            raise ParameterError(
                f'There is no comparison "{compare_to}".',
                f"Allowed: {', '.join(COMPARISONS)}.",
                nearest(compare_to, COMPARISONS),
            )
        self._must_reach(period)
        return PeriodView(self, period, compare_to, language or self.settings.language)

    @property
    def first_day(self) -> date:
        """First day on which anything happened."""
        return pd.Timestamp(self.event_days["day"].iloc[0]).date()

    @property
    def last_day(self) -> date:
        """Last day on which anything happened."""
        return pd.Timestamp(self.event_days["day"].iloc[-1]).date()

    def _must_reach(self, period: Period) -> None:
        if period.start > self.last_day or period.end <= self.first_day:
            where = "after" if period.start > self.last_day else "before"
            raise PeriodError(
                f"The period {period} lies {where} all data.",
                f"The data reach from {self.first_day} to {self.last_day}.",
                f"Ask for a period within them, for example {self.last_day:%Y-%m}.",
            )

    def __repr__(self) -> str:
        counts = ", ".join(self.tables)
        return f"Dataset {self.source.label}: {counts}; {self.first_day} to {self.last_day}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>"


def load(data: str | Path | Mapping[str, pd.DataFrame] | Any) -> Dataset:
    """Open a company's data.

    Parameters
    ----------
    data
        A folder (with a ``crm.toml``, or with canonical CSV, Excel or Parquet files), the path of a
        ``crm.toml``, a mapping of table names to pandas frames with canonical columns, or an Ibis connection
        whose tables have canonical names. A relative path counts from the working directory, else from the
        root of the project, so that notebooks run from anywhere.

    Returns
    -------
    Dataset

    Raises
    ------
    SourceError
        A file or database cannot be read.
    MappingError
        The ``crm.toml`` names what does not exist.
    DataError
        The data cannot be used, or too many rows had to be set aside.

    Examples
    --------
    >>> import crm_analysis as crm
    >>> crm.load("data/demo").has("sales", "cost")
    True
    """
    return Dataset(open_source(data))
