"""Files of LibreOffice are read as a person sees them: text stays text, errors stay errors."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from licsync.diagnostics import InputInvalid
from licsync.spreadsheets.reader import read_sheets
from licsync.spreadsheets.sheet import UNCALCULATED, Sheet
from licsync.workflows.importing import hidden_parts

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_CONTENT = f"""<office:document-content xmlns:office="{_ODF}:office:1.0"
 xmlns:table="{_ODF}:table:1.0" xmlns:text="{_ODF}:text:1.0" xmlns:style="{_ODF}:style:1.0"
 xmlns:draw="{_ODF}:drawing:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">
<office:automatic-styles><style:style style:name="off" style:family="table">
<style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet>%s</office:spreadsheet></office:body></office:document-content>"""


def ods(tables: str, manifest: str | None = "<manifest/>", head: str = "") -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        if manifest is not None:
            archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", head + _CONTENT % tables)
    return out.getvalue()


def read(rows: str) -> Sheet:
    (sheet,) = read_sheets(ods(f'<table:table table:name="T">{rows}</table:table>'), "a.ods")
    return sheet


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def cell(text: str, **attributes: str) -> str:
    """Make a cell; `value_type` of the keyword arguments is `office:value-type`."""
    prefixes = {"formula": "table", "error": "calcext"}
    named = "".join(
        f' {prefixes.get(name, "office")}:{name.replace("_", "-")}="{value}"'
        if name != "error"
        else ' calcext:value-type="error"'
        for name, value in attributes.items()
    )
    paragraphs = f"<text:p>{text}</text:p>" if text else ""
    return f"<table:table-cell{named}>{paragraphs}</table:table-cell>"


def number(shown: str, value: str) -> str:
    return cell(shown, value_type="float", value=value)


FORMULA = "of:=A1"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (cell("0012", value_type="string"), "0012"),
        (cell("", value_type="string", string_value="0012"), "0012"),
        (cell("0012"), "0012"),
        (number("0012", "12"), "0012"),
        (number("+1 206 555 0101", "12065550101"), "+1 206 555 0101"),
        (number("E0012", "12"), "E0012"),
        (number("1.001", "1001"), "1001"),
        (number("0,00", "0"), "0"),
        (number("0.00", "0"), "0"),
        (number("4.9E+10", "4.9E+10"), "49000000000"),
        (number("12 Stk", "12"), "12"),
        (number("12,5", "12.5"), "12.5"),
        (number("x", "12"), "12"),
        (cell("12", value_type="float"), "12"),
        (cell("20 %", value_type="percentage", value="0.2"), "0.2"),
        (cell("02.01.26", value_type="date", date_value="2026-01-02"), "2026-01-02"),
        (cell("x", value_type="date", date_value="2026-01-02T00:00:00"), "2026-01-02"),
        (cell("x", value_type="date", date_value="2026-01-02T10:30:00"), "2026-01-02 10:30:00"),
        (cell("8:30", value_type="time", time_value="PT08H30M00S"), "08:30:00"),
        (cell("WAHR", value_type="boolean", boolean_value="true"), "true"),
        (cell("a<text:s text:c='2'/>b<text:line-break/>c<text:tab/>d"), "a  b\nc\td"),
        (cell("<text:span>Ada</text:span>\n   Lopez"), "Ada Lopez"),
        (cell("a</text:p><text:p>b"), "a\nb"),
    ],
)
def test_a_cell_has_the_text_that_it_shows(written: str, expected: str) -> None:
    (found,) = read(row(written)).rows
    assert found.cells == (expected,)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (cell("#DIV/0!", formula=FORMULA, value_type="float", value="0"), "#DIV/0!"),
        (cell("#NV", formula=FORMULA, value_type="string", string_value="", error=""), "#NV"),
        (cell("Err:502", formula=FORMULA, value_type="float", value="0"), "Err:502"),
        (cell("", formula=FORMULA, value_type="string", error=""), "#VALUE!"),
        (cell("", formula=FORMULA), UNCALCULATED),
    ],
)
def test_a_cell_with_an_error_is_neither_zero_nor_empty(written: str, expected: str) -> None:
    (found,) = read(row(cell("ada"), written)).rows
    assert found.cells == ("ada", expected)


def test_what_lies_on_a_cell_is_not_its_text() -> None:
    note = "<office:annotation><text:p>ask Bo</text:p></office:annotation>"
    frame = "<draw:frame><draw:text-box><text:p>logo</text:p></draw:text-box></draw:frame>"
    (found,) = read(
        row(f"<table:table-cell>{note}{frame}<text:p>Ada</text:p></table:table-cell>")
    ).rows
    assert found.cells == ("Ada",)


def test_hidden_rows_columns_and_sheets_are_known() -> None:
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>'
    )
    rows = columns + row(cell("a"), cell("b"), cell("c"))
    rows += row(cell("d")).replace("row>", 'row table:visibility="filter">', 1)
    table = '<table:table table:name="{}" {}>{}</table:table>'
    sheets = read_sheets(
        ods(
            table.format("T", "", rows)
            + table.format("U", 'table:style-name="off"', row(cell("x")))
        ),
        "a.ods",
    )
    assert [(s.name, s.is_hidden, s.is_blind) for s in sheets] == [
        ("T", False, False),
        ("U", True, False),
    ]
    assert (sheets[0].hidden_rows, sheets[0].hidden_columns) == (frozenset({2}), frozenset({2}))
    assert len(list(hidden_parts(sheets[0]))) == 2


def test_repeated_and_merged_cells_fill_their_places() -> None:
    twice = row(cell("ada").replace("cell>", 'cell table:number-columns-repeated="2">', 1))
    merged = row(
        cell("HQ").replace("cell>", 'cell table:number-rows-spanned="2">', 1), cell("bo")
    ) + row("<table:covered-table-cell/>", cell("cy"))
    empty = '<table:table-row table:number-rows-repeated="1048000"/>'
    sheet = read(twice.replace("row>", 'row table:number-rows-repeated="2">', 1) + merged + empty)
    assert [(found.line, found.cells) for found in sheet.rows] == [
        (1, ("ada", "ada")),
        (2, ("ada", "ada")),
        (3, ("HQ", "bo")),
        (4, ("HQ", "cy")),
    ]


def test_what_was_deleted_under_tracked_changes_is_no_cell() -> None:
    deleted = f"<table:tracked-changes><table:cell-content-deletion>{cell('old')}"
    deleted += "</table:cell-content-deletion></table:tracked-changes>"
    table = f'<table:table table:name="T">{row(cell("new"))}</table:table>'
    (sheet,) = read_sheets(ods(deleted + table), "a.ods")
    assert [found.cells for found in sheet.rows] == [("new",)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ods("", manifest="<x><encryption-data/></x>"), "protected by a password"),
        (ods("<open>"), "not a readable Excel file"),
        (ods("", head='<!DOCTYPE x [<!ENTITY a "b">]>'), "declares XML entities"),
        (
            ods(
                '<table:table><table:table-row table:number-rows-repeated="1000000">'
                '<table:table-cell table:number-columns-repeated="16000"><text:p>x</text:p>'
                "</table:table-cell></table:table-row></table:table>"
            ),
            "more cells than a list of people needs",
        ),
    ],
)
def test_a_file_that_is_no_list_is_refused(data: bytes, expected: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        read_sheets(data, "a.ods")
    assert expected in refused.value.diagnostics[0].message


def test_a_file_without_a_manifest_is_read() -> None:
    table = f'<table:table table:name="T">{row(cell("a"))}</table:table>'
    (sheet,) = read_sheets(ods(table, manifest=None), "a.ods")
    assert [found.cells for found in sheet.rows] == [("a",)]
