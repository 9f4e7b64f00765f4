"""No cell of the lists of a console is lost without a word: it is used, named or refused."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.support.command_line import run
from tests.support.console_tables import (
    ADA,
    BO,
    CY,
    LICENSES,
    PINE,
    USERS,
    moved,
    without,
)
from tests.support.import_command import NOW, texts


def document(folder: Path) -> Any:
    return json.loads((folder / "new" / "inventory.json").read_text())


def with_column(heading: str, *cells: str) -> str:
    """Give the list of users with another column."""
    lines = zip(USERS.splitlines(), (heading, *cells), strict=True)
    return "\n".join(f"{line},{cell}" for line, cell in lines) + "\n"


@pytest.mark.parametrize(
    ("heading", "cells", "what"),
    [
        ("Mobile", ("+1 206 555 0180", "", "", ""), "phone numbers"),
        ("Second line", ("(206) 555-0181", "(206) 555-0182", "", ""), "phone numbers"),
        ("Second seat", ("X2", "X Series X4", "", ""), "licenses"),
        ("Works at", ("Seattle", "Munich", "Munich", ""), "sites"),
        ("Internal", ("7001", "7002", "7003", "7004"), "numbers that may be extensions"),
        ("Fax", ("see file", "", "", ""), "data that may matter ('fax')"),
        ("License comment", ("ask Jo", "", "", ""), "data that may matter ('license')"),
        ("Forwarding to", ("1002", "", "", ""), "data that may matter ('forwarding')"),
        ("Enabled", ("yes", "no", "yes", "yes"), "data that may matter ('enabled')"),
        ("E-Mail 2 Ext", ("a", "b", "", ""), "data that may matter ('ext')"),
        ("Login name", ("ada", "", "", ""), "other values than 'Username', which means the same"),
    ],
)
def test_a_column_that_counts_is_not_dropped_without_a_word(
    tmp_path: Path, heading: str, cells: tuple[str, ...], what: str
) -> None:
    users = with_column(heading, *cells)
    count = len([cell for cell in cells if cell])
    counted = f"{count} cell{'s' * (count > 1)}"
    shown = moved(tmp_path, users=users, code=1).stderr
    assert "users.csv:1:12: " in shown
    message = f"licsync would drop the column '{heading}' ({counted}), which holds {what}."
    assert message in " ".join(shown.split())
    assert "1 error" in shown
    result = moved(tmp_path, "--ignore-column", heading, users=users)
    assert f"Not used: '{heading}'." in result.stderr


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Cost center", ("4711", "4712", "4713", "4714")),
        ("Employee ID", ("1", "2", "3", "4")),
        ("Shoe size", ("42", "42", "", "")),
        ("Mobile", ("", "", "", "")),
        ("Work mail", (ADA, BO, CY, "di@acme.example")),
    ],
)
def test_another_column_is_reported(tmp_path: Path, heading: str, cells: tuple[str, ...]) -> None:
    assert f"Not used: '{heading}'." in moved(tmp_path, users=with_column(heading, *cells)).stderr


def test_a_column_to_ignore_must_be_there(tmp_path: Path) -> None:
    assert (
        "no column 'Shoe size' to ignore"
        in moved(tmp_path, "--ignore-column", "Shoe size", code=1).stderr
    )


def test_every_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    for name in ("notes.md", "~$users.xlsx", "sub"):
        (tmp_path / "source" / name).write_text("x")
    shown = moved(tmp_path, empty="\n", todo="Remember,the milk\n").stderr
    for expected in (
        "notes.md: not read",
        "~$users.xlsx: not read",
        "sub: not read",
        "todo.csv: not used",
        "empty.csv: not used: the file is empty",
    ):
        assert expected in shown


@pytest.mark.slow
def test_a_table_that_is_not_understood_is_refused_where_it_holds_numbers(tmp_path: Path) -> None:
    files = {"lines": "Wer,Was\nAda,+1 206 555 0101\n", "seats": "Wer,Was\nAda,X2\n"}
    shown = moved(tmp_path, code=1, **files).stderr
    assert "lines.csv:2:2: The sheet is not read, but holds a phone number" in shown
    assert "seats.csv:2:2: The sheet is not read, but holds a license: 'X2'" in shown
    words = ("--ignore-column", "lines", "--ignore-column", "Seats")
    assert "lines.csv: not read, as --ignore-column says" in moved(tmp_path, *words, **files).stderr


def test_a_hidden_sheet_is_reported(tmp_path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in ("Users", "Old"):
        for row in csv.reader(StringIO(USERS)):
            (book[name] if name in book.sheetnames else book.create_sheet(name)).append(row)
    book["Old"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    words = (
        "import",
        tmp_path / "new",
        "--from",
        tmp_path / "a.xlsx",
        "--country",
        "US",
        "--ignore-column",
        "Phone number",
    )
    assert "sheet 'Old': not read: the sheet is hidden" in run(*words, *NOW).stderr


def test_of_two_columns_with_one_heading_each_can_be_left_out(tmp_path: Path) -> None:
    users = with_column("Extension", "1009", "", "", "")
    assert "--ignore-column 'Extension#2'" in moved(tmp_path, users=users, code=1).stderr
    moved(tmp_path, "--ignore-column", "Extension#2", users=users)


def test_a_license_list_in_an_unknown_form_is_refused(tmp_path: Path) -> None:
    shown = moved(tmp_path, pool="Type,Country,Quantity\nX4,US,40\n", code=1).stderr
    assert "pool.csv:2:1: The sheet is not read, but holds a license: 'X4'" in shown


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ring group: Main", "ring_group"),
        ("ring group Main", "ring_group"),
        ("Main (Call Queue)", "call_queue"),
        ("Auto Attendant - Main", "auto_attendant"),
        ("Rufgruppe Main", "ring_group"),
        ("service Main", "service"),
    ],
)
def test_what_holds_a_license_need_not_be_a_user(tmp_path: Path, text: str, kind: str) -> None:
    moved(tmp_path, licenses=LICENSES + f"X Series X2,US,L9,{text},,Assigned\n")
    assert document(tmp_path)["licenses"]["L9"]["holder"] == {"kind": kind, "name": "Main"}
    run("export", tmp_path / "new", "--out", tmp_path / "out", *NOW)
    run("import", tmp_path / "again", "--from", tmp_path / "out", "--name", "new", *NOW)
    assert texts(tmp_path / "again") == texts(tmp_path / "new")
    (tmp_path / "new" / "inventory.json").write_bytes(
        (tmp_path / "again" / "inventory.json").read_bytes()
    )
    assert document(tmp_path)["licenses"]["L9"]["holder"] == {"kind": kind, "name": "Main"}


@pytest.mark.slow
def test_a_suspended_license_that_nobody_holds_was_removed_by_the_vendor(tmp_path: Path) -> None:
    for heading in ("Suspended since", "Gesperrt seit", "Suspendido desde"):
        licenses = "".join(
            f"{line},\n" if at else f"{line},{heading}\n"
            for at, line in enumerate(LICENSES.splitlines())
        )
        licenses += f'X Series X2,US,L9,,"{PINE}",Suspended,2026-11-20\n'
        folder = tmp_path / heading
        folder.mkdir()
        assert "that nobody holds" in moved(folder, licenses=licenses).stderr
        assert document(folder)["licenses"]["L9"]["suspended"] == {
            "reason": "removed",
            "at": "2026-11-20",
        }


def test_the_extension_of_the_vendors_voice_section_is_an_extension(tmp_path: Path) -> None:
    users = USERS.replace(",Extension,", ",User.Voice.Extension,")
    users = users.replace(",Phone number,", ",User.Voice.Number,")
    moved(tmp_path, users=users)
    extension = document(tmp_path)["users"][ADA]["services"][0]["extension"]
    assert extension == {"number": "1001", "phone_numbers": ["+12065550101"]}


def test_a_license_without_an_id_in_the_tables_is_marked(tmp_path: Path) -> None:
    licenses = without(LICENSES, "License ID")
    moved(tmp_path, licenses=licenses)
    assert all(unit["unnamed"] for unit in document(tmp_path)["licenses"].values())
    other = tmp_path / "other"
    other.mkdir()
    moved(other)
    assert not any("unnamed" in unit for unit in document(other)["licenses"].values())


def test_a_column_of_phone_numbers_in_digits_alone_is_not_dropped(tmp_path: Path) -> None:
    numbers = ("12065550101", "12065550102", "498990110001", "")
    shown = moved(tmp_path, users=with_column("Line", *numbers), code=1).stderr
    assert "drop the column 'Line' (3 cells), which holds phone numbers" in shown
    moved(tmp_path, users=with_column("Badge no", *numbers))


def test_a_file_that_ends_within_a_row_was_cut_short(tmp_path: Path) -> None:
    cut = USERS[: USERS.rindex(".example,di")]
    shown = moved(tmp_path, users=cut, code=1).stderr
    assert "The file ends within this row: it has 3 cells, the row above 11." in shown
    moved(tmp_path, users=USERS.rstrip())
