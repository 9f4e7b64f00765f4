"""A license is changed in two steps and takes much with it; DID licenses come by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog, type_of
from licsync.simulator.licenses import country_of, license_name
from tests.support.accounts import unit
from tests.support.simulator import ADA, BO, World, acme

NAME = "ada.lopez@acme.example"


@pytest.mark.parametrize("kind", load_catalog().types)
def test_the_display_name_leads_back_to_the_type(kind: str) -> None:
    catalog = load_catalog()
    name, code, number, country = license_name(catalog, kind, "GB").rsplit("-", 3)
    assert type_of(name, catalog) == kind
    assert code.isalnum()
    assert (number, country) == ("01", "GB")


def test_names_are_made_as_the_one_that_the_vendor_shows() -> None:
    shown = "UC Call Recordings Cold Storage-VOSVC0504-01-GB"
    made = license_name(load_catalog(), "uc-cold-storage", "GB")
    assert re.sub(r"-[A-Z]+[0-9]{4}-", "--", made) == re.sub(r"-[A-Z]+[0-9]{4}-", "--", shown)


def test_where_no_license_comes_by_itself_none_is_shown(fast: World) -> None:
    types = {
        kind: entry for kind, entry in load_catalog().types.items() if not entry.get("automatic")
    }
    fast.server.sim.settings = replace(fast.server.sim.settings, catalog=Catalog(types))
    assert [entry["id"] for entry in fast.get(f"/users/{ADA}")["serviceInfo"]["licenses"]] == [
        "L102"
    ]


def test_a_type_nobody_knows_goes_by_its_own_name() -> None:
    assert license_name(load_catalog(), "speech-analytics", "US").startswith("speech-analytics-SIM")


@pytest.mark.parametrize(
    ("number", "country"), [("+442071230000", "GB"), ("+12065550101", "US"), ("nonsense", "US")]
)
def test_a_number_has_its_country(number: str, country: str) -> None:
    assert country_of(number) == country


def changed(world: World, unit: str) -> dict[str, Any]:
    body = world.body_of(ADA)
    body["serviceInfo"]["licenses"] = [{"id": unit}]
    body["serviceInfo"]["extensions"][0]["licenseId"] = unit
    return body


def test_another_license_in_one_update_is_refused(fast: World) -> None:
    before = fast.console.dump()
    why = fast.refused("PUT", f"/users/{ADA}", changed(fast, "L202"))
    assert "cannot be changed in one update" in why["serviceInfo.licenses[0].id"][1]
    assert fast.console.dump() == before


def test_a_change_in_two_steps_loses_what_the_vendor_says(fast: World) -> None:
    whole, old = changed(fast, "L202"), fast.get(f"/users/{ADA}")
    stripped = fast.body_of(ADA)
    stripped["serviceInfo"] = {"licenses": [], "extensions": []}
    fast.done("PUT", f"/users/{ADA}", stripped)
    between = fast.get(f"/users/{ADA}")
    assert between["serviceInfo"] == {"licenses": [], "extensions": []}
    assert (
        between["assignmentInfo"]["ringGroups"] == between["assignmentInfo"]["ucCallQueues"] == []
    )
    assert fast.unit("L102")["status"] == "unassigned"
    assert fast.get("/phone-numbers/%2B12065550101")["status"] == "AVAILABLE"
    assert fast.get("/ring-groups")["data"][0]["name"] == "Main Reception"
    lost = " ".join(lost for operation in fast.server.api.operations for lost in operation.lost)
    for what in (
        "voicemail",
        "call_forwarding",
        "features",
        "ring group Main Reception",
        "call queue Sales CQ",
    ):
        assert what in lost, what

    fast.done("PUT", f"/users/{ADA}", whole)
    new = fast.get(f"/users/{ADA}")
    assert new["serviceInfo"]["licenses"][0]["name"].startswith("X Series X2-")
    extension, before = new["serviceInfo"]["extensions"][0], old["serviceInfo"]["extensions"][0]
    assert extension["id"] != before["id"]
    kept = (
        "extensionNumber",
        "phoneNumbers",
        "primaryPhoneNumber",
        "voicemailEmail",
        "dialPlanRuleset",
    )
    assert {name: extension[name] for name in kept} == {name: before[name] for name in kept}
    assert new["assignmentInfo"]["ringGroups"] == old["assignmentInfo"]["ringGroups"]
    record = fast.user(NAME)["services"][0]
    assert record["license"] == "L202"
    assert not record["extension"].keys() & {"call_forwarding", "features"}
    assert fast.unit("L202") | {
        "status": "assigned",
        "user": NAME,
        "service_address": "A2",
    } == fast.unit("L202")


def test_what_a_ring_group_knows_of_a_member_does_not_come_back_by_itself(fast: World) -> None:
    group = fast.get(f"/users/{ADA}")["assignmentInfo"]["ringGroups"][0]["id"]
    changes = {
        "update": [{"extensionNumber": "1001", "loggedIn": False, "voicemailAccessEnabled": True}]
    }
    fast.done("POST", f"/ring-groups/{group}/update-members", changes)
    whole = changed(fast, "L202")
    fast.done("PUT", f"/users/{ADA}", {**whole, "serviceInfo": {}})
    fast.done("PUT", f"/users/{ADA}", whole)
    (ada,) = (m for m in fast.get(f"/ring-groups/{group}")["members"] if m["userId"] == ADA)
    assert (ada["loggedIn"], ada["voicemailAccessEnabled"]) == (True, False)


def test_a_freed_license_can_serve_another_user(fast: World) -> None:
    body = fast.body_of(ADA)
    fast.done("PUT", f"/users/{ADA}", {**body, "serviceInfo": {}})
    bo = fast.body_of(BO)
    fast.done("PUT", f"/users/{BO}", {**bo, "serviceInfo": {}})
    bo["serviceInfo"]["licenses"], bo["serviceInfo"]["extensions"][0]["licenseId"] = (
        [{"id": "L102"}],
        "L102",
    )
    fast.done("PUT", f"/users/{BO}", bo)
    assert fast.unit("L102")["user"] == "bo.chen@acme.example"


def test_an_add_on_can_be_given_and_taken_in_one_update(fast: World) -> None:
    chi = fast.body_of("U1")
    assert [entry["id"] for entry in chi["serviceInfo"]["licenses"]] == ["L101", "L901"]
    chi["serviceInfo"]["licenses"].pop()
    fast.done("PUT", "/users/U1", chi)
    assert fast.unit("L901")["status"] == "unassigned"
    chi["serviceInfo"]["licenses"].append({"id": "L901"})
    fast.done("PUT", "/users/U1", chi)
    assert fast.unit("L901")["user"] == "chi.oyelaran@acme.example"


def test_did_licenses_may_be_sent_back_and_are_ignored(fast: World) -> None:
    shown = fast.get(f"/users/{ADA}")
    fast.done("PUT", f"/users/{ADA}", shown)
    assert fast.get(f"/users/{ADA}")["serviceInfo"]["licenses"] == shown["serviceInfo"]["licenses"]


def test_a_setting_refuses_did_licenses_that_are_sent(make_world: Callable[..., World]) -> None:
    world = make_world(refuses_did=True)
    why = world.refused("PUT", f"/users/{ADA}", world.get(f"/users/{ADA}"))
    assert "assigned automatically" in why["serviceInfo.licenses[1].id"][1]


def test_did_licenses_come_and_go_with_numbers(fast: World) -> None:
    body = fast.body_of(ADA)
    body["serviceInfo"]["extensions"][0]["phoneNumbers"].append({"phoneNumber": "+442071230000"})
    fast.done("PUT", f"/users/{ADA}", body)
    names = [entry["name"] for entry in fast.get(f"/users/{ADA}")["serviceInfo"]["licenses"]]
    assert sum("Local Number" in name for name in names) == 3
    assert names[-1].endswith("-GB")


def test_did_licenses_that_the_inventory_has_are_shown_instead_and_stay(
    make_world: Callable[..., World],
) -> None:
    document = acme()
    for unit_id in ("L990", "L991"):
        document["licenses"][unit_id] = unit("local-number", status="assigned", user=NAME)
        document["users"][NAME]["services"].append({"license": unit_id})
    world = make_world(document, speed=0)
    shown = world.get(f"/users/{ADA}")
    assert [entry["id"] for entry in shown["serviceInfo"]["licenses"]] == ["L102", "L990", "L991"]
    for body in (shown, world.body_of(ADA)):
        world.done("PUT", f"/users/{ADA}", body)
    assert world.unit("L990")["status"] == "assigned"


def test_a_setting_lets_contact_center_extensions_be_made(make_world: Callable[..., World]) -> None:
    world = make_world(speed=0, makes_cc_extensions=True)
    ivy = world.body_of("U10")
    ivy["serviceInfo"] = {
        name: [e for e in ivy["serviceInfo"][name] if "L451" not in e.values()]
        for name in ivy["serviceInfo"]
    }
    world.done("PUT", "/users/U10", ivy)
    body = world.body_of(BO)
    body["serviceInfo"]["licenses"].append({"id": "L451"})
    body["serviceInfo"]["extensions"].append(
        {"licenseId": "L451", "extensionType": "CC", "extensionNumber": "6001"}
    )
    world.done("PUT", f"/users/{BO}", body)
    assert [e["extensionType"] for e in world.get(f"/users/{BO}")["serviceInfo"]["extensions"]] == [
        "UC",
        "CC",
    ]


def test_contact_center_extensions_cannot_be_made(fast: World) -> None:
    body = fast.body_of(BO)
    body["serviceInfo"]["licenses"].append({"id": "L451"})
    assert fast.refused("PUT", f"/users/{BO}", body)  # somebody has it
    ivy = fast.body_of("U10")
    ivy["serviceInfo"] = {
        name: [e for e in ivy["serviceInfo"][name] if "L451" not in e.values()]
        for name in ivy["serviceInfo"]
    }
    fast.done("PUT", "/users/U10", ivy)
    body["serviceInfo"]["extensions"].append(
        {"licenseId": "L451", "extensionType": "CC", "extensionNumber": "6001"}
    )
    why = fast.refused("PUT", f"/users/{BO}", body)
    assert "not supported" in why["serviceInfo.extensions[1].extensionType"][1]


def test_a_device_that_has_reached_its_end_loses_its_configuration_with_any_save(
    fast: World,
) -> None:
    path = "serviceInfo.extensions.0.devices.0.status"
    edit(fast, "chi.oyelaran@acme.example", {path: "RETIRED"})
    body = fast.body_of("U1")
    assert body["serviceInfo"]["extensions"][0]["devices"][0]["status"] == "RETIRED"
    fast.done("PUT", "/users/U1", body)
    assert fast.get("/users/U1")["serviceInfo"]["extensions"][0]["devices"] == []
    assert "devices" not in fast.user("chi.oyelaran@acme.example")["services"][0]["extension"]


def edit(world: World, user: str, values: dict[str, Any]) -> None:
    from licsync.simulator.console_edits import edit_user

    edit_user(world.server.sim, user, values)


def with_local_numbers(free: int) -> dict[str, Any]:
    """The example account, owning local numbers: one for Ada's second number, and some that are
    free.
    """
    document = acme()
    document["licenses"]["L990"] = unit("local-number", status="assigned", user=NAME)
    document["users"][NAME]["services"].append({"license": "L990"})
    for n in range(free):
        document["licenses"][f"L99{n + 1}"] = unit("local-number")
    return document


def test_local_numbers_that_are_owned_come_and_go_with_phone_numbers(
    make_world: Callable[..., World],
) -> None:
    world = make_world(with_local_numbers(1), speed=0)
    body = world.body_of(ADA)
    phones = body["serviceInfo"]["extensions"][0]["phoneNumbers"]
    phones.append({"phoneNumber": "+12065550177"})
    world.done("PUT", f"/users/{ADA}", body)
    assert world.unit("L991") | {
        "status": "assigned",
        "user": NAME,
        "service_address": "A2",
    } == world.unit("L991")
    # one for each number
    assert len(world.get(f"/users/{ADA}")["serviceInfo"]["licenses"]) == 1 + 3
    phones.append({"phoneNumber": "+12065550178"})
    assert (
        "no Local Number is free"
        in world.refused("PUT", f"/users/{ADA}", body)["serviceInfo.extensions"][1]
    )
    del phones[1:]
    world.done("PUT", f"/users/{ADA}", body)
    assert {world.unit(unit)["status"] for unit in ("L990", "L991")} == {"unassigned"}


@pytest.mark.parametrize("how", ["PUT", "DELETE"])
def test_local_numbers_go_with_the_license(make_world: Callable[..., World], how: str) -> None:
    world = make_world(with_local_numbers(0), speed=0)
    body = world.body_of(ADA)
    world.done(how, f"/users/{ADA}", {**body, "serviceInfo": {}} if how == "PUT" else None)
    assert world.unit("L990")["status"] == "unassigned"
    if how == "PUT":
        assert world.get(f"/users/{ADA}")["serviceInfo"]["licenses"] == []
        world.done("PUT", f"/users/{ADA}", body)
        assert world.unit("L990")["user"] == NAME
