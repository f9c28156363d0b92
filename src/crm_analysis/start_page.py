"""The page that JupyterLab opens with: which notebooks there are, and how to work with them.

It is made anew each time from the notebooks themselves, those of one's own among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from crm_analysis.errors import CrmAnalysisError, ReportError
from crm_analysis.language import LANGUAGES, current, msg, speaking, tr
from crm_analysis.reporting.notebooks import discover

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.dataset import Dataset
    from crm_analysis.reporting.notebooks import Notebook

NAME = "start.md"

_TITLE = msg("Sales reports in JupyterLab")
_WHICH = msg("Each notebook answers a question. Open one, and choose *Run, Run All Cells*.")
_HEADS = (msg("Notebook"), msg("Question"))
_PERIOD = msg("Another period, other data")
_PERIOD_HOW = msg(
    "Type them in the second cell of a notebook, and run all cells again: everything below "
    "follows. A period is `2026-10`, `2026-Q3`, `2026`, `2026-W42` or "
    "`2026-07-01..2026-09-30`."
)
_REACH = msg("The data in `{data}` reach from {first} to {last}.")
_NO_DATA = msg("There are no data in `{data}` yet. `crm-analysis demo {data}` makes up a company to try.")
_DATA_HOW = msg('To read them, type `data = "{data}"`.')
_FURTHER = msg("Look further")
_FURTHER_HOW = msg("In a cell of any notebook, after its analysis:")
_OWN = msg("A notebook of your own")
_OWN_HOW = msg(
    "In a terminal (*File, New, Terminal*). `new` makes a notebook with the same parts, "
    "`preview` shows its page and makes it again when you save, `report` publishes it with "
    "the others."
)
_COMPLETE = msg(
    "Press Tab after `result.`, `view.` or `crm.` to see what there is, and add `?` to read about it."
)
#: What to type, and what comes.
_LINES = (
    ("result", msg("the findings, and the tables with what they hold")),
    ('result.why("…")', msg("what a finding rests on; its name stands below the findings")),
    ('view.rows("lost", amount=(10_000, None))', msg("the deals, order lines, … behind a figure")),
    ('crm.table(result, "…", "…")', msg("a table with units and headings")),
    ("crm.open_deals.search(view, idle_days=30)", msg("open deals by any condition")),
)


def write(folder: Path, data: str, *, default: bool) -> Path:
    """Write the page beside the notebooks.

    Parameters
    ----------
    folder
        Where the notebooks are.
    data
        Folder of tables or a ``crm.toml``, as typed.
    default
        Whether nobody asked for these data: then they need not be there.

    Returns
    -------
    Path
        The page; the folder where it cannot be written to.

    Raises
    ------
    CrmAnalysisError
        The data that were asked for cannot be read.
    """
    from crm_analysis.dataset import load

    try:
        dataset: Dataset | None = load(data)
    except CrmAnalysisError:
        if not default:
            raise
        dataset = None
    text = render(folder, data, dataset)
    try:
        (folder / NAME).write_text(text, encoding="utf-8")
    except OSError:  # a folder that is only read is shown as it is
        return folder
    return folder / NAME


def render(folder: Path, data: str, dataset: Dataset | None) -> str:
    """Return the page as Markdown, in the language of the data."""
    with speaking(dataset.settings.language if dataset else LANGUAGES[0]):
        parts = [
            f"# {tr(_TITLE)}", tr(_WHICH), _notebooks(folder),
            f"## {tr(_PERIOD)}", tr(_PERIOD_HOW), _reach(data, dataset),
            f"## {tr(_FURTHER)}", tr(_FURTHER_HOW), _lines(), tr(_COMPLETE),
            f"## {tr(_OWN)}", tr(_OWN_HOW), _commands(dataset),
        ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _notebooks(folder: Path) -> str:
    heads = " | ".join(map(tr, _HEADS))
    return "\n".join([f"| {heads} |", "|---|---|", *map(_row, discover(folder))])


def _row(notebook: Notebook) -> str:
    try:
        title, question = notebook.title(current()), notebook.question(current())
    except ReportError:  # one without a title, or half written: this is where it is mended
        title, question = notebook.path.name, ""
    return f"| [{_cell(title)}]({quote(notebook.path.name)}) | {_cell(question)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _reach(data: str, dataset: Dataset | None) -> str:
    from crm_analysis.words import Words

    if dataset is None:
        return tr(_NO_DATA).format(data=data)
    words = Words(dataset.settings.language)
    said = tr(_REACH).format(data=data, first=words.day(dataset.first_day), last=words.day(dataset.last_day))
    return f"{said} {tr(_DATA_HOW).format(data=data)}"


def _lines() -> str:
    width = max(len(line) for line, _ in _LINES)
    told = [f"{line:<{width}}  # {tr(what)}" for line, what in _LINES]
    return "\n".join(["```python", *told, "```"])


def _commands(dataset: Dataset | None) -> str:
    period = f"{dataset.last_day:%Y-%m}" if dataset else "last-month"
    commands = ("new my_question", "preview my_question", f"report {period}")
    return "\n".join(["```sh", *(f"crm-analysis {command}" for command in commands), "```"])
