"""Writes tables as CSV and Excel files. No cell is a formula, or becomes one when edited."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from licsync.spreadsheets.cells import cell_of, escape_formula, unescape_formula

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Rows = Sequence[Mapping[str, Any]]

_WIDEST = 60
"""The greatest width of a column of an Excel file, in characters."""

_LONGEST_NAME = 31
_LONGEST_TEXT = 32_767
"""How many characters Excel accepts in the name of a sheet, and in a cell."""

_FIRST_DAY = date(1900, 3, 1)
"""Excel counts a day before it that never was."""

_CREATED = datetime(1980, 1, 1)
"""What a file says of its time, so that the same tables are the same bytes."""

_NOT_IN_XML = re.compile(r"[\ud800-\udfff\ufffe\uffff]")


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
    from xlsxwriter import Workbook

    out = BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": _CREATED})
        # quoted: otherwise Excel reads formulas, numbers and dates as soon as somebody edits a cell
        quoted = {"num_format": "@", "quote_prefix": True}
        heading = book.add_format({**quoted, "bold": True})
        formats = {
            str: book.add_format(quoted),
            Decimal: book.add_format({"num_format": "#,##0.00##"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for name, columns, rows in sheets:
            sheet = book.add_worksheet(name[:_LONGEST_NAME])
            sheet.freeze_panes(1, 0)
            for index, column in enumerate(columns):
                sheet.write_string(0, index, _text(column), heading)
                values = [_value(row.get(column)) for row in rows]
                for number, value in enumerate(values, 1):
                    _write(sheet, number, index, value, formats)
                widest = max((len(str(value)) for value in values), default=0)
                sheet.set_column(index, index, min(_WIDEST, max(len(column), widest) + 2))
    return out.getvalue()


def _value(value: Any) -> str | int | Decimal | date:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | date):
        return _text(cell_of(value))
    return value.isoformat() if isinstance(value, date) and value < _FIRST_DAY else value


def _text(text: str) -> str:
    # what `unescape_formula` takes off was not there before
    text = text if unescape_formula(text) == text else f"'{text}"
    return _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)[:_LONGEST_TEXT]


def _write(
    sheet: Worksheet,
    row: int,
    column: int,
    value: str | int | Decimal | date,
    formats: Mapping[type, Format],
) -> None:
    """Write a cell as what it is: XlsxWriter would guess formulas and links from texts."""
    if isinstance(value, str):
        if value:
            sheet.write_string(row, column, value, formats[str])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime.combine(value, time()), formats[date])
    else:
        sheet.write_number(row, column, float(value), formats.get(type(value)))
