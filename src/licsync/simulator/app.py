"""The ASGI application: key, limits, faults, and the vendor's paths below `/admin-provisioning`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from licsync.backends.local.backend import LocalBackend
from licsync.simulator import admin, delivery
from licsync.simulator.api import ROUTES, Handler
from licsync.simulator.exchange import LARGEST_BODY, Call, Media
from licsync.simulator.server import UNKNOWN_PATH, Entry, Server
from licsync.simulator.settings import Settings

BASE = "/admin-provisioning"


class _Vendor:
    """The vendor's paths, as an ASGI application."""

    def __init__(self, server: Server):
        self._server = server
        self._paths = [
            (re.compile(path.replace("{id}", "(?P<id>[^/]+)")), of) for path, of in ROUTES.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = request.scope["path"].removeprefix(BASE)
        media, handlers, ids = self._find(path if request.scope["path"].startswith(BASE) else "")
        call = Call(
            method=request.method,
            path=path,
            media=media,
            headers=request.headers,
            query=dict(request.query_params),
            ids=ids,
            raw=await _body(request),
        )
        answer, fired = self._server.serve(call, handlers)
        await delivery.deliver(answer, fired, self._server.settings.sleep, receive, send)

    def _find(self, path: str) -> tuple[Media, Mapping[str, Handler], Mapping[str, str]]:
        for pattern, (media, handlers) in self._paths:
            if found := pattern.fullmatch(path):
                return media, handlers, found.groupdict()
        return "users", UNKNOWN_PATH, {}


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
        report: is told of every request that was answered.

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
