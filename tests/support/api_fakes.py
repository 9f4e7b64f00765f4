"""Fakes of the API: answers by rule, without a server; and servers that misbehave on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from licsync.backends.api.transport import Transport
from licsync.backends.http.credentials import Secret
from licsync.backends.http.rate_limit import RateLimiter
from tests.support.api_clock import clock
from tests.support.simulator_process import allowed

CANARY = "canary-key-5e1f"
BASE = "https://api.test/admin-provisioning"

Handler = Callable[[httpx2.Request], httpx2.Response]


def page(rows: list[Any], **pagination: Any) -> dict[str, Any]:
    """One page of a list."""
    return {"data": rows, "pagination": {"hasMore": False, **pagination}}


def transport(handler: Handler, **options: Any) -> Transport:
    """A transport whose requests a function answers."""
    return Transport(
        allowed(BASE),
        Secret(CANARY),
        RateLimiter(clock=clock),
        httpx2.MockTransport(handler),
        jitter=lambda: 1.0,
        **options,
    )


def reply(status: int, body: Any = None, **headers: str) -> httpx2.Response:
    """An answer with JSON, as the network brings it."""
    return _afresh(httpx2.Response(status, json=body, headers=headers))


def _afresh(response: httpx2.Response) -> httpx2.Response:
    stream = httpx2.ByteStream(response.content)
    return httpx2.Response(response.status_code, headers=response.headers, stream=stream)


class Script:
    """Answers one request after the other, and keeps them."""

    def __init__(self, *answers: httpx2.Response | Exception | tuple[int, Any]):
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return reply(*answer) if isinstance(answer, tuple) else _afresh(answer)

    def bodies(self) -> list[Any]:
        """What was sent, as JSON."""
        return [json.loads(request.content) for request in self.requests if request.content]


@asynccontextmanager
async def wire(write: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A server on loopback that reads a request and then writes what it likes; gives its base
    address.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await write(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/admin-provisioning"
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None
