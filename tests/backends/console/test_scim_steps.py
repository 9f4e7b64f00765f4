"""What SCIM can do is done at 8x8 and in the records; what it cannot do is done in neither."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from sqlalchemy.engine import Engine

from licsync.backends.console.backend import ConsoleBackend
from licsync.backends.local.backend import LocalBackend
from licsync.backends.scim.users import ScimUsers
from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.engine.ports import BackendFailed, StepFailure, StepRefused, StepRequest, StepUncertain
from licsync.model.capabilities import console_capabilities
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import Record
from tests.support.accounts import inventory_document
from tests.support.local_console import console_on
from tests.support.scim_server import (
    ADA,
    SUSPEND,
    UPDATE,
    Dying,
    Killed,
    RunningServer,
    create_step,
    users_of,
)

POLICY = "8x8 Master User Template"
REACTIVATE = Step("user.reactivate", f"users/{ADA}", {"units": []})


@pytest.fixture
def stored(database: Engine) -> LocalBackend:
    local = console_on(database)
    local.load(inventory_document())
    return local


def backend(stored: LocalBackend, users: ScimUsers) -> ConsoleBackend:
    return ConsoleBackend(stored, console_capabilities({}, scim="write"), lambda: users)


async def request(account: ConsoleBackend, step: Step) -> StepRequest:
    return StepRequest(step, await account.fetch(keys_of_step(step)), lambda ticket: None)


async def perform(account: ConsoleBackend, step: Step) -> StepFailure | None:
    (failure,) = await account.perform_all([await request(account, step)])
    return failure


def record(stored: LocalBackend) -> Record | None:
    return stored.read_now().users.get(ADA)  # type: ignore[return-value]


@pytest.mark.slow
def test_a_step_is_done_at_8x8_and_in_the_records(
    server: RunningServer, stored: LocalBackend
) -> None:
    async def main() -> None:
        users = users_of(server.address)
        account = backend(stored, users)
        for step in (create_step(ADA), UPDATE, SUSPEND, REACTIVATE):
            before = await account.fetch(keys_of_step(step))
            assert await perform(account, step) is None
            assert await account.outcome_of(step, before, None) == "done"
            shown = (await users.read_users()).users[ADA]
            recorded = record(stored)
            assert recorded is not None
            assert shown.items() <= recorded.items()
            assert recorded["policy"] == POLICY, "a new user has it by itself"
        await account.close()

    asyncio.run(main())


def test_a_policy_that_no_export_has_shown_is_not_made_up(
    server: RunningServer, stored: LocalBackend
) -> None:
    stored.load(inventory_document(policies={}))

    async def main() -> None:
        account = backend(stored, users_of(server.address))
        assert await perform(account, create_step(ADA)) is None
        await account.close()

    asyncio.run(main())
    recorded = record(stored)
    assert recorded is not None
    assert "policy" not in recorded


def test_steps_that_the_console_rules_refuse_are_not_sent(
    server: RunningServer, stored: LocalBackend
) -> None:
    async def main() -> None:
        account = backend(stored, users_of(server.address))
        for step in (create_step(ADA, site="Nowhere"), UPDATE, SUSPEND):
            assert isinstance(await perform(account, step), StepRefused)
        await account.close()

    asyncio.run(main())
    assert server.requests == []
    assert record(stored) is None


def test_steps_that_8x8_refuses_are_not_recorded(
    server: RunningServer, stored: LocalBackend
) -> None:
    async def main() -> StepFailure | None:
        account = backend(stored, users_of(server.address))
        failure = await perform(account, create_step(ADA, email="no address"))
        await account.close()
        return failure

    failure = asyncio.run(main())
    assert isinstance(failure, StepRefused)
    assert "invalidValue" in str(failure)
    assert record(stored) is None


@pytest.mark.slow
@pytest.mark.parametrize("is_sent", [False, True], ids=["before it is sent", "after it is done"])
def test_a_process_that_dies_at_any_request_is_taken_up_by_the_next(
    server: RunningServer, stored: LocalBackend, is_sent: bool
) -> None:
    step = create_step(ADA)

    async def main() -> None:
        for at in range(9):
            account = backend(stored, users_of(server.address, network=Dying(at, is_sent=is_sent)))
            before: dict[str, Record | None] = {step.target: None}
            try:
                await perform(account, step)
                break
            except Killed:
                pass
            finally:
                await account.close()
            next_one = backend(stored, users_of(server.address))
            outcome = await next_one.outcome_of(step, before, None)
            assert outcome in ("undone", "partly")
            if outcome == "partly":
                assert await perform(next_one, step) is None
                assert await next_one.outcome_of(step, before, None) == "done"
                await next_one.close()
                break
            await next_one.close()

    asyncio.run(main())
    assert record(stored) is not None
    assert sum(sent.startswith("POST") for sent in server.requests) == 1


@pytest.mark.parametrize("fault", [StepRefused("changed"), BackendFailed("locked")])
def test_records_that_cannot_be_written_after_the_step_leave_it_half_done(
    server: RunningServer,
    stored: LocalBackend,
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(requests: object) -> list[Exception]:
        if isinstance(fault, BackendFailed):
            raise fault
        return [fault]

    async def main() -> None:
        account = backend(stored, users_of(server.address))
        step = create_step(ADA)
        with monkeypatch.context() as patch:
            patch.setattr(stored, "perform_all", fail)
            failure = await perform(account, step)
        assert isinstance(failure, StepUncertain)
        assert "It is done at 8x8 and not yet recorded" in str(failure)
        assert await account.outcome_of(step, {step.target: None}, None) == "partly"
        assert await perform(account, step) is None
        await account.close()

    asyncio.run(main())


def test_without_scim_every_step_is_left_to_people(stored: LocalBackend) -> None:
    async def main() -> None:
        account = ConsoleBackend(stored, console_capabilities({}))
        step = create_step(ADA)
        assert isinstance(await perform(account, step), StepRefused)
        assert await account.outcome_of(step, {step.target: None}, None) == "undone"
        await account.close()

    asyncio.run(main())


def test_a_missing_token_is_not_a_failed_step(stored: LocalBackend) -> None:
    def missing() -> ScimUsers:
        raise CredentialsMissing(error(Code.CREDENTIALS, "There is no SCIM token."))

    async def main() -> StepFailure | None:
        account = ConsoleBackend(stored, console_capabilities({}, scim="write"), missing)
        failure = await perform(account, create_step(ADA))
        await account.close()
        return failure

    assert isinstance(asyncio.run(main()), CredentialsMissing)


def test_waits_of_scim_are_reported(server: RunningServer, stored: LocalBackend) -> None:
    told: list[str] = []

    async def main() -> None:
        users = users_of("https://scim.test/v2", network=httpx2.MockTransport(busy))
        account = backend(stored, users)
        account.on_wait = lambda waiting: told.append(waiting.what)
        users_waits = asyncio.create_task(perform(account, create_step(ADA)))
        await asyncio.sleep(0.2)
        users_waits.cancel()
        await asyncio.gather(users_waits, return_exceptions=True)
        await account.close()

    def busy(request: httpx2.Request) -> httpx2.Response:
        stream = httpx2.ByteStream(b"{}")
        return httpx2.Response(429, headers={"retry-after": "30"}, stream=stream)

    asyncio.run(main())
    assert told == ["the API's limit on requests"]
