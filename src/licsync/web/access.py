"""Who can see the pages, and what a browser can do with them.

The pages show who has which number, so a port on loopback is not enough protection: any page that
is open in the browser (DNS rebinding, cross-site requests) and any user of the machine can reach
it. Therefore the link works once, the cookie is valid for this session only, and every request is
checked by Host, Origin and Sec-Fetch-Site.
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
"""The Content-Security-Policy of every response: same-origin only, no inline script or style."""

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
"""The least number of characters of a chosen token."""


@dataclass(slots=True)
class Access:
    """Who is admitted.

    Attributes:
        hosts: allowed values of the Host header, with the port.
        token: the token of the link.
        works_once: whether the link admits only one browser.
        session: the value of the cookie.
        cookie: the name of the cookie; it contains the port, because cookies ignore ports.
        is_used: whether the link was used.
    """

    hosts: frozenset[str]
    cookie: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    works_once: bool = True
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    is_used: bool = False

    def accept_token(self, token: str) -> bool:
        """Whether a token admits its sender; a token that works once is used up."""
        if self.works_once and self.is_used:
            return False
        self.is_used = _is_same(token, self.token)
        return self.is_used

    def has_session(self, cookies: str) -> bool:
        """Whether a Cookie header belongs to the session."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and _is_same(found.value, self.session)


def open_access(names: Iterable[str], port: int, token: str | None = None) -> Access:
    """Make the access rules of a server.

    Args:
        names: the names and addresses of the server.
        port: its port.
        token: a chosen token that admits several browsers. None: a random one that works once.
    """
    bracketed = (f"[{name}]" if ":" in name else name.lower() for name in names)
    hosts = frozenset(f"{name}:{port}" for name in bracketed)
    if token is None:
        return Access(hosts, f"licsync_{port}")
    return Access(hosts, f"licsync_{port}", token=token, works_once=False)


class Guard:
    """Passes admitted requests to the pages, refuses others, and sets the headers of responses."""

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
                421, "This server does not use that name. Open the address that licsync printed."
            )
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("These pages are read-only.", 405, {"Allow": "GET, HEAD"})
        if headers.get("origin") not in (None, f"http://{host}"):
            return _refused(403, "Requests from other sites are refused.")
        token = _token(scope)
        if token is not None and scope["path"] == "/":
            return self._grant_access(scope["method"], token)
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _refused(403, "Requests from other sites are refused.")
        if not allowed.has_session(headers.get("cookie", "")):
            return _refused(
                403,
                "Open the link that licsync printed. It works once, in one browser. "
                "Restart licsync to use another browser.",
            )
        return None

    def _grant_access(self, method: str, token: str) -> Response:
        if method != "GET":  # a HEAD request, such as a link preview, must not use up the link
            return _refused(403, "Open the link in a browser.")
        if not self._access.accept_token(token):
            return _refused(
                403,
                "This link was already used, or it is not the one that licsync printed. "
                "Restart licsync for a new link.",
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
