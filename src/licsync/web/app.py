"""The pages as an ASGI application."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import replace
from time import monotonic
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from licsync.diagnostics import LicsyncError
from licsync.web.access import Access, Guard
from licsync.web.account_index import AccountIndex, ReviewedAccount
from licsync.web.downloads import FORMATS, LISTS, Format, response
from licsync.web.layout import QUERIES, Layout, asset
from licsync.web.pages import Pages
from licsync.web.query_params import Query, encoded, read_query

FRAGMENT = "licsync-fragment"
"""The header with which the script requests the part of a page that it replaces."""

START = "overview"
"""The first page."""

LOOK_AGAIN = 1.0
"""Seconds between two checks for changes."""

T = TypeVar("T")


class Source:
    """Gives the pages of an account, and rebuilds them when its files or its store change.

    Args:
        see: reads the account. Raises LicsyncError if it cannot be read.
        state: gives a value that changes with the files and the store; must be fast.
        clock: gives seconds from any start.
        complete: writes the commands on a page for the account and its store.
    """

    def __init__(
        self,
        see: Callable[[], ReviewedAccount],
        state: Callable[[], Hashable],
        clock: Callable[[], float] = monotonic,
        complete: Callable[[str], str] = str,
    ):
        self.complete = complete
        self._see, self._state, self._clock = see, state, clock
        self._lock = threading.Lock()
        self._known = state()
        self._pages = _prepared(see())
        self._looked = clock()

    def pages(self) -> Pages:
        """Give the current pages, or the last ones with the reason if the account is unreadable."""
        with self._lock:
            now = self._clock()
            if now - self._looked < LOOK_AGAIN:
                return self._pages
            known = self._state()
            if known != self._known:
                self._known = known
                try:
                    self._pages = _prepared(self._see())
                except LicsyncError as fault:
                    self._pages = Pages(
                        AccountIndex(replace(self._pages.index.reviewed, faults=fault.diagnostics))
                    )
            self._looked = self._clock()
            return self._pages


def _prepared(seen: ReviewedAccount) -> Pages:
    index = AccountIndex(seen)
    index.prepare()
    return Pages(index)


def link(page: str, query: Query) -> str:
    """Give the URL of a page on the server."""
    return f"/{page}{encoded(query)}"


WHOLE = Layout(link)
PART = Layout(link, head="fragment.html.j2")


def create_app(source: Source, access: Access) -> ASGIApp:
    """Make the application.

    Args:
        source: gives the pages.
        access: who can see them.
    """

    def page(name: str) -> Route:
        def answer(request: Request) -> Response:
            return page_response(source, name, request)

        return Route(f"/{name}", answer)

    def start(request: Request) -> Response:
        return RedirectResponse(f"/{START}", 303)

    def download(name: str, format: Format) -> Route:
        def answer(request: Request) -> Response:
            return download_response(source, name, format, request)

        return Route(f"/{name}.{format}", answer)

    routes = [
        Route("/", start),
        *map(page, QUERIES),
        *(download(name, format) for name in LISTS for format in FORMATS),
        *asset_routes(),
    ]
    return Guard(Starlette(routes=routes, exception_handlers={404: not_found}), access)


def page_response(source: Source, name: str, request: Request, layout: Layout = WHOLE) -> Response:
    """Answer a request for a page of an account, or for the part that the script replaces."""
    query: Any = read_query(QUERIES[name], request.query_params.multi_items())
    if request.headers.get(FRAGMENT):
        layout = replace(layout, head=PART.head)
    text = getattr(source.pages(), name)(query, layout)
    return HTMLResponse(source.complete(text), headers={"Vary": FRAGMENT})


def download_response(source: Source, name: str, format: Format, request: Request) -> Response:
    """Answer a request for what a list shows, as a file."""
    query: Any = read_query(QUERIES[name], request.query_params.multi_items())
    return response(source.pages().index, name, query, format)


def not_found(request: Request, fault: Exception) -> Response:
    """Answer a request for a page that does not exist."""
    return PlainTextResponse("Page not found. Open / for the first page.\n", 404)


# --- style and script -----------------------------------------------------------------------------

ASSETS = {
    "plan.css": "text/css",
    "pages.css": "text/css",
    "lists.css": "text/css",
    "selection.js": "text/javascript",
    "keyboard.js": "text/javascript",
    "pages.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


def asset_routes() -> list[Route]:
    """Make the routes of style and script."""
    return [_asset(name, kind) for name, kind in ASSETS.items()]


def _asset(name: str, kind: str) -> Route:
    text = asset(name)

    def answer(request: Request) -> Response:
        return Response(text, media_type=kind)

    return Route(f"/static/{name}", answer)
