"""What tables say is looked up in the document that was made of them; what is missing there is told
by its cell.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Code, Span, error
from licsync.importing import cell_reader as reading
from licsync.importing.cell_accounting import faults_of_tables, find_unaccounted, group_faults
from licsync.importing.from_tables import InventoryBuilder
from licsync.importing.one_line_addresses import address_of_line, line_of
from licsync.importing.table_detection import FoundTables, find_tables
from licsync.spreadsheets.sheet import Row, Sheet
from tests.support.console_tables import ADA, HAUPT, LICENSES, PINE, USERS

CATALOG = load_catalog()
NOW = "2026-11-24T09:00:00Z"
PLACES = (
    "id,street number,street name,city,state,postal,country\nSEA,500,Pine St,Seattle,WA,98101,US\n"
)
SITES = "Site,Service address,Locale,Country,City\nSeattle,SEA,en-US,,\nMunich,,,,\n"
POLICIES = "policy,setting,value\nStrict,disable_sms,true\n"
MORE = (
    "User,Ring groups,Voicemail email,Analytics,License,Service address,Status\n"
    "ada@acme.example,Main,ada@acme.example,supervisor,L1,SEA,Active\n"
)
REMOVED = (
    "License ID,Type,Country,Status,Suspended,Suspended at\nL7,X2,US,Suspended,removed,2026-11-20\n"
)


def sheet(name: str, text: str) -> Sheet:
    rows = [Row(line, tuple(cells)) for line, cells in enumerate(csv.reader(StringIO(text)), 1)]
    return Sheet(f"{name}.csv", rows)


def made(**tables: str) -> tuple[FoundTables, Any]:
    found = find_tables([sheet(name, text) for name, text in tables.items()], CATALOG)
    tabular = InventoryBuilder(found, CATALOG, NOW)
    document = tabular.document("acme")
    assert not found.faults
    assert not tabular.rows.faults
    assert not faults_of_tables(document, tabular.rows.places, found, CATALOG)
    return found, document


def everything() -> tuple[FoundTables, Any]:
    return made(
        users=USERS, licenses=LICENSES.replace(f'"{PINE}"', "SEA"), service_addresses=PLACES,
        sites=SITES, policies=POLICIES, more=MORE, removed=REMOVED,
    )  # fmt: skip


def test_everything_is_accounted_for() -> None:
    assert list(find_unaccounted(*everything(), CATALOG)) == []


def services(document: Any, name: str = ADA) -> Any:
    return document["users"][name]["services"]


LOSSES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a user": (lambda d: d["users"].pop("di@acme.example"), "users.csv:5:3"),
    "a first name": (lambda d: d["users"][ADA].pop("first_name"), "users.csv:2:1"),
    "a site": (lambda d: d["users"][ADA].update(site="Munich"), "users.csv:2:7"),
    "a status": (lambda d: d["users"][ADA].update(status="inactive"), "users.csv:2:5"),
    "an extension": (lambda d: services(d)[0]["extension"].pop("number"), "users.csv:2:9"),
    "a phone number": (lambda d: services(d)[0]["extension"].pop("phone_numbers"),
                       "users.csv:2:10"),
    "another phone number": (
        lambda d: services(d)[0]["extension"].update(phone_numbers=["+12065550199"]),
        "users.csv:2:10",
    ),
    "a license": (lambda d: services(d).pop(), "more.csv:2:5"),
    "one of two licenses": (lambda d: services(d, "cy@acme.example").pop(), "users.csv:4:8"),
    "a pbx": (lambda d: d["sites"]["Munich"].pop("pbx"), "users.csv:4:6"),
    "a ring group": (lambda d: d["users"][ADA].pop("ring_groups"), "more.csv:2:2"),
    "a setting": (lambda d: services(d)[0]["extension"].pop("voicemail_email"), "more.csv:2:3"),
    "a feature": (lambda d: services(d)[0]["extension"]["features"].pop("analytics"),
                  "more.csv:2:4"),
    "the address of a license": (lambda d: d["licenses"]["L1"].pop("service_address"),
                                 "licenses.csv:2:5"),
    "a unit": (lambda d: d["licenses"].pop("L5"), "licenses.csv:6:3"),
    "a type": (lambda d: d["licenses"]["L5"].update(type="x4"), "licenses.csv:6:1"),
    "a country": (lambda d: d["licenses"]["L5"].update(country="GB"), "licenses.csv:6:2"),
    "a holder": (lambda d: d["licenses"]["L1"].pop("user"), "licenses.csv:2:4"),
    "the status of a unit": (lambda d: d["licenses"]["L1"].update(status="unassigned"),
                             "licenses.csv:2:6"),
    "a reason": (lambda d: d["licenses"]["L7"]["suspended"].update(reason="user_inactive"),
                 "removed.csv:2:5"),
    "a day": (lambda d: d["licenses"]["L7"]["suspended"].pop("at"), "removed.csv:2:6"),
    "a locale of a site": (lambda d: d["sites"]["Seattle"].pop("locale"), "sites.csv:2:3"),
    "the address of a site": (lambda d: d["sites"]["Seattle"].pop("service_address"),
                              "sites.csv:2:2"),
    "a postal code": (lambda d: d["service_addresses"]["SEA"].pop("postal"),
                      "service_addresses.csv:2:6"),
    "a policy": (lambda d: d["policies"].pop("Strict"), "policies.csv:2:1"),
    "a policy setting": (lambda d: d["policies"]["Strict"]["settings"].clear(), "policies.csv:2:2"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOSSES)
def test_a_cell_missing_from_the_account_is_reported(what: str) -> None:
    found, document = everything()
    lose, place = LOSSES[what]
    lose(document)
    assert place in {str(one.span) for one in find_unaccounted(found, document, CATALOG)}


def test_parts_of_an_address_in_the_row_of_a_site_count_too() -> None:
    sites = (
        "Site,Street number,Street,City,ZIP,Country\nMunich,12,Hauptstr.,München,80331,Germany\n"
    )
    found, document = made(users="User,First name\nada@acme.example,Ada\n", sites=sites)
    assert list(find_unaccounted(found, document, CATALOG)) == []
    (address,) = document["service_addresses"].values()
    address.update(city="Munich", country="AT")
    assert [str(one.span) for one in find_unaccounted(found, document, CATALOG)] == [
        "sites.csv:2:4",
        "sites.csv:2:6",
    ]


def test_the_full_name_of_a_user_counts() -> None:
    found, document = made(users="User,Name\nada@acme.example,Ada Lopez\n")
    assert list(find_unaccounted(found, document, CATALOG)) == []
    del document["users"][ADA]["last_name"]
    assert [str(one.span) for one in find_unaccounted(found, document, CATALOG)] == [
        "users.csv:2:2"
    ]


def test_a_country_without_licenses_is_reported_once() -> None:
    found, document = made(
        users="User,Name,Country,Type\nada@acme.example,Ada Lopez,US,\nbo@acme.example,Bo Li,US,\n"
    )
    (diagnostic,) = find_unaccounted(found, document, CATALOG)
    assert diagnostic.message == "The country of 2 rows is unused: no user there holds a license."


def test_a_fault_without_a_row_is_reported() -> None:
    found, document = made(users="User,Name\nada@acme.example,Ada Lopez\n")
    document["users"] = 5
    (fault,) = faults_of_tables(document, {}, found, CATALOG)
    assert str(fault.span) == "users.csv:1:1"
    (fault,) = faults_of_tables(document, {}, FoundTables(), CATALOG)
    assert fault.span is None


def test_many_faults_of_one_cause_are_one() -> None:
    def fault(line: int, column: int = 1) -> Any:
        return error(Code.INVALID_VALUE, f"'{line}' is wrong.", Span("a.csv", line, column))

    few = [fault(line) for line in (1, 2, 3)]
    assert group_faults(few) == few
    many = [fault(line) for line in range(1, 20)]
    (diagnostic,) = group_faults(many)
    assert (
        diagnostic.message
        == "'1' is wrong. The same applies to 18 more rows: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …"
    )
    (diagnostic,) = group_faults(many[:4])
    assert diagnostic.message == "'1' is wrong. The same applies to 3 more rows: 2, 3, 4."
    assert len(group_faults([*many, *(fault(line, 2) for line in range(1, 6))])) == 2
    (diagnostic,) = group_faults([error(Code.INVALID_VALUE, "Bad.")] * 4)
    assert diagnostic.message == "Bad. The same applies to 3 more places."


def test_one_row_in_two_tables_is_one_and_an_instant_stays_as_it_is() -> None:
    removed = REMOVED.replace("2026-11-20", "2026-11-20T08:00:00+00:00")
    _, document = made(users=USERS, licenses=LICENSES, removed=removed, again=removed)
    assert document["licenses"]["L7"]["suspended"]["at"] == "2026-11-20T08:00:00+00:00"


def test_addresses_without_a_country_are_in_the_one_that_is_given() -> None:
    tables = {
        "users": USERS,
        "licenses": LICENSES,
        "service_addresses": PLACES.replace("country", "remark"),
    }
    found = find_tables([sheet(name, text) for name, text in tables.items()], CATALOG, ["remark"])
    addresses = [
        InventoryBuilder(found, CATALOG, NOW, country).document("acme")["service_addresses"]
        for country in ("US", None)
    ]
    assert [one["SEA"].get("country") for one in addresses] == ["US", None]


def test_a_license_of_two_kinds_and_ids_in_one_row() -> None:
    users = (
        "User,Name,License ID,License type,Country\n"
        "ada@acme.example,Ada Lopez,L1; L2,X2; VCC Agent,US\n"
    )
    _, document = made(users=users)
    assert {key: unit["type"] for key, unit in document["licenses"].items()} == {
        "L1": "x2",
        "L2": "vcc-agent",
    }


@pytest.mark.parametrize(
    ("line", "country", "expected"),
    [
        (PINE, "US", "500 Pine St|Seattle|WA|98101"),
        (
            "7 W 34TH ST, New York, NY 10001-1234, United States",
            "US",
            "7 W 34TH ST|New York|NY|10001-1234",
        ),
        ("500 Pine St, Suite 3, Seattle WA, 98101", "US", "500 Pine St|Suite 3|Seattle|WA|98101"),
        ("20 Collins St, Melbourne VIC 3000", "AU", "20 Collins St|Melbourne|VIC|3000"),
        ("100 King St W, Toronto ON, M5X 1A9", "CA", "100 King St W|Toronto|ON|M5X 1A9"),
        ("1 Canada Square, London, E14 5AB", "GB", "1 Canada Square|London|E14 5AB"),
        (HAUPT, "DE", "12 Hauptstr.|München|80331"),
        ("12 rue de la Paix, 75002 Paris, France", "FR", "12 rue de la Paix|Paris|75002"),
        ("Damrak 1, 1012 LG Amsterdam", "NL", "1 Damrak|Amsterdam|1012 LG"),
        ("Headquarters", "US", None),
        ("Main St, Seattle WA, 98101", "US", None),
        ("500 Pine St, Seattle WA", "US", None),
        ("500 Pine St, Seattle, 98101", "US", None),
        ("500 Pine St, Building A, Seattle WA, 98101", "US", None),
        ("1 High St, London, nowhere", "GB", None),
    ],
)
def test_an_address_in_one_line_is_read_whole_or_not_at_all(
    line: str, country: str, expected: str | None
) -> None:
    found = address_of_line(line, country)
    assert (found and line_of(found)) == (expected and line_of({"city": expected}))


def test_a_license_of_the_list_of_users_has_the_address_of_its_row() -> None:
    users = (
        "User,Name,License type,Country,Service address\n"
        f'ada@acme.example,Ada Lopez,X2,US,"{PINE}"\n'
    )
    found, document = made(users=users)
    (unit,) = document["licenses"].values()
    assert document["service_addresses"][unit["service_address"]]["city"] == "Seattle"
    assert list(find_unaccounted(found, document, CATALOG)) == []


@pytest.mark.parametrize("text", ["20.11.2026", "20.11.2026 08:00"])
def test_a_day_begins_at_midnight(text: str) -> None:
    assert reading.instant(text) == "2026-11-20T00:00:00Z"
