"""Random steps, while requests and answers are lost at random: nothing twice, nothing forgotten."""

from __future__ import annotations

from random import Random
from typing import Any

import httpx2
import pytest

from licsync.backends.scim.users import ScimUsers
from licsync.engine.ports import BackendFailed, StepUncertain
from licsync.model.console.step import Step
from tests.support.api_clock import run
from tests.support.scim_server import RunningServer, create_step, serving, update_step, users_of

NAMES = ("ada@acme.example", "bo@acme.example")
FAULTS = ("lost before", "lost after", "500 before", "500 after", "429")


def _change(chance: Random) -> Step:
    name = chance.choice(NAMES)
    if chance.random() < 0.4:
        return Step(f"user.{chance.choice(['suspend', 'reactivate'])}", f"users/{name}", {})
    paths = chance.choice([("job_title",), ("department",), ("department", "job_title")])
    return update_step(name, **{path: chance.choice([None, "CEO", "Clerk"]) for path in paths})


class Lossy(httpx2.AsyncBaseTransport):
    """A network in one process that loses every third request or answer, by chance."""

    def __init__(self, application: Any, chance: Random):
        self.inner = httpx2.WSGITransport(application)
        self.chance = chance
        self.is_reliable = False
        self.lost: set[str] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        is_lost = not self.is_reliable and self.chance.random() < 1 / 3
        fault = self.chance.choice(FAULTS) if is_lost else ""
        self.lost.add(f"{request.method} {fault}")
        if fault == "lost before":
            raise httpx2.WriteError("reset")
        if fault == "500 before":
            return _answer(500)
        if fault == "429":
            return _answer(429)
        content = await request.aread()
        sent = httpx2.Request(request.method, request.url, headers=request.headers, content=content)
        answer = self.inner.handle_request(sent)
        body = answer.read()
        if fault == "lost after":
            raise httpx2.ReadTimeout("late")
        if fault == "500 after":
            return _answer(500)
        return httpx2.Response(
            answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(body)
        )


def _answer(status: int) -> httpx2.Response:
    return httpx2.Response(status, stream=httpx2.ByteStream(b"{}"))


def _after(step: Step, record: dict[str, Any]) -> dict[str, Any]:
    """The record as a step makes it."""
    if step.op == "user.create":
        return {**step.args["set"], "status": "active"}
    if step.op != "user.update":
        return record | {"status": "inactive" if step.op == "user.suspend" else "active"}
    merged = record | step.args["set"]
    return {path: value for path, value in merged.items() if value is not None}


async def _until_done(users: ScimUsers, step: Step, before: dict[str, Any] | None) -> None:
    """Do a step as the engine does: perform it, and ask what became of it as long as in doubt."""
    records: dict[str, Any] = {step.target: before}
    for _ in range(99):
        try:
            await users.perform(step, records, lambda ticket: None)
            return
        except (StepUncertain, BackendFailed):
            pass
        try:
            if await users.outcome_of(step, records, None) == "done":
                return
        except BackendFailed:
            pass
    raise AssertionError(f"{step} is never done")


@pytest.mark.parametrize("seed", range(12))
def test_random_steps_end_as_they_should_whatever_is_lost(seed: int) -> None:
    chance, server = Random(seed), RunningServer()
    network = Lossy(serving(server), chance)

    async def main() -> None:
        expected: dict[str, Any] = {}
        users = users_of("https://scim.test/v2", network=network)
        for step in [*map(create_step, NAMES), *(_change(chance) for _ in range(12))]:
            await _until_done(users, step, expected.get(step.name))
            expected[step.name] = _after(step, expected.get(step.name) or {})
        network.is_reliable = True
        assert (await users.read_users()).users == expected

    run(main())
    assert {"PUT ", "PATCH "} <= network.lost, "some went through"
    assert len(network.lost) > 5, "and others did not"
