"""Read one sheet of an Excel or OpenDocument workbook."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from crm_analysis.errors import SourceError, listed, nearest
from crm_analysis.sources.dialect import header_index
from crm_analysis.sources.raw import Problem, RawTable, headings, schema_of, shown, store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

_Row = tuple[int, list[Any]]  # number in the sheet, cells

# Excel keeps 15 digits of a number; past this one, doubles no longer tell neighbouring integers apart
_EXACT = 2**53


def read_excel(
    con: duckdb.DuckDBPyConnection, path: Path, relation: str, *, sheet: str | None = None
) -> RawTable:
    """Read one sheet; see :func:`crm_analysis.sources.files.read_file`."""
    name, rows, others = _sheet(path, sheet)
    facts = {"kind": "Excel", "sheet": name}
    if others:
        facts["other sheets"] = listed(others)
    texts = [[_text(cell) or "" for cell in cells] for _, cells in rows[:100]]
    at = header_index(texts)
    facts["header"] = f"row {rows[at][0]}"
    if at:
        facts["title lines above the header"] = listed(" ".join(filter(None, cells)) for cells in texts[:at])
    data = rows[at + 1 :]
    used = [
        place
        for place, heading in enumerate(texts[at])
        if heading.strip() or any(not _blank(cells[place]) for _, cells in data)
    ]
    # names come from all places, so that "column 7" is the seventh of the sheet
    named: dict[str, str] = {}
    columns = headings([texts[at][place].strip() or f"column {place + 1}" for place in used], path, named)
    nameless = [f"column {place + 1}" for place in used if not texts[at][place].strip()]
    if nameless:
        facts["blank headings"] = f"named {listed(nameless)} after their place"
    header = tuple(texts[at][place].strip() for place in used)
    return _write(con, relation, columns, header, _cut(data, used), facts)


def _cut(rows: Sequence[_Row], used: Sequence[int]) -> list[_Row]:
    return [(number, [cells[place] for place in used]) for number, cells in rows]


def _write(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    columns: tuple[str, ...],
    header: tuple[str, ...],
    rows: list[_Row],
    facts: dict[str, str],
) -> RawTable:
    again = [row for row in rows if tuple((_text(cell) or "").strip() for cell in row[1]) == header]
    problems = tuple(
        Problem(number, "", shown("; ".join(map(str, cells))), "the header row again")
        for number, cells in again
    )
    repeated = {number for number, _ in again}
    kept = [row for row in rows if row[0] not in repeated]
    arrays = [_array([cells[place] for _, cells in kept]) for place in range(len(columns))]
    schema = schema_of(columns, [array.type for array in arrays])
    numbers = pa.array([number for number, _ in kept], pa.int64())
    store(con, relation, schema, iter([pa.record_batch([numbers, *arrays], schema=schema)]))
    return RawTable(relation, columns, len(rows), facts, problems)


def _sheet(path: Path, wanted: str | None) -> tuple[str, list[_Row], list[str]]:
    """Give the name of the sheet, its rows that are not blank, and the names of the other visible sheets."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            visible = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
            ]
            if wanted is not None and wanted not in book.sheet_names:
                raise SourceError(
                    f'"{path}" has no sheet "{wanted}". {nearest(wanted, book.sheet_names)}'.strip(),
                    f"Its sheets are {listed(book.sheet_names, 10)}.",
                    "Correct `sheet` in crm.toml, or leave it out: the first sheet with rows is then read.",
                )
            for name in [wanted] if wanted is not None else visible:
                cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                rows = [(at, row) for at, row in enumerate(cells, 1) if not all(map(_blank, row))]
                if rows:
                    return name, rows, [other for other in visible if other != name]
    except PasswordError as error:
        raise SourceError(
            f'"{path}" is protected by a password.',
            "Workbooks are read without one.",
            "Save the file without a password, or export the sheet as CSV.",
        ) from error
    except (CalamineError, OSError) as error:
        raise SourceError(
            f'"{path}" cannot be read as a workbook: {error}.',
            "It must be a whole, unencrypted Excel or OpenDocument file.",
            "Open it in Excel and save it again, or export the sheet as CSV.",
        ) from error
    raise SourceError(
        f'"{path}" has nothing in {f"the sheet {wanted!r}" if wanted else "its sheets"}.',
        "At least a header row is needed; a sheet with a header and no rows is allowed.",
        "Export the table again, or name another sheet in crm.toml.",
    )


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _array(cells: Sequence[Any]) -> pa.Array:
    """Keep the type of a column whose cells agree; others become text."""
    filled = [cell for cell in cells if not _blank(cell)]
    kinds = {type(cell) for cell in filled}
    values = [None if _blank(cell) else cell for cell in cells]
    if kinds and kinds <= {int, float}:
        # Excel has no integers: 123 comes as 123.0, and as an id must not keep the .0
        if all(float(cell).is_integer() and abs(cell) < _EXACT for cell in filled):
            return pa.array([None if cell is None else int(cell) for cell in values], pa.int64())
        return pa.array([None if cell is None else float(cell) for cell in values], pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {dt.date}:
        return pa.array(values, pa.date32())
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pa.array([None if cell is None else _moment(cell) for cell in values], pa.timestamp("us"))
    return pa.array([_text(cell) for cell in cells], pa.string())


def _moment(cell: dt.date) -> dt.datetime:
    return cell if isinstance(cell, dt.datetime) else dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001


def _text(cell: object) -> str | None:
    """Write a cell as text: integers without .0, dates in ISO, blanks as NULL."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
