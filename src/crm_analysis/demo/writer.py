"""Writes a made-up company to a folder, block by block, in constant memory."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_analysis.demo.block import make_block
from crm_analysis.demo.cast import Cast
from crm_analysis.demo.company import Company
from crm_analysis.demo.draws import Draws
from crm_analysis.demo.marketing import make_costs
from crm_analysis.demo.names import PRODUCTS, REGIONS
from crm_analysis.demo.page import SEED, truth_page
from crm_analysis.demo.plan import Revenue, make_targets
from crm_analysis.demo.reasons import OTHER
from crm_analysis.demo.workdays import Calendar
from crm_analysis.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence


#: The company in ``data/demo``.
DEALS = 3000
BLOCK = 2000
_FEWEST_CUSTOMERS = 5


def write_demo(
    folder: str | Path, *, seed: int = SEED, deals: int = DEALS, company: Company | None = None
) -> dict[str, int]:
    """Write a made-up company as canonical CSV files and tell what is true of it in ``TRUTH.md``.

    The same arguments give the same bytes on every machine. Clients come in blocks of 2,000 that depend on
    nothing but the seed, so that memory does not grow with the number of deals. Within a block, rows are in
    order of time.

    Parameters
    ----------
    folder
        Where to write; made where it does not exist. Files of the same names are replaced.
    seed
        Seed of all random numbers, 0 or more.
    deals
        About how many deals; clients, owners, orders and costs scale with them.
    company
        The parameters; :class:`Company` by default.

    Returns
    -------
    dict of str to int
        Rows written, by table.

    Raises
    ------
    ParameterError
        Where ``seed`` is negative or there is less than one deal.

    Examples
    --------
    >>> import tempfile
    >>> rows = write_demo(tempfile.mkdtemp(), deals=60)
    >>> len(rows), rows["stages"]
    (12, 6)
    """
    for name, value, least in (("seed", seed, 0), ("deals", deals, 1)):
        if value < least:
            raise ParameterError(
                f"{name} = {value}", f"{name} is a whole number, {least} or more", f"Type {name}={least + 7}."
            )
    company = company or Company()
    calendar = Calendar.of(company)
    cast = Cast.of(company, deals)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    clients = max(_FEWEST_CUSTOMERS, round(deals / company.deals_per_customer))
    revenue = Revenue(company.months, len(cast.names), len(PRODUCTS), len(REGIONS))
    for number in range(math.ceil(clients / BLOCK)):
        first = number * BLOCK
        block = make_block(company, calendar, cast, seed, number, first, min(BLOCK, clients - first))
        for name, table in block.tables.items():
            _write(folder, name, table, append=number > 0)
            rows[name] = rows.get(name, 0) + table.num_rows
        revenue.add(*block.revenue)
    for name, table in _shared_tables(company, calendar, cast, seed, deals, revenue).items():
        _write(folder, name, table)
        rows[name] = table.num_rows
    page = truth_page(company, cast, seed, deals, rows)
    (folder / "TRUTH.md").write_text(page, encoding="utf-8", newline="\n")
    return rows


def _shared_tables(
    company: Company, calendar: Calendar, cast: Cast, seed: int, deals: int, revenue: Revenue
) -> dict[str, pa.Table]:
    """Make the tables that are not about single clients."""
    costs = make_costs(company, calendar, Draws(seed, 0), deals)
    targets = make_targets(company, calendar, revenue)
    reasons = [
        (reason.name, kind, reason.department)
        for kind, listed in (("win", company.win_reasons), ("loss", company.loss_reasons))
        for reason in listed
    ]
    keys = [target[2:] for target in targets]
    lists: tuple[Sequence[str], ...] = (cast.names, [row[0] for row in PRODUCTS], REGIONS)
    named = [
        [None if (number := key[place]) is None else words[number] for key in keys]
        for place, words in enumerate(lists)
    ]
    return {
        "stages": _table(
            stage=[stage.name for stage in company.stages],
            position=range(1, len(company.stages) + 1),
            probability=[stage.promised for stage in company.stages],
        ),
        "owners": _table(owner=cast.names, team=cast.teams, manager=cast.managers, region=cast.regions),
        "products": _table(
            **{
                column: [row[place] for row in PRODUCTS]
                for place, column in enumerate(("product", "category", "price", "cost"))
            }
        ),
        "reasons": _table(
            reason=[row[0] for row in reasons] + [OTHER, OTHER],
            kind=[row[1] for row in reasons] + ["win", "loss"],
            department=[row[2] for row in reasons] + [None, None],
        ),
        "marketing_costs": _table(
            spent_on=[row[0].isoformat() for row in costs],
            channel=[row[1] for row in costs],
            amount=[row[2] for row in costs],
            campaign=[row[3] for row in costs],
            cost_item=[row[4] for row in costs],
        ),
        "targets": _table(
            period=[row[0] for row in targets],
            amount=[row[1] for row in targets],
            owner=named[0],
            product=named[1],
            region=named[2],
        ),
    }


def _table(**columns: Sequence[object] | range) -> pa.Table:
    return pa.table(
        {
            name: pa.array([None if value is None else str(value) for value in values], pa.string())
            for name, values in columns.items()
        }
    )


def _write(folder: Path, name: str, table: pa.Table, *, append: bool = False) -> None:
    cells = [_quoted(column.combine_chunks()) for column in table.columns]
    lines = pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement="")
    with (folder / f"{name}.csv").open("ab" if append else "wb") as file:
        if not append:
            file.write((",".join(table.column_names) + "\n").encode())
        file.writelines(f"{line}\n".encode() for line in lines.to_pylist())


def _quoted(cells: pa.Array) -> pa.Array:
    """Quote only what must be: pyarrow's own writer would quote every text, which costs a megabyte here."""
    special = pc.match_substring_regex(cells, '[",\n]')
    if not pc.any(special).as_py():
        return cells
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), cells)
