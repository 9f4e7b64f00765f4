"""The token goes only where the operator says, and is shown to nobody."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licsync.backends.scim.factory import URL, open_scim
from licsync.backends.scim.transport import SCIM_TOKEN
from licsync.diagnostics import Code, CredentialsMissing, Diagnostic
from tests.support.api_clock import run
from tests.support.scim_server import TOKEN, create_step, scim_server, users_of

HERE = "http://127.0.0.1:9/scim/v2"
LISTED = {"LICSYNC_API_URLS": "http://127.0.0.1:9"}
VENDOR = "https://platform-cloud.8x8.com/udi/customers/001/scim/v2"


def refused(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Diagnostic:
    with pytest.raises(CredentialsMissing) as caught:
        open_scim(settings, environment)
    (diagnostic,) = caught.value.diagnostics
    assert TOKEN not in f"{diagnostic}{caught.value!r}"
    return diagnostic


def base_url(settings: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    return open_scim(settings, environment).client.api.base_url


def test_the_address_comes_from_the_environment_else_from_the_file() -> None:
    token = {SCIM_TOKEN.variable: TOKEN}
    assert base_url({"scim": {"url": VENDOR}}, token) == VENDOR
    assert base_url({"scim": True}, {**token, URL: VENDOR}) == VENDOR
    environment = {**token, **LISTED, URL: HERE}
    assert base_url({"scim": {"url": VENDOR}}, environment) == HERE


@pytest.mark.parametrize("form", ["variable", "file", "command"])
def test_the_token_is_found_as_the_key_is(form: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    environment = {
        "variable": {SCIM_TOKEN.variable: TOKEN},
        "file": {SCIM_TOKEN.file: str(file)},
        "command": {SCIM_TOKEN.command: f"cat {file}"},
    }[form]
    users = open_scim({"scim": {"url": VENDOR}}, environment)
    assert users.client.api.secret.reveal() == TOKEN


@pytest.mark.parametrize("source", ["file", "environment"])
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/scim/v2",
        "https://platform-cloud.8x8.com.evil.example/scim/v2",
        "http://platform-cloud.8x8.com/scim/v2",
        "https://platform-cloud.8x8.com@evil.example/",
        f"{VENDOR}?x=1",
        HERE,
    ],
)
def test_no_other_address_gets_the_token(address: str, source: str, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    environment = {SCIM_TOKEN.command: f"{sys.executable} -c \"open('{ran}', 'w')\""}
    settings: dict[str, Any] = {"scim": {"url": address}}
    if source == "environment":
        settings, environment = {"scim": True}, {**environment, URL: address}
    diagnostic = refused(settings, environment)
    assert diagnostic.code == Code.ADDRESS_NOT_ALLOWED
    assert "SCIM token" in diagnostic.message
    assert not ran.exists(), "no command is run for a token that goes nowhere"


def test_missing_settings_are_reported_together() -> None:
    both = refused({"scim": True}, {})
    assert "no address and no token" in both.message
    assert {URL, SCIM_TOKEN.variable} <= set((both.hint or "").replace(":", "").split())
    assert "Identity and Security" in (both.hint or "")
    assert "no address of" in refused({"scim": True}, {SCIM_TOKEN.variable: TOKEN}).message
    token = refused({"scim": {"url": VENDOR}}, {})
    assert token.message == "There is no SCIM token."
    assert SCIM_TOKEN.command in (token.hint or "")


ANSWERS: list[Any] = [
    httpx2.Response(400, json={"detail": f"bad token {TOKEN}", "scimType": TOKEN}),
    httpx2.Response(401, json={"detail": f"bad token {TOKEN}"}),
    httpx2.Response(403, json={"detail": f"bad token {TOKEN}"}),
    httpx2.Response(500, json={"detail": f"bad token {TOKEN}"}),
    httpx2.Response(302, headers={"location": f"https://{TOKEN}/{TOKEN}"}),
    httpx2.Response(200, headers={"content-type": TOKEN}, content=b"{}"),
    httpx2.Response(200, content=TOKEN.encode()),
    httpx2.Response(200, json={TOKEN: TOKEN}),
    httpx2.Response(200, json={"schemas": [TOKEN], "Resources": TOKEN}),
    httpx2.ReadError(f"header Bearer {TOKEN}"),
    httpx2.ConnectError(f"header Bearer {TOKEN}"),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_server_that_repeats_the_token_makes_nobody_show_it(
    answer: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    def reply(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        headers = {"content-type": "application/scim+json"} | dict(answer.headers)
        stream = httpx2.ByteStream(answer.content)
        return httpx2.Response(answer.status_code, headers=headers, stream=stream)

    async def main(write: bool) -> str:
        users = users_of("https://scim.test/v2", network=httpx2.MockTransport(reply))
        try:
            if write:
                step = create_step("ada@acme.example")
                await users._create(step, lambda ticket: None)
            else:
                await users.read_users()
        except Exception as failure:
            shown = "".join(traceback.format_exception(failure))
            chain: BaseException | None = failure
            while chain is not None:
                shown += f"{chain!r} {vars(chain)}"
                chain = chain.__cause__
            return shown
        raise AssertionError("it is accepted")

    for write in (False, True):
        assert TOKEN not in run(main(write))
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(capfd.readouterr())


def test_the_token_is_in_one_header_of_a_request_and_nowhere_else() -> None:
    async def main() -> None:
        users = users_of(server.address)
        await users.perform(create_step("ada@acme.example"), {}, lambda ticket: None)
        await users.close()

    with scim_server() as server:
        asyncio.run(main())
        assert not any(TOKEN in sent for sent in server.requests)
        assert not any(TOKEN.encode() in body for body in server.bodies)
        for headers in server.headers:
            assert [k for k, v in headers.items() if TOKEN in v] == ["HTTP_AUTHORIZATION"]
