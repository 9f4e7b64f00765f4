"""Reads .ods workbooks cell by cell: shown text, errors, formulas without result, hidden parts.

The library for older formats gives a cell with an error as 0 or as empty, and no leading zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile

from licsync.spreadsheets.archives import WorkbookRefused, opened
from licsync.spreadsheets.sheet import UNCALCULATED, is_error_value
from licsync.spreadsheets.stored_values import cell_text
from licsync.spreadsheets.xlsx_reader import MAX_TAGS, Worksheet

_CHUNK = 1 << 20
_MOST_REPEATED = 1_000_000
_MOST_COLUMNS = 16_384
_CALC = "calcext"
_WITHOUT_CELLS = frozenset(
    ("tracked-changes", "shapes", "forms", "dde-links", "annotation", "ruby-text", "named-range")
)
"""Elements whose text and cells no cell of a sheet shows."""
_HIDDEN = frozenset(("collapse", "filter"))
_SPACE = re.compile(r"[ \t\r\n]+")
_SPELLED = re.compile(r"0[0-9 ()/-]*|[+(][0-9 ()/.-]*|[^\W\d_]+[./-]?[0-9]+")
"""A number as its format shows it, where it is more than the number: `0012`, `+1 206`, `E0012`."""
_TIME = re.compile(r"PT([0-9]+)H([0-9]+)M([0-9]+)(?:[.,][0-9]+)?S")


def ods_worksheets(data: bytes) -> Iterator[Worksheet]:
    """Read the sheets of a workbook.

    Raises:
        WorkbookRefused: the workbook cannot be read.
    """
    with opened(data) as archive:
        try:
            yield from _Content(archive).sheets
        except ExpatError as fault:
            raise WorkbookRefused(f"This is not a readable Excel file: {fault}.") from fault


class _Content:
    """The sheets of `content.xml`."""

    def __init__(self, archive: ZipFile) -> None:
        self.sheets: list[Worksheet] = []
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._skipped = 0
        self._line = self._column = self._repeated = 0
        self._rows, self._is_row_hidden = 1, False
        self._cell: Mapping[str, str] | None = None
        self._texts: list[str] = []
        self._is_text = False
        if b"encryption-data" in _read(archive, "META-INF/manifest.xml"):
            raise WorkbookRefused(
                "The file is protected by a password.", "Save a copy without a password."
            )
        self._parse(archive)

    def _parse(self, archive: ZipFile) -> None:
        def doctype(*_: object) -> None:
            raise WorkbookRefused("The file declares XML entities, which no spreadsheet does.")

        parser = ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = doctype
        tags = 0
        with archive.open("content.xml") as stream:
            while chunk := stream.read(_CHUNK):
                tags += chunk.count(b"<")
                if tags > MAX_TAGS:
                    self._refuse_size()
                parser.Parse(chunk)
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, name = name.rpartition(" ")
        if self._skipped or name in _WITHOUT_CELLS or "drawing" in space:
            self._skipped += 1
            return
        found = {_short(key): value for key, value in attributes.items()}
        if name == "style":
            self._style = found.get("name", "")
        elif name == "table-properties" and found.get("display") == "false":
            self._hidden_styles.add(self._style)
        elif name == "table":
            is_hidden = found.get("style-name") in self._hidden_styles
            self.sheets.append(Worksheet(found.get("name", ""), is_hidden))
            self._line = self._column = 0
        elif name == "table-column":
            self._hide_columns(found)
        elif name == "table-row":
            self._row(found)
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = found
            self._texts = []
        elif self._cell is not None:
            self._text(name, found)

    def _end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if self._skipped:
            self._skipped -= 1
        elif name in ("table-cell", "covered-table-cell"):
            self._close_cell(self._cell or {})
            self._cell = None
        elif name == "table-row":
            self._line += self._rows
        elif name == "p":
            self._is_text = False

    def _data(self, data: str) -> None:
        if self._is_text and not self._skipped:
            self._texts.append(_SPACE.sub(" ", data))

    def _text(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "p":
            self._texts += ["\n"] if self._texts else []
            self._is_text = True
        elif name == "s":
            self._texts.append(" " * min(int(attributes.get("c", 1)), _MOST_COLUMNS))
        elif name in ("tab", "line-break"):
            self._texts.append("\t" if name == "tab" else "\n")

    def _hide_columns(self, attributes: Mapping[str, str]) -> None:
        first, self._column = self._column, self._column + _repeated(attributes, "columns")
        if attributes.get("visibility") in _HIDDEN:
            self.sheets[-1].hidden_columns.update(range(first, min(self._column, _MOST_COLUMNS)))

    def _row(self, attributes: Mapping[str, str]) -> None:
        self._column = 0
        self._rows = _repeated(attributes, "rows")
        self._is_row_hidden = attributes.get("visibility") in _HIDDEN

    def _close_cell(self, cell: Mapping[str, str]) -> None:
        first, self._column = self._column, self._column + _repeated(cell, "columns")
        text = _value(cell, "".join(self._texts))
        if not text:
            return
        sheet, columns = self.sheets[-1], range(first + 1, self._column + 1)
        lines = range(self._line + 1, self._line + self._rows + 1)
        self._repeated += len(lines) * len(columns) - 1
        if self._repeated > _MOST_REPEATED:
            self._refuse_size()
        for line in lines:
            sheet.rows.setdefault(line, {}).update(dict.fromkeys(columns, text))
        if self._is_row_hidden:
            sheet.hidden_rows.update(lines)
        if (height := int(cell.get("number-rows-spanned", 1))) > 1:
            sheet.merged.append((lines[0], columns[0], self._line + height, columns[0]))

    @staticmethod
    def _refuse_size() -> None:
        raise WorkbookRefused(
            "The file has more cells than a list of people needs.",
            "Copy the cells of the list into a new file.",
        )


def _read(archive: ZipFile, part: str) -> bytes:
    return archive.read(part) if part in archive.namelist() else b""


def _short(key: str) -> str:
    """Return the name of an attribute; that of an extension of LibreOffice with its prefix."""
    space, _, name = key.rpartition(" ")
    return f"{_CALC}:{name}" if _CALC in space else name


def _repeated(attributes: Mapping[str, str], what: str) -> int:
    return max(int(attributes.get(f"number-{what}-repeated", 1)), 1)


def _value(cell: Mapping[str, str], shown: str) -> str:
    """Return the text of a cell: what it shows, except where a format changes the value."""
    kind = cell.get("value-type", "")
    if cell.get(f"{_CALC}:value-type") == "error" or ("formula" in cell and is_error_value(shown)):
        return shown if is_error_value(shown) else "#VALUE!"
    if "formula" in cell and not kind and not shown:
        return UNCALCULATED
    if kind in ("float", "currency", "percentage") and "value" in cell:
        return _number(cell_text(float(cell["value"])), shown.strip())
    if kind == "date":
        return cell.get("date-value", shown).removesuffix("T00:00:00").replace("T", " ")
    if kind == "time":
        time = _TIME.fullmatch(cell.get("time-value", ""))
        return ":".join(time.groups()) if time else shown
    if kind == "boolean":
        return cell.get("boolean-value", shown)
    return shown or cell.get("string-value", "")


def _number(plain: str, shown: str) -> str:
    """Return a number with what its format adds that identifies, such as leading zeros."""
    digits = "".join(c for c in shown if c in "0123456789")
    is_same = plain.isdecimal() and digits.lstrip("0") == plain.lstrip("0")
    return shown if is_same and _SPELLED.fullmatch(shown) else plain
