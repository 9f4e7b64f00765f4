"""Faults between the client and the simulator, one at a time: nobody loses anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from licsync.diagnostics import CredentialsMissing, LicsyncError, PartlyApplied
from licsync.simulator.faults import read_rules
from tests.support.api_simulation import KEY, ApiWorld, document

ADA, BO = "ada@acme.example", "bo@acme.example"
MORE = [f"contact{i}@acme.example" for i in range(10)]
UPDATE = {ADA: {"job_title": "Clerk"}, BO: {"job_title": "Boss"}}
CHANGE = {ADA: {"licenses": [{"type": "x4", "country": "US"}]}}
CREATE = {"new@acme.example": {"first_name": "New", "last_name": "Name", "site": "HQ"}}
EACH = pytest.mark.parametrize(
    "users", [UPDATE, CHANGE, CREATE], ids=["update", "change", "create"]
)


@pytest.fixture
def world() -> Iterator[ApiWorld]:
    """Ada and Bo with X2, in a ring group and a queue, ten contacts, and one free X4."""
    held = {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"]}
    found = ApiWorld(document({ADA: held, BO: held} | {name: {} for name in MORE}, {"x4": ["M1"]}))
    yield found
    found.close()


def break_(world: ApiWorld, *rules: dict[str, Any]) -> None:
    world.server.faults.clear()
    world.server.faults.add(read_rules(rules))


def whole(world: ApiWorld, users: dict[str, Any]) -> None:
    """Everything is as it should be, and nobody has lost anything."""
    world.server.faults.clear()
    assert world.plan(users).actions == []
    truth = world.truth()
    for name, number in ((ADA, "1000"), (BO, "1001")):
        user = truth.users[name]
        (service,) = (s for s in user["services"] if "extension" in s)
        assert service["extension"]["number"] == number
        assert service["extension"]["phone_numbers"] == [f"+1206555{int(number) - 1000:04}"]
        assert (user["ring_groups"], user["call_queues"]) == (["Main"], ["Help"])
        assert truth.licenses[service["license"]]["user"] == name
    held = [unit for unit in truth.licenses.values() if unit["status"] == "assigned"]
    assert len(held) == 2
    assert world.requests(lambda entry: entry.status == 429 and not entry.faults) == 0


WRITES = {"method": "P*"}
GARBLED = [
    {"kind": "garble", "body": body, **WRITES, "count": 1}
    for body in ("truncated", "no-json", "html", "empty", "huge")
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "cut", "after": True, **WRITES, "count": 1},
        {"kind": "cut", "after": False, **WRITES, "count": 1},
        {"kind": "status", "status": 500, "after": True, **WRITES, "count": 1},
        {"kind": "status", "status": 503, **WRITES, "count": 2},
        {"kind": "status", "status": 408, "after": True, **WRITES, "count": 1},
        {"kind": "status", "status": 424, **WRITES, "count": 1},
        {"kind": "status", "status": 429, "reset_in": 30, "count": 3, "nth": 5},
        {"kind": "status", "status": 429, "reset_in": -5, "count": 3, "nth": 5},
        {"kind": "status", "status": 500, "method": "GET", "count": 3, "nth": 2},
        {"kind": "garble", "body": "no-json", "method": "GET", "count": 3, "nth": 2},
        {"kind": "slow", "seconds": 90, **WRITES, "count": 1},
        {"kind": "late", "seconds": 240, "count": 1},
        {"kind": "late", "seconds": 600, "count": 1},
        {"kind": "lag", "seconds": 40, "count": 2},
        {"kind": "failed", "effect": True, "count": 1},
        {"kind": "failed", "count": 1},
        {"kind": "unknown", "effect": True, "count": 1},
        {"kind": "unknown", "count": 1},
        {"kind": "never", "effect": True, "count": 1},
        {"kind": "never", "count": 1},
        *GARBLED,
    ],
    ids=lambda rule: "-".join(
        str(v) for k, v in rule.items() if k not in ("method", "count", "nth")
    ),
)
def test_one_fault(world: ApiWorld, rule: dict[str, Any]) -> None:
    users = {BO: {"job_title": "Boss"}, **CHANGE, **CREATE}
    plan = world.plan(users)
    break_(world, rule)
    outcome = world.apply(plan)
    assert outcome.failed == {}
    if outcome.uncertain:  # later than the settle time: only a resume can tell
        assert rule["kind"] == "late"
        world.server.faults.clear()
        resumed = world.resume()
        assert resumed is not None
        assert resumed.is_complete
    whole(world, users)


@EACH
def test_an_answer_is_lost_and_the_effect_comes_late(
    world: ApiWorld, users: dict[str, Any]
) -> None:
    plan = world.plan(users)
    break_(
        world,
        {"kind": "cut", **WRITES, "count": 1},
        {"kind": "late", "seconds": 200, **WRITES, "count": 1},
    )
    assert world.apply(plan).is_complete
    assert (
        world.requests(lambda e: e.method in ("PUT", "POST") and e.path.startswith("/users")) <= 2
    )
    whole(world, users)


def test_a_write_that_the_api_lacks_is_reported(world: ApiWorld) -> None:
    plan = world.plan(UPDATE)
    for status in (405, 501):
        break_(world, {"kind": "status", "status": status, "method": "PUT"})
        outcome = world.apply(plan)
        assert all("do it in the console" in reason for reason in outcome.failed.values())
        assert len(outcome.failed) == 2


def test_a_second_half_that_is_refused_goes_back_to_the_old_license(world: ApiWorld) -> None:
    plan = world.plan(CHANGE)
    no = {"kind": "status", "status": 400, "method": "PUT"}
    break_(world, {**no, "nth": 2, "count": 4})  # all ways to give the new one
    outcome = world.apply(plan)
    assert len(outcome.failed) == 1
    world.server.faults.clear()
    whole(world, {ADA: {"licenses": [{"type": "x2", "country": "US"}]}})
    assert world.store.open_run("acme") is None


@pytest.mark.slow
def test_where_all_of_it_is_refused_the_license_comes_first_and_the_rest_with_a_resume(
    world: ApiWorld,
) -> None:
    plan = world.plan(CHANGE)
    break_(world, {"kind": "status", "status": 400, "method": "PUT", "nth": 2, "count": 3})
    (reason,) = world.apply(plan).uncertain.values()
    assert "call queue Help did not come back" in reason
    user = world.truth().users[ADA]
    assert user["services"][0]["extension"]["number"] == "1000"
    assert user["call_queues"] == []
    outcome = world.resume()
    assert outcome is not None
    assert outcome.is_complete
    user = world.truth().users[ADA]
    assert (user["ring_groups"], user["call_queues"]) == (["Main"], ["Help"])


@pytest.mark.slow
def test_somebody_else_changes_a_user_meanwhile(world: ApiWorld) -> None:
    everybody = {
        name: {"job_title": "Clerk"} for name in (ADA, BO, *MORE)
    }  # so many that the plan is checked by a list
    plan = world.plan(everybody)
    edit = {"kind": "edit", "user": ADA, "set": {"directoryInfo.department": "Theirs"}}
    break_(world, {**edit, "method": "GET", "path": "/users/*", "count": 1})
    outcome = world.apply(plan)
    (reason,) = outcome.failed.values()
    assert "was changed by somebody else" in reason
    truth = world.truth().users
    assert (truth[ADA]["department"], truth[ADA].get("job_title")) == ("Theirs", None)
    assert truth[BO]["job_title"] == "Clerk"


def test_a_plan_is_stale_when_a_user_was_changed(world: ApiWorld) -> None:
    plan = world.plan(UPDATE)
    break_(
        world,
        {"kind": "edit", "user": ADA, "set": {"directoryInfo.department": "Theirs"}, "count": 1},
    )
    with pytest.raises(LicsyncError, match="The plan is stale: users/ada"):
        world.apply(plan)


@pytest.mark.slow
def test_a_key_that_is_revoked_on_the_way(world: ApiWorld) -> None:
    plan = world.plan(CHANGE)
    break_(world, {"kind": "revoke", "method": "PUT", "nth": 2})  # between the two halves
    with pytest.raises(LicsyncError) as caught:
        world.apply(plan)
    assert isinstance(caught.value, CredentialsMissing | PartlyApplied)
    with pytest.raises(CredentialsMissing):
        world.plan(CHANGE)
    world.server.faults.clear()
    resumed = world.resume()
    assert resumed is not None
    assert resumed.is_complete
    whole(world, CHANGE)


@pytest.mark.slow
def test_an_api_that_is_down_stops_the_run_and_a_resume_goes_on(world: ApiWorld) -> None:
    plan = world.plan(UPDATE)
    break_(world, {"kind": "status", "status": 503, "nth": 4})
    try:
        outcome = world.apply(plan)
        assert outcome.uncertain
    except LicsyncError:
        pass
    world.server.faults.clear()
    if world.store.open_run("acme") is not None:
        resumed = world.resume()
        assert resumed is not None
        assert resumed.is_complete
    else:
        world.apply(world.plan(UPDATE))
    whole(world, UPDATE)


def test_a_scroll_that_expires_is_read_anew(world: ApiWorld) -> None:
    from licsync.backends.api.pagination import scroll

    break_(world, {"kind": "expire", "path": "/users", "nth": 2, "count": 2})

    async def main() -> list[Any]:
        return await scroll(world.backend.api, "/users", "users", size=1)

    assert len(world.run(main())) == 12


def test_a_partly_readable_inventory_is_refused(world: ApiWorld) -> None:
    from licsync.engine.ports import BackendFailed

    break_(world, {"kind": "garble", "body": "truncated", "path": "/users"})
    with pytest.raises(BackendFailed, match="cannot be read"):
        world.plan({})


@pytest.mark.slow
def test_the_key_and_activation_codes_are_nowhere(world: ApiWorld) -> None:
    plan = world.plan(CHANGE)
    break_(world, {"kind": "status", "status": 500, "after": True, **WRITES, "count": 1})
    outcome = world.apply(plan)
    kept = json.dumps(
        [plan.to_json(), repr(outcome), repr(world.backend), repr(vars(world.backend.api))]
    )
    with world.tables.connect() as connection:
        for table in ("licsync_runs", "licsync_journal"):
            kept += repr(connection.exec_driver_sql(f"select * from {table}").all())
    assert "licsync" in kept
    assert KEY not in kept
    assert "activationCode" not in kept
