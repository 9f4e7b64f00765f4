"""An httpx2 transport to a simulator in the same process, with streams and lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx2
from starlette.types import ASGIApp, Message

from licsync.simulator.delivery import AnswerLost

_END = object()


class SimulatorTransport(httpx2.AsyncBaseTransport):
    """Sends requests to an ASGI application in the same loop.

    Unlike `httpx2.ASGITransport` it hands the body on as it is made, so that one without end can be
    given up, and a connection that the simulator closes is an `httpx2.ReadError` or, within a body,
    a `RemoteProtocolError`.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request.

        Raises:
            ReadError: the server closed the connection.
        """
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        body = b"".join([part async for part in request.stream])
        exchange = _Exchange(self._app, _scope(request), body)
        try:
            start = await exchange.next_message()
        except AnswerLost as fault:
            raise httpx2.ReadError("The server closed the connection.", request=request) from fault
        except BaseException:
            await exchange.aclose()
            raise
        return httpx2.Response(
            start["status"], headers=start["headers"], stream=_Body(exchange, request)
        )


def _scope(request: httpx2.Request) -> dict[str, Any]:
    raw_path = request.url.raw_path.partition(b"?")[0]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": raw_path,
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }


class _Exchange:
    """One request to the application, in its own task; its messages are taken one at a time."""

    def __init__(self, app: ASGIApp, scope: dict[str, Any], body: bytes):
        self.transport = self  # what `delivery` closes
        self._is_lost = False
        self._body: bytes | None = body
        self._messages: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        self._gone = asyncio.Event()
        self._task = asyncio.create_task(self._run(app, scope))

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._messages.put)
        except Exception as fault:
            await self._messages.put(fault)
        else:
            await self._messages.put(_END)

    async def _receive(self) -> Message:
        if self._body is None:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    def abort(self) -> None:
        """Close the connection."""
        self._is_lost = True

    async def next_message(self) -> Any:
        """Take the next message; raise what made the application fail.

        Raises:
            AnswerLost: the connection was closed before the answer was complete.
        """
        message = await self._messages.get()
        if isinstance(message, Exception):
            raise message
        if message is _END and self._is_lost:
            raise AnswerLost
        return message

    async def aclose(self) -> None:
        """Give the request up."""
        self._gone.set()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


class _Body(httpx2.AsyncByteStream):
    def __init__(self, exchange: _Exchange, request: httpx2.Request):
        self._exchange = exchange
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (message := await self._exchange.next_message()) is not _END:
                yield message.get("body", b"")
                if not message.get("more_body"):
                    return
        except AnswerLost as fault:
            raise httpx2.RemoteProtocolError(
                "The body was cut short.", request=self._request
            ) from fault

    async def aclose(self) -> None:
        await self._exchange.aclose()
