"""Sites, addresses, phone numbers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from licsync.simulator.addresses import FIELDS, display_form, normalized
from tests.support.simulator import World, acme, errors, new_user


def site_ids(world: World) -> dict[str, str]:
    return {site["name"]: site["id"] for site in world.get("/sites")["data"]}


def new_site(**more: Any) -> dict[str, Any]:
    site = {"name": "Austin", "pbxName": "acme01", "locale": "en-US", "timezone": "America/Chicago"}
    return {**site, "address": {"id": "A1"}, **more}


# --- sites ----------------------------------------------------------------------------------------


def test_a_site_is_shown(world: World) -> None:
    site = world.get(f"/sites/{site_ids(world)['London']}")
    assert site == site | {
        "name": "London",
        "pbxName": "acme02",
        "locale": "en-GB",
        "address": {"id": "A3"},
    }
    assert world.ask("GET", "/sites/none").status_code == 404


def test_a_site_is_made_changed_and_removed(fast: World) -> None:
    made = fast.ask("POST", "/sites", new_site(siteCode="77", vendorMayAdd=1)).json()
    site = fast.get(f"/sites/{made['resourceId']}")
    assert site == new_site(siteCode="77", vendorMayAdd=1, id=made["resourceId"])
    assert fast.console.dump()["sites"]["Austin"] == {
        "pbx": "acme01",
        "locale": "en-US",
        "timezone": "America/Chicago",
        "service_address": "A1",
    }
    fast.done("PUT", f"/sites/{site['id']}", new_site(name="Dallas", address={"id": "A2"}))
    changed = fast.get(f"/sites/{site['id']}")
    assert changed == new_site(name="Dallas", address={"id": "A2"}, id=site["id"])
    assert "Austin" not in fast.console.dump()["sites"]
    fast.done("DELETE", f"/sites/{site['id']}")
    assert fast.ask("GET", f"/sites/{site['id']}").status_code == 404
    assert fast.console.dump()["sites"] == acme()["sites"]


def test_a_site_takes_its_users_and_their_licenses_along(fast: World) -> None:
    identifier = site_ids(fast)["Seattle"]
    fast.done(
        "PUT", f"/sites/{identifier}", new_site(name="Tacoma", timezone="America/Los_Angeles")
    )
    assert fast.get("/users/U2")["basicInfo"]["site"] == {
        "id": identifier,
        "name": "Tacoma",
        "pbxName": "acme01",
    }
    assert fast.user("ada.lopez@acme.example")["site"] == "Tacoma"
    fast.done("PUT", f"/sites/{identifier}", new_site(name="Tacoma", address={"id": "A3"}))
    assert fast.unit("L102")["service_address"] == "A3"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x"}, "name"),
        ({"name": "Seattle"}, "name"),
        ({"locale": "xx"}, "locale"),
        ({"address": {"id": "none"}}, "address.id"),
        ({"address": {}}, "address.id"),
        ({"address": None}, "address"),
        ({"extensionLength": "4"}, "extensionLength"),
        ({"emergencyNotifications": [{"type": "FAX"}]}, "emergencyNotifications[0].type"),
    ],
)
def test_a_wrong_site_is_refused(fast: World, values: dict[str, Any], field: str) -> None:
    assert field in fast.refused("POST", "/sites", new_site(**values))
    identifier = site_ids(fast)["London"]
    assert field in fast.refused(
        "PUT", f"/sites/{identifier}", new_site(**{"pbxName": "acme02", **values})
    )


def test_a_site_keeps_its_pbx_and_its_id(fast: World) -> None:
    identifier = site_ids(fast)["London"]
    assert "pbxName" in fast.refused(
        "PUT", f"/sites/{identifier}", new_site(name="London", pbxName="acme01")
    )
    body = new_site(name="London", pbxName="acme02", id="another")
    assert "id" in fast.refused("PUT", f"/sites/{identifier}", body)
    assert fast.ask("PUT", "/sites/none", new_site()).status_code == 404


def test_a_site_code_is_of_one_site(fast: World) -> None:
    fast.done("POST", "/sites", new_site(siteCode="AU01"))
    assert (
        fast.refused("POST", "/sites", new_site(name="Dallas", siteCode="AU01"))["siteCode"][0]
        == "CONFLICT"
    )
    fast.done("POST", "/sites", new_site(name="Dallas", siteCode="DA01"))


def test_a_site_in_use_is_not_removed(fast: World) -> None:
    why = fast.refused("DELETE", f"/sites/{site_ids(fast)['London']}")
    assert why[None][0] == "BAD_REQUEST"
    assert "used by at least one extension" in why[None][1]


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("name==London", ["London"]),
        ("name==*on*", ["London"]),
        ("name=='New York'", ["New York"]),
        ("name==S*", ["Seattle"]),
    ],
)
def test_sites_are_filtered_by_name(world: World, filter_: str, found: list[str]) -> None:
    assert [site["name"] for site in world.get("/sites", filter=filter_)["data"]] == found


@pytest.mark.parametrize(
    ("filter_", "message"),
    [
        ("name=London", "Invalid filter syntax"),
        ("name!=London", "Invalid operator: !=. Only '==' operator is supported"),
        ("id==1", "Invalid filter field: id. Only filtering by name is supported"),
        ("name==a,name==b", "Logical operations (AND/OR) are not supported"),
        ("name==a*b", "Wildcard (*) can only appear at the beginning or end"),
    ],
)
def test_sites_are_filtered_by_nothing_else(world: World, filter_: str, message: str) -> None:
    answer = world.ask("GET", "/sites", filter=filter_)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid filter format"
    assert answer.json()["errors"][0]["message"] == message


def test_sites_are_sorted(world: World) -> None:
    names = [site["name"] for site in world.get("/sites", sort="-name")["data"]]
    assert names == ["Seattle", "New York", "London"]
    assert world.ask("GET", "/sites", sort="nothing").status_code == 400


def test_sites_speak_either_media_type(world: World) -> None:
    vendors = "application/vnd.sites.v1+json"
    answer = world.ask("GET", "/sites", headers={"Accept": vendors, "X-Unchecked": "yes"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, vendors)
    assert world.ask("GET", "/sites").headers["content-type"] == "application/json"


# --- addresses ------------------------------------------------------------------------------------


def test_an_address_is_shown_as_the_provider_writes_it(world: World) -> None:
    address = world.get("/addresses/A1")
    assert (address["preDirectional"], address["streetName"]) == ("W", "34TH ST")
    assert address["displayForm"] == "7 W 34TH ST, New York NY, 10001"
    assert address["addressUsage"]["site"] == 1
    assert address["addressUsage"]["license"] == 10
    listed = world.get("/addresses", filter="state==WA")["data"]
    assert [entry["id"] for entry in listed] == ["A2"]
    assert "addressUsage" not in listed[0]


@pytest.mark.parametrize(
    ("street", "country", "shown"),
    [
        ("West 34th St", "US", ("W", "34TH ST")),
        ("n. Pine  St", "US", ("N", "PINE ST")),
        ("Northgate", "US", (None, "NORTHGATE")),
        ("West", "US", (None, "WEST")),
        ("West Street", "GB", (None, "WEST STREET")),
    ],
)
def test_directions_are_parted_from_streets_in_north_america(
    street: str, country: str, shown: tuple[str, str]
) -> None:
    written = normalized({"street_name": street, "country": country})
    assert (written.get("preDirectional"), written["streetName"]) == shown


def test_every_field_of_an_address_has_its_place() -> None:
    assert len(FIELDS) == 13
    content = {ours: f"{ours} x" for ours in FIELDS.values()} | {"country": "GB"}
    assert normalized(content).keys() == FIELDS.keys()
    assert display_form({"city": "London"}) == "London"


def test_the_same_address_is_made_once(world: World) -> None:
    body = {
        "streetNumber": "1",
        "streetName": "North Main Street",
        "city": "Austin",
        "state": "TX",
        "country": "US",
    }
    first = world.ask("POST", "/addresses", body)
    assert first.status_code == 200
    UUID(first.json()["id"])
    assert first.json()["origin"] == "ADMIN_API"
    again = world.ask(
        "POST", "/addresses", {**body, "streetName": "  n main STREET ", "city": "AUSTIN"}
    )
    assert again.json()["id"] == first.json()["id"]
    stored = world.console.dump()["service_addresses"]
    assert stored[first.json()["id"]]["street_name"] == "North Main Street"
    assert len(stored) == len(acme()["service_addresses"]) + 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "country"),
        ({"country": "USA"}, None),
        ({"country": "US", "city": ""}, "city"),
        ({"country": 1}, "country"),
        ([], None),
    ],
)
def test_a_wrong_address_is_refused(world: World, body: Any, field: str | None) -> None:
    assert field in world.refused("POST", "/addresses", body)


def test_an_address_goes_when_nothing_uses_it(world: World) -> None:
    made = world.ask("POST", "/addresses", {"country": "FR", "city": "Paris"}).json()["id"]
    assert world.ask("DELETE", f"/addresses/{made}").status_code == 204
    assert world.ask("DELETE", f"/addresses/{made}").status_code == 404
    assert world.refused("DELETE", "/addresses/A1")[None][0] == "BAD_REQUEST"
    assert world.console.dump()["service_addresses"] == acme()["service_addresses"]


# --- phone numbers --------------------------------------------------------------------------------


def test_a_number_is_shown_without_its_holder(world: World) -> None:
    number = world.get("/phone-numbers/%2B12065550101")
    assert number == {
        "phoneNumber": "+12065550101",
        "nationalFormattedNumber": "(206) 555-0101",
        "country": "US",
        "category": "LOCAL",
        "origin": "CLAIMED",
        "status": "ASSIGNED",
    }
    assert world.ask("GET", "/phone-numbers/%2B12065559999").status_code == 404
    answer = world.ask("GET", "/phone-numbers/12065550101")
    assert errors(answer) == {("phoneNumber", "VALIDATION_ERROR")}


def test_numbers_that_were_given_up_and_numbers_that_are_claimed_are_available(fast: World) -> None:
    assert fast.get("/phone-numbers", filter="status==AVAILABLE")["data"] == []
    with fast.server.sim.changing():
        fast.server.sim.documents.put(
            "numbers", "+442071230000", {"status": "PORTING", "temporaryNumber": "+442071230001"}
        )
        fast.server.sim.documents.put("numbers", "+12065550999", {})
    fast.done("DELETE", "/users/U3")
    numbers = {
        n["phoneNumber"]: n["status"]
        for n in fast.get("/phone-numbers", sort="-phoneNumber")["data"]
    }
    assert list(numbers) == sorted(numbers, reverse=True)
    assert (numbers["+12065550102"], numbers["+12065550999"]) == ("AVAILABLE", "AVAILABLE")
    assert numbers["+442071230000"] == "PORTING"
    assert fast.ask("GET", "/phone-numbers", sort="country,phoneNumber").status_code == 400
    assert fast.ask("GET", "/phone-numbers", sort="status").status_code == 400


def test_a_number_that_is_assigned_anew_is_assigned(fast: World) -> None:
    extension = {"licenseId": "L202", "phoneNumbers": [{"phoneNumber": "+12065550777"}]}
    body = new_user(serviceInfo={"licenses": [{"id": "L202"}], "extensions": [extension]})
    user = fast.done("POST", "/users", body)["resourceId"]
    assert fast.get("/phone-numbers/%2B12065550777")["status"] == "ASSIGNED"
    fast.done("DELETE", f"/users/{user}")
    assert fast.get("/phone-numbers/%2B12065550777")["status"] == "AVAILABLE"
