"""Service addresses, sites and policy profiles: created, changed and deleted as declared, matched
by what they are.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.planning.plan import Plan
from licsync.planning.resolver import Resolver
from licsync.planning.validation.validate import check
from tests.support.accounts import (
    BERLIN,
    LONDON,
    NEW_YORK,
    SEATTLE,
    SITES,
    desired,
    inventory,
    unit,
    user,
)
from tests.support.planning import NOW, changed, labels, only, planned


def places(**sections: Any) -> Plan:
    return planned(desired(**sections), inventory())


# --- service addresses ----------------------------------------------------------------------------


def test_an_address_that_does_not_exist_is_created_with_its_content() -> None:
    plan = places(service_addresses={"berlin": BERLIN})
    assert labels(plan) == ["create service_addresses/berlin"]
    assert changed(plan.actions[0]) == {name: (None, value) for name, value in BERLIN.items()}
    assert plan.addresses == {"berlin": BERLIN}
    assert plan.saw == {}


def test_an_address_is_found_by_its_content_however_it_is_spelled() -> None:
    shouted = {name: f" {value.upper()} " for name, value in NEW_YORK.items()}
    assert labels(places(service_addresses={"new-york": {**shouted, "building": ""}})) == []


def test_two_slugs_of_one_content_are_one_address() -> None:
    plan = places(
        service_addresses={"berlin": BERLIN, "b": BERLIN},
        sites={"B": {"service_address": "berlin"}},
    )
    assert labels(plan) == ["create service_addresses/b", "create sites/B"]
    assert changed(plan.actions[1]) == {"service_address": (None, "b")}


def test_an_address_that_is_declared_null_is_deleted_by_its_id() -> None:
    plan = places(service_addresses={"A3": None, "unknown": None})
    assert labels(plan) == ["delete service_addresses/A3"]
    assert changed(plan.actions[0]) == {name: (value, None) for name, value in LONDON.items()}
    assert list(plan.saw) == ["service_addresses/A3"]


def test_a_slug_that_is_spelled_like_the_id_of_another_address_is_not_mistaken_for_it() -> None:
    there = inventory({"L1": unit(address="A1")}, {"ada": user()})
    wanted = desired(
        {"ada": {"licenses": [{"type": "x2", "service_address": "A1"}]}},
        service_addresses={"A1": SEATTLE},
    )
    plan = planned(wanted, there)
    assert changed(only(plan, "assign")) == {"service_address": ("id:A1", "A1")}
    assert plan.addresses == {"A1": SEATTLE, "id:A1": NEW_YORK}


def test_of_two_equal_addresses_of_the_inventory_the_lower_id_names_both() -> None:
    there = inventory(service_addresses={"A2": SEATTLE, "A1": SEATTLE})
    resolver = Resolver(desired(), there)
    assert (resolver.label_of_id("A1"), resolver.label_of_id("A2")) == ("A1", "A1")


def test_an_id_that_nobody_knows_stands_for_itself_and_a_reference_to_nothing_for_nothing() -> None:
    resolver = Resolver(desired(service_addresses={"gone": None}), inventory())
    assert resolver.label_of_id("A77") == "A77"
    assert resolver.label_of_id(None) is None
    assert resolver.label_of_reference("gone") is None
    assert resolver.label_of_reference(None) is None
    assert resolver.label_of_reference("A1") == "A1"


# --- sites ----------------------------------------------------------------------------------------


def test_a_new_site_is_created_after_its_address() -> None:
    site = {"service_address": "berlin", "pbx": "acme01", "locale": "de-DE"}
    plan = places(service_addresses={"berlin": BERLIN}, sites={"Berlin": site})
    assert labels(plan) == ["create service_addresses/berlin", "create sites/Berlin"]
    assert changed(plan.actions[1]) == {name: (None, value) for name, value in site.items()}
    assert [*plan.actions[1].needs] == ["a1"]


def test_a_site_is_updated_where_it_differs_and_left_alone_where_it_does_not() -> None:
    plan = places(
        sites={
            "HQ": {"timezone": "America/New_York"},
            "Seattle": {"service_address": "A2"},
            "London": {},
        }
    )
    assert labels(plan) == ["update sites/HQ"]
    assert changed(plan.actions[0]) == {"timezone": (None, "America/New_York")}


def test_the_pbx_of_a_site_cannot_be_changed() -> None:
    there = inventory(sites={"HQ": {"service_address": "A1", "pbx": "acme01"}})
    wanted = {"HQ": {"pbx": "acme02", "locale": "en-US"}, "Atlantis": None}
    diagnostic, *others = check(desired(sites=wanted), there, now=NOW)
    assert [other.severity for other in others] == ["info"]
    assert (diagnostic.code, diagnostic.message) == (
        "invalid-value", "The pbx of site 'HQ' is 'acme01' and cannot be changed.",
    )  # fmt: skip
    assert (
        check(desired(sites={"HQ": {"pbx": "acme01"}, "London": {"pbx": "acme02"}}), there, now=NOW)
        == []
    )


def test_a_site_that_is_declared_null_is_deleted_after_who_leaves_it_and_before_its_address() -> (
    None
):
    there = inventory({"L1": unit(address="A2")}, {"ada": user(["L1"], site="Seattle")})
    wanted = desired(
        {"ada": {"site": "HQ"}},
        sites={"Seattle": None, "Atlantis": None},
        service_addresses={"A2": None},
    )
    plan = planned(wanted, there)
    assert labels(plan) == [
        "update users/ada",
        "delete sites/Seattle",
        "delete service_addresses/A2",
    ]
    assert [*plan.actions[1].needs] == ["a1"]
    assert [*plan.actions[2].needs] == ["a1", "a2"]


# --- policy profiles ------------------------------------------------------------------------------


def policy(settings: Any, current: dict[str, Any] | None) -> Plan:
    there = inventory(policies={"Sales": current} if current is not None else {})
    declared = (
        None if settings == "delete" else {} if settings == "absent" else {"settings": settings}
    )
    return planned(desired(policies={"Sales": declared}), there)


@pytest.mark.parametrize(
    ("settings", "current", "label", "changes"),
    [
        ({"a": True}, None, "create", {"settings.a": (None, True)}),
        ("absent", None, "create", {}),
        (
            {"a": True},
            {"settings": {"a": False, "b": True}},
            "update",
            {"settings.a": (False, True)},
        ),
        (
            {"a": None},
            {"settings": {"a": False, "b": True}},
            "update",
            {"settings.a": (False, None)},
        ),
        (
            {},
            {"settings": {"a": False, "b": True}},
            "update",
            {"settings.a": (False, None), "settings.b": (True, None)},
        ),
        ({"a": True}, {}, "update", {"settings.a": (None, True)}),
        ("delete", {"settings": {"a": True}}, "delete", {"settings.a": (True, None)}),
    ],
)
def test_a_policy_becomes_what_is_declared(
    settings: Any, current: dict[str, Any] | None, label: str, changes: dict[str, Any]
) -> None:
    plan = policy(settings, current)
    assert labels(plan) == [f"{label} policies/Sales"]
    assert changed(plan.actions[0]) == changes


@pytest.mark.parametrize(
    ("settings", "current"),
    [
        ({"a": True}, {"settings": {"a": True, "b": True}}),
        ({"a": None}, {"settings": {}}),
        ("absent", {"settings": {"a": True}}),
        ({}, {}),
        ("delete", None),
    ],
)
def test_a_policy_that_is_as_declared_is_left_alone(
    settings: Any, current: dict[str, Any] | None
) -> None:
    assert policy(settings, current).actions == []


# --- what a license entry means -------------------------------------------------------------------


def test_the_country_of_a_license_is_its_own_else_the_sites_else_the_accounts() -> None:
    resolver = Resolver(desired(account={"defaults": {"country": "CA"}}), inventory())
    assert resolver.country_of("London", {"country": "DE"}) == "DE"
    assert resolver.country_of("London", {}) == "GB"
    assert resolver.country_of("Nowhere", {}) == "CA"
    assert resolver.country_of(None, {}) == "CA"
    assert Resolver(desired(), inventory()).country_of(None, {}) is None


def test_the_address_of_a_license_is_its_own_else_the_sites() -> None:
    resolver = Resolver(
        desired(service_addresses={"sea": SEATTLE}, sites={"HQ": {"service_address": "sea"}}),
        inventory(),
    )
    assert resolver.address_of("London", {"service_address": "sea"}) == "sea"
    assert resolver.address_of("HQ", {}) == "sea"
    assert resolver.address_of("Seattle", {}) == "sea"
    assert resolver.address_of(None, {}) is None


@pytest.mark.parametrize(("kind", "section"), [("policy", "policies"), ("site", "sites")])
def test_what_somebody_keeps_is_not_deleted(kind: str, section: str) -> None:
    old = (
        {"policies": {"Old": {"settings": {}}}}
        if kind == "policy"
        else {"sites": {**SITES, "Old": {}}}
    )
    there = inventory(
        users={name: user(**{kind: "Old"}) for name in ("ada", "bo", "cy", "di")}, **old
    )
    (fault,) = planned(desired(**{section: {"Old": None}}), there).diagnostics[:1]
    assert fault.message.endswith("it is used by ada, bo, cy, ….")
    new = {"policy": "8x8 Master User Template"} if kind == "policy" else {"site": "HQ"}
    users = {"ada": new, "bo": new, "cy": new, "dina": {**new, "previously": "di"}}
    moved = planned(desired(users, **{section: {"Old": None}}), there)
    assert not [d for d in moved.diagnostics if d.severity == "error"]
    assert labels(moved)[-1] == f"delete {section}/Old"


def test_one_user_who_keeps_a_policy_is_named() -> None:
    there = inventory(users={"ada": user(policy="Old")}, policies={"Old": {"settings": {}}})
    messages = [d.message for d in planned(desired(policies={"Old": None}), there).diagnostics]
    assert "The policy profile 'Old' cannot be deleted: it is used by ada." in messages


REMOVED = {"status": "suspended", "suspended": {"reason": "removed", "at": "2026-11-20T00:00:00Z"}}


@pytest.mark.parametrize(
    ("files", "used_by"),
    [
        ({}, "license L1, license L2, license L3, …"),
        ({"sites": {"Old": {"service_address": "A1"}}}, "license L3, license L4"),
        (
            {"pools": [{"type": "x2", "country": "US", "unassigned_address": "A2"}]},
            "license L1, license L2, license L4, …",
        ),
        (
            {"users": {"ada": {"site": "HQ"}, "bo": {"site": "HQ"}}, "sites": {"Old": None}},
            "license L3, license L4",
        ),
        (
            {"users": {"ada": {"licenses": [{"type": "x4", "country": "US"}]}}},
            "license L1, license L2, license L3, …",
        ),
        (
            {
                "users": {
                    "bo": {"licenses": [{"type": "x2", "country": "US", "service_address": "A1"}]}
                }
            },
            "license L1, license L3, license L4, …",
        ),
    ],
)
def test_an_address_is_not_deleted_while_a_license_or_site_stays_there(
    files: dict[str, Any], used_by: str
) -> None:
    sites = {"HQ": {"service_address": "A1"}, "Old": {"service_address": "A3"}}
    units = {"L1": unit(address="A3"), "L2": unit(address="A3"), "L3": unit(address="A3")}
    units |= {"L4": unit(address="A3") | REMOVED, "L5": unit("x4", address="A2")}
    there = inventory(
        units, {"ada": user(["L1"], site="Old"), "bo": user(["L2"], site="Old")}, sites=sites
    )
    plan = planned(desired(**files, service_addresses={"A3": None}), there)
    assert "delete service_addresses/A3" in labels(plan)
    (fault,) = (d for d in plan.diagnostics if d.severity == "error")
    assert fault.code == "invalid-value"
    assert fault.message == f"The service address 'A3' cannot be deleted: it is used by {used_by}."


def test_an_address_is_deleted_when_everything_leaves_it() -> None:
    sites = {"HQ": {"service_address": "A1"}, "Old": {"service_address": "A3"}}
    there = inventory(
        {"L1": unit(address="A3"), "L2": unit(address="A3")},
        {"ada": user(["L1"], site="Old")},
        sites=sites,
    )
    pools = [{"type": "x2", "country": "US", "unassigned_address": "A2"}]
    wanted = desired(
        sites={"Old": {"service_address": "A1"}}, pools=pools, service_addresses={"A3": None}
    )
    plan = planned(wanted, there)
    assert not [d for d in plan.diagnostics if d.severity == "error"]
    assert labels(plan)[-1] == "delete service_addresses/A3"
    assert len(plan.actions[-1].needs) == 3


def test_an_address_that_the_files_declare_by_another_name_is_not_deleted() -> None:
    plan = planned(
        desired(service_addresses={"A3": None, "london": LONDON}),
        inventory(sites={"HQ": {"service_address": "A1"}}),
    )
    messages = [d.message for d in plan.diagnostics]
    assert messages == [
        "The service address 'A3' cannot be deleted: it is used by the files as london."
    ]
