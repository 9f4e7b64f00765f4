"""Workbooks are read as a person sees them: formats, errors, formulas, hidden parts; and within
bounds.
"""

from __future__ import annotations

import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from licsync.diagnostics import InputInvalid
from licsync.spreadsheets import archives
from licsync.spreadsheets import xlsx_reader as workbook
from licsync.spreadsheets.number_formats import formatted_number
from licsync.spreadsheets.reader import read_sheets
from licsync.spreadsheets.sheet import UNCALCULATED, Sheet, damage
from licsync.workflows.importing import hidden_parts
from tests.support.binary_workbook import xlsb

_BOOK = (
    '<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_RELATIONS = (
    '<Relationships><Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/></Relationships>'
)


def book() -> tuple[Workbook, Worksheet]:
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    return made, sheet


def saved(made: Workbook) -> bytes:
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def packed(sheet: str, **parts: str) -> bytes:
    """Make a workbook of the XML of its one sheet."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", _BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet>{sheet}</worksheet>")
        for name, text in parts.items():
            archive.writestr(f"xl/{name}.xml", text)
    return out.getvalue()


def rows(data: bytes, file: str = "a.xlsx") -> list[tuple[str, ...]]:
    (sheet,) = read_sheets(data, file)
    return [row.cells for row in sheet.rows]


def fault(data: bytes, file: str = "a.xlsx") -> str:
    with pytest.raises(InputInvalid) as raised:
        read_sheets(data, file)
    (found,) = raised.value.diagnostics
    return f"{found.message} {found.hint}"


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (123, "General", "123"),
        (123, "0000", "0123"),
        (123, "[Red]0000;[Blue]-0000", "0123"),
        (123, "[$-407]0000_)", "0123"),
        (7, '"ext. "000', "007"),
        (12, '"E"0000', "E0012"),
        (12, r"\E0000", "E0012"),
        (12, '"PN-"000"-DE"', "PN-012-DE"),
        (12, '0000" DE"', "0012"),
        (12, '"€"#,##0.00"x"', "12"),
        (12, '"No." 000', "012"),
        (1001, "#,##0", "1001"),
        (1001, "#,##0.00", "1001"),
        (1001, "0.00%", "1001"),
        (1001, "0.00E+00", "1001"),
        (1001, "@", "1001"),
        (0, "0000;-0;", "0"),
        (0, '0000;-0;"none"', "0"),
        (0, "000;-0;00", "00"),
        (-5, "0000", "-5"),
        (12345, "0000", "12345"),
        (2065550101, "(000) 000-0000", "(206) 555-0101"),
        (5550101, r"[<=9999999]000\-0000;\(000\)\ 000\-0000", "555-0101"),
        (2065550101, r"[<=9999999]000\-0000;\(000\)\ 000\-0000", "(206) 555-0101"),
        (5, "[>9]000;[>=8]00;[=7]0", "5"),
        (442079460154, '"+"0', "+442079460154"),
        (442079460154, r"\+0", "+442079460154"),
        (442079460154, "+## #### ####", "+4420 7946 0154"),
        (5, "###", "5"),
        (5, "*-000", "005"),
    ],
)
def test_a_whole_number_has_the_zeros_signs_and_letters_of_its_format(
    value: int, code: str, text: str
) -> None:
    assert formatted_number(value, code) == text


def test_a_workbook_gives_what_its_cells_show() -> None:
    made, sheet = book()
    sheet.append(["User", "Extension", "Day", "Yes", "Time", "Share"])
    sheet.append(["Zoë ", 123, datetime.date(2026, 12, 1), True, datetime.timedelta(hours=1), 0.5])
    sheet["B2"].number_format = "0000"
    sheet["F2"].number_format = "0%"
    assert rows(saved(made))[1] == ("Zoë", "0123", "2026-12-01", "true", "1:00:00", "0.5")


def test_errors_and_formulas_without_a_result_are_not_empty() -> None:
    made, sheet = book()
    sheet.append(["#N/A", "=A1&B1", "x"])
    sheet["A1"].data_type = "e"
    assert rows(saved(made)) == [("#N/A", UNCALCULATED, "x")]
    cells = (
        '<c r="A1" t="e"><v>odd</v></c><c r="B1" t="str"><f>A</f><v/></c>'
        '<c r="C1" t="str"><f>A</f><v>yes</v></c><c r="D1"><f>A</f><v>7</v></c>'
        '<c t="d"><v>2026-12-01T00:00:00</v></c><c t="s"/><c s="9"><v> 8 </v></c>'
    )
    found = rows(packed(f"<sheetData><row>{cells}</row></sheetData>"))
    assert found == [("#VALUE!", "", "yes", "7", "2026-12-01", "", "8")]


def test_impossible_dates_stay_numbers_and_dates_count_from_the_epoch_of_the_book() -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="14"/><xf numFmtId="999"/></cellXfs></styleSheet>'
    cells = '<row><c s="0"><v>99999999</v></c><c s="0"><v>1</v></c><c s="1"><v>1.5</v></c></row>'
    data = packed(f"<sheetData>{cells}</sheetData>", styles=styles)
    assert rows(data) == [("99999999", "1900-01-01", "1.5")]
    assert rows(packed(f"<sheetData>{cells.replace('1.5', '2').replace('>1<', '>-5<')}</sheetData>",
                       styles=styles)) == [("99999999", "-5", "2")]  # fmt: skip
    with ZipFile(BytesIO(data)) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    parts["xl/workbook.xml"] = _BOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    assert rows(out.getvalue())[0][1] == "1904-01-02"


def test_shared_texts_are_put_together_without_their_phonetics() -> None:
    strings = (
        "<si><r><t>Ada</t></r><r><t> L</t></r><rPh><t>no</t></rPh></si>"
        "<si><t>a_x000D_b</t></si><si><t/></si>"
    )
    inline = '<c t="inlineStr"><is><t>x</t><rPh><t>y</t></rPh></is></c>'
    cells = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(3)) + inline
    strings = f"<sst>{strings}</sst>"
    assert rows(packed(f"<sheetData><row>{cells}</row></sheetData>", sharedStrings=strings)) == [
        ("Ada L", "a\nb", "", "x")
    ]


def test_what_is_hidden_is_known() -> None:
    made, sheet = book()
    for row in ("A", "B"), ("1", "2"), ("3", "4"):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    made.create_sheet("Old").append(["x"])
    made["Old"].sheet_state = "veryHidden"
    first, second = read_sheets(saved(made), "a.xlsx")
    assert (first.is_hidden, first.hidden_rows, first.hidden_columns) == (False, {2}, {1})
    assert (second.name, second.is_hidden, second.title) == ("Old", True, "a.xlsx, sheet 'Old'")
    assert Sheet("a.csv", []).title == "a.csv"


def test_a_merged_cell_speaks_for_all_of_its_rows() -> None:
    made, sheet = book()
    for row in (
        ("Department", "Name"),
        ("Sales", "Ada"),
        (None, "Bo"),
        (None, None),
        ("Support", "Cy"),
    ):
        sheet.append(row)
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("C1:D1")
    assert rows(saved(made)) == [
        ("Department", "Name"),
        ("Sales", "Ada"),
        ("Sales", "Bo"),
        ("Support", "Cy"),
    ]


@pytest.mark.parametrize(
    "text",
    ["#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#VALEUR!", "#¡REF!", "#DIV/0!",
     "#NAME?", "#SPILL!", "#NULL!", "#NUM!", "#CALC!", "Err:502", "########", UNCALCULATED],
)  # fmt: skip
def test_a_cell_with_an_error_is_damaged(text: str) -> None:
    assert damage(text) is not None


@pytest.mark.parametrize(
    "text", ["", "#1 team", "#sales", "C#", "=1+1", "=A1", "N/A", "'=1+1", "# 7"]
)
def test_a_text_that_looks_a_little_like_one_is_not(text: str) -> None:
    assert damage(text) is None


def test_zeros_that_an_export_hides_in_a_formula_are_read() -> None:
    assert rows(b'User,Ext\n="Ada",="0123"\n"=""Bo""","=A1"\n', "a.csv") == [
        ("User", "Ext"),
        ("Ada", "0123"),
        ("Bo", "=A1"),
    ]


# --- other formats, and other names ---------------------------------------------------------------


def test_a_workbook_is_read_whatever_its_name() -> None:
    made, sheet = book()
    sheet.append(["a", "b"])
    for name in ("a.xlsx", "a.csv", "a.xls", "a"):
        assert rows(saved(made), name) == [("a", "b")]


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.xls"])
@pytest.mark.parametrize(
    "text", ["<html><table>", "\ufeff <!DOCTYPE html>", "<?xml version='1.0'?>", "\n<TABLE >"]
)
def test_a_page_named_like_a_table_is_reported(name: str, text: str) -> None:
    assert "HTML or XML" in fault(text.encode(), name)


def test_a_text_or_an_archive_named_like_a_workbook_is_reported() -> None:
    assert "Rename it to .csv" in fault(b"First name,Last name\n")
    assert "damaged" in fault(b"\0\1\2")
    other = BytesIO()
    with ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "an archive of another kind" in fault(other.getvalue())


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def test_a_workbook_with_a_password_is_reported() -> None:
    assert "protected by a password" in fault(
        OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    assert "not a readable Excel file" in fault(OLE + bytes(5000), "a.xls")


def test_an_older_format_is_read_in_a_process_of_its_own() -> None:
    (sheet,) = read_sheets(xlsb(("User", "Ext"), ("ada", "0012")), "a.xlsb")
    assert ([row.cells for row in sheet.rows], sheet.name, sheet.is_blind) == (
        [("User", "Ext"), ("ada", "0012")],
        "T",
        True,
    )
    assert [
        "which rows and columns are hidden" in found.message for found in hidden_parts(sheet)
    ] == [True]


def test_a_sheet_too_large_for_that_process_is_reported() -> None:
    assert "more memory or time" in fault(xlsb(("a",), last=(1_048_575, 16_383)), "a.xlsb")


# --- bounds ---------------------------------------------------------------------------------------


def test_one_cell_in_the_last_corner_costs_one_cell() -> None:
    data = packed(
        '<sheetData><row><c r="A1"><v>1</v></c></row>'
        '<row><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    )
    (sheet,) = read_sheets(data, "a.xlsx")
    assert [(row.line, len(row.cells)) for row in sheet.rows] == [(1, 1), (1_048_576, 16_384)]


@pytest.mark.slow
@pytest.mark.untraced
def test_many_cells_far_apart_are_refused() -> None:
    cells = "".join(f'<row><c r="XFD{line}"><v>1</v></c></row>' for line in range(1, 1_300))
    assert "are too far apart" in fault(packed(f"<sheetData>{cells}</sheetData>"))


def test_decompression_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed("<sheetData>" + "<c/>" * 60_000 + "</sheetData>")
    rows_ = packed("<sheetData><row><c><v>1</v></c></row></sheetData>")
    monkeypatch.setattr(archives, "_RATIO_MATTERS", 100_000)
    assert "unpacks to" in fault(data)
    assert rows(rows_) == [("1",)]
    monkeypatch.setattr(archives, "_RATIO_MATTERS", 10**9)
    monkeypatch.setattr(workbook, "MAX_TAGS", 1_000)
    assert "more cells than a list" in fault(data)


def test_entities_and_damage_are_refused() -> None:
    assert "entities" in fault(entities())
    assert "not a readable Excel file" in fault(packed("<sheetData>"))
    assert "not a readable Excel file" in fault(
        packed('<sheetData><row><c r="7"/></row></sheetData>')
    )
    assert "not a readable Excel file" in fault(
        packed('<sheetData><row><c t="s"><v>5</v></c></row></sheetData>')
    )
    assert "characters, more than" in fault(
        packed(f"<sheetData><row><c t='str'><v>{'x' * 200_000}</v></c></row></sheetData>")
    )
    data = bytearray(packed("<sheetData><row><c><v>1</v></c></row></sheetData>" * 9))
    at = data.index(b"xl/worksheets/sheet1.xml") + 30
    data[at : at + 20] = bytes(20)
    assert "damaged" in fault(bytes(data))


def entities() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]>' + _BOOK)
    return out.getvalue()


@pytest.mark.parametrize("prefix", ["x", "my-ns", "a.b"])
def test_names_with_a_prefix_are_read_alike(prefix: str) -> None:
    data = packed("<sheetData><row><c><v>7</v></c></row></sheetData>")
    out = BytesIO()
    with ZipFile(BytesIO(data)) as plain, ZipFile(out, "w") as archive:
        for name in plain.namelist():
            text = plain.read(name).decode()
            if "sheet1" in name:
                text = text.replace("</", "//").replace("<", f"<{prefix}:")
                text = text.replace("//", f"</{prefix}:")
                text = text.replace("worksheet>", f'worksheet xmlns:{prefix}="x">', 1)
            archive.writestr(name, text)
    assert rows(out.getvalue()) == [("7",)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (123456789012345, "123456789012345"),
        (1234567890123456, "1.23456789012346E+15"),
        (4929123456789012345, "4.929123456789012e+18"),
    ],
)
def test_a_number_of_more_digits_than_excel_keeps_is_no_id(number: int, expected: str) -> None:
    cells = f"<sheetData><row><c><v>{number}</v></c></row></sheetData>"
    assert rows(packed(cells)) == [(expected,)]
