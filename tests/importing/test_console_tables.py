"""Lists of a console move in at the first try, and not one cell of them is lost without a word."""

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
    HAUPT,
    LICENSES,
    PINE,
    USERS,
    changed,
    moved,
    without,
)
from tests.support.import_command import NOW, texts


def document(folder: Path) -> Any:
    return json.loads((folder / "new" / "inventory.json").read_text())


# --- what moves in --------------------------------------------------------------------------------


def test_the_two_lists_of_a_console_move_in_at_the_first_try(tmp_path: Path) -> None:
    result = moved(tmp_path)
    found = document(tmp_path)
    assert {name: unit.get("user") for name, unit in found["licenses"].items()} == {
        "L1": ADA, "L2": BO, "L3": CY, "L4": CY, "L5": None,
    }  # fmt: skip
    assert [unit["country"] for unit in found["licenses"].values()] == [
        "US",
        "US",
        "DE",
        "DE",
        "US",
    ]
    assert found["licenses"]["L2"]["suspended"]["reason"] == "user_inactive"
    assert found["users"][ADA]["services"] == [
        {"license": "L1", "extension": {"number": "1001", "phone_numbers": ["+12065550101"]}}
    ]
    assert found["users"][CY]["services"] == [
        {"license": "L3", "extension": {"number": "2001", "phone_numbers": ["+498990110001"]}},
        {"license": "L4"},
    ]
    assert found["sites"] == {
        "Seattle": {"pbx": "acme01", "service_address": "A1"},
        "Munich": {"pbx": "acme02", "service_address": "A2"},
    }
    assert [address["city"] for address in found["service_addresses"].values()] == [
        "Seattle",
        "München",
    ]
    assert "users.csv: 4 rows, read as users. 'First name' is first_name" in result.stderr
    assert (
        "Service addresses were read from single lines; check them in places.yaml (2)"
        in result.stderr
    )
    assert "No changes" in run("plan", tmp_path / "new", *NOW).stdout


def test_a_sheet_with_titles_gaps_and_totals_moves_in_the_same(tmp_path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, text in (("Benutzer", USERS), ("Lizenzen", LICENSES)):
        sheet = book.create_sheet(name)
        sheet.append([f"Export: {name}; 24 Nov 2026"])
        sheet.append([])
        for row in csv.reader(StringIO(text)):
            sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
            sheet.append([])
        sheet.append(["Total", 4])
    book.create_sheet("Read me").append(["Made by the console"])
    book.save(tmp_path / "export.xlsx")
    moved(tmp_path)
    result = run(
        "import", tmp_path / "other", "--from", tmp_path / "export.xlsx", "--name", "new", *NOW
    )
    assert texts(tmp_path / "new") == texts(tmp_path / "other")
    assert "sheet 'Read me': not used" in result.stderr
    assert "This row is not read: it is a total." in result.stderr


def test_users_of_several_files_are_all_read(tmp_path: Path) -> None:
    head, *rows = USERS.splitlines()
    parts = {f"part{i}": f"{head}\n{row}\n" for i, row in enumerate(rows)}
    moved(tmp_path, users="", **parts)
    assert len(document(tmp_path)["users"]) == 4
    assert "1002" in json.dumps(document(tmp_path))


def test_a_table_of_numbers_beside_the_list_of_users_is_read(tmp_path: Path) -> None:
    numbers = "Login,Extension Nr.,Rufnummer\nada@acme.example,1001,(206) 555-0101\n"
    moved(tmp_path, users=without(USERS, "Extension", "Phone number"), numbers=numbers)
    assert document(tmp_path)["users"][ADA]["services"][0]["extension"]["number"] == "1001"


def test_a_second_row_of_a_user_is_another_license(tmp_path: Path) -> None:
    users = (
        "User,First name,License type,Country,Extension\n"
        "cy@acme.example,Cy,X2,DE,2001\ncy@acme.example,Cy,VCC Agent,DE,6001\n"
    )
    moved(tmp_path, users=users, licenses="")
    services = document(tmp_path)["users"][CY]["services"]
    assert [service["extension"]["number"] for service in services] == ["2001", "6001"]


def test_full_names_and_e_mail_addresses_serve_where_there_is_nothing_else(tmp_path: Path) -> None:
    users = "Name,E-Mail,Durchwahl\nAda Maria Lopez,ada@acme.example,1001\n"
    licenses = "Lizenz ID,Lizenztyp,Land,Zugewiesen an\nL1,X4,USA,Ada Maria Lopez\n"
    moved(tmp_path, users=users, licenses=licenses)
    user = document(tmp_path)["users"][ADA]
    assert (user["first_name"], user["last_name"]) == ("Ada Maria", "Lopez")
    assert user["services"][0]["extension"] == {"number": "1001"}


def test_a_site_has_the_address_of_its_users_licenses_if_it_is_one(tmp_path: Path) -> None:
    shown = moved(tmp_path)
    assert "Sites got the service address of their users' licenses" in shown.stderr
    assert "service_address:" not in (tmp_path / "new" / "users.yaml").read_text()
    other = tmp_path / "other"
    other.mkdir()
    moved(other, licenses=changed(LICENSES, 2, "Service address", PINE.replace("500", "502")))
    assert document(other)["sites"]["Seattle"] == {"pbx": "acme01"}


@pytest.mark.slow
def test_sites_are_read_without_a_pbx_and_with_addresses_of_their_own(tmp_path: Path) -> None:
    moved(tmp_path, sites="Site,Locale\nSeattle,en-US\n")
    assert document(tmp_path)["sites"]["Seattle"] == {
        "locale": "en-US",
        "pbx": "acme01",
        "service_address": "A1",
    }
    places = (
        "Site,Street number,Street,City,State,ZIP,Country\n"
        "Seattle,500,Pine St,Seattle,WA,98101,USA\nMunich,12,Hauptstr.,München,,80331,Germany\n"
    )
    (tmp_path / "b").mkdir()
    moved(tmp_path / "b", sites=places)
    found = document(tmp_path / "b")
    assert (
        found["service_addresses"][found["sites"]["Munich"]["service_address"]]["country"] == "DE"
    )
    assert len(found["service_addresses"]) == 2, "those of the licenses are the same"
    (tmp_path / "c").mkdir()  # a line ends with its country, or the licenses there have one
    moved(tmp_path / "c", sites=f'Site,Address\nSeattle,"{PINE}, US"\nMunich,"{HAUPT}"\n')
    assert document(tmp_path / "c")["service_addresses"].keys() == {"A1", "A2"}


@pytest.mark.parametrize("address", ["SEA", "sea", "500 Pine St, Seattle, WA 98101"])
def test_addresses_of_a_table_are_named_by_id_or_content(tmp_path: Path, address: str) -> None:
    addresses = (
        "id,street_number,street_name,city,state,postal,country\n"
        "SEA,500,Pine St,Seattle,WA,98101,us\n"
    )
    sites = f'site,service address\nSeattle,"{address}"\n'
    licenses = LICENSES.replace(f'"{PINE}"', f'"{address}"')
    moved(tmp_path, sites=sites, licenses=licenses, service_addresses=addresses)
    found = document(tmp_path)
    assert (
        found["sites"]["Seattle"]["service_address"]
        == found["licenses"]["L1"]["service_address"]
        == "SEA"
    )


@pytest.mark.slow
def test_the_country_of_a_license_comes_from_what_says_it(tmp_path: Path) -> None:
    users = without(USERS, "Extension", "Phone number")
    sites = f'Site,Country,Service address\nSeattle,US,"{PINE}"\nMunich,DE,"{HAUPT}"\n'
    bare = without(LICENSES, "Country", "Service address").replace(
        "VCC Agent,", "VCC Agent-VOSVC1-01-DE,"
    )
    for name, files, words in (
        ("site", {"sites": sites, "licenses": "", "users": users}, ()),
        ("option", {"licenses": "", "users": users}, ("--country", "us")),
        ("name", {"licenses": bare.replace("US,L3", "DE,L3"), "users": users}, ()),
    ):
        (tmp_path / name).mkdir()
        result = moved(tmp_path / name, *words, **files)
        units = document(tmp_path / name)["licenses"].values()
        assert {unit["country"] for unit in units} == ({"US"} if name == "option" else {"US", "DE"})
        assert ("comes from the end of their names (5)" in result.stderr) == (name == "name")


def test_lists_that_say_no_licenses_do_not_take_them_away(tmp_path: Path) -> None:
    users = without(USERS, "Licenses", "Extension", "Phone number")
    result = moved(tmp_path, users=users, licenses="")
    assert "do not list the licenses of users" in result.stderr
    assert "licenses" not in texts(tmp_path / "new")["users.yaml"]


def test_several_ids_stand_in_one_cell(tmp_path: Path) -> None:
    moved(tmp_path, users=changed(USERS, 3, "Licenses", "L3; L4"))
    assert [s["license"] for s in document(tmp_path)["users"][CY]["services"]] == ["L3", "L4"]


# --- what is not read -----------------------------------------------------------------------------


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
