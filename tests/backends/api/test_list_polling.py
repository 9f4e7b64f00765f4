"""Many changes are watched by one list: few requests, and nothing is concluded from what a list
does not show.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from licsync.backends.api.account_reader import ABSENT_SECONDS, AccountReader
from licsync.backends.api.backend import AdminApiBackend
from licsync.backends.api.operation_polling import DEADLINE
from licsync.backends.api.transport import Transport
from licsync.backends.http.rate_limit import Urgency
from licsync.engine.apply import apply_async
from licsync.engine.ports import StepRefused
from licsync.model.console.step import Step, keys_of_step
from licsync.simulator.console_edits import edit_user
from licsync.simulator.faults import read_rules
from licsync.simulator.settings import Settings
from tests.support.accounts import CATALOG
from tests.support.api_clock import now
from tests.support.api_fault_run import trial
from tests.support.api_simulation import ApiWorld, document
from tests.support.coroutines import perform_step
from tests.support.samples import sampled, seeds

COUNT = 60
AT_FIRST = 10
"""Requests that a run makes whatever the number of its changes, and what a slow machine adds."""
NAMES = [f"user{i:03}@acme.example" for i in range(COUNT)]
X4 = {"licenses": [{"type": "x4", "country": "US"}]}
UPDATED = {name: {"job_title": "Clerk"} for name in NAMES}
CHANGED = dict.fromkeys(NAMES, X4)
CREATED = {
    f"new{i:03}@acme.example": {"first_name": "New", "last_name": "Name", "site": "HQ"}
    for i in range(COUNT)
}
A_LIST = {"method": "GET", "path": "/users"}


WorldOf = Callable[..., ApiWorld]


@pytest.fixture
def world_of() -> Iterator[WorldOf]:
    """Makes accounts of so many users with X2, and as many free X4."""
    worlds: list[ApiWorld] = []

    def make(count: int, **options: Any) -> ApiWorld:
        users = {name: {"type": "x2"} for name in NAMES[:count]}
        worlds.append(
            ApiWorld(document(users, {"x4": [f"M{i:03}" for i in range(count)]}), **options)
        )
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(world_of: WorldOf) -> ApiWorld:
    return world_of(COUNT)


# --- requests -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("users", "least", "most"),
    [(CREATED, 1, 1.45), (UPDATED, 2, 2.5), (CHANGED, 5, 5.8)],
    ids=["create", "update", "change of license"],
)
def test_many_changes_share_their_polls(
    world: ApiWorld, users: dict[str, Any], least: float, most: float
) -> None:
    plan = world.plan(users)
    before = len(world.server.log)
    assert len(world.apply(plan).done) == COUNT
    spent = len(world.server.log) - before
    assert least * COUNT < spent <= most * COUNT + AT_FIRST, spent / COUNT
    assert world.requests(lambda entry: entry.status == 429) == 0
    assert world.plan(users).actions == []


# --- nothing is lost, whatever lists say ----------------------------------------------------------


OMITTED = [
    {"directoryInfo.jobTitle"},
    {"basicInfo.lastUpdatedTime"},
    {"serviceInfo.extensions.phoneNumbers", "serviceInfo.extensions.recordingMode"},
    {"basicInfo.locale"},
]


@pytest.mark.slow
@pytest.mark.untraced
@sampled(
    "omitted",
    OMITTED,
    lambda index: index % 2 == 0,
    ids=lambda omitted: " ".join(sorted(omitted)),
)
@pytest.mark.parametrize("users", [CREATED, UPDATED, CHANGED], ids=["create", "update", "change"])
def test_lists_that_say_less(world_of: WorldOf, users: dict[str, Any], omitted: set[str]) -> None:
    count = 14
    some = dict(list(users.items())[:count])
    world = world_of(count, settings={"list_omits": Settings(CATALOG).list_omits | omitted})
    plan = world.plan(some)
    outcome = world.apply(plan)
    assert (len(outcome.done), outcome.is_complete) == (count, True)
    assert world.plan(some).actions == []


LISTS = [
    {"kind": "status", "status": 500, **A_LIST},
    {"kind": "status", "status": 400, **A_LIST},
    {"kind": "status", "status": 503, **A_LIST, "probability": 0.5},
    {"kind": "status", "status": 429, "reset_in": 5, **A_LIST, "probability": 0.3},
    {"kind": "garble", "body": "truncated", **A_LIST},
    {"kind": "garble", "body": "html", **A_LIST, "probability": 0.5},
    {"kind": "cut", **A_LIST, "nth": 3},
    {"kind": "never", "effect": True, "method": "P*", "nth": 7, "count": 2},
    {"kind": "failed", "method": "P*", "nth": 7, "count": 1},
    {"kind": "lag", "seconds": 40, "method": "P*", "nth": 7, "count": 2},
    {"kind": "unknown", "effect": True, "method": "P*", "nth": 7, "count": 2},
]


@pytest.mark.slow
@pytest.mark.untraced
@sampled(
    "rule",
    LISTS,
    lambda index: index % 4 == 0,
    ids=lambda rule: "-".join(str(rule[k]) for k in ("kind", "status", "body", "nth") if k in rule),
)
@pytest.mark.parametrize("users", [CREATED, UPDATED, CHANGED], ids=["create", "update", "change"])
def test_what_goes_wrong_while_many_are_watched(
    world_of: WorldOf, users: dict[str, Any], rule: dict[str, Any]
) -> None:
    count = 14
    some = dict(list(users.items())[:count])
    world = world_of(count)
    plan = world.plan(some)
    # the first list is that before the run
    world.server.faults.add(read_rules([{**rule, "nth": rule.get("nth", 2)}]))
    outcome = world.apply(plan)
    assert outcome.uncertain == {}
    world.server.faults.clear()
    left = world.plan(some).actions
    assert len(left) == len(outcome.failed) <= (1 if rule["kind"] == "failed" else 0)
    truth = world.truth()
    for name in NAMES[:count]:
        (service,) = (s for s in truth.users[name]["services"] if "extension" in s)
        assert service["extension"]["phone_numbers"] == [f"+1206555{NAMES.index(name):04}"]


@pytest.mark.soak
@pytest.mark.untraced
def test_many_changes_of_license_keep_what_nobody_knows(world: ApiWorld) -> None:
    rich = {
        "hotDeskEnabled": True,
        "voicemailZeroOutDestination": "1001",
        "neverHeardOf": {"deep": [1]},
    }
    for name in NAMES:
        edit_user(
            world.server.sim,
            name,
            {f"serviceInfo.extensions.0.{path}": value for path, value in rich.items()},
        )
    assert len(world.apply(world.plan(CHANGED)).done) == COUNT
    for name in NAMES[::7]:
        user = world.run(world.backend.reader.read_user(name, Urgency.START))
        (extension,) = user["serviceInfo"]["extensions"]
        assert {path: extension[path] for path in rich} == rich


@pytest.mark.slow
@pytest.mark.untraced
def test_somebody_else_edits_whom_a_list_showed_done(world: ApiWorld) -> None:
    plan = world.plan({name: {"job_title": "Clerk", **X4} for name in NAMES[:20]})

    async def edit() -> None:
        await asyncio.sleep(25)
        edit_user(world.server.sim, NAMES[15], {"directoryInfo.department": "Theirs"})

    async def both() -> None:
        await asyncio.gather(apply_async(plan, world.world()), edit())

    world.run(both())
    assert world.truth().users[NAMES[15]]["department"] == "Theirs"


class TrustsLists(AccountReader):
    """Trusts lists from the first row."""

    def trusts_lists(self, op: str) -> bool:
        return not self.lists_are_incomplete


class Watchful(AdminApiBackend):
    """Watches every change by lists, and trusts them from the first."""

    def __init__(self, api: Transport, *arguments: Any, **options: Any):
        super().__init__(api, *arguments, **options)
        self.reader = self.changes.reader = TrustsLists(api, self.mirror)
        self.executor.list_poller.few = 0


@pytest.mark.slow
@pytest.mark.untraced
@seeds(3, soak=12)
def test_a_seeded_run_that_watches_everything(seed: int) -> None:
    assert trial(seed, make_backend=Watchful) == []


# --- one operation at a time for one user ---------------------------------------------------------


def test_the_next_write_waits_for_the_operation_of_the_one_before(world_of: WorldOf) -> None:
    world = world_of(2, make_backend=Watchful)
    name = f"users/{NAMES[0]}"
    world.server.faults.add(
        read_rules([{"kind": "never", "effect": True, "method": "PUT", "count": 1}])
    )

    async def do(title: str) -> float:
        step = Step("user.update", name, {"set": {"job_title": title}})
        before = await world.backend.fetch(keys_of_step(step))
        await perform_step(world.backend, step, before)
        return now()

    first = world.run(do("Clerk"))
    assert list(world.backend.changes.operations_under_way) == [NAMES[0]]
    second = world.run(do("Boss"))
    assert first < 30 < DEADLINE < second
    assert world.truth().users[NAMES[0]]["job_title"] == "Boss"


# --- whom a create need not look up ---------------------------------------------------------------


def test_a_name_that_no_list_showed_is_not_looked_up_for_half_an_hour(world_of: WorldOf) -> None:
    world = world_of(1)
    backend = world.backend
    world.run(backend.read())

    async def absent(*names: str) -> list[bool]:
        return [backend.reader.is_known_absent(name) for name in names]

    assert world.run(absent("new@acme.example", NAMES[0].upper())) == [True, False]
    backend.reader.requested_creations.add("new@acme.example")
    assert world.run(absent("New@acme.example", "other@acme.example")) == [False, True]
    world.run(asyncio.sleep(ABSENT_SECONDS + 1))
    assert world.run(absent("other@acme.example")) == [False]


def test_a_name_that_somebody_took_meanwhile_is_refused_by_the_api(world_of: WorldOf) -> None:
    world = world_of(1)
    values = {**next(iter(CREATED.values())), "email": "e@x.example"}
    theirs = Step("user.create", "users/taken@acme.example", {"set": values})
    mine = Step(theirs.op, theirs.target, {"set": {**values, "first_name": "Mine"}})
    other = world.client()

    async def main() -> None:
        await world.backend.read()
        await perform_step(other, theirs, {theirs.target: None})
        await other.close()
        assert world.backend.reader.is_known_absent(mine.name)
        await perform_step(world.backend, mine, {mine.target: None})

    with pytest.raises(StepRefused, match="already in use"):
        world.run(main())
    assert world.truth().users[mine.name]["first_name"] == "New"
