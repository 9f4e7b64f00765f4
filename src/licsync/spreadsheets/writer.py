"""Writes tables as CSV and Excel files. No cell is a formula, or becomes one when edited."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

from licsync.spreadsheets.cells import cell_of, escape_formula, unescape_formula

if TYPE_CHECKING:
    from licsync.spreadsheets.xlsx_writer import Cell, Sheet

Rows = Sequence[Mapping[str, Any]]

_WIDEST = 60
"""The greatest width of a column of an Excel file, in characters."""


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
    from licsync.spreadsheets.xlsx_writer import workbook_bytes

    return workbook_bytes([_sheet(name, columns, rows) for name, columns, rows in sheets])


def _sheet(name: str, columns: Sequence[str], rows: Rows) -> Sheet:
    from licsync.spreadsheets.xlsx_writer import Sheet

    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    by_column = zip(*cells, strict=True) if cells else [()] * len(columns)
    widths = [
        min(_WIDEST, max(len(column), *(len(str(cell)) for cell in found), 0) + 2)
        for column, found in zip(columns, by_column, strict=True)
    ]
    return Sheet(name, [_text(column) for column in columns], cells, widths)


def _cell(value: Any) -> Cell:
    if isinstance(value, int | Decimal | date) and not isinstance(value, bool):
        return value
    return _text(cell_of(value))


def _text(text: str) -> str:
    """Protect a text from `unescape_formula`, which takes off only what was not there before."""
    return text if unescape_formula(text) == text else f"'{text}"
