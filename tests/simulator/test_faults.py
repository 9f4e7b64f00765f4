"""Each fault, and the rules that say when one happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from licsync.simulator.faults import read_rules
from licsync.simulator.transport import SimulatorTransport
from tests.support.simulator import ADA, World, new_user

NAME = "new.hire@acme.example"
UNCHECKED = {"X-Unchecked": "yes"}


@pytest.fixture
def faulty(make_world: Callable[..., World]) -> Callable[..., World]:
    def make(*rules: dict[str, Any], **settings: Any) -> World:
        return make_world(faults=rules, **settings)

    return make


def exists(world: World) -> bool:
    return NAME in world.console.dump()["users"]


# --- rules ----------------------------------------------------------------------------------------


def statuses(world: World, times: int, method: str = "GET", path: str = "/users") -> list[int]:
    return [world.ask(method, path, headers=UNCHECKED).status_code for _ in range(times)]


def test_a_rule_is_for_a_method_a_path_from_the_nth_so_many_times(
    faulty: Callable[..., World],
) -> None:
    world = faulty(
        {"kind": "status", "status": 503, "method": "GET", "path": "/users/*", "nth": 2, "count": 2}
    )
    assert statuses(world, 3, path="/users") == [200] * 3
    assert statuses(world, 5, path="/users/U1") == [200, 503, 503, 200, 200]
    (rule,) = world.server.faults.show()
    assert (rule["matched"], rule["fired"]) == (5, 2)


@pytest.mark.slow
def test_chance_is_the_seeds(faulty: Callable[..., World]) -> None:
    rule = {"kind": "status", "status": 500, "probability": 0.3}

    def drawn(seed: int) -> list[int]:
        return statuses(faulty(rule, seed=seed, speed=0), 60)

    first = drawn(1)
    assert drawn(1) == first != drawn(2)
    assert 5 < first.count(500) < 35


@pytest.mark.parametrize(
    "rule",
    [
        {}, {"kind": "nothing"}, {"kind": "status"}, {"kind": "status", "status": 200},
        {"kind": "cut", "nth": 0}, {"kind": "cut", "probability": 2}, {"kind": "slow"},
        {"kind": "slow", "seconds": -1}, {"kind": "cut", "x": 1}, {"kind": "garble", "body": "x"},
        {"kind": "edit"},
    ],
)  # fmt: skip
def test_an_invalid_rule_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_rules([rule])


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", [400, 401, 403, 405, 408, 424, 429, 500, 501, 502, 503, 504, 599]
)
@pytest.mark.parametrize("after", [False, True])
def test_a_status_comes_instead_with_or_without_the_effect(
    faulty: Callable[..., World], status: int, after: bool
) -> None:
    world = faulty(
        {"kind": "status", "status": status, "after": after, "method": "POST", "count": 1}
    )
    answer = world.ask("POST", "/users", new_user(), headers=UNCHECKED)
    assert answer.status_code == status == answer.json()["status"]
    world.pass_(20)
    world.get("/users")
    assert exists(world) is after


@pytest.mark.parametrize("reset", [-30, 40])
def test_a_429_may_have_a_strange_reset(faulty: Callable[..., World], reset: int) -> None:
    world = faulty({"kind": "status", "status": 429, "reset_in": reset})
    answer = world.ask("GET", "/users", headers=UNCHECKED)
    assert int(answer.headers["x-ratelimit-reset"]) == world.now.timestamp() + reset


def test_put_is_not_implemented_where_a_setting_says_so(faulty: Callable[..., World]) -> None:
    world = faulty({"kind": "status", "status": 405, "method": "PUT", "path": "/users/*"})
    assert world.ask("PUT", f"/users/{ADA}", world.body_of(ADA)).status_code == 405
    assert world.ask("PUT", f"/sites/{world.get('/sites')['data'][0]['id']}", {}).status_code == 400


@pytest.mark.parametrize("after", [True, False])
def test_an_answer_is_lost_with_or_without_the_effect(
    faulty: Callable[..., World], after: bool
) -> None:
    world = faulty({"kind": "cut", "after": after, "method": "POST", "count": 1})
    with pytest.raises(httpx2.ReadError):
        world.ask("POST", "/users", new_user())
    assert world.server.log[-1].status is None
    world.pass_(20)
    world.get("/users")
    assert exists(world) is after


def test_a_revoked_key_stays_revoked_until_the_faults_are_cleared(
    faulty: Callable[..., World],
) -> None:
    world = faulty({"kind": "revoke", "path": "/users/*", "count": 1})
    assert statuses(world, 2) == [200, 200]
    assert statuses(world, 1, path=f"/users/{ADA}") == [401]
    assert statuses(world, 2) == [401, 401]
    world.server.faults.clear()
    assert statuses(world, 1) == [200]


@pytest.mark.parametrize("body", ["truncated", "no-json", "html", "empty"])
def test_a_body_is_broken(faulty: Callable[..., World], body: str) -> None:
    world = faulty({"kind": "garble", "body": body, "method": "POST", "count": 1})
    if body == "truncated":
        with pytest.raises(httpx2.RemoteProtocolError):
            world.ask("POST", "/users", new_user())
    else:
        answer = world.ask("POST", "/users", new_user(), headers=UNCHECKED)
        assert answer.status_code == 202
        with pytest.raises(ValueError):  # noqa: PT011 - whatever a JSON reader says
            answer.json()
    world.pass_(20)
    world.get("/users")
    assert exists(world)


@pytest.mark.parametrize(("body", "most"), [("huge", 60_000_000), ("endless", 100)])
def test_a_body_is_much_too_long_and_can_be_given_up(
    faulty: Callable[..., World], body: str, most: int
) -> None:
    world, kind = faulty({"kind": "garble", "body": body}), "application/vnd.users.v1+json"

    async def read() -> int:
        headers = {"x-api-key": "simulator", "Accept": kind}
        seen = 0
        async with (
            httpx2.AsyncClient(transport=SimulatorTransport(world.app)) as client,
            client.stream(
                "GET", "http://simulator/admin-provisioning/users", headers=headers
            ) as answer,
        ):
            assert "content-length" not in answer.headers
            async for part in answer.aiter_bytes():
                seen += len(part)
                if seen >= most:
                    break
        return seen

    begin = world.now
    seen = asyncio.run(read())
    if body == "huge":
        assert seen > 50_000_000
    else:
        assert (world.now - begin).total_seconds() >= most - 5


def test_an_answer_is_slow(faulty: Callable[..., World]) -> None:
    world = faulty({"kind": "slow", "seconds": 90})
    begin = world.now
    world.get("/users")
    assert (world.now - begin).total_seconds() == 90


# --- operations -----------------------------------------------------------------------------------


def state(world: World, operation: str) -> str:
    return str(world.get(f"/operations/{operation}")["status"])


def test_an_operation_is_late(faulty: Callable[..., World]) -> None:
    world = faulty({"kind": "late", "seconds": 100, "method": "POST"})
    operation = world.accepted("POST", "/users", new_user())
    world.pass_(100)
    assert (state(world, operation), exists(world)) == ("IN_PROGRESS", False)
    world.pass_(20)
    assert (state(world, operation), exists(world)) == ("COMPLETED", True)


def test_an_operation_is_completed_before_its_effect_is_seen(faulty: Callable[..., World]) -> None:
    world = faulty({"kind": "lag", "seconds": 30, "method": "POST"})
    operation = world.accepted("POST", "/users", new_user())
    world.pass_(20)
    assert (state(world, operation), exists(world)) == ("COMPLETED", False)
    assert "resourceId" not in world.get(f"/operations/{operation}")
    world.pass_(30)
    assert (state(world, operation), exists(world)) == ("COMPLETED", True)


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize(
    ("kind", "shown"), [("failed", "FAILED"), ("unknown", "UNKNOWN"), ("never", "IN_PROGRESS")]
)
def test_an_operation_ends_otherwise(
    faulty: Callable[..., World], kind: str, shown: str, effect: bool
) -> None:
    world = faulty({"kind": kind, "effect": effect, "method": "POST"})
    operation = world.accepted("POST", "/users", new_user())
    world.pass_(400)
    assert (state(world, operation), exists(world)) == (shown, effect)
    assert ("error" in world.get(f"/operations/{operation}")) is (kind == "failed")
    in_flight = world.server.api.operations.in_flight
    assert in_flight(world.now) == (1 if kind == "never" else 0)
    world.pass_(400)
    assert in_flight(world.now) == 0


def test_a_late_first_copy_strips_a_user_that_was_given_its_license_again(
    faulty: Callable[..., World],
) -> None:
    """Reliability, finding 1: the answer to the first PUT is lost, and its effect comes after
    everything else.
    """
    world = faulty(
        {"kind": "late", "seconds": 60, "method": "PUT", "count": 1},
        {"kind": "cut", "method": "PUT", "count": 1},
    )
    whole = world.body_of(ADA)
    stripped = {**whole, "serviceInfo": {}}
    with pytest.raises(httpx2.ReadError):
        world.ask("PUT", f"/users/{ADA}", stripped)
    world.done("PUT", f"/users/{ADA}", stripped)
    world.done("PUT", f"/users/{ADA}", whole)
    assert world.body_of(ADA)["serviceInfo"]["licenses"]
    world.pass_(60)
    assert world.body_of(ADA)["serviceInfo"]["licenses"] == []


# --- scrolls and admins ---------------------------------------------------------------------------


def test_scrolls_expire(faulty: Callable[..., World]) -> None:
    world = faulty({"kind": "expire", "nth": 2, "count": 1, "path": "/users"})
    token = world.get("/users", pageSize=3)["pagination"]["nextScrollId"]
    assert world.ask("GET", "/users", scrollId=token).status_code == 400


def test_an_admin_edits_the_user_of_the_request_meanwhile(faulty: Callable[..., World]) -> None:
    world = faulty({"kind": "edit", "method": "PUT", "set": {"directoryInfo.department": "Legal"}})
    body = world.body_of(ADA)
    operation = world.accepted("PUT", f"/users/{ADA}", body)
    assert world.user("ada.lopez@acme.example")["department"] == "Legal"
    world.pass_(20)
    assert state(world, operation) == "COMPLETED"
    assert world.user("ada.lopez@acme.example")["department"] == "Sales"


def test_an_admin_edits_a_user_that_is_named_and_may_be_refused(
    faulty: Callable[..., World],
) -> None:
    world = faulty(
        {
            "kind": "edit",
            "user": "bo.chen@acme.example",
            "set": {"serviceInfo": {"licenses": []}},
            "count": 1,
        },
        {"kind": "edit", "user": "bo.chen@acme.example", "set": {"basicInfo.locale": "xx"}},
        {"kind": "edit", "user": "nobody", "set": {}},
        {"kind": "edit", "set": {"basicInfo.locale": "en-GB"}},
    )
    world.get("/users")
    assert world.user("bo.chen@acme.example")["services"] == []
    assert world.unit("L201")["status"] == "unassigned"


def test_an_admin_sets_what_only_the_vendor_can(fast: World) -> None:
    from licsync.simulator.console_edits import edit_user

    values = {
        "basicInfo.scimProvider": "okta",
        "serviceInfo.extensions.0.externalCallerIdName": "Ada",
        "x.y": [1],
    }
    edit_user(fast.server.sim, "ADA.lopez@acme.example", values)
    ada = fast.get(f"/users/{ADA}")
    assert ada["basicInfo"]["scimProvider"] == "okta"
    assert ada["serviceInfo"]["extensions"][0]["externalCallerIdName"] == "Ada"
    assert ada["x"] == {"y": [1]}
