"""Servers and networks that misbehave: nothing is done twice or forgotten, and all is reported."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from licsync.backends.scim import users as scim_users
from licsync.backends.scim.users import ScimUsers
from licsync.engine.ports import BackendFailed, StepRefused, StepUncertain
from licsync.model.console.step import Step
from tests.support.api_clock import now, run
from tests.support.scim_server import (
    ADA,
    SUSPEND,
    UPDATE,
    Dying,
    Killed,
    RunningServer,
    create_step,
    scim_server,
    users_of,
)

CREATE = create_step(ADA)


def fail(status: str, methods: str, times: int = 99) -> Callable[..., list[bytes] | None]:
    """Answer requests of these methods with an error so many times."""
    left = [times]

    def answer(environ: dict[str, Any], respond: Any) -> list[bytes] | None:
        if environ["REQUEST_METHOD"] not in methods or not left[0]:
            return None
        left[0] -= 1
        respond(status, [("content-type", "application/scim+json")])
        return [b'{"detail": "out of order"}']

    return answer


async def perform(users: ScimUsers, step: Step, **before: object) -> None:
    await users.perform(step, {step.target: before or None}, lambda ticket: None)


# --- answers that are lost, and requests that are -------------------------------------------------


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("step", [CREATE, UPDATE, SUSPEND], ids=lambda step: str(step.op))
def test_an_answer_that_is_lost_is_looked_for(
    server: RunningServer, step: Step, where: str
) -> None:
    async def main() -> tuple[str, dict[str, Any]]:
        users = users_of(server.address)
        if step is not CREATE:
            await perform(users, CREATE)
        setattr(server, where, fail("500 Oops", "POST PUT PATCH", times=1))
        doubt = ""
        try:
            await perform(users, step, status="active", job_title="")
        except StepUncertain as uncertain:
            doubt = str(uncertain)
        listing = await users.read_users()
        await users.close()
        return doubt, listing.users

    doubt, found = asyncio.run(main())
    assert list(found) == [ADA]
    if where == "after" or step is CREATE:  # a name is unique, so a creation is sent again
        assert doubt == ""
    else:  # a late copy would overwrite what comes after it
        assert "may have been changed: out of order" in doubt
    posts = sum(sent.startswith("POST") for sent in server.requests)
    assert posts == (2 if step is CREATE and where == "before" else 1)


@pytest.mark.slow
def test_a_creation_that_stays_unanswered_is_left_open(server: RunningServer) -> None:
    async def main() -> None:
        users = users_of(server.address)
        server.before = fail("503 Busy", "POST")
        with pytest.raises(StepUncertain, match=r"may have been created.*is not there"):
            await perform(users, CREATE)
        assert await users.outcome_of(CREATE, {CREATE.target: None}, None) == "undone"
        await users.close()

    asyncio.run(main())


def test_a_server_that_fails_after_a_change_leaves_it_open(server: RunningServer) -> None:
    async def main() -> None:
        users = users_of(server.address)
        await perform(users, CREATE)

        def die(environ: dict[str, Any], respond: Any) -> list[bytes] | None:
            if environ["REQUEST_METHOD"] == "PUT":
                server.before = fail("500 Oops", "GET PUT")
            return fail("500 Oops", "PUT")(environ, respond)

        server.after = die
        with pytest.raises(StepUncertain, match="may have been changed") as caught:
            await perform(users, UPDATE, job_title="")
        assert isinstance(caught.value.__cause__, BackendFailed)
        await users.close()

    asyncio.run(main())


@pytest.mark.slow
def test_a_change_accepted_without_effect_is_reported(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scim_users, "_LAG_SECONDS", 0.1)

    def accept(environ: dict[str, Any], respond: Any) -> list[bytes] | None:
        if environ["REQUEST_METHOD"] not in ("PUT", "PATCH"):
            return None
        respond("204 No Content", [])
        return []

    async def main() -> None:
        users = users_of(server.address)
        await perform(users, CREATE)
        server.before = accept
        for step, path in ((UPDATE, "job_title"), (SUSPEND, "the status")):
            with pytest.raises(StepUncertain, match=f"does not show: {path}"):
                await perform(users, step, status="active", job_title="")
        await users.close()

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("is_sent", [False, True], ids=["before it is sent", "after it is done"])
@pytest.mark.parametrize("step", [CREATE, UPDATE, SUSPEND], ids=lambda step: str(step.op))
def test_a_process_that_dies_at_any_request_is_taken_up_by_the_next(
    step: Step, is_sent: bool
) -> None:
    record = None if step is CREATE else {"status": "active", "job_title": ""}
    before = {step.target: record}

    async def main(server: RunningServer, at: int) -> bool:
        users = users_of(server.address)
        if step is not CREATE:
            await perform(users, CREATE)
        dying = users_of(server.address, network=Dying(at, is_sent=is_sent))
        died = False
        try:
            await dying.perform(step, before, lambda ticket: None)
        except Killed:
            died = True
        await dying.close()
        outcome = await users.outcome_of(step, before, None)
        assert outcome in ("done", "undone"), (at, outcome)
        if outcome == "undone":
            await users.perform(step, before, lambda ticket: None)
        assert await users.outcome_of(step, before, None) == "done"
        assert list((await users.read_users()).users) == [ADA]
        await users.close()
        return died

    deaths = 0
    for at in range(20):
        with scim_server() as server:
            if not asyncio.run(main(server, at)):
                break
            deaths += 1
            writes = [sent for sent in server.requests if sent[:3] in ("POS", "PUT", "PAT")]
            assert len(writes) == (1 if step is CREATE else 2)
    assert deaths >= 2


# --- answers that are none ------------------------------------------------------------------------

PAGE = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    "totalResults": 0,
    "Resources": [],
}
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": ADA}
SCIM = {"content-type": "application/scim+json"}


def scripted(*answers: httpx2.Response) -> tuple[ScimUsers, list[httpx2.Request]]:
    """Users whose server answers by a list, the last answer again and again."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        given = answers[min(len(asked), len(answers)) - 1]
        stream = httpx2.ByteStream(given.content)
        return httpx2.Response(given.status_code, headers=given.headers, stream=stream)

    return users_of("https://scim.test/v2", network=httpx2.MockTransport(answer)), asked


def page(*users: Any, total: int | None = None) -> httpx2.Response:
    body = {**PAGE, "Resources": users, "totalResults": len(users) if total is None else total}
    return httpx2.Response(200, content=json.dumps(body), headers=SCIM)


def raw(content: bytes, status: int = 200, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, content=content, headers={**SCIM, **headers})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            raw(b"<html>login</html>", **{"content-type": "text/html"}),
            "not JSON that licsync can use",
        ),
        (raw(b"{}", **{"content-type": "text/html"}), "says that it is text/html"),
        (raw(b'{"a": 1, "a": 2}'), "not JSON that licsync can use"),
        (raw(b"[]"), "not a JSON object"),
        (raw(b"{}"), "unknown|no schema|undefined"),
        (raw(json.dumps(USER).encode()), "ListResponse"),
        (raw(json.dumps({**PAGE, "totalResults": "many"}).encode()), "totalResults"),
        (page({**USER, "title": ["CEO"]}), "Resources.0.title"),
        (page({**USER, "emails": "ada"}), "Resources.0.emails"),
        (page({**USER, "id": None}), "without id|id"),
        (page({k: v for k, v in USER.items() if k != "userName"}), "without id or user name"),
        (page(USER, {**USER, "id": "2", "userName": ADA.upper()}), "two users named"),
        (page(USER, total=2), "lists only 1 of 2 users|lists 1 of 2"),
        (page(total=2), "lists only 0 of 2 users"),
        (raw(b"", 302, location="https://evil.example/?token=x"), "evil.example, which is not"),
        (raw(b'{"detail": "no such filter", "scimType": "invalidFilter"}', 400), "invalidFilter"),
        (raw(b'{"detail": "not you"}', 403), "not you (HTTP 403)"),
        (raw(b"oops", 500), "cannot be read"),
        (raw(b" " * (33 * 1024 * 1024)), "more than 32 MB"),
    ],
)
def test_an_unusable_list_is_reported_and_not_used(answer: httpx2.Response, expected: str) -> None:
    async def main() -> None:
        users, _ = scripted(answer)
        try:
            await users.read_users()
        finally:
            await users.close()

    with pytest.raises(BackendFailed) as caught:
        run(main())
    assert any(part in str(caught.value) for part in expected.split("|")), str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_list_that_changes_while_it_is_read_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scim_users, "PAGE", 1)
    bo = {**USER, "id": "2", "userName": "bo@acme.example"}
    torn = [page(USER, total=2), page(USER, total=2)]  # one was removed, so one is missed

    async def main() -> list[str]:
        users, _ = scripted(*torn, page(USER, total=2), page(bo, total=2))
        return list((await users.read_users()).users)

    assert run(main()) == [ADA, "bo@acme.example"]


def test_a_429_is_waited_for_as_long_as_the_server_says() -> None:
    async def main() -> float:
        users, asked = scripted(raw(b"{}", 429, **{"retry-after": "7"}), page())
        assert (await users.read_users()).users == {}
        assert len(asked) == 2
        return now()

    assert 7 <= run(main()) < 9


def test_a_server_that_ignores_filters_is_searched() -> None:
    bo = {**USER, "id": "2", "userName": "bo@acme.example"}

    async def main() -> str | None:
        users, _ = scripted(page(bo, total=2), page(USER, total=2), raw(json.dumps(USER).encode()))
        found = await users.find(ADA)
        return found and found.id

    assert run(main()) == "1"


@pytest.mark.parametrize(
    ("answer", "kind", "expected"),
    [
        (raw(b'{"detail": "read only"}', 403), StepRefused, "does not let this token write.*one"),
        (raw(b'{"detail": "bad", "scimType": "invalidValue"}', 400), StepRefused, "bad .invalidV"),
        (raw(b"{}", 501), StepRefused, "HTTP 501"),
        (raw(b"{}", 409), StepRefused, "unique across all of 8x8"),
        (raw(b"{", 201), StepUncertain, "not JSON"),
        (raw(b"[]", 201), StepUncertain, "may have been created"),
        (raw(json.dumps(PAGE).encode(), 201), StepUncertain, "may have been created"),
        (raw(b"", 201), StepUncertain, "the answer is empty"),
        (raw(b"", 307, location="https://evil.example/"), StepRefused, "not followed"),
        (raw(b"<p>", 201, **{"content-type": "text/html"}), StepUncertain, "not JSON"),
    ],
)
def test_an_answer_to_a_creation_means_one_thing(
    answer: httpx2.Response, kind: type[Exception], expected: str
) -> None:
    async def main() -> None:
        def reply(request: httpx2.Request) -> httpx2.Response:
            given = page() if request.method == "GET" else answer
            stream = httpx2.ByteStream(given.content)
            return httpx2.Response(given.status_code, headers=given.headers, stream=stream)

        users = users_of("https://scim.test/v2", network=httpx2.MockTransport(reply))
        await perform(users, CREATE)

    with pytest.raises(kind, match=expected):
        run(main())


def test_a_name_that_is_taken_after_a_lost_answer_may_be_taken_by_us() -> None:
    tidied = {**USER, "title": "Vice President of Everything and More"[:20]}

    async def main() -> None:
        posts: list[httpx2.Request] = []

        def reply(request: httpx2.Request) -> httpx2.Response:
            if request.method == "POST":
                posts.append(request)
                given = raw(b"{}", 500 if len(posts) == 1 else 409)
            elif "/Users/" in request.url.path:
                given = raw(json.dumps(tidied).encode())
            else:
                given = page(tidied) if posts else page()
            stream = httpx2.ByteStream(given.content)
            return httpx2.Response(given.status_code, headers=given.headers, stream=stream)

        users = users_of("https://scim.test/v2", network=httpx2.MockTransport(reply))
        await perform(users, CREATE)

    with pytest.raises(StepUncertain, match=r"may have been created.*sent again and refused"):
        run(main())
