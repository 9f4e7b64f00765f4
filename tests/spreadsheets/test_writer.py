"""Excel files: what openpyxl and the reader of licsync find in them, and the same bytes twice."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from licsync.spreadsheets.cells import unescape_formula
from licsync.spreadsheets.reader import read_sheets
from licsync.spreadsheets.writer import xlsx_bytes

Table = tuple[str, list[str], list[dict[str, Any]]]


def opened(*tables: Table) -> Any:
    return load_workbook(BytesIO(xlsx_bytes(tables)))


def test_numbers_amounts_and_days_are_values_and_all_else_is_quoted_text() -> None:
    columns = ["text", "whole", "money", "day", "formula", "yes", "list", "none"]
    row = {
        "text": "0123",
        "whole": 7,
        "money": Decimal("1234.5"),
        "day": date(2026, 11, 24),
        "formula": "=1+1",
        "yes": True,
        "list": ["a", "b"],
    }
    sheet = opened(("Sheet", columns, [row]))["Sheet"]
    cells = [
        (cell.value, cell.data_type, cell.number_format, cell.quotePrefix) for cell in sheet[2]
    ]
    assert cells == [
        ("0123", "s", "@", True),
        (7, "n", "General", False),
        (1234.5, "n", "#,##0.00##", False),
        (cells[3][0], "d", "yyyy-mm-dd", False),
        ("=1+1", "s", "@", True),
        ("true", "s", "@", True),
        ("a, b", "s", "@", True),
        (None, "n", "General", False),
    ]
    assert cells[3][0].date() == date(2026, 11, 24)
    assert all(cell.font.b and cell.quotePrefix for cell in sheet[1])


def test_the_heading_stays_and_columns_are_as_wide_as_their_texts() -> None:
    rows = [{"name": "x" * 100, "number": 1_000_000}, {"name": "y"}]
    sheet = opened(("Sheet", ["name", "number", "a long heading"], rows))["Sheet"]
    assert sheet.freeze_panes == "A2"
    assert [int(sheet.column_dimensions[letter].width) for letter in "ABC"] == [60, 9, 16]


def test_a_table_without_rows_or_columns_can_be_opened() -> None:
    book = opened(("Empty", ["a"], []), ("Nothing", [], []), ("n" * 40, ["a"], [{}]))
    assert book.sheetnames == ["Empty", "Nothing", "n" * 31]
    assert [cell.value for cell in book["Empty"][1]] == ["a"]
    assert opened(('A & "B" <C>', ["a"], [])).sheetnames == ['A & "B" <C>']


def test_columns_go_on_after_z() -> None:
    columns = [f"c{number}" for number in range(1, 704)]
    sheet = opened(("Sheet", columns, [{"c27": "x", "c703": "y"}]))["Sheet"]
    assert (sheet["AA2"].value, sheet["AAA2"].value) == ("x", "y")


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\r\nb",
        " a\t",
        "<a & b>",
        "\x07",
        "_x0041_",
        "日本 😀",
        "'=1",
        "x" * 500,
    ],
)
def test_every_text_is_read_back_as_it_was(text: str) -> None:
    content = xlsx_bytes([("Sheet", ["a", "b"], [{"a": text, "b": "end"}])])
    (sheet,) = read_sheets(content, "a.xlsx")
    _, row = sheet.rows
    assert unescape_formula(row.cells[0]) == text.strip().replace("\r\n", "\n")


@pytest.mark.parametrize("char", ["\udc80", "\ufffe"])
def test_what_xml_cannot_hold_is_an_escape(char: str) -> None:
    sheet = opened(("Sheet", ["a"], [{"a": f"x{char}"}]))["Sheet"]
    assert sheet["A2"].value == f"x\\u{ord(char):04x}"


def test_a_day_that_excel_cannot_count_is_text() -> None:
    days = [date(1, 1, 1), date(1900, 2, 28), date(1900, 3, 1)]
    sheet = opened(("Sheet", ["day"], [{"day": day} for day in days]))["Sheet"]
    assert [sheet[f"A{row}"].data_type for row in (2, 3, 4)] == ["s", "s", "d"]
    assert sheet["A2"].value == "0001-01-01"
    assert sheet["A4"].value.date() == days[2]


def test_the_same_tables_are_the_same_bytes_at_any_time() -> None:
    """No time and no user is in the file."""
    tables = [("Sheet", ["a", "b"], [{"a": "x", "b": 1}])]
    content = xlsx_bytes(tables)
    assert content == xlsx_bytes(tables)
    with ZipFile(BytesIO(content)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        properties = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\d", properties)) == {"1980-01-01"}
    assert "<dc:creator></dc:creator>" in properties
