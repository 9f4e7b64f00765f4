"""A damaged workbook is refused, wherever the damage is, and no reader of it fails otherwise."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from random import Random
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from openpyxl import Workbook

from licsync.diagnostics import InputInvalid
from licsync.spreadsheets.file_dates import saved_at
from licsync.spreadsheets.reader import read_sheets
from tests.support.samples import seeds


def workbook(compression: int | None = None) -> bytes:
    made, out = Workbook(), BytesIO()
    sheet = made.active
    assert sheet is not None
    for row in range(20):
        sheet.append([f"user{row}@acme.example", "Ada", row])
    made.save(out)
    if compression is None:
        return out.getvalue()
    again = BytesIO()
    with ZipFile(out) as archive, ZipFile(again, "w", compression) as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))
    return again.getvalue()


def damaged(data: bytes, random: Random) -> bytes:
    """Change, remove or cut off some bytes."""
    found = bytearray(data)
    at = random.randrange(len(found))
    match random.randrange(4):
        case 0:
            del found[at:]
        case 1:
            del found[at : at + random.randrange(1, 50)]
        case _:
            for _ in range(random.choice([1, 1, 3, 20])):
                found[random.randrange(len(found))] = random.randrange(256)
    return bytes(found)


@seeds(4, soak=100)
def test_damage_is_refused_or_harms_nothing(seed: int) -> None:
    random = Random(seed)
    for data in [workbook(), workbook(ZIP_STORED)] * 20:
        file = damaged(data, random)
        saved_at(file)
        with suppress(InputInvalid):
            read_sheets(file, "list.xlsx")


@pytest.mark.parametrize("compression", [ZIP_BZIP2, ZIP_LZMA])
def test_a_compression_that_no_workbook_has_is_refused(compression: int) -> None:
    with pytest.raises(InputInvalid) as refused:
        read_sheets(workbook(compression), "list.xlsx")
    assert "compressed in an unsupported way" in refused.value.diagnostics[0].message
    assert saved_at(workbook(compression)) is None
