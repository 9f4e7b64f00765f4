"""A run that ends early says of every action what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import (
    Code,
    CredentialsMissing,
    LicsyncError,
    PartlyApplied,
    Refused,
    error,
)
from licsync.engine.apply import apply_async, resume_async
from licsync.engine.events import Event, Outcome, RunFinished, RunStarted
from licsync.engine.ports import StepUncertain, StoreFailed
from licsync.model.console.step import Step
from licsync.store.runs import SqlStore
from tests.support.slow_backend import SlowBackend, gone
from tests.support.slow_runs import fates, many, open_run, upgrade, world
from tests.support.virtual_time import run_virtually

REVOKED = CredentialsMissing(error(Code.CREDENTIALS, "The key was revoked (response 1)."))


def end_of(events: list[Event]) -> Outcome:
    """Return the last event: how the run ended."""
    assert isinstance(events[-1], RunFinished)
    return events[-1].outcome


def test_a_run_that_stops_tells_what_is_done_and_what_is_not_begun(
    store: SqlStore, events: list[Event]
) -> None:
    plan, there = many(6)
    backend = SlowBackend(there, fates(u02=gone()))
    with pytest.raises(PartlyApplied):
        run_virtually(apply_async(plan, world(backend, store, 1, listener=events.append)))
    outcome = end_of(events)
    assert (outcome.done, outcome.not_begun) == (["a1", "a2"], ["a3", "a4", "a5", "a6"])
    assert not outcome.is_complete
    assert outcome.describe(outcome.done) == ["update users/u00", "update users/u01"]


def test_a_run_that_is_interrupted_tells_what_is_not_begun(
    store: SqlStore, events: list[Event]
) -> None:
    plan, there = many(3)
    stopping = world(
        SlowBackend(there), store, 1, listener=events.append, stop=lambda: len(events) > 2
    )
    outcome = run_virtually(apply_async(plan, stopping))
    assert (outcome.interrupted, outcome.done, outcome.not_begun) == (True, ["a1"], ["a2", "a3"])


class RevokedOnceSent(SlowBackend):
    """A backend whose key is revoked during a run, so that it cannot ask for what it sent."""

    async def _perform(self, step: Step, before: Any, note: Any) -> None:
        if step.name >= "u01":
            note("op-1")
            raise StepUncertain("it was sent, and its end could not be asked for") from REVOKED
        await super()._perform(step, before, note)


def test_a_key_revoked_during_a_run_is_reported_once(store: SqlStore, events: list[Event]) -> None:
    plan, there = many(12)
    backend = RevokedOnceSent(there, fates())
    with pytest.raises(PartlyApplied) as stopped:
        run_virtually(apply_async(plan, world(backend, store, 4, listener=events.append)))
    (output,) = stopped.value.diagnostics
    assert (output.code, output.message) == (Code.CREDENTIALS, "The key was revoked (response 1).")
    assert "--resume" in str(output.hint)
    outcome = end_of(events)
    assert outcome.uncertain
    assert outcome.not_begun
    assert len(outcome.done) + len(outcome.uncertain) + len(outcome.not_begun) == 12


def test_a_step_whose_result_is_not_recorded_is_unknown_until_a_resume_has_asked(
    store: SqlStore, events: list[Event]
) -> None:
    plan, there = many(2)
    backend = SlowBackend(there, fates(u00="lost"))
    run_virtually(apply_async(plan, world(backend, store)))
    backend.outcome_of = failing  # type: ignore[method-assign]
    with pytest.raises(LicsyncError):
        run_virtually(resume_async("acme", world(backend, store, listener=events.append)))
    assert isinstance(events[0], RunStarted)
    outcome = end_of(events)
    assert (outcome.done, list(outcome.uncertain)) == (["a2"], ["a1"])


async def failing(step: Step, before: Any, ticket: str | None) -> Any:
    raise REVOKED


def test_a_license_change_that_stops_between_its_steps_is_half_done(
    store: SqlStore, events: list[Event]
) -> None:
    plan, there = upgrade()
    backend = SlowBackend(
        there, lambda step: gone() if step.op == "license.attach" else 1.0, in_place=False
    )
    with pytest.raises(PartlyApplied):
        run_virtually(apply_async(plan, world(backend, store, listener=events.append)))
    assert end_of(events).half_done == ["a1"]


def test_what_took_effect_and_could_not_be_read_back_is_unknown(
    store: SqlStore, events: list[Event]
) -> None:
    plan, there = many(1)

    class Unreadable(SlowBackend):
        async def fetch(self, keys: Any, *, whole: bool = False) -> Any:
            if self.sent:
                raise StoreFailed(error(Code.STORE_FAILED, "The disk is full."))
            return await super().fetch(keys, whole=whole)

    with pytest.raises(LicsyncError):
        run_virtually(
            apply_async(plan, world(Unreadable(there, fates()), store, listener=events.append))
        )
    assert list(end_of(events).uncertain) == ["a1"]


def test_a_resume_measures_its_own_time(store: SqlStore, events: list[Event]) -> None:
    plan, there = many(1)
    backend = SlowBackend(there, fates(u00="lost"))
    first = run_virtually(apply_async(plan, world(backend, store)))
    assert first.seconds > 300
    again = run_virtually(resume_async("acme", world(backend, store, listener=events.append)))
    assert again is not None
    assert 1 <= again.seconds < 30  # a second of it to ask what became of the step
    assert isinstance(events[0], RunStarted)


def test_a_resume_that_is_refused_says_what_is_left(store: SqlStore, events: list[Event]) -> None:
    plan, there = many(3)
    backend = SlowBackend(there, fates(u01=gone()))
    with pytest.raises(PartlyApplied):
        run_virtually(apply_async(plan, world(backend, store, 1)))
    backend.records.put("users/u02", {**backend.now().users["u02"], "job_title": "Theirs"})
    backend.fate = fates()
    with pytest.raises((Refused, PartlyApplied)):
        run_virtually(resume_async("acme", world(backend, store, listener=events.append)))
    outcome = end_of(events)
    assert (outcome.done, outcome.not_begun) == (["a1"], ["a2", "a3"])
    assert open_run(store).state == "open"
