"""Makes workbooks of the binary format .xlsb, of text cells."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.bin" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    "</Relationships>"
)
_BOOK, _PROPERTIES, _BUNDLES, _BUNDLE, _END_BUNDLES, _CALC, _END_BOOK = (
    0x83, 0x99, 0x8F, 0x9C, 0x90, 0x9D, 0x84
)  # fmt: skip
_ROW, _TEXT = 0x00, 0x06
_SIZE, _BEGIN, _END = 0x94, 0x91, 0x92


def xlsb(*rows: Sequence[str], last: tuple[int, int] | None = None) -> bytes:
    """Make a workbook of one sheet, with another cell in the row and column of `last`."""
    cells = {(line, at): text for line, row in enumerate(rows) for at, text in enumerate(row)}
    cells |= {last: "x"} if last else {}
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("T")
    size = struct.pack("<IIII", 0, max(cells)[0], 0, max(at for _, at in cells))
    records = b""
    for (line, at), text in cells.items():
        if at == 0 or (line, at) == last:
            records += _record(_ROW, struct.pack("<IIHBBBI", line, 0, 300, 0, 0, 0, 0))
        records += _record(_TEXT, struct.pack("<II", at, 0) + _wide(text))
    book = b"".join(
        _record(kind, content)
        for kind, content in (
            (_BOOK, b""), (_PROPERTIES, bytes(12)), (_BUNDLES, b""), (_BUNDLE, bundle),
            (_END_BUNDLES, b""), (_CALC, bytes(26)), (_END_BOOK, b""),
        )
    )  # fmt: skip
    sheet = _record(_SIZE, size) + _record(_BEGIN, b"") + records + _record(_END, b"")
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATIONS)
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return out.getvalue()


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(kind: int, content: bytes) -> bytes:
    head = bytes((kind & 0x7F | 0x80, kind >> 7)) if kind > 0x7F else bytes((kind,))
    size, length = len(content), b""
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes((low | (0x80 if size else 0),))
        if not size:
            return head + length + content
