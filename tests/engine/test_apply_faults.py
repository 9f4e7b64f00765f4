"""Applying when the store, the backend or somebody else gets in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from licsync.diagnostics import Code, InputInvalid, Locked, PartlyApplied, Refused, error
from licsync.engine.apply import abandon, apply, resume
from licsync.engine.context import RunContext
from licsync.engine.ports import (
    BackendFailed,
    JournalEntry,
)
from licsync.model.console.step import Step
from licsync.workflows.inventory import local_backend
from tests.support.apply_trial import Boundary, Killed, Trial, fault_text


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path / "acme")
    yield trial
    trial.account.storage.engine().dispose()


# --- the store and the backend fail ---------------------------------------------------------------


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_an_unreachable_backend_starts_no_run(trial: Trial) -> None:
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_failed_run_does_not_go_on_over_the_changes_of_others(trial: Trial) -> None:
    refusing = next(a for a in trial.plan.actions if a.kind == "license" and a.verb == "assign")
    outcome = apply(trial.plan, trial.world(refuses=lambda step: step.target == refusing.resource))
    assert outcome.failed
    document = promoted(trial, refusing.name)
    with pytest.raises(Refused, match="is not as the run"):
        resume("acme", trial.world())
    assert trial.dump() == document
    assert trial.account.storage.runs().open_run("acme") is None


def test_a_plan_with_errors_is_refused(trial: Trial) -> None:
    trial.plan.diagnostics.append(error(Code.LICENSE_SHORTAGE, "There are too few."))
    before = trial.dump()
    with pytest.raises(Refused) as refused:
        apply(trial.plan, trial.world())
    assert Code.LICENSE_SHORTAGE in {d.code for d in refused.value.diagnostics}
    assert trial.dump() == before
    assert trial.account.storage.runs().runs("acme") == []


@pytest.mark.slow
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
