"""A notebook of one's own with the same parts as those of the reports: the runner publishes it with them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from crm_analysis.columns.heading import plain
from crm_analysis.errors import ParameterError
from crm_analysis.language import msg, tr
from crm_analysis.own import NAME
from crm_analysis.reporting.notebooks import discover

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 40

_QUESTION = msg("Which question does this notebook answer, and for whom? Write it here.")
PARAMETERS = """\
period: str = "2026-10"  # 2026, 2026-H1, 2026-Q3, 2026-10, 2026-W42 or 2026-07-01..2026-09-30
data: str = "data/demo"  # folder of tables, or a crm.toml
compare_to: str = "previous"  # previous or same-last-year
lang: str = ""  # en or ru; empty: as the settings say
out: str = ""  # folder for the tables; empty: none are written"""
LOAD = """\
import crm_analysis as crm

view = crm.load(data).view(period, compare_to, language=lang or None)"""
_COUNT = """\
sales = view.sales_to_date
by_month = sales.group_by(month=sales.sold_at.truncate("M").date())
counted = by_month.agg(revenue=sales.amount.sum(), orders=sales.sale_id.nunique())
months = counted.to_pandas().sort_values("month", ignore_index=True)"""
_RESULT = """\
sold = view.context.words.money(months["revenue"].sum())
orders = view.context.words.counted(months["orders"].sum(), "order")
said = {{"sold": f"{{sold}} were sold in {{len(months)}} months.", "orders": f"They came in {{orders}}."}}
result = crm.own_result(view, "{stem}", {{"months": months}}, said)"""
_FOUND = msg("## What we found")
_PICTURE_PROSE = msg(
    "## Month by month\n\nSay here how to read the picture, and where to be careful. Figures do not belong "
    "here: they come from the cells, so that they follow the period."
)
_PICTURE = """\
axes = crm.plots.theme.new_axes()
axes.plot(months["month"], months["revenue"])
crm.plots.theme.money_axis(axes.yaxis, view.context.words)
crm.figure(axes, alt="Revenue by month.")"""
_TABLE = """\
latest, caption = months[::-1], "The latest months, newest first"
crm.table(result, latest, caption, rows=13)"""
_METHOD = msg(
    "## Method and limits\n\nSay here how it was counted, what is left out, and how far it can be trusted."
)


def make(folder: Path, stem: str) -> Path:
    """Write a notebook with the next number; it runs at once on data of any company.

    Parameters
    ----------
    folder
        Where the notebooks are.
    stem
        Its name: of the page, the tables and the result.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        A name that no report can have, or that one has already.
    """
    notebooks = discover(folder)
    if not NAME.fullmatch(stem) or len(stem) > _LONGEST:
        near = re.sub(r"\W+", "_", stem.casefold()).strip("_0123456789")[:_LONGEST]
        raise ParameterError(
            f'"{stem}" cannot be the name of a report.',
            f"Small letters, digits and underscores, beginning with a letter, {_LONGEST} at the most.",
            f'For example "{near}".' if NAME.fullmatch(near) else 'For example "by_owner".',
        )
    if taken := [notebook for notebook in notebooks if notebook.stem == stem]:
        raise ParameterError(
            f'There is a report "{stem}" already: {taken[0].path.name}.',
            "Each name may stand once.",
            f'Open it, or choose another name, for example "{stem}_2".',
        )
    number = max((notebook.number for notebook in notebooks), default=0) + 1
    path = folder / f"{number}_{stem}.ipynb"
    text = json.dumps(_notebook(stem), indent=1, ensure_ascii=False) + "\n"
    with path.open("x", encoding="utf-8") as file:  # never over a file of somebody's
        file.write(text)
    return path


def _notebook(stem: str) -> dict[str, Any]:
    cells = [
        _prose("title", f"# {plain(stem)}\n\n{tr(_QUESTION)}"),
        _code("parameters", PARAMETERS, "parameters"),
        _code("load", LOAD),
        _code("header", "view"),
        _code("count", _COUNT),
        _code("result", _RESULT.format(stem=stem)),
        _code("lead", "result.lead"),
        _prose("findings-prose", tr(_FOUND)),
        _code("findings", "result.findings[1:]"),
        _prose("months-prose", tr(_PICTURE_PROSE)),
        _code("months-picture", _PICTURE),
        _code("months-table", _TABLE),
        _prose("method", tr(_METHOD), "method"),
        _code("left-out", "result.left_out", "method"),
        _code("save", "result.save(out)"),
    ]
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": spec, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _prose(name: str, text: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": _tagged(tags), "source": _lines(text)}


def _code(name: str, text: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": _tagged(tags),
        "outputs": [],
        "source": _lines(text),
    }


def _tagged(tags: tuple[str, ...]) -> dict[str, Any]:
    return {"tags": [*tags]} if tags else {}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
