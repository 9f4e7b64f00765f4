"""Irregular cells of exports: licsync reads them as `people` does, or refuses them."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from licsync.config.loader import load
from tests.support.command_line import run

NOW = ("--now", "2026-11-24")
HEADINGS = "User name,First name,Last name,Site,Job title,License,Country,Extension"
BO = "bo@acme.example,Bo,Li,Seattle,Rep,X4,US,1002"


def imported(tmp_path: Path, *lines: str, code: int = 0) -> str:
    (tmp_path / "users.csv").write_text("\n".join((HEADINGS, *lines)) + "\n")
    return run("import", tmp_path / "new", "--from", tmp_path / "users.csv", *NOW, code=code).stderr


def test_a_line_break_in_a_name_is_a_space(tmp_path: Path) -> None:
    line = 'bo@acme.example,"Bo\nAnn"," Li  Ng ","Sea\ttle","Sales\r\nRep",X4,US,1002'
    imported(tmp_path, line)
    desired = load(tmp_path / "new").desired
    assert desired is not None
    bo = desired.users["bo@acme.example"]
    texts = [bo.get(name) for name in ("first_name", "last_name", "site", "job_title")]
    assert texts == ["Bo Ann", "Li Ng", "Sea tle", "Sales Rep"]
    assert [*desired.sites] == ["Sea tle"]
    people = run("people", tmp_path / "new", "--from", tmp_path / "users.csv", *NOW).stdout
    assert "1 row: 1 unchanged" in people


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Page 1 of 3", "users.csv:3:1: The row has only 'Page 1 of 3': it is a remark, or"),
        (
            "Login,Given name,Surname,Office,Role,Product",
            "users.csv:3:1: This row has the headings of another table",
        ),
        (
            "Site,Street,City,State,Postal code",
            "users.csv:3:1: This row has the headings of another table",
        ),
        (
            BO.replace("bo@", "al@").replace("X4", "Foo 9").replace("1002", "1003"),
            "users.csv:3:6: 'Foo 9' is not a license type",
        ),
    ],
)
def test_a_row_that_is_no_user_stops_the_import(tmp_path: Path, line: str, expected: str) -> None:
    shown = imported(tmp_path, BO, line, code=1)
    assert expected in shown
    assert "1 error\n" in shown
    assert not (tmp_path / "new").exists()


def test_an_unknown_license_type_has_the_place_of_its_first_row(tmp_path: Path) -> None:
    rows = [
        "License ID,Type,Country,Status",
        "L1,X4,US,free",
        "L2,Foo 9,US,free",
        "L3,Foo 9,US,free",
    ]
    (tmp_path / "licenses.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "users.csv").write_text(f"{HEADINGS}\n{BO}\n".replace("License", "Type"))
    shown = run("import", tmp_path / "new", "--from", tmp_path, *NOW, code=1).stderr
    assert "error[unknown-reference] " in shown
    assert (
        "licenses.csv:3:2: The catalog does not contain the license type 'Foo 9' (2 licenses)."
        in shown
    )


def test_a_date_that_a_spreadsheet_made_of_a_text_is_refused(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Site", "PBX", "Street number", "Street name", "City", "State", "Country"])
    sheet.append(["Seattle", "p1", date(2026, 5, 3), "Pine St", "Seattle", "WA", "US"])
    buffer = BytesIO()
    workbook.save(buffer)
    (tmp_path / "sites.xlsx").write_bytes(buffer.getvalue())
    (tmp_path / "users.csv").write_text(f"{HEADINGS}\n{BO}\n")
    shown = run("import", tmp_path / "new", "--from", tmp_path, *NOW, code=1).stderr
    assert "sites.xlsx:2:3: Street number: '2026-05-03' is a date or a time." in shown
    assert "Format the column as text" in shown


def test_a_row_that_contradicts_another_is_one_fault(tmp_path: Path) -> None:
    shown = imported(tmp_path, BO, BO.replace("Rep", "Chief"), code=1)
    assert "users.csv:3:5: 'Chief' contradicts row 2" in shown
    assert "1 error\n" in shown


def test_a_heading_that_is_nearly_known_is_not_dropped(tmp_path: Path) -> None:
    rows = f"{HEADINGS}\n{BO}\n".replace("Job title", "Job titel")
    (tmp_path / "users.csv").write_text(rows)
    output = run("import", tmp_path / "new", "--from", tmp_path / "users.csv", *NOW, code=1).stderr
    assert "users.csv:1:5: licsync would drop the column 'Job titel'" in output
    assert "values of 'job title', if that is what its heading means" in output
