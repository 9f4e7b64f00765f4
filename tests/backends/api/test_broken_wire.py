"""What a request comes to on a wire that breaks."""

from __future__ import annotations

import asyncio
import gzip
import threading
import time
from dataclasses import replace

import httpx2
import pytest

from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.credentials import Secret
from licsync.backends.http.daemon_threads import DaemonThreads
from licsync.backends.http.patience import APPLYING, OPTIONAL, READING, Patience
from licsync.backends.http.rate_limit import RateLimiter, Urgency
from licsync.backends.http.responses import Answer
from licsync.engine.ports import BackendFailed
from tests.support.api_clock import clock, now, run
from tests.support.api_fakes import BASE, CANARY, Script, transport, wire
from tests.support.simulator_process import allowed

GET = Request("GET", "/users/U1", "users")


PUT = Request("PUT", "/users/U1", "users", {"basicInfo": {}})


BOMB = gzip.compress(b" " * 40_000_000)


HEAD = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\n"


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\n \r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n[")
    while True:
        writer.write(b" " * 1_000_000)
        await writer.drain()


async def _cut(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b'\r\n{"operationId": "op_')  # no length: it looks like an end


async def _short(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b'content-length: 900\r\n\r\n{"operationId": "op_1"}')


async def _bomb(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB) + BOMB)
    await writer.drain()


async def _garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def _silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def _nothing(writer: asyncio.StreamWriter) -> None:
    return


@pytest.mark.parametrize(
    ("write", "reason", "deadline"),
    [
        (_drip, "did not answer in full within", 0.5),
        (_silence, "did not answer in full within|ReadTimeout", 0.5),
        (_endless, "more than 32 MB|in full within", 0.5),
        (_cut, "not JSON that licsync can use", 30),
        (_short, "RemoteProtocolError|incomplete", 30),
        (_bomb, "more than 32 MB", 30),
        (_garbage, "RemoteProtocolError", 30),
        (_nothing, "RemoteProtocolError", 30),
    ],
)
def test_a_broken_wire_leaves_it_open_and_ends_in_time(
    write: object, reason: str, deadline: float
) -> None:
    async def main() -> Answer:
        async with wire(write) as base:  # type: ignore[arg-type]
            api = Transport(
                allowed(base),
                Secret(CANARY),
                RateLimiter(),
                patience=replace(APPLYING, deadline=deadline),
            )
            try:
                return await asyncio.wait_for(api.send(PUT, Urgency.STEP), deadline + 2.5)
            finally:
                await api.close()

    answer = asyncio.run(main())
    assert answer.outcome == "ambiguous"
    assert any(word in answer.reason for word in reason.split("|")), answer.reason


def test_an_answer_that_is_too_long_is_not_read_again() -> None:
    asked: list[int] = []

    async def endless(writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        await _endless(writer)

    async def main() -> Answer:
        async with wire(endless) as base:
            api = Transport(allowed(base), Secret(CANARY), RateLimiter())
            try:
                return await api.get(GET, Urgency.START)
            finally:
                await api.close()

    answer = asyncio.run(main())
    assert (answer.outcome, answer.reason) == ("refused", "the answer has more than 32 MB")
    assert asked == [1]


def test_an_answer_that_never_ends_is_waited_for_once() -> None:
    async def main() -> None:
        async with wire(_drip) as base:
            api = Transport(
                allowed(base),
                Secret(CANARY),
                RateLimiter(),
                patience=replace(APPLYING, deadline=0.2),
            )
            try:
                await api.get(GET, Urgency.START)
            finally:
                await api.close()

    with pytest.raises(BackendFailed, match="did not answer in full within"):
        asyncio.run(asyncio.wait_for(main(), 0.9))  # a second attempt would come a second later


def test_a_closed_port_was_not_sent_to() -> None:
    async def main() -> None:
        async with wire(_nothing) as base:
            pass
        api = Transport(allowed(base), Secret(CANARY), RateLimiter(), jitter=lambda: 0.0)
        with pytest.raises(BackendFailed, match="cannot be reached"):
            await api.send(PUT, Urgency.START)
        await api.close()
        assert api.failures == APPLYING.connections

    asyncio.run(main())


def test_it_can_be_used_in_one_loop_after_the_other() -> None:
    script = Script((200, {}))
    api = transport(script)

    async def main() -> None:
        await api.get(GET, Urgency.START)
        await api.close()

    run(main())
    run(main())
    assert len(script.requests) == 2


def test_a_host_that_swallows_every_packet_is_given_up_within_seconds() -> None:
    async def swallow(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(request.extensions["timeout"]["connect"])
        raise httpx2.ConnectTimeout("")

    async def main(patience: Patience) -> float:
        network, pace = httpx2.MockTransport(swallow), RateLimiter(clock=clock)
        api = Transport(allowed(BASE), Secret(CANARY), pace, network, patience=patience)
        with pytest.raises(BackendFailed, match="cannot be reached: ConnectTimeout"):
            await api.get(GET, Urgency.START)
        return now()

    assert run(main(OPTIONAL)) == run(main(READING)) == 3
    assert run(main(APPLYING)) > 60


def test_a_name_server_that_does_not_answer_holds_nobody_up() -> None:
    """Nor when the event loop ends: the resolver of the system cannot be interrupted."""
    asked, answered = threading.Event(), threading.Event()

    def resolve(*words: object, **options: object) -> None:
        asked.set()
        answered.wait(20)

    async def main() -> None:
        user = {"basicInfo": {"userId": "U1", "userName": "ada"}}
        api = transport(Script((200, user)), patience=OPTIONAL)
        await api.get(GET, Urgency.START)
        asyncio.get_running_loop().run_in_executor(None, resolve)
        await api.close()

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 10
    assert asked.wait(10)
    answered.set()


def test_results_and_errors_of_the_resolver_thread_are_passed_on() -> None:
    threads = DaemonThreads()
    assert threads.submit(divmod, 7, 2).result(10) == (3, 1)
    assert isinstance(threads.submit(divmod, 7, 0).exception(10), ZeroDivisionError)
