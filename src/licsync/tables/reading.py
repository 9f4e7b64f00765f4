"""Reads CSV and Excel files, whatever program wrote them, and refuses what cannot be read without guessing."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from pathlib import PurePath
from typing import Any, Never

from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.model.composition import composed
from licsync.model.sheet import Row, Sheet

MAX_BYTES = 50_000_000
MAX_ROWS = 200_000
MAX_UNPACKED = 500_000_000

EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_DELIMITERS = "\t;|,"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMED_DELIMITER = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)
_CELL_LIMIT = 131_072


def read_sheets(data: bytes, file: str, encoding: str | None = None) -> list[Sheet]:
    """Read a spreadsheet.

    Args:
        data: the bytes of the file.
        file: its name: tells Excel from CSV, and stands in diagnostics.
        encoding: of a CSV file that is neither UTF-8 nor marked as UTF-16.

    Returns:
        the sheets, of which a CSV file has one; rows without any text are left out.

    Raises:
        InputInvalid: it cannot be read, with the reason and what to do.
    """
    if len(data) > MAX_BYTES:
        _refuse(f"The file is larger than {MAX_BYTES // 1_000_000} MB.", file)
    if PurePath(file).suffix.casefold() in EXCEL or data.startswith(b"PK\x03\x04"):
        return list(_excel(data, file))
    text = _decoded(data, file, encoding)
    return [Sheet(file, list(_filled(_csv(text, file), file)))]


def _refuse(message: str, file: str, line: int = 1, column: int = 1, hint: str | None = None) -> Never:
    raise InputInvalid(error(Code.INVALID_VALUE, message, Span(file, line, column), hint))


def _filled(rows: Iterable[Row], file: str) -> Iterator[Row]:
    count = 0
    for row in rows:
        cells = tuple(composed(cell.replace("\u00a0", " ").strip()) for cell in row.cells)
        if any(cells):
            count += 1
            if count > MAX_ROWS:
                _refuse(f"The file has more than {MAX_ROWS:,} rows.", file, row.line)
            yield Row(row.line, cells)


# --- CSV -------------------------------------------------------------------------------------------------------


def _decoded(data: bytes, file: str, encoding: str | None) -> str:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    name = marked or encoding or "utf-8"
    try:
        text = data.decode(name)
    except LookupError:
        _refuse(f"There is no encoding '{name}'.", file, hint="Name one such as cp1252, utf-16-le or latin-1.")
    except UnicodeError as fault:
        start = getattr(fault, "start", 0)
        line = data[:start].count(b"\n") + 1
        hint = "Save it as UTF-8, or name its encoding: --encoding cp1252 is that of older Excel in Western Europe."
        _refuse(f"The file is not {name.upper()} from here on.", file, line, hint=None if encoding else hint)
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        hint = "Save it as UTF-8, or name its encoding, such as --encoding utf-16-le."
        _refuse(
            "The file holds the character U+0000: it is UTF-16 without a mark, or not text at all.",
            file,
            line,
            hint=hint,
        )
    return text


def _csv(text: str, file: str) -> Iterator[Row]:
    named = _NAMED_DELIMITER.match(text)
    skipped = 1 if named else 0
    text = text[named.end() :] if named else text
    reader = csv.reader(StringIO(text, newline=""), delimiter=named[1] if named else delimiter_of(text), strict=True)
    line = 0
    try:
        for cells in reader:
            yield Row(line + 1 + skipped, tuple(cells))
            line = reader.line_num
    except csv.Error as fault:
        hint = f"A cell may have up to {_CELL_LIMIT:,} characters, and a quotation mark inside quotes is written twice."
        _refuse(f"This row cannot be read: {fault}.", file, line + 1 + skipped, hint=hint)


def delimiter_of(text: str) -> str:
    """Tell what separates the cells: what the first line with any of the candidates, outside quotes, has most of."""
    for line in text[:100_000].splitlines():
        bare = re.sub(r'"(?:[^"]|"")*"', "", line)
        counts = {delimiter: bare.count(delimiter) for delimiter in _DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda delimiter: counts[delimiter])
    return ","


# --- Excel -----------------------------------------------------------------------------------------------------


def _excel(data: bytes, file: str) -> Iterator[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_unpacked(data, file)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            cells = sheet.to_python(skip_empty_area=False)
            rows = (Row(line, tuple(map(cell_text, row))) for line, row in enumerate(cells, 1))
            yield Sheet(file, list(_filled(rows, file)), composed(name))
    except CalamineError as fault:
        _refuse(
            f"This is no Excel file that can be read: {fault}.", file, hint="Save it anew as .xlsx, or as CSV UTF-8."
        )


def _check_unpacked(data: bytes, file: str) -> None:
    from zipfile import BadZipFile, ZipFile

    if not data.startswith(b"PK"):
        return
    try:
        size = sum(entry.file_size for entry in ZipFile(BytesIO(data)).infolist())
    except BadZipFile:
        _refuse("This is no Excel file that can be read: it is cut short.", file, hint="Save it anew as .xlsx.")
    if size > MAX_UNPACKED:
        _refuse(f"The file unpacks to more than {MAX_UNPACKED // 1_000_000} MB.", file)


def cell_text(value: Any) -> str:
    """Give the text of an Excel cell: numbers without a fraction as whole ones, days as days."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)
