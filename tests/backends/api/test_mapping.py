"""The vendor's documents as records, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from licsync.backends.api.mapping import (
    address_document,
    address_record,
    free_unit,
    held_unit,
    is_automatic,
    kind_of,
    site_record,
    user_record,
)
from licsync.backends.api.mirror import AccountMirror
from licsync.model.inventory import Inventory, digest
from licsync.model.places import address_key
from tests.support.samples import examples
from tests.support.vendor_documents import CATALOG, user, users


def test_a_user() -> None:
    assert user_record(user()) == {
        "id": "hvOB1l3zDCaDAwp9tNLzZA",
        "first_name": "Jane",
        "last_name": "Doe",
        "email": "jane.doe@corp.example",
        "locale": "en-US",
        "timezone": "Europe/London",
        "department": "Sales",
        "status": "active",
        "site": "HQ",
        "policy": "Sales Floor",
        "services": [
            {"license": "LCOLD"},
            {"license": "LDID"},
            {
                "license": "LX2",
                "extension": {
                    "number": "1001",
                    "phone_numbers": ["+14085550001", "+14085550002"],
                    "voicemail_email": "jane.doe@corp.example",
                    "recording_mode": "on_demand",
                    "devices": [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}],
                },
            },
        ],
        "ring_groups": ["Alpha", "Zeta"],
        "call_queues": ["Queue"],
    }


def test_recorded_memberships_are_carried_and_not_compared() -> None:
    entries = {"RG1": {"id": "RG1", "name": "Alpha", "sequenceNumber": 3}}
    record = user_record(user(), entries)
    (carried,) = [s["vendor"] for s in record["services"] if "vendor" in s]
    assert carried["ring_groups"] == [{"id": "RG1", "name": "Alpha", "sequenceNumber": 3}]
    assert carried["call_queues"] == [{"id": "CQ1", "name": "Queue", "memberType": "SECONDARY"}]
    assert carried["extension"]["futureSwitch"] == "ULTRA"
    assert {"id", "licenseId", "fqExtensionNumber"}.isdisjoint(carried["extension"])
    assert digest(record) == digest(user_record(user()))
    assert digest(record) != digest(user_record(user(basicInfo__firstName="Joan"), entries))


def test_activation_codes_are_in_no_record() -> None:
    assert "5525266144968" not in json.dumps(user_record(user(), {}))


@examples(40)
@given(users())
def test_no_document_is_too_strange(document: dict[str, Any]) -> None:
    record = user_record(document, {})
    assert record["status"] == "active"
    assert [s["license"] for s in record["services"]] == ["LCOLD", "LDID", "LX2"]


@pytest.mark.parametrize("status", ["INACTIVE", "inactive", "Inactive"])
def test_statuses_are_read_without_case(status: str) -> None:
    assert user_record(user(basicInfo__status=status))["status"] == "inactive"


def test_nothing_is_as_good_as_null() -> None:
    empty = {"basicInfo": {"userId": "U", "userName": "a"}}
    nulls = {
        **empty,
        "directoryInfo": None,
        "serviceInfo": {"licenses": None, "extensions": None},
        "assignmentInfo": None,
    }
    assert user_record(empty) == user_record(nulls)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("X Series X2", "x2"),
        ("x series x2", "x2"),
        ("X Series X8 (Contact Center)", "x8"),
        ("X Series X2-VOSVC0201-01-US", "x2"),
        ("Local Number-VOSVC0100-01-US", "local-number"),
        ("UC Call Recordings Cold Storage-VOSVC0504-01-GB", "uc-cold-storage"),
        ("Something-New-VOSVC0999-01-US", "Something-New"),
        ("Multi-Part Name", "Multi-Part Name"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_types_are_found_by_the_vendors_names(name: str | None, key: str) -> None:
    assert kind_of(name, CATALOG) == key


def test_licenses_that_come_with_a_number_are_recognized_by_name() -> None:
    assert is_automatic({"name": "Additional Local Number"}, CATALOG)
    assert not is_automatic({"name": "X2"}, CATALOG)
    assert not is_automatic({"id": "L"}, CATALOG)


ROW = {"id": "LX2", "name": "X Series X2", "country": "US"}
HERE = {"HQ": "A9"}


def test_a_unit_that_nobody_declared() -> None:
    expected = {
        "type": "x2",
        "country": "US",
        "user": "jane.doe@corp.example",
        "status": "assigned",
        "seen_only": True,
    }
    assert held_unit(ROW, user(), {}, HERE, CATALOG) == {
        **expected,
        "name": "X Series X2",
        "service_address": "A9",
    }
    assert "service_address" not in held_unit(ROW, user(), {}, {}, CATALOG)


def test_declared_facts_of_a_unit_count_while_its_holder_is_the_same() -> None:
    declared = {
        "type": "x2",
        "country": "GB",
        "service_address": "A1",
        "user": "Jane.Doe@corp.example",
        "note": "kept",
    }
    held = held_unit(ROW, user(), {**declared, "status": "assigned"}, HERE, CATALOG)
    assert (held["service_address"], held["country"], held["note"]) == ("A1", "GB", "kept")
    moved = held_unit(
        ROW, user(), {**declared, "user": "somebody@else", "status": "assigned"}, HERE, CATALOG
    )
    assert moved["service_address"] == "A9"


def test_a_unit_of_an_inactive_user_is_suspended() -> None:
    inactive = user(basicInfo__status="INACTIVE")
    held = held_unit(ROW, inactive, {}, HERE, CATALOG)
    assert held["status"] == "suspended"
    assert held["suspended"] == {"reason": "user_inactive", "at": "2025-01-02T01:02:03Z"}
    declared = {
        "type": "x2", "country": "US", "status": "suspended", "user": "jane.doe@corp.example",
        "suspended": {"reason": "user_inactive", "at": "2024-12-01T00:00:00Z"},
    }  # fmt: skip
    assert (
        held_unit(ROW, inactive, declared, HERE, CATALOG)["suspended"]["at"]
        == "2024-12-01T00:00:00Z"
    )
    assert "suspended" not in held_unit(ROW, user(), declared, HERE, CATALOG)


def test_units_that_nobody_holds() -> None:
    unit = {"type": "x2", "country": "US", "service_address": "A1"}
    removed = {
        **unit,
        "status": "suspended",
        "suspended": {"reason": "removed", "at": "2026-11-01T00:00:00Z"},
    }
    left = {
        **unit, "status": "suspended", "user": "a",
        "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"},
    }  # fmt: skip
    free = {**unit, "status": "unassigned"}
    assert free_unit(free, CATALOG) == free
    assert free_unit(removed, CATALOG) == removed
    assert free_unit({**unit, "status": "assigned", "user": "a"}, CATALOG) == free
    assert free_unit(left, CATALOG) == free
    number = {**unit, "type": "local-number", "status": "assigned", "user": "a"}
    assert free_unit({**number, "seen_only": True}, CATALOG) is None
    assert free_unit(number, CATALOG) == {**free, "type": "local-number"}
    assert free_unit({**unit, "status": "assigned", "seen_only": True}, CATALOG) == {
        **free,
        "seen_only": True,
    }
    assert free_unit({**unit, "type": "local-number", "status": "unassigned"}, CATALOG) is not None


def test_an_address_that_the_vendor_took_apart_is_the_one_that_people_wrote() -> None:
    written = {
        "street_number": "7",
        "street_name": "W 34th St",
        "city": "New York",
        "postal": "10001",
        "country": "US",
    }
    vendor = {
        "id": "A1", "streetNumber": "7", "preDirectional": "W", "streetName": "34TH",
        "streetNameSuffix": "ST", "postDirectional": None, "city": "NEW YORK", "postal": "10001",
        "country": "US", "displayForm": "7 W 34TH ST",
    }  # fmt: skip
    assert address_key(address_record(vendor)) == address_key(written)
    assert address_document(written)["streetName"] == "W 34th St"
    assert address_key(address_record(address_document(written))) == address_key(written)


def test_a_site() -> None:
    site = {
        "id": "S",
        "name": "HQ",
        "pbxName": "p",
        "locale": "en-US",
        "timezone": "UTC",
        "address": {"id": "A1"},
    }
    assert site_record(site) == {
        "service_address": "A1",
        "pbx": "p",
        "locale": "en-US",
        "timezone": "UTC",
    }
    assert site_record({"id": "S", "name": "HQ", "address": None}) == {}


def test_a_record_says_who_provisions_the_user() -> None:
    assert user_record(user(basicInfo__scimProvider="okta"))["scim_provider"] == "okta"
    assert "scim_provider" not in user_record(user())


def test_a_record_that_was_made_ahead_is_given_out_once() -> None:
    seen = AccountMirror(CATALOG, {}, Inventory("acme", ""))
    document = user()
    plain = seen.record(document)
    seen.prepare(document)
    first, second = seen.record(document), seen.record(document)
    assert first == second == plain
    assert first is not second
    seen.prepare(document)
    changed = user(directoryInfo__jobTitle="Lead")
    assert seen.record(changed)["job_title"] == "Lead"
