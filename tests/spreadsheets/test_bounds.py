"""Reading a table takes bounded memory and time, even if the file expands a lot."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import Workbook

from licsync.diagnostics import InputInvalid
from licsync.spreadsheets import reader as reading
from licsync.spreadsheets.reader import read_sheets


def refusal(data: bytes, file: str) -> str:
    with pytest.raises(InputInvalid) as refused:
        read_sheets(data, file)
    (fault,) = refused.value.diagnostics
    return f"{fault.span.line if fault.span else 0}: {fault.message}"


def test_a_row_has_a_bounded_number_of_cells() -> None:
    row = "user" + "," * (reading.MAX_COLUMNS - 1)
    assert len(read_sheets(row.encode(), "t.csv")[0].rows[0].cells) == reading.MAX_COLUMNS
    assert (
        refusal(f"a,b\n{row},\n".encode(), "t.csv")
        == "2: This row has 16,385 cells, more than 16,384."
    )


@pytest.mark.parametrize(
    "row", [b",;" * 4_000_000, b'a,"\n",' * 1_000_000], ids=["one line", "many lines"]
)
def test_a_row_of_csv_has_a_bounded_length(row: bytes) -> None:
    assert refusal(b"a,b\n" + row, "t.csv") == "2: This row has more than 1,000,000 characters."


def test_rows_after_a_long_one_are_read() -> None:
    row = b"a," + b"b" * 100_000 + b"\n"
    assert len(read_sheets(row * 20, "t.csv")[0].rows) == 20


def test_one_text_that_many_cells_name_counts_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT", 1_000_000)
    book = Workbook()
    assert book.active is not None
    for _ in range(20):
        book.active.append(["y" * 30_000] * 2)
    data = BytesIO()
    book.save(data)
    assert (
        refusal(data.getvalue(), "t.xlsx")
        == "17: The rows up to here have more than 1 million characters."
    )


def test_marks_without_end_are_read() -> None:
    text = "e" + "\u0301\u0323" * 60_000
    (sheet,) = read_sheets(f"a,b\n{text},c\n".encode(), "t.csv")
    assert sheet.rows[1].cells == (text, "c")
