"""The account of what was read, kept, left out and set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.errors import CrmAnalysisError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Rows = Sequence[tuple[object, ...]] | pd.DataFrame

#: The frames of an audit and their columns.
COLUMNS: dict[str, tuple[str, ...]] = {
    "tables": ("table", "read", "kept", "left_out", "rejected", "reject_share", "files"),
    "facts": ("table", "file", "fact", "value"),
    "rejects": ("table", "file", "line", "column", "value", "reason", "known_at"),
    "dangling": ("table", "column", "refers_to", "ids", "rows", "examples"),
}
_TYPES = {
    **dict.fromkeys(("read", "kept", "left_out", "rejected", "ids", "rows"), "int64"),
    "line": "Int64",
    "reject_share": "float64",
    "known_at": "datetime64[us]",
}


@dataclass(frozen=True)
class Audit:
    """What was read, kept, left out by ``where`` and set aside, and what was found out on the way.

    Parameters
    ----------
    tables
        A row a table: ``table, read, kept, left_out, rejected, reject_share, files``. A file of
        ``[sources]`` stands as ``sources.<name>``. ``read = kept + left_out + rejected``.
    facts
        A row a finding about a file: ``table, file, fact, value``.
    rejects
        A row set aside: ``table, file, line, column, value, reason, known_at``. ``known_at`` is when the row
        came to be known, blank where it cannot be read. A connection lists the first 10,000 a table; the
        count in ``tables`` is exact.
    dangling
        A row a column with ids that have no row of their own: ``table, column, refers_to, ids, rows,
        examples``. The rows are kept.
    warnings
        Sentences on legal but suspicious data.
    reject_limit
        Share of a table's rows past which the run stops.

    Examples
    --------
    >>> audit = make_audit(tables=[("deals", 10, 9, 0, 1, 0.1, "deals.csv")], reject_limit=0.05)
    >>> audit.over_limit
    ('deals',)
    """

    tables: pd.DataFrame
    facts: pd.DataFrame
    rejects: pd.DataFrame
    dangling: pd.DataFrame
    warnings: tuple[str, ...] = field(default=())
    reject_limit: float = 0.05

    @property
    def over_limit(self) -> tuple[str, ...]:
        """Tables whose share of rows set aside passes the limit."""
        return tuple(self.tables.loc[self.tables["reject_share"] > self.reject_limit, "table"])

    def raise_if_over_limit(self) -> None:
        """Stop where a table lost more rows than the limit allows.

        Raises
        ------
        DataError
            Naming how many rows, the first three reasons, and how to list them all.
        """
        if not self.over_limit:
            return
        raise DataError(
            " ".join(self._losses(name) for name in self.over_limit),
            f"At most {self.reject_limit:.0%} of a table may be set aside (reject_limit in crm.toml).",
            "See them all with: crm-analysis check --rejects FILE",
        )

    def _losses(self, name: str) -> str:
        row = self.tables.loc[self.tables["table"] == name].iloc[0]
        here = self.rejects.loc[self.rejects["table"] == name]
        first = [
            f'line {reject.line}, {reject.column} "{reject.value}": {reject.reason}'
            for reject in here.drop_duplicates("reason").head(3).fillna("").itertuples()
        ]
        return (
            f"{name}: {row['rejected']:,} of {row['read']:,} rows ({row['reject_share']:.1%}) "
            f"cannot be right; {'; '.join(first)}."
        )


def make_audit(
    tables: Rows,
    facts: Rows = (),
    rejects: Rows = (),
    dangling: Rows = (),
    warnings: Iterable[str] = (),
    reject_limit: float = 0.05,
) -> Audit:
    """Make an audit of plain rows and see to it that the counts add up."""
    audit = Audit(
        tables=frame("tables", tables),
        facts=frame("facts", facts),
        rejects=frame("rejects", rejects),
        dangling=frame("dangling", dangling),
        warnings=tuple(warnings),
        reject_limit=reject_limit,
    )
    counts = audit.tables
    wrong = counts.loc[counts["read"] != counts["kept"] + counts["left_out"] + counts["rejected"]]
    if len(wrong):
        row = wrong.iloc[0]
        raise CrmAnalysisError(
            f"Rows of {row['table']} were lost in reading: {row['read']} read, {row['kept']} kept, "
            f"{row['left_out']} left out, {row['rejected']} set aside.",
            "The three must add up to the rows read.",
            "This is an error of the package: please report it with the file's first lines.",
        )
    return audit


def frame(name: str, rows: Rows) -> pd.DataFrame:
    """Make one frame of an audit with its columns and types."""
    columns = COLUMNS[name]
    made = (
        rows[list(columns)]
        if isinstance(rows, pd.DataFrame)
        else pd.DataFrame(list(rows), columns=list(columns))
    )
    types = {column: _TYPES.get(column, "str") for column in columns}
    return made.astype(types).reset_index(drop=True)
