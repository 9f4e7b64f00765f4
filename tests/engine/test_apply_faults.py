"""Applying when the store, the backend or somebody else gets in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine

from licsync.backends.local.backend import LocalBackend
from licsync.diagnostics import Code, InputInvalid, Locked, PartlyApplied, Refused, error
from licsync.engine.apply import RunContext, abandon, apply, resume
from licsync.engine.ports import (
    BackendFailed,
    JournalEntry,
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
from licsync.store.database import default_url
from licsync.store.runs import SqlStore
from licsync.workflows.inventory import local_backend
from tests.support.apply_trial import NOW, Boundary, Killed, Trial
from tests.support.coroutines import do, perform_step
from tests.support.databases import hurry

ADDRESS = {"street_name": "Pine St", "city": "Seattle", "country": "US"}


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path / "acme")
    yield trial
    trial.account.storage.engine().dispose()


def fault_text(fault: pytest.ExceptionInfo[Any]) -> str:
    [diagnostic] = fault.value.diagnostics
    return f"{diagnostic.code}: {diagnostic.message} {diagnostic.hint}"


# --- the store and the backend fail ---------------------------------------------------------------


def test_a_store_without_room_ends_the_run_and_room_lets_it_go_on(
    trial: Trial, tmp_path: Path
) -> None:
    engine = trial.account.storage.engine()
    steps = 0

    def limited(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() if steps > 6 else 100_000
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def counting(step: Step) -> bool:
        nonlocal steps
        steps += 1
        return False

    event.listen(engine, "begin", limited)
    with pytest.raises(PartlyApplied) as stopped:
        apply(trial.plan, trial.world(refuses=counting))
    assert "full" in fault_text(stopped)
    assert "--resume" in fault_text(stopped)
    event.remove(engine, "begin", limited)
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("PRAGMA max_page_count=100000"))
    outcome = resume("acme", trial.world())
    assert outcome is not None
    assert outcome.is_complete
    unbroken = Trial(tmp_path / "unbroken")
    apply(unbroken.plan, unbroken.world())
    assert trial.dump() == unbroken.dump()


class Failing:
    """A backend, and a store, that fail from a number of steps on."""

    def __init__(self, inner: Any, name: str, after: int, fault: Exception):
        self.inner, self.name, self.left, self.fault = inner, name, after, fault

    def __getattr__(self, name: str) -> Any:
        if name != self.name:
            return getattr(self.inner, name)
        self.left -= 1
        if self.left < 0:
            raise self.fault
        return getattr(self.inner, name)


@pytest.mark.parametrize("name", ["perform_all", "fetch"])
@pytest.mark.parametrize("after", [1, 7])
def test_a_backend_that_is_gone_ends_the_run_and_it_can_go_on(
    trial: Trial, name: str, after: int
) -> None:
    world = trial.world()
    world = RunContext(
        Failing(world.backend, name, after, BackendFailed("Nobody answers.")),
        world.store,
        world.clock,
        "me",
    )
    with pytest.raises((PartlyApplied, InputInvalid)) as stopped:
        apply(trial.plan, world)
    done_any = name == "perform_all" or after > 1
    assert type(stopped.value) is (PartlyApplied if done_any else InputInvalid)
    assert "backend-failed: Nobody answers." in fault_text(stopped)
    run = trial.account.storage.runs().open_run("acme")
    assert run is not None
    assert [e.state for e in run.entries].count("intended") <= 1
    outcome = resume("acme", trial.world())
    assert outcome is not None
    assert outcome.is_complete


def test_a_backend_that_is_gone_from_the_beginning_is_no_run(trial: Trial) -> None:
    world = trial.world()
    world = RunContext(
        Failing(world.backend, "fetch", 0, BackendFailed("Nobody answers.")),
        world.store,
        world.clock,
        "me",
    )
    with pytest.raises(InputInvalid, match="Nothing was changed"):
        apply(trial.plan, world)
    assert trial.account.storage.runs().runs("acme") == []


def test_a_run_whose_lock_was_broken_writes_no_more(trial: Trial) -> None:
    world = trial.world()

    def breaking() -> bool:
        if sum(1 for _ in trial.events) > 6:
            trial.account.storage.runs().unlock("acme")
        return False

    world = RunContext(world.backend, world.store, world.clock, "me", trial.events.append, breaking)
    with pytest.raises(Locked, match="broken"):
        apply(trial.plan, world)
    run = trial.account.storage.runs().open_run("acme")
    assert run is not None
    assert 0 < len(run.entries) < len(trial.plan.actions)


# --- somebody else changes what is yet to be done -------------------------------------------------


def promoted(trial: Trial, user: str) -> dict[str, Any]:
    console = local_backend(trial.account)
    document = console.dump()
    document["users"][user]["job_title"] = "Somebody else was here"
    console.load(document)
    return document


def test_a_killed_run_does_not_go_on_over_the_changes_of_others(trial: Trial) -> None:
    with pytest.raises(Killed):
        apply(trial.plan, trial.world(Boundary(20)))
    there = trial.dump()["users"]
    last = [a.name for a in trial.plan.actions if a.name in there][-1]
    document = promoted(trial, last)
    with pytest.raises(Refused) as refused:
        resume("acme", trial.world())
    assert refused.value.diagnostics[0].code is Code.PLAN_STALE
    assert last in fault_text(refused)
    assert "--abandon" in fault_text(refused)
    assert trial.dump() == document
    assert abandon("acme", trial.world()) is not None
    again = Trial(trial.account.directory)
    assert apply(again.plan, again.world()).is_complete


def test_a_failed_run_does_not_go_on_over_the_changes_of_others(trial: Trial) -> None:
    refusing = next(a for a in trial.plan.actions if a.kind == "license" and a.verb == "assign")
    outcome = apply(trial.plan, trial.world(refuses=lambda step: step.target == refusing.resource))
    assert outcome.failed
    document = promoted(trial, refusing.name)
    with pytest.raises(Refused, match="is not as the run"):
        resume("acme", trial.world())
    assert trial.dump() == document
    assert trial.account.storage.runs().open_run("acme") is None


# --- groups that fail in their middle -------------------------------------------------------------


def console_with(database: Engine, users: dict[str, Any], licenses: dict[str, Any]) -> LocalBackend:
    console = LocalBackend(database, lambda: NOW, "acme")
    console.load(
        {
            "format_version": "1", "account": "acme", "as_of": "2026-11-24T00:00:00Z",
            "service_addresses": {"A1": ADDRESS}, "sites": {"HQ": {"service_address": "A1"}},
            "policies": {}, "licenses": licenses, "users": users,
        }
    )  # fmt: skip
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


def unit(kind: str, user: str | None = None, **more: Any) -> dict[str, Any]:
    held = {"status": "assigned", "user": user} if user else {"status": "unassigned"}
    return {"type": kind, "country": "US", "service_address": "A1", **held, **more}


def ring_of_three(database: Engine) -> tuple[LocalBackend, Plan]:
    """A ring in which everybody gets the license of the next; numbers change hands in it too."""
    kinds = {"ada": "x2", "bo": "x4", "cy": "x6"}
    users = {
        name: {
            "id": f"U{n}", "status": "active", "site": "HQ", "ring_groups": ["Main"],
            "services": [
                {"license": f"L{n}", "vendor": n,
                 "extension": {"number": str(n), "features": {"analytics": "essentials"}}},
            ],
        }
        for n, name in enumerate(kinds)
    }  # fmt: skip
    licenses = {f"L{n}": unit(kind, name) for n, (name, kind) in enumerate(kinds.items())}
    console = console_with(database, users, licenses)
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
    suspended = {
        "status": "suspended",
        "suspended": {"reason": "user_inactive", "at": "2026-11-24T09:00:00Z"},
    }
    ada = {"id": "U1", "status": "inactive", "site": "HQ", "services": [{"license": "L1"}]}
    console = console_with(database, {"ada": ada}, {"L1": unit("x2", "ada", **suspended)})
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
    suspended = {
        "status": "suspended",
        "suspended": {"reason": "user_inactive", "at": "2026-11-24T09:00:00Z"},
    }
    ada = {"id": "U1", "status": "inactive", "site": "HQ", "services": [{"license": "L1"}]}
    console = console_with(database, {"ada": ada}, {"L1": unit("x2", "ada", **suspended)})
    do(
        console,
        Step(
            "service_address.create",
            "service_addresses/x",
            {"content": ADDRESS | {"city": "Boston"}},
        ),
    )
    before = console.dump()
    changes = [
        Change("job_title", None, "x"),
        Change("service_address", "seattle", "boston", license="L1"),
    ]
    plan = plan_for(console.read_now(), Action("user", "update", "users/ada", changes=changes))
    plan = replace(plan, addresses={"boston": ADDRESS | {"city": "Boston"}})
    suspensions = [True]  # the first suspension is refused, the one on the way back is not

    def refuses(step: Step) -> bool:
        return step.op == "user.suspend" and bool(suspensions) and suspensions.pop()

    outcome = apply(
        plan, RunContext(Refusing(console, refuses), SqlStore(database), lambda: NOW, "me")
    )
    assert outcome.failed == {"a1": "no"}
    assert console.dump() == before


def test_a_plan_with_errors_is_refused(trial: Trial) -> None:
    trial.plan.diagnostics.append(error(Code.LICENSE_SHORTAGE, "There are too few."))
    before = trial.dump()
    with pytest.raises(Refused) as refused:
        apply(trial.plan, trial.world())
    assert Code.LICENSE_SHORTAGE in {d.code for d in refused.value.diagnostics}
    assert trial.dump() == before
    assert trial.account.storage.runs().runs("acme") == []


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
    console = console_with(database, {"ada": {"id": "U1", "status": "active", "services": []}}, {})
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
    users = {
        f"u{n}": {"id": f"U{n}", "status": "active", "site": "HQ", "services": []}
        for n in range(many)
    }
    console = console_with(database, users, {f"L{n}": unit("x2") for n in range(many)})
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


def test_an_entry_is_written_before_its_step_is_sent(trial: Trial) -> None:
    world = trial.world()
    seen: list[JournalEntry] = []

    def look(step: Step) -> bool:
        run = trial.account.storage.runs().open_run("acme")
        assert run is not None
        seen.append(run.entries[-1])
        assert (run.entries[-1].step, run.entries[-1].state) == (step, "intended")
        assert all(entry.state == "done" for entry in run.entries[:-1])
        return False

    world.backend.refuses = look  # type: ignore[attr-defined]
    assert apply(trial.plan, world).is_complete
    assert len(seen) >= len(trial.plan.actions)
