"""Who may see the pages, and what a browser may do with them.

The pages show who has which number, so a port on loopback is not enough: any page that somebody has
open can ask it (DNS rebinding, requests from other sites), and so can any user of the machine.
Hence a link that works once, a cookie of this session alone, and a look at Host, Origin and
Sec-Fetch-Site of every request.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from licsync.server import has_host

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every answer: nothing from elsewhere, no script and no style within a page."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

TOKEN = "token"
"""The parameter of the link."""

LEAST = 16
"""The fewest characters of a token that somebody chooses."""


@dataclass(slots=True)
class Access:
    """Who may come in.

    Attributes:
        hosts: what a request may name as its host, with the port.
        token: what the link carries.
        works_once: whether the link lets in one browser only.
        session: the value of the cookie.
        cookie: its name, which has the port in it: cookies are not kept apart by port.
        is_used: whether the link was used.
    """

    hosts: frozenset[str]
    cookie: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    works_once: bool = True
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    is_used: bool = False

    def accept_token(self, token: str) -> bool:
        """Tell whether a link lets somebody in, and remember that it did."""
        if self.works_once and self.is_used:
            return False
        self.is_used = _is_same(token, self.token)
        return self.is_used

    def has_session(self, cookies: str) -> bool:
        """Tell whether a request belongs to a session, by its Cookie header."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and _is_same(found.value, self.session)


def open_access(names: Iterable[str], port: int, token: str | None = None) -> Access:
    """Say who may come in.

    Args:
        names: the names and addresses that the server is reached by.
        port: its port.
        token: chosen by somebody, for several browsers; one is made that works once where it is not
            given.
    """
    bracketed = (f"[{name}]" if ":" in name else name.lower() for name in names)
    hosts = frozenset(f"{name}:{port}" for name in bracketed)
    if token is None:
        return Access(hosts, f"licsync_{port}")
    return Access(hosts, f"licsync_{port}", token=token, works_once=False)


class Guard:
    """Lets requests through to the pages, or says why not; puts the same headers on every answer."""

    def __init__(self, app: ASGIApp, access: Access):
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, sent)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, allowed = Headers(scope=scope), self._access
        host = headers.get("host", "").lower()
        if not has_host(scope, allowed.hosts):
            return _refused(
                421, "This server is not known by that name. Open the address that licsync printed."
            )
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("The pages are read only.", 405, {"Allow": "GET, HEAD"})
        if headers.get("origin") not in (None, f"http://{host}"):
            return _refused(403, "Requests from other sites are not answered.")
        token = _token(scope)
        if token is not None and scope["path"] == "/":
            return self._let_in(scope["method"], token)
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _refused(403, "Requests from other sites are not answered.")
        if not allowed.has_session(headers.get("cookie", "")):
            return _refused(
                403,
                "Open the link that licsync printed. It works once, in one browser; start licsync anew for another.",
            )
        return None

    def _let_in(self, method: str, token: str) -> Response:
        if method != "GET":  # what only looks whether the link is alive must not use it up
            return _refused(403, "Open the link in a browser.")
        if not self._access.accept_token(token):
            return _refused(
                403,
                "This link was used already, or is not the one that licsync printed. Start licsync anew.",
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self._access.cookie, self._access.session, httponly=True, samesite="strict", path="/"
        )
        return answer


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(why + "\n", status)


def _token(scope: Scope) -> str | None:
    parameters = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return next((value for name, value in parameters if name == TOKEN), None)


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
