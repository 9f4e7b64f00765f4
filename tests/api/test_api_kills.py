"""The process dies at any write to its journal, over the client and the simulator; a resume ends as if it had not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from api_world import ApiWorld, document

from licsync.engine.apply import World, abandon, apply_async, resume_async
from licsync.engine.events import Outcome
from licsync.planning.plan import Plan
from licsync.simulator.faults import read_rules
from licsync.store.sql import SqlStore

ADA = "ada@acme.example"
X4 = {"licenses": [{"type": "x4", "country": "US"}]}
FAULTS = [
    {"kind": "cut", "after": True, "probability": 0.05},
    {"kind": "cut", "after": False, "probability": 0.03},
    {"kind": "status", "status": 503, "probability": 0.03},
    {"kind": "status", "status": 500, "after": True, "probability": 0.03},
    {"kind": "status", "status": 429, "reset_in": 5, "probability": 0.03},
    {"kind": "garble", "body": "truncated", "probability": 0.02},
    {"kind": "garble", "body": "no-json", "probability": 0.02},
    {"kind": "late", "seconds": 60, "probability": 0.05},
    {"kind": "late", "seconds": 150, "probability": 0.03},
    {"kind": "lag", "seconds": 20, "probability": 0.05},
    {"kind": "failed", "probability": 0.03},
    {"kind": "failed", "effect": True, "probability": 0.02},
    {"kind": "unknown", "probability": 0.02},
    {"kind": "unknown", "effect": True, "probability": 0.02},
    {"kind": "never", "probability": 0.01},
    {"kind": "never", "effect": True, "probability": 0.02},
    {"kind": "slow", "seconds": 30, "probability": 0.01},
]


class Killed(BaseException):
    """The process dies here."""


class FragileStore:
    """A store that dies before or after one of its writes to the journal."""

    def __init__(self, inner: Any, at: int | None):
        self.inner, self.at, self.passed = inner, at, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        return self._around(found) if name in ("begin", "intend", "note", "settle", "finish") else found

    def _around(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def around(*arguments: Any) -> Any:
            self._cross()
            result = write(*arguments)
            self._cross()
            return result

        return around

    def _cross(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Killed


def run(world: ApiWorld, plan: Plan | None, at: int | None) -> Outcome | None:
    """Apply, or resume; None where the process died. What comes next is another process."""
    fragile = World(world.backend, FragileStore(world.store, at), world.clock, "tester", parallelism=9)
    try:
        found = world.run(apply_async(plan, fragile) if plan is not None else resume_async("acme", fragile))
        return found  # type: ignore[no-any-return]
    except Killed:
        world.run(world.backend.close())
        world.backend = world.client()
        world.store = SqlStore(world.tables, world.clock, lease_seconds=1e9)
        world.store.unlock("acme")
        return None


def held(**more: Any) -> dict[str, Any]:
    return {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"], **more}


def is_whole(world: ApiWorld, name: str, number: int) -> bool:
    truth = world.truth()
    user = truth.users[name]
    types = [truth.licenses[service["license"]]["type"] for service in user["services"]]
    phones = [(s.get("extension") or {}).get("phone_numbers") for s in user["services"]]
    whole = (["x4"], [[f"+1206555{number:04}"]], ["Main"], ["Help"])
    return (types, phones, user["ring_groups"], user["call_queues"]) == whole


def test_a_process_may_die_at_any_write_of_a_change_of_license() -> None:
    at, died = 1, True
    while died:
        world = ApiWorld(document({ADA: held()}, {"x4": ["M1"]}))
        outcome = run(world, world.plan({ADA: X4}), at)
        died = outcome is None
        if world.store.open_run("acme") is not None:
            resumed = run(world, None, None)
            assert resumed is not None
            assert resumed.is_complete, (at, resumed)
        elif died:  # before the run was recorded, or after its end
            run(world, world.plan({ADA: X4}), None)
        assert world.plan({ADA: X4}).actions == [], at
        assert is_whole(world, ADA, 0), at
        world.close()
        at += 1
    assert at > 12


def survive(seed: int) -> None:
    """A run with faults and up to five deaths, and what it must come to."""
    chance = random.Random(seed)
    names = [f"user{i}@acme.example" for i in range(5)]
    people = {name: held() for name in names}
    world = ApiWorld(document(people, {"x4": [f"M{i}" for i in range(5)]}), settings={"seed": seed})
    users = {name: {"job_title": "Clerk", **X4} for name in names}
    users["new@acme.example"] = {"first_name": "New", "last_name": "Name", "site": "HQ"}
    try:
        for round_ in range(6):
            world.server.faults.clear()
            plan = world.plan(users)
            if not plan.actions:
                break
            for attempt in range(8):
                world.server.faults.clear()
                if round_ < 4 and attempt < 5:
                    world.server.faults.add(read_rules(FAULTS))
                at = chance.randrange(1, 60) if round_ < 4 and attempt < 5 else None
                run(world, plan if attempt == 0 else None, at)
                if world.store.open_run("acme") is None:
                    break
            else:
                abandon("acme", world.world())
        assert plan.actions == []
        assert all(is_whole(world, name, number) for number, name in enumerate(names))
        assert list(world.truth().users).count("new@acme.example") == 1
        assert world.store.open_run("acme") is None
        assert world.requests(lambda entry: entry.status == 429 and "status" not in entry.faults) == 0
    finally:
        world.close()


@pytest.mark.parametrize("seed", range(2))
def test_faults_and_deaths_lose_nothing(seed: int) -> None:
    survive(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 200))
def test_faults_and_deaths_lose_nothing_for_long(seed: int) -> None:
    survive(seed)
