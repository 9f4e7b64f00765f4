"""Users: shown and made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.simulator import ADA, BO, World, new_user

NAME = "ada.lopez@acme.example"


# --- shown ----------------------------------------------------------------------------------------


def test_a_user_is_shown_as_the_vendor_does(world: World) -> None:
    ada = world.get(f"/users/{ADA}")
    assert (
        ada["basicInfo"] | {"userId": ADA, "userName": NAME, "status": "ACTIVE", "firstName": "Ada"}
        == ada["basicInfo"]
    )
    assert ada["basicInfo"]["site"]["name"] == "Seattle"
    assert ada["basicInfo"]["site"]["pbxName"] == "acme01"
    assert len(ada["basicInfo"]["site"]["id"]) == 22
    assert ada["directoryInfo"] == {
        "department": "Sales",
        "jobTitle": "Account Executive",
        "displayInDirectory": True,
    }
    (extension,) = ada["serviceInfo"]["extensions"]
    assert extension["extensionNumber"] == "1001"
    assert extension["licenseId"] == "L102"
    assert extension["extensionType"] == "UC"
    assert extension["primaryPhoneNumber"] == "+12065550101"
    assert [(n["phoneNumber"], n["primary"]) for n in extension["phoneNumbers"]] == [
        ("+12065550101", True),
        ("+12065550111", False),
    ]
    assert ada["assignmentInfo"]["profilePolicy"] == {"name": "8x8 Master User Template"}
    assert [group["name"] for group in ada["assignmentInfo"]["ringGroups"]] == ["Main Reception"]
    assert [(q["name"], q["memberType"]) for q in ada["assignmentInfo"]["ucCallQueues"]] == [
        ("Sales CQ", "PRIMARY")
    ]


def test_licenses_have_names_in_the_vendors_grammar_and_numbers_bring_their_own(
    world: World,
) -> None:
    licenses = world.get(f"/users/{ADA}")["serviceInfo"]["licenses"]
    assert [entry["name"].rsplit("-", 3)[0] for entry in licenses] == [
        "X Series X4",
        *["Additional Local Number"] * 2,
    ]
    assert licenses[0]["id"] == "L102"
    assert {entry["country"] for entry in licenses} == {"US"}


def test_an_unknown_user_is_not_found(world: World) -> None:
    answer = world.ask("GET", "/users/nobody")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/vnd.users.v1+json"
    assert answer.json()["errors"][0]["code"] == "NOT_FOUND"
    assert world.ask("PUT", "/users/nobody", new_user()).status_code == 404
    assert world.ask("DELETE", "/users/nobody").status_code == 404


def test_lists_are_poorer_than_single_users(make_world: Callable[..., World]) -> None:
    world = make_world(
        list_omits=frozenset({"serviceInfo.extensions.devices", "assignmentInfo.userGroups"})
    )
    listed = {user["basicInfo"]["userId"]: user for user in world.get("/users")["data"]}
    single = world.get("/users/U1")
    assert single["serviceInfo"]["extensions"][0]["devices"]
    assert "devices" not in listed["U1"]["serviceInfo"]["extensions"][0]
    assert "userGroups" in single["assignmentInfo"]
    assert "userGroups" not in listed["U1"]["assignmentInfo"]
    assert listed["U1"]["basicInfo"] == single["basicInfo"]


# --- made -----------------------------------------------------------------------------------------


def test_a_user_is_made_by_an_operation(world: World) -> None:
    operation = world.accepted("POST", "/users", new_user())
    shown = world.get(f"/operations/{operation}")
    assert shown["status"] == "PENDING"
    assert "resourceId" not in shown
    world.pass_(1.5)
    assert world.get(f"/operations/{operation}")["status"] == "IN_PROGRESS"
    assert world.get("/users", filter="basicInfo.userName==new.hire@acme.example")["data"] == []
    world.pass_(15)
    shown = world.get(f"/operations/{operation}")
    assert shown["status"] == "COMPLETED"
    user = world.get(f"/users/{shown['resourceId']}")
    assert shown["_links"]["resource"]["href"] == f"/admin-provisioning/users/{shown['resourceId']}"
    assert user["basicInfo"]["createdTime"] == shown["completedTime"]
    assert world.user("new.hire@acme.example") == {
        "id": shown["resourceId"],
        "status": "active",
        "site": "Seattle",
        "first_name": "New",
        "last_name": "Hire",
        "email": "new.hire@acme.example",
        "policy": "8x8 Master User Template",
        "services": [],
    }


def test_a_user_can_be_made_with_everything(fast: World) -> None:
    license_ = {"licenses": [{"id": "L202"}]}
    extension = {
        "licenseId": "L202",
        "extensionType": "UC",
        "extensionNumber": "1777",
        "phoneNumbers": [
            {"phoneNumber": "+12065550777"},
            {"phoneNumber": "+12065550778", "primary": True},
        ],
        "recordingMode": "ALWAYS",
        "voicemailEmail": "new@acme.example",
        "devices": [{"model": "Yealink T54W", "macAddress": "AA:BB:CC:DD:EE:FF"}],
        "externalCallerIdName": "New",
    }
    groups = {
        "ringGroups": [{"name": "Main Reception"}],
        "ucCallQueues": [{"name": "Sales CQ", "memberType": "SECONDARY"}],
    }
    body = new_user(serviceInfo={**license_, "extensions": [extension]}, assignmentInfo=groups)
    body["basicInfo"]["status"] = "INACTIVE"
    user = fast.get(f"/users/{fast.done('POST', '/users', body)['resourceId']}")
    assert user["basicInfo"]["status"] == "INACTIVE"
    shown = user["serviceInfo"]["extensions"][0]
    assert shown["primaryPhoneNumber"] == "+12065550778"
    assert shown["externalCallerIdName"] == "New"
    assert shown["devices"][0]["macAddress"] == "aabbccddeeff"
    assert user["assignmentInfo"]["ucCallQueues"][0]["memberType"] == "SECONDARY"
    record = fast.user("new.hire@acme.example")
    assert record["services"][0]["extension"] == {
        "number": "1777",
        "voicemail_email": "new@acme.example",
        "recording_mode": "always",
        "phone_numbers": ["+12065550778", "+12065550777"],
        "devices": [{"model": "Yealink T54W", "mac_address": "AA:BB:CC:DD:EE:FF"}],
    }
    assert record["ring_groups"] == ["Main Reception"]
    assert fast.unit("L202") | {"status": "suspended", "service_address": "A2"} == fast.unit("L202")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("basicInfo.userName", "a b", "basicInfo.userName"),
        ("basicInfo.userName", "ab", "basicInfo.userName"),
        ("basicInfo.userName", None, "basicInfo.userName"),
        ("basicInfo.firstName", "Ä", "basicInfo.firstName"),
        ("basicInfo.lastName", "x" * 31, "basicInfo.lastName"),
        ("basicInfo.primaryEmail", "nobody", "basicInfo.primaryEmail"),
        ("basicInfo.status", "DELETED", "basicInfo.status"),
        ("basicInfo.locale", "xx-XX", "basicInfo.locale"),
        ("basicInfo.site", None, "basicInfo.site"),
        ("basicInfo.site", {}, "basicInfo.site.id"),
        ("basicInfo.site", {"id": "nowhere"}, "basicInfo.site.id"),
        ("basicInfo.site", {"name": "Nowhere"}, "basicInfo.site.name"),
        ("directoryInfo", {"displayInDirectory": "yes"}, "directoryInfo.displayInDirectory"),
        ("directoryInfo", {"department": ""}, "directoryInfo.department"),
        ("assignmentInfo", {"profilePolicy": {"name": "Unknown"}},
         "assignmentInfo.profilePolicy.name"),
        ("assignmentInfo", {"ringGroups": [{"id": "none"}]}, "assignmentInfo.ringGroups[0].id"),
        ("assignmentInfo", {"ucCallQueues": [{}]}, "assignmentInfo.ucCallQueues[0].id"),
        ("serviceInfo", {"licenses": {}}, "serviceInfo.licenses"),
        ("serviceInfo", {"licenses": [{"id": None}]}, "serviceInfo.licenses[0].id"),
        ("serviceInfo", {"licenses": [{"id": "none"}]}, "serviceInfo.licenses[0].id"),
        ("serviceInfo", {"licenses": [{"id": "L202"}, {"id": "L202"}]},
         "serviceInfo.licenses[1].id"),
        ("serviceInfo", {"licenses": [{"id": "L202"}, {"id": "L103"}]},
         "serviceInfo.licenses[1].id"),
        ("serviceInfo", {"licenses": [{"id": "L102"}]}, "serviceInfo.licenses"),
        ("serviceInfo", {"licenses": [{"id": "L152"}]}, "serviceInfo.licenses"),
        ("serviceInfo", {"extensions": [{"extensionNumber": "1"}]},
         "serviceInfo.extensions[0].licenseId"),
        ("serviceInfo", {"extensions": [{"extensionNumber": 1}]},
         "serviceInfo.extensions[0].extensionNumber"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_refused_by_its_field(
    fast: World, path: str, value: Any, field: str
) -> None:
    body = new_user()
    before = fast.console.dump()
    section, _, name = path.partition(".")
    if name:
        body[section][name] = value
        if value is None:
            body[section].pop(name)
    else:
        body[section] = value
    why = fast.refused("POST", "/users", body)
    assert field in why or (value is None and f"{field}.id" in why)
    assert all(code == "VALIDATION_ERROR" for code, _ in why.values())
    assert fast.console.dump() == before


@pytest.mark.parametrize(
    ("extension", "field"),
    [
        (
            {"licenseId": "L202", "phoneNumbers": [{"phoneNumber": "5551234"}]},
            "phoneNumbers[0].phoneNumber",
        ),
        ({"licenseId": "L202", "phoneNumbers": [{}]}, "phoneNumbers[0].phoneNumber"),
        ({"licenseId": "L202", "primaryPhoneNumber": "+12065550777"}, "primaryPhoneNumber"),
        ({"licenseId": "L202", "extensionType": "CC"}, "extensionType"),
        ({"licenseId": "L202", "recordingMode": "always"}, "recordingMode"),
        ({"licenseId": "L101"}, "licenseId"),
    ],
)
def test_a_wrong_extension_is_refused_by_its_field(
    fast: World, extension: dict[str, Any], field: str
) -> None:
    body = new_user(serviceInfo={"licenses": [{"id": "L202"}], "extensions": [extension]})
    assert f"serviceInfo.extensions[0].{field}" in fast.refused("POST", "/users", body)


def test_numbers_that_somebody_has_are_refused(fast: World) -> None:
    for taken in ({"extensionNumber": "1001"}, {"phoneNumbers": [{"phoneNumber": "+12065550101"}]}):
        body = new_user(
            serviceInfo={
                "licenses": [{"id": "L202"}],
                "extensions": [{"licenseId": "L202", **taken}],
            }
        )
        assert fast.refused("POST", "/users", body)
    body = fast.body_of(BO)
    body["serviceInfo"]["extensions"][0]["extensionNumber"] = "1001"
    assert "serviceInfo.extensions" in fast.refused("PUT", f"/users/{BO}", body)


def test_a_name_is_taken_without_regard_to_case_and_a_late_duplicate_fails(world: World) -> None:
    assert world.refused("POST", "/users", new_user("ADA.lopez@acme.example")) == {
        None: ("VALIDATION_ERROR", "userName already in use")
    }
    first, second = (world.accepted("POST", "/users", new_user()) for _ in range(2))
    world.pass_(20)
    states = {world.get(f"/operations/{operation}")["status"] for operation in (first, second)}
    assert states == {"COMPLETED", "FAILED"}
    failed = next(o for o in (first, second) if world.get(f"/operations/{o}")["status"] == "FAILED")
    assert (
        world.get(f"/operations/{failed}")["error"]["errors"][0]["message"]
        == "userName already in use"
    )


def test_another_customer_is_forbidden(fast: World) -> None:
    body = new_user()
    body["basicInfo"]["customerId"] = "0012J00042NkZQIQA4"
    assert fast.refused("POST", "/users", body, status=403)[None][0] == "FORBIDDEN"
