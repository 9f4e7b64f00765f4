"""The poller of lists by itself: one request for all; what a list lacks concludes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from licsync.backends.api.list_polling import ListPoller, is_plain
from licsync.backends.api.mapping import Document
from licsync.backends.http.rate_limit import Urgency
from licsync.diagnostics import CredentialsMissing
from tests.support.api_clock import now, run
from tests.support.api_fakes import page, reply, transport

Handler = Callable[[httpx2.Request], httpx2.Response]


def row(name: str) -> Document:
    return {"basicInfo": {"userId": name, "userName": name}}


def filters(request: httpx2.Request) -> str:
    return parse_qs(urlsplit(str(request.url)).query)["filter"][0]


Found = tuple[list[Document | BaseException | None], float, ListPoller]


def look(handler: Handler, *names: str) -> Found:
    """Ask for all of them at once; gives the answers, when the last came, and the lookout."""

    async def main() -> Found:
        api = transport(handler)
        lookout = ListPoller(api)
        asked = (
            lookout.wait_until_listed(name, lambda found: True, 3, Urgency.POLL) for name in names
        )
        found = await asyncio.gather(*asked, return_exceptions=True)
        lookout.close()
        await api.close()
        return found, now(), lookout

    return run(main())


def test_one_request_for_all() -> None:
    sent: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.append(filters(request))
        return reply(200, page([row("A"), row("b"), row("stranger")]))

    found, _, _ = look(handler, "a", "b")
    assert found == [row("A"), row("b")]
    assert sent == ["basicInfo.userName=='a',basicInfo.userName=='b'"]


def test_a_list_that_lacks_somebody_concludes_nothing_of_them() -> None:
    sent: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.append(filters(request))
        return reply(200, page([row("a")], hasMore=True, nextScrollId="x"))

    found, when, _ = look(handler, "a", "b")
    assert found == [row("a"), None]
    assert when >= 20
    assert set(sent[1:]) == {"basicInfo.userName=='b'"}


@pytest.mark.parametrize("body", [{"data": None}, {"data": [1, None, {}]}, [], {}], ids=json.dumps)
def test_a_list_that_makes_no_sense_shows_nobody(body: Any) -> None:
    found, when, _ = look(lambda request: reply(200, body), "a")
    assert found == [None]
    assert when >= 20


def test_a_list_that_fails_is_asked_for_again() -> None:
    answers = [reply(500), reply(200, page([row("a")]))]
    found, when, _ = look(lambda request: answers.pop(0), "a")
    assert found == [row("a")]
    assert when < 20


def test_a_filter_that_is_refused_is_not_sent_again() -> None:
    found, when, lookout = look(lambda request: reply(400, {"errors": []}), "a", "b")
    assert found == [None, None]
    assert when < 20
    assert not lookout.is_understood


def test_an_api_that_cannot_be_reached_is_left_to_who_asked() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route")

    found, _, lookout = look(handler, "a")
    assert found == [None]
    assert lookout.is_understood


def test_a_revoked_key_fails_every_waiting_request() -> None:
    found, _, _ = look(lambda request: reply(401), "a", "b")
    assert all(isinstance(fault, CredentialsMissing) for fault in found)


def test_a_filter_is_never_too_long() -> None:
    names = [f"{i:02}{'n' * 68}" for i in range(40)]
    sent: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.append(filters(request))
        return reply(200, page([row(name) for name in names if name in sent[-1]]))

    found, _, _ = look(handler, *names)
    assert found == [row(name) for name in names]
    assert all(len(text) <= 2000 for text in sent)
    assert len(sent) == 2


def test_a_canceled_wait_is_not_polled() -> None:
    sent: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        sent.append(filters(request))
        return reply(200, page([row("a")]))

    async def main() -> None:
        api = transport(handler)
        lookout = ListPoller(api)
        gone = asyncio.ensure_future(
            lookout.wait_until_listed("gone", lambda found: True, 3, Urgency.POLL)
        )
        stays = asyncio.ensure_future(
            lookout.wait_until_listed("a", lambda found: True, 3, Urgency.POLL)
        )
        await asyncio.sleep(1)
        gone.cancel()
        assert await stays == row("a")
        await api.close()

    run(main())
    assert sent == ["basicInfo.userName=='a'"]


@pytest.mark.parametrize(
    ("name", "plain"), [("a@b", True), ("", False), ("a'b", False), ("a*", False), ("a\\", False)]
)
def test_names_that_a_filter_reads_as_they_are(name: str, plain: bool) -> None:
    assert is_plain(name) is plain
