"""The client against scim2-server, an independent implementation: every operation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from licsync.backends.scim import users as scim_users
from licsync.backends.scim.users import ScimUsers
from licsync.diagnostics import CredentialsMissing
from licsync.engine.ports import StepRefused
from licsync.model.console.step import Step
from tests.support.scim_server import (
    TOKEN,
    RunningServer,
    create_step,
    update_step,
    users_of,
)

ADA, BO = "ada@acme.example", "bo@acme.example"
T = TypeVar("T")


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


@pytest.mark.slow
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


def test_a_name_that_is_in_use_is_refused_and_one_that_is_there_as_wanted_is_done(
    server: RunningServer,
) -> None:
    async def use(users: ScimUsers) -> None:
        await perform(users, create_step(ADA))
        assert await perform(users, create_step(ADA.upper())) == []
        with pytest.raises(StepRefused, match=rf"{ADA} is already in use.*job_title"):
            await perform(users, create_step(ADA, job_title="CEO"))

    with_users(server, use)
    assert sum(sent.startswith("POST") for sent in server.requests) == 1


def test_existing_values_are_not_sent(server: RunningServer) -> None:
    async def use(users: ScimUsers) -> None:
        await perform(users, create_step(ADA, job_title="CEO"))
        sent = len(server.bodies)
        await perform(users, update_step(ADA, job_title="CEO"), job_title="Clerk")
        await perform(users, Step("user.reactivate", f"users/{ADA}", {}), status="inactive")
        assert len(server.bodies) == sent

    with_users(server, use)


def test_a_record_that_is_out_of_date_overwrites_nothing(server: RunningServer) -> None:
    async def use(users: ScimUsers) -> None:
        await perform(users, create_step(ADA, job_title="Engineer"))
        with pytest.raises(StepRefused, match=r"changed by somebody else.*job_title is 'Engineer'"):
            await perform(users, update_step(ADA, job_title="CEO"), job_title="Clerk")

    with_users(server, use)


def test_users_that_scim_does_not_show_are_not_changed(server: RunningServer) -> None:
    async def use(users: ScimUsers) -> None:
        for step in (update_step(BO, job_title="CEO"), Step("user.suspend", f"users/{BO}", {})):
            with pytest.raises(StepRefused, match=r"shows no user bo.*All users"):
                await perform(users, step, status="active")

    with_users(server, use)


@pytest.mark.parametrize("op", ["user.delete", "user.rename", "license.attach", "site.create"])
def test_what_scim_cannot_do_is_refused_before_anything_is_sent(
    server: RunningServer, op: str
) -> None:
    with pytest.raises(StepRefused, match=f"SCIM cannot do {op}"):
        with_users(server, lambda users: perform(users, Step(op, f"users/{ADA}", {})))
    assert server.requests == []


def test_users_of_an_identity_provider_are_only_read(server: RunningServer) -> None:
    with pytest.raises(StepRefused, match=r"provisioned by okta.*lets one SCIM client write"):
        with_users(
            server,
            lambda users: perform(
                users, update_step(ADA, job_title="CEO"), scim_provider="okta", job_title=""
            ),
        )
    assert server.requests == []


def test_a_list_is_read_page_by_page(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scim_users, "PAGE", 2)
    names = [f"user{number}@acme.example" for number in range(5)]

    async def use(users: ScimUsers) -> dict[str, object]:
        assert (await users.read_users()).users == {}
        for name in names:
            await perform(users, create_step(name))
        server.requests.clear()
        return dict((await users.read_users()).users)

    assert sorted(with_users(server, use)) == names
    assert server.requests == [f"GET /v2/Users?startIndex={start}&count=2" for start in (1, 3, 5)]


@pytest.mark.slow
def test_after_a_list_nobody_is_looked_up_by_name(server: RunningServer) -> None:
    async def use(users: ScimUsers) -> None:
        other = users_of(server.address)
        await perform(other, create_step(ADA))
        await users.read_users()
        await perform(other, create_step(BO, job_title="Clerk"))
        server.requests.clear()
        await perform(users, create_step("new@acme.example"))
        await perform(users, update_step(ADA, job_title="CEO"))
        assert [sent.split()[0] for sent in server.requests] == ["POST", "GET", "PUT"]
        with pytest.raises(StepRefused, match=r"bo.* is already in use.*job_title"):
            await perform(users, create_step(BO, job_title="CEO"))
        await other.close()

    with_users(server, use)


def test_a_user_who_was_deleted_since_the_list_is_looked_up_again(server: RunningServer) -> None:
    async def use(users: ScimUsers) -> None:
        await perform(users, create_step(ADA))
        await users.read_users()
        users._ids[ADA] = "an-id-of-nobody"
        await perform(users, update_step(ADA, job_title="CEO"))
        assert (await users.read_users()).users[ADA]["job_title"] == "CEO"

    with_users(server, use)


def test_one_user_is_found_by_name(server: RunningServer) -> None:
    odd = 'o\'neil-"x"@acme.example'

    async def use(users: ScimUsers) -> None:
        for name in (ADA, BO, odd):
            await perform(users, create_step(name, email=ADA))
        fresh = users_of(server.address)
        found = await fresh.find(odd)
        assert found is not None
        assert found.user_name == odd
        assert await fresh.find("nobody@acme.example") is None
        await fresh.close()

    with_users(server, use)


@pytest.mark.slow
def test_a_version_protects_what_somebody_else_writes_meanwhile(server: RunningServer) -> None:
    other = users_of(server.address)
    was_changed = []

    def change_first(environ: dict[str, object], respond: object) -> None:
        if environ["REQUEST_METHOD"] == "PUT" and not was_changed:
            was_changed.append(True)

            async def change() -> None:
                await perform(other, update_step(ADA, department="Sales"), department="")
                await other.close()

            asyncio.run(change())

    async def use(users: ScimUsers) -> dict[str, object]:
        await perform(users, create_step(ADA))
        server.before = change_first
        await perform(users, update_step(ADA, job_title="CEO"), job_title="")
        return (await users.read_users()).users[ADA]

    found = with_users(server, use)
    assert (found["job_title"], found["department"]) == ("CEO", "Sales"), "neither is lost"
    puts = [h for sent, h in zip(server.requests, server.headers, strict=True) if "PUT" in sent]
    assert all(headers["HTTP_IF_MATCH"] for headers in puts)
    assert len(puts) == 3, "the first one was refused with 412"


def test_a_wrong_token_ends_it(server: RunningServer) -> None:
    with pytest.raises(CredentialsMissing, match="did not accept the token") as caught:
        with_users(server, lambda users: users.read_users(), token="wrong-token")
    (diagnostic,) = caught.value.diagnostics
    assert "Identity and Security" in (diagnostic.hint or "")
    assert "wrong-token" not in str(diagnostic)
