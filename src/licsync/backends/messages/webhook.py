"""Posts a JSON document to a webhook: one mechanism for https, redirects and deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from licsync.backends.http.credentials import Secret
from licsync.backends.http.patience import Patience
from licsync.backends.http.rate_limit import RateLimiter, Urgency
from licsync.backends.http.responses import one_line
from licsync.backends.http.transport import HttpTransport
from licsync.backends.messages.letters import NotSent
from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.engine.ports import BackendFailed
from licsync.model.secret_origins import Address, read_address

SECONDS = 20.0
"""How long a message may take in all."""

PATIENCE = Patience(connections=2, reads=1, connect=5.0, deadline=10.0)


@dataclass(frozen=True, slots=True)
class _Post:
    path: str
    body: Mapping[str, Any]
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class _SecretAddress(Secret):
    """The path and query of a webhook. Servers like to repeat them, or a part, in what they say."""

    __slots__ = ()

    def redact(self, text: str) -> str:
        """Take path and query out of a text, and each of their parts."""
        path, _, query = self.reveal().partition("?")
        values = [pair.partition("=")[2] for pair in query.split("&")]
        parts = {
            path,
            query,
            *(part for part in (*path.split("/"), *values) if len(part) >= _LEAST),
        }
        for part in sorted({*parts, *map(unquote_plus, parts)}, key=len, reverse=True):
            text = text.replace(part, "…") if part else text
        return text


_LEAST = 5
"""The fewest characters by which a part of an address is recognized in a text."""


class _WebhookTransport(HttpTransport[_Post]):
    """The way to one webhook. What names the webhook is its path and query: the secret."""

    name = "The webhook"
    answers_json = False

    def headers_of(self, request: _Post) -> dict[str, str]:
        """Give the headers of a request; the secret is in its address."""
        return {"accept": "*/*"}

    def error_text(self, body: Any) -> str:
        """Put what the server answered into one line, which may be cut within a secret."""
        return one_line(self.secret.redact(body) if isinstance(body, str) else body)

    def credentials_refused(self, reason: str) -> CredentialsMissing:
        """Say that the server does not know the webhook."""
        return CredentialsMissing(error(Code.CREDENTIALS, f"{self.name} is refused: {reason}."))


def post(address: str, document: Mapping[str, Any], seconds: float = SECONDS) -> None:
    """Post a document.

    Args:
        address: the URL of the webhook: https, or http on this machine.
        document: the document.
        seconds: how long it may take in all.

    Raises:
        NotSent: the address is unusable, or the server did not take the document.
    """
    where, path, query = _parts(address)
    url = urlsplit(address)
    secret = _SecretAddress(f"{url.path.strip('/')}?{url.query}")
    pace = RateLimiter(clock=lambda: datetime.now(UTC))
    transport = _WebhookTransport(where, secret, pace, patience=PATIENCE)
    try:
        asyncio.run(_post(transport, _Post(path, document, query), seconds))
    except TimeoutError as fault:
        raise NotSent(f"{where} did not take it within {seconds:.0f} seconds") from fault
    except (BackendFailed, CredentialsMissing) as fault:
        raise NotSent(str(fault).rstrip(".")) from fault


async def _post(transport: _WebhookTransport, request: _Post, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            answer = await transport.send(request, Urgency.START)
    finally:
        await transport.close()
    if answer.outcome != "accepted":
        raise NotSent(f"{transport.base_url} answered: {answer.reason}")


def _parts(address: str) -> tuple[Address, str, dict[str, str]]:
    """Split the address of a webhook into server, path and query. None of it is shown."""
    url, _, query = address.partition("?")
    where = read_address(url)
    if where is None:
        raise NotSent("its address does not have the form https://HOST/PATH")
    if where.scheme != "https" and not where.is_loopback:
        raise NotSent("its address is not https")
    server = Address(where.scheme, where.host, where.port)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as fault:
        raise NotSent("the query of its address cannot be read") from fault
    return server, where.path or "/", dict(pairs)
