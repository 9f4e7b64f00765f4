"""Writes tables as CSV and Excel files. No cell is a formula, or becomes one when edited."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from licsync.spreadsheets.cells import cell_of, escape_formula, unescape_formula

Rows = Sequence[Mapping[str, Any]]

_MOST = 32_767
"""How many characters Excel accepts in a cell."""


def csv_text(columns: Sequence[str], rows: Rows, delimiter: str = ",") -> str:
    """Format a table as CSV, with a heading line; with tabs, for the clipboard."""
    out = StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(
        [escape_formula(cell_of(row.get(column))) for column in columns] for row in rows
    )
    return out.getvalue()


def csv_bytes(columns: Sequence[str], rows: Rows) -> bytes:
    """Format a table as a CSV file: UTF-8 with a byte-order mark, for Excel."""
    return csv_text(columns, rows).encode("utf-8-sig")


def xlsx_bytes(sheets: Iterable[tuple[str, Sequence[str], Rows]]) -> bytes:
    """Format tables as sheets of an Excel file.

    Whole numbers and amounts of money (decimals) are numbers, days are dates, all else is text.

    Args:
        sheets: name, columns and rows of each sheet.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for name, columns, rows in sheets:
        sheet = book.create_sheet(name[:31])
        sheet.freeze_panes = "A2"
        for index, column in enumerate(columns, 1):
            widest = max((len(cell_of(row.get(column))) for row in rows), default=0)
            sheet.column_dimensions[get_column_letter(index)].width = min(
                60, max(len(column), widest) + 2
            )
        heading = []
        for column in columns:
            cell = _cell(sheet, column)
            cell.font = Font(bold=True)
            heading.append(cell)
        sheet.append(heading)
        for row in rows:
            sheet.append([_cell(sheet, row.get(column)) for column in columns])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(sheet)
        cell.value = value
        cell.number_format = "#,##0.00##"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet)
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
        return cell
    text = cell_of(value)
    if not text:
        return None  # an empty cell with a style takes as long to write as a full one
    # what `unescape_formula` takes off was not there before
    text = text if unescape_formula(text) == text else f"'{text}"
    cell = WriteOnlyCell(sheet, text[:_MOST])
    cell.data_type = "s"  # otherwise openpyxl reads `=1+1` as a formula
    # otherwise Excel reads formulas, numbers and dates as soon as somebody edits the cell
    cell.number_format = "@"
    cell.quotePrefix = True
    return cell
