"""Serves an application on this machine until a signal ends it: the simulator, the review pages.

Anyone who can reach the port can open connections and send half a request, and any web page can
send requests to a loopback server under its own host name. So requests have a deadline, connections
are limited, and a server answers only to its own names.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import h11
import uvicorn
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from licsync.signals import termination_signals

HOST = "127.0.0.1"

_BACKLOG = 64
"""How many connections may wait; briefly, so many more than the limit can be open."""


def listen(port: int, host: str = HOST) -> socket.socket:
    """Bind a port, by default on loopback; 0 chooses a free one.

    Raises:
        OSError: the port cannot be bound.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def has_host(scope: Scope, hosts: Collection[str]) -> bool:
    """Return whether a request names exactly one of these hosts, each with its port."""
    found = Headers(scope=scope).getlist("host")
    return len(found) == 1 and found[0].lower() in hosts


class OwnHost:
    """Answers only requests to the server's own names.

    It refuses pages that point their own host name here (DNS rebinding).

    Args:
        app: the application.
        port: its port on loopback.
    """

    def __init__(self, app: ASGIApp, port: int):
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in (HOST, "localhost"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if has_host(scope, self._hosts):
            await self._app(scope, receive, send)
        else:
            refusal = PlainTextResponse("This server is not known by that name.\n", 421)
            await refusal(scope, receive, send)


class BoundedConnection(H11Protocol):
    """A connection with a deadline for requests, and a limit on the number of connections.

    If there are too many, the connection with the longest wait for a request is dropped; if all
    have complete requests, the new one is.

    Attributes:
        seconds: how long a request may take to arrive.
        most: how many connections are allowed, within a quarter of the open files that the
            process is allowed.
    """

    seconds = 10.0
    most = 100
    _since = 0.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, and drop one if there are too many."""
        super().connection_made(transport)
        self._look()
        others = [
            one
            for one in self.connections
            if isinstance(one, BoundedConnection) and not one.transport.is_closing()
        ]
        if len(others) > min(self.most, _files() // 4):
            waited_for = [one for one in others if one._deadline is not None]
            min(waited_for, key=lambda one: one._since).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Receive a part of a request."""
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a closed connection."""
        self._stop()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Start the deadline of an incomplete request, or stop it."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop()
        elif self._deadline is None:
            self._since = self.loop.time()
            self._deadline = self.loop.call_later(self.seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _files() -> int:
    """Return how many files the process may open."""
    if sys.platform == "win32":
        return 512
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def serve(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], None],
    protocol: type[BoundedConnection] = BoundedConnection,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP.

    Args:
        app: the application.
        listener: the bound socket.
        ready: called once the server answers requests.
        protocol: the connection class with its limits.
    """
    config = uvicorn.Config(
        app,
        http=protocol,
        backlog=_BACKLOG,
        access_log=False,
        date_header=False,  # the simulator sends its own
        lifespan="off",
        log_level="critical",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    _Server(config, ready).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that reports when it is ready, and that returns normally after a signal."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]):
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self.handle_exit) for number in termination_signals()
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
