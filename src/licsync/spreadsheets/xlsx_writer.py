"""Writes an Excel file: SpreadsheetML in a ZIP archive, the same bytes for the same cells.

openpyxl takes eight times as long, and writes the time of day into the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Cell = str | int | Decimal | date
"""A text, a whole number, an amount of money or a day. An empty text is an empty cell."""


class Sheet(NamedTuple):
    """A sheet whose first row stays at the top.

    Attributes:
        name: its name.
        heading: the texts of the first row.
        rows: the other rows.
        widths: the width of each column, in characters.
    """

    name: str
    heading: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int]


_LONGEST_NAME = 31
_LONGEST_TEXT = 32_767
"""How many characters Excel accepts in the name of a sheet, and in a cell."""

_DAY_ZERO = date(1899, 12, 30)
_FIRST_DAY = date(1900, 3, 1)  # before it, Excel counts a day that never was

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_TEXT, _HEADING, _MONEY, _DAY = 1, 2, 3, 4
_STYLES = f"""{_HEAD}<styleSheet xmlns="{_MAIN}">\
<numFmts count="2"><numFmt numFmtId="164" formatCode="#,##0.00##"/>\
<numFmt numFmtId="165" formatCode="yyyy-mm-dd"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" \
applyNumberFormat="1"/>\
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" quotePrefix="1" \
applyNumberFormat="1" applyFont="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>\
</styleSheet>"""
"""The formats of cells. Text is quoted, or Excel would read formulas, numbers and dates as soon as
somebody edits the cell.
"""

_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_SPECIAL = re.compile(r'[&<>"\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)')
"""Markup, what XML cannot hold or would change, and what would look like a replacement of that."""


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """Write sheets as an Excel file."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, parts in _files(sheets):
            info = ZipInfo(name)  # of 1980, and of nobody
            info.compress_type = ZIP_DEFLATED
            with archive.open(info, "w") as file:
                for part in parts:
                    file.write(part.encode())
    return out.getvalue()


def _files(sheets: Sequence[Sheet]) -> Iterator[tuple[str, Iterable[str]]]:
    names = [f"sheet{number}.xml" for number, _ in enumerate(sheets, 1)]
    parts = "".join(
        f'<Override PartName="/xl/worksheets/{name}" ContentType="{_TYPE}.worksheet+xml"/>'
        for name in names
    )
    yield (
        "[Content_Types].xml",
        [
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">',
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
            '<Default Extension="xml" ContentType="application/xml"/>',
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>',
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>',
            f"{parts}</Types>",
        ],
    )
    yield "_rels/.rels", [_relations([("officeDocument", "xl/workbook.xml")])]
    targets = [("worksheet", f"worksheets/{name}") for name in names]
    yield "xl/_rels/workbook.xml.rels", [_relations([*targets, ("styles", "styles.xml")])]
    yield "xl/workbook.xml", [_workbook(sheets)]
    yield "xl/styles.xml", [_STYLES]
    for name, sheet in zip(names, sheets, strict=True):
        yield f"xl/worksheets/{name}", _worksheet(sheet, is_first=name == names[0])


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _workbook(sheets: Sequence[Sheet]) -> str:
    found = "".join(
        f'<sheet name="{_escaped(sheet.name[:_LONGEST_NAME])}" sheetId="{number}" '
        f'r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, 1)
    )
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        f"<bookViews><workbookView/></bookViews><sheets>{found}</sheets></workbook>"
    )


def _worksheet(sheet: Sheet, *, is_first: bool) -> Iterator[str]:
    selected = ' tabSelected="1"' if is_first else ""
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView{selected} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft"/></sheetView></sheetViews>'
    )
    if sheet.widths:
        yield "<cols>"
        for number, width in enumerate(sheet.widths, 1):
            yield f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        yield "</cols>"
    yield "<sheetData>"
    letters = [_letters(number) for number, _ in enumerate(sheet.heading, 1)]
    heading = (
        _text(f"{letter}1", text, _HEADING)
        for letter, text in zip(letters, sheet.heading, strict=True)
    )
    yield f'<row r="1">{"".join(heading)}</row>'
    for number, row in enumerate(sheet.rows, 2):
        cells = [
            _cell(f"{letter}{number}", value)
            for letter, value in zip(letters, row, strict=True)
            if value != ""
        ]
        yield f'<row r="{number}">{"".join(cells)}</row>'
    yield "</sheetData></worksheet>"


def _letters(number: int) -> str:
    """Name a column: A to Z, then AA, AB and so on."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _cell(place: str, value: Cell) -> str:
    if isinstance(value, str):
        return _text(place, value, _TEXT)
    if isinstance(value, Decimal):
        return f'<c r="{place}" s="{_MONEY}"><v>{value}</v></c>'
    if isinstance(value, date):
        if value < _FIRST_DAY:
            return _text(place, value.isoformat(), _TEXT)
        return f'<c r="{place}" s="{_DAY}"><v>{(value - _DAY_ZERO).days}</v></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def _text(place: str, text: str, style: int) -> str:
    written = _escaped(text[:_LONGEST_TEXT])
    inline = f'<is><t xml:space="preserve">{written}</t></is>'
    return f'<c r="{place}" s="{style}" t="inlineStr">{inline}</c>'


def _escaped(text: str) -> str:
    return _SPECIAL.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    return _MARKUP.get(found[0]) or f"_x{ord(found[0]):04X}_"
