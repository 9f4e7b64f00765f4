"""What stands in a table but is not its data is refused or noted; no cell is dropped silently."""

from __future__ import annotations

import pytest

from licsync.importing.table_kinds import ALL_HEADINGS
from licsync.spreadsheets.columns import guess_columns
from licsync.spreadsheets.row_checks import data_rows, unreadable_cells, without_remarks
from licsync.spreadsheets.sheet import Row, Sheet

HEADER = Row(1, ("First name", "Last name", "Email", "Employee ID", "Start date"))
COLUMNS = guess_columns(HEADER)
BO = ("Bo", "Li", "bo@acme.example", "E1", "2027-01-10")


def sheet(*rows: tuple[str, ...], header: Row = HEADER) -> Sheet:
    lines = [Row(line, cells) for line, cells in enumerate(rows, 2)]
    return Sheet("hr.csv", [header, *lines])


@pytest.mark.parametrize(
    "headings",
    [
        ("Last name", "First name", "Email"),  # the same columns in another order
        ("Name", "Extension", "Phone", "Remarks"),
        ("Vorname", "Nachname", "E-Mail", "Sonstiges", "Anmerkung", "Notiz"),
    ],
)
def test_the_headings_of_another_table_end_the_rows(headings: tuple[str, ...]) -> None:
    table = sheet(BO, headings, ("Oh", "Cy", "cy@acme.example"))
    rows, (fault,) = data_rows(table, COLUMNS, table.rows[1:])
    assert [row.cells for row in rows] == [BO]
    assert (fault.severity, str(fault.span)) == ("error", "hr.csv:3:1")
    assert "headings of another table" in fault.message


@pytest.mark.parametrize(
    "cells",
    [
        ("Phone", "Team", "team@acme.example"),  # an address is no heading
        ("Site", "Office", "Rep", "Seattle", "Springfield"),
        ("Name", "Title"),
        ("Extension", "Phone", "License 2"),
    ],
)
def test_a_person_may_be_called_like_a_heading(cells: tuple[str, ...]) -> None:
    table = sheet(cells)
    rows, notes = data_rows(table, COLUMNS, table.rows[1:])
    assert [row.cells for row in rows] == [cells]
    assert notes == []


@pytest.mark.parametrize(
    "headings", [("License ID", "Type", "Assigned to"), ("Site", "City", "Postal code", "State")]
)
def test_an_account_has_more_kinds_of_tables(headings: tuple[str, ...]) -> None:
    table = sheet(BO, headings)
    (fault,) = data_rows(table, COLUMNS, table.rows[1:], ALL_HEADINGS)[1]
    assert "headings of another table" in fault.message


def faults(*rows: tuple[str, ...], header: Row = HEADER) -> list[str]:
    table = sheet(*rows, header=header)
    found = unreadable_cells(table, guess_columns(header), table.rows[1:])
    return [f"{one.span}: {one.message}" for one in found]


@pytest.mark.parametrize(
    "text", ["2026-05-04", "2026-05-04 08:00:00", "08:30:00", "8:00:00", "1 day, 2:00:00"]
)
def test_a_date_in_a_field_of_another_kind_is_refused(text: str) -> None:
    assert faults((*BO[:3], text, text)) == [
        f"hr.csv:2:4: Employee ID: '{text}' is a date or a time."
    ]
    assert faults((text, *BO[1:])) == [f"hr.csv:2:1: First name: '{text}' is a date or a time."]


@pytest.mark.parametrize("text", ["2026-05-04-7", "4-May", "7:30", "2026"])
def test_a_text_that_only_looks_like_a_date_is_read(text: str) -> None:
    assert faults((text, *BO[1:])) == []


def test_cells_of_a_column_without_a_heading_are_refused_once() -> None:
    header = Row(1, ("First name", "Last name", "", "Email"))
    rows = [("Bo", "Li", "x", "b@x.example"), ("Al", "Ng", "y", "a@x.example", "more")]
    assert faults(*rows, header=header) == [
        "hr.csv:2:3: 'x' is in a column without a heading, so its meaning is unknown.",
        "hr.csv:3:5: 'more' is to the right of the last heading, so its meaning is unknown.",
    ]


@pytest.mark.parametrize(("first", "count"), [("0", 0), ("1", 0), ("2", 1), ("x", 1)])
def test_a_column_without_a_heading_may_number_the_rows(first: str, count: int) -> None:
    header = Row(1, ("", "First name", "Last name", "Email"))
    second = str(int(first) + 1) if first.isdigit() else "1"
    rows = [(first, "Bo", "Li", "b@x.example"), (second, "Al", "Ng", "a@x.example")]
    assert len(faults(*rows, header=header)) == count


def test_a_remark_below_users_is_no_user() -> None:
    rows_ = BO, ("Page 1 of 3",), ("bo@acme.example",), ("", "", "", "", "by HR"), ("", "", "End")
    table = sheet(*rows_)
    rows, found = without_remarks(table, COLUMNS, table.rows[1:])
    assert [row.line for row in rows] == [2, 4]
    assert [f"{one.span}: {one.message}" for one in found] == [
        "hr.csv:3:1: The row has only 'Page 1 of 3': it is a remark, or lacks its other cells.",
        "hr.csv:5:5: The row has only 'by HR': it is a remark, or lacks its other cells.",
        "hr.csv:6:3: The row has only 'End': it is a remark, or lacks its other cells.",
    ]


def test_a_table_of_two_columns_may_lack_one_cell() -> None:
    header = Row(1, ("Email", "Name"))
    table = sheet(("", "Bo Li"), header=header)
    assert without_remarks(table, guess_columns(header), table.rows[1:])[1] == []


@pytest.mark.parametrize(("text", "count"), [("End", 1), ("cy@acme.example", 0)])
def test_a_word_among_e_mail_addresses_is_no_user(text: str, count: int) -> None:
    header = Row(1, ("User ID", "License"))
    table = sheet(("bo@acme.example", "X2"), ("di@acme.example", "X4"), (text,), header=header)
    assert len(without_remarks(table, guess_columns(header), table.rows[1:])[1]) == count


def test_a_word_among_words_may_be_a_user() -> None:
    header = Row(1, ("User ID", "License"))
    table = sheet(("bo", "X2"), ("di",), header=header)
    assert without_remarks(table, guess_columns(header), table.rows[1:])[1] == []


@pytest.mark.parametrize(
    ("cells", "severity"),
    [
        (("Users of Acme", "Inc.", "as of Nov 30", "2026"), "info"),
        (("Users", "Acme", "HQ", "Seattle"), "info"),
        (("Cy", "Oh", "cy@acme.example", "none"), "error"),
        (("", "Oh", "cy@acme.example"), "error"),
        (("by hr@acme.example",), "info"),
        (("Cy", "Oh", "", "1003"), "error"),
        (("Acme", "Users"), "info"),
        (("a", "b", "cy@acme.example", "1", "2", "3"), "info"),
    ],
)
def test_a_title_above_the_headings_is_no_row(cells: tuple[str, ...], severity: str) -> None:
    header = Row(2, ("First name", "Last name", "Email", "Extension"))
    people = [("Bo", "Li", "bo@acme.example", "1001"), ("Al", "Ng", "al@acme.example", "1002")]
    rows = [Row(line, texts) for line, texts in enumerate(people, 3)]
    table = Sheet("hr.csv", [Row(1, cells), header, *rows])
    (note,) = data_rows(table, guess_columns(header), rows)[1]
    assert note.severity == severity


@pytest.mark.parametrize(
    ("cells", "severity"),
    [
        (("bo@acme.example", "X2"), "error"),
        (("Licenses", "Acme"), "info"),
        (("", "X2"), "info"),
    ],
)
def test_a_row_of_two_cells_above_the_headings_may_be_a_user(
    cells: tuple[str, ...], severity: str
) -> None:
    header = Row(2, ("User ID", "License"))
    rows = [Row(3, ("al@acme.example", "X4"))]
    (note,) = data_rows(
        Sheet("u.csv", [Row(1, cells), header, *rows]), guess_columns(header), rows
    )[1]
    assert note.severity == severity


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("MÃ¼ller", "It means 'Müller'."),
        ("Oâ€™Neil", "It means 'O’Neil'."),
        ("Bj\ufffdrn", "export the file again as UTF-8"),
    ],
)
def test_text_that_was_read_in_another_encoding_is_refused(text: str, what: str) -> None:
    table = sheet((text, *BO[1:]))
    (fault,) = unreadable_cells(table, COLUMNS, table.rows[1:])
    assert str(fault.span) == "hr.csv:2:1"
    assert what in f"{fault.message} {fault.hint}"


@pytest.mark.parametrize("text", ["Müller", "SÃO", "Ångström", "Ää", "O’Neil", "Île", "山田", "â–"])
def test_text_of_other_languages_is_read(text: str) -> None:
    assert faults((text, *BO[1:])) == []


@pytest.mark.parametrize("headings", [("Site", "City"), ("Name", "Title"), ("Vorname", "Nachname")])
def test_below_an_empty_row_two_headings_begin_another_table(headings: tuple[str, ...]) -> None:
    rows = [HEADER, Row(2, BO), Row(4, headings), Row(5, ("Oh", "Cy"))]
    data, (fault,) = data_rows(Sheet("hr.csv", rows), COLUMNS, rows[1:], ALL_HEADINGS)
    assert [row.cells for row in data] == [BO]
    assert (fault.severity, str(fault.span)) == ("error", "hr.csv:4:1")


def test_a_line_break_in_a_cell_is_no_empty_row() -> None:
    rows = [HEADER, Row(2, ("Bo\nB", *BO[1:])), Row(4, ("Name", "Title"))]
    assert data_rows(Sheet("hr.csv", rows), COLUMNS, rows[1:])[1] == []


def above(*cells: str) -> tuple[str, str]:
    """Report a row above the headings."""
    header = Row(3, HEADER.cells)
    rows = [Row(1, cells), header, Row(4, BO)]
    columns = guess_columns(header)
    data, (note,) = data_rows(Sheet("hr.csv", rows), columns, rows[2:], ALL_HEADINGS)
    assert ([row.cells for row in data], str(note.span)) == ([BO], "hr.csv:1:1")
    return str(note.severity), note.message


@pytest.mark.parametrize(
    "cells",
    [
        ("New people",),
        ("Report of", "24 November"),
        ("", "", "", "as of", "today"),
        ("a", "b", "c", "d", "e", "f", "g"),  # a title with commas is wider than the table
    ],
)
def test_a_title_above_the_headings_is_noted(cells: tuple[str, ...]) -> None:
    assert above(*cells) == ("info", "This row is not read: it is above the headings.")


def test_a_row_that_was_sorted_above_the_headings_is_refused() -> None:
    assert above(*BO) == (
        "error",
        "This row is above the headings, but fills the columns of the table.",
    )


@pytest.mark.parametrize(
    "headings", [("Site", "City"), ("Employee", "Office"), ("License ID", "Type", "Assigned to")]
)
def test_the_headings_of_another_table_above_are_refused(headings: tuple[str, ...]) -> None:
    severity, message = above(*headings)
    assert (severity, "headings of another table" in message) == ("error", True)
