"""A seeded run over the client and the simulator: faults, deaths, an admin and a second process,
and what must hold.

`python -m tests.support.api_fault_run SEED` repeats one.

"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from licsync.backends.http.rate_limit import Urgency
from licsync.diagnostics import Code, LicsyncError
from licsync.engine.apply import abandon_async, apply_async, resume_async
from licsync.engine.context import RunContext
from licsync.model.license import parse_instant
from licsync.planning.plan import Plan
from licsync.simulator.console_edits import edit_user
from licsync.simulator.faults import read_rules
from tests.support.api_simulation import ApiWorld, document

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

X4 = {"licenses": [{"type": "x4", "country": "US"}]}
HELD = {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"]}
NAMES = [f"user{i}@acme.example" for i in range(5)]
NEW = "new@acme.example"
WANTED = {name: {"job_title": "Clerk", **X4} for name in NAMES} | {
    NEW: {"first_name": "New", "last_name": "Name", "site": "HQ"}
}
ROUNDS, ATTEMPTS = 6, 8
QUIET_ROUND, QUIET_ATTEMPT = 4, 5  # from here on nothing goes wrong
UNKNOWN = {"deep": [1]}
APART = 900.0
"""Seconds an admin keeps away from a user that was written: the API has no condition on a PUT, so
who edits within the seconds between a read and the PUT is overwritten (domain.md, section 8).
"""

LATELY = 45.0
"""Seconds after which nobody relies any more on what was read: a document is read again before it
is written back after twenty, and reads may show what was there twenty seconds before.
"""


class Killed(BaseException):
    """The process dies here."""


def die() -> None:
    raise Killed


class FragileStore:
    """A store that dies before or after one of its writes to the journal."""

    def __init__(self, inner: Any, at: int | None, happens: Callable[[], None] = die):
        self.inner, self.at, self.passed, self.happens = inner, at, 0, happens

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        return (
            self._around(found)
            if name
            in (
                "begin",
                "record_intents",
                "record_operation",
                "record_results",
                "finish",
            )
            else found
        )

    def _around(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def around(*arguments: Any, **options: Any) -> Any:
            self._cross()
            result = write(*arguments, **options)
            self._cross()
            return result

        return around

    def _cross(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            self.happens()


@dataclass
class Trial:
    """One run with everything that happens to it.

    Attributes:
        world: the simulator, and the process that works on it now.
        chance: decides what happens.
        ids: what the vendor calls each user.
        theirs: the department that an admin gave each user last.
        wrong: what was seen on the way that must not be.
        crowded: while two processes worked at once, neither of which can know what the other sends.
        is_stale: whether the last process refused to go on over what somebody else changed.
    """

    world: ApiWorld
    chance: random.Random
    theirs: dict[str, str | None] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    is_stale: bool = False
    crowded: list[tuple[datetime, datetime]] = field(default_factory=list)

    def edit(self, name: str, department: str | None) -> None:
        """Edit a user in the console."""
        self.world.server.api.operations.settle()
        edit_user(self.world.server.sim, name, {"directoryInfo.department": department})
        self.theirs[name] = department

    async def administer(self) -> None:
        """Edit users now and then during a run, but none that the run reads or writes then."""
        while True:
            await asyncio.sleep(self.chance.uniform(2, 60))
            name = self.chance.choice(NAMES)
            if not self._is_busy(name):
                self.edit(name, f"Theirs {self.chance.randrange(10**6)}")

    async def approve(self) -> None:
        """Somebody looks at the plan for a while, and the console is used meanwhile."""
        administering = asyncio.create_task(self.administer())
        await asyncio.sleep(self.chance.uniform(30, 300))
        administering.cancel()

    def _is_busy(self, name: str) -> bool:
        path = f"/users/{self.ids[name]}"
        now = self.world.clock()
        for entry in reversed(self.world.server.log):
            ago = (now - parse_instant(entry.time)).total_seconds()
            if ago > APART:
                return False
            if entry.path == path and (entry.method != "GET" or ago < LATELY):
                return True
            # what is read now may be what was there before
            if "lag" in entry.faults and ago < LATELY:
                return True
        return False

    async def process(
        self, plan: Plan | None, at: int | None, *, stolen: bool, admin: bool
    ) -> None:
        """One process that applies or resumes, dies at a write to its journal, or loses its lease
        there.
        """
        world, heir, self.is_stale = self.world, None, False
        began = world.clock()
        administering = asyncio.create_task(self.administer()) if admin else None

        def cross() -> None:
            nonlocal heir, began
            if not stolen:
                raise Killed
            store = world.process_store()
            store.unlock("acme")
            began = world.clock()
            heir = asyncio.create_task(
                self._resume(RunContext(world.client(), store, world.clock, "heir", parallelism=3))
            )

        fragile = FragileStore(world.store, at, cross)
        own = RunContext(
            world.backend, fragile, world.clock, "tester", parallelism=self.chance.choice((1, 3, 9))
        )
        try:
            await (apply_async(plan, own) if plan is not None else resume_async("acme", own))
        except Killed:
            pass
        except LicsyncError as end:
            self.is_stale = any(d.code is Code.PLAN_STALE for d in end.diagnostics)
        finally:
            if administering is not None:
                administering.cancel()
            if heir is not None:
                await heir
                self.crowded.append((began, world.clock() + timedelta(minutes=1)))
            await world.backend.close()

    async def _resume(self, world: RunContext) -> None:
        try:
            await resume_async("acme", world)
        except LicsyncError:
            pass
        finally:
            await world.backend.close()  # type: ignore[attr-defined]

    def go(self) -> Iterator[str]:
        """Run it to its end; yields what is wrong."""
        world, chance = self.world, self.chance
        for name in NAMES:
            edit_user(
                world.server.sim,
                name,
                {"serviceInfo.extensions.0.unheard": UNKNOWN, "unheard": UNKNOWN},
            )
        order = self.order()
        for round_ in range(ROUNDS):
            world.server.faults.clear()
            plan = world.plan(WANTED)
            if not plan.actions:
                break
            self.ids |= world.backend.mirror.names
            for attempt in range(ATTEMPTS):
                rough = round_ < QUIET_ROUND and attempt < QUIET_ATTEMPT
                world.server.faults.clear()
                world.server.faults.add(read_rules(FAULTS if rough else []))
                if rough and attempt == 0 and chance.random() < 0.3:
                    world.run(self.approve())
                at = chance.randrange(1, 60) if rough else None
                stolen = chance.random() < 0.2
                world.run(
                    self.process(plan if attempt == 0 else None, at, stolen=stolen, admin=rough)
                )
                world.backend, world.store = world.client(), world.process_store()
                world.store.unlock("acme")
                if world.store.open_run("acme") is None or (self.is_stale and self._is_closed()):
                    break
            else:
                self._is_closed()
        world.server.faults.clear()
        yield from self.check()
        if self.order() != order:
            yield f"the members of the ring group are in the order {self.order()}, not {order}"

    def _is_crowded(self, when: datetime) -> bool:
        return any(began <= when <= ended for began, ended in self.crowded)

    def _is_closed(self) -> bool:
        """Close the run, as a person does who is told to plan again; not while somebody is without
        a license.
        """
        try:
            self.world.run(abandon_async("acme", self.world.world()))
        except LicsyncError:
            return False
        return True

    def order(self) -> list[str]:
        """Say in what order the members of the ring group are."""
        ((_, group),) = self.world.server.sim.documents.all("ring_groups")
        members: dict[str, Any] = group["members"]
        return sorted(members, key=lambda user: members[user]["sequenceNumber"])

    def check(self) -> Iterator[str]:
        """Say what is not as it must be at the end."""
        world = self.world
        if actions := world.plan(WANTED).actions:
            yield f"the end is not as planned: {[a.id for a in actions]}"
        truth = world.truth()
        for number, name in enumerate(NAMES):
            user = truth.users[name]
            types = [truth.licenses[service["license"]]["type"] for service in user["services"]]
            if types != ["x4"]:
                yield f"{name} holds {types}"
            if user["ring_groups"] != ["Main"] or user["call_queues"] != ["Help"]:
                yield f"{name} is in {user['ring_groups']} and {user['call_queues']}"
            phones = [(s.get("extension") or {}).get("phone_numbers") for s in user["services"]]
            if phones != [[f"+1206555{number:04}"]]:
                yield f"{name} has the numbers {phones}"
            if user.get("department") != self.theirs.get(name):
                yield f"{name}: the edit of an admin is lost"
            raw = world.run(world.backend.reader.read_user(name, Urgency.START)) or {}
            extensions = raw.get("serviceInfo", {}).get("extensions") or []
            if any(part.get("unheard") != UNKNOWN for part in (raw, *extensions)):
                yield f"{name}: a field that nobody knows is lost"
        if sorted(truth.users) != sorted(WANTED):
            yield f"there are the users {sorted(truth.users)}"
        numbers = Counter(
            number
            for user in truth.users.values()
            for service in user["services"]
            for number in (service.get("extension") or {}).get("phone_numbers") or ()
        )
        yield from (
            f"{number} is held {times} times" for number, times in numbers.items() if times > 1
        )
        units = Counter(
            service["license"] for user in truth.users.values() for service in user["services"]
        )
        yield from (f"{unit} is held {times} times" for unit, times in units.items() if times > 1)
        if world.store.open_run("acme") is not None:
            yield "a run is open"
        yield from self._journal()
        refused = [
            entry
            for entry in world.server.log
            if entry.status == 429 and "status" not in entry.faults
        ]
        if any(not self._is_crowded(parse_instant(entry.time)) for entry in refused):
            yield "a limit was exceeded"
        yield from self.wrong

    def _journal(self) -> Iterator[str]:
        for listed in self.world.store.runs("acme"):
            run = self.world.store.run(listed.id)
            assert run is not None
            done: Counter[int] = Counter()
            last = {}
            for entry in run.entries:
                last[entry.position] = entry.state
                if entry.state == "done":
                    place = entry.position if entry.position >= 0 else -1 - entry.position
                    done[place] += 1 if entry.position >= 0 else -1
            yield from (
                f"step {place} of {run.id} was done {n} times" for place, n in done.items() if n > 1
            )
            if run.state == "done":
                yield from (
                    f"step {p} of {run.id} is open"
                    for p, state in last.items()
                    if state == "intended"
                )


def trial(seed: int, **planted: Any) -> list[str]:
    """Run one seed; `planted` replaces parts of the client. Returns what is wrong."""
    people = document({name: HELD for name in NAMES}, {"x4": [f"M{i}" for i in range(5)]})
    world = ApiWorld(people, settings={"seed": seed}, **planted)
    try:
        return list(Trial(world, random.Random(seed)).go())
    except Exception as fault:  # a client at fault may do anything
        return [f"it ends with {fault!r}"]
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit("\n".join(trial(int(sys.argv[1]))) or 0)
