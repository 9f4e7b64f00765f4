"""Somebody edits the account while a run is not finished: nothing is overwritten, nobody stays
without a license.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.diagnostics import LicsyncError, PartlyApplied, Refused
from licsync.engine.apply import abandon, apply_async, resume_async
from licsync.engine.journal_state import JournalState, unreplaced_detaches
from licsync.engine.ports import BackendFailed, StepUncertain
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.store.runs import SqlStore
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned
from tests.support.slow_backend import Fate, SlowBackend
from tests.support.slow_runs import world
from tests.support.virtual_time import START, run_virtually

pytestmark = pytest.mark.untraced

HELD = {"number": "1001", "phone_numbers": ["+12065550101"]}


def two_upgrades() -> tuple[Plan, Inventory]:
    """Ada and Bo get other licenses."""
    users = {
        "ada": user({"L1": HELD}, id="U1", ring_groups=["Main"], call_queues=["Help"]),
        "bo": user({"L2": {"number": "1002"}}, id="U2"),
    }
    there = inventory(
        {"L1": unit("x2"), "L2": unit("x2"), "L3": unit("x4"), "L4": unit("x4")}, users
    )
    wishes = {name: {"licenses": ["x4"]} for name in users}
    return planned(desired(wishes), there), there


def between_the_two_steps(store: SqlStore) -> tuple[Plan, SlowBackend]:
    """Ada's old license is gone, the new one has not come, and Bo's change has not begun."""
    plan, there = two_upgrades()

    def fate(step: Any) -> Fate:
        return (
            BackendFailed("The line is cut.")
            if step.op == "license.attach" or step.name == "bo"
            else 1.0
        )

    backend = SlowBackend(there, fate, in_place=False)
    with pytest.raises(PartlyApplied):
        run_virtually(apply_async(plan, world(backend, store, 1)))
    assert services(backend, "ada") == []
    backend.fate = lambda step: 1.0
    return plan, backend


def services(backend: SlowBackend, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = backend.now().users[name]["services"]
    return found


def edit(backend: SlowBackend, name: str, **values: Any) -> None:
    key = f"users/{name}"
    backend.records.put(key, {**(backend.records.get(key) or {}), **values})


def messages(stopped: pytest.ExceptionInfo[LicsyncError]) -> str:
    return "\n".join(f"{d.message} {d.hint}" for d in stopped.value.diagnostics)


def test_a_half_done_user_is_finished_despite_edits_of_another(store: SqlStore) -> None:
    _, backend = between_the_two_steps(store)
    edit(backend, "bo", job_title="Boss")
    with pytest.raises(PartlyApplied) as stopped:
        run_virtually(resume_async("acme", world(backend, store)))
    assert "users/bo is not as the run" in messages(stopped)
    assert "Only what was half done was finished." in messages(stopped)
    assert services(backend, "ada") == [{"license": "L3", "extension": HELD}]
    ada, bo = (backend.now().users[name] for name in ("ada", "bo"))
    assert (ada["ring_groups"], ada["call_queues"]) == (["Main"], ["Help"])
    assert (bo["services"][0]["license"], bo["job_title"]) == ("L2", "Boss")
    with pytest.raises(Refused, match="Nothing more was done"):
        run_virtually(resume_async("acme", world(backend, store)))
    assert abandon("acme", replace(world(backend, store), clock=lambda: START)) is not None


def test_who_waits_for_a_license_gets_it_and_keeps_what_was_edited(store: SqlStore) -> None:
    _, backend = between_the_two_steps(store)
    edit(backend, "ada", job_title="Boss")
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    ada = backend.now().users["ada"]
    assert ada["job_title"] == "Boss"
    assert (ada["services"], ada["ring_groups"]) == (
        [{"license": "L3", "extension": HELD}],
        ["Main"],
    )
    assert services(backend, "bo")[0]["license"] == "L4"


def test_a_license_that_somebody_else_gave_is_left_alone(store: SqlStore) -> None:
    _, backend = between_the_two_steps(store)
    edit(backend, "ada", services=[{"license": "L1"}])
    backend.records.put("licenses/L1", {**unit("x2"), "status": "assigned", "user": "ada"})
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    (reason,) = outcome.uncertain.values()
    assert "users/ada was changed by somebody else" in reason
    assert services(backend, "ada") == [{"license": "L1"}]
    assert services(backend, "bo")[0]["license"] == "L4"
    assert abandon("acme", replace(world(backend, store), clock=lambda: START)) is not None


@pytest.mark.slow
def test_a_run_is_not_closed_over_somebody_without_a_license(store: SqlStore) -> None:
    _, backend = between_the_two_steps(store)
    with pytest.raises(Refused) as stopped:
        abandon("acme", replace(world(backend, store), clock=lambda: START))
    output = messages(stopped)
    assert "users/ada is without the license L1 (x2) that it had" in output
    assert "extension 1001, +12065550101, Main, Help" in output
    assert "--resume" in output
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete


@pytest.mark.slow
def test_a_run_over_somebody_who_is_gone_is_closed(store: SqlStore) -> None:
    _, backend = between_the_two_steps(store)
    backend.records.put("users/ada", None)
    assert abandon("acme", replace(world(backend, store), clock=lambda: START)) is not None


@pytest.mark.slow
@pytest.mark.parametrize(("became", "expected"), [("late", "is without"), ("lost", None)])
def test_a_step_whose_end_is_not_known_is_asked_for_before_a_run_is_closed(
    store: SqlStore, became: Fate, expected: str | None
) -> None:
    plan, there = two_upgrades()
    backend = SlowBackend(
        there, lambda step: became if step.op == "license.detach" else 1.0, in_place=False
    )
    assert run_virtually(apply_async(plan, world(backend, store))).uncertain
    closing = replace(world(backend, store), clock=lambda: START)
    if expected is None:
        assert abandon("acme", closing) is not None
        return
    with pytest.raises(Refused, match=expected):
        abandon("acme", closing)
    backend.fate = lambda step: 1.0
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    assert services(backend, "ada") == [{"license": "L3", "extension": HELD}]


UNITS = {"L1": unit("x2"), "L2": unit("x2"), "L3": unit("x4"), "L4": unit("vcc-agent")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wish", "end", "is_closed"),
    [
        ([], 1.0, True),
        ([], "late", True),
        (["vcc-agent"], 1.0, False),
        (["x4"], 1.0, False),
        (["x4"], "lost", True),
    ],
)
def test_a_license_that_is_taken_away_on_purpose_does_not_hold_a_run_open(
    store: SqlStore, wish: list[str], end: Fate, is_closed: bool
) -> None:
    there = inventory(UNITS, {"ada": user({"L1": HELD}), "bo": user({"L2": {"number": "1002"}})})
    plan = planned(desired({"ada": {"licenses": wish}, "bo": {"job_title": "Boss"}}), there)

    def fate(step: Any) -> Fate:
        return end if step.op == "license.detach" else BackendFailed("The line is cut.")

    backend = SlowBackend(there, fate, in_place=False)
    with pytest.raises(PartlyApplied):
        run_virtually(apply_async(plan, world(backend, store, 1)))
    closing = replace(world(backend, store), clock=lambda: START)
    if end == "late":
        backend.known.clear()
        backend.outcome_of = late  # type: ignore[method-assign]
    if is_closed:
        assert abandon("acme", closing) is not None
    else:
        with pytest.raises(Refused, match=r"ada is without the license L1 \(x2\) that it had"):
            abandon("acme", closing)


async def late(*_: Any) -> Any:
    raise StepUncertain("it is still under way")


class Taking(SlowBackend):
    """Where somebody takes Ada's license right after her title was changed."""

    async def _work(self, step: Any, *more: Any) -> None:
        await super()._work(step, *more)
        if step.op == "user.update":
            edit(self, "ada", services=[])
            self.records.put("licenses/L1", unit("x2"))


def test_a_license_that_is_held_no_longer_is_not_changed_into_another(store: SqlStore) -> None:
    _, there = two_upgrades()
    plan = planned(desired({"ada": {"job_title": "Clerk", "licenses": ["x4"]}}), there)
    backend = Taking(there, in_place=False)
    outcome = run_virtually(apply_async(plan, world(backend, store, 1)))
    assert list(outcome.failed.values()) == ["ada does not hold L1 any more"]
    assert services(backend, "ada") == []


def test_journals_of_all_versions_say_who_is_without_a_license(
    store: SqlStore,
) -> None:
    between_the_two_steps(store)
    run = store.open_run("acme")
    assert run is not None
    for entry in run.entries:
        entry.position += 100
    assert [
        entry.step.target
        for entry in unreplaced_detaches(JournalState.from_run(run).all_applied_entries())
    ] == ["users/ada"]
