"""Sends one request at a time of the API's, within the budget, and says how it ended.

A request has one deadline in all and its answer a limit in bytes, because timeouts of a connection
are per read: a body that drips would never end. The key goes to the API's own host and nowhere
else.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from licsync.backends.api.credentials import Secret
from licsync.backends.api.decoding import decoder
from licsync.backends.api.document_types import find_type_error
from licsync.backends.api.rate_limit import RateLimiter, Urgency
from licsync.backends.api.responses import Answer, classify_status, error_text, strict_json
from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.engine.ports import BackendFailed
from licsync.model.secret_origins import Address

BASE_URL = "https://api.8x8.com/admin-provisioning"
"""Where the vendor serves the API."""

ATTEMPTS, PATIENT = 5, 10
"""How often a request without effect is sent: of new work, and of work that has begun."""

BREAKER = 8
"""After so many failures in a row nothing new is begun."""

_DEADLINE, _CONNECT = 60.0, 10.0  # seconds
_MAX_BYTES = 32 * 1024 * 1024  # a page of 1,000 users has about 4 MB
_PATIENCE = 900.0  # seconds that a request may be put off by 429 answers

_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.InvalidURL,
)
"""What goes wrong before a byte of the request is on its way."""


class _TooLong(Exception):
    """An answer has more bytes than any that makes sense."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: below the base address, its parts quoted (`path_of`).
        media: the resource part of the vendor's media type, such as `users`.
        body: the JSON document of a POST or PUT.
        query: query parameters.
    """

    method: str
    path: str
    media: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def begins_operation(self) -> bool:
        """Tell whether a good answer names an operation; addresses are made and removed at once."""
        return self.method != "GET" and not self.path.startswith("/addresses")


def _attempts(urgency: Urgency) -> int:
    return ATTEMPTS if urgency is Urgency.START else PATIENT


def path_of(*parts: str) -> str:
    """Make a path of its parts; each is quoted whole."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class Transport:
    """The way to one API with one key.

    Used within one event loop, or within one after the other with `close` between.

    Args:
        address: where the API is; one that the key may be sent to
            (`model.secret_origins.allowed_address`).
        key: the API key.
        pace: the budget that every request draws on.
        network: what carries the requests, for tests; by default the network.
        jitter: gives a factor around 1 for waiting times.
    """

    def __init__(
        self,
        address: Address,
        key: Secret,
        pace: RateLimiter,
        network: httpx2.AsyncBaseTransport | None = None,
        jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.2),
        deadline: float = _DEADLINE,
    ):
        self.base_url = str(address)
        self.pace = pace
        self.key = key
        self.failures = 0
        self._jitter = jitter
        self._deadline = deadline
        self._network = network
        self._by_proxy = address.scheme == "https" and not address.is_loopback
        self._client: httpx2.AsyncClient | None = None

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                transport=self._network,
                timeout=httpx2.Timeout(self._deadline, connect=_CONNECT),
                follow_redirects=False,
                trust_env=self._by_proxy,  # no proxy sees what stays here, or the key as it is
                headers={"accept-encoding": "identity", "user-agent": "licsync"},
            )
        return self._client

    async def close(self) -> None:
        """Close the connections; they are opened again when they are needed."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(self, request: Request, urgency: Urgency) -> Answer:
        """Read something, and retry failures; new work retries until the deadline has passed.

        Returns:
            An answer that is accepted or refused; a status of 401 and 429 is never among them.

        Raises:
            BackendFailed: no answer that can be used was had.
            CredentialsMissing: the key was not accepted.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        for attempt in range(_attempts(urgency)):
            answer = await self.send(request, urgency)
            if answer.outcome != "ambiguous":
                return answer
            if urgency is Urgency.START and loop.time() - began >= self._deadline:
                break
            await self._back_off(attempt, answer.reason)
        raise BackendFailed(f"The API cannot be read: {answer.reason}.")

    async def send(
        self, request: Request, urgency: Urgency, sending: Callable[[], None] = lambda: None
    ) -> Answer:
        """Send a request until it was sent once and not put off by a limit.

        Args:
            request: what to send.
            urgency: who goes first where requests are short.
            sending: is called each time just before the request goes out.

        Raises:
            BackendFailed: it could not be sent, or too much failed before for anything new to
                begin.
            CredentialsMissing: the key was not accepted; nothing happened.
        """
        if urgency is Urgency.START and self.failures >= BREAKER:
            raise BackendFailed(f"The API failed {self.failures} times in a row.")
        attempt = refusals = 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        has_turn = False
        while True:
            if not has_turn:
                await self.pace.acquire(urgency)
            sending()
            answer = await self._exchange(request)
            has_turn = answer.outcome == "not_sent"  # it was not spent
            self.failures = self.failures + 1 if answer.outcome in ("not_sent", "ambiguous") else 0
            if answer.status == 429:
                if loop.time() - began > _PATIENCE:
                    raise BackendFailed(
                        "The API's limits are used up by others: it refuses every request (429)."
                    )
                self.pace.pause_after_refusal(answer.headers, refusals)
                refusals += 1
            elif answer.outcome == "not_sent":
                attempt += 1
                if attempt == _attempts(urgency):
                    raise BackendFailed(f"The API cannot be reached: {answer.reason}.")
                await self._back_off(attempt, answer.reason)
            else:
                if answer.outcome == "accepted" or "x-ratelimit-limit" in answer.headers:
                    self.pace.update_limits(answer.headers)
                if answer.status == 401:
                    raise credentials_refused(answer.reason)
                return answer

    async def _back_off(self, attempt: int, reason: str) -> None:
        seconds = min(2.0**attempt, 30.0) * self._jitter()
        self.pace.notify_wait(
            "connection", f"the API to answer ({reason})", self.pace.clock(), seconds
        )
        await asyncio.sleep(seconds)

    async def _exchange(self, request: Request) -> Answer:
        """Send once, and read the answer to its end, within the deadline."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._once(request)
        except _NOT_SENT as fault:
            if (refusal := _certificate_refusal(fault)) is not None:  # it would be refused again
                said = f"The API cannot be reached: its certificate is not trusted: {refusal}."
                raise BackendFailed(
                    f"{said} Name the authority that signed it in SSL_CERT_FILE."
                ) from fault
            return Answer("not_sent", reason=self._why(fault))
        except TimeoutError:
            return Answer(
                "ambiguous", reason=f"it did not answer in full within {self._deadline:.0f} seconds"
            )
        except _TooLong as fault:  # what is read would be so again, what is written may be done
            return Answer("refused" if request.method == "GET" else "ambiguous", reason=str(fault))
        except (httpx2.HTTPError, httpx2.StreamError, ValueError) as fault:
            return Answer("ambiguous", reason=self._why(fault))

    async def _once(self, request: Request) -> Answer:
        versioned = f"application/vnd.{request.media}.v1+json"
        headers = {"x-api-key": self.key.reveal(), "x-request-id": str(uuid.uuid4())}
        if request.method == "GET" or (request.method == "DELETE" and request.begins_operation):
            headers["accept"] = versioned
        if request.body is not None:
            headers["content-type"] = versioned
            headers["accept"] = f"{versioned}, application/json"
        query = "?" + urlencode(request.query, quote_via=quote) if request.query else ""
        url = f"{self.base_url}{request.path}{query}"
        async with self._open_client().stream(
            request.method, url, headers=headers, json=request.body
        ) as response:
            data = bytearray()
            decode = decoder(response.headers.get("content-encoding", "identity"))
            async for chunk in response.aiter_raw():
                data += decode(chunk, _MAX_BYTES + 1 - len(data))
                if len(data) > _MAX_BYTES:
                    raise _TooLong(f"the answer has more than {_MAX_BYTES // 1024 // 1024} MB")
            return self._read(request, response.status_code, bytes(data), dict(response.headers))

    def _read(self, request: Request, status: int, data: bytes, headers: dict[str, str]) -> Answer:
        try:
            body = strict_json(data) if data else None
            fault = "" if data or status == 204 else "the answer is empty"
        except ValueError as invalid:
            body, fault = (
                None,
                f"the answer is no JSON that can be used: {self.key.redact(str(invalid))}",
            )
        is_read = request.method == "GET" and status == 200 and not fault
        if is_read and (odd := find_type_error(request.media, request.path, body)):
            reason = f"the answer is not what the API documents: {self.key.redact(odd)}"
            return Answer("refused", status, reason=reason, headers=headers)  # it would be so again
        answer = Answer("accepted", status, body, headers=headers)
        if (
            not fault
            and 200 <= status < 300
            and request.begins_operation
            and answer.operation is None
        ):
            fault = "the answer names no operation"
        if 300 <= status < 400:
            body, fault = (
                None,
                f"it redirects to {_origin(headers.get('location', ''))}, which is not followed",
            )
        outcome = classify_status(status, readable=not fault)
        reason = "" if outcome == "accepted" else self.key.redact(error_text(body)) or fault
        if outcome != "accepted":
            seen = headers.get("x-response-id")
            response = f", response {seen}" if seen else ""
            reason = f"{reason or 'no reason given'} (HTTP {status}{response})"
        return replace(answer, outcome=outcome, reason=reason)

    def _why(self, fault: Exception) -> str:
        said = self.key.redact(" ".join(str(fault).split()))
        return f"{type(fault).__name__}: {said}" if said else type(fault).__name__


def _certificate_refusal(fault: BaseException | None) -> str | None:
    """Say why a certificate was not accepted, if that is the cause of a fault."""
    while fault is not None:
        if isinstance(fault, ssl.SSLCertVerificationError):
            return fault.verify_message or str(fault)
        fault = fault.__cause__ or fault.__context__
    return None


def _origin(location: str) -> str:
    """Give of an address what may be shown: not what stands behind the host."""
    try:
        parts = urlsplit(location)
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "another path"
    except ValueError:
        return "no address"


def credentials_refused(reason: str) -> CredentialsMissing:
    """Say that the key was not accepted."""
    message = f"The API did not accept the key: {reason}."
    hint = "Check the key, and that it has the Administration API's products: licsync doctor DIR"
    return CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))
