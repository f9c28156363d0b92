"""A page made again from the notebook that ran: new prose or a new template need no kernel."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

_INJECTED = "injected-parameters"
_PARAMETERS = "parameters"


def with_prose(source: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Put the prose of a notebook as it is now around the outputs of one that ran.

    Parameters
    ----------
    source
        The notebook as it is.
    executed
        The same notebook, executed and cleaned: its cells of code are those of the source, in their order.

    Returns
    -------
    NotebookNode
        What a run of the source would leave.
    """
    ran = [cell for cell in executed.cells if cell.cell_type == "code" and not _has(cell, _INJECTED)]
    injected = [cell for cell in executed.cells if _has(cell, _INJECTED)]
    again = deepcopy(executed)
    again.cells = []
    codes = iter(ran)
    for cell in deepcopy(source.cells):
        cell.metadata.setdefault("tags", [])  # as papermill leaves them
        if cell.cell_type == "code":
            before = next(codes)
            cell.source, cell.outputs = before.source, before.outputs
            cell.execution_count = before.execution_count
        again.cells.append(cell)
        if _has(cell, _PARAMETERS):
            again.cells += injected
    return again


def _has(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", ())
