"""Lists of a console move in at the first try."""

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
