"""Reads .xlsx workbooks cell by cell: shown text, errors, formulas without result, hidden parts.

No library offers all of this within limits: one cell in the last corner of a sheet must cost one
cell (docs/decisions/0019-read-workbooks-by-cell.md). openpyxl interprets formats and dates.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile

from licsync.spreadsheets.archives import WorkbookRefused, opened
from licsync.spreadsheets.sheet import UNCALCULATED
from licsync.spreadsheets.stored_values import shower_of, unescaped

MAX_TAGS = 10_000_000
MAX_PLACES = 20_000_000

_CHUNK = 1 << 20
_PREFIXED = re.compile(rb"<[\w.-]+:(?:worksheet|workbook|sst|styleSheet|Relationships)\b")


_WITHOUT_CELLS = frozenset(("chartsheet", "dialogsheet"))


@dataclass(slots=True)
class Worksheet:
    """A sheet of a workbook.

    Attributes:
        name: its name.
        is_hidden: whether the sheet is hidden.
        rows: the cell texts, by line and column, both from 1.
        hidden_rows: the hidden lines.
        hidden_columns: the hidden columns, from 0.
        merged: the merged ranges: first line, first column, last line, last column.
    """

    name: str
    is_hidden: bool
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    def dense(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """List the rows with cells, each up to its last cell. A merged cell fills all its rows."""
        places = 0
        for first, left, last, _ in self.merged:
            text = self.rows.get(first, {}).get(left)
            lines = range(first + 1, last + 1) if last - first < len(self.rows) else self.rows
            places += len(lines)
            if places > MAX_PLACES:
                raise WorkbookRefused(
                    f"The sheet '{self.name}' has more merged cells than a list of people needs.",
                    "Unmerge the cells, and save the file.",
                )
            if text:
                for line in (line for line in lines if first < line <= last and line in self.rows):
                    self.rows[line].setdefault(left, text)
        for line in sorted(self.rows):
            cells = self.rows[line]
            width = max(cells, default=0)
            places += width
            if places > MAX_PLACES:
                raise WorkbookRefused(
                    f"The cells of the sheet '{self.name}' are too far apart.",
                    "Delete the columns to the right of the table, and save the file.",
                )
            yield line, tuple(cells.get(column, "") for column in range(1, width + 1))


def worksheets(data: bytes) -> Iterator[Worksheet]:
    """Read the sheets of a workbook one by one.

    Raises:
        WorkbookRefused: the workbook cannot be read.
    """
    with opened(data) as archive:
        try:
            yield from _Workbook(archive).sheets()
        except ExpatError as fault:
            raise WorkbookRefused(f"This is not a readable Excel file: {fault}.") from fault


class _Relation(NamedTuple):
    """What a part refers to: the kind (`worksheet`) and the path of another part."""

    kind: str
    part: str


class _Workbook:
    """The shared parts of a workbook: number formats, strings, and the date system."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names = {name.casefold(): name for name in archive.namelist()}
        self._tags = 0
        self.formats: list[str] = []
        self.strings: list[str] = []
        self.is_1904 = False

    def sheets(self) -> Iterator[Worksheet]:
        listed: list[tuple[str, bool, str]] = []

        def element(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr":
                self.is_1904 = attributes.get("date1904") in ("1", "true")
            elif name == "sheet":
                is_hidden = attributes.get("state", "visible") != "visible"
                listed.append((attributes.get("name", ""), is_hidden, attributes.get("id", "")))

        parts = {target.kind: target.part for target in self._relations("").values()}
        book = parts.get("officeDocument", "xl/workbook.xml")
        targets = self._relations(book)
        parts = {target.kind: target.part for target in targets.values()}
        self._parse(book, element)
        self._read_formats(parts.get("styles", "xl/styles.xml"))
        self._read_strings(parts.get("sharedStrings", "xl/sharedStrings.xml"))
        for name, is_hidden, relation in listed:
            target = targets.get(relation, _Relation("", ""))
            if target.kind in _WITHOUT_CELLS:
                continue
            if target.part.casefold() not in self._names:
                raise WorkbookRefused(
                    f"This is not a readable Excel file: it lacks the cells of the sheet '{name}'."
                )
            sheet = Worksheet(name, is_hidden)
            _Cells(self, sheet).read(target.part)
            yield sheet

    def parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        """Parse a part element by element; a missing part has none."""
        if part.casefold() not in self._names:
            return

        def doctype(*_: Any) -> None:
            raise WorkbookRefused("The file declares XML entities, which no Excel file does.")

        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = doctype
        is_first = True
        with self._archive.open(self._names[part.casefold()]) as stream:
            while chunk := stream.read(_CHUNK):
                self._tags += chunk.count(b"<")
                if self._tags > MAX_TAGS:
                    raise WorkbookRefused(
                        "The file has more cells than a list of people needs.",
                        "Copy the cells of the list into a new file.",
                    )
                if is_first and _PREFIXED.search(chunk[:2_000]):
                    parser.StartElementHandler = lambda name, attributes: start(
                        name.rpartition(":")[2], attributes
                    )
                    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
                is_first = False
                parser.Parse(chunk)
            parser.Parse(b"", True)

    def _parse(self, part: str, element: Callable[[str, dict[str, str]], None]) -> None:
        """Parse the elements of a part with their attributes, without prefixes."""

        def start(name: str, attributes: dict[str, str]) -> None:
            element(name, {key.rpartition(":")[2]: value for key, value in attributes.items()})

        self.parse(part, start, lambda name: None, lambda text: None)

    def _relations(self, part: str) -> dict[str, _Relation]:
        """Return the relations of a part, or of the file, by relation id."""
        found: dict[str, _Relation] = {}
        folder, name = posixpath.split(part)

        def element(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                target = unquote(attributes.get("Target", "")).replace("\\", "/")
                path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = _Relation(kind, path)

        self._parse(posixpath.join(folder, "_rels", f"{name}.rels"), element)
        return found

    def _read_formats(self, part: str) -> None:
        """Read the number format of each cell style."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        own: dict[int, str] = {}
        used: list[int] = []
        is_cell_style = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal is_cell_style
            if name == "cellXfs":
                is_cell_style = True
            elif name == "numFmt":
                own[int(attributes["numFmtId"])] = attributes.get("formatCode", "General")
            elif name == "xf" and is_cell_style:
                used.append(int(attributes.get("numFmtId", 0)))

        def end(name: str) -> None:
            nonlocal is_cell_style
            is_cell_style = is_cell_style and name != "cellXfs"

        self.parse(part, start, end, lambda text: None)
        self.formats = [
            own.get(number) or BUILTIN_FORMATS.get(number, "General") for number in used
        ]

    def _read_strings(self, part: str) -> None:
        """Read the shared strings, without phonetic readings."""
        parts: list[str] = []
        state = {"text": False, "phonetic": False}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "si":
                parts.clear()
            elif name in ("t", "rPh"):
                state["text" if name == "t" else "phonetic"] = True

        def end(name: str) -> None:
            if name == "si":
                self.strings.append(unescaped("".join(parts)))
            elif name in ("t", "rPh"):
                state["text" if name == "t" else "phonetic"] = False

        def text(data: str) -> None:
            if state["text"] and not state["phonetic"]:
                parts.append(data)

        self.parse(part, start, end, text)


class _Cells:
    """Reads the cells of one sheet."""

    def __init__(self, book: _Workbook, sheet: Worksheet) -> None:
        self._book = book
        self._sheet = sheet
        self._line = 0
        self._column = 0
        self._kind = "n"
        self._format = "General"
        self._text: list[str] = []
        self._is_open = self._has_formula = self._is_phonetic = False
        self._shown: dict[str, Callable[[float], str]] = {}

    def read(self, part: str) -> None:
        self._book.parse(part, self._start, self._end, self._data)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell(attributes)
        elif name == "row":
            self._line = int(attributes.get("r", self._line + 1))
            self._column = 0
            if attributes.get("hidden") in ("1", "true"):
                self._sheet.hidden_rows.add(self._line)
        elif name in ("v", "t"):
            self._is_open = not self._is_phonetic
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._is_phonetic = True
        elif name == "mergeCell":
            self._sheet.merged.append(_range(attributes.get("ref", "")))
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes["min"]), min(int(attributes["max"]), 16_384)
            self._sheet.hidden_columns.update(range(first - 1, last))

    def _cell(self, attributes: dict[str, str]) -> None:
        self._line, self._column = (
            _place(attributes["r"]) if "r" in attributes else (self._line, self._column + 1)
        )
        self._kind = attributes.get("t", "n")
        formats, style = self._book.formats, int(attributes.get("s", 0))
        self._format = formats[style] if style < len(formats) else "General"
        self._text.clear()
        self._has_formula = False

    def _data(self, data: str) -> None:
        if self._is_open:
            self._text.append(data)

    def _end(self, name: str) -> None:
        if name in ("v", "t"):
            self._is_open = False
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "c":
            text = self._value("".join(self._text))
            if text:
                row = self._sheet.rows.setdefault(self._line, {})
                if self._column in row:
                    raise WorkbookRefused(
                        f"This is not a readable Excel file: the sheet '{self._sheet.name}' has "
                        f"two cells in row {self._line}, column {self._column}."
                    )
                row[self._column] = text

    def _value(self, text: str) -> str:
        if self._has_formula and not text and self._kind != "str":
            return UNCALCULATED
        if self._kind == "s":
            return self._shared(text.strip()) if text else ""
        if self._kind in ("inlineStr", "str"):
            return unescaped(text)
        if self._kind == "b":
            return {"1": "true", "0": "false"}.get(text.strip(), text)
        if self._kind == "e":
            return text if text.startswith("#") else "#VALUE!"
        if self._kind == "d":
            return text.removesuffix("T00:00:00")
        return self._number(text.strip()) if text.strip() else ""

    def _shared(self, text: str) -> str:
        strings = self._book.strings
        if not text.isdecimal() or int(text) >= len(strings):
            raise WorkbookRefused(
                f"This is not a readable Excel file: it has no text {text}, which a cell refers to."
            )
        return strings[int(text)]

    def _number(self, text: str) -> str:
        if self._format not in self._shown:
            self._shown[self._format] = shower_of(self._format, is_1904=self._book.is_1904)
        return self._shown[self._format](float(text))


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    from openpyxl.utils.cell import column_index_from_string

    return column_index_from_string(letters)


def _place(reference: str) -> tuple[int, int]:
    """Return line and column of a cell reference such as B7, both from 1."""
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]), _column(letters)


def _range(reference: str) -> tuple[int, int, int, int]:
    first, _, last = reference.partition(":")
    return (*_place(first), *_place(last or first))
