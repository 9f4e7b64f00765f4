"""Ring groups: their settings, their members, and the deltas of update-members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator import ADA, World, new_user

CY = "U4"


def reception(world: World) -> str:
    return str(world.get("/ring-groups", filter="name==Main*")["data"][0]["id"])


def members(world: World, group: str) -> dict[str, tuple[int, bool, bool]]:
    return {
        m["userId"]: (m["sequenceNumber"], m["loggedIn"], m["voicemailAccessEnabled"])
        for m in world.get(f"/ring-groups/{group}")["members"]
    }


def new_group(**more: Any) -> dict[str, Any]:
    group = {"name": "Support", "ringPattern": "SEQUENTIAL", "ringTimeout": 15}
    return {**group, "inboundCallerIdFormat": "RGNAME_CALLERNUMBER", **more}


def test_groups_that_the_inventory_names_are_there(world: World) -> None:
    group = world.get(f"/ring-groups/{reception(world)}")
    assert [(m["userId"], m["extensionNumber"], m["firstName"]) for m in group["members"]] == [
        (ADA, "1001", "Ada"),
        (CY, "1004", "Cy"),
    ]
    extension = world.get(f"/users/{ADA}")["serviceInfo"]["extensions"][0]["id"]
    assert group["members"][0]["extensionId"] == extension
    assert world.ask("GET", "/ring-groups/none").status_code == 404


def test_a_group_is_made_with_members_by_any_of_their_names(fast: World) -> None:
    ada = fast.get(f"/users/{ADA}")["serviceInfo"]["extensions"][0]["id"]
    site = fast.get("/sites")["data"][0]["id"]
    given = [
        {"extensionId": ada, "sequenceNumber": 7},
        {"extensionNumber": "1002", "voicemailAccessEnabled": True},
        {"userId": CY, "loggedIn": False},
    ]
    settings = {
        "site": {"id": site},
        "extensionNumber": "8001",
        "voicemailSettings": {"accessPin": "123456"},
    }
    operation = fast.done(
        "POST", "/ring-groups", new_group(members=given, vendorMayAdd=[1], **settings)
    )
    assert operation["resourceType"] == "RING_GROUP"
    group = fast.get(f"/ring-groups/{operation['resourceId']}")
    assert members(fast, group["id"]) == {
        ADA: (1, True, False),
        "U3": (2, True, True),
        CY: (3, False, False),
    }
    assert group["vendorMayAdd"] == [1]
    assert group["site"] == {"id": site, "name": "Seattle", "pbxName": "acme01"}
    assert "voicemailSettings" not in group  # a PIN can be set, not read
    assert fast.user("bo.chen@acme.example")["ring_groups"] == ["Support"]
    assert fast.user("ada.lopez@acme.example")["ring_groups"] == ["Main Reception", "Support"]
    assert [g["name"] for g in fast.get(f"/users/{ADA}")["assignmentInfo"]["ringGroups"]] == [
        "Main Reception",
        "Support",
    ]
    listed = fast.get("/ring-groups", filter="extensionNumber==8001")["data"]
    assert [g["name"] for g in listed] == ["Support"]


def test_a_group_is_replaced_members_and_name_included(fast: World) -> None:
    group = reception(fast)
    body = fast.get(f"/ring-groups/{group}")
    body["name"], body["members"] = "Front Desk", body["members"][1:]
    fast.done("PUT", f"/ring-groups/{group}", body)
    assert list(members(fast, group)) == [CY]
    assert fast.user("cy.diaz@acme.example")["ring_groups"] == ["Front Desk"]
    assert fast.user("ada.lopez@acme.example")["ring_groups"] == []
    fast.done("PUT", f"/ring-groups/{group}", {k: v for k, v in body.items() if k != "members"})
    assert members(fast, group) == {}


def test_a_group_is_removed_and_may_be_removed_twice(fast: World) -> None:
    group = reception(fast)
    fast.done("DELETE", f"/ring-groups/{group}")
    assert fast.ask("GET", f"/ring-groups/{group}").status_code == 404
    assert fast.get(f"/users/{ADA}")["assignmentInfo"]["ringGroups"] == []
    fast.done("DELETE", f"/ring-groups/{group}")


@pytest.mark.parametrize(
    ("values", "field", "status"),
    [
        ({"name": "x"}, "name", 400),
        ({"name": "Main Reception"}, "name", 400),
        ({"ringPattern": "RANDOM"}, "ringPattern", 400),
        ({"ringTimeout": 0}, "ringTimeout", 400),
        ({"ringTimeout": 1.5}, "ringTimeout", 400),
        ({"extensionNumber": "1001"}, "extensionNumber", 409),
        ({"phoneNumbers": [{"phoneNumber": "+12065550101"}]}, "phoneNumbers[0].phoneNumber", 400),
        ({"members": [{"extensionNumber": "9999"}]}, "members[0].extensionNumber", 400),
        ({"members": [{"extensionId": "none"}]}, "members[0].extensionId", 400),
        ({"members": [{"extensionNumber": "1001"}, {"userId": ADA}]}, "members[1]", 400),
        ({"site": {"id": "none"}}, None, 404),
        ({"customerId": "another"}, None, 403),
        ({"voicemailSettings": {"accessPin": "1"}}, "voicemailSettings.accessPin", 400),
        ({"forwardingRules": [{"condition": "BUSY"}]}, "forwardingRules[0].enabled", 400),
    ],
)
def test_a_wrong_group_is_refused(
    fast: World, values: dict[str, Any], field: str | None, status: int
) -> None:
    assert field in fast.refused("POST", "/ring-groups", new_group(**values), status)


def test_groups_and_users_share_their_numbers(fast: World) -> None:
    phones = [{"phoneNumber": "+12065550888", "primary": True}]
    fast.done("POST", "/ring-groups", new_group(extensionNumber="8001", phoneNumbers=phones))
    assert fast.get("/phone-numbers/%2B12065550888")["status"] == "ASSIGNED"
    for taken in ({"extensionNumber": "8001"}, {"phoneNumbers": phones}):
        service = {"licenses": [{"id": "L202"}], "extensions": [{"licenseId": "L202", **taken}]}
        assert fast.refused("POST", "/users", new_user(serviceInfo=service))
    assert fast.refused(
        "POST", "/ring-groups", new_group(name="Other", extensionNumber="8001"), 409
    )
    assert fast.refused("POST", "/ring-groups", new_group(name="Other", phoneNumbers=phones))


# --- update-members -------------------------------------------------------------------------------


def test_members_are_added_changed_and_removed_at_once(world: World) -> None:
    group = reception(world)
    body = {
        "add": [
            {"extensionNumber": "1002"},
            {"extensionNumber": "1000", "sequenceNumber": 1, "loggedIn": False},
        ],
        "update": [{"extensionNumber": "1004", "voicemailAccessEnabled": True}],
        "remove": [{"extensionNumber": "1001"}],
    }
    operation = world.done("POST", f"/ring-groups/{group}/update-members", body)
    assert operation["operationType"] == "UPDATE_MEMBERS"
    assert members(world, group) == {
        "U1": (1, False, False),
        CY: (2, True, True),
        "U3": (3, True, False),
    }
    assert [m["userId"] for m in world.get(f"/ring-groups/{group}")["members"]] == ["U1", CY, "U3"]
    assert world.user("ada.lopez@acme.example")["ring_groups"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "BAD_REQUEST"),
        ({"add": [], "remove": []}, 400, "BAD_REQUEST"),
        ({"add": [{}]}, 400, "VALIDATION_ERROR"),
        ({"add": [{"extensionNumber": "1002", "sequenceNumber": 0}]}, 400, "VALIDATION_ERROR"),
        ({"remove": [{"extensionNumber": "1"}] * 201}, 400, "VALIDATION_ERROR"),
        (
            {"add": [{"extensionNumber": "1002"}], "remove": [{"extensionNumber": "1002"}]},
            400,
            "CONFLICTING_QUERY_PARAMETER",
        ),
        (
            {"update": [{"extensionId": "e"}, {"extensionId": "e"}]},
            400,
            "CONFLICTING_QUERY_PARAMETER",
        ),
        (
            {
                "add": [{"extensionNumber": "1002", "sequenceNumber": 1}],
                "update": [{"extensionNumber": "1001", "sequenceNumber": 1}],
            },
            400,
            "VALIDATION_ERROR",
        ),
    ],
)
def test_a_delta_that_does_not_fit_changes_nothing(
    world: World, body: Any, status: int, code: str
) -> None:
    group, before = reception(world), world.console.dump()
    why = world.refused("POST", f"/ring-groups/{group}/update-members", body, status)
    assert {c for c, _ in why.values()} == {code}
    assert world.console.dump() == before
    assert (
        world.ask(
            "POST", "/ring-groups/none/update-members", {"add": [{"extensionNumber": "1002"}]}
        ).status_code
        == 404
    )


def test_the_place_of_a_duplicate_is_named(world: World) -> None:
    body = {"add": [{"extensionNumber": "1002"}], "remove": [{"extensionNumber": "1002"}]}
    why = world.refused("POST", f"/ring-groups/{reception(world)}/update-members", body)
    assert list(why) == ["remove[0].extensionNumber"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"add": [{"extensionNumber": "9999"}]}, "VALIDATION_ERROR"),
        ({"add": [{"extensionNumber": "1001"}]}, "CONFLICT"),
        ({"update": [{"extensionNumber": "1002"}]}, "CONFLICT"),
        (
            {"add": [{"extensionNumber": "1002"}], "remove": [{"extensionNumber": "1000"}]},
            "CONFLICT",
        ),
    ],
)
def test_members_are_checked_after_the_request_is_accepted(
    world: World, body: Any, code: str
) -> None:
    group = reception(world)
    before = members(world, group)
    operation = world.accepted("POST", f"/ring-groups/{group}/update-members", body)
    world.pass_(20)
    shown = world.get(f"/operations/{operation}")
    assert (shown["status"], shown["error"]["errors"][0]["code"]) == ("FAILED", code)
    assert members(world, group) == before


def test_an_extension_by_both_its_names_fails(world: World) -> None:
    extension = world.get(f"/users/{ADA}")["serviceInfo"]["extensions"][0]["id"]
    body = {"update": [{"extensionNumber": "1001"}], "remove": [{"extensionId": extension}]}
    operation = world.accepted("POST", f"/ring-groups/{reception(world)}/update-members", body)
    world.pass_(20)
    assert world.get(f"/operations/{operation}")["error"]["errors"][0]["code"] == "BAD_REQUEST"


def order(world: World, group: str) -> list[tuple[str, int]]:
    shown = world.get(f"/ring-groups/{group}")["members"]
    return [(m["extensionNumber"], m["sequenceNumber"]) for m in shown]


@pytest.mark.parametrize(
    ("delta", "numbers"),
    [
        ({"add": [{"extensionNumber": "1000"}]}, ["1001", "1004", "1002", "1000"]),
        (
            {"add": [{"extensionNumber": "1000", "sequenceNumber": 1}]},
            ["1000", "1001", "1004", "1002"],
        ),
        (
            {"add": [{"extensionNumber": "1000", "sequenceNumber": 2}]},
            ["1001", "1000", "1004", "1002"],
        ),
        (
            {"add": [{"extensionNumber": "1000", "sequenceNumber": 99}]},
            ["1001", "1004", "1002", "1000"],
        ),
        ({"update": [{"extensionNumber": "1002", "sequenceNumber": 1}]}, ["1002", "1001", "1004"]),
        ({"update": [{"extensionNumber": "1001", "sequenceNumber": 2}]}, ["1004", "1001", "1002"]),
        ({"update": [{"extensionNumber": "1001", "loggedIn": False}]}, ["1001", "1004", "1002"]),
        ({"remove": [{"extensionNumber": "1001"}]}, ["1004", "1002"]),
        (
            {
                "add": [{"extensionNumber": "1000", "sequenceNumber": 3}],
                "update": [{"extensionNumber": "1002", "sequenceNumber": 1}],
                "remove": [{"extensionNumber": "1001"}],
            },
            ["1002", "1004", "1000"],
        ),
    ],
)
def test_a_sequence_number_is_a_position_and_the_others_move(
    fast: World, delta: Any, numbers: list[str]
) -> None:
    group = reception(fast)
    fast.done(
        "POST", f"/ring-groups/{group}/update-members", {"add": [{"extensionNumber": "1002"}]}
    )
    fast.done("POST", f"/ring-groups/{group}/update-members", delta)
    assert order(fast, group) == [(number, place) for place, number in enumerate(numbers, 1)]


def test_a_license_that_goes_closes_the_gap_in_its_groups(fast: World) -> None:
    group = reception(fast)
    body = fast.body_of(ADA)
    fast.done("PUT", f"/users/{ADA}", {**body, "serviceInfo": {}})
    assert order(fast, group) == [("1004", 1)]


def test_two_deltas_that_meet_fail_one_of_them(world: World) -> None:
    group, body = reception(world), {"add": [{"extensionNumber": "1002"}]}
    both = [world.accepted("POST", f"/ring-groups/{group}/update-members", body) for _ in range(2)]
    world.pass_(20)
    shown = [world.get(f"/operations/{operation}") for operation in both]
    assert sorted(operation["status"] for operation in shown) == ["COMPLETED", "FAILED"]
    failed = next(o for o in shown if o["status"] == "FAILED")
    assert failed["error"]["errors"][0]["code"] == "CONFLICT"


def test_a_user_without_an_extension_is_not_a_member(fast: World) -> None:
    body = fast.body_of(ADA)
    fast.done("PUT", f"/users/{ADA}", {**body, "serviceInfo": {}})
    assert ADA not in members(fast, reception(fast))
    body = fast.body_of(ADA)
    body["assignmentInfo"]["ringGroups"] = [{"name": "Main Reception"}]
    fast.done("PUT", f"/users/{ADA}", body)
    assert ADA not in members(fast, reception(fast))
