"""Lists that are not quite what they should be: rows that are longer than the headings, headings
that say much.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.spreadsheets.columns import guess_columns
from licsync.spreadsheets.sheet import Row
from tests.support.command_line import run
from tests.support.onboarding import NOW, contents, onboard, users

HEADINGS = "first name,last name,user,department,job title,phone"


def test_a_row_that_goes_on_beyond_the_headings_is_a_fault(acme: Path) -> None:
    before = contents(acme)
    rows = (
        HEADINGS,
        "Jo,Do,jo2@acme.example,Sales,Clerk,,,,+12065550199,zzz",
        "Al,Do,al@acme.example,Sales, West,Clerk,+12065550198",
        "Bo,Do,bo2@acme.example,Sales,Clerk,,,",
    )
    result = onboard(acme, "\n".join(rows) + "\n", code=1)
    assert "list.csv:2:9: '+12065550199' is to the right of the last heading" in result.stderr
    assert "list.csv:3:7: '+12065550198' is to the right of the last heading" in result.stderr
    assert contents(acme) == before


def test_an_import_tells_it_too(tmp_path: Path) -> None:
    list_ = tmp_path / "people.csv"
    list_.write_text(
        "user,first name,last name,license type,country,\nJo@acme.example,Jo,Do,x2,US,,x2\n"
    )
    result = run("import", tmp_path / "new", "--from", list_, *NOW, code=1)
    assert "people.csv:2:7: 'x2' is to the right of the last heading" in result.stderr
    assert not (tmp_path / "new").exists()


def test_the_table_of_users_that_export_writes_is_understood(acme: Path) -> None:
    lines = run("export", acme, "--table", "users", *NOW).stdout.splitlines()
    ada = next(line for line in lines if line.startswith("ada.lopez@"))
    new = ada.replace("ada.lopez@", "zoe.zander@").replace("1001", "1444")
    new = new.replace('"\'+12065550101, +12065550111"', "+12065550188").replace(
        "Ada,Lopez", "Zoe,Zander"
    )
    result = onboard(acme, f"{lines[0]}\n{new}\n")
    assert "'type' is license" in result.stderr
    assert "Ignored: 'license', 'title'," in result.stderr
    zoe = users(acme)["zoe.zander@acme.example"]
    assert (zoe["job_title"], zoe["licenses"][0]["type"]) == ("Account Executive", "x4")


def test_a_column_with_the_name_of_a_field_is_that_field_wherever_it_stands() -> None:
    header = Row(1, ("Title", "E-Mail", "Job title", "Email", "Type", "License", "Dept"))
    found = guess_columns(header)
    assert found.fields == {"job_title": 2, "email": 3, "license": 5, "department": 6}
    assert (found.ignored, found.repeated) == (["Title", "E-Mail", "Type"], {})
    assert guess_columns(Row(1, ("Dept", "Team"))).repeated == {1: "department"}
    assert guess_columns(Row(1, ("Email", "email"))).repeated == {1: "email"}


def test_what_a_mapping_file_says_goes_before_the_name_of_a_field() -> None:
    found = guess_columns(Row(1, ("Job title", "Title")), own={"job_title": "Title"})
    assert (found.fields, found.ignored) == ({"job_title": 1}, ["Job title"])


DAMAGED = {
    "#N/A": "is a spreadsheet error",
    "#NV": "is a spreadsheet error",
    "Sa\u200bles": "contains the invisible character U+200B",
    "Sa\u00adles": "contains the invisible character U+00AD",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", DAMAGED)
@pytest.mark.parametrize("column", range(6))
def test_a_damaged_cell_is_a_fault_in_every_column_that_is_read(
    acme: Path, text: str, column: int
) -> None:
    before = contents(acme)
    cells = ["Jo", "Do", "jo@acme.example", "Sales", "Clerk", ""]
    cells[column] = text
    result = onboard(acme, f"{HEADINGS},Shoe size\n{','.join(cells)},#N/A\n", code=1)
    assert f"list.csv:2:{column + 1}: " in result.stderr
    assert DAMAGED[text] in result.stderr
    assert "1 error" in result.stderr, "it is told once, and not in a column that is not read"
    assert contents(acme) == before


@pytest.mark.parametrize("text", DAMAGED)
@pytest.mark.parametrize("column", range(4))
def test_an_import_refuses_a_damaged_cell(tmp_path: Path, text: str, column: int) -> None:
    list_ = tmp_path / "people.csv"
    cells = ["jo@acme.example", "Jo", "x2", "US"]
    cells[column] = text
    list_.write_text(f"user,first name,license type,country\n{','.join(cells)}\n", "utf-8")
    result = run("import", tmp_path / "new", "--from", list_, *NOW, code=1)
    assert f"people.csv:2:{column + 1}: " in result.stderr
    assert DAMAGED[text] in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("nothing", ["-", "–", "--", "N/A", "n/a"])
def test_a_dash_is_an_empty_cell_as_in_an_import(acme: Path, nothing: str) -> None:
    rows = (
        "first name,last name,user,department,job title,phone,extension,external id",
        f"Jo,Do,jo2@acme.example,{nothing},{nothing},{nothing},{nothing},{nothing}",
    )
    onboard(acme, "\n".join(rows) + "\n")
    jo = users(acme)["jo2@acme.example"]
    assert jo.keys() & {"department", "job_title", "external_id", "licenses"} == set()


def test_a_mapping_file_may_say_what_a_dash_means(acme: Path) -> None:
    rows = ("first name,last name,user,department", "Jo,Do,jo2@acme.example,-")
    mapping = "values: {department: {'-': Sales}}"
    onboard(acme, "\n".join(rows) + "\n", mapping=mapping)
    assert users(acme)["jo2@acme.example"]["department"] == "Sales"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027/1/10", "2027-01-10"),
        ("10 Jan 2027", "2027-01-10"),
        ("2027-01-10 08:30:00", "2027-01-10"),
        ("10.01.2027 08:30", "2027-01-10"),
    ],
)
def test_a_first_day_may_be_written_in_any_form_that_means_one_day(
    acme: Path, text: str, day: str
) -> None:
    onboard(acme, f"first name,last name,user,start date\nJo,Do,jo2@acme.example,{text}\n")
    assert users(acme)["jo2@acme.example"]["start_on"] == day


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("3/4/2027", "Write 2027-03-04 or 2027-04-03."),
        ("2027-01-10T00:00:00Z", "Write 2027-01-10."),
        ("10.01.27", "Write 2027-01-10 or 2027-10-01."),
    ],
)
def test_a_first_day_that_may_mean_another_is_refused_with_what_to_write(
    acme: Path, text: str, hint: str
) -> None:
    rows = f"first name,last name,user,start date\nJo,Do,jo2@acme.example,{text}\n"
    output = onboard(acme, rows, code=1).stderr
    assert f"'{text}' is not a date" in output
    assert hint in output


def test_an_address_that_a_program_copied_is_refused_with_the_address(acme: Path) -> None:
    rows = "first name,last name,email\nJo,Do,mailto:jo2@acme.example?subject=Hi\n"
    assert "Write 'jo2@acme.example'." in onboard(acme, rows, code=1).stderr


@pytest.mark.parametrize(
    ("rule", "blank"),
    [
        ("{first_name}.{last_nam}@acme.example", "{last_nam}"),
        ("{first_name}.{Last}@acme.example", "{Last}"),
        ("{first}{}@acme.example", "{}"),
        ("{first}.last}@acme.example", "}"),
        ("{first@acme.example", "{first@acme.example"),
    ],
)
def test_a_rule_of_user_names_names_only_parts_of_names(acme: Path, rule: str, blank: str) -> None:
    rows = "first name,last name,email\nJo,Do,jo2@acme.example\n"
    output = onboard(acme, rows, mapping=f"user_name: '{rule}'", code=1).stderr
    assert f"map.yaml:1:1: The rule for user names has '{blank}'" in output
    assert "{first_name}, {last_name}, {first}, {last}" in output


def test_a_heading_that_is_nearly_known_is_reported(acme: Path) -> None:
    rows = (
        "First name,Last name,Email,Departmnt,Birth date,Manager email,Start time,Job-Titel",
        "Jo,Do,jo2@acme.example,Sales,1990-01-01,boss@acme.example,8,Rep",
    )
    output = onboard(acme, "\n".join(rows) + "\n").stderr
    assert "list.csv:1:4: The column 'Departmnt' is not read." in output
    assert (
        "If it means 'department', rename it; or ignore it: --ignore-column 'Departmnt'." in output
    )
    assert "'Job-Titel' is not read" in output
    assert output.count("is not read.") == 2
    again = onboard(acme, "\n".join(rows) + "\n", "--ignore-column", "Departmnt").stderr
    assert "'Departmnt' is not read" not in again


def test_a_heading_that_is_nearly_one_of_a_column_that_is_read_is_not_reported(acme: Path) -> None:
    rows = "First name,Last name,Email,Department,Departments\nJo,Do,jo2@acme.example,Sales,x\n"
    assert "is not read." not in onboard(acme, rows).stderr


@pytest.mark.parametrize("column", [0, 1, 4, 5])
def test_a_text_that_is_longer_than_files_may_have_it_is_refused(acme: Path, column: int) -> None:
    headings = "first name,last name,user,department,cost center,external id"
    cells = ["Jo", "Do", "jo2@acme.example", "Sales", "C1", "E1"]
    cells[column] = "9" * 255
    output = onboard(acme, f"{headings}\n{','.join(cells)}\n", "--dry-run", code=1).stderr
    assert f"list.csv:2:{column + 1}: " in output
    assert "has 255 characters, more than 254." in output
    assert "1 error\n" in output


def test_a_space_before_a_quotation_mark_is_not_part_of_the_cell(acme: Path) -> None:
    rows = 'first name, "last name", user,"department"\nJo, "Do, Jr", jo2@acme.example, "Sales"\n'
    onboard(acme, rows)
    jo = users(acme)["jo2@acme.example"]
    assert (jo["last_name"], jo["department"]) == ("Do, Jr", "Sales")
