"""The template of the console's bulk upload: its headings decide, and its form is kept.

The console gives the template ("Download .CSV template"). Which columns it can have is published
nowhere, so only headings that are understood are filled in (BULKUP, BULKNUM in domain.md).
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.spreadsheets.cells import escape_formula
from licsync.spreadsheets.columns import Columns, guess_columns, table_of
from licsync.spreadsheets.reader import delimiter_of, read_sheets
from licsync.spreadsheets.sheet import Row


@dataclass(frozen=True, slots=True)
class CsvTemplate:
    """A template as it was read.

    Attributes:
        file: its name, for diagnostics.
        columns: which column holds which field.
        head: its text up to and with the headings, as it is.
        delimiter: what separates cells.
        newline: what ends lines.
        encoding: its encoding.
        examples: how many rows below the headings are left out.
    """

    file: str
    columns: Columns
    head: str
    delimiter: str
    newline: str
    encoding: str
    examples: int

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it has a column for."""
        return frozenset(self.columns.fields)

    def headings(self, fields: Iterable[str]) -> list[str]:
        """Give the headings of fields, in the order of the columns."""
        at = sorted(self.columns.fields[name] for name in fields)
        return [self.columns.header.cells[position] for position in at]

    def filled(self, rows: Sequence[Mapping[str, str]]) -> bytes:
        """Fill it in: one row for each mapping of fields to values.

        Raises:
            InputInvalid: its encoding lacks a character, or a spreadsheet would run a value.
        """
        faults = []
        out = StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline)
        for row in rows:
            cells = [""] * len(self.columns.header.cells)
            for name, value in row.items():
                cells[self.columns.fields[name]] = value
                if escape_formula(value) != value:
                    message = f"'{value}' begins like a formula, which a spreadsheet would run."
                    faults.append(error(Code.INVALID_VALUE, message))
            writer.writerow(cells)
        try:
            data = (self.head + out.getvalue()).encode(self.encoding)
        except UnicodeEncodeError as fault:
            lacking = fault.object[fault.start : fault.end]
            message = f"The template is {self.encoding}, which cannot write '{lacking}'."
            hint = "Save the template as CSV UTF-8."
            faults.append(error(Code.INVALID_VALUE, message, Span(self.file), hint))
        if faults:
            raise InputInvalid(*faults)
        return data


def read_template(data: bytes, file: str) -> CsvTemplate:
    """Read a template.

    Raises:
        InputInvalid: it is not a CSV file, or has no column for user names.
    """
    sheets = read_sheets(data, file, heading_score=_score)
    found = table_of(sheets, needed=("user",))
    if found is None or sheets[0].name:
        message = "The template has no row of headings with a column for user names."
        hint = "In the console: Home > Users > Bulk upload > Download .CSV template."
        raise InputInvalid(error(Code.INVALID_VALUE, message, Span(file), hint))
    _, columns, rows = found
    encoding = "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    text = data.decode(encoding)
    head = "".join(StringIO(text, newline="").readlines()[: columns.header.line])
    newline = "\r\n" if head.endswith("\r\n") or "\n" not in head else "\n"
    head = head if head.endswith(newline) else head + newline
    delimiter = delimiter_of(head, _score)
    return CsvTemplate(file, columns, head, delimiter, newline, encoding, len(rows))


def _score(row: Row) -> int:
    return len(guess_columns(row).fields)
