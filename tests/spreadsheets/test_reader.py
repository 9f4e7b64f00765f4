"""Spreadsheets of strangers: encodings, separators, Excel's ways, and files that are none."""

from __future__ import annotations

import datetime
import string
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from licsync.diagnostics import InputInvalid
from licsync.spreadsheets.cells import cell_of, escape_formula, unescape_formula
from licsync.spreadsheets.reader import MAX_BYTES, MAX_ROWS, delimiter_of, read_sheets
from licsync.spreadsheets.stored_values import cell_text
from licsync.spreadsheets.writer import csv_bytes, xlsx_bytes
from tests.support.samples import examples


def cells(data: bytes, file: str = "a.csv", encoding: str | None = None) -> list[tuple[str, ...]]:
    (sheet,) = read_sheets(data, file, encoding)
    return [row.cells for row in sheet.rows]


def fault(data: bytes, file: str = "a.csv", encoding: str | None = None) -> str:
    with pytest.raises(InputInvalid) as raised:
        read_sheets(data, file, encoding)
    (found,) = raised.value.diagnostics
    assert found.span is not None
    assert found.span.file == file
    return f"{found.span.line}: {found.message} {found.hint or ''}"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_encodings_and_line_ends_are_recognised(
    delimiter: str, encoding: str, end: str
) -> None:
    text = end.join(
        (delimiter.join(('"Name, first; x"', "Ort")), "", delimiter.join(("Zoë", '"Köln\n2"')), "")
    )
    assert cells(text.encode(encoding)) == [("Name, first; x", "Ort"), ("Zoë", "Köln\n2")]


def test_another_encoding_is_asked_for_and_taken() -> None:
    data = "Name\nZoë\n".encode("cp1252")
    assert "--encoding cp1252" in fault(data)
    assert fault(data).startswith("2:")
    assert cells(data, encoding="cp1252") == [("Name",), ("Zoë",)]
    assert "Unknown encoding" in fault(data, encoding="bogus")
    assert "not valid ASCII" in fault(data, encoding="ascii")
    assert "utf-16-le" in fault("ab\ncd\n".encode("utf-16-le"))
    assert cells("ab\ncd\n".encode("utf-16-le"), encoding="utf-16-le") == [("ab",), ("cd",)]


def test_lines_are_counted_as_an_editor_does() -> None:
    (sheet,) = read_sheets(b'sep=;\r\na;"b\nc"\n\n;;\nd;e\n', "a.csv")
    assert [(row.line, row.cells) for row in sheet.rows] == [(2, ("a", "b\nc")), (6, ("d", "e"))]
    assert str(sheet.span(sheet.rows[1], 1)) == "a.csv:6:2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ","),
        ("", ","),
        ("\na;b,c;d\n", ";"),
        ('"a,b,c";d', ";"),
        ("a\tb;c\td", "\t"),
        ("title\na,b", ","),
    ],
)
def test_the_separator_is_the_one_there_is_most_of(text: str, expected: str) -> None:
    assert delimiter_of(text) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'a,b\n"c,d\ne,f\n', "2: This row cannot be read"),
        (b"a,b\nc," + b"x" * 200_000 + b"\n", "2: This row cannot be read"),
        (b"a\0b", "U+0000"),
        (b"a\n" * (MAX_ROWS + 1), "rows"),
        (b"a" * (MAX_BYTES + 1), "larger than"),
    ],
    ids=["quote", "long", "nul", "rows", "bytes"],
)
def test_a_file_that_is_not_csv_is_reported_with_the_reason(data: bytes, says: str) -> None:
    assert says in fault(data)


def test_excel_cells_are_read_as_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([])
    sheet.append(["Name", "Number", "Day", "Yes"])
    sheet.append(["Zoë ", 14085551234, datetime.date(2026, 12, 1), True])
    sheet.append(["a\u00a0b", 1.5, datetime.datetime(2026, 12, 1, 8, 30), None])
    book.create_sheet("Other").append(["x"])
    out = BytesIO()
    book.save(out)
    first, second = read_sheets(out.getvalue(), "a.xlsx")
    assert [(row.line, row.cells) for row in first.rows] == [
        (2, ("Name", "Number", "Day", "Yes")),
        (3, ("Zoë", "14085551234", "2026-12-01", "true")),
        (4, ("a b", "1.5", "2026-12-01 08:30:00")),
    ]
    assert (second.name, [row.cells for row in second.rows]) == ("Other", [("x",)])
    assert cell_text(datetime.timedelta(hours=1)) == "1:00:00"
    assert cell_text(1e300) == "1e+300"


@pytest.mark.slow
def test_a_file_that_is_not_excel_is_reported() -> None:
    assert "not an Excel file" in fault(b"hello", "a.xlsx")
    assert "cut short" in fault(b"PK\x03\x04 and no more", "a.xlsx")
    empty = BytesIO()
    ZipFile(empty, "w").close()
    assert "not an Excel file" in fault(b"PK\x03\x04" + empty.getvalue(), "a.xlsx")
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as file:
        for _ in range(600):
            file.write(bytes(1_000_000))
    assert "unpacks" in fault(bomb.getvalue(), "a.xlsx")


# --- what is written is read ----------------------------------------------------------------------

TEXT = st.text(
    st.sampled_from(string.ascii_letters + "=+-@'\",;|\t\n ü＝")
    | st.characters(categories=("L", "N", "P"))
)


@given(TEXT)
def test_a_guarded_text_is_not_a_formula_and_reads_back(text: str) -> None:
    cell = escape_formula(text)
    assert cell[:1] not in ("=", "-", "@", "\t", "\r", "\n", "＝")
    assert cell[:1] != "+" or cell[1:].isdigit()
    assert unescape_formula(cell) == text


@examples(25)
@given(
    st.lists(st.lists(TEXT.map(lambda t: " ".join(t.split())), min_size=2, max_size=3), max_size=5)
)
def test_tables_come_back(table: list[list[str]]) -> None:
    columns = ("a", "b", "c")
    rows = [dict(zip(columns, row, strict=False)) for row in table]
    expected = [tuple(row.get(c, "") for c in columns) for row in rows if any(row.values())]
    found = cells(csv_bytes(columns, rows))[1:]
    assert [tuple(unescape_formula(cell) for cell in row) for row in found] == expected
    (sheet,) = read_sheets(xlsx_bytes([("Sheet", columns, rows)]), "a.xlsx")
    wide = [(*row.cells, *("",) * (len(columns) - len(row.cells))) for row in sheet.rows][1:]
    assert wide == expected


def test_no_text_of_an_excel_file_becomes_anything_else_when_somebody_edits_it() -> None:
    texts = [
        "=1+1",
        "+12065550101",
        "-1",
        "@SUM(A1)",
        "=cmd|' /c calc'!A1",
        "0123",
        "1-2",
        "2026-12-31",
        "TRUE",
        "1e5",
    ]
    columns = ("=heading", "number", "nothing")
    book = xlsx_bytes([("Sheet", columns, [{"=heading": text, "number": 7} for text in texts])])
    sheet = load_workbook(BytesIO(book)).active
    assert sheet is not None
    first, second, third = zip(*sheet.iter_rows(), strict=True)
    assert [cell.value for cell in first] == ["=heading", *texts]
    assert all(
        cell.data_type == "s" and cell.quotePrefix and cell.number_format == "@" for cell in first
    )
    assert [(cell.value, cell.data_type) for cell in second[1:]] == [(7, "n")] * len(texts)
    assert {cell.value for cell in third[1:]} <= {None, ""}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ([], ""),
        (True, "true"),
        (False, "false"),
        (17, "17"),
        (["a", "b"], "a, b"),
        (["a,b"], '["a,b"]'),
        ([{"when": "busy"}], '[{"when": "busy"}]'),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_values_in_cells(value: object, text: str) -> None:
    assert cell_of(value) == text
