"""Steps that a backend refuses: what a group did before is undone, and the others continue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine

from licsync.backends.local.backend import LocalBackend
from licsync.diagnostics import PartlyApplied
from licsync.engine.apply import apply, resume
from licsync.engine.context import RunContext
from licsync.engine.ports import (
    NoteTicket,
    StepFailure,
    StepRefused,
    StepRequest,
    perform_each,
)
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record, digest
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan
from licsync.store.address import default_url
from licsync.store.runs import SqlStore
from tests.support.accounts import NEW_YORK, inventory_document, unit, user
from tests.support.apply_trial import NOW, Killed, fault_text
from tests.support.coroutines import do, perform_step
from tests.support.databases import hurry

BOSTON = NEW_YORK | {"city": "Boston"}
INACTIVE = unit(suspended={"reason": "user_inactive", "at": "2026-11-24T09:00:00Z"})


def console_with(database: Engine, users: dict[str, Any], units: dict[str, Any]) -> LocalBackend:
    console = LocalBackend(database, lambda: NOW, "acme")
    console.load(inventory_document(units, users))
    return console


def plan_for(inventory: Inventory, *actions: Action) -> Plan:
    numbered = [replace(action, id=f"a{number}") for number, action in enumerate(actions, 1)]
    units = {ref.id for a in actions for ref in (a.license, a.origin) if ref} | {
        u for a in actions for u in a.units
    }
    keys = {a.resource for a in actions} | {f"licenses/{unit}" for unit in units}
    times = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
    records = {key: inventory.get(key) for key in sorted(keys)}
    saw = {key: digest(record) if record is not None else None for key, record in records.items()}
    return Plan("acme", "local", *times, "", numbered, saw=saw)


class Refusing:
    """A console that refuses some steps."""

    def __init__(self, inner: LocalBackend, refuses: Callable[[Step], bool]):
        self.inner, self.refuses = inner, refuses

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        return await perform_each(self._perform, requests)

    async def _perform(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        if self.refuses(step):
            raise StepRefused("no")
        await perform_step(self.inner, step, before, note)


def ring_of_three(database: Engine) -> tuple[LocalBackend, Plan]:
    """A ring in which everybody gets the license of the next; numbers change hands in it too."""
    kinds = {"ada": "x2", "bo": "x4", "cy": "x6"}
    users = {
        name: user(
            {f"L{n}": {"number": str(n), "features": {"analytics": "essentials"}}},
            id=f"U{n}",
            ring_groups=["Main"],
        )
        for n, name in enumerate(kinds)
    }
    for n, record in enumerate(users.values()):
        record["services"][0]["vendor"] = n
    console = console_with(database, users, {f"L{n}": k for n, k in enumerate(kinds.values())})
    refs = [UnitRef(f"L{n}", kind, "US") for n, kind in enumerate(kinds.values())]
    analytics = Change("extension.features.analytics", "essentials", "supervisor")
    actions = [
        Action("license", "upgrade", "users/cy", refs[0], refs[2], [analytics], ring="r1"),
        Action("license", "upgrade", "users/bo", refs[2], refs[1], [analytics], ring="r1"),
        Action("license", "upgrade", "users/ada", refs[1], refs[0], ring="r1", split=True),
    ]
    return console, plan_for(console.read_now(), *actions)


def records(console: LocalBackend) -> dict[str, Any]:
    """What the console holds; when it was changed last is another question."""
    return {key: value for key, value in console.dump().items() if key != "as_of"}


@pytest.mark.slow
@pytest.mark.parametrize("op", ["license.detach", "license.replace", "license.attach"])
@pytest.mark.parametrize("name", ["ada", "bo", "cy"])
def test_a_ring_is_done_whole_or_not_at_all(database: Engine, op: str, name: str) -> None:
    console, plan = ring_of_three(database)
    before, armed = records(console), [True]
    refusing = Refusing(
        console, lambda s: armed[0] and (s.op, s.name) == (op, name) and "at" not in s.args
    )
    world = RunContext(refusing, SqlStore(database), lambda: NOW, "me")
    outcome = apply(plan, world)
    if (op, name) in {
        ("license.detach", "ada"),
        ("license.replace", "bo"),
        ("license.replace", "cy"),
    }:
        assert outcome.failed.keys() == {"a1", "a2", "a3"}
        assert records(console) == before
        armed[0] = False
        again = resume("acme", world)
        assert again is not None
        assert again.is_complete
    after = console.read_now().users
    assert {n: user["services"][0]["license"] for n, user in after.items()} == {
        "ada": "L1",
        "bo": "L2",
        "cy": "L0",
    }
    assert after["ada"]["services"] == [
        {
            "vendor": 0,
            "license": "L1",
            "extension": {"number": "0", "features": {"analytics": "essentials"}},
        }
    ]
    assert after["cy"]["services"][0]["extension"]["features"] == {"analytics": "supervisor"}
    assert after["ada"]["ring_groups"] == ["Main"]


@pytest.mark.slow
def test_a_ring_that_dies_while_it_is_taken_back_ends_well(database: Engine) -> None:
    expected: dict[str, Any] = {}
    for at in range(12):
        console, plan = ring_of_three(database)
        passed, armed = [0], [True]

        def dies(
            step: Step, passed: list[int] = passed, armed: list[bool] = armed, at: int = at
        ) -> bool:
            if armed[0]:
                passed[0] += 1
                if passed[0] > at:
                    raise Killed
            return armed[0] and (step.op, step.name) == ("license.replace", "bo")

        world = RunContext(Refusing(console, dies), SqlStore(database), lambda: NOW, "me")
        try:
            apply(plan, world)
            break
        except Killed:
            armed[0] = False
        outcome = resume("acme", world)
        assert outcome is not None
        assert outcome.is_complete
        expected = expected or console.dump()
        assert console.dump() == expected
    assert at == 5  # detach, two replacements of which one is refused, and two steps back


def test_who_is_deactivated_stays_so_when_the_step_is_refused(database: Engine) -> None:
    console = console_with(database, {"ada": user(["L1"], status="inactive")}, {"L1": INACTIVE})
    before = records(console)
    action = Action("license", "unassign", "users/ada", origin=UnitRef("L1", "x2", "US"))
    plan = plan_for(console.read_now(), action)
    world = RunContext(
        Refusing(console, lambda step: step.op == "license.detach"),
        SqlStore(database),
        lambda: NOW,
        "me",
    )
    assert apply(plan, world).failed == {"a1": "no"}
    assert records(console) == before
    outcome = resume("acme", RunContext(console, SqlStore(database), lambda: NOW, "me"))
    assert outcome is not None
    assert outcome.is_complete
    assert console.read_now().licenses["L1"] == unit("x2")


def test_what_an_edit_moved_goes_back_with_it(database: Engine) -> None:
    console = console_with(database, {"ada": user(["L1"], status="inactive")}, {"L1": INACTIVE})
    do(
        console,
        Step(
            "service_address.create",
            "service_addresses/x",
            {"content": BOSTON},
        ),
    )
    before = console.dump()
    changes = [
        Change("job_title", None, "x"),
        Change("service_address", "seattle", "boston", license="L1"),
    ]
    plan = plan_for(console.read_now(), Action("user", "update", "users/ada", changes=changes))
    plan = replace(plan, addresses={"boston": BOSTON})
    suspensions = [True]  # the first suspension is refused, the one on the way back is not

    def refuses(step: Step) -> bool:
        return step.op == "user.suspend" and bool(suspensions) and suspensions.pop()

    outcome = apply(
        plan, RunContext(Refusing(console, refuses), SqlStore(database), lambda: NOW, "me")
    )
    assert outcome.failed == {"a1": "no"}
    assert console.dump() == before


def test_what_cannot_be_taken_back_is_left_to_people(database: Engine) -> None:
    console, plan = ring_of_three(database)
    refuses = Refusing(console, lambda step: step.op == "license.attach" or step.name == "bo")
    with pytest.raises(PartlyApplied) as stopped:
        apply(plan, RunContext(refuses, SqlStore(database), lambda: NOW, "me"))
    assert "users/ada" in fault_text(stopped)
    assert "Repair it in the console" in fault_text(stopped)
    run = SqlStore(database).open_run("acme")
    assert run is not None
    assert [(e.position, e.state) for e in run.entries][-1] == (-1, "refused")


# --- what waits for people, and speed -------------------------------------------------------------


def test_what_is_done_by_hand_is_left_and_what_needs_it_waits(database: Engine) -> None:
    console = console_with(database, {"ada": user()}, {})
    by_hand = Action("policy", "create", "policies/P", manual=True)
    needs = Action(
        "user", "update", "users/ada", changes=[Change("policy", None, "P")], needs=["a1"]
    )
    other = Action("site", "create", "sites/New", changes=[Change("pbx", None, "p1")])
    before = console.read_now()
    outcome = apply(
        plan_for(before, by_hand, needs, other),
        RunContext(console, SqlStore(database), lambda: NOW, "me"),
    )
    assert (outcome.manual, list(outcome.skipped), outcome.done) == (["a1"], ["a2"], ["a3"])
    assert console.read_now().users == before.users


@pytest.mark.slow
def test_every_action_costs_the_same_few_queries(
    tmp_path: Path, opened: Callable[[URL], Engine]
) -> None:
    few, many = (
        queries(opened(default_url(tmp_path / str(actions))), actions) for actions in (20, 60)
    )
    assert many - few <= 40 * 25


def queries(database: Engine, many: int) -> int:
    """Assign a license to so many users, and count the queries."""
    hurry(database)
    users = {f"u{n}": user(id=f"U{n}") for n in range(many)}
    console = console_with(database, users, {f"L{n}": "x2" for n in range(many)})
    actions = [
        Action("license", "assign", f"users/u{n}", UnitRef(f"L{n}", "x2", "US"),
               changes=[Change("extension.number", None, str(1000 + n))])
        for n in range(many)
    ]  # fmt: skip
    plan = plan_for(console.read_now(), *actions)
    asked: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    assert apply(plan, RunContext(console, SqlStore(database), lambda: NOW, "me")).is_complete
    return len(asked)
