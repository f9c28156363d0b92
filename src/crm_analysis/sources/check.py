"""The account of the data for people: what was read, set aside and why, and which analyses the data feed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from crm_analysis.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from crm_analysis.sources.audit import Audit
    from crm_analysis.sources.opening import Source

_EXAMPLES = 3


@dataclass(frozen=True)
class Need:
    """What an analysis reads, as ``table`` or ``table.column``; ``a|b`` means either.

    Parameters
    ----------
    must
        Without these it has nothing to say.
    uses
        Without these it leaves parts out.
    """

    must: tuple[str, ...]
    uses: tuple[str, ...]


#: What each analysis reads.
NEEDS: dict[str, Need] = {
    "sales_dynamics": Need(
        ("sales|deals.closed_at",),
        ("sales|deals.amount", "sales.customer_id|deals.customer_id", "sales.cost",
         "sales.category|products.category", "sales.product|deals.product",
         "sales.region|customers.region|owners.region", "sales.owner|deals.owner",
         "sales.channel|deals.channel|customers.channel", "deals", "targets"),
    ),
    "customer_abc": Need(("sales.customer_id|deals.customer_id", "sales|deals.amount"), ("customers.name",)),
    "customer_segments": Need(
        ("sales.customer_id|deals.customer_id", "sales|deals.amount",
         "customers|sales.region|owners.region"),
        ("customers.industry", "customers.region", "customers.size", "customers.channel", "sales.cost",
         "deals.status", "sales.product|deals.product", "marketing_costs"),
    ),
    "marketing_impact": Need(
        ("deals.channel|sales.channel|customers.channel",),
        ("marketing_costs", "marketing_costs.campaign", "marketing_costs.cost_item", "touches", "sales.cost",
         "deals.first_contact_at"),
    ),
    "deal_reasons": Need(
        ("deals.closed_at",),
        ("deals.win_reason", "deals.loss_reason", "reasons.department", "deals.stage", "deals.owner",
         "deals.product", "deals.channel", "deals.customer_id", "deals.amount"),
    ),
    "process_kpis": Need(
        ("deals|sales",),
        ("deals", "deals.first_contact_at|deals.created_at", "deals.amount|sales",
         "sales.customer_id|deals.customer_id", "activities.done_at", "activities.kind",
         "marketing_costs"),
    ),
    "open_deals": Need(
        ("deals",),
        ("deals.stage", "stage_history", "activities", "deals.owner", "deals.amount",
         "deals.expected_close_on", "deals.probability", "customers.name"),
    ),
}  # fmt: skip


def lacking(source: Source) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """List for each analysis what it must have and lacks, and what it would use and lacks.

    Parameters
    ----------
    source
        The data as read.

    Returns
    -------
    dict
        ``{analysis: (must have and lacks, would use and lacks)}``; two empty tuples: fed in full.

    Examples
    --------
    >>> import pandas as pd
    >>> from crm_analysis.sources import open_source
    >>> deals = pd.DataFrame({"deal_id": ["7"], "status": ["open"]})
    >>> lacking(open_source({"deals": deals}))["deal_reasons"][0]
    ('deals.closed_at',)
    """
    return {stem: (_absent(need.must, source), _absent(need.uses, source)) for stem, need in NEEDS.items()}


def _absent(wanted: tuple[str, ...], source: Source) -> tuple[str, ...]:
    return tuple(
        item.replace("|", " or ") for item in wanted if not any(_has(source, one) for one in item.split("|"))
    )


def _has(source: Source, item: str) -> bool:
    table, _, column = item.partition(".")
    if table not in source.tables:
        return False
    return not column or column in source.tables[table].columns


def render(source: Source, console: Console) -> None:
    """Print the account: tables, rows set aside by reason, facts, dangling ids, warnings, analyses."""
    audit = source.audit
    over = set(audit.over_limit)
    grid = _grid("Rows", "table", "read", "kept", "left out", "set aside", "", "files")
    for row in audit.tables.to_dict("records"):
        share = Text(f"{row['reject_share']:.1%}", style="bold red" if row["table"] in over else "")
        counts = [f"{row[name]:,}" for name in ("read", "kept", "left_out", "rejected")]
        grid.add_row(*map(Text, (row["table"], *counts)), share, Text(row["files"]))
    console.print(grid)
    for name in audit.over_limit:
        console.print(
            Text(f"{name}: more rows set aside than the limit of {audit.reject_limit:.0%}.", style="bold red")
        )
    _show(console, "Set aside, by reason", _by_reason(audit))
    _show(console, "Found out about the files", _by_file(audit))
    _show(console, "Ids without a row of their own (kept)", audit.dangling)
    for sentence in audit.warnings:
        console.print(Text(f"Warning: {sentence}", style="yellow"))
    grid = _grid("Analyses", "analysis", "fed", "lacks")
    for stem, (must, uses) in lacking(source).items():
        state = "no" if must else "in part" if uses else "in full"
        grid.add_row(Text(stem), Text(state), Text(", ".join((*must, *uses))))
    console.print(grid)


def _by_reason(audit: Audit) -> pd.DataFrame:
    rejects = audit.rejects.assign(
        example=audit.rejects["value"].fillna("blank") + " (line " + audit.rejects["line"].astype("str") + ")"
    )
    groups = rejects.groupby(["table", "file", "column", "reason"], dropna=False, sort=False)
    found = groups["example"].agg(rows="size", examples=lambda values: ", ".join(values.head(_EXAMPLES)))
    return found.reset_index().sort_values(["table", "rows"], ascending=[True, False], kind="stable")


def _by_file(audit: Audit) -> pd.DataFrame:
    facts = audit.facts.assign(found=audit.facts["fact"] + ": " + audit.facts["value"])
    return facts.groupby(["table", "file"], sort=False)["found"].agg("; ".join).reset_index()


def _show(console: Console, title: str, frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    grid = _grid(title, *frame.columns)
    for row in frame.itertuples(index=False):
        grid.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in row))
    console.print(grid)


def _grid(title: str, *headings: str) -> Grid:
    grid = Grid(title=title, title_justify="left", title_style="bold")
    for heading in headings:
        number = heading in ("read", "kept", "left out", "set aside", "rows", "ids", "")
        grid.add_column(heading, justify="right" if number else "left", overflow="fold")
    return grid


def write_rejects(audit: Audit, path: Path) -> int:
    """Write all rows set aside as CSV, safe to open in a spreadsheet.

    Parameters
    ----------
    audit
        The account of the data.
    path
        The file to write; one that is there is written over.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    SourceError
        Where the file cannot be written.
    """
    try:
        with Path(path).open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(audit.rejects.columns)
            for row in audit.rejects.astype(object).where(audit.rejects.notna(), "").itertuples(index=False):
                writer.writerow([_guarded(cell) for cell in row])
    except OSError as error:
        raise SourceError(
            f'"{path}" cannot be written: {error.strerror}.',
            "",
            "Name a file in a folder that may be written.",
        ) from None
    return len(audit.rejects)


def _guarded(cell: object) -> object:
    # a spreadsheet runs a cell that starts like a formula
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
