"""What a command asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_analysis.period import resolve
from crm_analysis.reporting.parameters import check_values

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
    deadline, cell_deadline
        Minutes that a report, and each of its cells, may take.
    force
        Whether to run what is up to date, too.
    """

    periods: str
    data: str
    out: Path
    notebooks: tuple[Notebook, ...]
    chosen: tuple[Notebook, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    with_code: bool = False
    today: date | None = None
    deadline: float = 30.0
    cell_deadline: float | None = None
    force: bool = False

    def absolute(self, fiscal_year_starts: int = 1) -> str:
        """Return the periods as absolute ones: the last quarter depends on where the fiscal year begins."""
        return resolve(self.periods, self.today, fiscal_year_starts) if self.today else self.periods

    def view(self, dataset: Dataset, period: Period) -> PeriodView:
        """Return the data of a period as the order wants them seen."""
        language = str(self.values.get("lang", "")) or None
        return dataset.view(period, str(self.values.get("compare_to", "previous")), language=language)

    def parameters(self, period: str) -> dict[str, dict[str, Value]]:
        """Return the values of the parameters for a period, checked, by stem of each notebook chosen."""
        values = {**self.values, "period": period, "data": self.data}
        must = [name for name in ("period", "data", "lang") if name in values]
        return {n.stem: check_values(values, n.parameters, must=must, name=n.path.name) for n in self.chosen}
