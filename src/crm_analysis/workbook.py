"""Tables of a result as files: CSV for machines, Excel for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.columns import column

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.columns import Kind
    from crm_analysis.words import Words

# A cell that begins so is run as a formula by Excel, LibreOffice or Google Sheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Workbooks carry a creation time; a fixed one keeps the same input the same bytes.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001
_EXCEL_ROWS = 1_048_575
_FORMATS = {
    "money": "#,##0.00",
    "share": "0.0%",
    "chance": "0.0%",
    "relative": "0.0%",
    "count": "#,##0",
    "day": "yyyy-mm-dd",
}


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame unrounded, UTF-8, ISO dates; text that would be run as a formula gets an apostrophe."""
    _inert(frame).to_csv(path, index=False, encoding="utf-8", lineterminator="\n", date_format="%Y-%m-%d")
    return path


def write_workbook(
    tables: dict[str, pd.DataFrame], path: Path, words: Words, kinds: dict[str, dict[str, Kind]]
) -> Path:
    """Write one sheet a table, with headings people read, units and number formats."""
    import xlsxwriter  # takes longer to load than a run that writes none should wait

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": _CREATED})
        heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        for name, frame in tables.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for index, key in enumerate(frame.columns):
                info = column(str(key), kinds.get(name, {}))
                sheet.write_string(0, index, info.heading(words), heading)
                values = [_cell(value) for value in frame[key].head(_EXCEL_ROWS).tolist()]
                widest = max((len(str(value)) for value in values[:200]), default=0)
                sheet.set_column(index, index, min(40, max(12, widest + 2)), formats.get(info.kind))
                for row, value in enumerate(values, start=1):
                    if isinstance(value, str):
                        sheet.write_string(row, index, value)
                    elif value is not None:
                        sheet.write(row, index, value, formats.get(info.kind))
    return path


def _inert(frame: pd.DataFrame) -> pd.DataFrame:
    text = frame.select_dtypes(include=["object", "string", "str"]).columns
    guarded = {name: frame[name].map(_text) for name in text}
    return frame.assign(**guarded).rename(columns=_text)


def _text(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cell(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and not abs(value) < float("inf")):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value if isinstance(value, (str, bool, int, float, datetime)) else str(value)
