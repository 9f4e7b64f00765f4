"""The ASGI application: 8x8's APIs, each below its own path."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from licsync.backends.local.backend import LocalBackend
from licsync.simulator import admin, delivery
from licsync.simulator.exchange import LARGEST_BODY, Incoming
from licsync.simulator.server import Entry, Server
from licsync.simulator.settings import Settings


class _Vendor:
    """The vendor's paths, as an ASGI application."""

    def __init__(self, server: Server):
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        interface, path = self._server.interface_at(request.scope["path"])
        incoming = Incoming(
            method=request.method,
            path=path,
            headers=request.headers,
            query=dict(request.query_params),
            raw=await _body(request),
        )
        answer, fired = self._server.serve(interface, incoming)
        await delivery.deliver(answer, fired, self._server.settings.sleep, receive, send)


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        if len(raw) <= LARGEST_BODY:
            raw += chunk
    return raw


def create_app(
    console: LocalBackend, settings: Settings, report: Callable[[Entry], None] | None = None
) -> Starlette:
    """Make the ASGI application. It runs under a server, or in process and on any clock.

    Args:
        console: the embedded console with the account; loaded, and its database up to date.
        settings: how to behave.
        report: is called with every request that was answered.

    Returns:
        The application; its `state.server` is the `Server`, for tests to look into.
    """
    server = Server(console, settings, report)
    own = [
        Route(f"/_simulator{path}", endpoint=admin.endpoint(server, actions), methods=list(actions))
        for path, actions in admin.PATHS.items()
    ]
    app = Starlette(routes=own)
    app.router.default = _Vendor(server)
    app.state.server = server
    return app
