"""What a command asks for, checked in full before anything runs or is written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm_analysis.dataset import load
from crm_analysis.period import parse_range, resolve
from crm_analysis.reporting import manifest
from crm_analysis.reporting.cleaning import shown_data
from crm_analysis.reporting.notebooks import SUMMARY
from crm_analysis.reporting.pages import file_of
from crm_analysis.reporting.parameters import check_values
from crm_analysis.sources.check import lacking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from crm_analysis.dataset import Dataset
    from crm_analysis.period import Period
    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.parameters import Value
    from crm_analysis.view import PeriodView


@dataclass(frozen=True)
class Order:
    """What was asked for.

    Parameters
    ----------
    periods
        A period, a range ``A..B``, or one relative to ``today`` such as ``last-month``.
    data
        Folder of tables or a ``crm.toml``, as typed.
    out
        Folder of reports.
    notebooks
        All notebooks there are, in order.
    chosen
        Those that are to run.
    values
        Values of parameters that were given; each goes to the notebooks that declare it.
    with_code
        Whether pages show code.
    today
        The day on which the order is given; without it no period may be relative.
    """

    periods: str
    data: str
    out: Path
    notebooks: tuple[Notebook, ...]
    chosen: tuple[Notebook, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    with_code: bool = False
    today: date | None = None

    def absolute(self, fiscal_year_starts: int = 1) -> str:
        """Return the periods as absolute ones: the last quarter depends on where the fiscal year begins."""
        return resolve(self.periods, self.today, fiscal_year_starts) if self.today else self.periods


@dataclass(frozen=True)
class Plan:
    """What is to be done for one period.

    Parameters
    ----------
    order
        What was asked for.
    view
        The data at the end of the period.
    parameters
        Values of the parameters, by stem of each notebook that is to run.
    lacking
        Why the data cannot feed a report, by stem.
    """

    order: Order
    view: PeriodView
    parameters: dict[str, dict[str, Value]]
    lacking: dict[str, str]

    @property
    def target(self) -> Path:
        """The folder of the period."""
        return self.order.out / self.view.period.text

    @property
    def analyses(self) -> tuple[Notebook, ...]:
        """The notebooks to run beside each other."""
        return tuple(n for n in self.order.chosen if n.stem != SUMMARY and n.stem not in self.lacking)

    @property
    def summary(self) -> Notebook | None:
        """The notebook that runs last; None where the folder has none."""
        return next((n for n in self.order.chosen if n.stem == SUMMARY), None)

    @property
    def page(self) -> Path:
        """Where a reader begins: the summary, or the folder where there is none."""
        return self.target / file_of(SUMMARY) if self.summary else self.target

    @property
    def secrets(self) -> dict[str, str]:
        """The address of the database, by the name of the variable that holds it."""
        name = self.view.dataset.settings.database.removeprefix("env:")
        return {name: os.environ[name]} if name in os.environ else {}

    def shown_parameters(self, stem: str) -> dict[str, Value]:
        """Return the values as readers see them: no path of this machine."""
        return {**self.parameters[stem], "data": shown_data(self.order.data)}

    def key(self, notebook: Notebook) -> str:
        """Hash all that decides a report."""
        shown = self.shown_parameters(notebook.stem)
        return manifest.inputs_key(self.view, notebook, shown, with_code=self.order.with_code)

    def is_up_to_date(self) -> bool:
        """Say whether all of it stands published already, made from the same input and untouched since."""
        made = manifest.read_json(self.target / manifest.NAME) or {}
        entries: dict[str, Any] = {**made.get("notebooks", {}), SUMMARY: made.get(SUMMARY, {})}
        left_out = {stem: entry.get("why") for stem, entry in entries.items() if entry.get("why")}
        return left_out == self.lacking and all(
            entries.get(notebook.stem, {}).get("inputs") == self.key(notebook)
            and manifest.intact(self.target, entries[notebook.stem]["files"])
            for notebook in (*self.analyses, self.summary)
            if notebook is not None
        )


def make_plans(order: Order) -> tuple[Plan, ...]:
    """Check an order against notebooks and data, and return what to do, a plan a period.

    Raises
    ------
    PeriodError
        A period cannot be read, or the data do not reach it.
    ParameterError
        A notebook lacks a parameter, or a value is of the wrong type.
    SourceError, MappingError, DataError
        The data cannot be read or used.
    """
    parse_range(order.absolute())  # whether it can be read at all is known before the data are
    _parameters(order, order.absolute())
    dataset = load(order.data)
    fiscal_year_starts = dataset.settings.fiscal_year_starts
    periods = parse_range(order.absolute(fiscal_year_starts), fiscal_year_starts)
    return tuple(_plan(order, dataset, period) for period in periods)


def _plan(order: Order, dataset: Dataset, period: Period) -> Plan:
    language = str(order.values.get("lang", "")) or None
    compare_to = order.values.get("compare_to", "previous")
    view = dataset.view(period, str(compare_to), language=language)
    needs = lacking(dataset.source)
    absent = {n.stem: needs[n.stem][0] for n in order.chosen if n.stem in needs}
    why = {
        stem: f"The data lack: {'; '.join(map(_in_words, names))}." for stem, names in absent.items() if names
    }
    return Plan(order, view, _parameters(order, period.text), why)


def _in_words(need: str) -> str:
    """Write what is lacking as people say it: "a.x or b.x" as "x (in a or b)".

    Examples
    --------
    >>> _in_words("deals.channel or sales.channel"), _in_words("customers or sales.region")
    ('channel (in deals or sales)', 'customers, or region (in sales)')
    """
    tables: dict[str, list[str]] = {}
    for one in need.split(" or "):
        table, _, name = one.partition(".")
        tables.setdefault(name or table, []).extend([table] if name else [])
    said = [f"{name} (in {' or '.join(where)})" if where else name for name, where in tables.items()]
    return ", or ".join(said).replace("_", " ")


def _parameters(order: Order, period: str) -> dict[str, dict[str, Value]]:
    values = {**order.values, "period": period, "data": order.data}
    must = [name for name in ("period", "data", "lang") if name in values]
    return {n.stem: check_values(values, n.parameters, must=must, name=n.path.name) for n in order.chosen}
