"""Operations: when they take effect, what is seen meanwhile, and that a restart forgets nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from licsync.simulator.operations import Operation
from tests.support.simulator import ADA, World, acme, errors, new_user


def test_operations_take_between_2_and_15_seconds_most_of_them_under_6(
    make_world: Callable[..., World],
) -> None:
    operations = make_world(seed=7).server.api.operations
    taken = sorted(operations.duration() for _ in range(500))
    assert (taken[0] >= 2, taken[-1] <= 15, taken[400] < 7, taken[-1] > 9) == (True,) * 4


def test_speed_divides_the_time_and_a_seed_repeats_it(make_world: Callable[..., World]) -> None:
    def duration(**settings: Any) -> float:
        world = make_world(**settings)
        world.accepted("DELETE", "/users/U16")
        (operation,) = world.server.api.operations
        assert operation.commits is not None
        return (operation.commits - operation.created).total_seconds()

    slow = duration(seed=3)
    assert duration(seed=3) == slow
    assert duration(seed=3, speed=10) == pytest.approx(slow / 10, abs=1e-5)
    assert duration(seed=3, speed=0) == 0


def test_effects_come_in_the_order_of_their_times_each_at_its_own_instant(world: World) -> None:
    """Two PUTs in flight at once: whichever ends last has the last word, whenever anybody looks."""
    ids = []
    for title in ("First", "Second"):
        body = world.body_of(ADA)
        body["directoryInfo"]["jobTitle"] = title
        ids.append((world.accepted("PUT", f"/users/{ADA}", body), title))
    ends = {op.id: op.commits for op in world.server.api.operations}
    last = max(ids, key=lambda item: ends[item[0]])
    world.pass_(1000)
    ada = world.get(f"/users/{ADA}")
    assert ada["directoryInfo"]["jobTitle"] == last[1]
    assert (
        ada["basicInfo"]["lastUpdatedTime"] == world.get(f"/operations/{last[0]}")["completedTime"]
    )


def test_an_operation_that_nobody_knows_is_not_found(world: World) -> None:
    answer = world.ask("GET", "/operations/op_unknown")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Operation not found: op_unknown"


def test_what_cannot_be_done_any_more_fails(world: World) -> None:
    change = world.accepted("PUT", f"/users/{ADA}", world.body_of(ADA))
    # after the deletion
    world.server.api.operations._all[change].commits = world.now.replace(hour=10)
    world.accepted("DELETE", f"/users/{ADA}")
    world.pass_(7200)
    shown = world.get(f"/operations/{change}")
    assert shown["status"] == "FAILED"
    assert shown["error"]["status"] == 404
    assert errors_of(shown) == {("basicInfo.userId", "NOT_FOUND")}


def errors_of(operation: dict[str, Any]) -> set[tuple[str | None, str]]:
    return {(error.get("field"), error["code"]) for error in operation["error"]["errors"]}


def test_ten_operations_are_in_flight_and_no_more(world: World) -> None:
    for n in range(10):
        world.accepted("POST", "/users", new_user(f"user{n}@acme.example"))
        world.pass_(0.1)
    answer = world.ask("POST", "/users", new_user("late@acme.example"))
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["message"] == "Maximum 10 concurrent operations exceeded"
    assert int(answer.headers["x-ratelimit-remaining"]) > 0
    world.pass_(16)
    world.accepted("POST", "/users", new_user("late@acme.example"))


def test_a_restart_forgets_nothing(world: World) -> None:
    pending = world.accepted("POST", "/users", new_user(vendorMayAdd={"a": [1]}))
    failed = world.accepted("POST", "/users", new_user())
    world.start()
    assert world.get(f"/operations/{pending}")["status"] == "PENDING"
    world.pass_(20)
    world.start()
    shown = world.get(f"/operations/{pending}"), world.get(f"/operations/{failed}")
    assert sorted(operation["status"] for operation in shown) == ["COMPLETED", "FAILED"]
    done = next(operation for operation in shown if operation["status"] == "COMPLETED")
    user = world.get(f"/users/{done['resourceId']}")
    world.start()
    assert world.get(f"/users/{done['resourceId']}") == user
    assert world.get(f"/operations/{pending}") == shown[0]
    made = list(world.server.api.operations)
    assert len({operation.id for operation in made}) == 2
    assert [Operation.from_json(operation.to_json()) for operation in made] == made


def test_ids_of_a_second_start_are_new(world: World) -> None:
    world.done("DELETE", "/users/U16")
    world.start()
    world.done("DELETE", "/users/U15")
    assert len(list(world.server.api.operations)) == 2


def test_no_user_ever_gets_the_id_of_an_earlier_one(fast: World) -> None:
    """Not after any number of starts, and not of a user who was deleted."""
    ids = []
    for number in range(4):
        operation = fast.accepted("POST", "/users", new_user(f"new{number}@acme.example"))
        ids.append(fast.get(f"/operations/{operation}")["resourceId"])
        fast.done("DELETE", f"/users/{ids[-1]}")
        fast.start()
    assert len({*ids}) == 4


def test_a_store_of_an_older_simulator_gives_new_ids(fast: World) -> None:
    first = fast.server.sim.fresh_id()
    with fast.server.sim.changing():  # which did not count its starts
        fast.server.sim.documents.put("simulator", "starts", None)
    fast.start()
    assert fast.server.sim.fresh_id() != first


def test_the_same_seed_gives_a_new_store_the_same_ids(make_world: Callable[..., World]) -> None:
    one, other = (make_world(seed=3).server.sim.fresh_id() for _ in range(2))
    assert one == other


def test_the_inventory_document_stays_what_the_contract_says(fast: World) -> None:
    from licsync.config.catalog import load_catalog
    from licsync.model.inventory_validation import check_document

    for method, path, body in (
        ("POST", "/users", new_user(vendorMayAdd=1)),
        ("PUT", f"/users/{ADA}", {**fast.body_of(ADA), "vendorMayAdd": 1}),
        ("DELETE", "/users/U3", None),
    ):
        fast.done(method, path, body)
    document = fast.console.dump()
    assert check_document(document, catalog=load_catalog()) == []
    assert "vendorMayAdd" not in str(document)


def test_users_without_ids_get_some(make_world: Callable[..., World]) -> None:
    document = acme()
    del document["users"]["bo.chen@acme.example"]["id"]
    world = make_world(document)
    (bo,) = world.get("/users", filter="basicInfo.userName==bo.chen@acme.example")["data"]
    assert len(bo["basicInfo"]["userId"]) == 22
    assert (
        world.get(f"/users/{bo['basicInfo']['userId']}")["basicInfo"]["userName"]
        == "bo.chen@acme.example"
    )


def test_errors_name_what_was_asked(world: World) -> None:
    answer = world.ask("GET", "/users/nobody")
    assert answer.json()["instance"] == "/users/nobody"
    assert answer.json()["time"] == "2026-11-24T09:00:00Z"
    assert errors(answer) == {("basicInfo.userId", "NOT_FOUND")}


def test_it_works_on_every_database(database: Engine) -> None:
    world = World(database, acme(), speed=0)
    user = world.done("POST", "/users", new_user(vendorMayAdd=1))["resourceId"]
    world.done("PUT", f"/users/{ADA}", {**world.body_of(ADA), "serviceInfo": {}})
    world.start()
    assert world.get(f"/users/{user}")["vendorMayAdd"] == 1
    world.done("DELETE", f"/users/{user}")
    assert world.get("/users", filter="basicInfo.userName==new*")["data"] == []


def test_a_database_that_fails_is_a_service_that_is_unavailable(world: World) -> None:
    operation = world.accepted("POST", "/users", new_user())
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE console_users RENAME TO gone"))
    assert world.ask("GET", "/users").status_code == 503
    world.pass_(20)
    assert world.ask("GET", "/sites").status_code == 503  # the user cannot be made
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO console_users"))
    done = world.get(f"/operations/{operation}")
    assert done["status"] == "COMPLETED"
    assert (
        world.get(f"/users/{done['resourceId']}")["basicInfo"]["userName"]
        == "new.hire@acme.example"
    )
