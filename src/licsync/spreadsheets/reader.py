"""Reads CSV and Excel files of any program, and refuses what it would have to guess."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import PurePath
from typing import Never

from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.model.text_normalization import compose
from licsync.spreadsheets.sheet import Row, Sheet

MAX_BYTES = 50_000_000
MAX_ROWS = 200_000
MAX_COLUMNS = 16_384  # as in Excel
MAX_TEXT = 50_000_000  # characters of a sheet; a workbook may name one long text a million times
MAX_ROW_TEXT = 1_000_000  # characters of a row of CSV

EXCEL = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods")

HeadingScore = Callable[[Row], int]
"""Counts how many cells of a row are known headings."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(r"\s*<(!doctype|html|head|table|meta|\?xml|\?mso|workbook)\b", re.IGNORECASE)
_WORKBOOK = re.compile(r"(?:.*/)?workbook[0-9]*\.xml")
"""The main part of a workbook that some programs name or place otherwise."""
_HEADING_ROWS = 20
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_END = re.compile("\r\n?")
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


def read_sheets(
    data: bytes, file: str, encoding: str | None = None, heading_score: HeadingScore | None = None
) -> list[Sheet]:
    """Read a spreadsheet by its content, not by its file name.

    Args:
        data: the bytes of the file.
        file: its name, for diagnostics.
        encoding: the encoding of a CSV file that is neither UTF-8 nor marked as UTF-16.
        heading_score: recognizes the heading row, which determines the delimiter of a CSV file.

    Returns:
        the sheets, a single one for a CSV file; empty rows are left out.

    Raises:
        InputInvalid: the file cannot be read; has the reason and a hint.
    """
    if len(data) > MAX_BYTES:
        _refuse(f"The file is larger than {MAX_BYTES // 1_000_000} MB.", file)
    if data.startswith((_ZIP, _OLE)):
        sheets = list(_excel(data, file))
        return (
            [replace(sheet, file=f"{file}#{sheet.name}") for sheet in sheets]
            if len(sheets) > 1
            else sheets
        )
    is_excel = PurePath(file).suffix.casefold() in EXCEL
    if _MARKUP.match(data[:1_000].decode("latin-1").removeprefix("\u00ef\u00bb\u00bf")):
        hint = "Open it in a spreadsheet program, and save it as .xlsx or as CSV UTF-8."
        _refuse("The file is an HTML or XML page, despite its name.", file, hint=hint)
    if is_excel:
        is_text = b"\0" not in data[:10_000]
        what = "text" if is_text else "damaged, or of another kind"
        hint = "Rename it to .csv." if is_text else "Save it again as .xlsx."
        _refuse(f"This is not an Excel file: it is {what}.", file, hint=hint)
    text = _decoded(data, file, encoding)
    rows = list(_filled(_csv(text, file, heading_score), file))
    _check_end(text, rows, file)
    return [Sheet(file, rows)]


def _refuse(
    message: str, file: str, line: int = 1, column: int = 1, hint: str | None = None
) -> Never:
    raise InputInvalid(error(Code.INVALID_VALUE, message, Span(file, line, column), hint))


def _filled(rows: Iterable[Row], file: str) -> Iterator[Row]:
    count, length = 0, 0
    for row in rows:
        if len(row.cells) > MAX_COLUMNS:
            _refuse(
                f"This row has {len(row.cells):,} cells, more than {MAX_COLUMNS:,}.", file, row.line
            )
        length += sum(map(len, row.cells))
        if length > MAX_TEXT:
            _refuse(
                f"The rows up to here have more than {MAX_TEXT // 1_000_000} million characters.",
                file,
                row.line,
            )
        cells = tuple(
            compose(_LINE_END.sub("\n", _SPACES.sub(" ", cell)).strip()) for cell in row.cells
        )
        if any(cells):
            if (longest := max(map(len, cells))) > _CELL_LIMIT:
                _refuse(
                    f"A cell of this row has {longest:,} characters, more than {_CELL_LIMIT:,}.",
                    file,
                    row.line,
                )
            count += 1
            if count > MAX_ROWS:
                _refuse(f"The file has more than {MAX_ROWS:,} rows.", file, row.line)
            yield Row(row.line, cells)


# --- CSV ------------------------------------------------------------------------------------------


def _decoded(data: bytes, file: str, encoding: str | None) -> str:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    name = marked or encoding or "utf-8"
    try:
        text = data.decode(name)
    except LookupError:
        _refuse(
            f"Unknown encoding '{name}'.",
            file,
            hint="Pass one such as cp1252, utf-16-le or latin-1.",
        )
    except UnicodeError as fault:
        start = getattr(fault, "start", 0)
        line = data[:start].count(b"\n") + 1
        hint = (
            "Save it as UTF-8, or pass its encoding:"
            " older Excel in Western Europe uses --encoding cp1252."
        )
        _refuse(
            f"The file is not valid {name.upper()} from here on.",
            file,
            line,
            hint=None if encoding else hint,
        )
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        hint = "Save it as UTF-8, or pass its encoding, such as --encoding utf-16-le."
        _refuse(
            "The file contains U+0000: it is UTF-16 without a byte-order mark, or not text.",
            file,
            line,
            hint=hint,
        )
    return text


def _csv(text: str, file: str, heading_score: HeadingScore | None) -> Iterator[Row]:
    named = _NAMED_DELIMITER.match(text)
    skipped = 1 if named else 0
    text = text[named.end() :] if named else text
    delimiter = named[1] if named else delimiter_of(text, heading_score)
    line, length = 0, 0

    def lines() -> Iterator[str]:
        nonlocal length
        for part in StringIO(text, newline=""):
            length += len(part)
            if length > MAX_ROW_TEXT:
                _refuse(
                    f"This row has more than {MAX_ROW_TEXT:,} characters.", file, line + 1 + skipped
                )
            yield part

    reader = csv.reader(lines(), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            yield Row(line + 1 + skipped, tuple(_plain(cell) for cell in cells))
            line, length = reader.line_num, 0
    except csv.Error as fault:
        hint = (
            f"A cell may have up to {_CELL_LIMIT:,} characters,"
            " and a quotation mark inside quotes must be doubled."
        )
        _refuse(f"This row cannot be read: {fault}.", file, line + 1 + skipped, hint=hint)


def _check_end(text: str, rows: Sequence[Row], file: str) -> None:
    """Refuse a file that ends within a row, as a download that was cut short does."""
    if len(rows) < 3 or text.endswith(("\n", "\r")):
        return
    cells, above = len(rows[-1].cells), len(rows[-2].cells)
    if cells < above:
        count = f"{cells:,} cell{'s' * (cells != 1)}"
        message = f"The file ends within this row: it has {count}, the row above {above:,}."
        hint = "Download it again. If it is complete, add a line break at its end."
        _refuse(message, file, rows[-1].line, hint=hint)


_QUOTED = re.compile('="([^"]*)"')


def _plain(cell: str) -> str:
    """Unwrap the formula by which exports protect leading zeros from Excel: `="0123"`."""
    found = _QUOTED.fullmatch(cell) if cell.startswith("=") else None
    return found[1] if found else cell


def delimiter_of(text: str, heading_score: HeadingScore | None = None) -> str:
    """Detect the delimiter: the one that yields the most known headings.

    Without known headings, the most frequent candidate outside quotes, on the first line that has
    one, is the delimiter.
    """
    top = text[:100_000]
    found = (
        {delimiter: _best_score(top, delimiter, heading_score) for delimiter in _DELIMITERS}
        if heading_score
        else {}
    )
    if any(found.values()):
        return max(found, key=lambda delimiter: found[delimiter])
    for line in top.splitlines():
        bare = re.sub(r'"(?:[^"]|"")*"', "", line)
        counts = {delimiter: bare.count(delimiter) for delimiter in _DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda delimiter: counts[delimiter])
    return ","


def _best_score(text: str, delimiter: str, heading_score: HeadingScore) -> int:
    """Return the most known headings of any of the first rows, for a delimiter."""
    limit = 0
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        for line, cells in enumerate((cells for cells in reader if any(cells)), 1):
            limit = max(limit, heading_score(Row(line, tuple(cell.strip() for cell in cells))))
            if line == _HEADING_ROWS:
                break
    except csv.Error:
        pass
    return limit if limit > 1 else 0


# --- Excel ----------------------------------------------------------------------------------------


def _excel(data: bytes, file: str) -> Iterator[Sheet]:
    from licsync.spreadsheets.archives import WorkbookRefused
    from licsync.spreadsheets.legacy_reader import rows_of
    from licsync.spreadsheets.ods_reader import ods_worksheets
    from licsync.spreadsheets.xlsx_reader import worksheets

    try:
        kind = _kind(data)
        if kind in ("xlsx", "ods"):
            for sheet in worksheets(data) if kind == "xlsx" else ods_worksheets(data):
                rows = [Row(line, cells) for line, cells in sheet.dense()]
                hidden = frozenset(sheet.hidden_rows), frozenset(sheet.hidden_columns)
                yield Sheet(
                    file, list(_filled(rows, file)), compose(sheet.name), sheet.is_hidden, *hidden
                )
            return
        for found in rows_of(data):
            rows = [Row(line, tuple(cells)) for line, cells in found["rows"]]
            yield Sheet(
                file,
                list(_filled(rows, file)),
                compose(found["name"]),
                found["is_hidden"],
                is_blind=True,
            )
    except WorkbookRefused as refused:
        _refuse(str(refused), file, hint=refused.hint or "Save it again as .xlsx, or as CSV UTF-8.")


def _kind(data: bytes) -> str:
    """Detect the kind of a workbook.

    Raises:
        WorkbookRefused: it is not a workbook.
    """
    from licsync.spreadsheets.archives import WorkbookRefused, opened

    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise WorkbookRefused(
                "The file is protected by a password.", "Save a copy without a password."
            )
        return "xls"
    with opened(data) as archive:
        names = {name.casefold() for name in archive.namelist()}
    for part, kind in (
        ("xl/workbook.xml", "xlsx"),
        ("xl/workbook.bin", "xlsb"),
        ("content.xml", "ods"),
    ):
        if part in names:
            return kind
    if any(_WORKBOOK.fullmatch(name) for name in names):
        return "xlsx"
    raise WorkbookRefused("This is not an Excel file: it is an archive of another kind.")
