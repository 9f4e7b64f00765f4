"""References, license types, the catalog, country codes, time zones and the account's rules."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.inventory import Inventory
from licsync.planning.validation.validate import check
from tests.support.desired_states import ADA, NEW, NOW, desired, found, inventory, only

ADDRESS = {"city": "Seattle", "country": "US"}


def test_what_resolves_in_the_files_or_the_inventory_is_fine() -> None:
    state = desired(
        {
            ADA: {
                "site": "HQ",
                "policy": "Sales",
                "licenses": [{"type": "x4", "service_address": "seattle"}],
            },
            "new@acme.example": {**NEW, "site": "Seattle", "policy": "8x8 Master User Template"},
        },
        pools=[{"type": "x4", "country": "US", "unassigned_address": "A1"}],
        service_addresses={"seattle": ADDRESS},
        sites={"Seattle": {"service_address": "seattle"}, "Boston": {"service_address": "A1"}},
        policies={"Sales": {"settings": {}}},
        account={"protected_users": [ADA.upper()], "defaults": {"policy": "Sales"}},
    )
    assert found(state, inventory({ADA: {}})) == []


REFERENCES: list[tuple[dict[str, Any], str]] = [
    ({"users": {ADA: {"site": "HQQ"}}}, "users/ada@acme.example/site"),
    ({"users": {ADA: {"policy": "Sales"}}}, "users/ada@acme.example/policy"),
    (
        {"users": {ADA: {"licenses": [{"type": "x4", "service_address": "nowhere"}]}}},
        "users/ada@acme.example/licenses/0/service_address",
    ),
    ({"sites": {"HQ": {"service_address": "nowhere"}}}, "sites/HQ/service_address"),
    (
        {"pools": [{"type": "x4", "country": "US", "unassigned_address": "nowhere"}]},
        "licenses/0/unassigned_address",
    ),
    (
        {
            "pools": [
                {"type": "x4", "country": "US", "unassigned_address": {"seattle": 3, "nowhere": 2}}
            ],
            "service_addresses": {"seattle": ADDRESS},
        },
        "licenses/0/unassigned_address/nowhere",
    ),
    ({"account": {"defaults": {"policy": "Sales"}}}, "account/defaults/policy"),
    ({"templates": {"agent": {"site": "HQQ"}}}, "templates/agent/site"),
    (
        {"templates": {"agent": {"licenses": [{"type": "x4", "service_address": "nowhere"}]}}},
        "templates/agent/licenses/0/service_address",
    ),
]


@pytest.mark.parametrize(("sections", "place"), REFERENCES)
def test_a_reference_to_nothing_is_an_error(sections: dict[str, Any], place: str) -> None:
    assert found(desired(**sections), inventory({ADA: {}})) == [
        ("error", "unknown-reference", place)
    ]


@pytest.mark.parametrize(("sections", "place"), REFERENCES)
def test_it_is_a_warning_where_no_inventory_was_ever_seen(
    sections: dict[str, Any], place: str
) -> None:
    assert found(desired(**sections), None) == [("warning", "unknown-reference", place)]


def test_what_the_files_delete_is_not_there() -> None:
    state = desired(
        {ADA: {"site": "HQ", "policy": "Sales"}},
        sites={"HQ": None},
        policies={"Sales": None},
        service_addresses={"A1": None},
        pools=[{"type": "x4", "country": "US", "unassigned_address": "A1"}],
    )
    seen = inventory({ADA: {}}, policies={"Sales": {"settings": {}}})
    assert [place for _, code, place in found(state, seen) if code == "unknown-reference"] == [
        "licenses/0/unassigned_address",
        "users/ada@acme.example/policy",
        "users/ada@acme.example/site",
    ]
    assert "deletes" in str(only(desired({ADA: {"site": "HQ"}}, sites={"HQ": None}), seen).hint)


@pytest.mark.parametrize(
    ("section", "name", "message", "hint"),
    [
        ("service_addresses", "A12", "The service address 'A12'", "Did you mean 'A1'?"),
        (
            "service_addresses",
            "seattle",
            "The service address 'seattle'",
            "Write the id that 'licsync inventory dump' ",
        ),
        ("sites", "HQQ", "The site 'HQQ'", "Did you mean 'HQ'?"),
        (
            "policies",
            "Sales",
            "The policy profile 'Sales'",
            "Correct it, or remove it if it was deleted before.",
        ),
    ],
)
def test_a_null_that_deletes_nothing_is_reported(
    section: str, name: str, message: str, hint: str
) -> None:
    diagnostic = only(desired(**{section: {name: None}}), inventory())
    assert (diagnostic.severity, diagnostic.code, str(diagnostic.span)) == (
        "info",
        "unknown-reference",
        f"{section}/{name}:1:1",
    )
    assert diagnostic.message == f"{message} is not in the inventory, so null deletes nothing."
    assert str(diagnostic.hint).startswith(hint)
    assert found(desired(**{section: {name: None}}), None) == []


def test_references_get_a_hint() -> None:
    state = desired({ADA: {"site": "Seatle"}}, sites={"Seattle": {}})
    assert only(state, inventory({ADA: {}})).hint == "Did you mean 'Seattle'?"


def test_one_fault_at_one_place_is_reported_once() -> None:
    users = {f"user{i}@acme.example": {"site": "HQQ"} for i in range(3)}
    state = desired(users)
    state.where = lambda section, *path: None
    assert len(found(state, inventory({name: {} for name in users}))) == 1


def test_a_protected_user_that_is_nowhere() -> None:
    state = desired(account={"protected_users": [ADA, "ada.lopes@acme.example"]})
    diagnostic = only(state, inventory({ADA: {}, "ada.lopez@acme.example": {}}))
    assert (diagnostic.severity, diagnostic.code) == ("warning", "unknown-reference")
    assert diagnostic.span is not None
    assert diagnostic.span.file == "account/protected_users/1"
    assert diagnostic.hint == "Did you mean 'ada.lopez@acme.example'?"


@pytest.mark.slow
def test_hints_among_very_many_names_are_given_for_the_first_ones_only() -> None:
    users = {f"user{i}@acme.example": {} for i in range(1001)}
    state = desired(account={"protected_users": [f"usr{i}@acme.example" for i in range(12)]})
    hints = [d.hint for d in check(state, inventory(users), now=NOW)]
    assert len(hints) == 12
    assert sum(h is not None for h in hints) == 10


# --- license types and the catalog --------------------------------------------------------------


def test_license_types_that_the_catalogue_does_not_have() -> None:
    state = desired(
        {ADA: {"licenses": [{"type": "x4"}, {"type": "x44"}]}},
        pools=[{"type": "x44", "country": "US"}],
    )
    assert found(state, inventory({ADA: {}})) == [
        ("error", "invalid-value", "licenses/0/type"),
        ("error", "invalid-value", "users/ada@acme.example/licenses/1/type"),
    ]
    assert (
        only(desired(pools=[{"type": "x44", "country": "US"}]), None).hint == "Did you mean 'x4'?"
    )
    assert (
        only(desired(templates={"agent": {"licenses": [{"type": "x44"}]}}), None).hint
        == "Did you mean 'x4'?"
    )


@pytest.mark.parametrize("name", ["X4", "X Series X4", "X Series - X4-VOSVC0216-02-US"])
def test_a_license_that_is_named_as_in_the_console_has_the_key_as_hint(name: str) -> None:
    assert only(desired(pools=[{"type": name, "country": "US"}]), None).hint == "Write 'x4'."


def test_types_of_the_account_are_known() -> None:
    state = desired(
        {ADA: {"licenses": [{"type": "our-own"}]}}, catalog={"our-own": {"plane": "uc"}}
    )
    assert found(state, inventory({ADA: {}})) == []


def test_a_new_type_needs_a_plane_and_may_only_name_types_that_exist() -> None:
    own = {
        "x4": {"requires": []},
        "our-own": {"requires": ["x44"], "excludes": ["X Series", "vcc-agent", "X Serie"]},
    }
    assert found(
        desired({ADA: {"licenses": [{"type": "our-own"}, {"type": "x44"}]}}, catalog=own), None
    ) == [
        ("error", "invalid-value", "catalog/our-own"),
        ("error", "invalid-value", "catalog/our-own/excludes/2"),
        ("error", "invalid-value", "catalog/our-own/requires/0"),
        ("error", "invalid-value", "users/ada@acme.example/licenses/1/type"),
    ]


# --- codes ----------------------------------------------------------------------------------------


def test_countries_that_do_not_exist() -> None:
    state = desired(
        {ADA: {"licenses": [{"type": "x4", "country": "XX"}]}},
        pools=[{"type": "x4", "country": "UK"}, {"type": "x2", "country": "GB"}],
        service_addresses={"a": {"country": "QQ"}, "A1": None},
        account={"defaults": {"country": "EN"}},
    )
    assert [d for d in found(state, inventory({ADA: {}})) if d[0] == "error"] == [
        ("error", "invalid-value", place)
        for place in (
            "account/defaults/country",
            "licenses/0/country",
            "service_addresses/a/country",
            "users/ada@acme.example/licenses/0/country",
        )
    ]


def test_uk_is_gb() -> None:
    assert only(desired(pools=[{"type": "x4", "country": "UK"}]), None).hint == "Did you mean 'GB'?"


def test_a_country_that_the_inventory_has_is_not_asked_about() -> None:
    units = {"L1": {"type": "x4", "country": "UK", "status": "unassigned"}}
    state = desired(pools=[{"type": "x4", "country": "UK"}])
    assert found(state, inventory(licenses=units)) == []
    assert found(state, inventory(service_addresses={"A1": {"country": "UK"}})) == []


def test_time_zones() -> None:
    state = desired(
        {ADA: {"timezone": "Mars/Olympus"}},
        sites={
            "HQ": {"timezone": "America/Los_Angelos"},
            "Gone": None,
            "Boston": {"timezone": "America/New_York"},
        },
    )
    assert found(state, inventory({ADA: {}}, sites={"HQ": {}, "Gone": {}})) == [
        ("warning", "unknown-time-zone", "sites/HQ/timezone"),
        ("warning", "unknown-time-zone", "users/ada@acme.example/timezone"),
    ]
    zone = only(desired(sites={"HQ": {"timezone": "America/Los_Angelos"}}), None)
    assert zone.hint == "Did you mean 'America/Los_Angeles'?"
    assert (
        found(
            desired({ADA: {"timezone": "Mars/Olympus"}}),
            inventory({ADA: {"timezone": "Mars/Olympus"}}),
        )
        == []
    )


# --- the account ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "is_wrong"),
    [
        ({"unassign_after": "7d", "delete_after": "90d"}, False),
        ({"unassign_after": "7d", "delete_after": "1w"}, False),
        ({"unassign_after": "8d", "delete_after": "1w"}, True),
        ({"delete_after": "1d"}, False),
        ({"unassign_after": "9d"}, False),
    ],
)
def test_users_are_deleted_after_their_licenses_are_back(
    rules: dict[str, str], is_wrong: bool
) -> None:
    expected = [("error", "invalid-value", "account/offboarding/delete_after")] if is_wrong else []
    assert found(desired(account={"offboarding": rules}), None) == expected


def test_the_inventory_of_another_account_is_reported() -> None:
    seen = inventory({ADA: {}}, account="globex")
    warned = only(desired(), seen)
    assert (warned.severity, warned.code, str(warned.span)) == (
        "warning",
        "inventory-invalid",
        "account/name:1:1",
    )
    assert warned.message == "The inventory belongs to 'globex', not to 'acme'."


def test_an_empty_account_has_no_faults() -> None:
    assert found(desired(), None) == []
    assert found(desired(), Inventory("acme", "")) == []


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("America/Los_Angelos", "Did you mean 'America/Los_Angeles'?"),
        ("europe/berlin", "Did you mean 'Europe/Berlin'?"),
        (
            "Pacific Standard Time",
            "This is a Windows name. Write an IANA name, such as America/Los_Angeles.",
        ),
        ("PST", "Write an IANA name, such as America/Los_Angeles."),
        ("UTC+1", "Write an IANA name, such as America/Los_Angeles."),
        ("+01:00", "Write an IANA name, such as America/Los_Angeles."),
    ],
)
def test_a_time_zone_is_suggested_only_where_its_name_can_be_meant(zone: str, hint: str) -> None:
    state = desired({ADA: {"timezone": zone}}, account={"timezone": zone})
    assert [
        d.hint for d in check(state, inventory({ADA: {}}), now=NOW) if "time zone" in d.message
    ] == [hint, hint]
