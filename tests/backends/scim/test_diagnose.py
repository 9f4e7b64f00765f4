"""What `licsync doctor` finds out about SCIM, without changing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from licsync.backends.scim.diagnose import examine
from licsync.diagnostics.findings import Finding
from tests.support.scim_server import RunningServer, create_step, scim_server, users_of

ADA = "ada@acme.example"


def findings(
    set_up: Callable[[RunningServer], None] = lambda server: None, known: int = 1, **options: Any
) -> dict[str, Finding]:
    async def main(server: RunningServer) -> dict[str, Finding]:
        users = users_of(server.address)
        await users.perform(create_step(ADA), {}, lambda ticket: None)
        before = (await users.read_users()).users
        set_up(server)
        probe = users_of(server.address, **options)
        found = {finding.about: finding async for finding in examine(probe.client, known)}
        await probe.close()
        server.before = lambda environ, respond: None
        assert (await users.read_users()).users == before, "nothing is changed"
        await users.close()
        return found

    with scim_server() as server:
        return asyncio.run(main(server))


@pytest.mark.slow
def test_everything_is_in_order() -> None:
    found = findings()
    assert list(found) == ["SCIM token", "SCIM users", "SCIM filter", "SCIM changes"]
    assert all(finding.is_fine for finding in found.values())
    assert "shows 1 users" in found["SCIM users"].message


def test_users_missing_from_scim_are_reported() -> None:
    found = findings(known=400)["SCIM users"]
    assert not found.is_fine
    assert "All users" in (found.advice or "")


def test_a_wrong_token_is_one_finding() -> None:
    (found,) = findings(token="wrong").values()
    assert found.is_credential
    assert "did not accept the token" in found.message
    assert "see that the address there is http" in (found.advice or "")


def answer(
    method: str, status: str, body: bytes = b'{"detail": "no"}', query: str = ""
) -> Callable[[RunningServer], None]:
    """Let the server answer requests of a method in this way."""

    def respond_so(environ: dict[str, Any], respond: Any) -> list[bytes] | None:
        if environ["REQUEST_METHOD"] != method or query not in environ["QUERY_STRING"]:
            return None
        respond(status, [("content-type", "application/scim+json")])
        return [body]

    def set_up(server: RunningServer) -> None:
        server.before = respond_so

    return set_up


@pytest.mark.parametrize(
    ("status", "expected", "advice"),
    [
        ("403 Forbidden", "no (HTTP 403)", "one SCIM client write"),
        ("405 Method Not Allowed", "no (HTTP 405)", "Ask 8x8"),
        ("500 Oops", "no (HTTP 500)", "Ask 8x8"),
        ("204 No Content", "who does not exist", "Ask 8x8"),
    ],
)
def test_a_read_only_token_is_reported(status: str, expected: str, advice: str) -> None:
    found = findings(answer("PATCH", status))["SCIM changes"]
    assert not found.is_fine
    assert expected in found.message
    assert advice in (found.advice or "")


def test_an_ignored_filter_is_reported() -> None:
    body = (
        b'{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 7,'
        b' "Resources": []}'
    )
    found = findings(answer("GET", "200 OK", body, query="filter"))["SCIM filter"]
    assert (found.is_fine, found.message) == (False, "a filter on one name finds 7 users")


def test_an_unreadable_server_is_reported() -> None:
    (found,) = findings(answer("GET", "403 Forbidden")).values()
    assert (found.about, found.is_fine) == ("SCIM", False)
    found = findings(answer("GET", "400 Bad Request", query="filter"))["SCIM"]
    assert "cannot be read: no (HTTP 400)" in found.message
