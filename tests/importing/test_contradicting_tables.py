"""The import refuses lists that contradict themselves or each other, in words of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.console_tables import HAUPT, LICENSES, PINE, USERS, changed, moved, without

FAULTS = {
    "an extension number that is none": (
        {"users": changed(USERS, 1, "Extension", "1,001")},
        "users.csv:2:9: '1,001' is not an extension number: write 1 to 10 digits",
    ),
    "a holder nobody knows": (
        {"licenses": changed(LICENSES, 1, "Assigned to", "Main Reception")},
        "licenses.csv:2:4: 'Main Reception' is not a user in the tables",
    ),
    "a holder of whom there are two": (
        {
            "users": without(
                changed(changed(USERS, 2, "First name", "Ada"), 2, "Last name", "Lopez"),
                "Licenses",
            )
        },
        "licenses.csv:2:4: Several users are named 'Ada Lopez'",
    ),
    "an address that is none": (
        {"licenses": changed(LICENSES, 1, "Service address", "upstairs")},
        "licenses.csv:2:5: 'upstairs' is not the id of a service address in the tables",
    ),
    "a suspended license of somebody active": (
        {"licenses": changed(LICENSES, 1, "Status", "Suspended")},
        "licenses.csv:2:6: The table does not say why the license is suspended",
    ),
    "a removed license without a day": (
        {"licenses": "License ID,Type,Country,Status,Reason\nL9,X2,US,Suspended,Removed\n"},
        "licenses.csv:2:4: The table does not say when the license was removed",
    ),
    "a status that is none": (
        {"licenses": changed(LICENSES, 5, "Status", "lost")},
        "licenses.csv:6:6: 'lost' is not a status of a license",
    ),
    "a reason that is none": (
        {"licenses": "License ID,Type,Country,Status,Reason\nL9,X2,US,Suspended,weather\n"},
        "licenses.csv:2:5: 'weather' is not a reason",
    ),
    "two lists that say another type": (
        {"users": changed(USERS, 1, "Licenses", "X2")},
        (
            "licenses.csv:2:4: This list assigns X4 to 'ada@acme.example', "
            "but the list of users does not.\n  hint: If one list is older than the other"
        ),
    ),
    "an extension without a license": (
        {"users": changed(USERS, 4, "Extension", "3001")},
        "users.csv:5:9: 'di@acme.example' has an extension or settings here, but holds no license",
    ),
    "a phone number without a license": (
        {"users": changed(USERS, 4, "Phone number", "+4989901100")},
        "users.csv:5:10: 'di@acme.example' has an extension or settings here, but holds no license",
    ),
    "two extensions for one license": (
        {"more": "Username,Extension\nada@acme.example,1009\n"},
        "more.csv:2:2: One license cannot have both '1001' and '1009'",
    ),
    "two rows that differ": (
        {"more": "Username,First name\nada@acme.example,Eve\n"},
        "more.csv: there 'ada@acme.example' has 'Eve'.\n  hint: If one list is older than",
    ),
    "another address of a license": (
        {"more": f'Username,Licenses,Service address\nada@acme.example,L1,"{HAUPT}"\n'},
        "more.csv:2:3: 'Hauptstr. 12, 80331 München' contradicts row 2 of ",
    ),
    "a license twice": (
        {"more": "License ID,Type,Country\nL1,X2,US\n"},
        "more.csv:2:1: 'L1' is already in row 2 of",
    ),
    "a pbx beside no site": (
        {"users": changed(USERS, 4, "Site", "")},
        "users.csv:5:6: The PBX 'acme02' has no site in this row",
    ),
    "a site on two": (
        {"users": changed(USERS, 4, "PBX", "acme03")},
        "users.csv:5:6: Another row puts the site 'Munich' on the PBX 'acme02'",
    ),
    "a license that is none": (
        {"users": changed(USERS, 4, "Licenses", "no such thing")},
        "users.csv:5:8: 'no such thing' is not a license type",
    ),
    "no type": (
        {"licenses": changed(LICENSES, 5, "License type", "")},
        "licenses.csv:6:1: The row has no type",
    ),
    "no id": (
        {"licenses": changed(LICENSES, 5, "License ID", "")},
        "licenses.csv:6:3: The row has no id",
    ),
    "not a country": (
        {
            "licenses": changed(LICENSES, 5, "Country", "")
            .replace("01-US,,L5", "01,,L5")
            .replace(f',"{PINE}",Unassigned', ",,Unassigned")
        },
        "licenses.csv:6:2: The row has no country",
    ),
    "no user": (
        {"users": changed(changed(USERS, 4, "Username", ""), 4, "Email", "")},
        "users.csv:5:3: The row has no user",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_contradictions_are_reported_with_the_headings_of_the_table(
    tmp_path: Path, name: str
) -> None:
    files, output = FAULTS[name]
    shown = moved(tmp_path, code=1, **files).stderr
    assert output in shown, shown
    assert "must be" not in shown


@pytest.mark.slow
def test_many_faults_of_one_cause_are_reported_once(tmp_path: Path) -> None:
    rows = [f"L{number},X2,US,Suspended" for number in range(1, 801)]
    licenses = "License ID,License type,Country,Status\n" + "\n".join(rows) + "\n"
    shown = moved(
        tmp_path,
        users=without(USERS, "Licenses", "Extension", "Phone number"),
        licenses=licenses,
        code=1,
    ).stderr
    assert "The same applies to 799 more rows: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …" in shown
    assert "1 error" in shown


@pytest.mark.parametrize("address", [PINE, "", "A1", "500 Pine Street, Seattle WA, 98101"])
def test_a_row_of_a_user_may_repeat_the_address_of_a_license(tmp_path: Path, address: str) -> None:
    moved(
        tmp_path,
        users=f'Username,First name,Licenses,Service address\nada,Ada,L1,"{address}"\n',
        licenses=f'License ID,Type,Country,Assigned to,Service address\nL1,X4,US,ada,"{PINE}"\n',
    )


def test_the_country_must_be_one(tmp_path: Path) -> None:
    assert "'Atlantis' is not a country" in moved(tmp_path, "--country", "Atlantis", code=1).stderr


@pytest.mark.parametrize("name", ["Mega", "Mega Plan", "X4 Plus, X2"])
def test_an_unknown_license_of_unclear_ids_is_one_fault_that_says_how_to_declare_it(
    tmp_path: Path, name: str
) -> None:
    unknown, licenses = name.partition(",")[0], {"licenses": ""}
    users = changed("\n".join(USERS.splitlines()[:2]) + "\n", 1, "Licenses", name)
    shown = moved(tmp_path, "--country", "US", code=1, users=users, **licenses).stderr
    assert f"users.csv:2:8: '{unknown}' is not a license type." in shown
    assert f"--license-type '{unknown}=x2'" in " ".join(shown.split())
    assert "1 error" in shown
