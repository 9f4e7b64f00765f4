"""A workbook's parts are where its relations point, whoever wrote it; damage is refused."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from licsync.diagnostics import InputInvalid
from licsync.spreadsheets import xlsx_reader as workbook
from licsync.spreadsheets.reader import read_sheets

_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CELL = "<worksheet><sheetData><row><c{}><v>{}</v></c></row></sheetData></worksheet>"


def archive_of(**parts: str) -> bytes:
    """Make a workbook of its parts, by name."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def relations(**targets: str) -> str:
    """Make the relations of a part: the target of each kind."""
    found = [
        f'<Relationship Id="{kind}" Type="{_KINDS}/{kind}" Target="{target}"/>'
        for kind, target in targets.items()
    ]
    return f"<Relationships>{''.join(found)}</Relationships>"


def rows(data: bytes) -> list[tuple[str, ...]]:
    (sheet,) = read_sheets(data, "a.xlsx")
    return [row.cells for row in sheet.rows]


def fault(data: bytes) -> str:
    with pytest.raises(InputInvalid) as raised:
        read_sheets(data, "a.xlsx")
    (found,) = raised.value.diagnostics
    return found.message


def packed(cells: str, **parts: str) -> bytes:
    """Make a workbook of the XML of its one sheet."""
    return archive_of(
        **{
            "xl/workbook.xml": one_sheet(),
            "xl/_rels/workbook.xml.rels": relations(worksheet="worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"<worksheet>{cells}</worksheet>",
            **parts,
        }
    )


def one_sheet(id_: str = "worksheet") -> str:
    return f'<workbook xmlns:r="r"><sheets><sheet name="S" r:id="{id_}"/></sheets></workbook>'


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("./worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("../xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("Worksheets/Sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("worksheets\\sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("worksheets/my%20sheet.xml", "xl/worksheets/my sheet.xml"),
        ("sheet1.xml", "xl/sheet1.xml"),
        ("/sheets/one.xml", "sheets/one.xml"),
    ],
)
def test_the_cells_of_a_sheet_are_where_its_relation_points(target: str, part: str) -> None:
    parts = {
        "xl/workbook.xml": one_sheet(),
        "xl/_rels/workbook.xml.rels": relations(worksheet=target),
        part: _CELL.format("", 7),
    }
    assert rows(archive_of(**parts)) == [("7",)]


@pytest.mark.parametrize("main", ["xl/workbook2.xml", "workbook.xml", "office/book/workbook.xml"])
def test_the_book_its_texts_and_formats_are_where_their_relations_point(main: str) -> None:
    folder, _, name = main.rpartition("/")
    parts = {
        "_rels/.rels": relations(officeDocument=main),
        main: one_sheet(),
        f"{folder}/_rels/{name}.rels".lstrip("/"): relations(
            worksheet="/s.xml", sharedStrings="/texts.xml", styles="/formats.xml"
        ),
        "s.xml": _CELL.format(' t="s"', 0).replace("</row>", '<c s="0"><v>12</v></c></row>'),
        "texts.xml": "<sst><si><t>Ada</t></si></sst>",
        "formats.xml": '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="0000"/></numFmts>'
        '<cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>',
    }
    assert rows(archive_of(**parts)) == [("Ada", "0012")]


def test_a_chart_has_no_cells_and_a_sheet_without_its_part_is_refused() -> None:
    parts = {
        "xl/workbook.xml": one_sheet("chartsheet"),
        "xl/_rels/workbook.xml.rels": relations(chartsheet="chartsheets/sheet1.xml"),
    }
    assert read_sheets(archive_of(**parts), "a.xlsx") == []
    parts["xl/workbook.xml"] = one_sheet()
    assert "lacks the cells of the sheet 'S'" in fault(archive_of(**parts))
    del parts["xl/_rels/workbook.xml.rels"]
    assert "lacks the cells of the sheet 'S'" in fault(archive_of(**parts))


@pytest.mark.parametrize("index", ["1", "-1", "x", "1e0", "²"])
def test_a_text_that_the_book_does_not_have_is_refused(index: str) -> None:
    sheet = f'<sheetData><row><c t="s"><v>{index}</v></c></row></sheetData>'
    data = packed(sheet, **{"xl/sharedStrings.xml": "<sst><si><t>Ada</t></si></sst>"})
    assert f"no text {index}" in fault(data)


def test_two_cells_in_one_place_are_refused() -> None:
    cells = '<row r="2"><c r="B2"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row>'
    assert "two cells in row 2, column 2" in fault(packed(f"<sheetData>{cells}</sheetData>"))


def test_the_work_for_merged_cells_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_PLACES", 1_000)
    cells = "".join(f'<row r="{at}"><c r="A{at}"><v>1</v></c></row>' for at in range(1, 40))
    merged = "".join(f'<mergeCell ref="B{at}:B1048576"/>' for at in range(1, 40))
    data = packed(f"<sheetData>{cells}</sheetData><mergeCells>{merged}</mergeCells>")
    assert "more merged cells" in fault(data)
