"""Coroutines in tests that have no event loop."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from licsync.engine.ports import Backend, NoteTicket, StepRequest
from licsync.model.console.step import Step
from licsync.model.inventory import Record

Result = TypeVar("Result")


def at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never waits, as those of the embedded console."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise AssertionError("the coroutine waits for something")


def do(backend: Backend, step: Step, before: Mapping[str, Record | None] | None = None) -> None:
    """Do a step on a backend that never waits."""
    at_once(perform_step(backend, step, before or {}))


async def perform_step(
    backend: Backend,
    step: Step,
    before: Mapping[str, Record | None],
    note: NoteTicket = lambda ticket: None,
) -> None:
    """Perform one step. Raises why it is not performed, where it is not."""
    (failure,) = await backend.perform_all([StepRequest(step, before, note)])
    if failure is not None:
        raise failure
