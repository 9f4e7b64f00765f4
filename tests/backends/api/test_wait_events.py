"""Waits are reported: for what, since when, and until when at the latest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from licsync.engine.events import Waiting
from licsync.engine.ports import StepUncertain
from licsync.model.console.step import Step, keys_of_step
from licsync.simulator.faults import read_rules
from tests.support.api_simulation import ApiWorld, document
from tests.support.coroutines import perform_step

ADA = "ada@acme.example"
CLERK = Step("user.update", f"users/{ADA}", {"set": {"job_title": "Clerk"}})


@pytest.fixture
def world() -> Iterator[ApiWorld]:
    found = ApiWorld(document({ADA: {"type": "x2"}}, {}), settle=60)
    yield found
    found.close()


def waits_of(world: ApiWorld, *rules: dict[str, Any]) -> list[Waiting]:
    """Return the waits that are reported during a step under faults, whose end may be unknown."""
    waits: list[Waiting] = []

    async def main() -> None:
        before = await world.backend.fetch(keys_of_step(CLERK))
        world.server.faults.add(read_rules(rules))
        world.backend.api.pace.on_wait = waits.append
        with suppress(StepUncertain):
            await perform_step(world.backend, CLERK, before)

    world.run(main())
    return waits


def seconds(waiting: Waiting) -> float:
    return (waiting.until - waiting.since).total_seconds()


def test_steps_without_a_wait_report_none(world: ApiWorld) -> None:
    assert waits_of(world) == []


def test_an_operation_that_does_not_end_is_reported_with_its_purpose(world: ApiWorld) -> None:
    waiting = waits_of(world, {"kind": "late", "seconds": 50, "method": "PUT"})[0]
    assert waiting.about == "operation"
    assert waiting.what.startswith("operation op_")
    assert waiting.what.endswith(f"(user.update of {ADA}) to end")
    assert 290 < seconds(waiting) < 310
    assert 15 <= (waiting.now - waiting.since).total_seconds() < 40


def test_a_limit_is_reported_until_its_reset(world: ApiWorld) -> None:
    limited = {"kind": "status", "status": 429, "reset_in": 40, "method": "PUT", "count": 1}
    waiting = waits_of(world, limited)[0]
    assert (waiting.about, waiting.what) == ("limit", "the API's limit on requests")
    assert 35 < seconds(waiting) <= 41


def test_a_settle_time_is_reported_from_the_request_on(world: ApiWorld) -> None:
    waiting = waits_of(world, {"kind": "cut", "after": False, "method": "PUT", "count": 1})[0]
    assert (waiting.about, waiting.what) == (
        "settle",
        f"the effect of user.update of {ADA} to be seen",
    )
    assert 55 < seconds(waiting) < 65


def test_an_api_that_does_not_answer_is_reported(world: ApiWorld) -> None:
    broken = {"kind": "status", "status": 503, "method": "GET", "path": "/users/*", "count": 4}
    waits = waits_of(world, {"kind": "late", "seconds": 1, "method": "PUT"}, broken)
    waiting = next(w for w in waits if w.about == "connection")
    assert "HTTP 503" in waiting.what
