"""`licsync import` of tables: exports of an account, and lists of the console."""

from __future__ import annotations

import csv
import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from licsync.config.loader import load
from tests.support.accounts import unit
from tests.support.command_line import run
from tests.support.import_command import NOW, texts
from tests.support.paths import ACME
from tests.support.random_inventories import oracle_document, small


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_what_was_exported_is_imported_the_same(tmp_path: Path, format_: str, seed: int) -> None:
    source = tmp_path / "console.json"
    source.write_text(json.dumps(oracle_document(seed, 30)))
    first, second = tmp_path / "first", tmp_path / "second"
    now = ("--now", json.loads(source.read_text())["as_of"])
    run("import", first, "--from", source, "--name", "acme", *now)
    out = tmp_path / ("tables" if format_ == "csv" else "tables.xlsx")
    run("export", first, "--format", format_, "--out", out, *now)
    run("import", second, "--from", out, "--name", "acme", *now)
    assert texts(first) == texts(second)
    again = tmp_path / "again"
    run("export", second, "--out", again, *now)
    if format_ == "csv":
        for path in out.iterdir():
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_acme_comes_back_with_hostile_text_in_it(tmp_path: Path) -> None:
    source = shutil.copytree(ACME, tmp_path / "acme")
    document = json.loads((source / "inventory.json").read_text())
    hostile = (
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2",
        "@x",
        "'=x",
        "''",
        '"; drop',
        "a,b;c\td",
        "[1]",
        "NO",
        "1.4E+10",
        "#x: y",
    )
    for user, text in zip(document["users"].values(), hostile, strict=False):
        user["job_title"] = text
    (source / "inventory.json").write_text(json.dumps(document))
    run("export", source, "--out", tmp_path / "tables", *NOW)
    run(
        "import",
        tmp_path / "new",
        "--from",
        tmp_path / "tables",
        "--license-type",
        "speech-analytics=addon",
        *NOW,
    )
    loaded = load(tmp_path / "new").desired
    assert loaded is not None
    titles = [loaded.users[name].get("job_title", "") for name in document["users"]]
    assert [t for t in titles if t in hostile] == [
        " ".join(t.split()) if "\t" not in t else t for t in hostile if "\t" not in t
    ]


def test_names_with_commas_come_back_apart(tmp_path: Path) -> None:
    document = small()
    document["users"]["ada@acme.example"] |= {
        "ring_groups": ["Main, second", "Front"],
        "call_queues": ["Sales"],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    run("import", tmp_path / "first", "--from", tmp_path / "a.json", *NOW)
    run("export", tmp_path / "first", "--out", tmp_path / "tables", *NOW)
    run("import", tmp_path / "second", "--from", tmp_path / "tables", *NOW)
    found = json.loads((tmp_path / "second" / "inventory.json").read_text())["users"][
        "ada@acme.example"
    ]
    assert (found["ring_groups"], found["call_queues"]) == (["Main, second", "Front"], ["Sales"])


def lists(
    tmp_path: Path, users: list[list[str]], units: list[list[str]] | None = None
) -> list[str | Path]:
    words: list[str | Path] = []
    for name, rows in (("people.csv", users), ("units.csv", units)):
        if rows:
            with (tmp_path / name).open("w", newline="", encoding="cp1252") as file:
                csv.writer(file, delimiter=";").writerows(rows)
            words += ["--from", tmp_path / name]
    return [*words, "--encoding", "cp1252"]


def test_lists_of_the_console_are_imported(tmp_path: Path) -> None:
    users = [
        [
            "User Name",
            "First Name",
            "Last Name",
            "Email Address",
            "Site",
            "Status",
            "License Type",
            "Country",
        ],
        [
            "zoe@acme.example",
            "Zoë",
            "Zhu",
            "zoe@acme.example",
            "Köln",
            "Active",
            "X Series X4",
            "DE",
        ],
        ["", "", "", "", "", "", "", ""],
        ["bo@acme.example", "Bo", "Chen", "bo@acme.example", "Köln", "Inactive", "8x8 X2", "DE"],
        ["cy@acme.example", "Cy", "Diaz", "", "", "", "", ""],
    ]
    run("import", tmp_path / "new", *lists(tmp_path, users), *NOW)
    found = texts(tmp_path / "new")
    assert "type: x4" in found["users.yaml"] or "[x4]" in found["users.yaml"]
    assert "first_name: Zoë" in found["users.yaml"]
    assert "status: inactive" in found["users.yaml"]
    document = json.loads((tmp_path / "new" / "inventory.json").read_text())
    assert document["licenses"]["bo@acme.example-1"]["suspended"]["reason"] == "user_inactive"


def test_units_say_who_holds_them(tmp_path: Path) -> None:
    users = [
        ["Login", "First name", "License"],
        ["zoe@acme.example", "Zoe", ""],
        ["bo@acme.example", "Bo", "X2"],
    ]
    units = [
        ["License ID", "License Type", "Country", "Status", "Assigned To"],
        ["L1", "x4", "DE", "Assigned", "zoe@acme.example"],
        ["L2", "x4", "DE", "Unassigned", ""],
    ]
    result = run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW, code=1)
    assert "people.csv:3:3" in result.stderr
    assert "The license has no country" in result.stderr
    users[2][2] = ""
    run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW)
    document: Any = json.loads((tmp_path / "new" / "inventory.json").read_text())
    assert document["users"]["zoe@acme.example"]["services"] == [{"license": "L1"}]
    assert "{type: x4, quantity: 2}" in texts(tmp_path / "new")["licenses.yaml"]


def test_a_quantity_is_declared_only_if_the_licenses_were_listed(tmp_path: Path) -> None:
    """Users show the licenses that they have. The company may own more."""
    users = [
        ["Login", "First name", "License", "Country"],
        ["zoe@acme.example", "Zoe", "X4", "US"],
        ["bo@acme.example", "Bo", "X2", "US"],
    ]
    shown = run("import", tmp_path / "new", *lists(tmp_path, users), *NOW)
    assert "licenses.yaml" not in texts(tmp_path / "new")
    assert "The quantity of 2 license pools is not in the files" in shown.stderr
    seen = json.loads((tmp_path / "new" / "inventory.json").read_text())
    seen["licenses"] |= {f"L{n}": unit("x4", None) for n in range(3)}
    (tmp_path / "listed.json").write_text(json.dumps(seen))
    run("inventory", "load", tmp_path / "new", tmp_path / "listed.json", *NOW)
    plan = run("plan", tmp_path / "new", *NOW)
    assert "cancel" not in plan.stdout + plan.stderr
    run("import", tmp_path / "again", "--from", tmp_path / "listed.json", *NOW)
    assert "{type: x4, quantity: 4}" in texts(tmp_path / "again")["licenses.yaml"]


def test_faults_in_tables_are_reported_by_row_and_column(tmp_path: Path) -> None:
    users = [
        ["user", "first_name", "license", "call_forwarding"],
        ["", "Nobody", "", ""],
        ["zoe@acme.example", "Zoe", "L1", "to 1001"],
        ["bo@acme.example", "Bo", "L9", ""],
    ]
    units = [["id", "type", "country", "status"], ["L1", "x4", "", "assigned"], ["L3", "", "DE"]]
    shown = run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW, code=1).stderr
    for expected in (
        "people.csv:2:1",
        "no user",
        "people.csv:3:4",
        "The cell is not JSON",
        "units.csv:2:3",
        "no country",
        "units.csv:3:2",
        "'L9'",
    ):
        assert expected in shown, (expected, shown)
    assert not (tmp_path / "new").exists()


def test_values_broken_by_excel_are_reported_by_row_and_column(tmp_path: Path) -> None:
    users = [
        ["user", "first_name", "type", "country", "extension", "phone_numbers", "status"],
        ["ann@acme.example", "Ann", "x2", "GB", "1001", "4,42079E+11", "active"],
        ["bob@acme.example", "Bob", "x2", "Atlantis", "1.0E+3", "020 7946 0155", "active"],
        ["cat@acme.example", "Cat", "x2", "GB", "1003", "12", "actve"],
        ["dan@acme.example", "Dan", "x2", "GB", "1004", "", "active"],
        ["eve@acme.example", "Eve", "x2", "GB", "1004", "", "active"],
    ]
    units = [
        ["id", "type", "country"],
        ["L1", "x4", "DE"],
        ["L1", "x4", "DE"],
        ["L2", "x4", "Germany"],
    ]
    shown = run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW, code=1).stderr
    for expected in (
        "people.csv:2:6: '4,42079E+11' is a long number that Excel shortened",
        "people.csv:3:4: 'Atlantis' is not a country",
        "people.csv:3:5: '1.0E+3' is a long number that Excel shortened",
        "people.csv:4:6: '12' is not a phone number in GB",
        "people.csv:4:7: 'actve' is not a user status",
        "people.csv:6:5: Extension number '1004' is used twice",
        "units.csv:3:1: 'L1' is already in row 2",
        "7 errors",
    ):
        assert expected in shown, (expected, shown)


def test_phone_numbers_are_read_as_they_are_written_there(tmp_path: Path) -> None:
    users = [
        ["user", "first_name", "type", "country", "phone_numbers"],
        ["ann@acme.example", "Ann", "x2", "United Kingdom", "442079460154"],
        ["bob@acme.example", "Bob", "x2", "GB", "020 7946 0155"],
    ]
    users += [
        ["cat@acme.example", "Cat", "x2", "DE", "089/12345678"],
        ["dan@acme.example", "Dan", "x2", "DE", "+490221 4710123"],
        # of no known numbering plan: as the vendor has it
        ["eve@acme.example", "Eve", "x2", "DE", "+99912345678"],
    ]
    run("import", tmp_path / "new", *lists(tmp_path, users), *NOW)
    found = texts(tmp_path / "new")["users.yaml"]
    for number in (
        "+442079460154",
        "+442079460155",
        "+498912345678",
        "+492214710123",
        "+99912345678",
    ):
        assert f'["{number}"]' in found


def test_a_list_without_users_is_refused(tmp_path: Path) -> None:
    shown = run(
        "import", tmp_path / "new", *lists(tmp_path, [["a", "b"], ["1", "2"]]), *NOW, code=1
    ).stderr
    assert "No table of users was found" in shown
    (tmp_path / "gone").mkdir()
    assert "No table" in run("import", tmp_path / "new", "--from", tmp_path / "gone", code=1).stderr


def test_an_excel_file_with_one_sheet_of_any_name(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Export of today"], [],
                ["Username", "First name", "Extension", "License", "Country"],
                ["zoe@acme.example", "Zoe", 1001, "X2", "US"]):  # fmt: skip
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    run("import", tmp_path / "new", "--from", tmp_path / "a.xlsx", *NOW)
    assert 'extension: {number: "1001"}' in texts(tmp_path / "new")["users.yaml"]
