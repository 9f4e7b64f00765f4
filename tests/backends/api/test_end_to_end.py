"""The client against the simulator: plan, apply and plan again, within the published limits, in
virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from licsync.backends.api.request_bodies import strip_read_only
from licsync.backends.api.transport import Request
from licsync.backends.http.rate_limit import Urgency
from licsync.engine.apply import apply_async
from tests.support.accounts import CATALOG
from tests.support.api_simulation import ApiWorld, document

COUNT = 15
NAMES = [f"user{i:03}@acme.example" for i in range(COUNT)]
UPDATED = {name: {"job_title": "Clerk"} for name in NAMES}
CHANGED = {name: {"licenses": [{"type": "x4", "country": "US"}]} for name in NAMES}
CREATED = {
    f"new{i:03}@acme.example": {"first_name": "New", "last_name": "Name", "site": "HQ"}
    for i in range(COUNT)
}


@pytest.fixture
def opened() -> Iterator[list[ApiWorld]]:
    worlds: list[ApiWorld] = []
    yield worlds
    for world in worlds:
        world.close()


@pytest.fixture
def world(opened: list[ApiWorld]) -> ApiWorld:
    """Fifteen users with X2, and fifteen free X4."""
    users = {name: {"type": "x2"} for name in NAMES}
    opened.append(ApiWorld(document(users, {"x4": [f"M{i:03}" for i in range(COUNT)]})))
    return opened[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("users", "requests", "least"),
    [
        (UPDATED, 3.4, 2),  # read, write; the first few are polled and read back one by one
        (CREATED, 2.2, 1),  # write
        (CHANGED, 6.6, 5),  # read, take away, one poll, read, give
    ],
    ids=["update", "create", "change of license"],
)
def test_a_run_takes_few_requests_and_leaves_nothing(
    world: ApiWorld, users: dict[str, Any], requests: float, least: float
) -> None:
    plan = world.plan(users)
    assert len(plan.actions) == COUNT
    before, began = len(world.server.log), world.runner.loop.now
    outcome = world.apply(plan)
    assert len(outcome.done) == COUNT
    spent = len(world.server.log) - before
    assert least * COUNT <= spent <= requests * COUNT
    assert world.runner.loop.now - began <= 60 * (spent / 95 + 0.6)
    assert world.requests(lambda entry: entry.status == 429) == 0
    assert world.plan(users).actions == []


@pytest.mark.slow
def test_a_plan_takes_one_request_for_a_thousand_users(opened: list[ApiWorld]) -> None:
    users = {f"u{i:04}@acme.example": {} for i in range(1200)}
    opened.append(ApiWorld(document(users, {})))
    world = opened[-1]
    world.plan({})
    assert world.requests(lambda entry: entry.path == "/users") == 2
    assert len(world.server.log) == 4  # sites, addresses, and two pages


RICH = {
    "hotDeskEnabled": True,
    "externalCallerIdName": "Ada at Acme",
    "voicemailZeroOutDestination": "1001",
    "neverHeardOf": {"deep": [1]},
}


def _enriched(world: ApiWorld, name: str, sequence: int) -> dict[str, Any]:
    """Give a user extension settings and a place in the ring group, as an admin does; tell its
    entry.
    """

    async def main() -> dict[str, Any]:
        user = await world.backend.reader.read_user(name, 4)  # type: ignore[arg-type]
        assert user is not None
        user["serviceInfo"]["extensions"][0].update(RICH)
        await _put(
            world, f"/users/{user['basicInfo']['userId']}", "users", strip_read_only(user, CATALOG)
        )
        (group,) = user["assignmentInfo"]["ringGroups"]
        member = {
            "extensionNumber": user["serviceInfo"]["extensions"][0]["extensionNumber"],
            "sequenceNumber": sequence,
            "loggedIn": False,
            "voicemailAccessEnabled": True,
        }
        path = f"/ring-groups/{group['id']}/update-members"
        await _put(world, path, "ringgroups.update-members", {"update": [member]}, "POST")
        return await _entry(world, str(group["id"]), str(user["basicInfo"]["userId"]))

    return world.run(main())  # type: ignore[no-any-return]


async def _put(world: ApiWorld, path: str, media: Any, body: Any, method: str = "PUT") -> None:
    answer = await world.backend.api.send(Request(method, path, media, body), Urgency.STEP)
    assert answer.outcome == "accepted", answer.reason
    await asyncio.sleep(30)


async def _entry(world: ApiWorld, group: str, user: str) -> dict[str, Any]:
    answer = await world.backend.api.get(
        Request("GET", f"/ring-groups/{group}", "ringgroups"), Urgency.START
    )
    (entry,) = [member for member in answer.body["members"] if member["userId"] == user]
    return {
        name: entry[name]
        for name in ("sequenceNumber", "loggedIn", "voicemailAccessEnabled", "extensionNumber")
    }


def test_a_change_of_license_brings_everything_back(opened: list[ApiWorld]) -> None:
    ada, bo = "ada@acme.example", "bo@acme.example"
    groups = {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"]}
    opened.append(ApiWorld(document({ada: groups, bo: groups}, {"x4": ["M1"]})))
    world = opened[-1]
    before = _enriched(world, ada, 2)
    assert before["loggedIn"] is False
    plan = world.plan({ada: {"licenses": [{"type": "x4", "country": "US"}]}})
    assert world.apply(plan).done == [plan.actions[0].id]
    truth = world.truth()
    user = truth.users[ada]
    assert user["services"][0]["license"] == "M1"
    assert user["services"][0]["extension"]["phone_numbers"] == ["+12065550000"]
    assert (user["ring_groups"], user["call_queues"]) == (["Main"], ["Help"])
    assert truth.licenses["L0000"]["status"] == "unassigned"

    async def after() -> tuple[dict[str, Any], dict[str, Any]]:
        now = await world.backend.reader.read_user(ada, 4)  # type: ignore[arg-type]
        assert now is not None
        (group,) = now["assignmentInfo"]["ringGroups"]
        entry = await _entry(world, str(group["id"]), str(now["basicInfo"]["userId"]))
        return now["serviceInfo"]["extensions"][0], entry

    extension, entry = world.run(after())
    assert {name: extension[name] for name in RICH} == RICH
    assert entry == before


@pytest.mark.slow
def test_every_kind_of_change(opened: list[ApiWorld]) -> None:
    people = {name: {"type": "x2"} for name in ("a@x.example", "b@x.example", "c@x.example")} | {
        "d@x.example": {}
    }
    opened.append(ApiWorld(document(people, {"x4": ["M1"], "x2": ["M2"]})))
    world = opened[-1]
    place = {
        "street_number": "500",
        "street_name": "Pine St",
        "city": "Seattle",
        "state": "WA",
        "postal": "98101",
        "country": "US",
    }
    site = {
        "service_address": "seattle",
        "pbx": "acme01",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
    }
    users = {
        "a@x.example": {"status": "inactive"},
        "b@x.example": {"licenses": []},
        "renamed@x.example": {"previously": "c@x.example", "department": "Sales"},
        "d@x.example": {"licenses": [{"type": "x4", "country": "US",
                                      "extension": {"number": "2000"}}]},
        "e@x.example": {"first_name": "Eve", "last_name": "New", "site": "HQ",
                        "licenses": [{"type": "x2", "country": "US",
                                      "extension": {"number": "2001"}}]},
    }  # fmt: skip
    places = {"service_addresses": {"seattle": place}, "sites": {"Seattle": site}}
    plan = world.plan(users, **places)
    assert plan.diagnostics == [d for d in plan.diagnostics if d.severity != "error"]
    outcome = world.apply(plan)
    assert (outcome.failed, outcome.skipped, outcome.uncertain) == ({}, {}, {})
    truth = world.truth()
    assert truth.users["a@x.example"]["status"] == "inactive"
    assert truth.users["b@x.example"]["services"] == []
    assert truth.users["renamed@x.example"]["department"] == "Sales"
    assert truth.users["d@x.example"]["services"][0]["license"] == "M1"
    assert truth.users["e@x.example"]["services"][0]["extension"]["number"] == "2001"
    assert truth.sites["Seattle"]["timezone"] == "America/Los_Angeles"
    left = world.plan({**users, "a@x.example": {"status": "active"}}, **places)
    assert [a.label for a in left.actions] == ["user.reactivate"]
    world.apply(left)
    assert world.truth().users["a@x.example"]["status"] == "active"


@pytest.mark.slow
def test_a_swap_of_licenses_without_a_spare_unit(opened: list[ApiWorld]) -> None:
    people = {"a@x.example": {"type": "x2", "ring_groups": ["Main"]}, "b@x.example": {"type": "x4"}}
    opened.append(ApiWorld(document(people, {})))
    world = opened[-1]
    wanted = {
        n: {"licenses": [{"type": t, "country": "US"}]}
        for n, t in (("a@x.example", "x4"), ("b@x.example", "x2"))
    }
    outcome = world.apply(world.plan(wanted))
    assert outcome.failed == {}
    truth = world.truth()
    assert [truth.users[n]["services"][0]["license"] for n in ("a@x.example", "b@x.example")] == [
        "L0001",
        "L0000",
    ]
    assert truth.users["a@x.example"]["ring_groups"] == ["Main"]
    assert truth.users["a@x.example"]["services"][0]["extension"]["number"] == "1000"


@pytest.mark.slow
def test_a_saved_plan_is_applied_by_another_process(world: ApiWorld) -> None:
    plan = world.plan(CHANGED)
    world.backend = world.client()
    before = len(world.server.log)
    outcome = world.run(apply_async(plan, world.world(), saved=plan))
    assert len(outcome.done) == COUNT
    assert len(world.server.log) - before <= 8.5 * COUNT
    assert world.plan(CHANGED).actions == []


@pytest.mark.slow
def test_lists_that_say_less_than_single_users_do_not_mislead(opened: list[ApiWorld]) -> None:
    omitted = frozenset(
        {"serviceInfo.extensions.phoneNumbers", "serviceInfo.extensions.voicemailEmail"}
    )
    users = {name: {"type": "x2"} for name in NAMES[:4]}
    opened.append(ApiWorld(document(users, {}), settings={"list_omits": omitted}))
    world = opened[-1]
    extension = {"phone_numbers": ["+12065550001"], "voicemail_email": NAMES[1]}
    same = {"licenses": [{"type": "x2", "country": "US", "extension": extension}]}
    assert world.plan({NAMES[1]: same}).actions == []
    other = {
        "licenses": [
            {"type": "x2", "country": "US", "extension": {"voicemail_email": "x@y.example"}}
        ]
    }
    plan = world.plan({NAMES[1]: other})
    assert [c.before for c in plan.actions[0].changes] == [NAMES[1]]
    assert world.apply(plan).done == [plan.actions[0].id]
    assert world.plan({NAMES[1]: other}).actions == []
