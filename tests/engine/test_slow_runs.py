"""Runs on a slow backend: concurrent steps, uncertain steps, and missing records."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from licsync.diagnostics import (
    Code,
    CredentialsMissing,
    InputInvalid,
    PartlyApplied,
    Refused,
    error,
)
from licsync.engine.apply import abandon, apply, apply_async, resume_async
from licsync.engine.events import ActionDone, ActionStarted, ActionUncertain, Event, RunFinished
from licsync.engine.ports import StepUncertain
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.store.runs import SqlStore
from tests.support.accounts import desired, inventory, user
from tests.support.apply_trial import Boundary, FragileStore, Killed
from tests.support.planning import planned
from tests.support.slow_backend import Fate, SlowBackend, gone
from tests.support.slow_runs import CREDENTIALS, fates, fault_text, many, open_run, upgrade, world
from tests.support.virtual_time import START, run_virtually

# --- many at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parallelism", "seconds"), [(1, 30 * 10.1), (5, 6 * 10.1), (10, 3 * 10.1)]
)
def test_as_many_as_may_be_are_under_way(store: SqlStore, parallelism: int, seconds: float) -> None:
    plan, there = many()
    backend = SlowBackend(there, lambda step: 10.0)
    outcome = run_virtually(apply_async(plan, world(backend, store, parallelism)))
    assert outcome.is_complete
    assert backend.most == parallelism
    assert outcome.seconds == pytest.approx(seconds)


@pytest.mark.slow
def test_one_at_a_time_is_in_the_order_of_the_plan(store: SqlStore, events: list[Event]) -> None:
    plan, there = many()
    run_virtually(apply_async(plan, world(SlowBackend(there), store, 1, listener=events.append)))
    reported = [(type(e), e.action.id) for e in events if isinstance(e, ActionStarted | ActionDone)]
    assert reported == [(kind, a.id) for a in plan.actions for kind in (ActionStarted, ActionDone)]


def test_a_step_is_recorded_with_its_ticket_and_result_while_others_are_under_way(
    store: SqlStore,
) -> None:
    plan, there = many(2)
    seen: list[list[tuple[str, str | None]]] = []

    async def watched() -> None:
        running = asyncio.ensure_future(
            apply_async(plan, world(SlowBackend(there, fates(u01=20.0)), store, 2))
        )
        for moment in (0.05, 0.5, 10):
            await asyncio.sleep(moment)
            seen.append([(e.state, e.ticket) for e in open_run(store).entries])
        await running

    run_virtually(watched())
    assert seen == [
        [("intended", None), ("intended", None)],
        [("intended", "op-1"), ("intended", "op-2")],
        [("done", "op-1"), ("intended", "op-2")],
    ]


@pytest.mark.slow
def test_a_stopped_run_finishes_the_steps_in_flight(store: SqlStore, events: list[Event]) -> None:
    plan, there = many()
    done = lambda: sum(isinstance(e, ActionDone) for e in events)  # noqa: E731
    stopping = world(SlowBackend(there), store, 4, listener=events.append, stop=lambda: done() >= 2)
    outcome = run_virtually(apply_async(plan, stopping))
    assert outcome.interrupted
    assert len(outcome.done) == 4
    assert {entry.state for entry in open_run(store).entries} == {"done"}
    resumed = run_virtually(resume_async("acme", world(stopping.backend, store)))
    assert resumed is not None
    assert len(resumed.done) == 30


@pytest.mark.slow
def test_a_run_that_is_cancelled_can_be_gone_on_with(store: SqlStore) -> None:
    plan, there = many()
    backend = SlowBackend(there, lambda step: 20.0)

    async def cancelled() -> None:
        async with asyncio.timeout(30):
            await apply_async(plan, world(backend, store))

    with pytest.raises(TimeoutError):
        run_virtually(cancelled())
    assert [e.state for e in open_run(store).entries].count("intended") == 4
    with pytest.raises(Refused):
        run_virtually(apply_async(plan, world(backend, store)))
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    assert len(backend.sent) == 30
    assert {record["job_title"] for record in backend.now().users.values()} == {"Clerk"}


@pytest.mark.slow
def test_what_is_half_done_comes_first(store: SqlStore) -> None:
    plan, there = upgrade()
    others, more = many(6)
    there.users |= more.users
    number = len(plan.actions)
    own = [replace(action, id=f"a{number + 6}") for action in plan.actions]
    plan = replace(plan, actions=[*others.actions, *own], saw=plan.saw | others.saw)
    boundary = Boundary()

    def dies(step: Step) -> Fate:
        if step.op == "license.attach":
            raise Killed
        return 1.0 if step.name == "ada" else 300.0

    backend = SlowBackend(there, dies, in_place=False)
    with pytest.raises(Killed):
        run_virtually(apply_async(plan, world(backend, FragileStore(store, boundary), 10)))
    assert backend.now().users["ada"]["services"] == []
    backend.fate, backend.sent = fates(), []
    outcome = run_virtually(resume_async("acme", world(backend, store, 1)))
    assert outcome is not None
    assert outcome.is_complete
    assert backend.sent[0].op == "license.attach"


# --- what is not known ----------------------------------------------------------------------------


def a_new_policy() -> tuple[Plan, Inventory]:
    """Two users wait for a policy, and one for nothing."""
    there = inventory({}, {name: user(id=name) for name in ("ada", "bo", "cy")})
    wishes: dict[str, Any] = {name: {"policy": "Sales"} for name in ("ada", "bo")} | {
        "cy": {"job_title": "Clerk"}
    }
    plan = planned(desired(wishes, policies={"Sales": {"settings": {"a": True}}}), there)
    assert [a.kind for a in plan.actions] == ["policy", "user", "user", "user"]
    return plan, there


@pytest.mark.parametrize("fate", ["lost", "late", "half"])
def test_a_step_whose_end_is_not_known_stays_open(
    store: SqlStore, events: list[Event], fate: str
) -> None:
    plan, there = a_new_policy()
    backend = SlowBackend(there, fates(Sales=fate))
    outcome = run_virtually(apply_async(plan, world(backend, store, listener=events.append)))
    assert outcome.uncertain == {"a1": "no answer within 300 s"}
    assert (list(outcome.skipped), outcome.done) == (["a2", "a3"], ["a4"])
    assert not outcome.is_complete
    assert [e.action.id for e in events if isinstance(e, ActionUncertain)] == ["a1"]
    assert isinstance(events[-1], RunFinished)
    run = open_run(store)
    assert {(e.action, e.state, e.ticket) for e in run.entries} == {
        ("a1", "intended", "op-1"),
        ("a4", "done", "op-2"),
    }
    resumed = run_virtually(resume_async("acme", world(backend, store)))
    assert resumed is not None
    assert resumed.is_complete
    assert [ticket for _, ticket in backend.asked] == ["op-1"]
    assert [step.name for step in backend.sent].count("Sales") == (1 if fate == "late" else 2)
    assert backend.now().policies["Sales"] == {"settings": {"a": True}}
    assert store.runs("acme")[0].state == "done"


def test_uncertain_steps_stay_open_and_the_others_continue(store: SqlStore) -> None:
    plan, there = upgrade()
    # the license she has by then is taken away, and nobody says so
    held = plan.actions[0].license
    taken = replace(
        plan.actions[0], id="a2", kind="license", verb="unassign", license=None, origin=held
    )
    plan = replace(plan, actions=[*plan.actions, taken])
    backend = SlowBackend(there, fates(ada="lost"), in_place=False)
    outcome = run_virtually(apply_async(plan, world(backend, store)))
    assert outcome.uncertain.keys() == {"a1"}
    assert outcome.skipped == {
        "a2": "it is not known yet what became of an earlier step on licenses/L4"
    }

    class StillUnderWay(SlowBackend):
        async def outcome_of(self, step: Step, *_: Any) -> Any:
            raise StepUncertain("it is still under way")

    waiting = StillUnderWay(there, in_place=False)
    again = run_virtually(resume_async("acme", world(waiting, store)))
    assert again is not None
    assert again.uncertain == {"a1": "it is still under way"}
    assert again.skipped.keys() == {"a2"}
    assert waiting.sent == []
    assert [entry.state for entry in open_run(store).entries] == ["intended"]
    end = run_virtually(resume_async("acme", world(backend, store)))
    assert end is not None
    assert end.is_complete


@pytest.mark.slow
def test_undecidable_steps_are_left_to_people(store: SqlStore) -> None:
    plan, there = a_new_policy()
    backend = SlowBackend(there, fates(Sales="lost"))
    run_virtually(apply_async(plan, world(backend, store)))
    backend.known = dict.fromkeys(backend.known, "unknown")
    sent = len(backend.sent)
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    (reason,) = set(outcome.uncertain.values())
    assert "is unknown" in reason
    assert "--abandon" in reason
    assert len(backend.sent) == sent
    assert (
        abandon("acme", replace(world(backend, SqlStore(store._engine)), clock=lambda: START))
        is not None
    )


def test_a_detachment_that_was_half_done_gives_back_what_was_there_before_it(
    store: SqlStore,
) -> None:
    plan, there = upgrade()
    backend = SlowBackend(there, fates(ada="half"), in_place=False)
    assert run_virtually(apply_async(plan, world(backend, store))).uncertain
    assert backend.now().users["ada"]["half"] is True
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    ada = backend.now().users["ada"]
    assert "half" not in ada
    assert ada["services"] == [
        {"license": "L4", "extension": {"number": "1001", "phone_numbers": ["+12065550101"]}}
    ]
    assert ada["ring_groups"] == ["Main"]
    run = store.run(outcome.run)
    assert run is not None
    assert [e.state for e in run.entries] == ["partly", "done", "done"]
    assert run.entries[0].before["users/ada"] == there.users["ada"]


# --- credentials, and a backend that is gone ------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("at", "kind"), [("u00", CredentialsMissing), ("u09", PartlyApplied)])
def test_credentials_that_are_revoked_end_the_run(
    store: SqlStore, at: str, kind: type[Exception]
) -> None:
    plan, there = many()
    backend = SlowBackend(there, lambda step: CREDENTIALS if step.name >= at else 1.0)
    with pytest.raises(kind) as stopped:
        run_virtually(apply_async(plan, world(backend, store)))
    assert (
        "The key was revoked. Set LICSYNC_API_KEY. Then resume with: licsync apply DIR --resume"
        in fault_text(stopped)
    )
    assert len(stopped.value.diagnostics) == 1  # though several steps found out
    assert len(open_run(store).entries) < 30
    backend.fate = fates()
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete


def test_a_backend_that_is_gone_stops_what_is_new_and_lets_others_finish(store: SqlStore) -> None:
    plan, there = many()
    backend = SlowBackend(there, fates(u05=gone(), u06=20.0))
    with pytest.raises(PartlyApplied, match="Nobody answers") as stopped:
        run_virtually(apply_async(plan, world(backend, store)))
    assert "--resume" in fault_text(stopped)
    assert backend.now().users["u06"]["job_title"] == "Clerk"
    assert len(backend.sent) < 10


def test_an_internal_error_is_not_a_refusal(store: SqlStore) -> None:
    plan, there = many()
    with pytest.raises(ZeroDivisionError):
        run_virtually(
            apply_async(plan, world(SlowBackend(there, fates(u05=ZeroDivisionError())), store))
        )
    assert open_run(store).state == "open"


def test_a_backend_is_closed_in_its_loop(store: SqlStore) -> None:
    plan, there = many(1)
    backend = SlowBackend(there)
    backend.fate = fates(u00=InputInvalid(error(Code.BACKEND_FAILED, "no")))
    with pytest.raises(InputInvalid):
        apply(plan, replace(world(backend, SqlStore(store._engine)), clock=lambda: START))
    assert backend.closed == 1
