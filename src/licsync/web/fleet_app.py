"""The pages of a fleet and of all its accounts as one ASGI application."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from licsync.diagnostics import LicsyncError
from licsync.engine.fleet_status import FleetStatus
from licsync.model.catalog import Catalog
from licsync.views.diagnostics import diagnostics_text
from licsync.web.access import Access, Guard
from licsync.web.app import (
    LOOK_AGAIN,
    Source,
    asset_routes,
    download_response,
    not_found,
    page_response,
)
from licsync.web.downloads import FORMATS, LISTS
from licsync.web.fleet_page import ACCOUNTS, FLEET, account_link, fleet_page
from licsync.web.layout import QUERIES, Layout
from licsync.web.query_params import FleetQuery, Query, encoded, read_query

MOST_OPEN = 16
"""How many accounts are kept in memory: those that were looked at last."""


class FleetSource:
    """Gives what a fleet remembers, and the pages of its accounts.

    Args:
        look: reads what the fleet remembers. Raises LicsyncError if it cannot be read.
        open_account: opens the pages of an account.
        path: the fleet as the command line named it.
        catalog: names the license types.
        clock: gives seconds from any start.
    """

    def __init__(
        self,
        look: Callable[[], FleetStatus],
        open_account: Callable[[str], Source],
        path: str,
        catalog: Catalog,
        clock: Callable[[], float] = monotonic,
    ):
        self.path, self.catalog = path, catalog
        self._look, self._open, self._clock = look, open_account, clock
        self._lock = threading.Lock()
        self._sources: OrderedDict[str, Source] = OrderedDict()
        self._status, self._looked = look(), clock()

    def status(self) -> FleetStatus:
        """Give what the fleet remembers, not older than a moment."""
        with self._lock:
            if self._clock() - self._looked >= LOOK_AGAIN:
                self._status, self._looked = self._look(), self._clock()
            return self._status

    def account(self, account: str) -> Source | None:
        """Give the pages of an account; None if the fleet does not have it.

        Raises:
            LicsyncError: the account cannot be read.
        """
        if account not in {one.account for one in self.status().accounts}:
            return None
        with self._lock:
            source = self._sources.pop(account, None) or self._open(account)
            self._sources[account] = source
            while len(self._sources) > MOST_OPEN:
                self._sources.popitem(last=False)
            return source


def create_fleet_app(source: FleetSource, access: Access) -> ASGIApp:
    """Make the application.

    Args:
        source: gives what the fleet remembers, and the pages of its accounts.
        access: who can see them.
    """

    def start(request: Request) -> Response:
        return RedirectResponse(FLEET, 303)

    def fleet(request: Request) -> Response:
        query = read_query(FleetQuery, request.query_params.multi_items())
        try:
            return HTMLResponse(fleet_page(source.status(), source.catalog, query, source.path))
        except LicsyncError as fault:
            return _unreadable(fault)

    def account(request: Request) -> Response:
        name, _, place = request.path_params["rest"].rpartition("/")
        page, _, format = place.partition(".")
        if page not in QUERIES or (format and (format not in FORMATS or page not in LISTS)):
            return not_found(request, Exception())
        try:
            pages = source.account(name)
        except LicsyncError as fault:
            return _unreadable(fault)
        if pages is None:
            return not_found(request, Exception())

        if format in FORMATS:
            return download_response(pages, page, format, request)

        def link(other: str, query: Query) -> str:
            return f"{account_link(name, other)}{encoded(query)}"

        return page_response(pages, page, request, Layout(link, fleet=FLEET))

    routes = [
        Route("/", start),
        Route(FLEET, fleet),
        Route(f"{ACCOUNTS}/{{rest:path}}", account),
        *asset_routes(),
    ]
    return Guard(Starlette(routes=routes, exception_handlers={404: not_found}), access)


def _unreadable(fault: LicsyncError) -> Response:
    return PlainTextResponse(diagnostics_text(fault.diagnostics), 503)
