"""The client against scim2-server, an independent implementation: every operation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from licsync.backends.scim.users import ScimUsers
from licsync.model.console.step import Step
from tests.support.scim_server import (
    TOKEN,
    RunningServer,
    create_step,
    scim_server,
    update_step,
    users_of,
)

ADA, BO = "ada@acme.example", "bo@acme.example"
T = TypeVar("T")


@pytest.fixture(name="server")
def server_() -> Iterator[RunningServer]:
    with scim_server() as running:
        yield running


def with_users(
    server: RunningServer, use: Callable[[ScimUsers], Awaitable[T]], token: str = TOKEN
) -> T:
    async def main() -> T:
        users = users_of(server.address, token)
        try:
            return await use(users)
        finally:
            await users.close()

    return asyncio.run(main())


async def perform(users: ScimUsers, step: Step, **before: object) -> list[str]:
    """Perform a step; gives the tickets that it noted."""
    tickets: list[str] = []
    await users.perform(step, {step.target: before or None}, tickets.append)
    return tickets


def test_a_user_is_created_changed_suspended_and_activated_again(server: RunningServer) -> None:
    async def use(users: ScimUsers) -> list[dict[str, object]]:
        seen = []

        async def look() -> None:
            seen.append((await users.read_users()).users[ADA])

        tickets = await perform(users, create_step(ADA, job_title="Engineer", department="R&D"))
        assert len(tickets) == 1
        await look()
        now = seen[-1]
        await perform(users, update_step(ADA, last_name="Byron", job_title=None), **now)
        await look()
        await perform(users, Step("user.suspend", f"users/{ADA}", {"units": []}), **seen[-1])
        await look()
        await perform(users, Step("user.reactivate", f"users/{ADA}", {"units": []}), **seen[-1])
        await look()
        return seen

    created, changed, suspended, active = with_users(server, use)
    assert created == {
        "first_name": "Ada", "last_name": "Lopez", "email": ADA, "job_title": "Engineer",
        "department": "R&D", "site": "Seattle", "status": "active",
    }  # fmt: skip
    assert changed == {k: v for k, v in created.items() if k != "job_title"} | {
        "last_name": "Byron"
    }
    assert suspended == changed | {"status": "inactive"}
    assert active == changed
    assert not [sent for sent in server.requests if sent.startswith("DELETE")]
    patches = [json.loads(body) for body in server.bodies if b"PatchOp" in body]
    operations = [patch["Operations"] for patch in patches]
    assert operations == [
        [{"op": "replace", "path": "active", "value": value}] for value in (False, True)
    ]
