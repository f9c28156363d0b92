"""What is to be done for each period of an order, checked in full before anything runs or is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from crm_analysis.language import tr
from crm_analysis.period import parse_range
from crm_analysis.reporting import manifest
from crm_analysis.reporting.due import look
from crm_analysis.reporting.keys import Key, make_key
from crm_analysis.reporting.notebooks import SUMMARY, file_of
from crm_analysis.reporting.parameters import shown_data
from crm_analysis.reporting.slices import Memory, Slice, slice_of
from crm_analysis.sources.places import locate, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from crm_analysis.dataset import Dataset
    from crm_analysis.period import Period
    from crm_analysis.reporting.execute import Outcome
    from crm_analysis.reporting.notebooks import Notebook
    from crm_analysis.reporting.order import Order
    from crm_analysis.reporting.parameters import Value
    from crm_analysis.reporting.run import Watcher
    from crm_analysis.view import PeriodView


@dataclass(frozen=True)
class Plan:
    """What is to be done for one period.

    Parameters
    ----------
    order
        What was asked for.
    period
        Its period.
    parameters
        Values of the parameters, by stem of each notebook that was chosen.
    load
        Opens the data, the same for all plans of an order.
    memory
        What is remembered of the data.
    """

    order: Order
    period: Period
    parameters: dict[str, dict[str, Value]]
    load: Callable[[], Dataset] = field(repr=False, compare=False)
    memory: Memory = field(repr=False, compare=False)

    @cached_property
    def view(self) -> PeriodView:
        """The data at the end of the period: opened where something is to be done."""
        return self.order.view(self.load(), self.period)

    @cached_property
    def known(self) -> Slice:
        """What the period can read of the data, as hashes: read when it is asked for, and remembered."""
        known = self.memory.recall(self.period.end)
        if known is None:
            known = slice_of(self.view)
            self.memory.keep(self.period.end, known)
        return known

    @property
    def language(self) -> str:
        """In which language the reports are written."""
        return str(self.order.values.get("lang") or self.known.settings["language"])

    @cached_property
    def lacking(self) -> dict[str, str]:
        """Why the data cannot feed a report, by stem."""
        why = tr("The data lack: {what}.", self.language)
        return {
            n.stem: why.format(
                what="; ".join(_in_words(need, self.language) for need in self.known.lacking[n.stem])
            )
            for n in self.order.chosen
            if n.stem in self.known.lacking
        }

    @property
    def target(self) -> Path:
        """The folder of the period."""
        return self.order.out / self.period.text

    @property
    def analyses(self) -> tuple[Notebook, ...]:
        """The notebooks that the data can feed, without the summary."""
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
        """What must reach no reader, by the name of the variable that holds it."""
        secrets: dict[str, str] = self.view.dataset.settings.secrets
        return secrets

    def shown_parameters(self, stem: str) -> dict[str, Value]:
        """Return the values as readers see them: no path of this machine."""
        return {**self.parameters[stem], "data": shown_data(self.order.data)}

    def key(self, notebook: Notebook, links: Iterable[Notebook] | None = None) -> Key:
        """Gather all that decides a report, with links to the pages there will be where none are named."""
        return make_key(
            notebook,
            self.shown_parameters(notebook.stem),
            self.known,
            tuple(self.with_page() if links is None else links),
            language=self.language,
            with_code=self.order.with_code,
        )

    def with_page(self) -> tuple[Notebook, ...]:
        """Return the notebooks that have a page in this period, or will have one if all goes well."""
        planned = {n.stem for n in self.order.chosen}
        entries = (manifest.read_json(self.target / manifest.NAME) or {}).get("notebooks", {})
        without = {stem for stem, entry in entries.items() if entry["status"] == "left_out"}
        return tuple(
            n
            for n in self.order.notebooks
            if n.stem not in self.lacking
            and n.stem not in without
            and (n.stem in planned or (self.target / file_of(n.stem)).is_file())
        )

    def is_up_to_date(self) -> bool:
        """Say whether all of it stands published already, made from the same input and untouched since."""
        return not look(self)


@dataclass(frozen=True)
class PeriodReport:
    """What came of a period.

    Parameters
    ----------
    period
        Its text.
    outcomes
        How each notebook ended; none where all was up to date.
    page
        The summary of the period, or its folder where there is no notebook of a summary.
    stand
        Whether reports of earlier runs stand beside these, up to date or not asked for.
    """

    period: str
    outcomes: tuple[Outcome, ...]
    page: Path
    stand: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and something was published if anything was to run."""
        statuses = {outcome.status for outcome in self.outcomes if outcome.stem != SUMMARY}
        failed = any(outcome.status == "failed" for outcome in self.outcomes)
        return not failed and (self.stand or not statuses or "published" in statuses)


def unchanged(plan: Plan, watcher: Watcher) -> PeriodReport:
    """Tell that nothing of a period is to be done."""
    watcher.up_to_date(plan.period.text)
    return PeriodReport(plan.period.text, (), plan.page)


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
    NotReadyError
        They do not reach the period's end yet, as the settings ask.
    """
    parse_range(order.absolute())  # whether it can be read at all is known before the data are
    order.parameters(order.absolute())
    config = read_config(locate(order.data))
    fiscal_year_starts = config.settings.fiscal_year_starts
    periods = parse_range(order.absolute(fiscal_year_starts), fiscal_year_starts)
    memory = Memory(config)

    @cache
    def data() -> Dataset:
        from crm_analysis.dataset import load  # the engine, which is not needed where nothing has changed

        return load(order.data)

    if config.settings.ready:
        from crm_analysis.reporting.ready import must_be_ready

        must_be_ready(data(), periods, order.today)
    plans = tuple(Plan(order, period, order.parameters(period.text), data, memory) for period in periods)
    for plan in plans:
        if memory.recall(plan.period.end) is None or not plan.is_up_to_date():
            plan.view  # noqa: B018 - what is asked of the data is checked before anything runs
    return plans


def _in_words(need: str, language: str) -> str:
    """Write what is lacking as people say it: "a.x or b.x" as "x (in a or b)".

    Tables and columns keep their names, by which the settings and the documents call them.

    Examples
    --------
    >>> [_in_words(need, "en") for need in ("deals.channel or sales.channel", "customers or sales.region")]
    ['channel (in deals or sales)', 'customers, or region (in sales)']
    """
    tables: dict[str, list[str]] = {}
    for one in need.split(" or "):
        table, _, name = one.partition(".")
        tables.setdefault(name or table, []).extend([table] if name else [])
    column = tr("{column} (in {tables})", language)
    said = [
        column.format(column=name, tables=tr(" or ", language).join(where)) if where else name
        for name, where in tables.items()
    ]
    return tr(", or ", language).join(said).replace("_", " ")
