"""Exports that consoles and people spoil: what licsync reads from them, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.accounts import write_account
from tests.support.command_line import dump, run
from tests.support.console_exports import Doc, Rows, Shape, exported, write_csv
from tests.support.refresh_command import NO_IDS, NOW, column, refreshed, row_of
from tests.support.refreshing import records

ADA, BO, CHI = "ada.lopez@acme.example", "bo.chen@acme.example", "chi.oyelaran@acme.example"
Tables = dict[str, Rows]


def cells(tables: Tables, edit: Callable[[str], str]) -> Tables:
    return {
        name: [head, *([edit(cell) for cell in row] for row in rows)]
        for name, (head, *rows) in tables.items()
    }


def without(rows: Rows, heading: str) -> Rows:
    at = column(rows, heading)
    return [row[:at] + row[at + 1 :] for row in rows]


def full_names(document: Doc, tables: Tables) -> Tables:
    names = {
        name: f"{user['last_name']}, {user['first_name']}"
        for name, user in document["users"].items()
    }
    holders = [[names.get(cell, cell) for cell in row] for row in tables["licenses"]]
    return {**tables, "licenses": holders}


SAME: dict[str, Callable[[Doc], Tables]] = {
    "user names in upper case": lambda doc: {
        "users": [
            [cell.upper() if cell.endswith("@acme.example") else cell for cell in row]
            for row in exported(doc, NO_IDS)["users"]
        ]
    },
    "holders by full name": lambda doc: full_names(doc, exported(doc, NO_IDS)),
    "dashes for nothing": lambda doc: cells(exported(doc, NO_IDS), lambda cell: cell or "-"),
    "N/A for nothing": lambda doc: cells(exported(doc, NO_IDS), lambda cell: cell or "N/A"),
    "phone numbers without plus": lambda doc: cells(
        exported(doc, NO_IDS), lambda cell: cell.replace("+", "")
    ),
    "another country at the end of the SKU": lambda doc: cells(
        exported(doc, Shape(ids=False, is_sku=True)), lambda cell: cell.replace("-US", "-DE")
    ),
    "no country but that of the SKU": lambda doc: {
        **(tables := exported(doc, Shape(ids=False, is_sku=True, address=""))),
        "licenses": without(tables["licenses"], "Country"),
    },
    "no country but that of the address": lambda doc: {
        **(tables := exported(doc, NO_IDS)),
        "licenses": without(tables["licenses"], "Country"),
    },
    "e-mail addresses alone": lambda doc: {
        **(tables := exported(doc, NO_IDS)),
        "users": without(tables["users"], "Username"),
    },
    "status cells without text": lambda doc: {
        **(tables := exported(doc, NO_IDS)),
        "users": [
            [*row[:4], "" if at else row[4], *row[5:]] for at, row in enumerate(tables["users"])
        ],
    },
    "a user twice": lambda doc: {
        **(tables := exported(doc, NO_IDS)),
        "users": [*tables["users"], list(tables["users"][3])],
    },
    "all users in two files": lambda doc: {
        **(tables := exported(doc, NO_IDS)),
        "people": [list(row) for row in tables["users"]],
    },
}


@pytest.mark.parametrize("what", SAME)
def test_these_say_that_nothing_changed(acme: Path, what: str) -> None:
    before = dump(acme)
    result = refreshed(acme, SAME[what](before))
    assert "Nothing changed." in result.stdout
    assert records(dump(acme)) == records(before)


def test_a_license_that_is_called_license_is_read_by_its_name(acme: Path) -> None:
    before = dump(acme)
    tables = exported(before, NO_IDS)
    tables["licenses"][0][0] = "License"
    assert "'License' is type" in refreshed(acme, tables).stderr
    assert records(dump(acme)) == records(before)


def test_people_with_the_same_name_are_distinguished_by_their_licenses(acme: Path) -> None:
    document = dump(acme)
    for name in (ADA, BO):
        document["users"][name] |= {"first_name": "James", "last_name": "Taylor"}
    file = acme / ".new.json"
    file.write_text(json.dumps(document))
    run("inventory", "load", acme, file)
    tables = full_names(document, exported(document, NO_IDS))
    refreshed(acme, tables)
    assert records(dump(acme)) == records(document)
    tables["users"] = without(tables["users"], "Licenses")
    output = refreshed(acme, tables, code=1).stderr
    assert "Several users are named 'Taylor, James'." in output
    assert f"Write the user name: {ADA} or {BO}." in output


def test_ids_of_a_later_export_win(acme: Path) -> None:
    before = dump(acme)
    tables = exported(before)
    for at, row in enumerate(tables["licenses"][1:]):
        row[0] = f"NEW{at:03}"
    output = refreshed(acme, tables).stdout
    assert "Refreshed the inventory: 21 licenses with other ids." in output
    after = dump(acme)
    assert not before["licenses"].keys() & after["licenses"].keys()
    (ada,), (was,) = (document["users"][ADA]["services"] for document in (after, before))
    assert ada["extension"] == was["extension"]
    assert after["licenses"][ada["license"]] == before["licenses"][was["license"]]


def test_units_that_change_places_are_listed(acme: Path) -> None:
    tables = exported(dump(acme))
    rows = tables["licenses"]
    ada, chi = row_of(rows, "Assigned to", ADA), row_of(rows, "Assigned to", CHI)
    ada[0], chi[0] = chi[0], ada[0]
    output = " ".join(refreshed(acme, tables).stdout.split())
    assert f"license L101 user {CHI} {ADA}" in output
    assert f"license L102 user {ADA} {CHI}" in output


@pytest.mark.slow
def test_a_license_that_nobody_has_and_that_is_suspended_was_removed(acme: Path) -> None:
    tables = exported(dump(acme), NO_IDS)
    rows = [row[:4] + row[6:] for row in tables["licenses"]]
    row_of(rows, "Status", "Unassigned")[3] = "Suspended"
    output = refreshed(acme, {"licenses": rows}).stderr
    assert "Suspended licenses without a holder are assumed to be removed by 8x8 (1)." in output
    assert "Licenses are assumed to be removed since the previous export (1)." in output
    removed = [unit for unit in dump(acme)["licenses"].values()
               if unit.get("suspended", {}).get("at") == "2026-11-24T00:00:00Z"]  # fmt: skip
    assert [unit["suspended"]["reason"] for unit in removed] == ["removed"]


def test_a_list_of_licenses_does_not_contradict_what_is_known_of_users(acme: Path) -> None:
    tables = exported(dump(acme), NO_IDS)
    row_of(tables["licenses"], "Assigned to", BO)[3] = "Suspended"
    before = dump(acme)
    output = refreshed(acme, {"licenses": tables["licenses"]}, code=1).stderr
    assert f"The license is suspended, but its user '{BO}' was active" in output
    assert "Add the list of users to the export" in output
    assert dump(acme) == before


def test_a_site_with_another_name_is_the_same_site(acme: Path) -> None:
    before = dump(acme)
    tables = exported(before, NO_IDS)
    site = before["sites"]["Seattle"]
    tables["sites"] = [
        ["Site", "Service address", "PBX"],
        *([name if name != "Seattle" else "Seattle HQ", record["service_address"], record["pbx"]]
          for name, record in before["sites"].items()),
    ]  # fmt: skip
    for row in tables["users"]:
        row[5] = "Seattle HQ" if row[5] == "Seattle" else row[5]
    output = refreshed(acme, tables).stdout
    assert dump(acme)["sites"]["Seattle HQ"] == site, "the locale is kept"
    assert "site Seattle HQ renamed from Seattle" in " ".join(output.split())


def test_own_headings_are_read_and_unknown_fields_are_refused(acme: Path) -> None:
    tables = exported(dump(acme), NO_IDS)
    tables["users"][0] = [{"Department": "Cost group", "Phone number": "DDI"}.get(h, h)
                          for h in tables["users"][0]]  # fmt: skip
    output = refreshed(acme, tables)
    assert "'Cost group' is department" in output.stderr
    assert "'DDI' is phone_numbers" in output.stderr
    assert "Nothing changed." in output.stdout
    file = acme / "account.yaml"
    file.write_text(file.read_text().replace("  department: Cost", "  departement: Cost"))
    output = refreshed(acme, tables, code=1).stderr
    assert "Unknown key 'departement' in the headings of columns." in output
    assert "Did you mean 'department'?" in output


@pytest.mark.slow
def test_the_first_export_of_an_account_in_the_console_is_its_inventory(
    acme: Path, tmp_path: Path
) -> None:
    document = dump(acme)
    account = tmp_path / "console"
    write_account(
        account,
        "account: {name: acme, backend: {type: console}}\n"
        "catalog: {speech-analytics: {plane: addon, vendor_names: [speech-analytics]}}\n"
        "service_addresses:\n  uk: {organization: Acme UK Ltd, street_number: '20',"
        " street_name: Eastcheap, city: London, postal: EC3M 1EB, country: GB, county: London}\n",
    )
    tables = exported(document, NO_IDS)
    output = refreshed(account, tables)
    assert "Refreshed the inventory: 16 new users, 21 new licenses" in output.stdout
    assert "kept" not in output.stdout
    found = dump(account)
    cities = {address["city"]: address for address in found["service_addresses"].values()}
    assert cities["Seattle"]["building"] == "Suite 900"
    assert cities["London"]["organization"] == "Acme UK Ltd"
    assert found["users"][ADA]["services"][0]["extension"]["number"] == "1001"
    assert "Nothing changed." in refreshed(account, tables).stdout
    assert records(dump(account)) == records(found)
    assert refreshed(account, {"licenses": tables["licenses"]}).exit_code == 0


def test_licenses_alone_are_not_a_first_inventory(acme: Path, tmp_path: Path) -> None:
    account = tmp_path / "console"
    write_account(account, "account: {name: acme, backend: {type: console}}\n")
    tables = {"licenses": exported(dump(acme), NO_IDS)["licenses"]}
    assert "No table of users was found" in refreshed(account, tables, code=1).stderr


def test_an_inventory_document_is_not_an_export(acme: Path) -> None:
    output = run("refresh", acme, "--from", acme / "inventory.json", *NOW, code=1).stderr
    assert "is an inventory document, not an export of the console." in output
    assert "Load it instead: licsync inventory load" in output


@pytest.mark.slow
def test_work_by_hand_is_verified_by_the_next_export(acme: Path, tmp_path: Path) -> None:
    account = tmp_path / "console"
    write_account(
        account,
        "account: {name: acme, backend: {type: console}, defaults: {country: US}}\n"
        "catalog: {speech-analytics: {plane: addon, vendor_names: [speech-analytics]}}\n"
        f"users:\n  {BO}: {{first_name: Bo, last_name: Chen, department: Legal, licenses: [x4]}}\n"
        "  sam.reed@acme.example: {first_name: Sam, last_name: Reed, department: Advisors}\n",
    )
    tables = exported(dump(acme), NO_IDS)
    refreshed(account, tables)
    run("apply", account, "--auto-approve", *NOW, code=4)
    users, licenses = tables["users"], tables["licenses"]
    bo, held = row_of(users, "Username", BO), row_of(licenses, "Assigned to", BO)
    bo[column(users, "Licenses")], bo[column(users, "Department")] = "X4", "Legal"
    spare = next(row for row in licenses if row[:4] == ["X4", "US", "", "Unassigned"])
    spare[2:4], spare[6], held[2:4] = [BO, "Assigned"], held[6], ["", "Unassigned"]
    row_of(users, "Username", "sam.reed@acme.example")[column(users, "Department")] = "Advisers"
    later = ("--now", "2026-12-01T09:00:00Z")
    source = write_csv(tmp_path / "later", tables)
    output = run("refresh", account, "--from", source, *later).stderr
    assert "1 of 2 items verified" in output
    assert "department: expected Advisors, found Advisers" in output


@pytest.mark.slow
def test_another_run_keeps_the_inventory(acme: Path) -> None:
    from licsync.workflows.account import open_account
    from licsync.workflows.session import Session

    tables = exported(dump(acme))
    refreshed(acme, tables)
    before = dump(acme)
    account = open_account(Session(acme))
    with account.storage.runs().lock(account.name, "somebody@elsewhere"):
        assert "somebody@elsewhere" in refreshed(acme, tables, code=5).stderr
    assert dump(acme) == before
    account.close()


@pytest.mark.slow
def test_an_id_of_a_place_that_the_tables_list_under_another_id_is_refused(
    acme: Path, tmp_path: Path
) -> None:
    source = tmp_path / "tables"
    run("export", acme, "--out", source)
    places = source / "service_addresses.csv"
    places.write_text(places.read_text(encoding="utf-8").replace("A1,", "N1,"), encoding="utf-8")
    before = dump(acme)
    told = run("refresh", acme, "--from", source, *NOW, code=1).stderr
    assert "'A1' is not the id of a service address in the tables" in told
    assert "Write 'N1': the tables list this place under that id." in told
    assert dump(acme) == before

    for table in source.glob("*.csv"):
        table.write_text(
            table.read_text(encoding="utf-8").replace(",A1,", ",N1,"), encoding="utf-8"
        )
    assert "1 new service address" in run("refresh", acme, "--from", source, *NOW).stdout
    assert "Nothing changed." in run("refresh", acme, "--from", source, *NOW).stdout
